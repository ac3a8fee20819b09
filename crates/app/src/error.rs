//! Why a use case did not do what was asked.

use domain::{
    ports::{CallbackRefused, SigningFailed, TypesettingFailed, WeChatError},
    refusal::Refusal,
};
use evidence::{IntakeError, RecordingError, SpoolError};
use store::StoreError;

use crate::uploads::UploadRefused;

/// Why a use case did not do what was asked. The edge turns each into one problem document.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The rules said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such thing, or it is not for whoever asks: the two look the same.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Staff may know that it exists, but must not touch it.
    #[error("not allowed: {0}")]
    Forbidden(&'static str),
    /// No checkpoint covers a tree of this size, or the entry or the earlier tree is not in it.
    #[error("the log has no such tree")]
    LogNotThatLarge,
    /// The case was changed since the caller saw it.
    #[error("the case was changed since it was read")]
    PreconditionFailed,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Sign-in failed; nothing says which part was wrong.
    #[error("sign-in failed")]
    SignInFailed,
    /// Too many failed sign-ins.
    #[error("too many failed sign-ins")]
    LockedOut {
        /// Seconds until the next try counts.
        seconds: u64,
    },
    /// As many one-time codes as may be sent were sent.
    #[error("too many one-time codes were asked for")]
    TooManyCodes {
        /// Seconds until the next one can be sent.
        seconds: u64,
    },
    /// What was drawn is no signature.
    #[error(transparent)]
    Drawing(#[from] evidence::DrawingRefused),
    /// As many text messages as may go out on a day went out, to this phone or from this account.
    #[error("too many text messages went out today")]
    TooManyTexts {
        /// Seconds until the next day.
        seconds: u64,
    },
    /// The session has ended, or a token was used twice.
    #[error("the session has ended")]
    SessionEnded,
    /// WeChat did not say who it is.
    #[error(transparent)]
    WeChat(#[from] WeChatError),
    /// The upload is not a photo that can be kept.
    #[error(transparent)]
    Photo(#[from] IntakeError),
    /// The upload is not a recording that can be kept.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The photo's copies are still being made.
    #[error("the photo's copies are still being made")]
    NotReady,
    /// The photo cannot be shown; its original can be downloaded.
    #[error("the photo cannot be shown")]
    NotViewable,
    /// An upload did not go on.
    #[error(transparent)]
    Upload(#[from] UploadRefused),
    /// A callback that is not believed.
    #[error(transparent)]
    Callback(#[from] CallbackRefused),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object store.
    #[error(transparent)]
    Objects(#[from] evidence::StoreError),
    /// The city has not been set up yet.
    #[error("not set up: {0}")]
    NotSetUp(&'static str),
    /// A fault inside.
    #[error("internal fault: {0}")]
    Internal(String),
}

impl From<SpoolError> for AppError {
    fn from(error: SpoolError) -> Self {
        match error {
            SpoolError::Missing => Self::NotFound("upload"),
            SpoolError::Busy => UploadRefused::Locked.into(),
            SpoolError::Store(error) => error.into(),
        }
    }
}

impl From<SigningFailed> for AppError {
    fn from(error: SigningFailed) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<TypesettingFailed> for AppError {
    fn from(error: TypesettingFailed) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<domain::journal::NotCanonical> for AppError {
    fn from(error: domain::journal::NotCanonical) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<tokio::task::JoinError> for AppError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.to_string())
    }
}

//! The one way to write: a prepared work is committed together with the answer to its idempotency key.

use domain::{digest::Digest, identifiers::AccountId};
use store::{FirstAnswer, StoreError, Work};

use crate::{context::App, error::AppError};

/// How often a write is prepared again when somebody else saved the same case first.
const TRIES: usize = 16;

/// What a use case wants to write, and what it has to say when it is written.
#[derive(Debug)]
pub struct Prepared<T> {
    /// The outcome.
    pub value: T,
    /// The changes.
    pub work: Work,
}

/// Who asks, under which key, for what.
#[derive(Debug, Clone)]
pub struct Once {
    /// Whose key.
    pub account: AccountId,
    /// The key.
    pub key: String,
    /// Hash of the whole request.
    pub fingerprint: Digest,
}

/// An outcome as it is answered.
#[derive(Debug, Clone)]
pub struct Shown {
    /// HTTP status.
    pub status: u16,
    /// Version of the aggregate, for the ETag.
    pub version: Option<i64>,
    /// JSON body.
    pub body: String,
}

/// An answer, and whether it was given before.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Version of the aggregate, for the ETag.
    pub version: Option<i64>,
    /// JSON body.
    pub body: String,
    /// The same request was answered before; nothing was done again.
    pub replayed: bool,
}

impl App {
    /// Does `prepare` once for this key: commits its work and remembers the answer, or gives the first answer
    /// again. When somebody else saved the case in between, the work is prepared anew from what stands now.
    pub async fn once<T>(
        &self,
        once: &Once,
        prepare: impl AsyncFn() -> Result<Prepared<T>, AppError>,
        show: impl Fn(&T) -> Result<Shown, AppError>,
    ) -> Result<Answer, AppError> {
        match self.answered(once).await? {
            Some(answer) => Ok(answer),
            None => self.create_once(once, prepare, show).await,
        }
    }

    /// Like [`App::once`], for what only makes something new: nearly every key is new then, so nobody asks first
    /// whether this one was answered; the database finds out when it is written.
    pub async fn create_once<T>(
        &self,
        once: &Once,
        prepare: impl AsyncFn() -> Result<Prepared<T>, AppError>,
        show: impl Fn(&T) -> Result<Shown, AppError>,
    ) -> Result<Answer, AppError> {
        for _ in 0..TRIES {
            let Prepared { value, mut work } = match prepare().await {
                Ok(prepared) => prepared,
                // A twin request may have done it meanwhile: then its answer is the answer.
                Err(error) => return self.answered(once).await?.ok_or(error),
            };
            let Shown { status, version, body } = show(&value)?;
            let Once { account, key, fingerprint } = once.clone();
            let first = FirstAnswer { account, key, fingerprint, status, version, body: body.clone() };
            work.remember_answer(first, self.now());
            match self.commit(work).await {
                Ok(()) => {
                    return Ok(Answer { status, version, body, replayed: false });
                }
                Err(StoreError::Duplicate("idempotency key")) => {
                    return self
                        .answered(once)
                        .await?
                        .ok_or(AppError::Store(StoreError::Stale("idempotency key")));
                }
                // Somebody was faster: look again. The key may have been answered meanwhile by a twin request.
                Err(StoreError::Stale(_) | StoreError::Duplicate(_)) => {
                    if let Some(answer) = self.answered(once).await? {
                        return Ok(answer);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable("too many writers on one case".to_owned()).into())
    }

    /// Commits a prepared work that has no key: sign-in, heartbeats, callbacks, deliveries.
    pub async fn write<T>(
        &self,
        prepare: impl AsyncFn() -> Result<Prepared<T>, AppError>,
    ) -> Result<T, AppError> {
        for _ in 0..TRIES {
            let Prepared { value, work } = prepare().await?;
            if work.is_empty() {
                return Ok(value);
            }
            match self.commit(work).await {
                Ok(()) => return Ok(value),
                Err(StoreError::Stale(_) | StoreError::Duplicate(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable("too many writers".to_owned()).into())
    }

    /// Commits, and wakes the worker when there is something to send.
    async fn commit(&self, work: Work) -> Result<(), StoreError> {
        let to_send = work.has_messages();
        self.parts.store.commit(work).await?;
        if to_send {
            self.wake();
        }
        Ok(())
    }

    async fn answered(&self, once: &Once) -> Result<Option<Answer>, AppError> {
        match self.parts.store.first_answer(once.account, &once.key).await? {
            Some(first) if first.fingerprint != once.fingerprint => Err(AppError::KeyReused),
            Some(FirstAnswer { status, version, body, .. }) => {
                Ok(Some(Answer { status, version, body, replayed: true }))
            }
            None => Ok(None),
        }
    }
}

//! What the use cases need from the outside world, in our own words. Adapters implement these.

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    claim::{ClaimAmendment, ClaimReport, FirstNotice},
    digest::Digest,
    document::{CaseSummary, Language, Paper, SummaryCopies},
    identifiers::{ClaimId, MessageId, OpenId, Phone},
};

/// Tells the time, in UTC with microseconds (PostgreSQL keeps no more).
pub trait Clock: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;
}

/// Makes unguessable bytes and ordered ids.
pub trait Randomness: Debug + Send + Sync {
    /// Fills `bytes` with cryptographically secure random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Why something could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Nobody answered, or the answer does not say whether it was taken: try again with the same id.
    #[error("unavailable: {cause}")]
    Unavailable {
        /// What happened, without personal data.
        cause: String,
        /// How long the receiver asked us to wait.
        retry_after: Option<Duration>,
    },
    /// The receiver refused it; a person must look.
    #[error("refused: {reason}")]
    Refused {
        /// What the receiver said, shortened.
        reason: String,
    },
}

/// Why a callback is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackRefused {
    /// Signature missing or wrong, or the time outside five minutes.
    #[error("the signature does not hold")]
    Forged,
    /// Signed, but not what the profile says.
    #[error("the body does not follow the profile")]
    Malformed,
}

/// The three headers of a Standard Webhooks message.
#[derive(Debug, Clone, Default)]
pub struct CallbackHeaders {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, seconds since 1970.
    pub timestamp: String,
    /// `webhook-signature`, `v1,` and base64.
    pub signature: String,
}

/// An insurer's system.
#[async_trait]
pub trait Insurer: Debug + Send + Sync {
    /// Files the first notice. `Ok` means the insurer's server took it, with its own number if it gave one.
    async fn file(&self, message: MessageId, notice: &FirstNotice) -> Result<Option<String>, DeliveryError>;

    /// Tells what changed since the first notice. `Ok` means the insurer's server took it; an insurer that does not
    /// know the claim yet is asked again.
    async fn amend(&self, amendment: &ClaimAmendment) -> Result<(), DeliveryError>;

    /// Asks where a claim stands there; `None` when the insurer has never heard of it.
    async fn query(&self, claim: ClaimId) -> Result<Option<ClaimReport>, DeliveryError>;

    /// Reads a callback and proves that this insurer sent it within five minutes of `now`.
    fn read_callback(
        &self,
        headers: &CallbackHeaders,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<ClaimReport, CallbackRefused>;
}

/// Why WeChat did not say who it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeChatError {
    /// The code is wrong, used or older than five minutes (40029, 40163).
    #[error("the sign-in code is wrong, used or expired")]
    BadCode,
    /// WeChat blocks this user as high-risk (40226).
    #[error("the user is blocked by WeChat")]
    Blocked,
    /// WeChat limits us (45011) or does not answer.
    #[error("WeChat is unavailable: {0}")]
    Unavailable(String),
}

/// WeChat's sign-in.
#[async_trait]
pub trait WeChat: Debug + Send + Sync {
    /// Exchanges the mini-program's code for the person's openid. The session key stays inside.
    async fn who_is(&self, code: &str) -> Result<OpenId, WeChatError>;
}

/// A text-message gateway.
#[async_trait]
pub trait SmsGateway: Debug + Send + Sync {
    /// Sends `text`; the gateway drops a second message with the same id.
    async fn send(&self, message: MessageId, to: &Phone, text: &str) -> Result<(), DeliveryError>;
}

/// Signs statements of the service (such as the receipt 撤离凭证) so that anybody can check them.
pub trait Signer: Debug + Send + Sync {
    /// A compact JWS over `claims`, with `typ` in its header.
    fn sign(&self, typ: &str, claims: &serde_json::Value) -> Result<String, SigningFailed>;

    /// A digest of `data` that only who holds the key can make, and that holds for this purpose only.
    fn keyed_digest(&self, purpose: &str, data: &[u8]) -> Digest;

    /// The public keys by which its signatures are checked: a JSON Web Key Set.
    fn public_keys(&self) -> serde_json::Value;
}

/// The key could not sign.
#[derive(Debug, thiserror::Error)]
#[error("signing failed: {0}")]
pub struct SigningFailed(pub String);

/// Typesets documents. Called on a blocking thread.
pub trait Typesetter: Debug + Send + Sync {
    /// The PDF of a document; the same paper gives the same bytes. The Chinese one counts, the English one is marked
    /// as a translation.
    fn typeset(&self, paper: &Paper, language: Language) -> Result<Vec<u8>, TypesettingFailed>;

    /// The summary of a case, to be printed and to be read on a screen; likewise.
    fn summary(&self, summary: &CaseSummary) -> Result<SummaryCopies, TypesettingFailed>;
}

/// The document could not be typeset.
#[derive(Debug, thiserror::Error)]
#[error("typesetting failed: {0}")]
pub struct TypesettingFailed(pub String);

/// Why a witness did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// It has seen the log at another size than we said: prove from there.
    #[error("the witness has seen {size} leaves")]
    Elsewhere {
        /// How many leaves it has seen.
        size: u64,
    },
    /// It did not answer, or refused.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

/// A witness of the log (见证方), such as an insurer or the court: signs a checkpoint only if its tree continues
/// the one that the witness has seen (C2SP tlog-witness).
#[async_trait]
pub trait Witness: Debug + Send + Sync {
    /// Shows it the checkpoint in `note`, with the proof that its tree begins with the `old` leaves that the
    /// witness has seen. Gives the signature lines of its answer, which prove themselves.
    async fn cosign(&self, old: u64, proof: &[Digest], note: &str) -> Result<String, WitnessError>;
}

/// An authority that says when it was shown a digest (可信时间戳, RFC 3161).
#[async_trait]
pub trait TimestampAuthority: Debug + Send + Sync {
    /// A token over `digest`, in DER. The answer must repeat digest and nonce; whether the token's signature
    /// holds is for the caller to check.
    async fn stamp(&self, digest: Digest, nonce: [u8; 8]) -> Result<Vec<u8>, DeliveryError>;
}

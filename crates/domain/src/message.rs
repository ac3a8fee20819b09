//! Outgoing messages (外发消息): what must reach an outside system, when it is tried again, when a person looks.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identifiers::{CaseId, ClaimId, InsurerCode, MessageId, Phone};

/// What is to be sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// The first notice of a claim, to its insurer.
    FileClaim {
        /// The claim; its notice is read when it is sent.
        claim: ClaimId,
        /// To whom.
        insurer: InsurerCode,
    },
    /// What a claim's insurer is told after the first notice. The message's id is the amendment's.
    AmendClaim {
        /// The claim; the amendment is read from it when it is sent.
        claim: ClaimId,
        /// To whom.
        insurer: InsurerCode,
    },
    /// A one-time code for a signature, by text message. The code follows from its id when it is sent, and is
    /// nowhere before.
    SigningCode {
        /// To whom.
        to: Phone,
        /// Which code.
        code: Uuid,
    },
    /// A short text message.
    Sms {
        /// To whom.
        to: Phone,
        /// What.
        text: String,
    },
}

/// Texts may hold an invitation, which opens a case to whoever reads it.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FileClaim { claim, insurer } => write!(f, "FileClaim({claim}, {insurer})"),
            Self::AmendClaim { claim, insurer } => write!(f, "AmendClaim({claim}, {insurer})"),
            Self::SigningCode { code, .. } => write!(f, "SigningCode({code}, …)"),
            Self::Sms { .. } => f.write_str("Sms(…)"),
        }
    }
}

impl Content {
    /// Who it is for, as people and numbers name it.
    pub fn lane(&self) -> String {
        match self {
            Self::FileClaim { insurer, .. } | Self::AmendClaim { insurer, .. } => {
                format!("insurer/{insurer}")
            }
            Self::SigningCode { .. } | Self::Sms { .. } => "sms".to_owned(),
        }
    }
}

/// One message, as written with the change that caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Stable id; the receiver may use it to drop duplicates.
    pub id: MessageId,
    /// The case it belongs to.
    pub case: CaseId,
    /// What is to be sent.
    pub content: Content,
    /// Not before.
    pub due: DateTime<Utc>,
}

/// How a try to send ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The receiver has it.
    Delivered,
    /// Try again at this time.
    Again(DateTime<Utc>),
    /// The receiver refused it for a reason that no retry mends: a person must look.
    Parked(String),
}

/// Seconds to wait after the first, second, … failed try; the last one repeats for ever:
/// a message to an insurer that is down for days keeps being tried.
const RETRY_SECONDS: [i64; 8] = [2, 5, 15, 60, 300, 900, 1800, 3600];

/// When to try again after `failed_tries` (1 or more), spread by `jitter` (0 to 1) so that a receiver that
/// comes back is not met by everything at once. A `Retry-After` the receiver named is honoured up to a day.
pub fn next_try(
    now: DateTime<Utc>,
    failed_tries: u32,
    jitter: f64,
    retry_after: Option<std::time::Duration>,
) -> DateTime<Utc> {
    let step =
        usize::try_from(failed_tries.saturating_sub(1)).unwrap_or(usize::MAX).min(RETRY_SECONDS.len() - 1);
    let base = RETRY_SECONDS.get(step).copied().unwrap_or(3600);
    let spread = std::time::Duration::from_secs(base.unsigned_abs()).mul_f64(0.5 + jitter.clamp(0.0, 1.0));
    let asked = retry_after.unwrap_or_default().min(std::time::Duration::from_secs(86_400));
    now + TimeDelta::from_std(spread.max(asked)).unwrap_or(TimeDelta::days(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_spread_and_never_end() {
        let now = DateTime::UNIX_EPOCH;
        let wait = |tries, jitter| (next_try(now, tries, jitter, None) - now).num_milliseconds();
        assert_eq!(wait(1, 0.5), 2_000);
        assert_eq!((wait(1, 0.0), wait(1, 1.0)), (1_000, 3_000));
        assert_eq!(wait(8, 0.5), wait(1_000_000, 0.5));
        let asked = next_try(now, 1, 0.5, Some(std::time::Duration::from_secs(120)));
        assert_eq!((asked - now).num_seconds(), 120);
    }
}

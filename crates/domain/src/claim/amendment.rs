//! What an insurer is told of a claim after its first notice: that the determination is reviewed, what came of it, and
//! the new determination. A claim stays one claim; what is said of it is numbered.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CLAIM_NAMESPACE, Claim, FirstNotice};
use crate::identifiers::{CaseNumber, ClaimId, MessageId};

/// What happened to the determination that a claim rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ClaimChange {
    /// A party asked for a review: the determination may change.
    ReviewRequested,
    /// The applicant took the request back: the determination stands.
    ReviewWithdrawn,
    /// The review is concluded.
    ReviewConcluded {
        /// Name of the outcome: `upheld`, `upheld_corrected` or `reinvestigate`.
        outcome: String,
    },
    /// Another determination has taken the place of the one before.
    Redetermined {
        /// What the notice says now.
        notice: Box<FirstNotice>,
    },
}

impl ClaimChange {
    /// Its name, as sent and recorded.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ReviewRequested => "review_requested",
            Self::ReviewWithdrawn => "review_withdrawn",
            Self::ReviewConcluded { .. } => "review_concluded",
            Self::Redetermined { .. } => "redetermined",
        }
    }
}

/// One thing that an insurer is told of a claim it has the notice of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimAmendment {
    /// Stable id, made from the claim and what changed: the insurer must treat a second one with it as the first.
    pub id: MessageId,
    /// The claim.
    pub claim: ClaimId,
    /// The public case number.
    pub case_number: CaseNumber,
    /// Its place among the amendments of the claim, from 1: an insurer that has a later one lets it be.
    pub sequence: u32,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub change: ClaimChange,
}

impl Claim {
    /// What the notice says now: the first one, or that of the latest determination.
    pub fn latest_notice(&self) -> &FirstNotice {
        let redetermined = self.amendments.iter().rev().find_map(|amendment| match &amendment.change {
            ClaimChange::Redetermined { notice } => Some(notice.as_ref()),
            _ => None,
        });
        redetermined.unwrap_or(&self.notice)
    }

    /// The amendment with this id.
    pub fn amendment(&self, id: MessageId) -> Option<&ClaimAmendment> {
        self.amendments.iter().find(|amendment| amendment.id == id)
    }

    /// The claim with one more thing to tell; `None` when its insurer was told just that. A review may be asked for again,
    /// by another party, after who asked first has taken the request back.
    pub fn amended(mut self, change: ClaimChange, now: DateTime<Utc>) -> Option<Self> {
        let told = |amendment: &&ClaimAmendment| amendment.change.name() == change.name();
        let before = self.amendments.iter().filter(told).count();
        let again = matches!(change, ClaimChange::ReviewRequested | ClaimChange::ReviewWithdrawn)
            && self.amendments.last().is_some_and(|last| last.change.name() != change.name());
        let id = amendment_id(self.id, &change, if again { before } else { 0 });
        if self.amendment(id).is_some() {
            return None;
        }
        let sequence = u32::try_from(self.amendments.len()).ok()?.checked_add(1)?;
        let case_number = self.notice.case_number.clone();
        self.amendments.push(ClaimAmendment { id, claim: self.id, case_number, sequence, at: now, change });
        Some(self)
    }
}

/// The id of what is told of a claim: always the same. Two determinations have two documents; what is told again after
/// something else says how often it was told before.
fn amendment_id(claim: ClaimId, change: &ClaimChange, before: usize) -> MessageId {
    let name = match change {
        ClaimChange::Redetermined { notice } => format!("{claim}/{}/{}", change.name(), notice.document),
        _ if before > 0 => format!("{claim}/{}/{before}", change.name()),
        _ => format!("{claim}/{}", change.name()),
    };
    MessageId(Uuid::new_v5(&CLAIM_NAMESPACE, name.as_bytes()))
}

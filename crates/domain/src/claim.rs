//! Claims (理赔): one per insured vehicle and insurer, born with the last signature, moved only forward.

mod amendment;
mod settlement;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use amendment::{ClaimAmendment, ClaimChange};
pub use settlement::{SettledBy, Settlement};

use crate::{
    digest::Digest,
    geo::Position,
    identifiers::{
        CaseId, CaseNumber, ClaimId, InsurerCode, Line, NationalId, Passage, PersonName, Phone, Plate,
        PolicyNumber, Vin,
    },
    liability::Grade,
    money::Fen,
    role::PartyRole,
};

/// Namespace of claim ids: a fixed random UUID of this project.
const CLAIM_NAMESPACE: Uuid = Uuid::from_u128(0x6f1c_2a0e_7d53_5b44_9d0b_6b75_6169_6368);

/// The id of the claim of one party with one insurer: always the same, so that a resend is harmless.
pub fn claim_id(case: CaseId, party: PartyRole, insurer: &InsurerCode) -> ClaimId {
    ClaimId(Uuid::new_v5(&CLAIM_NAMESPACE, format!("{case}/{party}/{insurer}/first-notice").as_bytes()))
}

/// Where a claim stands (domain brief §4.5). The order is the order of life: a claim never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimStatus {
    /// Waits in the outgoing queue.
    Queued,
    /// The insurer's server took it; that is not yet a confirmation.
    Submitted,
    /// The insurer confirmed it by a signed callback or on query (报案受理).
    Acknowledged,
    /// The damage was surveyed (查勘).
    Surveyed,
    /// The loss was agreed (定损).
    Agreed,
    /// The money was paid (支付).
    Paid,
    /// The insurer declined, with a reason (拒赔).
    Rejected,
}

impl ClaimStatus {
    /// Every status, in the order of life.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Submitted,
        Self::Acknowledged,
        Self::Surveyed,
        Self::Agreed,
        Self::Paid,
        Self::Rejected,
    ];

    /// The name used in the API and in storage.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Submitted => "submitted",
            Self::Acknowledged => "acknowledged",
            Self::Surveyed => "surveyed",
            Self::Agreed => "agreed",
            Self::Paid => "paid",
            Self::Rejected => "rejected",
        }
    }

    /// Nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Paid | Self::Rejected)
    }
}

/// One party as an insurer is told of it. Personal data: only for the insurers of this case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoticeParty {
    /// Role in the case.
    pub role: PartyRole,
    /// The driver.
    pub name: Option<PersonName>,
    /// Driving-licence or identity number.
    pub licence: Option<NationalId>,
    /// How to reach the driver.
    pub phone: Option<Phone>,
    /// The vehicle's plate.
    pub plate: Option<Plate>,
    /// The vehicle's VIN.
    pub vin: Option<Vin>,
    /// The compulsory insurer.
    pub insurer: Option<InsurerCode>,
    /// The policy.
    pub policy_number: Option<PolicyNumber>,
    /// Share of liability as graded by the officer.
    pub grade: Grade,
    /// The loss the driver estimates.
    pub estimated_loss: Option<Fen>,
}

/// First notice of loss (报案) with everything the insurer needs to open the claim (domain brief §4.4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirstNotice {
    /// Stable id: the insurer must treat a second notice with it as the first.
    pub claim: ClaimId,
    /// The public case number.
    pub case_number: CaseNumber,
    /// The insurer addressed.
    pub insurer: InsurerCode,
    /// Whose vehicle the claim is about.
    pub insured: PartyRole,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// Where, in words.
    pub place: Line,
    /// Where, in WGS-84 with the reported value beside it.
    pub position: Position,
    /// What happened, as the officer found it.
    pub facts: Passage,
    /// All parties.
    pub parties: Vec<NoticeParty>,
    /// Number of the determination.
    pub determination_number: String,
    /// SHA-256 of the determination's PDF.
    pub document: Digest,
    /// SHA-256 of each scene photo.
    pub photos: Vec<Digest>,
    /// Who pays what, if that was agreed or can be computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
}

/// What an insurer says about a claim, in a callback or on query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimReport {
    /// Our id.
    pub claim: ClaimId,
    /// Where it stands there.
    pub status: ClaimStatus,
    /// The insurer's own number.
    pub insurer_number: Option<String>,
    /// The agreed or paid amount.
    pub amount: Option<Fen>,
    /// Why it was rejected.
    pub reason: Option<String>,
}

/// One insured vehicle's claim with one insurer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Stable id, see [`claim_id`].
    pub id: ClaimId,
    /// The case.
    pub case: CaseId,
    /// Whose vehicle.
    pub party: PartyRole,
    /// With whom.
    pub insurer: InsurerCode,
    /// Where it stands.
    pub status: ClaimStatus,
    /// The insurer's own number, once known.
    pub insurer_number: Option<String>,
    /// The agreed or paid amount.
    pub amount: Option<Fen>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// When the last signature created it.
    pub created_at: DateTime<Utc>,
    /// When the insurer confirmed it.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// The first notice, as it is sent.
    pub notice: FirstNotice,
    /// What the insurer is told after it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amendments: Vec<ClaimAmendment>,
}

impl Claim {
    /// The claim that follows from `notice`.
    pub fn new(case: CaseId, notice: FirstNotice, now: DateTime<Utc>) -> Self {
        Self {
            id: notice.claim,
            case,
            party: notice.insured,
            insurer: notice.insurer.clone(),
            status: ClaimStatus::Queued,
            insurer_number: None,
            amount: None,
            reason: None,
            created_at: now,
            acknowledged_at: None,
            notice,
            amendments: Vec::new(),
        }
    }

    /// The insurer's server took the notice. `None` when the claim is already further.
    pub fn submitted(self) -> Option<Self> {
        (self.status < ClaimStatus::Submitted).then_some(Self { status: ClaimStatus::Submitted, ..self })
    }

    /// Applies what the insurer reports. `None` when it tells nothing new: duplicates and late arrivals
    /// change nothing, a final claim stays final.
    pub fn apply(self, report: &ClaimReport, now: DateTime<Utc>) -> Option<Self> {
        if self.status.is_final() || report.status <= self.status {
            return None;
        }
        // "Submitted" from the insurer says only that its server has the notice.
        let confirmed = (report.status >= ClaimStatus::Acknowledged).then_some(now);
        Some(Self {
            status: report.status,
            insurer_number: report.insurer_number.clone().or(self.insurer_number),
            amount: report.amount.or(self.amount),
            reason: report.reason.clone().or(self.reason),
            acknowledged_at: self.acknowledged_at.or(confirmed),
            ..self
        })
    }
}

#[cfg(test)]
mod tests;

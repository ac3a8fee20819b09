//! The case (案件): one accident, from report to archive, and the stages it can stand in.
//!
//! Every step takes the case by value and gives back the changed case with the events that tell what
//! happened; after a refusal nobody can save a half-changed one.

mod agreement;
mod certificate;
mod claiming;
mod clock;
mod comparison;
mod details;
mod determination;
mod ending;
mod evidence;
mod handling;
mod joining;
mod mediation;
mod papers;
mod party;
mod presence;
mod read_back;
mod reporting;
mod retention;
mod review;
mod scene;
mod service;
mod signature;
mod sketching;
mod standing;
mod submission;
mod taking_part;
mod vehicle;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use agreement::{Agreement, AgreementDraft, AgreementOrder, MOST_PROPOSALS};
pub use certificate::{Certificate, CertificateDraft};
pub use details::{
    Field, IdentityDocument, IdentityKind, Insurance, LeftOpen, OtherInsurance, PartyDetails, ToCheck,
};
pub use determination::{Determination, DeterminationDraft, DeterminationOrder, Issuer, Stamp};
pub use evidence::{COMMITMENTS_PER_PARTY, NewCommitment, PHOTOS_PER_PARTY, RECORDINGS_PER_PARTY, Stay};
pub use handling::{EvidenceRequest, Lease, Officer};
pub use joining::{Invited, Joining};
pub use mediation::{
    DamageItem, DamageKind, EndReason, LARGEST_AMOUNT, Losses, MOST_ITEMS, MOST_TERMS, Mediation,
    MediationOutcome, Mediator, Proposal, TermPayment, Terms, TermsAnswer, TermsOrder, Voice,
};
pub use papers::worded;
pub use party::{Absence, Confirmation, Helper, Invitation, Party, PhoneCode, Relation, Statement, TakenBy};
pub use reporting::{Assessment, Report, told};
pub use retention::{LegalHold, RetentionClass, RetentionTerms};
pub use review::{
    Conclusion, ConclusionDraft, LateRequest, Review, ReviewGround, ReviewOutcome, ReviewPlace, ReviewState,
    Reviewed, Reviewer, Suit, handlers,
};
pub use scene::SceneOutcome;
pub use service::{Opened, Service};
pub use signature::{
    CODE_LIFE, CODE_TRIES, CODE_WINDOW, CODES_PER_DOCUMENT, CODES_PER_PHONE, Signature, SignatureProof,
    ToSign,
};
pub use sketching::SketchConfirmation;
pub use standing::{IssuedDocument, Standing, Superseding};
pub use taking_part::Scribe;
pub use vehicle::{
    NumberPlate, Owner, OwnerKind, RoadUser, UnusualPlate, UnusualPlateKind, Vehicle, VehicleKind,
};

use crate::{
    digest::Digest,
    event::Authority,
    evidence::{Commitment, Photo, Recording, ShotList},
    geo::Position,
    identifiers::{AccountId, CaseId, CaseNumber, DistrictCode, Line, Passage},
    journal::Head,
    refusal::Refusal,
    role::PartyRole,
    rules::JudgedBy,
    triage::{Answers, Triage},
};

/// Counts the saved rows of one case.
pub type Version = i64;

/// Where a case stands. Data that exists only in a stage lives in that stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Stage {
    /// The parties add photos, data and statements.
    Collecting,
    /// In the queue of the remote centre.
    Waiting {
        /// Since when: the order of the queue.
        since: DateTime<Utc>,
    },
    /// An officer works on it.
    UnderReview {
        /// Who, and until when.
        lease: Lease,
        /// Since when the driver has been waiting; kept for a return to the queue.
        since: DateTime<Utc>,
    },
    /// The officer asked a party for more.
    EvidenceRequested {
        /// What was asked.
        request: EvidenceRequest,
    },
    /// A party proposed an agreement; the others sign it or do not.
    Agreeing {
        /// What is proposed.
        agreement: Agreement,
    },
    /// Everybody has signed the agreement; claims are on their way.
    Agreed {
        /// The parties' act with its signatures.
        agreement: Agreement,
        /// When the last one signed.
        concluded_at: DateTime<Utc>,
    },
    /// The facts cannot be established; an officer issued a certificate.
    Certified {
        /// The officer's act.
        certificate: Certificate,
    },
    /// Liability is determined; the parties sign or refuse.
    Decided {
        /// The officer's act.
        determination: Determination,
    },
    /// Everybody has signed or refused; claims are on their way.
    Concluded {
        /// The officer's act with its signatures.
        determination: Determination,
        /// When the last answer came.
        concluded_at: DateTime<Utc>,
    },
    /// A unit of a quick-handling point is needed or on its way.
    OnScene {
        /// Since when.
        since: DateTime<Utc>,
        /// Why a person is needed.
        reason: Passage,
    },
    /// A unit settled it on scene.
    SettledOnScene {
        /// When.
        at: DateTime<Utc>,
    },
    /// The patrol has it, with everything recorded so far.
    HandedOver {
        /// Who handles it now.
        to: Authority,
        /// Why.
        reason: Passage,
        /// When.
        at: DateTime<Utc>,
    },
    /// Taken back by who reported it.
    Withdrawn {
        /// When.
        at: DateTime<Utc>,
    },
    /// Closed by an officer: there is nothing to handle, or nobody to handle it with.
    Closed {
        /// Why.
        reason: Passage,
        /// When.
        at: DateTime<Utc>,
    },
}

impl Stage {
    /// Every stage's name, as stored and shown.
    pub const NAMES: [&'static str; 14] = [
        "collecting",
        "waiting",
        "under_review",
        "evidence_requested",
        "agreeing",
        "agreed",
        "certified",
        "decided",
        "concluded",
        "on_scene",
        "settled_on_scene",
        "handed_over",
        "withdrawn",
        "closed",
    ];

    /// The stage's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Collecting => "collecting",
            Self::Waiting { .. } => "waiting",
            Self::UnderReview { .. } => "under_review",
            Self::EvidenceRequested { .. } => "evidence_requested",
            Self::Agreeing { .. } => "agreeing",
            Self::Agreed { .. } => "agreed",
            Self::Certified { .. } => "certified",
            Self::Decided { .. } => "decided",
            Self::Concluded { .. } => "concluded",
            Self::OnScene { .. } => "on_scene",
            Self::SettledOnScene { .. } => "settled_on_scene",
            Self::HandedOver { .. } => "handed_over",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Closed { .. } => "closed",
        }
    }

    /// The refusal of `action` in this stage.
    pub(crate) fn refuse(&self, action: &'static str) -> Refusal {
        Refusal::WrongStage { action, stage: self.name() }
    }
}

/// The receipt "you may move" (撤离凭证).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveReceipt {
    /// When it was given.
    pub at: DateTime<Utc>,
    /// The signed receipt, a compact JWS.
    pub receipt: String,
}

/// What most cases have none of is not stored.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// One accident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Internal id.
    pub id: CaseId,
    /// Public number.
    pub number: CaseNumber,
    /// Counts the rows saved; guards against two writers. 1 after the report.
    #[serde(skip)]
    pub version: Version,
    /// Counts changes of what the case says; the ETag of the API. Heartbeats and reading do not move it.
    #[serde(default)]
    pub edition: i64,
    /// Where its journal ends.
    #[serde(skip, default = "Head::of_nothing")]
    pub journal: Head,
    /// The district whose centre handles it (R146 §9: the place of the accident).
    pub district: DistrictCode,
    /// Where it happened.
    pub position: Position,
    /// Where, in words.
    pub place: Line,
    /// When it happened, as reported.
    pub occurred_at: DateTime<Utc>,
    /// When it was reported.
    pub reported_at: DateTime<Utc>,
    /// The weather, as reported.
    pub weather: Option<Line>,
    /// What the reporting driver answered.
    pub answers: Answers,
    /// The lane and the rules that led there.
    pub triage: Triage,
    /// Who is involved; A reported.
    pub parties: Vec<Party>,
    /// Which editions of the rules judge it; empty in cases from before they were kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub judged_by: JudgedBy,
    /// The photos that it needs, by the rules of the day on which it was reported.
    #[serde(default = "ShotList::former")]
    pub shots: ShotList,
    /// Photos, in the order of arrival.
    pub photos: Vec<Photo>,
    /// Recordings, in the order of arrival.
    #[serde(default)]
    pub recordings: Vec<Recording>,
    /// What was fixed by its hash before its bytes came.
    #[serde(default)]
    pub commitments: Vec<Commitment>,
    /// Open and used invitations.
    pub invitations: Vec<Invitation>,
    /// How many invitations were made.
    #[serde(default)]
    pub invitations_made: u8,
    /// How many agreements were proposed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub agreements_proposed: u8,
    /// Who does not take part, as somebody says, by role; the role may be one that has not come in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub absences: BTreeMap<PartyRole, Absence>,
    /// The receipt, once the scene is preserved.
    pub move_receipt: Option<MoveReceipt>,
    /// Receipts that a later one, which names more, has taken the place of; oldest first.
    #[serde(default)]
    pub earlier_receipts: Vec<MoveReceipt>,
    /// How often an officer took it: the fencing token of the lease.
    pub fence: i32,
    /// When the clock does something if nobody else does; see [`Case::next_deadline`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Which documents reached whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// Which documents parties opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opened: Vec<Opened>,
    /// The review that a party asked for; there is at most one (R146 §71).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// Who confirmed which sketch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sketch_confirmations: Vec<SketchConfirmation>,
    /// Who asked for a review and took the request back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reviews_taken_back: BTreeSet<PartyRole>,
    /// Determinations that a review took away, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overturned: Vec<Determination>,
    /// Certificates that a review took away, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overturned_certificates: Vec<Certificate>,
    /// Requests for a review that came too late, one of each party at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late_requests: Vec<LateRequest>,
    /// Why it must be kept whole, if it must.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_hold: Option<LegalHold>,
    /// Where it stands.
    pub stage: Stage,
}

impl Case {
    /// The party with this role.
    pub fn party(&self, role: PartyRole) -> Option<&Party> {
        self.parties.iter().find(|party| party.role == role)
    }

    /// The party that signs in with this account.
    pub fn party_of(&self, account: AccountId) -> Option<&Party> {
        self.parties.iter().find(|party| party.account == Some(account))
    }

    /// The role of the party that signs in with this account.
    pub fn role_of(&self, account: AccountId) -> Result<PartyRole, Refusal> {
        self.party_of(account).map(|party| party.role).ok_or(Refusal::NotAParty)
    }

    pub(crate) fn party_mut(&mut self, account: AccountId) -> Result<&mut Party, Refusal> {
        self.parties.iter_mut().find(|party| party.account == Some(account)).ok_or(Refusal::NotAParty)
    }

    /// How many parties the report counted; a single-vehicle accident has one.
    pub fn expected_parties(&self) -> usize {
        self.answers.parties().max(self.parties.len())
    }

    /// The determination, once there is one.
    pub fn determination(&self) -> Option<&Determination> {
        match &self.stage {
            Stage::Decided { determination } | Stage::Concluded { determination, .. } => Some(determination),
            _ => None,
        }
    }

    /// The document that counts now, or that is to be signed: of a determination, an agreement or a certificate.
    pub fn current_document(&self) -> Option<Digest> {
        let determination = self.determination().map(|determination| determination.document);
        let agreement = || self.agreement().map(|agreement| agreement.document);
        determination
            .or_else(agreement)
            .or_else(|| self.certificate().map(|certificate| certificate.document))
    }

    /// Nobody will change it any more, except by claims and review.
    pub fn is_closed(&self) -> bool {
        matches!(
            self.stage,
            Stage::Concluded { .. }
                | Stage::Agreed { .. }
                | Stage::Certified { .. }
                | Stage::Closed { .. }
                | Stage::SettledOnScene { .. }
                | Stage::HandedOver { .. }
                | Stage::Withdrawn { .. }
        )
    }

    /// When the officer's queue should show it, and how urgently: (rank, since). Lower ranks come first.
    pub fn queue_place(&self) -> Option<(i16, DateTime<Utc>)> {
        match &self.stage {
            Stage::OnScene { since, .. } => Some((0, *since)),
            Stage::Waiting { since } | Stage::UnderReview { since, .. } => Some((1, *since)),
            Stage::EvidenceRequested { request } => Some((2, request.waiting_since)),
            Stage::Agreeing { agreement } => Some((2, agreement.waiting_since?)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;

//! Everything that can happen to a case, as the journal records it: ids, codes and hashes. Reasons stand in full,
//! as they were given for the record; who the parties are, where they were and what they said does not.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    claim::ClaimStatus,
    digest::Digest,
    evidence::{Fulfilment, Slot},
    identifiers::{
        AccountId, ClaimId, CommitmentId, DeterminationId, DispatchId, DistrictCode, InsurerCode, Passage,
        PhotoId, RecordingId, UnitId,
    },
    liability::Grade,
    role::PartyRole,
    triage::Lane,
};

/// Who handles a case that left the remote lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// The traffic patrol (巡警).
    Patrol,
    /// Staff of a quick-handling point (快处点).
    Point,
}

/// What a party did with the determination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedBy {
    /// The party itself.
    Party,
    /// Noted by the officer (R146 §24: a refusal is noted on the document and blocks nothing).
    NotedByOfficer,
    /// Noted by the service: the party had not answered when its time was over.
    Silence,
}

/// How a document reached a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceManner {
    /// The party, who had agreed to service online, opened it.
    Opened,
    /// An officer or a unit handed it over on paper.
    Paper,
    /// The party refused to receive it; the officer noted that (R146 §24).
    RefusedToReceive,
}

/// How a party came to stand by what others do in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmedHow {
    /// It joined with an account of its own.
    Joined,
    /// A code that was sent to its own phone came back.
    Code,
    /// It told an officer.
    Officer,
}

/// In which way a party does not take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbsentHow {
    /// It does not want to.
    Refuses,
    /// It has left the scene (R146 §13(6)).
    Gone,
    /// Nobody reaches it.
    Unreachable,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are what their types and names say")]
pub enum Event {
    /// A driver reported the accident; triage gave the lane by these rules.
    CaseReported {
        district: DistrictCode,
        lane: Lane,
        rules: Vec<String>,
        report: Digest,
        /// Which editions of the rules judge the case, by the hash of what the case says of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        judged_by: Option<Digest>,
    },
    /// The law keeps the case out of the remote lane; it was handed over with everything recorded.
    CaseHandedOver { to: Authority, reason: Passage },
    /// A party was invited.
    PartyInvited { role: PartyRole, expires_at: DateTime<Utc> },
    /// The invited party joined.
    PartyJoined { role: PartyRole },
    /// A party gave or corrected personal and insurance data.
    PartyUpdated { role: PartyRole, details: Digest },
    /// A photo is durably stored.
    PhotoStored {
        photo: PhotoId,
        party: Option<PartyRole>,
        slot: Slot,
        digest: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fulfilment: Option<Fulfilment>,
    },
    /// Evidence is fixed by its hashes before its bytes came.
    EvidenceCommitted { role: PartyRole, commitments: Vec<Committed> },
    /// A photo was looked into; what was found stands in the case.
    PhotoExamined { photo: PhotoId, examination: Digest },
    /// A recording is durably stored.
    RecordingStored {
        recording: RecordingId,
        party: PartyRole,
        slot: Slot,
        digest: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fulfilment: Option<Fulfilment>,
    },
    /// Somebody looked at or downloaded evidence.
    EvidenceRead { evidence: Uuid, digest: Digest, copy: Copied },
    /// The court pack of the case was made for somebody.
    CourtPackMade {},
    /// The case must be kept whole, whatever its term.
    LegalHoldPlaced { reason: Passage },
    /// The case is kept for its term only.
    LegalHoldLifted { reason: Passage },
    /// The bytes of a photo or recording were removed; this proof of them stays.
    EvidenceErased { evidence: Uuid, digest: Digest, class: String },
    /// The scene is preserved; the parties were told that they may move.
    MoveAllowed { photos: Vec<Digest>, receipt: Digest },
    /// A party gave a statement (its nth).
    StatementGiven { role: PartyRole, version: i32, statement: Digest },
    /// The party read or heard its statement back and confirmed it.
    StatementConfirmed { role: PartyRole, version: i32, statement: Digest },
    /// A party applied for remote handling.
    CaseSubmitted { role: PartyRole, alone: bool },
    /// The case waits for an officer.
    CaseQueued {},
    /// An officer took the case.
    CaseTaken { officer: AccountId, fence: i32 },
    /// The officer gave it back to the queue.
    CaseReleased {},
    /// The officer asks for more.
    EvidenceRequested { role: PartyRole, slots: Vec<Slot>, reason: Passage },
    /// The officer determined liability.
    LiabilityDetermined {
        determination: DeterminationId,
        grades: BTreeMap<PartyRole, Grade>,
        situation: Option<String>,
        proposed: Option<BTreeMap<PartyRole, Grade>>,
        reason: Option<Passage>,
        document: Digest,
    },
    /// A party signed over the document's hash.
    DeterminationSigned {
        role: PartyRole,
        document: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Digest>,
    },
    /// A party refused.
    DeterminationRefused { role: PartyRole, by: RefusedBy, reason: Passage },
    /// Everyone signed or refused; the document is final.
    CaseConcluded { document: Digest },
    /// An officer sent the case out of the remote lane.
    CaseEscalated { to: Authority, reason: Passage },
    /// The party who reported took the report back.
    CaseWithdrawn { role: PartyRole },
    /// A party proposed an agreement.
    AgreementProposed {
        agreement: DeterminationId,
        role: PartyRole,
        grades: BTreeMap<PartyRole, Grade>,
        situation: Option<String>,
        document: Digest,
    },
    /// A party signed the agreement over the document's hash.
    AgreementSigned {
        role: PartyRole,
        document: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Digest>,
    },
    /// A party declined the agreement: the parties are where they were before.
    AgreementDeclined { role: PartyRole, reason: Passage },
    /// Everybody signed; the document is final.
    AgreementConcluded { document: Digest },
    /// The facts cannot be established: the officer issued a certificate.
    CertificateIssued { certificate: DeterminationId, document: Digest, reason: Passage },
    /// A party asked for an officer on scene: one must be sent (R146 §20).
    OfficerAskedFor { role: PartyRole, reason: Option<Passage> },
    /// An officer closed the case without a decision.
    CaseClosed { reason: Passage },
    /// Nobody acted in time; what follows from it comes in the next entries.
    DeadlinePassed { deadline: String },
    /// A one-time code was sent to a party's phone, to sign this document with.
    SigningCodeSent { role: PartyRole, document: Digest },
    /// The party agreed that documents are served to it online (APR §36).
    ServiceAgreed { role: PartyRole },
    /// A party opened a document for the first time.
    DocumentOpened { role: PartyRole, document: Digest },
    /// A document reached a party.
    DocumentServed { role: PartyRole, document: Digest, manner: ServiceManner },
    /// The party confirmed the sketch that was drawn from the facts.
    SketchConfirmed { role: PartyRole, sketch: Digest },
    /// A party asked for mediation.
    MediationRequested { role: PartyRole },
    /// All parties asked for it: it is open.
    MediationOpened {},
    /// What a party lost, item by item.
    MediationLossesPut { role: PartyRole, losses: Digest },
    /// The mediator set the shares, in percent.
    MediationSharesSet { shares: BTreeMap<PartyRole, u8> },
    /// Somebody proposed terms; `role` is empty for the officer.
    MediationProposed { number: i32, role: Option<PartyRole>, terms: Digest },
    /// A party answered a proposal.
    MediationAnswered { number: i32, role: PartyRole, accepted: bool },
    /// All parties accepted the same terms; they are on the determination now, which is to be signed anew.
    MediationAgreed { number: i32, terms: Digest, document: Digest, record: Digest },
    /// All have signed what was agreed: the record says so.
    MediationRecorded { record: Digest },
    /// The mediation ended without result.
    MediationEnded {
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Passage>,
    },
    /// A party asked for a review.
    ReviewRequested { role: PartyRole, reason: Passage },
    /// The request came too late: the party's time was over.
    ReviewRefused { role: PartyRole, reason: Passage, until: DateTime<Utc> },
    /// An officer of the unit above took the review.
    ReviewTaken { officer: AccountId },
    /// The reviewing officer drafted its conclusion; another one has to agree.
    ReviewDrafted { outcome: String, conclusion: Digest },
    /// Another reviewer sent the draft back.
    ReviewSentBack { note: Digest },
    /// The applicant took the request back, which ended the review.
    ReviewWithdrawn { role: PartyRole },
    /// A court accepted a suit and was told that there is a review.
    CourtTold { note: Passage },
    /// The review is concluded.
    ReviewConcluded { outcome: String, grounds: Vec<String>, document: Digest },
    /// A determination was taken away by a review; liability is to be determined anew.
    DeterminationRevoked { determination: DeterminationId },
    /// An officer added a party and marked what he heard (R146 §16).
    PartyAdded { role: PartyRole, details: Digest },
    /// Somebody acts for a party with its consent.
    HelperNamed { role: PartyRole, helper: Digest },
    /// A party does not take part, or has gone.
    PartyAbsent {
        role: PartyRole,
        how: AbsentHow,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Passage>,
    },
    /// A code was sent to a party's phone, to confirm what others do in its name.
    PartyCodeSent { role: PartyRole },
    /// A party stands by what others do in its name.
    PartyConfirmed { role: PartyRole, how: ConfirmedHow },
    /// The case was decided a second time, blindly; it changes nothing in the case.
    DecidedAgain { grades: BTreeMap<PartyRole, Grade> },
    /// A claim waits to be sent.
    ClaimFiled { claim: ClaimId, party: PartyRole, insurer: InsurerCode },
    /// Its insurer is told that the determination is reviewed, or what came of it.
    ClaimAmended { claim: ClaimId, change: String },
    /// A claim moved.
    ClaimMoved { claim: ClaimId, status: ClaimStatus },
    /// A unit was asked to go.
    DispatchOffered { dispatch: DispatchId, unit: UnitId, metres: i64 },
    /// The unit goes.
    DispatchAccepted { dispatch: DispatchId },
    /// The unit does not go.
    DispatchDeclined { dispatch: DispatchId, reason: Passage },
    /// The unit is there.
    DispatchArrived { dispatch: DispatchId },
    /// The unit is done.
    DispatchCompleted { dispatch: DispatchId, outcome: String },
    /// An officer took the task back.
    DispatchCancelled { dispatch: DispatchId, reason: Passage },
    /// Somebody was refused access to the case.
    AccessRefused { why: String },
}

/// One piece of evidence that was fixed by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// The commitment.
    pub commitment: CommitmentId,
    /// What it shows.
    pub slot: Slot,
    /// SHA-256 of the bytes to come.
    pub digest: Digest,
}

/// Which bytes somebody read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Copied {
    /// The original, as a download.
    Original,
    /// The viewing copy.
    View,
}

impl Event {
    /// Whether it changes what the case says. Reading, refused access and what the service finds out by itself do
    /// not: a decision that was prepared before still rests on what it saw.
    pub fn is_material(&self) -> bool {
        !matches!(
            self,
            Self::EvidenceRead { .. }
                | Self::AccessRefused { .. }
                | Self::PhotoExamined { .. }
                | Self::CourtPackMade {}
                | Self::LegalHoldPlaced { .. }
                | Self::LegalHoldLifted { .. }
                | Self::SigningCodeSent { .. }
                | Self::PartyCodeSent { .. }
                | Self::DocumentOpened { .. }
                | Self::DocumentServed { .. }
                | Self::DecidedAgain { .. }
        )
    }

    /// The event's name, as in its JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CaseReported { .. } => "case_reported",
            Self::CaseHandedOver { .. } => "case_handed_over",
            Self::PartyInvited { .. } => "party_invited",
            Self::PartyJoined { .. } => "party_joined",
            Self::PartyUpdated { .. } => "party_updated",
            Self::PhotoStored { .. } => "photo_stored",
            Self::EvidenceCommitted { .. } => "evidence_committed",
            Self::PhotoExamined { .. } => "photo_examined",
            Self::RecordingStored { .. } => "recording_stored",
            Self::EvidenceRead { .. } => "evidence_read",
            Self::CourtPackMade {} => "court_pack_made",
            Self::LegalHoldPlaced { .. } => "legal_hold_placed",
            Self::LegalHoldLifted { .. } => "legal_hold_lifted",
            Self::EvidenceErased { .. } => "evidence_erased",
            Self::StatementConfirmed { .. } => "statement_confirmed",
            Self::MoveAllowed { .. } => "move_allowed",
            Self::StatementGiven { .. } => "statement_given",
            Self::CaseSubmitted { .. } => "case_submitted",
            Self::CaseQueued {} => "case_queued",
            Self::CaseTaken { .. } => "case_taken",
            Self::CaseReleased {} => "case_released",
            Self::EvidenceRequested { .. } => "evidence_requested",
            Self::LiabilityDetermined { .. } => "liability_determined",
            Self::DeterminationSigned { .. } => "determination_signed",
            Self::DeterminationRefused { .. } => "determination_refused",
            Self::CaseConcluded { .. } => "case_concluded",
            Self::CaseEscalated { .. } => "case_escalated",
            Self::CaseWithdrawn { .. } => "case_withdrawn",
            Self::AgreementProposed { .. } => "agreement_proposed",
            Self::AgreementSigned { .. } => "agreement_signed",
            Self::AgreementDeclined { .. } => "agreement_declined",
            Self::AgreementConcluded { .. } => "agreement_concluded",
            Self::CertificateIssued { .. } => "certificate_issued",
            Self::OfficerAskedFor { .. } => "officer_asked_for",
            Self::CaseClosed { .. } => "case_closed",
            Self::DeadlinePassed { .. } => "deadline_passed",
            Self::SigningCodeSent { .. } => "signing_code_sent",
            Self::ServiceAgreed { .. } => "service_agreed",
            Self::DocumentOpened { .. } => "document_opened",
            Self::DocumentServed { .. } => "document_served",
            Self::SketchConfirmed { .. } => "sketch_confirmed",
            Self::MediationRequested { .. } => "mediation_requested",
            Self::MediationOpened {} => "mediation_opened",
            Self::MediationLossesPut { .. } => "mediation_losses_put",
            Self::MediationSharesSet { .. } => "mediation_shares_set",
            Self::MediationProposed { .. } => "mediation_proposed",
            Self::MediationAnswered { .. } => "mediation_answered",
            Self::MediationAgreed { .. } => "mediation_agreed",
            Self::MediationRecorded { .. } => "mediation_recorded",
            Self::MediationEnded { .. } => "mediation_ended",
            Self::ReviewRequested { .. } => "review_requested",
            Self::ReviewRefused { .. } => "review_refused",
            Self::ReviewTaken { .. } => "review_taken",
            Self::ReviewDrafted { .. } => "review_drafted",
            Self::ReviewSentBack { .. } => "review_sent_back",
            Self::ReviewWithdrawn { .. } => "review_withdrawn",
            Self::CourtTold { .. } => "court_told",
            Self::ReviewConcluded { .. } => "review_concluded",
            Self::DeterminationRevoked { .. } => "determination_revoked",
            Self::PartyAdded { .. } => "party_added",
            Self::HelperNamed { .. } => "helper_named",
            Self::PartyAbsent { .. } => "party_absent",
            Self::PartyCodeSent { .. } => "party_code_sent",
            Self::PartyConfirmed { .. } => "party_confirmed",
            Self::DecidedAgain { .. } => "decided_again",
            Self::ClaimFiled { .. } => "claim_filed",
            Self::ClaimAmended { .. } => "claim_amended",
            Self::ClaimMoved { .. } => "claim_moved",
            Self::DispatchOffered { .. } => "dispatch_offered",
            Self::DispatchAccepted { .. } => "dispatch_accepted",
            Self::DispatchDeclined { .. } => "dispatch_declined",
            Self::DispatchArrived { .. } => "dispatch_arrived",
            Self::DispatchCompleted { .. } => "dispatch_completed",
            Self::DispatchCancelled { .. } => "dispatch_cancelled",
            Self::AccessRefused { .. } => "access_refused",
        }
    }
}

#[cfg(test)]
mod tests;

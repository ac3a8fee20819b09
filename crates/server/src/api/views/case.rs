//! A case and the queue it waits in.

use app::CaseFile;
use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Invitation, Stage},
    claim::Claim,
    event::Authority,
    evidence::{ShotRules, Slot},
    identifiers::InvitationCode,
    role::PartyRole,
    rules::Rules,
};
use serde::Serialize;
use store::QueueRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Viewer,
    claim::ClaimStateView,
    commitments::CommitmentView,
    determination::DeterminationView,
    endings::{AgreementView, CertificateView, ClosedView},
    evidence::{EvidenceRequestView, MoveReceiptView, PhotoView, RecordingView},
    mediation::MediationView,
    party::PartyView,
    place::PositionView,
    review::CaseReviewView,
    scene::DispatchView,
    shots::ShotsView,
    taking_part::AbsenceView,
    triage::TriageView,
};
use crate::api::{schemas, signing::ServiceView};

/// An officer's hold on a case.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct LeaseView {
    /// Not after this time.
    pub until: DateTime<Utc>,
    /// Counts how often the case was taken.
    pub fence: i32,
}

/// Why and to whom the case left the remote lane.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct HandoverView {
    /// Who handles it.
    #[schema(schema_with = schemas::authority)]
    pub to: Authority,
    /// Why.
    pub reason: String,
}

/// A case (案件).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CaseView {
    /// Its id.
    pub id: Uuid,
    /// The number people quote.
    pub number: String,
    /// Counts changes of what the case says; the ETag.
    pub version: i64,
    /// Where it stands.
    #[schema(schema_with = schemas::stage)]
    pub stage: &'static str,
    /// The district.
    pub district: String,
    /// Where it happened.
    pub position: PositionView,
    /// Where, in words.
    pub place: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// When it was reported.
    pub reported_at: DateTime<Utc>,
    /// The weather.
    pub weather: Option<String>,
    /// Where it goes and why.
    pub triage: TriageView,
    /// The receipt "you may move", once the scene is preserved.
    pub move_receipt: Option<MoveReceiptView>,
    /// Mandatory photos that are missing.
    #[schema(schema_with = schemas::slots)]
    pub missing_photos: Vec<Slot>,
    /// Who is involved.
    pub parties: Vec<PartyView>,
    /// Who does not take part, as somebody says.
    pub absences: Vec<AbsenceView>,
    /// What is to be photographed; with `report_case`, `join_case` and, in words for the driver, `get_case`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shots: Option<ShotsView>,
    /// Photos: a party sees its own.
    pub photos: Vec<PhotoView>,
    /// Recordings: a party sees its own.
    pub recordings: Vec<RecordingView>,
    /// What was fixed by its hash before its bytes came: a party sees its own.
    pub commitments: Vec<CommitmentView>,
    /// What the officer asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_request: Option<EvidenceRequestView>,
    /// The officer's hold; staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseView>,
    /// To whom the case was handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<HandoverView>,
    /// The determination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub determination: Option<DeterminationView>,
    /// The agreement that was proposed or concluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementView>,
    /// The certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateView>,
    /// That an officer closed the case, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosedView>,
    /// When the case goes on without whoever has not acted by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
    /// Which documents were served to whom: a party sees its own.
    pub services: Vec<ServiceView>,
    /// Its review, or until when one can be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<CaseReviewView>,
    /// The mediation on damages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mediation: Option<MediationView>,
    /// Claims; with `get_case`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<Vec<ClaimStateView>>,
    /// Tasks of units; with `get_case`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatches: Option<Vec<DispatchView>>,
}

impl CaseView {
    pub(in crate::api) fn new(case: &Case, viewer: Viewer) -> Self {
        let own = match viewer {
            Viewer::Party(account) => case.role_of(account).ok(),
            Viewer::Staff => None,
        };
        let may_see = |owner| matches!(viewer, Viewer::Staff) || (own.is_some() && owner == own);
        let recordings = case.recordings.iter().filter(|recording| may_see(Some(recording.party)));
        let commitments = case.commitments.iter().filter(|commitment| may_see(Some(commitment.party)));
        Self {
            id: case.id.0,
            number: case.number.to_string(),
            version: case.edition,
            stage: case.stage.name(),
            district: case.district.to_string(),
            position: (&case.position).into(),
            place: case.place.to_string(),
            occurred_at: case.occurred_at,
            reported_at: case.reported_at,
            weather: case.weather.as_ref().map(ToString::to_string),
            triage: (&case.triage).into(),
            move_receipt: case.move_receipt.as_ref().map(MoveReceiptView::from),
            missing_photos: case.missing_photos().into_iter().collect(),
            parties: case.parties.iter().map(|party| PartyView::new(case, party, viewer)).collect(),
            absences: AbsenceView::of(case, matches!(viewer, Viewer::Staff)),
            shots: None,
            photos: case.photos.iter().filter(|photo| may_see(photo.party)).map(PhotoView::from).collect(),
            recordings: recordings.map(RecordingView::from).collect(),
            commitments: commitments.map(|one| CommitmentView::new(case, one)).collect(),
            evidence_request: evidence_request(case),
            lease: lease(case, viewer),
            handed_over: handover(case),
            determination: case
                .determination()
                .map(|determination| DeterminationView::new(case, determination)),
            agreement: AgreementView::of(case),
            certificate: CertificateView::of(case),
            closed: ClosedView::of(case),
            due_at: case.due,
            services: case
                .services
                .iter()
                .filter(|one| may_see(Some(one.role)))
                .map(ServiceView::from)
                .collect(),
            review: CaseReviewView::new(case, viewer, None),
            mediation: MediationView::of(case, own, matches!(viewer, Viewer::Staff)),
            claims: None,
            dispatches: None,
        }
    }

    /// The same with the end of the viewer's time for a review.
    pub(in crate::api) fn timed(mut self, case: &Case, viewer: Viewer, rules: &Rules<'_>) -> Self {
        self.review = CaseReviewView::new(case, viewer, Some(rules));
        self
    }

    /// The same with the guided shots, in words for the driver if the rules are given.
    pub(in crate::api) fn guided(mut self, case: &Case, viewer: Viewer, rules: Option<&ShotRules>) -> Self {
        let own = match viewer {
            Viewer::Party(account) => case.role_of(account).ok(),
            Viewer::Staff => None,
        };
        self.shots = Some(ShotsView::new(case, own, rules));
        self
    }

    pub(in crate::api) fn with_file(file: &CaseFile, viewer: Viewer) -> Self {
        let own = match viewer {
            Viewer::Party(account) => file.case.role_of(account).ok(),
            Viewer::Staff => None,
        };
        let visible = |claim: &&Claim| matches!(viewer, Viewer::Staff) || Some(claim.party) == own;
        let parties = file.case.parties.iter();
        let parties =
            parties.map(|party| PartyView::new(&file.case, party, viewer).with_earlier_statements(party));
        Self {
            parties: parties.collect(),
            claims: Some(file.claims.iter().filter(visible).map(ClaimStateView::from).collect()),
            dispatches: Some(file.dispatches.iter().map(DispatchView::from).collect()),
            ..Self::new(&file.case, viewer)
        }
    }
}

fn evidence_request(case: &Case) -> Option<EvidenceRequestView> {
    match &case.stage {
        Stage::EvidenceRequested { request } => Some(EvidenceRequestView {
            role: request.role,
            slots: request.slots.clone(),
            reason: request.reason.to_string(),
        }),
        _ => None,
    }
}

fn lease(case: &Case, viewer: Viewer) -> Option<LeaseView> {
    match (&case.stage, viewer) {
        (Stage::UnderReview { lease, .. }, Viewer::Staff) => {
            Some(LeaseView { until: lease.until, fence: lease.fence })
        }
        _ => None,
    }
}

fn handover(case: &Case) -> Option<HandoverView> {
    match &case.stage {
        Stage::HandedOver { to, reason, .. } => Some(HandoverView { to: *to, reason: reason.to_string() }),
        Stage::OnScene { reason, .. } => {
            Some(HandoverView { to: Authority::Point, reason: reason.to_string() })
        }
        _ => None,
    }
}

/// An invitation; the code is shown this once. One that goes to a phone by text message is in that message alone:
/// whoever joins by it has that phone.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct InvitationView {
    /// For which role.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Lets one person in, once; not shown where it was sent to a phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub code: Option<InvitationCode>,
    /// The same as an address, to be shown as a QR code. The code stands behind `#`, which no browser sends on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Not after this time.
    pub expires_at: DateTime<Utc>,
}

impl InvitationView {
    pub(in crate::api) fn new(open: &Invitation, code: &InvitationCode, base: &str) -> Self {
        let code = open.phone.is_none().then(|| code.clone());
        let link = code.as_ref().map(|code| format!("{base}#{code}"));
        Self { role: open.role, code, link, expires_at: open.expires_at }
    }
}

/// One line of the queue: nothing personal.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct QueueView {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// Where it stands.
    pub stage: String,
    /// The lane.
    pub lane: String,
    /// The district.
    pub district: String,
    /// Since when it waits.
    pub waiting_since: Option<DateTime<Utc>>,
    /// Until when somebody holds it.
    pub lease_until: Option<DateTime<Utc>>,
}

impl From<QueueRow> for QueueView {
    fn from(row: QueueRow) -> Self {
        Self {
            id: row.id,
            number: row.number,
            stage: row.stage,
            lane: row.lane,
            district: row.district,
            waiting_since: row.queue_since,
            lease_until: row.lease_until,
        }
    }
}

//! What callers see. A driver never sees another party's personal data.

use std::collections::BTreeMap;

use app::{CaseFile, NearPoint, SignedIn, Verification};
use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Determination, Party, RoadUser, Signature, Stage},
    claim::{Claim, ClaimStatus, FirstNotice},
    digest::Digest,
    dispatch::{Dispatch, DispatchState},
    event::Authority,
    evidence::{Photo, Slot},
    geo::{Coordinates, Position},
    identifiers::{AccountId, InvitationCode},
    identity::Role,
    journal::Sealed,
    liability::{DrivingFacts, Grade, Suggestion},
    role::PartyRole,
    rulebook::Wording,
    triage::{Lane, Triage},
};
use serde::Serialize;
use store::{PointRow, QueueRow};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{inputs::DrivingFactsInput, schemas};

/// Who looks, and so what may be shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Viewer {
    /// A party: sees itself whole, others masked.
    Party(AccountId),
    /// Staff who handle the case: see everything in it.
    Staff,
}

/// A text in both languages.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WordingView {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<&Wording> for WordingView {
    fn from(wording: &Wording) -> Self {
        Self { zh: wording.zh.clone(), en: wording.en.clone() }
    }
}

/// One question of triage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuestionView {
    /// Name of the answer's field in a report.
    pub name: String,
    /// What to ask.
    pub text: WordingView,
}

/// A place in WGS-84, and as it was reported.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PositionView {
    /// Degrees north, WGS-84.
    pub latitude: f64,
    /// Degrees east, WGS-84.
    pub longitude: f64,
    /// What was reported.
    pub reported: ReportedView,
}

/// A place as it was reported.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportedView {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// In this datum.
    #[schema(schema_with = schemas::datum)]
    pub datum: domain::geo::Datum,
    /// Accuracy in metres.
    pub accuracy_metres: Option<f64>,
}

impl From<&Position> for PositionView {
    fn from(position: &Position) -> Self {
        let Coordinates { latitude, longitude } = position.wgs84;
        let reported = ReportedView {
            latitude: position.raw.latitude,
            longitude: position.raw.longitude,
            datum: position.datum,
            accuracy_metres: position.accuracy_metres,
        };
        Self { latitude, longitude, reported }
    }
}

/// A rule of triage that applied.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HitView {
    /// The rule's code.
    pub code: String,
    /// What it is about.
    pub title: WordingView,
    /// The articles.
    pub articles: Vec<String>,
    /// `legal` or `policy`.
    #[schema(value_type = String)]
    pub bar: domain::triage::BarKind,
    /// The question whose answer made it apply.
    pub question: String,
}

/// Where the case goes and why, and what to do now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TriageView {
    /// The lane.
    #[schema(schema_with = schemas::lane)]
    pub lane: Lane,
    /// Whether the scene may be left once it is photographed.
    pub may_leave: bool,
    /// The article that orders leaving.
    pub order: Option<OrderView>,
    /// Rules that applied.
    pub rules: Vec<HitView>,
    /// What to do now, most urgent first.
    pub advice: Vec<WordingView>,
}

/// The order to leave.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrderView {
    /// What it says.
    pub text: WordingView,
    /// The articles.
    pub articles: Vec<String>,
}

impl From<&Triage> for TriageView {
    fn from(triage: &Triage) -> Self {
        let hit = |hit: &domain::triage::Hit| HitView {
            code: hit.code.clone(),
            title: (&hit.title).into(),
            articles: hit.articles.clone(),
            bar: hit.bar,
            question: hit.because.question.clone(),
        };
        Self {
            lane: triage.lane,
            may_leave: triage.may_leave,
            order: triage
                .order
                .as_ref()
                .map(|order| OrderView { text: (&order.text).into(), articles: order.articles.clone() }),
            rules: triage.hits.iter().map(hit).collect(),
            advice: triage.advice.iter().map(WordingView::from).collect(),
        }
    }
}

/// One party. Personal fields are there for the party itself and for staff only.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartyView {
    /// A, B, C…
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Whether it is the caller.
    pub is_me: bool,
    /// How it took part.
    #[schema(schema_with = schemas::road_user)]
    pub road_user: RoadUser,
    /// Whether it has given a statement.
    pub has_statement: bool,
    /// When it applied for remote handling.
    pub submitted_at: Option<DateTime<Utc>>,
    /// What it said about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<DetailsView>,
    /// What it said happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementView>,
}

/// Personal and insurance data.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DetailsView {
    /// 姓名.
    pub name: Option<String>,
    /// Licence number.
    pub licence: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Plate.
    pub plate: Option<String>,
    /// VIN.
    pub vin: Option<String>,
    /// Insurer's code.
    pub insurer: Option<String>,
    /// Policy number.
    pub policy_number: Option<String>,
    /// Estimated loss in fen.
    pub estimated_loss_fen: Option<i64>,
}

/// A statement.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatementView {
    /// 1 for the first.
    pub version: i32,
    /// What the party was doing.
    #[schema(value_type = DrivingFactsInput)]
    pub facts: DrivingFacts,
    /// In its own words.
    pub text: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

impl PartyView {
    fn new(party: &Party, viewer: Viewer) -> Self {
        let is_me = matches!(viewer, Viewer::Party(account) if party.account == Some(account));
        let open = is_me || matches!(viewer, Viewer::Staff);
        let details = &party.details;
        Self {
            role: party.role,
            is_me,
            road_user: party.road_user,
            has_statement: party.statement().is_some(),
            submitted_at: party.submitted_at,
            details: open.then(|| DetailsView {
                name: details.name.as_ref().map(ToString::to_string),
                licence: details.licence.as_ref().map(ToString::to_string),
                phone: details.phone.as_ref().map(ToString::to_string),
                plate: details.vehicle.as_ref().map(|vehicle| vehicle.plate.to_string()),
                vin: details
                    .vehicle
                    .as_ref()
                    .and_then(|vehicle| vehicle.vin.as_ref())
                    .map(ToString::to_string),
                insurer: details.insurance.as_ref().map(|insurance| insurance.insurer.to_string()),
                policy_number: details
                    .insurance
                    .as_ref()
                    .map(|insurance| insurance.policy_number.to_string()),
                estimated_loss_fen: details.estimated_loss.map(|loss| loss.0),
            }),
            statement: party.statement().filter(|_| open).map(|statement| StatementView {
                version: statement.version,
                facts: statement.facts.clone(),
                text: statement.text.as_ref().map(ToString::to_string),
                at: statement.at,
            }),
        }
    }
}

/// One photo.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PhotoView {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    #[schema(value_type = Option<String>)]
    pub role: Option<PartyRole>,
    /// What it shows.
    #[schema(schema_with = schemas::slot)]
    pub slot: Slot,
    /// SHA-256 of the original.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// Size of the original in bytes.
    pub bytes: i64,
    /// Media type, decided from the content.
    pub media_type: String,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    /// When the service had it durably.
    pub received_at: DateTime<Utc>,
}

impl From<&Photo> for PhotoView {
    fn from(photo: &Photo) -> Self {
        Self {
            id: photo.id.0,
            role: photo.party,
            slot: photo.slot,
            sha256: photo.digest,
            bytes: photo.bytes,
            media_type: photo.media_type.clone(),
            width: photo.width,
            height: photo.height,
            received_at: photo.received_at,
        }
    }
}

/// The receipt "you may move" (撤离凭证).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MoveReceiptView {
    /// When it was given.
    pub at: DateTime<Utc>,
    /// The signed receipt, a compact JWS; check it with the keys of `jwks`.
    pub receipt: String,
}

/// What the officer still needs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EvidenceRequestView {
    /// Who is asked.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Which photos.
    #[schema(schema_with = schemas::slots)]
    pub slots: Vec<Slot>,
    /// Why.
    pub reason: String,
}

/// What a party did with the determination.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignatureView {
    /// `pending`, `signed` or `refused`.
    pub state: &'static str,
    /// When.
    pub at: Option<DateTime<Utc>>,
}

impl From<&Signature> for SignatureView {
    fn from(signature: &Signature) -> Self {
        match signature {
            Signature::Pending => Self { state: "pending", at: None },
            Signature::Signed { at, .. } => Self { state: "signed", at: Some(*at) },
            Signature::Refused { at, .. } => Self { state: "refused", at: Some(*at) },
        }
    }
}

/// The determination (事故认定书).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeterminationView {
    /// Its id.
    pub id: Uuid,
    /// Number of the document.
    pub number: String,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Who bears what.
    #[schema(schema_with = schemas::grades)]
    pub grades: BTreeMap<PartyRole, Grade>,
    /// Code of the situation.
    pub situation: Option<String>,
    /// What happened.
    pub facts: String,
    /// What it rests on.
    pub articles: Vec<String>,
    /// SHA-256 of the PDF that counts now: sign this.
    #[schema(value_type = String)]
    pub document_sha256: Digest,
    /// What each party did.
    #[schema(value_type = BTreeMap<String, SignatureView>)]
    pub signatures: BTreeMap<PartyRole, SignatureView>,
}

impl DeterminationView {
    fn new(case: &Case, determination: &Determination) -> Self {
        Self {
            id: determination.id.0,
            number: case.document_number(),
            decided_at: determination.decided_at,
            grades: determination.liability.grades().clone(),
            situation: determination.situation.clone(),
            facts: determination.facts.to_string(),
            articles: determination.articles.clone(),
            document_sha256: determination.document,
            signatures: determination.signatures.iter().map(|(role, s)| (*role, s.into())).collect(),
        }
    }
}

/// Where a claim stands, as a party sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClaimStateView {
    /// Its id.
    pub id: Uuid,
    /// Whose vehicle.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// With whom.
    pub insurer: String,
    /// Where it stands.
    #[schema(schema_with = schemas::claim_status)]
    pub status: ClaimStatus,
    /// The insurer's own number.
    pub insurer_number: Option<String>,
    /// The agreed or paid amount in fen.
    pub amount_fen: Option<i64>,
    /// When it was filed.
    pub filed_at: DateTime<Utc>,
    /// When the insurer confirmed it.
    pub acknowledged_at: Option<DateTime<Utc>>,
}

impl From<&Claim> for ClaimStateView {
    fn from(claim: &Claim) -> Self {
        Self {
            id: claim.id.0,
            role: claim.party,
            insurer: claim.insurer.to_string(),
            status: claim.status,
            insurer_number: claim.insurer_number.clone(),
            amount_fen: claim.amount.map(|amount| amount.0),
            filed_at: claim.created_at,
            acknowledged_at: claim.acknowledged_at,
        }
    }
}

/// One task of a unit.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DispatchView {
    /// Its id.
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// The unit.
    pub unit_id: Uuid,
    /// `offered`, `accepted`, `declined`, `arrived` or `completed`.
    pub state: &'static str,
    /// Distance when it was asked, in metres.
    pub metres: i64,
    /// When it was asked.
    pub offered_at: DateTime<Utc>,
    /// When it came to this state.
    pub since: DateTime<Utc>,
}

impl From<&Dispatch> for DispatchView {
    fn from(dispatch: &Dispatch) -> Self {
        let since = match &dispatch.state {
            DispatchState::Offered => dispatch.offered_at,
            DispatchState::Accepted { at }
            | DispatchState::Declined { at, .. }
            | DispatchState::Arrived { at }
            | DispatchState::Completed { at } => *at,
        };
        Self {
            id: dispatch.id.0,
            case_id: dispatch.case.0,
            unit_id: dispatch.unit.0,
            state: dispatch.state.name(),
            metres: dispatch.metres,
            offered_at: dispatch.offered_at,
            since,
        }
    }
}

/// An officer's hold on a case.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LeaseView {
    /// Not after this time.
    pub until: DateTime<Utc>,
    /// Counts how often the case was taken.
    pub fence: i32,
}

/// Why and to whom the case left the remote lane.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HandoverView {
    /// Who handles it.
    #[schema(schema_with = schemas::authority)]
    pub to: Authority,
    /// Why.
    pub reason: String,
}

/// A case (案件).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseView {
    /// Its id.
    pub id: Uuid,
    /// The number people quote.
    pub number: String,
    /// Counts saved states; the ETag.
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
    /// Photos: a party sees its own.
    pub photos: Vec<PhotoView>,
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
    /// Claims; with `get_case`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<Vec<ClaimStateView>>,
    /// Tasks of units; with `get_case`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatches: Option<Vec<DispatchView>>,
}

impl CaseView {
    pub(super) fn new(case: &Case, viewer: Viewer) -> Self {
        let own = match viewer {
            Viewer::Party(account) => case.role_of(account).ok(),
            Viewer::Staff => None,
        };
        let visible =
            |photo: &&Photo| matches!(viewer, Viewer::Staff) || (own.is_some() && photo.party == own);
        Self {
            id: case.id.0,
            number: case.number.to_string(),
            version: case.version,
            stage: case.stage.name(),
            district: case.district.to_string(),
            position: (&case.position).into(),
            place: case.place.to_string(),
            occurred_at: case.occurred_at,
            reported_at: case.reported_at,
            weather: case.weather.as_ref().map(ToString::to_string),
            triage: (&case.triage).into(),
            move_receipt: case
                .move_receipt
                .as_ref()
                .map(|receipt| MoveReceiptView { at: receipt.at, receipt: receipt.receipt.clone() }),
            missing_photos: case.missing_photos().into_iter().collect(),
            parties: case.parties.iter().map(|party| PartyView::new(party, viewer)).collect(),
            photos: case.photos.iter().filter(visible).map(PhotoView::from).collect(),
            evidence_request: evidence_request(case),
            lease: lease(case, viewer),
            handed_over: handover(case),
            determination: case
                .determination()
                .map(|determination| DeterminationView::new(case, determination)),
            claims: None,
            dispatches: None,
        }
    }

    pub(super) fn with_file(file: &CaseFile, viewer: Viewer) -> Self {
        let own = match viewer {
            Viewer::Party(account) => file.case.role_of(account).ok(),
            Viewer::Staff => None,
        };
        let visible = |claim: &&Claim| matches!(viewer, Viewer::Staff) || Some(claim.party) == own;
        Self {
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

/// An invitation; the code is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationView {
    /// For which role.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// To be shown as a QR code.
    #[schema(value_type = String)]
    pub code: InvitationCode,
    /// Not after this time.
    pub expires_at: DateTime<Utc>,
}

/// A photo that is part of the case now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StoredPhotoView {
    /// The photo.
    pub photo: PhotoView,
    /// Mandatory photos that are still missing.
    #[schema(schema_with = schemas::slots)]
    pub missing_photos: Vec<Slot>,
    /// The receipt "you may move", once the scene is preserved.
    pub move_receipt: Option<MoveReceiptView>,
}

/// One line of the queue: nothing personal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QueueView {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// Counts saved states.
    pub version: i64,
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
            version: row.version,
            stage: row.stage,
            lane: row.lane,
            district: row.district,
            waiting_since: row.queue_since,
            lease_until: row.lease_until,
        }
    }
}

/// A situation of the table and the party it is about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReasonView {
    /// The party.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Code of the situation.
    pub code: String,
    /// What the party did, or may have done.
    pub text: WordingView,
    /// The articles.
    pub articles: Vec<String>,
}

impl From<&domain::liability::Reason> for ReasonView {
    fn from(reason: &domain::liability::Reason) -> Self {
        Self {
            role: reason.role,
            code: reason.code.clone(),
            text: (&reason.text).into(),
            articles: reason.articles.clone(),
        }
    }
}

/// What the rules propose. Advice only: the officer decides.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionView {
    /// The proposal, or nothing when the rules stay silent.
    #[schema(schema_with = schemas::grades)]
    pub grades: Option<BTreeMap<PartyRole, Grade>>,
    /// Code of the situation.
    pub situation: Option<String>,
    /// What it is called, or why there is no proposal.
    pub text: WordingView,
    /// The articles.
    pub articles: Vec<String>,
    /// Which facts led there.
    pub because: Vec<ReasonView>,
    /// What is still open: what to ask about.
    pub open: Vec<ReasonView>,
}

impl From<&Suggestion> for SuggestionView {
    fn from(suggestion: &Suggestion) -> Self {
        match suggestion {
            Suggestion::Proposed { situation, title, grades, articles, because } => Self {
                grades: Some(grades.clone()),
                situation: Some(situation.clone()),
                text: title.into(),
                articles: articles.clone(),
                because: because.iter().map(ReasonView::from).collect(),
                open: Vec::new(),
            },
            Suggestion::Silent { why, articles, because, open } => Self {
                grades: None,
                situation: None,
                text: why.into(),
                articles: articles.clone(),
                because: because.iter().map(ReasonView::from).collect(),
                open: open.iter().map(ReasonView::from).collect(),
            },
        }
    }
}

/// A quick-handling point (快处点).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PointView {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its district.
    pub district: String,
    /// Where, in words.
    pub address: String,
    /// Where.
    pub position: PositionView,
    /// Opening time, hh:mm in Chinese time.
    pub opens: String,
    /// Closing time, hh:mm in Chinese time.
    pub closes: String,
}

impl From<&PointRow> for PointView {
    fn from(point: &PointRow) -> Self {
        Self {
            id: point.id.0,
            name: point.name.clone(),
            district: point.district.to_string(),
            address: point.address.clone(),
            position: (&point.position).into(),
            opens: point.opens.clone(),
            closes: point.closes.clone(),
        }
    }
}

/// A point and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NearPointView {
    /// The point.
    pub point: PointView,
    /// Great-circle distance in metres.
    pub metres: f64,
    /// Units on duty and free.
    pub free_units: usize,
}

impl From<&NearPoint> for NearPointView {
    fn from(near: &NearPoint) -> Self {
        Self { point: (&near.point).into(), metres: near.metres.round(), free_units: near.free_units }
    }
}

/// A claim as its insurer sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClaimView {
    /// Where it stands.
    pub state: ClaimStateView,
    /// Everything the first notice says; see the insurers' profile.
    #[schema(value_type = Object)]
    pub notice: FirstNotice,
}

impl From<&Claim> for ClaimView {
    fn from(claim: &Claim) -> Self {
        Self { state: claim.into(), notice: claim.notice.clone() }
    }
}

/// Whether a document is genuine; nothing personal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerificationView {
    /// Number of the document.
    pub number: String,
    /// The unit that issued it.
    pub unit_name: String,
    /// All parties have answered it.
    pub is_final: bool,
    /// Every PDF issued under this code, oldest first.
    pub documents: Vec<VerifiedView>,
}

/// One PDF.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerifiedView {
    /// SHA-256 of its bytes: compare with the file you have.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Whether it is the one that counts now.
    pub is_current: bool,
}

impl From<Verification> for VerificationView {
    fn from(verification: Verification) -> Self {
        let document = |document: &app::VerifiedDocument| VerifiedView {
            sha256: document.digest,
            issued_at: document.issued_at,
            is_current: document.is_current,
        };
        Self {
            documents: verification.documents.iter().map(document).collect(),
            number: verification.number,
            unit_name: verification.unit_name,
            is_final: verification.is_final,
        }
    }
}

/// The journal (案件日志) of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JournalView {
    /// Whether every entry follows from the one before, up to what the case remembers.
    pub holds: bool,
    /// What does not hold.
    pub fault: Option<String>,
    /// The entries, oldest first.
    pub entries: Vec<EntryView>,
}

/// One entry.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryView {
    /// Its place, from 1.
    pub sequence: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: String,
    /// Canonical JSON of the entry, as it is hashed; staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// SHA-256 of the entry before.
    #[schema(value_type = String)]
    pub previous: Digest,
    /// SHA-256 of the hash before and the entry's canonical bytes.
    #[schema(value_type = String)]
    pub hash: Digest,
}

impl JournalView {
    pub(super) fn new(case: &Case, entries: Vec<Sealed>, viewer: Viewer) -> Self {
        let fault = domain::journal::verify(&entries, case.journal).err().map(|broken| broken.to_string());
        let whole = matches!(viewer, Viewer::Staff);
        let entries = entries
            .into_iter()
            .map(|entry| EntryView {
                sequence: entry.sequence,
                at: entry.at,
                kind: entry.kind,
                entry: whole.then_some(entry.canonical),
                previous: entry.previous,
                hash: entry.hash,
            })
            .collect();
        Self { holds: fault.is_none(), fault, entries }
    }
}

/// A fresh sign-in.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedInView {
    /// The access token: `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds for which the access token holds.
    pub expires_in: i64,
    /// Gives the next access token, once.
    pub refresh_token: String,
    /// What the account may act as.
    #[schema(schema_with = schemas::role)]
    pub role: Role,
}

impl From<SignedIn> for SignedInView {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token,
            token_type: "Bearer",
            expires_in: signed_in.expires_in,
            refresh_token: signed_in.refresh_token,
            role: signed_in.role,
        }
    }
}

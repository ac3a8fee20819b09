//! Self-control: deciding a case of the blind sample a second time, and how decisions agree.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Json, Path, Query},
};
use app::{App, BlindCase, PhotoCopy, Reader, SelfControl, Shown, Supervisor};
use chrono::{DateTime, Utc};
use domain::{
    case::{Officer, Party},
    identifiers::{CaseId, Passage, PhotoId},
    liability::{DrivingFacts, Grade, Liability},
    role::PartyRole,
    self_control::{Outcome, Portion},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    inputs::{CopyQuery, DrivingFactsInput, Nothing},
    keyed::Keyed,
    reading::picture,
    respond, schemas, shown,
    signed::Signed,
};
use crate::problem::{ErrorCode, Problem};

/// A case of the sample, without who took part, where, and how it was decided.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SecondLookView {
    /// Its id, which says nothing of the case.
    id: Uuid,
    /// Until when the officer has it.
    held_until: DateTime<Utc>,
    /// The weather.
    weather: Option<String>,
    /// What each party said.
    parties: Vec<BlindPartyView>,
    /// The photos; each is at `/second-looks/{id}/photos/{photo}`.
    photos: Vec<BlindPhotoView>,
}

/// A party without its name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BlindPartyView {
    /// A, B, C…
    #[schema(value_type = String)]
    role: PartyRole,
    /// What it was doing, as it said last.
    #[schema(value_type = Option<DrivingFactsInput>)]
    facts: Option<DrivingFacts>,
    /// In its own words.
    text: Option<String>,
}

/// A photo.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BlindPhotoView {
    /// Its id.
    id: Uuid,
    /// What it shows.
    #[schema(value_type = String)]
    slot: domain::evidence::Slot,
}

impl From<&Party> for BlindPartyView {
    fn from(party: &Party) -> Self {
        let statement = party.statement();
        Self {
            role: party.role,
            facts: statement.map(|statement| statement.facts.clone()),
            text: statement.and_then(|statement| statement.text.as_ref().map(ToString::to_string)),
        }
    }
}

impl From<&BlindCase> for SecondLookView {
    fn from(blind: &BlindCase) -> Self {
        let photos = blind.case.photos.iter().filter(|photo| photo.erased_at.is_none());
        Self {
            id: blind.id,
            held_until: blind.held_until,
            weather: blind.case.weather.as_ref().map(ToString::to_string),
            parties: blind.case.parties.iter().map(BlindPartyView::from).collect(),
            photos: photos.map(|photo| BlindPhotoView { id: photo.id.0, slot: photo.slot }).collect(),
        }
    }
}

/// What the officer decides the second time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecideAgainInput {
    /// A grade for each party.
    #[schema(schema_with = schemas::grades)]
    grades: BTreeMap<PartyRole, Grade>,
    /// Why.
    #[schema(value_type = String, max_length = 4000)]
    reason: Passage,
}

/// Whether the second decision comes to the same as the first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DecidedAgainView {
    /// Whether it does.
    agrees: bool,
}

/// A part of many with its interval.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PortionView {
    /// How many.
    count: u32,
    /// Of how many.
    of: u32,
    /// Their part, 0 to 1.
    portion: f64,
    /// Lower end of the interval that holds the true part with 95 in 100.
    low: f64,
    /// Upper end.
    high: f64,
}

impl From<Portion> for PortionView {
    fn from(Portion { count, of, portion, low, high }: Portion) -> Self {
        Self { count, of, portion, low, high }
    }
}

/// How well decisions of one situation agree.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgreementRateView {
    /// `determination` or `agreement`.
    kind: &'static str,
    /// The situation; none where nothing was proposed.
    situation: Option<String>,
    /// How many second decisions came to the same.
    agreed: PortionView,
}

/// How well decisions agree.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SelfControlView {
    /// By kind and situation.
    agreement: Vec<AgreementRateView>,
    /// How many cases of the sample wait.
    open: u64,
    /// Since when decisions are counted.
    since: DateTime<Utc>,
}

impl From<SelfControl> for SelfControlView {
    fn from(all: SelfControl) -> Self {
        let rate = |one: store::Agreement| AgreementRateView {
            kind: one.kind.name(),
            situation: one.situation,
            agreed: one.agreed.into(),
        };
        Self { agreement: all.agreement.into_iter().map(rate).collect(), open: all.open, since: all.since }
    }
}

/// What somebody did and was given.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GradedView {
    /// Codes of the situations that are established of it.
    situations: Vec<String>,
    /// What it was given.
    #[schema(value_type = String)]
    grade: Grade,
}

/// How colleagues decided.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ColleaguesView {
    /// Each outcome with its part; nothing where too few are known to say.
    outcomes: Option<Vec<OutcomeView>>,
}

/// One outcome.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutcomeView {
    /// The parties, in an order of their own.
    parties: Vec<GradedView>,
    /// How often it was chosen.
    chosen: PortionView,
}

impl From<(Outcome, Portion)> for OutcomeView {
    fn from((outcome, chosen): (Outcome, Portion)) -> Self {
        let graded = outcome.parties().iter();
        let parties =
            graded.map(|one| GradedView { situations: one.situations.clone(), grade: one.grade }).collect();
        Self { parties, chosen: chosen.into() }
    }
}

/// Takes a closed case of the blind sample; 204 when there is none for this officer. Never one that he decided.
#[utoipa::path(tag = "officer",
    responses((status = 200, body = SecondLookView), (status = 204, description = "None waits")))]
#[post("/second-looks/next")]
pub(super) async fn take_second_look(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    Keyed { body: Nothing {}, once }: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let show = |blind: &Option<BlindCase>| match blind {
        Some(blind) => shown(StatusCode::OK, None, &SecondLookView::from(blind)),
        None => Ok(Shown { status: 204, version: None, body: String::new() }),
    };
    Ok(respond(app.once(&once, async || app.take_second_look(&by).await, show).await?))
}

/// The viewing copy of a photo, or its thumbnail, for the officer who decides the case again.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The second look"),
    ("photo" = Uuid, Path, description = "The photo"), CopyQuery),
    responses((status = 200, content_type = "image/jpeg", description = "The copy")))]
#[get("/second-looks/{id}/photos/{photo}")]
pub(super) async fn get_second_look_photo(
    app: Data<App>,
    Signed(by): Signed<Reader>,
    path: Path<(Uuid, Uuid)>,
    query: Query<CopyQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, photo) = path.into_inner();
    let copy: PhotoCopy = query.copy.into();
    let (case, by, photo) = app.second_look_photo(by, id, PhotoId(photo)).await?;
    let (photo, bytes) = app.read_photo(&by, case, photo, copy).await?;
    Ok(picture(&photo, copy, bytes))
}

/// Decides the case a second time. Nothing follows from it for the parties.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The second look")),
    request_body = DecideAgainInput, responses((status = 200, body = DecidedAgainView)))]
#[post("/second-looks/{id}/decision")]
pub(super) async fn decide_second_look(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<DecideAgainInput>,
) -> Result<HttpResponse, Problem> {
    let liability = Liability::new(body.grades).map_err(|_| Problem::new(ErrorCode::LiabilityIncomplete))?;
    let decide = async || app.decide_second_look(&by, *id, liability.clone(), body.reason.clone()).await;
    let show = |agrees: &bool| shown(StatusCode::OK, None, &DecidedAgainView { agrees: *agrees });
    Ok(respond(app.once(&once, decide, show).await?))
}

/// How well second decisions agree with the first, by kind and situation, over a year.
#[utoipa::path(tag = "supervisor", responses((status = 200, body = SelfControlView)))]
#[get("/self-control")]
pub(super) async fn get_self_control(
    app: Data<App>,
    _: Signed<Supervisor>,
) -> Result<Json<SelfControlView>, Problem> {
    Ok(Json(app.self_control().await?.into()))
}

/// How colleagues decided cases in which the same is established: nobody is named, and few cases are not shown.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = ColleaguesView)))]
#[get("/cases/{id}/colleagues")]
pub(super) async fn how_colleagues_decided(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
) -> Result<Json<ColleaguesView>, Problem> {
    let outcomes = app.how_colleagues_decided(&by, CaseId(*id)).await?;
    let outcomes = outcomes.map(|all| all.into_iter().map(OutcomeView::from).collect());
    Ok(Json(ColleaguesView { outcomes }))
}

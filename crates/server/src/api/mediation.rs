//! Mediation: what its parties and the officer call.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post, put,
    web::{Data, Json, Path},
};
use app::{App, AppError, Participant, Shown};
use domain::{
    case::{Case, Officer},
    identifiers::CaseId,
    role::PartyRole,
};
use uuid::Uuid;

use super::{
    inputs::{
        DamagesInput, MediationEndInput, MediationRequestInput, MediationWithdrawalInput, SharesInput,
        TermsAnswerInput, TermsInput,
    },
    keyed::Keyed,
    respond, shown,
    signed::{Anyone, Signed},
    views::{CalculationView, CaseView, Viewer},
};
use crate::{
    preconditions::IfMatch,
    problem::{ErrorCode, Problem},
};

/// Who takes part: a driver for himself, an officer for the party that he names or as the mediator.
fn participant(by: Anyone, role: Option<PartyRole>) -> Result<Participant, Problem> {
    match by {
        Anyone::Driver(by) => Ok(Participant::Party(by)),
        Anyone::Officer(by) => Ok(Participant::Officer(by, role)),
        _ => Err(Problem::new(ErrorCode::Forbidden)),
    }
}

fn seen_by(by: &Participant, status: StatusCode) -> impl Fn(&Case) -> Result<Shown, AppError> + use<> {
    let viewer = match by {
        Participant::Party(by) => Viewer::Party(by.0),
        Participant::Officer(..) => Viewer::Staff,
    };
    move |case| shown(status, Some(case.edition), &CaseView::new(case, viewer))
}

/// Asks for mediation, while the determination waits for signatures. It opens when all parties have asked (R146 §25).
#[utoipa::path(tag = "mediation", params(("id" = Uuid, Path, description = "The case")),
    request_body = MediationRequestInput, responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/mediation/requests")]
pub(super) async fn request_mediation(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<MediationRequestInput>,
) -> Result<HttpResponse, Problem> {
    let by = participant(by, body.role)?;
    let request = async || app.request_mediation(&by, CaseId(*id)).await;
    Ok(respond(app.once(&once, request, seen_by(&by, StatusCode::OK)).await?))
}

/// Ends the mediation for want of consent, or because the party objects to the determination (R146 §26). The
/// determination goes on as before.
#[utoipa::path(tag = "mediation", params(("id" = Uuid, Path, description = "The case")),
    request_body = MediationWithdrawalInput, responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/mediation/withdrawal")]
pub(super) async fn withdraw_from_mediation(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<MediationWithdrawalInput>,
) -> Result<HttpResponse, Problem> {
    let MediationWithdrawalInput { objects_to_determination, note, role } = body;
    let by = participant(by, role)?;
    let withdraw =
        async || app.withdraw_from_mediation(&by, CaseId(*id), objects_to_determination, note.clone()).await;
    Ok(respond(app.once(&once, withdraw, seen_by(&by, StatusCode::OK)).await?))
}

/// Says everything that a party lost, item by item; all parties see it. Terms that are open are superseded by it.
#[utoipa::path(tag = "mediation", params(("id" = Uuid, Path, description = "The case")), request_body = DamagesInput,
    responses((status = 200, body = CaseView)))]
#[put("/cases/{id}/mediation/damages")]
pub(super) async fn put_damages(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<DamagesInput>,
) -> Result<HttpResponse, Problem> {
    let by = participant(by, body.role)?;
    let losses = body.parse()?;
    let put = async || app.put_damages(&by, CaseId(*id), losses.clone()).await;
    Ok(respond(app.once(&once, put, seen_by(&by, StatusCode::OK)).await?))
}

/// The mediator sets the shares, within the bounds of the grades. Terms that are open are superseded by it.
#[utoipa::path(tag = "mediation", params(("id" = Uuid, Path, description = "The case")), request_body = SharesInput,
    responses((status = 200, body = CaseView)))]
#[put("/cases/{id}/mediation/shares")]
pub(super) async fn set_shares(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<SharesInput>,
) -> Result<HttpResponse, Problem> {
    let set = async || app.set_shares(&by, CaseId(*id), body.shares.clone()).await;
    let show = seen_by(&Participant::Officer(by.clone(), None), StatusCode::OK);
    Ok(respond(app.once(&once, set, show).await?))
}

/// Who pays what by the rules, with articles; what is missing for it; and whether 互碰自赔 is offered, condition by
/// condition. A party can ask once its mediation is open.
#[utoipa::path(tag = "mediation", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = CalculationView)))]
#[get("/cases/{id}/compensation")]
pub(super) async fn calculate_compensation(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
) -> Result<Json<CalculationView>, Problem> {
    let by = participant(by, None)?;
    Ok(Json(app.calculate_compensation(&by, CaseId(*id)).await?.into()))
}

/// Proposes terms. Whoever proposes accepts them by that; terms still open are superseded.
#[utoipa::path(tag = "mediation", params(("id" = Uuid, Path, description = "The case")), request_body = TermsInput,
    responses((status = 201, body = CaseView)))]
#[post("/cases/{id}/mediation/terms")]
pub(super) async fn propose_terms(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<TermsInput>,
) -> Result<HttpResponse, Problem> {
    let by = participant(by, body.role)?;
    let order = body.parse()?;
    let propose = async || app.propose_terms(&by, CaseId(*id), order.clone()).await;
    Ok(respond(app.once(&once, propose, seen_by(&by, StatusCode::CREATED)).await?))
}

/// Accepts or declines terms. When all parties have accepted, they stand on the determination, which everybody signs
/// anew, and a record of the mediation is issued.
#[utoipa::path(tag = "mediation", params(("id" = Uuid, Path, description = "The case")),
    request_body = TermsAnswerInput, responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/mediation/answers")]
pub(super) async fn answer_terms(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<TermsAnswerInput>,
) -> Result<HttpResponse, Problem> {
    let by = participant(by, body.role)?;
    let answer = async || app.answer_terms(&by, CaseId(*id), body.number, body.accepts).await;
    Ok(respond(app.once(&once, answer, seen_by(&by, StatusCode::OK)).await?))
}

/// The officer ends the mediation: the parties come to no result.
#[utoipa::path(tag = "mediation", params(("id" = Uuid, Path, description = "The case")),
    request_body = MediationEndInput, responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/mediation/end")]
pub(super) async fn end_mediation(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    at: IfMatch,
    Keyed { body, once }: Keyed<MediationEndInput>,
) -> Result<HttpResponse, Problem> {
    let end = async || app.end_mediation(&by, CaseId(*id), at.version(), body.note.clone()).await;
    let show = seen_by(&Participant::Officer(by.clone(), None), StatusCode::OK);
    Ok(respond(app.once(&once, end, show).await?))
}

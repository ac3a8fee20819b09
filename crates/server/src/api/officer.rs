//! What officers call.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{
    HttpResponse, delete, get,
    http::StatusCode,
    post, put,
    web::{Data, Json, Path},
};
use app::{App, AppError, Shown};
use domain::{
    case::{Case, Officer},
    identifiers::CaseId,
};
use uuid::Uuid;

use super::{
    inputs::{DetermineInput, EscalateInput, EvidenceRequestInput, Nothing},
    keyed::Keyed,
    respond, shown,
    signed::{Anyone, Signed},
    views::{CaseView, QueueView, SuggestionView, Viewer},
};
use crate::{
    preconditions::{IfMatch, etag},
    problem::{ErrorCode, Problem},
};

fn whole(case: &Case) -> Result<Shown, AppError> {
    shown(StatusCode::OK, Some(case.edition), &CaseView::new(case, Viewer::Staff))
}

/// The queue of the officer's districts, most urgent first.
#[utoipa::path(tag = "officer", responses((status = 200, body = Vec<QueueView>)))]
#[get("/queue")]
pub(super) async fn list_queue(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
) -> Result<Json<Vec<QueueView>>, Problem> {
    let districts = match by {
        Anyone::Officer(officer) => officer.districts,
        Anyone::Supervisor => app.all_districts().await?,
        Anyone::Driver(_) | Anyone::PointStaff(_) => return Err(Problem::new(ErrorCode::Forbidden)),
    };
    Ok(Json(app.list_queue(&districts).await?.into_iter().map(QueueView::from).collect()))
}

/// Takes the most urgent case; 204 when nothing waits.
#[utoipa::path(tag = "officer",
    responses((status = 200, body = CaseView), (status = 204, description = "Nothing waits")))]
#[post("/queue/next")]
pub(super) async fn take_next_case(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    Keyed { body: Nothing {}, once }: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let show = |case: &Option<Case>| match case {
        Some(case) => whole(case),
        None => Ok(Shown { status: 204, version: None, body: String::new() }),
    };
    let tries = AtomicUsize::new(0);
    let take = async || app.take_next_case(&by, tries.fetch_add(1, Ordering::Relaxed)).await;
    Ok(respond(app.once(&once, take, show).await?))
}

/// A sign of life: the lease holds for another 90 seconds.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = CaseView)))]
#[put("/cases/{id}/lease")]
pub(super) async fn renew_lease(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let case = app.write(async || app.renew_lease(&by, CaseId(*id)).await).await?;
    Ok(HttpResponse::Ok().insert_header(etag(case.edition)).json(CaseView::new(&case, Viewer::Staff)))
}

/// Gives the case back to the queue, to its old place.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = CaseView)))]
#[delete("/cases/{id}/lease")]
pub(super) async fn release_case(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    Keyed { body: Nothing {}, once }: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    Ok(respond(app.once(&once, async || app.release_case(&by, CaseId(*id)).await, whole).await?))
}

/// Asks a party for more; the case keeps its place in the queue.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    request_body = EvidenceRequestInput, responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/evidence-requests")]
pub(super) async fn request_evidence(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<EvidenceRequestInput>,
) -> Result<HttpResponse, Problem> {
    let EvidenceRequestInput { role, slots, reason } = body;
    let request = async || app.request_evidence(&by, CaseId(*id), role, slots.clone(), reason.clone()).await;
    Ok(respond(app.once(&once, request, whole).await?))
}

/// What the rules propose from the statements, and why. Advice only.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = SuggestionView)))]
#[get("/cases/{id}/suggestion")]
pub(super) async fn suggest_liability(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
) -> Result<Json<SuggestionView>, Problem> {
    Ok(Json((&app.suggest_liability(&by, CaseId(*id)).await?).into()))
}

/// The officer decides. A difference from the proposal needs a reason; the document is typeset at once.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")), request_body = DetermineInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/determination")]
pub(super) async fn determine_liability(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    at: IfMatch,
    Keyed { body, once }: Keyed<DetermineInput>,
) -> Result<HttpResponse, Problem> {
    let order = body.parse()?;
    let determine = async || app.determine_liability(&by, CaseId(*id), at.version(), order.clone()).await;
    Ok(respond(app.once(&once, determine, whole).await?))
}

/// Sends the case out of the remote lane: to the patrol, or to a unit of a point.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")), request_body = EscalateInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/escalation")]
pub(super) async fn escalate_case(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    at: IfMatch,
    Keyed { body, once }: Keyed<EscalateInput>,
) -> Result<HttpResponse, Problem> {
    let escalate =
        async || app.escalate_case(&by, CaseId(*id), at.version(), body.to, body.reason.clone()).await;
    Ok(respond(app.once(&once, escalate, whole).await?))
}

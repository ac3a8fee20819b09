//! Quick-handling points and their staff.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post, put,
    web::{Data, Json, Path},
};
use app::{App, AppError, PointStaff, PositionReport, Shown, TaskDone};
use domain::{
    case::Officer,
    dispatch::Dispatch,
    identifiers::{CaseId, DispatchId},
};
use uuid::Uuid;

use super::{
    inputs::{ArriveInput, CompleteInput, NearestInput, Nothing, PositionReportInput, ReasonInput},
    keyed::{Body, Keyed},
    respond, shown,
    signed::Signed,
    views::{DispatchView, NearPointView, PointView},
};
use crate::problem::Problem;

fn task(status: StatusCode) -> impl Fn(&Dispatch) -> Result<Shown, AppError> {
    move |dispatch| shown(status, Some(dispatch.version), &DispatchView::from(dispatch))
}

/// Sends the nearest free unit to a case.
#[utoipa::path(tag = "points", params(("id" = Uuid, Path, description = "The case")), request_body = ReasonInput,
    responses((status = 201, body = DispatchView)))]
#[post("/cases/{id}/dispatches")]
pub(super) async fn create_dispatch(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let create = async || app.create_dispatch(&by, CaseId(*id), body.reason.clone()).await;
    Ok(respond(app.once(&once, create, task(StatusCode::CREATED)).await?))
}

/// Takes a task back from a unit that does not answer or is not needed any more.
#[utoipa::path(tag = "points", params(("id" = Uuid, Path, description = "The task")), request_body = ReasonInput,
    responses((status = 200, body = DispatchView)))]
#[post("/dispatches/{id}/cancellation")]
pub(super) async fn cancel_dispatch(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let cancel = async || app.cancel_dispatch(&by, DispatchId(*id), body.reason.clone()).await;
    Ok(respond(app.once(&once, cancel, task(StatusCode::OK)).await?))
}

/// All points.
#[utoipa::path(tag = "points", responses((status = 200, body = Vec<PointView>)))]
#[get("/points")]
pub(super) async fn list_points(app: Data<App>) -> Result<Json<Vec<PointView>>, Problem> {
    Ok(Json(app.list_points().await?.iter().map(PointView::from).collect()))
}

/// The nearest points to a place.
#[utoipa::path(tag = "points", request_body = NearestInput, responses((status = 200, body = Vec<NearPointView>)))]
#[post("/points/nearest")]
pub(super) async fn find_nearest_points(
    app: Data<App>,
    Body(input): Body<NearestInput>,
) -> Result<Json<Vec<NearPointView>>, Problem> {
    if !(1..=20).contains(&input.most) {
        return Err(Problem::invalid_value("most", "1 to 20"));
    }
    let near = app.find_nearest_points(&input.position.parse()?, usize::from(input.most)).await?;
    Ok(Json(near.iter().map(NearPointView::from).collect()))
}

/// The unit's open tasks.
#[utoipa::path(tag = "points", responses((status = 200, body = Vec<DispatchView>)))]
#[get("/dispatches")]
pub(super) async fn list_tasks(
    app: Data<App>,
    Signed(by): Signed<PointStaff>,
) -> Result<Json<Vec<DispatchView>>, Problem> {
    Ok(Json(app.list_tasks(by).await?.iter().map(DispatchView::from).collect()))
}

/// The unit goes.
#[utoipa::path(tag = "points", params(("id" = Uuid, Path, description = "The task")),
    responses((status = 200, body = DispatchView)))]
#[post("/dispatches/{id}/acceptance")]
pub(super) async fn accept_dispatch(
    app: Data<App>,
    Signed(by): Signed<PointStaff>,
    id: Path<Uuid>,
    Keyed { body: Nothing {}, once }: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let accept = async || app.accept_dispatch(by, DispatchId(*id)).await;
    Ok(respond(app.once(&once, accept, task(StatusCode::OK)).await?))
}

/// The unit does not go; the next nearest is asked.
#[utoipa::path(tag = "points", params(("id" = Uuid, Path, description = "The task")), request_body = ReasonInput,
    responses((status = 200, body = DispatchView)))]
#[post("/dispatches/{id}/refusal")]
pub(super) async fn decline_dispatch(
    app: Data<App>,
    Signed(by): Signed<PointStaff>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let decline = async || app.decline_dispatch(by, DispatchId(*id), body.reason.clone()).await;
    Ok(respond(app.once(&once, decline, task(StatusCode::OK)).await?))
}

/// The unit is at the scene; its position proves it.
#[utoipa::path(tag = "points", params(("id" = Uuid, Path, description = "The task")), request_body = ArriveInput,
    responses((status = 200, body = DispatchView)))]
#[post("/dispatches/{id}/arrival")]
pub(super) async fn arrive_on_scene(
    app: Data<App>,
    Signed(by): Signed<PointStaff>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ArriveInput>,
) -> Result<HttpResponse, Problem> {
    let position = body.position.parse()?;
    let arrive = async || app.arrive_on_scene(by, DispatchId(*id), &position).await;
    Ok(respond(app.once(&once, arrive, task(StatusCode::OK)).await?))
}

/// The unit is done, and with it the case on scene.
#[utoipa::path(tag = "points", params(("id" = Uuid, Path, description = "The task")), request_body = CompleteInput,
    responses((status = 200, body = DispatchView)))]
#[post("/dispatches/{id}/completion")]
pub(super) async fn complete_dispatch(
    app: Data<App>,
    Signed(by): Signed<PointStaff>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<CompleteInput>,
) -> Result<HttpResponse, Problem> {
    let done = TaskDone { outcome: body.outcome, note: body.note };
    let complete = async || app.complete_dispatch(by, DispatchId(*id), done.clone()).await;
    Ok(respond(app.once(&once, complete, task(StatusCode::OK)).await?))
}

/// Where the unit is, and whether it can be sent.
#[utoipa::path(tag = "points", request_body = PositionReportInput, responses((status = 204)))]
#[put("/units/me/position")]
pub(super) async fn report_position(
    app: Data<App>,
    Signed(by): Signed<PointStaff>,
    Body(input): Body<PositionReportInput>,
) -> Result<HttpResponse, Problem> {
    let report = PositionReport { position: input.position.parse()?, on_duty: input.on_duty };
    app.write(async || app.report_position(by, &report).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

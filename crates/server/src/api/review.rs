//! Reviews (复核): a party asks, officers of the unit above conclude.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Json, Path},
};
use app::{App, AppError, Driver, Shown};
use domain::{
    case::{Case, Officer},
    identifiers::CaseId,
};
use uuid::Uuid;

use super::{
    inputs::{ConfirmReviewInput, DraftReviewInput, Nothing, ReasonInput, SuitInput},
    keyed::Keyed,
    respond, shown,
    signed::{Anyone, Signed},
    views::{CaseView, ReviewRowView, ReviewWorkView, Viewer},
};
use crate::{
    preconditions::{IfMatch, etag},
    problem::{ErrorCode, Problem},
};

fn work(case: &Case) -> Result<Shown, AppError> {
    shown(StatusCode::OK, Some(case.edition), &ReviewWorkView::from(case))
}

/// Asks for a review of the determination or certificate, once, within three working days of its service (R146 §71).
/// A request that comes too late is kept in `review.late` and not accepted.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = ReasonInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/review")]
pub(super) async fn request_review(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let request = async || app.request_review(by, CaseId(*id), body.reason.clone()).await;
    let show =
        |case: &Case| shown(StatusCode::OK, Some(case.edition), &CaseView::new(case, Viewer::Party(by.0)));
    Ok(respond(app.once(&once, request, show).await?))
}

/// The applicant takes the request back, or a reviewer notes that it was taken back (R146 §75).
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/review/end")]
pub(super) async fn end_review(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
    Keyed { body: Nothing {}, once }: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let viewer = by.viewer();
    let end = async || match &by {
        Anyone::Driver(by) => app.withdraw_review(*by, CaseId(*id)).await,
        Anyone::Officer(by) => app.note_review_withdrawn(by, CaseId(*id)).await,
        Anyone::PointStaff(_) | Anyone::Supervisor => Err(AppError::Forbidden("not for this role")),
    };
    let show = |case: &Case| shown(StatusCode::OK, Some(case.edition), &CaseView::new(case, viewer));
    Ok(respond(app.once(&once, end, show).await?))
}

/// Unfinished reviews, and cases to be determined anew: those of a reviewer's districts; a supervisor sees all.
#[utoipa::path(tag = "officer", responses((status = 200, body = Vec<ReviewRowView>)))]
#[get("/reviews")]
pub(super) async fn list_reviews(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
) -> Result<Json<Vec<ReviewRowView>>, Problem> {
    let districts = match by {
        Anyone::Officer(officer) if officer.reviews => officer.districts,
        Anyone::Officer(_) => Vec::new(),
        Anyone::Supervisor => app.all_districts().await?,
        Anyone::Driver(_) | Anyone::PointStaff(_) => return Err(Problem::new(ErrorCode::Forbidden)),
    };
    let (rows, now) = (app.list_reviews(&districts).await?, app.now());
    Ok(Json(rows.into_iter().map(|row| ReviewRowView::new(row, now)).collect()))
}

/// A review with its draft, for officers of the unit above who had no part in the case.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = ReviewWorkView)))]
#[get("/cases/{id}/review")]
pub(super) async fn get_review(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let case = app.get_review(&by, CaseId(*id)).await?;
    Ok(HttpResponse::Ok().insert_header(etag(case.edition)).json(ReviewWorkView::from(&case)))
}

/// Takes a review; also from a colleague.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = ReviewWorkView)))]
#[post("/cases/{id}/review/officer")]
pub(super) async fn take_review(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    Keyed { body: Nothing {}, once }: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    Ok(respond(app.once(&once, async || app.take_review(&by, CaseId(*id)).await, work).await?))
}

/// Drafts the conclusion; another reviewer has to confirm it.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    request_body = DraftReviewInput, responses((status = 200, body = ReviewWorkView)))]
#[post("/cases/{id}/review/draft")]
pub(super) async fn draft_review(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    at: IfMatch,
    Keyed { body, once }: Keyed<DraftReviewInput>,
) -> Result<HttpResponse, Problem> {
    let conclusion = body.parse()?;
    let draft = async || app.draft_review(&by, CaseId(*id), at.version(), conclusion.clone()).await;
    Ok(respond(app.once(&once, draft, work).await?))
}

/// Confirms the draft of another reviewer, which concludes the review, or sends it back (R146 §74).
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    request_body = ConfirmReviewInput, responses((status = 200, body = ReviewWorkView)))]
#[post("/cases/{id}/review/confirmation")]
pub(super) async fn confirm_review(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    at: IfMatch,
    Keyed { body, once }: Keyed<ConfirmReviewInput>,
) -> Result<HttpResponse, Problem> {
    let opinion = body.parse()?;
    let confirm = async || app.confirm_review(&by, CaseId(*id), at.version(), opinion.clone()).await;
    Ok(respond(app.once(&once, confirm, work).await?))
}

/// Notes that a court has accepted a suit and was told of the review, which goes on (R146 §75).
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")), request_body = SuitInput,
    responses((status = 200, body = ReviewWorkView)))]
#[post("/cases/{id}/review/suit")]
pub(super) async fn note_suit(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<SuitInput>,
) -> Result<HttpResponse, Problem> {
    let note = async || app.note_suit(&by, CaseId(*id), body.note.clone()).await;
    Ok(respond(app.once(&once, note, work).await?))
}

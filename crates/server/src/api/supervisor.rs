//! What supervisors call: legal holds.

use actix_web::{
    HttpResponse, delete,
    http::StatusCode,
    post,
    web::{Data, Path},
};
use app::{App, AppError, Shown, Supervisor};
use chrono::{DateTime, Utc};
use domain::{case::Case, identifiers::CaseId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{inputs::ReasonInput, keyed::Keyed, respond, shown, signed::Signed};
use crate::problem::Problem;

/// Whether a case must be kept whole.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LegalHoldView {
    /// The case.
    case: Uuid,
    /// Its public number.
    number: String,
    /// Since when it is under legal hold; nothing when it is not.
    since: Option<DateTime<Utc>>,
    /// The reason given.
    reason: Option<String>,
}

impl From<&Case> for LegalHoldView {
    fn from(case: &Case) -> Self {
        let hold = case.legal_hold.as_ref();
        Self {
            case: case.id.0,
            number: case.number.to_string(),
            since: hold.map(|hold| hold.since),
            reason: hold.map(|hold| hold.reason.to_string()),
        }
    }
}

fn hold(case: &Case) -> Result<Shown, AppError> {
    shown(StatusCode::OK, Some(case.edition), &LegalHoldView::from(case))
}

/// Has a case kept whole, whatever its term: for a lawsuit, a review, an inquiry.
#[utoipa::path(tag = "supervisor", params(("id" = Uuid, Path, description = "The case")), request_body = ReasonInput,
    responses((status = 200, body = LegalHoldView)))]
#[post("/cases/{id}/legal-hold")]
pub(super) async fn place_legal_hold(
    app: Data<App>,
    Signed(by): Signed<Supervisor>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let place = async || app.place_legal_hold(by, CaseId(*id), body.reason.clone()).await;
    Ok(respond(app.once(&once, place, hold).await?))
}

/// Lets the term of a case count again.
#[utoipa::path(tag = "supervisor", params(("id" = Uuid, Path, description = "The case")), request_body = ReasonInput,
    responses((status = 200, body = LegalHoldView)))]
#[delete("/cases/{id}/legal-hold")]
pub(super) async fn lift_legal_hold(
    app: Data<App>,
    Signed(by): Signed<Supervisor>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let lift = async || app.lift_legal_hold(by, CaseId(*id), body.reason.clone()).await;
    Ok(respond(app.once(&once, lift, hold).await?))
}

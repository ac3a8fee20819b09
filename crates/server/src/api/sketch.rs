//! The sketch of an accident, and statements that cannot all be true.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Json, Path},
};
use app::{App, AppError, Driver, Shown, ShownSketch};
use domain::{
    case::Officer, contradiction::Contradiction, digest::Digest, identifiers::CaseId, role::PartyRole,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    keyed::Keyed,
    respond, shown,
    signed::{Anyone, Signed},
    views::{CaseView, Viewer, WordingView},
};
use crate::problem::{ErrorCode, Problem};

/// A sketch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SketchView {
    /// The picture: SVG that needs and runs nothing.
    svg: String,
    /// SHA-256 of the picture: what is confirmed.
    #[schema(value_type = String)]
    sha256: Digest,
    /// Which parties confirmed exactly this one.
    #[schema(value_type = Vec<String>)]
    confirmed_by: Vec<PartyRole>,
}

impl From<ShownSketch> for SketchView {
    fn from(shown: ShownSketch) -> Self {
        Self { svg: shown.sketch.svg, sha256: shown.sketch.digest, confirmed_by: shown.confirmed_by }
    }
}

/// Which sketch is confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmSketchInput {
    /// SHA-256 of the sketch that was shown.
    #[schema(value_type = String)]
    sketch_sha256: Digest,
}

/// Statements that cannot all be true.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContradictionView {
    /// A stable name.
    code: &'static str,
    /// Whose statements.
    #[schema(value_type = Vec<String>)]
    parties: Vec<PartyRole>,
    /// Why they cannot all be true.
    why: WordingView,
    /// What to ask, or to look for.
    question: WordingView,
}

impl From<Contradiction> for ContradictionView {
    fn from(found: Contradiction) -> Self {
        let (why, question) = ((&found.why).into(), (&found.question).into());
        Self { code: found.code, parties: found.parties, why, question }
    }
}

/// The accident as the parties told it, drawn. A party sees it once it has told its own side.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = SketchView)))]
#[get("/cases/{id}/sketch")]
pub(super) async fn get_sketch(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
) -> Result<Json<SketchView>, Problem> {
    let id = CaseId(*id);
    let sketch = match by {
        Anyone::Driver(by) => app.sketch_for_driver(by, id).await?,
        Anyone::Officer(by) => app.sketch_for_officer(&by, id).await?,
        Anyone::PointStaff(_) | Anyone::Supervisor => return Err(Problem::new(ErrorCode::Forbidden)),
    };
    Ok(Json(sketch.into()))
}

/// Confirms that the sketch shows what happened. It is printed on the document when every party has.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = ConfirmSketchInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/sketch/confirmation")]
pub(super) async fn confirm_sketch(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ConfirmSketchInput>,
) -> Result<HttpResponse, Problem> {
    let confirm = async || app.confirm_sketch(by, CaseId(*id), body.sketch_sha256).await;
    let show = |case: &domain::case::Case| -> Result<Shown, AppError> {
        shown(StatusCode::OK, Some(case.edition), &CaseView::new(case, Viewer::Party(by.0)))
    };
    Ok(respond(app.once(&once, confirm, show).await?))
}

/// Statements that cannot all be true, each with the one question that would settle it.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = Vec<ContradictionView>)))]
#[get("/cases/{id}/contradictions")]
pub(super) async fn list_contradictions(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
) -> Result<Json<Vec<ContradictionView>>, Problem> {
    let found = app.contradictions(&by, CaseId(*id)).await?;
    Ok(Json(found.into_iter().map(ContradictionView::from).collect()))
}

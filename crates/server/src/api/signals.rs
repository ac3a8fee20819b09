//! What stands out in the photos of a case: for officers only, and never a verdict.

use actix_web::{
    get,
    web::{Data, Json, Path},
};
use app::App;
use domain::{case::Officer, identifiers::CaseId};
use uuid::Uuid;

use super::{signed::Signed, views::SignalsView};
use crate::problem::Problem;

/// For each photo: who says what of its time, place and device, and what stands out, with its reason. Each signal
/// has an honest explanation too; nobody is refused by one.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = SignalsView)))]
#[get("/cases/{id}/signals")]
pub(super) async fn get_signals(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
) -> Result<Json<SignalsView>, Problem> {
    Ok(Json(app.get_signals(&by, CaseId(*id)).await?.into()))
}

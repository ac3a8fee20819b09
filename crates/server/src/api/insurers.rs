//! What insurers' systems call.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Bytes, Data, Json, Path, Query},
};
use app::{App, InsurerClient};
use domain::{
    identifiers::{ClaimId, InsurerCode},
    ports::CallbackHeaders,
};
use uuid::Uuid;

use super::{inputs::PageQuery, signed::Signed, views::ClaimView};
use crate::problem::{ErrorCode, Problem};

/// The insurer's own claims, newest first.
#[utoipa::path(tag = "insurer", params(PageQuery), responses((status = 200, body = Vec<ClaimView>)))]
#[get("/claims")]
pub(super) async fn list_claims(
    app: Data<App>,
    Signed(by): Signed<InsurerClient>,
    page: Query<PageQuery>,
) -> Result<Json<Vec<ClaimView>>, Problem> {
    if !(1..=200).contains(&page.limit) {
        return Err(Problem::new(ErrorCode::MalformedQuery));
    }
    let claims = app.list_claims(&by, u64::from(page.offset), u64::from(page.limit)).await?;
    Ok(Json(claims.iter().map(ClaimView::from).collect()))
}

/// One of the insurer's own claims.
#[utoipa::path(tag = "insurer", params(("id" = Uuid, Path, description = "The claim")),
    responses((status = 200, body = ClaimView)))]
#[get("/claims/{id}")]
pub(super) async fn get_claim(
    app: Data<App>,
    Signed(by): Signed<InsurerClient>,
    id: Path<Uuid>,
) -> Result<Json<ClaimView>, Problem> {
    Ok(Json((&app.get_claim(&by, ClaimId(*id)).await?).into()))
}

/// An insurer tells where a claim stands. Signed as a Standard Webhook; applied once.
#[utoipa::path(tag = "insurer",
    params(
        ("code" = String, Path, description = "The insurer's code"),
        ("webhook-id" = String, Header, description = "Unique per event; a second delivery changes nothing"),
        ("webhook-timestamp" = String, Header, description = "Seconds since 1970, within five minutes"),
        ("webhook-signature" = String, Header, description = "v1, and base64 of HMAC-SHA256"),
    ),
    request_body = serde_json::Value,
    responses((status = 204, description = "Applied, or applied before")))]
#[post("/insurers/{code}/callbacks")]
pub(super) async fn receive_claim_callback(
    app: Data<App>,
    code: Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let insurer: InsurerCode = code.parse().map_err(|_| Problem::new(ErrorCode::NotFound))?;
    let header = |name: &str| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let headers = CallbackHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    app.receive_callback(&insurer, &headers, &body).await?;
    Ok(HttpResponse::NoContent().finish())
}

//! Signing in and out.

use actix_web::{
    Error, HttpRequest, HttpResponse, delete, get,
    http::header,
    post,
    web::{Data, Form, Json},
};
use app::{App, Principal};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{
    inputs::{RefreshInput, StaffInput, TokenInput, WeChatInput},
    keyed::Body,
    signed::Signed,
    views::SignedInView,
};
use crate::{
    keys::SigningKeys,
    problem::{ErrorCode, Problem},
};

/// A driver signs in with the code of the mini-program.
#[utoipa::path(tag = "sign-in", request_body = WeChatInput, responses((status = 200, body = SignedInView)))]
#[post("/sign-in/wechat")]
pub(super) async fn wechat_sign_in(
    app: Data<App>,
    Body(input): Body<WeChatInput>,
) -> Result<Json<SignedInView>, Problem> {
    if input.code.is_empty() || input.code.len() > 256 {
        return Err(Problem::invalid_value("code", "1 to 256 bytes"));
    }
    Ok(Json(app.sign_in_with_wechat(&input.code).await?.into()))
}

/// Staff sign in with password and one-time code.
#[utoipa::path(tag = "sign-in", request_body = StaffInput, responses((status = 200, body = SignedInView)))]
#[post("/sign-in/staff")]
pub(super) async fn staff_sign_in(
    app: Data<App>,
    Body(input): Body<StaffInput>,
) -> Result<Json<SignedInView>, Problem> {
    let lengths = [
        ("username", input.username.len(), 100),
        ("password", input.password.len(), 200),
        ("one_time_code", input.one_time_code.len(), 12),
    ];
    if let Some((field, _, most)) = lengths.into_iter().find(|(_, length, most)| length > most) {
        return Err(Problem::invalid_value(field, format!("at most {most} bytes")));
    }
    Ok(Json(app.sign_in_staff(&input.username, &input.password, &input.one_time_code).await?.into()))
}

/// An insurer's system signs in (OAuth 2 client credentials, RFC 6749 §4.4).
#[utoipa::path(
    tag = "sign-in",
    request_body(content = TokenInput, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = SignedInView))
)]
#[post("/oauth/token")]
pub(super) async fn insurer_token(
    app: Data<App>,
    request: HttpRequest,
    input: Result<Form<TokenInput>, Error>,
) -> Result<Json<SignedInView>, Problem> {
    let input = input.map_err(|error| Problem::from_foreign(&error).for_token_endpoint())?;
    if input.grant_type != "client_credentials" {
        return Err(Problem::new(ErrorCode::OauthUnsupportedGrant));
    }
    let TokenInput { client_id, client_secret, .. } = input.into_inner();
    let named = client_id.zip(client_secret).or_else(|| basic(&request));
    let (client_id, secret) = named.ok_or_else(|| Problem::new(ErrorCode::OauthInvalidClient))?;
    let signed_in = app.sign_in_insurer(&client_id, &secret).await;
    Ok(Json(signed_in.map_err(|error| Problem::from(error).for_token_endpoint())?.into()))
}

/// Client id and secret of HTTP Basic, as RFC 6749 §2.3.1 has it.
fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = BASE64_STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The next pair of tokens. A refresh token works once; used twice it ends the session.
#[utoipa::path(tag = "sign-in", request_body = RefreshInput, responses((status = 200, body = SignedInView)))]
#[post("/sessions/refresh")]
pub(super) async fn refresh_session(
    app: Data<App>,
    Body(input): Body<RefreshInput>,
) -> Result<Json<SignedInView>, Problem> {
    Ok(Json(app.refresh_session(&input.refresh_token).await?.into()))
}

/// Ends the session; its tokens stop working at once.
#[utoipa::path(tag = "sign-in", responses((status = 204)))]
#[delete("/sessions/current")]
pub(super) async fn sign_out(app: Data<App>, Signed(by): Signed<Principal>) -> Result<HttpResponse, Problem> {
    app.sign_out(by.session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The public keys that check access tokens and receipts (RFC 7517).
#[utoipa::path(tag = "sign-in", responses((status = 200, body = serde_json::Value)))]
#[get("/jwks")]
pub(super) async fn jwks(keys: Data<SigningKeys>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(keys.jwks())
}

//! Links to photos: one minute, one session.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    post,
    web::{Data, Path},
};
use app::{App, AppError, LINK_TOKEN, LinkClaims, Principal, Reader, VIEWER_TOKEN, ViewerClaims};
use chrono::{DateTime, Utc};
use domain::identifiers::{CaseId, PhotoId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    BASE,
    inputs::CopyInput,
    keyed::Body,
    reading::picture,
    signed::{FromPrincipal as _, Signed, TokenRules, bearer},
};
use crate::{
    keys::SigningKeys,
    problem::{ErrorCode, Problem},
};

/// The cookie that shows the session where no header can be sent.
const COOKIE: &str = "kuaichu_evidence";

/// Which copy is wanted.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkInput {
    /// The copy; `view` when left out.
    #[serde(default)]
    #[schema(inline, required = false)]
    copy: CopyInput,
}

/// A link.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkView {
    /// Opens for the session that asked: with its access token, or with the cookie of this answer.
    url: String,
    /// Until when.
    expires_at: DateTime<Utc>,
}

/// A link to a photo, for a page or program that can only be given an address. It lives for a minute and opens only
/// for the session that asked for it.
#[utoipa::path(tag = "everybody",
    params(("id" = Uuid, Path, description = "The case"), ("photo" = Uuid, Path, description = "The photo")),
    request_body = LinkInput, responses((status = 201, body = LinkView)))]
#[post("/cases/{id}/photos/{photo}/links")]
pub(super) async fn create_photo_link(
    app: Data<App>,
    Signed(principal): Signed<Principal>,
    Signed(by): Signed<Reader>,
    path: Path<(Uuid, Uuid)>,
    Body(LinkInput { copy }): Body<LinkInput>,
) -> Result<HttpResponse, Problem> {
    let (id, photo) = path.into_inner();
    let link = app.make_link(&by, principal.account, CaseId(id), PhotoId(photo), copy.into()).await?;
    let secure = if link.secure { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={}; Path={BASE}/evidence; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        link.viewer, link.seconds
    );
    let view = LinkView { url: link.url, expires_at: link.expires_at };
    Ok(HttpResponse::Created().insert_header((header::SET_COOKIE, cookie)).json(view))
}

/// The photo that a link leads to, for the session that asked for the link.
#[utoipa::path(tag = "everybody", params(("token" = String, Path, description = "The link's token")),
    responses((status = 200, description = "The picture", content(
        (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"), (Vec<u8> = "image/heic")))))]
#[get("/evidence/{token}")]
pub(super) async fn open_photo_link(
    app: Data<App>,
    keys: Data<SigningKeys>,
    rules: Data<TokenRules>,
    request: HttpRequest,
    token: Path<String>,
) -> Result<HttpResponse, Problem> {
    let link: LinkClaims = keys.opened(LINK_TOKEN, &token).map_err(|_| Problem::new(ErrorCode::NotFound))?;
    let principal = shown(&app, &keys, &rules, &request).await?;
    let reader = principal.and_then(|principal| {
        let reader = Reader::from_principal(&principal)?;
        Some((reader, principal.account))
    });
    let (photo, bytes) = app.open_link(&link, reader).await?;
    Ok(picture(&photo, link.copy, bytes))
}

/// The session that came with the request: by its access token, else by the cookie. One that has ended is none.
async fn shown(
    app: &App,
    keys: &SigningKeys,
    rules: &TokenRules,
    request: &HttpRequest,
) -> Result<Option<Principal>, Problem> {
    let now = app.now();
    let by_token = || {
        let token = bearer(request.headers())?;
        let claims = keys.verify_access(token, now, &rules.issuer, &rules.audience).ok()?;
        Some((claims.sid, claims.sub))
    };
    let by_cookie = || {
        let ViewerClaims { sub, sid, exp } = keys.opened(VIEWER_TOKEN, cookie(request)?).ok()?;
        (now.timestamp() < exp).then_some((sid, sub))
    };
    let Some((session, account)) = by_token().or_else(by_cookie) else { return Ok(None) };
    match app.principal(session, account).await {
        Ok(principal) => Ok(Some(principal)),
        Err(AppError::SessionEnded) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn cookie(request: &HttpRequest) -> Option<&str> {
    let mut cookies = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    cookies.find_map(|value| {
        let mut pairs = value.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find_map(|(name, value)| (name == COOKIE).then_some(value))
    })
}

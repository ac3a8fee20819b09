//! Uploads of large files in parts, by the tus protocol, version 1.0.0 (<https://tus.io/protocols/resumable-upload>):
//! core, creation (with upload), checksum, expiration and termination; `X-HTTP-Method-Override` for clients that
//! know neither PATCH nor DELETE.

mod headers;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, head,
    http::{StatusCode, header},
    middleware::DefaultHeaders,
    options, patch, post,
    web::{Data, Path, Payload},
};
use app::{App, Driver, UploadState};
use domain::{evidence::Media, identifiers::UploadId};
use uuid::Uuid;

use self::headers::{Tus, append, carries_bytes, new_upload, the_only};
use super::{BASE, signed::Signed};
use crate::problem::{ErrorCode, Problem};

const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";

/// What every answer of the protocol bears, also a refusal.
fn resumable() -> DefaultHeaders {
    DefaultHeaders::new().add(("tus-resumable", headers::VERSION)).add(("tus-version", headers::VERSION))
}

/// Tells what the upload protocol can do here.
#[utoipa::path(tag = "uploads", responses((status = 204, description = "See the headers",
    headers(("Tus-Version" = String), ("Tus-Extension" = String), ("Tus-Max-Size" = u64),
        ("Tus-Checksum-Algorithm" = String)))))]
#[options("/uploads", wrap = "resumable()")]
pub(super) async fn describe_uploads(app: Data<App>) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header(("tus-extension", EXTENSIONS))
        .insert_header(("tus-max-size", app.most_upload_bytes(Media::Recording).to_string()))
        .insert_header(("tus-checksum-algorithm", "sha1,sha256"))
        .finish()
}

/// Begins an upload for one photo or recording of one case. `Upload-Metadata` says for which: `case`, `slot`,
/// `media` (`photo` or `recording`) and, if known, `sha256`, `commitment`, `captured_at`, `source`, `device`,
/// `latitude`, `longitude`, `datum`, `accuracy`; other keys such as `filename` are only told again. With `sha256`
/// the same upload asked for again is the one under way.
#[utoipa::path(tag = "uploads",
    params(("Tus-Resumable" = String, Header, example = "1.0.0"), ("Upload-Length" = u64, Header),
        ("Upload-Metadata" = String, Header, description = "Pairs of key and base64, with commas between them")),
    responses((status = 201, description = "`Location` is where the bytes go",
        headers(("Location" = String), ("Upload-Expires" = String), ("Upload-Offset" = u64)))))]
#[post("/uploads", wrap = "resumable()")]
pub(super) async fn create_upload(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    _: Tus,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    let new = new_upload(request.headers())?;
    let first = carries_bytes(request.headers()).then(|| append(request.headers(), Some(0))).transpose()?;
    let app = app.into_inner();
    let mut state = app.create_upload(by, new).await?;
    if let Some(append) = first.filter(|_| state.offset == 0) {
        state = app.append_upload(by, state.id, append, body).await?;
    }
    let location = format!("{BASE}/uploads/{}", state.id);
    Ok(told(StatusCode::CREATED, &state).insert_header((header::LOCATION, location)).finish())
}

/// Tells how far an upload is. `Kuaichu-Evidence` is the photo or recording that a complete one became.
#[utoipa::path(tag = "uploads", params(("id" = Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, example = "1.0.0")),
    responses((status = 200, description = "`Upload-Offset` bytes of `Upload-Length` are durably there",
        headers(("Upload-Offset" = u64), ("Upload-Length" = u64), ("Upload-Expires" = String),
            ("Kuaichu-Evidence" = String)))))]
#[head("/uploads/{id}", wrap = "resumable()")]
pub(super) async fn probe_upload(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    _: Tus,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    probed(app.into_inner(), by, UploadId(*id)).await
}

/// Sends the bytes from an offset on. Fewer than were sent may be taken when they come too slowly: `Upload-Offset`
/// is where to go on. With the last byte the upload becomes evidence.
#[utoipa::path(tag = "uploads", params(("id" = Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, example = "1.0.0"), ("Upload-Offset" = u64, Header),
        ("Upload-Checksum" = Option<String>, Header, description = "`sha1` or `sha256`, a blank, base64")),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "The bytes before `Upload-Offset` are durably there",
        headers(("Upload-Offset" = u64), ("Upload-Expires" = String), ("Kuaichu-Evidence" = String)))))]
#[patch("/uploads/{id}", wrap = "resumable()")]
pub(super) async fn append_upload(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    _: Tus,
    id: Path<Uuid>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    appended(app.into_inner(), by, UploadId(*id), &request, body).await
}

/// Gives an upload up. What a complete one became stays.
#[utoipa::path(tag = "uploads", params(("id" = Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, example = "1.0.0")),
    responses((status = 204, description = "It is gone")))]
#[delete("/uploads/{id}", wrap = "resumable()")]
pub(super) async fn cancel_upload(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    _: Tus,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    app.cancel_upload(by, UploadId(*id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// One of the above for clients that know only POST; `X-HTTP-Method-Override` names it.
#[utoipa::path(tag = "uploads", params(("id" = Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, example = "1.0.0"),
        ("X-HTTP-Method-Override" = String, Header, description = "`PATCH`, `HEAD` or `DELETE`")),
    responses((status = 204, description = "As PATCH or DELETE"), (status = 200, description = "As HEAD")))]
#[post("/uploads/{id}", wrap = "resumable()")]
pub(super) async fn override_upload(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    _: Tus,
    id: Path<Uuid>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (app.into_inner(), UploadId(*id));
    match the_only(request.headers(), "X-HTTP-Method-Override")? {
        "PATCH" => appended(app, by, id, &request, body).await,
        "HEAD" => probed(app, by, id).await,
        "DELETE" => {
            app.cancel_upload(by, id).await?;
            Ok(HttpResponse::NoContent().finish())
        }
        _ => Err(Problem::upload_header("X-HTTP-Method-Override")),
    }
}

async fn probed(app: Arc<App>, by: Driver, id: UploadId) -> Result<HttpResponse, Problem> {
    let state = app.probe_upload(by, id).await?;
    let mut answer = told(StatusCode::OK, &state);
    answer.insert_header(("upload-length", state.bytes.to_string()));
    if let Some(metadata) = state.metadata {
        answer.insert_header(("upload-metadata", metadata));
    }
    Ok(answer.finish())
}

async fn appended(
    app: Arc<App>,
    by: Driver,
    id: UploadId,
    request: &HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    if !carries_bytes(request.headers()) {
        return Err(Problem::new(ErrorCode::UnsupportedMediaType));
    }
    let state = app.append_upload(by, id, append(request.headers(), None)?, body).await?;
    Ok(told(StatusCode::NO_CONTENT, &state).finish())
}

/// How far an upload is, in headers.
fn told(status: StatusCode, state: &UploadState) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("upload-offset", state.offset.to_string()))
        .insert_header(("upload-expires", state.expires_at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()));
    if let Some(evidence) = state.evidence {
        answer.insert_header(("kuaichu-evidence", evidence.to_string()));
    }
    answer
}

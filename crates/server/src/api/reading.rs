//! Photos go out. That one was read is in the journal of its case before its bytes leave.

use actix_web::{
    HttpResponse, get,
    http::header,
    web::{Data, Path, Query},
};
use app::{App, PhotoCopy, Reader};
use domain::{
    evidence::Photo,
    identifiers::{CaseId, PhotoId},
};
use uuid::Uuid;

use super::{
    inputs::{CopyInput, CopyQuery},
    signed::Signed,
};
use crate::problem::Problem;

impl From<CopyInput> for PhotoCopy {
    fn from(copy: CopyInput) -> Self {
        match copy {
            CopyInput::Original => Self::Original,
            CopyInput::View => Self::View,
            CopyInput::Thumbnail => Self::Thumbnail,
        }
    }
}

/// The bytes of a photo: a re-encoded copy, or the original as a download. A party sees its own, staff see those of
/// the cases they handle. Every download and the first view in a session are recorded in the journal.
#[utoipa::path(tag = "everybody",
    params(("id" = Uuid, Path, description = "The case"), ("photo" = Uuid, Path, description = "The photo"), CopyQuery),
    responses((status = 200, description = "The picture", content(
        (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"), (Vec<u8> = "image/heic")))))]
#[get("/cases/{id}/photos/{photo}")]
pub(super) async fn get_photo(
    app: Data<App>,
    Signed(by): Signed<Reader>,
    path: Path<(Uuid, Uuid)>,
    query: Query<CopyQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, photo) = path.into_inner();
    let copy = query.copy.into();
    let (photo, bytes) = app.read_photo(&by, CaseId(id), PhotoId(photo), copy).await?;
    Ok(picture(&photo, copy, bytes))
}

/// Originals are downloads and nothing else; copies were encoded by us.
pub(super) fn picture(photo: &Photo, copy: PhotoCopy, bytes: bytes::Bytes) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    match copy {
        PhotoCopy::Original => response.content_type(photo.media_type.as_str()).insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", photo.digest),
        )),
        PhotoCopy::View | PhotoCopy::Thumbnail => response.content_type("image/jpeg"),
    };
    response.insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'")).body(bytes)
}

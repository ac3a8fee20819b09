//! Evidence as it is called for: photos and recordings come in, recordings go out.

use actix_multipart::Multipart;
use actix_web::{
    HttpResponse,
    http::StatusCode,
    post,
    web::{Data, Path, Query},
};
use app::{Added, App, Driver, Incoming, Piece};
use domain::{
    evidence::{Media, Slot},
    identifiers::CaseId,
};
use uuid::Uuid;

use super::{
    capture_form::CaptureForm,
    inputs::{PhotoForm, PhotoQuery},
    signed::Signed,
    views::{MoveReceiptView, PhotoView, StoredPhotoView},
};
use crate::problem::{ErrorCode, Problem};

/// Stores a photo. The same bytes in the same slot are stored once and answered with 200.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case"), PhotoQuery),
    request_body(content = PhotoForm, content_type = "multipart/form-data"),
    responses((status = 201, body = StoredPhotoView), (status = 200, body = StoredPhotoView)))]
#[post("/cases/{id}/photos")]
pub(super) async fn upload_photo(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    query: Query<PhotoQuery>,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    let limit = app.limits().photo;
    stored_photo(&take_in(&app, by, CaseId(*id), (Media::Photo, query.slot, limit), form).await?)
}

/// Takes the one file of a form in, with what its fields say of it.
async fn take_in(
    app: &Data<App>,
    by: Driver,
    id: CaseId,
    (media, slot, most_bytes): (Media, Slot, u64),
    mut form: Multipart,
) -> Result<Added, Problem> {
    let (fields, mut file) = CaptureForm::read(&mut form).await?;
    let (capture, commitment) = fields.parse()?;
    let incoming = Incoming { media, slot, capture, commitment, most_bytes };
    Ok(app.add_evidence_bytes(by, id, incoming, &mut file).await?)
}

fn stored_photo(Added { case, piece, fresh }: &Added) -> Result<HttpResponse, Problem> {
    let photo = case.photos.iter().find(|photo| Piece::Photo(photo.id) == *piece);
    let receipt = case.move_receipt.as_ref();
    let view = StoredPhotoView {
        photo: PhotoView::from(photo.ok_or_else(|| Problem::new(ErrorCode::Internal))?),
        missing_photos: case.missing_photos().into_iter().collect(),
        move_receipt: receipt
            .map(|receipt| MoveReceiptView { at: receipt.at, receipt: receipt.receipt.clone() }),
    };
    let status = if *fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(view))
}

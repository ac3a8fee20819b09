//! Evidence as it is called for: photos and recordings come in, recordings go out.

use actix_multipart::Multipart;
use actix_web::{
    HttpResponse, get,
    http::{StatusCode, header},
    post,
    web::{Data, Header, Path, Query},
};
use app::{Added, App, CommittedEvidence, Driver, Incoming, Piece, Reader};
use domain::{
    evidence::{Media, Slot},
    identifiers::{CaseId, RecordingId},
};
use uuid::Uuid;

use super::{
    capture_form::CaptureForm,
    download::download,
    inputs::{CommitInput, PhotoQuery, UploadForm},
    keyed::Keyed,
    respond, shown,
    signed::Signed,
    views::{CommittedView, MoveReceiptView, PhotoView, RecordingView, StoredPhotoView, StoredRecordingView},
};
use crate::problem::{ErrorCode, Problem};

/// Stores a photo. The same bytes in the same slot are stored once and answered with 200.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case"), PhotoQuery),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
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

/// Stores a recording: a spoken statement or a short clip, exactly as it comes. The same bytes in the same slot are
/// stored once and answered with 200.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case"), PhotoQuery),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = StoredRecordingView), (status = 200, body = StoredRecordingView)))]
#[post("/cases/{id}/recordings")]
pub(super) async fn upload_recording(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    query: Query<PhotoQuery>,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    let limit = app.limits().recording;
    stored_recording(&take_in(&app, by, CaseId(*id), (Media::Recording, query.slot, limit), form).await?)
}

/// Fixes evidence by its hashes in one small message; the bytes may come later. With the mandatory photos there is
/// the receipt "you may move", where the law lets the parties leave.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = CommitInput,
    responses((status = 200, body = CommittedView)))]
#[post("/cases/{id}/commitments")]
pub(super) async fn commit_evidence(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<CommitInput>,
) -> Result<HttpResponse, Problem> {
    let sent = body.parse()?;
    let commit = async || app.commit_evidence(by, CaseId(*id), &sent).await;
    let answer = app.once(&once, commit, |CommittedEvidence { case, commitments }| {
        shown(StatusCode::OK, Some(case.edition), &CommittedView::new(case, commitments))
    });
    Ok(respond(answer.await?))
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
    let view = StoredPhotoView {
        photo: PhotoView::from(photo.ok_or_else(|| Problem::new(ErrorCode::Internal))?),
        missing_photos: case.missing_photos().into_iter().collect(),
        move_receipt: case.move_receipt.as_ref().map(MoveReceiptView::from),
    };
    let status = if *fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(view))
}

fn stored_recording(Added { case, piece, fresh }: &Added) -> Result<HttpResponse, Problem> {
    let recording = case.recordings.iter().find(|other| Piece::Recording(other.id) == *piece);
    let recording = recording.ok_or_else(|| Problem::new(ErrorCode::Internal))?;
    let status = if *fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(StoredRecordingView { recording: RecordingView::from(recording) }))
}

/// The bytes of a recording, as a download, whole or in one range. A party gets its own, staff those of the cases
/// they handle; that it was read is in the journal of its case before its bytes leave.
#[utoipa::path(tag = "everybody",
    params(("id" = Uuid, Path, description = "The case"), ("recording" = Uuid, Path, description = "The recording"),
        ("range" = Option<String>, Header, description = "One range of bytes, such as `bytes=0-65535`")),
    responses((status = 200, description = "The recording", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, description = "A range of it", body = Vec<u8>, content_type = "application/octet-stream")))]
#[get("/cases/{id}/recordings/{recording}")]
pub(super) async fn get_recording(
    app: Data<App>,
    Signed(by): Signed<Reader>,
    path: Path<(Uuid, Uuid)>,
    range: Option<Header<header::Range>>,
) -> Result<HttpResponse, Problem> {
    let (id, recording) = path.into_inner();
    let (recording, object) = app.read_recording(&by, CaseId(id), RecordingId(recording)).await?;
    download(&recording, object, range.map(Header::into_inner))
}

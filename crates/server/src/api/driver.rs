//! What drivers call.

use actix_multipart::{Field, Multipart};
use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    patch, post, put,
    web::{Data, Json, Path, Query},
};
use app::{App, Driver, Prepared};
use domain::{
    case::{Case, PartyDetails},
    identifiers::{CaseId, PhotoId},
    refusal::Refusal,
};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

use super::{
    inputs::{
        InviteInput, JoinInput, Nothing, PartyInput, PhotoForm, PhotoQuery, ReportInput, SignInput,
        StatementInput, SubmitInput,
    },
    keyed::Keyed,
    respond, shown,
    signed::Signed,
    views::{CaseView, InvitationView, MoveReceiptView, PhotoView, StoredPhotoView, Viewer},
};
use crate::{
    edge::LONGEST_JSON,
    problem::{ErrorCode, Problem},
};

fn own(by: Driver, status: StatusCode) -> impl Fn(&Case) -> Result<app::Shown, app::AppError> {
    move |case| shown(status, Some(case.edition), &CaseView::new(case, Viewer::Party(by.0)))
}

/// Reports an accident. The answer says where it goes, by which articles, and what to do now.
#[utoipa::path(tag = "driver", request_body = ReportInput, responses((status = 201, body = CaseView)))]
#[post("/cases")]
pub(super) async fn report_case(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    Keyed { body, once }: Keyed<ReportInput>,
) -> Result<HttpResponse, Problem> {
    let report = body.parse(app.now())?;
    let answer = app.create_once(
        &once,
        async || app.report_case(by, report.clone()).await,
        own(by, StatusCode::CREATED),
    );
    Ok(respond(answer.await?))
}

/// The driver's own cases, newest first.
#[utoipa::path(tag = "driver", responses((status = 200, body = Vec<CaseView>)))]
#[get("/cases")]
pub(super) async fn list_my_cases(
    app: Data<App>,
    Signed(by): Signed<Driver>,
) -> Result<Json<Vec<CaseView>>, Problem> {
    let cases = app.list_cases(by).await?;
    Ok(Json(cases.iter().map(|case| CaseView::new(case, Viewer::Party(by.0))).collect()))
}

/// Joins the case that an invitation leads to.
#[utoipa::path(tag = "driver", request_body = JoinInput, responses((status = 200, body = CaseView)))]
#[post("/cases/join")]
pub(super) async fn join_case(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    Keyed { body, once }: Keyed<JoinInput>,
) -> Result<HttpResponse, Problem> {
    let join = async || app.join_case(by, &body.code, body.road_user).await;
    Ok(respond(app.once(&once, join, own(by, StatusCode::OK)).await?))
}

/// Invites the next party: the code is shown as a QR code, or sent by text message.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = InviteInput,
    responses((status = 201, body = InvitationView)))]
#[post("/cases/{id}/invitations")]
pub(super) async fn invite_party(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<InviteInput>,
) -> Result<HttpResponse, Problem> {
    let invite = async || app.invite_party(by, CaseId(*id), body.phone.as_ref()).await;
    let answer = app.once(&once, invite, |(case, code)| {
        let open = case.invitations.last().ok_or(Refusal::InvitationExpired)?;
        let view = InvitationView { role: open.role, code: code.clone(), expires_at: open.expires_at };
        shown(StatusCode::CREATED, Some(case.edition), &view)
    });
    Ok(respond(answer.await?))
}

/// Gives or corrects the driver's own data; what is left out stays as it was.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = PartyInput,
    responses((status = 200, body = CaseView)))]
#[patch("/cases/{id}/parties/me")]
pub(super) async fn update_party(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<PartyInput>,
) -> Result<HttpResponse, Problem> {
    let details = PartyDetails::from(body);
    let update = async || app.update_party(by, CaseId(*id), details.clone()).await;
    Ok(respond(app.once(&once, update, own(by, StatusCode::OK)).await?))
}

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
    mut form: Multipart,
) -> Result<HttpResponse, Problem> {
    let id = CaseId(*id);
    let malformed = |_| Problem::new(ErrorCode::MalformedMultipart);
    let mut passed_over = 0;
    while let Some(mut field) = form.try_next().await.map_err(malformed)? {
        if field.name() != Some("file") {
            passed_over += pass_over(&mut field, LONGEST_JSON.saturating_sub(passed_over)).await?;
        } else {
            let received = app.receive_photo(by, id, &mut field).await?;
            let stored = app
                .write(async || {
                    let Prepared { value: (case, photo), work } =
                        app.add_photo(by, id, query.slot, received).await?;
                    let fresh = !work.is_empty();
                    Ok(Prepared { value: (case, photo, fresh), work })
                })
                .await?;
            return stored_photo(&stored);
        }
    }
    Err(Problem::new(ErrorCode::MalformedMultipart))
}

/// Reads a form field that nobody asked for, up to `most` bytes; gives how many it had.
async fn pass_over(field: &mut Field, most: usize) -> Result<usize, Problem> {
    let mut bytes = 0;
    while let Some(chunk) = field.try_next().await.map_err(|_| Problem::new(ErrorCode::MalformedMultipart))? {
        bytes += chunk.len();
        if bytes > most {
            return Err(Problem::new(ErrorCode::BodyTooLarge));
        }
    }
    Ok(bytes)
}

fn stored_photo((case, id, fresh): &(Case, PhotoId, bool)) -> Result<HttpResponse, Problem> {
    let photo =
        case.photos.iter().find(|photo| photo.id == *id).ok_or_else(|| Problem::new(ErrorCode::Internal))?;
    let receipt = case.move_receipt.as_ref();
    let view = StoredPhotoView {
        photo: PhotoView::from(photo),
        missing_photos: case.missing_photos().into_iter().collect(),
        move_receipt: receipt
            .map(|receipt| MoveReceiptView { at: receipt.at, receipt: receipt.receipt.clone() }),
    };
    let status = if *fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(view))
}

/// Says what happened; every version is kept.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = StatementInput,
    responses((status = 200, body = CaseView)))]
#[put("/cases/{id}/statement")]
pub(super) async fn put_statement(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<StatementInput>,
) -> Result<HttpResponse, Problem> {
    let put = async || app.put_statement(by, CaseId(*id), body.facts.clone(), body.text.clone()).await;
    Ok(respond(app.once(&once, put, own(by, StatusCode::OK)).await?))
}

/// Applies for remote handling; with the last party's application the case enters the queue.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = SubmitInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/submission")]
pub(super) async fn submit_case(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<SubmitInput>,
) -> Result<HttpResponse, Problem> {
    body.agrees_to_remote_handling
        .then_some(())
        .ok_or_else(|| app::AppError::from(Refusal::ConsentMissing))?;
    let submit = async || app.submit_case(by, CaseId(*id), body.without_other_party).await;
    Ok(respond(app.once(&once, submit, own(by, StatusCode::OK)).await?))
}

/// Takes the report back, before anybody decided.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/withdrawal")]
pub(super) async fn withdraw_case(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body: Nothing {}, once }: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let withdraw = async || app.withdraw_case(by, CaseId(*id)).await;
    Ok(respond(app.once(&once, withdraw, own(by, StatusCode::OK)).await?))
}

/// Signs over the hash of the document that was shown.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = SignInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/determination/signature")]
pub(super) async fn sign_determination(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<SignInput>,
) -> Result<HttpResponse, Problem> {
    let sign = async || app.sign_determination(by, CaseId(*id), body.document_sha256).await;
    Ok(respond(app.once(&once, sign, own(by, StatusCode::OK)).await?))
}

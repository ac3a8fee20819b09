//! What drivers call.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    patch, post, put,
    web::{Data, Json, Path},
};
use app::{App, Driver};
use domain::{
    case::{Case, Invited, PartyDetails},
    identifiers::{CaseId, RecordingId},
    refusal::Refusal,
};
use uuid::Uuid;

use super::{
    inputs::{
        ConfirmInput, InviteInput, JoinInput, Nothing, PartyInput, ReportInput, StatementInput, SubmitInput,
    },
    keyed::Keyed,
    respond, shown,
    signed::Signed,
    views::{CaseView, InvitationView, Viewer},
};
use crate::problem::Problem;

fn own(by: Driver, status: StatusCode) -> impl Fn(&Case) -> Result<app::Shown, app::AppError> {
    move |case| shown(status, Some(case.edition), &CaseView::new(case, Viewer::Party(by.0)))
}

fn guided(by: Driver, status: StatusCode) -> impl Fn(&Case) -> Result<app::Shown, app::AppError> {
    let viewer = Viewer::Party(by.0);
    move |case| shown(status, Some(case.edition), &CaseView::new(case, viewer).guided(case, viewer, None))
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
        guided(by, StatusCode::CREATED),
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
    let (code, joining) = body.parse();
    let join = async || app.join_case(by, &code, joining.clone()).await;
    Ok(respond(app.once(&once, join, guided(by, StatusCode::OK)).await?))
}

/// Invites the next party: the code is shown as a QR code, or sent by text message and shown to nobody else.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = InviteInput,
    responses((status = 201, body = InvitationView)))]
#[post("/cases/{id}/invitations")]
pub(super) async fn invite_party(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<InviteInput>,
) -> Result<HttpResponse, Problem> {
    let invited = Invited::from(body);
    let invite = async || app.invite_party(by, CaseId(*id), invited.clone()).await;
    let answer = app.once(&once, invite, |(case, code)| {
        let open = case.invitations.last().ok_or(Refusal::InvitationExpired)?;
        let view = InvitationView::new(open, code, app.invitation_base());
        shown(StatusCode::CREATED, Some(case.edition), &view)
    });
    Ok(respond(answer.await?))
}

/// Gives or corrects the driver's own data; what is left out stays as it was. After the end a phone or an insurance that
/// was not known can still be added; its claim is filed then.
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
    let recording = body.recording.map(RecordingId);
    let put =
        async || app.put_statement(by, CaseId(*id), body.facts.clone(), body.text.clone(), recording).await;
    Ok(respond(app.once(&once, put, own(by, StatusCode::OK)).await?))
}

/// Confirms the latest statement, which was read or heard back, by its hash.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = ConfirmInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/statement/confirmation")]
pub(super) async fn confirm_statement(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ConfirmInput>,
) -> Result<HttpResponse, Problem> {
    let confirm = async || app.confirm_statement(by, CaseId(*id), body.sha256).await;
    Ok(respond(app.once(&once, confirm, own(by, StatusCode::OK)).await?))
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

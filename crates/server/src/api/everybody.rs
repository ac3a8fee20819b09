//! What several roles call, each in its own right.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Json, Path},
};
use app::App;
use domain::{identifiers::CaseId, refusal::Refusal, triage::AskedOf};
use uuid::Uuid;

use super::{
    inputs::RefuseInput,
    keyed::Keyed,
    respond, shown,
    signed::{Anyone, Signed},
    views::{CaseView, JournalView, QuestionView, SlotView, Viewer},
};
use crate::{
    preconditions::etag,
    problem::{ErrorCode, Problem},
};

/// The questions of triage, as a driver is asked.
#[utoipa::path(tag = "everybody", responses((status = 200, body = Vec<QuestionView>)))]
#[get("/questions")]
pub(super) async fn list_questions(app: Data<App>) -> Json<Vec<QuestionView>> {
    let rules = app.rules();
    let questions = rules.questions(AskedOf::Driver);
    Json(
        questions.map(|(q, text)| QuestionView { name: q.name().to_owned(), text: (&text).into() }).collect(),
    )
}

/// How to take the shots of every slot; which of them a case needs stands in the case.
#[utoipa::path(tag = "everybody", responses((status = 200, body = Vec<SlotView>)))]
#[get("/shots")]
pub(super) async fn list_shots(app: Data<App>) -> Json<Vec<SlotView>> {
    Json(SlotView::all(app.rules().shots))
}

/// One case: a party sees itself whole and the others masked; staff see the cases they handle.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = CaseView)))]
#[get("/cases/{id}")]
pub(super) async fn get_case(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let id = CaseId(*id);
    let (file, viewer) = match by {
        Anyone::Driver(by) => (app.get_case_as_driver(by, id).await?, Viewer::Party(by.0)),
        Anyone::Officer(by) => (app.get_case_as_officer(&by, id).await?, Viewer::Staff),
        Anyone::PointStaff(by) => (app.get_case_as_unit(by, id).await?, Viewer::Staff),
        Anyone::Supervisor => return Err(Problem::new(ErrorCode::Forbidden)),
    };
    let rules = app.rules_for(&file.case);
    let view = CaseView::with_file(&file, viewer)
        .guided(&file.case, viewer, Some(rules.shots))
        .timed(&file.case, viewer, &rules);
    Ok(HttpResponse::Ok().insert_header(etag(file.case.edition)).json(view))
}

/// Refuses to sign; it is noted and blocks nothing (R146 §24). An officer notes whose refusal it is.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case")), request_body = RefuseInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/determination/refusal")]
pub(super) async fn refuse_determination(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<RefuseInput>,
) -> Result<HttpResponse, Problem> {
    let id = CaseId(*id);
    let viewer = match &by {
        Anyone::Driver(by) => Viewer::Party(by.0),
        _ => Viewer::Staff,
    };
    let refuse = async || match &by {
        Anyone::Driver(by) => app.refuse_determination(*by, id, body.reason.clone()).await,
        Anyone::Officer(by) => {
            let role = body.role.ok_or(Refusal::NotAParty)?;
            app.note_refusal(by, id, role, body.reason.clone()).await
        }
        Anyone::PointStaff(_) | Anyone::Supervisor => Err(app::AppError::Forbidden("not for this role")),
    };
    let show =
        |case: &domain::case::Case| shown(StatusCode::OK, Some(case.edition), &CaseView::new(case, viewer));
    Ok(respond(app.once(&once, refuse, show).await?))
}

/// The journal of a case, checked: whether every entry follows from the one before.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = JournalView)))]
#[get("/cases/{id}/journal")]
pub(super) async fn get_journal(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
) -> Result<Json<JournalView>, Problem> {
    let id = CaseId(*id);
    let ((case, entries), viewer) = match by {
        Anyone::Driver(by) => (app.journal_for_driver(by, id).await?, Viewer::Party(by.0)),
        Anyone::Officer(by) => (app.journal_for_officer(&by, id).await?, Viewer::Staff),
        Anyone::PointStaff(by) => (app.journal_for_unit(by, id).await?, Viewer::Staff),
        Anyone::Supervisor => (app.journal_for_supervisor(id).await?, Viewer::Staff),
    };
    Ok(Json(JournalView::new(&case, entries, viewer)))
}

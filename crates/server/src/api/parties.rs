//! Parties as they are: entered by another party or an officer, helped, confirmed, absent.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    patch, post, put,
    web::{Data, Path},
};
use app::{App, AppError, CodeTyped, Driver, Entrant, Shown};
use domain::{
    case::{Case, Helper, PartyDetails},
    identifiers::CaseId,
    refusal::Refusal,
    role::PartyRole,
};
use uuid::Uuid;

use super::{
    inputs::{
        AbsenceInput, AddPartyInput, ConfirmPartyInput, DeclineInput, EnteredStatementInput, HelperInput,
        Nothing, PartyInput, SubmitInput,
    },
    keyed::Keyed,
    respond, shown,
    signed::{Anyone, Signed},
    views::{CaseView, Viewer},
};
use crate::problem::{ErrorCode, Problem};

/// Drivers and officers; the table lets nobody else in.
fn entrant(by: Anyone) -> Result<Entrant, Problem> {
    match by {
        Anyone::Driver(driver) => Ok(Entrant::Driver(driver)),
        Anyone::Officer(officer) => Ok(Entrant::Officer(Box::new(officer))),
        Anyone::PointStaff(_) | Anyone::Supervisor => Err(Problem::new(ErrorCode::Forbidden)),
    }
}

fn view(by: &Entrant, status: StatusCode) -> impl Fn(&Case) -> Result<Shown, AppError> {
    let viewer = match by {
        Entrant::Driver(driver) => Viewer::Party(driver.0),
        Entrant::Officer(_) => Viewer::Staff,
    };
    move |case| shown(status, Some(case.edition), &CaseView::new(case, viewer))
}

/// Declines an invitation: the others go on without this party, and the invitation is used up.
#[utoipa::path(tag = "driver", request_body = DeclineInput, responses((status = 204, description = "Noted")))]
#[post("/cases/join/refusal")]
pub(super) async fn decline_invitation(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    Keyed { body, once }: Keyed<DeclineInput>,
) -> Result<HttpResponse, Problem> {
    let decline = async || app.decline_invitation(by, &body.code).await;
    let nothing = |_: &()| Ok(Shown { status: 204, version: None, body: String::new() });
    Ok(respond(app.once(&once, decline, nothing).await?))
}

/// Says that whoever signs in is not the party, but helps it. The party agrees by a code sent to its own phone, or by
/// telling an officer; until then nothing counts as its own.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = HelperInput,
    responses((status = 200, body = CaseView)))]
#[put("/cases/{id}/parties/me/helper")]
pub(super) async fn name_helper(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<HelperInput>,
) -> Result<HttpResponse, Problem> {
    let helper = Helper::from(body);
    let name = async || app.name_helper(by, CaseId(*id), helper.clone()).await;
    Ok(respond(app.once(&once, name, view(&Entrant::Driver(by), StatusCode::OK)).await?))
}

/// Enters a party that has no phone of its own at hand: a driver one that stands beside him, the officer who holds the
/// case one that he hears. Until it has confirmed, nothing counts as its own.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case")),
    request_body = AddPartyInput, responses((status = 201, body = CaseView)))]
#[post("/cases/{id}/parties")]
pub(super) async fn add_party(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<AddPartyInput>,
) -> Result<HttpResponse, Problem> {
    let (by, road_user, details) = (entrant(by)?, body.road_user, PartyDetails::from(body.party));
    let add = async || app.add_party(&by, CaseId(*id), road_user, details.clone()).await;
    Ok(respond(app.once(&once, add, view(&by, StatusCode::CREATED)).await?))
}

/// Gives or corrects the data of a party for it; after the end a phone, or an insurance that was not known before.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case"),
    ("role" = String, Path, description = "The party: B, C…")), request_body = PartyInput,
    responses((status = 200, body = CaseView)))]
#[patch("/cases/{id}/parties/{role}")]
pub(super) async fn enter_party(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    path: Path<(Uuid, PartyRole)>,
    Keyed { body, once }: Keyed<PartyInput>,
) -> Result<HttpResponse, Problem> {
    let (by, (id, role), details) = (entrant(by)?, path.into_inner(), PartyDetails::from(body));
    let enter = async || app.enter_party(&by, CaseId(id), role, details.clone()).await;
    Ok(respond(app.once(&once, enter, view(&by, StatusCode::OK)).await?))
}

/// Takes down what a party says happened; marked with who took it down. What an officer takes down he has heard.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case"),
    ("role" = String, Path, description = "The party: B, C…")), request_body = EnteredStatementInput,
    responses((status = 200, body = CaseView)))]
#[put("/cases/{id}/parties/{role}/statement")]
pub(super) async fn enter_statement(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    path: Path<(Uuid, PartyRole)>,
    Keyed { body, once }: Keyed<EnteredStatementInput>,
) -> Result<HttpResponse, Problem> {
    let (by, (id, role)) = (entrant(by)?, path.into_inner());
    let EnteredStatementInput { facts, text } = body;
    let enter = async || app.enter_statement(&by, CaseId(id), role, facts.clone(), text.clone()).await;
    Ok(respond(app.once(&once, enter, view(&by, StatusCode::OK)).await?))
}

/// Notes that a party applies for remote handling. What another party notes counts when this one has confirmed.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case"),
    ("role" = String, Path, description = "The party: B, C…")), request_body = SubmitInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/parties/{role}/submission")]
pub(super) async fn enter_submission(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    path: Path<(Uuid, PartyRole)>,
    Keyed { body, once }: Keyed<SubmitInput>,
) -> Result<HttpResponse, Problem> {
    let (by, (id, role)) = (entrant(by)?, path.into_inner());
    body.agrees_to_remote_handling.then_some(()).ok_or_else(|| AppError::from(Refusal::ConsentMissing))?;
    let enter = async || app.enter_submission(&by, CaseId(id), role).await;
    Ok(respond(app.once(&once, enter, view(&by, StatusCode::OK)).await?))
}

/// Sends a code to the phone of a party for which the caller enters, or which he helps.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case"),
    ("role" = String, Path, description = "The party: B, C…")), responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/parties/{role}/code")]
pub(super) async fn send_party_code(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    path: Path<(Uuid, PartyRole)>,
    Keyed { body: Nothing {}, once }: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (id, role) = path.into_inner();
    let send = async || app.send_party_code(by, CaseId(id), role).await;
    Ok(respond(app.once(&once, send, view(&Entrant::Driver(by), StatusCode::OK)).await?))
}

/// The party stands by what others do in its name: by the code that reached its phone, or as an officer has heard.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case"),
    ("role" = String, Path, description = "The party: B, C…")), request_body = ConfirmPartyInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/parties/{role}/confirmation")]
pub(super) async fn confirm_party(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    path: Path<(Uuid, PartyRole)>,
    Keyed { body, once }: Keyed<ConfirmPartyInput>,
) -> Result<HttpResponse, Problem> {
    let (by, (id, role)) = (entrant(by)?, path.into_inner());
    let typed = CodeTyped::new(body.code.unwrap_or_default());
    let confirm = async || match &by {
        Entrant::Driver(driver) => app.confirm_party_by_code(*driver, CaseId(id), role, &typed).await,
        Entrant::Officer(officer) => app.confirm_party_by_officer(officer, CaseId(id), role).await,
    };
    Ok(respond(app.once(&once, confirm, view(&by, StatusCode::OK)).await?))
}

/// Says that a party does not take part, has gone or cannot be reached. An officer decides what follows; the others can
/// apply without it.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case"),
    ("role" = String, Path, description = "The party: A, B, C…")), request_body = AbsenceInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/parties/{role}/absence")]
pub(super) async fn note_absence(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    path: Path<(Uuid, PartyRole)>,
    Keyed { body, once }: Keyed<AbsenceInput>,
) -> Result<HttpResponse, Problem> {
    let (by, (id, role)) = (entrant(by)?, path.into_inner());
    let note = async || app.note_absence(&by, CaseId(id), role, body.how, body.note.clone()).await;
    Ok(respond(app.once(&once, note, view(&by, StatusCode::OK)).await?))
}

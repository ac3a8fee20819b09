//! How a case can end besides a determination: the parties agree, the facts stay open, an officer comes to the scene,
//! or there is nothing to handle.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    post,
    web::{Data, Path},
};
use app::{App, AppError, CertificateOrder, Driver, Shown};
use domain::{
    case::{Case, Officer},
    identifiers::CaseId,
};
use uuid::Uuid;

use super::{
    inputs::{CertificateInput, OfficerInput, ProposeInput, ReasonInput},
    keyed::Keyed,
    respond, shown,
    signed::Signed,
    signing::{LONGEST_SIGNATURE, SignInput},
    views::{CaseView, Viewer},
};
use crate::{preconditions::IfMatch, problem::Problem};

fn own(by: Driver, status: StatusCode) -> impl Fn(&Case) -> Result<Shown, AppError> {
    move |case| shown(status, Some(case.edition), &CaseView::new(case, Viewer::Party(by.0)))
}

fn whole(case: &Case) -> Result<Shown, AppError> {
    shown(StatusCode::OK, Some(case.edition), &CaseView::new(case, Viewer::Staff))
}

/// Proposes an agreement (自行协商协议书): who bears what, and what happened. Its document is typeset at once, and all
/// parties sign it, the proposer too.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = ProposeInput,
    responses((status = 201, body = CaseView)))]
#[post("/cases/{id}/agreement")]
pub(super) async fn propose_agreement(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ProposeInput>,
) -> Result<HttpResponse, Problem> {
    let order = body.parse()?;
    let propose = async || app.propose_agreement(by, CaseId(*id), order.clone()).await;
    Ok(respond(app.once(&once, propose, own(by, StatusCode::CREATED)).await?))
}

/// Signs the agreement over the hash of the document that was opened, with the code from the party's phone and a drawn
/// signature. With the last signature it is concluded, and the
/// claims go on their way.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = SignInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/agreement/signature")]
pub(super) async fn sign_agreement(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<SignInput, LONGEST_SIGNATURE>,
) -> Result<HttpResponse, Problem> {
    let (id, with) = (CaseId(*id), body.with()?);
    let sign = async || app.sign_agreement(by, id, body.document_sha256, &with, body.agrees_to_service).await;
    Ok(respond(app.once(&once, sign, own(by, StatusCode::OK)).await?))
}

/// Declines the agreement that was proposed, or takes back one's own proposal: the case is where it was before.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = ReasonInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/agreement/refusal")]
pub(super) async fn decline_agreement(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let decline = async || app.decline_agreement(by, CaseId(*id), body.reason.clone()).await;
    Ok(respond(app.once(&once, decline, own(by, StatusCode::OK)).await?))
}

/// Asks for an officer on scene: the patrol is told at once and has the case from then on (R146 §20).
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = OfficerInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/officer-on-scene")]
pub(super) async fn ask_for_officer(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<OfficerInput>,
) -> Result<HttpResponse, Problem> {
    let ask = async || app.ask_for_officer(by, CaseId(*id), body.reason.clone()).await;
    Ok(respond(app.once(&once, ask, own(by, StatusCode::OK)).await?))
}

/// Issues a certificate (道路交通事故证明): what is established, and why the rest cannot be (R146 §67). Nothing is
/// decided and no claims follow; the document is final at once.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")), request_body = CertificateInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/certificate")]
pub(super) async fn issue_certificate(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    at: IfMatch,
    Keyed { body, once }: Keyed<CertificateInput>,
) -> Result<HttpResponse, Problem> {
    let order = CertificateOrder::from(body);
    let issue = async || app.issue_certificate(&by, CaseId(*id), at.version(), order.clone()).await;
    Ok(respond(app.once(&once, issue, whole).await?))
}

/// Closes a case in which there is nothing to handle, or nobody to handle it with; the parties see the reason.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")), request_body = ReasonInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/closure")]
pub(super) async fn close_case(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    at: IfMatch,
    Keyed { body, once }: Keyed<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let close = async || app.close_case(&by, CaseId(*id), at.version(), body.reason.clone()).await;
    Ok(respond(app.once(&once, close, whole).await?))
}

//! An insurer's claim server, open JSON profile version 1: signed, idempotent by claim id.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, http::header::HeaderValue, post, web};
use serde_json::json;
use standardwebhooks::HEADER_WEBHOOK_ID;
use uuid::Uuid;

use crate::{
    callback,
    ledger::{Amendment, Notice},
    settings::InsurerSettings,
    signature,
    state::State,
};

#[post("/insurers/{code}/claims")]
pub(crate) async fn file(
    state: web::Data<State>,
    code: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let insurer = match authenticate(&state, &code, &request, &body) {
        Ok(insurer) => insurer,
        Err(stranger) => return refuse(stranger.status, stranger.title),
    };
    let notice = match serde_json::from_slice::<Notice>(&body) {
        Ok(notice) if notice.insurer == insurer.code && notice.insured().is_some() => notice,
        _ => return refuse(422, "the notice does not follow the profile"),
    };
    state.ledger.deliver(&notice, &body);
    let targets = [format!("insurer:{code}/file"), format!("insurer:{code}")];
    let work = |forget| take(&state, &insurer, &notice, forget);
    state.faults.around(&targets.each_ref().map(String::as_str), work).await
}

#[post("/insurers/{code}/claims/{claim}/amendments")]
pub(crate) async fn amend(
    state: web::Data<State>,
    path: web::Path<(String, Uuid)>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let (code, claim) = path.into_inner();
    if let Err(stranger) = authenticate(&state, &code, &request, &body) {
        return refuse(stranger.status, stranger.title);
    }
    let signed_for = request.headers().get(HEADER_WEBHOOK_ID).map(HeaderValue::as_bytes);
    let amendment = match serde_json::from_slice::<Amendment>(&body) {
        Ok(amendment) if amendment.claim_id == claim && amendment.is_sound(&code) => amendment,
        _ => return refuse(422, "the amendment does not follow the profile"),
    };
    if signed_for != Some(amendment.amendment_id.to_string().as_bytes()) {
        return refuse(401, "the signature is for another amendment");
    }
    let targets = [format!("insurer:{code}/amend"), format!("insurer:{code}")];
    let work = |forget| {
        if !state.ledger.amend(&code, &amendment, &body, forget) {
            return refuse(404, "no such claim");
        }
        HttpResponse::Ok().json(json!({ "claim_id": claim, "amendment_id": amendment.amendment_id }))
    };
    state.faults.around(&targets.each_ref().map(String::as_str), work).await
}

#[get("/insurers/{code}/claims/{claim}")]
pub(crate) async fn query(
    state: web::Data<State>,
    path: web::Path<(String, Uuid)>,
    request: HttpRequest,
) -> HttpResponse {
    let (code, claim) = path.into_inner();
    if let Err(stranger) = authenticate(&state, &code, &request, b"") {
        return refuse(stranger.status, stranger.title);
    }
    let signed_for = request.headers().get(HEADER_WEBHOOK_ID).map(HeaderValue::as_bytes);
    if signed_for != Some(claim.to_string().as_bytes()) {
        return refuse(401, "the signature is for another claim");
    }
    let targets = [format!("insurer:{code}/query"), format!("insurer:{code}")];
    state.faults.around(&targets.each_ref().map(String::as_str), |_| report(&state, &code, claim)).await
}

/// Somebody whose request is not let in.
struct Stranger {
    status: u16,
    title: &'static str,
}

fn authenticate(
    state: &State,
    code: &str,
    request: &HttpRequest,
    body: &[u8],
) -> Result<Arc<InsurerSettings>, Stranger> {
    let insurer = state.insurers.get(code).ok_or(Stranger { status: 404, title: "no such insurer" })?;
    if signature::holds(&insurer.secret, request, body) {
        Ok(Arc::clone(insurer))
    } else {
        Err(Stranger { status: 401, title: "the signature does not hold" })
    }
}

/// Stores the notice, unless it must be forgotten, and starts the claim's life when it is new.
fn take(
    state: &web::Data<State>,
    insurer: &Arc<InsurerSettings>,
    notice: &Notice,
    forget: bool,
) -> HttpResponse {
    if !is_insured(state, notice) {
        return refuse(422, "no such policy");
    }
    let fresh = !forget && state.ledger.open(&insurer.code, notice.claim_id);
    if fresh {
        callback::begin_life(&Arc::clone(state), insurer, notice.claim_id);
    }
    let number = state.ledger.find(&insurer.code, notice.claim_id).map(|entry| entry.insurer_claim_number);
    let answer = json!({ "claim_id": notice.claim_id, "insurer_claim_number": number, "status": "received" });
    if fresh { HttpResponse::Created().json(answer) } else { HttpResponse::Ok().json(answer) }
}

/// An insurer that has policies knows only those; a notice without policy number is found by its plate.
fn is_insured(state: &State, notice: &Notice) -> bool {
    let mut books = state.policies.iter().filter(|policy| policy.insurer == notice.insurer).peekable();
    let Some(party) = notice.insured() else { return false };
    books.peek().is_none()
        || books.any(|policy| match (&party.policy_number, &party.plate) {
            (Some(number), _) => *number == policy.number,
            (None, Some(plate)) => *plate == policy.plate,
            (None, None) => false,
        })
}

fn report(state: &State, code: &str, claim: Uuid) -> HttpResponse {
    match state.ledger.find(code, claim).filter(|entry| entry.effects > 0) {
        Some(entry) => HttpResponse::Ok().json(json!({
            "claim_id": claim,
            "status": entry.status,
            "insurer_claim_number": entry.insurer_claim_number,
        })),
        None => refuse(404, "no such claim"),
    }
}

pub(crate) fn refuse(status: u16, title: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    HttpResponse::build(status).json(json!({ "title": title }))
}

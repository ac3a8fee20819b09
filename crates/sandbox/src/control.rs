//! `/sandbox/…`: mint codes, command faults, read the books, send callbacks by hand.

use std::sync::Arc;

use actix_web::{HttpResponse, delete, get, post, put, web};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{callback::Callback, fault::Fault, insurer::refuse, ledger::ClaimStatus, state::State};

/// More copies than this in one command are a slip.
const MOST_COPIES: u32 = 1_000;

/// All routes of the sandbox.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(crate::wechat::code_to_session)
        .service(crate::sms::send)
        .service(crate::witness::add_checkpoint)
        .service(crate::witness::trust_log)
        .service(crate::insurer::file)
        .service(crate::insurer::amend)
        .service(crate::insurer::query)
        .service(mint_code)
        .service(sent_texts)
        .service(add_fault)
        .service(clear_faults)
        .service(ledger)
        .service(set_callback_base)
        .service(send_callback)
        .service(alive);
}

#[get("/healthz")]
async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MintCode {
    openid: String,
}

#[post("/sandbox/wechat/codes")]
async fn mint_code(state: web::Data<State>, person: web::Json<MintCode>) -> HttpResponse {
    HttpResponse::Created().json(json!({ "code": state.codes.mint(&person.openid) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhichTexts {
    #[serde(default)]
    holding: String,
}

#[get("/sandbox/sms")]
async fn sent_texts(state: web::Data<State>, which: web::Query<WhichTexts>) -> HttpResponse {
    let mut texts = state.inbox.all();
    texts.retain(|sent| sent.text.contains(&which.holding));
    HttpResponse::Ok().json(texts)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddFault {
    target: String,
    fault: Fault,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

#[post("/sandbox/faults")]
async fn add_fault(state: web::Data<State>, command: web::Json<AddFault>) -> HttpResponse {
    let Ok(times) = usize::try_from(command.times) else { return refuse(422, "too many") };
    state.faults.add(&command.target, &command.fault, times);
    HttpResponse::NoContent().finish()
}

#[delete("/sandbox/faults")]
async fn clear_faults(state: web::Data<State>) -> HttpResponse {
    state.faults.clear();
    HttpResponse::NoContent().finish()
}

#[get("/sandbox/ledger")]
async fn ledger(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.ledger.entries())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallbackBase {
    url: String,
}

#[put("/sandbox/callback-base")]
async fn set_callback_base(state: web::Data<State>, base: web::Json<CallbackBase>) -> HttpResponse {
    state.callbacks.set_base(base.into_inner().url);
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendCallback {
    claim_id: Uuid,
    status: ClaimStatus,
    insurer_claim_number: Option<String>,
    amount_fen: Option<i64>,
    reason: Option<String>,
    #[serde(default)]
    forged: bool,
    #[serde(default)]
    age_seconds: i64,
    #[serde(default = "once")]
    copies: u32,
}

/// Sends now, each copy once, and answers the statuses the service gave (`null`: not reached).
#[post("/sandbox/insurers/{code}/callbacks")]
async fn send_callback(
    state: web::Data<State>,
    code: web::Path<String>,
    command: web::Json<SendCallback>,
) -> HttpResponse {
    let Some(insurer) = state.insurers.get(code.as_str()).map(Arc::clone) else {
        return refuse(404, "no such insurer");
    };
    if command.copies > MOST_COPIES {
        return refuse(422, "too many copies");
    }
    let callback = by_hand(insurer, &command);
    let mut statuses = Vec::new();
    for _ in 0..command.copies {
        let status = state.callbacks.send(&callback).await;
        if matches!(status, Some(200..=299)) {
            state.ledger.advance(&code, callback.claim, command.status);
            state.ledger.called_back(&code, callback.claim);
        }
        statuses.push(status);
    }
    HttpResponse::Ok().json(json!({ "statuses": statuses }))
}

fn by_hand(insurer: Arc<crate::settings::InsurerSettings>, command: &SendCallback) -> Callback {
    let data = json!({
        "claim_id": command.claim_id,
        "status": command.status,
        "insurer_claim_number": command.insurer_claim_number,
        "amount_fen": command.amount_fen,
        "reason": command.reason,
    });
    let name = format!("by hand/{data}");
    let callback = Callback::new(insurer, command.claim_id, &name, &data);
    Callback { forged: command.forged, age_seconds: command.age_seconds, ..callback }
}

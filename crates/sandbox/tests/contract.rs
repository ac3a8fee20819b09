//! The sandbox from outside, over HTTP: it keeps the documented protocols and misbehaves as commanded.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a step that fails is a test that fails")]

use std::{
    sync::Mutex,
    time::{Duration, SystemTime},
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use sandbox::{
    RunningSandbox, Sandbox, SandboxSettings,
    fault::Fault,
    ledger::ClaimStatus,
    settings::{Policy, SMS_TOKEN, WECHAT_APP_ID, WECHAT_SECRET},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use uuid::Uuid;

const CLAIM: Uuid = Uuid::from_u128(0xC1A1);

async fn start(settings: SandboxSettings) -> RunningSandbox {
    Sandbox::start(settings).await.unwrap()
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "signatures must be fresh for the sandbox's real clock")]
fn now() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

fn notice(claim: Uuid, policy: &str) -> Value {
    json!({
        "claim_id": claim, "case_number": "KC20260301ABCDEFGH12", "insurer": "PICC", "insured_role": "A",
        "parties": [{
            "role": "A", "plate": "鲁C12345", "policy_number": policy, "estimated_loss_fen": 80_000, "liability": "full",
        }],
        "determination": { "number": "认字1", "document_sha256": "ab" },
    })
}

fn signed(request: reqwest::RequestBuilder, id: &str, body: &str) -> reqwest::RequestBuilder {
    let settings = SandboxSettings::default();
    let time = now();
    let signature = Webhook::new(settings.insurers[0].secret.expose_secret()).unwrap();
    let signature = signature.sign(id, time, body.as_bytes()).unwrap();
    request.header("webhook-id", id).header("webhook-timestamp", time).header("webhook-signature", signature)
}

async fn file(sandbox: &RunningSandbox, notice: &Value) -> reqwest::Result<reqwest::Response> {
    let body = notice.to_string();
    let request = client().post(format!("{}/claims", sandbox.insurer_url("PICC")));
    signed(request, "message-1", &body).body(body).send().await
}

async fn query(sandbox: &RunningSandbox, signed_for: Uuid) -> reqwest::Response {
    let request = client().get(format!("{}/claims/{CLAIM}", sandbox.insurer_url("PICC")));
    signed(request, &signed_for.to_string(), "").send().await.unwrap()
}

/// The service's side of callbacks: remembers them, refuses the first few.
#[derive(Default)]
struct Receiver {
    refuse_first: usize,
    taken: Mutex<Vec<(String, Value, bool)>>,
}

async fn receive(receiver: web::Data<Receiver>, request: HttpRequest, body: String) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let settings = SandboxSettings::default();
    let key = Webhook::new(settings.insurers[0].callback_secret.expose_secret()).unwrap();
    let expected =
        key.sign(&header("webhook-id"), header("webhook-timestamp").parse().unwrap(), body.as_bytes());
    let fresh = now().abs_diff(header("webhook-timestamp").parse().unwrap()) <= 300;
    let genuine = fresh && expected.unwrap() == header("webhook-signature");
    let mut taken = receiver.taken.lock().unwrap();
    taken.push((header("webhook-id"), serde_json::from_str(&body).unwrap(), genuine));
    if !genuine {
        HttpResponse::Unauthorized().finish()
    } else if taken.len() <= receiver.refuse_first {
        HttpResponse::ServiceUnavailable().finish()
    } else {
        HttpResponse::NoContent().finish()
    }
}

fn serve(receiver: Receiver) -> (String, web::Data<Receiver>) {
    let receiver = web::Data::new(receiver);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let shared = receiver.clone();
    let path = "/api/v1/insurers/PICC/callbacks";
    let server =
        HttpServer::new(move || App::new().app_data(shared.clone()).route(path, web::post().to(receive)));
    tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    (base, receiver)
}

async fn code_to_session(sandbox: &RunningSandbox, query: &[(&str, &str)]) -> Value {
    let request = client().get(format!("{}/sns/jscode2session", sandbox.wechat_url())).query(query);
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wechat_code_is_good_once_and_an_invented_one_never() {
    let sandbox = start(SandboxSettings::default()).await;
    let minted = client().post(format!("{}/sandbox/wechat/codes", sandbox.base_url()));
    let minted: Value = minted.json(&json!({ "openid": "o-1" })).send().await.unwrap().json().await.unwrap();
    let with = |code: &'static str| {
        [
            ("appid", WECHAT_APP_ID),
            ("secret", WECHAT_SECRET),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ]
    };
    let code = String::leak(minted["code"].as_str().unwrap().to_owned());
    let first = code_to_session(&sandbox, &with(code)).await;
    assert_eq!((first["openid"].as_str(), first.get("errcode")), (Some("o-1"), None));
    assert_eq!(code_to_session(&sandbox, &with(code)).await["errcode"], 40163);
    assert_eq!(code_to_session(&sandbox, &with("invented")).await["errcode"], 40029);
    let mut wrong = with(code);
    wrong[1].1 = "wrong";
    assert_eq!(code_to_session(&sandbox, &wrong).await["errcode"], 40125);
    wrong[0].1 = "wrong";
    assert_eq!(code_to_session(&sandbox, &wrong).await["errcode"], 40013);
    sandbox.add_fault("wechat", &Fault::Errcode { errcode: -1 }, 1);
    assert_eq!(code_to_session(&sandbox, &with("invented")).await["errcode"], -1);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_has_one_effect_however_often_it_arrives() {
    let sandbox = start(SandboxSettings::default()).await;
    let first = file(&sandbox, &notice(CLAIM, "P-00001")).await.unwrap();
    assert_eq!(first.status(), 201);
    let first: Value = first.json().await.unwrap();
    let again = file(&sandbox, &notice(CLAIM, "P-00001")).await.unwrap();
    assert_eq!(again.status(), 200);
    assert_eq!(again.json::<Value>().await.unwrap()["insurer_claim_number"], first["insurer_claim_number"]);
    file(&sandbox, &notice(CLAIM, "P-00002")).await.unwrap();
    let entry = &sandbox.ledger()[0];
    assert_eq!((entry.effects, entry.deliveries, entry.differing), (1, 3, 1));
    assert_eq!(query(&sandbox, CLAIM).await.status(), 200);
    assert_eq!(query(&sandbox, Uuid::nil()).await.status(), 401);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_notice_is_refused_without_a_trace() {
    let sandbox = start(SandboxSettings::default()).await;
    let request = client().post(format!("{}/claims", sandbox.insurer_url("PICC")));
    let request = signed(request, "message-1", "{}").body(notice(CLAIM, "P-00001").to_string());
    assert_eq!(request.send().await.unwrap().status(), 401);
    let unsigned = client().post(format!("{}/claims", sandbox.insurer_url("PICC"))).body("{}").send();
    assert_eq!(unsigned.await.unwrap().status(), 401);
    assert_eq!(sandbox.ledger(), []);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insurer_with_policies_knows_only_those() {
    let policy = Policy { insurer: "PICC".into(), number: "P-00001".into(), plate: "鲁C12345".into() };
    let sandbox = start(SandboxSettings { policies: vec![policy], ..SandboxSettings::default() }).await;
    assert_eq!(file(&sandbox, &notice(CLAIM, "P-00002")).await.unwrap().status(), 422);
    assert_eq!(file(&sandbox, &notice(CLAIM, "P-00001")).await.unwrap().status(), 201);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_hit_as_many_requests_as_commanded() {
    let sandbox = start(SandboxSettings::default()).await;
    let command = json!({ "target": "insurer:PICC", "fault": { "kind": "status", "status": 503, "retry_after": 1 }, "times": 2 });
    let faults = format!("{}/sandbox/faults", sandbox.base_url());
    assert_eq!(client().post(faults).json(&command).send().await.unwrap().status(), 204);
    for _ in 0..2 {
        let answer = file(&sandbox, &notice(CLAIM, "P-00001")).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["retry-after"].as_bytes()),
            (503, b"1".as_slice())
        );
    }
    let effects = |sandbox: &RunningSandbox| sandbox.ledger()[0].effects;
    assert_eq!(effects(&sandbox), 0);
    sandbox.add_fault("insurer:PICC/file", &Fault::DropAfterCommit, 1);
    assert_eq!(file(&sandbox, &notice(CLAIM, "P-00001")).await.unwrap().status(), 200);
    assert_eq!((effects(&sandbox), query(&sandbox, CLAIM).await.status().as_u16()), (0, 404));
    sandbox.add_fault("insurer:PICC/file", &Fault::Reset, 1);
    assert!(file(&sandbox, &notice(CLAIM, "P-00001")).await.is_err());
    assert_eq!(effects(&sandbox), 0);
    sandbox.add_fault("insurer:PICC/file", &Fault::ResetAfterCommit, 1);
    assert!(file(&sandbox, &notice(CLAIM, "P-00001")).await.is_err());
    assert_eq!(effects(&sandbox), 1);
    assert_eq!(sandbox.ledger()[0].deliveries, 5);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_wait_for_the_service_and_repeat_until_it_accepts_them() {
    let sandbox = start(SandboxSettings::default()).await;
    file(&sandbox, &notice(CLAIM, "P-00001")).await.unwrap();
    let (base, receiver) = serve(Receiver { refuse_first: 2, ..Receiver::default() });
    sandbox.set_callback_base(&base);
    let accepted = sandbox.ledger_until(|entries| entries.iter().any(|entry| entry.callbacks == 1));
    let entries = tokio::time::timeout(Duration::from_secs(20), accepted).await.unwrap();
    assert_eq!(entries[0].status, Some(ClaimStatus::Acknowledged));
    let taken = receiver.taken.lock().unwrap().clone();
    assert_eq!(taken.len(), 3);
    assert!(taken.iter().all(|(id, event, genuine)| {
        *genuine
            && *id == taken[0].0
            && event["type"] == "claim.updated"
            && event["data"]["status"] == "acknowledged"
    }));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_by_hand_can_be_repeated_stale_or_forged() {
    let (base, receiver) = serve(Receiver::default());
    let sandbox = start(SandboxSettings { callback_base: Some(base), ..SandboxSettings::default() }).await;
    let send = async |extra: Value| {
        let mut command = json!({ "claim_id": CLAIM, "status": "paid", "amount_fen": 80_000 });
        command.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let url = format!("{}/sandbox/insurers/PICC/callbacks", sandbox.base_url());
        client().post(url).json(&command).send().await.unwrap().json::<Value>().await.unwrap()["statuses"]
            .clone()
    };
    assert_eq!(send(json!({ "copies": 3 })).await, json!([204, 204, 204]));
    assert_eq!(send(json!({ "forged": true })).await, json!([401]));
    assert_eq!(send(json!({ "age_seconds": 301 })).await, json!([401]));
    let taken = receiver.taken.lock().unwrap().clone();
    assert_eq!((&taken[0].0, taken[0].1["data"]["amount_fen"].as_i64()), (&taken[2].0, Some(80_000)));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_is_kept_once_and_needs_the_token() {
    let sandbox = start(SandboxSettings::default()).await;
    let send = async |token: &str| {
        let text = json!({ "id": CLAIM, "to": "13800000000", "text": "已受理" });
        let request = client().post(format!("{}/messages", sandbox.sms_url())).bearer_auth(token).json(&text);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((send("wrong").await, send(SMS_TOKEN).await, send(SMS_TOKEN).await), (401, 202, 202));
    let inbox = format!("{}/sandbox/sms", sandbox.base_url());
    let inbox: Value = client().get(inbox).send().await.unwrap().json().await.unwrap();
    assert_eq!(inbox, json!([{ "id": CLAIM, "to": "13800000000", "text": "已受理", "deliveries": 2 }]));
    sandbox.stop().await;
}

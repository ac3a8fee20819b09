//! The adapters against the sandbox, over real HTTP: what reaches whom, and what each mishap means.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a step that fails is a test that fails")]

use std::{sync::Arc, time::Duration};

use adapters::{
    insurer_json::JsonInsurer, sms::JsonSms, transport::Transport, webhook::WebhookKey, wechat::MiniProgram,
};
use chrono::{DateTime, Utc};
use domain::{
    claim::{ClaimAmendment, ClaimChange, ClaimStatus, FirstNotice},
    identifiers::{ClaimId, MessageId},
    ports::{Clock, DeliveryError, Insurer, SmsGateway, WeChat, WeChatError},
};
use sandbox::{
    RunningSandbox, Sandbox, SandboxSettings,
    fault::Fault,
    settings::{SMS_TOKEN, Step, WECHAT_APP_ID, WECHAT_SECRET},
};
use uuid::Uuid;

const MESSAGE: MessageId = MessageId(Uuid::from_u128(1));
const CLAIM: ClaimId = ClaimId(Uuid::from_u128(2));

#[derive(Debug)]
struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "the sandbox checks signatures against the real time")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

async fn sandbox() -> RunningSandbox {
    Sandbox::start(SandboxSettings::default()).await.unwrap()
}

fn transport() -> Transport {
    Transport::new(Duration::from_secs(15)).unwrap()
}

fn insurer(sandbox: &RunningSandbox, transport: Transport) -> JsonInsurer {
    let settings = &SandboxSettings::default().insurers[0];
    let key = WebhookKey::parse(&settings.secret).unwrap();
    let callback_key = WebhookKey::parse(&settings.callback_secret).unwrap();
    let base = sandbox.insurer_url("PICC").parse().unwrap();
    JsonInsurer::new(base, key, callback_key, transport, Arc::new(RealClock))
}

fn notice() -> FirstNotice {
    serde_json::from_str(include_str!("notice.json")).unwrap()
}

fn amendment(sequence: u32, change: ClaimChange) -> ClaimAmendment {
    let id = MessageId(Uuid::from_u128(100 + u128::from(sequence)));
    ClaimAmendment {
        id,
        claim: CLAIM,
        case_number: notice().case_number,
        sequence,
        at: DateTime::UNIX_EPOCH,
        change,
    }
}

fn redetermined() -> ClaimChange {
    let notice = FirstNotice { determination_number: "认字2".to_owned(), ..notice() };
    ClaimChange::Redetermined { notice: Box::new(notice) }
}

fn unavailable<T>(result: &Result<T, DeliveryError>) -> bool {
    matches!(result, Err(DeliveryError::Unavailable { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_sent_twice_has_one_effect_and_can_be_asked_for() {
    let sandbox = sandbox().await;
    let insurer = insurer(&sandbox, transport());
    assert_eq!(insurer.query(CLAIM).await, Ok(None));
    let number = insurer.file(MESSAGE, &notice()).await.unwrap();
    assert_eq!(insurer.file(MESSAGE, &notice()).await.unwrap(), number);
    let entry = &sandbox.ledger()[0];
    assert_eq!((entry.effects, entry.deliveries, entry.differing), (1, 2, 0));
    let report = insurer.query(CLAIM).await.unwrap().unwrap();
    assert_eq!((report.claim, report.insurer_number), (CLAIM, number));
    assert!(matches!(report.status, ClaimStatus::Submitted | ClaimStatus::Acknowledged));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_waits_for_its_claim_and_has_one_effect() {
    let sandbox = sandbox().await;
    let insurer = insurer(&sandbox, transport());
    let first = amendment(1, ClaimChange::ReviewRequested);
    assert!(unavailable(&insurer.amend(&first).await), "the claim is not known yet");
    insurer.file(MESSAGE, &notice()).await.unwrap();
    for _ in 0..2 {
        insurer.amend(&first).await.unwrap();
    }
    // The new determination overtakes what came before it, and stays.
    insurer.amend(&amendment(3, redetermined())).await.unwrap();
    let older = ClaimChange::ReviewConcluded { outcome: "reinvestigate".to_owned() };
    insurer.amend(&amendment(2, older)).await.unwrap();
    let entry = &sandbox.ledger()[0];
    let told: Vec<_> = entry.amendments.iter().map(|one| (one.change.as_str(), one.deliveries)).collect();
    assert_eq!(told, [("review_requested", 2), ("redetermined", 1), ("review_concluded", 1)]);
    assert_eq!((entry.effects, entry.determination_number.as_str()), (1, "认字2"));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_each_mishap_a_resend_leaves_exactly_one_amendment() {
    let sandbox = sandbox().await;
    let patient = insurer(&sandbox, transport());
    let hasty = insurer(&sandbox, Transport::new(Duration::from_millis(300)).unwrap());
    patient.file(MESSAGE, &notice()).await.unwrap();
    let long = 60_000;
    for fault in [
        Fault::Status { status: 500, retry_after: None },
        Fault::Stall { milliseconds: long },
        Fault::StallAfterCommit { milliseconds: long },
        Fault::Reset,
        Fault::ResetAfterCommit,
        Fault::Garbage,
        Fault::Huge { bytes: 65 * 1024 },
        Fault::Redirect { location: "http://127.0.0.1:1/".into() },
    ] {
        sandbox.add_fault("insurer:PICC/amend", &fault, 1);
        let told = amendment(1, redetermined());
        assert!(unavailable(&hasty.amend(&told).await), "{fault:?}");
        patient.amend(&told).await.unwrap();
    }
    sandbox.add_fault("insurer:PICC/amend", &Fault::DropAfterCommit, 1);
    patient.amend(&amendment(2, ClaimChange::ReviewWithdrawn)).await.unwrap();
    let entry = &sandbox.ledger()[0];
    assert_eq!((entry.amendments.len(), entry.amendments[0].differing), (1, 0));
    sandbox.add_fault("insurer:PICC/amend", &Fault::Status { status: 422, retry_after: None }, 1);
    let refused = patient.amend(&amendment(3, ClaimChange::ReviewRequested)).await.unwrap_err();
    assert!(matches!(refused, DeliveryError::Refused { .. }));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_each_mishap_a_resend_leaves_exactly_one_claim() {
    let sandbox = sandbox().await;
    let patient = insurer(&sandbox, transport());
    let hasty = insurer(&sandbox, Transport::new(Duration::from_millis(300)).unwrap());
    let long = 60_000;
    for fault in [
        Fault::Status { status: 500, retry_after: None },
        Fault::Stall { milliseconds: long },
        Fault::StallAfterCommit { milliseconds: long },
        Fault::Reset,
        Fault::ResetAfterCommit,
        Fault::Garbage,
        Fault::Huge { bytes: 65 * 1024 },
        Fault::Redirect { location: "http://127.0.0.1:1/".into() },
    ] {
        sandbox.add_fault("insurer:PICC/file", &fault, 1);
        assert!(unavailable(&hasty.file(MESSAGE, &notice()).await), "{fault:?}");
        patient.file(MESSAGE, &notice()).await.unwrap();
    }
    let entries = sandbox.ledger();
    assert_eq!((entries.len(), entries[0].effects, entries[0].differing), (1, 1, 0));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_was_taken_and_forgotten_is_found_missing() {
    let sandbox = sandbox().await;
    let insurer = insurer(&sandbox, transport());
    sandbox.add_fault("insurer:PICC/file", &Fault::DropAfterCommit, 1);
    insurer.file(MESSAGE, &notice()).await.unwrap();
    assert_eq!(insurer.query(CLAIM).await, Ok(None));
    insurer.file(MESSAGE, &notice()).await.unwrap();
    assert!(insurer.query(CLAIM).await.unwrap().is_some());
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_insurers_wish_to_wait_is_passed_on_and_a_refusal_is_final() {
    let sandbox = sandbox().await;
    let insurer = insurer(&sandbox, transport());
    sandbox.add_fault("insurer:PICC", &Fault::Status { status: 429, retry_after: Some(7) }, 1);
    let busy = insurer.file(MESSAGE, &notice()).await.unwrap_err();
    let wait = Some(Duration::from_secs(7));
    assert!(matches!(busy, DeliveryError::Unavailable { retry_after, .. } if retry_after == wait));
    sandbox.add_fault("insurer:PICC", &Fault::Status { status: 422, retry_after: None }, 1);
    let refused = insurer.file(MESSAGE, &notice()).await.unwrap_err();
    assert_eq!(refused, DeliveryError::Refused { reason: "422 as commanded".into() });
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_home_is_a_reason_to_try_again() {
    let sandbox = sandbox().await;
    let insurer = insurer(&sandbox, transport());
    sandbox.stop().await;
    let cause = insurer.file(MESSAGE, &notice()).await.unwrap_err().to_string();
    assert!(cause.contains("cannot connect") && !cause.contains("/claims"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wechat_code_is_exchanged_once() {
    let sandbox = sandbox().await;
    let wechat = |secret: &str| {
        let base = sandbox.wechat_url().parse().unwrap();
        MiniProgram::new(base, WECHAT_APP_ID.into(), secret.into(), transport())
    };
    let code = sandbox.mint_code("o-driver");
    assert_eq!(wechat(WECHAT_SECRET).who_is(&code).await.unwrap().as_str(), "o-driver");
    assert_eq!(wechat(WECHAT_SECRET).who_is(&code).await, Err(WeChatError::BadCode));
    for invented in ["invented", "", "a b", &"x".repeat(300)] {
        assert_eq!(wechat(WECHAT_SECRET).who_is(invented).await, Err(WeChatError::BadCode));
    }
    sandbox.add_fault("wechat", &Fault::Errcode { errcode: 40226 }, 1);
    assert_eq!(wechat(WECHAT_SECRET).who_is("code").await, Err(WeChatError::Blocked));
    sandbox.add_fault("wechat", &Fault::Reset, 1);
    let broken = wechat("wrong-secret").who_is("code").await.unwrap_err();
    assert!(matches!(&broken, WeChatError::Unavailable(cause) if !cause.contains("secret")), "{broken}");
    let misconfigured = wechat("wrong-secret").who_is("code").await.unwrap_err().to_string();
    assert!(misconfigured.contains("40125") && !misconfigured.contains("wrong-secret"));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_is_sent_once_however_often_it_is_tried() {
    let sandbox = sandbox().await;
    let gateway = |token: &str| JsonSms::new(sandbox.sms_url().parse().unwrap(), token.into(), transport());
    let to = "13800000000".parse().unwrap();
    sandbox.add_fault("sms", &Fault::ResetAfterCommit, 1);
    assert!(unavailable(&gateway(SMS_TOKEN).send(MESSAGE, &to, "已受理").await));
    gateway(SMS_TOKEN).send(MESSAGE, &to, "已受理").await.unwrap();
    let refused = gateway("wrong").send(MESSAGE, &to, "已受理").await;
    assert!(matches!(refused, Err(DeliveryError::Refused { .. })));
    let sent = sandbox.sent_texts();
    assert_eq!((sent.len(), sent[0].deliveries, sent[0].text.as_str()), (1, 2, "已受理"));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_believes_what_the_insurer_signs() {
    use sandbox::ledger::ClaimStatus as Reported;
    let (base, mut received) = callback_sink();
    let step = |status| Step { after: Duration::ZERO, status };
    let settings = SandboxSettings {
        callback_base: Some(base),
        steps: vec![step(Reported::Acknowledged), step(Reported::Agreed), step(Reported::Paid)],
        ..SandboxSettings::default()
    };
    let sandbox = Sandbox::start(settings).await.unwrap();
    let insurer = insurer(&sandbox, transport());
    let number = insurer.file(MESSAGE, &notice()).await.unwrap();
    let mut life = Vec::new();
    for _ in 0..3 {
        let (headers, body) =
            tokio::time::timeout(Duration::from_secs(20), received.recv()).await.unwrap().unwrap();
        let report = insurer.read_callback(&headers, &body, RealClock.now()).unwrap();
        assert_eq!((report.claim, &report.insurer_number), (CLAIM, &number));
        life.push((report.status, report.amount.is_some()));
    }
    let expected =
        [(ClaimStatus::Acknowledged, false), (ClaimStatus::Agreed, true), (ClaimStatus::Paid, true)];
    assert_eq!(life, expected);
    sandbox.stop().await;
}

type Received = (domain::ports::CallbackHeaders, Vec<u8>);

/// A service that accepts every callback and hands it on.
fn callback_sink() -> (String, tokio::sync::mpsc::UnboundedReceiver<Received>) {
    use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel::<Received>();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = HttpServer::new(move || {
        let sender = sender.clone();
        let take = move |request: HttpRequest, body: web::Bytes| {
            let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
            let headers = domain::ports::CallbackHeaders {
                id: header("webhook-id"),
                timestamp: header("webhook-timestamp"),
                signature: header("webhook-signature"),
            };
            sender.send((headers, body.to_vec())).unwrap();
            async { HttpResponse::NoContent().finish() }
        };
        App::new().route("/api/v1/insurers/PICC/callbacks", web::post().to(take))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    (base, receiver)
}

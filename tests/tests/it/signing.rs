//! Signing a document: opened before, with the code that came to the party's own phone and a drawn signature, sealed by
//! the service; and what does not count.

use std::time::Duration;

use domain::{case::CODE_TRIES, ports::Clock as _};
use image::{ImageFormat, Rgba, RgbaImage};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use kuaichu::clock::SystemClock;
use reqwest::Method;
use sandbox::fault::Fault;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::{ManualClock, TestDatabase, on_both};
use tests::{
    client::{CallFailed, Session},
    signing::{drawing, signature, signature_body},
};
use tokio::task::JoinSet;

use crate::{
    people::{ann, ben},
    scenes::{Scene, behind, decision, in_front, join, journal, photograph, report, reported, tell},
    support::{TestService, Wishes, until},
};

/// A decided case whose parties have opened nothing yet.
struct Decided {
    scene: Scene,
    document: String,
}

impl Decided {
    async fn on(service: &TestService) -> Self {
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(service).await;
        let case = scene.decided(&officer).await;
        let document = case["determination"]["document_sha256"].as_str().unwrap().to_owned();
        Self { scene, document }
    }

    /// The code that this party asked for.
    async fn code(&self, by: &Session) -> String {
        by.signing_code(&self.scene.id, &self.document).await.unwrap()
    }

    async fn sign(&self, by: &Session, code: &str) -> Result<Value, (u16, String)> {
        answered(by.send(&signature(&self.scene.id, &self.document, code)).await)
    }

    async fn sign_drawing(&self, by: &Session, code: &str, image: &[u8]) -> Result<Value, (u16, String)> {
        let call = signature(&self.scene.id, &self.document, code);
        answered(by.send(&call.json(signature_body(&self.document, code, image))).await)
    }
}

fn answered(answer: Result<tests::client::Answer, CallFailed>) -> Result<Value, (u16, String)> {
    match answer {
        Ok(answer) => Ok(answer.body),
        Err(failed) => {
            let (status, code) = failed.refusal().unwrap();
            Err((status, code.to_owned()))
        }
    }
}

fn refused(status: u16, code: &str) -> Result<Value, (u16, String)> {
    Err((status, code.to_owned()))
}

/// Another code of six digits.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

fn png(width: u32, height: u32, paint: impl Fn(u32, u32) -> Rgba<u8>) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    RgbaImage::from_fn(width, height, paint).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A service whose time stands still until the test moves it.
async fn timed(database: TestDatabase) -> (TestService, ManualClock) {
    let clock = ManualClock::at(SystemClock.now());
    let wishes = Wishes { clock: Some(clock.clone()), ..Wishes::default() };
    (TestService::with(database, wishes).await, clock)
}

on_both! {
    async fn nobody_signs_what_he_has_not_opened(database: TestDatabase) {
        let service = TestService::start(database).await;
        let case = Decided::on(&service).await;
        let (a, b) = (&case.scene.a, &case.scene.b);
        let asked = answered(a.request_signing_code(&case.scene.id, &case.document).await);
        assert_eq!(asked, refused(409, "document_not_opened"));
        assert_eq!(case.sign(a, "000000").await, refused(409, "document_not_opened"));
        b.get_document(&case.scene.id).await.unwrap();
        assert_eq!(case.sign(a, "000000").await, refused(409, "document_not_opened"), "B opened it, not A");
        a.get_document(&case.scene.id).await.unwrap();
        a.get_document(&case.scene.id).await.unwrap();
        assert_eq!(case.sign(a, "000000").await, refused(410, "signing_code_expired"), "no code was sent");
        let kinds = journal(a, &case.scene.id).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "document_opened").count(), 2, "once for each party");
        service.end().await;
    }

    async fn a_wrong_code_is_refused_and_after_five_of_them_the_right_one_too(database: TestDatabase) {
        let service = TestService::start(database).await;
        let case = Decided::on(&service).await;
        let a = &case.scene.a;
        let code = case.code(a).await;
        for _ in 0..CODE_TRIES {
            assert_eq!(case.sign(a, &wrong(&code)).await, refused(422, "signing_code_wrong"));
        }
        assert_eq!(case.sign(a, &code).await, refused(410, "signing_code_expired"));
        let code = case.code(a).await;
        assert_eq!(case.sign(a, &code).await.unwrap()["determination"]["signatures"]["A"]["state"], "signed");
        assert_eq!(case.sign(a, &code).await, refused(409, "already_answered"));
        service.end().await;
    }

    async fn of_guesses_at_once_five_count(database: TestDatabase) {
        let service = TestService::start(database).await;
        let case = Decided::on(&service).await;
        let code = case.code(&case.scene.a).await;
        let answers = at_once(&case, 24, &wrong(&code)).await;
        let count = |what: &Result<Value, _>| answers.iter().filter(|answer| *answer == what).count();
        let tried = usize::try_from(CODE_TRIES).unwrap();
        assert_eq!(count(&refused(422, "signing_code_wrong")), tried, "{answers:?}");
        assert_eq!(count(&refused(410, "signing_code_expired")), 24 - tried);
        assert_eq!(case.sign(&case.scene.a, &code).await, refused(410, "signing_code_expired"));
        service.end().await;
    }

    async fn of_signatures_at_once_with_the_right_code_one_counts(database: TestDatabase) {
        let service = TestService::start(database).await;
        let case = Decided::on(&service).await;
        let code = case.code(&case.scene.a).await;
        let answers = at_once(&case, 5, &code).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        for answer in answers.into_iter().filter_map(Result::err) {
            assert!(matches!(answer.0, 409 | 410), "{answer:?}");
        }
        let kinds = journal(&case.scene.a, &case.scene.id).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "determination_signed").count(), 1);
        service.end().await;
    }

    async fn a_code_holds_for_five_minutes_and_a_new_one_takes_its_place(database: TestDatabase) {
        let (service, clock) = timed(database).await;
        let case = Decided::on(&service).await;
        let a = &case.scene.a;
        let first = case.code(a).await;
        let second = case.code(a).await;
        if first != second {
            assert_eq!(case.sign(a, &first).await, refused(422, "signing_code_wrong"), "it was replaced");
        }
        clock.advance(Duration::from_secs(301));
        assert_eq!(case.sign(a, &second).await, refused(410, "signing_code_expired"));
        let third = case.code(a).await;
        clock.advance(Duration::from_secs(299));
        assert!(case.sign(a, &third).await.is_ok());
        service.end().await;
    }

    async fn only_so_many_codes_are_sent_and_the_answer_says_when_the_next_one_is(database: TestDatabase) {
        let (service, clock) = timed(database).await;
        let case = Decided::on(&service).await;
        let a = &case.scene.a;
        for _ in 0..5 {
            clock.advance(Duration::from_secs(60));
            case.code(a).await;
        }
        let body = json!({ "document_sha256": case.document });
        let path = case.scene.path("/signing-codes");
        let more = service.post(a, &path, &body).await;
        more.refused(429, "too_many_signing_codes");
        let wait: u64 = more.header("retry-after").unwrap().parse().unwrap();
        assert_eq!(wait, 3600 - 4 * 60 + 1);
        clock.advance(Duration::from_secs(wait));
        let a = &service.driver(ann().openid).await;
        let code = case.code(a).await;
        assert!(case.sign(a, &code).await.is_ok());
        service.end().await;
    }

    async fn a_code_belongs_to_one_party_one_document_and_one_session(database: TestDatabase) {
        let service = TestService::start(database).await;
        let case = Decided::on(&service).await;
        let (a, b) = (&case.scene.a, &case.scene.b);
        let of_b = case.code(b).await;
        assert_eq!(case.sign(a, &of_b).await, refused(409, "document_not_opened"));
        a.get_document(&case.scene.id).await.unwrap();
        assert_eq!(case.sign(a, &of_b).await, refused(410, "signing_code_expired"), "A has none");
        let of_a = case.code(a).await;
        if of_a != of_b {
            assert_eq!(case.sign(a, &of_b).await, refused(422, "signing_code_wrong"));
        }
        let other = "0".repeat(64);
        let call = signature(&case.scene.id, &other, &of_a);
        assert_eq!(answered(a.send(&call).await), refused(409, "document_changed"));
        let asked = answered(a.request_signing_code(&case.scene.id, &other).await);
        assert_eq!(asked, refused(409, "document_changed"));
        let stranger = service.driver("o-stranger").await;
        assert_eq!(answered(stranger.request_signing_code(&case.scene.id, &case.document).await), refused(404, "not_found"));
        assert!(case.sign(a, &of_a).await.is_ok(), "none of this used it up");
        service.end().await;
    }

    async fn a_drawing_is_a_small_png_with_something_on_it_and_a_bad_one_costs_no_try(database: TestDatabase) {
        let service = TestService::start(database).await;
        let case = Decided::on(&service).await;
        let a = &case.scene.a;
        let code = case.code(a).await;
        let blank = png(200, 80, |_, _| Rgba([255; 4]));
        let wide = png(2001, 20, |x, y| if x.abs_diff(y) < 4 { Rgba([0, 0, 0, 255]) } else { Rgba([255; 4]) });
        let mut heavy = drawing();
        heavy.resize(180_001, 0);
        for _ in 0..2 {
            assert_eq!(case.sign_drawing(a, &code, &blank).await, refused(422, "signature_image_blank"));
            assert_eq!(case.sign_drawing(a, &code, &wide).await, refused(422, "signature_image_invalid"));
            assert_eq!(case.sign_drawing(a, &code, &heavy).await, refused(422, "signature_image_invalid"));
            assert_eq!(case.sign_drawing(a, &code, b"%PDF-1.7").await, refused(422, "signature_image_invalid"));
            assert_eq!(case.sign_drawing(a, &code, &[7; 260_000]).await, refused(413, "body_too_large"));
        }
        let body = json!({ "document_sha256": case.document, "code": code, "image": "not base64!" });
        service.post(a, &case.scene.path("/determination/signature"), &body).await.refused(422, "invalid_value");
        let body = json!({ "document_sha256": case.document, "code": "12345", "image": "" });
        service.post(a, &case.scene.path("/determination/signature"), &body).await.refused(422, "invalid_value");
        assert!(case.sign_drawing(a, &code, &drawing()).await.is_ok());
        service.end().await;
    }

    async fn a_signature_is_sealed_so_that_anybody_can_check_it_and_its_drawing_is_on_the_document(database: TestDatabase) {
        let service = TestService::start(database).await;
        let case = Decided::on(&service).await;
        let (a, b, id) = (&case.scene.a, &case.scene.b, &case.scene.id);
        let draft = a.get_document(id).await.unwrap().bytes;
        let code = case.code(a).await;
        case.sign(a, &code).await.unwrap();
        b.refuse_determination(id, "不同意", None).await.unwrap();
        let stored = service.stored(id).await;
        let signatures = &stored.determination().unwrap().signatures;
        let proof = signatures.values().next().unwrap().proof().unwrap().clone();
        let image = proof.image.unwrap();
        assert_eq!(image.to_string(), hex::encode(Sha256::digest(drawing())));

        let keys: JwkSet = serde_json::from_value(service.api.jwks().await.unwrap().body).unwrap();
        let header = jsonwebtoken::decode_header(&proof.seal).unwrap();
        assert_eq!(header.typ.as_deref(), Some("kuaichu-signature+jwt"));
        let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims::<&str>(&[]);
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Value>(&proof.seal, &key, &validation).unwrap().claims;
        assert_eq!((&claims["sub"], &claims["role"]), (&json!(case.scene.number), &json!("A")));
        assert_eq!(claims["document"], json!({ "kind": "determination", "sha256": case.document }));
        assert_eq!(claims["image_sha256"], json!(image));
        assert!(claims["opened_at"].as_i64().unwrap() <= claims["iat"].as_i64().unwrap());
        assert!(claims["identity"]["one_time_code"]["sent_at"].is_i64());
        let told = claims.to_string();
        for canary in ann().canaries() {
            assert!(!told.contains(&canary), "{canary}");
        }

        let last = a.get_document(id).await.unwrap().bytes;
        let drawn = |pdf: &[u8]| pdf.windows(14).filter(|part| part == b"/Subtype/Image").count();
        assert_eq!((drawn(&draft), drawn(&last) > 0), (0, true), "the drawing is printed");
        let entries = a.get_journal(id).await.unwrap();
        let signed = entries.list("/entries").unwrap().iter().find(|entry| entry["kind"] == "determination_signed");
        assert!(signed.is_some());
        service.end().await;
    }

    async fn a_party_without_a_phone_gives_it_first(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let (a, b) = (service.driver(ann().openid).await, service.driver(ben().openid).await);
        let (id, _) = reported(&a, report(2, json!({}))).await;
        photograph(&a, &id, 1).await;
        join(&a, &b, &id).await;
        tell(&a, &id, &ann(), behind()).await;
        b.put_statement(&id, in_front(), ben().words).await.unwrap();
        a.submit_case(&id).await.unwrap();
        b.submit_case(&id).await.unwrap();
        let etag = officer.take_next_case().await.unwrap().version().unwrap().to_owned();
        let decided = officer.determine_liability(&id, &etag, decision(&officer, &id).await).await.unwrap();
        let document = decided.text("/determination/document_sha256").unwrap();
        b.get_document(&id).await.unwrap();
        let asked = answered(b.request_signing_code(&id, document).await);
        assert_eq!(asked, refused(409, "phone_missing"));
        b.update_party(&id, json!({ "phone": ben().phone })).await.unwrap();
        b.sign_determination(&id, document).await.unwrap();
        service.end().await;
    }

    async fn while_no_text_messages_go_out_nobody_can_sign_and_what_came_too_late_is_not_sent(database: TestDatabase) {
        let (service, clock) = timed(database).await;
        let case = Decided::on(&service).await;
        let (a, id) = (&case.scene.a, &case.scene.id);
        service.settle().await;
        a.get_document(id).await.unwrap();
        service.sandbox.add_fault("sms", &Fault::Status { status: 503, retry_after: None }, 1_000);
        let asked = a.request_signing_code(id, &case.document).await.unwrap();
        assert_eq!(asked.status, 202, "it is on its way");
        assert_eq!(asked.text("/sent_to").unwrap(), "139····0001");
        until("sending was tried", async || service.backlog().await.0 == 1).await;
        let guessed = case.sign(a, "000000").await;
        assert!(matches!(&guessed, Err((422, _))), "{guessed:?}");
        clock.advance(Duration::from_secs(301));
        service.sandbox.clear_faults();
        service.settle().await;
        assert!(a.received_codes(id).await.unwrap().is_empty(), "a code that is over is not sent");
        let code = case.code(a).await;
        assert!(case.sign(a, &code).await.is_ok());
        service.end().await;
    }

    async fn a_code_for_a_document_that_another_took_the_place_of_signs_nothing(database: TestDatabase) {
        let service = TestService::start(database).await;
        let scene = Scene::collected(&service).await;
        let (a, id) = (&scene.a, &scene.id);
        let propose = async || {
            let order = json!({ "grades": { "A": "full", "B": "none" }, "facts": "甲车追尾乙车。" });
            let proposed = service.post(a, &scene.path("/agreement"), &order).await.ok();
            proposed["agreement"]["document_sha256"].as_str().unwrap().to_owned()
        };
        let sign = async |document: &str, code: &str| {
            let body = signature_body(document, code, &drawing());
            service.post(a, &scene.path("/agreement/signature"), &body).await
        };
        let first = propose().await;
        let code = a.signing_code(id, &first).await.unwrap();
        service.post(a, &scene.path("/agreement/refusal"), &json!({ "reason": "写错了" })).await.ok();
        let second = propose().await;
        assert_ne!(first, second);
        sign(&first, &code).await.refused(409, "document_changed");
        sign(&second, &code).await.refused(409, "document_not_opened");
        a.get_document(id).await.unwrap();
        sign(&second, &code).await.refused(410, "signing_code_expired");
        let code = a.signing_code(id, &second).await.unwrap();
        sign(&second, &code).await.ok();
        let texts = service.sandbox.sent_texts();
        assert!(texts.iter().any(|sent| sent.text.contains("自行协商协议书") && sent.text.contains(&code)));
        service.end().await;
    }

    async fn an_officer_records_the_signature_of_who_has_no_session_by_the_code_from_his_phone(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let (id, number, document) = decided_for_absent(&service, &officer).await;
        let at = |rest: &str| format!("/cases/{id}{rest}");
        let nobody = json!({ "document_sha256": document });
        service.post(&officer, &at("/signing-codes"), &nobody).await.refused(403, "not_a_party");
        let itself = json!({ "document_sha256": document, "role": "A" });
        service.post(&officer, &at("/signing-codes"), &itself).await.refused(409, "party_signs_itself");
        let asked = json!({ "document_sha256": document, "role": "B" });
        assert_eq!(service.post(&officer, &at("/signing-codes"), &asked).await.status, 202);
        let texts = async || officer.codes_in_texts(&number, ben().phone).await.unwrap();
        until("the code has come", async || !texts().await.is_empty()).await;
        let code = texts().await.pop().unwrap();
        let record = |code: &str| json!({ "role": "B", "document_sha256": document, "code": code });
        let path = at("/determination/recorded-signature");
        service.post(&officer, &path, &record(&wrong(&code))).await.refused(422, "signing_code_wrong");
        let colleague = service.staff("officer-2").await;
        service.post(&colleague, &path, &record(&code)).await.refused(410, "signing_code_expired");
        let signed = service.post(&officer, &path, &record(&code)).await.ok();
        assert_eq!(signed["determination"]["signatures"]["B"]["state"], "signed");
        let stored = service.stored(&id).await;
        let signatures = &stored.determination().unwrap().signatures;
        let proof = signatures.values().nth(1).unwrap().proof().unwrap();
        assert!(proof.recorded_by.is_some() && proof.image.is_none());
        let told = service.sandbox.sent_texts().into_iter().find(|sent| sent.text.contains(&code)).unwrap();
        assert!(told.text.contains("仅可告诉该民警"), "{}", told.text);
        service.end().await;
    }
}

/// A decided case whose party B has no smartphone and was entered by the officer; gives id, number and document.
async fn decided_for_absent(service: &TestService, officer: &Session) -> (String, String, String) {
    let a = service.driver(ann().openid).await;
    let (id, case) = reported(&a, report(2, json!({}))).await;
    photograph(&a, &id, 1).await;
    tell(&a, &id, &ann(), behind()).await;
    let at = |rest: &str| format!("/cases/{id}{rest}");
    let alone = json!({ "agrees_to_remote_handling": true, "without_other_party": true });
    service.post(&a, &at("/submission"), &alone).await.ok();
    officer.take_next_case().await.unwrap();
    let added = json!({ "road_user": "motor_vehicle", "party": ben().details() });
    service.post(officer, &at("/parties"), &added).await.ok();
    let said = json!({ "facts": in_front(), "text": ben().words });
    service.write(Method::PUT, officer, &at("/parties/B/statement"), &said).await.ok();
    let applies = json!({ "agrees_to_remote_handling": true });
    service.post(officer, &at("/parties/B/submission"), &applies).await.ok();
    let seen = officer.get_case(&id).await.unwrap();
    let order =
        json!({ "grades": { "A": "full", "B": "none" }, "facts": "甲车追尾乙车。", "reason": "依照片认定" });
    let decided = officer.determine_liability(&id, seen.version().unwrap(), order).await.unwrap();
    let document = decided.text("/determination/document_sha256").unwrap().to_owned();
    (id, case["number"].as_str().unwrap().to_owned(), document)
}

/// So many signatures of A at once, each an action of its own.
async fn at_once(case: &Decided, times: usize, code: &str) -> Vec<Result<Value, (u16, String)>> {
    let mut signing = JoinSet::new();
    for _ in 0..times {
        let (by, call) = (case.scene.a.clone(), signature(&case.scene.id, &case.document, code));
        signing.spawn(async move { answered(by.send(&call).await) });
    }
    signing.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_in_its_text_message_and_nowhere_else() {
    let service = TestService::sqlite().await;
    let case = Decided::on(&service).await;
    let (a, id) = (&case.scene.a, &case.scene.id);
    let code = case.code(a).await;
    let texts = service.sandbox.sent_texts();
    let text = texts.iter().find(|sent| sent.text.contains("验证码")).unwrap();
    assert_eq!(text.to, ann().phone);
    for part in [case.scene.number.as_str(), "事故认定书", code.as_str(), "请勿告诉任何人"] {
        assert!(text.text.contains(part), "{part} in {}", text.text);
    }
    assert!(case.sign(a, &code).await.is_ok());
    service.settle().await;
    let said = [format!("验证码{code}"), format!("\"code\":\"{code}\"")];
    for file in service.database_files() {
        let bytes = std::fs::read(file).unwrap();
        let found = said.iter().find(|text| bytes.windows(text.len()).any(|part| part == text.as_bytes()));
        assert_eq!(found, None, "the code lies in the database");
    }
    let asked = service.request(Method::GET, &format!("/cases/{id}/journal")).bearer_auth(a.token());
    assert!(!crate::support::reply(asked).await.text().contains(&format!("\"{code}\"")));
    service.end().await;
}

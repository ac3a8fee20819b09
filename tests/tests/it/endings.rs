//! The ways to an end besides a determination, over HTTP: agreement, certificate, officer on scene, closed; and what
//! the clock does where nobody acts.

use std::time::Duration;

use app::PassedDeadlines;
use domain::{case::Signature, event::RefusedBy, ports::Clock as _};
use kuaichu::clock::SystemClock;
use serde_json::{Value, json};
use testkit::{ManualClock, on_both};
use tests::signing::{drawing, signature_body};

use crate::{
    people::{ann, ben},
    scenes::{Scene, journal, photograph, report, reported},
    support::{PATROL, TestService, UNITS, Wishes, one_time_secret, password_of, until},
};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What A proposes: that A bears everything.
fn agreement() -> Value {
    json!({ "grades": { "A": "full", "B": "none" }, "facts": "甲车追尾乙车，双方无异议。", "accident_form": "追尾碰撞" })
}

/// Proposes it in this case; gives the document's hash.
async fn propose(scene: &Scene) -> String {
    let case = scene.a.propose_agreement(&scene.id, agreement()).await.unwrap();
    assert_eq!((case.status, &case["stage"]), (201, &json!("agreeing")));
    case.text("/agreement/document_sha256").unwrap().to_owned()
}

/// How often each of these stands in the case's journal.
async fn counted<const N: usize>(service: &TestService, case: &str, kinds: [&str; N]) -> [usize; N] {
    let id = domain::identifiers::CaseId(case.parse().unwrap());
    let entries = service.inside.app.store().journal_of(id).await.unwrap();
    kinds.map(|kind| entries.iter().filter(|entry| entry.kind == kind).count())
}

on_both! {
    async fn two_drivers_agree_and_their_insurers_acknowledge_the_claims(database: TestDatabase) {
        let service = TestService::start(database).await;
        let scene = Scene::collected(&service).await;
        let first = propose(&scene).await;
        let seen = scene.b.get_case(&scene.id).await.unwrap();
        assert_eq!((&seen["agreement"]["proposed_by"], &seen["agreement"]["situation"]), (&json!("A"), &json!("1")));
        assert!(seen["due_at"].is_string(), "a party sees until when it can sign");
        let signed = scene.a.sign_agreement(&scene.id, &first).await.unwrap();
        assert_eq!((&signed["stage"], &signed["agreement"]["signatures"]["A"]["state"]), (&json!("agreeing"), &json!("signed")));
        let agreed = scene.b.sign_agreement(&scene.id, &first).await.unwrap();
        assert_eq!(agreed["stage"], "agreed");
        let last = agreed.text("/agreement/document_sha256").unwrap().to_owned();
        assert_ne!(first, last, "the final document bears the signatures");

        let officer = service.staff("officer-1").await;
        until("both claims are acknowledged", async || {
            let case = officer.get_case(&scene.id).await.unwrap();
            let claims = case.list("/claims").unwrap();
            claims.len() == 2 && claims.iter().all(|claim| claim["status"] == "acknowledged")
        }).await;
        let stored = service.stored(&scene.id).await;
        let agreement = stored.agreement().unwrap();
        assert_eq!(agreement.document.to_string(), last);
        assert!(agreement.signatures.values().all(|signature| signature.proof().is_some()), "each with its proof");
        let verified = service.api.verify_document(agreement.verification.as_str()).await.unwrap();
        assert_eq!(verified["number"], format!("协字{}", scene.number));
        for canary in ann().canaries().into_iter().chain(ben().canaries()) {
            assert!(!verified.body.to_string().contains(&canary), "{canary}");
        }
        let entries = journal(&scene.a, &scene.id).await;
        for kind in ["agreement_proposed", "agreement_signed", "agreement_concluded", "claim_filed"] {
            assert!(entries.iter().any(|entry| entry == kind), "{kind} in {entries:?}");
        }
        let late = scene.a.ask_for_officer(&scene.id, None).await.unwrap_err();
        assert_eq!(late.refusal(), Some((409, "wrong_stage")), "it is over");
        service.end().await;
    }

    async fn a_certificate_is_final_at_once_and_nothing_is_claimed_by_it(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        let etag = scene.taken(&officer).await;
        let (facts, reason) = ("两车在路口相撞。", "双方陈述不一，现场无监控。");
        let stale = officer.issue_certificate(&scene.id, "\"1\"", facts, reason).await.unwrap_err();
        assert_eq!(stale.refusal(), Some((412, "stale_version")));
        let certified = officer.issue_certificate(&scene.id, &etag, facts, reason).await.unwrap();
        assert_eq!(certified["stage"], "certified");
        let document = scene.b.get_document(&scene.id).await.unwrap();
        assert!(document.bytes.starts_with(b"%PDF"));
        let seen = scene.b.get_case(&scene.id).await.unwrap();
        assert_eq!((&seen["certificate"]["reason"], &seen["claims"]), (&json!(reason), &json!([])));
        service.settle().await;
        assert!(service.sandbox.ledger().is_empty(), "no insurer hears of it");
        let code = service.stored(&scene.id).await.certificate().unwrap().verification.clone();
        let verified = service.api.verify_document(code.as_str()).await.unwrap();
        assert_eq!(verified["number"], format!("证字{}", scene.number));
        service.end().await;
    }

    async fn whoever_wants_an_officer_on_scene_gets_one_from_wherever_the_case_stands(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let collecting = Scene::collected(&service).await;
        let agreeing = Scene::collected(&service).await;
        propose(&agreeing).await;
        let held = Scene::waiting(&service).await;
        held.taken(&officer).await;
        let a = service.driver("o-a").await;
        let (on_scene, _) = reported(&a, report(1, json!({ "cannot_move": "yes" }))).await;
        officer.create_dispatch(&on_scene, "车辆无法移动").await.unwrap();
        for (by, id) in [(&collecting.b, &collecting.id), (&agreeing.b, &agreeing.id), (&held.b, &held.id), (&a, &on_scene)] {
            let asked = by.ask_for_officer(id, Some("对方态度恶劣")).await.unwrap();
            assert_eq!((&asked["stage"], &asked["handed_over"]["to"]), (&json!("handed_over"), &json!("patrol")));
            let again = by.ask_for_officer(id, None).await.unwrap_err();
            assert_eq!(again.refusal(), Some((409, "wrong_stage")), "the patrol has it");
            assert_eq!(counted(&service, id, ["officer_asked_for", "case_handed_over"]).await[0], 1);
        }
        let unit = service.staff(UNITS[0]).await;
        assert!(unit.list_tasks().await.unwrap().list("").unwrap().is_empty(), "no unit is on its way any more");
        service.settle().await;
        let told = service.sandbox.sent_texts().into_iter().filter(|text| text.to == PATROL).count();
        assert_eq!(told, 4, "the patrol's duty phone is told of each");
        service.end().await;
    }

    async fn silence_at_each_stage_is_ended_by_the_clock_once_however_many_look_at_it(database: TestDatabase) {
        // So long ago that three working days are over today, whatever the holidays.
        let clock = ManualClock::at(SystemClock.now() - 20 * DAY);
        let wishes = Wishes { clock: Some(clock.clone()), ..Wishes::default() };
        let service = TestService::with(database, wishes).await;
        let code = tests::one_time::at("officer-1", &one_time_secret(), clock.now()).unwrap();
        let officer = service.api.staff_sign_in("officer-1", &password_of("officer-1"), &code).await.unwrap();
        let decided = Scene::waiting(&service).await;
        decided.decided(&officer).await;
        let asked = Scene::waiting(&service).await;
        asked.taken(&officer).await;
        officer.request_evidence(&asked.id, "B", &["plate"], "请补拍车牌").await.unwrap();
        let collecting = Scene::collected(&service).await;
        let agreeing = Scene::collected(&service).await;
        let document = propose(&agreeing).await;
        agreeing.a.sign_agreement(&agreeing.id, &document).await.unwrap();
        let (on_scene, _) = reported(&decided.a, report(1, json!({ "cannot_move": "yes" }))).await;
        officer.create_dispatch(&on_scene, "车辆无法移动").await.unwrap();

        let (one, other) = (service.inside_at(&clock, "").await.app, service.inside_at(&clock, "").await.app);
        let look = async || {
            let (first, second) = tokio::join!(one.pass_deadlines(), other.pass_deadlines());
            assert_eq!((first.unwrap().failed, second.unwrap().failed), (0, 0));
        };
        let stage = async |id: &str| service.stored(id).await.stage.name();
        look().await;
        assert_eq!((stage(&asked.id).await, stage(&on_scene).await), ("evidence_requested", "on_scene"));
        clock.advance(5 * HOUR);
        look().await;
        assert_eq!((stage(&asked.id).await, stage(&on_scene).await), ("waiting", "handed_over"));
        assert_eq!((stage(&collecting.id).await, stage(&agreeing.id).await), ("collecting", "agreeing"));
        assert_eq!(counted(&service, &on_scene, ["deadline_passed", "dispatch_cancelled", "case_handed_over"]).await, [1, 1, 2]);
        clock.advance(20 * HOUR);
        look().await;
        assert_eq!((stage(&collecting.id).await, stage(&agreeing.id).await), ("waiting", "waiting"));
        assert_eq!(stage(&decided.id).await, "decided", "three working days are not over");
        clock.set(SystemClock.now());
        look().await;
        let case = service.stored(&decided.id).await;
        assert_eq!(case.stage.name(), "concluded");
        let silent = |signature: &Signature| matches!(signature, Signature::Refused { by: RefusedBy::Silence, .. });
        assert!(case.determination().unwrap().signatures.values().all(silent));
        let kinds = ["deadline_passed", "determination_refused", "case_concluded", "claim_filed"];
        assert_eq!(counted(&service, &decided.id, kinds).await, [1, 2, 1, 2], "and nothing twice");
        for id in [&asked.id, &collecting.id, &agreeing.id, &decided.id] {
            assert_eq!(counted(&service, id, ["deadline_passed"]).await, [1]);
        }
        assert_eq!(one.pass_deadlines().await.unwrap(), PassedDeadlines::default(), "nobody is late any more");
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_is_declined_or_taken_back_leads_to_where_the_case_was() {
    let service = TestService::sqlite().await;
    let scene = Scene::collected(&service).await;
    let document = propose(&scene).await;
    let back = scene.b.decline_agreement(&scene.id, "责任划分不对").await.unwrap();
    assert_eq!((&back["stage"], &back["agreement"]), (&json!("collecting"), &Value::Null));
    let body = signature_body(&document, "000000", &drawing());
    service.post(&scene.b, &scene.path("/agreement/signature"), &body).await.refused(409, "wrong_stage");
    scene.submit().await;
    let officer = service.staff("officer-1").await;
    let since = officer.list_queue().await.unwrap()[0]["waiting_since"].clone();
    let again = propose(&scene).await;
    assert_ne!(document, again);
    assert_eq!(officer.take_next_case().await.unwrap().status, 204, "the parties are at it");
    let withdrawn = scene.a.decline_agreement(&scene.id, "改由民警认定").await.unwrap();
    assert_eq!(withdrawn["stage"], "waiting");
    assert_eq!(officer.list_queue().await.unwrap()[0]["waiting_since"], since, "it keeps its place");
    scene.concluded(&officer).await;
    let over = scene.a.propose_agreement(&scene.id, agreement()).await.unwrap_err();
    assert_eq!(over.refusal(), Some((409, "wrong_stage")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_agrees_alone_or_about_what_the_law_keeps_for_officers() {
    let service = TestService::sqlite().await;
    let a = service.driver("o-a").await;
    let (alone, _) = reported(&a, report(2, json!({}))).await;
    photograph(&a, &alone, 1).await;
    let missing = a.propose_agreement(&alone, agreement()).await.unwrap_err();
    assert_eq!(missing.refusal(), Some((409, "party_missing")));
    let (open, _) = reported(&a, report(2, json!({ "plate_problem": "unknown" }))).await;
    let refused = a.propose_agreement(&open, agreement()).await.unwrap_err();
    assert!(matches!(refused.refusal(), Some((409, "lane_forbids" | "wrong_stage"))), "{refused}");
    let scene = Scene::collected(&service).await;
    let half = json!({ "grades": { "A": "full" }, "facts": "甲车追尾乙车。" });
    let half = scene.a.propose_agreement(&scene.id, half).await.unwrap_err();
    assert_eq!(half.refusal(), Some((422, "liability_incomplete")));
    let stranger = service.driver("o-stranger").await;
    let not_his = stranger.propose_agreement(&scene.id, agreement()).await.unwrap_err();
    assert_eq!(not_his.refusal(), Some((404, "not_found")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_closes_what_cannot_be_handled_and_the_parties_see_why() {
    let service = TestService::sqlite().await;
    let (officer, other) = (service.staff("officer-1").await, service.staff("officer-2").await);
    let scene = Scene::waiting(&service).await;
    let etag = scene.taken(&officer).await;
    let not_his = other.close_case(&scene.id, &etag, "重复报案").await.unwrap_err();
    assert_eq!(not_his.refusal(), Some((403, "not_the_reviewer")));
    let closed = officer.close_case(&scene.id, &etag, "重复报案").await.unwrap();
    assert_eq!(closed["stage"], "closed");
    let seen = scene.a.get_case(&scene.id).await.unwrap();
    assert_eq!(seen["closed"]["reason"], "重复报案");
    assert!(officer.list_queue().await.unwrap().list("").unwrap().is_empty());
    service.end().await;
}

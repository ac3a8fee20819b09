//! Claims: filed once, moved only by signed callbacks, delivered whatever the insurer does.

use std::time::{Duration, Instant};

use domain::{claim::ClaimStatus, identifiers::InsurerCode};
use reqwest::Method;
use sandbox::{
    SandboxSettings,
    fault::Fault,
    settings::{Policy, Step},
};
use serde_json::{Value, json};
use testkit::{TestDatabase, on_both};

use crate::{
    scenes::{Scene, journal, report},
    support::{TestService, Wishes, reply, until},
};

/// A sandbox whose insurers say nothing on their own.
fn silent() -> Wishes {
    Wishes {
        sandbox: SandboxSettings { steps: Vec::new(), ..SandboxSettings::default() },
        ..Wishes::default()
    }
}

/// The claim of a concluded case with this insurer.
async fn claim_of(service: &TestService, insurer: &str) -> String {
    service
        .sandbox
        .ledger_until(|books| books.iter().any(|entry| entry.insurer == insurer && entry.effects == 1))
        .await;
    let books = service.sandbox.ledger();
    books.iter().find(|entry| entry.insurer == insurer).unwrap().claim_id.to_string()
}

/// Where the claim stands in the service.
async fn status(service: &TestService, insurer: &str, claim: &str) -> ClaimStatus {
    let code: InsurerCode = insurer.parse().unwrap();
    let id = domain::identifiers::ClaimId(claim.parse().unwrap());
    service.inside.app.store().claim_of_insurer(id, &code).await.unwrap().unwrap().claim.status
}

/// Lets an insurer call back; gives what the service answered to each copy.
async fn call_back(service: &TestService, insurer: &str, callback: Value) -> Vec<u64> {
    let answer = service.command(&format!("/sandbox/insurers/{insurer}/callbacks"), &callback).await;
    answer["statuses"].as_array().unwrap().iter().map(|status| status.as_u64().unwrap()).collect()
}

/// Concludes a case and waits until both insurers have its claims.
async fn filed(service: &TestService) -> (Scene, String, String) {
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(service).await;
    scene.concluded(&officer).await;
    service.settle().await;
    let (picc, paic) = (claim_of(service, "PICC").await, claim_of(service, "PAIC").await);
    (scene, picc, paic)
}

fn count(entries: &[String], kind: &str) -> usize {
    entries.iter().filter(|entry| *entry == kind).count()
}

on_both! {
    async fn a_claim_moves_once_per_callback_and_never_back(database: TestDatabase) {
        let service = TestService::with(database, silent()).await;
        let (scene, claim, _) = filed(&service).await;
        assert_eq!(status(&service, "PICC", &claim).await, ClaimStatus::Submitted);
        let acknowledged = json!({ "claim_id": claim, "status": "acknowledged", "insurer_claim_number": "P-1", "copies": 5 });
        assert_eq!(call_back(&service, "PICC", acknowledged).await, [204; 5]);
        assert_eq!(status(&service, "PICC", &claim).await, ClaimStatus::Acknowledged);
        let once = count(&journal(&scene.a, &scene.id).await, "claim_moved");
        assert_eq!(once, 3, "two submitted, one acknowledged");
        let paid = json!({ "claim_id": claim, "status": "paid", "amount_fen": 120_000 });
        assert_eq!(call_back(&service, "PICC", paid).await, [204]);
        for late in ["acknowledged", "surveyed", "agreed", "rejected"] {
            let late = json!({ "claim_id": claim, "status": late, "reason": "late" });
            assert_eq!(call_back(&service, "PICC", late).await, [204]);
        }
        let case = scene.a.get_case(&scene.id).await.unwrap();
        assert_eq!((case["claims"][0]["status"].as_str(), case["claims"][0]["amount_fen"].as_u64()), (Some("paid"), Some(120_000)));
        assert_eq!(case["claims"][0]["insurer_number"], "P-1");
        assert_eq!(count(&journal(&scene.a, &scene.id).await, "claim_moved"), once + 1);
        service.end().await;
    }

    async fn twenty_copies_at_once_have_one_effect(database: TestDatabase) {
        let service = TestService::with(database, silent()).await;
        let (scene, claim, _) = filed(&service).await;
        let before = count(&journal(&scene.a, &scene.id).await, "claim_moved");
        let body = json!({ "claim_id": claim, "status": "acknowledged" });
        let copies = (0..20).map(|_| call_back(&service, "PICC", body.clone()));
        for answer in futures_util::future::join_all(copies).await {
            assert_eq!(answer, [204]);
        }
        assert_eq!(count(&journal(&scene.a, &scene.id).await, "claim_moved"), before + 1);
        service.end().await;
    }

    async fn an_insurer_that_fails_and_comes_back_has_each_claim_once(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        service.sandbox.add_fault("insurer:PICC/file", &Fault::Status { status: 503, retry_after: Some(1) }, 1);
        service.sandbox.add_fault("insurer:PAIC/file", &Fault::ResetAfterCommit, 1);
        scene.concluded(&officer).await;
        service.settle().await;
        let both = service.sandbox.ledger_until(|books| books.iter().all(|entry| entry.callbacks == 1));
        let books = tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
        assert_eq!(books.len(), 2);
        for entry in books {
            assert_eq!((entry.effects, entry.deliveries, entry.differing), (1, 2, 0), "{}", entry.insurer);
            let claim = entry.claim_id.to_string();
            assert_eq!(status(&service, &entry.insurer, &claim).await, ClaimStatus::Acknowledged);
        }
        service.end().await;
    }

    async fn a_refused_claim_waits_for_a_person_and_harms_no_other(database: TestDatabase) {
        let known = Policy { insurer: "PICC".to_owned(), number: "SOMEBODY-ELSES".to_owned(), plate: "鲁C00000".to_owned() };
        let sandbox = SandboxSettings { policies: vec![known], ..SandboxSettings::default() };
        let service = TestService::with(database, Wishes { sandbox, parked: 1, ..Wishes::default() }).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        scene.concluded(&officer).await;
        service.settle().await;
        assert_eq!(service.backlog().await, (0, 1));
        claim_of(&service, "PAIC").await;
        let books = service.sandbox.ledger();
        let refused = books.iter().find(|entry| entry.insurer == "PICC").unwrap();
        assert_eq!((refused.effects, refused.deliveries), (0, 1), "a refusal is not tried again");
        assert_eq!(status(&service, "PICC", &refused.claim_id.to_string()).await, ClaimStatus::Queued);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_insurer_answers_the_claim_arrives_once() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let elsewhere = Fault::Redirect { location: format!("{}/healthz", service.sandbox.base_url()) };
    for fault in [Fault::Huge { bytes: 10_000_000 }, Fault::Reset] {
        service.sandbox.add_fault("insurer:PICC/file", &fault, 1);
    }
    for fault in [elsewhere, Fault::StallAfterCommit { milliseconds: 300 }] {
        service.sandbox.add_fault("insurer:PAIC/file", &fault, 1);
    }
    scene.concluded(&officer).await;
    service.settle().await;
    for entry in service.sandbox.ledger() {
        assert_eq!((entry.effects, entry.differing), (1, 0), "{}", entry.insurer);
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_insurer_does_not_hold_another_up() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    service.sandbox.add_fault("insurer:PICC/file", &Fault::Stall { milliseconds: 8_000 }, 1);
    scene.concluded(&officer).await;
    let paic = service
        .sandbox
        .ledger_until(|books| books.iter().any(|entry| entry.insurer == "PAIC" && entry.callbacks == 1));
    tokio::time::timeout(Duration::from_secs(3), paic)
        .await
        .expect("PAIC has confirmed while PICC still stalls");
    // What comes later does not wait either.
    let began = Instant::now();
    let injured = report(2, json!({ "injured": "yes" }));
    scene.a.report_case(injured).await.unwrap();
    until("the patrol is told", async || !service.sandbox.sent_texts().is_empty()).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(service.sandbox.ledger().iter().all(|entry| entry.insurer != "PICC" || entry.effects == 0));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_stale_and_foreign_callbacks_change_nothing() {
    let service = TestService::with(TestDatabase::sqlite().await, silent()).await;
    let (scene, claim, _) = filed(&service).await;
    let before = journal(&scene.a, &scene.id).await;
    let body = |more: Value| {
        let mut body = json!({ "claim_id": claim, "status": "paid", "amount_fen": 1 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(call_back(&service, "PICC", body(json!({ "forged": true }))).await, [401]);
    for age in [301, 86_400, -301] {
        assert_eq!(call_back(&service, "PICC", body(json!({ "age_seconds": age }))).await, [401], "{age}");
    }
    assert_eq!(call_back(&service, "PAIC", body(json!({}))).await, [404], "signed by another insurer");
    let unknown = json!({ "claim_id": "00000000-0000-7000-8000-000000000000", "status": "paid" });
    assert_eq!(call_back(&service, "PICC", unknown).await, [404]);
    assert_eq!(
        call_back(&service, "PICC", json!({ "claim_id": claim, "status": "paid", "amount_fen": -1 })).await,
        [422]
    );
    let post = |code: &str| service.request(Method::POST, &format!("/insurers/{code}/callbacks")).body("{}");
    reply(post("PICC")).await.refused(401, "callback_forged");
    reply(post("NONE")).await.refused(404, "not_found");
    reply(post("no%20code")).await.refused(404, "not_found");
    assert_eq!(status(&service, "PICC", &claim).await, ClaimStatus::Submitted);
    assert_eq!(journal(&scene.a, &scene.id).await, before);
    assert_eq!(
        call_back(&service, "PICC", body(json!({ "age_seconds": 299 }))).await,
        [204],
        "just fresh enough"
    );
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_before_the_filing_is_answered_still_counts() {
    let steps = vec![Step { after: Duration::ZERO, status: sandbox::ledger::ClaimStatus::Acknowledged }];
    let sandbox = SandboxSettings { steps, ..SandboxSettings::default() };
    let service =
        TestService::with(TestDatabase::sqlite().await, Wishes { sandbox, ..Wishes::default() }).await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    service.sandbox.add_fault("insurer:PICC/file", &Fault::StallAfterCommit { milliseconds: 1_000 }, 1);
    scene.concluded(&officer).await;
    let claim = claim_of(&service, "PICC").await;
    until("the claim is acknowledged", async || {
        status(&service, "PICC", &claim).await == ClaimStatus::Acknowledged
    })
    .await;
    service.settle().await;
    assert_eq!(
        status(&service, "PICC", &claim).await,
        ClaimStatus::Acknowledged,
        "the filing's answer comes too late"
    );
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insurer_reads_its_own_claims_and_no_others() {
    let service = TestService::with(TestDatabase::sqlite().await, silent()).await;
    let (scene, picc, paic) = filed(&service).await;
    let insurer = service.insurer("PICC").await;
    let listed = insurer.list_claims().await.unwrap();
    assert_eq!(listed.list("").unwrap().len(), 1);
    assert_eq!(listed[0]["state"]["id"], picc.as_str());
    let claim = insurer.get_claim(&picc).await.unwrap();
    assert_eq!(claim["notice"]["case_number"], scene.number.as_str());
    assert_eq!(insurer.get_claim(&paic).await.unwrap_err().refusal(), Some((404, "not_found")));
    for (query, status) in [
        ("limit=0", 400),
        ("limit=201", 400),
        ("limit=-1", 400),
        ("offset=x", 400),
        ("page=2", 400),
        ("limit=1&offset=1", 200),
    ] {
        let answer = service.get(&insurer, &format!("/claims?{query}")).await;
        assert_eq!(answer.status, status, "{query}");
    }
    service.end().await;
}

//! Self-control as officers and supervisors see it: a sample decided again without the first decision, and what
//! colleagues decided; and the sketch and contradictions that are drawn from what parties said.

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::TestDatabase;

use crate::{
    people::{ann, ben},
    scenes::{Scene, join, photograph, report, reported, tell},
    support::{TestService, Wishes, reply},
};

/// The city's policy, but every closed case is decided again.
const POLICY: &str = include_str!("../../../crates/domain/rules/policy.toml");

/// A service of a city that has every case decided again.
async fn all_again(database: TestDatabase) -> (TestService, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let policy = POLICY.replace("determinations = 5", "determinations = 100");
    assert_ne!(policy, POLICY, "the control: the rate stands in the policy");
    std::fs::write(folder.path().join("policy.toml"), policy).unwrap();
    let settings = format!("[rules]\nfolder = \"{}\"\n", folder.path().display());
    let wishes = Wishes { settings: settings.leak(), ..Wishes::default() };
    (TestService::with(database, wishes).await, folder)
}

fn decision(a: &str, b: &str) -> Value {
    json!({ "grades": { "A": a, "B": b }, "reason": "后车未保持安全距离" })
}

testkit::on_both! {
    async fn a_closed_case_is_decided_again_by_a_colleague_who_does_not_see_how_it_was_decided(database: TestDatabase) {
        let (service, _rules) = all_again(database).await;
        let (first, second) = (service.staff("officer-1").await, service.staff("officer-2").await);
        let scene = Scene::waiting(&service).await;
        scene.concluded(&first).await;
        service.settle().await;
        let before = scene.a.get_case(&scene.id).await.unwrap();
        // Not who decided it, not who is related to a party's vehicle elsewhere, not another district.
        let far = service.staff("officer-far").await;
        for nobody in [&first, &far] {
            assert_eq!(service.post(nobody, "/second-looks/next", &json!({})).await.status, 204);
        }
        let look = service.post(&second, "/second-looks/next", &json!({})).await.ok();
        let shown = look.to_string();
        let told = [&scene.id, &scene.number, "grades\":{", "determination", "130300", "鲁C"];
        for hidden in told {
            assert!(!shown.contains(hidden), "{hidden} is told: {shown}");
        }
        assert_eq!(look["parties"][0]["facts"]["manoeuvre"], "following");
        assert_eq!(service.post(&second, "/second-looks/next", &json!({})).await.status, 204, "one at a time");
        let id = look["id"].as_str().unwrap();
        let photo = look["photos"][0]["id"].as_str().unwrap();
        let picture = format!("/second-looks/{id}/photos/{photo}?copy=view");
        assert_eq!(service.get(&second, &picture).await.header("content-type"), Some("image/jpeg"));
        assert_eq!(service.get(&first, &picture).await.status, 404, "only who holds it");
        let path = format!("/second-looks/{id}/decision");
        service.post(&second, &path, &json!({ "grades": { "A": "full" }, "reason": "x" })).await
            .refused(422, "liability_incomplete");
        let done = service.post(&second, &path, &decision("full", "none")).await.ok();
        assert_eq!(done, json!({ "agrees": true }));
        assert_eq!(service.post(&second, &path, &decision("none", "full")).await.status, 404, "once");
        // Nothing followed from it for the parties.
        let now = scene.a.get_case(&scene.id).await.unwrap();
        for part in ["stage", "determination", "parties", "review"] {
            assert_eq!(now[part], before[part], "{part}");
        }
        let supervisor = service.staff("supervisor-1").await;
        let all = service.get(&supervisor, "/self-control").await.ok();
        assert_eq!((all["open"].as_u64(), all["agreement"].as_array().unwrap().len()), (Some(0), 1));
        let rate = &all["agreement"][0];
        assert_eq!((&rate["situation"], &rate["agreed"]["count"], &rate["agreed"]["of"]), (&json!("1"), &json!(1), &json!(1)));
        service.end().await;
    }

    async fn an_officer_sees_how_colleagues_decided_when_there_are_enough_cases(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let path = |scene: &Scene| scene.path("/colleagues");
        for number in 0..5 {
            let scene = Scene::waiting(&service).await;
            scene.concluded(&officer).await;
            let seen = service.get(&officer, &path(&scene)).await.ok();
            assert_eq!(seen["outcomes"].is_null(), number < 4, "{seen}");
        }
        let scene = Scene::waiting(&service).await;
        let seen = service.get(&officer, &path(&scene)).await.ok();
        let outcome = &seen["outcomes"][0];
        assert_eq!((&outcome["chosen"]["count"], &outcome["chosen"]["of"]), (&json!(5), &json!(5)));
        assert!(outcome["chosen"]["low"].as_f64().unwrap() < 0.6, "five cases do not say much: {seen}");
        service.end().await;
    }

    async fn the_parties_confirm_the_sketch_and_it_is_printed_then(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let (a, b) = (service.driver(ann().openid).await, service.driver(ben().openid).await);
        let (id, _) = reported(&a, report(2, json!({}))).await;
        photograph(&a, &id, 1).await;
        join(&a, &b, &id).await;
        tell(&a, &id, &ann(), json!({ "manoeuvre": "following", "impact_zone": 12, "heading": "north" })).await;
        let sketch = format!("/cases/{id}/sketch");
        service.get(&b, &sketch).await.refused(409, "statement_missing");
        tell(&b, &id, &ben(), json!({ "manoeuvre": "stopped", "impact_zone": 6, "heading": "north" })).await;
        let seen = service.get(&b, &sketch).await.ok();
        assert!(seen["svg"].as_str().unwrap().starts_with("<svg "));
        let confirm = format!("/cases/{id}/sketch/confirmation");
        service.post(&a, &confirm, &json!({ "sketch_sha256": "0".repeat(64) })).await.refused(409, "sketch_changed");
        for by in [&a, &b] {
            service.post(by, &confirm, &json!({ "sketch_sha256": seen["sha256"] })).await.ok();
        }
        assert_eq!(service.get(&officer, &sketch).await.ok()["confirmed_by"], json!(["A", "B"]));
        assert!(service.stored(&id).await.sketch_confirmed_by().len() == 2);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_cannot_both_be_true_are_shown_with_the_question_that_settles_it() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::collected(&service).await;
    scene
        .b
        .put_statement(&scene.id, json!({ "manoeuvre": "following", "impact_zone": 6 }), "我是后车")
        .await
        .unwrap();
    let found = service.get(&officer, &scene.path("/contradictions")).await.ok();
    assert_eq!(found[0]["code"], "both_behind");
    assert_eq!(found[0]["parties"], json!(["A", "B"]));
    assert!(found[0]["question"]["zh"].as_str().unwrap().contains("哪一辆车"));
    let hidden = service.request(Method::GET, &scene.path("/contradictions")).bearer_auth(scene.a.token());
    assert_eq!(reply(hidden).await.status, 403);
    service.end().await;
}

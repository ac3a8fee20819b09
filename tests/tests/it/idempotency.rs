//! The same key does nothing twice; decisions count only for what was seen.

use reqwest::{Method, header::IF_MATCH};
use serde_json::{Value, json};
use testkit::on_both;
use tests::client::Session;

use crate::{
    scenes::{FACTS, Scene, report},
    support::{Reply, TestService, key, reply},
};

async fn report_with(service: &TestService, by: &Session, key: &str, body: &Value) -> Reply {
    let request = service.request(Method::POST, "/cases").bearer_auth(by.token());
    reply(request.header("idempotency-key", key).json(body)).await
}

async fn cases(by: &Session) -> usize {
    by.list_my_cases().await.unwrap().list("").unwrap().len()
}

on_both! {
    async fn the_same_request_gets_the_first_answer_again(database: TestDatabase) {
        let service = TestService::start(database).await;
        let (by, key) = (service.driver("o-a").await, key());
        let first = report_with(&service, &by, &key, &report(2, json!({}))).await;
        let again = report_with(&service, &by, &key, &report(2, json!({}))).await;
        assert_eq!((first.status, again.status), (201, 201));
        assert_eq!(first.bytes, again.bytes);
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), (None, Some("true")));
        assert_eq!(first.header("etag"), again.header("etag"));
        let other = report_with(&service, &by, &key, &report(3, json!({}))).await;
        other.refused(422, "idempotency_key_reused");
        let elsewhere = service.request(Method::POST, "/cases/join").bearer_auth(by.token()).header("idempotency-key", &key);
        let body = json!({ "code": "0".repeat(26), "road_user": "motor_vehicle" });
        reply(elsewhere.json(&body)).await.refused(422, "idempotency_key_reused");
        assert_eq!(cases(&by).await, 1);
        service.end().await;
    }

    async fn a_key_belongs_to_its_account(database: TestDatabase) {
        let service = TestService::start(database).await;
        let (a, b, key) = (service.driver("o-a").await, service.driver("o-b").await, key());
        let first = report_with(&service, &a, &key, &report(2, json!({}))).await.ok();
        let second = report_with(&service, &b, &key, &report(2, json!({}))).await;
        assert_eq!((second.status, second.header("idempotent-replayed")), (201, None));
        assert_ne!(first["id"], second.json()["id"]);
        let third = report_with(&service, &b, &key, &report(3, json!({}))).await;
        third.refused(422, "idempotency_key_reused");
        assert!(!third.text().contains(first["number"].as_str().unwrap()));
        assert_eq!((cases(&a).await, cases(&b).await), (1, 1));
        service.end().await;
    }

    async fn twenty_taps_at_once_are_one_case(database: TestDatabase) {
        let service = TestService::start(database).await;
        let (by, key, body) = (service.driver("o-a").await, key(), report(2, json!({})));
        let taps = futures(20, |_| report_with(&service, &by, &key, &body)).await;
        let first = &taps[0];
        for tap in &taps {
            assert_eq!((tap.status, &tap.bytes), (201, &first.bytes), "{}", tap.text());
        }
        assert_eq!(taps.iter().filter(|tap| tap.header("idempotent-replayed").is_none()).count(), 1);
        assert_eq!(cases(&by).await, 1);
        service.end().await;
    }

    async fn different_keys_at_once_are_different_cases(database: TestDatabase) {
        let service = TestService::start(database).await;
        let (by, body) = (service.driver("o-a").await, report(2, json!({})));
        let keys: Vec<String> = (0..20).map(|_| key()).collect();
        for tap in futures(20, |number| report_with(&service, &by, &keys[number], &body)).await {
            assert_eq!((tap.status, tap.header("idempotent-replayed")), (201, None), "{}", tap.text());
        }
        assert_eq!(cases(&by).await, 20);
        service.end().await;
    }

    async fn a_decision_counts_only_for_what_was_seen(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        let etag = scene.taken(&officer).await;
        let grades = officer.suggest_liability(&scene.id).await.unwrap();
        let decision = json!({ "grades": grades["grades"], "facts": FACTS });
        let path = scene.path("/determination");
        let post = || service.request(Method::POST, &path).bearer_auth(officer.token()).json(&decision);
        reply(post().header("idempotency-key", key())).await.refused(428, "if_match_missing");
        reply(post().header("idempotency-key", key()).header(IF_MATCH, "*")).await.refused(400, "if_match_malformed");
        reply(post().header(IF_MATCH, &etag)).await.refused(400, "idempotency_key_missing");
        scene.b.put_statement(&scene.id, json!({ "manoeuvre": "stopped" }), "补充").await.unwrap();
        service.decide(&officer, &path, &etag, &decision).await.refused(412, "stale_version");
        let body = json!({ "to": "patrol", "reason": "转现场" });
        service.decide(&officer, &scene.path("/escalation"), &etag, &body).await.refused(412, "stale_version");
        let seen = officer.get_case(&scene.id).await.unwrap();
        let (key, etag) = (key(), seen.version().unwrap());
        let again = || reply(post().header("idempotency-key", &key).header(IF_MATCH, etag));
        let first = again().await;
        assert_eq!(first.ok()["stage"], "decided");
        let second = again().await;
        assert_eq!((second.status, &second.bytes), (200, &first.bytes), "a retry is not stale");
        service.end().await;
    }
}

/// Does `many` things at once.
async fn futures<'a, F>(many: usize, what: impl Fn(usize) -> F) -> Vec<Reply>
where
    F: Future<Output = Reply> + 'a,
{
    futures_util::future::join_all((0..many).map(what)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_keyed_operation_asks_for_its_key_and_for_a_proper_one() {
    let service = TestService::sqlite().await;
    let (driver, officer, unit) =
        (service.driver("o-a").await, service.staff("officer-1").await, service.staff("unit-1").await);
    let supervisor = service.staff("supervisor-1").await;
    for operation in kuaichu::api::OPERATIONS.iter().filter(|operation| operation.keyed) {
        let by = [&driver, &officer, &unit, &supervisor].into_iter().zip([
            domain::identity::Role::Driver,
            domain::identity::Role::Officer,
            domain::identity::Role::PointStaff,
            domain::identity::Role::Supervisor,
        ]);
        let by = by.into_iter().find(|(_, role)| operation.admits(*role)).unwrap().0;
        let path =
            operation.path.replace("{id}", "00000000-0000-7000-8000-000000000000").replace("{role}", "B");
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let request = || {
            service
                .request(method.clone(), &path)
                .bearer_auth(by.token())
                .header(IF_MATCH, "\"1\"")
                .json(&json!({}))
        };
        reply(request()).await.refused(400, "idempotency_key_missing");
        for bad in ["short", "with a blank", &"x".repeat(129)] {
            reply(request().header("idempotency-key", bad)).await.refused(400, "idempotency_key_malformed");
        }
    }
    service.end().await;
}

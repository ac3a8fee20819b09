//! What the rules propose to the officer, with its reasons: over HTTP, for two and three vehicles.

use std::fs;

use serde_json::{Value, json};
use testkit::{TestDatabase, on_both};

use crate::{
    people::{ann, ben, cat},
    scenes::{Scene, join, jpeg, photograph, report, reported, tell},
    support::{TestService, Wishes},
};

/// What the city chooses; by this file accidents of three and more are not handled remotely.
const POLICY: &str = include_str!("../../../crates/domain/rules/policy.toml");

fn at_green(manoeuvre: &str) -> Value {
    json!({ "manoeuvre": manoeuvre, "junction": "signals", "signal": "green" })
}

on_both! {
    async fn the_proposal_says_which_facts_led_there_and_what_would_turn_it(database: TestDatabase) {
        let service = TestService::start(database).await;
        let scene = Scene::collected(&service).await;
        let turning = json!({ "manoeuvre": "turning_left", "junction": "signals", "signal": "green",
            "heading": "north", "lane": { "number": 1, "of": 3 }, "contacts": [{ "with": "B", "zone": 2 }] });
        tell(&scene.a, &scene.id, &ann(), turning.clone()).await;
        tell(&scene.b, &scene.id, &ben(), at_green("straight")).await;
        let told = scene.a.get_case(&scene.id).await.unwrap().body["parties"][0]["statement"].clone();
        assert_eq!((&told["facts"]["heading"], &told["facts"]["contacts"]), (&turning["heading"], &turning["contacts"]));
        assert!(told["read_back"]["zh"].as_str().unwrap().contains("我由南向北行驶。"));
        scene.submit().await;
        let officer = service.staff("officer-1").await;
        scene.taken(&officer).await;
        let proposed = officer.suggest_liability(&scene.id).await.unwrap().body;
        assert_eq!(proposed["grades"], json!({ "A": "full", "B": "none" }));
        assert_eq!(proposed["shares"], json!({ "A": 100, "B": 0 }));
        assert_eq!(proposed["situation"], "7.17");
        let led: Vec<_> = proposed["because"][0]["facts"].as_array().unwrap().iter()
            .map(|fact| [&fact["role"], &fact["fact"], &fact["value"]].map(|part| part.as_str().unwrap()).join(" "))
            .collect();
        assert_eq!(led, ["A manoeuvre turning_left", "A signal green", "B manoeuvre straight", "B signal green"]);
        let sentences: Vec<_> = proposed["would_change"].as_array().unwrap().iter()
            .map(|change| change["text"]["zh"].as_str().unwrap())
            .collect();
        assert!(sentences.contains(&"若乙方面对红灯：甲方无责任，乙方全部责任。"), "{sentences:?}");
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_names_the_question_that_settles_it() {
    let service = TestService::sqlite().await;
    let scene = Scene::collected(&service).await;
    tell(&scene.a, &scene.id, &ann(), at_green("straight")).await;
    let light_unknown = json!({ "manoeuvre": "straight", "junction": "signals" });
    tell(&scene.b, &scene.id, &ben(), light_unknown).await;
    scene.submit().await;
    let officer = service.staff("officer-1").await;
    scene.taken(&officer).await;
    let silent = officer.suggest_liability(&scene.id).await.unwrap().body;
    assert_eq!((&silent["grades"], &silent["shares"]), (&Value::Null, &Value::Null));
    let question = &silent["questions"][0];
    assert_eq!((&question["role"], &question["about"]), (&json!("B"), &json!("signal")));
    assert_eq!(question["answers"][0]["grades"], json!({ "A": "none", "B": "full" }));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_is_taken_apart_into_contacts_in_time_order() {
    let rules = tempfile::Builder::new().prefix("kuaichu-rules-").tempdir().unwrap();
    let policy = POLICY.replacen("code = \"P1\"", "code = \"P1\"\nenabled = false", 1);
    fs::write(rules.path().join("policy.toml"), policy).unwrap();
    let settings = format!("[rules]\nfolder = \"{}\"\n", rules.path().display());
    let wishes = Wishes { settings: settings.leak(), ..Wishes::default() };
    let service = TestService::with(TestDatabase::sqlite().await, wishes).await;
    let (a, b, c) = (
        service.driver(ann().openid).await,
        service.driver(ben().openid).await,
        service.driver(cat().openid).await,
    );
    let (id, _) = reported(&a, report(3, json!({}))).await;
    photograph(&a, &id, 1).await;
    // Three vehicles touch twice: two photos of contacts.
    a.upload_photo(&id, "impact", jpeg(9)).await.unwrap();
    join(&a, &b, &id).await;
    join(&a, &c, &id).await;
    let facts = |manoeuvre: &str, contacts: Value| json!({ "manoeuvre": manoeuvre, "junction": "none", "contacts": contacts, "contact_order": "as_listed" });
    tell(&a, &id, &ann(), facts("following", json!([{ "with": "B", "zone": 12 }]))).await;
    let pushed = json!([{ "with": "A", "zone": 6 }, { "with": "C", "zone": 12 }]);
    tell(&b, &id, &ben(), facts("following", pushed)).await;
    tell(&c, &id, &cat(), facts("stopped", json!([{ "with": "B", "zone": 6 }]))).await;
    for driver in [&a, &b, &c] {
        driver.submit_case(&id).await.unwrap();
    }
    let officer = service.staff("officer-1").await;
    officer.take_next_case().await.unwrap();
    let proposed = officer.suggest_liability(&id).await.unwrap().body;
    assert_eq!(proposed["grades"], json!({ "A": "full", "B": "none", "C": "none" }));
    let contacts: Vec<_> = proposed["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|contact| (contact["roles"].clone(), contact["pushed"].clone()))
        .collect();
    assert_eq!(contacts, [(json!(["A", "B"]), json!([])), (json!(["B", "C"]), json!(["B"]))]);
    service.end().await;
}

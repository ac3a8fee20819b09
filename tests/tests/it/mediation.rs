//! Mediation over HTTP: from the joint request to the signed result, and every way in which it ends without one.

use chrono::TimeDelta;
use domain::{
    case::{EndReason, MediationOutcome},
    claim::SettledBy,
    identifiers::CaseId,
    ports::Clock as _,
};
use serde_json::{Value, json};
use testkit::on_both;
use tests::client::Session;

use crate::{
    people::ann,
    scenes::{FACTS, Scene, journal},
    support::TestService,
};

/// A decided case with main and secondary liability, of which nobody has signed anything.
async fn decided(service: &TestService, officer: &Session) -> Scene {
    let scene = Scene::waiting(service).await;
    let etag = scene.taken(officer).await;
    let decision = json!({
        "grades": { "A": "main", "B": "secondary" }, "facts": FACTS, "accident_form": "追尾碰撞", "reason": "双方均有过错",
    });
    officer.determine_liability(&scene.id, &etag, decision).await.unwrap();
    scene
}

/// The same, with an open mediation.
async fn opened(service: &TestService, officer: &Session) -> Scene {
    let scene = decided(service, officer).await;
    let asked = service.post(&scene.a, &scene.path("/mediation/requests"), &json!({})).await.ok();
    assert_eq!(asked["mediation"]["state"], "requested");
    let open = service.post(&scene.b, &scene.path("/mediation/requests"), &json!({})).await.ok();
    assert_eq!(open["mediation"]["state"], "open");
    assert!(open["mediation"]["until"].is_string());
    scene
}

fn damages(fen: i64, note: &str) -> Value {
    json!({ "items": [{ "kind": "vehicle_repair", "amount_fen": fen, "note": note }] })
}

fn insured(mut damages: Value) -> Value {
    damages["cover"] = json!({ "ctali": true, "third_party_limit_fen": 100_000_000, "own_damage": false });
    damages
}

async fn put_damages(service: &TestService, scene: &Scene, by: &Session, body: &Value) -> Value {
    service.write(reqwest::Method::PUT, by, &scene.path("/mediation/damages"), body).await.ok()
}

/// Each payment as `from layer to fen`.
fn payments(of: &Value) -> Vec<String> {
    let text = |payment: &Value, name: &str| payment[name].as_str().unwrap().to_owned();
    let line = |one: &Value| {
        format!("{} {} {} {}", text(one, "from"), text(one, "layer"), text(one, "to"), one["amount_fen"])
    };
    of.as_array().unwrap().iter().map(line).collect()
}

on_both! {
    async fn what_all_accept_is_on_the_determination_that_all_sign_anew(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = decided(&service, &officer).await;
        // A has signed before: that signature does not count for what comes later.
        let first = scene.a.get_case(&scene.id).await.unwrap().text("/determination/document_sha256").unwrap().to_owned();
        scene.a.sign_determination(&scene.id, &first).await.unwrap();
        for party in [&scene.a, &scene.b] {
            service.post(party, &scene.path("/mediation/requests"), &json!({})).await.ok();
        }
        service.post(&scene.b, &scene.path("/signing-codes"), &json!({ "document_sha256": first })).await
            .refused(409, "mediation_open");

        // Both say what they lost; nothing is guessed before.
        let compensation = scene.path("/compensation");
        let before = service.get(&scene.a, &compensation).await.ok();
        assert_eq!(before["payments"], Value::Null);
        assert_eq!(before["missing"], json!([{ "what": "loss", "role": "A" }, { "what": "loss", "role": "B" }]));
        put_damages(&service, &scene, &scene.a, &insured(damages(800_000, "前保险杠"))).await;
        put_damages(&service, &scene, &scene.b, &insured(damages(500_000, "后保险杠"))).await;
        let computed = service.get(&scene.b, &compensation).await.ok();
        assert_eq!(computed["shares"], json!({ "A": 70, "B": 30 }));
        assert_eq!(
            payments(&computed["payments"]),
            [
                "A out_of_pocket A 420000",
                "B ctali A 200000",
                "B third_party A 180000",
                "A ctali B 200000",
                "A third_party B 210000",
                "B out_of_pocket B 90000",
            ]
        );
        assert_eq!(computed["own_claims"]["offered"], false);

        // A proposes, B proposes something else, A accepts.
        let terms = scene.path("/mediation/terms");
        let pays = |to: &str, from: &str, fen: i64| json!({ "to": to, "from": from, "layer": "third_party", "amount_fen": fen });
        let offer = json!({ "payments": [pays("B", "A", 300_000)], "manner": "微信转账" });
        let asked = service.post(&scene.a, &terms, &offer).await;
        assert_eq!(asked.status, 201, "{}", asked.text());
        let counter = json!({ "payments": [pays("B", "A", 410_000), pays("A", "B", 380_000)], "pay_by": "2030-01-31" });
        let countered = service.post(&scene.b, &terms, &counter).await.json();
        let states: Vec<_> =
            countered["mediation"]["terms"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
        assert_eq!(states, ["superseded", "open"]);
        let answers = scene.path("/mediation/answers");
        service.post(&scene.a, &answers, &json!({ "number": 1, "accepts": true })).await.refused(409, "terms_closed");
        let agreed = service.post(&scene.a, &answers, &json!({ "number": 2, "accepts": true })).await.ok();
        assert_eq!(agreed["mediation"]["state"], "agreed");
        assert_eq!(agreed["mediation"]["agreed_on"], 2);
        let document = agreed["determination"]["document_sha256"].as_str().unwrap();
        assert_ne!(document, first, "what was agreed stands on a new document");
        let states = &agreed["determination"]["signatures"];
        assert_eq!((&states["A"]["state"], &states["B"]["state"]), (&json!("pending"), &json!("pending")));

        // Everybody signs anew; then the case is concluded, and the record says so.
        assert!(scene.a.sign_determination(&scene.id, &first).await.is_err());
        scene.a.sign_determination(&scene.id, document).await.unwrap();
        let concluded = scene.b.sign_determination(&scene.id, document).await.unwrap().body;
        assert_eq!(concluded["stage"], "concluded");
        assert_eq!(concluded["mediation"]["state"], "agreed");
        assert_ne!(concluded["mediation"]["record_sha256"], agreed["mediation"]["record_sha256"]);
        // Each version of both papers is listed, and the last of each counts.
        let listed = service.get(&scene.b, &scene.path("/documents")).await.ok();
        let current: Vec<_> =
            listed.as_array().unwrap().iter().filter(|one| one["is_current"] == true).map(|one| one["sha256"].clone()).collect();
        assert!(current.contains(&concluded["mediation"]["record_sha256"]), "{listed}");
        assert!(current.contains(&concluded["determination"]["document_sha256"]), "{listed}");
        assert!(!current.contains(&json!(document)) && !current.contains(&agreed["mediation"]["record_sha256"]));
        let filed = service.inside.app.store().claims_of_case(CaseId(scene.id.parse().unwrap())).await.unwrap();
        assert_eq!(filed.len(), 2);
        for row in filed {
            let told = row.claim.notice.settlement.unwrap();
            let sums: Vec<_> = told.payments.iter().map(|one| (one.to.letter(), one.amount.0)).collect();
            assert_eq!((told.by, sums), (SettledBy::Mediation, vec![('B', 410_000), ('A', 380_000)]));
        }
        let told = journal(&officer, &scene.id).await;
        let about: Vec<_> = told.iter().filter(|kind| kind.starts_with("mediation")).map(String::as_str).collect();
        assert_eq!(
            about,
            [
                "mediation_requested", "mediation_requested", "mediation_opened", "mediation_losses_put",
                "mediation_losses_put", "mediation_proposed", "mediation_proposed", "mediation_answered",
                "mediation_agreed", "mediation_recorded",
            ]
        );
        service.settle().await;
        service.end().await;
    }
}

on_both! {
    async fn each_claims_from_its_own_insurer_where_all_conditions_hold(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = opened(&service, &officer).await;
        let terms = scene.path("/mediation/terms");
        let own = json!({ "own_claims": true });
        service.post(&officer, &terms, &own).await.refused(409, "own_claims_not_offered");
        put_damages(&service, &scene, &scene.a, &insured(damages(200_001, "车门"))).await;
        put_damages(&service, &scene, &scene.b, &insured(damages(90_000, "车尾"))).await;
        let compensation = scene.path("/compensation");
        let asked = service.get(&scene.a, &compensation).await.ok();
        let within = |asked: &Value| {
            let all = asked["own_claims"]["conditions"].as_array().unwrap().clone();
            all.into_iter().find(|one| one["code"] == "within_limit").unwrap()
        };
        assert_eq!((&within(&asked)["holds"], &within(&asked)["because_of"]), (&json!("no"), &json!(["A"])));
        assert_eq!(asked["own_claims"]["offered"], false);
        // The officer corrects what A lost, as the workshop says.
        let mut corrected = damages(200_000, "车门");
        corrected["role"] = json!("A");
        put_damages(&service, &scene, &officer, &corrected).await;
        let asked = service.get(&officer, &compensation).await.ok();
        // The officer said nothing of A's insurance: what the case knows of it is left.
        assert_eq!(asked["own_claims"]["offered"], true, "{asked}");
        assert_eq!(
            payments(&asked["own_claims"]["payments"]),
            ["A ctali A 200000", "B ctali B 90000"]
        );
        let proposed = service.post(&officer, &terms, &own).await.json();
        assert_eq!(proposed["mediation"]["terms"][0]["by"], Value::Null);
        let answers = scene.path("/mediation/answers");
        let yes = json!({ "number": 1, "accepts": true });
        let half = service.post(&scene.a, &answers, &yes).await.ok();
        assert_eq!(half["mediation"]["state"], "open");
        let agreed = service.post(&scene.b, &answers, &yes).await.ok();
        assert_eq!(agreed["mediation"]["state"], "agreed");
        service.settle().await;
        service.end().await;
    }
}

on_both! {
    async fn it_ends_without_result_and_the_determination_goes_on_as_before(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = opened(&service, &officer).await;
        let objection = json!({ "objects_to_determination": true, "note": "责任划分不对" });
        let ended = service.post(&scene.b, &scene.path("/mediation/withdrawal"), &objection).await.ok();
        assert_eq!(ended["mediation"]["state"], "ended");
        assert_eq!(ended["mediation"]["reason"], "objection");
        service.post(&scene.a, &scene.path("/mediation/requests"), &json!({})).await.refused(409, "mediation_excluded");
        put_damages_refused(&service, &scene).await;
        let document = ended["determination"]["document_sha256"].as_str().unwrap();
        scene.a.sign_determination(&scene.id, document).await.unwrap();
        let concluded = scene.b.sign_determination(&scene.id, document).await.unwrap().body;
        assert_eq!(concluded["stage"], "concluded");
        service.settle().await;
        service.end().await;
    }
}

async fn put_damages_refused(service: &TestService, scene: &Scene) {
    let path = scene.path("/mediation/damages");
    let refused = service.write(reqwest::Method::PUT, &scene.a, &path, &damages(1, "迟")).await;
    refused.refused(409, "mediation_not_open");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_to_sign_ends_it_and_blocks_nothing() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = opened(&service, &officer).await;
    let refusal = json!({ "reason": "不同意" });
    let refused = service.post(&scene.a, &scene.path("/determination/refusal"), &refusal).await.ok();
    assert_eq!(refused["mediation"]["reason"], "refused_to_sign");
    let concluded = service.post(&scene.b, &scene.path("/determination/refusal"), &refusal).await.ok();
    assert_eq!(concluded["stage"], "concluded");
    service.settle().await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_officer_of_the_district_without_a_conflict_holds_it_and_ends_it() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = opened(&service, &officer).await;
    let shares = scene.path("/mediation/shares");
    let put = async |by: &Session, a: u8| {
        let body = json!({ "shares": { "A": a, "B": 100 - a } });
        service.write(reqwest::Method::PUT, by, &shares, &body).await
    };
    put(&service.staff("officer-far").await, 80).await.refused(403, "forbidden");
    let other = service.staff("officer-2").await;
    put(&other, 30).await.refused(409, "shares_out_of_bounds");
    assert_eq!(put(&other, 80).await.ok()["mediation"]["shares"], json!({ "A": 80, "B": 20 }));
    service
        .post(&officer, &scene.path("/mediation/requests"), &json!({ "role": "A" }))
        .await
        .refused(409, "party_speaks_itself");
    let etag = other.get_case(&scene.id).await.unwrap().version().unwrap().to_owned();
    let ended = service
        .decide(&other, &scene.path("/mediation/end"), &etag, &json!({ "note": "分歧较大" }))
        .await
        .ok();
    assert_eq!(ended["mediation"]["reason"], "no_result");
    service.settle().await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_deadline_ends_it_while_nobody_does_anything() {
    let (service, clock) = TestService::with_clock().await;
    let officer = service.staff("officer-1").await;
    let scene = opened(&service, &officer).await;
    clock.set(clock.now() + TimeDelta::days(15));
    service.inside_at(&clock, "").await.app.pass_deadlines().await.unwrap();
    // Everybody's sessions are over by now: look inside.
    let case = service.stored(&scene.id).await;
    let outcome = case.determination().unwrap().mediation.as_ref().unwrap().outcome.as_ref();
    assert!(matches!(outcome, Some(MediationOutcome::Ended { reason: EndReason::Deadline, .. })));
    assert!(case.due.is_some_and(|due| due > clock.now()), "the time for signing begins anew");
    service.settle().await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parties_see_what_they_negotiate_about_and_nothing_personal() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = opened(&service, &officer).await;
    let photo = scene.a.get_case(&scene.id).await.unwrap().text("/photos/0/id").unwrap().to_owned();
    let mut shown = insured(damages(120_000, "前保险杠"));
    shown["items"][0]["photos"] = json!([photo]);
    put_damages(&service, &scene, &scene.a, &shown).await;
    let path = scene.path("/mediation/damages");
    let stolen = json!({ "items": [{ "kind": "other", "amount_fen": 1, "photos": [photo] }] });
    service.write(reqwest::Method::PUT, &scene.b, &path, &stolen).await.refused(409, "photo_unknown");
    let seen = scene.b.get_case(&scene.id).await.unwrap().body;
    let theirs = &seen["mediation"]["damages"][0];
    assert_eq!((&theirs["role"], &theirs["total_fen"]), (&json!("A"), &json!(120_000)));
    assert_eq!((&theirs["items"][0]["photos"], &theirs["cover"]), (&Value::Null, &Value::Null));
    let calculated = service.get(&scene.b, &scene.path("/compensation")).await.text();
    for text in [&seen["mediation"].to_string(), &calculated] {
        let canaries = ann().canaries();
        assert!(!canaries.iter().any(|canary| text.contains(canary)), "{text}");
    }
    let own = scene.a.get_case(&scene.id).await.unwrap().body;
    assert_eq!(own["mediation"]["damages"][0]["items"][0]["photos"], json!([photo]));
    let stranger = service.driver("openid-of-a-stranger").await;
    service.get(&stranger, &scene.path("/compensation")).await.refused(404, "not_found");
    service.post(&stranger, &scene.path("/mediation/requests"), &json!({})).await.refused(404, "not_found");
    service.settle().await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_that_nobody_can_mean_are_refused() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = opened(&service, &officer).await;
    let path = scene.path("/mediation/damages");
    let item = |fen: i64| json!({ "kind": "towing", "amount_fen": fen });
    let many: Vec<_> = (0..21).map(|_| item(1)).collect();
    for items in [json!([item(0)]), json!([item(-1)]), json!([item(10_000_000_001)]), json!(many)] {
        service
            .write(reqwest::Method::PUT, &scene.a, &path, &json!({ "items": items }))
            .await
            .refused(422, "invalid_value");
    }
    put_damages(&service, &scene, &scene.a, &json!({ "items": [item(10_000_000_000)] })).await;
    let terms = scene.path("/mediation/terms");
    let pays = |fen: i64| json!({ "payments": [{ "to": "A", "from": "B", "layer": "out_of_pocket", "amount_fen": fen }] });
    service.post(&scene.b, &terms, &pays(10_000_000_001)).await.refused(422, "invalid_value");
    assert_eq!(service.post(&scene.b, &terms, &pays(10_000_000_000)).await.status, 201);
    put_damages(&service, &scene, &scene.a, &json!({ "items": [] })).await;
    service.post(&scene.b, &terms, &pays(1)).await.refused(409, "terms_exceed_loss");
    service.settle().await;
    service.end().await;
}

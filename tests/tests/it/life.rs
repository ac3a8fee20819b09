//! The life of a case over HTTP: both ways to the end, every turn off, and what is kept at the end.

use reqwest::Method;
use sandbox::ledger::ClaimStatus;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::on_both;

use crate::{
    people::{ann, ben, cat},
    scenes::{
        FACTS, QUESTIONS, Scene, behind, code_in, decision, in_front, join, journal, jpeg, link_to,
        photograph, position, report, reported, tell,
    },
    support::{PATROL, TestService, UNITS, reply, until},
};

on_both! {
    async fn from_the_roadside_to_acknowledged_claims(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        let case = scene.decided(&officer).await;
        let first = case["determination"]["document_sha256"].as_str().unwrap().to_owned();
        let shown = scene.a.get_document(&scene.id).await.unwrap();
        assert_eq!((shown.media_type.as_str(), hex::encode(Sha256::digest(&shown.bytes))), ("application/pdf", first.clone()));
        scene.a.sign_determination(&scene.id, &first).await.unwrap();
        assert_eq!(scene.stage().await, "decided");
        let concluded = scene.b.sign_determination(&scene.id, &first).await.unwrap();
        assert_eq!(concluded["stage"], "concluded");
        let last = concluded["determination"]["document_sha256"].as_str().unwrap().to_owned();
        assert_ne!(first, last, "the final document bears the signatures");

        let claims = scene.a.get_case(&scene.id).await.unwrap()["claims"].clone();
        assert_eq!(claims.as_array().unwrap().len(), 1, "a party sees its own claim: {claims}");
        until("both claims are acknowledged", async || {
            let case = officer.get_case(&scene.id).await.unwrap();
            case.list("/claims").unwrap().iter().all(|claim| claim["status"] == "acknowledged")
        }).await;
        let books = service.sandbox.ledger_until(|books| books.iter().all(|entry| entry.callbacks == 1)).await;
        assert_eq!(books.len(), 2);
        for entry in &books {
            assert_eq!((entry.effects, entry.differing), (1, 0));
            assert_eq!((entry.case_number.as_str(), entry.status), (scene.number.as_str(), Some(ClaimStatus::Acknowledged)));
        }
        let entries = journal(&scene.a, &scene.id).await;
        for kind in ["case_reported", "photo_stored", "move_allowed", "party_joined", "case_queued", "case_taken",
            "liability_determined", "determination_signed", "case_concluded", "claim_filed", "claim_moved"] {
            assert!(entries.iter().any(|entry| entry == kind), "{kind} in {entries:?}");
        }

        let determination = service.stored(&scene.id).await.determination().unwrap().clone();
        let verified = service.api.verify_document(determination.verification.as_str()).await.unwrap();
        assert_eq!(verified["is_final"], true);
        let issued: Vec<(&str, bool)> = verified.list("/documents").unwrap().iter()
            .map(|document| (document["sha256"].as_str().unwrap(), document["is_current"].as_bool().unwrap())).collect();
        assert_eq!(issued, [(first.as_str(), false), (last.as_str(), true)]);
        let unknown = service.api.verify_document(&"A".repeat(26)).await.unwrap_err();
        assert_eq!(unknown.refusal(), Some((404, "not_found")));
        let malformed = service.api.verify_document("not-a-code").await.unwrap_err();
        assert_eq!(malformed.refusal(), Some((404, "not_found")));
        for canary in ann().canaries().into_iter().chain(ben().canaries()) {
            assert!(!verified.body.to_string().contains(&canary), "{canary}");
        }
        service.end().await;
    }

    async fn a_car_that_cannot_move_is_sent_the_nearest_unit(database: TestDatabase) {
        let service = TestService::start(database).await;
        let a = service.driver("o-a").await;
        let (id, case) = reported(&a, report(1, json!({ "cannot_move": "yes" }))).await;
        assert_eq!((case["stage"].as_str(), case["handed_over"]["to"].as_str()), (Some("on_scene"), Some("point")));
        let (officer, near, far) = (service.staff("officer-1").await, service.staff(UNITS[0]).await, service.staff(UNITS[1]).await);
        let points = a.find_nearest_points(&position()).await.unwrap();
        assert_eq!(points.list("").unwrap().len(), 2);
        assert_eq!(points[0]["point"]["name"], "张店快处点");
        let task = officer.create_dispatch(&id, "车辆无法移动").await.unwrap();
        let again = officer.create_dispatch(&id, "车辆无法移动").await.unwrap_err();
        assert_eq!(again.refusal(), Some((409, "already_dispatched")));
        let task = task.text("/id").unwrap();
        assert_eq!(near.list_tasks().await.unwrap().list("").unwrap().len(), 1);
        near.decline_dispatch(task, "正在处理其他事故").await.unwrap();
        assert!(near.list_tasks().await.unwrap().list("").unwrap().is_empty());
        let next = far.list_tasks().await.unwrap();
        let next = next.text("/0/id").unwrap();
        far.accept_dispatch(next).await.unwrap();
        let away = json!({ "latitude": 36.6448, "longitude": 117.9665, "datum": "wgs84" });
        let too_far = far.arrive_on_scene(next, &away).await.unwrap_err();
        assert_eq!(too_far.refusal(), Some((409, "too_far_from_scene")));
        far.report_position(&position()).await.unwrap();
        far.arrive_on_scene(next, &position()).await.unwrap();
        assert_eq!(far.get_case(&id).await.unwrap()["id"], id.as_str());
        far.complete_dispatch(next, "settled", "已协助移车").await.unwrap();
        assert_eq!(a.get_case(&id).await.unwrap()["stage"], "settled_on_scene");
        assert_eq!(far.complete_dispatch(next, "settled", "再次").await.unwrap_err().refusal(), Some((409, "wrong_stage")));
        let entries = journal(&a, &id).await;
        for kind in ["dispatch_offered", "dispatch_declined", "dispatch_accepted", "dispatch_arrived", "dispatch_completed"] {
            assert!(entries.iter().any(|entry| entry == kind), "{kind} in {entries:?}");
        }
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_noted_and_blocks_nothing() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let case = scene.decided(&officer).await;
    let document = case["determination"]["document_sha256"].as_str().unwrap();
    let refused = scene.a.refuse_determination(&scene.id, "我不同意", None).await.unwrap();
    assert_eq!(refused["determination"]["signatures"]["A"]["state"], "refused");
    let late = scene.a.sign_determination(&scene.id, document).await.unwrap_err();
    assert_eq!(late.refusal(), Some((409, "already_answered")));
    let nobody = officer.refuse_determination(&scene.id, "拒签", Some("C")).await.unwrap_err();
    assert_eq!(nobody.refusal(), Some((403, "not_a_party")));
    let other = service.staff("officer-2").await;
    let noted = other.refuse_determination(&scene.id, "当事人拒绝签名", Some("B")).await.unwrap();
    assert_eq!(noted["stage"], "concluded");
    service.settle().await;
    assert_eq!(service.sandbox.ledger().len(), 2, "claims go on their way all the same");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_counts_only_for_the_document_that_stands() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    scene.decided(&officer).await;
    let another = scene.a.sign_determination(&scene.id, &"0".repeat(64)).await.unwrap_err();
    assert_eq!(another.refusal(), Some((409, "document_changed")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_asks_for_more_and_the_case_comes_back_to_its_place() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let before = officer.list_queue().await.unwrap();
    let before = before.at("/0/waiting_since").unwrap();
    scene.taken(&officer).await;
    let asked = officer.request_evidence(&scene.id, "B", &["plate"], "请补拍车牌").await.unwrap();
    assert_eq!(asked["stage"], "evidence_requested");
    let seen = scene.b.get_case(&scene.id).await.unwrap();
    assert_eq!(seen["evidence_request"]["slots"], json!(["plate"]));
    let queue = officer.list_queue().await.unwrap();
    assert_eq!(queue[0]["stage"], "evidence_requested", "nobody loses sight of it");
    assert_eq!(officer.take_next_case().await.unwrap().status, 204, "but it waits for the party");
    scene.b.upload_photo(&scene.id, "plate", jpeg(99)).await.unwrap();
    assert_eq!(
        scene.a.submit_case(&scene.id).await.unwrap()["stage"],
        "evidence_requested",
        "A was not asked"
    );
    assert_eq!(scene.b.submit_case(&scene.id).await.unwrap()["stage"], "waiting");
    let after = officer.list_queue().await.unwrap();
    assert_eq!(after.at("/0/waiting_since").unwrap(), before);
    scene.concluded(&officer).await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_holds_for_one_officer_and_is_given_back() {
    let service = TestService::sqlite().await;
    let (one, two) = (service.staff("officer-1").await, service.staff("officer-2").await);
    let scene = Scene::waiting(&service).await;
    scene.taken(&one).await;
    assert_eq!(two.take_next_case().await.unwrap().status, 204);
    for refused in [two.renew_lease(&scene.id).await, two.release_case(&scene.id).await] {
        assert_eq!(refused.unwrap_err().refusal(), Some((403, "not_the_reviewer")));
    }
    let renewed = one.renew_lease(&scene.id).await.unwrap();
    assert_eq!(renewed["stage"], "under_review");
    assert_eq!(one.release_case(&scene.id).await.unwrap()["stage"], "waiting");
    assert_eq!(one.release_case(&scene.id).await.unwrap_err().refusal(), Some((409, "wrong_stage")));
    let taken = two.take_next_case().await.unwrap();
    assert_eq!(taken["lease"]["fence"], 2);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_to_the_patrol_and_its_duty_phone_is_told_the_number_only() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let etag = scene.taken(&officer).await;
    let escalated = officer.escalate_case(&scene.id, &etag, "patrol", "疑似酒后驾驶").await.unwrap();
    assert_eq!(
        (escalated["stage"].as_str(), escalated["handed_over"]["to"].as_str()),
        (Some("handed_over"), Some("patrol"))
    );
    service.settle().await;
    let texts = service.sandbox.sent_texts();
    assert_eq!(texts.len(), 1);
    assert_eq!((texts[0].to.as_str(), texts[0].deliveries), (PATROL, 1));
    assert!(texts[0].text.contains(&scene.number));
    for canary in ann().canaries().into_iter().chain(ben().canaries()) {
        assert!(!texts[0].text.contains(&canary), "{canary}");
    }
    let closed = scene.a.submit_case(&scene.id).await.unwrap_err();
    assert_eq!(closed.refusal(), Some((409, "wrong_stage")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_law_keeps_out_of_the_quick_lane_is_with_the_patrol_at_once() {
    let service = TestService::sqlite().await;
    let a = service.driver("o-a").await;
    let expected = [
        ("injured", "scene"),
        ("licence_problem", "scene"),
        ("alcohol_or_drugs", "scene"),
        ("dangerous_goods", "hazmat"),
    ];
    for (question, lane) in expected {
        let (id, case) = reported(&a, report(2, json!({ question: "yes" }))).await;
        assert_eq!(
            (case["stage"].as_str(), case["handed_over"]["to"].as_str()),
            (Some("handed_over"), Some("patrol")),
            "{question}"
        );
        assert_eq!(case["triage"]["may_leave"], false, "{question}");
        assert!(
            case["triage"]["rules"].as_array().unwrap().iter().any(|rule| rule["question"] == question),
            "{question}"
        );
        assert!(!case["triage"]["advice"].as_array().unwrap().is_empty(), "{question}");
        assert_eq!(case["triage"]["lane"], lane, "{question}");
        assert!(journal(&a, &id).await.contains(&"case_handed_over".to_owned()));
        let refused = a.submit_case(&id).await.unwrap_err();
        assert_eq!(refused.refusal(), Some((409, "wrong_stage")), "{question}");
    }
    service.settle().await;
    assert_eq!(service.sandbox.sent_texts().len(), expected.len());
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_answer_never_counts_as_no() {
    let service = TestService::sqlite().await;
    let a = service.driver("o-a").await;
    let (_, clear) = reported(&a, report(2, json!({}))).await;
    assert_eq!(
        (clear["stage"].as_str(), clear["triage"]["may_leave"].as_bool()),
        (Some("collecting"), Some(true))
    );
    for question in QUESTIONS {
        let (_, case) = reported(&a, report(2, json!({ question: "unknown" }))).await;
        let no = json!([clear["triage"]["lane"], clear["triage"]["rules"], clear["triage"]["advice"]]);
        let unknown = json!([case["triage"]["lane"], case["triage"]["rules"], case["triage"]["advice"]]);
        assert_ne!(unknown, no, "{question}");
    }
    let (_, silent) =
        reported(&a, json!({ "position": position(), "place": "路口", "road_user": "motor_vehicle" })).await;
    assert_ne!(silent["stage"], "collecting");
    assert_eq!(silent["triage"]["may_leave"], false);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accident_of_one_car_needs_nobody_else() {
    let service = TestService::sqlite().await;
    let (a, officer) = (service.driver(ann().openid).await, service.staff("officer-1").await);
    let (id, case) = reported(&a, report(1, json!({}))).await;
    assert_eq!(case["stage"], "collecting", "{case}");
    photograph(&a, &id, 1).await;
    a.upload_photo(&id, "damage", jpeg(4)).await.unwrap();
    tell(&a, &id, &ann(), json!({ "manoeuvre": "straight", "impact_zone": 12 })).await;
    assert_eq!(a.submit_case(&id).await.unwrap()["stage"], "waiting");
    let taken = officer.take_next_case().await.unwrap();
    let etag = taken.version().unwrap();
    let decision = json!({ "grades": { "A": "full" }, "facts": "甲车单方撞击护栏。", "reason": "单方事故" });
    let decided = officer.determine_liability(&id, etag, decision).await.unwrap();
    let document = decided.text("/determination/document_sha256").unwrap();
    assert_eq!(a.sign_determination(&id, document).await.unwrap()["stage"], "concluded");
    service.settle().await;
    assert_eq!(service.sandbox.ledger().len(), 1);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_cars_are_not_handled_from_afar() {
    let service = TestService::sqlite().await;
    let a = service.driver(ann().openid).await;
    let (id, case) = reported(&a, report(3, json!({}))).await;
    assert_eq!(
        (case["stage"].as_str(), case["handed_over"]["to"].as_str()),
        (Some("on_scene"), Some("point"))
    );
    let rules = case["triage"]["rules"].as_array().unwrap();
    assert!(
        rules
            .iter()
            .any(|rule| rule["question"] == "road_users" && !rule["articles"].as_array().unwrap().is_empty())
    );
    assert_eq!(photograph(&a, &id, 1).await["move_receipt"], Value::Null, "the scene may not be left");
    assert_eq!(a.invite_party(&id).await.unwrap_err().refusal(), Some((409, "wrong_stage")));
    assert_eq!(a.submit_case(&id).await.unwrap_err().refusal(), Some((409, "wrong_stage")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_takes_the_report_back_and_then_nothing_more_is_done() {
    let service = TestService::sqlite().await;
    let scene = Scene::collected(&service).await;
    assert_eq!(scene.a.withdraw_case(&scene.id).await.unwrap()["stage"], "withdrawn");
    for refused in [
        scene.a.withdraw_case(&scene.id).await,
        scene.b.submit_case(&scene.id).await,
        scene.a.invite_party(&scene.id).await,
    ] {
        assert_eq!(refused.unwrap_err().refusal(), Some((409, "wrong_stage")));
    }
    let upload = scene.a.upload_photo(&scene.id, "other", jpeg(50)).await.unwrap_err();
    assert_eq!(upload.refusal(), Some((409, "wrong_stage")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_of_a_party_or_a_unit_keeps_no_case() {
    let service = TestService::sqlite().await;
    let (one, two) = (service.staff("officer-1").await, service.staff("officer-2").await);
    let scene = Scene::waiting(&service).await;
    scene.taken(&one).await;
    one.request_evidence(&scene.id, "B", &["plate"], "请补拍车牌").await.unwrap();
    assert_eq!(two.release_case(&scene.id).await.unwrap()["stage"], "waiting", "the party does not answer");
    scene.taken(&one).await;
    let asked = one.request_evidence(&scene.id, "B", &["plate"], "请补拍车牌").await.unwrap();
    let escalated =
        two.escalate_case(&scene.id, asked.version().unwrap(), "point", "当事人失联").await.unwrap();
    assert_eq!(escalated["stage"], "on_scene");

    let silent = two.create_dispatch(&scene.id, "当事人失联").await.unwrap();
    let cancelled = format!("/dispatches/{}/cancellation", silent.text("/id").unwrap());
    let reason = json!({ "reason": "处置人员未响应" });
    assert_eq!(service.post(&one, &cancelled, &reason).await.ok()["state"], "cancelled");
    service.post(&one, &cancelled, &reason).await.refused(409, "wrong_stage");
    let next = one.create_dispatch(&scene.id, "另派人员").await.unwrap();
    assert_ne!(next["unit_id"], silent["unit_id"], "who did not answer is not asked again");
    let seen = one.get_case(&scene.id).await.unwrap();
    let patrol = two.escalate_case(&scene.id, seen.version().unwrap(), "patrol", "转现场").await.unwrap();
    assert_eq!(patrol["stage"], "handed_over");
    let file = one.get_case(&scene.id).await.unwrap();
    assert!(file.list("/dispatches").unwrap().iter().all(|task| task["state"] == "cancelled"));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_late_can_still_take_part() {
    let service = TestService::sqlite().await;
    let (a, b) = (service.driver(ann().openid).await, service.driver(ben().openid).await);
    let officer = service.staff("officer-1").await;
    let (id, case) = reported(&a, report(2, json!({}))).await;
    photograph(&a, &id, 1).await;
    tell(&a, &id, &ann(), behind()).await;
    let alone = json!({ "agrees_to_remote_handling": true, "without_other_party": true });
    assert_eq!(service.post(&a, &format!("/cases/{id}/submission"), &alone).await.ok()["stage"], "waiting");
    join(&a, &b, &id).await;
    tell(&b, &id, &ben(), in_front()).await;
    assert_eq!(b.submit_case(&id).await.unwrap()["stage"], "waiting");
    let number = case["number"].as_str().unwrap().to_owned();
    Scene { id, number, a, b }.concluded(&officer).await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_party_cannot_fill_a_case_with_statements_or_invitations() {
    let service = TestService::sqlite().await;
    let a = service.driver("o-a").await;
    let (id, _) = reported(&a, report(2, json!({}))).await;
    for _ in 0..20 {
        a.put_statement(&id, behind(), "陈述").await.unwrap();
    }
    let statement = a.put_statement(&id, behind(), "陈述").await.unwrap_err();
    assert_eq!(statement.refusal(), Some((409, "too_many_statements")));
    for _ in 0..10 {
        a.invite_party(&id).await.unwrap();
    }
    assert_eq!(a.invite_party(&id).await.unwrap_err().refusal(), Some((409, "too_many_invitations")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_submits_without_photos_statement_and_consent() {
    let service = TestService::sqlite().await;
    let a = service.driver("o-a").await;
    let (id, _) = reported(&a, report(2, json!({}))).await;
    let submission = format!("/cases/{id}/submission");
    let missing = service.post(&a, &submission, &json!({ "agrees_to_remote_handling": true })).await;
    missing.refused(409, "evidence_missing");
    assert_eq!(missing.json()["missing"], json!(["front_oblique", "rear_oblique", "impact"]));
    let last = photograph(&a, &id, 1).await;
    assert_eq!(last["missing_photos"], json!([]));
    assert!(last["move_receipt"]["receipt"].is_string(), "the receipt comes with the last mandatory photo");
    service
        .post(&a, &submission, &json!({ "agrees_to_remote_handling": true }))
        .await
        .refused(409, "statement_missing");
    a.put_statement(&id, behind(), "我的陈述").await.unwrap();
    service
        .post(&a, &submission, &json!({ "agrees_to_remote_handling": false }))
        .await
        .refused(409, "consent_missing");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_needs_every_grade_a_reason_to_differ_and_the_joint_application() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let etag = scene.taken(&officer).await;
    let path = scene.path("/determination");
    let attempt = async |grades: Value| {
        service.decide(&officer, &path, &etag, &json!({ "grades": grades, "facts": FACTS })).await
    };
    attempt(json!({ "A": "full" })).await.refused(422, "liability_incomplete");
    attempt(json!({ "A": "full", "B": "full" })).await.refused(422, "liability_incomplete");
    attempt(json!({ "A": "full", "B": "none", "C": "none" })).await.refused(422, "liability_incomplete");
    attempt(json!({ "A": "equal", "B": "equal" })).await.refused(422, "reason_required");
    let reasoned =
        json!({ "grades": { "A": "equal", "B": "equal" }, "facts": FACTS, "reason": "双方均有过错" });
    assert_eq!(service.decide(&officer, &path, &etag, &reasoned).await.ok()["stage"], "decided");

    let alone = Scene::between(&service, &cat(), &ben()).await;
    let applies = json!({ "agrees_to_remote_handling": true, "without_other_party": true });
    assert_eq!(service.post(&alone.a, &alone.path("/submission"), &applies).await.ok()["stage"], "waiting");
    let etag = alone.taken(&officer).await;
    let proposed = decision(&officer, &alone.id).await;
    service
        .decide(&officer, &alone.path("/determination"), &etag, &proposed)
        .await
        .refused(409, "joint_application_missing");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_binds_one_person_once() {
    let service = TestService::sqlite().await;
    let (a, b, c) = (service.driver("o-a").await, service.driver("o-b").await, service.driver("o-c").await);
    let (id, _) = reported(&a, report(2, json!({}))).await;
    service.post(&a, &format!("/cases/{id}/invitations"), &json!({ "phone": ben().phone })).await.ok();
    let link = link_to(&service.sandbox, ben().phone).await;
    let code = code_in(&link);
    assert_eq!(a.join_case(code).await.unwrap_err().refusal(), Some((409, "already_a_party")));
    let newer = a.invite_party(&id).await.unwrap();
    assert!(b.join_case(code).await.is_err(), "a newer invitation replaces the open one");
    b.join_case(newer.text("/code").unwrap()).await.unwrap();
    assert_eq!(
        c.join_case(newer.text("/code").unwrap()).await.unwrap_err().refusal(),
        Some((409, "invitation_used"))
    );
    assert_eq!(c.join_case(&"0".repeat(26)).await.unwrap_err().refusal(), Some((404, "not_found")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outsider_of_the_city_is_told_that_the_patrol_handles_it() {
    let service = TestService::sqlite().await;
    let a = service.driver("o-a").await;
    let mut far = report(2, json!({}));
    far["position"] = json!({ "latitude": 39.9, "longitude": 116.4, "datum": "gcj02" });
    let (_, case) = reported(&a, far).await;
    assert_eq!(case["position"]["reported"]["datum"], "gcj02");
    assert_ne!(case["stage"], "collecting", "{case}");
    let nowhere = json!({ "position": { "latitude": 95.0, "longitude": 118.0, "datum": "wgs84" }, "place": "路口", "road_user": "motor_vehicle" });
    service.post(&a, "/cases", &nowhere).await.refused(422, "invalid_value");
    let undated = reply(
        service
            .request(Method::POST, "/points/nearest")
            .bearer_auth(a.token())
            .json(&json!({ "position": { "latitude": 36.8, "longitude": 118.0 } })),
    )
    .await;
    undated.refused(422, "invalid_value");
    service.end().await;
}

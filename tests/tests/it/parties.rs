//! Parties as they are, from the report to the end: one phone or two, no smartphone, a helper, odd papers and plates,
//! somebody who refuses or has gone; and no field that keeps a case from its end.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both;
use tests::client::Session;

use crate::{
    people::{Person, ann, ben, cat},
    scenes::{FACTS, behind, code_in, in_front, journal, link_to, photograph, report, reported, tell},
    support::{Reply, TestService, reply, until},
};

/// Every field that can be left open.
const FIELDS: [&str; 12] = [
    "name",
    "identity",
    "phone",
    "plate",
    "vehicle_kind",
    "vin",
    "owner",
    "insurer",
    "policy_number",
    "third_party_limit",
    "own_damage",
    "estimated_loss",
];

/// A has reported two cars, photographed them and told everything.
async fn told_by_a(service: &TestService) -> (Session, String) {
    let a = service.driver(ann().openid).await;
    let (id, _) = reported(&a, report(2, json!({}))).await;
    photograph(&a, &id, 1).await;
    tell(&a, &id, &ann(), behind()).await;
    (a, id)
}

fn party(case: &Value, role: &str) -> Value {
    let parties = case["parties"].as_array().unwrap().iter();
    parties.clone().find(|party| party["role"] == role).unwrap_or_else(|| panic!("{role} in {case}")).clone()
}

/// The newest code of six digits that went to this phone.
async fn code_to(service: &TestService, phone: &str) -> String {
    let found = || {
        let texts = service.sandbox.sent_texts();
        let text =
            texts.iter().rev().find(|sent| sent.to == phone && sent.text.contains("验证码"))?.text.clone();
        Some(text.split_once("验证码")?.1.chars().take(6).collect::<String>())
    };
    until("the code has come", async || found().is_some()).await;
    found().unwrap()
}

fn statement(facts: Value) -> Value {
    json!({ "facts": facts, "text": ben().words })
}

fn applies() -> Value {
    json!({ "agrees_to_remote_handling": true })
}

fn etag(reply: &Reply) -> String {
    reply.header("etag").unwrap().to_owned()
}

/// Decides; both refuse to sign, as the officer notes; gives the concluded case.
async fn ended(service: &TestService, officer: &Session, id: &str) -> Value {
    let seen = service.get(officer, &format!("/cases/{id}")).await;
    let order = json!({ "grades": { "A": "full", "B": "none" }, "facts": FACTS, "reason": "依照片认定" });
    service.decide(officer, &format!("/cases/{id}/determination"), &etag(&seen), &order).await.ok();
    let mut case = Value::Null;
    for role in ["A", "B"] {
        let refusal = json!({ "role": role, "reason": "拒绝签名" });
        case = service.post(officer, &format!("/cases/{id}/determination/refusal"), &refusal).await.ok();
    }
    assert_eq!(case["stage"], "concluded");
    case
}

async fn claims(officer: &Session, id: &str) -> usize {
    officer.get_case(id).await.unwrap().list("/claims").unwrap().len()
}

on_both! {
    async fn who_has_no_phone_at_hand_is_entered_on_the_others_and_confirms_by_a_code(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let (a, id) = told_by_a(&service).await;
        let at = |rest: &str| format!("/cases/{id}{rest}");
        let added = json!({ "road_user": "motor_vehicle", "party": ben().details() });
        let case = service.post(&a, &at("/parties"), &added).await;
        assert_eq!(case.status, 201);
        let b = party(&case.json(), "B");
        assert_eq!((&b["presence"]["entered_by"], &b["presence"]["stands_by_it"]), (&json!("party"), &json!(false)));
        assert_eq!(b["details"]["name"], ben().name, "whoever enters sees what he has entered");
        let said = service.write(Method::PUT, &a, &at("/parties/B/statement"), &statement(in_front())).await.ok();
        let read = party(&said, "B")["statement"]["read_back"]["zh"].as_str().unwrap().to_owned();
        assert!(read.starts_with("（由当事人甲代为录入）"), "{read}");
        service.post(&a, &at("/parties/B/submission"), &applies()).await.ok();
        assert_eq!(a.submit_case(&id).await.unwrap()["stage"], "waiting");
        service.post(&a, &at("/parties/B/code"), &json!({})).await.ok();
        let code = code_to(&service, ben().phone).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let guess = service.post(&a, &at("/parties/B/confirmation"), &json!({ "code": wrong })).await;
        guess.refused(422, "signing_code_wrong");
        assert_eq!(service.stored(&id).await.parties[1].code.as_ref().unwrap().tries_left, 4);
        let case = service.post(&a, &at("/parties/B/confirmation"), &json!({ "code": code })).await.ok();
        let b = party(&case, "B");
        assert_eq!((&b["presence"]["confirmed"], &b["statement_confirmed"]), (&json!("code"), &json!(true)));
        assert_eq!(b["details"]["phone_proven"], true);
        officer.take_next_case().await.unwrap();
        ended(&service, &officer, &id).await;
        assert_eq!(claims(&officer, &id).await, 2);
        let entries = journal(&officer, &id).await;
        for kind in ["party_added", "party_code_sent", "party_confirmed", "statement_confirmed"] {
            assert!(entries.iter().any(|entry| entry == kind), "{kind} in {entries:?}");
        }
        service.end().await;
    }

    async fn of_guesses_at_a_partys_code_at_once_five_count(database: TestDatabase) {
        let service = TestService::start(database).await;
        let (a, id) = told_by_a(&service).await;
        let at = |rest: &str| format!("/cases/{id}{rest}");
        service.post(&a, &at("/parties"), &json!({ "road_user": "motor_vehicle", "party": ben().details() })).await.ok();
        service.post(&a, &at("/parties/B/code"), &json!({})).await.ok();
        let code = code_to(&service, ben().phone).await;
        let wrong = json!({ "code": if code == "000000" { "000001" } else { "000000" } });
        let path = at("/parties/B/confirmation");
        let guesses = join_all((0..12).map(|_| service.post(&a, &path, &wrong))).await;
        let told = |status| guesses.iter().filter(|answer| answer.status == status).count();
        assert_eq!((told(422), told(410)), (5, 7), "{:?}", guesses.iter().map(Reply::text).collect::<Vec<_>>());
        let right = service.post(&a, &path, &json!({ "code": code })).await;
        right.refused(410, "signing_code_expired");
        service.end().await;
    }

    async fn an_invitation_to_a_seat_that_an_officer_entered_goes_to_the_phone_on_record_alone(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let (a, id) = told_by_a(&service).await;
        let at = |rest: &str| format!("/cases/{id}{rest}");
        service.post(&a, &at("/submission"), &json!({ "agrees_to_remote_handling": true, "without_other_party": true })).await.ok();
        officer.take_next_case().await.unwrap();
        let added = json!({ "road_user": "motor_vehicle", "party": ben().details() });
        service.post(&officer, &at("/parties"), &added).await.ok();
        officer.release_case(&id).await.unwrap();
        for asked in [json!({}), json!({ "role": "B" }), json!({ "role": "B", "phone": cat().phone })] {
            service.post(&a, &at("/invitations"), &asked).await.refused(409, "not_your_entry");
        }
        service.post(&a, &at("/invitations"), &json!({ "role": "B", "phone": ben().phone })).await.ok();
        let b = service.driver(ben().openid).await;
        let link = link_to(&service.sandbox, ben().phone).await;
        assert_eq!(party(&b.join_case(code_in(&link)).await.unwrap().body, "B")["details"]["name"], ben().name);
        service.end().await;
    }

    async fn what_is_entered_for_somebody_does_not_bind_him_before_he_stands_by_it(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let (a, id) = told_by_a(&service).await;
        let at = |rest: &str| format!("/cases/{id}{rest}");
        service.post(&a, &at("/parties"), &json!({ "road_user": "motor_vehicle", "party": ben().details() })).await.ok();
        service.write(Method::PUT, &a, &at("/parties/B/statement"), &statement(in_front())).await.ok();
        service.post(&a, &at("/parties/B/submission"), &applies()).await.ok();
        a.submit_case(&id).await.unwrap();
        let seen = officer.take_next_case().await.unwrap();
        let b = party(&seen.body, "B");
        assert_eq!(b["presence"]["to_check"][0]["code"], "unconfirmed");
        let order = json!({ "grades": { "A": "full", "B": "none" }, "facts": FACTS });
        let early = service.decide(&officer, &at("/determination"), seen.version().unwrap(), &order).await;
        early.refused(409, "joint_application_missing");
        let heard = service.post(&officer, &at("/parties/B/confirmation"), &json!({})).await.ok();
        assert_eq!(party(&heard, "B")["presence"]["confirmed"], "officer");
        ended(&service, &officer, &id).await;
        service.end().await;
    }

    async fn an_invitation_by_text_binds_case_seat_and_phone(database: TestDatabase) {
        let service = TestService::start(database).await;
        let (a, id) = told_by_a(&service).await;
        let at = |rest: &str| format!("/cases/{id}{rest}");
        let invited = service.post(&a, &at("/invitations"), &json!({ "phone": ben().phone })).await.ok();
        assert!(invited.get("code").is_none() && invited.get("link").is_none(), "who invites does not see it: {invited}");
        let link = link_to(&service.sandbox, ben().phone).await;
        let code = code_in(&link);
        assert!(link.ends_with(&format!("/join#{code}")), "the code stands where no browser sends it: {link}");
        let b = service.driver(ben().openid).await;
        let case = b.join_case(code).await.unwrap();
        let me = party(&case.body, "B");
        assert_eq!((&me["details"]["phone"], &me["details"]["phone_proven"]), (&json!(ben().phone), &json!(true)));
        let landing = reply(service.api.request(Method::GET, "/join")).await;
        assert_eq!((landing.status, landing.header("referrer-policy")), (200, Some("no-referrer")));
        assert_eq!(landing.header("x-robots-tag"), Some("noindex, nofollow"));
        assert!(!landing.text().contains("<script"), "the page cannot read what stands behind the #");
        let robots = reply(service.api.request(Method::GET, "/robots.txt")).await;
        assert_eq!(robots.text(), "User-agent: *\nDisallow: /\n");
        let other = service.driver(cat().openid).await;
        assert_eq!(other.join_case(code).await.unwrap_err().refusal(), Some((409, "invitation_used")));
        let seen = party(&a.get_case(&id).await.unwrap().body, "B");
        assert!(seen.get("details").is_none(), "{seen}");
        service.end().await;
    }

    async fn who_has_no_smartphone_is_heard_by_the_officer(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let (a, id) = told_by_a(&service).await;
        let at = |rest: &str| format!("/cases/{id}{rest}");
        service.post(&a, &at("/submission"), &json!({ "agrees_to_remote_handling": true, "without_other_party": true })).await.ok();
        officer.take_next_case().await.unwrap();
        let added = json!({ "road_user": "motor_vehicle", "party": ben().details() });
        let case = service.post(&officer, &at("/parties"), &added).await.ok();
        assert_eq!(party(&case, "B")["presence"]["entered_by"], "officer");
        service.write(Method::PATCH, &officer, &at("/parties/B"), &json!({ "estimated_loss_fen": 4321 })).await.ok();
        let said = service.write(Method::PUT, &officer, &at("/parties/B/statement"), &statement(in_front())).await.ok();
        let b = party(&said, "B");
        assert_eq!(b["presence"]["confirmed"], "officer", "what an officer takes down he has heard");
        assert!(b["statement"]["taken_by"]["zh"].as_str().unwrap().contains("听取"), "{b}");
        service.post(&officer, &at("/parties/B/submission"), &applies()).await.ok();
        let seen = party(&a.get_case(&id).await.unwrap().body, "B").to_string();
        for canary in ben().canaries() {
            assert!(!seen.contains(&canary), "A sees {canary}");
        }
        let meddling = service.write(Method::PATCH, &a, &at("/parties/B"), &json!({ "name": "别人" })).await;
        meddling.refused(409, "not_your_entry");
        ended(&service, &officer, &id).await;
        assert_eq!(claims(&officer, &id).await, 2);
        let pack = service.get(&officer, &at("/court-pack")).await;
        assert_eq!(pack.status, 200, "{}", pack.text());
        service.end().await;
    }

    async fn a_helper_acts_for_a_party_that_agrees_to_it(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let (a, id) = told_by_a(&service).await;
        let at = |rest: &str| format!("/cases/{id}{rest}");
        let code = a.invite_party(&id).await.unwrap().text("/code").unwrap().to_owned();
        let daughter = service.driver(cat().openid).await;
        let joins = json!({ "code": code, "road_user": "motor_vehicle", "helper": { "name": cat().name, "relation": "child" } });
        let case = service.post(&daughter, "/cases/join", &joins).await.ok();
        assert_eq!(party(&case, "B")["presence"]["helper"], json!({ "name": cat().name, "relation": "child" }));
        tell(&daughter, &id, &ben(), in_front()).await;
        a.submit_case(&id).await.unwrap();
        daughter.submit_case(&id).await.unwrap();
        let seen = party(&a.get_case(&id).await.unwrap().body, "B");
        assert_eq!((&seen["presence"]["is_helped"], &seen["presence"]["stands_by_it"]), (&json!(true), &json!(false)));
        assert!(!seen.to_string().contains(cat().name), "the other party does not learn who helps: {seen}");
        service.post(&daughter, &at("/parties/B/code"), &json!({})).await.ok();
        let code = code_to(&service, ben().phone).await;
        service.post(&daughter, &at("/parties/B/confirmation"), &json!({ "code": code })).await.ok();
        officer.take_next_case().await.unwrap();
        ended(&service, &officer, &id).await;
        let remarks = service.stored(&id).await.parties[1].remarks();
        assert_eq!(remarks[0].zh, format!("由{}（子女）协助", cat().name));
        service.end().await;
    }

    async fn odd_papers_plates_and_insurers_keep_nobody_from_the_end(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let (a, id) = told_by_a(&service).await;
        let at = |rest: &str| format!("/cases/{id}{rest}");
        let code = a.invite_party(&id).await.unwrap().text("/code").unwrap().to_owned();
        let b = service.driver(ben().openid).await;
        b.join_case(&code).await.unwrap();
        let odd = json!({
            "name": "John Smith",
            "identity": { "kind": "passport", "number": "E 1234567" },
            "vehicle": { "unusual_plate": { "kind": "temporary", "text": "鲁C临12345" }, "kind": "electric_bicycle" },
            "owner": { "kind": "rental_company", "name": "某汽车租赁有限公司" },
            "unlisted_insurer": "某相互保险社",
            "left_open": { "phone": "later", "policy_number": "dont_know" },
        });
        b.update_party(&id, odd).await.unwrap();
        b.put_statement(&id, in_front(), ben().words).await.unwrap();
        a.submit_case(&id).await.unwrap();
        b.submit_case(&id).await.unwrap();
        let taken = officer.take_next_case().await.unwrap();
        let seen = party(&taken.body, "B");
        let details = &seen["details"];
        assert_eq!((&details["plate"], &details["plate_kind"]), (&json!("鲁C临12345"), &json!("temporary")));
        assert_eq!(details["left_open"], json!({ "phone": "later", "policy_number": "dont_know" }));
        let codes: Vec<_> = seen["presence"]["to_check"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
        assert_eq!(codes, ["foreigner", "plate", "insurer"]);
        let masked = party(&a.get_case(&id).await.unwrap().body, "B").to_string();
        for hidden in ["John", "E 1234567", "临12345", "租赁", "相互", "to_check", "left_open"] {
            assert!(!masked.contains(hidden), "A sees {hidden}: {masked}");
        }
        ended(&service, &officer, &id).await;
        assert_eq!(claims(&officer, &id).await, 1);
        let insured = json!({ "insurance": { "insurer": "CPIC", "policy_number": ben().policy } });
        service.write(Method::PATCH, &b, &at("/parties/me"), &insured).await.ok();
        until("the insurer that was found out has its claim", async || {
            let case = officer.get_case(&id).await.unwrap();
            let claims = case.list("/claims").unwrap();
            claims.len() == 2 && claims.iter().all(|claim| claim["status"] == "acknowledged")
        }).await;
        let again = service.write(Method::PATCH, &b, &at("/parties/me"), &insured).await;
        again.refused(409, "wrong_stage");
        service.write(Method::PATCH, &b, &at("/parties/me"), &json!({ "name": "他人" })).await.refused(409, "wrong_stage");
        service.end().await;
    }

    async fn no_field_is_a_wall(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        for open in ["dont_know", "later"] {
            let left_open: Value = FIELDS.iter().map(|field| ((*field).to_owned(), json!(open))).collect::<serde_json::Map<_, _>>().into();
            let (a, b) = (service.driver(ann().openid).await, service.driver(ben().openid).await);
            let mut report = report(2, json!({}));
            report["party"] = json!({ "left_open": left_open });
            let (id, _) = reported(&a, report).await;
            photograph(&a, &id, 1).await;
            let code = a.invite_party(&id).await.unwrap().text("/code").unwrap().to_owned();
            b.join_case(&code).await.unwrap();
            // Every field by itself, too: left open, and as the only one that is.
            for field in FIELDS {
                b.update_party(&id, json!({ "left_open": { field: open } })).await.unwrap();
            }
            for by in [&a, &b] {
                by.put_statement(&id, json!({}), "我说不清楚。").await.unwrap();
                by.submit_case(&id).await.unwrap();
            }
            officer.take_next_case().await.unwrap();
            let concluded = ended(&service, &officer, &id).await;
            for role in ["A", "B"] {
                assert_eq!(party(&concluded, role)["details"]["left_open"], left_open);
            }
            assert_eq!(claims(&officer, &id).await, 0);
            let late = json!({ "phone": ann().phone, "insurance": { "insurer": "PICC" } });
            service.write(Method::PATCH, &a, &format!("/cases/{id}/parties/me"), &late).await.ok();
            assert_eq!(claims(&officer, &id).await, 1);
        }
        service.end().await;
    }

    async fn who_refuses_or_has_gone_keeps_nobody_waiting(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let (a, id) = told_by_a(&service).await;
        let at = |rest: &str| format!("/cases/{id}{rest}");
        let code = a.invite_party(&id).await.unwrap().text("/code").unwrap().to_owned();
        let other = service.driver(ben().openid).await;
        assert_eq!(service.post(&other, "/cases/join/refusal", &json!({ "code": code })).await.status, 204);
        let seen = a.get_case(&id).await.unwrap();
        assert_eq!(seen["absences"][0]["how"], "refuses");
        assert_eq!(other.get_case(&id).await.unwrap_err().refusal(), Some((404, "not_found")));
        let gone = json!({ "how": "gone", "note": "向北驶离，尾号安安" });
        let case = service.post(&a, &at("/parties/B/absence"), &gone).await.ok();
        assert!(case["absences"][0]["advice"]["zh"].as_str().unwrap().contains("第十三条"), "{case}");
        assert!(case["absences"][0].get("note").is_none(), "words about another party are for staff");
        let alone = json!({ "agrees_to_remote_handling": true, "without_other_party": true });
        assert_eq!(service.post(&a, &at("/submission"), &alone).await.ok()["stage"], "waiting");
        let taken = officer.take_next_case().await.unwrap();
        assert_eq!(taken["absences"][0]["note"], "向北驶离，尾号安安");
        let over = json!({ "to": "patrol", "reason": "另一方已离开现场" });
        let handed = service.decide(&officer, &at("/escalation"), taken.version().unwrap(), &over).await.ok();
        assert_eq!(handed["stage"], "handed_over");
        service.end().await;
    }

    async fn texts_to_one_phone_are_few_a_day(database: TestDatabase) {
        let service = TestService::start(database).await;
        let person: Person = ann();
        let a = service.driver(person.openid).await;
        let (first, _) = reported(&a, report(2, json!({}))).await;
        let (second, _) = reported(&a, report(2, json!({}))).await;
        let to = |phone: &str| json!({ "phone": phone });
        for _ in 0..10 {
            service.post(&a, &format!("/cases/{first}/invitations"), &to(ben().phone)).await.ok();
        }
        let more = service.post(&a, &format!("/cases/{second}/invitations"), &to(ben().phone)).await;
        more.refused(429, "too_many_texts");
        assert!((1..=86_401).contains(&more.json()["retry_after"].as_u64().unwrap()), "{}", more.text());
        service.post(&a, &format!("/cases/{second}/invitations"), &json!({})).await.ok();
        service.post(&a, &format!("/cases/{second}/invitations"), &to(cat().phone)).await.ok();
        service.end().await;
    }
}

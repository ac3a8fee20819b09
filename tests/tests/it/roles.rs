//! Who may do what: every operation as every role and as nobody; and, where the role would do, as the wrong
//! driver, officer, unit and insurer. Nobody ever sees a datum of somebody else.

use std::collections::{BTreeMap, BTreeSet};

use domain::{identity::Role, ports::Signer as _};
use kuaichu::{
    api::{OPERATIONS, Operation, Who},
    keys::SigningKeys,
};
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::Session;

use crate::{
    people::{Person, ann, ben, cat},
    scenes::{FACTS, Scene, behind, journal, jpeg, position, report, reported},
    support::{Reply, TestService, UNITS, key, reply},
};

/// What the table must say, said once more: D driver, O officer, P staff of a point, I insurer, S supervisor,
/// A administrator, * anybody.
const EXPECTED: &[(&str, &str)] = &[
    ("wechat_sign_in", "*"),
    ("staff_sign_in", "*"),
    ("insurer_token", "*"),
    ("refresh_session", "*"),
    ("sign_out", "DOPISA"),
    ("jwks", "*"),
    ("list_questions", "*"),
    ("verify_document", "*"),
    ("report_case", "D"),
    ("list_my_cases", "D"),
    ("join_case", "D"),
    ("get_case", "DOP"),
    ("invite_party", "D"),
    ("update_party", "D"),
    ("upload_photo", "D"),
    ("get_photo", "DOP"),
    ("put_statement", "D"),
    ("submit_case", "D"),
    ("withdraw_case", "D"),
    ("sign_determination", "D"),
    ("refuse_determination", "DO"),
    ("get_document", "DO"),
    ("get_journal", "DOPS"),
    ("list_queue", "OS"),
    ("take_next_case", "O"),
    ("renew_lease", "O"),
    ("release_case", "O"),
    ("request_evidence", "O"),
    ("suggest_liability", "O"),
    ("determine_liability", "O"),
    ("escalate_case", "O"),
    ("create_dispatch", "O"),
    ("list_points", "DOPS"),
    ("find_nearest_points", "DOPS"),
    ("list_tasks", "P"),
    ("accept_dispatch", "P"),
    ("decline_dispatch", "P"),
    ("arrive_on_scene", "P"),
    ("complete_dispatch", "P"),
    ("report_position", "P"),
    ("list_claims", "I"),
    ("get_claim", "I"),
    ("receive_claim_callback", "*"),
];

/// What stands in the place of ids that nothing has.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

fn letter(role: Role) -> char {
    match role {
        Role::Driver => 'D',
        Role::Officer => 'O',
        Role::PointStaff => 'P',
        Role::Insurer => 'I',
        Role::Supervisor => 'S',
        Role::Administrator => 'A',
    }
}

fn expected(operation: &Operation) -> &'static str {
    EXPECTED.iter().find(|(id, _)| *id == operation.id).unwrap_or_else(|| panic!("{} is new", operation.id)).1
}

/// A body that the operation understands.
fn body(id: &str) -> Option<Value> {
    let reason = json!({ "reason": "理由" });
    Some(match id {
        "wechat_sign_in" => json!({ "code": "no-such-code" }),
        "staff_sign_in" => {
            json!({ "username": "nobody-here", "password": "wrong", "one_time_code": "000000" })
        }
        "refresh_session" => json!({ "refresh_token": "none" }),
        "report_case" => report(2, json!({})),
        "join_case" => json!({ "code": "0".repeat(26), "road_user": "motor_vehicle" }),
        "update_party" => cat().details(),
        "put_statement" => json!({ "facts": behind(), "text": "陈述" }),
        "submit_case" => json!({ "agrees_to_remote_handling": true, "without_other_party": false }),
        "sign_determination" => json!({ "document_sha256": "0".repeat(64) }),
        "refuse_determination" => json!({ "reason": "理由", "role": "B" }),
        "request_evidence" => json!({ "role": "A", "slots": ["plate"], "reason": "理由" }),
        "determine_liability" => json!({
            "grades": { "A": "full", "B": "none" }, "facts": FACTS, "accident_form": "追尾碰撞", "articles": [], "reason": "理由",
        }),
        "escalate_case" => json!({ "to": "patrol", "reason": "理由" }),
        "create_dispatch" | "decline_dispatch" => reason,
        "find_nearest_points" => json!({ "position": position(), "most": 3 }),
        "arrive_on_scene" => json!({ "position": position() }),
        "complete_dispatch" => json!({ "outcome": "settled", "note": "完成" }),
        "report_position" => json!({ "position": position(), "on_duty": true }),
        "invite_party" | "withdraw_case" | "take_next_case" | "release_case" | "accept_dispatch" => json!({}),
        _ => return None,
    })
}

/// One call of an operation with a token and ids, as well-formed as it can be.
async fn call(service: &TestService, operation: &Operation, token: Option<&str>, ids: &Ids) -> Reply {
    call_with(service, operation, token, ids, body(operation.id)).await
}

async fn call_with(
    service: &TestService,
    operation: &Operation,
    token: Option<&str>,
    ids: &Ids,
    body: Option<Value>,
) -> Reply {
    let id = match operation.path.split('/').nth(1) {
        Some("claims") => &ids.claim,
        Some("dispatches") => &ids.dispatch,
        _ => &ids.case,
    };
    let path = operation.path.replace("{id}", id).replace("{photo}", &ids.photo).replace("{code}", "PICC");
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let mut request = service.request(method, &path);
    request = match operation.id {
        "upload_photo" => {
            let part = reqwest::multipart::Part::bytes(jpeg(77)).file_name("photo.jpg");
            let form = reqwest::multipart::Form::new().part("file", part);
            request.query(&[("slot", "other")]).multipart(form)
        }
        "insurer_token" => {
            request.form(&[("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", "x")])
        }
        _ => request,
    };
    if let Some(body) = body {
        request = request.json(&body);
    }
    if operation.keyed {
        request = request.header("idempotency-key", key());
    }
    if operation.if_match {
        request = request.header("if-match", "\"1\"");
    }
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = reply(request).await;
    must_be_proper(operation, &answer);
    answer
}

/// What holds for every answer: an id, no cache, no sniffing, and a problem document for every error.
fn must_be_proper(operation: &Operation, answer: &Reply) {
    let id = operation.id;
    assert!(answer.header("x-request-id").is_some(), "{id}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{id}");
    if id == "jwks" && answer.status == 200 {
        assert!(answer.header("cache-control").unwrap().starts_with("public"));
    } else {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{id} {}", answer.status);
    }
    assert!(answer.status < 500, "{id}: {}", answer.text());
    if answer.status >= 400 {
        answer.code();
    }
}

/// The ids that stand in the paths.
struct Ids {
    case: String,
    photo: String,
    dispatch: String,
    claim: String,
}

impl Ids {
    fn nothing() -> Self {
        Self {
            case: NOTHING.to_owned(),
            photo: NOTHING.to_owned(),
            dispatch: NOTHING.to_owned(),
            claim: NOTHING.to_owned(),
        }
    }
}

async fn signed_in(service: &TestService, role: Role) -> Session {
    match role {
        Role::Driver => service.driver(cat().openid).await,
        Role::Officer => service.staff("officer-1").await,
        Role::PointStaff => service.staff(UNITS[0]).await,
        Role::Insurer => service.insurer("CPIC").await,
        Role::Supervisor => service.staff("supervisor-1").await,
        Role::Administrator => service.staff("admin-1").await,
    }
}

#[test]
fn the_table_says_what_this_test_says_and_nothing_more() {
    let ids: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
    assert_eq!(ids, EXPECTED.iter().map(|(id, _)| *id).collect());
    assert_eq!(ids.len(), OPERATIONS.len(), "an id stands twice");
    for operation in OPERATIONS {
        let roles = expected(operation);
        assert_eq!(operation.who == Who::Anybody, roles == "*", "{}", operation.id);
        for role in Role::ALL {
            assert_eq!(
                operation.admits(role),
                roles == "*" || roles.contains(letter(role)),
                "{} {role:?}",
                operation.id
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_admits_its_roles_and_refuses_everybody_else() {
    let service = TestService::sqlite().await;
    let ids = Ids::nothing();
    for role in Role::ALL {
        let session = signed_in(&service, role).await;
        for operation in OPERATIONS.iter().filter(|operation| operation.id != "sign_out") {
            let answer = call(&service, operation, Some(session.token()), &ids).await;
            let roles = expected(operation);
            if roles == "*" {
                assert_ne!(answer.status, 403, "{} {role:?}", operation.id);
            } else if roles.contains(letter(role)) {
                assert!(!matches!(answer.status, 401 | 403), "{} {role:?}: {}", operation.id, answer.text());
            } else {
                assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{} {role:?}", operation.id);
            }
        }
        assert_eq!(session.sign_out().await.unwrap().status, 204, "{role:?}");
        for operation in OPERATIONS.iter().filter(|operation| operation.who != Who::Anybody) {
            let answer = call(&service, operation, Some(session.token()), &ids).await;
            assert_eq!(answer.refusal(), (401, "session_ended".to_owned()), "{} {role:?}", operation.id);
        }
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_that_holds_nothing_is_done() {
    let service = TestService::sqlite().await;
    let session = service.driver("o-a").await;
    let claims = {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
        let part = session.token().split('.').nth(1).unwrap();
        serde_json::from_slice::<Value>(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let mut expired = claims.clone();
    expired["exp"] = json!(claims["iat"].as_i64().unwrap() - 61);
    let tokens = [
        None,
        Some("garbage".to_owned()),
        Some(service.inside.keys.sign("at+jwt", &expired).unwrap()),
        Some(SigningKeys::ephemeral().unwrap().sign("at+jwt", &claims).unwrap()),
    ];
    for operation in OPERATIONS {
        for token in &tokens {
            let answer = call(&service, operation, token.as_deref(), &Ids::nothing()).await;
            if operation.who == Who::Anybody {
                assert!(answer.status < 400 || answer.code() != "unauthenticated", "{}", operation.id);
            } else {
                assert_eq!(answer.refusal(), (401, "unauthenticated".to_owned()), "{}", operation.id);
                assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
            }
        }
    }
    assert_eq!(session.list_my_cases().await.unwrap().list("").unwrap().len(), 0);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_of_an_address_is_no_way_around_the_table() {
    let service = TestService::sqlite().await;
    let driver = service.driver("o-a").await;
    let spellings = [
        "/queu%65",
        "/queue/",
        "//queue",
        "/./queue",
        "/cases/../queue",
        "/QUEUE",
        "/queue;a=1",
        "/queue%2f",
        "/queue%00",
        "/%71ueue",
    ];
    for path in spellings {
        for token in [None, Some(driver.token())] {
            // Written by hand: a client would tidy the path up.
            let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
            let head = format!("GET /api/v1{path} HTTP/1.1\r\nhost: x\r\n{token}connection: close\r\n\r\n");
            let answer = crate::edge::raw(&service.address(), head.as_bytes()).await;
            assert!(matches!(answer.status, 400 | 401 | 403 | 404), "{path}: {}", answer.status);
        }
    }
    for method in ["HEAD", "OPTIONS", "TRACE", "GETX"] {
        let request = service.request(Method::from_bytes(method.as_bytes()).unwrap(), "/queue");
        assert_eq!(reply(request.bearer_auth(driver.token())).await.status, 405, "{method}");
    }
    let disguised = service.request(Method::GET, "/queue").bearer_auth(driver.token());
    reply(disguised.header("x-http-method-override", "POST").header("x-role", "officer"))
        .await
        .refused(403, "forbidden");
    service.end().await;
}

/// Two cases with everything in them: one concluded with claims, one on scene with a task.
struct World {
    service: TestService,
    scene: Scene,
    officer: Session,
    ids: Vec<Ids>,
}

impl World {
    async fn new() -> Self {
        let service = TestService::sqlite().await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        scene.concluded(&officer).await;
        service.settle().await;
        let case = officer.get_case(&scene.id).await.unwrap();
        let text = |pointer: &str| case.text(pointer).unwrap().to_owned();
        let (on_scene, _) = reported(&scene.a, report(1, json!({ "cannot_move": "yes" }))).await;
        scene.a.update_party(&on_scene, ann().details()).await.unwrap();
        let photo = scene.a.upload_photo(&on_scene, "other", jpeg(5)).await.unwrap();
        let task = officer.create_dispatch(&on_scene, "车辆无法移动").await.unwrap();
        let ids = vec![
            Ids {
                case: scene.id.clone(),
                photo: text("/photos/0/id"),
                dispatch: NOTHING.to_owned(),
                claim: text("/claims/0/id"),
            },
            Ids {
                case: on_scene,
                photo: photo.text("/photo/id").unwrap().to_owned(),
                dispatch: task.text("/id").unwrap().to_owned(),
                claim: text("/claims/1/id"),
            },
        ];
        Self { service, scene, officer, ids }
    }

    /// Every operation about something, that this role may call.
    fn about(role: Role) -> impl Iterator<Item = &'static Operation> {
        OPERATIONS.iter().filter(move |operation| operation.path.contains("{id}") && operation.admits(role))
    }

    /// Calls everything as somebody who has nothing to do with it; gives how many calls that were.
    async fn intrude(
        &self,
        who: &Session,
        role: Role,
        spare: &[&str],
        mut check: impl FnMut(&Operation, &Reply),
    ) -> usize {
        let secrets: Vec<String> =
            ann().canaries().into_iter().chain(ben().canaries()).chain([FACTS.to_owned()]).collect();
        let mut calls = 0;
        for ids in &self.ids {
            for operation in Self::about(role).filter(|operation| !spare.contains(&operation.id)) {
                let answer = call(&self.service, operation, Some(who.token()), ids).await;
                check(operation, &answer);
                must_not_tell(operation.id, &answer, &secrets);
                calls += 1;
            }
        }
        calls
    }
}

fn must_not_tell(what: &str, answer: &Reply, secrets: &[String]) {
    let text = answer.text();
    for secret in secrets {
        assert!(!text.contains(secret), "{what} tells {secret}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_driver_unit_or_insurer_finds_nothing() {
    let world = World::new().await;
    let service = &world.service;
    let not_found = |operation: &Operation, answer: &Reply| {
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{}", operation.id);
    };
    let stranger = service.driver(cat().openid).await;
    world.intrude(&stranger, Role::Driver, &[], not_found).await;
    assert!(stranger.list_my_cases().await.unwrap().list("").unwrap().is_empty());
    let unit = service.staff(UNITS[1]).await;
    world.intrude(&unit, Role::PointStaff, &[], not_found).await;
    assert!(unit.list_tasks().await.unwrap().list("").unwrap().is_empty());
    let insurer = service.insurer("CPIC").await;
    world.intrude(&insurer, Role::Insurer, &[], not_found).await;
    assert!(insurer.list_claims().await.unwrap().list("").unwrap().is_empty());
    let before = journal(&world.officer, &world.scene.id).await.len();
    assert_eq!(before, journal(&world.scene.a, &world.scene.id).await.len());

    // A party of one case is nobody in the other.
    let other = &world.ids[1];
    for operation in World::about(Role::Driver) {
        let answer = call(service, operation, Some(world.scene.b.token()), other).await;
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{}", operation.id);
    }
    // Another case's photo is not found below one's own case.
    let mixed = Ids { case: world.ids[0].case.clone(), photo: other.photo.clone(), ..Ids::nothing() };
    let photo = OPERATIONS.iter().find(|operation| operation.id == "get_photo").unwrap();
    for who in [&world.scene.a, &world.scene.b, &world.officer] {
        call(service, photo, Some(who.token()), &mixed).await.refused(404, "not_found");
    }
    // Photos are their party's: B is told neither the bytes nor the id of A's.
    call(service, photo, Some(world.scene.b.token()), &world.ids[0]).await.refused(404, "not_found");
    assert!(world.scene.b.get_case(&world.scene.id).await.unwrap().list("/photos").unwrap().is_empty());
    world.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_of_another_district_is_refused_and_the_journal_says_so() {
    let world = World::new().await;
    let far = world.service.staff("officer-far").await;
    let before = refused_accesses(&world).await;
    let calls = world
        .intrude(&far, Role::Officer, &[], |operation, answer| {
            assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{}", operation.id);
        })
        .await;
    assert_eq!(refused_accesses(&world).await, before + calls);
    assert!(far.list_queue().await.unwrap().list("").unwrap().is_empty());
    let waiting = Scene::between(&world.service, &cat(), &ben()).await;
    waiting.submit().await;
    assert_eq!(far.take_next_case().await.unwrap().status, 204, "nothing of another district is taken");
    world.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_with_a_relative_in_the_case_must_keep_away() {
    let service = TestService::sqlite().await;
    let kin = service.staff("officer-kin").await;
    let related = Person { plate: "鲁CKN001", ..ben() };
    let scene = Scene::between(&service, &ann(), &related).await;
    scene.submit().await;
    assert_eq!(kin.take_next_case().await.unwrap().status, 204, "the case is left to others");
    let ids = Ids { case: scene.id.clone(), ..Ids::nothing() };
    let mut calls = 0;
    for operation in World::about(Role::Officer) {
        let answer = call(&service, operation, Some(kin.token()), &ids).await;
        assert_eq!(answer.refusal(), (403, "conflict_of_interest".to_owned()), "{}", operation.id);
        must_not_tell(operation.id, &answer, &[ann().canaries(), related.canaries()].concat());
        calls += 1;
    }
    let officer = service.staff("officer-1").await;
    let entries = journal(&officer, &scene.id).await;
    assert_eq!(entries.iter().filter(|kind| *kind == "access_refused").count(), calls);
    scene.concluded(&officer).await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relative_who_turns_up_under_review_ends_it() {
    let service = TestService::sqlite().await;
    let kin = service.staff("officer-kin").await;
    let scene = Scene::waiting(&service).await;
    let etag = scene.taken(&kin).await;
    let car = json!({ "vehicle": { "plate": "鲁CKN001", "kind": "car" } });
    scene.b.update_party(&scene.id, car).await.unwrap();
    let decision = json!({ "grades": { "A": "full", "B": "none" }, "facts": FACTS });
    let refused = service.decide(&kin, &scene.path("/determination"), &etag, &decision).await;
    refused.refused(403, "conflict_of_interest");
    service.end().await;
}

async fn refused_accesses(world: &World) -> usize {
    let mut count = 0;
    for ids in &world.ids {
        let entries = journal(&world.officer, &ids.case).await;
        count += entries.iter().filter(|kind| *kind == "access_refused").count();
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_reads_the_journal_and_the_queue_and_nothing_else() {
    let world = World::new().await;
    let supervisor = world.service.staff("supervisor-1").await;
    for ids in &world.ids {
        for operation in OPERATIONS.iter().filter(|operation| operation.path.contains("{id}")) {
            let answer = call(&world.service, operation, Some(supervisor.token()), ids).await;
            if operation.id == "get_journal" {
                assert_eq!(answer.ok()["holds"], true);
            } else {
                assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{}", operation.id);
            }
            must_not_tell(operation.id, &answer, &[ann().canaries(), ben().canaries()].concat());
        }
    }
    supervisor.list_queue().await.unwrap();
    world.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_never_sees_what_the_other_party_told() {
    let world = World::new().await;
    let (service, scene) = (&world.service, &world.scene);
    for (who, me, other) in [(&scene.a, ann(), ben()), (&scene.b, ben(), ann())] {
        for path in [scene.path(""), "/cases".to_owned(), scene.path("/journal")] {
            let answer = service.get(who, &path).await;
            answer.ok();
            must_not_tell(&path, &answer, &other.canaries());
            must_not_tell(&path, &answer, &[me.openid.to_owned()]);
        }
        let mine = service.get(who, &scene.path("")).await.text();
        for own in [me.name, me.phone, me.plate, me.policy, me.words] {
            assert!(mine.contains(own), "{own}");
        }
    }
    // What writes answer is shown to the same eyes.
    let again = Scene::between(service, &ann(), &ben()).await;
    let path = again.path("/statement");
    let statement = json!({ "facts": behind(), "text": "补充" });
    let answer = service.write(Method::PUT, &again.a, &path, &statement).await;
    answer.ok();
    must_not_tell(&path, &answer, &ben().canaries());
    world.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_are_mistakes_wherever_they_stand() {
    let service = TestService::sqlite().await;
    let extra = [
        "id",
        "role",
        "stage",
        "version",
        "lane",
        "district",
        "triage",
        "submitted_at",
        "account",
        "fence",
        "lease",
        "claims",
        "is_me",
        "handed_over",
        "determination",
        "move_receipt",
        "outside_area",
        "suspected_crime",
        "__proto__",
    ];
    let mut sessions = BTreeMap::new();
    for role in Role::ALL {
        sessions.insert(role, signed_in(&service, role).await);
    }
    for operation in OPERATIONS {
        let Some(whole) = body(operation.id) else { continue };
        let token =
            sessions.iter().find(|(role, _)| operation.admits(**role)).map(|(_, session)| session.token());
        for name in extra {
            for pointer in objects(&whole, "") {
                let mut changed = whole.clone();
                let object = changed.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
                if object.contains_key(name) {
                    continue;
                }
                object.insert(name.to_owned(), json!("1"));
                let answer = call_with(&service, operation, token, &Ids::nothing(), Some(changed)).await;
                let (status, code) = answer.refusal();
                assert_eq!(
                    (status, code.as_str()),
                    (422, "invalid_value"),
                    "{} {pointer}/{name}",
                    operation.id
                );
            }
        }
    }
    service.end().await;
}

/// Pointers to every object in a body. The keys of `grades` are roles, which are checked as values are.
fn objects(value: &Value, at: &str) -> Vec<String> {
    let Value::Object(members) = value else { return Vec::new() };
    let inner = members.iter().flat_map(|(name, value)| objects(value, &format!("{at}/{name}")));
    std::iter::once(at.to_owned()).chain(inner).collect()
}

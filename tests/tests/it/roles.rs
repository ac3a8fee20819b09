//! Who may do what: every operation as every role and as nobody, and no field that is not asked for.

use std::collections::{BTreeMap, BTreeSet};

use domain::{identity::Role, ports::Signer as _};
use kuaichu::{
    api::{OPERATIONS, Operation, Who},
    keys::SigningKeys,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    calls::{Ids, body, call, call_with, signed_in},
    support::{TestService, reply},
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
    ("list_shots", "*"),
    ("get_log_key", "*"),
    ("get_checkpoint", "*"),
    ("list_checkpoints", "*"),
    ("get_inclusion_proof", "*"),
    ("get_consistency_proof", "*"),
    ("verify_document", "*"),
    ("report_case", "D"),
    ("list_my_cases", "D"),
    ("join_case", "D"),
    ("get_case", "DOP"),
    ("invite_party", "D"),
    ("update_party", "D"),
    ("decline_invitation", "D"),
    ("name_helper", "D"),
    ("add_party", "DO"),
    ("enter_party", "DO"),
    ("enter_statement", "DO"),
    ("enter_submission", "DO"),
    ("send_party_code", "D"),
    ("confirm_party", "DO"),
    ("note_absence", "DO"),
    ("upload_photo", "D"),
    ("get_photo", "DOP"),
    ("create_photo_link", "DOP"),
    ("open_photo_link", "*"),
    ("get_signals", "O"),
    ("get_sketch", "DO"),
    ("confirm_sketch", "D"),
    ("list_contradictions", "O"),
    ("how_colleagues_decided", "O"),
    ("take_second_look", "O"),
    ("get_second_look_photo", "O"),
    ("decide_second_look", "O"),
    ("get_self_control", "S"),
    ("commit_evidence", "D"),
    ("upload_recording", "D"),
    ("describe_uploads", "*"),
    ("create_upload", "D"),
    ("probe_upload", "D"),
    ("append_upload", "D"),
    ("cancel_upload", "D"),
    ("override_upload", "D"),
    ("get_recording", "DOP"),
    ("put_statement", "D"),
    ("confirm_statement", "D"),
    ("submit_case", "D"),
    ("withdraw_case", "D"),
    ("request_signing_code", "DO"),
    ("sign_determination", "D"),
    ("record_signature", "O"),
    ("agree_to_service", "D"),
    ("record_service", "O"),
    ("refuse_determination", "DO"),
    ("propose_agreement", "D"),
    ("sign_agreement", "D"),
    ("decline_agreement", "D"),
    ("ask_for_officer", "D"),
    ("issue_certificate", "O"),
    ("close_case", "O"),
    ("list_documents", "DO"),
    ("get_document", "DO"),
    ("get_journal", "DOPS"),
    ("get_court_pack", "OS"),
    ("place_legal_hold", "S"),
    ("lift_legal_hold", "S"),
    ("request_review", "D"),
    ("end_review", "DO"),
    ("list_reviews", "OS"),
    ("get_review", "O"),
    ("take_review", "O"),
    ("draft_review", "O"),
    ("confirm_review", "O"),
    ("note_suit", "O"),
    ("list_queue", "OS"),
    ("take_next_case", "O"),
    ("renew_lease", "O"),
    ("release_case", "O"),
    ("request_evidence", "O"),
    ("suggest_liability", "O"),
    ("determine_liability", "O"),
    ("escalate_case", "O"),
    ("request_mediation", "DO"),
    ("withdraw_from_mediation", "DO"),
    ("put_damages", "DO"),
    ("set_shares", "O"),
    ("calculate_compensation", "DO"),
    ("propose_terms", "DO"),
    ("answer_terms", "DO"),
    ("end_mediation", "O"),
    ("create_dispatch", "O"),
    ("cancel_dispatch", "O"),
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

//! Any operation of the API as anybody, as well-formed as a request can be; and what holds for every answer.

use domain::identity::Role;
use kuaichu::api::{OPERATIONS, Operation};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    client::Session,
    signing::{drawing, signature_body},
};

use crate::{
    people::cat,
    scenes::{FACTS, behind, jpeg, position, report},
    support::{Reply, TestService, UNITS, key, reply},
    uploads::of_clip,
};

/// What stands in the place of ids that nothing has.
pub(crate) const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// A body that the operation understands.
pub(crate) fn body(id: &str) -> Option<Value> {
    let reason = json!({ "reason": "理由" });
    Some(match id {
        "wechat_sign_in" => json!({ "code": "no-such-code" }),
        "staff_sign_in" => {
            json!({ "username": "nobody-here", "password": "wrong", "one_time_code": "000000" })
        }
        "refresh_session" => json!({ "refresh_token": "none" }),
        "report_case" => report(2, json!({})),
        "join_case" => json!({ "code": "0".repeat(26), "road_user": "motor_vehicle" }),
        "update_party" | "enter_party" => cat().details(),
        "decline_invitation" => json!({ "code": "0".repeat(26) }),
        "name_helper" => json!({ "name": "诸葛小小", "relation": "child" }),
        "add_party" => json!({ "road_user": "motor_vehicle", "party": cat().details() }),
        "enter_statement" => json!({ "facts": behind(), "text": "陈述" }),
        "enter_submission" => json!({ "agrees_to_remote_handling": true, "without_other_party": false }),
        "confirm_party" => json!({ "code": "000000" }),
        "note_absence" => json!({ "how": "gone", "note": "说明" }),
        "put_statement" => json!({ "facts": behind(), "text": "陈述" }),
        "commit_evidence" => {
            json!({ "commitments": [{ "slot": "other", "sha256": "0".repeat(64), "bytes": 9 }] })
        }
        "confirm_statement" => json!({ "sha256": "0".repeat(64) }),
        "confirm_sketch" => json!({ "sketch_sha256": "0".repeat(64) }),
        "decide_second_look" => json!({ "grades": { "A": "full", "B": "none" }, "reason": "理由" }),
        "submit_case" => json!({ "agrees_to_remote_handling": true, "without_other_party": false }),
        "request_signing_code" => json!({ "document_sha256": "0".repeat(64), "role": "B" }),
        "sign_determination" => signature_body(&"0".repeat(64), "000000", &drawing()),
        "record_signature" => json!({ "role": "B", "document_sha256": "0".repeat(64), "code": "000000" }),
        "agree_to_service" => json!({}),
        "record_service" => json!({ "role": "B", "document_sha256": "0".repeat(64), "manner": "paper" }),
        "propose_agreement" => {
            json!({ "grades": { "A": "full", "B": "none" }, "facts": FACTS, "accident_form": "追尾碰撞" })
        }
        "sign_agreement" => signature_body(&"0".repeat(64), "000000", &drawing()),
        "decline_agreement" | "ask_for_officer" | "close_case" => reason,
        "issue_certificate" => json!({ "facts": FACTS, "reason": "理由" }),
        "refuse_determination" => json!({ "reason": "理由", "role": "B" }),
        "request_evidence" => json!({ "role": "A", "slots": ["plate"], "reason": "理由" }),
        "determine_liability" => json!({
            "grades": { "A": "full", "B": "none" }, "facts": FACTS, "accident_form": "追尾碰撞", "articles": [], "reason": "理由",
        }),
        "draft_review" => {
            json!({ "outcome": "reinvestigate", "grounds": ["facts"], "explanation": "理由" })
        }
        "confirm_review" => json!({ "agrees": true }),
        "note_suit" => json!({ "note": "法院" }),
        "end_review" | "take_review" => json!({}),
        "request_review" => reason,
        "request_mediation" | "withdraw_from_mediation" => json!({ "role": "B" }),
        "put_damages" => {
            json!({ "items": [{ "kind": "vehicle_repair", "amount_fen": 100, "note": "前保险杠" }], "role": "B" })
        }
        "set_shares" => json!({ "shares": { "A": 100, "B": 0 } }),
        "propose_terms" => {
            json!({ "payments": [{ "to": "B", "from": "A", "layer": "ctali", "amount_fen": 100 }], "role": "B" })
        }
        "answer_terms" => json!({ "number": 1, "accepts": true, "role": "B" }),
        "end_mediation" => json!({ "note": "无结果" }),
        "escalate_case" => json!({ "to": "patrol", "reason": "理由" }),
        "create_dispatch" | "cancel_dispatch" | "decline_dispatch" => reason,
        "find_nearest_points" => json!({ "position": position(), "most": 3 }),
        "arrive_on_scene" => json!({ "position": position() }),
        "complete_dispatch" => json!({ "outcome": "settled", "note": "完成" }),
        "report_position" => json!({ "position": position(), "on_duty": true }),
        "take_second_look" | "invite_party" | "send_party_code" | "withdraw_case" | "take_next_case"
        | "release_case" | "accept_dispatch" | "create_photo_link" => json!({}),
        _ => return None,
    })
}

/// One call of an operation with a token and ids, as well-formed as it can be.
pub(crate) async fn call(
    service: &TestService,
    operation: &Operation,
    token: Option<&str>,
    ids: &Ids,
) -> Reply {
    call_with(service, operation, token, ids, body(operation.id)).await
}

pub(crate) async fn call_with(
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
    let path = operation
        .path
        .replace("{id}", id)
        .replace("{photo}", &ids.photo)
        .replace("{recording}", NOTHING)
        .replace("{role}", "B")
        .replace("{code}", "PICC");
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let mut request = service.request(method, &path);
    request = match operation.id {
        "upload_photo" => {
            let part = reqwest::multipart::Part::bytes(jpeg(77)).file_name("photo.jpg");
            let form = reqwest::multipart::Form::new().part("file", part);
            request.query(&[("slot", "other")]).multipart(form)
        }
        "upload_recording" => {
            let part = reqwest::multipart::Part::bytes(b"OggS and sound".to_vec()).file_name("sound.ogg");
            let form = reqwest::multipart::Form::new().part("file", part);
            request.query(&[("slot", "spoken_statement")]).multipart(form)
        }
        "create_upload" => {
            let request = request.header("tus-resumable", "1.0.0").header("upload-length", 10);
            request.header("upload-metadata", of_clip(&ids.case))
        }
        "probe_upload" | "append_upload" | "cancel_upload" | "override_upload" => request
            .header("tus-resumable", "1.0.0")
            .header("upload-offset", 0)
            .header("content-type", "application/offset+octet-stream")
            .header("x-http-method-override", "HEAD"),
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
    let mut answer = reply(request).await;
    if operation.method == "HEAD" {
        // Its answer has no body. The same asked by POST says why it was refused.
        assert!(answer.bytes.is_empty());
        let told = OPERATIONS.iter().find(|operation| operation.id == "override_upload").unwrap();
        let (head, told) = (answer.status, Box::pin(call_with(service, told, token, ids, None)));
        answer = told.await;
        assert_eq!(answer.status, head);
    }
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
pub(crate) struct Ids {
    pub(crate) case: String,
    pub(crate) photo: String,
    pub(crate) dispatch: String,
    pub(crate) claim: String,
}

impl Ids {
    pub(crate) fn nothing() -> Self {
        Self {
            case: NOTHING.to_owned(),
            photo: NOTHING.to_owned(),
            dispatch: NOTHING.to_owned(),
            claim: NOTHING.to_owned(),
        }
    }
}

pub(crate) async fn signed_in(service: &TestService, role: Role) -> Session {
    match role {
        Role::Driver => service.driver(cat().openid).await,
        Role::Officer => service.staff("officer-1").await,
        Role::PointStaff => service.staff(UNITS[0]).await,
        Role::Insurer => service.insurer("CPIC").await,
        Role::Supervisor => service.staff("supervisor-1").await,
        Role::Administrator => service.staff("admin-1").await,
    }
}

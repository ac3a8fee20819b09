//! The description of the API: complete, and the same as the table and the routes.

use std::collections::BTreeSet;

use kuaichu::api::{BASE, OPERATIONS, Who, document};
use serde_json::Value;

/// The ids that clients were promised.
const PROMISED: &[&str] = &[
    "wechat_sign_in",
    "staff_sign_in",
    "insurer_token",
    "refresh_session",
    "sign_out",
    "jwks",
    "report_case",
    "list_my_cases",
    "get_case",
    "invite_party",
    "join_case",
    "update_party",
    "upload_photo",
    "create_upload",
    "probe_upload",
    "append_upload",
    "cancel_upload",
    "get_photo",
    "put_statement",
    "submit_case",
    "sign_determination",
    "refuse_determination",
    "get_document",
    "list_queue",
    "take_next_case",
    "renew_lease",
    "release_case",
    "request_evidence",
    "suggest_liability",
    "determine_liability",
    "escalate_case",
    "list_points",
    "find_nearest_points",
    "create_dispatch",
    "accept_dispatch",
    "decline_dispatch",
    "report_position",
    "arrive_on_scene",
    "complete_dispatch",
    "list_claims",
    "get_claim",
    "receive_claim_callback",
    "verify_document",
    "get_journal",
];

fn described() -> Value {
    serde_json::to_value(document()).unwrap()
}

fn operation<'a>(document: &'a Value, path: &str, method: &str) -> &'a Value {
    &document["paths"][format!("{BASE}{path}")][method.to_ascii_lowercase()]
}

fn has_header(operation: &Value, name: &str) -> bool {
    let parameters = operation["parameters"].as_array();
    let found = parameters.into_iter().flatten().find(|parameter| parameter["name"] == name);
    found.is_some_and(|parameter| parameter["in"] == "header" && parameter["required"] == true)
}

#[test]
fn every_operation_is_described_with_its_security_roles_and_headers() {
    let document = described();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for expected in OPERATIONS {
        let (id, found) = (expected.id, operation(&document, expected.path, expected.method));
        assert_eq!(found["operationId"], id);
        let roles: Vec<&str> =
            found["x-roles"].as_array().unwrap().iter().map(|role| role.as_str().unwrap()).collect();
        let bearer = found["security"]
            .as_array()
            .unwrap()
            .iter()
            .all(|requirement| requirement.get("bearer").is_some());
        match expected.who {
            Who::Anybody => assert!(roles.is_empty() && !bearer, "{id}"),
            Who::Signed(admitted) => {
                assert_eq!(roles, admitted.iter().map(|role| role.name()).collect::<Vec<_>>(), "{id}");
                assert!(bearer, "{id}");
            }
        }
        assert_eq!(has_header(found, "Idempotency-Key"), expected.keyed, "{id}");
        assert_eq!(has_header(found, "If-Match"), expected.if_match, "{id}");
        assert!(found["summary"].is_string() || found["description"].is_string(), "{id}");
    }
}

#[test]
fn nothing_is_described_that_the_table_does_not_know() {
    let document = described();
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(_, value)| value.get("responses").is_some())
        {
            let id = operation["operationId"].as_str().unwrap();
            assert!(found.insert(id.to_owned()), "{id} stands twice");
            let known = OPERATIONS.iter().any(|known| {
                known.id == id
                    && format!("{BASE}{}", known.path) == *path
                    && known.method.eq_ignore_ascii_case(method)
            });
            assert!(known, "{method} {path}");
        }
    }
    assert_eq!(found.len(), OPERATIONS.len());
    for id in PROMISED {
        assert!(found.contains(*id), "{id}");
    }
}

#[test]
fn every_failure_is_described_as_a_problem_document() {
    let document = described();
    for expected in OPERATIONS {
        let responses =
            operation(&document, expected.path, expected.method)["responses"].as_object().unwrap().clone();
        let statuses: BTreeSet<u16> = responses.keys().map(|status| status.parse().unwrap()).collect();
        assert!(statuses.iter().any(|status| (200..300).contains(status)), "{}", expected.id);
        assert!(
            statuses.contains(&400) && statuses.contains(&500) && statuses.contains(&503),
            "{}",
            expected.id
        );
        if expected.who != Who::Anybody {
            assert!(statuses.contains(&401) && statuses.contains(&403), "{}", expected.id);
        }
        if expected.if_match {
            assert!(statuses.contains(&412) && statuses.contains(&428), "{}", expected.id);
        }
        for (status, response) in responses.iter().filter(|(status, _)| status.parse::<u16>().unwrap() >= 400)
        {
            let content = response["content"].as_object().unwrap();
            assert_eq!(
                content.keys().collect::<Vec<_>>(),
                ["application/problem+json"],
                "{} {status}",
                expected.id
            );
            assert_eq!(content["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, into: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                into.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| references(value, into));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, into)),
            _ => {}
        }
    }
    let document = described();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

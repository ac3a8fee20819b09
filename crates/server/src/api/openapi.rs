//! The OpenAPI document, made from the routes and completed from the table: security, roles, keys, problems.

use actix_web::App;
use serde_json::json;
use utoipa::openapi::{
    Content, InfoBuilder, LicenseBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder,
    path::{Operation as Described, ParameterBuilder, ParameterIn, PathItem},
    schema::{ObjectBuilder, Type},
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa_actix_web::{AppExt as _, scope};

use super::{
    BASE, routes,
    table::{OPERATIONS, Operation, Who},
};
use crate::problem::{ErrorCode, ProblemDocument};

/// The document that describes every operation.
pub fn document() -> OpenApi {
    let (_, mut document) =
        App::new().into_utoipa_app().service(scope(BASE).configure(routes)).split_for_parts();
    document.info = InfoBuilder::new()
        .title("Kuaichu 快处")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Remote handling of minor road accidents: from the roadside to an acknowledged claim.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert(
        "bearer".to_owned(),
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build())
            .into(),
    );
    components.schemas.insert("Problem".to_owned(), <ProblemDocument as utoipa::PartialSchema>::schema());
    for operation in OPERATIONS {
        let path = format!("{BASE}{}", operation.path);
        if let Some(described) =
            document.paths.paths.get_mut(&path).and_then(|item| method(item, operation.method))
        {
            complete(described, operation);
        }
    }
    document
}

fn method<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut Described> {
    match method {
        "GET" => item.get.as_mut(),
        "PUT" => item.put.as_mut(),
        "POST" => item.post.as_mut(),
        "PATCH" => item.patch.as_mut(),
        "DELETE" => item.delete.as_mut(),
        "HEAD" => item.head.as_mut(),
        "OPTIONS" => item.options.as_mut(),
        _ => None,
    }
}

fn complete(described: &mut Described, operation: &Operation) {
    let roles: Vec<&str> = match operation.who {
        Who::Anybody => Vec::new(),
        Who::Signed(roles) => roles.iter().map(|role| role.name()).collect(),
    };
    let security = match operation.who {
        Who::Anybody => SecurityRequirement::default(),
        Who::Signed(_) => SecurityRequirement::new("bearer", [] as [&str; 0]),
    };
    described.security = Some(vec![security]);
    described.extensions.get_or_insert_default().insert("x-roles".to_owned(), json!(roles));
    let parameters = described.parameters.get_or_insert_default();
    let string = |example: &str| ObjectBuilder::new().schema_type(Type::String).examples([json!(example)]);
    if operation.keyed {
        let schema = string("0f8fad5b-d9cb-469f-a165-70867728950e").min_length(Some(8)).max_length(Some(128));
        let text = "Chosen by the caller, the same for every retry; the first answer is given again";
        parameters.push(header("Idempotency-Key", text, schema).into());
    }
    if operation.if_match {
        let text = "The ETag of the case as it was seen";
        parameters.push(header("If-Match", text, string("\"3\"").pattern(Some("^\"[0-9]+\"$"))).into());
    }
    for status in problem_statuses(operation, described.request_body.is_some()) {
        described.responses.responses.entry(status.to_string()).or_insert_with(|| problem(status));
    }
}

fn header(name: &str, text: &str, schema: ObjectBuilder) -> utoipa::openapi::path::Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(text))
        .schema(Some(schema))
        .build()
}

/// The statuses that an operation can answer besides success.
fn problem_statuses(operation: &Operation, has_body: bool) -> Vec<u16> {
    let mut statuses = vec![400, 500, 503];
    let signs_in =
        ["wechat_sign_in", "staff_sign_in", "insurer_token", "refresh_session"].contains(&operation.id);
    let callback = operation.id == "receive_claim_callback";
    if matches!(operation.who, Who::Signed(_)) {
        statuses.extend([401, 403]);
    }
    if signs_in {
        statuses.extend([401, 403, 429]);
    }
    if callback {
        statuses.push(401);
    }
    if operation.path.contains('{') || matches!(operation.id, "join_case" | "decline_invitation") {
        statuses.push(404);
    }
    if has_body || operation.keyed {
        statuses.extend([408, 413, 415, 422]);
    }
    if operation.keyed || matches!(operation.id, "renew_lease" | "upload_photo" | "upload_recording") {
        statuses.extend([409, 507]);
    }
    if operation.id == "get_recording" {
        statuses.push(416);
    }
    if operation.path.starts_with("/uploads") && operation.who != Who::Anybody {
        statuses.extend([404, 408, 409, 410, 412, 413, 415, 422, 423, 429, 460, 507]);
    }
    // What a case cannot show as it stands.
    if matches!(operation.id, "get_sketch" | "calculate_compensation") {
        statuses.push(409);
    }
    // Invitations and codes end.
    let ends = [
        "join_case",
        "decline_invitation",
        "sign_determination",
        "sign_agreement",
        "record_signature",
        "confirm_party",
    ];
    if ends.contains(&operation.id) {
        statuses.push(410);
    }
    let sends_texts = ["invite_party", "send_party_code", "request_signing_code", "propose_agreement"];
    if sends_texts.contains(&operation.id) {
        statuses.push(429);
    }
    if operation.path.starts_with("/log/") && operation.id != "get_log_key" {
        statuses.extend([404, 409, 422]);
    }
    if operation.if_match {
        statuses.extend([412, 428]);
    }
    statuses
}

fn problem(status: u16) -> RefOr<Response> {
    let codes: Vec<&str> = ErrorCode::ALL
        .iter()
        .map(|code| code.entry())
        .filter(|entry| entry.status == status)
        .map(|entry| entry.code)
        .collect();
    let content = Content::builder().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description(format!("A problem document; `code` is one of: {}", codes.join(", ")))
        .content("application/problem+json", content)
        .build()
        .into()
}

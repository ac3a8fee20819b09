//! Problem documents (RFC 9457): the only shape in which anything goes wrong towards a client.

mod cause;
mod code;
mod mapping;

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};
use uuid::Uuid;

pub use code::{Entry, ErrorCode};

use crate::request_id;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What a problem document holds. Chinese stands in the members of the RFC, English beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// `urn:kuaichu:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:kuaichu:problem:wrong_stage")]
    pub kind: String,
    /// What happened, in Chinese.
    pub title: &'static str,
    /// What happened, in English.
    pub title_en: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// The stable code; listed in `api-spec/errors.json`.
    #[schema(example = "wrong_stage")]
    pub code: &'static str,
    /// What to do next, in Chinese.
    pub detail: &'static str,
    /// What to do next, in English.
    pub detail_en: &'static str,
    /// The request, as in the header `x-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Uuid>,
    /// The error of the token endpoint (RFC 6749 §5.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// After how many seconds the same request may succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The field that holds an invalid value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What a valid value looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The photo slots that are still empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<&'static str>,
    /// The stage the case is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<&'static str>,
    /// The role of the party it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The limit that was passed, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    #[serde(skip)]
    #[schema(ignore)]
    entry: ErrorCode,
}

/// Something that went wrong, as the client will be told. Never holds what the client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<ProblemDocument>);

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        ProblemDocument::schema()
    }
}

impl ToSchema for Problem {}

impl Problem {
    /// The problem of this code, for the request that is being answered.
    pub fn new(code: ErrorCode) -> Self {
        let Entry { code: name, status, title, title_en, detail, detail_en } = code.entry();
        let document = ProblemDocument {
            kind: format!("urn:kuaichu:problem:{name}"),
            title,
            title_en,
            status,
            code: name,
            detail,
            detail_en,
            request_id: request_id::current(),
            error: code.oauth_error(),
            retry_after: code.retry_after(),
            field: None,
            rule: None,
            missing: Vec::new(),
            stage: None,
            role: None,
            limit: None,
            entry: code,
        };
        Self(Box::new(document))
    }

    /// A field with an invalid value; `rule` says what a valid one looks like.
    pub fn invalid_value(field: impl Into<String>, rule: impl Into<String>) -> Self {
        let (field, rule) = (Some(field.into()), Some(rule.into()));
        Self::new(ErrorCode::InvalidValue).with(|document| {
            document.field = field;
            document.rule = rule;
        })
    }

    /// More bytes than there may be.
    pub(crate) fn limited(code: ErrorCode, limit: u64) -> Self {
        Self::new(code).with(|document| document.limit = Some(limit))
    }

    /// A header of the upload protocol that is missing or malformed.
    pub(crate) fn upload_header(name: &'static str) -> Self {
        Self::new(ErrorCode::UploadHeader).with(|document| document.field = Some(name.to_owned()))
    }

    /// Too many requests; the next one counts after `seconds`.
    pub fn too_many_requests(seconds: u64) -> Self {
        Self::new(ErrorCode::TooManyRequests).with(|document| document.retry_after = Some(seconds))
    }

    /// The same problem as the answer to the request `id`.
    #[must_use]
    pub fn of_request(self, id: Uuid) -> Self {
        self.with(|document| document.request_id = Some(id))
    }

    /// The same problem in the words of the token endpoint (RFC 6749 §5.2): a failed sign-in is an unknown
    /// client, and a form that cannot be read an invalid request.
    #[must_use]
    pub fn for_token_endpoint(self) -> Self {
        match self.code() {
            ErrorCode::SignInFailed => Self::new(ErrorCode::OauthInvalidClient),
            ErrorCode::MalformedForm | ErrorCode::UnsupportedMediaType => {
                Self::new(ErrorCode::OauthInvalidRequest)
            }
            _ => self,
        }
    }

    /// Its code.
    pub fn code(&self) -> ErrorCode {
        self.0.entry
    }

    /// What the client is told.
    pub fn document(&self) -> &ProblemDocument {
        &self.0
    }

    fn with(mut self, change: impl FnOnce(&mut ProblemDocument)) -> Self {
        change(&mut self.0);
        self
    }
}

impl ErrorCode {
    /// Seconds that are told with codes of passing trouble.
    fn retry_after(self) -> Option<u64> {
        match self {
            Self::PhotoNotReady => Some(1),
            Self::Unavailable | Self::WechatUnavailable => Some(5),
            Self::TooManyRequests
            | Self::TooManyUploads
            | Self::LockedOut
            | Self::TooManyTexts
            | Self::TooManySigningCodes
            | Self::NoSpace
            | Self::NotSetUp => Some(60),
            _ => None,
        }
    }

    /// The token endpoint's own word for it (RFC 6749 §5.2).
    fn oauth_error(self) -> Option<&'static str> {
        match self {
            Self::OauthInvalidRequest => Some("invalid_request"),
            Self::OauthInvalidClient => Some("invalid_client"),
            Self::OauthUnsupportedGrant => Some("unsupported_grant_type"),
            Self::OauthInvalidScope => Some("invalid_scope"),
            _ => None,
        }
    }

    /// How to show who one is, where that was missing (RFC 9110 §15.5.2).
    fn challenge(self) -> Option<&'static str> {
        match self {
            Self::OauthInvalidClient => Some("Basic realm=\"kuaichu\""),
            Self::CallbackForged => Some("StandardWebhooks"),
            Self::Unauthenticated => Some("Bearer realm=\"kuaichu\", error=\"invalid_token\""),
            other if other.entry().status == 401 => Some("Bearer realm=\"kuaichu\""),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.document().title_en)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.document().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let document = self.document();
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = document.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(challenge) = self.code().challenge() {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if let Some(id) = document.request_id {
            response.insert_header((request_id::HEADER, id.to_string()));
        }
        response.insert_header((header::CONTENT_TYPE, MEDIA_TYPE)).json(document)
    }
}

/// The table of codes, as `api-spec/errors.json` holds it.
pub fn catalogue() -> String {
    let entries: Vec<Entry> = ErrorCode::ALL.iter().map(|code| code.entry()).collect();
    serde_json::to_string_pretty(&entries).map(|text| text + "\n").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[actix_web::test]
    async fn every_code_becomes_a_document_with_the_headers_of_its_status() {
        for code in ErrorCode::ALL.iter().copied() {
            let response = Problem::new(code).error_response();
            let headers = response.headers().clone();
            assert_eq!(response.status().as_u16(), code.entry().status);
            assert_eq!(headers.get(header::CONTENT_TYPE).unwrap(), MEDIA_TYPE);
            assert_eq!(headers.get(header::CACHE_CONTROL).unwrap(), "no-store");
            assert_eq!(
                headers.contains_key(header::WWW_AUTHENTICATE),
                code.entry().status == 401,
                "{code:?}"
            );
            let passing = matches!(code.entry().status, 429 | 503 | 507);
            assert_eq!(headers.contains_key(header::RETRY_AFTER), passing, "{code:?}");
            let body: serde_json::Value =
                serde_json::from_slice(&to_bytes(response.into_body()).await.unwrap()).unwrap();
            assert_eq!(body["code"], code.entry().code);
            assert_eq!(body["type"], format!("urn:kuaichu:problem:{}", code.entry().code));
            assert_eq!(body["status"], code.entry().status);
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let body = serde_json::to_value(Problem::new(ErrorCode::NotFound).document()).unwrap();
        let mut names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["code", "detail", "detail_en", "status", "title", "title_en", "type"]);
    }

    #[test]
    fn the_token_endpoint_speaks_oauth_too() {
        let document = Problem::new(ErrorCode::OauthInvalidClient).document().clone();
        assert_eq!((document.status, document.error), (401, Some("invalid_client")));
        let failed = |code| Problem::new(code).for_token_endpoint().code();
        assert_eq!(failed(ErrorCode::SignInFailed), ErrorCode::OauthInvalidClient);
        assert_eq!(failed(ErrorCode::MalformedForm), ErrorCode::OauthInvalidRequest);
        assert_eq!(failed(ErrorCode::LockedOut), ErrorCode::LockedOut);
    }

    #[test]
    fn the_schema_names_what_every_document_holds() {
        let schema = serde_json::to_value(Problem::schema()).unwrap();
        let mut required: Vec<_> =
            schema["required"].as_array().unwrap().iter().flat_map(|name| name.as_str()).collect();
        required.sort_unstable();
        assert_eq!(required, ["code", "detail", "detail_en", "status", "title", "title_en", "type"]);
    }

    #[tokio::test]
    async fn a_problem_names_the_request_it_answers() {
        let id = request_id::new();
        let problem = request_id::scope(id, async { Problem::new(ErrorCode::Internal) }).await;
        assert_eq!(problem.document().request_id, Some(id));
    }

    #[test]
    fn the_catalogue_lists_every_code() {
        let listed: Vec<serde_json::Value> = serde_json::from_str(&catalogue()).unwrap();
        assert_eq!(listed.len(), ErrorCode::ALL.len());
    }
}

//! The API as a caller sees it: requests with their keys, answers, refusals. The operations themselves are
//! methods of [`Api`] (without signing in) and [`Session`] (signed in).

use std::{fmt, ops::Deref, time::Duration};

use reqwest::{
    Method, RequestBuilder, Response,
    header::{CONTENT_TYPE, ETAG, IF_MATCH},
};
use serde_json::Value;

/// Longest wait for one answer: what typesets and hashes may be slow in a debug build.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why an operation did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum CallFailed {
    /// The service said no.
    #[error("{operation} was refused with {status} {code}{}", .field.as_ref().map(|f| format!(" ({f})")).unwrap_or_default())]
    Refused {
        /// `operationId`.
        operation: String,
        /// HTTP status.
        status: u16,
        /// Stable code of the problem document; empty if there is none.
        code: String,
        /// The field the problem is about.
        field: Option<String>,
    },
    /// No answer came.
    #[error("{operation} was not answered: {source}")]
    Unanswered {
        /// `operationId`.
        operation: String,
        /// Why.
        #[source]
        source: Box<reqwest::Error>,
    },
    /// The answer is not JSON.
    #[error("{operation} was answered with {status} and no JSON")]
    NotJson {
        /// `operationId`.
        operation: String,
        /// HTTP status.
        status: u16,
    },
    /// The answer lacks something that was counted on.
    #[error("{operation} was answered without {pointer}")]
    Absent {
        /// `operationId`.
        operation: String,
        /// JSON pointer of what is not there.
        pointer: String,
    },
}

impl CallFailed {
    /// Status and code of a refusal.
    pub fn refusal(&self) -> Option<(u16, &str)> {
        match self {
            Self::Refused { status, code, .. } => Some((*status, code)),
            _ => None,
        }
    }
}

/// One request, which may be sent several times.
#[derive(Debug, Clone)]
pub struct Call {
    operation: &'static str,
    method: Method,
    path: String,
    body: Option<Value>,
    key: Option<String>,
    if_match: Option<String>,
}

impl Call {
    /// A request without body or key; `path` counts from `/api/v1`.
    pub fn new(operation: &'static str, method: Method, path: impl Into<String>) -> Self {
        Self { operation, method, path: path.into(), body: None, key: None, if_match: None }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// With a fresh `Idempotency-Key`: sent again, it is the same action.
    #[must_use]
    pub fn keyed(self) -> Self {
        self.with_key(format!("{:032x}", rand::random::<u128>()))
    }

    /// With this `Idempotency-Key`.
    #[must_use]
    pub fn with_key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// With the ETag of what was seen.
    #[must_use]
    pub fn if_match(self, etag: impl Into<String>) -> Self {
        Self { if_match: Some(etag.into()), ..self }
    }
}

/// What came back from a request that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    operation: String,
    /// HTTP status.
    pub status: u16,
    /// The ETag, to be sent back as `If-Match`.
    pub etag: Option<String>,
    /// Whether this is the first answer given again.
    pub replayed: bool,
    /// The JSON; `null` when there is no body.
    pub body: Value,
}

impl Deref for Answer {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.body
    }
}

impl Answer {
    /// What stands at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Result<&Value, CallFailed> {
        let found = self.body.pointer(pointer).filter(|value| !value.is_null());
        found.ok_or_else(|| self.absent(pointer))
    }

    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Result<&str, CallFailed> {
        self.at(pointer)?.as_str().ok_or_else(|| self.absent(pointer))
    }

    /// The list at a JSON pointer.
    pub fn list(&self, pointer: &str) -> Result<&[Value], CallFailed> {
        self.at(pointer)?.as_array().map(Vec::as_slice).ok_or_else(|| self.absent(pointer))
    }

    /// The ETag; an error when there is none.
    pub fn version(&self) -> Result<&str, CallFailed> {
        self.etag.as_deref().ok_or_else(|| self.absent("ETag"))
    }

    fn absent(&self, pointer: &str) -> CallFailed {
        CallFailed::Absent { operation: self.operation.clone(), pointer: pointer.to_owned() }
    }
}

/// Bytes that came back: a photo, a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The service at one address, without signing in.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    sandbox: Option<String>,
}

impl Api {
    /// The service at `base`, such as `http://127.0.0.1:8080`. Opens no connection yet.
    pub fn new(base: impl Into<String>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        Ok(Self { http, base: base.into(), sandbox: None })
    }

    /// The same, knowing the sandbox that keeps the text messages: without it nobody can read a one-time code.
    #[must_use]
    pub fn with_sandbox(self, sandbox: impl Into<String>) -> Self {
        Self { sandbox: Some(sandbox.into()), ..self }
    }

    /// Scheme, host and port.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request to any address of the service, such as `/readyz`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Sends a request without signing in.
    pub async fn send(&self, call: &Call) -> Result<Answer, CallFailed> {
        read(call.operation, self.prepare(call)).await
    }

    fn prepare(&self, call: &Call) -> RequestBuilder {
        let mut request = self.request(call.method.clone(), &format!("/api/v1{}", call.path));
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key);
        }
        if let Some(etag) = &call.if_match {
            request = request.header(IF_MATCH, etag);
        }
        request
    }

    /// Whoever holds this access token.
    pub fn with_token(&self, token: impl Into<String>) -> Session {
        Session { api: self.clone(), token: token.into() }
    }
}

/// Somebody who has signed in.
#[derive(Clone)]
pub struct Session {
    api: Api,
    token: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("base", &self.api.base).finish_non_exhaustive()
    }
}

impl Session {
    /// The access token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Sends a request.
    pub async fn send(&self, call: &Call) -> Result<Answer, CallFailed> {
        read(call.operation, self.api.prepare(call).bearer_auth(&self.token)).await
    }

    /// Fetches bytes.
    pub(crate) async fn fetch(&self, call: &Call) -> Result<File, CallFailed> {
        let operation = call.operation;
        let response = accepted(operation, self.api.prepare(call).bearer_auth(&self.token)).await?;
        let media_type = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        let bytes = response.bytes().await.map_err(|source| unanswered(operation, source))?;
        Ok(File { media_type, bytes: bytes.to_vec() })
    }

    /// Asks the sandbox for the text messages that hold this.
    pub(crate) fn texts(&self, holding: &str) -> RequestBuilder {
        let sandbox = self.api.sandbox.as_deref().unwrap_or_default();
        self.api.http.get(format!("{sandbox}/sandbox/sms")).query(&[("holding", holding)])
    }

    /// A request with a body of its own form.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.api.request(method, &format!("/api/v1{path}")).bearer_auth(&self.token)
    }
}

fn unanswered(operation: &str, source: reqwest::Error) -> CallFailed {
    CallFailed::Unanswered { operation: operation.to_owned(), source: Box::new(source.without_url()) }
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

async fn accepted(operation: &str, request: RequestBuilder) -> Result<Response, CallFailed> {
    let response = request.send().await.map_err(|source| unanswered(operation, source))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let problem = response.json::<Value>().await.unwrap_or_default();
    let member = |name: &str| problem.get(name).and_then(Value::as_str).map(str::to_owned);
    Err(CallFailed::Refused {
        operation: operation.to_owned(),
        status: status.as_u16(),
        code: member("code").unwrap_or_default(),
        field: member("field"),
    })
}

/// Sends a request and reads its answer as JSON.
pub(crate) async fn read(operation: &str, request: RequestBuilder) -> Result<Answer, CallFailed> {
    let response = accepted(operation, request).await?;
    let status = response.status().as_u16();
    let etag = header(&response, ETAG.as_str());
    let replayed = header(&response, "idempotent-replayed").is_some();
    let bytes = response.bytes().await.map_err(|source| unanswered(operation, source))?;
    let body = match bytes.as_ref() {
        b"" => Value::Null,
        text => serde_json::from_slice(text)
            .map_err(|_| CallFailed::NotJson { operation: operation.to_owned(), status })?,
    };
    Ok(Answer { operation: operation.to_owned(), status, etag, replayed, body })
}

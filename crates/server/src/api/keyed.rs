//! The body of a write together with its idempotency key; and bodies without one.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest,
    dev::Payload,
    http::header,
    web::Bytes,
};
use app::{Once, Principal};
use domain::digest::Digest;
use serde::de::DeserializeOwned;

use crate::{
    idempotency::IdempotencyKey,
    problem::{ErrorCode, Problem},
};

/// A JSON body.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

/// A JSON body with the caller's idempotency key; the key holds for exactly this request.
#[derive(Debug)]
pub(super) struct Keyed<T> {
    pub(super) body: T,
    pub(super) once: Once,
}

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let bytes = Bytes::from_request(&request, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            parse(&request, &bytes).map(Self)
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Keyed<T> {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let key = IdempotencyKey::from_request(&request, payload);
        let bytes = Bytes::from_request(&request, payload);
        Box::pin(async move {
            let key = key.await?.into_string();
            let bytes = bytes.await?;
            let body = parse(&request, &bytes)?;
            let principal = request.extensions().get::<Arc<Principal>>().cloned();
            let account = principal.ok_or_else(|| Problem::new(ErrorCode::Unauthenticated))?.account;
            let fingerprint = fingerprint(&request, &bytes);
            Ok(Self { body, once: Once { account, key, fingerprint } })
        })
    }
}

fn fingerprint(request: &HttpRequest, body: &[u8]) -> Digest {
    let line = format!("{} {}\n", request.method(), request.path());
    Digest::of(&[line.as_bytes(), body].concat())
}

/// Parses a body; none at all counts as an empty object.
fn parse<T: DeserializeOwned>(request: &HttpRequest, bytes: &[u8]) -> Result<T, Problem> {
    let is_json = request.content_type().eq_ignore_ascii_case("application/json");
    if !bytes.is_empty() && !is_json && request.headers().contains_key(header::CONTENT_TYPE) {
        return Err(Problem::new(ErrorCode::UnsupportedMediaType));
    }
    let text = if bytes.is_empty() { b"{}".as_slice() } else { bytes };
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut parser).map_err(|error| malformed(&error))?;
    parser.end().map_err(|_| Problem::new(ErrorCode::MalformedJson))?;
    Ok(value)
}

/// Says where the fault is. The path holds field names; the text is given only where it is our own, so that
/// nothing of the input comes back.
fn malformed(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    let code = if inner.is_data() { ErrorCode::InvalidValue } else { ErrorCode::MalformedJson };
    let problem = Problem::new(code).with("at", error.path().to_string());
    let text = inner.to_string();
    match text.strip_prefix("not a valid ") {
        Some(rule) => problem.with("rule", rule.split(" at line ").next().unwrap_or_default().to_owned()),
        None => problem,
    }
}

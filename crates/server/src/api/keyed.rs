//! The body of a write together with its idempotency key; and bodies without one.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest,
    dev::Payload,
    http::header,
    web::{self, Bytes},
};
use app::{Once, Principal};
use domain::digest::Digest;
use serde::de::DeserializeOwned;

use crate::{
    edge::LONGEST_JSON,
    idempotency::IdempotencyKey,
    problem::{ErrorCode, Problem},
};

/// A JSON body.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

/// A JSON body of at most so many bytes with the caller's idempotency key; the key holds for exactly this request.
#[derive(Debug)]
pub(super) struct Keyed<T, const MOST: usize = LONGEST_JSON> {
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
            let bytes = bytes.await.map_err(|error| body_fault(&error))?;
            parse(&request, &bytes).map(Self)
        })
    }
}

impl<T: DeserializeOwned + 'static, const MOST: usize> FromRequest for Keyed<T, MOST> {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let key = IdempotencyKey::from_request(&request, payload);
        let bytes = bytes::<MOST>(&request, payload);
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

/// The body, if it is not longer than it may be.
fn bytes<const MOST: usize>(request: &HttpRequest, payload: &mut Payload) -> Extracted<Bytes> {
    if MOST == LONGEST_JSON {
        let bytes = Bytes::from_request(request, payload);
        return Box::pin(async move { bytes.await.map_err(|error| body_fault(&error)) });
    }
    let payload = web::Payload::from_request(request, payload);
    Box::pin(async move {
        let too_long = |_| Problem::new(ErrorCode::BodyTooLarge);
        let payload = payload.await.map_err(|error| body_fault(&error))?;
        payload.to_bytes_limited(MOST).await.map_err(too_long)?.map_err(|error| body_fault(&error))
    })
}

/// A body that did not come whole: too long, too slow or broken off.
fn body_fault(error: &actix_web::Error) -> Problem {
    Problem::new(ErrorCode::for_status(error.as_response_error().status_code().as_u16()))
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
    // An array would be read as the fields of an object, in their order.
    if text.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(ErrorCode::MalformedJson));
    }
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut parser).map_err(|error| malformed(&error))?;
    parser.end().map_err(|_| Problem::new(ErrorCode::MalformedJson))?;
    Ok(value)
}

/// Says where the fault is. The path holds field names; the rule is given only where it is our own, so that
/// nothing of the input comes back.
fn malformed(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    if !inner.is_data() {
        return Problem::new(ErrorCode::MalformedJson);
    }
    let text = inner.to_string();
    let ours = text.strip_prefix("not a valid ").and_then(|rule| rule.split(" at line ").next());
    Problem::invalid_value(error.path().to_string(), ours.unwrap_or("see the API description"))
}

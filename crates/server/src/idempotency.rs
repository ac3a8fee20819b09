//! The key that makes a repeated request harmless.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::HeaderMap};

use crate::problem::{ErrorCode, Problem};

/// The header that carries the key.
pub const HEADER: &str = "idempotency-key";

/// The value of `Idempotency-Key`: 8 to 128 visible ASCII characters, chosen by the sender, the same for each
/// retry of one action.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as it was sent.
    pub fn into_string(self) -> String {
        self.0
    }

    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(HEADER);
        let key = values.next().ok_or_else(|| Problem::new(ErrorCode::IdempotencyKeyMissing))?;
        let shaped = (8..=128).contains(&key.len()) && key.as_bytes().iter().all(u8::is_ascii_graphic);
        match key.to_str() {
            Ok(key) if shaped && values.next().is_none() => Ok(Self(key.to_owned())),
            _ => Err(Problem::new(ErrorCode::IdempotencyKeyMalformed)),
        }
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request.headers()))
    }
}

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(values: &[&[u8]]) -> Result<String, &'static str> {
        let request = values.iter().fold(TestRequest::default(), |request, value| {
            request.append_header((HEADER, actix_web::http::header::HeaderValue::from_bytes(value).unwrap()))
        });
        let key = IdempotencyKey::read(request.to_http_request().headers());
        key.map(IdempotencyKey::into_string).map_err(|problem| problem.code().entry().code)
    }

    #[test]
    fn a_key_of_8_to_128_visible_characters_is_taken() {
        for key in ["12345678".to_owned(), "0192f0c1-7c4e-7d3a-9a53-8a3f0f6b1b11".to_owned(), "~".repeat(128)]
        {
            assert_eq!(read(&[key.as_bytes()]), Ok(key));
        }
    }

    #[test]
    fn a_missing_key_and_a_malformed_one_are_told_apart() {
        assert_eq!(read(&[]), Err("idempotency_key_missing"));
        let long = "x".repeat(129);
        for key in
            [b"1234567".as_slice(), b"", long.as_bytes(), b"with blank", "键键键键".as_bytes(), b"tab\there1"]
        {
            assert_eq!(read(&[key]), Err("idempotency_key_malformed"));
        }
        assert_eq!(read(&[b"12345678", b"12345678"]), Err("idempotency_key_malformed"));
    }
}

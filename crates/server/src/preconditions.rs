//! Decisions are made on what was seen: versions as ETags, and the `If-Match` that repeats them.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, EntityTag, HeaderMap},
};

use crate::problem::{ErrorCode, Problem};

/// The ETag of a version: strong, `"7"`.
pub fn etag(version: i64) -> header::ETag {
    header::ETag(EntityTag::new_strong(version.to_string()))
}

/// The version that the sender has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(i64);

impl IfMatch {
    /// The version.
    pub fn version(self) -> i64 {
        self.0
    }

    /// Exactly one strong ETag of ours: a decision cannot be for "any" version or for one of several.
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(header::IF_MATCH);
        let tag = values.next().ok_or_else(|| Problem::new(ErrorCode::IfMatchMissing))?;
        let digits = tag.to_str().ok().and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
        let version = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        match version {
            Some(version) if values.next().is_none() => Ok(Self(version)),
            _ => Err(Problem::new(ErrorCode::IfMatchMalformed)),
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request.headers()))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(values: &[&str]) -> Result<i64, &'static str> {
        let request = values
            .iter()
            .fold(TestRequest::default(), |request, value| request.append_header((header::IF_MATCH, *value)));
        IfMatch::read(request.to_http_request().headers())
            .map(IfMatch::version)
            .map_err(|problem| problem.code().entry().code)
    }

    #[test]
    fn the_etag_we_give_is_the_if_match_we_take() {
        for version in [0, 1, 7, i64::MAX] {
            assert_eq!(read(&[&etag(version).to_string()]), Ok(version));
        }
    }

    #[test]
    fn without_if_match_nothing_is_decided_and_a_vague_one_is_refused() {
        assert_eq!(read(&[]), Err("if_match_missing"));
        let vague = [
            "*",
            "7",
            "W/\"7\"",
            "\"7\", \"8\"",
            "\"\"",
            "\"x\"",
            "\"+7\"",
            "\"-7\"",
            "\"9223372036854775808\"",
            "\"",
        ];
        for value in vague {
            assert_eq!(read(&[value]), Err("if_match_malformed"), "{value}");
        }
        assert_eq!(read(&["\"7\"", "\"7\""]), Err("if_match_malformed"));
    }
}

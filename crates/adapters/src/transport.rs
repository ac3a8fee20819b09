//! The one way out: time limits, a cap on answers, no redirects, and what a failure means for a retry.

use std::{error::Error as _, fmt, net::IpAddr, str::FromStr, time::Duration};

use domain::ports::DeliveryError;
use reqwest::{Client, RequestBuilder, StatusCode, Url, header::RETRY_AFTER, redirect::Policy};

/// How long the whole exchange may take, unless the settings say otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// What is read of an answer; more is an attack or a mistake.
const LONGEST_ANSWER: usize = 64 * 1024;
/// A `Retry-After` beyond this is cut.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(86_400);
/// Characters kept of what the other side said.
const LONGEST_QUOTE: usize = 200;

/// The client could not be set up, for example because no root certificates are installed.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct TransportUnusable(String);

/// Sends requests and reads answers within limits. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Transport {
    client: Client,
}

impl Transport {
    /// A transport whose every exchange, body included, ends after `timeout`.
    pub fn new(timeout: Duration) -> Result<Self, TransportUnusable> {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .redirect(Policy::none())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .user_agent(concat!("kuaichu/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| TransportUnusable(describe(&error.without_url())))?;
        Ok(Self { client })
    }

    pub(crate) fn get(&self, url: Url) -> RequestBuilder {
        self.client.get(url)
    }

    pub(crate) fn post_json(&self, url: Url, body: Vec<u8>) -> RequestBuilder {
        self.post(url, "application/json", body)
    }

    pub(crate) fn post(&self, url: Url, content_type: &'static str, body: Vec<u8>) -> RequestBuilder {
        self.client.post(url).header(reqwest::header::CONTENT_TYPE, content_type).body(body)
    }

    /// Sends `request` and reads the answer whatever its status. An answer that never comes, breaks off or
    /// is longer than 64 KiB is [`DeliveryError::Unavailable`].
    pub(crate) async fn exchange(&self, request: RequestBuilder) -> Result<Answer, DeliveryError> {
        let broken = |error: reqwest::Error| unavailable(describe(&error.without_url()));
        let mut response = request.send().await.map_err(broken)?;
        let retry_after =
            response.headers().get(RETRY_AFTER).and_then(|value| parse_retry_after(value.to_str().ok()?));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(unavailable("the answer is longer than 64 KiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status(), retry_after, body })
    }
}

/// A whole answer, of any status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body of a success. 5xx, 408, 425, 429 and redirects are worth another try, any other 4xx is a
    /// refusal.
    pub(crate) fn success(self) -> Result<Vec<u8>, DeliveryError> {
        let status = self.status;
        if status.is_success() {
            Ok(self.body)
        } else if status.is_client_error() && !matches!(status.as_u16(), 408 | 425 | 429) {
            Err(DeliveryError::Refused { reason: refusal(status, &self.body) })
        } else {
            let cause = format!("answered {}", status.as_u16());
            Err(DeliveryError::Unavailable { cause, retry_after: self.retry_after })
        }
    }
}

/// "Try again with the same id", for a reason without personal data.
pub(crate) fn unavailable(cause: impl Into<String>) -> DeliveryError {
    DeliveryError::Unavailable { cause: cause.into(), retry_after: None }
}

/// What went wrong, from our own words and the innermost cause; the URL has been taken off before.
fn describe(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        return "no answer in time".to_owned();
    } else if error.is_connect() {
        "cannot connect"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the exchange failed"
    };
    let mut source = error.source();
    while let Some(inner) = source.and_then(std::error::Error::source) {
        source = Some(inner);
    }
    source
        .map_or_else(|| what.to_owned(), |innermost| format!("{what}: {}", one_line(&innermost.to_string())))
}

/// Seconds only: a date would need a clock that agrees with theirs.
fn parse_retry_after(value: &str) -> Option<Duration> {
    let seconds = value.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

/// Why a request was refused: the status and what a JSON answer says, with long numbers taken out since
/// they may be somebody's phone, plate or licence.
fn refusal(status: StatusCode, body: &[u8]) -> String {
    let answer: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let said =
        ["detail", "title", "message", "reason", "error"].iter().find_map(|key| answer.get(key)?.as_str());
    one_line(&format!("{} {}", status.as_u16(), hide_numbers(said.unwrap_or_default())))
}

fn hide_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let (token, rest) = match word.char_indices().next_back() {
            Some((at, last)) if !last.is_ascii_alphanumeric() => word.split_at(at),
            _ => (word, ""),
        };
        let numbered = token.len() >= 6 && token.bytes().filter(u8::is_ascii_digit).count() >= 4;
        shown.push_str(if numbered { "…" } else { token });
        shown.push_str(rest);
    }
    shown
}

/// `text` without control characters, at most 200 characters.
pub(crate) fn one_line(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_QUOTE).collect();
    clean.trim().to_owned()
}

/// Where an outside system is reached: `https`, or plain `http` on this machine only.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// An address that may not be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidBaseUrl {
    /// Not a URL with a host.
    #[error("not an http(s) URL with a host")]
    NotAUrl,
    /// Plain HTTP would show personal data to the network.
    #[error("plain http is only allowed to this machine; use https")]
    PlainHttp,
    /// User, query and fragment have no place in a base address.
    #[error("a base address has no user, query or fragment")]
    Decorated,
}

impl BaseUrl {
    /// Also accepts plain `http` to any host: for closed test networks, such as two containers.
    pub fn parse_insecure(text: &str) -> Result<Self, InvalidBaseUrl> {
        let url = Url::parse(text).map_err(|_| InvalidBaseUrl::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(InvalidBaseUrl::NotAUrl);
        }
        let bare = url.username().is_empty() && url.password().is_none();
        if !bare || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidBaseUrl::Decorated);
        }
        Ok(Self(url))
    }

    /// The address itself.
    pub(crate) fn itself(&self) -> Url {
        self.0.clone()
    }

    /// The address with `segments` appended, each percent-encoded.
    pub(crate) fn join(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        let base = Self::parse_insecure(text)?;
        let host = base.0.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        if base.0.scheme() == "https" || here { Ok(base) } else { Err(InvalidBaseUrl::PlainHttp) }
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Vec<u8>, DeliveryError> {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, retry_after: parse_retry_after("7"), body: body.into() }.success()
    }

    #[test]
    fn what_may_pass_is_tried_again_and_the_rest_is_refused() {
        assert_eq!(answer(202, "{}").unwrap(), b"{}");
        for status in [301, 302, 307, 304, 408, 425, 429, 500, 502, 503] {
            let expected = Some(Duration::from_secs(7));
            let got = answer(status, "");
            assert!(
                matches!(got, Err(DeliveryError::Unavailable { retry_after, .. }) if retry_after == expected)
            );
        }
        for status in [400, 401, 403, 404, 409, 410, 413, 422] {
            assert!(matches!(answer(status, ""), Err(DeliveryError::Refused { .. })), "{status}");
        }
    }

    #[test]
    fn a_refusal_is_one_short_line_without_numbers_of_people() {
        let body = r#"{"detail":"policy of 鲁C12345,\n13800000000 (PDAA20263703) unknown, code 40029"}"#;
        let reason = answer(422, body).unwrap_err().to_string();
        assert_eq!(reason, "refused: 422 policy of 鲁…,… (…) unknown, code 40029");
        let long = format!(r#"{{"title":"{}"}}"#, "很".repeat(5_000));
        assert!(
            matches!(answer(400, &long), Err(DeliveryError::Refused { reason }) if reason.chars().count() == 200)
        );
        assert_eq!(answer(404, "<html>").unwrap_err().to_string(), "refused: 404");
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_bounded() {
        assert_eq!(parse_retry_after(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(parse_retry_after("99999999"), Some(LONGEST_RETRY_AFTER));
        for odd in ["", "-1", "soon", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(parse_retry_after(odd), None, "{odd}");
        }
    }

    #[test]
    fn personal_data_leaves_only_by_https_or_stays_on_this_machine() {
        for good in
            ["https://claims.example.cn/v1/", "http://127.0.0.1:8600/x", "http://[::1]:1", "http://localhost"]
        {
            assert!(good.parse::<BaseUrl>().is_ok(), "{good}");
        }
        let refused = |text: &str| text.parse::<BaseUrl>().unwrap_err();
        assert_eq!(refused("http://10.0.0.1/"), InvalidBaseUrl::PlainHttp);
        assert_eq!(refused("http://127.0.0.1.example.cn/"), InvalidBaseUrl::PlainHttp);
        assert_eq!(refused("https://user:pass@example.cn/"), InvalidBaseUrl::Decorated);
        assert_eq!(refused("https://example.cn/?a=b"), InvalidBaseUrl::Decorated);
        assert_eq!(refused("ftp://example.cn/"), InvalidBaseUrl::NotAUrl);
        assert_eq!(refused("nonsense"), InvalidBaseUrl::NotAUrl);
        assert!(BaseUrl::parse_insecure("http://sandbox:8600").is_ok());
    }

    #[test]
    fn paths_are_appended_and_encoded() {
        let base: BaseUrl = "https://example.cn/v1/".parse().unwrap();
        assert_eq!(base.join(&["claims", "a/../b"]).as_str(), "https://example.cn/v1/claims/a%2F..%2Fb");
    }
}

//! Standard Webhooks signatures (scheme `v1`, HMAC-SHA256), with the time as an argument.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use chrono::{DateTime, Utc};
use domain::ports::CallbackHeaders;
use secrecy::{ExposeSecret, SecretString};
use standardwebhooks::Webhook;

pub use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

/// How far a message's time may lie from ours, in seconds.
const TOLERANCE_SECONDS: u64 = 300;
/// Base64 characters of the shortest key: 24 bytes.
const SHORTEST_SECRET: usize = 32;

/// A shared signing key. Never shown; cheap to clone.
#[derive(Clone)]
pub struct WebhookKey(Arc<Webhook>);

/// A secret that is not `whsec_` and at least 24 bytes in base64.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a webhook secret is whsec_ followed by at least 24 bytes in base64")]
pub struct InvalidWebhookSecret;

/// A message that cannot be signed or whose signature does not hold.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the webhook signature does not hold")]
pub struct InvalidSignature;

impl WebhookKey {
    /// Reads `whsec_…`; the prefix may be missing.
    pub fn parse(secret: &SecretString) -> Result<Self, InvalidWebhookSecret> {
        let secret = secret.expose_secret();
        if secret.strip_prefix("whsec_").unwrap_or(secret).len() < SHORTEST_SECRET {
            return Err(InvalidWebhookSecret);
        }
        Webhook::new(secret).map(Arc::new).map(Self).map_err(|_| InvalidWebhookSecret)
    }

    /// The value of `webhook-signature` for this message: `v1,` and base64. `timestamp` is in seconds since
    /// 1970. Only UTF-8 bodies can be signed.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> Result<String, InvalidSignature> {
        self.0.sign(id, timestamp, body).map_err(|_| InvalidSignature)
    }

    /// Checks that one of the `v1` signatures in `headers` is over exactly `body` and was made within five
    /// minutes of `now`. (The library's own check asks the system clock, hence this one.)
    pub fn verify(
        &self,
        headers: &CallbackHeaders,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), InvalidSignature> {
        let timestamp: i64 = headers.timestamp.parse().map_err(|_| InvalidSignature)?;
        if headers.id.is_empty() || now.timestamp().abs_diff(timestamp) > TOLERANCE_SECONDS {
            return Err(InvalidSignature);
        }
        let expected = self.sign(&headers.id, timestamp, body)?;
        let holds = |given: &str| verify_slices_are_equal(given.as_bytes(), expected.as_bytes()).is_ok();
        if headers.signature.split(' ').any(holds) { Ok(()) } else { Err(InvalidSignature) }
    }
}

impl std::fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const TIME: i64 = 1_649_367_553;
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;

    fn key(secret: &str) -> WebhookKey {
        WebhookKey::parse(&SecretString::from(secret)).unwrap()
    }

    fn spec_key() -> WebhookKey {
        key("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
    }

    fn headers() -> CallbackHeaders {
        let signature = spec_key().sign(ID, TIME, BODY).unwrap();
        CallbackHeaders { id: ID.into(), timestamp: TIME.to_string(), signature }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(TIME + seconds, 0).unwrap()
    }

    #[test]
    fn the_published_vector_of_standard_webhooks_holds() {
        assert_eq!(headers().signature, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn a_message_is_believed_for_five_minutes_either_way_and_no_longer() {
        for (offset, believed) in
            [(0, true), (299, true), (300, true), (301, false), (-300, true), (-301, false)]
        {
            assert_eq!(spec_key().verify(&headers(), BODY, at(offset)).is_ok(), believed, "{offset}");
        }
        assert!(spec_key().verify(&headers(), BODY, at(86_400)).is_err());
    }

    #[test]
    fn whatever_is_changed_breaks_the_signature() {
        let refused = |change: fn(&mut CallbackHeaders)| {
            let mut changed = headers();
            change(&mut changed);
            spec_key().verify(&changed, BODY, at(0)).is_err()
        };
        assert!(refused(|h| h.id = "msg_other".into()));
        assert!(refused(|h| h.id.clear()));
        assert!(refused(|h| h.timestamp = (TIME + 1).to_string()));
        assert!(refused(|h| h.timestamp = "now".into()));
        assert!(refused(|h| h.timestamp = i64::MIN.to_string()));
        assert!(refused(|h| h.signature.clear()));
        assert!(refused(|h| h.signature = h.signature.replace("v1,", "v1a,")));
        assert!(refused(|h| h.signature = h.signature.to_lowercase()));
        for at_byte in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[at_byte] ^= 1;
            assert!(spec_key().verify(&headers(), &body, at(0)).is_err());
        }
        assert!(spec_key().verify(&headers(), b"\xff\xfe", at(0)).is_err());
        assert!(key(&"A".repeat(32)).verify(&headers(), BODY, at(0)).is_err());
    }

    #[test]
    fn one_of_several_signatures_is_enough_while_keys_are_changed() {
        let mut rotated = headers();
        rotated.signature = format!("v1,b2xk v1a,eHh4 {}", rotated.signature);
        assert!(spec_key().verify(&rotated, BODY, at(0)).is_ok());
    }

    #[test]
    fn weak_or_broken_secrets_are_refused_and_none_is_shown() {
        for secret in ["", "whsec_", "whsec_c2hvcnQ=", "whsec_****************************************"] {
            assert_eq!(WebhookKey::parse(&SecretString::from(secret)).unwrap_err(), InvalidWebhookSecret);
        }
        assert_eq!(format!("{:?}", spec_key()), "WebhookKey(…)");
    }
}

//! Standard Webhooks signatures as an insurer would make and check them: straight from the library.

use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook, WebhookError,
};

/// The three headers of a message made at `timestamp` (seconds since 1970).
pub(crate) fn headers(
    secret: &SecretString,
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> Result<[(&'static str, String); 3], WebhookError> {
    let signature = Webhook::new(secret.expose_secret())?.sign(id, timestamp, body)?;
    Ok([
        (HEADER_WEBHOOK_ID, id.to_owned()),
        (HEADER_WEBHOOK_TIMESTAMP, timestamp.to_string()),
        (HEADER_WEBHOOK_SIGNATURE, signature),
    ])
}

/// Whether `request` carries a fresh signature over `body`.
pub(crate) fn holds(secret: &SecretString, request: &actix_web::HttpRequest, body: &[u8]) -> bool {
    let mut given = HeaderMap::new();
    for name in [HEADER_WEBHOOK_ID, HEADER_WEBHOOK_TIMESTAMP, HEADER_WEBHOOK_SIGNATURE] {
        let value =
            request.headers().get(name).and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
        given.extend(value.map(|value| (reqwest::header::HeaderName::from_static(name), value)));
    }
    Webhook::new(secret.expose_secret()).is_ok_and(|webhook| webhook.verify(body, &given).is_ok())
}

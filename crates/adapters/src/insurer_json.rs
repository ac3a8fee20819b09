//! Insurers that speak our open JSON profile: HTTPS with Standard Webhooks signatures, both ways.
//!
//! `POST {base}/claims` files a notice; `webhook-id` is the message's id. `POST {base}/claims/{claim_id}/amendments`
//! tells what changed since: that the determination is reviewed, how that ended, and the new determination with its
//! notice; `webhook-id` is the amendment's id, under which it has one effect, and one with a lower `sequence` than
//! the claim has seen changes nothing. 404 says that the claim is not known yet: it is sent again. `GET {base}/claims/{claim_id}` asks
//! for a claim; it is signed over an empty body with the claim's id as `webhook-id`, so that a signature is
//! good for that claim only. The insurer calls back with its own key.

mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    claim::{ClaimAmendment, ClaimReport, FirstNotice},
    identifiers::{ClaimId, MessageId},
    ports::{CallbackHeaders, CallbackRefused, Clock, DeliveryError, Insurer},
};
use reqwest::RequestBuilder;

use crate::{
    transport::{BaseUrl, Transport, unavailable},
    webhook::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, WebhookKey},
};

/// One insurer's system.
#[derive(Debug)]
pub struct JsonInsurer {
    base: BaseUrl,
    /// Signs what we send.
    key: WebhookKey,
    /// Signs what the insurer sends.
    callback_key: WebhookKey,
    transport: Transport,
    clock: Arc<dyn Clock>,
}

impl JsonInsurer {
    /// An insurer at `base`; `key` signs our requests, `callback_key` its callbacks.
    pub fn new(
        base: BaseUrl,
        key: WebhookKey,
        callback_key: WebhookKey,
        transport: Transport,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { base, key, callback_key, transport, clock }
    }

    fn signed(
        &self,
        request: RequestBuilder,
        id: &str,
        body: &[u8],
    ) -> Result<RequestBuilder, DeliveryError> {
        let timestamp = self.clock.now().timestamp();
        let unsigned = |_| DeliveryError::Refused { reason: "the notice cannot be signed".to_owned() };
        let signature = self.key.sign(id, timestamp, body).map_err(unsigned)?;
        Ok(request
            .header(HEADER_WEBHOOK_ID, id)
            .header(HEADER_WEBHOOK_TIMESTAMP, timestamp)
            .header(HEADER_WEBHOOK_SIGNATURE, signature))
    }
}

#[async_trait]
impl Insurer for JsonInsurer {
    async fn file(&self, message: MessageId, notice: &FirstNotice) -> Result<Option<String>, DeliveryError> {
        let body = wire::to_body(notice)?;
        let request = self.transport.post_json(self.base.join(&["claims"]), body.clone());
        let answer = self.transport.exchange(self.signed(request, &message.to_string(), &body)?).await?;
        wire::from_filing_answer(notice.claim, &answer.success()?)
    }

    async fn amend(&self, amendment: &ClaimAmendment) -> Result<(), DeliveryError> {
        let body = wire::to_amendment_body(amendment)?;
        let url = self.base.join(&["claims", &amendment.claim.to_string(), "amendments"]);
        let request = self.transport.post_json(url, body.clone());
        let answer = self.transport.exchange(self.signed(request, &amendment.id.to_string(), &body)?).await?;
        if answer.status.as_u16() == 404 {
            return Err(unavailable("the insurer does not know the claim yet"));
        }
        wire::from_amendment_answer(amendment, &answer.success()?)
    }

    async fn query(&self, claim: ClaimId) -> Result<Option<ClaimReport>, DeliveryError> {
        let id = claim.to_string();
        let request = self.transport.get(self.base.join(&["claims", &id]));
        let answer = self.transport.exchange(self.signed(request, &id, b"")?).await?;
        if answer.status.as_u16() == 404 {
            return Ok(None);
        }
        wire::from_query_answer(claim, &answer.success()?).map(Some)
    }

    fn read_callback(
        &self,
        headers: &CallbackHeaders,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<ClaimReport, CallbackRefused> {
        self.callback_key.verify(headers, body, now).map_err(|_| CallbackRefused::Forged)?;
        wire::from_callback(body)
    }
}

//! Text messages: a gateway that takes JSON with a bearer token and drops a second message with the same id.

use async_trait::async_trait;
use domain::{
    identifiers::{MessageId, Phone},
    ports::{DeliveryError, SmsGateway},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::transport::{BaseUrl, Transport, unavailable};

/// The gateway at `{base}/messages`.
#[derive(Debug)]
pub struct JsonSms {
    base: BaseUrl,
    token: SecretString,
    transport: Transport,
}

impl JsonSms {
    /// A gateway that knows us by `token`.
    pub fn new(base: BaseUrl, token: SecretString, transport: Transport) -> Self {
        Self { base, token, transport }
    }
}

#[async_trait]
impl SmsGateway for JsonSms {
    async fn send(&self, message: MessageId, to: &Phone, text: &str) -> Result<(), DeliveryError> {
        let body = to_body(message, to, text)?;
        let request = self.transport.post_json(self.base.join(&["messages"]), body);
        let answer = self.transport.exchange(request.bearer_auth(self.token.expose_secret())).await?;
        from_answer(message, &answer.success()?)
    }
}

#[derive(Serialize)]
struct OutgoingText<'a> {
    id: MessageId,
    to: &'a Phone,
    text: &'a str,
}

/// The gateway repeats the id of what it took.
#[derive(Deserialize)]
struct Taken {
    id: MessageId,
}

fn to_body(id: MessageId, to: &Phone, text: &str) -> Result<Vec<u8>, DeliveryError> {
    serde_json::to_vec(&OutgoingText { id, to, text })
        .map_err(|_| DeliveryError::Refused { reason: "the text cannot be written as JSON".to_owned() })
}

fn from_answer(sent: MessageId, body: &[u8]) -> Result<(), DeliveryError> {
    match serde_json::from_slice::<Taken>(body) {
        Ok(taken) if taken.id == sent => Ok(()),
        _ => Err(unavailable("the answer does not say that the text was taken")),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ID: MessageId = MessageId(Uuid::from_u128(7));

    #[test]
    fn the_body_is_the_documented_json() {
        let body = to_body(ID, &"13800000000".parse().unwrap(), "您的案件已受理").unwrap();
        let expected =
            r#"{"id":"00000000-0000-0000-0000-000000000007","to":"13800000000","text":"您的案件已受理"}"#;
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn only_an_answer_that_repeats_the_id_counts_as_taken() {
        assert_eq!(from_answer(ID, br#"{"id":"00000000-0000-0000-0000-000000000007","cost":1}"#), Ok(()));
        let others: [&[u8]; 3] = [b"", b"ok", br#"{"id":"00000000-0000-0000-0000-000000000008"}"#];
        for body in others {
            assert!(matches!(from_answer(ID, body), Err(DeliveryError::Unavailable { .. })));
        }
    }
}

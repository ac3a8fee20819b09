//! Witnesses of the log, by C2SP tlog-witness: `POST {base}/add-checkpoint` with the size they know, the proof and
//! the checkpoint; they answer signature lines, or 409 with the size that they have really seen.

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{
    digest::Digest,
    ports::{Witness, WitnessError},
};
use reqwest::StatusCode;

use crate::transport::{Answer, BaseUrl, Transport, unavailable};

/// One witness.
#[derive(Debug)]
pub struct HttpWitness {
    base: BaseUrl,
    transport: Transport,
}

impl HttpWitness {
    /// The witness whose submission prefix is `base`.
    pub fn new(base: BaseUrl, transport: Transport) -> Self {
        Self { base, transport }
    }
}

#[async_trait]
impl Witness for HttpWitness {
    async fn cosign(&self, old: u64, proof: &[Digest], note: &str) -> Result<String, WitnessError> {
        let url = self.base.join(&["add-checkpoint"]);
        let request =
            self.transport.post(url, "text/plain; charset=utf-8", to_body(old, proof, note).into_bytes());
        from_answer(self.transport.exchange(request).await?)
    }
}

fn to_body(old: u64, proof: &[Digest], note: &str) -> String {
    let mut body = format!("old {old}\n");
    for hash in proof {
        body.push_str(&BASE64_STANDARD.encode(hash.as_bytes()));
        body.push('\n');
    }
    body.push('\n');
    body.push_str(note);
    body
}

fn from_answer(answer: Answer) -> Result<String, WitnessError> {
    if answer.status == StatusCode::CONFLICT {
        let size = std::str::from_utf8(&answer.body).ok().and_then(|text| text.trim().parse().ok());
        let size = size.ok_or_else(|| unavailable("a conflict without a size"))?;
        return Err(WitnessError::Elsewhere { size });
    }
    String::from_utf8(answer.success()?).map_err(|_| unavailable("the answer is not text").into())
}

#[cfg(test)]
mod tests {
    use domain::ports::DeliveryError;

    use super::*;

    fn answer(status: u16, body: &[u8]) -> Result<String, WitnessError> {
        let status = StatusCode::from_u16(status).unwrap();
        from_answer(Answer { status, retry_after: None, body: body.to_vec() })
    }

    #[test]
    fn the_body_is_the_one_of_the_standard() {
        let proof = [Digest::of(b""), Digest::of(b"x")];
        let body = to_body(20_852_014, &proof, "origin\n20852163\nroot\n\n— origin sig\n");
        let expected = "old 20852014\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\
            LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n\norigin\n20852163\nroot\n\n— origin sig\n";
        assert_eq!(body, expected);
        assert_eq!(to_body(0, &[], "note\n"), "old 0\n\nnote\n");
    }

    #[test]
    fn a_conflict_tells_the_size_and_the_rest_is_taken_or_refused() {
        assert_eq!(answer(200, b"\xe2\x80\x94 w sig\n"), Ok("— w sig\n".to_owned()));
        assert_eq!(answer(409, b"123\n"), Err(WitnessError::Elsewhere { size: 123 }));
        let delivery = |result: Result<String, WitnessError>| match result {
            Err(WitnessError::Delivery(error)) => error,
            other => panic!("{other:?}"),
        };
        for (status, body) in [(409, b"no".as_slice()), (409, b""), (500, b""), (200, b"\xff")] {
            assert!(matches!(delivery(answer(status, body)), DeliveryError::Unavailable { .. }), "{status}");
        }
        for status in [400, 403, 404, 422] {
            assert!(matches!(delivery(answer(status, b"")), DeliveryError::Refused { .. }), "{status}");
        }
    }
}

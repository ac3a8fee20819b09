//! The receipt "you may move" (撤离凭证): a signed statement that anybody can check without asking us.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    case::Case,
    digest::Digest,
    evidence::Slot,
    identifiers::CommitmentId,
    rulebook::Wording,
    triage::{Lane, Order},
};
use serde::Serialize;
use serde_json::json;

use crate::{context::App, error::AppError};

/// The `typ` of a receipt.
const TYPE: &str = "kuaichu-receipt+jwt";

/// How long the bytes of what was committed are waited for before anybody asks.
const UPLOAD_WITHIN: TimeDelta = TimeDelta::hours(24);

/// What the receipt says, besides who says it when. Nothing in it is about a person.
#[derive(Debug, Serialize)]
struct Statement<'a> {
    statement: &'static str,
    lane: Lane,
    order: Option<OrderClaim<'a>>,
    preserved: Vec<Preserved>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_by: Option<i64>,
    check: Check,
}

/// The rule that orders leaving.
#[derive(Debug, Serialize)]
struct OrderClaim<'a> {
    code: &'a str,
    text: &'a Wording,
    articles: &'a [String],
}

impl<'a> From<&'a Order> for OrderClaim<'a> {
    fn from(order: &'a Order) -> Self {
        Self { code: &order.code, text: &order.text, articles: &order.articles }
    }
}

/// One piece of evidence that is fixed.
#[derive(Debug, Serialize)]
struct Preserved {
    slot: Slot,
    sha256: Digest,
    bytes: i64,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment: Option<CommitmentId>,
}

/// How to check the receipt.
#[derive(Debug, Serialize)]
struct Check {
    jwks: String,
    typ: &'static str,
    alg: &'static str,
    zh: &'static str,
    en: &'static str,
}

impl App {
    /// The signed receipt: what is preserved, which rule orders leaving, and how to check both.
    pub(crate) fn move_receipt(&self, case: &Case, now: DateTime<Utc>) -> Result<String, AppError> {
        let preserved = preserved(case);
        let upload_by = preserved.iter().any(|piece| piece.state == "committed").then(|| now + UPLOAD_WITHIN);
        let statement = Statement {
            statement: "may_move",
            lane: case.triage.lane,
            order: case.triage.order.as_ref().map(OrderClaim::from),
            preserved,
            upload_by: upload_by.map(|by| by.timestamp()),
            check: Check {
                jwks: format!("{}/api/v1/jwks", self.parts.public_url),
                typ: TYPE,
                alg: "EdDSA",
                zh: "用 jwks 中的公钥验证本凭证的 JWS 签名，再核对照片原件的 SHA-256。",
                en: "Verify the JWS with the key from jwks, then compare the SHA-256 of the original photos.",
            },
        };
        let mut claims =
            serde_json::to_value(statement).map_err(|error| AppError::Internal(error.to_string()))?;
        if let Some(claims) = claims.as_object_mut() {
            claims.insert("iss".to_owned(), json!(self.parts.sign_in.issuer));
            claims.insert("sub".to_owned(), json!(case.number));
            claims.insert("iat".to_owned(), json!(now.timestamp()));
        }
        Ok(self.parts.signer.sign(TYPE, &claims)?)
    }
}

/// Everything that is stored or committed, each once; what was erased is preserved no more. It names what all parties
/// brought, by slot and hash: that the scene is recorded does not depend on who recorded it.
fn preserved(case: &Case) -> Vec<Preserved> {
    let photos = case.photos.iter().filter(|photo| photo.erased_at.is_none()).map(|photo| {
        let commitment = photo.fulfilment.and_then(domain::evidence::Fulfilment::kept);
        Preserved { slot: photo.slot, sha256: photo.digest, bytes: photo.bytes, state: "stored", commitment }
    });
    let here = case.recordings.iter().filter(|recording| recording.erased_at.is_none());
    let recordings = here.map(|recording| Preserved {
        slot: recording.slot,
        sha256: recording.digest,
        bytes: recording.bytes,
        state: "stored",
        commitment: recording.fulfilment.and_then(domain::evidence::Fulfilment::kept),
    });
    let committed = case.outstanding().map(|commitment| Preserved {
        slot: commitment.slot,
        sha256: commitment.digest,
        bytes: commitment.bytes,
        state: "committed",
        commitment: Some(commitment.id),
    });
    photos.chain(recordings).chain(committed).collect()
}

//! What a party did with a document that it was asked to sign, and what ties a signature to its signer
//! (电子签名法 §13).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    event::RefusedBy,
    identifiers::{AccountId, Passage},
};

/// What a party did with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Signature {
    /// Nothing yet.
    Pending,
    /// Signed over the hash of the document.
    Signed {
        /// When.
        at: DateTime<Utc>,
        /// What was signed.
        document: Digest,
        /// What ties it to the signer; cases of the first release have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<SignatureProof>,
    },
    /// Refused; noted with the reason (R146 §24), blocks nothing.
    Refused {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        reason: Passage,
        /// Who noted it.
        by: RefusedBy,
    },
}

/// What ties a signature to its signer: who was signed in, the code that reached his phone, the image he drew, and the
/// service's signature over all of it with the document's hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureProof {
    /// Whose session it was.
    pub account: AccountId,
    /// When the one-time code was sent to the party's phone.
    pub code_sent_at: DateTime<Utc>,
    /// SHA-256 of the drawn image (PNG), kept beside the documents.
    pub image: Digest,
    /// The service's signature over it, a compact JWS.
    pub seal: String,
}

//! Papers checked as their holders can check them: the receipt by the public keys, the document by its hash and
//! by the link printed on it.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::trouble::{Trouble, must};

/// Type of the receipt "you may move" (撤离凭证).
const RECEIPT: &str = "kuaichu-receipt+jwt";
/// Stands before every address that can be opened from a PDF.
const LINK: &[u8] = b"/URI";

/// SHA-256 as the API writes it.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// What a receipt says, once its signature is checked with the keys that the service publishes.
pub fn check_receipt(jwks: &Value, receipt: &str) -> Result<Value, Trouble> {
    let bad = |_| Trouble::not_so("the receipt is not signed with a published key");
    let header = decode_header(receipt).map_err(bad)?;
    must(header.typ.as_deref() == Some(RECEIPT), "the receipt says that it is one")?;
    let keys: JwkSet = serde_json::from_value(jwks.clone())
        .map_err(|_| Trouble::not_so("the published keys cannot be read"))?;
    let key = header.kid.as_deref().and_then(|id| keys.find(id));
    let key = key.ok_or_else(|| Trouble::not_so("the key of the receipt is not published"))?;
    let mut rules = Validation::new(Algorithm::EdDSA);
    // A receipt is good for ever and for everybody.
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    let claims = decode::<Value>(receipt, &DecodingKey::from_jwk(key).map_err(bad)?, &rules).map_err(bad)?;
    Ok(claims.claims)
}

/// The address that a document's reader opens to verify it, as it stands in the PDF.
pub fn verification_link(pdf: &[u8]) -> Option<String> {
    let links = pdf.windows(LINK.len()).enumerate().filter(|(_, window)| *window == LINK);
    links.filter_map(|(at, _)| address(pdf.get(at + LINK.len()..)?)).next()
}

/// The text in round brackets at the start of `rest`, after blanks.
fn address(rest: &[u8]) -> Option<String> {
    let text = rest.trim_ascii_start().strip_prefix(b"(")?;
    let end = text.iter().position(|byte| *byte == b')')?;
    text.get(..end).and_then(|text| String::from_utf8(text.to_vec()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_of_a_document_is_found_and_nothing_else_is() {
        let pdf = b"%PDF-1.7 << /S /URI /URI (https://x.cn/verify/ABC) >>".as_slice();
        assert_eq!(verification_link(pdf).as_deref(), Some("https://x.cn/verify/ABC"));
        assert_eq!(verification_link(b"%PDF-1.7 nothing"), None);
    }

    #[test]
    fn a_receipt_that_nobody_signed_is_refused() {
        let keys = serde_json::json!({ "keys": [] });
        assert!(check_receipt(&keys, "a.b.c").is_err());
    }
}

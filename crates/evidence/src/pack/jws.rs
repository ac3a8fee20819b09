//! Signatures of the service: compact JWS (RFC 7515) by Ed25519 (RFC 8037), read strictly. A library would do more
//! than this (other algorithms, the system's clock), and what is checked here must give the same answer for ever.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::digest::Digest;
use serde::{Deserialize, de::DeserializeOwned};

/// Longer than any receipt or seal.
const LONGEST: usize = 64 * 1024;
/// More keys than a service ever had.
const MOST_KEYS: usize = 64;

/// One Ed25519 public key of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kid: String,
    bytes: [u8; 32],
}

/// Something that is not a set of Ed25519 keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON Web Key Set of Ed25519 keys")]
pub struct KeysRefused;

/// Why a signature is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum JwsRefused {
    /// Not a compact JWS of this type, or its claims are others.
    #[error("not a signature of the expected form")]
    Malformed,
    /// It names a key that is not known.
    #[error("signed with a key that is not among the keys")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the signature does not hold")]
    Wrong,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    #[serde(default)]
    kid: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

impl PublicKey {
    /// The keys of a JSON Web Key Set; none but Ed25519 keys may be in it. Their names are not believed, but made
    /// anew from the keys (RFC 7638).
    pub fn of_set(json: &[u8]) -> Result<Vec<Self>, KeysRefused> {
        let set: KeySet = serde_json::from_slice(json).map_err(|_| KeysRefused)?;
        if set.keys.is_empty() || set.keys.len() > MOST_KEYS {
            return Err(KeysRefused);
        }
        set.keys.into_iter().map(Self::of_jwk).collect()
    }

    fn of_jwk(key: Jwk) -> Result<Self, KeysRefused> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&key.x).map_err(|_| KeysRefused)?;
        let bytes = bytes.try_into().map_err(|_| KeysRefused)?;
        let print = Digest::of(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, key.x).as_bytes());
        let kid = BASE64_URL_SAFE_NO_PAD.encode(print.as_bytes());
        let named = key.kid.is_none_or(|named| named == kid);
        if key.kty != "OKP" || key.crv != "Ed25519" || !named {
            return Err(KeysRefused);
        }
        Ok(Self { kid, bytes })
    }

    /// The key's thumbprint (RFC 7638), by which people compare it.
    pub fn fingerprint(&self) -> &str {
        &self.kid
    }
}

/// What a signature of `typ` says, if it is one of these keys'; and which.
pub(super) fn open<'a, T: DeserializeOwned>(
    jws: &str,
    typ: &str,
    keys: &'a [PublicKey],
) -> Result<(T, &'a PublicKey), JwsRefused> {
    if jws.len() > LONGEST {
        return Err(JwsRefused::Malformed);
    }
    let (signed, signature) = jws.rsplit_once('.').ok_or(JwsRefused::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(JwsRefused::Malformed)?;
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsRefused::Malformed);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| JwsRefused::Malformed)?;
    let (claims, signature) = (decode(claims)?, decode(signature)?);
    if header.alg != "EdDSA" || header.typ != typ {
        return Err(JwsRefused::Malformed);
    }
    let key = keys.iter().find(|key| key.kid == header.kid).ok_or(JwsRefused::UnknownKey)?;
    UnparsedPublicKey::new(&ED25519, key.bytes)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| JwsRefused::Wrong)?;
    let claims = serde_json::from_slice(&claims).map_err(|_| JwsRefused::Malformed)?;
    Ok((claims, key))
}

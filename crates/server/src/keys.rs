//! The service's Ed25519 key: signs access tokens and receipts, and says which access tokens hold.

mod file;
#[cfg(test)]
mod forged;
mod opened;
mod verified;

use std::path::Path;

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    identifiers::{AccountId, SessionId},
    identity::Role,
    ports::{Signer, SigningFailed},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use file::KeyFileError;
pub(crate) use file::read_or_create as read_or_create_key;
use verified::Verified;

/// `typ` of an access token (RFC 9068).
pub const ACCESS_TOKEN: &str = "at+jwt";
/// How far the clocks of two servers may differ, in seconds.
const LEEWAY_SECONDS: i64 = 5;
/// Longer than any token we make.
const LONGEST_TOKEN: usize = 4096;

/// What an access token says; all of it is required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Who made it: the service.
    pub iss: String,
    /// For whom: the API.
    pub aud: String,
    /// Whose it is.
    pub sub: AccountId,
    /// The session it belongs to.
    pub sid: SessionId,
    /// What its owner acts as.
    pub role: Role,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
    /// From when it holds.
    pub nbf: i64,
    /// Until when it holds.
    pub exp: i64,
    /// Its own id.
    pub jti: Uuid,
}

/// An access token that does not hold. Nobody is told why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access token does not hold")]
pub struct TokenRefused;

/// The service's key, ready to sign and to check.
pub struct SigningKeys {
    signing: EncodingKey,
    checking: DecodingKey,
    hashing: hmac::Key,
    public: String,
    id: String,
    verified: Verified,
}

impl SigningKeys {
    /// Reads the key from `path` (PEM, PKCS#8); makes one, readable by its owner only, if there is no file.
    /// Processes that start together all end with the same key.
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        Self::from_pkcs8(&file::read_or_create(path)?).ok_or(KeyFileError::NotAKey)
    }

    /// A key that is kept nowhere, for tests and for describing the service.
    pub fn ephemeral() -> Result<Self, KeyFileError> {
        Self::from_pkcs8(&file::generate()?).ok_or(KeyFileError::NotAKey)
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).ok()?;
        let public = pair.public_key().as_ref();
        let encoded = BASE64_URL_SAFE_NO_PAD.encode(public);
        Some(Self {
            signing: EncodingKey::from_ed_der(pkcs8),
            checking: DecodingKey::from_ed_der(public),
            hashing: derived(pkcs8, "keyed digests"),
            id: thumbprint(&encoded),
            public: encoded,
            verified: Verified::default(),
        })
    }

    /// The key's name (`kid`): its thumbprint (RFC 7638).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public key as a JSON Web Key Set (RFC 7517, RFC 8037).
    pub fn jwks(&self) -> serde_json::Value {
        serde_json::json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "x": self.public, "kid": self.id, "alg": "EdDSA", "use": "sig",
        }]})
    }

    /// Whether this is an access token of ours, for this audience, that holds at `now`. Algorithm, type and key
    /// are not the sender's choice; keys that the token names or carries itself are refused.
    pub fn verify_access(
        &self,
        token: &str,
        now: DateTime<Utc>,
        issuer: &str,
        audience: &str,
    ) -> Result<AccessClaims, TokenRefused> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenRefused);
        }
        let claims = self.verified.or_check(token, || self.check(token, issuer, audience))?;
        if claims.iss != issuer || claims.aud != audience {
            return Err(TokenRefused);
        }
        let now = now.timestamp();
        let begun = claims.nbf.max(claims.iat) <= now.saturating_add(LEEWAY_SECONDS);
        let ended = claims.exp.saturating_add(LEEWAY_SECONDS) < now;
        if begun && !ended { Ok(claims) } else { Err(TokenRefused) }
    }

    /// Everything but the time.
    fn check(&self, token: &str, issuer: &str, audience: &str) -> Result<AccessClaims, TokenRefused> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenRefused)?;
        if !self.is_ours(&header) {
            return Err(TokenRefused);
        }
        jsonwebtoken::decode(token, &self.checking, &validation(issuer, audience))
            .map(|checked| checked.claims)
            .map_err(|_| TokenRefused)
    }

    fn is_ours(&self, header: &Header) -> bool {
        let expected = Header {
            typ: Some(ACCESS_TOKEN.to_owned()),
            kid: Some(self.id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        *header == expected
    }
}

/// Time is checked by the caller against the time it is given: the library would ask the system clock.
fn validation(issuer: &str, audience: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// A key for another use, from which the first one cannot be found.
fn derived(key: &[u8], purpose: &str) -> hmac::Key {
    let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), purpose.as_bytes());
    hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
}

fn thumbprint(public: &str) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    BASE64_URL_SAFE_NO_PAD.encode(Digest::of(canonical.as_bytes()).as_bytes())
}

impl Signer for SigningKeys {
    fn keyed_digest(&self, purpose: &str, data: &[u8]) -> Digest {
        let mut keyed = hmac::Context::with_key(&self.hashing);
        keyed.update(purpose.as_bytes());
        keyed.update(&[0]);
        keyed.update(data);
        Digest::of(keyed.sign().as_ref())
    }

    fn public_keys(&self) -> serde_json::Value {
        self.jwks()
    }

    fn sign(&self, typ: &str, claims: &serde_json::Value) -> Result<String, SigningFailed> {
        let header =
            Header { typ: Some(typ.to_owned()), kid: Some(self.id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(|error| SigningFailed(error.to_string()))
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeys").field("id", &self.id).finish_non_exhaustive()
    }
}

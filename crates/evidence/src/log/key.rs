//! Keys of the log and of its witnesses, as C2SP signed-note writes them: `name+id+base64(type ‖ key)`.

use std::{fmt, str::FromStr};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use signed_note::Signature;

use super::checkpoint::{Checkpoint, SignedCheckpoint};

/// Ed25519 over the text of the note.
const PLAIN: u8 = 0x01;
/// Ed25519 over a time and the text of the note: a cosignature of C2SP tlog-cosignature, version 1.
const COSIGNATURE: u8 = 0x04;

/// A public key that is not one of a log or of a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key such as example.org/log+1a2b3c4d+AZ…: name, id and an Ed25519 key that fit each other")]
pub struct KeyRefused;

/// The log's private key does not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningRefused {
    /// Not an Ed25519 key in PKCS#8.
    #[error("not an Ed25519 private key")]
    NotAKey,
    /// An origin is a name without spaces, control characters and plus signs.
    #[error("the log's origin must be a name without spaces and plus signs")]
    BadOrigin,
}

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Cosignature,
}

/// The public key of a log or of a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    kind: Kind,
    public: [u8; 32],
}

impl VerifierKey {
    fn new(name: &str, kind: Kind, public: [u8; 32]) -> Result<Self, KeyRefused> {
        if !is_name(name) {
            return Err(KeyRefused);
        }
        let id = signed_note::key_id(name, &typed(kind, &public));
        Ok(Self { name: name.to_owned(), id, kind, public })
    }

    /// Whose key it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a witness's: its signatures say when it saw the checkpoint.
    pub fn is_witness(&self) -> bool {
        self.kind == Kind::Cosignature
    }

    /// Whether `signature` is one of this key over `message`.
    pub(super) fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(message, signature).is_ok()
    }

    /// Whether a line of a note claims to be of this key.
    pub(super) fn claims(&self, line: &Signature) -> bool {
        line.name() == self.name && line.id() == self.id
    }
}

fn is_name(name: &str) -> bool {
    signed_note::is_key_name_valid(name) && !name.chars().any(char::is_control)
}

fn typed(kind: Kind, public: &[u8; 32]) -> Vec<u8> {
    let kind = match kind {
        Kind::Plain => PLAIN,
        Kind::Cosignature => COSIGNATURE,
    };
    [&[kind], public.as_slice()].concat()
}

impl FromStr for VerifierKey {
    type Err = KeyRefused;

    fn from_str(text: &str) -> Result<Self, KeyRefused> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyRefused);
        };
        let key = BASE64_STANDARD.decode(key).map_err(|_| KeyRefused)?;
        let (kind, public) = match key.split_first() {
            Some((&PLAIN, public)) => (Kind::Plain, public),
            Some((&COSIGNATURE, public)) => (Kind::Cosignature, public),
            _ => return Err(KeyRefused),
        };
        let read = Self::new(name, kind, public.try_into().map_err(|_| KeyRefused)?)?;
        if format!("{:08x}", read.id) == id { Ok(read) } else { Err(KeyRefused) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64_STANDARD.encode(typed(self.kind, &self.public));
        write!(f, "{}+{:08x}+{key}", self.name, self.id)
    }
}

/// The key that signs the log's checkpoints.
pub struct LogSigner {
    pair: Ed25519KeyPair,
    key: VerifierKey,
}

impl LogSigner {
    /// The key in `pkcs8`, for the log called `origin`.
    pub fn from_pkcs8(origin: &str, pkcs8: &[u8]) -> Result<Self, SigningRefused> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| SigningRefused::NotAKey)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| SigningRefused::NotAKey)?;
        let key = VerifierKey::new(origin, Kind::Plain, public).map_err(|_| SigningRefused::BadOrigin)?;
        Ok(Self { pair, key })
    }

    /// The public key, to be given to whoever wants to check.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        self.key.name()
    }

    /// A signed checkpoint of the tree with `size` leaves and this root.
    pub fn sign(&self, size: u64, root: domain::digest::Digest) -> Result<SignedCheckpoint, SigningRefused> {
        let checkpoint = Checkpoint { origin: self.origin().to_owned(), size, root };
        let text = checkpoint.text();
        let signature = self.pair.sign(text.as_bytes()).as_ref().to_vec();
        let line = Signature::new(self.key.name.clone(), self.key.id, signature)
            .map_err(|_| SigningRefused::BadOrigin)?;
        Ok(SignedCheckpoint::of(checkpoint, line))
    }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSigner").field("key", &self.key.to_string()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of C2SP signed-note.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn the_key_of_the_standard_is_read_written_and_believed() {
        let key: VerifierKey = PETER.parse().unwrap();
        assert_eq!(
            (key.name(), key.is_witness(), key.to_string()),
            ("PeterNeumann", false, PETER.to_owned())
        );
        let text = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n";
        let line = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
        let line = Signature::from_bytes(line.as_bytes()).unwrap();
        assert!(key.claims(&line) && key.holds(text.as_bytes(), line.signature()));
        assert!(!key.holds(b"another text\n", line.signature()));
    }

    #[test]
    fn a_key_whose_parts_do_not_fit_is_refused() {
        for wrong in [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a3",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
            "PeterNeumann+c74f20a3+AhpcWQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] {
            assert_eq!(wrong.parse::<VerifierKey>(), Err(KeyRefused), "{wrong}");
        }
    }

    #[test]
    fn a_signer_needs_a_key_and_a_proper_name_and_never_shows_the_key() {
        let pkcs8 = Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap().as_ref().to_vec();
        assert!(matches!(LogSigner::from_pkcs8("a/log", b"no"), Err(SigningRefused::NotAKey)));
        for origin in ["", "a log", "a+log", "a\nlog"] {
            assert!(matches!(LogSigner::from_pkcs8(origin, &pkcs8), Err(SigningRefused::BadOrigin)));
        }
        let signer = LogSigner::from_pkcs8("kuaichu.example.cn/log", &pkcs8).unwrap();
        assert_eq!(signer.key().to_string().parse::<VerifierKey>().as_ref(), Ok(signer.key()));
        assert_eq!(format!("{signer:?}"), format!("LogSigner {{ key: \"{}\", .. }}", signer.key()));
    }
}

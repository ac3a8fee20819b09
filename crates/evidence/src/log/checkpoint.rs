//! Checkpoints: the size and root of the log at some time, signed by the log and cosigned by witnesses.
//!
//! C2SP tlog-checkpoint in a C2SP signed-note: three lines, an empty one, and one line per signature. A
//! [`SignedCheckpoint`] can only be had from a note whose log signature holds.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::digest::Digest;
use signed_note::{Note, Signature};
use tlog_tiles::{checkpoint::Checkpoint as Text, tlog::Hash};

use super::{key::VerifierKey, proof::LARGEST};

/// Longer than any checkpoint with all its witnesses.
const LONGEST_NOTE: usize = 64 * 1024;

/// Why a note is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteRefused {
    /// Not a signed note, or its text is no checkpoint.
    #[error("not a signed checkpoint")]
    Malformed,
    /// The log's signature is missing or wrong.
    #[error("the signature of the log does not hold")]
    NotOfTheLog,
    /// The witness's signature is missing or wrong.
    #[error("the witness has not signed it")]
    NotCosigned,
}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, Hash(*self.root.as_bytes()))
    }

    /// Reads the text of a checkpoint; lines after the third are extensions, which say nothing to us.
    fn parse(text: &[u8]) -> Result<Self, NoteRefused> {
        let read = Text::from_bytes(text).map_err(|_| NoteRefused::Malformed)?;
        if read.size() > LARGEST {
            return Err(NoteRefused::Malformed);
        }
        let root = Digest::from_bytes(read.hash().0);
        Ok(Self { origin: read.origin().to_owned(), size: read.size(), root })
    }
}

/// A checkpoint whose log signature holds, with whatever other signatures its note bears.
#[derive(PartialEq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    own: Signature,
    others: Vec<Signature>,
    text: Vec<u8>,
}

impl SignedCheckpoint {
    /// Reads a note and believes it if the log with this key signed it under its own name.
    pub fn open(note: &str, log: &VerifierKey) -> Result<Self, NoteRefused> {
        if note.len() > LONGEST_NOTE {
            return Err(NoteRefused::Malformed);
        }
        let (text, lines) = split(note)?;
        let checkpoint = Checkpoint::parse(text.as_bytes())?;
        let (own, others): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| log.claims(line));
        let own = own.into_iter().next().ok_or(NoteRefused::NotOfTheLog)?;
        let signed = !log.is_witness() && log.holds(text.as_bytes(), own.signature());
        if !signed || checkpoint.origin != log.name() {
            return Err(NoteRefused::NotOfTheLog);
        }
        Ok(Self { checkpoint, own, others, text: text.into() })
    }

    pub(super) fn of(checkpoint: Checkpoint, own: Signature) -> Self {
        let text = checkpoint.text().into();
        Self { checkpoint, own, others: Vec::new(), text }
    }

    /// What it says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// When this witness says it saw the checkpoint, if its signature holds.
    pub fn cosigned_by(&self, witness: &VerifierKey) -> Result<DateTime<Utc>, NoteRefused> {
        self.others
            .iter()
            .filter(|line| witness.is_witness() && witness.claims(line))
            .find_map(|line| self.seen(witness, line))
            .ok_or(NoteRefused::NotCosigned)
    }

    /// A cosignature is eight bytes of time, in seconds since 1970, and a signature over time and text.
    fn seen(&self, witness: &VerifierKey, line: &Signature) -> Option<DateTime<Utc>> {
        let (time, signature) = line.signature().split_first_chunk::<8>()?;
        let seconds = u64::from_be_bytes(*time);
        let mut message = format!("cosignature/v1\ntime {seconds}\n").into_bytes();
        message.extend_from_slice(&self.text);
        if !witness.holds(&message, signature) {
            return None;
        }
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)
    }

    /// The note with the signature that `witness` gave as lines of its answer; other lines are left out.
    pub fn cosigned(mut self, witness: &VerifierKey, lines: &str) -> Result<Self, NoteRefused> {
        let line = lines
            .lines()
            .filter_map(|line| Signature::from_bytes(line.as_bytes()).ok())
            .find(|line| witness.is_witness() && witness.claims(line) && self.seen(witness, line).is_some())
            .ok_or(NoteRefused::NotCosigned)?;
        self.others.retain(|other| !witness.claims(other));
        self.others.push(line);
        Ok(self)
    }

    /// The note with the log's signature alone: what a timestamp authority stamps, so that later cosignatures
    /// change nothing about it.
    pub fn own_note(&self) -> String {
        written(&self.text, std::iter::once(&self.own))
    }
}

/// The note, as it is published.
impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(&self.text, std::iter::once(&self.own).chain(&self.others)))
    }
}

impl fmt::Debug for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignedCheckpoint").field(&self.checkpoint).finish()
    }
}

/// Text and signatures of a note. The library finds whether it is well formed; it keeps the signatures to itself.
fn split(note: &str) -> Result<(String, Vec<Signature>), NoteRefused> {
    Note::from_bytes(note.as_bytes()).map_err(|_| NoteRefused::Malformed)?;
    let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteRefused::Malformed)?;
    let lines = lines.lines().map(|line| Signature::from_bytes(line.as_bytes()));
    let lines = lines.collect::<Result<_, _>>().map_err(|_| NoteRefused::Malformed)?;
    Ok((format!("{text}\n"), lines))
}

fn written<'a>(text: &[u8], lines: impl Iterator<Item = &'a Signature>) -> String {
    let mut note = text.to_vec();
    note.push(b'\n');
    lines.for_each(|line| note.extend(line.to_bytes()));
    String::from_utf8_lossy(&note).into_owned()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    use super::{super::key::LogSigner, *};

    fn pkcs8(seed: u8) -> Vec<u8> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        pair.to_pkcs8v1().unwrap().as_ref().to_vec()
    }

    fn log() -> LogSigner {
        LogSigner::from_pkcs8("kuaichu.example.cn/log", &pkcs8(1)).unwrap()
    }

    fn signed() -> SignedCheckpoint {
        log().sign(123, Digest::of(b"root")).unwrap()
    }

    /// A witness's key and what it answers to a checkpoint at `seconds`, written from the standard.
    fn cosigned(name: &str, text: &str, seconds: u64) -> (VerifierKey, String) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let key = [&[4], pair.public_key().as_ref()].concat();
        let id = Digest::of(&[name.as_bytes(), b"\n", &key].concat());
        let id = &id.as_bytes()[..4];
        let message = format!("cosignature/v1\ntime {seconds}\n{text}");
        let signature = [id, &seconds.to_be_bytes(), pair.sign(message.as_bytes()).as_ref()].concat();
        let vkey = format!("{name}+{}+{}", hex_of(id), BASE64_STANDARD.encode(key));
        (vkey.parse().unwrap(), format!("— {name} {}\n", BASE64_STANDARD.encode(signature)))
    }

    fn hex_of(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_checkpoint_is_three_lines_and_a_signature_and_comes_back_the_same() {
        let note = signed().to_string();
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(lines[..2], ["kuaichu.example.cn/log", "123"]);
        assert_eq!(BASE64_STANDARD.decode(lines[2]).unwrap(), Digest::of(b"root").as_bytes());
        assert_eq!(lines[3], "");
        assert!(
            lines[4].starts_with("— kuaichu.example.cn/log ") && lines.len() == 5 && note.ends_with('\n')
        );
        let opened = SignedCheckpoint::open(&note, log().key()).unwrap();
        assert_eq!((opened.to_string(), opened.own_note()), (note.clone(), note));
        assert_eq!(opened.checkpoint().root, Digest::of(b"root"));
    }

    #[test]
    fn no_changed_character_of_a_checkpoint_is_believed() {
        let note = signed().to_string();
        let key = log().key().clone();
        let mut refused = 0;
        for (place, old) in note.char_indices() {
            for new in ['0', 'A', '\n', ' '] {
                let mut changed = note.clone();
                changed.replace_range(place..place + old.len_utf8(), new.encode_utf8(&mut [0; 4]));
                if changed != note {
                    assert!(SignedCheckpoint::open(&changed, &key).is_err(), "{place} {new:?}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 400);
        let other = LogSigner::from_pkcs8("kuaichu.example.cn/log", &pkcs8(2)).unwrap();
        assert_eq!(SignedCheckpoint::open(&note, other.key()), Err(NoteRefused::NotOfTheLog));
        let renamed = LogSigner::from_pkcs8("other.example.cn/log", &pkcs8(1)).unwrap();
        assert_eq!(SignedCheckpoint::open(&note, renamed.key()), Err(NoteRefused::NotOfTheLog));
        assert_eq!(SignedCheckpoint::open(&"x".repeat(70_000), &key), Err(NoteRefused::Malformed));
    }

    #[test]
    fn a_witness_says_when_it_saw_the_checkpoint() {
        let plain = signed();
        let (witness, lines) =
            cosigned("court.example.cn/witness", &plain.checkpoint().text(), 1_795_000_000);
        assert_eq!(plain.cosigned_by(&witness), Err(NoteRefused::NotCosigned));
        let own = plain.to_string();
        let both = plain.cosigned(&witness, &lines).unwrap();
        assert_eq!(both.to_string(), format!("{own}{lines}"));
        let opened = SignedCheckpoint::open(&both.to_string(), log().key()).unwrap();
        assert_eq!(opened.cosigned_by(&witness).unwrap().timestamp(), 1_795_000_000);
        assert_eq!(opened.own_note(), own);
        let (_, later) = cosigned("court.example.cn/witness", &opened.checkpoint().text(), 1_795_000_060);
        let again = opened.cosigned(&witness, &later).unwrap();
        assert_eq!(again.to_string(), format!("{own}{later}"));
    }

    #[test]
    fn a_cosignature_over_anything_else_is_refused() {
        let (witness, lines) =
            cosigned("court.example.cn/witness", &signed().checkpoint().text(), 1_795_000_000);
        let other = log().sign(124, Digest::of(b"root")).unwrap();
        assert_eq!(other.cosigned(&witness, &lines).err(), Some(NoteRefused::NotCosigned));
        let (stranger, _) = cosigned("stranger.example.cn", "", 0);
        assert_eq!(signed().cosigned(&stranger, &lines).err(), Some(NoteRefused::NotCosigned));
        for wrong in ["", "nonsense", "— court.example.cn/witness AAAAAA==\n", "\n\n"] {
            assert_eq!(signed().cosigned(&witness, wrong).err(), Some(NoteRefused::NotCosigned));
        }
        // A log's plain signature is no cosignature, and a witness's is no log's.
        assert_eq!(signed().cosigned_by(log().key()), Err(NoteRefused::NotCosigned));
        let note = signed().cosigned(&witness, &lines).unwrap().to_string();
        assert_eq!(SignedCheckpoint::open(&note, &witness), Err(NoteRefused::NotOfTheLog));
    }
}

//! The manifest: what a pack holds, file by file, and what it does not hold and why.

use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    identifiers::{CaseId, CaseNumber},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The format that is written and read here.
pub const FORMAT: &str = "kuaichu-court-pack/1";
/// The manifest's own file.
pub(super) const MANIFEST: &str = "manifest.json";
/// The signature over it.
pub(super) const SEAL: &str = "manifest.jws";
/// `typ` of that signature.
pub(super) const SEAL_TYPE: &str = "kuaichu-pack+jwt";

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// How to check the pack.
    Guide,
    /// The case in words, for people.
    Summary,
    /// The case as the service keeps it.
    Case,
    /// The data of the report, exactly as the journal names them by their hash.
    Report,
    /// The data of a party, exactly as the journal names them by their hash.
    Details,
    /// A statement, exactly as the journal names it by its hash.
    Statement,
    /// The same to be read.
    StatementText,
    /// The original bytes of a photo.
    Photo,
    /// What was found in a photo, exactly as the journal names it by its hash.
    Examination,
    /// The original bytes of a recording.
    Recording,
    /// A document that was issued.
    Document,
    /// A receipt "you may move".
    Receipt,
    /// What ties a signature to its signer, exactly as the journal names it by its hash.
    SignatureProof,
    /// The signature as it was drawn.
    SignatureImage,
    /// The journal: one entry a line, exactly as it is hashed.
    Journal,
    /// For each entry the proof that it is in the log.
    Proofs,
    /// The checkpoint of the log that the proofs lead to.
    Checkpoint,
    /// An earlier checkpoint that a timestamp authority has stamped.
    StampedCheckpoint,
    /// The authority's answer.
    Timestamp,
    /// The proof that the log only grew between the two checkpoints.
    Consistency,
    /// The service's public keys.
    Keys,
    /// The log's public key.
    LogKey,
    /// The public keys of the log's witnesses.
    WitnessKeys,
}

impl FileKind {
    /// Whether there must be exactly one file of this kind.
    pub(super) fn is_single(self) -> bool {
        matches!(
            self,
            Self::Case | Self::Journal | Self::Proofs | Self::Checkpoint | Self::Keys | Self::LogKey
        )
    }

    /// Whether there may be at most one.
    pub(super) fn at_most_one(self) -> bool {
        self.is_single()
            || matches!(
                self,
                Self::Report
                    | Self::StampedCheckpoint
                    | Self::Timestamp
                    | Self::Consistency
                    | Self::WitnessKeys
            )
    }
}

/// One file of the pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its name in the pack.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
    /// Of a photo, a recording or an examination: its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// What it is, in Chinese.
    pub zh: String,
    /// What it is, in English.
    pub en: String,
}

/// Why bytes that the journal names are not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// They were removed when their term had ended; the proof stays.
    Erased,
    /// They were committed, but never came.
    NeverCame,
    /// The service has lost or damaged them.
    Lost,
}

/// Something that the journal names and the pack does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// The photo's, recording's or commitment's id.
    pub id: Uuid,
    /// SHA-256 of the bytes.
    pub sha256: Digest,
    /// Why it is not here.
    pub why: Why,
    /// Since when: when it was erased or committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

/// The manifest of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The case's id.
    pub case: CaseId,
    /// The case's public number.
    pub number: CaseNumber,
    /// When the pack was made.
    pub made_at: DateTime<Utc>,
    /// Every file but the manifest and its signature, in their order.
    pub files: Vec<Listed>,
    /// What is not here.
    pub absent: Vec<Absent>,
}

/// What the signature over the manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealClaims {
    /// Who made the pack: the service.
    pub iss: String,
    /// The case's public number.
    pub sub: CaseNumber,
    /// When, in seconds since 1970.
    pub iat: i64,
    /// [`FORMAT`].
    pub format: String,
    /// SHA-256 of the manifest's bytes.
    pub manifest_sha256: Digest,
}

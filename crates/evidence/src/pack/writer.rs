//! Writes a pack: files as they come, then the manifest over them, then the signature over the manifest.

use std::io::{self, Seek, Write};

use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    identifiers::{CaseId, CaseNumber},
};
use uuid::Uuid;

use super::{
    container::ContainerWriter,
    manifest::{Absent, FORMAT, FileKind, Listed, MANIFEST, Manifest, SEAL, SEAL_TYPE, SealClaims},
};

/// A file to come.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its name in the pack: parts of letters, digits, dots, dashes and underscores, between slashes.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// The photo's or recording's id.
    pub id: Option<Uuid>,
    /// What it is, in Chinese and English.
    pub about: [String; 2],
}

/// What the pack is about.
#[derive(Debug, Clone)]
pub struct Imprint {
    /// The case.
    pub case: CaseId,
    /// Its public number.
    pub number: CaseNumber,
    /// When the pack is made.
    pub made_at: DateTime<Utc>,
    /// Who makes it: the service.
    pub issuer: String,
}

/// Writes one pack. The same files in the same order give the same bytes.
pub struct PackWriter<W> {
    container: ContainerWriter<W>,
    files: Vec<Listed>,
    absent: Vec<Absent>,
}

impl<W: Write + Seek> PackWriter<W> {
    /// A pack that begins at the beginning of `sink`.
    pub fn new(sink: W) -> Self {
        Self { container: ContainerWriter::new(sink), files: Vec::new(), absent: Vec::new() }
    }

    /// Adds a file that is in memory.
    pub fn add(&mut self, item: Item, bytes: &[u8]) -> io::Result<()> {
        self.stream(item, [Ok::<_, io::Error>(bytes)])
    }

    /// Adds a file chunk by chunk.
    pub fn stream<E: From<io::Error>>(
        &mut self,
        item: Item,
        chunks: impl IntoIterator<Item = Result<impl AsRef<[u8]>, E>>,
    ) -> Result<(), E> {
        let Item { name, kind, id, about: [zh, en] } = item;
        let (sha256, bytes) = self.container.file(&name, chunks)?;
        self.files.push(Listed { name, kind, sha256, bytes, id, zh, en });
        Ok(())
    }

    /// Says what is not here, and why.
    pub fn leave_out(&mut self, absent: Absent) {
        self.absent.push(absent);
    }

    /// Ends the pack with its manifest and the signature that `sign` gives over the claims, under the type.
    pub fn finish<E: From<io::Error>>(
        mut self,
        imprint: Imprint,
        sign: impl FnOnce(&str, &SealClaims) -> Result<String, E>,
    ) -> Result<W, E> {
        let Imprint { case, number, made_at, issuer } = imprint;
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            case,
            number: number.clone(),
            made_at,
            files: self.files,
            absent: self.absent,
        };
        let mut text = serde_json::to_string_pretty(&manifest).map_err(io::Error::other)?;
        text.push('\n');
        let claims = SealClaims {
            iss: issuer,
            sub: number,
            iat: made_at.timestamp(),
            format: FORMAT.to_owned(),
            manifest_sha256: Digest::of(text.as_bytes()),
        };
        let seal = sign(SEAL_TYPE, &claims)?;
        self.container.file::<E>(MANIFEST, [Ok(text)])?;
        self.container.file::<E>(SEAL, [Ok(seal)])?;
        Ok(self.container.finish()?)
    }
}

//! Names of stored objects: made from a digest and a kind only, so no name that a user sent can reach the disk.

use std::fmt;

use domain::digest::Digest;

/// What an object is; the first part of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A photo exactly as it was uploaded, named by its own digest.
    Original,
    /// The viewing copy of a photo, named by the digest of its original.
    View,
    /// The thumbnail of a photo, named by the digest of its original.
    Thumbnail,
    /// A finished document (PDF), named by its own digest.
    Document,
    /// A recording exactly as it was uploaded, named by its own digest.
    Recording,
    /// A signature as it was drawn (PNG), named by its own digest.
    Signature,
}

impl ObjectKind {
    /// Every kind, in the order of their declaration.
    pub const ALL: [Self; 6] =
        [Self::Original, Self::View, Self::Thumbnail, Self::Document, Self::Recording, Self::Signature];

    /// The kind's folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::View => "view",
            Self::Thumbnail => "thumbnail",
            Self::Document => "document",
            Self::Recording => "recording",
            Self::Signature => "signature",
        }
    }

    /// Whether the digest in the name is the digest of the object's own bytes.
    pub fn is_content_addressed(self) -> bool {
        matches!(self, Self::Original | Self::Document | Self::Recording | Self::Signature)
    }
}

/// The name of one stored object, written `original/ab/ab…` (64 hexadecimal characters at the end).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    kind: ObjectKind,
    digest: Digest,
}

impl ObjectKey {
    /// The name of the object of this kind that belongs to `digest`.
    pub fn new(kind: ObjectKind, digest: Digest) -> Self {
        Self { kind, digest }
    }

    /// What the object is.
    pub fn kind(&self) -> ObjectKind {
        self.kind
    }

    /// The digest in the name: of the object itself, or of the original it was derived from.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The folder that holds the object: the kind and the first byte of the digest.
    pub fn folder(&self) -> String {
        let [first, ..] = self.digest.as_bytes();
        format!("{}/{first:02x}", self.kind.folder())
    }

    /// The object's name inside its folder.
    pub fn file_name(&self) -> String {
        self.digest.to_string()
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.folder(), self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_from_kind_and_digest_alone() {
        let digest = Digest::of(b"abc");
        let key = ObjectKey::new(ObjectKind::Original, digest);
        assert_eq!(
            key.to_string(),
            "original/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn the_kinds_of_one_digest_never_share_a_name() {
        let digest = Digest::of(b"abc");
        let mut names: Vec<_> =
            ObjectKind::ALL.iter().map(|kind| ObjectKey::new(*kind, digest).to_string()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), ObjectKind::ALL.len());
    }
}

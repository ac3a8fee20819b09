//! The object store: what every place that keeps evidence must promise. Objects are written once, under a
//! [`ObjectKey`], and are durable before `put` answers.

use std::io;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use domain::digest::Digest;
use futures_util::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use sha2::{Digest as _, Sha256};

use crate::{
    aside::Aside,
    key::{ObjectKey, ObjectKind},
    staging::{Staged, Staging},
};

/// An object's bytes, in chunks.
pub type ByteStream = BoxStream<'static, Result<Bytes, StoreError>>;

/// Names of stored objects, in no particular order.
pub type KeyStream = BoxStream<'static, Result<ObjectKey, StoreError>>;

/// Names of objects that were set aside, in no particular order.
pub type AsideStream = BoxStream<'static, Result<Aside, StoreError>>;

/// An object that is being read.
pub struct OpenObject {
    /// The object's size.
    pub bytes: u64,
    /// Its bytes.
    pub stream: ByteStream,
}

/// What a re-hash of a stored object found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixity {
    /// The bytes are the ones that were stored.
    Intact,
    /// The bytes changed; holds the digest they have now.
    Damaged(Digest),
    /// There is no such object.
    Missing,
}

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or its quota is full; the same call may succeed later (HTTP 507).
    #[error("no space is left for evidence")]
    NoSpace(#[source] io::Error),
    /// Reading or writing failed.
    #[error("the evidence store failed to {doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no object of that name.
    #[error("there is no object {0}")]
    Missing(ObjectKey),
    /// The stored object no longer has the digest in its name; it is left untouched for an inspection.
    #[error("the stored object {0} no longer matches its digest")]
    Damaged(ObjectKey),
    /// The bytes offered do not have the digest in the key, or the kind is not named by its own digest.
    #[error("the bytes offered do not belong under {0}")]
    WrongKey(ObjectKey),
    /// The store is elsewhere and does not answer now; the same call may succeed later (HTTP 503).
    #[error("the evidence store does not answer: {0}")]
    Unreachable(String),
    /// The service is stopping and takes no more work.
    #[error("the evidence store is shutting down")]
    ShuttingDown,
}

impl StoreError {
    /// Sorts a system error: a full disk is told apart from everything else.
    pub fn io(doing: &'static str, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace(source),
            _ => Self::Io { doing, source },
        }
    }
}

/// A place that keeps write-once objects.
///
/// Writing has two steps, so that nobody needs to know the digest beforehand and nothing half-written ever has
/// a name: [`stage`](Self::stage) takes the bytes, [`put`](Self::put) gives them their name.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Opens a staging file; what is not [`put`](Self::put) disappears when dropped.
    async fn stage(&self) -> Result<Staging, StoreError>;

    /// Gives staged bytes their name, create-only; `Ok` means that they survive a power cut.
    ///
    /// If the object is already there, a content-addressed one is re-hashed (same: success, other: `Damaged`),
    /// and a derived one is kept as it is.
    async fn put(&self, key: ObjectKey, staged: Staged) -> Result<(), StoreError>;

    /// Opens an object for reading in chunks, whatever its bytes are now. For everything but the search for
    /// damage there is [`open`](Self::open).
    async fn fetch(&self, key: ObjectKey) -> Result<OpenObject, StoreError>;

    /// The object's size in bytes, or `None` if it is not there.
    async fn size(&self, key: ObjectKey) -> Result<Option<u64>, StoreError>;

    /// The names of all objects of a kind. Files that no key could name are passed over.
    fn list(&self, kind: ObjectKind) -> KeyStream;

    /// Removes an object for good; `false` if it was not there.
    async fn delete(&self, key: ObjectKey) -> Result<bool, StoreError>;

    /// Opens an object for reading in chunks. A content-addressed one is hashed on its way: when it is not what
    /// was stored, its end is held back and `Damaged` comes instead, so that nobody takes it for whole.
    async fn open(&self, key: ObjectKey) -> Result<OpenObject, StoreError> {
        let OpenObject { bytes, stream } = self.fetch(key).await?;
        let stream = if key.kind().is_content_addressed() { checked(key, stream) } else { stream };
        Ok(OpenObject { bytes, stream })
    }

    /// Since when the object is there, or `None` if it is not.
    async fn stored_at(&self, key: ObjectKey) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Takes an object out of its place and keeps it aside: from now on it is missing. `false` if it was not there.
    /// Interrupted, it is in both places, and can be set aside again.
    async fn set_aside(&self, aside: Aside) -> Result<bool, StoreError>;

    /// Puts an object back in its place, unless there is one already; it is not kept aside any more. `false` if it
    /// was not there.
    async fn put_back(&self, aside: Aside) -> Result<bool, StoreError>;

    /// Removes an object that was set aside for good; `false` if it was not there.
    async fn discard(&self, aside: Aside) -> Result<bool, StoreError>;

    /// Everything that was set aside.
    fn list_aside(&self) -> AsideStream;

    /// Whether the object is there.
    async fn exists(&self, key: ObjectKey) -> Result<bool, StoreError> {
        Ok(self.size(key).await?.is_some())
    }

    /// Reads a whole object into memory.
    async fn read(&self, key: ObjectKey) -> Result<Bytes, StoreError> {
        let object = self.open(key).await?;
        let whole = object
            .stream
            .try_fold(BytesMut::new(), |mut whole, chunk| async move {
                whole.extend_from_slice(&chunk);
                Ok(whole)
            })
            .await?;
        Ok(whole.freeze())
    }

    /// Stores bytes that are already in memory under their own digest. `WrongKey` for derived kinds.
    async fn put_bytes(&self, kind: ObjectKind, bytes: Bytes) -> Result<Digest, StoreError> {
        let mut staging = self.stage().await?;
        staging.write(&bytes).await?;
        let staged = staging.finish().await?;
        let digest = staged.digest();
        let key = ObjectKey::new(kind, digest);
        if !kind.is_content_addressed() {
            return Err(StoreError::WrongKey(key));
        }
        self.put(key, staged).await?;
        Ok(digest)
    }

    /// Re-hashes a content-addressed object in chunks. `WrongKey` for derived kinds: their names say nothing
    /// about their bytes.
    async fn verify(&self, key: ObjectKey) -> Result<Fixity, StoreError> {
        if !key.kind().is_content_addressed() {
            return Err(StoreError::WrongKey(key));
        }
        let object = match self.fetch(key).await {
            Ok(object) => object,
            Err(StoreError::Missing(_)) => return Ok(Fixity::Missing),
            Err(error) => return Err(error),
        };
        let found = digest_of(object.stream).await?;
        Ok(if found == key.digest() { Fixity::Intact } else { Fixity::Damaged(found) })
    }

    /// Shows that the store can take bytes now: writes, syncs and drops a small staging file.
    async fn probe(&self) -> Result<(), StoreError> {
        let mut staging = self.stage().await?;
        staging.write(b"probe").await?;
        staging.finish().await.map(drop)
    }
}

/// The digest of everything that a stream gives.
async fn digest_of(stream: ByteStream) -> Result<Digest, StoreError> {
    let hasher =
        stream.try_fold(Sha256::new(), |hasher, chunk| async move { Ok(hasher.chain_update(chunk)) }).await?;
    Ok(Digest::from_bytes(hasher.finalize().into()))
}

/// An object on its way to a reader.
struct Checked {
    stream: ByteStream,
    hasher: Sha256,
    /// Waits until the next chunk has come, or the end and with it the digest of the whole.
    held: Option<Bytes>,
}

/// The same bytes, the last chunk of which comes only if all have the digest in the key.
fn checked(key: ObjectKey, stream: ByteStream) -> ByteStream {
    let start = Checked { stream, hasher: Sha256::new(), held: None };
    stream::unfold(Some(start), move |reading| async move {
        let mut reading = reading?;
        loop {
            match reading.stream.next().await {
                Some(Ok(chunk)) => {
                    reading.hasher.update(&chunk);
                    if let Some(before) = reading.held.replace(chunk) {
                        return Some((Ok(before), Some(reading)));
                    }
                }
                Some(Err(error)) => return Some((Err(error), None)),
                None => {
                    let found = Digest::from_bytes(reading.hasher.finalize().into());
                    return if found == key.digest() {
                        reading.held.map(|last| (Ok(last), None))
                    } else {
                        Some((Err(StoreError::Damaged(key)), None))
                    };
                }
            }
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_full_quota_are_told_apart_from_other_faults() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            assert!(matches!(StoreError::io("write", kind.into()), StoreError::NoSpace(_)));
        }
        let other = StoreError::io("write", io::ErrorKind::PermissionDenied.into());
        assert!(matches!(other, StoreError::Io { doing: "write", .. }));
    }
}

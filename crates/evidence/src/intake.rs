//! Photo intake: a stream of bytes becomes a stored original with a viewing copy and a thumbnail, or a refusal
//! that says why.

use std::{fmt, pin::pin, sync::Arc};

use bytes::Bytes;
use domain::digest::Digest;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream::BoxStream};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    container::MediaType,
    key::{ObjectKey, ObjectKind},
    picture::{self, Photo},
    refusal::IntakeError,
    staging::Staged,
    store::{Fixity, ObjectStore, OpenObject, StoreError},
};

/// How large a photo may be, on the wire and in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntakeLimits {
    /// Most bytes of one photo.
    pub bytes: u64,
    /// Most pixels along one side.
    pub side: u32,
    /// Most pixels in total.
    pub pixels: u64,
    /// Most bytes of memory that decoding one photo may take; at most this times the workers is in use.
    pub memory: u64,
}

impl Default for IntakeLimits {
    /// 20 MiB, 10,000 pixels a side, 60 megapixels, 256 MiB of memory.
    fn default() -> Self {
        Self { bytes: 20 << 20, side: 10_000, pixels: 60_000_000, memory: 256 << 20 }
    }
}

/// A photo that is stored, durably and bit for bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// SHA-256 of the original.
    pub digest: Digest,
    /// Size of the original.
    pub bytes: u64,
    /// What the original is, by its content.
    pub media_type: MediaType,
    /// Width in pixels as the photo is shown, that is with its orientation applied.
    pub width: u32,
    /// Height in pixels as the photo is shown.
    pub height: u32,
}

/// Takes photos in and gives them out again. Cheap to clone.
#[derive(Clone)]
pub struct PhotoIntake {
    store: Arc<dyn ObjectStore>,
    limits: IntakeLimits,
    workers: Arc<Semaphore>,
}

impl PhotoIntake {
    /// An intake that decodes at most `workers` photos at a time (at least one).
    pub fn new(store: Arc<dyn ObjectStore>, limits: IntakeLimits, workers: usize) -> Self {
        Self { store, limits, workers: Arc::new(Semaphore::new(workers.max(1))) }
    }

    /// Takes one photo. `Ok` means that the original and both derived pictures survive a power cut; the same
    /// photo may come again at any time and gives the same answer. After an error nothing of the upload is kept
    /// under its name, so it can simply be sent again. Time limits are the caller's: drop the future.
    pub async fn receive<S, E>(&self, body: S) -> Result<Received, IntakeError>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: fmt::Display,
    {
        let staged = self.spool(body).await?;
        let (staged, photo) = self.examine(staged).await?;
        let received = Received {
            digest: staged.digest(),
            bytes: staged.bytes(),
            media_type: photo.media_type,
            width: photo.width,
            height: photo.height,
        };
        self.keep(staged, photo).await?;
        Ok(received)
    }

    async fn spool<S, E>(&self, body: S) -> Result<Staged, IntakeError>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: fmt::Display,
    {
        let limit = self.limits.bytes;
        let mut body = pin!(body);
        let mut staging = self.store.stage().await?;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| IntakeError::Interrupted { cause: error.to_string() })?;
            let chunk_bytes = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            if staging.bytes().saturating_add(chunk_bytes) > limit {
                return Err(IntakeError::TooLarge { limit });
            }
            staging.write(&chunk).await?;
        }
        if staging.bytes() == 0 {
            return Err(IntakeError::Empty);
        }
        Ok(staging.finish().await?)
    }

    async fn examine(&self, staged: Staged) -> Result<(Staged, Photo), IntakeError> {
        let limits = self.limits;
        self.in_worker(move || {
            let photo = picture::examine(&staged.read_blocking()?, &limits)?;
            Ok((staged, photo))
        })
        .await
    }

    /// Runs work that takes time and memory, as soon as one of the workers is free. The work keeps its place
    /// until it ends, even when nobody waits for it any more; if it panics, only this photo is refused.
    async fn in_worker<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, IntakeError> + Send + 'static,
    ) -> Result<T, IntakeError> {
        let permit = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| StoreError::ShuttingDown)?;
        let done = spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(|ended| match ended.is_panic() {
            true => IntakeError::DecoderPanicked,
            false => StoreError::ShuttingDown.into(),
        })?
    }

    /// Derived pictures first: an original that is in the store always has them.
    async fn keep(&self, original: Staged, photo: Photo) -> Result<(), StoreError> {
        let digest = original.digest();
        tokio::try_join!(
            self.keep_derived(ObjectKey::new(ObjectKind::View, digest), photo.view),
            self.keep_derived(ObjectKey::new(ObjectKind::Thumbnail, digest), photo.thumbnail),
        )?;
        self.store.put(ObjectKey::new(ObjectKind::Original, digest), original).await
    }

    async fn keep_derived(&self, key: ObjectKey, picture: Vec<u8>) -> Result<(), StoreError> {
        let mut staging = self.store.stage().await?;
        staging.write(&picture).await?;
        self.store.put(key, staging.finish().await?).await
    }

    /// Opens the original, exactly as it was uploaded. It may hold anything behind the picture: serve it only
    /// as a download.
    pub async fn open_original(&self, digest: Digest) -> Result<OpenObject, StoreError> {
        self.store.open(ObjectKey::new(ObjectKind::Original, digest)).await
    }

    /// The viewing copy of an original: JPEG, at most [`VIEW_SIDE`](crate::VIEW_SIDE) pixels a side.
    pub async fn open_view(&self, digest: Digest) -> Result<Bytes, StoreError> {
        self.store.read(ObjectKey::new(ObjectKind::View, digest)).await
    }

    /// The thumbnail of an original: JPEG, at most [`THUMBNAIL_SIDE`](crate::THUMBNAIL_SIDE) pixels a side.
    pub async fn open_thumbnail(&self, digest: Digest) -> Result<Bytes, StoreError> {
        self.store.read(ObjectKey::new(ObjectKind::Thumbnail, digest)).await
    }

    /// Re-hashes a stored original.
    pub async fn verify(&self, digest: Digest) -> Result<Fixity, StoreError> {
        self.store.verify(ObjectKey::new(ObjectKind::Original, digest)).await
    }

    /// The digests of all stored originals, in no particular order.
    pub fn list_originals(&self) -> BoxStream<'static, Result<Digest, StoreError>> {
        self.store.list(ObjectKind::Original).map_ok(|key| key.digest()).boxed()
    }

    /// Removes a photo that belongs to nothing, its original last, so that an interrupted removal can be found
    /// and repeated. `false` if there was no such original.
    pub async fn remove(&self, digest: Digest) -> Result<bool, StoreError> {
        self.store.delete(ObjectKey::new(ObjectKind::Thumbnail, digest)).await?;
        self.store.delete(ObjectKey::new(ObjectKind::View, digest)).await?;
        self.store.delete(ObjectKey::new(ObjectKind::Original, digest)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::FolderStore;

    #[tokio::test]
    async fn a_panicking_decoder_refuses_one_photo_and_frees_its_worker() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(FolderStore::open(folder.path()).await.unwrap());
        let intake = PhotoIntake::new(store, IntakeLimits::default(), 1);
        let crashed: Result<(), _> = intake.in_worker(|| panic!("a decoder's own fault")).await;
        assert!(matches!(crashed, Err(IntakeError::DecoderPanicked)));
        assert_eq!(intake.in_worker(|| Ok(7)).await.unwrap(), 7);
    }
}

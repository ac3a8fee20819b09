//! Photo intake in two steps. Receiving takes seconds off a driver's wait: a stream of bytes becomes a stored original
//! or a refusal that says why, by the header alone. Examining decodes it, makes the copies that people look at, and
//! says what the bytes show; it happens beside the requests, and finding nothing is an answer too.

use std::{fmt, pin::pin, sync::Arc};

use bytes::Bytes;
use domain::{
    digest::Digest,
    evidence::{Examination, Unreadable},
};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream::BoxStream};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    container::{self, MediaType, Size},
    converter::HeicConverter,
    examining::{self, Inspected},
    key::{ObjectKey, ObjectKind},
    limits::IntakeLimits,
    picture::Derived,
    refusal::IntakeError,
    staging::Staged,
    store::{Fixity, ObjectStore, OpenObject, StoreError},
    workers::{Place, Workers},
};

/// Headers that are read at once; each holds its photo in memory for some milliseconds.
const HEADERS_AT_ONCE: usize = 4;

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
    headers: Arc<Semaphore>,
    workers: Workers,
    converter: Arc<HeicConverter>,
}

impl PhotoIntake {
    /// An intake that decodes at most `workers` photos at a time (at least one), on threads of its own.
    pub fn new(store: Arc<dyn ObjectStore>, limits: IntakeLimits, workers: usize) -> Self {
        Self {
            store,
            limits,
            headers: Arc::new(Semaphore::new(HEADERS_AT_ONCE)),
            workers: Workers::start(workers),
            converter: Arc::default(),
        }
    }

    /// The same intake with another program for HEIC.
    pub fn with_converter(self, converter: HeicConverter) -> Self {
        Self { converter: Arc::new(converter), ..self }
    }

    /// Takes one photo, without decoding it. `Ok` means that the original survives a power cut; the same photo may
    /// come again at any time and gives the same answer. After an error nothing of the upload is kept under its name,
    /// so it can simply be sent again. Time limits are the caller's: drop the future.
    pub async fn receive<S, E>(&self, body: S) -> Result<Received, IntakeError>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: fmt::Display,
    {
        let staged = self.spool(body).await?;
        let (staged, media_type, size) = self.look_at_header(staged).await?;
        let received = Received {
            digest: staged.digest(),
            bytes: staged.bytes(),
            media_type,
            width: size.width,
            height: size.height,
        };
        self.store.put(ObjectKey::new(ObjectKind::Original, received.digest), staged).await?;
        Ok(received)
    }

    /// Examines a stored photo and stores its copies, if it can be decoded. May be repeated at any time. Waits for a
    /// free worker; a photo that nobody can decode is no error, only a store that fails is one: bytes that are missing
    /// now may be back when its folder is mounted again, so nothing is concluded from it.
    pub async fn examine(&self, digest: Digest) -> Result<Examination, StoreError> {
        let place = self.workers.place().await?;
        let original = self.store.read(ObjectKey::new(ObjectKind::Original, digest)).await?;
        let (examination, derived) = self.develop(place, original).await?;
        if let Some(derived) = derived {
            tokio::try_join!(
                self.keep_derived(ObjectKey::new(ObjectKind::View, digest), derived.view),
                self.keep_derived(ObjectKey::new(ObjectKind::Thumbnail, digest), derived.thumbnail),
            )?;
        }
        Ok(examination)
    }

    /// Runs the examination on a worker; HEIC goes through another program on the way. A library that panics costs
    /// this photo its copies and nothing else.
    async fn develop(
        &self,
        place: Place,
        original: Bytes,
    ) -> Result<(Examination, Option<Derived>), StoreError> {
        let limits = self.limits;
        let (bytes, nothing) = (original.clone(), || (examining::unreadable(Unreadable::Damaged), None));
        let inspection = move || -> Result<Outcome, Unreadable> {
            let inspected = examining::inspect(&bytes, &limits)?;
            Ok(match inspected.media_type {
                MediaType::Heic => Outcome::Convert(Box::new(inspected)),
                _ => Outcome::Done(Box::new(inspected.develop(&bytes, &limits))),
            })
        };
        let (place, outcome) = self.workers.run(place, inspection).await?;
        let inspected = match outcome {
            None => return Ok(nothing()),
            Some(Err(why)) => return Ok((examining::unreadable(why), None)),
            Some(Ok(Outcome::Done(done))) => return Ok(*done),
            Some(Ok(Outcome::Convert(inspected))) => inspected,
        };
        let jpeg = match self.converter.convert(&original).await {
            Ok(jpeg) => jpeg,
            Err(why) => return Ok((inspected.undeveloped(why), None)),
        };
        let (_place, done) =
            self.workers.run(place, move || inspected.develop_converted(&jpeg, &limits)).await?;
        Ok(done.unwrap_or_else(nothing))
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

    /// Decides by the header alone, off the async workers.
    async fn look_at_header(&self, staged: Staged) -> Result<(Staged, MediaType, Size), IntakeError> {
        let permit = Arc::clone(&self.headers).acquire_owned().await.map_err(|_| StoreError::ShuttingDown)?;
        let limits = self.limits;
        let looked = spawn_blocking(move || {
            let _permit = permit;
            let bytes = staged.read_blocking()?;
            let media_type = container::recognise(&bytes)?;
            let outline = container::outline(media_type, &bytes)?;
            limits.check(&outline)?;
            Ok((staged, media_type, outline.shown()))
        });
        looked.await.map_err(|_| StoreError::ShuttingDown)?
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

    /// The viewing copy of an examined original: JPEG, at most [`VIEW_SIDE`](crate::VIEW_SIDE) pixels a side.
    pub async fn open_view(&self, digest: Digest) -> Result<Bytes, StoreError> {
        self.store.read(ObjectKey::new(ObjectKind::View, digest)).await
    }

    /// The thumbnail of an examined original: JPEG, at most [`THUMBNAIL_SIDE`](crate::THUMBNAIL_SIDE) pixels a side.
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

/// How far a worker came.
enum Outcome {
    Done(Box<(Examination, Option<Derived>)>),
    /// Another program must decode it.
    Convert(Box<Inspected>),
}

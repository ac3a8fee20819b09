//! Uploads that are resumed: append-only files that grow over many requests, each with one writer at a time.
//!
//! The offset of an upload is the length of its file, told only after a sync: what was received before a cut is
//! kept. A writer holds the file by a lock of the system, which a crash frees and which other processes on the same
//! folder respect. Within this process a writer that has heard nothing for a while gives way to the next one: its
//! connection may be dead without anybody having been told.

use std::{
    collections::HashMap,
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Seek as _, Write as _},
    mem,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lc_rs::digest::{self, Context};
use domain::{digest::Digest, identifiers::UploadId};
use tokio::{
    runtime::Handle,
    sync::Notify,
    task::spawn_blocking,
    time::{Instant, interval},
};

use crate::{
    folder::chunks_of,
    spool::{make_folder, sync_folder},
    staging::off_the_workers,
    store::{ByteStream, StoreError},
};

/// Bytes gathered before they are handed to the disk.
const BATCH: usize = 256 * 1024;
/// How often a waiting writer looks whether the file is free.
const LOOK: Duration = Duration::from_millis(20);

/// Why there is no writing to an upload.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// There is no such upload here.
    #[error("there is no such upload")]
    Missing,
    /// Somebody else is writing to it, and is not silent.
    #[error("somebody else is writing to the upload")]
    Busy,
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How long to wait for an upload that somebody else is writing to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakeOver {
    /// A writer that has heard nothing for so long is interrupted.
    pub silence: Duration,
    /// After so long it is given up: the other one is alive.
    pub longest: Duration,
    /// The same while the other one takes in the complete upload.
    pub finishing: Duration,
}

/// The algorithm of a chunk's checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumAlgorithm {
    /// SHA-1: finds damage on the way, nothing more.
    Sha1,
    /// SHA-256.
    Sha256,
}

/// The folder of unfinished uploads. Cheap to clone.
#[derive(Clone)]
pub struct UploadSpool(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    holds: Mutex<HashMap<UploadId, Arc<Hold>>>,
}

/// A writer of this process.
struct Hold {
    /// Since when it has heard nothing; `None` while it takes in the complete upload.
    heard: Mutex<Option<Instant>>,
    interrupt: Notify,
}

impl Hold {
    fn heard(&self) -> MutexGuard<'_, Option<Instant>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UploadSpool {
    /// Opens the folder; makes it, readable by the service only, if needed.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        let folder = folder.to_owned();
        off_the_workers(move || {
            make_folder(&folder).map_err(|source| StoreError::io("make the folder of uploads", source))?;
            Ok(Self(Arc::new(Inner { folder, holds: Mutex::default() })))
        })
        .await
    }

    fn path(&self, id: UploadId) -> PathBuf {
        self.0.folder.join(id.to_string())
    }

    fn holds(&self) -> MutexGuard<'_, HashMap<UploadId, Arc<Hold>>> {
        self.0.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the empty file of a new upload, durably.
    pub async fn create(&self, id: UploadId) -> Result<(), StoreError> {
        let (path, folder) = (self.path(id), self.0.folder.clone());
        off_the_workers(move || {
            let made = File::options().create_new(true).append(true).mode(0o640).open(path);
            made.and_then(|file| file.sync_all())
                .and_then(|()| sync_folder(&folder))
                .map_err(|source| StoreError::io("make an upload", source))
        })
        .await
    }

    /// How many bytes are durably there, whoever is writing more; `None` if there is no such upload here.
    pub async fn offset(&self, id: UploadId) -> Result<Option<u64>, StoreError> {
        let path = self.path(id);
        off_the_workers(move || match File::open(path) {
            Ok(file) => {
                let length = file.metadata().map(|data| data.len());
                let durable = length.and_then(|length| file.sync_data().map(|()| length));
                durable.map(Some).map_err(|source| StoreError::io("sync an upload", source))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::io("open an upload", source)),
        })
        .await
    }

    /// Becomes the writer of an upload, after whoever is writing now.
    pub async fn writer(&self, id: UploadId, take_over: TakeOver) -> Result<SpoolWriter, SpoolError> {
        let path = self.path(id);
        let failed = |source| SpoolError::Store(StoreError::io("open an upload", source));
        let opened = spawn_blocking(move || File::options().read(true).append(true).open(path)).await;
        let file = match opened.map_err(|_| StoreError::ShuttingDown)? {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(SpoolError::Missing),
            Err(error) => return Err(failed(error)),
        };
        self.lock(&file, id, take_over).await?;
        let data = file.metadata().map_err(failed)?;
        if data.nlink() == 0 {
            return Err(SpoolError::Missing);
        }
        let hold = Arc::new(Hold { heard: Mutex::new(Some(Instant::now())), interrupt: Notify::new() });
        self.holds().insert(id, Arc::clone(&hold));
        Ok(SpoolWriter {
            file: Some(file),
            pending: Vec::new(),
            offset: data.len(),
            aside: None,
            registered: Registered { spool: self.clone(), id, hold },
        })
    }

    async fn lock(&self, file: &File, id: UploadId, take_over: TakeOver) -> Result<(), SpoolError> {
        let begun = Instant::now();
        let mut looks = interval(LOOK);
        loop {
            looks.tick().await;
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => {
                    return Err(StoreError::io("lock an upload", source).into());
                }
            }
            let holder = self.holds().get(&id).cloned();
            let heard = holder.as_ref().map(|hold| *hold.heard());
            let finishing = heard == Some(None);
            if let (Some(hold), Some(Some(heard))) = (holder, heard)
                && heard.elapsed() >= take_over.silence
            {
                hold.interrupt.notify_one();
            }
            let longest = if finishing { take_over.finishing } else { take_over.longest };
            if begun.elapsed() >= longest {
                return Err(SpoolError::Busy);
            }
        }
    }

    /// Removes the file of an upload; `false` if there was none here.
    pub async fn remove(&self, id: UploadId) -> Result<bool, StoreError> {
        let path = self.path(id);
        off_the_workers(move || match fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(source) => Err(StoreError::io("remove an upload", source)),
        })
        .await
    }

    /// The uploads whose files were not written to for at least `age`, and how many bytes they have.
    pub async fn untouched(&self, age: Duration) -> Result<Vec<(UploadId, u64)>, StoreError> {
        let folder = self.0.folder.clone();
        off_the_workers(move || {
            untouched(&folder, age).map_err(|source| StoreError::io("list the uploads", source))
        })
        .await
    }
}

fn untouched(folder: &Path, age: Duration) -> io::Result<Vec<(UploadId, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let data = match entry.metadata() {
            Ok(data) => data,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        // A time of the future is one of a clock that was set back.
        if data.modified()?.elapsed().unwrap_or_default() >= age {
            found.push((id, data.len()));
        }
    }
    Ok(found)
}

/// Stands in the list of writers as long as it lives.
struct Registered {
    spool: UploadSpool,
    id: UploadId,
    hold: Arc<Hold>,
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut holds = self.spool.holds();
        if holds.get(&self.id).is_some_and(|hold| Arc::ptr_eq(hold, &self.hold)) {
            holds.remove(&self.id);
        }
    }
}

/// Bytes of a chunk that do not count before their checksum is right: in a file without a name.
struct Aside {
    file: File,
    checksum: Context,
    bytes: u64,
}

/// The only writer of an upload. Dropped in the middle, it keeps what it was given.
pub struct SpoolWriter {
    /// `None` while the disk has it, and after an error.
    file: Option<File>,
    pending: Vec<u8>,
    offset: u64,
    aside: Option<Aside>,
    registered: Registered,
}

impl SpoolWriter {
    /// Bytes of the upload so far, without those whose checksum is open; durable only after [`Self::sync`].
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the next bytes.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        *self.registered.hold.heard() = Some(Instant::now());
        self.pending.extend_from_slice(chunk);
        if self.aside.is_none() {
            self.offset = self.offset.saturating_add(chunk.len().try_into().unwrap_or(u64::MAX));
        }
        if self.pending.len() >= BATCH { self.drain().await } else { Ok(()) }
    }

    /// Resolves when another writer wants to go on: this one should stop.
    pub async fn interrupted(&self) {
        self.registered.hold.interrupt.notified().await;
    }

    async fn drain(&mut self) -> Result<(), StoreError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let batch = mem::take(&mut self.pending);
        if let Some(mut aside) = self.aside.take() {
            self.aside = Some(
                off_the_workers(move || {
                    aside.checksum.update(&batch);
                    aside.file.write_all(&batch).map_err(|source| StoreError::io("write", source))?;
                    aside.bytes = aside.bytes.saturating_add(batch.len().try_into().unwrap_or(u64::MAX));
                    Ok(aside)
                })
                .await?,
            );
            return Ok(());
        }
        self.with_file("write", move |file| file.write_all(&batch)).await
    }

    /// Does something with the file, off the workers; after an error there is no file any more.
    async fn with_file<T: Send + 'static>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&mut File) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = || StoreError::Io { doing, source: io::Error::other("an earlier write failed") };
        let mut file = self.file.take().ok_or_else(closed)?;
        let (file, outcome) = off_the_workers(move || {
            let outcome = work(&mut file).map_err(|source| StoreError::io(doing, source))?;
            Ok((file, outcome))
        })
        .await?;
        self.file = Some(file);
        Ok(outcome)
    }

    /// From now on bytes count only when [`Self::accept`] finds their checksum right.
    pub async fn check(&mut self, algorithm: ChecksumAlgorithm) -> Result<(), StoreError> {
        self.drain().await?;
        let folder = self.registered.spool.0.folder.clone();
        let file = off_the_workers(move || {
            tempfile::tempfile_in(folder).map_err(|source| StoreError::io("put a chunk aside", source))
        });
        let algorithm = match algorithm {
            ChecksumAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            ChecksumAlgorithm::Sha256 => &digest::SHA256,
        };
        self.aside = Some(Aside { file: file.await?, checksum: Context::new(algorithm), bytes: 0 });
        Ok(())
    }

    /// Appends the bytes since [`Self::check`] if this is their checksum; otherwise they are forgotten.
    pub async fn accept(&mut self, expected: &[u8]) -> Result<bool, StoreError> {
        self.drain().await?;
        let Some(Aside { file: mut chunk, checksum, bytes }) = self.aside.take() else { return Ok(true) };
        if checksum.finish().as_ref() != expected {
            return Ok(false);
        }
        let copied = self.with_file("write", move |file| {
            chunk.rewind()?;
            io::copy(&mut chunk, file).map(drop)
        });
        copied.await?;
        self.offset = self.offset.saturating_add(bytes);
        Ok(true)
    }

    /// Forgets the bytes since [`Self::check`].
    pub fn discard(&mut self) {
        if self.aside.take().is_some() {
            self.pending.clear();
        }
    }

    /// Cuts the upload back to `offset`: somebody sent more than there may be.
    pub async fn cut_back(&mut self, offset: u64) -> Result<(), StoreError> {
        self.discard();
        self.drain().await?;
        self.with_file("cut an upload back", move |file| file.set_len(offset)).await?;
        self.offset = offset;
        Ok(())
    }

    /// Syncs to the disk; gives the offset. A failed sync is final: the kernel may have dropped the pages, so the
    /// file is removed and the upload has to begin again.
    pub async fn sync(&mut self) -> Result<u64, StoreError> {
        self.drain().await?;
        let path = self.registered.spool.path(self.registered.id);
        let synced = self.with_file("sync an upload", move |file| {
            file.sync_data().inspect_err(|_| {
                // If even this fails, the worker removes the file in the end.
                let _ = fs::remove_file(path);
            })
        });
        synced.await?;
        Ok(self.offset)
    }

    /// From now on nobody interrupts: the upload is complete and is being taken in.
    pub fn finish(&mut self) {
        *self.registered.hold.heard() = None;
    }

    /// The SHA-256 of the whole upload.
    pub async fn digest(&mut self) -> Result<Digest, StoreError> {
        let hashed = self.with_file("read an upload", |file| {
            let mut context = Context::new(&digest::SHA256);
            let mut chunk = vec![0; BATCH];
            file.rewind()?;
            loop {
                match io::Read::read(file, &mut chunk)? {
                    0 => break,
                    count => context.update(chunk.get(..count).unwrap_or_default()),
                }
            }
            <[u8; 32]>::try_from(context.finish().as_ref()).map_err(io::Error::other)
        });
        Ok(Digest::from_bytes(hashed.await?))
    }

    /// The bytes of the whole upload, from the start.
    pub async fn bytes(&self) -> Result<ByteStream, StoreError> {
        let path = self.registered.spool.path(self.registered.id);
        off_the_workers(move || {
            let file = File::open(path).map_err(|source| StoreError::io("read an upload", source))?;
            Ok(chunks_of(file))
        })
        .await
    }
}

impl Drop for SpoolWriter {
    /// The request was given up, most likely because its connection broke: what came is kept. The lock is freed
    /// when it is written. Errors are nobody's: nothing of this was acknowledged.
    fn drop(&mut self) {
        self.discard();
        let pending = mem::take(&mut self.pending);
        if let (Some(mut file), Ok(runtime)) = (self.file.take(), Handle::try_current())
            && !pending.is_empty()
        {
            runtime.spawn_blocking(move || file.write_all(&pending));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;
    use sha2::{Digest as _, Sha256};
    use tempfile::TempDir;

    use super::*;

    const SOON: TakeOver = TakeOver {
        silence: Duration::from_millis(60),
        longest: Duration::from_millis(300),
        finishing: Duration::ZERO,
    };

    fn id() -> UploadId {
        "00000000-0000-7000-8000-000000000007".parse().unwrap()
    }

    async fn spool() -> (TempDir, UploadSpool) {
        let folder = tempfile::tempdir().unwrap();
        let spool = UploadSpool::open(folder.path()).await.unwrap();
        spool.create(id()).await.unwrap();
        (folder, spool)
    }

    async fn written(spool: &UploadSpool) -> Vec<u8> {
        let writer = spool.writer(id(), SOON).await.unwrap();
        let chunks: Vec<_> = writer.bytes().await.unwrap().try_collect().await.unwrap();
        chunks.concat()
    }

    #[tokio::test]
    async fn a_writer_that_is_dropped_keeps_what_came_and_frees_the_file() {
        let (_folder, spool) = spool().await;
        let mut writer = spool.writer(id(), SOON).await.unwrap();
        writer.write(&vec![1; BATCH + 5]).await.unwrap();
        writer.write(&[2; 10]).await.unwrap();
        drop(writer);
        let next = spool.writer(id(), SOON).await.unwrap();
        assert_eq!(next.offset(), (BATCH + 15) as u64);
        drop(next);
        assert_eq!(spool.offset(id()).await.unwrap(), Some((BATCH + 15) as u64));
    }

    #[tokio::test]
    async fn a_silent_writer_gives_way_and_one_that_hears_something_does_not() {
        let (_folder, spool) = spool().await;
        let silent = spool.writer(id(), SOON).await.unwrap();
        let ends = async move {
            silent.interrupted().await;
            drop(silent);
        };
        let (next, ()) = tokio::join!(spool.writer(id(), SOON), ends);
        let mut busy = next.unwrap();
        let mut writes = interval(Duration::from_millis(10));
        let keeps_writing = async {
            for _ in 0..60 {
                writes.tick().await;
                busy.write(b"x").await.unwrap();
            }
        };
        let (refused, ()) = tokio::join!(spool.writer(id(), SOON), keeps_writing);
        assert!(matches!(refused, Err(SpoolError::Busy)));
    }

    #[tokio::test]
    async fn another_process_on_the_folder_waits_as_well() {
        let (folder, spool) = spool().await;
        let elsewhere = UploadSpool::open(folder.path()).await.unwrap();
        let held = spool.writer(id(), SOON).await.unwrap();
        assert!(matches!(elsewhere.writer(id(), SOON).await, Err(SpoolError::Busy)));
        drop(held);
        assert!(elsewhere.writer(id(), SOON).await.is_ok());
    }

    #[tokio::test]
    async fn a_chunk_with_a_wrong_checksum_leaves_nothing_behind() {
        let (_folder, spool) = spool().await;
        let mut writer = spool.writer(id(), SOON).await.unwrap();
        writer.write(b"before ").await.unwrap();
        for (chunk, checksum, right) in
            [(b"wrong", Sha256::digest(b"right"), false), (b"right", Sha256::digest(b"right"), true)]
        {
            writer.check(ChecksumAlgorithm::Sha256).await.unwrap();
            writer.write(chunk).await.unwrap();
            assert_eq!(writer.accept(&checksum).await.unwrap(), right);
        }
        writer.check(ChecksumAlgorithm::Sha1).await.unwrap();
        writer.write(b"never accepted").await.unwrap();
        writer.discard();
        writer.write(b" after").await.unwrap();
        assert_eq!(writer.sync().await.unwrap(), 18);
        assert_eq!(writer.digest().await.unwrap(), Digest::of(b"before right after"));
        drop(writer);
        assert_eq!(written(&spool).await, b"before right after");
    }

    #[tokio::test]
    async fn what_is_too_much_is_cut_back_and_a_removed_upload_is_missing() {
        let (_folder, spool) = spool().await;
        let mut writer = spool.writer(id(), SOON).await.unwrap();
        writer.write(b"kept, too much").await.unwrap();
        writer.cut_back(4).await.unwrap();
        writer.sync().await.unwrap();
        drop(writer);
        assert_eq!(written(&spool).await, b"kept");
        assert_eq!(spool.untouched(Duration::ZERO).await.unwrap(), [(id(), 4)]);
        assert!(spool.untouched(Duration::from_secs(3600)).await.unwrap().is_empty());
        assert!(spool.remove(id()).await.unwrap() && !spool.remove(id()).await.unwrap());
        assert!(matches!(spool.writer(id(), SOON).await, Err(SpoolError::Missing)));
        assert_eq!(spool.offset(id()).await.unwrap(), None);
    }
}

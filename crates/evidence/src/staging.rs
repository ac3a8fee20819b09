//! Bytes on their way into the store: hashed and written in chunks, off the async workers, into a file that
//! has no name under which anybody could find it yet.

use std::{
    fs::{File, Permissions},
    io::{Read as _, Seek as _, Write as _},
    mem,
    os::unix::fs::{FileExt as _, PermissionsExt as _},
    path::Path,
};

use domain::digest::Digest;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use crate::store::StoreError;

/// Bytes gathered before they are handed to the disk: few thread hops, little memory.
const BATCH: usize = 256 * 1024;

/// Files are never written to again once they are named.
const READ_ONLY: u32 = 0o440;

/// Runs file work where it cannot hold up other requests.
pub(crate) async fn off_the_workers<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(work).await.map_err(|_| StoreError::ShuttingDown)?
}

/// A staging file that takes bytes. Dropping it removes the file.
pub struct Staging {
    /// `None` only after a failed write, whose file is gone.
    sink: Option<Sink>,
    pending: Vec<u8>,
    bytes: u64,
}

struct Sink {
    file: NamedTempFile,
    hasher: Sha256,
}

impl Staging {
    /// Opens a staging file in `folder`, which must be on the file system of the objects.
    pub async fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        let folder = folder.to_owned();
        off_the_workers(move || {
            let file = tempfile::Builder::new()
                .prefix("staged-")
                .permissions(Permissions::from_mode(READ_ONLY))
                .tempfile_in(folder)
                .map_err(|source| StoreError::io("open a staging file", source))?;
            let sink = Sink { file, hasher: Sha256::new() };
            Ok(Self { sink: Some(sink), pending: Vec::new(), bytes: 0 })
        })
        .await
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the next bytes. After an error the staging file is gone and every further call fails.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.pending.extend_from_slice(chunk);
        self.bytes = self.bytes.saturating_add(chunk.len().try_into().unwrap_or(u64::MAX));
        if self.pending.len() >= BATCH { self.drain().await } else { Ok(()) }
    }

    async fn drain(&mut self) -> Result<(), StoreError> {
        let batch = mem::take(&mut self.pending);
        let mut sink = self.sink.take().ok_or_else(already_failed)?;
        let sink = off_the_workers(move || {
            sink.hasher.update(&batch);
            sink.file.write_all(&batch).map_err(|source| StoreError::io("write", source))?;
            Ok(sink)
        })
        .await?;
        self.sink = Some(sink);
        Ok(())
    }

    /// The file for work that needs one to write and read at will; it has no name and is gone when it is closed.
    pub async fn into_scratch(mut self) -> Result<File, StoreError> {
        self.drain().await?;
        let Sink { file, .. } = self.sink.take().ok_or_else(already_failed)?;
        Ok(file.into_file())
    }

    /// Ends the file and syncs it to the disk. A failed sync is final: the kernel may have dropped the pages,
    /// so the file is given up and never retried.
    pub async fn finish(mut self) -> Result<Staged, StoreError> {
        self.drain().await?;
        let Sink { file, hasher } = self.sink.take().ok_or_else(already_failed)?;
        let bytes = self.bytes;
        off_the_workers(move || {
            file.as_file().sync_all().map_err(|source| StoreError::io("sync", source))?;
            Ok(Staged { file, digest: Digest::from_bytes(hasher.finalize().into()), bytes })
        })
        .await
    }
}

fn already_failed() -> StoreError {
    let source = std::io::Error::other("an earlier write failed");
    StoreError::Io { doing: "write", source }
}

/// Staged bytes: complete, hashed, on the disk, but not yet named. Dropping it removes the file.
pub struct Staged {
    file: NamedTempFile,
    digest: Digest,
    bytes: u64,
}

impl Staged {
    /// The SHA-256 of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How many bytes there are.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads the whole staged file into memory. Blocks: only for use off the async workers.
    pub fn read_blocking(&self) -> Result<Vec<u8>, StoreError> {
        let failed = |source| StoreError::io("read a staging file", source);
        let mut file: &File = self.file.as_file();
        let mut whole = Vec::with_capacity(self.bytes.try_into().unwrap_or(0));
        file.rewind().map_err(failed)?;
        file.read_to_end(&mut whole).map_err(failed)?;
        Ok(whole)
    }

    /// Reads `length` bytes from `offset` on. Blocks: only for use off the async workers.
    pub(crate) fn read_part_blocking(&self, offset: u64, length: u64) -> Result<Vec<u8>, StoreError> {
        let mut part = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        let read = self.file.as_file().read_exact_at(&mut part, offset);
        read.map_err(|source| StoreError::io("read a staging file", source))?;
        Ok(part)
    }

    /// The file, for a store that gives it its name.
    pub fn into_file(self) -> NamedTempFile {
        self.file
    }
}

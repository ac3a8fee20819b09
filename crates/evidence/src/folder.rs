//! The embedded default store: a folder. Staging file, SHA-256 while streaming, sync, create-only name, sync of
//! the folder, and only then `Ok`.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, ErrorKind, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::digest::Digest;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use sha2::{Digest as _, Sha256};

use crate::{
    key::{ObjectKey, ObjectKind},
    spool::{Spool, make_folder, sync_folder},
    staging::{Staged, Staging, off_the_workers},
    store::{KeyStream, ObjectStore, OpenObject, StoreError},
};

const READ_CHUNK: u64 = 128 * 1024;

/// A store in a folder of a local file system (one that knows hard links or exclusive renames, and `fsync`).
#[derive(Clone)]
pub struct FolderStore {
    shared: Arc<Shared>,
}

struct Shared {
    root: PathBuf,
    /// Folders that are known to exist on the disk itself, not only in memory.
    durable_folders: Mutex<HashSet<PathBuf>>,
    spool: Spool,
}

impl FolderStore {
    /// Opens the store, making its folders (readable by the service only) if needed, and removes what a crash
    /// left in staging, unless another process is using the store right now.
    pub async fn open(root: &Path) -> Result<Self, StoreError> {
        let root = root.to_owned();
        off_the_workers(move || {
            let failed = |source| StoreError::io("open its folder", source);
            let spool = prepare(&root).map_err(failed)?;
            let shared = Shared { root, durable_folders: Mutex::default(), spool };
            Ok(Self { shared: Arc::new(shared) })
        })
        .await
    }
}

fn prepare(root: &Path) -> io::Result<Spool> {
    let spool = Spool::open(root)?;
    for kind in ObjectKind::ALL {
        make_folder(&root.join(kind.folder()))?;
    }
    sync_folder(root)?;
    if let Some(parent) = root.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        sync_folder(parent)?;
    }
    Ok(spool)
}

impl Shared {
    fn path(&self, key: ObjectKey) -> PathBuf {
        self.root.join(key.folder()).join(key.file_name())
    }

    /// The folder of a key, made and synced into its parent the first time it is used.
    fn durable_folder(&self, key: ObjectKey) -> io::Result<PathBuf> {
        let folder = self.root.join(key.folder());
        let known = || self.durable_folders.lock().unwrap_or_else(PoisonError::into_inner);
        if !known().contains(&folder) {
            make_folder(&folder)?;
            sync_folder(&self.root.join(key.kind().folder()))?;
            known().insert(folder.clone());
        }
        Ok(folder)
    }

    fn put(&self, key: ObjectKey, staged: Staged) -> Result<(), StoreError> {
        if key.kind().is_content_addressed() && staged.digest() != key.digest() {
            return Err(StoreError::WrongKey(key));
        }
        let failed = |source| StoreError::io("name an object", source);
        let folder = self.durable_folder(key).map_err(failed)?;
        match staged.into_file().persist_noclobber(folder.join(key.file_name())) {
            Ok(_) => {}
            Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => self.check_existing(key)?,
            Err(refused) => return Err(failed(refused.error)),
        }
        // Also for an object that was already there: whoever named it may not have synced yet.
        sync_folder(&folder).map_err(|source| StoreError::io("sync a folder", source))
    }

    fn check_existing(&self, key: ObjectKey) -> Result<(), StoreError> {
        if !key.kind().is_content_addressed() {
            return Ok(());
        }
        let failed = |source| StoreError::io("compare with a stored object", source);
        let mut hasher = Sha256::new();
        let mut file = File::open(self.path(key)).map_err(failed)?;
        loop {
            let chunk = next_chunk(&mut file).map_err(failed)?;
            if chunk.is_empty() {
                break;
            }
            hasher.update(&chunk);
        }
        let found = Digest::from_bytes(hasher.finalize().into());
        if found == key.digest() { Ok(()) } else { Err(StoreError::Damaged(key)) }
    }

    fn delete(&self, key: ObjectKey) -> io::Result<bool> {
        match fs::remove_file(self.path(key)) {
            Ok(()) => sync_folder(&self.root.join(key.folder())).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The keys of one of a kind's 256 folders; none if the folder was never needed.
    fn keys_in(&self, kind: ObjectKind, first: u8) -> io::Result<Vec<ObjectKey>> {
        let entries = match fs::read_dir(self.root.join(kind.folder()).join(format!("{first:02x}"))) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut keys = Vec::new();
        for entry in entries {
            let digest = entry?.file_name().to_str().and_then(|name| name.parse::<Digest>().ok());
            keys.extend(
                digest.filter(|d| d.as_bytes().first() == Some(&first)).map(|d| ObjectKey::new(kind, d)),
            );
        }
        Ok(keys)
    }
}

#[async_trait]
impl ObjectStore for FolderStore {
    async fn stage(&self) -> Result<Staging, StoreError> {
        self.shared.spool.stage().await
    }

    async fn put(&self, key: ObjectKey, staged: Staged) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        off_the_workers(move || shared.put(key, staged)).await
    }

    async fn fetch(&self, key: ObjectKey) -> Result<OpenObject, StoreError> {
        let path = self.shared.path(key);
        off_the_workers(move || {
            let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
            let (bytes, file) = opened.map_err(|source| match source.kind() {
                ErrorKind::NotFound => StoreError::Missing(key),
                _ => StoreError::io("open an object", source),
            })?;
            Ok(OpenObject { bytes, stream: chunks_of(file) })
        })
        .await
    }

    async fn size(&self, key: ObjectKey) -> Result<Option<u64>, StoreError> {
        let path = self.shared.path(key);
        off_the_workers(move || match fs::metadata(path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::io("look for an object", source)),
        })
        .await
    }

    fn list(&self, kind: ObjectKind) -> KeyStream {
        let shared = Arc::clone(&self.shared);
        stream::iter(0..=u8::MAX)
            .then(move |first| {
                let shared = Arc::clone(&shared);
                off_the_workers(move || {
                    shared.keys_in(kind, first).map_err(|source| StoreError::io("list its objects", source))
                })
            })
            .flat_map(|keys| match keys {
                Ok(keys) => stream::iter(keys.into_iter().map(Ok).collect::<Vec<_>>()),
                Err(error) => stream::iter(vec![Err(error)]),
            })
            .boxed()
    }

    async fn delete(&self, key: ObjectKey) -> Result<bool, StoreError> {
        let shared = Arc::clone(&self.shared);
        off_the_workers(move || shared.delete(key).map_err(|source| StoreError::io("delete", source))).await
    }
}

/// The next bytes of a file; none at its end.
fn next_chunk(file: &mut File) -> io::Result<Bytes> {
    let mut chunk = Vec::new();
    file.take(READ_CHUNK).read_to_end(&mut chunk)?;
    Ok(chunk.into())
}

/// Reads a file chunk by chunk; ends after the first error.
pub(crate) fn chunks_of(file: File) -> BoxStream<'static, Result<Bytes, StoreError>> {
    stream::unfold(Some(file), |file| async move {
        let mut file = file?;
        let read = off_the_workers(move || {
            let chunk = next_chunk(&mut file).map_err(|source| StoreError::io("read an object", source))?;
            Ok((chunk, file))
        });
        match read.await {
            Ok((chunk, _)) if chunk.is_empty() => None,
            Ok((chunk, file)) => Some((Ok(chunk), Some(file))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

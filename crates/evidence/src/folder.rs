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
use chrono::{DateTime, Utc};
use domain::digest::Digest;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use sha2::{Digest as _, Sha256};

use crate::{
    aside::{self, Aside},
    key::{ObjectKey, ObjectKind},
    spool::{Spool, make_folder, sync_folder},
    staging::{Staged, Staging, off_the_workers},
    store::{AsideStream, KeyStream, ObjectStore, OpenObject, StoreError},
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

    /// A folder, made and synced into those above it the first time it is used.
    fn durable_folder(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.root.join(name);
        let known = || self.durable_folders.lock().unwrap_or_else(PoisonError::into_inner);
        if !known().contains(&folder) {
            make_folder(&folder)?;
            for above in folder.ancestors().skip(1).take_while(|above| above.starts_with(&self.root)) {
                sync_folder(above)?;
            }
            known().insert(folder.clone());
        }
        Ok(folder)
    }

    /// Gives a file another name in another folder; one that has that name already is kept. `false` if there was
    /// no file. Interrupted, the file has both names.
    fn relocate(&self, from: &str, to: &str) -> io::Result<bool> {
        let folder_of = |name: &str| name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let folder = self.durable_folder(&folder_of(to))?;
        match fs::hard_link(self.root.join(from), self.root.join(to)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => sync_folder(&folder)?,
        }
        self.remove(from)
    }

    fn remove(&self, name: &str) -> io::Result<bool> {
        let path = self.root.join(name);
        match fs::remove_file(&path) {
            Ok(()) => path.parent().map_or(Ok(()), sync_folder).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Everything below the folder of what was set aside.
    fn aside(&self) -> io::Result<Vec<Aside>> {
        let (mut found, mut folders) = (Vec::new(), vec![self.root.join(aside::FOLDER)]);
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if let Ok(name) = entry.path().strip_prefix(&self.root) {
                    found.extend(name.to_str().and_then(|name| name.parse::<Aside>().ok()));
                }
            }
        }
        Ok(found)
    }

    fn put(&self, key: ObjectKey, staged: Staged) -> Result<(), StoreError> {
        if key.kind().is_content_addressed() && staged.digest() != key.digest() {
            return Err(StoreError::WrongKey(key));
        }
        let failed = |source| StoreError::io("name an object", source);
        let folder = self.durable_folder(&key.folder()).map_err(failed)?;
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
        self.change("delete", move |shared| shared.remove(&key.to_string())).await
    }

    async fn stored_at(&self, key: ObjectKey) -> Result<Option<DateTime<Utc>>, StoreError> {
        let modified = self.change("look for an object", move |shared| {
            match fs::metadata(shared.path(key)).and_then(|found| found.modified()) {
                Ok(modified) => Ok(Some(modified.into())),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        });
        modified.await
    }

    async fn set_aside(&self, aside: Aside) -> Result<bool, StoreError> {
        let (from, to) = (aside.key.to_string(), aside.to_string());
        self.change("set an object aside", move |shared| shared.relocate(&from, &to)).await
    }

    async fn put_back(&self, aside: Aside) -> Result<bool, StoreError> {
        let (from, to) = (aside.to_string(), aside.key.to_string());
        self.change("put an object back", move |shared| shared.relocate(&from, &to)).await
    }

    async fn discard(&self, aside: Aside) -> Result<bool, StoreError> {
        self.change("discard an object", move |shared| shared.remove(&aside.to_string())).await
    }

    fn list_aside(&self) -> AsideStream {
        let store = self.clone();
        let found = async move { store.change("list what was set aside", Shared::aside).await };
        stream::once(found)
            .flat_map(|found| match found {
                Ok(found) => stream::iter(found.into_iter().map(Ok).collect::<Vec<_>>()),
                Err(error) => stream::iter(vec![Err(error)]),
            })
            .boxed()
    }
}

impl FolderStore {
    /// Runs file work off the async workers.
    async fn change<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Shared) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        off_the_workers(move || work(&shared).map_err(|source| StoreError::io(doing, source))).await
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

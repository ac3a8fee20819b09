//! Where a store of the contract keeps its objects: one kind of place for each kind of store.

use std::{fs, path::PathBuf, sync::Arc};

use evidence::{FolderStore, ObjectKey, ObjectStore, S3Store};
use tempfile::TempDir;

use crate::object_server::ObjectServer;

/// A place that stores can be opened on, and that a test can reach behind them.
pub(crate) struct Place {
    local: TempDir,
    server: Option<ObjectServer>,
}

impl Place {
    pub(crate) fn folder() -> Self {
        Self { local: tempfile::tempdir().unwrap(), server: None }
    }

    pub(crate) fn s3() -> Self {
        Self { server: Some(ObjectServer::start()), ..Self::folder() }
    }

    /// Opens the store, as a process that starts does.
    pub(crate) async fn open(&self) -> Arc<dyn ObjectStore> {
        match &self.server {
            None => Arc::new(FolderStore::open(self.local.path()).await.unwrap()),
            Some(server) => Arc::new(S3Store::open(&server.place(), self.local.path()).await.unwrap()),
        }
    }

    /// The local folder in which bytes gather.
    pub(crate) fn staging(&self) -> PathBuf {
        self.local.path().join("staging")
    }

    /// How many files have no name yet.
    pub(crate) fn staged_files(&self) -> usize {
        fs::read_dir(self.staging()).unwrap().count()
    }

    /// The file that holds an object in the end.
    pub(crate) fn file(&self, key: ObjectKey) -> PathBuf {
        let root = self.server.as_ref().map_or(self.local.path().to_owned(), ObjectServer::bucket);
        root.join(key.to_string())
    }

    /// Puts a file where objects lie, past the store.
    pub(crate) fn plant(&self, key: ObjectKey, name: &str, bytes: &[u8]) {
        let folder = self.file(key).parent().unwrap().to_owned();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), bytes).unwrap();
    }

    /// Changes one bit of a stored object, as a failing disk or an intruder would.
    pub(crate) fn flip_one_bit(&self, key: ObjectKey) {
        let file = self.file(key);
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::remove_file(&file).unwrap();
        fs::write(&file, bytes).unwrap();
    }
}

/// Makes two tests of each: one on a folder, one on an S3 server.
macro_rules! on_both_stores {
    ($(async fn $name:ident($place:ident: Place) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test needs everything")]
            use super::*;

            async fn promise($place: Place) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn in_a_folder() {
                promise(Place::folder()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_s3() {
                promise(Place::s3()).await;
            }
        }
    )+};
}
pub(crate) use on_both_stores;

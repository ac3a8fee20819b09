//! What only a folder promises: its files are for the service alone and are never written to again.

use std::{fs, os::unix::fs::PermissionsExt as _};

use bytes::Bytes;
use evidence::{FolderStore, ObjectKey, ObjectKind, ObjectStore as _};

#[tokio::test]
async fn stored_files_are_read_only_and_folders_are_closed_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("photos");
    let store = FolderStore::open(&root).await.unwrap();
    let digest = store.put_bytes(ObjectKind::Original, Bytes::from_static(b"a photo")).await.unwrap();
    let file = root.join(ObjectKey::new(ObjectKind::Original, digest).to_string());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o440);
    for folder in [root.join("original"), root.join("staging"), file.parent().unwrap().to_owned()] {
        assert_eq!(mode(&folder) & 0o007, 0, "{}", folder.display());
    }
}

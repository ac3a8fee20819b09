//! The folder store's promises: write-once, durable names, bit for bit, nothing left over.

use std::{fs, path::Path, sync::Arc};

use bytes::Bytes;
use domain::digest::Digest;
use evidence::{Fixity, FolderStore, ObjectKey, ObjectKind, ObjectStore, StoreError};
use futures_util::TryStreamExt as _;

async fn new_store() -> (tempfile::TempDir, FolderStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).await.unwrap();
    (folder, store)
}

fn staged_files(root: &Path) -> usize {
    fs::read_dir(root.join("staging")).unwrap().count()
}

/// Changes one bit of a stored object, as a failing disk or an intruder would.
fn flip_one_bit(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn bytes_come_back_as_they_went_in() {
    let (folder, store) = new_store().await;
    let bytes: Bytes = (0..1_000_003_u64).map(|n| u8::try_from(n * n % 251).unwrap()).collect();
    let digest = store.put_bytes(ObjectKind::Document, bytes.clone()).await.unwrap();
    assert_eq!(digest, Digest::of(&bytes));
    let key = ObjectKey::new(ObjectKind::Document, digest);
    assert_eq!(store.read(key).await.unwrap(), bytes);
    assert_eq!(store.size(key).await.unwrap(), Some(1_000_003));
    assert_eq!(store.open(key).await.unwrap().bytes, 1_000_003);
    assert_eq!(fs::read(folder.path().join(key.to_string())).unwrap(), bytes);
    assert_eq!(staged_files(folder.path()), 0);
}

#[tokio::test]
async fn the_same_object_may_be_put_again_and_is_there_once() {
    let (_folder, store) = new_store().await;
    for _ in 0..3 {
        store.put_bytes(ObjectKind::Document, Bytes::from_static(b"a decision")).await.unwrap();
    }
    let keys: Vec<_> = store.list(ObjectKind::Document).try_collect().await.unwrap();
    assert_eq!(keys, [ObjectKey::new(ObjectKind::Document, Digest::of(b"a decision"))]);
}

#[tokio::test]
async fn an_object_that_was_changed_on_disk_is_found_and_never_taken_for_the_true_one() {
    let (folder, store) = new_store().await;
    let bytes = Bytes::from_static(b"what the officer decided");
    let digest = store.put_bytes(ObjectKind::Document, bytes.clone()).await.unwrap();
    let key = ObjectKey::new(ObjectKind::Document, digest);
    assert_eq!(store.verify(key).await.unwrap(), Fixity::Intact);

    flip_one_bit(&folder.path().join(key.to_string()));
    assert!(matches!(store.verify(key).await.unwrap(), Fixity::Damaged(found) if found != digest));
    let again = store.put_bytes(ObjectKind::Document, bytes).await;
    assert!(matches!(again, Err(StoreError::Damaged(damaged)) if damaged == key));

    assert!(store.delete(key).await.unwrap());
    assert_eq!(store.verify(key).await.unwrap(), Fixity::Missing);
}

#[tokio::test]
async fn bytes_are_refused_under_a_digest_that_is_not_theirs() {
    let (folder, store) = new_store().await;
    let mut staging = store.stage().await.unwrap();
    staging.write(b"one").await.unwrap();
    let staged = staging.finish().await.unwrap();
    let key = ObjectKey::new(ObjectKind::Original, Digest::of(b"another"));
    assert!(matches!(store.put(key, staged).await, Err(StoreError::WrongKey(_))));
    assert!(!store.exists(key).await.unwrap());
    let derived = store.put_bytes(ObjectKind::View, Bytes::from_static(b"one")).await;
    assert!(matches!(derived, Err(StoreError::WrongKey(_))));
    assert_eq!(staged_files(folder.path()), 0);
}

#[tokio::test]
async fn what_a_crash_left_in_staging_is_removed_when_the_store_is_opened() {
    let (folder, store) = new_store().await;
    let digest = store.put_bytes(ObjectKind::Document, Bytes::from_static(b"kept")).await.unwrap();
    drop(store);
    fs::write(folder.path().join("staging/staged-half"), b"half a pho").unwrap();

    let store = FolderStore::open(folder.path()).await.unwrap();
    assert_eq!(staged_files(folder.path()), 0);
    assert!(store.exists(ObjectKey::new(ObjectKind::Document, digest)).await.unwrap());
}

#[tokio::test]
async fn opening_the_store_a_second_time_leaves_running_uploads_alone() {
    let (folder, store) = new_store().await;
    let mut staging = store.stage().await.unwrap();
    staging.write(b"still arriving").await.unwrap();
    let second = FolderStore::open(folder.path()).await.unwrap();
    let staged = staging.finish().await.unwrap();
    let key = ObjectKey::new(ObjectKind::Original, staged.digest());
    store.put(key, staged).await.unwrap();
    assert_eq!(second.read(key).await.unwrap(), "still arriving");
}

#[tokio::test]
async fn an_upload_that_is_dropped_leaves_nothing() {
    let (folder, store) = new_store().await;
    let mut staging = store.stage().await.unwrap();
    staging.write(&vec![7; 600_000]).await.unwrap();
    assert_eq!(staged_files(folder.path()), 1);
    drop(staging);
    assert_eq!(staged_files(folder.path()), 0);
}

#[tokio::test]
async fn a_missing_object_is_told_apart_and_deleting_it_changes_nothing() {
    let (_folder, store) = new_store().await;
    let key = ObjectKey::new(ObjectKind::View, Digest::of(b"never stored"));
    assert!(matches!(store.open(key).await, Err(StoreError::Missing(missing)) if missing == key));
    assert_eq!(store.size(key).await.unwrap(), None);
    assert!(!store.delete(key).await.unwrap());
}

#[tokio::test]
async fn listing_passes_over_files_that_no_key_could_name() {
    let (folder, store) = new_store().await;
    let digest = store.put_bytes(ObjectKind::Original, Bytes::from_static(b"a photo")).await.unwrap();
    let key = ObjectKey::new(ObjectKind::Original, digest);
    let shard = folder.path().join(key.folder());
    fs::write(shard.join("notes.txt"), b"x").unwrap();
    fs::write(shard.join(Digest::of(b"in the wrong folder").to_string()), b"x").unwrap();
    let keys: Vec<_> = store.list(ObjectKind::Original).try_collect().await.unwrap();
    assert_eq!(keys, [key]);
}

#[tokio::test]
async fn a_ready_store_passes_its_probe_and_one_without_its_folder_does_not() {
    let (folder, store) = new_store().await;
    store.probe().await.unwrap();
    assert_eq!(staged_files(folder.path()), 0);
    fs::remove_dir_all(folder.path().join("staging")).unwrap();
    assert!(matches!(store.probe().await, Err(StoreError::Io { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_of_one_object_all_succeed() {
    let (folder, store) = new_store().await;
    let store = Arc::new(store);
    let writers = (0..8).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(
            async move { store.put_bytes(ObjectKind::Document, Bytes::from(vec![3; 300_000])).await },
        )
    });
    for writer in writers.collect::<Vec<_>>() {
        assert_eq!(writer.await.unwrap().unwrap(), Digest::of(&vec![3; 300_000]));
    }
    assert_eq!(staged_files(folder.path()), 0);
}

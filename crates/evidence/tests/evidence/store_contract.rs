//! What every store promises: write-once, bit for bit, nothing left over, damage found. Each promise is tried on
//! a folder and on an S3 server.

use std::{collections::BTreeSet, fs, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::digest::Digest;
use evidence::{Aside, Fixity, ObjectKey, ObjectKind, ObjectStore, StoreError};
use futures_util::TryStreamExt as _;

use crate::places::{Place, on_both_stores};

/// Bytes that no compression and no repetition shortens, and that differ with the seed.
fn noise(seed: u64, length: usize) -> Bytes {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect();
    bytes.truncate(length);
    bytes.into()
}

async fn put(store: &dyn ObjectStore, key: ObjectKey, bytes: &[u8]) -> Result<(), StoreError> {
    let mut staging = store.stage().await?;
    staging.write(bytes).await?;
    store.put(key, staging.finish().await?).await
}

async fn listed(store: &dyn ObjectStore, kind: ObjectKind) -> Vec<ObjectKey> {
    store.list(kind).try_collect().await.unwrap()
}

on_both_stores! {
    async fn bytes_come_back_as_they_went_in(place: Place) {
        let store = place.open().await;
        // Around the size from which S3 gets an object in parts, too.
        for length in [0, 1, 1_000_003, (8 << 20) - 1, 8 << 20, (8 << 20) + 1, 20_000_001] {
            let bytes = noise(7, length);
            let digest = store.put_bytes(ObjectKind::Document, bytes.clone()).await.unwrap();
            assert_eq!(digest, Digest::of(&bytes));
            let key = ObjectKey::new(ObjectKind::Document, digest);
            let long = u64::try_from(length).unwrap();
            assert!(store.read(key).await.unwrap() == bytes, "{length} bytes");
            assert_eq!(store.size(key).await.unwrap(), Some(long));
            assert_eq!(store.open(key).await.unwrap().bytes, long);
            assert!(fs::read(place.file(key)).unwrap() == bytes);
            assert_eq!(store.verify(key).await.unwrap(), Fixity::Intact);
        }
        assert_eq!(place.staged_files(), 0);
    }

    async fn the_same_object_may_be_put_again_and_is_there_once(place: Place) {
        let store = place.open().await;
        for length in [10, 9_000_000] {
            let bytes = noise(3, length);
            let key = ObjectKey::new(ObjectKind::Document, Digest::of(&bytes));
            store.put_bytes(ObjectKind::Document, bytes.clone()).await.unwrap();
            let first = fs::metadata(place.file(key)).unwrap().modified().unwrap();
            for _ in 0..3 {
                store.put_bytes(ObjectKind::Document, bytes.clone()).await.unwrap();
            }
            let last = fs::metadata(place.file(key)).unwrap().modified().unwrap();
            assert_eq!(first, last, "it was written once");
            store.delete(key).await.unwrap();
        }
        store.put_bytes(ObjectKind::Document, noise(4, 10)).await.unwrap();
        assert_eq!(listed(&*store, ObjectKind::Document).await.len(), 1);
    }

    async fn a_damaged_object_is_found_and_never_taken_for_the_true_one(place: Place) {
        let store = place.open().await;
        for length in [1, 300, 9_000_000] {
            let bytes = noise(11, length);
            let digest = store.put_bytes(ObjectKind::Original, bytes.clone()).await.unwrap();
            let key = ObjectKey::new(ObjectKind::Original, digest);

            place.flip_one_bit(key);
            assert!(matches!(store.verify(key).await.unwrap(), Fixity::Damaged(found) if found != digest));
            assert!(matches!(store.read(key).await, Err(StoreError::Damaged(damaged)) if damaged == key));
            let again = store.put_bytes(ObjectKind::Original, bytes).await;
            assert!(matches!(again, Err(StoreError::Damaged(damaged)) if damaged == key));

            assert!(store.delete(key).await.unwrap());
            assert_eq!(store.verify(key).await.unwrap(), Fixity::Missing);
        }
    }

    async fn a_reader_of_a_damaged_object_never_sees_its_end(place: Place) {
        let store = place.open().await;
        let bytes = noise(13, 3_000_000);
        let key = ObjectKey::new(
            ObjectKind::Original,
            store.put_bytes(ObjectKind::Original, bytes.clone()).await.unwrap(),
        );
        for damage in [bytes.slice(..bytes.len() - 1), [&bytes[..], b"x"].concat().into(), Bytes::new()] {
            fs::remove_file(place.file(key)).unwrap();
            fs::write(place.file(key), &damage).unwrap();
            let mut object = store.open(key).await.unwrap();
            let mut seen = 0;
            let error = loop {
                match object.stream.try_next().await {
                    Ok(chunk) => {
                        assert!(chunk.is_some(), "it ended as if it were whole");
                        seen += chunk.map_or(0, |chunk| chunk.len());
                    }
                    Err(error) => break error,
                }
            };
            assert!(matches!(error, StoreError::Damaged(damaged) if damaged == key), "{error:?}");
            assert!(seen == 0 || seen < damage.len());
            assert!(object.stream.try_next().await.unwrap().is_none());
        }
    }

    async fn bytes_are_refused_under_a_digest_that_is_not_theirs(place: Place) {
        let store = place.open().await;
        let key = ObjectKey::new(ObjectKind::Original, Digest::of(b"another"));
        assert!(matches!(put(&*store, key, b"one").await, Err(StoreError::WrongKey(_))));
        assert!(!store.exists(key).await.unwrap());
        let derived = store.put_bytes(ObjectKind::View, Bytes::from_static(b"one")).await;
        assert!(matches!(derived, Err(StoreError::WrongKey(_))));
        assert_eq!(place.staged_files(), 0);
    }

    async fn a_derived_object_that_is_there_is_kept(place: Place) {
        let store = place.open().await;
        let key = ObjectKey::new(ObjectKind::View, Digest::of(b"the original"));
        put(&*store, key, b"the first copy").await.unwrap();
        put(&*store, key, b"another copy").await.unwrap();
        assert_eq!(store.read(key).await.unwrap(), "the first copy");
    }

    async fn what_a_crash_left_in_staging_is_removed_when_the_store_is_opened(place: Place) {
        let store = place.open().await;
        let digest = store.put_bytes(ObjectKind::Document, Bytes::from_static(b"kept")).await.unwrap();
        drop(store);
        fs::write(place.staging().join("staged-half"), b"half a pho").unwrap();

        let store = place.open().await;
        assert_eq!(place.staged_files(), 0);
        assert!(store.exists(ObjectKey::new(ObjectKind::Document, digest)).await.unwrap());
    }

    async fn opening_the_store_a_second_time_leaves_running_uploads_alone(place: Place) {
        let store = place.open().await;
        let mut staging = store.stage().await.unwrap();
        staging.write(b"still arriving").await.unwrap();
        let second = place.open().await;
        let staged = staging.finish().await.unwrap();
        let key = ObjectKey::new(ObjectKind::Original, staged.digest());
        store.put(key, staged).await.unwrap();
        assert_eq!(second.read(key).await.unwrap(), "still arriving");
    }

    async fn an_upload_that_is_dropped_leaves_nothing(place: Place) {
        let store = place.open().await;
        let mut staging = store.stage().await.unwrap();
        staging.write(&vec![7; 600_000]).await.unwrap();
        assert_eq!(place.staged_files(), 1);
        drop(staging);
        assert_eq!(place.staged_files(), 0);
    }

    async fn a_missing_object_is_told_apart_and_deleting_it_changes_nothing(place: Place) {
        let store = place.open().await;
        let key = ObjectKey::new(ObjectKind::View, Digest::of(b"never stored"));
        assert!(matches!(store.open(key).await, Err(StoreError::Missing(missing)) if missing == key));
        assert_eq!(store.size(key).await.unwrap(), None);
        assert!(!store.delete(key).await.unwrap());
    }

    async fn a_deleted_object_is_gone_and_can_be_put_again(place: Place) {
        let store = place.open().await;
        let bytes = Bytes::from_static(b"a photo");
        for _ in 0..2 {
            let digest = store.put_bytes(ObjectKind::Original, bytes.clone()).await.unwrap();
            let key = ObjectKey::new(ObjectKind::Original, digest);
            assert!(store.delete(key).await.unwrap());
            assert!(!store.delete(key).await.unwrap());
            assert!(matches!(store.read(key).await, Err(StoreError::Missing(_))));
        }
    }

    async fn listing_gives_every_object_of_its_kind_and_nothing_else(place: Place) {
        let store = place.open().await;
        // More than an S3 server lists at a time.
        let keys: BTreeSet<_> =
            (0..1_205_u32).map(|n| ObjectKey::new(ObjectKind::Original, Digest::of(&n.to_le_bytes()))).collect();
        for key in &keys {
            place.plant(*key, &key.file_name(), b"x");
        }
        let any = *keys.first().unwrap();
        place.plant(any, "notes.txt", b"x");
        place.plant(any, &Digest::of(b"in the wrong folder").to_string(), b"x");
        store.put_bytes(ObjectKind::Document, Bytes::from_static(b"another kind")).await.unwrap();
        let found = listed(&*store, ObjectKind::Original).await;
        assert_eq!(found.len(), keys.len());
        assert!(found.into_iter().collect::<BTreeSet<_>>() == keys);
        assert_eq!(listed(&*store, ObjectKind::View).await, []);
    }

    async fn what_is_set_aside_is_missing_until_it_is_put_back_or_discarded(place: Place) {
        let store = place.open().await;
        let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let bytes = noise(19, 9_000_000);
        let digest = store.put_bytes(ObjectKind::Original, bytes.clone()).await.unwrap();
        let key = ObjectKey::new(ObjectKind::Original, digest);
        let aside = Aside { day, key };
        let stored_at = store.stored_at(key).await.unwrap().unwrap();
        let written: DateTime<Utc> = fs::metadata(place.file(key)).unwrap().modified().unwrap().into();
        assert!((stored_at - written).abs() < TimeDelta::seconds(2));

        assert!(store.set_aside(aside).await.unwrap());
        assert!(!store.set_aside(aside).await.unwrap());
        assert!(matches!(store.read(key).await, Err(StoreError::Missing(_))));
        assert_eq!(store.stored_at(key).await.unwrap(), None);
        assert_eq!(listed(&*store, ObjectKind::Original).await, []);
        assert_eq!(store.list_aside().try_collect::<Vec<_>>().await.unwrap(), [aside]);

        assert!(store.put_back(aside).await.unwrap());
        assert!(!store.put_back(aside).await.unwrap());
        assert!(store.read(key).await.unwrap() == bytes);
        assert_eq!(store.list_aside().try_collect::<Vec<_>>().await.unwrap(), []);

        assert!(store.set_aside(aside).await.unwrap());
        assert!(store.discard(aside).await.unwrap());
        assert!(!store.discard(aside).await.unwrap());
        assert!(!store.put_back(aside).await.unwrap());
        assert!(!store.exists(key).await.unwrap());
    }

    async fn what_is_in_its_place_is_not_replaced_by_what_was_set_aside(place: Place) {
        let store = place.open().await;
        let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let key = ObjectKey::new(ObjectKind::View, Digest::of(b"the original"));
        let aside = Aside { day, key };
        put(&*store, key, b"the first copy").await.unwrap();
        store.set_aside(aside).await.unwrap();
        put(&*store, key, b"another copy").await.unwrap();
        assert!(store.put_back(aside).await.unwrap());
        assert_eq!(store.read(key).await.unwrap(), "another copy");
        assert_eq!(store.list_aside().try_collect::<Vec<_>>().await.unwrap(), []);
    }

    async fn a_ready_store_passes_its_probe_and_one_without_its_staging_folder_does_not(place: Place) {
        let store = place.open().await;
        store.probe().await.unwrap();
        assert_eq!(place.staged_files(), 0);
        fs::remove_dir_all(place.staging()).unwrap();
        assert!(matches!(store.probe().await, Err(StoreError::Io { .. })));
    }

    async fn many_writers_of_one_object_all_succeed(place: Place) {
        let store = place.open().await;
        for length in [300_000, 9_000_000] {
            let bytes = noise(17, length);
            let writers = (0..8).map(|_| {
                let (store, bytes) = (Arc::clone(&store), bytes.clone());
                tokio::spawn(async move { store.put_bytes(ObjectKind::Document, bytes).await })
            });
            for writer in writers.collect::<Vec<_>>() {
                assert_eq!(writer.await.unwrap().unwrap(), Digest::of(&bytes));
            }
            let key = ObjectKey::new(ObjectKind::Document, Digest::of(&bytes));
            assert_eq!(store.verify(key).await.unwrap(), Fixity::Intact);
        }
        assert_eq!(place.staged_files(), 0);
    }
}

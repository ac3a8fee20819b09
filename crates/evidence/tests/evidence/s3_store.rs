//! The S3 store on a server that dies, hangs, and a line that flips bits and breaks: nothing is ever taken for
//! stored that is not, nobody waits long, and it heals by itself.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::digest::Digest;
use evidence::{Fixity, ObjectKey, ObjectKind, ObjectStore as _, S3Place, S3Store, StoreError};
use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::{
    meddler::{Meddler, Meddling},
    object_server::{BUCKET, ObjectServer},
};

/// Bytes of a middling photo, different with the seed.
fn photo(seed: u32) -> Bytes {
    (0..100_000_u32)
        .flat_map(|n| n.wrapping_mul(seed.wrapping_mul(2_654_435_761) | 1).to_le_bytes())
        .collect()
}

fn key_of(bytes: &[u8]) -> ObjectKey {
    ObjectKey::new(ObjectKind::Original, Digest::of(bytes))
}

struct Bench {
    server: ObjectServer,
    store: Arc<S3Store>,
    _spool: TempDir,
}

impl Bench {
    async fn new() -> Self {
        let server = ObjectServer::start();
        let place = server.place();
        Self::on(server, place).await
    }

    async fn behind_a_meddler() -> (Self, Meddler) {
        let server = ObjectServer::start();
        let meddler = Meddler::before(server.address()).await;
        let place = S3Place { endpoint: format!("http://{}", meddler.address()), ..server.place() };
        (Self::on(server, place).await, meddler)
    }

    async fn on(server: ObjectServer, place: S3Place) -> Self {
        let spool = tempfile::tempdir().unwrap();
        let store = Arc::new(S3Store::open(&place, spool.path()).await.unwrap());
        Self { server, store, _spool: spool }
    }

    async fn put(&self, bytes: &Bytes) -> Result<Digest, StoreError> {
        self.store.put_bytes(ObjectKind::Original, bytes.clone()).await
    }

    /// Tries until it is stored; tells how long that took.
    async fn put_in_the_end(&self, bytes: &Bytes) -> Duration {
        let began = Instant::now();
        while let Err(error) = self.put(bytes).await {
            assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
            assert!(began.elapsed() < Duration::from_secs(10), "it heals: {error:?}");
            sleep(Duration::from_millis(50)).await;
        }
        began.elapsed()
    }

    /// The circuit is open: whoever comes is refused at once.
    async fn refuses_at_once(&self) {
        let began = Instant::now();
        let refused = self.store.size(key_of(b"anything")).await;
        assert!(matches!(refused, Err(StoreError::Unreachable(_))), "{refused:?}");
        assert!(began.elapsed() < Duration::from_millis(50), "{:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_told_soon_then_at_once_and_found_again() {
    let mut bench = Bench::new().await;
    for cycle in 0..3 {
        bench.server.kill();
        for attempt in 0..5 {
            let began = Instant::now();
            let refused = bench.put(&photo(cycle * 10 + attempt)).await;
            assert!(matches!(refused, Err(StoreError::Unreachable(_))), "{refused:?}");
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        }
        bench.refuses_at_once().await;
        bench.server.serve();
        let bytes = photo(cycle * 10 + 9);
        assert!(bench.put_in_the_end(&bytes).await < Duration::from_secs(5));
        assert_eq!(bench.store.verify(key_of(&bytes)).await.unwrap(), Fixity::Intact);
        bench.store.probe().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_costs_some_seconds_once_and_then_none() {
    let bench = Bench::new().await;
    bench.put(&photo(1)).await.unwrap();
    bench.server.hang();
    let began = Instant::now();
    let refused = join_all((2..10).map(|seed| {
        let store = Arc::clone(&bench.store);
        async move { store.put_bytes(ObjectKind::Original, photo(seed)).await }
    }));
    for refused in refused.await {
        assert!(matches!(refused, Err(StoreError::Unreachable(_))), "{refused:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    bench.refuses_at_once().await;
    assert!(matches!(bench.store.probe().await, Err(StoreError::Unreachable(_))));
    bench.server.go_on();
    let bytes = photo(2);
    bench.put_in_the_end(&bytes).await;
    assert_eq!(bench.store.verify(key_of(&bytes)).await.unwrap(), Fixity::Intact);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_while_it_is_read_ends_the_reading() {
    let (bench, meddler) = Bench::behind_a_meddler().await;
    let bytes = photo(1);
    bench.put(&bytes).await.unwrap();
    meddler.set(Meddling::Delay(Duration::from_secs(20)));
    let began = Instant::now();
    assert!(matches!(bench.store.read(key_of(&bytes)).await, Err(StoreError::Unreachable(_))));
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bit_that_flips_on_the_way_is_never_acknowledged() {
    let (bench, meddler) = Bench::behind_a_meddler().await;
    for (seed, at) in [(1, 2_000), (2, 100_000), (3, 399_999), (4, 5_000_000)] {
        let bytes: Bytes = if seed == 4 { photo(seed).repeat(25).into() } else { photo(seed) };
        meddler.set(Meddling::FlipUp(at));
        // The client sends a second time what the server could not read; only the first time a bit flips.
        if bench.put(&bytes).await.is_ok() {
            assert_eq!(bench.store.verify(key_of(&bytes)).await.unwrap(), Fixity::Intact, "byte {at}");
        }
        assert!(meddler.flipped() > 0, "byte {at} came by");
        meddler.set(Meddling::Nothing);
        bench.put_in_the_end(&photo(seed + 100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_on_the_way_there_stores_nothing_and_can_be_tried_again() {
    let (bench, meddler) = Bench::behind_a_meddler().await;
    for (seed, at) in [(1, 0), (2, 300), (3, 5_000), (4, 200_000), (5, 400_000)] {
        let bytes = photo(seed);
        meddler.set(Meddling::CutUp(at));
        assert!(bench.put(&bytes).await.is_err(), "cut at {at}");
        meddler.set(Meddling::Nothing);
        bench.put_in_the_end(&bytes).await;
        assert_eq!(bench.store.verify(key_of(&bytes)).await.unwrap(), Fixity::Intact);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_acknowledgement_puts_again_and_succeeds() {
    let (bench, meddler) = Bench::behind_a_meddler().await;
    let mut stored_before = 0;
    for seed in 1..=20 {
        let bytes = if seed % 5 == 0 { photo(seed).repeat(25).into() } else { photo(seed) };
        meddler.set(Meddling::CutDown(0));
        assert!(bench.put(&bytes).await.is_err(), "without an answer nobody may say that it is stored");
        meddler.set(Meddling::Nothing);
        stored_before +=
            usize::from(fs::exists(bench.server.bucket().join(key_of(&bytes).to_string())).unwrap());
        bench.put_in_the_end(&bytes).await;
        assert_eq!(bench.store.verify(key_of(&bytes)).await.unwrap(), Fixity::Intact);
    }
    assert!(stored_before >= 10, "many were stored and not acknowledged: {stored_before}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gave_up_in_the_middle_puts_again_and_succeeds() {
    let bench = Bench::new().await;
    for seed in 1..=40 {
        let bytes = if seed % 4 == 0 { photo(seed).repeat(25).into() } else { photo(seed) };
        let patience = Duration::from_millis(u64::from(seed) % 20 + 1);
        drop(timeout(patience, bench.put(&bytes)).await);
        bench.put(&bytes).await.unwrap();
        assert_eq!(bench.store.verify(key_of(&bytes)).await.unwrap(), Fixity::Intact);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_in_parts_does_not_take_the_place_of_one_that_came_meanwhile() {
    let (bench, meddler) = Bench::behind_a_meddler().await;
    meddler.set(Meddling::Delay(Duration::from_millis(2)));
    let bytes: Bytes = photo(1).repeat(25).into();
    let store = Arc::clone(&bench.store);
    let slow = bytes.clone();
    let putting = tokio::spawn(async move { store.put_bytes(ObjectKind::Original, slow).await });
    let root = bench.server.bucket().parent().unwrap().to_owned();
    let parts = || {
        let names = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().contains("part")).count()
    };
    while parts() == 0 {
        assert!(!putting.is_finished(), "it is sent in parts");
        sleep(Duration::from_millis(1)).await;
    }
    let file = bench.server.bucket().join(key_of(&bytes).to_string());
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "somebody else's").unwrap();
    assert!(matches!(putting.await.unwrap(), Err(StoreError::Damaged(_))));
    assert_eq!(fs::read(&file).unwrap(), b"somebody else's");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_on_the_way_back_is_never_given_to_a_reader() {
    let (bench, meddler) = Bench::behind_a_meddler().await;
    let bytes = photo(1);
    bench.put(&bytes).await.unwrap();
    for at in [1_000, 200_000, 400_000] {
        meddler.set(Meddling::FlipDown(at));
        let read = bench.store.read(key_of(&bytes)).await;
        assert!(matches!(read, Err(StoreError::Damaged(_))), "byte {at}: {read:?}");
        meddler.set(Meddling::CutDown(at));
        let read = bench.store.read(key_of(&bytes)).await;
        assert!(read.map_or(true, |read| read == bytes), "whole or not at all");
    }
    meddler.set(Meddling::Nothing);
    bench.put_in_the_end(&bytes).await;
    assert!(bench.store.read(key_of(&bytes)).await.unwrap() == bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_and_a_missing_bucket_are_faults_that_tell_nothing_secret() {
    let server = ObjectServer::start();
    let wrong_secret = S3Place { secret: "CANARY-SECRET".into(), ..server.place() };
    let wrong_key = S3Place { key_id: "CANARY-KEY".to_owned(), ..server.place() };
    let wrong_bucket = S3Place { bucket: "CANARY-bucket".to_owned(), ..server.place() };
    let told = |error: StoreError| {
        assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("CANARY"), "{error:?}");
    };
    for place in [wrong_secret, wrong_key, wrong_bucket] {
        let spool = tempfile::tempdir().unwrap();
        let store = S3Store::open(&place, spool.path()).await.unwrap();
        told(store.probe().await.unwrap_err());
        // The server of the tests makes a bucket for whoever may write.
        if place.bucket == BUCKET {
            told(store.put_bytes(ObjectKind::Original, photo(1)).await.unwrap_err());
        }
        assert!(!format!("{place:?}").contains("CANARY-SECRET"));
    }
}

//! Uploads on a bad network: cut, slowed, swallowed, sent by several at once; by our sender and by the clients that
//! people use. What arrives is what was sent.

use std::{
    fs::{self, File, TryLockError},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Output,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, future::join_all, stream};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tests::{
    client::Api,
    proxy::{Fate, Proxy},
    tus::Sender,
};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    process::Command,
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::{
    rig::alone,
    scenes::{report, reported},
    support::{TestService, Wishes, until},
    uploads::{Desk, clip, of_clip},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// Uploads of the great run, and how often each is cut.
const UPLOADS: usize = 500;
const CUTS: u64 = 5;
/// How many are under way at once, and how many bytes a second each of them carries.
const AT_ONCE: usize = 16;
const RATE: u64 = 500_000;

fn address(service: &TestService) -> SocketAddr {
    service.address().parse().unwrap()
}

/// A request that sends `bytes` of a part of `length` bytes at `offset`, and then nothing more.
async fn begin(desk: &Desk, location: &str, offset: u64, length: usize, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(desk.service.address()).await.unwrap();
    let head = format!(
        "PATCH {location} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ntus-resumable: 1.0.0\r\n\
         upload-offset: {offset}\r\ncontent-type: application/offset+octet-stream\r\ncontent-length: {length}\r\n\r\n",
        desk.by.token()
    );
    stream.write_all(&[head.as_bytes(), bytes].concat()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_a_cut_is_kept_to_the_byte() {
    let desk = Desk::of(TestService::sqlite().await).await;
    let bytes = clip(900_000, 1);
    let location = desk.create(bytes.len()).await;
    let mut offset = 0;
    for came in [1, 250_000, 300_001] {
        let part = &bytes[offset..offset + came];
        let cut = begin(&desk, &location, offset as u64, bytes.len() - offset, part).await;
        // They are there when the service has read them; only then is the connection cut.
        until("the bytes are read", async || unread(&cut) == 0).await;
        drop(cut);
        offset += came;
        assert_eq!(desk.offset(&location).await, offset as u64);
    }
    let last = desk.sender.append(&location, offset as u64, bytes[offset..].to_vec()).await.unwrap();
    desk.arrived(last.evidence.as_ref(), &bytes).await;
    desk.service.end().await;
}

/// Whether somebody is writing to an upload.
fn is_held(desk: &Desk, location: &str) -> bool {
    matches!(File::open(desk.file(location)).unwrap().try_lock(), Err(TryLockError::WouldBlock))
}

/// How many bytes this side has sent that the other has not read, as the system tells of connections on this machine.
fn unread(stream: &TcpStream) -> u64 {
    let hex = |address: SocketAddr| {
        let SocketAddr::V4(address) = address else { panic!("{address}") };
        format!("{:08X}:{:04X}", u32::from_le_bytes(address.ip().octets()), address.port())
    };
    let (own, other) = (hex(stream.local_addr().unwrap()), hex(stream.peer_addr().unwrap()));
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let queues = |from: &str, to: &str| {
        let line = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let mut line = line.filter(|line| line.len() > 4 && line[1] == from && line[2] == to);
        let (sent, received) = line.next().unwrap()[4].split_once(':').unwrap();
        (u64::from_str_radix(sent, 16).unwrap(), u64::from_str_radix(received, 16).unwrap())
    };
    queues(&own, &other).0 + queues(&other, &own).1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_died_silently_frees_its_upload_within_five_seconds() {
    let desk = Desk::of(TestService::sqlite().await).await;
    let bytes = clip(100_000, 1);
    let location = desk.create(bytes.len()).await;
    let dead = begin(&desk, &location, 0, bytes.len(), &bytes[..40_000]).await;
    until("the first bytes are read", async || is_held(&desk, &location) && unread(&dead) == 0).await;
    let began = Instant::now();
    let offset = desk.offset(&location).await;
    assert_eq!(offset, 40_000);
    let again = begin(&desk, &location, offset, 60_000, &bytes[40_000..50_000]).await;
    until("the next bytes are read", async || is_held(&desk, &location) && unread(&again) == 0).await;
    let last = desk.sender.append(&location, 50_000, bytes[50_000..].to_vec()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    drop(again);
    desk.arrived(last.evidence.as_ref(), &bytes).await;
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_is_alive_is_not_disturbed_by_another() {
    let desk = Desk::of(TestService::sqlite().await).await;
    let bytes = clip(500_000, 1);
    let location = desk.create(bytes.len()).await;
    let (done, parts) = (Arc::new(AtomicUsize::new(0)), bytes.chunks(1000).map(Bytes::copy_from_slice));
    let steady = stream::iter(parts.collect::<Vec<_>>()).then({
        let done = Arc::clone(&done);
        move |part| {
            let done = Arc::clone(&done);
            async move {
                // Until the other one has its answer, a part every now and then.
                if done.load(Ordering::SeqCst) == 0 {
                    sleep(Duration::from_millis(20)).await;
                }
                Ok::<_, std::io::Error>(part)
            }
        }
    });
    let first = desk.sender.append(&location, 0, reqwest::Body::wrap_stream(steady));
    let other = async {
        until("the first one writes", async || is_held(&desk, &location)).await;
        let second = desk.sender.append(&location, 0, bytes.clone()).await.unwrap();
        done.store(1, Ordering::SeqCst);
        second
    };
    let (first, second) = tokio::join!(first, other);
    assert!(matches!((second.status, second.code.as_str()), (423, "upload_locked") | (409, "upload_offset")));
    desk.arrived(first.unwrap().evidence.as_ref(), &bytes).await;
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_comes_too_slowly_ends_where_it_is() {
    let pace = kuaichu::edge::Pace {
        idle: Duration::from_millis(300),
        window: Duration::from_secs(5),
        floor: 1,
        total: Duration::from_secs(5),
    };
    let wishes = Wishes { pace: Some(pace), ..Wishes::default() };
    let desk = Desk::of(TestService::with(testkit::TestDatabase::sqlite().await, wishes).await).await;
    let bytes = clip(100_000, 1);
    let location = desk.create(bytes.len()).await;
    let slow = stream::iter([Ok::<_, std::io::Error>(Bytes::copy_from_slice(&bytes[..30_000]))]);
    let slow = reqwest::Body::wrap_stream(slow.chain(stream::pending()));
    let told = desk.sender.append(&location, 0, slow).await.unwrap();
    assert_eq!((told.status, told.offset), (204, Some(30_000)));
    assert!(
        desk.sender.append(&location, 30_000, bytes[30_000..].to_vec()).await.unwrap().evidence.is_some()
    );
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_once_never_spoil_an_upload() {
    let _alone = alone().await;
    let desk = Desk::of(TestService::sqlite().await).await;
    let mut random = StdRng::seed_from_u64(47);
    let (mut won, mut conflicts) = (0, 0);
    for round in 0..500_u32 {
        let writers = random.random_range(2..=8_u8);
        let length = random.random_range(20_000..80_000_usize);
        // One byte more than anybody sends: it stays an upload.
        let location = desk.create(length + 1).await;
        let bodies: Vec<Vec<u8>> =
            (0..writers).map(|writer| clip(length, round * 10 + u32::from(writer))).collect();
        let sends = bodies.iter().map(|body| desk.sender.append(&location, 0, body.clone()));
        for told in join_all(sends).await {
            let told = told.unwrap();
            match (told.status, told.code.as_str()) {
                (204, _) => won += 1,
                (409, "upload_offset") | (423, "upload_locked") => conflicts += 1,
                _ => panic!("{told:?}"),
            }
        }
        let kept = fs::read(desk.file(&location)).unwrap();
        assert!(bodies.contains(&kept), "round {round}: {} bytes are nobody's", kept.len());
        assert_eq!(desk.offset(&location).await, length as u64);
        assert_eq!(desk.sender.cancel(&location).await.unwrap().status, 204);
    }
    println!("500 races: {won} writers won, {conflicts} were sent away, 0 files spoilt");
    assert_eq!(won, 500);
    desk.service.end().await;
}

/// What a network may do to an upload of so many bytes: five cuts, in every tenth one of which nobody is told.
fn fates(bytes: u64, number: usize, random: &mut StdRng) -> Vec<Fate> {
    (0..CUTS)
        .map(|cut| {
            let after = bytes / (CUTS + 1) * random.random_range(60..=120) / 100;
            if number.is_multiple_of(10) && cut == 2 { Fate::Swallow(after) } else { Fate::Cut(after) }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_uploads_with_five_cuts_each_arrive_as_they_were_sent() {
    let _alone = alone().await;
    let began = Instant::now();
    let service = Arc::new(TestService::sqlite().await);
    let (sent, passed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let drivers = (0..UPLOADS / 20).map(|driver| {
        let (service, places) = (Arc::clone(&service), Arc::clone(&places));
        let (sent, passed) = (Arc::clone(&sent), Arc::clone(&passed));
        tokio::spawn(async move {
            let by = service.driver(&format!("o-driver-{driver}")).await;
            let mut random = StdRng::seed_from_u64(driver as u64);
            let mut case = String::new();
            for number in 0..20 {
                // A case holds eight recordings of one party.
                if number % 8 == 0 {
                    case = reported(&by, report(2, json!({}))).await.0;
                }
                let _place = places.acquire().await.unwrap();
                let seed = u32::try_from(driver * 100 + number).unwrap();
                let bytes = clip(random.random_range(128 << 10..768 << 10), seed);
                let fates = fates(bytes.len() as u64, number, &mut random);
                let proxy = Proxy::start(address(&service), fates, Some(RATE)).await.unwrap();
                let through = Api::new(format!("http://{}", proxy.address())).unwrap().with_token(by.token());
                let sender = Sender::new(through, Duration::from_secs(5));
                let last = sender.persist(&bytes, &of_clip(&case), 30).await;
                let evidence = last.evidence.clone().unwrap_or_else(|| panic!("{last:?}"));
                assert_eq!(proxy.left(), 0, "it was cut as often as it should");
                let arrived = by.get_recording(&case, &evidence).await.unwrap().bytes;
                assert_eq!(hex::encode(Sha256::digest(arrived)), hex::encode(Sha256::digest(&bytes)));
                sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                passed.fetch_add(proxy.passed(), Ordering::Relaxed);
            }
        })
    });
    for driver in join_all(drivers).await {
        driver.unwrap();
    }
    let (sent, passed) = (sent.load(Ordering::Relaxed), passed.load(Ordering::Relaxed));
    let twice = (passed - sent) as f64 / sent as f64 * 100.0;
    println!(
        "{UPLOADS} uploads, {CUTS} cuts each: {:.1} MB, all identical, {twice:.2} % sent twice (heads included), {:.1} s",
        sent as f64 / 1e6,
        began.elapsed().as_secs_f64()
    );
    assert!(twice <= 10.0, "{twice:.2} % were sent twice");
    Arc::into_inner(service).unwrap().end().await;
}

/// The folder into which `cargo xtask tools` installs the clients that people use.
fn clients() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    // target/debug/deps/it-…
    let folder = program.ancestors().nth(3).unwrap().join("tools/tus-clients");
    assert!(folder.join("complete").exists(), "the upload clients are missing: run `cargo xtask tools`");
    folder
}

/// Uploads a file by one of the scripts beside these tests, through a proxy that cuts and slows.
async fn by_client(program: &Path, script: &str, more: &[&str]) {
    let desk = Desk::of(TestService::sqlite().await).await;
    let bytes = clip(3_000_000, 9);
    let file = desk.service.folder().join("clip.mp4");
    fs::write(&file, &bytes).unwrap();
    let fates = [700_000, 500_000, 900_000].map(Fate::Cut);
    let proxy = Proxy::start(address(&desk.service), fates, Some(6_000_000)).await.unwrap();
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    let mut command = Command::new(program);
    command
        .arg(scripts.join(script))
        .arg(format!("http://{}/api/v1/uploads", proxy.address()))
        .arg(desk.by.token())
        .arg(&file)
        .args([desk.case.as_str(), "dash_cam", "recording", &sha256])
        .args(more)
        .env("TUS_CLIENTS", clients())
        .kill_on_drop(true);
    let Output { status, stdout, stderr } = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    let words = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(status.success(), "{words:?}");
    assert_eq!(proxy.left(), 0, "it was cut as often as it should: {words:?}");
    let case = desk.service.stored(&desk.case).await;
    assert_eq!(case.recordings.len(), 1, "{words:?}");
    assert_eq!(case.recordings[0].digest.to_string(), sha256);
    desk.arrived(Some(&case.recordings[0].id.to_string()), &bytes).await;
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_uploads_through_a_bad_network() {
    by_client(&clients().join("python/bin/python"), "upload.py", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_client_uploads_through_a_bad_network() {
    by_client(Path::new("node"), "upload.mjs", &["PATCH"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_client_uploads_with_nothing_but_post() {
    by_client(Path::new("node"), "upload.mjs", &["POST"]).await;
}

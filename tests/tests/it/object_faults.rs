//! Places of photos and documents that die, hang, lose and spoil bytes: nothing is called stored that is not, what
//! was called stored is there or its loss is told, and the rest of the service does not notice.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use reqwest::Method;
use sha2::{Digest as _, Sha256};
use sqlx::Connection as _;
use tests::{
    client::{Answer, CallFailed, Session},
    programs::Programs,
    service::Database,
};
use tokio::time::{sleep, timeout};

use crate::{
    accident,
    object_server::ObjectServer,
    rig::{PATIENCE, Place, Rig, alone},
};

/// An uploaded photo that the service has confirmed.
struct Confirmed {
    case: String,
    id: String,
    bytes: Vec<u8>,
}

impl Confirmed {
    fn new(case: &str, answer: &Answer, bytes: Vec<u8>) -> Self {
        assert_eq!(answer["photo"]["sha256"], digest(&bytes));
        Self { case: case.to_owned(), id: answer.text("/photo/id").unwrap().to_owned(), bytes }
    }

    /// Where its bytes lie.
    fn file(&self, root: &Path, kind: &str) -> PathBuf {
        let name = digest(&self.bytes);
        root.join(kind).join(&name[..2]).join(name)
    }

    async fn comes_back(&self, by: &Session) {
        let stored = by.get_photo(&self.case, &self.id, "original").await.unwrap();
        assert!(stored.bytes == self.bytes, "a photo comes back bit for bit");
    }

    /// Waits until its copies are made.
    async fn is_shown(&self, by: &Session) {
        let shown = async {
            while by.get_photo(&self.case, &self.id, "view").await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, shown).await.expect("it can be looked at in the end");
    }
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

async fn on_a_bucket(officers: usize) -> (Rig, ObjectServer) {
    let server = ObjectServer::start().await;
    let place = Place::new(&Database::Embedded, officers).await;
    server.serve_for(&place.installation);
    (place.open().await, server)
}

async fn new_case(by: &Session) -> String {
    by.send(&accident::report()).await.unwrap().text("/id").unwrap().to_owned()
}

/// Refused for now, and told when to come again.
fn refused_for_now(answer: &Result<Answer, CallFailed>) {
    assert!(matches!(answer, Err(CallFailed::Refused { status: 503 | 507, .. })), "{answer:?}");
}

/// The same photo again until it is stored; tells how long that took.
async fn stored_in_the_end(by: &Session, case: &str, bytes: &[u8]) -> (Confirmed, Duration) {
    let began = Instant::now();
    loop {
        let answer = by.upload_photo(case, "other", bytes.to_vec()).await;
        if let Ok(answer) = answer {
            return (Confirmed::new(case, &answer, bytes.to_vec()), began.elapsed());
        }
        refused_for_now(&answer);
        assert!(began.elapsed() < Duration::from_secs(10), "it heals: {answer:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Runs `kuaichu fsck` with these words; whether it found all well, and what it printed.
async fn fsck(rig: &Rig, words: &[&str]) -> (bool, String) {
    let mut command = Programs::find().unwrap().command("kuaichu").unwrap();
    command.arg("--config").arg(rig.place.installation.configuration()).arg("fsck").args(words);
    let output = command.output().await.unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

fn lines<'a>(printed: &'a str, with: &str) -> Vec<&'a str> {
    printed.lines().filter(|line| line.contains(with)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_whose_bytes_are_in_a_bucket_goes_all_the_way() {
    let _turn = alone().await;
    let (rig, server) = on_a_bucket(1).await;
    let (a, b) = (rig.people.driver("o-a").await, rig.people.driver("o-b").await);
    let officer = rig.people.staff("officer-1").await;
    let case = accident::queued(&a, &b).await;
    let seen = a.get_case(&case).await.unwrap();
    assert!(seen.body.to_string().contains("receipt"), "they may move");
    for photo in seen.list("/photos").unwrap() {
        let (id, digest) = (photo["id"].as_str().unwrap(), photo["sha256"].as_str().unwrap());
        let original = a.get_photo(&case, id, "original").await.unwrap();
        assert_eq!(hex::encode(Sha256::digest(&original.bytes)), digest);
        assert!(
            fs::read(server.bucket().join("original").join(&digest[..2]).join(digest)).unwrap()
                == original.bytes
        );
        Confirmed { case: case.clone(), id: id.to_owned(), bytes: original.bytes }.is_shown(&a).await;
    }
    let taken = officer.send(&accident::take()).await.unwrap();
    let decided = officer.send(&accident::decision(&case, taken.version().unwrap())).await.unwrap();
    let document = decided.text("/determination/document_sha256").unwrap();
    for driver in [&a, &b] {
        driver.send(&accident::signature(driver, &case, document).await).await.unwrap();
    }
    let paper = a.get_document(&case).await.unwrap();
    assert!(paper.bytes.starts_with(b"%PDF"));
    rig.end_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_bucket_is_gone_nothing_is_called_stored_and_it_heals_twenty_times() {
    let _turn = alone().await;
    let (rig, mut server) = on_a_bucket(0).await;
    let driver = rig.people.driver("o-1").await;
    let case = new_case(&driver).await;
    let (mut confirmed, mut slowest, mut healed, mut others) =
        (Vec::new(), Duration::ZERO, Duration::ZERO, Vec::new());
    for cycle in 0..20 {
        server.kill().await;
        let bytes = accident::photo(cycle);
        for _ in 0..3 {
            let asked = Instant::now();
            refused_for_now(&driver.upload_photo(&case, "other", bytes.clone()).await);
            slowest = slowest.max(asked.elapsed());
            let asked = Instant::now();
            driver.send(&accident::report()).await.expect("a case can be reported");
            driver.get_case(&case).await.expect("a case can be read");
            others.push(asked.elapsed());
        }
        assert!(
            !fs::exists(
                Confirmed { case: case.clone(), id: String::new(), bytes: bytes.clone() }
                    .file(&server.bucket(), "original")
            )
            .unwrap()
        );
        server.serve().await;
        let (photo, took) = stored_in_the_end(&driver, &case, &bytes).await;
        healed = healed.max(took);
        confirmed.push(photo);
    }
    others.sort_unstable();
    println!(
        "refused within {slowest:?}, healed within {healed:?}, other routes {:?}",
        others.last().unwrap()
    );
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    assert!(
        others[others.len() * 99 / 100] < Duration::from_millis(1_000),
        "a report and a read: {others:?}"
    );
    for photo in &confirmed {
        photo.comes_back(&driver).await;
    }
    rig.end_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_hangs_is_not_felt_by_the_rest_of_the_service() {
    let _turn = alone().await;
    let (rig, server) = on_a_bucket(0).await;
    let driver = rig.people.driver("o-1").await;
    let case = new_case(&driver).await;
    let before = stored_in_the_end(&driver, &case, &accident::photo(1)).await.0;
    server.hang();
    let began = Instant::now();
    let uploading: Vec<_> = (0..8)
        .map(|number| {
            let (driver, case) = (driver.clone(), case.clone());
            tokio::spawn(async move {
                let (mut slowest, mut refused) = (Duration::ZERO, 0);
                while began.elapsed() < Duration::from_secs(15) {
                    let asked = Instant::now();
                    refused_for_now(&driver.upload_photo(&case, "other", accident::photo(number)).await);
                    slowest = slowest.max(asked.elapsed());
                    refused += 1;
                    sleep(Duration::from_millis(100)).await;
                }
                (slowest, refused)
            })
        })
        .collect();
    let mut others = Vec::new();
    while began.elapsed() < Duration::from_secs(15) {
        let asked = Instant::now();
        driver.get_case(&case).await.expect("a case can be read");
        others.push(asked.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
    let (mut slowest, mut refused) = (Duration::ZERO, 0);
    for upload in uploading {
        let (one, many) = upload.await.unwrap();
        slowest = slowest.max(one);
        refused += many;
    }
    server.go_on();
    let (after, healed) = stored_in_the_end(&driver, &case, &accident::photo(99)).await;
    others.sort_unstable();
    let p99 = others[others.len() * 99 / 100];
    println!(
        "{refused} refused, slowest {slowest:?}, {} reads p99 {p99:?}, healed within {healed:?}",
        others.len()
    );
    assert!(slowest < Duration::from_secs(8), "{slowest:?}");
    assert!(refused > 100, "most were refused at once: {refused}");
    assert!(p99 < Duration::from_millis(500), "{p99:?}");
    before.comes_back(&driver).await;
    after.comes_back(&driver).await;
    rig.end_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flipped_bit_in_the_bucket_is_found_by_readers_and_by_the_check() {
    let _turn = alone().await;
    let (rig, server) = on_a_bucket(0).await;
    let driver = rig.people.driver("o-1").await;
    let case = new_case(&driver).await;
    let mut confirmed = Vec::new();
    for seed in 0..10 {
        confirmed.push(stored_in_the_end(&driver, &case, &accident::photo(seed)).await.0);
    }
    for photo in &confirmed {
        photo.is_shown(&driver).await;
    }
    let mut random = StdRng::seed_from_u64(22);
    for photo in &confirmed {
        let mut damaged = photo.bytes.clone();
        let place = random.random_range(0..damaged.len());
        damaged[place] ^= 1 << random.random_range(0..8);
        fs::write(photo.file(&server.bucket(), "original"), damaged).unwrap();
        let read = driver.get_photo(&photo.case, &photo.id, "original").await;
        assert!(matches!(read, Err(CallFailed::Refused { status: 500, .. })), "byte {place}: {read:?}");
    }
    let (well, printed) = fsck(&rig, &[]).await;
    assert!(!well && lines(&printed, "the bytes have changed").len() == 10, "{printed}");
    for photo in &confirmed {
        fs::write(photo.file(&server.bucket(), "original"), &photo.bytes).unwrap();
        photo.comes_back(&driver).await;
    }
    rig.end_sound().await;
}

/// Keeps everybody from writing to the database of this service, until it is closed.
async fn lock_database(rig: &Rig) -> sqlx::SqliteConnection {
    let file = rig.place.installation.configuration().with_file_name("kuaichu.sqlite");
    let mut connection =
        sqlx::SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    sqlx::raw_sql("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_between_the_bytes_and_their_case_leaves_no_upload_stuck() {
    let _turn = alone().await;
    let (mut rig, server) = on_a_bucket(0).await;
    let driver = rig.people.driver("o-1").await;
    let case = new_case(&driver).await;
    let mut confirmed = Vec::new();
    // Surely between: the bytes are there, and nobody can write to the database.
    for seed in 0..20 {
        let bytes = accident::photo(seed);
        let lock = lock_database(&rig).await;
        let upload = {
            let (driver, case, bytes) = (driver.clone(), case.clone(), bytes.clone());
            tokio::spawn(async move { driver.upload_photo(&case, "other", bytes).await })
        };
        let file = Confirmed { case: case.clone(), id: String::new(), bytes: bytes.clone() }
            .file(&server.bucket(), "original");
        let stored = async {
            while !fs::exists(&file).unwrap() {
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(PATIENCE, stored).await.expect("the bytes come before their case");
        rig.kill().await;
        assert!(
            matches!(upload.await.unwrap(), Err(CallFailed::Unanswered { .. })),
            "nothing was called stored"
        );
        lock.close().await.unwrap();
        rig.serve().await;
        let answer = driver.upload_photo(&case, "other", bytes.clone()).await.unwrap();
        assert_eq!(answer.status, 201, "the case did not have it before");
        confirmed.push(Confirmed::new(&case, &answer, bytes));
    }
    // Anywhere.
    let mut random = StdRng::seed_from_u64(23);
    for seed in 100..130 {
        let (case, bytes) = (new_case(&driver).await, accident::photo(seed));
        let upload = {
            let (driver, case, bytes) = (driver.clone(), case.clone(), bytes.clone());
            tokio::spawn(async move { driver.upload_photo(&case, "other", bytes).await })
        };
        sleep(Duration::from_millis(random.random_range(0..40))).await;
        rig.crash().await;
        drop(upload.await.unwrap());
        confirmed.push(stored_in_the_end(&driver, &case, &bytes).await.0);
    }
    for photo in &confirmed {
        photo.comes_back(&driver).await;
    }
    rig.end_sound().await;
}

/// What is missing and what is left over is told to the last, and mended without touching what a case names.
async fn losses_and_leftovers_are_told(rig: Rig, root: &Path) {
    let driver = rig.people.driver("o-1").await;
    let case = new_case(&driver).await;
    let mut confirmed = Vec::new();
    for seed in 0..15 {
        confirmed.push(stored_in_the_end(&driver, &case, &accident::photo(seed)).await.0);
    }
    for photo in &confirmed {
        photo.is_shown(&driver).await;
    }
    for photo in &confirmed[..10] {
        fs::remove_file(photo.file(root, "original")).unwrap();
    }
    let strays: Vec<_> = (0..10_u8)
        .map(|number| Confirmed { case: String::new(), id: String::new(), bytes: vec![number; 100] })
        .collect();
    for stray in &strays {
        let file = stray.file(root, "original");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &stray.bytes).unwrap();
        let written = fs::metadata(&file).unwrap().modified().unwrap();
        File::open(&file).unwrap().set_modified(written - Duration::from_secs(7 * 86_400)).unwrap();
    }
    let (well, printed) = fsck(&rig, &[]).await;
    assert!(!well);
    for (photos, told) in [(&confirmed[..10], ": missing"), (&strays[..], "orphan: ")] {
        let told = lines(&printed, told);
        assert_eq!(told.len(), 10, "{printed}");
        assert!(
            photos.iter().all(|photo| told.iter().any(|line| line.contains(&digest(&photo.bytes)))),
            "{printed}"
        );
    }

    let young = Confirmed { case: String::new(), id: String::new(), bytes: b"just now".to_vec() };
    let file = young.file(root, "original");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, &young.bytes).unwrap();
    for photo in &confirmed[10..] {
        fs::remove_file(photo.file(root, "view")).unwrap();
    }
    let (_, printed) = fsck(&rig, &["--repair"]).await;
    assert_eq!(lines(&printed, "set aside: original/").len(), 10, "{printed}");
    assert_eq!(lines(&printed, "made copies again: ").len(), 5, "{printed}");
    assert!(strays.iter().all(|stray| !fs::exists(stray.file(root, "original")).unwrap()));
    assert!(fs::exists(&file).unwrap(), "what may be on its way to its case is left alone");
    for photo in &confirmed[10..] {
        photo.comes_back(&driver).await;
        photo.is_shown(&driver).await;
    }
    for photo in &confirmed[..10] {
        assert!(fs::exists(photo.file(root, "view")).unwrap(), "what a case names is not touched");
        fs::write(photo.file(root, "original"), &photo.bytes).unwrap();
        photo.comes_back(&driver).await;
    }
    let (well, printed) = fsck(&rig, &["--repair"]).await;
    assert!(
        well && lines(&printed, "set aside").is_empty() && lines(&printed, "made").is_empty(),
        "{printed}"
    );
    rig.end_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn losses_and_leftovers_in_a_folder_are_told_and_mended() {
    let _turn = alone().await;
    let rig = Place::new(&Database::Embedded, 0).await.open().await;
    let root = rig.place.installation.configuration().with_file_name("photos");
    losses_and_leftovers_are_told(rig, &root).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn losses_and_leftovers_in_a_bucket_are_told_and_mended() {
    let _turn = alone().await;
    let (rig, server) = on_a_bucket(0).await;
    losses_and_leftovers_are_told(rig, &server.bucket()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_tells_of_a_bucket_that_is_gone() {
    let _turn = alone().await;
    let (rig, mut server) = on_a_bucket(0).await;
    let ready =
        async || rig.people.api.request(Method::GET, "/readyz").send().await.unwrap().status().as_u16();
    assert_eq!(ready().await, 200);
    server.kill().await;
    assert_eq!(ready().await, 503);
    server.serve().await;
    let again = async {
        while ready().await != 200 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(10), again).await.expect("it is ready again");
    rig.end_sound().await;
}

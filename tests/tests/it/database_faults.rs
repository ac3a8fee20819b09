//! A database that breaks, hangs, is full or is stormed: clients get their answer or 503 in time, nothing that
//! was answered is lost, and the service heals by itself.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Method;
use sqlx::Connection as _;
use tests::{
    client::{Answer, Call, CallFailed, Session},
    service::Database,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    accident,
    own_postgres::OwnPostgres,
    rig::{PATIENCE, People, Place, Rig, alone},
};

/// Pause of a client in a hurry.
const SHORT: Duration = Duration::from_millis(80);

/// One try of a client.
struct Try {
    began: Instant,
    took: Duration,
    outcome: Outcome,
}

enum Outcome {
    Done,
    Refused(u16),
    Unanswered,
}

/// What a client did with one key until it was answered.
struct Written {
    who: Session,
    call: Call,
    answer: Answer,
}

/// Drivers who report accident after accident.
struct Load {
    over: Arc<AtomicBool>,
    tries: Arc<Mutex<Vec<Try>>>,
    writing: JoinSet<Vec<Written>>,
}

impl Load {
    /// So many drivers, each with a pause between one report and the next.
    async fn start(people: &People, drivers: usize, pause: Duration) -> Self {
        let (over, tries) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let mut writing = JoinSet::new();
        for number in 0..drivers {
            let driver = people.driver(&format!("o-load-{number}")).await;
            let (over, tries) = (Arc::clone(&over), Arc::clone(&tries));
            writing.spawn(async move {
                let mut written = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let call = accident::report();
                    let answer = persist(&driver, &call, &tries).await;
                    let case = answer.text("/id").unwrap().to_owned();
                    written.push(Written { who: driver.clone(), call, answer });
                    sleep(pause).await;
                    persist(&driver, &Call::new("get_case", Method::GET, format!("/cases/{case}")), &tries)
                        .await;
                }
                written
            });
        }
        Self { over, tries, writing }
    }

    /// Lets everybody get an answer; tells what was tried and what was written.
    async fn end(self) -> (Vec<Try>, Vec<Written>) {
        self.over.store(true, Ordering::Relaxed);
        let written =
            timeout(PATIENCE, self.writing.join_all()).await.expect("everybody is answered in the end");
        let written = written.into_iter().flatten().collect();
        (std::mem::take(&mut *self.tries.lock().unwrap()), written)
    }
}

/// The same request with the same key until it is done. Every try is noted.
async fn persist(who: &Session, call: &Call, tries: &Mutex<Vec<Try>>) -> Answer {
    loop {
        let began = Instant::now();
        let answer = who.send(call).await;
        let outcome = match &answer {
            Ok(_) => Outcome::Done,
            Err(CallFailed::Refused { status, .. }) => Outcome::Refused(*status),
            Err(CallFailed::Unanswered { .. }) => Outcome::Unanswered,
            Err(failed) => panic!("{failed}"),
        };
        tries.lock().unwrap().push(Try { began, took: began.elapsed(), outcome });
        match answer {
            Ok(answer) => return answer,
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Every answered case is there, and sending it again does nothing.
async fn nothing_is_lost_or_doubled(written: Vec<Written>) {
    assert!(!written.is_empty());
    let mut asking = JoinSet::new();
    for Written { who, call, answer } in written {
        if asking.len() >= 8 {
            asking.join_next().await.unwrap().unwrap();
        }
        asking.spawn(async move {
            let again = who.send(&call).await.unwrap();
            assert!(again.replayed && again.body == answer.body, "an answered write is there once");
            who.get_case(answer.text("/id").unwrap()).await.unwrap();
        });
    }
    asking.join_all().await;
}

fn longest(tries: &[Try]) -> Duration {
    tries.iter().map(|one| one.took).max().unwrap_or_default()
}

/// Nobody was told anything but 503.
fn refused_only_for_now(tries: &[Try]) -> usize {
    tries
        .iter()
        .filter(|one| match one.outcome {
            Outcome::Done => false,
            Outcome::Refused(503) => true,
            Outcome::Refused(status) => panic!("answered with {status}"),
            Outcome::Unanswered => panic!("not answered"),
        })
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_restarts_costs_some_503_and_no_answered_write() {
    let _turn = alone().await;
    let mut postgres = OwnPostgres::start().await;
    let rig = Place::new(&Database::Postgres(postgres.address()), 0).await.open().await;
    let load = Load::start(&rig.people, 16, SHORT).await;
    let mut back = Vec::new();
    for _ in 0..5 {
        sleep(Duration::from_millis(1_500)).await;
        postgres.restart_immediately().await;
        back.push(Instant::now());
    }
    sleep(Duration::from_secs(5)).await;
    let (tries, written) = load.end().await;
    let refused = refused_only_for_now(&tries);
    let healed = back.last().unwrap();
    let late = tries.iter().filter(|one| !matches!(one.outcome, Outcome::Done));
    let last_refusal = late.map(|one| (one.began + one.took).saturating_duration_since(*healed)).max();
    println!(
        "{} tries, {} written, {refused} refused, longest {:?}, last refusal {last_refusal:?} after the restart",
        tries.len(),
        written.len(),
        longest(&tries),
    );
    assert!(refused > 0, "the restarts were felt");
    assert!(last_refusal.unwrap() < Duration::from_secs(5), "the pool heals within 5 s");
    nothing_is_lost_or_doubled(written).await;
    rig.end_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_postgres_ends_are_replaced() {
    let _turn = alone().await;
    let postgres = OwnPostgres::start().await;
    let rig = Place::new(&Database::Postgres(postgres.address()), 0).await.open().await;
    let load = Load::start(&rig.people, 8, SHORT).await;
    let mut admin = postgres.connect().await;
    for _ in 0..5 {
        sleep(Duration::from_millis(500)).await;
        sqlx::raw_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        .execute(&mut admin)
        .await
        .unwrap();
    }
    let cut = Instant::now();
    sleep(Duration::from_secs(3)).await;
    let (tries, written) = load.end().await;
    let refused = refused_only_for_now(&tries);
    println!("{} tries, {refused} refused, longest {:?}", tries.len(), longest(&tries));
    let healed = tries.iter().filter(|one| one.began > cut + Duration::from_secs(2));
    assert!(healed.into_iter().all(|one| matches!(one.outcome, Outcome::Done)), "the pools heal");
    nothing_is_lost_or_doubled(written).await;
    rig.end_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_table_is_answered_with_503_in_time_and_forgotten() {
    let _turn = alone().await;
    let postgres = OwnPostgres::start().await;
    let rig = Place::new(&Database::Postgres(postgres.address()), 0).await.open().await;
    let load = Load::start(&rig.people, 100, Duration::from_millis(500)).await;
    sleep(Duration::from_secs(1)).await;
    let mut locker = postgres.connect().await;
    let mut lock = locker.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE accident_case IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let locked = Instant::now();
    while locked.elapsed() < Duration::from_secs(5) {
        let asked = Instant::now();
        let alive = rig.people.api.request(Method::GET, "/healthz").send().await.unwrap();
        assert!(alive.status().is_success() && asked.elapsed() < Duration::from_secs(1), "alive");
        sleep(Duration::from_millis(250)).await;
    }
    lock.rollback().await.unwrap();
    let freed = Instant::now();
    sleep(Duration::from_secs(5)).await;
    let (tries, written) = load.end().await;
    let refused = refused_only_for_now(&tries);
    let last = tries.iter().filter(|one| !matches!(one.outcome, Outcome::Done));
    let last = last.map(|one| (one.began + one.took).saturating_duration_since(freed)).max().unwrap();
    println!(
        "{} tries, {refused} refused, longest {:?}, last refusal {last:?} after the lock",
        tries.len(),
        longest(&tries)
    );
    assert!(refused >= 100, "the lock was felt");
    assert!(longest(&tries) <= Duration::from_secs(3), "longest {:?}", longest(&tries));
    assert!(last < Duration::from_secs(3), "it heals");
    nothing_is_lost_or_doubled(written).await;
    rig.end_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_on_sqlite_never_meet_a_busy_database() {
    let _turn = alone().await;
    let rig = Place::new(&Database::Embedded, 0).await.open().await;
    let load = Load::start(&rig.people, 50, Duration::ZERO).await;
    sleep(Duration::from_secs(10)).await;
    let (tries, written) = load.end().await;
    assert_eq!(refused_only_for_now(&tries), 0);
    println!("{} written in 10 s, longest {:?}", written.len(), longest(&tries));
    rig.end_sound().await;
}

/// A file system in memory; unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this process may not mount.
    fn mount() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("kuaichu-disk-").tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(folder.path());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_lets_read_and_heals() {
    let _turn = alone().await;
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("not run: mounting a small disk needs root");
        return;
    };
    let folder = tempfile::tempdir_in(disk.path()).unwrap();
    let mut rig = Place::within(folder, &Database::Embedded, 0).await.open().await;
    let driver = rig.people.driver("o-1").await;
    let case = accident::photographed(&driver).await;
    let mut written = Vec::new();
    for _ in 0..3 {
        let ballast = disk.path().join("ballast");
        // `dd` fills what is left and fails with "no space left".
        let mut fill = Command::new("dd");
        fill.args(["if=/dev/zero", "bs=4k"]).arg(format!("of={}", ballast.display()));
        assert!(!fill.stderr(std::process::Stdio::null()).status().unwrap().success());
        // What still fits into pages that the database has already may succeed for a while.
        let mut refused = 0;
        for _ in 0..200 {
            let call = accident::report();
            match driver.send(&call).await {
                Ok(answer) => written.push(Written { who: driver.clone(), call, answer }),
                Err(CallFailed::Refused { status: 503 | 507, .. }) => refused += 1,
                Err(failed) => panic!("{failed}"),
            }
            if refused == 20 {
                break;
            }
        }
        assert!(refused > 0, "the full disk was felt");
        let photo = driver.upload_photo(&case, "other", accident::photo(rand::random())).await;
        assert!(matches!(photo, Err(CallFailed::Refused { status: 503 | 507, .. })), "{photo:?}");
        driver.get_case(&case).await.expect("reads go on");
        std::fs::remove_file(&ballast).unwrap();
        let freed = Instant::now();
        let call = accident::report();
        let answer = loop {
            match driver.send(&call).await {
                Ok(answer) => break answer,
                Err(failed) => assert!(freed.elapsed() < Duration::from_secs(10), "it heals: {failed}"),
            }
            sleep(Duration::from_millis(50)).await;
        };
        written.push(Written { who: driver.clone(), call, answer });
    }
    // Only what is read from the file again is surely there.
    rig.crash().await;
    nothing_is_lost_or_doubled(written).await;
    rig.end_sound().await;
}

testkit::on_both! {
    async fn a_service_that_is_asked_to_end_answers_what_it_took_up(database: TestDatabase) {
        let _turn = alone().await;
        let mut rig = Rig::start(&database, 0).await;
        let load = Load::start(&rig.people, 16, SHORT).await;
        let mut longest_stop = Duration::ZERO;
        for _ in 0..10 {
            sleep(Duration::from_millis(300)).await;
            longest_stop = longest_stop.max(rig.stop().await);
            rig.serve().await;
        }
        sleep(Duration::from_millis(300)).await;
        let (tries, written) = load.end().await;
        let unanswered = tries.iter().filter(|one| matches!(one.outcome, Outcome::Unanswered)).count();
        let replayed = written.iter().filter(|one| one.answer.replayed).count();
        println!(
            "{} tries, {unanswered} unanswered, {replayed} done but not answered, longest stop {longest_stop:?}",
            tries.len()
        );
        assert!(unanswered > 0, "the service was stopped under load");
        assert_eq!(replayed, 0, "whatever was done was answered");
        assert!(longest_stop < Duration::from_secs(10));
        nothing_is_lost_or_doubled(written).await;
        rig.end_sound().await;
    }
}

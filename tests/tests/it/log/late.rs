//! Entries that commit late, and builders that race: nothing is skipped, nothing comes twice.

use std::path::Path;

use domain::{case::Case, digest::Digest, event::Event, identifiers::CaseId, journal::Actor};
use kuaichu::{
    settings::Settings,
    startup::{self, Service},
};
use sqlx::{Connection as _, Executor as _, PgConnection};
use store::{Location, Work};
use tempfile::TempDir;
use testkit::{TestDatabase, on_both};
use uuid::Uuid;

use crate::support::configuration;

const CASES: &str = include_str!("../../../../crates/domain/testdata/case-v1.json");

/// Processes of the service that nobody asks anything, on one database.
async fn built(database: &TestDatabase, folder: &TempDir) -> Service {
    let text = configuration(&database.address(), folder.path(), "http://127.0.0.1:9");
    let settings = Settings::parse(&text, Path::new("test.toml"), []).unwrap();
    startup::build(&settings, &settings.addresses(settings.server.bind)).await.unwrap()
}

/// A new case with this many entries in its journal; gives the hash of the last.
async fn recorded(service: &Service, number: u128, entries: usize) -> Digest {
    let cases: Vec<Case> = serde_json::from_str(CASES).unwrap();
    let mut case = cases.into_iter().find(|case| case.stage.name() == "collecting").unwrap();
    case.id = CaseId(Uuid::from_u128(number));
    let mut random = [0; 10];
    random[0] = u8::try_from(number % 32).unwrap();
    random[1] = u8::try_from(number / 32).unwrap();
    case.number = domain::identifiers::CaseNumber::new("20260302", random).unwrap();
    let mut work = Work::new();
    for _ in 0..entries {
        let now = service.app.now();
        let (head, sealed) =
            case.journal.append(case.id, now, Actor::Service, &Event::CaseQueued {}).unwrap();
        case.journal = head;
        work.journal(sealed);
    }
    work.insert_case(&mut case).unwrap();
    service.app.store().commit(work).await.unwrap();
    case.journal.hash
}

/// Writes an entry of case 1 and does not commit it.
async fn hanging(database: &TestDatabase, sequence: i64, hash: Digest) -> PgConnection {
    let Location::Postgres(address) = database.location() else { panic!("only where many write at once") };
    let mut connection = PgConnection::connect(&address).await.unwrap();
    let entry = format!(
        "BEGIN; INSERT INTO journal (case_id, sequence, at, kind, entry, previous, hash) \
         SELECT case_id, {sequence}, at, kind, entry, previous, '{hash}' FROM journal WHERE sequence = 1 \
         AND case_id = '{}'",
        Uuid::from_u128(1)
    );
    connection.execute(sqlx::AssertSqlSafe(entry)).await.unwrap();
    connection
}

async fn commit(mut connection: PgConnection) {
    connection.execute("COMMIT").await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_commits_after_later_ones_comes_into_the_log_all_the_same() {
    let (database, folder) = (TestDatabase::postgres().await, tempfile::tempdir().unwrap());
    let service = built(&database, &folder).await;
    let store = service.app.store();
    recorded(&service, 1, 2).await;
    service.app.settle_log().await.unwrap();
    let (late, never) = (Digest::of(b"late"), Digest::of(b"never"));
    let slow = hanging(&database, 3, late).await;
    let mut lost = hanging(&database, 4, never).await;
    lost.execute("ROLLBACK").await.unwrap();
    let later = recorded(&service, 2, 3).await;
    service.app.settle_log().await.unwrap();
    assert_eq!((store.find_leaf(late).await.unwrap(), store.log_size().await.unwrap()), (None, 5));
    assert_eq!(store.find_leaf(later).await.unwrap(), Some(4));
    commit(slow).await;
    service.app.settle_log().await.unwrap();
    assert_eq!((store.find_leaf(late).await.unwrap(), store.log_size().await.unwrap()), (Some(5), 6));
    assert_eq!(store.newest_checkpoint().await.unwrap().unwrap().size, 6);
    assert_eq!(store.find_leaf(never).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_commits_late_is_found_by_a_builder_that_never_saw_the_gap() {
    let (database, folder) = (TestDatabase::postgres().await, tempfile::tempdir().unwrap());
    let first = built(&database, &folder).await;
    recorded(&first, 1, 2).await;
    let late = Digest::of(b"late");
    let slow = hanging(&database, 3, late).await;
    recorded(&first, 2, 3).await;
    first.app.settle_log().await.unwrap();
    commit(slow).await;
    let second = built(&database, &folder).await;
    assert_eq!(second.app.store().last_logged_position().await.unwrap(), 6);
    second.app.settle_log().await.unwrap();
    assert_eq!(second.app.store().find_leaf(late).await.unwrap(), Some(5));
}

on_both! {
    async fn builders_that_race_lose_harmlessly_and_leave_a_whole_log(database: TestDatabase) {
        let folder = tempfile::tempdir().unwrap();
        let one = built(&database, &folder).await;
        // SQLite serves one process.
        let two = match database.location() {
            Location::Sqlite(_) => one.clone(),
            Location::Postgres(_) => built(&database, &folder).await,
        };
        let write = async {
            for number in 1..40 {
                recorded(&one, number, 5).await;
            }
        };
        let build = async |service: &Service| {
            while service.app.store().log_size().await.unwrap() < 39 * 5 {
                service.app.advance_log(true).await.unwrap();
            }
        };
        tokio::join!(write, build(&one), build(&two));
        one.app.settle_log().await.unwrap();
        let store = one.app.store();
        assert_eq!(store.log_size().await.unwrap(), 39 * 5);
        let known = app::KnownLog { key: Some(one.app.log_key()), pinned: None };
        let check = app::check_log(store, known, one.app.now()).await.unwrap();
        let faults: Vec<_> = check.faults.iter().filter(|fault| !fault.starts_with("case ")).collect();
        assert!(faults.is_empty() && check.waiting == 0 && check.checkpoints > 2, "{check:?}");
    }
}

//! The schema comes up whole: twice, from several at once, and after a process was killed in the middle.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use store::Location;
use testkit::TestDatabase;

use crate::fixtures::*;

/// Names the database that a test program started by a test is to migrate, instead of testing.
const MIGRATE: &str = "KUAICHU_TEST_MIGRATE";

const ROUNDS: u64 = 30;

/// Not a test of its own: what the killed process does. Started by the tests below with [`MIGRATE`] set.
#[tokio::test(flavor = "multi_thread")]
async fn migrates_when_told_to() {
    let Ok(address) = std::env::var(MIGRATE) else { return };
    let location = match address.strip_prefix("sqlite://") {
        Some(path) => Location::Sqlite(path.into()),
        None => Location::Postgres(address),
    };
    store::migrate(&location).await.unwrap();
}

/// Another process that migrates this database.
fn process(database: &TestDatabase) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "migrating::migrates_when_told_to"]).env(MIGRATE, database.address());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The names of all tables, and of the migrations that ran.
async fn schema(database: &TestDatabase) -> Vec<String> {
    let (backend, tables) = match database.location() {
        Location::Sqlite(_) => (
            DbBackend::Sqlite,
            "SELECT name AS t FROM sqlite_master WHERE type IN ('table', 'index') ORDER BY 1",
        ),
        Location::Postgres(_) => (
            DbBackend::Postgres,
            "SELECT indexname::text AS t FROM pg_indexes WHERE schemaname = 'public' \
             UNION SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
        ),
    };
    let connection = Database::connect(database.address()).await.unwrap();
    let mut names = Vec::new();
    for sql in [tables, "SELECT version AS t FROM seaql_migrations ORDER BY 1"] {
        let rows = connection.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
        names.extend(rows.iter().map(|row| row.try_get::<String>("", "t").unwrap()));
    }
    connection.close().await.unwrap();
    names
}

/// Kills one migrating process after another, each a little later, until one has come to its end or the rounds
/// are over; then migrates for good.
async fn survives_kills(database: &TestDatabase, whole: &[String]) {
    let mut killed = 0;
    for round in 0..ROUNDS {
        let mut child = process(database).spawn().unwrap();
        // The whole run takes some 20 to 60 ms here; the start of the program is part of it.
        std::thread::sleep(Duration::from_micros(round * 2_000 + round * round % 7 * 300));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
    }
    store::migrate(&database.location()).await.unwrap();
    assert_eq!(schema(database).await, whole);
    let store = database.open().await;
    let case = stored(&store, "waiting", 1, 1).await;
    assert_eq!(read(&store, &case).await, Some(case));
    assert!(killed > 0, "no process was killed in time");
}

testkit::on_both! {
    async fn migrating_again_changes_nothing_and_keeps_the_rows(database: TestDatabase) {
        let case = stored(&database.open().await, "waiting", 1, 2).await;
        let before = schema(&database).await;
        store::migrate(&database.location()).await.unwrap();
        assert_eq!(schema(&database).await, before);
        assert_eq!(read(&database.open().await, &case).await, Some(case));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn six_processes_that_start_together_migrate_once() {
    for database in [TestDatabase::empty_sqlite(), TestDatabase::empty_postgres().await] {
        let children: Vec<_> = (0..6).map(|_| process(&database).spawn().unwrap()).collect();
        for child in children {
            assert!(child.wait_with_output().unwrap().status.success());
        }
        assert_eq!(schema(&database).await, schema(&migrated_like(&database).await).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_while_it_migrates_leaves_a_schema_that_the_next_one_completes() {
    for database in [TestDatabase::empty_sqlite(), TestDatabase::empty_postgres().await] {
        let whole = schema(&migrated_like(&database).await).await;
        survives_kills(&database, &whole).await;
    }
}

async fn migrated_like(database: &TestDatabase) -> TestDatabase {
    match database.location() {
        Location::Sqlite(_) => TestDatabase::sqlite().await,
        Location::Postgres(_) => TestDatabase::postgres().await,
    }
}

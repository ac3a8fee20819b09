//! The databases that tests get: fresh, apart from each other, and gone afterwards.

use sqlx::{Connection, PgConnection};
use store::Location;
use testkit::TestDatabase;

testkit::on_both! {
    async fn a_test_database_is_migrated_and_opens(database: TestDatabase) {
        let store = database.open().await;
        store.ping().await.unwrap();
        store.close().await.unwrap();
    }

    async fn migrating_again_changes_nothing(database: TestDatabase) {
        store::migrate(&database.location()).await.unwrap();
        database.open().await.ping().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sqlite_test_has_a_file_of_its_own_and_leaves_none() {
    let (one, other) = tokio::join!(TestDatabase::sqlite(), TestDatabase::sqlite());
    assert_ne!(one.location(), other.location());
    let Location::Sqlite(path) = one.location() else { panic!("a SQLite file was asked for") };
    assert!(path.exists());
    drop(one);
    assert!(!path.parent().unwrap().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_postgres_tests_start_at_once_and_leave_no_database() {
    let starts: Vec<_> = (0..12).map(|_| tokio::spawn(TestDatabase::postgres())).collect();
    let mut databases = Vec::new();
    for start in starts {
        databases.push(start.await.unwrap());
    }
    let held_open = databases[0].open().await;
    let addresses: Vec<_> = databases.iter().map(TestDatabase::address).collect();
    drop(databases);
    for address in addresses {
        let outcome = PgConnection::connect(&address).await;
        assert!(
            outcome.is_err_and(|error| error.to_string().contains("does not exist")),
            "{address} is still there"
        );
    }
    assert!(held_open.ping().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_can_be_migrated_by_two_at_once() {
    for database in [TestDatabase::empty_sqlite(), TestDatabase::empty_postgres().await] {
        let location = database.location();
        let (one, other) = tokio::join!(store::migrate(&location), store::migrate(&location));
        one.unwrap();
        other.unwrap();
        database.open().await.ping().await.unwrap();
    }
}

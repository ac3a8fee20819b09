//! A fresh database for each test, on either dialect, gone when the test is.

use store::{Location, Store};

use crate::{postgres::PostgresDatabase, sqlite::SqliteFile};

/// A database that only this test knows. Dropping it deletes it, whoever is still connected.
#[derive(Debug)]
pub struct TestDatabase {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Sqlite(SqliteFile),
    Postgres(PostgresDatabase),
}

impl TestDatabase {
    /// A migrated SQLite file.
    pub async fn sqlite() -> Self {
        Self { place: Place::Sqlite(SqliteFile::migrated().await) }
    }

    /// A migrated database on the server that `KUAICHU_TEST_POSTGRES` names. Panics without one: a test of
    /// PostgreSQL that quietly did not run would look passed.
    pub async fn postgres() -> Self {
        Self { place: Place::Postgres(PostgresDatabase::migrated().await) }
    }

    /// The path of a SQLite file that does not exist yet; for tests of the migrations.
    pub fn empty_sqlite() -> Self {
        Self { place: Place::Sqlite(SqliteFile::empty()) }
    }

    /// A PostgreSQL database without any table; for tests of the migrations.
    pub async fn empty_postgres() -> Self {
        Self { place: Place::Postgres(PostgresDatabase::empty().await) }
    }

    /// Where it is, as the service is told.
    pub fn location(&self) -> Location {
        match &self.place {
            Place::Sqlite(file) => file.location(),
            Place::Postgres(database) => database.location(),
        }
    }

    /// Where it is, as a text for a configuration file: `sqlite://` with a path, or `postgres://`.
    pub fn address(&self) -> String {
        match self.location() {
            Location::Sqlite(path) => format!("sqlite://{}", path.display()),
            Location::Postgres(address) => address,
        }
    }

    /// Opens it.
    pub async fn open(&self) -> Store {
        Store::open(&self.location()).await.expect("a fresh database that opens")
    }
}

/// Makes two tests of one body, named `sqlite` and `postgres`, in a module with the body's name:
///
/// ```
/// testkit::on_both! {
///     async fn a_committed_case_is_found(database: TestDatabase) {
///         let store = database.open().await;
///     }
/// }
/// ```
///
/// The body gets a migrated [`TestDatabase`] of its own. Several functions may stand in one call. Needs
/// `tokio` among the dev-dependencies of the crate that uses it.
#[macro_export]
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: TestDatabase) $body:block)+) => {$(
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports, clippy::wildcard_imports)]
            use super::*;

            async fn body($database: $crate::TestDatabase) $body

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                body($crate::TestDatabase::sqlite().await).await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                body($crate::TestDatabase::postgres().await).await;
            }
        }
    )+};
}

//! Opening the database: the options that keep an answered write, and migrations behind a lock.

use std::{path::PathBuf, time::Duration};

use migrations::Migrator;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement};
use sea_orm_migration::MigratorTrait;

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// A server; the address may hold a password and must not be logged.
    Postgres(String),
}

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// SQLite before 3.51.3 can lose committed rows when a write-ahead log is reset.
    #[error("SQLite {0} is too old: 3.51.3 or newer is needed")]
    SqliteTooOld(String),
    /// The lock that keeps two processes from migrating at once.
    #[error("cannot lock the database for migration: {0}")]
    Lock(#[source] std::io::Error),
    /// Anything else.
    #[error("cannot open the database")]
    Database(#[from] DbErr),
}

/// Connections for reading and for writing.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    pub(crate) read: DatabaseConnection,
    pub(crate) write: DatabaseConnection,
    /// How many groups of writes may be under way at once: one on SQLite.
    pub(crate) writers: usize,
}

impl Connections {
    pub(crate) async fn open(location: &Location) -> Result<Self, ConnectError> {
        match location {
            Location::Sqlite(_) => {
                let write = Database::connect(sqlite_options(location, 1)).await?;
                require_safe_sqlite(&write).await?;
                let read = Database::connect(sqlite_options(location, 8)).await?;
                Ok(Self { read, write, writers: 1 })
            }
            Location::Postgres(_) => {
                let write = Database::connect(postgres_options(location, 4)).await?;
                let read = Database::connect(postgres_options(location, 8)).await?;
                Ok(Self { read, write, writers: 4 })
            }
        }
    }
}

fn address(location: &Location) -> String {
    match location {
        Location::Sqlite(path) => format!("sqlite://{}?mode=rwc", path.display()),
        Location::Postgres(address) => address.clone(),
    }
}

fn pool(location: &Location, most: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(address(location));
    options
        .max_connections(most)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(1))
        .test_before_acquire(false)
        .sqlx_logging(false);
    options
}

fn sqlite_options(location: &Location, most: u32) -> ConnectOptions {
    use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
    let mut options = pool(location, most);
    options.map_sqlx_sqlite_opts(|options| {
        options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("cache_size", "-20000")
            .pragma("temp_store", "memory")
            // 16 MB of log: pages that many commits change are written back once.
            .pragma("wal_autocheckpoint", "4000")
            // One text for each number of rows of each table that a group of writes may insert.
            .statement_cache_capacity(512)
            .create_if_missing(true)
    });
    options
}

fn postgres_options(location: &Location, most: u32) -> ConnectOptions {
    let mut options = pool(location, most);
    options.map_sqlx_postgres_opts(|options| {
        options.options([
            ("lock_timeout", "800"),
            ("statement_timeout", "5000"),
            ("idle_in_transaction_session_timeout", "10000"),
        ])
    });
    options
}

async fn require_safe_sqlite(db: &DatabaseConnection) -> Result<(), ConnectError> {
    let row =
        db.query_one_raw(Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version() AS v")).await?;
    let version: String = row.ok_or_else(|| DbErr::Custom("no version".to_owned()))?.try_get("", "v")?;
    if is_safe_sqlite(&version) { Ok(()) } else { Err(ConnectError::SqliteTooOld(version)) }
}

fn is_safe_sqlite(version: &str) -> bool {
    let parts: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
    parts.as_slice() >= [3, 51, 3].as_slice()
}

/// Brings the schema up to date. Two processes that start together do it one after the other; a crash in the
/// middle leaves the schema of before or after one migration.
pub async fn migrate(location: &Location) -> Result<(), ConnectError> {
    match location {
        Location::Sqlite(path) => {
            let lock_path = path.with_extension("migrating");
            let lock = tokio::task::spawn_blocking(move || {
                let file = std::fs::File::create(lock_path)?;
                file.lock().map(|()| file)
            });
            let _held =
                lock.await.map_err(|error| ConnectError::Lock(error.into()))?.map_err(ConnectError::Lock)?;
            let db = Database::connect(sqlite_options(location, 1)).await?;
            require_safe_sqlite(&db).await?;
            Migrator::up(&db, None).await?;
            db.close().await?;
        }
        Location::Postgres(_) => {
            let mut options = pool(location, 1);
            options.acquire_timeout(Duration::from_secs(10));
            let lock = Database::connect(options.clone()).await?;
            lock.execute_unprepared("SELECT pg_advisory_lock(7101746521)").await?;
            let db = Database::connect(options).await?;
            Migrator::up(&db, None).await?;
            db.close().await?;
            lock.close().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_safe_sqlite;

    #[test]
    fn sqlite_before_3_51_3_is_refused() {
        for (version, safe) in [
            ("3.51.3", true),
            ("3.52.0", true),
            ("4.0.0", true),
            ("3.51.2", false),
            ("3.46.0", false),
            ("", false),
        ] {
            assert_eq!(is_safe_sqlite(version), safe, "{version}");
        }
    }
}

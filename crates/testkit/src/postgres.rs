//! PostgreSQL: a template migrated once per test program, then one database for each test.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use store::Location;
use tokio::sync::OnceCell;

/// The address of a throw-away server, with a user who may create databases.
const VARIABLE: &str = "KUAICHU_TEST_POSTGRES";

/// Held while a template is made; any number that nobody else locks.
const TEMPLATE_LOCK: i64 = 7_101_746_522;

/// `object_in_use`: a session of a moment ago is still closing.
const IN_USE: &str = "55006";

static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A database of one test; dropped with it, whoever is still connected.
#[derive(Debug)]
pub(crate) struct PostgresDatabase {
    name: String,
}

impl PostgresDatabase {
    pub(crate) async fn empty() -> Self {
        Self::create("template0").await
    }

    pub(crate) async fn migrated() -> Self {
        Self::create(TEMPLATE.get_or_init(template).await).await
    }

    pub(crate) fn location(&self) -> Location {
        Location::Postgres(address_of(&admin_address(), &self.name))
    }

    async fn create(template: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("kuaichu_test_{}_{number}", std::process::id());
        let mut admin = connect(&admin_address()).await;
        // The number of a dead process may come again.
        execute(&mut admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        execute(&mut admin, &format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")).await;
        close(admin).await;
        Self { name }
    }
}

impl Drop for PostgresDatabase {
    /// On a thread of its own, because the test's runtime may be ending. A database that stays behind on a
    /// throw-away server hurts nobody, so a failure is not the test's.
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let drop_it = move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                let mut admin = connect(&admin_address()).await;
                execute(&mut admin, &statement).await;
                close(admin).await;
            });
        };
        let _ = std::thread::spawn(drop_it).join();
    }
}

/// Makes the migrated template of this test program, or finds it made by another of its processes.
async fn template() -> String {
    let name = template_name();
    let mut admin = connect(&admin_address()).await;
    execute(&mut admin, &format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut admin)
        .await
        .expect("the list of databases");
    if !exists {
        // Under another name until it is whole: a process that dies here leaves no half-migrated template.
        let draft = format!("{name}_draft");
        execute(&mut admin, &format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)")).await;
        execute(&mut admin, &format!("CREATE DATABASE {draft} TEMPLATE template0")).await;
        let location = Location::Postgres(address_of(&admin_address(), &draft));
        store::migrate(&location).await.expect("migrations that run on an empty PostgreSQL database");
        execute(&mut admin, &format!("ALTER DATABASE {draft} RENAME TO {name}")).await;
    }
    close(admin).await;
    name
}

/// The same for all processes of one build of a test program; another build may have other migrations.
fn template_name() -> String {
    let mut hasher = DefaultHasher::new();
    let program = std::env::current_exe().expect("the test program");
    let built = program.metadata().and_then(|data| data.modified()).expect("when the test program was built");
    (program, built).hash(&mut hasher);
    format!("kuaichu_template_{:016x}", hasher.finish())
}

fn admin_address() -> String {
    std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!("no PostgreSQL: run `cargo xtask test`, or set {VARIABLE} to a throw-away server")
    })
}

async fn connect(address: &str) -> PgConnection {
    let options = PgConnectOptions::from_str(address)
        .unwrap_or_else(|_| panic!("{VARIABLE} is not an address such as postgres://user@host/database"));
    PgConnection::connect_with(&options)
        .await
        .unwrap_or_else(|error| panic!("the server in {VARIABLE} does not answer: {error}"))
}

async fn close(connection: PgConnection) {
    connection.close().await.expect("a connection that closes");
}

/// Runs one administrative statement; again when a closing session of a moment ago is in the way
/// (PostgreSQL itself waits five seconds before it says so).
async fn execute(connection: &mut PgConnection, statement: &str) {
    let mut tries = 0;
    loop {
        tries += 1;
        let outcome =
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut *connection).await;
        match outcome {
            Ok(_) => return,
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(IN_USE) && tries < 6 => {}
            Err(error) => panic!("PostgreSQL refuses `{statement}`: {error}"),
        }
    }
}

/// `address` with another database: what stands between the host and the question mark.
fn address_of(address: &str, database: &str) -> String {
    let (front, parameters) = match address.split_once('?') {
        Some((front, parameters)) => (front, format!("?{parameters}")),
        None => (address, String::new()),
    };
    let (scheme, rest) = front.split_once("://").unwrap_or(("postgres", front));
    let authority = rest.split('/').next().unwrap_or_default();
    format!("{scheme}://{authority}/{database}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::address_of;

    #[test]
    fn only_the_database_changes_in_an_address() {
        for (address, expected) in [
            ("postgres://k@localhost/postgres?host=/tmp/x", "postgres://k@localhost/t?host=/tmp/x"),
            ("postgres://k:p@db:5433/postgres", "postgres://k:p@db:5433/t"),
            ("postgresql://db", "postgresql://db/t"),
            ("postgres://db?sslmode=disable", "postgres://db/t?sslmode=disable"),
        ] {
            assert_eq!(address_of(address, "t"), expected);
        }
    }
}

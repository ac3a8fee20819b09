//! A PostgreSQL server of one test, which may break it. Its programs are those of the server that all tests share.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

/// The server that all tests share.
const SHARED: &str = "KUAICHU_TEST_POSTGRES";
/// Longest start, recovery included.
const START: Duration = Duration::from_secs(30);

/// A running server. Dropping it kills it.
pub(crate) struct OwnPostgres {
    programs: PathBuf,
    folder: TempDir,
    server: Child,
}

impl OwnPostgres {
    /// Starts an empty server, which keeps an answered commit when it is killed, but not when the machine is.
    pub(crate) async fn start() -> Self {
        let shared =
            std::env::var(SHARED).expect("the address of a throw-away server, see `cargo xtask test`");
        let mut shared = PgConnection::connect(&shared).await.unwrap();
        let programs: String = sqlx::query_scalar("SELECT setting FROM pg_config() WHERE name = 'BINDIR'")
            .fetch_one(&mut shared)
            .await
            .unwrap();
        let programs = PathBuf::from(programs);
        let folder = tempfile::Builder::new().prefix("kuaichu-postgres-").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let mut make = as_owner(&programs.join("initdb"), folder.path());
        make.args(["--username=kuaichu", "--auth=trust", "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8"]);
        let made = make.arg("--pgdata").arg(folder.path().join("data")).stdout(Stdio::null()).status().await;
        assert!(made.unwrap().success(), "initdb");
        let server = serve(&programs, folder.path());
        let own = Self { programs, folder, server };
        own.ready().await;
        own
    }

    /// The address of the database that is there from the start.
    pub(crate) fn address(&self) -> String {
        format!("postgres://kuaichu@localhost/postgres?host={}", self.folder.path().display())
    }

    /// A session of its own.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.address()).await.unwrap()
    }

    /// Breaks off every session and ends without tidying up; starts again and recovers.
    pub(crate) async fn restart_immediately(&mut self) {
        let id = self.server.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", "QUIT", &id]).status().await.unwrap().success());
        self.server.wait().await.unwrap();
        self.server = serve(&self.programs, self.folder.path());
        self.ready().await;
    }

    async fn ready(&self) {
        let answers = async {
            while PgConnection::connect(&self.address()).await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(START, answers).await.expect("PostgreSQL starts");
    }
}

fn serve(programs: &Path, folder: &Path) -> Child {
    let mut command = as_owner(&programs.join("postgres"), folder);
    command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
    for setting in ["listen_addresses=", "max_connections=100", "fsync=off", "full_page_writes=off"] {
        command.args(["-c", setting]);
    }
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("server.log")).unwrap();
    command.stdout(Stdio::null()).stderr(log).kill_on_drop(true).spawn().unwrap()
}

/// PostgreSQL refuses to run as root; then it runs as the user `postgres`.
fn as_owner(program: &Path, folder: &Path) -> Command {
    let root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut command = if root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(folder).env("HOME", folder).stdin(Stdio::null());
    command
}

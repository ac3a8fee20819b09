//! A throw-away PostgreSQL: its own folder, a socket and no port, gone when we are.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    process::{self, Companion, Trouble, While, run},
    setup,
};

/// The only database user; `trust`, because only this machine reaches the socket.
const USER: &str = "kuaichu";
const PREFIX: &str = "kuaichu-postgres-";

/// Whether an answered commit is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// fsync off: for tests, which throw the data away.
    Fast,
    /// As PostgreSQL is delivered: for measurements.
    Durable,
}

/// A running server; dropping it stops it and deletes its folder.
#[derive(Debug)]
pub(crate) struct Postgres {
    // In this order: the server goes first, then its folder.
    server: Companion,
    folder: TempDir,
    programs: PathBuf,
}

impl Postgres {
    /// Installs PostgreSQL if need be and starts a server in a second or two.
    pub(crate) fn start(durability: Durability) -> Result<Self, Trouble> {
        let programs = programs()?;
        let parent = match durability {
            Durability::Fast => std::env::temp_dir(),
            // Not the temporary folder: it may be in memory, where a commit costs nothing.
            Durability::Durable => PathBuf::from("/var/tmp"),
        };
        sweep(&parent);
        let folder = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", std::process::id()))
            .permissions(fs::Permissions::from_mode(0o711))
            .tempdir_in(parent)
            .while_doing("make a folder for PostgreSQL")?;
        if setup::is_root() {
            run(Command::new("chown").arg("postgres:").arg(folder.path()))?;
        }
        initialise(&programs, folder.path())?;
        let server = serve(&programs, folder.path(), durability)?;
        Ok(Self { server, folder, programs })
    }

    /// The address of `database`; `postgres` is there from the start, and the user may create others.
    pub(crate) fn address(&self, database: &str) -> String {
        format!("postgres://{USER}@localhost/{database}?host={}", self.folder.path().display())
    }

    /// Waits until the server ends by itself.
    pub(crate) fn wait(&mut self) -> Result<(), Trouble> {
        self.server.wait()
    }

    /// PostgreSQL's own load generator, which comes with the server.
    pub(crate) fn pgbench(&self) -> PathBuf {
        let beside = self.programs.join("pgbench");
        if setup::is_program(&beside) { beside } else { setup::find("pgbench").unwrap_or(beside) }
    }
}

/// The folder with `initdb`: in PATH, or Debian's, newest first.
fn programs() -> Result<PathBuf, Trouble> {
    if let Some(folder) = find_programs() {
        return Ok(folder);
    }
    setup::install(&["postgresql"], "PostgreSQL")?;
    find_programs().ok_or_else(|| Trouble::new("PostgreSQL was installed, but initdb is nowhere"))
}

fn find_programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    debian
        .map(|entry| entry.path())
        .filter(|path| setup::is_program(&path.join("bin/initdb")))
        .max_by_key(version)
        .map(|path| path.join("bin"))
        .or_else(|| setup::find("initdb")?.parent().map(Path::to_path_buf))
}

/// A command that runs as the user `postgres` when we are root, whom PostgreSQL refuses, and ends with us:
/// an interrupt closes every session at once, where SIGTERM would wait for them.
fn as_owner(program: PathBuf, folder: &Path) -> Command {
    let mut command = process::tied("INT", program);
    if setup::is_root() {
        let tied = command;
        command = Command::new(process::TIE);
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        command.arg(tied.get_program()).args(tied.get_args());
    }
    command.current_dir(folder).env("HOME", folder).env_remove("PGDATA");
    command
}

fn initialise(programs: &Path, folder: &Path) -> Result<(), Trouble> {
    let log = folder.join("initdb.log");
    let output = fs::File::create(&log).while_doing("write the log of initdb")?;
    run(as_owner(programs.join("initdb"), folder)
        .arg("--pgdata")
        .arg(folder.join("data"))
        .args(["--username", USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"])
        .stdout(output))
}

fn serve(programs: &Path, folder: &Path, durability: Durability) -> Result<Companion, Trouble> {
    let path = folder.join("server.log");
    let log = fs::File::create(&path).while_doing("write the log of PostgreSQL")?;
    let mut command = as_owner(programs.join("postgres"), folder);
    command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder).stdout(Stdio::null()).stderr(log);
    for setting in settings(durability) {
        command.args(["-c", setting]);
    }
    let mut server = Companion::start(&mut command, "INT")?;
    let ready = || {
        let mut ask = Command::new(programs.join("pg_isready"));
        ask.arg("--quiet").arg("--host").arg(folder).args(["--username", USER, "--dbname", "postgres"]);
        run(&mut ask).is_ok()
    };
    server.wait_until(Duration::from_secs(60), ready).map_err(|trouble| {
        let log = fs::read_to_string(&path).unwrap_or_default();
        let last = log.lines().last().unwrap_or("its log is empty").to_owned();
        Trouble::new(format!("PostgreSQL: {trouble} ({last})"))
    })?;
    Ok(server)
}

fn settings(durability: Durability) -> &'static [&'static str] {
    match durability {
        Durability::Fast => &[
            "listen_addresses=",
            "max_connections=300",
            "shared_buffers=128MB",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ],
        Durability::Durable => &["listen_addresses=", "max_connections=300", "shared_buffers=128MB"],
    }
}

/// Deletes the folders of runs that were killed before they could.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(owner_of);
        if owner.is_some_and(|process| !Path::new("/proc").join(process).exists())
            && Path::new("/proc/self").exists()
        {
            // A folder that cannot be deleted belongs to somebody else.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The process id in a folder's name.
fn owner_of(name: &str) -> Option<&str> {
    let process = name.strip_prefix(PREFIX)?.split('-').next()?;
    process.bytes().all(|byte| byte.is_ascii_digit()).then_some(process).filter(|digits| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_this_command_are_swept() {
        assert_eq!(owner_of("kuaichu-postgres-4711-Ab3dEf"), Some("4711"));
        for other in ["kuaichu-postgres-", "kuaichu-postgres-x-1", "postgres-4711-a", "kuaichu-photos-1-a"] {
            assert_eq!(owner_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_folder_of_a_living_process_stays_and_of_a_dead_one_goes() {
        let parent = tempfile::tempdir().unwrap();
        let ours = parent.path().join(format!("{PREFIX}{}-a", std::process::id()));
        let dead = parent.path().join(format!("{PREFIX}999999999-a"));
        fs::create_dir(&ours).unwrap();
        fs::create_dir(&dead).unwrap();
        sweep(parent.path());
        assert!(ours.exists() && !dead.exists());
    }

    #[test]
    fn measurements_keep_the_promises_that_tests_give_up() {
        assert!(settings(Durability::Fast).contains(&"fsync=off"));
        let durable = settings(Durability::Durable);
        assert!(!durable.iter().any(|setting| setting.contains("off")));
    }
}

//! The programs under test as processes: where they are, when they are ready, how they end.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// The folder with the programs, for tests that are built elsewhere.
const VARIABLE: &str = "KUAICHU_PROGRAMS";
/// Stands before the address in the line that says a program is ready.
const READY: &str = " listens on ";
/// Longest start of a program in a debug build on a busy machine.
const START: Duration = Duration::from_secs(60);
/// Longest end after SIGTERM: the service lets requests finish for ten seconds.
const END: Duration = Duration::from_secs(20);

/// Why a process is not there or did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ProcessFailed {
    /// No such program.
    #[error("the program {0} is not built: cargo build --workspace --bins")]
    Absent(String),
    /// A file or process could not be made.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was tried.
        doing: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It did not become ready.
    #[error("{program} did not start: {said}")]
    NotReady {
        /// Which program.
        program: String,
        /// The last it wrote.
        said: String,
    },
    /// It ended with an error.
    #[error("{program} ended with {status}: {said}")]
    Ended {
        /// Which program.
        program: String,
        /// How.
        status: ExitStatus,
        /// The last it wrote.
        said: String,
    },
}

impl ProcessFailed {
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}

/// The folder with the built programs.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs in this folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The programs in the folder that `KUAICHU_PROGRAMS` names, or else beside this program; those of a test
    /// lie one folder up.
    pub fn find() -> Result<Self, ProcessFailed> {
        if let Some(folder) = env::var_os(VARIABLE) {
            return Ok(Self::in_folder(folder));
        }
        let program = env::current_exe().map_err(ProcessFailed::io("find this program"))?;
        let built = program.ancestors().skip(1).take(2).find(|folder| folder.join("kuaichu").is_file());
        built.map(Self::in_folder).ok_or_else(|| ProcessFailed::Absent("kuaichu".to_owned()))
    }

    /// A command that runs a program, without settings from this process's environment.
    pub fn command(&self, name: &str) -> Result<Command, ProcessFailed> {
        let path = self.folder.join(name);
        if !path.is_file() {
            return Err(ProcessFailed::Absent(name.to_owned()));
        }
        let mut command = Command::new(path);
        for (variable, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KUAICHU_"))
        {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        Ok(command)
    }
}

/// A server that has said where it listens. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    name: String,
    child: Child,
    address: String,
}

impl Server {
    /// Starts a server and waits for the line that says where it listens. What it logs goes to the end of `log`.
    pub async fn start(name: &str, mut command: Command, log: &Path) -> Result<Self, ProcessFailed> {
        let stderr = fs::OpenOptions::new().create(true).append(true).open(log);
        command.stderr(stderr.map_err(ProcessFailed::io(format!("write {}", log.display())))?);
        command.stdout(Stdio::piped());
        let mut child = command.spawn().map_err(ProcessFailed::io(format!("start {name}")))?;
        let not_ready = || ProcessFailed::NotReady { program: name.to_owned(), said: last_line(log) };
        let mut lines = BufReader::new(child.stdout.take().ok_or_else(not_ready)?).lines();
        let address = timeout(START, ready(&mut lines)).await.ok().flatten().ok_or_else(not_ready)?;
        // Whoever writes to a full pipe waits for ever.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { name: name.to_owned(), child, address })
    }

    /// Where it listens, such as `http://127.0.0.1:41234`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The process; `None` once it has ended.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it by SIGTERM and waits; kills it when it does not end.
    pub async fn stop(mut self) -> Result<(), ProcessFailed> {
        if let Some(id) = self.child.id() {
            let asked = Command::new("kill").args(["-s", "TERM"]).arg(id.to_string()).status().await;
            asked.map_err(ProcessFailed::io(format!("stop {}", self.name)))?;
        }
        match timeout(END, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => {
                let said = format!("it did not stop well within {} s", END.as_secs());
                Err(ProcessFailed::Ended { program: self.name, status, said })
            }
            Ok(Err(source)) => Err(ProcessFailed::io(format!("wait for {}", self.name))(source)),
            Err(_) => self.kill().await,
        }
    }

    /// Ends it by SIGKILL, in the middle of whatever it does.
    pub async fn kill(mut self) -> Result<(), ProcessFailed> {
        self.child.kill().await.map_err(ProcessFailed::io(format!("kill {}", self.name)))
    }
}

async fn ready(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, address)) = line.split_once(READY) {
            return Some(address.trim().to_owned());
        }
    }
    None
}

/// Runs a program to its end and gives what it printed.
pub async fn run(name: &str, mut command: Command) -> Result<String, ProcessFailed> {
    let output = command.output().await.map_err(ProcessFailed::io(format!("run {name}")))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    let complaints = String::from_utf8_lossy(&output.stderr);
    let said = complaints.lines().last().or(printed.lines().last()).unwrap_or("nothing").to_owned();
    Err(ProcessFailed::Ended { program: name.to_owned(), status: output.status, said })
}

fn last_line(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or("it wrote nothing").to_owned()
}

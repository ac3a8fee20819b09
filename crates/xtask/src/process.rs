//! Starting other programs: run to the end, read what they print, or keep one beside us until we go.

use std::{
    fmt,
    io::Read,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// What went wrong, in one line for a person.
#[derive(Debug)]
pub(crate) struct Trouble(String);

impl Trouble {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

/// Adds what was being done to an error that does not say it.
pub(crate) trait While<T> {
    /// `doing` reads on from "cannot", such as "read the city file".
    fn while_doing(self, doing: impl fmt::Display) -> Result<T, Trouble>;
}

impl<T, E: fmt::Display> While<T> for Result<T, E> {
    fn while_doing(self, doing: impl fmt::Display) -> Result<T, Trouble> {
        self.map_err(|error| Trouble(format!("cannot {doing}: {error}")))
    }
}

/// `cargo`, the same one that started us.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs to the end with the terminal as it is, without input.
pub(crate) fn run(command: &mut Command) -> Result<(), Trouble> {
    let name = name_of(command);
    let status = command.stdin(Stdio::null()).status().while_doing(format_args!("start {name}"))?;
    ended_well(&name, status)
}

/// Runs to the end and gives what it printed; its complaints go to the terminal.
pub(crate) fn read(command: &mut Command) -> Result<String, Trouble> {
    let name = name_of(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .while_doing(format_args!("start {name}"))?;
    let mut text = String::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_string(&mut text).while_doing(format_args!("read what {name} prints"))?;
    }
    let status = child.wait().while_doing(format_args!("wait for {name}"))?;
    ended_well(&name, status).map(|()| text)
}

fn ended_well(name: &str, status: ExitStatus) -> Result<(), Trouble> {
    if status.success() { Ok(()) } else { Err(Trouble(format!("{name}: {status}"))) }
}

/// The program and its first words, enough to know which one it was; without the `setpriv` before it.
fn name_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| word.to_string_lossy().into_owned());
    let mut words = words.skip_while(|word| word == TIE || word.starts_with("--"));
    let program = words.next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    std::iter::once(program).chain(words.take(2)).collect::<Vec<_>>().join(" ")
}

/// Runs a program with other privileges, or with a signal for the day its parent dies.
pub(crate) const TIE: &str = "setpriv";

/// A command whose process is told to stop with `signal` when we die, however we die. Where `setpriv` is
/// missing (outside Linux), an ordinary command.
pub(crate) fn tied(signal: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    if crate::setup::find(TIE).is_some() {
        let mut command = Command::new(TIE);
        command.arg(format!("--pdeathsig={signal}")).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// A process that is stopped when this is dropped: by signal first, by force after ten seconds.
#[derive(Debug)]
pub(crate) struct Companion {
    child: Child,
    signal: &'static str,
}

impl Companion {
    pub(crate) fn start(command: &mut Command, signal: &'static str) -> Result<Self, Trouble> {
        let name = name_of(command);
        let child = command.stdin(Stdio::null()).spawn().while_doing(format_args!("start {name}"))?;
        Ok(Self { child, signal })
    }

    /// Asks `ready` every 50 ms until it says yes; an error when the process ends or the time is over first.
    pub(crate) fn wait_until(&mut self, limit: Duration, ready: impl Fn() -> bool) -> Result<(), Trouble> {
        let start = Instant::now();
        while !ready() {
            if let Some(status) = self.child.try_wait().while_doing("look at a started process")? {
                return Err(Trouble(format!("it ended before it was ready: {status}")));
            }
            if start.elapsed() > limit {
                return Err(Trouble(format!("it was not ready after {} s", limit.as_secs())));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(&mut self) -> Result<(), Trouble> {
        self.child.wait().map(drop).while_doing("wait for a started process")
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        // `kill` of the standard library knows only SIGKILL, which would leave temporary files behind.
        let asked = Command::new("kill").arg("-s").arg(self.signal).arg(self.child.id().to_string()).status();
        let start = Instant::now();
        while asked.is_ok() && start.elapsed() < Duration::from_secs(10) {
            if self.has_ended() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Both fail only when the process has ended by itself in between.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_named() {
        let trouble = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err().to_string();
        assert!(trouble.contains("sh -c exit 3") && trouble.contains('3'), "{trouble}");
    }

    #[test]
    fn a_tied_program_is_named_by_its_own_name() {
        let mut command = tied("TERM", "/opt/bin/demo");
        assert_eq!(name_of(command.args(["--once", "a", "b"])), "demo --once a");
    }

    #[test]
    fn what_a_program_prints_can_be_read() {
        assert_eq!(read(Command::new("echo").arg("快处")).unwrap(), "快处\n");
    }

    #[test]
    fn a_companion_that_ends_early_is_noticed() {
        let mut companion = Companion::start(Command::new("sh").args(["-c", "exit 1"]), "TERM").unwrap();
        let trouble = companion.wait_until(Duration::from_secs(20), || false).unwrap_err();
        assert!(trouble.to_string().contains("ended before"), "{trouble}");
    }

    #[test]
    fn a_companion_is_stopped_with_us() {
        let companion = Companion::start(Command::new("sleep").arg("600"), "TERM").unwrap();
        let process = format!("/proc/{}", companion.child.id());
        drop(companion);
        assert!(!std::path::Path::new(&process).exists());
    }
}

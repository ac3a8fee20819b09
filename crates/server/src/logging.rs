//! The log: JSON to standard error, one event a line. Nothing that a sender chose can end a line or hide one,
//! because every text is a JSON string.

use std::panic::PanicHookInfo;

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt as _};

/// How much is logged of our own crates. Foreign crates log warnings only: at finer levels they print
/// addresses and headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Faults.
    Error,
    /// And what may become one.
    Warn,
    /// And one line for each request.
    Info,
    /// And single steps.
    Debug,
    /// Everything.
    Trace,
}

/// Our crates, as their names stand in events.
const OURS: [&str; 8] =
    ["kuaichu", "app", "store", "evidence", "documents", "adapters", "domain", "migrations"];

impl Level {
    /// Every level, from quiet to loud.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// The name used in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// The level of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    fn filter(self) -> EnvFilter {
        let foreign = if self == Self::Error { "error" } else { "warn" };
        let ours = OURS.map(|name| format!("{name}={}", self.name())).join(",");
        EnvFilter::new(format!("{foreign},{ours}"))
    }
}

/// A log exists in this process already.
#[derive(Debug, thiserror::Error)]
#[error("a log has been set up already")]
pub struct AlreadyLogging;

/// Starts the log of this process and sends panics there.
pub fn install(level: Level) -> Result<(), AlreadyLogging> {
    to_writer(level, std::io::stderr).try_init().map_err(|_| AlreadyLogging)?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

pub(crate) fn to_writer<W>(level: Level, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(level.filter())
        // It would be told to standard error, where it just failed, and that panics: a full disk must not end us.
        .log_internal_errors(false)
        .with_writer(writer)
        .finish()
}

/// Says where, not what: a panic's message may quote personal data.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let (file, line) = panic.location().map_or(("unknown", 0), |place| (place.file(), place.line()));
    tracing::error!(file, line, "panic");
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    /// A log kept in memory.
    #[derive(Clone, Default)]
    pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Memory {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: Level, event: impl FnOnce()) -> String {
        let memory = Memory::default();
        let writer = memory.clone();
        tracing::subscriber::with_default(to_writer(level, move || writer.clone()), event);
        memory.text()
    }

    #[test]
    fn one_event_is_one_line_of_json_whatever_a_sender_puts_in() {
        let hostile = "a\r\nb\u{1b}[31m\u{2028}\"}{\"level\":\"ERROR\"";
        let text = logged(Level::Info, || tracing::info!(target: "kuaichu", hostile, "event {hostile}"));
        assert_eq!(text.matches('\n').count(), 1);
        assert!(text.ends_with('\n') && !text.contains('\r') && !text.contains('\u{1b}'));
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["fields"]["hostile"], hostile);
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn foreign_crates_are_held_to_warnings() {
        let text = logged(Level::Trace, || {
            tracing::debug!(target: "reqwest::connect", "an address with a secret");
            tracing::warn!(target: "actix_http", "heard");
            tracing::trace!(target: "store::work", "heard");
        });
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn levels_are_known_by_name() {
        for level in Level::ALL {
            assert_eq!(Level::from_name(level.name()), Some(level));
        }
        assert_eq!(Level::from_name("loud"), None);
    }
}

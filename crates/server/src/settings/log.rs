//! Settings of the log: its key, its name, who cosigns and who timestamps it.

use std::path::{Path, PathBuf};

use adapters::transport::BaseUrl;
use chrono::TimeDelta;
use evidence::log::VerifierKey;

use super::read::Section;

const ADDRESS: &str =
    "must be an address such as https://witness.example.cn, https unless it is this machine";
const ORIGIN: &str = "must be a name without spaces and plus signs, such as kuaichu.example.cn/log";
const WITNESS_KEY: &str =
    "must be the key of a witness, such as court.example.cn/witness+1a2b3c4d+BA…, whose type is 4";

/// The log of all journals.
#[derive(Debug)]
pub struct LogSettings {
    /// File of the key that signs checkpoints; made at the first start.
    pub key_file: PathBuf,
    /// Its name, if it is set.
    origin: Option<String>,
    /// How long a checkpoint waits for more entries.
    pub interval: TimeDelta,
    /// Who cosigns checkpoints.
    pub witnesses: Vec<WitnessSettings>,
    /// Who timestamps the first checkpoint of a day.
    pub timestamp: Option<TimestampSettings>,
}

/// One witness.
#[derive(Debug)]
pub struct WitnessSettings {
    /// Where it takes checkpoints: `base_url/add-checkpoint`.
    pub base_url: BaseUrl,
    /// Its key.
    pub key: VerifierKey,
}

/// The timestamp authority.
#[derive(Debug)]
pub struct TimestampSettings {
    /// Where it takes requests.
    pub url: BaseUrl,
    /// PEM file of the certificates that its own must lead to.
    pub roots: Option<PathBuf>,
}

impl LogSettings {
    /// The name of the log, for a service that people reach at `public_url`: its host, without a port.
    pub fn origin(&self, public_url: &str) -> String {
        let rest = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        self.origin.clone().unwrap_or_else(|| format!("{host}/log"))
    }
}

/// The log's key lies beside the signing key, unless it is told where.
pub(super) fn log(section: &mut Section<'_>, signing_key: Option<&str>) -> Option<LogSettings> {
    let beside = Path::new(signing_key.unwrap_or_default()).with_file_name("log-key.pem");
    let key_file = section.optional("key_file").map_or(beside, PathBuf::from);
    let origin = match section.optional("origin") {
        Some(name) if name.contains([' ', '+']) || name.chars().any(char::is_control) => {
            section.fault("origin", ORIGIN)
        }
        origin => origin,
    };
    let seconds = section.number("checkpoint_seconds", 5, 1, 3600);
    let witnesses = section.within("witness", |all| all.each(|_, section| witness(section)));
    let timestamp = section.within("timestamp", timestamp);
    Some(LogSettings {
        key_file,
        origin,
        interval: TimeDelta::seconds(seconds?),
        witnesses: witnesses.into_iter().collect::<Option<_>>()?,
        timestamp: timestamp?,
    })
}

fn witness(section: &mut Section<'_>) -> Option<WitnessSettings> {
    let base_url = section.parsed("base_url", None, ADDRESS, str::parse::<BaseUrl>);
    let key = section.parsed("key", None, WITNESS_KEY, |text| {
        text.parse::<VerifierKey>().ok().filter(VerifierKey::is_witness).ok_or(())
    });
    Some(WitnessSettings { base_url: base_url?, key: key? })
}

/// The outer `None` is a fault, the inner one a city without an authority.
fn timestamp(section: &mut Section<'_>) -> Option<Option<TimestampSettings>> {
    if section.is_empty() {
        return Some(None);
    }
    let url = section.parsed("url", None, ADDRESS, str::parse::<BaseUrl>);
    let roots = section.optional("roots").map(PathBuf::from);
    Some(Some(TimestampSettings { url: url?, roots }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_called_after_the_host_whatever_the_port() {
        let settings = |origin: Option<&str>| LogSettings {
            key_file: PathBuf::new(),
            origin: origin.map(str::to_owned),
            interval: TimeDelta::seconds(5),
            witnesses: Vec::new(),
            timestamp: None,
        };
        for (url, expected) in [
            ("https://kuaichu.example.cn", "kuaichu.example.cn/log"),
            ("http://127.0.0.1:40123", "127.0.0.1/log"),
            ("https://[::1]:8080/app", "[::1]/log"),
            ("https://[::1]", "[::1]/log"),
        ] {
            assert_eq!(settings(None).origin(url), expected);
            assert_eq!(settings(Some("zibo/log")).origin(url), "zibo/log");
        }
    }
}

//! Settings: defaults ← TOML file ← environment (`KUAICHU_DATABASE__URL` is `database.url`), checked at start.
//!
//! Read in one go, so that all faults are told at once, one clear line each. A fault never quotes a value:
//! some are secrets. That, and a parser whose messages do not quote the file either, is why no configuration
//! library stands between; environment values stay text until a key asks for a number.

mod log;
mod read;
mod sections;
#[cfg(test)]
mod tests;

use std::{
    fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use adapters::{transport::BaseUrl, webhook::WebhookKey};
use app::Retention;
use chrono::TimeDelta;
use domain::identifiers::{InsurerCode, Phone};
use evidence::S3Place;
use secrecy::SecretString;
use store::Location;

use crate::logging::Level;
pub use log::{LogSettings, TimestampSettings, WitnessSettings};
pub use read::Fault;
use read::Source;

/// Read if it is there and no other file is named.
pub const DEFAULT_FILE: &str = "kuaichu.toml";
/// Environment variables that start like this and hold `__` are settings.
pub const ENVIRONMENT_PREFIX: &str = "KUAICHU_";

/// Everything a city can set; checked.
pub struct Settings {
    /// The server.
    pub server: ServerSettings,
    /// Where the database is. May hold a password.
    pub database: Location,
    /// Photos.
    pub photos: PhotoSettings,
    /// Where photos and documents are kept.
    pub objects: ObjectSettings,
    /// Recordings.
    pub recordings: RecordingSettings,
    /// Uploads in parts.
    pub uploads: UploadSettings,
    /// File of the signing key; made at the first start.
    pub key_file: PathBuf,
    /// Sign-in of drivers.
    pub wechat: WeChatSettings,
    /// Text messages.
    pub sms: SmsSettings,
    /// The insurers that take claims.
    pub insurers: Vec<InsurerSettings>,
    /// How long evidence is kept.
    pub retention: Retention,
    /// The unit printed on documents.
    pub unit_name: String,
    /// Whether the unit's seal is drawn on its documents, instead of a place left for one of ink.
    pub draws_seal: bool,
    /// The city's rule files, laid over those that came with the service.
    pub rules_folder: Option<PathBuf>,
    /// The duty phone of the patrol, told of every case handed over.
    pub patrol_phone: Option<Phone>,
    /// Tokens and sessions.
    pub sign_in: TokenSettings,
    /// The log of all journals.
    pub log: LogSettings,
    /// How much is logged.
    pub log_level: Level,
    addresses: AddressSettings,
}

/// The listening server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where it listens; port 0 lets the system choose.
    pub bind: SocketAddr,
    /// Threads that answer.
    pub workers: usize,
    /// Connections of the whole process.
    pub max_connections: usize,
}

/// Photos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoSettings {
    /// Folder that keeps photos and documents, or what is on its way to a bucket.
    pub directory: PathBuf,
    /// Most bytes of one photo.
    pub max_bytes: u64,
    /// Photos decoded at a time; each takes up to 256 MiB.
    pub workers: usize,
}

/// Where photos and documents are kept.
#[derive(Debug)]
pub enum ObjectSettings {
    /// In the folder of the photos.
    Folder,
    /// In a bucket that speaks S3.
    S3(S3Place),
}

/// Recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordingSettings {
    /// Most bytes of one recording that comes in one request.
    pub max_bytes: u64,
    /// Most bytes of one recording that comes in parts.
    pub max_upload_bytes: u64,
}

/// Uploads in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadSettings {
    /// Folder of unfinished uploads.
    pub directory: PathBuf,
    /// Most unfinished uploads of one account.
    pub max_open: u64,
    /// Most bytes of the unfinished uploads of one account.
    pub max_open_bytes: u64,
    /// Most bytes of one case, stored and on their way.
    pub max_case_bytes: u64,
    /// How long an upload is kept after its last byte came.
    pub life: TimeDelta,
}

/// The mini-program at WeChat.
#[derive(Debug)]
pub struct WeChatSettings {
    /// WeChat's servers, or a stand-in.
    pub base_url: BaseUrl,
    /// The mini-program.
    pub app_id: String,
    /// Its secret.
    pub secret: SecretString,
}

/// The text-message gateway.
#[derive(Debug)]
pub struct SmsSettings {
    /// The gateway.
    pub base_url: BaseUrl,
    /// The bearer token by which it knows us.
    pub token: SecretString,
    /// How many texts may go out on a day.
    pub limits: app::TextLimits,
}

/// One insurer.
#[derive(Debug)]
pub struct InsurerSettings {
    /// Its code, such as PICC.
    pub code: InsurerCode,
    /// Its server.
    pub base_url: BaseUrl,
    /// Signs what we send.
    pub key: WebhookKey,
    /// Signs what the insurer sends.
    pub callback_key: WebhookKey,
}

/// Tokens and sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSettings {
    /// `aud` of the tokens.
    pub audience: String,
    /// How long an access token holds.
    pub access_life: TimeDelta,
    /// How long a session can be refreshed.
    pub session_life: TimeDelta,
}

/// Addresses that depend on where the service is reached, as far as they are set.
#[derive(Debug, Clone)]
struct AddressSettings {
    public_url: Option<String>,
    issuer: Option<String>,
    verification_base: Option<String>,
    invitation_base: Option<String>,
}

/// Where people reach the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Scheme, host and port, without a slash at the end.
    pub public_url: String,
    /// `iss` of the tokens.
    pub issuer: String,
    /// Stands in front of a document's verification code.
    pub verification_base: String,
    /// The page where invitations are taken up; their code follows behind `#`.
    pub invitation_base: String,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{path}, line {line}: {problem}")]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Line of the file, from 1.
        line: usize,
        /// What the parser expected.
        problem: String,
    },
    /// Some values are wrong or missing.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

impl Settings {
    /// The settings of this process. `file` must exist if it is named; otherwise `kuaichu.toml` is read if it
    /// is there.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(SettingsError::File { path: path.to_owned(), source }),
        };
        Self::parse(&text, path, environment)
    }

    /// The settings in `text`, a file's content; `path` is only told in errors.
    pub fn parse(
        text: &str,
        path: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let source = Source::new(text, environment).map_err(|(line, problem)| SettingsError::Syntax {
            path: path.to_owned(),
            line,
            problem,
        })?;
        sections::settings(source).map_err(SettingsError::Faults)
    }

    /// The addresses, now that it is known where the service listens.
    pub fn addresses(&self, bound: SocketAddr) -> Addresses {
        let AddressSettings { public_url, issuer, verification_base, invitation_base } =
            self.addresses.clone();
        let public_url = public_url.unwrap_or_else(|| format!("http://{bound}"));
        Addresses {
            issuer: issuer.unwrap_or_else(|| public_url.clone()),
            verification_base: verification_base.unwrap_or_else(|| format!("{public_url}/api/v1/documents/")),
            invitation_base: invitation_base.unwrap_or_else(|| format!("{public_url}/join")),
            public_url,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("server", &self.server).finish_non_exhaustive()
    }
}

//! The service as an installation: a folder with its configuration, database, photos and key, and the commands
//! that work on it. Nothing else is on the machine, unless it is told to use a PostgreSQL server.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::Method;
use sandbox::{
    city::City,
    settings::{SMS_TOKEN, WECHAT_APP_ID, WECHAT_SECRET},
};
use secrecy::ExposeSecret as _;
use tokio::{process::Command, time};
use toml::{Table, Value};

use crate::{
    client::Api,
    programs::{ProcessFailed, Programs, Server, run},
    trouble::Trouble,
};

const PROGRAM: &str = "kuaichu";
const UNIT: &str = "淄博市公安局交通警察支队（演示）";
/// Longest time from the first line to readiness.
const READY: Duration = Duration::from_secs(30);

/// Where the service keeps its data.
#[derive(Debug, Clone, Default)]
pub enum Database {
    /// A SQLite file in the folder of the installation.
    #[default]
    Embedded,
    /// A PostgreSQL database, by its address.
    Postgres(String),
}

/// A configured service that may or may not be running.
#[derive(Debug, Clone)]
pub struct Installation {
    programs: Programs,
    folder: PathBuf,
}

impl Installation {
    /// Writes the configuration into `folder`: any port, the given database, and the `sandbox` at this address
    /// in the place of WeChat, insurers and the text-message gateway.
    pub fn new(
        programs: &Programs,
        folder: &Path,
        database: &Database,
        sandbox: &str,
        city: &City,
    ) -> Result<Self, ProcessFailed> {
        let installation = Self { programs: programs.clone(), folder: folder.to_owned() };
        let text = configuration(folder, database, sandbox, city).to_string();
        fs::write(installation.configuration(), text)
            .map_err(ProcessFailed::io("write the configuration"))?;
        Ok(installation)
    }

    /// Its configuration file.
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("kuaichu.toml")
    }

    /// What the service logged.
    pub fn log(&self) -> PathBuf {
        self.folder.join("kuaichu.log")
    }

    fn command(&self) -> Result<Command, ProcessFailed> {
        let mut command = self.programs.command(PROGRAM)?;
        command.arg("--config").arg(self.configuration()).current_dir(&self.folder);
        Ok(command)
    }

    /// Runs one command, such as `fsck`, to its end and gives what it printed.
    pub async fn run(&self, words: &[&str]) -> Result<String, ProcessFailed> {
        let mut command = self.command()?;
        command.args(words);
        run(&format!("{PROGRAM} {}", words.join(" ")), command).await
    }

    /// Starts serving and waits until the service says that it is ready.
    pub async fn serve(&self) -> Result<Server, Trouble> {
        let mut command = self.command()?;
        command.arg("serve");
        let server = Server::start(PROGRAM, command, &self.log()).await?;
        let api = Api::new(server.address())?;
        let ready = async {
            while !api
                .request(Method::GET, "/readyz")
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                time::sleep(Duration::from_millis(50)).await;
            }
        };
        time::timeout(READY, ready)
            .await
            .map_err(|_| Trouble::not_so("/readyz never said that it is ready"))?;
        Ok(server)
    }
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Table>())
}

fn configuration(folder: &Path, database: &Database, sandbox: &str, city: &City) -> Table {
    let within = |name: &str| Value::String(folder.join(name).display().to_string());
    let text = |text: &str| Value::String(text.to_owned());
    let url = match database {
        Database::Embedded => format!("sqlite:{}", folder.join("kuaichu.sqlite").display()),
        Database::Postgres(address) => address.clone(),
    };
    let insurers = city.insurers.iter().map(|insurer| {
        let settings = table([
            ("base_url", text(&format!("{sandbox}/insurers/{}", insurer.code))),
            ("key", text(insurer.webhook_secret.expose_secret())),
            ("callback_key", text(insurer.callback_secret.expose_secret())),
        ]);
        (insurer.code.to_string(), settings)
    });
    let wechat = table([
        ("base_url", text(&format!("{sandbox}/wechat"))),
        ("app_id", text(WECHAT_APP_ID)),
        ("secret", text(WECHAT_SECRET)),
    ]);
    [
        ("server", table([("bind", text("127.0.0.1:0"))])),
        ("database", table([("url", Value::String(url))])),
        ("photos", table([("directory", within("photos"))])),
        ("keys", table([("file", within("signing-key.pem"))])),
        ("wechat", wechat),
        ("sms", table([("base_url", text(&format!("{sandbox}/sms"))), ("token", text(SMS_TOKEN))])),
        ("insurers", Value::Table(insurers.collect())),
        ("documents", table([("unit_name", text(UNIT))])),
        ("patrol", table([("phone", text("13800000122"))])),
        ("sign_in", table([("access_minutes", Value::Integer(60))])),
    ]
    .into_iter()
    .map(|(section, value)| (section.to_owned(), value))
    .collect()
}

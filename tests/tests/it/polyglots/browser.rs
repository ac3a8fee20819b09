//! A headless Chromium, driven over WebDriver.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// What keeps Chromium from calling home, and lets it start as root.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
];

pub(super) struct Browser {
    client: Client,
    session: String,
    driver: Child,
    folder: TempDir,
}

impl Browser {
    pub(super) async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("kuaichu-browser-").tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver, which `cargo xtask test` installs");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("chromedriver says on which port it listens");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // Whatever it says later must not block it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let client = Client::builder().no_proxy().build().unwrap();
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let arguments: Vec<&str> = ARGUMENTS.into_iter().chain([profile.as_str()]).collect();
        let downloads = folder.path().join("downloads");
        std::fs::create_dir(&downloads).unwrap();
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": {
            "args": arguments,
            "prefs": { "download.default_directory": downloads, "download.prompt_for_download": false },
        }}}});
        let base = format!("http://127.0.0.1:{port}/session");
        let made: Value = client.post(&base).json(&wanted).send().await.unwrap().json().await.unwrap();
        let id = made["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {made}"));
        let session = format!("{base}/{id}");
        Self { client, session, driver, folder }
    }

    async fn command(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.client.request(method, format!("{}{path}", self.session));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, answer) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert!(status.is_success(), "{path}: {answer}");
        answer["value"].clone()
    }

    /// Opens an address and waits until it is loaded, or becomes a download.
    pub(super) async fn open(&self, url: &str) {
        self.command(Method::POST, "/url", Some(json!({ "url": url }))).await;
    }

    /// The page as the browser has it.
    pub(super) async fn source(&self) -> String {
        self.command(Method::GET, "/source", None).await.as_str().unwrap().to_owned()
    }

    /// Sets a cookie for the site that is open.
    pub(super) async fn set_cookie(&self, name: &str, value: &str, path: &str) {
        let cookie = json!({ "name": name, "value": value, "path": path, "domain": "127.0.0.1", "httpOnly": true, "sameSite": "Strict" });
        self.command(Method::POST, "/cookie", Some(json!({ "cookie": cookie }))).await;
    }

    /// Where downloads go.
    pub(super) fn downloads(&self) -> PathBuf {
        Path::join(self.folder.path(), "downloads")
    }

    pub(super) async fn end(mut self) {
        self.command(Method::DELETE, "", None).await;
        self.driver.kill().await.unwrap();
    }
}

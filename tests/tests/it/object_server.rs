//! An S3 server for the service of a test, as a process on a folder: it can be killed, stopped and started again.

use std::{fs, path::PathBuf, process::Command};

use tempfile::TempDir;
use tests::{
    programs::{Programs, Server},
    service::Installation,
};

use crate::rig::free_port;

const BUCKET: &str = "evidence";
const KEY_ID: &str = "kuaichu-test";
const SECRET: &str = "good-for-nothing-outside-a-test";

/// A server that runs until it is dropped.
pub(crate) struct ObjectServer {
    root: TempDir,
    address: String,
    process: Option<Server>,
}

impl ObjectServer {
    pub(crate) async fn start() -> Self {
        let root = tempfile::Builder::new().prefix("kuaichu-objects-").tempdir().unwrap();
        fs::create_dir_all(root.path().join("objects").join(BUCKET)).unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let mut server = Self { root, address, process: None };
        server.serve().await;
        server
    }

    /// Starts the process; it answers when this returns.
    pub(crate) async fn serve(&mut self) {
        let mut command = Programs::find().unwrap().command("object_server").unwrap();
        command.arg(self.root.path().join("objects")).args([&self.address, KEY_ID, SECRET]);
        let log = self.root.path().join("log");
        self.process = Some(Server::start("object_server", command, &log).await.unwrap());
    }

    /// Ends the process without a warning: its address refuses connections.
    pub(crate) async fn kill(&mut self) {
        self.process.take().unwrap().kill().await.unwrap();
    }

    /// The process takes connections and answers nothing, until [`go_on`](Self::go_on).
    pub(crate) fn hang(&self) {
        self.signal("STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.as_ref().unwrap().id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    }

    /// The folder of the bucket's objects.
    pub(crate) fn bucket(&self) -> PathBuf {
        self.root.path().join("objects").join(BUCKET)
    }

    /// Has the service keep its objects here.
    pub(crate) fn serve_for(&self, installation: &Installation) {
        let file = installation.configuration();
        let mut settings: toml::Table = fs::read_to_string(&file).unwrap().parse().unwrap();
        settings["photos"].as_table_mut().unwrap().insert("store".to_owned(), "s3".into());
        let place = [
            ("endpoint", format!("http://{}", self.address)),
            ("bucket", BUCKET.to_owned()),
            ("region", "cn-test-1".to_owned()),
            ("key_id", KEY_ID.to_owned()),
            ("secret", SECRET.to_owned()),
        ];
        let place: toml::Table =
            place.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        settings.insert("s3".to_owned(), place.into());
        fs::write(file, settings.to_string()).unwrap();
    }
}

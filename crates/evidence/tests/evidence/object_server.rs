//! The S3 server of a test: `examples/object_server.rs` as a process on a folder, which can be killed, stopped
//! and started again at the same address.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use evidence::S3Place;

pub(crate) const BUCKET: &str = "evidence";
const KEY_ID: &str = "kuaichu-test";
const SECRET: &str = "good-for-nothing-outside-a-test";

/// A server that runs until it is dropped.
pub(crate) struct ObjectServer {
    root: tempfile::TempDir,
    address: String,
    process: Option<Child>,
}

impl ObjectServer {
    pub(crate) fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(BUCKET)).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let mut server = Self { root, address, process: None };
        server.serve();
        server
    }

    /// Starts the process; it answers when this returns.
    pub(crate) fn serve(&mut self) {
        let mut process = Command::new(program())
            .arg(self.root.path())
            .args([&self.address, KEY_ID, SECRET])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains(" listens on "), "{line}");
        self.process = Some(process);
    }

    /// Ends the process without a warning: its address refuses connections.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// The process takes connections and answers nothing, until [`go_on`](Self::go_on).
    pub(crate) fn hang(&self) {
        self.signal("STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What a store needs to know of it.
    pub(crate) fn place(&self) -> S3Place {
        S3Place {
            endpoint: format!("http://{}", self.address),
            host_style: false,
            bucket: BUCKET.to_owned(),
            region: "cn-test-1".to_owned(),
            key_id: KEY_ID.to_owned(),
            secret: SECRET.into(),
        }
    }

    /// The folder of the bucket's objects.
    pub(crate) fn bucket(&self) -> PathBuf {
        self.root.path().join(BUCKET)
    }
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

/// Built with the tests, in the folder of the examples beside them.
fn program() -> PathBuf {
    let test = env::current_exe().unwrap();
    let built = test.ancestors().skip(1).map(|folder| folder.join("examples/object_server"));
    built.into_iter().find(|path: &PathBuf| Path::is_file(path)).unwrap()
}

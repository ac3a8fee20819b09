//! A listener that counts who calls for it: a script that runs calls. It serves the pages of the test besides.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A page: its type and its bytes.
type Page = (&'static str, Vec<u8>);

#[derive(Default)]
struct State {
    pages: HashMap<&'static str, Page>,
    heard: Vec<String>,
}

/// The listener; it is silent when it is dropped.
pub(super) struct Canary {
    port: u16,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
}

impl Canary {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&shared)));
            }
        });
        Self { port, state, listening }
    }

    pub(super) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn serve(&self, path: &'static str, media_type: &'static str, page: Vec<u8>) {
        self.state.lock().unwrap().pages.insert(path, (media_type, page));
    }

    /// How often it was called for.
    pub(super) fn hits(&self) -> usize {
        self.heard().len()
    }

    /// What was called for.
    pub(super) fn heard(&self) -> Vec<String> {
        self.state.lock().unwrap().heard.clone()
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn answer(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&chunk[..read]),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let page = {
        let mut state = state.lock().unwrap();
        if path.starts_with("/canary") {
            state.heard.push(path.clone());
        }
        state.pages.get(path.as_str()).cloned()
    };
    let (status, (media_type, body)) = match page {
        Some(page) => ("200 OK", page),
        None => ("404 Not Found", ("text/plain", Vec::new())),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\
         access-control-allow-origin: *\r\ncache-control: no-store\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[answer.as_bytes(), &body].concat()).await;
}

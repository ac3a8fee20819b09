//! A line to a server that flips bits, breaks off or is slow, on command.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp},
    task::{AbortHandle, JoinSet},
};

/// What is done to every connection. Counts are bytes from its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Meddling {
    Nothing,
    /// Changes one bit on the way to the server.
    FlipUp(usize),
    /// Changes one bit on the way back.
    FlipDown(usize),
    /// Breaks off when so much has gone to the server.
    CutUp(usize),
    /// Breaks off when so much has come back.
    CutDown(usize),
    /// Holds back everything that comes.
    Delay(Duration),
}

/// Stands between a client and a server until it is dropped.
pub(crate) struct Meddler {
    address: String,
    state: Arc<Mutex<State>>,
    accepting: AbortHandle,
}

struct State {
    meddling: Meddling,
    connections: JoinSet<()>,
    flipped: Arc<AtomicUsize>,
}

impl Meddler {
    pub(crate) async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state =
            State { meddling: Meddling::Nothing, connections: JoinSet::new(), flipped: Arc::default() };
        let state = Arc::new(Mutex::new(state));
        let (shared, server) = (Arc::clone(&state), server.to_owned());
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = server.clone();
                let mut state = shared.lock().unwrap();
                let (meddling, flipped) = (state.meddling, Arc::clone(&state.flipped));
                state.connections.spawn(async move {
                    let _ = connect(client, &server, meddling, &flipped).await;
                });
            }
        });
        Self { address, state, accepting: accepting.abort_handle() }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// From now on this is done, to new connections: those that are open break.
    pub(crate) fn set(&self, meddling: Meddling) {
        let mut state = self.state.lock().unwrap();
        state.meddling = meddling;
        state.flipped.store(0, Ordering::Relaxed);
        state.connections.abort_all();
    }
}

impl Meddler {
    /// How many bits were changed since the last command.
    pub(crate) fn flipped(&self) -> usize {
        self.state.lock().unwrap().flipped.load(Ordering::Relaxed)
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connect(
    client: TcpStream,
    server: &str,
    meddling: Meddling,
    flipped: &AtomicUsize,
) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let (up, down) = match meddling {
        Meddling::FlipUp(at) => (Meddling::FlipUp(at), Meddling::Nothing),
        Meddling::CutUp(at) => (Meddling::CutUp(at), Meddling::Nothing),
        Meddling::FlipDown(at) => (Meddling::Nothing, Meddling::FlipUp(at)),
        Meddling::CutDown(at) => (Meddling::Nothing, Meddling::CutUp(at)),
        both => (both, both),
    };
    // Whichever direction ends first breaks the other off.
    tokio::select! {
        ended = pass(from_client, to_server, up, flipped) => ended,
        ended = pass(from_server, to_client, down, flipped) => ended,
    }
}

async fn pass(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    meddling: Meddling,
    flipped: &AtomicUsize,
) -> io::Result<()> {
    let (mut buffer, mut passed) = (vec![0; 16 << 10], 0);
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let mut chunk = &mut buffer[..read];
        match meddling {
            Meddling::FlipUp(at) if (passed..passed + read).contains(&at) => {
                chunk[at - passed] ^= 1;
                flipped.fetch_add(1, Ordering::Relaxed);
            }
            Meddling::CutUp(at) if at < passed + read => {
                chunk = &mut chunk[..at - passed];
                to.write_all(chunk).await?;
                return Ok(());
            }
            Meddling::Delay(time) => tokio::time::sleep(time).await,
            _ => {}
        }
        to.write_all(chunk).await?;
        passed += read;
    }
}

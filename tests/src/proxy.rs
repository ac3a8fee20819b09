//! A bad network: a TCP proxy between a client and the service that cuts, slows and swallows.

use std::{
    collections::VecDeque,
    future::pending,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::{JoinHandle, JoinSet},
    time::sleep,
};

/// What becomes of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is reset on both sides after so many bytes of the client.
    Cut(u64),
    /// After so many bytes of the client nothing is passed on any more, and nobody is told.
    Swallow(u64),
}

impl Fate {
    fn after(self) -> u64 {
        match self {
            Self::Cut(after) | Self::Swallow(after) => after,
        }
    }
}

/// A running proxy. Dropping it ends every connection.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    passed: Arc<AtomicU64>,
    left: Arc<Mutex<VecDeque<Fate>>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Stands in front of `target`. The first connections have these fates, one each; later ones go well. With a
    /// `rate`, a connection carries so many bytes a second from the client.
    pub async fn start(
        target: SocketAddr,
        fates: impl IntoIterator<Item = Fate>,
        rate: Option<u64>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let passed = Arc::new(AtomicU64::new(0));
        let left = Arc::new(Mutex::new(fates.into_iter().collect::<VecDeque<_>>()));
        let (counter, fates) = (Arc::clone(&passed), Arc::clone(&left));
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                let fate = fates.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let lane = Lane { fate, rate, passed: Arc::clone(&counter) };
                connections.spawn(lane.carry(client, target));
            }
        });
        Ok(Self { address, passed, left, accepting })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many bytes of clients were passed on, heads of requests included.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// How many fates wait for a connection.
    pub fn left(&self) -> usize {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Lane {
    fate: Option<Fate>,
    rate: Option<u64>,
    passed: Arc<AtomicU64>,
}

/// How the way up ended.
enum End {
    Closed,
    Struck,
}

impl Lane {
    /// An error of either side ends the connection, which is all that anybody would do about it.
    async fn carry(self, client: TcpStream, target: SocketAddr) {
        let Ok(server) = TcpStream::connect(target).await else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, mut to_client) = client.into_split();
        let (mut from_server, to_server) = server.into_split();
        let (up, struck) = {
            let up = self.up(from_client, to_server);
            tokio::pin!(up);
            tokio::select! {
                ended = &mut up => ended,
                _ = tokio::io::copy(&mut from_server, &mut to_client) => return,
            }
        };
        match (struck, self.fate) {
            (Ok(End::Struck), Some(Fate::Cut(_))) => {
                let (from_client, to_server) = up;
                for stream in [from_client.reunite(to_client), from_server.reunite(to_server)] {
                    drop(stream.map(|stream| stream.set_zero_linger()));
                }
            }
            (Ok(End::Struck), _) => {
                let _held = (up, from_server, to_client);
                pending::<()>().await;
            }
            _ => {}
        }
    }

    async fn up(
        &self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
    ) -> ((OwnedReadHalf, OwnedWriteHalf), io::Result<End>) {
        let ended = self.pass(&mut from, &mut to).await;
        ((from, to), ended)
    }

    async fn pass(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) -> io::Result<End> {
        let mut chunk = vec![0; 16 * 1024];
        let mut left = self.fate.map_or(u64::MAX, Fate::after);
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
            let room = chunk.get_mut(..most).unwrap_or_default();
            let count = from.read(room).await?;
            if count == 0 {
                return Ok(End::Closed);
            }
            to.write_all(chunk.get(..count).unwrap_or_default()).await?;
            let count = u64::try_from(count).unwrap_or_default();
            self.passed.fetch_add(count, Ordering::Relaxed);
            left = left.saturating_sub(count);
            if let Some(micros) = count.saturating_mul(1_000_000).checked_div(self.rate.unwrap_or_default()) {
                sleep(Duration::from_micros(micros)).await;
            }
        }
        Ok(End::Struck)
    }
}

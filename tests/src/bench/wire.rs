//! A keep-alive HTTP/1.1 connection that costs next to nothing: whoever measures must not be the load.

use std::{fmt::Write as _, io};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Longest head of an answer.
const LONGEST_HEAD: usize = 16 * 1024;

/// One connection; requests go one after the other.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    host: String,
    sent: String,
    came: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// An answer that is not of the simple form this client knows.
fn odd(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

impl Connection {
    /// Connects to `base`, such as `http://127.0.0.1:8080`.
    pub(super) async fn open(base: &str) -> io::Result<Self> {
        let host = base.strip_prefix("http://").ok_or_else(|| odd("only http"))?.to_owned();
        let stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host, sent: String::new(), came: Vec::new() })
    }

    /// Sends JSON and waits for the answer. `headers` are whole lines.
    pub(super) async fn post(&mut self, path: &str, headers: &[&str], json: &str) -> io::Result<Reply> {
        self.sent.clear();
        let length = json.len();
        // Writing to a string cannot fail.
        let _ = write!(
            self.sent,
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n",
            self.host
        );
        for header in headers {
            self.sent.push_str(header);
            self.sent.push_str("\r\n");
        }
        self.sent.push_str("\r\n");
        self.sent.push_str(json);
        self.stream.write_all(self.sent.as_bytes()).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> io::Result<Reply> {
        self.came.clear();
        loop {
            if let Some((status, from, length)) = read_head(&self.came)? {
                while self.came.len() < from + length {
                    self.more().await?;
                }
                let body = self.came.get(from..from + length).unwrap_or_default().to_vec();
                return Ok(Reply { status, body });
            }
            if self.came.len() > LONGEST_HEAD {
                return Err(odd("a head without end"));
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.came).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Status, where the body begins and how long it is; `None` while the head is not complete.
fn read_head(bytes: &[u8]) -> io::Result<Option<(u16, usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head =
        bytes.get(..end).and_then(|head| std::str::from_utf8(head).ok()).ok_or_else(|| odd("not a head"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.trim().parse().ok());
    match (status, length) {
        (Some(status), Some(length)) => Ok(Some((status, end + 4, length))),
        _ => Err(odd("an answer without status or length")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_complete_and_not_before() {
        let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 7\r\netag: \"1\"\r\n\r\n{}";
        assert_eq!(read_head(whole).unwrap(), Some((201, whole.len() - 2, 7)));
        assert_eq!(read_head(&whole[..whole.len() - 3]).unwrap(), None);
        assert!(read_head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}

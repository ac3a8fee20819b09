//! Uploads in parts by the tus protocol: each request as one method, and a sender that does not give up.

use std::time::Duration;

use reqwest::{Body, Method, RequestBuilder, Response};

use crate::client::Session;

/// What a request of the protocol was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// HTTP status.
    pub status: u16,
    /// Code of the problem document; empty if there is none.
    pub code: String,
    /// `Location`.
    pub location: String,
    /// `Upload-Offset`.
    pub offset: Option<u64>,
    /// `Kuaichu-Evidence`.
    pub evidence: Option<String>,
}

/// A sender of uploads.
#[derive(Debug, Clone)]
pub struct Sender {
    session: Session,
    patience: Duration,
}

impl Sender {
    /// Sends as `session`; gives a request up after `patience`.
    pub fn new(session: Session, patience: Duration) -> Self {
        Self { session, patience }
    }

    /// A request of the protocol; `path` counts from the root, as `Location` does.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = path.strip_prefix("/api/v1").unwrap_or(path);
        self.session.request(method, path).header("tus-resumable", "1.0.0").timeout(self.patience)
    }

    /// Begins an upload.
    pub async fn create(&self, length: u64, metadata: &str) -> Result<Told, reqwest::Error> {
        let request = self.request(Method::POST, "/uploads").header("upload-length", length);
        told(request.header("upload-metadata", metadata)).await
    }

    /// Asks how far it is.
    pub async fn probe(&self, location: &str) -> Result<Told, reqwest::Error> {
        told(self.request(Method::HEAD, location)).await
    }

    /// Sends the next part.
    pub async fn append(
        &self,
        location: &str,
        offset: u64,
        body: impl Into<Body>,
    ) -> Result<Told, reqwest::Error> {
        told(self.part(location, offset).body(body)).await
    }

    /// The request that sends the next part, without its body.
    pub fn part(&self, location: &str, offset: u64) -> RequestBuilder {
        let request = self.request(Method::PATCH, location).header("upload-offset", offset);
        request.header("content-type", "application/offset+octet-stream")
    }

    /// Gives it up.
    pub async fn cancel(&self, location: &str) -> Result<Told, reqwest::Error> {
        told(self.request(Method::DELETE, location)).await
    }

    /// Uploads all of `bytes`, whatever the network does: asks after every failure how far it is, at most `tries`
    /// times. Gives the last answer.
    pub async fn persist(&self, bytes: &[u8], metadata: &str, tries: usize) -> Told {
        let mut last = Told::default();
        let mut location = None;
        let length = u64::try_from(bytes.len()).unwrap_or_default();
        for _ in 0..tries {
            let Some(location) = &location else {
                last = self.create(length, metadata).await.unwrap_or_default();
                match last.status {
                    201 => location = Some(last.location.clone()),
                    400.. => return last,
                    _ => {}
                }
                continue;
            };
            last = self.go_on(location, bytes).await.unwrap_or_default();
            if last.evidence.is_some()
                || (400..500).contains(&last.status) && !matches!(last.status, 409 | 423)
            {
                return last;
            }
        }
        last
    }

    async fn go_on(&self, location: &str, bytes: &[u8]) -> Result<Told, reqwest::Error> {
        let found = self.probe(location).await?;
        let Some(offset) = found.offset.filter(|_| found.evidence.is_none()) else { return Ok(found) };
        let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
        self.append(location, offset, rest.to_vec()).await
    }
}

/// Sends a request of the protocol.
pub async fn told(request: RequestBuilder) -> Result<Told, reqwest::Error> {
    let response = request.send().await?;
    let header = |response: &Response, name: &str| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let told = Told {
        status: response.status().as_u16(),
        code: String::new(),
        location: header(&response, "location").unwrap_or_default(),
        offset: header(&response, "upload-offset").and_then(|offset| offset.parse().ok()),
        evidence: header(&response, "kuaichu-evidence"),
    };
    let problem: serde_json::Value = response.json().await.unwrap_or_default();
    let code = problem.get("code").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    Ok(Told { code, ..told })
}

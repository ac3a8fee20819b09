//! A store elsewhere that speaks S3. Bytes are gathered and hashed in a local spool, sent create-only with their
//! SHA-256 beside them, and `Ok` means that the other side has acknowledged them.
//!
//! Nothing waits without an end: every call has a deadline, and while the other side is dead, calls are refused
//! at once. The service's own life cycle rules must not touch the bucket, except one that gives up parts of
//! uploads that were never completed.

mod create_only;

use std::{future::Future, io, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::digest::Digest;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore as _, ObjectStoreExt as _, PutMode, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, Checksum},
    multipart::{MultipartStore as _, PartId},
    path::Path as Name,
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::{sync::Semaphore, time::timeout};

use self::create_only::CreateOnly;
use crate::{
    aside::{self, Aside},
    breaker::Breaker,
    key::{ObjectKey, ObjectKind},
    spool::Spool,
    staging::{Staged, Staging, off_the_workers},
    store::{AsideStream, ByteStream, Fixity, KeyStream, ObjectStore, OpenObject, StoreError},
};

/// Larger objects are sent in parts of this many bytes.
const PART: u64 = 8 << 20;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// Longest wait for an answer that carries no object, and for the next bytes of one.
const ANSWER: Duration = Duration::from_secs(4);

/// Longest wait for the other side to copy an object.
const COPY: Duration = Duration::from_secs(30);

/// Bytes per second that a sending must reach.
const LEAST_SPEED: u64 = 1 << 20;

/// Objects under way at a time; each takes the memory of one part.
const TRANSFERS: usize = 32;

/// How often a put starts again because the object came and went meanwhile.
const TRIES: usize = 3;

/// Where the bucket is and how to be let in.
#[derive(Debug, Clone)]
pub struct S3Place {
    /// The server, such as `https://s3.example.cn`; with the bucket in front where `host_style` is set.
    pub endpoint: String,
    /// Whether the bucket is part of the server's name instead of the path.
    pub host_style: bool,
    /// The bucket. Nothing else should write there.
    pub bucket: String,
    /// The region that signatures name.
    pub region: String,
    /// Id of the access key.
    pub key_id: String,
    /// Its secret.
    pub secret: SecretString,
}

/// A store in a bucket. Cheap to clone.
#[derive(Clone)]
pub struct S3Store {
    shared: Arc<Shared>,
}

struct Shared {
    client: AmazonS3,
    spool: Spool,
    breaker: Breaker,
    transfers: Semaphore,
}

/// What came instead of an answer.
enum Refused {
    /// There is no such object.
    Missing,
    /// There is one already.
    Exists,
    /// Anything else.
    Fault(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Fault(error)
    }
}

impl Refused {
    fn fault(self, missing: impl FnOnce() -> StoreError) -> StoreError {
        match self {
            Self::Missing => missing(),
            Self::Exists => StoreError::Unreachable("it says that something exists already".to_owned()),
            Self::Fault(error) => error,
        }
    }
}

impl S3Store {
    /// Opens the store with `spool` as the local folder for what is on its way. Asks nobody: a bucket that does
    /// not answer now may do so later.
    pub async fn open(place: &S3Place, spool: &Path) -> Result<Self, StoreError> {
        let client = client(place).map_err(|error| StoreError::Io {
            doing: "set up its S3 client",
            source: io::Error::other(error.to_string()),
        })?;
        let folder = spool.to_owned();
        let spool = off_the_workers(move || {
            Spool::open(&folder).map_err(|source| StoreError::io("open its spool", source))
        })
        .await?;
        let transfers = Semaphore::new(TRANSFERS);
        Ok(Self { shared: Arc::new(Shared { client, spool, breaker: Breaker::default(), transfers }) })
    }
}

fn client(place: &S3Place) -> object_store::Result<AmazonS3> {
    let options = ClientOptions::new()
        .with_allow_http(place.endpoint.starts_with("http://"))
        .with_connect_timeout(CONNECT)
        .with_timeout_disabled();
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_millis(500),
        base: 2.0,
    };
    AmazonS3Builder::new()
        .with_endpoint(&place.endpoint)
        .with_virtual_hosted_style_request(place.host_style)
        .with_bucket_name(&place.bucket)
        .with_region(&place.region)
        .with_access_key_id(&place.key_id)
        .with_secret_access_key(place.secret.expose_secret())
        .with_checksum_algorithm(Checksum::SHA256)
        .with_retry(RetryConfig { backoff, max_retries: 2, retry_timeout: ANSWER })
        .with_client_options(options)
        .with_http_connector(CreateOnly)
        .build()
}

fn name(key: ObjectKey) -> Name {
    Name::from(key.to_string())
}

/// How long sending so many bytes may take.
fn patience(bytes: u64) -> Duration {
    ANSWER + Duration::from_secs(bytes / LEAST_SPEED)
}

/// The bytes came back from the spool as others than went in.
fn spoilt() -> StoreError {
    StoreError::Io { doing: "read its spool", source: io::ErrorKind::InvalidData.into() }
}

/// The code in an S3 error document, which is all of it that may be told: the rest names keys and addresses.
fn code_of(error: &object_store::Error) -> String {
    let text = error.to_string();
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match code {
        Some((code, _)) if code.len() < 64 && code.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            format!("it says {code}")
        }
        _ => "no connection, or a fault of its own".to_owned(),
    }
}

impl Shared {
    /// Makes one call within its deadline, if the other side is not known to be dead.
    async fn ask<T>(
        &self,
        limit: Duration,
        call: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, Refused> {
        use object_store::Error;
        let resting =
            || StoreError::Unreachable("it has failed again and again and is left alone".to_owned());
        let leave = self.breaker.admit().ok_or_else(resting)?;
        let error = match timeout(limit, call).await {
            Ok(Ok(answer)) => {
                leave.answered();
                return Ok(answer);
            }
            Ok(Err(error)) => error,
            Err(_) => {
                leave.failed();
                return Err(StoreError::Unreachable("no answer in time".to_owned()).into());
            }
        };
        let refused = match &error {
            Error::NotFound { .. } => Refused::Missing,
            Error::AlreadyExists { .. } | Error::Precondition { .. } => Refused::Exists,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                Refused::Fault(StoreError::Unreachable(code_of(&error)))
            }
            _ => {
                leave.failed();
                return Err(StoreError::Unreachable(code_of(&error)).into());
            }
        };
        leave.answered();
        Err(refused)
    }

    /// Sends the whole object in one request.
    async fn send(&self, key: ObjectKey, staged: &Arc<Staged>) -> Result<(), Refused> {
        let bytes = part_of(staged, 0, staged.bytes()).await?;
        if Digest::of(&bytes) != staged.digest() {
            return Err(spoilt().into());
        }
        let limit = patience(staged.bytes());
        let options = PutMode::Create.into();
        self.ask(limit, self.client.put_opts(&name(key), bytes.into(), options)).await.map(drop)
    }

    /// Sends a large object part by part; it gets its name when all are there.
    async fn send_parts(&self, key: ObjectKey, staged: &Arc<Staged>) -> Result<(), Refused> {
        let name = name(key);
        match self.ask(ANSWER, self.client.head(&name)).await {
            Ok(_) => return Err(Refused::Exists),
            Err(Refused::Missing) => {}
            Err(refused) => return Err(refused),
        }
        let upload = self.ask(ANSWER, self.client.create_multipart(&name)).await?;
        let sent = async {
            let parts = self.parts(&name, &upload, staged).await?;
            let limit = patience(staged.bytes());
            self.ask(limit, self.client.complete_multipart(&name, &upload, parts)).await.map(drop)
        };
        let sent = sent.await;
        if sent.is_err() {
            // What stays when this fails too is given up by the bucket's own rule.
            drop(self.ask(ANSWER, self.client.abort_multipart(&name, &upload)).await);
        }
        sent
    }

    async fn parts(&self, name: &Name, upload: &str, staged: &Arc<Staged>) -> Result<Vec<PartId>, Refused> {
        let (mut parts, mut hasher, mut offset) = (Vec::new(), Sha256::new(), 0);
        let upload = upload.to_owned();
        while offset < staged.bytes() {
            let length = PART.min(staged.bytes() - offset);
            let bytes = part_of(staged, offset, length).await?;
            hasher.update(&bytes);
            let send = self.client.put_part(name, &upload, parts.len(), bytes.into());
            parts.push(self.ask(patience(length), send).await?);
            offset += length;
        }
        if Digest::from_bytes(hasher.finalize().into()) == staged.digest() {
            Ok(parts)
        } else {
            Err(spoilt().into())
        }
    }
}

/// What is not a single object's way in or out.
impl Shared {
    async fn present(&self, name: &Name) -> Result<bool, StoreError> {
        match self.ask(ANSWER, self.client.head(name)).await {
            Ok(_) => Ok(true),
            Err(Refused::Missing) => Ok(false),
            Err(refused) => Err(refused.fault(vanished)),
        }
    }

    /// S3 answers alike whether there was something or not.
    async fn remove(&self, name: &Name) -> Result<bool, StoreError> {
        if !self.present(name).await? {
            return Ok(false);
        }
        match self.ask(ANSWER, self.client.delete(name)).await {
            Ok(()) => Ok(true),
            Err(Refused::Missing) => Ok(false),
            Err(refused) => Err(refused.fault(vanished)),
        }
    }

    /// Copies an object, unless the other name is taken, and removes the first. Interrupted, both are there.
    async fn relocate(&self, from: &Name, to: &Name) -> Result<bool, StoreError> {
        if !self.present(from).await? {
            return Ok(false);
        }
        if !self.present(to).await? {
            let copied = self.ask(COPY, self.client.copy(from, to)).await;
            copied.map_err(|refused| refused.fault(vanished))?;
        }
        self.remove(from).await
    }

    /// What `parse` understands of the names below a folder.
    fn named<T: Send + 'static>(
        self: &Arc<Self>,
        folder: &str,
        parse: impl Fn(&Name) -> Option<T> + Clone + Send + Sync + 'static,
    ) -> BoxStream<'static, Result<T, StoreError>> {
        let found = self.client.list(Some(&Name::from(folder)));
        let rest = Some((Arc::clone(self), found));
        stream::unfold(rest, move |rest| {
            let parse = parse.clone();
            async move {
                let (shared, mut found) = rest?;
                loop {
                    let next = async { found.next().await.transpose() };
                    match shared.ask(ANSWER, next).await {
                        Ok(None) => return None,
                        Ok(Some(object)) => {
                            if let Some(name) = parse(&object.location) {
                                return Some((Ok(name), Some((shared, found))));
                            }
                        }
                        Err(refused) => return Some((Err(refused.fault(vanished)), None)),
                    }
                }
            }
        })
        .boxed()
    }
}

async fn part_of(staged: &Arc<Staged>, offset: u64, length: u64) -> Result<Bytes, StoreError> {
    let staged = Arc::clone(staged);
    off_the_workers(move || staged.read_part_blocking(offset, length).map(Bytes::from)).await
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn stage(&self) -> Result<Staging, StoreError> {
        self.shared.spool.stage().await
    }

    async fn put(&self, key: ObjectKey, staged: Staged) -> Result<(), StoreError> {
        if key.kind().is_content_addressed() && staged.digest() != key.digest() {
            return Err(StoreError::WrongKey(key));
        }
        let waited = timeout(ANSWER, self.shared.transfers.acquire()).await;
        let busy = |_| StoreError::Unreachable("too much is on its way".to_owned());
        let _turn = waited.map_err(busy)?.map_err(|_| StoreError::ShuttingDown)?;
        let staged = Arc::new(staged);
        for _ in 0..TRIES {
            let sent = match staged.bytes() <= PART {
                true => self.shared.send(key, &staged).await,
                false => self.shared.send_parts(key, &staged).await,
            };
            let present = match sent {
                Ok(()) => return Ok(()),
                Err(Refused::Exists) if key.kind().is_content_addressed() => self.verify(key).await?,
                Err(Refused::Exists) => match self.exists(key).await? {
                    true => Fixity::Intact,
                    false => Fixity::Missing,
                },
                Err(refused) => return Err(refused.fault(vanished)),
            };
            match present {
                Fixity::Intact => return Ok(()),
                Fixity::Damaged(_) => return Err(StoreError::Damaged(key)),
                Fixity::Missing => {}
            }
        }
        Err(StoreError::Unreachable("the object comes and goes".to_owned()))
    }

    async fn fetch(&self, key: ObjectKey) -> Result<OpenObject, StoreError> {
        let name = name(key);
        let found = self.shared.ask(ANSWER, self.shared.client.get(&name)).await;
        let found = found.map_err(|refused| refused.fault(|| StoreError::Missing(key)))?;
        let bytes = found.meta.size;
        let rest = (Arc::clone(&self.shared), found.into_stream());
        let stream: ByteStream = stream::unfold(Some(rest), |rest| async move {
            let (shared, mut stream) = rest?;
            let next = async { stream.next().await.transpose() };
            match shared.ask(ANSWER, next).await {
                Ok(chunk) => chunk.map(|chunk| (Ok(chunk), Some((shared, stream)))),
                Err(refused) => Some((Err(refused.fault(vanished)), None)),
            }
        })
        .boxed();
        Ok(OpenObject { bytes, stream })
    }

    async fn size(&self, key: ObjectKey) -> Result<Option<u64>, StoreError> {
        match self.shared.ask(ANSWER, self.shared.client.head(&name(key))).await {
            Ok(found) => Ok(Some(found.size)),
            Err(Refused::Missing) => Ok(None),
            Err(refused) => Err(refused.fault(vanished)),
        }
    }

    fn list(&self, kind: ObjectKind) -> KeyStream {
        self.shared.named(kind.folder(), move |object| {
            let key = ObjectKey::new(kind, object.filename()?.parse().ok()?);
            (name(key) == *object).then_some(key)
        })
    }

    async fn delete(&self, key: ObjectKey) -> Result<bool, StoreError> {
        self.shared.remove(&name(key)).await
    }

    async fn stored_at(&self, key: ObjectKey) -> Result<Option<DateTime<Utc>>, StoreError> {
        match self.shared.ask(ANSWER, self.shared.client.head(&name(key))).await {
            Ok(found) => Ok(Some(found.last_modified)),
            Err(Refused::Missing) => Ok(None),
            Err(refused) => Err(refused.fault(vanished)),
        }
    }

    async fn set_aside(&self, aside: Aside) -> Result<bool, StoreError> {
        self.shared.relocate(&name(aside.key), &Name::from(aside.to_string())).await
    }

    async fn put_back(&self, aside: Aside) -> Result<bool, StoreError> {
        self.shared.relocate(&Name::from(aside.to_string()), &name(aside.key)).await
    }

    async fn discard(&self, aside: Aside) -> Result<bool, StoreError> {
        self.shared.remove(&Name::from(aside.to_string())).await
    }

    fn list_aside(&self) -> AsideStream {
        self.shared.named(aside::FOLDER, |name| name.as_ref().parse().ok())
    }

    /// Writes to the spool, and has the bucket answer.
    async fn probe(&self) -> Result<(), StoreError> {
        let mut staging = self.stage().await?;
        staging.write(b"probe").await?;
        staging.finish().await.map(drop)?;
        let nothing = Name::from("probe");
        let asked = self.shared.ask(ANSWER, self.shared.client.list_with_delimiter(Some(&nothing))).await;
        asked.map(drop).map_err(|refused| refused.fault(vanished))
    }
}

/// The bucket itself is gone, or was never there.
fn vanished() -> StoreError {
    StoreError::Unreachable("there is no such bucket".to_owned())
}

//! The database as the use cases see it: scoped finders to read, [`Work`] to write.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::{
    connection::{ConnectError, Connections, Location},
    error::StoreError,
    work::Work,
    writing::{self, Waiting},
};

/// How long a caller waits for its commit before it is told that the database is unavailable. With a wait for a
/// connection before it, every answer is there within three seconds.
const PATIENCE: Duration = Duration::from_millis(1800);

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) connections: Connections,
    writer: mpsc::Sender<Waiting>,
}

impl Store {
    /// Opens the database and starts its writers. The schema must be up to date, see [`crate::migrate`].
    pub async fn open(location: &Location) -> Result<Self, ConnectError> {
        let connections = Connections::open(location).await?;
        let writer = writing::start(&connections.write, connections.writers);
        Ok(Self { connections, writer })
    }

    /// Writes all of `work` or nothing. When this returns `Ok`, it is on disk. After
    /// [`StoreError::Unavailable`] it may or may not be: the idempotency key settles it.
    pub async fn commit(&self, work: Work) -> Result<(), StoreError> {
        let (answer, outcome) = oneshot::channel();
        let stopped = || StoreError::Unavailable("the writer has stopped".to_owned());
        let wait = async {
            self.writer.send(Waiting { work, answer }).await.map_err(|_| stopped())?;
            outcome.await.map_err(|_| stopped())?
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the database does not answer".to_owned())))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.connections.read.ping().await.map_err(StoreError::from)
    }

    /// Closes all connections; for tests that delete the database afterwards.
    pub async fn close(self) -> Result<(), StoreError> {
        drop(self.writer);
        let Connections { read, write, .. } = self.connections;
        read.close().await?;
        write.close().await?;
        Ok(())
    }
}

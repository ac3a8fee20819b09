//! Writing the log: leaves, nodes and a checkpoint in one transaction, behind the writes that it is about.
//!
//! On SQLite the batch joins whatever group of writes comes next, so that it costs no write of its own. On
//! PostgreSQL it has a transaction and a connection apart: a second builder on another process waits for its keys
//! and loses, and no writer with it.

use chrono::{DateTime, Utc};
use domain::digest::Digest;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, Set, TransactionTrait,
    sea_query::OnConflict,
};

use crate::{
    error::StoreError,
    inserting,
    rows::{checkpoint, log_leaf, log_node, log_witness},
    store::Store,
    work::{Update, Work},
};

/// What the next leaves of the log are; consecutive, from the size of the log on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogBatch {
    /// Number of the first leaf.
    pub first: u64,
    /// The journal's positions and chain hashes of the entries, in the order of the leaves.
    pub leaves: Vec<(i64, Digest)>,
    /// The nodes that they complete.
    pub nodes: Vec<(u64, Digest)>,
    /// A checkpoint of the tree with these leaves.
    pub checkpoint: Option<CheckpointRow>,
}

/// A checkpoint, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Leaves of the tree.
    pub size: u64,
    /// Its root.
    pub root: Digest,
    /// The signed note, with the signatures of witnesses.
    pub note: String,
    /// When it was signed.
    pub created_at: DateTime<Utc>,
    /// The day whose first checkpoint it is, such as `2026-11-24`; it may get a timestamp.
    pub day: Option<String>,
    /// A timestamp over the note with the log's signature alone (RFC 3161, DER).
    pub token: Option<Vec<u8>>,
}

impl Store {
    /// Writes the batch. `false` if another builder has taken its place; then nothing is written.
    pub async fn commit_log(&self, batch: LogBatch) -> Result<bool, StoreError> {
        let outcome = match self.connections.write.get_database_backend() {
            DbBackend::Sqlite => {
                let mut work = Work::new();
                work.updates.push(Update::Log(Box::new(batch)));
                self.commit(work).await
            }
            _ => self.commit_log_apart(&batch).await,
        };
        match outcome {
            Ok(()) => Ok(true),
            Err(StoreError::Duplicate(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn commit_log_apart(&self, batch: &LogBatch) -> Result<(), StoreError> {
        let transaction = self.connections.read.begin().await?;
        match write(&transaction, batch).await {
            Ok(()) => Ok(transaction.commit().await?),
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }

    /// Replaces the note of a checkpoint by one with more signatures; `false` if it is not `was` any more.
    pub async fn save_note(&self, size: u64, was: &str, note: &str) -> Result<bool, StoreError> {
        let saved = checkpoint::Entity::update_many()
            .set(checkpoint::ActiveModel { note: Set(note.to_owned()), ..Default::default() })
            .filter(checkpoint::Column::Size.eq(number(size)?))
            .filter(checkpoint::Column::Note.eq(was))
            .exec(&self.connections.write)
            .await?;
        Ok(saved.rows_affected == 1)
    }

    /// Keeps the timestamp of a checkpoint that has none.
    pub async fn save_timestamp(&self, size: u64, token: Vec<u8>) -> Result<(), StoreError> {
        checkpoint::Entity::update_many()
            .set(checkpoint::ActiveModel { token: Set(Some(token)), ..Default::default() })
            .filter(checkpoint::Column::Size.eq(number(size)?))
            .filter(checkpoint::Column::Token.is_null())
            .exec(&self.connections.write)
            .await?;
        Ok(())
    }

    /// Remembers the size of the log that a witness has seen.
    pub async fn save_witness(&self, name: &str, size: u64, now: DateTime<Utc>) -> Result<(), StoreError> {
        use log_witness::Column::{Name, SeenAt, Size};
        let row = log_witness::ActiveModel {
            name: Set(name.to_owned()),
            size: Set(number(size)?),
            seen_at: Set(now),
        };
        let replace = OnConflict::column(Name).update_columns([Size, SeenAt]).to_owned();
        log_witness::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&self.connections.write)
            .await?;
        Ok(())
    }
}

/// Writes the batch in this transaction.
pub(crate) async fn write(db: &DatabaseTransaction, batch: &LogBatch) -> Result<(), StoreError> {
    let mut leaves = Vec::with_capacity(batch.leaves.len());
    for (leaf, (position, entry)) in (batch.first..).zip(&batch.leaves) {
        leaves.push(log_leaf::ActiveModel {
            leaf: Set(number(leaf)?),
            position: Set(*position),
            entry: Set(entry.to_string()),
        });
    }
    let mut nodes = Vec::with_capacity(batch.nodes.len());
    for (node, hash) in &batch.nodes {
        nodes.push(log_node::ActiveModel { node: Set(number(*node)?), hash: Set(hash.as_bytes().to_vec()) });
    }
    inserting::rows(db, leaves.iter()).await?;
    inserting::rows(db, nodes.iter()).await?;
    if let Some(row) = &batch.checkpoint {
        let row = checkpoint::ActiveModel {
            size: Set(number(row.size)?),
            root: Set(row.root.to_string()),
            note: Set(row.note.clone()),
            created_at: Set(row.created_at),
            day: Set(row.day.clone()),
            token: Set(row.token.clone()),
        };
        inserting::rows(db, std::iter::once(&row)).await?;
    }
    Ok(())
}

/// Numbers of leaves and nodes as the tables keep them.
pub(crate) fn number(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Corrupt { table: "log_node", column: "node" })
}

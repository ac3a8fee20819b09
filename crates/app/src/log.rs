//! The log that outsiders can hold: what it is built from, and the proofs that anybody may ask for.
//!
//! [`App::advance_log`] builds it behind the commits; witnesses and the timestamp authority are asked by
//! [`App::show_witness`] and [`App::stamp_checkpoint`], outside any transaction, for checkpoints that are kept.

mod building;
mod outside;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::{
    digest::Digest,
    ports::{TimestampAuthority, Witness},
};
use evidence::log::{
    self, ConsistencyProof, InclusionProof, LogSigner, Nodes, ProofRefused, SignedCheckpoint, VerifierKey,
};
use store::CheckpointRow;

pub(crate) use self::building::Builder;
pub use self::{building::Advance, outside::Attestation};
use crate::{context::App, error::AppError};

/// What the log is built with.
#[derive(Debug)]
pub struct LogParts {
    /// Signs checkpoints.
    pub signer: LogSigner,
    /// How long a checkpoint waits for more entries.
    pub interval: TimeDelta,
    /// Who cosigns them.
    pub witnesses: Vec<WitnessPart>,
    /// Who timestamps the first one of a day.
    pub timestamp: Option<TimestampPart>,
}

/// A witness and the key by which its signatures are known.
#[derive(Debug)]
pub struct WitnessPart {
    /// Its key.
    pub key: VerifierKey,
    /// The way to it.
    pub witness: Arc<dyn Witness>,
}

/// The timestamp authority.
#[derive(Debug)]
pub struct TimestampPart {
    /// The way to it.
    pub authority: Arc<dyn TimestampAuthority>,
    /// The certificates that its own must lead to, in DER; none: any certificate for timestamps is taken.
    pub roots: Vec<Vec<u8>>,
}

impl App {
    /// The key that checks the log's checkpoints.
    pub fn log_key(&self) -> &VerifierKey {
        self.parts.log.signer.key()
    }

    /// The name under which the log was signed so far, if that was another name or key than it would be signed with
    /// now: outsiders would hold two logs, and neither would continue.
    pub async fn signed_otherwise(&self) -> Result<Option<String>, AppError> {
        let Some(row) = self.parts.store.newest_checkpoint().await? else { return Ok(None) };
        let ours = SignedCheckpoint::open(&row.note, self.log_key()).is_ok();
        Ok((!ours).then(|| row.note.lines().next().unwrap_or_default().to_owned()))
    }

    /// Who cosigns it.
    pub fn witnesses(&self) -> &[WitnessPart] {
        &self.parts.log.witnesses
    }

    /// The keys of who cosigns it.
    pub fn witness_keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.parts.log.witnesses.iter().map(|part| &part.key)
    }

    /// For how long there has been a journal entry that no checkpoint covers.
    pub async fn log_behind(&self) -> Result<Duration, AppError> {
        let since = self.parts.store.uncovered_since().await?;
        Ok(since.and_then(|since| (self.now() - since).to_std().ok()).unwrap_or_default())
    }

    /// The checkpoint of the tree with `size` leaves; the newest one for `None`.
    pub async fn checkpoint(&self, size: Option<u64>) -> Result<CheckpointRow, AppError> {
        let row = match size {
            Some(size) => self.parts.store.checkpoint_of(size).await?,
            None => self.parts.store.newest_checkpoint().await?,
        };
        row.ok_or(AppError::NotFound("checkpoint"))
    }

    /// Checkpoints of trees smaller than `below`, largest first.
    pub async fn list_checkpoints(
        &self,
        below: Option<u64>,
        limit: u64,
    ) -> Result<Vec<CheckpointRow>, AppError> {
        Ok(self.parts.store.list_checkpoints(below, limit).await?)
    }

    /// The proof that the journal entry with this chain hash is in the tree of `size` leaves, which must be no
    /// larger than the newest checkpoint; of that checkpoint for `None`.
    pub async fn log_proof(&self, entry: Digest, size: Option<u64>) -> Result<InclusionProof, AppError> {
        let index = self.parts.store.find_leaf(entry).await?.ok_or(AppError::NotFound("log entry"))?;
        let size = self.published(size).await?;
        let nodes = self.nodes(&log::nodes_for_inclusion(index, size)?).await?;
        Ok(log::inclusion_proof(index, size, &nodes)?)
    }

    /// The proof that the tree of `to` leaves begins with that of `from` leaves; `to` must be no larger than the
    /// newest checkpoint, which it is for `None`.
    pub async fn log_consistency(&self, from: u64, to: Option<u64>) -> Result<ConsistencyProof, AppError> {
        let to = self.published(to).await?;
        let nodes = self.nodes(&log::nodes_for_consistency(from, to)?).await?;
        Ok(log::consistency_proof(from, to, &nodes)?)
    }

    /// Only trees that a checkpoint covers are shown: others are nobody's promise yet.
    async fn published(&self, size: Option<u64>) -> Result<u64, AppError> {
        let newest = self.parts.store.newest_checkpoint().await?.map_or(0, |row| row.size);
        match size {
            Some(size) if size > newest => Err(AppError::LogNotThatLarge),
            Some(size) => Ok(size),
            None => Ok(newest),
        }
    }

    pub(crate) async fn nodes(&self, wanted: &[u64]) -> Result<Nodes, AppError> {
        Ok(self.parts.store.log_nodes(wanted).await?.into_iter().collect())
    }
}

impl From<ProofRefused> for AppError {
    fn from(refused: ProofRefused) -> Self {
        match refused {
            ProofRefused::NotInTree => Self::LogNotThatLarge,
            ProofRefused::Missing(_) | ProofRefused::Wrong => Self::Internal(refused.to_string()),
        }
    }
}

impl From<log::MissingNode> for AppError {
    fn from(missing: log::MissingNode) -> Self {
        Self::Internal(missing.to_string())
    }
}

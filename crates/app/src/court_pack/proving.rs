//! What proves a pack: a checkpoint that covers every entry, the way of each entry to it, the newest timestamp, keys.

use std::collections::BTreeSet;

use domain::journal::Sealed;
use evidence::{
    log::{self, ConsistencyProof, SignedCheckpoint},
    pack::Proofs,
};
use store::{CheckpointRow, StoreError};

use crate::{context::App, error::AppError};

/// The proofs of one pack.
pub(super) struct Provenance {
    /// The checkpoint, with every signature it has.
    pub(super) note: String,
    pub(super) proofs: Proofs,
    pub(super) stamped: Option<Stamped>,
    pub(super) log_key: String,
    pub(super) witness_keys: Vec<String>,
    pub(super) public_keys: serde_json::Value,
}

/// An earlier checkpoint that an authority has stamped.
pub(super) struct Stamped {
    /// The note that was stamped: with the log's own signature alone.
    pub(super) note: String,
    pub(super) token: Vec<u8>,
    pub(super) consistency: ConsistencyProof,
}

impl App {
    pub(super) async fn provenance(&self, entries: &[Sealed]) -> Result<Provenance, AppError> {
        let row = self.checkpoint(None).await?;
        Ok(Provenance {
            proofs: self.proofs(entries, row.size).await?,
            stamped: self.stamped(row.size).await?,
            note: row.note,
            log_key: self.log_key().to_string(),
            witness_keys: self.witness_keys().map(ToString::to_string).collect(),
            public_keys: self.parts.signer.public_keys(),
        })
    }

    /// The way of every entry to the root of the tree with `size` leaves, from few readings of the database.
    async fn proofs(&self, entries: &[Sealed], size: u64) -> Result<Proofs, AppError> {
        let not_yet = || StoreError::Unavailable("the log does not cover the case yet".to_owned());
        let mut leaves = Vec::with_capacity(entries.len());
        for entry in entries {
            let leaf = self.parts.store.find_leaf(entry.hash).await?;
            leaves.push(leaf.filter(|leaf| *leaf < size).ok_or_else(not_yet)?);
        }
        let mut wanted = BTreeSet::new();
        for leaf in &leaves {
            wanted.extend(log::nodes_for_inclusion(*leaf, size)?);
        }
        let nodes = self.nodes(&Vec::from_iter(wanted)).await?;
        let mut proofs = Proofs::new(size);
        for (entry, leaf) in entries.iter().zip(leaves) {
            proofs.push(entry.sequence, entry.hash, log::inclusion_proof(leaf, size, &nodes)?);
        }
        Ok(proofs)
    }

    async fn stamped(&self, size: u64) -> Result<Option<Stamped>, AppError> {
        let Some(row) = self.parts.store.stamped_checkpoint(size).await? else { return Ok(None) };
        let CheckpointRow { size: from, note, token: Some(token), .. } = row else { return Ok(None) };
        let note = SignedCheckpoint::open(&note, self.log_key())
            .map_err(|error| AppError::Internal(format!("checkpoint {from}: {error}")))?
            .own_note();
        let consistency = self.log_consistency(from, Some(size)).await?;
        Ok(Some(Stamped { note, token, consistency }))
    }
}

//! The proofs of a pack: that each journal entry is in the log.

use domain::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::log::{InclusionProof, ProofRefused};

/// Proofs for all entries of a case, in one tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofs {
    /// How many leaves the tree has.
    pub size: u64,
    /// One for each entry, in the order of the journal.
    pub entries: Vec<EntryProof>,
}

/// The proof for one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryProof {
    /// Its place in the case's journal, from 1.
    pub sequence: i64,
    /// Its chain hash.
    pub hash: Digest,
    /// Its place in the log, from 0.
    pub index: u64,
    /// The hashes that lead from it to the root.
    pub path: Vec<Digest>,
}

impl Proofs {
    /// No proofs yet, in a tree of `size` leaves.
    pub fn new(size: u64) -> Self {
        Self { size, entries: Vec::new() }
    }

    /// Adds the proof for the next entry.
    pub fn push(&mut self, sequence: i64, hash: Digest, proof: InclusionProof) {
        let InclusionProof { index, path, .. } = proof;
        self.entries.push(EntryProof { sequence, hash, index, path });
    }

    pub(super) fn verify(&self, entry: &EntryProof, hash: Digest, root: Digest) -> Result<(), ProofRefused> {
        let proof = InclusionProof { index: entry.index, size: self.size, path: entry.path.clone() };
        proof.verify(hash, root)
    }
}

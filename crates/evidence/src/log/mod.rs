//! A log that outsiders can hold: all journal entries as the leaves of one Merkle tree (RFC 9162), whose root is
//! published in signed checkpoints.
//!
//! A leaf's input is the 32 bytes of an entry's chain hash, which stands for the entry and for everything before
//! it in its case: a proof shows that an entry is in the log without showing what it says. Hashes and proofs are
//! those of `tlog_tiles`, notes those of `signed_note`; checkpoints follow C2SP tlog-checkpoint, cosignatures
//! C2SP tlog-cosignature. Pure: keys come in as bytes, nodes as a map, and nothing here reads or asks anybody.

mod checkpoint;
mod key;
mod proof;
pub mod timestamp;
mod tree;

pub use checkpoint::{Checkpoint, NoteRefused, SignedCheckpoint};
pub use key::{KeyRefused, LogSigner, SigningRefused, VerifierKey};
pub use proof::{
    ConsistencyProof, InclusionProof, LARGEST, ProofRefused, consistency_proof, inclusion_proof,
    nodes_for_consistency, nodes_for_inclusion,
};
pub use tree::{MissingNode, NewNode, Nodes, append, empty_root, frontier, leaf_hash, node_count, root};

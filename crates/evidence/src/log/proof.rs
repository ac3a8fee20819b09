//! Proofs of RFC 9162: that an entry is in the tree, and that a later tree begins with an earlier one.

use std::cell::RefCell;

use domain::digest::Digest;
use serde::{Deserialize, Serialize};
use tlog_tiles::tlog::{self, Hash, HashReader};

use super::tree::{MissingNode, Nodes, empty_root, leaf_hash};

/// No log has more leaves; keeps the arithmetic of node numbers from running over.
pub const LARGEST: u64 = 1 << 60;

/// No path through a tree of at most [`LARGEST`] leaves is longer.
const LONGEST_PATH: usize = 64;

/// Why there is no proof, or why one does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefused {
    /// The leaf is not in a tree of this size, or the sizes are in the wrong order.
    #[error("the tree is not as large as that")]
    NotInTree,
    /// The log has lost a node.
    #[error(transparent)]
    Missing(#[from] MissingNode),
    /// The hashes do not lead to the root.
    #[error("the proof does not hold")]
    Wrong,
}

/// Proves that a leaf is in the tree of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InclusionProof {
    /// The leaf's place, from 0.
    pub index: u64,
    /// Leaves of the tree.
    pub size: u64,
    /// The neighbours on the way from the leaf to the root.
    pub path: Vec<Digest>,
}

/// Proves that the tree of an earlier checkpoint is the beginning of a later one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsistencyProof {
    /// Leaves of the earlier tree.
    pub from: u64,
    /// Leaves of the later tree.
    pub to: u64,
    /// The hashes that lead to both roots.
    pub path: Vec<Digest>,
}

impl InclusionProof {
    /// Whether the journal entry with the chain hash `entry` is leaf [`Self::index`] of the tree with this root.
    pub fn verify(&self, entry: Digest, root: Digest) -> Result<(), ProofRefused> {
        if self.size > LARGEST || self.index >= self.size {
            return Err(ProofRefused::NotInTree);
        }
        let path = hashes(&self.path)?;
        let leaf = Hash(*leaf_hash(entry).as_bytes());
        tlog::check_record(&path, self.size, Hash(*root.as_bytes()), self.index, leaf)
            .map_err(|_| ProofRefused::Wrong)
    }
}

impl ConsistencyProof {
    /// Whether the tree with root `later` begins with the leaves of the tree with root `earlier`. Everything
    /// begins with the empty tree.
    pub fn verify(&self, earlier: Digest, later: Digest) -> Result<(), ProofRefused> {
        if self.to > LARGEST || self.from > self.to {
            return Err(ProofRefused::NotInTree);
        }
        let path = hashes(&self.path)?;
        if self.from == 0 {
            let empty = earlier == empty_root();
            return if empty && path.is_empty() { Ok(()) } else { Err(ProofRefused::Wrong) };
        }
        let (earlier, later) = (Hash(*earlier.as_bytes()), Hash(*later.as_bytes()));
        tlog::check_tree(&path, self.to, later, self.from, earlier).map_err(|_| ProofRefused::Wrong)
    }
}

fn hashes(path: &[Digest]) -> Result<Vec<Hash>, ProofRefused> {
    if path.len() > LONGEST_PATH {
        return Err(ProofRefused::Wrong);
    }
    Ok(path.iter().map(|digest| Hash(*digest.as_bytes())).collect())
}

/// The numbers of the nodes from which [`inclusion_proof`] is made.
pub fn nodes_for_inclusion(index: u64, size: u64) -> Result<Vec<u64>, ProofRefused> {
    if size > LARGEST || index >= size {
        return Err(ProofRefused::NotInTree);
    }
    let wanted = Wanted::default();
    Ok(wanted.by(|reader| tlog::prove_record(size, index, reader).map(drop)))
}

/// The proof for leaf `index` in the tree of `size` leaves.
pub fn inclusion_proof(index: u64, size: u64, nodes: &Nodes) -> Result<InclusionProof, ProofRefused> {
    nodes.has_all(&nodes_for_inclusion(index, size)?)?;
    let path = tlog::prove_record(size, index, nodes).map_err(|_| ProofRefused::NotInTree)?;
    Ok(InclusionProof { index, size, path: digests(path) })
}

/// The numbers of the nodes from which [`consistency_proof`] is made.
pub fn nodes_for_consistency(from: u64, to: u64) -> Result<Vec<u64>, ProofRefused> {
    if to > LARGEST || from > to {
        return Err(ProofRefused::NotInTree);
    }
    if from == 0 {
        return Ok(Vec::new());
    }
    let wanted = Wanted::default();
    Ok(wanted.by(|reader| tlog::prove_tree(to, from, reader).map(drop)))
}

/// The proof that the tree of `to` leaves begins with that of `from` leaves.
pub fn consistency_proof(from: u64, to: u64, nodes: &Nodes) -> Result<ConsistencyProof, ProofRefused> {
    nodes.has_all(&nodes_for_consistency(from, to)?)?;
    if from == 0 {
        return Ok(ConsistencyProof { from, to, path: Vec::new() });
    }
    let path = tlog::prove_tree(to, from, nodes).map_err(|_| ProofRefused::NotInTree)?;
    Ok(ConsistencyProof { from, to, path: digests(path) })
}

fn digests(path: Vec<Hash>) -> Vec<Digest> {
    path.into_iter().map(|hash| Digest::from_bytes(hash.0)).collect()
}

/// Notes which nodes are asked for and has none of them: the library asks once for all it needs.
#[derive(Default)]
struct Wanted(RefCell<Vec<u64>>);

impl Wanted {
    fn by(self, ask: impl FnOnce(&Self) -> Result<(), tlog::Error>) -> Vec<u64> {
        // It fails for want of nodes; what it wanted is the answer.
        let _ = ask(&self);
        self.0.into_inner()
    }
}

impl HashReader for Wanted {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        self.0.borrow_mut().extend_from_slice(indexes);
        Err(tlog::Error::IndexesNotInTree)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tree, *};

    const SIZE: u64 = 37;

    /// Chain hashes, all nodes, and the root of each size up to 37.
    fn log() -> (Vec<Digest>, Nodes, Vec<Digest>) {
        let entries: Vec<Digest> = (0..37_u8).map(|number| Digest::of(&[number])).collect();
        let mut nodes = Nodes::default();
        tree::append(0, &mut nodes, &entries).unwrap();
        let roots = (0..=SIZE).map(|size| tree::root(size, &nodes).unwrap()).collect();
        (entries, nodes, roots)
    }

    fn at(index: u64) -> usize {
        usize::try_from(index).unwrap()
    }

    #[test]
    fn every_entry_is_proved_in_every_tree_that_has_it() {
        let (entries, nodes, roots) = log();
        for size in 1..=SIZE {
            for index in 0..size {
                let wanted = nodes_for_inclusion(index, size).unwrap();
                let few: Nodes = wanted.iter().map(|at| (*at, nodes.get(*at).unwrap())).collect();
                let proof = inclusion_proof(index, size, &few).unwrap();
                assert_eq!(proof.verify(entries[at(index)], roots[at(size)]), Ok(()));
                assert!(proof.path.len() <= 6);
            }
        }
    }

    #[test]
    fn a_proof_holds_for_nothing_else() {
        let (entries, nodes, roots) = log();
        let proof = inclusion_proof(9, 30, &nodes).unwrap();
        assert_eq!(proof.verify(entries[10], roots[30]), Err(ProofRefused::Wrong));
        assert_eq!(proof.verify(entries[9], roots[31]), Err(ProofRefused::Wrong));
        for (index, size) in [(8, 30), (9, 9), (9, 16), (9, u64::MAX), (u64::MAX, u64::MAX), (0, 0)] {
            let moved = InclusionProof { index, size, ..proof.clone() };
            assert!(moved.verify(entries[9], roots[30]).is_err(), "{index} of {size}");
        }
        for place in 0..proof.path.len() {
            let mut changed = proof.clone();
            changed.path[place] = Digest::of(b"another");
            assert_eq!(changed.verify(entries[9], roots[30]), Err(ProofRefused::Wrong));
            let mut shorter = proof.clone();
            shorter.path.remove(place);
            assert_eq!(shorter.verify(entries[9], roots[30]), Err(ProofRefused::Wrong));
        }
        let longer = InclusionProof { path: vec![entries[0]; 1000], ..proof };
        assert_eq!(longer.verify(entries[9], roots[30]), Err(ProofRefused::Wrong));
    }

    #[test]
    fn every_tree_is_proved_to_begin_with_every_earlier_one_and_with_no_other() {
        let (entries, nodes, roots) = log();
        for to in 0..=SIZE {
            for from in 0..=to {
                let wanted = nodes_for_consistency(from, to).unwrap();
                let few: Nodes = wanted.iter().map(|at| (*at, nodes.get(*at).unwrap())).collect();
                let proof = consistency_proof(from, to, &few).unwrap();
                assert_eq!(proof.verify(roots[at(from)], roots[at(to)]), Ok(()), "{from} {to}");
                assert!(proof.verify(entries[0], roots[at(to)]).is_err());
                if from > 0 {
                    assert!(proof.verify(roots[at(from)], entries[0]).is_err());
                }
            }
        }
    }

    #[test]
    fn a_rewritten_log_is_not_consistent_with_what_was_published() {
        let (entries, _, roots) = log();
        for changed in 0..20 {
            let mut other = entries.clone();
            other[changed] = Digest::of(b"rewritten");
            let mut nodes = Nodes::default();
            tree::append(0, &mut nodes, &other).unwrap();
            let proof = consistency_proof(20, SIZE, &nodes).unwrap();
            let root = tree::root(SIZE, &nodes).unwrap();
            assert_eq!(proof.verify(roots[20], root), Err(ProofRefused::Wrong), "{changed}");
        }
    }

    #[test]
    fn sizes_that_are_no_sizes_are_refused() {
        assert_eq!(nodes_for_inclusion(5, 5), Err(ProofRefused::NotInTree));
        assert_eq!(nodes_for_inclusion(0, u64::MAX), Err(ProofRefused::NotInTree));
        assert_eq!(nodes_for_consistency(6, 5), Err(ProofRefused::NotInTree));
        assert_eq!(nodes_for_consistency(1, u64::MAX), Err(ProofRefused::NotInTree));
        assert_eq!(inclusion_proof(0, 2, &Nodes::default()), Err(MissingNode(1).into()));
        assert_eq!(consistency_proof(1, 2, &Nodes::default()), Err(MissingNode(1).into()));
    }
}

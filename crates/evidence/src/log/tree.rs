//! The tree itself: which nodes are kept, what an append adds to them, what the root is.
//!
//! Kept are the hashes of all complete subtrees, numbered in the order in which they come to be (the "stored hash
//! index" of `tlog_tiles`): a node never changes once it is there, so the log only ever inserts.

use std::collections::BTreeMap;

use domain::digest::Digest;
use tlog_tiles::tlog::{self, Hash, HashReader};

/// A node that was not among those given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("node {0} of the log is missing")]
pub struct MissingNode(pub u64);

/// A node of the log: its number and its hash.
pub type NewNode = (u64, Digest);

/// Some nodes of the log, by their number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nodes(BTreeMap<u64, Digest>);

impl Nodes {
    /// The node with this number.
    pub fn get(&self, index: u64) -> Result<Digest, MissingNode> {
        self.0.get(&index).copied().ok_or(MissingNode(index))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These nodes while they are few; of more, those that a tree of `size` leaves goes on from.
    pub fn frontier_of(self, size: u64, few: usize) -> Result<Self, MissingNode> {
        if self.len() <= few {
            return Ok(self);
        }
        frontier(size).into_iter().map(|index| Ok((index, self.get(index)?))).collect()
    }

    /// Whether all nodes with these numbers are there; names the first that is not.
    pub fn has_all(&self, wanted: &[u64]) -> Result<(), MissingNode> {
        wanted
            .iter()
            .find(|index| !self.0.contains_key(index))
            .map_or(Ok(()), |index| Err(MissingNode(*index)))
    }
}

impl FromIterator<NewNode> for Nodes {
    fn from_iter<I: IntoIterator<Item = NewNode>>(nodes: I) -> Self {
        Self(nodes.into_iter().collect())
    }
}

impl Extend<NewNode> for Nodes {
    fn extend<I: IntoIterator<Item = NewNode>>(&mut self, nodes: I) {
        self.0.extend(nodes);
    }
}

impl HashReader for Nodes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        indexes
            .iter()
            .map(|index| self.0.get(index).map(|digest| Hash(*digest.as_bytes())))
            .collect::<Option<_>>()
            .ok_or(tlog::Error::IndexesNotInTree)
    }
}

/// The leaf of a journal entry with this chain hash: SHA-256(0x00 ‖ hash).
pub fn leaf_hash(entry: Digest) -> Digest {
    Digest::from_bytes(tlog::record_hash(entry.as_bytes()).0)
}

/// The root of the tree without leaves.
pub fn empty_root() -> Digest {
    Digest::from_bytes(tlog::EMPTY_HASH.0)
}

/// How many nodes a tree of `size` leaves has.
pub fn node_count(size: u64) -> u64 {
    tlog::stored_hash_count(size)
}

/// The numbers of the nodes that give the root of a tree of `size` leaves, and that appending to it needs.
pub fn frontier(size: u64) -> Vec<u64> {
    tlog::sub_tree_index(0, size, Vec::new())
}

/// The root of the tree with `size` leaves, from its [`frontier`].
pub fn root(size: u64, nodes: &Nodes) -> Result<Digest, MissingNode> {
    nodes.has_all(&frontier(size))?;
    let hash = tlog::tree_hash(size, nodes).map_err(|_| MissingNode(0))?;
    Ok(Digest::from_bytes(hash.0))
}

/// Appends `entries` (chain hashes) to a tree of `size` leaves and gives the new nodes, which are also added to
/// `nodes`; these must hold the [`frontier`] of `size`.
pub fn append(size: u64, nodes: &mut Nodes, entries: &[Digest]) -> Result<Vec<NewNode>, MissingNode> {
    nodes.has_all(&frontier(size))?;
    let mut added = Vec::with_capacity(entries.len() * 2);
    for (number, entry) in (size..).zip(entries) {
        let leaf = tlog::record_hash(entry.as_bytes());
        let hashes = tlog::stored_hashes_for_record_hash(number, leaf, nodes)
            .map_err(|_| MissingNode(tlog::stored_hash_index(0, number)))?;
        let first = tlog::stored_hash_index(0, number);
        let fresh = (first..).zip(hashes).map(|(index, hash)| (index, Digest::from_bytes(hash.0)));
        let before = added.len();
        added.extend(fresh);
        nodes.extend(added.iter().skip(before).copied());
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: u8) -> Vec<Digest> {
        (0..count).map(|number| Digest::of(&[number])).collect()
    }

    /// RFC 9162, section 2.1.1, word for word.
    fn by_the_book(entries: &[Digest]) -> Digest {
        let join = |kind: u8, parts: &[&[u8]]| {
            let mut bytes = vec![kind];
            parts.iter().for_each(|part| bytes.extend_from_slice(part));
            Digest::of(&bytes)
        };
        match entries {
            [] => Digest::of(b""),
            [only] => join(0, &[only.as_bytes()]),
            many => {
                let mut split = 1;
                while split * 2 < many.len() {
                    split *= 2;
                }
                let (left, right) = many.split_at(split);
                join(1, &[by_the_book(left).as_bytes(), by_the_book(right).as_bytes()])
            }
        }
    }

    #[test]
    fn the_root_is_the_one_of_the_standard_however_the_leaves_came() {
        let all = entries(70);
        for step in [1, 2, 3, 7, 64, 70] {
            let mut nodes = Nodes::default();
            let mut size = 0;
            for batch in all.chunks(step) {
                append(size, &mut nodes, batch).unwrap();
                size += u64::try_from(batch.len()).unwrap();
                let upto = usize::try_from(size).unwrap();
                assert_eq!(root(size, &nodes).unwrap(), by_the_book(&all[..upto]), "{size} by {step}");
            }
        }
        assert_eq!(root(0, &Nodes::default()).unwrap(), by_the_book(&[]));
    }

    #[test]
    fn nodes_are_numbered_without_gaps_and_never_change() {
        let mut nodes = Nodes::default();
        let mut expected = 0;
        for (size, entry) in (0..).zip(entries(40)) {
            let before = nodes.clone();
            for (index, _) in append(size, &mut nodes, &[entry]).unwrap() {
                assert_eq!(index, expected);
                expected += 1;
            }
            assert!(before.0.iter().all(|(index, hash)| nodes.get(*index) == Ok(*hash)));
        }
    }

    #[test]
    fn the_frontier_is_all_that_an_append_needs() {
        let all = entries(50);
        for size in 0..49_u64 {
            let upto = usize::try_from(size).unwrap();
            let mut whole = Nodes::default();
            append(0, &mut whole, &all[..upto]).unwrap();
            let mut edge: Nodes =
                frontier(size).into_iter().map(|index| (index, whole.get(index).unwrap())).collect();
            append(size, &mut edge, &all[upto..]).unwrap();
            assert_eq!(root(50, &edge).unwrap(), by_the_book(&all));
        }
    }

    #[test]
    fn a_missing_node_is_named_and_not_a_panic() {
        let mut nodes = Nodes::default();
        append(0, &mut nodes, &entries(5)).unwrap();
        let edge = frontier(5);
        for gone in &edge {
            let mut some: Nodes = edge.iter().map(|index| (*index, nodes.get(*index).unwrap())).collect();
            some.0.remove(gone);
            assert_eq!(root(5, &some), Err(MissingNode(*gone)));
            assert_eq!(append(5, &mut some, &entries(1)), Err(MissingNode(*gone)));
        }
    }
}

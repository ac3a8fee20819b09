//! `fsck` of the log: the whole tree is built again from the journal's hashes and compared with everything that is
//! kept of it, and with a checkpoint that somebody kept outside.
//!
//! Entries behind the last one in the log are still to come: the builder is about a second behind.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{digest::Digest, identifiers::CaseId};
use evidence::log::{self, NewNode, Nodes, SignedCheckpoint, VerifierKey, timestamp};
use store::{CheckpointRow, LeafRow, Store};
use uuid::Uuid;

use crate::error::AppError;

/// An entry this young may have committed late and be on its way into the log.
const LATE: TimeDelta = TimeDelta::hours(1);
/// Positions of the journal that are looked at together.
const STRIDE: i64 = 500;
/// Frontiers are short; more nodes than this are not carried along.
const MOST_NODES: usize = 4_096;

/// What is known from outside about a log that is checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct KnownLog<'a> {
    /// The key that signed its checkpoints.
    pub key: Option<&'a VerifierKey>,
    /// A checkpoint that was kept outside, as it was published.
    pub pinned: Option<&'a str>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct LogCheck {
    /// Leaves whose entry, hash and nodes were compared.
    pub leaves: u64,
    /// Checkpoints whose root was computed again.
    pub checkpoints: u64,
    /// Entries that are still to come into the log.
    pub waiting: u64,
    /// One line per fault, without personal data.
    pub faults: Vec<String>,
}

/// Checks the log, and whether cases say what their journals say.
pub async fn check_log(store: &Store, known: KnownLog<'_>, now: DateTime<Utc>) -> Result<LogCheck, AppError> {
    let mut check = LogCheck::default();
    let mut roots = check.checkpoint_rows(store, known.key).await?;
    check.pinned(known, &mut roots);
    check.tree(store, roots).await?;
    check.entries_without_leaf(store, now).await?;
    let mut after = CaseId(Uuid::nil());
    while let Some((last, apart)) = store.cases_apart(after).await? {
        check.faults.extend(apart);
        after = last;
    }
    Ok(check)
}

/// What checkpoints say of a tree of this size: who says it, and the root.
type Roots = BTreeMap<u64, Vec<(String, Digest)>>;

impl LogCheck {
    fn fault(&mut self, text: impl Into<String>) {
        self.faults.push(text.into());
    }

    async fn checkpoint_rows(&mut self, store: &Store, key: Option<&VerifierKey>) -> Result<Roots, AppError> {
        let (mut roots, mut after) = (Roots::new(), i64::MIN);
        loop {
            let rows = store.checkpoints_from(after).await?;
            if rows.is_empty() {
                return Ok(roots);
            }
            for row in rows {
                match row {
                    Ok(row) => {
                        after = i64::try_from(row.size).unwrap_or(i64::MAX);
                        self.signed(&row, key);
                        let said = (format!("checkpoint {}", row.size), row.root);
                        roots.entry(row.size).or_default().push(said);
                    }
                    Err(size) => {
                        after = size;
                        self.fault(format!("checkpoint {size}: no checkpoint at all"));
                    }
                }
            }
        }
    }

    /// The note of a row is signed and says what the columns say; its timestamp is one of this note.
    fn signed(&mut self, row: &CheckpointRow, key: Option<&VerifierKey>) {
        let Some(key) = key else { return };
        let opened = match SignedCheckpoint::open(&row.note, key) {
            Ok(opened) => opened,
            Err(error) => return self.fault(format!("checkpoint {}: {error}", row.size)),
        };
        let said = opened.checkpoint();
        if (said.size, said.root) != (row.size, row.root) {
            self.fault(format!("checkpoint {}: the note says something else than the columns", row.size));
        }
        if let Some(token) = &row.token {
            let digest = Digest::of(opened.own_note().as_bytes());
            if let Err(error) = timestamp::verify(token, digest, &[]) {
                self.fault(format!("checkpoint {}: {error}", row.size));
            }
        }
    }

    /// A checkpoint from outside must be kept here, too, and its root must come out again.
    fn pinned(&mut self, known: KnownLog<'_>, roots: &mut Roots) {
        let (Some(pinned), Some(key)) = (known.pinned, known.key) else { return };
        match SignedCheckpoint::open(pinned, key) {
            Err(error) => self.fault(format!("the checkpoint kept outside: {error}")),
            Ok(opened) => {
                let said = opened.checkpoint();
                if !roots.contains_key(&said.size) {
                    self.fault(format!("checkpoint {}: kept outside, and missing here", said.size));
                }
                let outside = ("the checkpoint kept outside".to_owned(), said.root);
                roots.entry(said.size).or_default().push(outside);
            }
        }
    }

    /// Builds the tree from the journal and compares each leaf, each node and each root.
    async fn tree(&mut self, store: &Store, mut roots: Roots) -> Result<(), AppError> {
        let mut nodes = Nodes::default();
        self.roots_of(&mut roots, 0, log::empty_root());
        loop {
            let page = store.leaves_from(self.leaves).await?;
            if page.is_empty() {
                break;
            }
            let first_node = log::node_count(self.leaves);
            let mut expected: Vec<NewNode> = Vec::new();
            for row in page {
                let Some(entry) = self.leaf(&row) else { return Ok(()) };
                expected.extend(log::append(self.leaves, &mut nodes, &[entry])?);
                self.leaves += 1;
                if roots.contains_key(&self.leaves) {
                    self.roots_of(&mut roots, self.leaves, log::root(self.leaves, &nodes)?);
                }
            }
            let kept = store.nodes_between(first_node, log::node_count(self.leaves)).await?;
            for (index, _) in expected.iter().filter(|(index, hash)| kept.get(index) != Some(hash)) {
                self.fault(format!("log node {index}: missing or changed"));
            }
            nodes = nodes.frontier_of(self.leaves, MOST_NODES)?;
        }
        for size in roots.into_keys() {
            self.fault(format!("checkpoint {size}: the log has only {} leaves", self.leaves));
        }
        if store.has_more_log(self.leaves, log::node_count(self.leaves)).await? {
            self.fault(format!("the log has leaves or nodes that a tree of {} does not have", self.leaves));
        }
        Ok(())
    }

    /// The hash of the journal's entry; the rest of the tree cannot be built without it.
    fn leaf(&mut self, row: &LeafRow) -> Option<Digest> {
        if row.leaf != self.leaves {
            self.fault(format!("log leaf {}: missing", self.leaves));
            return None;
        }
        match (row.entry, row.journal) {
            (entry, Some(journal)) => {
                if entry != Some(journal) {
                    self.fault(format!("log leaf {}: the journal has another entry there", row.leaf));
                }
                Some(journal)
            }
            (entry, None) => {
                self.fault(format!("journal entry at {}: missing, and in the log", row.position));
                entry
            }
        }
    }

    fn roots_of(&mut self, roots: &mut Roots, size: u64, root: Digest) {
        for (whose, said) in roots.remove(&size).into_iter().flatten() {
            self.checkpoints += 1;
            if said != root {
                self.fault(format!("{whose}: the journal leads to another root"));
            }
        }
    }

    async fn entries_without_leaf(&mut self, store: &Store, now: DateTime<Utc>) -> Result<(), AppError> {
        let last_logged = store.last_logged_position().await?;
        let mut after = i64::MIN;
        while let Some(next) = store.journal_after(after, 1).await?.first().map(|place| place.position) {
            let upto = next.saturating_add(STRIDE);
            for (position, at) in store.unlogged(after, upto).await? {
                if position > last_logged || at > now - LATE {
                    self.waiting += 1;
                } else {
                    self.fault(format!("journal entry at {position}: not in the log"));
                }
            }
            after = upto;
        }
        Ok(())
    }
}

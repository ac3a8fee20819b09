//! What `fsck` reads of the log, page by page, and of the cases beside their journals.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{case::Case, digest::Digest, identifiers::CaseId, journal::Entry};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    error::StoreError,
    log::{CheckpointRow, number},
    rows::{accident_case, checkpoint, journal, log_leaf, log_node},
    store::Store,
};

/// How many rows are read at once.
const PAGE: u64 = 500;

/// A leaf, and the journal entry at its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRow {
    /// Its number.
    pub leaf: u64,
    /// Where its entry stands in the journal.
    pub position: i64,
    /// The chain hash that the leaf holds, if it is one.
    pub entry: Option<Digest>,
    /// The chain hash of the entry in the journal, if it is there.
    pub journal: Option<Digest>,
}

impl Store {
    /// The next leaves from this number on, none at the end.
    pub async fn leaves_from(&self, first: u64) -> Result<Vec<LeafRow>, StoreError> {
        let rows = log_leaf::Entity::find()
            .filter(log_leaf::Column::Leaf.gte(number(first)?))
            .order_by_asc(log_leaf::Column::Leaf)
            .limit(PAGE)
            .all(&self.connections.read)
            .await?;
        let positions: Vec<i64> = rows.iter().map(|row| row.position).collect();
        let entries = journal::Entity::find()
            .filter(journal::Column::Position.is_in(positions))
            .all(&self.connections.read)
            .await?;
        let entries: BTreeMap<i64, String> =
            entries.into_iter().map(|row| (row.position, row.hash)).collect();
        let leaf = |row: log_leaf::Model| LeafRow {
            leaf: u64::try_from(row.leaf).unwrap_or_default(),
            position: row.position,
            entry: row.entry.parse().ok(),
            journal: entries.get(&row.position).and_then(|hash| hash.parse().ok()),
        };
        Ok(rows.into_iter().map(leaf).collect())
    }

    /// The nodes with numbers from `first` up to but without `end`, as far as they are there and whole.
    pub async fn nodes_between(&self, first: u64, end: u64) -> Result<BTreeMap<u64, Digest>, StoreError> {
        let rows = log_node::Entity::find()
            .filter(log_node::Column::Node.gte(number(first)?))
            .filter(log_node::Column::Node.lt(number(end)?))
            .all(&self.connections.read)
            .await?;
        let whole = |row: log_node::Model| {
            Some((u64::try_from(row.node).ok()?, Digest::from_bytes(row.hash.try_into().ok()?)))
        };
        Ok(rows.into_iter().filter_map(whole).collect())
    }

    /// Whether there is a leaf or node that no tree of `size` leaves and `nodes` nodes has.
    pub async fn has_more_log(&self, size: u64, nodes: u64) -> Result<bool, StoreError> {
        let read = &self.connections.read;
        let odd = |row: i64, end: u64| u64::try_from(row).map_or(true, |row| row >= end);
        let leaf = log_leaf::Entity::find().order_by_desc(log_leaf::Column::Leaf).limit(1).all(read).await?;
        let first = log_leaf::Entity::find().order_by_asc(log_leaf::Column::Leaf).limit(1).all(read).await?;
        let node = log_node::Entity::find().order_by_desc(log_node::Column::Node).limit(1).all(read).await?;
        Ok(leaf.into_iter().chain(first).any(|row| odd(row.leaf, size))
            || node.into_iter().any(|row| odd(row.node, nodes)))
    }

    /// All checkpoints by size; a row that cannot be one is given by its size alone.
    pub async fn checkpoints_from(&self, after: i64) -> Result<Vec<Result<CheckpointRow, i64>>, StoreError> {
        let rows = checkpoint::Entity::find()
            .filter(checkpoint::Column::Size.gt(after))
            .order_by_asc(checkpoint::Column::Size)
            .limit(PAGE)
            .all(&self.connections.read)
            .await?;
        let read = |row: checkpoint::Model| {
            let size = row.size;
            CheckpointRow::try_from(row).map_err(|_| size)
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Positions of the journal above `after` and up to `upto` without a leaf, with the time of the entry, if the
    /// row still has a hash.
    pub async fn unlogged(&self, after: i64, upto: i64) -> Result<Vec<(i64, DateTime<Utc>)>, StoreError> {
        let rows = journal::Entity::find()
            .filter(journal::Column::Position.gt(after))
            .filter(journal::Column::Position.lte(upto))
            .all(&self.connections.read)
            .await?;
        let positions: Vec<i64> = rows.iter().map(|row| row.position).collect();
        let logged: std::collections::BTreeSet<i64> = log_leaf::Entity::find()
            .filter(log_leaf::Column::Position.gt(after))
            .filter(log_leaf::Column::Position.lte(upto))
            .filter(log_leaf::Column::Position.is_in(positions))
            .all(&self.connections.read)
            .await?
            .into_iter()
            .map(|row| row.position)
            .collect();
        let missing = rows.into_iter().filter(|row| !logged.contains(&row.position));
        Ok(missing.map(|row| (row.position, row.at)).collect())
    }

    /// Where cases behind `after` say otherwise than their journals: one line each, and the last case looked at;
    /// `None` at the end. A case that moves meanwhile is looked at again.
    pub async fn cases_apart(&self, after: CaseId) -> Result<Option<(CaseId, Vec<String>)>, StoreError> {
        let rows = accident_case::Entity::find()
            .filter(accident_case::Column::Id.gt(after.0))
            .order_by_asc(accident_case::Column::Id)
            .limit(PAGE)
            .all(&self.connections.read)
            .await?;
        let Some(last) = rows.last().map(|row| CaseId(row.id)) else { return Ok(None) };
        let mut lines = Vec::new();
        for row in rows {
            lines.extend(self.case_apart(row).await?);
        }
        Ok(Some((last, lines)))
    }

    async fn case_apart(&self, mut row: accident_case::Model) -> Result<Vec<String>, StoreError> {
        loop {
            let (id, version) = (CaseId(row.id), row.version);
            // What cannot be read at all is told by the check of states and chains.
            let (Ok(case), Ok(sealed)) = (Case::try_from(row), self.journal_of(id).await) else {
                return Ok(Vec::new());
            };
            let entries = sealed.iter().map(|entry| serde_json::from_str::<Entry>(&entry.canonical));
            let Ok(entries) = entries.collect::<Result<Vec<_>, _>>() else { return Ok(Vec::new()) };
            let apart = case.apart_from(&entries);
            let now = if apart.is_empty() { None } else { self.row_of(id).await? };
            match now {
                Some(moved) if moved.version != version => row = moved,
                _ => {
                    let line = |what| format!("case {id}: {what} is not what the journal says");
                    return Ok(apart.into_iter().map(line).collect());
                }
            }
        }
    }

    async fn row_of(&self, id: CaseId) -> Result<Option<accident_case::Model>, StoreError> {
        Ok(accident_case::Entity::find_by_id(id.0).one(&self.connections.read).await?)
    }
}

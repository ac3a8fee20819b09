//! Reading the log: what is not in it yet, the nodes that proofs are made of, checkpoints.

use chrono::{DateTime, Utc};
use domain::digest::Digest;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait as _, Query},
};

use crate::{
    error::StoreError,
    log::{CheckpointRow, number},
    rows::{checkpoint, conversions, journal, log_leaf, log_node, log_witness},
    store::Store,
};

/// Most numbers in one `IN (…)`.
const MOST_NUMBERS: usize = 500;

/// A journal entry as the log sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalPlace {
    /// Its position in the journal of all cases. Positions become visible out of order.
    pub position: i64,
    /// Its chain hash.
    pub entry: Digest,
    /// When it was recorded.
    pub at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct PlaceRow {
    position: i64,
    hash: String,
    at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Number {
    number: Option<i64>,
}

fn places() -> Select<journal::Entity> {
    use journal::Column::{At, Hash, Position};
    journal::Entity::find().select_only().columns([Position, Hash, At]).order_by_asc(Position)
}

impl Store {
    async fn read_places(&self, select: Select<journal::Entity>) -> Result<Vec<JournalPlace>, StoreError> {
        let rows = select.into_model::<PlaceRow>().all(&self.connections.read).await?;
        Ok(rows.into_iter().filter_map(place).collect())
    }

    /// Entries behind `position`, at most `limit`, in the order of their positions.
    pub async fn journal_after(&self, position: i64, limit: u64) -> Result<Vec<JournalPlace>, StoreError> {
        self.read_places(places().filter(journal::Column::Position.gt(position)).limit(limit)).await
    }

    /// The entries at these positions, as far as there are any.
    pub async fn journal_at(&self, positions: &[i64]) -> Result<Vec<JournalPlace>, StoreError> {
        let mut found = Vec::new();
        for some in positions.chunks(MOST_NUMBERS) {
            let at = journal::Column::Position.is_in(some.iter().copied());
            found.extend(self.read_places(places().filter(at)).await?);
        }
        Ok(found)
    }

    /// Entries with positions above `after` and up to `upto` that are not in the log.
    pub async fn journal_without_leaf(&self, after: i64, upto: i64) -> Result<Vec<JournalPlace>, StoreError> {
        let logged = Query::select()
            .expr(Expr::val(1))
            .from(log_leaf::Entity)
            .and_where(
                Expr::col((log_leaf::Entity, log_leaf::Column::Position))
                    .equals((journal::Entity, journal::Column::Position)),
            )
            .to_owned();
        let within = Condition::all()
            .add(journal::Column::Position.gt(after))
            .add(journal::Column::Position.lte(upto))
            .add(Expr::exists(logged).not());
        self.read_places(places().filter(within)).await
    }

    /// Those of the entries that are not in the log.
    pub async fn without_leaf(&self, entries: Vec<JournalPlace>) -> Result<Vec<JournalPlace>, StoreError> {
        let mut logged = std::collections::BTreeSet::new();
        for some in entries.chunks(MOST_NUMBERS) {
            let at = log_leaf::Column::Position.is_in(some.iter().map(|place| place.position));
            let rows = log_leaf::Entity::find().filter(at).all(&self.connections.read).await?;
            logged.extend(rows.into_iter().map(|row| row.position));
        }
        Ok(entries.into_iter().filter(|place| !logged.contains(&place.position)).collect())
    }

    /// How many leaves the log has.
    pub async fn log_size(&self) -> Result<u64, StoreError> {
        let last = log_leaf::Entity::find()
            .select_only()
            .column_as(log_leaf::Column::Leaf.max(), "number")
            .into_model::<Number>()
            .one(&self.connections.read)
            .await?;
        let last = last.and_then(|row| row.number);
        Ok(last.map_or(0, |leaf| u64::try_from(leaf).unwrap_or_default() + 1))
    }

    /// The highest position of an entry in the log; 0 for an empty one.
    pub async fn last_logged_position(&self) -> Result<i64, StoreError> {
        let last = log_leaf::Entity::find()
            .select_only()
            .column_as(log_leaf::Column::Position.max(), "number")
            .into_model::<Number>()
            .one(&self.connections.read)
            .await?;
        Ok(last.and_then(|row| row.number).unwrap_or_default())
    }

    /// The leaf of the entry with this chain hash.
    pub async fn find_leaf(&self, entry: Digest) -> Result<Option<u64>, StoreError> {
        let row =
            self.only(log_leaf::Entity::find().filter(log_leaf::Column::Entry.eq(entry.to_string()))).await?;
        Ok(row.and_then(|row| u64::try_from(row.leaf).ok()))
    }

    /// The nodes with these numbers, as far as there are any.
    pub async fn log_nodes(&self, wanted: &[u64]) -> Result<Vec<(u64, Digest)>, StoreError> {
        let mut found = Vec::with_capacity(wanted.len());
        for some in wanted.chunks(MOST_NUMBERS) {
            let some = some.iter().map(|node| number(*node)).collect::<Result<Vec<_>, _>>()?;
            let rows = log_node::Entity::find()
                .filter(log_node::Column::Node.is_in(some))
                .all(&self.connections.read)
                .await?;
            for row in rows {
                found.push(node(row)?);
            }
        }
        Ok(found)
    }

    /// The checkpoint of the largest tree.
    pub async fn newest_checkpoint(&self) -> Result<Option<CheckpointRow>, StoreError> {
        let rows = self.list_checkpoints(None, 1).await?;
        Ok(rows.into_iter().next())
    }

    /// The checkpoint of the tree with exactly this size.
    pub async fn checkpoint_of(&self, size: u64) -> Result<Option<CheckpointRow>, StoreError> {
        let Ok(size) = i64::try_from(size) else { return Ok(None) };
        let row = self.only(checkpoint::Entity::find_by_id(size)).await?;
        row.map(CheckpointRow::try_from).transpose()
    }

    /// Checkpoints of trees smaller than `below`, largest first.
    pub async fn list_checkpoints(
        &self,
        below: Option<u64>,
        limit: u64,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let mut select = checkpoint::Entity::find().order_by_desc(checkpoint::Column::Size).limit(limit);
        if let Some(below) = below {
            select = select.filter(checkpoint::Column::Size.lt(i64::try_from(below).unwrap_or(i64::MAX)));
        }
        select.all(&self.connections.read).await?.into_iter().map(CheckpointRow::try_from).collect()
    }

    /// Whether this day has its checkpoint already.
    pub async fn has_checkpoint_of_day(&self, day: &str) -> Result<bool, StoreError> {
        let row = self.only(checkpoint::Entity::find().filter(checkpoint::Column::Day.eq(day))).await?;
        Ok(row.is_some())
    }

    /// Daily checkpoints without a timestamp, oldest first.
    pub async fn checkpoints_to_stamp(&self, limit: u64) -> Result<Vec<CheckpointRow>, StoreError> {
        let rows = checkpoint::Entity::find()
            .filter(checkpoint::Column::Day.is_not_null())
            .filter(checkpoint::Column::Token.is_null())
            .order_by_asc(checkpoint::Column::Size)
            .limit(limit)
            .all(&self.connections.read)
            .await?;
        rows.into_iter().map(CheckpointRow::try_from).collect()
    }

    /// The size of the log that a witness has seen; 0 for none.
    pub async fn witness_size(&self, name: &str) -> Result<u64, StoreError> {
        let row = self.only(log_witness::Entity::find_by_id(name)).await?;
        Ok(row.map_or(0, |row| u64::try_from(row.size).unwrap_or_default()))
    }

    /// When the oldest entry was recorded that no checkpoint covers; `None` when all are covered.
    pub async fn uncovered_since(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let covered = checkpoint::Entity::find()
            .select_only()
            .column_as(checkpoint::Column::Size.max(), "number")
            .into_model::<Number>()
            .one(&self.connections.read)
            .await?
            .and_then(|row| row.number)
            .unwrap_or_default();
        let leaf = self.only(log_leaf::Entity::find_by_id(covered)).await?;
        let entries = match leaf {
            Some(leaf) => self.journal_at(&[leaf.position]).await?,
            None => self.journal_after(self.last_logged_position().await?, 1).await?,
        };
        Ok(entries.first().map(|entry| entry.at))
    }
}

/// An entry whose hash is no hash cannot be logged, and must not keep the others out; `fsck` names it.
fn place(row: PlaceRow) -> Option<JournalPlace> {
    match row.hash.parse() {
        Ok(entry) => Some(JournalPlace { position: row.position, entry, at: row.at }),
        Err(_) => {
            tracing::error!(position = row.position, "a journal entry has no hash and stays out of the log");
            None
        }
    }
}

fn node(row: log_node::Model) -> Result<(u64, Digest), StoreError> {
    let corrupt = StoreError::Corrupt { table: "log_node", column: "hash" };
    match (u64::try_from(row.node), <[u8; 32]>::try_from(row.hash)) {
        (Ok(node), Ok(hash)) => Ok((node, Digest::from_bytes(hash))),
        _ => Err(corrupt),
    }
}

impl TryFrom<checkpoint::Model> for CheckpointRow {
    type Error = StoreError;

    fn try_from(row: checkpoint::Model) -> Result<Self, StoreError> {
        let corrupt = |_| StoreError::Corrupt { table: "checkpoint", column: "size" };
        Ok(Self {
            size: u64::try_from(row.size).map_err(corrupt)?,
            root: conversions::parse(&row.root, "checkpoint", "root")?,
            note: row.note,
            created_at: row.created_at,
            day: row.day,
            token: row.token,
        })
    }
}

//! Chores: what must be done once when a release brings a new table, and that it was done.

use chrono::{DateTime, Utc};
use domain::{case::Case, evidence::Media, identifiers::CaseId};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{
    error::StoreError,
    rows::{accident_case, chore, evidence_item},
    store::Store,
    work::{Update, Work},
};

/// The chore of giving every photo and recording that is older than the table of evidence its row there.
const EVIDENCE_ROWS: &str = "evidence_rows";

/// A write of this module.
#[derive(Debug)]
pub(crate) enum ChoreChange {
    /// Rows that may be there already.
    Evidence(Vec<evidence_item::ActiveModel>),
    /// The chore is done.
    Done { name: &'static str, at: DateTime<Utc> },
}

/// Evidence of some cases that has no row yet.
#[derive(Debug)]
pub struct MissingEvidence {
    /// The last case that was looked at; the next ones come behind it.
    pub last: CaseId,
    /// Cases that could not be read: nobody knows which evidence they need.
    pub unreadable: usize,
    rows: Vec<evidence_item::ActiveModel>,
}

impl MissingEvidence {
    /// How many rows are missing.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is missing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Work {
    /// Rows of evidence that is older than their table. What is there already stays as it is.
    pub fn insert_missing_evidence(&mut self, missing: MissingEvidence) {
        if !missing.rows.is_empty() {
            self.updates.push(Update::Chore(ChoreChange::Evidence(missing.rows)));
        }
    }

    /// Every piece of evidence has its row.
    pub fn evidence_is_complete(&mut self, now: DateTime<Utc>) {
        self.updates.push(Update::Chore(ChoreChange::Done { name: EVIDENCE_ROWS, at: now }));
    }
}

impl Store {
    /// Whether somebody saw that every piece of evidence has its row.
    pub async fn is_evidence_complete(&self) -> Result<bool, StoreError> {
        Ok(self.only(chore::Entity::find_by_id(EVIDENCE_ROWS)).await?.is_some())
    }

    /// Evidence without a row, in the next `most` cases behind `after`; nothing when there are no more cases. A case
    /// that cannot be read is left to `fsck`.
    pub async fn missing_evidence(
        &self,
        after: Option<CaseId>,
        most: u64,
    ) -> Result<Option<MissingEvidence>, StoreError> {
        let mut cases = accident_case::Entity::find();
        if let Some(CaseId(after)) = after {
            cases = cases.filter(accident_case::Column::Id.gt(after));
        }
        let cases =
            cases.order_by_asc(accident_case::Column::Id).limit(most).all(&self.connections.read).await?;
        let Some(last) = cases.last().map(|row| CaseId(row.id)) else { return Ok(None) };
        let known: Vec<Uuid> = evidence_item::Entity::find()
            .select_only()
            .column(evidence_item::Column::Id)
            .filter(evidence_item::Column::CaseId.is_in(cases.iter().map(|row| row.id)))
            .into_tuple()
            .all(&self.connections.read)
            .await?;
        let mut all = Work::new();
        let mut unreadable = 0;
        for row in cases {
            let Ok(case) = Case::try_from(row) else {
                unreadable += 1;
                continue;
            };
            for photo in &case.photos {
                all.insert_evidence(case.id, Media::Photo, photo.id.0, photo.digest, photo.received_at);
            }
            for other in &case.recordings {
                all.insert_evidence(case.id, Media::Recording, other.id.0, other.digest, other.received_at);
            }
        }
        let mut rows = all.inserts.evidence;
        rows.retain(|row| row.id.try_as_ref().is_some_and(|id| !known.contains(id)));
        Ok(Some(MissingEvidence { last, unreadable, rows }))
    }
}

/// Writes a change of this module.
pub(crate) async fn change(db: &DatabaseTransaction, change: &ChoreChange) -> Result<(), StoreError> {
    match change {
        ChoreChange::Evidence(rows) => {
            let there = OnConflict::column(evidence_item::Column::Id).do_nothing().to_owned();
            for rows in rows.chunks(32) {
                evidence_item::Entity::insert_many(rows.to_vec())
                    .on_conflict(there.clone())
                    .exec_without_returning(db)
                    .await?;
            }
        }
        ChoreChange::Done { name, at } => {
            let there = OnConflict::column(chore::Column::Name).do_nothing().to_owned();
            let row = chore::ActiveModel { name: Set((*name).to_owned()), done_at: Set(*at) };
            chore::Entity::insert(row).on_conflict(there).exec_without_returning(db).await?;
        }
    }
    Ok(())
}

//! Retention: cases whose term may be over, evidence that is erased, bytes that are still to be removed.

use chrono::{DateTime, Utc};
use domain::{digest::Digest, evidence::Media, identifiers::CaseId};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
    sea_query::{Expr, ExprTrait as _, Query},
};
use uuid::Uuid;

use crate::{
    error::StoreError,
    rows::{accident_case, conversions, document, evidence_item},
    store::Store,
    work::{Update, Work},
};

/// A write of this module.
#[derive(Debug)]
pub(crate) enum RetentionChange {
    /// The case says that it is erased.
    Erased { id: Uuid, at: DateTime<Utc> },
    /// Its bytes are gone, or belong to somebody else now.
    Removed { id: Uuid, at: DateTime<Utc> },
}

/// Erased evidence whose bytes may still be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasedEvidence {
    /// The photo or recording.
    pub id: Uuid,
    /// Which of the two.
    pub media: Media,
    /// The name of its bytes.
    pub digest: Digest,
}

/// Cases reported before these times may be past their terms; `None` where the term is for ever.
#[derive(Debug, Clone, Copy)]
pub struct ReportedBefore {
    /// For drafts.
    pub drafts: Option<DateTime<Utc>>,
    /// For cases that were handled.
    pub case_files: Option<DateTime<Utc>>,
}

impl Work {
    /// A photo or recording was erased.
    pub fn erase_evidence(&mut self, id: Uuid, at: DateTime<Utc>) {
        self.updates.push(Update::Retention(RetentionChange::Erased { id, at }));
    }

    /// The bytes of erased evidence are gone, or needed by another case.
    pub fn evidence_removed(&mut self, id: Uuid, at: DateTime<Utc>) {
        self.updates.push(Update::Retention(RetentionChange::Removed { id, at }));
    }
}

impl Store {
    /// Cases behind `after` with evidence that is not erased, whose term may be over: whether it is, the case
    /// itself knows. At most `most`, by id.
    pub async fn cases_past_term(
        &self,
        before: ReportedBefore,
        after: Option<CaseId>,
        most: u64,
    ) -> Result<Vec<CaseId>, StoreError> {
        use accident_case::Column;
        let in_stages = |stages: &[&str], before: DateTime<Utc>| {
            Condition::all()
                .add(Column::Stage.is_in(stages.iter().copied()))
                .add(Column::ReportedAt.lt(before))
        };
        let drafts = before.drafts.map(|before| in_stages(&["collecting", "withdrawn", "closed"], before));
        let handled = ["concluded", "agreed", "certified", "settled_on_scene", "handed_over"];
        let files = before.case_files.map(|before| in_stages(&handled, before));
        let some = drafts.into_iter().chain(files).fold(Condition::any(), Condition::add);
        if some.is_empty() {
            return Ok(Vec::new());
        }
        let of_case = Expr::col((evidence_item::Entity, evidence_item::Column::CaseId))
            .eq(Expr::col((accident_case::Entity, Column::Id)));
        let kept = Query::select()
            .expr(Expr::val(1))
            .from(evidence_item::Entity)
            .and_where(of_case)
            .and_where(evidence_item::Column::ErasedAt.is_null())
            .to_owned();
        let mut cases = accident_case::Entity::find().select_only().column(Column::Id);
        if let Some(CaseId(after)) = after {
            cases = cases.filter(Column::Id.gt(after));
        }
        let found: Vec<Uuid> = cases
            .filter(some)
            .filter(Expr::exists(kept))
            .order_by_asc(Column::Id)
            .limit(most)
            .into_tuple()
            .all(&self.connections.read)
            .await?;
        Ok(found.into_iter().map(CaseId).collect())
    }

    /// Erased evidence whose bytes are not known to be gone, oldest first, at most `most`.
    pub async fn evidence_to_remove(&self, most: u64) -> Result<Vec<ErasedEvidence>, StoreError> {
        evidence_item::Entity::find()
            // Literals, not parameters: only so do both databases see that the partial index serves.
            .filter(Expr::cust("erased_at IS NOT NULL AND removed_at IS NULL"))
            .order_by_asc(evidence_item::Column::ErasedAt)
            .limit(most)
            .all(&self.connections.read)
            .await?
            .into_iter()
            .map(|row| {
                let media = if row.media == "photo" { Media::Photo } else { Media::Recording };
                let digest = conversions::parse(&row.digest, "evidence_item", "digest")?;
                Ok(ErasedEvidence { id: row.id, media, digest })
            })
            .collect()
    }

    /// Whether evidence that is not erased, of any case, has these bytes.
    pub async fn is_needed(&self, media: Media, digest: Digest) -> Result<bool, StoreError> {
        let media = match media {
            Media::Photo => "photo",
            Media::Recording => "recording",
        };
        let living = evidence_item::Entity::find()
            .filter(evidence_item::Column::Digest.eq(digest.to_string()))
            .filter(evidence_item::Column::Media.eq(media))
            .filter(evidence_item::Column::ErasedAt.is_null())
            .count(&self.connections.read)
            .await?;
        Ok(living > 0)
    }

    /// Whether a case has this document.
    pub async fn is_document(&self, digest: Digest) -> Result<bool, StoreError> {
        let named = document::Entity::find().filter(document::Column::Digest.eq(digest.to_string()));
        Ok(named.count(&self.connections.read).await? > 0)
    }
}

/// Writes a change of this module. Written twice, it says the same.
pub(crate) async fn change(db: &DatabaseTransaction, change: &RetentionChange) -> Result<(), StoreError> {
    let (id, row) = match *change {
        RetentionChange::Erased { id, at } => {
            (id, evidence_item::ActiveModel { erased_at: Set(Some(at)), ..Default::default() })
        }
        RetentionChange::Removed { id, at } => {
            (id, evidence_item::ActiveModel { removed_at: Set(Some(at)), ..Default::default() })
        }
    };
    evidence_item::Entity::update_many().set(row).filter(evidence_item::Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

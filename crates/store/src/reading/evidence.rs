//! Photos and recordings across cases: which wait to be examined, where the same bytes lie.

use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    identifiers::{CaseId, PhotoId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

use crate::{
    error::StoreError,
    rows::{conversions, evidence_item},
    store::Store,
};

/// A photo whose bytes nobody has looked into yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingPhoto {
    /// Which.
    pub id: PhotoId,
    /// Of which case.
    pub case: CaseId,
    /// Where its bytes lie.
    pub digest: Digest,
}

impl Store {
    /// Photos received before `before` that nobody has examined, oldest first, at most `most`: left by a process
    /// that ended, or still under way.
    pub async fn photos_not_examined(
        &self,
        before: DateTime<Utc>,
        most: u64,
    ) -> Result<Vec<WaitingPhoto>, StoreError> {
        use evidence_item::Column;
        evidence_item::Entity::find()
            // Literals, not parameters: only so do both databases see that the partial index serves.
            .filter(Expr::cust("examined_at IS NULL AND media = 'photo'"))
            .filter(Column::ReceivedAt.lt(before))
            .order_by_asc(Column::ReceivedAt)
            .limit(most)
            .all(&self.connections.read)
            .await?
            .into_iter()
            .map(|row| {
                let digest = conversions::parse(&row.digest, "evidence_item", "digest")?;
                Ok(WaitingPhoto { id: PhotoId(row.id), case: CaseId(row.case_id), digest })
            })
            .collect()
    }
}

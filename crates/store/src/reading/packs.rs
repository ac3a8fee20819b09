//! What a court pack needs beside the case and its journal: the documents issued with what they say, and the newest stamped checkpoint.

use domain::{digest::Digest, document::Paper, identifiers::CaseId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::DocumentRow;
use crate::{
    CheckpointRow,
    error::StoreError,
    rows::{checkpoint, conversions::from_json, document},
    store::Store,
};

impl Store {
    /// Every document that was issued in a case, oldest first.
    pub async fn documents_of_case(&self, case: CaseId) -> Result<Vec<DocumentRow>, StoreError> {
        let rows = document::Entity::find()
            .filter(document::Column::CaseId.eq(case.0))
            .order_by_asc(document::Column::CreatedAt)
            .all(&self.connections.read)
            .await?;
        rows.into_iter().map(DocumentRow::try_from).collect()
    }

    /// What this document of the case says; nothing for documents of the first release.
    pub async fn paper_of_document(&self, case: CaseId, digest: Digest) -> Result<Option<Paper>, StoreError> {
        let row =
            document::Entity::find_by_id((case.0, digest.to_string())).one(&self.connections.read).await?;
        let paper = row.and_then(|row| row.paper);
        paper.map(|paper| from_json(&paper, "document", "paper")).transpose()
    }

    /// The newest checkpoint with a timestamp, of at most `size` leaves.
    pub async fn stamped_checkpoint(&self, size: u64) -> Result<Option<CheckpointRow>, StoreError> {
        let most = i64::try_from(size).unwrap_or(i64::MAX);
        let rows = checkpoint::Entity::find()
            .filter(checkpoint::Column::Token.is_not_null())
            .filter(checkpoint::Column::Size.lte(most))
            .order_by_desc(checkpoint::Column::Size)
            .limit(1)
            .all(&self.connections.read)
            .await?;
        rows.into_iter().next().map(CheckpointRow::try_from).transpose()
    }
}

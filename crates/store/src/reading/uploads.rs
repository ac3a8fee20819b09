//! Uploads: a sender's own, and for the worker those to be finished or cleaned away.

use chrono::{DateTime, Utc};
use domain::identifiers::{AccountId, UploadId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{error::StoreError, rows::upload, store::Store, uploads::UploadRow};

impl Store {
    /// An upload of this account.
    pub async fn find_upload(
        &self,
        id: UploadId,
        account: AccountId,
    ) -> Result<Option<UploadRow>, StoreError> {
        let found = self.upload_for_service(id).await?;
        Ok(found.filter(|upload| upload.account == account))
    }

    /// An upload, whoever sends it: for the service's own use.
    pub async fn upload_for_service(&self, id: UploadId) -> Result<Option<UploadRow>, StoreError> {
        self.only(upload::Entity::find_by_id(id.0)).await?.map(UploadRow::try_from).transpose()
    }

    /// The unfinished uploads of this account.
    pub async fn open_uploads_of(
        &self,
        account: AccountId,
        now: DateTime<Utc>,
    ) -> Result<Vec<UploadRow>, StoreError> {
        let own = upload::Entity::find().filter(upload::Column::AccountId.eq(account.0));
        let open = own
            .filter(upload::Column::FinishedAt.is_null())
            .filter(upload::Column::ExpiresAt.gt(now))
            .order_by_asc(upload::Column::CreatedAt);
        open.all(&self.connections.read).await?.into_iter().map(UploadRow::try_from).collect()
    }

    /// Unfinished uploads behind `after` in the order of their ids, at most `most`.
    pub async fn unfinished_uploads(
        &self,
        after: Option<UploadId>,
        most: u64,
    ) -> Result<Vec<UploadRow>, StoreError> {
        let mut open = upload::Entity::find().filter(upload::Column::FinishedAt.is_null());
        if let Some(UploadId(after)) = after {
            open = open.filter(upload::Column::Id.gt(after));
        }
        let rows = open.order_by_asc(upload::Column::Id).limit(most).all(&self.connections.read).await?;
        rows.into_iter().map(UploadRow::try_from).collect()
    }

    /// Uploads, finished or not, that have expired; at most `most`.
    pub async fn expired_uploads(&self, now: DateTime<Utc>, most: u64) -> Result<Vec<UploadId>, StoreError> {
        let expired = upload::Entity::find().filter(upload::Column::ExpiresAt.lte(now));
        let ids = expired.select_only().column(upload::Column::Id).limit(most).into_tuple();
        Ok(ids.all(&self.connections.read).await?.into_iter().map(UploadId).collect())
    }
}

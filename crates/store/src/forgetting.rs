//! What need not be kept: answers to old keys, sessions that ended, callbacks long applied.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    error::StoreError,
    rows::{callback, idempotency, refresh_token},
    store::Store,
};

/// How long the answer to an idempotency key and the id of a callback are remembered.
const MEMORY: TimeDelta = TimeDelta::days(30);

impl Store {
    /// Deletes what is older than its retention; gives the number of rows.
    pub async fn forget_expired(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let db = &self.connections.write;
        let old = now - MEMORY;
        let keys = idempotency::Entity::delete_many()
            .filter(idempotency::Column::CreatedAt.lt(old))
            .exec(db)
            .await?;
        let callbacks =
            callback::Entity::delete_many().filter(callback::Column::ReceivedAt.lt(old)).exec(db).await?;
        let tokens = refresh_token::Entity::delete_many()
            .filter(refresh_token::Column::ExpiresAt.lt(old))
            .exec(db)
            .await?;
        Ok(keys.rows_affected + callbacks.rows_affected + tokens.rows_affected)
    }
}

//! What need not be kept: answers to old keys, tokens that ended, callbacks long applied, forgotten guesses,
//! one-time codes.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    error::StoreError,
    rows::{callback, idempotency, refresh_token, sign_in_ladder, signing_code, text_sent},
    store::Store,
};

/// How long the answer to an idempotency key and the id of a callback are remembered.
const MEMORY: TimeDelta = TimeDelta::days(30);

/// How long a failed sign-in counts after the last try; longer than any wait of the ladder.
const GUESSES: TimeDelta = TimeDelta::days(1);

/// How long a one-time code is remembered; longer than codes to a phone are counted.
const CODES: TimeDelta = TimeDelta::days(1);

/// How long the texts of a day are counted; longer than the day, in any time zone.
const TEXTS: TimeDelta = TimeDelta::days(3);

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
        let guesses = sign_in_ladder::Entity::delete_many()
            .filter(sign_in_ladder::Column::TriedAt.lt(now - GUESSES))
            .exec(db)
            .await?;
        let codes = signing_code::Entity::delete_many()
            .filter(signing_code::Column::SentAt.lt(now - CODES))
            .exec(db)
            .await?;
        let day = (now - TEXTS).format("%Y%m%d").to_string();
        let texts = text_sent::Entity::delete_many().filter(text_sent::Column::Day.lt(day)).exec(db).await?;
        let deleted = [keys, callbacks, tokens, guesses, codes, texts];
        Ok(deleted.iter().map(|deleted| deleted.rows_affected).sum())
    }
}

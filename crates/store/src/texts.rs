//! How many text messages went out on a day, by whom and to whom. Each is a row with its number on that day, so that
//! two at once cannot be counted as one.

use chrono::NaiveDate;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait as _, QueryFilter, Set};

use crate::{
    error::StoreError,
    rows::text_sent,
    store::Store,
    work::{Update, Work},
};

impl Work {
    /// One more text of this subject on this day, its `ordinal`-th. A duplicate when another one was faster.
    pub fn count_text(&mut self, subject: String, day: NaiveDate, ordinal: u32) {
        self.updates.push(Update::TextSent(text_sent::ActiveModel {
            subject: Set(subject),
            day: Set(day.format("%Y%m%d").to_string()),
            ordinal: Set(i32::try_from(ordinal).unwrap_or(i32::MAX)),
        }));
    }
}

/// Makes the change in this transaction.
pub(crate) async fn change(db: &DatabaseTransaction, row: &text_sent::ActiveModel) -> Result<(), StoreError> {
    text_sent::Entity::insert(row.clone()).exec_without_returning(db).await?;
    Ok(())
}

impl Store {
    /// How many texts of this subject went out on this day.
    pub async fn texts_sent(&self, subject: &str, day: NaiveDate) -> Result<u32, StoreError> {
        let sent = text_sent::Entity::find()
            .filter(text_sent::Column::Subject.eq(subject))
            .filter(text_sent::Column::Day.eq(day.format("%Y%m%d").to_string()))
            .count(&self.connections.read)
            .await?;
        Ok(u32::try_from(sent).unwrap_or(u32::MAX))
    }
}

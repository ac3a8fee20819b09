//! Reviews: where an unfinished review of a case waits, and until when, so that reviewers and supervisors find it.

use sea_orm_migration::{
    prelude::*,
    schema::{string_null, timestamp_with_time_zone_null},
};

use crate::statements::run;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [string_null("review_state"), timestamp_with_time_zone_null("review_due_at")] {
            let table = Table::alter().table(Alias::new("accident_case")).add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        let unfinished = "CREATE INDEX accident_case_review ON accident_case (review_due_at) WHERE review_state IS NOT NULL";
        run(manager, &[unfinished]).await
    }
}

//! Chores: work that is done once in the life of a database, and when it was.

use sea_orm_migration::{
    prelude::*,
    schema::{string, timestamp_with_time_zone},
};

use crate::statements::table;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("chore")
                    .col(string("name").primary_key())
                    .col(timestamp_with_time_zone("done_at"))
                    .to_owned(),
            )
            .await
    }
}

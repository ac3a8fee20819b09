//! How many text messages went out on a day, by account and by phone (a keyed hash of it).

use sea_orm_migration::{
    prelude::*,
    schema::{integer, string},
};

use crate::statements::{run, table};

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
                table("text_sent")
                    .col(string("subject"))
                    .col(string("day"))
                    .col(integer("ordinal"))
                    .primary_key(
                        Index::create()
                            .col(Alias::new("subject"))
                            .col(Alias::new("day"))
                            .col(Alias::new("ordinal")),
                    )
                    .to_owned(),
            )
            .await?;
        run(manager, &["CREATE INDEX text_sent_day ON text_sent (day)"]).await
    }
}

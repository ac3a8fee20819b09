//! Evidence: one row for each photo and recording, by which it is found across cases.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer_null, string, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid},
};

use crate::statements::{references, run, table};

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let media = Expr::col(Alias::new("media")).is_in(["photo", "recording"]);
        manager
            .create_table(
                table("evidence_item")
                    .col(uuid("id").primary_key())
                    .col(uuid("case_id"))
                    .col(string("media").check(media))
                    .col(string("digest"))
                    .col(big_integer_null("perceptual"))
                    .col(timestamp_with_time_zone("received_at"))
                    .col(timestamp_with_time_zone_null("examined_at"))
                    .foreign_key(&mut references("evidence_item", "case_id", "accident_case"))
                    .to_owned(),
            )
            .await?;
        run(
            manager,
            &[
                "CREATE INDEX evidence_item_case ON evidence_item (case_id)",
                "CREATE INDEX evidence_item_digest ON evidence_item (digest)",
                "CREATE INDEX evidence_item_examined ON evidence_item (examined_at, id)",
                "CREATE INDEX evidence_item_waiting ON evidence_item (received_at) \
             WHERE examined_at IS NULL AND media = 'photo'",
            ],
        )
        .await
    }
}

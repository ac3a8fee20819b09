//! Uploads under way: whose they are, for which case, how many bytes they may take.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, string_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
        uuid_null,
    },
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
        manager
            .create_table(
                table("upload")
                    .col(uuid("id").primary_key())
                    .col(uuid("account_id"))
                    .col(uuid("case_id"))
                    .col(big_integer("bytes").check(Expr::col(Alias::new("bytes")).gt(0)))
                    .col(string_null("digest"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .col(timestamp_with_time_zone_null("finished_at"))
                    .col(uuid_null("evidence_id"))
                    .col(text("body"))
                    .foreign_key(&mut references("upload", "account_id", "account"))
                    .foreign_key(&mut references("upload", "case_id", "accident_case"))
                    .to_owned(),
            )
            .await?;
        run(
            manager,
            &[
                "CREATE INDEX upload_account ON upload (account_id)",
                "CREATE INDEX upload_case ON upload (case_id)",
                "CREATE INDEX upload_expires ON upload (expires_at)",
            ],
        )
        .await
    }
}

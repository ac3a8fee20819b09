//! Self-control: how each closed case was decided, and which are decided a second time.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean_null, string, string_null, text, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null,
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
                table("decision")
                    .col(uuid("id").primary_key())
                    .col(uuid("case_id"))
                    .col(string("kind"))
                    .col(string("district"))
                    .col(string_null("situation"))
                    .col(string("likeness"))
                    .col(text("outcome"))
                    .col(uuid_null("officer_id"))
                    .col(timestamp_with_time_zone("decided_at"))
                    .foreign_key(&mut references("decision", "case_id", "accident_case"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                table("second_look")
                    .col(uuid("id").primary_key())
                    .col(uuid("decision_id"))
                    .col(timestamp_with_time_zone("sampled_at"))
                    .col(uuid_null("officer_id"))
                    .col(timestamp_with_time_zone_null("held_until"))
                    .col(text_null("grades"))
                    .col(text_null("reason"))
                    .col(boolean_null("agrees"))
                    .col(timestamp_with_time_zone_null("decided_at"))
                    .foreign_key(&mut references("second_look", "decision_id", "decision"))
                    .to_owned(),
            )
            .await?;
        run(
            manager,
            &[
                "CREATE INDEX decision_likeness ON decision (likeness)",
                "CREATE INDEX decision_case ON decision (case_id)",
                "CREATE UNIQUE INDEX second_look_decision_key ON second_look (decision_id)",
                "CREATE INDEX second_look_waiting ON second_look (sampled_at) WHERE decided_at IS NULL",
            ],
        )
        .await
    }
}

//! Decisions: the stages that a case can stand in besides, when the clock acts on it, and what kinds of documents
//! there are.

use sea_orm_migration::{
    prelude::*,
    schema::{string, string_null, timestamp_with_time_zone_null},
};

use crate::statements::run;

/// Every stage from here on.
const STAGES: [&str; 14] = [
    "collecting",
    "waiting",
    "under_review",
    "evidence_requested",
    "agreeing",
    "agreed",
    "certified",
    "decided",
    "concluded",
    "on_scene",
    "settled_on_scene",
    "handed_over",
    "withdrawn",
    "closed",
];

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        stages(manager).await?;
        add(manager, "accident_case", timestamp_with_time_zone_null("due_at")).await?;
        add(manager, "document", string("kind").default("determination").to_owned()).await?;
        add(manager, "document", string_null("number")).await?;
        run(manager, &["CREATE INDEX accident_case_due ON accident_case (due_at) WHERE due_at IS NOT NULL"])
            .await
    }
}

/// SQLite cannot change the check of a column: a new column with the new check takes the old one's place and name. It
/// writes every case once, under a lock.
async fn stages(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let known = Expr::col(Alias::new("stage_now")).is_in(STAGES);
    let column = string("stage_now").default("collecting").check(known).to_owned();
    run(manager, &["DROP INDEX accident_case_stage"]).await?;
    add(manager, "accident_case", column).await?;
    run(
        manager,
        &[
            "UPDATE accident_case SET stage_now = stage",
            "ALTER TABLE accident_case DROP COLUMN stage",
            "ALTER TABLE accident_case RENAME COLUMN stage_now TO stage",
            "CREATE INDEX accident_case_stage ON accident_case (stage, reported_at)",
        ],
    )
    .await
}

async fn add(manager: &SchemaManager<'_>, table: &str, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(Alias::new(table)).add_column(column).to_owned()).await
}

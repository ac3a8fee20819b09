//! Retention: which evidence was erased, whose bytes are removed already, and the way to cases whose term is over.

use sea_orm_migration::{prelude::*, schema::timestamp_with_time_zone_null};

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
        for column in ["erased_at", "removed_at"] {
            manager
                .alter_table(
                    Table::alter()
                        .table(Alias::new("evidence_item"))
                        .add_column(timestamp_with_time_zone_null(column))
                        .to_owned(),
                )
                .await?;
        }
        run(
            manager,
            &[
                "CREATE INDEX evidence_item_to_remove ON evidence_item (erased_at) \
             WHERE erased_at IS NOT NULL AND removed_at IS NULL",
                "CREATE INDEX accident_case_stage ON accident_case (stage, reported_at)",
            ],
        )
        .await
    }
}

//! The log that outsiders can hold: its leaves, the nodes of its tree, its checkpoints, and what its witnesses have
//! seen. Rows are only ever inserted, but for the signatures and the timestamp that a checkpoint gets from others.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, binary_len, blob_null, integer, string, string_null, text, timestamp_with_time_zone,
    },
    sea_orm::DbBackend,
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
                table("log_leaf")
                    .col(numbered(manager, "leaf").primary_key())
                    .col(big_integer("position"))
                    .col(string("entry"))
                    .to_owned(),
            )
            .await?;
        run(manager, &["CREATE UNIQUE INDEX log_leaf_position_key ON log_leaf (position)"]).await?;
        run(manager, &["CREATE INDEX log_leaf_entry ON log_leaf (entry)"]).await?;
        manager
            .create_table(
                table("log_node")
                    .col(numbered(manager, "node").primary_key())
                    .col(binary_len("hash", 32))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                table("checkpoint")
                    .col(numbered(manager, "size").primary_key())
                    .col(string("root"))
                    .col(text("note"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(string_null("day"))
                    .col(blob_null("token"))
                    .to_owned(),
            )
            .await?;
        run(manager, &["CREATE UNIQUE INDEX checkpoint_day_key ON checkpoint (day)"]).await?;
        manager
            .create_table(
                table("log_witness")
                    .col(string("name").primary_key())
                    .col(big_integer("size"))
                    .col(timestamp_with_time_zone("seen_at"))
                    .to_owned(),
            )
            .await
    }
}

/// A number of 64 bits that rows are kept by. SQLite keeps a table by its key only if its type is `integer`,
/// which has 64 bits there.
fn numbered(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    match manager.get_database_backend() {
        DbBackend::Sqlite => integer(name),
        _ => big_integer(name),
    }
}

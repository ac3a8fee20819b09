//! Papers: what each document says in words, from which it can be typeset in another language.

use sea_orm_migration::{prelude::*, schema::text_null};

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = text_null("paper");
        let table = Table::alter().table(Alias::new("document")).add_column(column).to_owned();
        manager.alter_table(table).await
    }
}

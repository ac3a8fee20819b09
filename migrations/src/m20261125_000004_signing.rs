//! One-time codes for signatures, of which only an id and a time are kept, and what proves signatures.

use sea_orm_migration::{
    prelude::*,
    schema::{
        integer, string, string_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
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
        manager.create_table(codes()).await?;
        manager.create_table(proofs()).await?;
        run(
            manager,
            &[
                "CREATE INDEX signing_code_party ON signing_code (case_id, role, sent_at)",
                "CREATE INDEX signing_code_phone ON signing_code (phone, sent_at)",
                "CREATE INDEX signing_code_sent ON signing_code (sent_at)",
                "CREATE INDEX signature_proof_image ON signature_proof (image) WHERE image IS NOT NULL",
            ],
        )
        .await
    }
}

fn codes() -> TableCreateStatement {
    table("signing_code")
        .col(uuid("id").primary_key())
        .col(uuid("case_id"))
        .col(string("role"))
        .col(uuid("account_id"))
        .col(string("kind"))
        .col(string("document"))
        .col(string("phone"))
        .col(timestamp_with_time_zone("sent_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(integer("tries").default(0).check(Expr::col(Alias::new("tries")).gte(0)))
        .col(timestamp_with_time_zone_null("used_at"))
        .foreign_key(&mut references("signing_code", "case_id", "accident_case"))
        .foreign_key(&mut references("signing_code", "account_id", "account"))
        .to_owned()
}

fn proofs() -> TableCreateStatement {
    table("signature_proof")
        .col(uuid("case_id"))
        .col(string("digest"))
        .col(string("role"))
        .col(string_null("image"))
        .col(text("body"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(Index::create().col(Alias::new("case_id")).col(Alias::new("digest")))
        .foreign_key(&mut references("signature_proof", "case_id", "accident_case"))
        .to_owned()
}

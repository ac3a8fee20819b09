//! The spine: accounts, cases, journal, outgoing messages, claims, points and dispatches.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, integer, small_integer, small_integer_null, string,
        string_null, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
        uuid_null,
    },
};

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        identity(manager).await?;
        cases(manager).await?;
        outside(manager).await?;
        points(manager).await
    }
}

/// A table whose name and columns are given; `if not exists` is not used: a migration runs once.
fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).to_owned()
}

fn one_of(column: &'static str, values: &[&'static str]) -> Expr {
    Expr::col(Alias::new(column)).is_in(values.iter().copied())
}

fn references(table: &'static str, column: &'static str, target: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_{column}_fkey"))
        .from(Alias::new(table), Alias::new(column))
        .to(Alias::new(target), Alias::new("id"))
        .on_delete(ForeignKeyAction::Restrict)
        .to_owned()
}

async fn index(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(|_| ())
}

async fn identity(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let roles = ["driver", "officer", "point_staff", "insurer", "supervisor", "administrator"];
    manager
        .create_table(
            table("account")
                .col(uuid("id").primary_key())
                .col(string("role").check(one_of("role", &roles)))
                .col(boolean("active"))
                .col(string_null("username"))
                .col(string_null("openid"))
                .col(string_null("client_id"))
                .col(string_null("secret_hash"))
                .col(string_null("totp_secret"))
                .col(big_integer("totp_last_step").default(0))
                .col(text("profile"))
                .col(timestamp_with_time_zone("created_at"))
                .to_owned(),
        )
        .await?;
    for column in ["username", "openid", "client_id"] {
        index(manager, &format!("CREATE UNIQUE INDEX account_{column}_key ON account ({column})")).await?;
    }
    manager
        .create_table(
            table("session")
                .col(uuid("id").primary_key())
                .col(uuid("account_id"))
                .col(timestamp_with_time_zone("created_at"))
                .col(timestamp_with_time_zone("expires_at"))
                .col(timestamp_with_time_zone_null("revoked_at"))
                .foreign_key(&mut references("session", "account_id", "account"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            table("refresh_token")
                .col(string("hash").primary_key())
                .col(uuid("session_id"))
                .col(timestamp_with_time_zone("expires_at"))
                .col(timestamp_with_time_zone_null("used_at"))
                .foreign_key(&mut references("refresh_token", "session_id", "session"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            table("sign_in_ladder")
                .col(string("subject").primary_key())
                .col(integer("failures"))
                .col(timestamp_with_time_zone("tried_at"))
                .col(timestamp_with_time_zone_null("locked_until"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            table("idempotency")
                .col(uuid("account_id"))
                .col(string("key"))
                .col(string("fingerprint"))
                .col(small_integer("status"))
                .col(big_integer_null("version"))
                .col(text("answer"))
                .col(timestamp_with_time_zone("created_at"))
                .primary_key(Index::create().col(Alias::new("account_id")).col(Alias::new("key")))
                .to_owned(),
        )
        .await
}

async fn cases(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let stages = [
        "collecting",
        "waiting",
        "under_review",
        "evidence_requested",
        "decided",
        "concluded",
        "on_scene",
        "settled_on_scene",
        "handed_over",
        "withdrawn",
    ];
    manager
        .create_table(
            table("accident_case")
                .col(uuid("id").primary_key())
                .col(string("number"))
                .col(big_integer("version"))
                .col(string("stage").check(one_of("stage", &stages)))
                .col(string("lane"))
                .col(string("district"))
                .col(uuid_null("officer_id"))
                .col(timestamp_with_time_zone_null("lease_until"))
                .col(small_integer_null("queue_rank"))
                .col(timestamp_with_time_zone_null("queue_since"))
                .col(timestamp_with_time_zone("reported_at"))
                .col(big_integer("journal_length"))
                .col(string("journal_head"))
                .col(text("body"))
                .to_owned(),
        )
        .await?;
    index(manager, "CREATE UNIQUE INDEX accident_case_number_key ON accident_case (number)").await?;
    index(
        manager,
        "CREATE INDEX accident_case_queue ON accident_case (district, queue_rank, queue_since) \
         WHERE queue_rank IS NOT NULL",
    )
    .await?;
    manager
        .create_table(
            table("case_party")
                .col(uuid("account_id"))
                .col(uuid("case_id"))
                .col(string("role"))
                .primary_key(Index::create().col(Alias::new("account_id")).col(Alias::new("case_id")))
                .foreign_key(&mut references("case_party", "case_id", "accident_case"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            table("invitation")
                .col(string("code_hash").primary_key())
                .col(uuid("case_id"))
                .foreign_key(&mut references("invitation", "case_id", "accident_case"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            table("journal")
                .col(big_integer("position").primary_key().auto_increment())
                .col(uuid("case_id"))
                .col(big_integer("sequence"))
                .col(timestamp_with_time_zone("at"))
                .col(string("kind"))
                .col(text("entry"))
                .col(string("previous"))
                .col(string("hash"))
                .foreign_key(&mut references("journal", "case_id", "accident_case"))
                .to_owned(),
        )
        .await?;
    index(manager, "CREATE UNIQUE INDEX journal_case_sequence_key ON journal (case_id, sequence)").await?;
    manager
        .create_table(
            table("document")
                .col(uuid("case_id"))
                .col(string("digest"))
                .col(string("verification"))
                .col(timestamp_with_time_zone("created_at"))
                .primary_key(Index::create().col(Alias::new("case_id")).col(Alias::new("digest")))
                .foreign_key(&mut references("document", "case_id", "accident_case"))
                .to_owned(),
        )
        .await?;
    index(manager, "CREATE INDEX document_verification ON document (verification)").await
}

async fn outside(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("message")
                .col(uuid("id").primary_key())
                .col(uuid("case_id"))
                .col(string("lane"))
                .col(text("content"))
                .col(string("state").check(one_of("state", &["waiting", "delivered", "parked"])))
                .col(integer("tries").default(0))
                .col(integer("fence").default(0))
                .col(timestamp_with_time_zone("due"))
                .col(timestamp_with_time_zone_null("leased_until"))
                .col(timestamp_with_time_zone("created_at"))
                .col(timestamp_with_time_zone_null("finished_at"))
                .col(text_null("last_error"))
                .foreign_key(&mut references("message", "case_id", "accident_case"))
                .to_owned(),
        )
        .await?;
    index(manager, "CREATE INDEX message_due ON message (due) WHERE state = 'waiting'").await?;
    index(manager, "CREATE INDEX message_parked ON message (created_at) WHERE state = 'parked'").await?;
    let statuses = ["queued", "submitted", "acknowledged", "surveyed", "agreed", "paid", "rejected"];
    manager
        .create_table(
            table("claim")
                .col(uuid("id").primary_key())
                .col(uuid("case_id"))
                .col(string("party"))
                .col(string("insurer"))
                .col(string("status").check(one_of("status", &statuses)))
                .col(big_integer("version"))
                .col(timestamp_with_time_zone("created_at"))
                .col(text("body"))
                .foreign_key(&mut references("claim", "case_id", "accident_case"))
                .to_owned(),
        )
        .await?;
    index(manager, "CREATE UNIQUE INDEX claim_case_party_insurer_key ON claim (case_id, party, insurer)")
        .await?;
    index(manager, "CREATE INDEX claim_insurer ON claim (insurer, created_at)").await?;
    manager
        .create_table(
            table("callback")
                .col(string("insurer"))
                .col(string("webhook_id"))
                .col(timestamp_with_time_zone("received_at"))
                .primary_key(Index::create().col(Alias::new("insurer")).col(Alias::new("webhook_id")))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            table("insurer")
                .col(string("code").primary_key())
                .col(string("name"))
                .col(string("hotline"))
                .to_owned(),
        )
        .await
}

async fn points(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("district")
                .col(string("code").primary_key())
                .col(string("name"))
                .col(text("seat"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            table("point")
                .col(uuid("id").primary_key())
                .col(string("name"))
                .col(string("district"))
                .col(string("address"))
                .col(text("position"))
                .col(string("opens"))
                .col(string("closes"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            table("unit")
                .col(uuid("id").primary_key())
                .col(uuid("account_id"))
                .col(uuid("point_id"))
                .col(boolean("on_duty"))
                .col(text_null("reported"))
                .col(timestamp_with_time_zone_null("reported_at"))
                .foreign_key(&mut references("unit", "account_id", "account"))
                .foreign_key(&mut references("unit", "point_id", "point"))
                .to_owned(),
        )
        .await?;
    index(manager, "CREATE UNIQUE INDEX unit_account_key ON unit (account_id)").await?;
    let states = ["offered", "accepted", "declined", "arrived", "completed", "cancelled"];
    manager
        .create_table(
            table("dispatch")
                .col(uuid("id").primary_key())
                .col(uuid("case_id"))
                .col(uuid("unit_id"))
                .col(string("state").check(one_of("state", &states)))
                .col(big_integer("version"))
                .col(timestamp_with_time_zone("offered_at"))
                .col(text("body"))
                .foreign_key(&mut references("dispatch", "case_id", "accident_case"))
                .foreign_key(&mut references("dispatch", "unit_id", "unit"))
                .to_owned(),
        )
        .await?;
    index(manager, "CREATE INDEX dispatch_case ON dispatch (case_id)").await?;
    let open = "WHERE state IN ('offered', 'accepted', 'arrived')";
    index(manager, &format!("CREATE UNIQUE INDEX dispatch_open_unit_key ON dispatch (unit_id) {open}"))
        .await?;
    index(manager, &format!("CREATE UNIQUE INDEX dispatch_open_case_key ON dispatch (case_id) {open}")).await
}

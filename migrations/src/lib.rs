//! The schema and its history, one source for SQLite and PostgreSQL.
//!
//! Every migration runs in one transaction on both databases: a crash leaves the old schema or the new one. Stop all
//! processes of the older release first: one that went on would drop from a case what it does not know, and park
//! messages of a kind that it has never heard of. A migration adds where it can; where it rewrites a table, it says so.

use sea_orm_migration::prelude::*;

mod statements;

mod m20261123_000001_spine;
mod m20261124_000001_evidence;
mod m20261124_000002_log;
mod m20261124_000003_uploads;
mod m20261124_000004_chores;
mod m20261124_000005_retention;
mod m20261125_000001_decisions;
mod m20261125_000004_signing;
mod m20261125_000005_papers;
mod m20261125_000007_review;
mod m20261125_000008_parties;
mod m20261125_000009_self_control;

/// Runs the migrations in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_spine::Migration),
            Box::new(m20261124_000001_evidence::Migration),
            Box::new(m20261124_000002_log::Migration),
            Box::new(m20261124_000003_uploads::Migration),
            Box::new(m20261124_000004_chores::Migration),
            Box::new(m20261124_000005_retention::Migration),
            Box::new(m20261125_000001_decisions::Migration),
            Box::new(m20261125_000004_signing::Migration),
            Box::new(m20261125_000005_papers::Migration),
            Box::new(m20261125_000007_review::Migration),
            Box::new(m20261125_000008_parties::Migration),
            Box::new(m20261125_000009_self_control::Migration),
        ]
    }
}

//! What the service writes for one case: read from its database, so that what it is held against writes rows of
//! the same columns and sizes. The one place in this crate that knows tables.

use std::path::Path;

use sqlx::{ConnectOptions as _, FromRow, SqliteConnection, query_as, sqlite::SqliteConnectOptions};

use super::BenchFailed;

/// One entry of the journal.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Entry {
    pub(super) kind: String,
    pub(super) entry: String,
}

/// A text message.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Message {
    pub(super) lane: String,
    pub(super) content: String,
}

#[derive(Debug, Clone, FromRow)]
pub(super) struct Case {
    pub(super) id: Vec<u8>,
    pub(super) number: String,
    pub(super) stage: String,
    pub(super) lane: String,
    pub(super) district: String,
    pub(super) journal_length: i64,
    pub(super) body: String,
}

/// Everything that is written for one case, but for ids and times.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) case: Case,
    pub(super) entries: Vec<Entry>,
    pub(super) message: Option<Message>,
    /// The answer, kept under its idempotency key.
    pub(super) answer: String,
}

/// Opens a database of the service to look at it.
pub(super) async fn open(database: &Path) -> Result<SqliteConnection, BenchFailed> {
    Ok(SqliteConnectOptions::new().filename(database).connect().await?)
}

/// An ordinary case, and one that was handed over at once.
pub(super) async fn read(database: &Path) -> Result<[Sample; 2], BenchFailed> {
    let mut db = open(database).await?;
    let cases: Vec<Case> = query_as(
        "SELECT id, number, stage, lane, district, journal_length, body FROM accident_case ORDER BY journal_length",
    )
    .fetch_all(&mut db)
    .await?;
    let mut samples = Vec::new();
    for case in cases {
        let entries = query_as("SELECT kind, entry FROM journal WHERE case_id = ? ORDER BY sequence");
        let entries = entries.bind(&case.id).fetch_all(&mut db).await?;
        let message = query_as("SELECT lane, content FROM message WHERE case_id = ?");
        let message = message.bind(&case.id).fetch_optional(&mut db).await?;
        let answer = query_as("SELECT answer FROM idempotency WHERE instr(answer, ?) > 0");
        let (answer,) = answer.bind(&case.number).fetch_one(&mut db).await?;
        samples.push(Sample { case, entries, message, answer });
    }
    samples.try_into().map_err(|_| BenchFailed::Unlike)
}

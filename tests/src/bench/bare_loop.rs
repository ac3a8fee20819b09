//! SQLite without a service: the same rows in a bare loop, with the same promises (WAL, `synchronous=FULL`).

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection, query,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{BenchFailed, figures::Figures, reports::ONE_INJURED_IN, sample::Sample};

/// Stands in for every hash: 64 hexadecimal digits.
pub(super) const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
/// Stands in for every time, as the service writes it.
const TIME: &str = "2026-11-23T08:00:00.123456+00:00";

const CASE: &str = "\
    INSERT INTO accident_case (id, number, version, stage, lane, district, reported_at, journal_length, \
        journal_head, body) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?); \
    INSERT INTO case_party (account_id, case_id, role) VALUES (?, ?, 'A'); \
    INSERT INTO idempotency (account_id, key, fingerprint, status, version, answer, created_at) \
        VALUES (?, ?, ?, 201, 1, ?, ?)";
const ENTRY: &str = "; INSERT INTO journal (case_id, sequence, at, kind, entry, previous, hash) \
    VALUES (?, ?, ?, ?, ?, ?, ?)";
const MESSAGE: &str = "; INSERT INTO message (id, case_id, lane, content, state, tries, fence, due, created_at) \
    VALUES (?, ?, ?, ?, 'waiting', 0, 0, ?, ?)";
const SIGN_IN: &str = "\
    INSERT INTO account (id, role, active, openid, totp_last_step, profile, created_at) \
        VALUES (?, 'driver', 1, ?, 0, '{\"role\":\"driver\"}', ?); \
    INSERT INTO session (id, account_id, created_at, expires_at) VALUES (?, ?, ?, ?); \
    INSERT INTO refresh_token (hash, session_id, expires_at) VALUES (?, ?, ?)";

/// The loop, on a database of its own.
pub(super) struct BareLoop {
    db: SqliteConnection,
    samples: [(String, Sample); 2],
    cases_per_sign_in: usize,
    written: u64,
}

/// An id that sorts by time, as the service's do.
fn id(number: u64) -> Vec<u8> {
    [number.to_be_bytes(), rand::random::<u64>().to_be_bytes()].concat()
}

fn statements(sample: &Sample) -> String {
    let entries = ENTRY.repeat(sample.entries.len());
    let message = if sample.message.is_some() { MESSAGE } else { "" };
    [CASE, &entries, message].concat()
}

impl BareLoop {
    /// Opens a database with the service's schema.
    pub(super) async fn open(
        database: &Path,
        samples: &[Sample; 2],
        cases_per_sign_in: usize,
    ) -> Result<Self, BenchFailed> {
        let options = SqliteConnectOptions::new()
            .filename(database)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("cache_size", "-20000");
        let samples = samples.clone().map(|sample| (statements(&sample), sample));
        Ok(Self { db: options.connect().await?, samples, cases_per_sign_in, written: 0 })
    }

    /// Writes cases for as long as said, so many in one commit.
    pub(super) async fn run(&mut self, group: usize, time: Duration) -> Result<Figures, BenchFailed> {
        let mut figures = Figures::default();
        let begun = Instant::now();
        while begun.elapsed() < time {
            let group_begun = Instant::now();
            let mut transaction = self.db.begin_with("BEGIN IMMEDIATE").await?;
            for _ in 0..group {
                self.written += 1;
                let number = self.written;
                if usize::try_from(number).is_ok_and(|number| number.is_multiple_of(self.cases_per_sign_in)) {
                    sign_in(&mut transaction, number).await?;
                }
                let [ordinary, injured] = &self.samples;
                let is_injured =
                    usize::try_from(number).is_ok_and(|number| number.is_multiple_of(ONE_INJURED_IN));
                let (sql, sample) = if is_injured { injured } else { ordinary };
                case(&mut transaction, sql, sample, number).await?;
            }
            transaction.commit().await?;
            figures.latencies.extend(std::iter::repeat_n(group_begun.elapsed(), group));
        }
        figures.time = begun.elapsed();
        Ok(figures)
    }

    /// Ends it; SQLite tidies up.
    pub(super) async fn close(self) -> Result<(), BenchFailed> {
        Ok(self.db.close().await?)
    }
}

async fn case(db: &mut SqliteConnection, sql: &str, sample: &Sample, number: u64) -> Result<(), BenchFailed> {
    let (case, account) = (id(number), id(number));
    let key = format!("{:032x}", rand::random::<u128>());
    let Sample { case: row, entries, message, answer } = sample;
    let public = format!("{number:0>width$}", width = row.number.len());
    let mut query = query(sqlx::AssertSqlSafe(sql))
        .bind(&case)
        .bind(public)
        .bind(&row.stage)
        .bind(&row.lane)
        .bind(&row.district)
        .bind(TIME)
        .bind(row.journal_length)
        .bind(HASH)
        .bind(&row.body)
        .bind(&account)
        .bind(&case)
        .bind(&account)
        .bind(key)
        .bind(HASH)
        .bind(answer)
        .bind(TIME);
    for (sequence, entry) in (1_i64..).zip(entries) {
        query = query
            .bind(&case)
            .bind(sequence)
            .bind(TIME)
            .bind(&entry.kind)
            .bind(&entry.entry)
            .bind(HASH)
            .bind(HASH);
    }
    if let Some(message) = message {
        query = query
            .bind(id(number))
            .bind(&case)
            .bind(&message.lane)
            .bind(&message.content)
            .bind(TIME)
            .bind(TIME);
    }
    query.execute(db).await?;
    Ok(())
}

async fn sign_in(db: &mut SqliteConnection, number: u64) -> Result<(), BenchFailed> {
    let (account, session) = (id(number), id(number));
    query(SIGN_IN)
        .bind(&account)
        .bind(format!("o{number:027}"))
        .bind(TIME)
        .bind(&session)
        .bind(&account)
        .bind(TIME)
        .bind(TIME)
        .bind(format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>()))
        .bind(&session)
        .bind(TIME)
        .execute(db)
        .await?;
    Ok(())
}

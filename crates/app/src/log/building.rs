//! Building the log: entries that are not in it get the next leaves, and now and then the tree is signed.
//!
//! Positions of the journal become visible out of order: a transaction that began earlier may commit later, and
//! one that failed leaves its position empty for ever. So the builder reads behind the last position it has seen,
//! asks again for every position it passed over for an hour (a transaction lives seconds), and goes through the
//! whole journal at its start and once a day. Nothing is skipped, and the write path does not know of it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::digest::Digest;
use evidence::log::{self, Nodes};
use store::{CheckpointRow, JournalPlace, LogBatch, Store};

use crate::{context::App, error::AppError};

/// Most leaves of one batch: what a SQLite writer does in a few milliseconds.
const BATCH: u64 = 256;
/// Positions of the journal that one step of the sweep looks at.
const STRIDE: i64 = 20_000;
/// How long a position that was passed over is asked for.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Most positions that are asked for; the sweep finds what was given up.
const MOST_GAPS: usize = 5_000;
/// How often the whole journal is gone through.
const SWEEPING: Duration = Duration::from_secs(24 * 3600);
/// How often another builder may have been faster without the log having grown: then nobody was, and the tables
/// contradict each other.
const LOST_RACES: u32 = 8;
/// The day of a checkpoint is that of the city.
const CHINA: TimeDelta = TimeDelta::hours(8);

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Advance {
    /// New leaves.
    pub leaves: usize,
    /// Whether a checkpoint was signed.
    pub signed: bool,
    /// Whether there is more to do at once.
    pub more: bool,
}

/// What a builder remembers from step to step; everything that counts is in the database.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    /// The last position seen; `None` before the first step.
    seen: Option<i64>,
    /// Positions that were passed over, and since when.
    gaps: BTreeMap<i64, Instant>,
    /// What is left of the way through the whole journal: behind the first, up to the second position.
    sweep: Option<(i64, i64)>,
    swept: Option<Instant>,
    /// Races lost in a row, and the size of the log at the last.
    lost: (u32, u64),
    /// The last tree that was signed here: what is signed next must begin with it, whatever the tables say.
    signed: Option<(u64, Digest)>,
}

/// Entries that are not in the log, and what to remember once they are.
struct Found {
    entries: Vec<JournalPlace>,
    /// All entries behind the last position seen, also those that are in the log already.
    fresh: Vec<JournalPlace>,
    sweep: Option<(i64, i64)>,
    more: bool,
}

impl Builder {
    async fn find(&mut self, store: &Store) -> Result<Found, AppError> {
        let seen = match self.seen {
            Some(seen) => seen,
            None => *self.seen.insert(store.last_logged_position().await?),
        };
        if self.sweep.is_none() && self.swept.is_none_or(|last| last.elapsed() >= SWEEPING) {
            self.sweep = Some((0, seen));
            self.swept = Some(Instant::now());
        }
        let fresh = store.journal_after(seen, BATCH).await?;
        let late: Vec<i64> = self.gaps.keys().copied().collect();
        let mut entries = store.journal_at(&late).await?;
        entries.extend(&fresh);
        let mut entries = store.without_leaf(entries).await?;
        let sweep = self.sweep.map(|(after, upto)| (after.saturating_add(STRIDE).min(upto), upto));
        if let (Some((after, _)), Some((next, _))) = (self.sweep, sweep) {
            entries.extend(store.journal_without_leaf(after, next).await?);
            entries.sort_by_key(|place| place.position);
            entries.dedup_by_key(|place| place.position);
        }
        let sweep = sweep.filter(|(after, upto)| after < upto);
        let more = sweep.is_some() || fresh.len() >= usize::try_from(BATCH).unwrap_or(usize::MAX);
        Ok(Found { entries, fresh, sweep, more })
    }

    /// Another builder took the place of these leaves: it is tried again behind what it wrote, if it wrote anything.
    fn lose(&mut self, size: u64) -> Result<Advance, AppError> {
        self.lost = if self.lost.1 == size { (self.lost.0 + 1, size) } else { (1, size) };
        if self.lost.0 > LOST_RACES {
            return Err(AppError::Internal(format!("leaf {size} of the log is taken, but not there")));
        }
        Ok(Advance { more: true, ..Advance::default() })
    }

    /// The entries that were found are in the log.
    fn remember(&mut self, found: Found) {
        let now = Instant::now();
        for place in &found.entries {
            self.gaps.remove(&place.position);
        }
        for place in &found.fresh {
            let seen = self.seen.unwrap_or_default();
            self.gaps.extend((seen + 1..place.position).rev().take(MOST_GAPS).map(|gap| (gap, now)));
            self.seen = Some(place.position.max(seen));
        }
        self.gaps.retain(|_, since| now.duration_since(*since) < PATIENCE);
        while self.gaps.len() > MOST_GAPS {
            self.gaps.pop_first();
        }
        self.sweep = found.sweep;
    }
}

impl App {
    /// One step of the log: new leaves, and a checkpoint when one is due, or at once if `at_once`. Builders of
    /// several processes may race; the one that loses has written nothing.
    pub async fn advance_log(&self, at_once: bool) -> Result<Advance, AppError> {
        let builder = &mut *self.log.lock().await;
        let store = &self.parts.store;
        let found = builder.find(store).await?;
        let first = store.log_size().await?;
        let mut nodes = self.nodes(&log::frontier(first)).await?;
        let entries: Vec<Digest> = found.entries.iter().map(|place| place.entry).collect();
        let added = log::append(first, &mut nodes, &entries)?;
        let size = first + u64::try_from(entries.len()).unwrap_or_default();
        let checkpoint = match self.due_checkpoint(builder.signed, size, nodes, at_once).await {
            // Another builder has gone on and signed since the size was read.
            Err(AppError::LogNotThatLarge | AppError::Internal(_)) if store.log_size().await? > first => {
                return Ok(Advance { more: true, ..Advance::default() });
            }
            Err(AppError::LogNotThatLarge) => {
                return Err(AppError::Internal("the log is smaller than what was signed of it".to_owned()));
            }
            outcome => outcome?,
        };
        let step = Advance { leaves: entries.len(), signed: checkpoint.is_some(), more: found.more };
        let tree = checkpoint.as_ref().map(|row| (row.size, row.root));
        if step.leaves > 0 || step.signed {
            let leaves = found.entries.iter().map(|place| (place.position, place.entry)).collect();
            if !store.commit_log(LogBatch { first, leaves, nodes: added, checkpoint }).await? {
                return builder.lose(first);
            }
        }
        builder.signed = tree.or(builder.signed);
        builder.remember(found);
        Ok(step)
    }

    /// Brings the log up to what is committed now, under a checkpoint.
    pub async fn settle_log(&self) -> Result<(), AppError> {
        while self.advance_log(true).await?.more {}
        Ok(())
    }

    /// A checkpoint of the tree with these nodes, if one is due and the tree continues what was signed before.
    async fn due_checkpoint(
        &self,
        signed: Option<(u64, Digest)>,
        size: u64,
        mut nodes: Nodes,
        at_once: bool,
    ) -> Result<Option<CheckpointRow>, AppError> {
        let (store, now) = (&self.parts.store, self.now());
        let newest = store.newest_checkpoint().await?;
        let last = newest.as_ref().map(|row| (row.size, row.root));
        let (before, earlier) =
            last.into_iter().chain(signed).max_by_key(|(size, _)| *size).unwrap_or((0, log::empty_root()));
        let waited = newest.is_none_or(|row| (now - row.created_at).abs() >= self.parts.log.interval);
        if size == before || !(waited || at_once) {
            return Ok(None);
        }
        let wanted = log::nodes_for_consistency(before, size)?;
        let old: Vec<u64> = wanted.into_iter().filter(|node| nodes.get(*node).is_err()).collect();
        nodes.extend(store.log_nodes(&old).await?);
        let root = log::root(size, &nodes)?;
        log::consistency_proof(before, size, &nodes)?.verify(earlier, root)?;
        let day = self.first_of_day(now).await?;
        let note = self.parts.log.signer.sign(size, root);
        let note = note.map_err(|error| AppError::Internal(error.to_string()))?.to_string();
        Ok(Some(CheckpointRow { size, root, note, created_at: now, day, token: None }))
    }

    /// The day at `now`, if it has no checkpoint yet.
    async fn first_of_day(&self, now: DateTime<Utc>) -> Result<Option<String>, AppError> {
        let day = (now + CHINA).date_naive().to_string();
        Ok(if self.parts.store.has_checkpoint_of_day(&day).await? { None } else { Some(day) })
    }
}

//! How all photos look, kept in memory: read from the database at the start, and then whatever was examined since,
//! by this process or another.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    evidence::{PerceptualHash, Photo},
    identifiers::PhotoId,
};
use evidence::{Alike, SimilarPhotos};
use store::{PhotoLook, Store, StoreError};
use tokio::sync::Mutex;
use uuid::Uuid;

/// How many photos are read at once.
const PAGE: u64 = 5000;

/// An examination is written some time after its own time, and clocks differ: so much is read again each time.
const OVERLAP: TimeDelta = TimeDelta::seconds(60);

/// A picture of one even tone has no shape: its hash is of noise, or all the same. Of the 64 bits of a picture with
/// shapes about half are set.
const TELLING: std::ops::RangeInclusive<u32> = 16..=48;

/// How all photos look.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    index: SimilarPhotos,
    read: Mutex<Read>,
    /// Whether everything was read once.
    whole: AtomicBool,
}

/// How far the database has been read.
#[derive(Debug, Default)]
struct Read {
    /// Up to here, surely.
    until: Option<DateTime<Utc>>,
    /// What was read behind that already.
    ahead: HashMap<PhotoId, DateTime<Utc>>,
}

impl Looks {
    /// The photos that look like this one, the nearest first; the photo itself is among them.
    pub(crate) fn near(&self, photo: &Photo, radius: u32, most: usize) -> Vec<Alike> {
        let hash = photo.examination.as_ref().and_then(|found| found.perceptual).filter(tells);
        hash.map(|hash| self.index.near(hash, radius, most)).unwrap_or_default()
    }

    /// Reads what was examined since the last time. Whether everything is known now: while the first reading is
    /// under way, nobody waits for it.
    pub(crate) async fn catch_up(&self, store: &Store, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut read = match self.read.try_lock() {
            Ok(read) => read,
            Err(_) if self.whole.load(Ordering::Acquire) => self.read.lock().await,
            Err(_) => return Ok(false),
        };
        let mut place = (read.until.unwrap_or(DateTime::UNIX_EPOCH), PhotoId(Uuid::nil()));
        loop {
            let page = store.looks_after(place, PAGE).await?;
            let Some(last) = page.last() else { break };
            place = (last.examined_at, last.photo);
            self.index.add(page.iter().filter_map(|look| read.fresh(look)).filter(|(_, hash)| tells(hash)));
            read.advance(last.examined_at.min(now) - OVERLAP);
        }
        self.whole.store(true, Ordering::Release);
        Ok(true)
    }
}

/// Whether a hash says what a picture looks like.
fn tells(hash: &PerceptualHash) -> bool {
    TELLING.contains(&hash.0.count_ones())
}

impl Read {
    /// The photo, unless it was read before.
    fn fresh(&mut self, look: &PhotoLook) -> Option<(PhotoId, PerceptualHash)> {
        let known = self.ahead.insert(look.photo, look.examined_at);
        known.is_none().then_some((look.photo, look.hash))
    }

    /// What was examined before `until` is not read again.
    fn advance(&mut self, until: DateTime<Utc>) {
        if self.until.is_none_or(|before| before < until) {
            self.until = Some(until);
            self.ahead.retain(|_, examined_at| *examined_at >= until);
        }
    }
}

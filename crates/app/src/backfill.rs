//! Evidence from before its table: photos and recordings of older releases get their rows, so that they are
//! examined and found across cases as new ones are.

use std::sync::Mutex;

use domain::identifiers::CaseId;
use store::Work;

use crate::{context::App, error::AppError};

/// How many cases are read at once.
const PAGE: u64 = 100;

/// How far this process has come.
#[derive(Debug, Default)]
pub(crate) struct Backfill(Mutex<Progress>);

#[derive(Debug, Default)]
struct Progress {
    after: Option<CaseId>,
    /// What keeps the database from remembering that nothing is missing: rows that were, and cases nobody can read.
    open: usize,
    done: bool,
}

impl App {
    /// Looks at the next page of cases and adds the rows that are missing. Gives whether there is more to do. When a
    /// whole look finds nothing missing, the database remembers that it was done: another process of an older
    /// release may have added evidence during the first look.
    pub async fn complete_evidence(&self) -> Result<bool, AppError> {
        let (after, open) = {
            let progress = self.backfill.progress();
            if progress.done {
                return Ok(false);
            }
            (progress.after, progress.open)
        };
        if after.is_none() && self.parts.store.is_evidence_complete().await? {
            self.backfill.progress().done = true;
            return Ok(false);
        }
        let mut work = Work::new();
        let next = match self.parts.store.missing_evidence(after, PAGE).await? {
            Some(missing) => {
                let open = open + missing.len() + missing.unreadable;
                let next = Progress { after: Some(missing.last), open, done: false };
                work.insert_missing_evidence(missing);
                next
            }
            None => {
                if open == 0 {
                    work.evidence_is_complete(self.now());
                }
                Progress { after, open, done: true }
            }
        };
        if !work.is_empty() {
            self.parts.store.commit(work).await?;
        }
        let more = !next.done;
        *self.backfill.progress() = next;
        Ok(more)
    }
}

impl Backfill {
    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

//! Decides past cases under draft rules, in memory: what is stored is read page by page and never written.

use domain::{
    identifiers::CaseId,
    replay::{Replayed, replay},
    rules::Rulebook,
};
use store::{Span, Store};

use crate::error::AppError;

/// How many cases would have gone another way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplayTotals {
    /// Cases that were decided again.
    pub cases: u64,
    /// Those that triage would have sent elsewhere.
    pub sent_elsewhere: u64,
    /// Those with another proposal of liability.
    pub proposed_otherwise: u64,
    /// Cases that could not be read.
    pub unreadable: u64,
}

/// What is told while cases are decided again.
#[derive(Debug)]
pub enum ReplayStep {
    /// A case that would have gone another way.
    Changed(Replayed),
    /// A case that cannot be read; `fsck` says why.
    Unreadable(CaseId),
}

/// Decides every case of the span under the newest edition of each kind of rules in `draft`, as if it had held then, and
/// tells what would have changed.
pub async fn replay_cases(
    store: &Store,
    current: &Rulebook,
    draft: Rulebook,
    span: Span,
    mut tell: impl FnMut(ReplayStep),
) -> Result<ReplayTotals, AppError> {
    let draft = draft.newest();
    let (mut totals, mut after) = (ReplayTotals::default(), None);
    loop {
        let page = store.cases_after(after, span).await?;
        let Some((last, _)) = page.last() else { return Ok(totals) };
        after = Some(*last);
        for (id, case) in page {
            let Ok(case) = case else {
                totals.unreadable += 1;
                tell(ReplayStep::Unreadable(id));
                continue;
            };
            let replayed = replay(&case, current, &draft);
            totals.cases += 1;
            totals.sent_elsewhere += u64::from(replayed.triage.is_some());
            totals.proposed_otherwise += u64::from(replayed.proposal.is_some());
            if replayed.triage.is_some() || replayed.proposal.is_some() {
                tell(ReplayStep::Changed(replayed));
            }
        }
    }
}

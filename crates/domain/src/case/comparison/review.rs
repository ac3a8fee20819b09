//! What a journal tells of a review, of requests that came too late, and of what a review took away.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{super::Case, Answer, Decision};
use crate::{
    case::{ReviewOutcome, ReviewState, reporting::digest_of},
    digest::Digest,
    event::Event,
    identifiers::{AccountId, DeterminationId, Passage},
    role::PartyRole,
};

/// How far a review has come.
#[derive(PartialEq)]
enum Progress {
    Requested,
    Taken { officer: AccountId, sent_back: Option<Digest> },
    Drafted { officer: Option<AccountId>, conclusion: Digest },
    Concluded { outcome: String, grounds: Vec<String>, document: Digest, officers: [Option<AccountId>; 2] },
    Ended,
}

/// A determination that was taken away, as the journal told of it until then.
pub(super) struct TakenAway {
    pub(super) id: DeterminationId,
    pub(super) decision: Option<Decision>,
    pub(super) document: Option<Digest>,
    pub(super) answers: BTreeMap<PartyRole, Answer>,
}

/// What was told so far.
#[derive(Default)]
pub(super) struct ReviewStory {
    request: Option<(PartyRole, Passage)>,
    progress: Option<Progress>,
    suit: Option<Passage>,
    late: Vec<(PartyRole, Passage, DateTime<Utc>)>,
    taken_back: BTreeSet<PartyRole>,
    pub(super) taken_away: Vec<TakenAway>,
}

impl ReviewStory {
    pub(super) fn hear(&mut self, event: &Event, by: Option<AccountId>) {
        match event {
            Event::ReviewRequested { role, reason } => {
                self.request = Some((*role, reason.clone()));
                self.progress = Some(Progress::Requested);
                self.suit = None;
            }
            Event::ReviewRefused { role, reason, until } => self.late.push((*role, reason.clone(), *until)),
            Event::ReviewTaken { officer } => {
                let sent_back = match &self.progress {
                    Some(Progress::Taken { sent_back, .. }) => *sent_back,
                    _ => None,
                };
                self.progress = Some(Progress::Taken { officer: *officer, sent_back });
            }
            Event::ReviewDrafted { conclusion, .. } => {
                self.progress = Some(Progress::Drafted { officer: by, conclusion: *conclusion });
            }
            Event::ReviewSentBack { note } => {
                if let Some(Progress::Drafted { officer: Some(officer), .. }) = self.progress {
                    self.progress = Some(Progress::Taken { officer, sent_back: Some(*note) });
                }
            }
            Event::ReviewConcluded { outcome, grounds, document } => {
                let drafter = match &self.progress {
                    Some(Progress::Drafted { officer, .. }) => *officer,
                    _ => None,
                };
                self.progress = Some(Progress::Concluded {
                    outcome: outcome.clone(),
                    grounds: grounds.clone(),
                    document: *document,
                    officers: [drafter, by],
                });
            }
            Event::ReviewWithdrawn { role } => {
                self.progress = Some(Progress::Ended);
                self.taken_back.insert(*role);
            }
            Event::CourtTold { note } => self.suit = Some(note.clone()),
            _ => {}
        }
    }

    /// Whether the case says the same of its review and of late requests.
    pub(super) fn is_that_of(&self, case: &Case) -> bool {
        let late = case.late_requests.iter().map(|late| (late.role, late.reason.clone(), late.until));
        let Some(review) = &case.review else {
            return self.request.is_none() && late.eq(self.late.iter().cloned());
        };
        late.eq(self.late.iter().cloned())
            && case.reviews_taken_back == self.taken_back
            && self.request == Some((review.requested_by, review.reason.clone()))
            && self.suit == review.suit.as_ref().map(|suit| suit.note.clone())
            && self.progress.as_ref().is_some_and(|told| stands_at(&review.state, told))
    }

    /// Whether the case says the same of what was taken away.
    pub(super) fn took_away_in(
        &self,
        case: &Case,
        agrees: impl Fn(&crate::case::Determination, &TakenAway) -> bool,
    ) -> bool {
        let determinations = case.overturned.iter().map(|own| own.id);
        let certificates = case.overturned_certificates.iter().map(|own| own.id);
        let told = |id| self.taken_away.iter().find(|told| told.id == id);
        determinations.chain(certificates).eq(self.taken_away.iter().map(|told| told.id))
            && case.overturned.iter().all(|own| told(own.id).is_some_and(|told| agrees(own, told)))
    }
}

/// Accounts are compared where the journal names them.
fn same(told: Option<AccountId>, own: AccountId) -> bool {
    told.is_none_or(|told| told == own)
}

fn stands_at(state: &ReviewState, told: &Progress) -> bool {
    match (state, told) {
        (ReviewState::Requested, Progress::Requested) | (ReviewState::Ended { .. }, Progress::Ended) => true,
        (ReviewState::Taken { officer, sent_back, .. }, Progress::Taken { officer: by, sent_back: note }) => {
            officer.account == *by && sent_back.as_ref().map(digest_of) == *note
        }
        (
            ReviewState::Drafted { officer, conclusion, .. },
            Progress::Drafted { officer: by, conclusion: digest },
        ) => same(*by, officer.account) && digest_of(conclusion) == *digest,
        (
            ReviewState::Concluded { conclusion, officers: own, document, .. },
            Progress::Concluded { outcome, grounds, document: digest, officers },
        ) => {
            let own_grounds: Vec<&str> = match &conclusion.outcome {
                ReviewOutcome::Reinvestigate { grounds } => grounds.iter().map(|one| one.name()).collect(),
                ReviewOutcome::Upheld | ReviewOutcome::UpheldCorrected { .. } => Vec::new(),
            };
            conclusion.outcome.name() == outcome
                && own_grounds == *grounds
                && document == digest
                && own.iter().zip(officers).all(|(own, told)| same(*told, own.account))
        }
        _ => false,
    }
}

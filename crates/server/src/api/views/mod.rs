//! What callers see. A driver never sees another party's personal data.

mod case;
mod claim;
mod commitments;
mod determination;
mod endings;
mod evidence;
mod identity;
mod journal;
mod mediation;
mod party;
mod place;
mod review;
mod scene;
mod shots;
mod signals;
mod suggestion;
mod taking_part;
mod triage;

use domain::{identifiers::AccountId, rulebook::Wording};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::{
    case::{CaseView, InvitationView, QueueView},
    claim::ClaimView,
    commitments::CommittedView,
    evidence::{MoveReceiptView, PhotoView, RecordingView, StoredPhotoView, StoredRecordingView},
    identity::SignedInView,
    journal::JournalView,
    mediation::CalculationView,
    review::{ReviewRowView, ReviewWorkView},
    scene::{DispatchView, NearPointView, PointView},
    shots::SlotView,
    signals::SignalsView,
    suggestion::SuggestionView,
};

/// Who looks, and so what may be shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Viewer {
    /// A party: sees itself whole, others masked.
    Party(AccountId),
    /// Staff who handle the case: see everything in it.
    Staff,
}

/// A text in both languages.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WordingView {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<&Wording> for WordingView {
    fn from(wording: &Wording) -> Self {
        Self { zh: wording.zh.clone(), en: wording.en.clone() }
    }
}

/// One question of triage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuestionView {
    /// Name of the answer's field in a report.
    pub name: String,
    /// What to ask.
    pub text: WordingView,
}

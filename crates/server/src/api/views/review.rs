//! A review as its parties see it, and as its reviewers do.

use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Conclusion, LateRequest, Review, ReviewGround, ReviewOutcome, ReviewState, Reviewed},
    digest::Digest,
    role::PartyRole,
    rules::Rules,
};
use serde::Serialize;
use store::ReviewRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Viewer;
use crate::api::schemas;

/// What reviewers say.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ConclusionView {
    /// What it comes to.
    #[schema(schema_with = schemas::review_outcome)]
    pub outcome: &'static str,
    /// Why liability is to be determined anew.
    #[schema(schema_with = schemas::review_grounds)]
    pub grounds: Vec<ReviewGround>,
    /// What was corrected, or how it is explained.
    pub correction: Option<String>,
    /// Why.
    pub explanation: String,
}

impl From<&Conclusion> for ConclusionView {
    fn from(conclusion: &Conclusion) -> Self {
        let (grounds, correction) = match &conclusion.outcome {
            ReviewOutcome::Upheld => (Vec::new(), None),
            ReviewOutcome::UpheldCorrected { correction } => (Vec::new(), Some(correction.to_string())),
            ReviewOutcome::Reinvestigate { grounds } => (grounds.iter().copied().collect(), None),
        };
        Self {
            outcome: conclusion.outcome.name(),
            grounds,
            correction,
            explanation: conclusion.explanation.to_string(),
        }
    }
}

/// A review: what the parties may know.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReviewView {
    /// Where it stands.
    #[schema(schema_with = schemas::review_state)]
    pub state: &'static str,
    /// What is reviewed.
    #[schema(schema_with = schemas::reviewed)]
    pub reviewed: Reviewed,
    /// Who asked for it.
    #[schema(value_type = String)]
    pub requested_by: PartyRole,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// Why; for the applicant and for staff.
    pub reason: Option<String>,
    /// By when the file must be with the unit above.
    pub forward_by: DateTime<Utc>,
    /// By when it must be concluded.
    pub conclude_by: DateTime<Utc>,
    /// When a suit was noted, of which the court was told.
    pub suit_noted_at: Option<DateTime<Utc>>,
    /// When it was concluded, or taken back.
    pub ended_at: Option<DateTime<Utc>>,
    /// What it came to.
    pub conclusion: Option<ConclusionView>,
    /// Number of the conclusion's document.
    pub number: Option<String>,
    /// SHA-256 of its PDF.
    #[schema(value_type = Option<String>)]
    pub document_sha256: Option<Digest>,
    /// By when the conclusion must be served.
    pub serve_by: Option<DateTime<Utc>>,
    /// By when liability must be determined anew.
    pub redetermine_by: Option<DateTime<Utc>>,
}

impl ReviewView {
    fn new(case: &Case, review: &Review, own: bool) -> Self {
        let view = Self {
            state: review.state.name(),
            reviewed: review.reviewed,
            requested_by: review.requested_by,
            requested_at: review.requested_at,
            reason: own.then(|| review.reason.to_string()),
            forward_by: review.forward_by,
            conclude_by: review.conclude_by,
            suit_noted_at: review.suit.as_ref().map(|suit| suit.at),
            ended_at: None,
            conclusion: None,
            number: None,
            document_sha256: None,
            serve_by: None,
            redetermine_by: None,
        };
        match &review.state {
            ReviewState::Requested | ReviewState::Taken { .. } | ReviewState::Drafted { .. } => view,
            ReviewState::Ended { at } => Self { ended_at: Some(*at), ..view },
            ReviewState::Concluded { conclusion, at, document, serve_by, redetermine_by, .. } => Self {
                ended_at: Some(*at),
                conclusion: Some(conclusion.into()),
                number: Some(case.review_number()),
                document_sha256: Some(*document),
                serve_by: Some(*serve_by),
                redetermine_by: *redetermine_by,
                ..view
            },
        }
    }
}

/// A request for a review that came too late and was not accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct LateRequestView {
    /// Whose.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// When it came.
    pub at: DateTime<Utc>,
    /// When that party's time was over.
    pub until: DateTime<Utc>,
    /// Why it was made.
    pub reason: String,
}

impl From<&LateRequest> for LateRequestView {
    fn from(late: &LateRequest) -> Self {
        Self { role: late.role, at: late.at, until: late.until, reason: late.reason.to_string() }
    }
}

/// Everything about the review of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CaseReviewView {
    /// Until when the viewer may ask for one, once the document was served to it; with `get_case`.
    pub ask_until: Option<DateTime<Utc>>,
    /// The review that was asked for.
    pub request: Option<ReviewView>,
    /// Requests that came too late: a party sees its own.
    pub late: Vec<LateRequestView>,
}

impl CaseReviewView {
    /// What this viewer may know; nothing where there is nothing to say.
    pub(super) fn new(case: &Case, viewer: Viewer, rules: Option<&Rules<'_>>) -> Option<Self> {
        let role = match viewer {
            Viewer::Party(account) => case.role_of(account).ok(),
            Viewer::Staff => None,
        };
        let may_see = |owner: PartyRole| matches!(viewer, Viewer::Staff) || role == Some(owner);
        let review = case.review.as_ref();
        let view = Self {
            ask_until: rules
                .zip(role)
                .and_then(|(rules, role)| review.is_none().then(|| case.review_until(role, rules)).flatten()),
            request: review.map(|review| ReviewView::new(case, review, may_see(review.requested_by))),
            late: case.late_requests.iter().filter(|late| may_see(late.role)).map(Into::into).collect(),
        };
        (view.ask_until.is_some() || view.request.is_some() || !view.late.is_empty()).then_some(view)
    }
}

/// A review as its reviewers see it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReviewWorkView {
    /// The case.
    pub case: Uuid,
    /// Its public number.
    pub case_number: String,
    /// Counts changes of what the case says; the ETag.
    pub version: i64,
    /// The stage of the case.
    #[schema(schema_with = schemas::stage)]
    pub stage: &'static str,
    /// The review.
    pub review: Option<ReviewView>,
    /// Who took it, or who drafted the conclusion.
    pub officer: Option<Uuid>,
    /// The draft that waits for another reviewer.
    pub draft: Option<ConclusionView>,
    /// Why the last draft came back.
    pub sent_back: Option<String>,
    /// Which court accepted a suit, and what it was told.
    pub suit: Option<String>,
}

impl From<&Case> for ReviewWorkView {
    fn from(case: &Case) -> Self {
        let review = case.review.as_ref();
        let (officer, draft, sent_back) = match review.map(|review| &review.state) {
            Some(ReviewState::Taken { officer, sent_back, .. }) => (Some(officer), None, sent_back.as_ref()),
            Some(ReviewState::Drafted { officer, conclusion, .. }) => (Some(officer), Some(conclusion), None),
            _ => (None, None, None),
        };
        Self {
            case: case.id.0,
            case_number: case.number.to_string(),
            version: case.edition,
            stage: case.stage.name(),
            review: review.map(|review| ReviewView::new(case, review, true)),
            officer: officer.map(|officer| officer.account.0),
            draft: draft.map(ConclusionView::from),
            sent_back: sent_back.map(ToString::to_string),
            suit: review.and_then(|review| Some(review.suit.as_ref()?.note.to_string())),
        }
    }
}

/// One line of the unfinished reviews: nothing personal.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReviewRowView {
    /// The case.
    pub id: Uuid,
    /// Its public number.
    pub number: String,
    /// The district.
    pub district: String,
    /// Where it waits; `redetermining` once liability is to be determined anew.
    #[schema(schema_with = schemas::review_place)]
    pub state: String,
    /// By when it must be concluded, or liability determined anew.
    pub due_at: Option<DateTime<Utc>>,
    /// That time is over.
    pub overdue: bool,
}

impl ReviewRowView {
    pub(in crate::api) fn new(row: ReviewRow, now: DateTime<Utc>) -> Self {
        Self {
            id: row.id,
            number: row.number,
            district: row.district,
            state: row.review_state.unwrap_or_default(),
            due_at: row.review_due_at,
            overdue: row.review_due_at.is_some_and(|due| due <= now),
        }
    }
}

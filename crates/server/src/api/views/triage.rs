//! Where a case goes and why.

use domain::triage::{Hit, Lane, Triage};
use serde::Serialize;
use utoipa::ToSchema;

use super::WordingView;
use crate::api::schemas;

/// A rule of triage that applied.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct HitView {
    /// The rule's code.
    pub code: String,
    /// What it is about.
    pub title: WordingView,
    /// The articles.
    pub articles: Vec<String>,
    /// `legal` or `policy`.
    #[schema(value_type = String)]
    pub bar: domain::triage::BarKind,
    /// The question whose answer made it apply.
    pub question: String,
}

/// Where the case goes and why, and what to do now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TriageView {
    /// The lane.
    #[schema(schema_with = schemas::lane)]
    pub lane: Lane,
    /// Whether the scene may be left once it is photographed.
    pub may_leave: bool,
    /// The article that orders leaving.
    pub order: Option<OrderView>,
    /// Rules that applied.
    pub rules: Vec<HitView>,
    /// What to do now, most urgent first.
    pub advice: Vec<WordingView>,
}

/// The order to leave.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OrderView {
    /// What it says.
    pub text: WordingView,
    /// The articles.
    pub articles: Vec<String>,
}

impl From<&Hit> for HitView {
    fn from(hit: &Hit) -> Self {
        Self {
            code: hit.code.clone(),
            title: (&hit.title).into(),
            articles: hit.articles.clone(),
            bar: hit.bar,
            question: hit.because.question.clone(),
        }
    }
}

impl From<&Triage> for TriageView {
    fn from(triage: &Triage) -> Self {
        Self {
            lane: triage.lane,
            may_leave: triage.may_leave,
            order: triage
                .order
                .as_ref()
                .map(|order| OrderView { text: (&order.text).into(), articles: order.articles.clone() }),
            rules: triage.hits.iter().map(HitView::from).collect(),
            advice: triage.advice.iter().map(WordingView::from).collect(),
        }
    }
}

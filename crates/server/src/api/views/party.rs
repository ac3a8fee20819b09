//! Parties: whole for themselves and for staff, masked for others.

use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Party, RoadUser, Statement, TakenBy},
    digest::Digest,
    liability::DrivingFacts,
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Viewer, WordingView,
    taking_part::{DetailsView, PresenceView},
};
use crate::{api::inputs::DrivingFactsInput, api::schemas};

/// One party. Personal fields are there for the party itself and for staff only.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PartyView {
    /// A, B, C…
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Whether it is the caller.
    pub is_me: bool,
    /// How it took part.
    #[schema(schema_with = schemas::road_user)]
    pub road_user: RoadUser,
    /// Whether it has given a statement.
    pub has_statement: bool,
    /// When it applied for remote handling.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When it agreed that documents are served to it online; the party itself and staff see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_agreed_at: Option<DateTime<Utc>>,
    /// What it said about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<DetailsView>,
    /// How it takes part.
    pub presence: PresenceView,
    /// Whether it has confirmed its latest statement.
    pub statement_confirmed: bool,
    /// What it said happened: the latest version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementView>,
    /// What it said before, oldest first; with `get_case`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier_statements: Vec<StatementView>,
}

/// A statement.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatementView {
    /// 1 for the first.
    pub version: i32,
    /// What the party was doing.
    #[schema(value_type = DrivingFactsInput)]
    pub facts: DrivingFacts,
    /// In its own words.
    pub text: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// The recording in which it was spoken.
    pub recording: Option<Uuid>,
    /// The hash that stands for it; sent back to confirm it.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// In plain sentences, to be read or heard before it is confirmed.
    pub read_back: WordingView,
    /// Who took it down, if it was not the party itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<WordingView>,
    /// When the party confirmed it.
    pub confirmed_at: Option<DateTime<Utc>>,
}

impl From<&Statement> for StatementView {
    fn from(statement: &Statement) -> Self {
        Self {
            version: statement.version,
            facts: statement.facts.clone(),
            text: statement.text.as_ref().map(ToString::to_string),
            at: statement.at,
            recording: statement.recording.map(|id| id.0),
            sha256: statement.digest(),
            read_back: (&statement.read_back()).into(),
            taken_by: statement.taken_by.as_ref().map(|by| {
                let (zh, en) = by.words();
                WordingView { zh, en }
            }),
            confirmed_at: statement.confirmed_at,
        }
    }
}

impl PartyView {
    pub(super) fn new(case: &Case, party: &Party, viewer: Viewer) -> Self {
        let is_me = matches!(viewer, Viewer::Party(account) if party.account == Some(account));
        let staff = matches!(viewer, Viewer::Staff);
        let open = is_me || staff || entered_by(case, party, viewer);
        let details = &party.details;
        Self {
            role: party.role,
            is_me,
            road_user: party.road_user,
            has_statement: party.statement().is_some(),
            submitted_at: party.submitted_at,
            service_agreed_at: party.service_agreed_at.filter(|_| open),
            details: open.then(|| DetailsView::from(details)),
            presence: PresenceView::new(case, party, is_me || staff, staff),
            statement_confirmed: party.statement().is_some_and(|latest| latest.confirmed_at.is_some()),
            statement: party.statement().filter(|_| open).map(StatementView::from),
            earlier_statements: Vec::new(),
        }
    }

    /// The same with what the party said before.
    pub(super) fn with_earlier_statements(mut self, party: &Party) -> Self {
        if self.statement.is_some() {
            let earlier = party.statements.split_last().map_or(&[][..], |(_, earlier)| earlier);
            self.earlier_statements = earlier.iter().map(StatementView::from).collect();
        }
        self
    }
}

/// Whoever enters a party on his own phone sees what he has entered, as long as that party has not come in, and nobody
/// else has entered anything.
fn entered_by(case: &Case, party: &Party, viewer: Viewer) -> bool {
    let (Viewer::Party(account), Some(TakenBy::Party { role })) = (viewer, &party.entered_by) else {
        return false;
    };
    party.account.is_none() && case.role_of(account) == Ok(*role)
}

//! What the clock does where nobody acts: every stage that waits for somebody has an end (rules/deadlines.toml).

use chrono::{DateTime, Utc};

use super::{Case, Stage};
use crate::rules::Rules;

impl Case {
    /// When the clock does something in this stage if nobody else does.
    pub fn next_deadline(&self, rules: &Rules<'_>) -> Option<DateTime<Utc>> {
        let (from, deadline) = match &self.stage {
            Stage::Collecting => (self.reported_at, &rules.deadlines.collecting),
            Stage::EvidenceRequested { request } => (request.at, &rules.deadlines.evidence_request),
            Stage::Agreeing { agreement } => (agreement.proposed_at, &rules.deadlines.agreement),
            Stage::Decided { determination } => (determination.decided_at, &rules.deadlines.signature),
            Stage::OnScene { since, .. } => (*since, &rules.deadlines.on_scene),
            _ => return None,
        };
        Some(rules.calendar.end(from, deadline.term))
    }
}

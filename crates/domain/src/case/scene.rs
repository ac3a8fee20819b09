//! When a person is needed: a unit of a quick-handling point goes, and how it ends there.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Case, Officer, Stage};
use crate::{
    event::{Authority, Event},
    identifiers::Passage,
    refusal::Refusal,
};

/// How it ended on scene. Liability stays the officer's act (R146 §20, §24): staff settle nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SceneOutcome {
    /// The road is clear and the parties have settled or go on at the point.
    Settled,
    /// The patrol has to take over.
    NeedsPatrol,
}

impl SceneOutcome {
    /// The name used in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::NeedsPatrol => "needs_patrol",
        }
    }
}

impl Case {
    /// A unit may be sent: the case waits for one, or the officer who holds it sends it out of the remote lane.
    pub fn send_unit(
        mut self,
        officer: &Officer,
        reason: Passage,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Event>), Refusal> {
        if self.conflicts_with(officer) {
            return Err(Refusal::ConflictOfInterest);
        }
        if matches!(self.stage, Stage::OnScene { .. }) {
            return Ok((self, None));
        }
        self.held_by(officer, now, "send a unit")?;
        self.stage = Stage::OnScene { since: now, reason: reason.clone() };
        Ok((self, Some(Event::CaseEscalated { to: Authority::Point, reason })))
    }

    /// The unit is done.
    pub fn finish_on_scene(
        mut self,
        outcome: SceneOutcome,
        note: Passage,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Event>), Refusal> {
        if !matches!(self.stage, Stage::OnScene { .. }) {
            return Err(self.stage.refuse("finish on scene"));
        }
        match outcome {
            SceneOutcome::Settled => {
                self.stage = Stage::SettledOnScene { at: now };
                Ok((self, None))
            }
            SceneOutcome::NeedsPatrol => {
                let to = Authority::Patrol;
                let event = Event::CaseHandedOver { to, reason: note.clone() };
                self.stage = Stage::HandedOver { to, reason: note, at: now };
                Ok((self, Some(event)))
            }
        }
    }
}

//! Dispatch (指派): which unit goes to a scene, and the life of the task.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    event::Event,
    geo::{Position, distance_metres},
    identifiers::{AccountId, CaseId, DispatchId, Passage, PointId, UnitId},
    refusal::Refusal,
};

/// Within this distance of the scene a unit counts as arrived, in metres: a city block and the error of a phone.
pub const ARRIVAL_RADIUS_METRES: f64 = 300.0;

/// A reported position older than this is no longer believed; the unit then counts as being at its point.
pub const POSITION_LIFE: TimeDelta = TimeDelta::minutes(10);

/// One staff member or vehicle that can be sent (处置人员).
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Who signs in for it.
    pub account: AccountId,
    /// Its quick-handling point.
    pub point: PointId,
    /// Where the point is.
    pub point_position: Position,
    /// The last position it reported, and when.
    pub reported: Option<(Position, DateTime<Utc>)>,
    /// Whether it is on duty.
    pub on_duty: bool,
    /// Whether it has a task.
    pub busy: bool,
}

impl Unit {
    /// Where to count from: the reported position while it is fresh, else the point.
    pub fn position(&self, now: DateTime<Utc>) -> Position {
        match &self.reported {
            Some((position, at)) if *at + POSITION_LIFE >= now => *position,
            _ => self.point_position,
        }
    }
}

/// A unit and how far it is from the scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub unit: UnitId,
    /// Great-circle distance in metres.
    pub metres: i64,
}

/// The free units on duty, nearest first; those in `passed_over` have declined.
/// Equal distances are ordered by id, so that the same input always gives the same answer.
pub fn nearest(
    units: &[Unit],
    scene: &Position,
    passed_over: &BTreeSet<UnitId>,
    now: DateTime<Utc>,
) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = units
        .iter()
        .filter(|unit| unit.on_duty && !unit.busy && !passed_over.contains(&unit.id))
        .map(|unit| Candidate {
            unit: unit.id,
            metres: whole_metres(distance_metres(unit.position(now).wgs84, scene.wgs84)),
        })
        .collect();
    candidates.sort_by_key(|candidate| (candidate.metres, candidate.unit));
    candidates
}

#[expect(clippy::cast_possible_truncation, reason = "distances on earth fit; the cast saturates")]
fn whole_metres(metres: f64) -> i64 {
    metres.round() as i64
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DispatchState {
    /// The unit was asked.
    Offered,
    /// It goes.
    Accepted {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// It does not go.
    Declined {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        reason: Passage,
    },
    /// It is there.
    Arrived {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// It is done.
    Completed {
        /// When.
        at: DateTime<Utc>,
    },
    /// An officer took the task back.
    Cancelled {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        reason: Passage,
    },
}

impl DispatchState {
    /// The state's name, as stored and shown.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Accepted { .. } => "accepted",
            Self::Declined { .. } => "declined",
            Self::Arrived { .. } => "arrived",
            Self::Completed { .. } => "completed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// The unit has this task on its hands.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Offered | Self::Accepted { .. } | Self::Arrived { .. })
    }
}

/// One unit sent to one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Its id.
    pub id: DispatchId,
    /// The case.
    pub case: CaseId,
    /// The unit.
    pub unit: UnitId,
    /// Distance when it was asked, in metres.
    pub metres: i64,
    /// When it was asked.
    pub offered_at: DateTime<Utc>,
    /// Units that were asked before and declined.
    pub passed_over: BTreeSet<UnitId>,
    /// Where it stands.
    pub state: DispatchState,
    /// Counts saved states.
    #[serde(skip)]
    pub version: i64,
}

impl Dispatch {
    /// Asks the first of `candidates`.
    pub fn offer(
        id: DispatchId,
        case: CaseId,
        candidates: &[Candidate],
        passed_over: BTreeSet<UnitId>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let Candidate { unit, metres } = *candidates.first().ok_or(Refusal::NoUnitFree)?;
        let state = DispatchState::Offered;
        let dispatch = Self { id, case, unit, metres, offered_at: now, passed_over, state, version: 0 };
        Ok((dispatch, Event::DispatchOffered { dispatch: id, unit, metres }))
    }

    /// The unit goes.
    pub fn accept(self, by: UnitId, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        self.must_belong_to(by)?;
        match self.state {
            DispatchState::Offered => {
                let event = Event::DispatchAccepted { dispatch: self.id };
                Ok((Self { state: DispatchState::Accepted { at: now }, ..self }, event))
            }
            ref other => Err(other.refuse("accept the task")),
        }
    }

    /// The unit does not go; the next one is to be asked.
    pub fn decline(self, by: UnitId, reason: Passage, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        self.must_belong_to(by)?;
        match self.state {
            DispatchState::Offered | DispatchState::Accepted { .. } => {
                let event = Event::DispatchDeclined { dispatch: self.id, reason: reason.clone() };
                Ok((Self { state: DispatchState::Declined { at: now, reason }, ..self }, event))
            }
            ref other => Err(other.refuse("decline the task")),
        }
    }

    /// The unit is at the scene, shown by its position.
    pub fn arrive(
        self,
        by: UnitId,
        position: &Position,
        scene: &Position,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.must_belong_to(by)?;
        match self.state {
            DispatchState::Accepted { .. }
                if distance_metres(position.wgs84, scene.wgs84) > ARRIVAL_RADIUS_METRES =>
            {
                Err(Refusal::TooFarFromScene)
            }
            DispatchState::Accepted { .. } => {
                let event = Event::DispatchArrived { dispatch: self.id };
                Ok((Self { state: DispatchState::Arrived { at: now }, ..self }, event))
            }
            ref other => Err(other.refuse("arrive on scene")),
        }
    }

    /// The unit is done.
    pub fn complete(self, by: UnitId, outcome: &str, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        self.must_belong_to(by)?;
        match self.state {
            DispatchState::Arrived { .. } => {
                let event = Event::DispatchCompleted { dispatch: self.id, outcome: outcome.to_owned() };
                Ok((Self { state: DispatchState::Completed { at: now }, ..self }, event))
            }
            ref other => Err(other.refuse("complete the task")),
        }
    }

    /// An officer takes the task back from a unit that does not answer or is not needed any more.
    pub fn cancel(self, reason: Passage, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        if !self.state.is_open() {
            return Err(self.state.refuse("cancel the task"));
        }
        let event = Event::DispatchCancelled { dispatch: self.id, reason: reason.clone() };
        Ok((Self { state: DispatchState::Cancelled { at: now, reason }, ..self }, event))
    }

    fn must_belong_to(&self, unit: UnitId) -> Result<(), Refusal> {
        if self.unit == unit { Ok(()) } else { Err(Refusal::NotYourDispatch) }
    }
}

impl DispatchState {
    fn refuse(&self, action: &'static str) -> Refusal {
        Refusal::WrongStage { action, stage: self.name() }
    }
}

#[cfg(test)]
mod tests;

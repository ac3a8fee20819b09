//! Conditions on how many took part, where some were not counted.

use serde::Deserialize;

use super::{Answer, RoadUsers};

/// How many of each kind a rule is about; what it does not name may be any number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Counts {
    motor_vehicles: Between,
    non_motor_vehicles: Between,
    pedestrians: Between,
    /// All of them together.
    everyone: Between,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Between {
    min: usize,
    max: usize,
}

impl Default for Between {
    fn default() -> Self {
        Self { min: 0, max: usize::MAX }
    }
}

impl Between {
    /// Whether a number somewhere in `low..=high` lies within.
    fn holds(self, low: usize, high: usize) -> Answer {
        if self.min <= low && high <= self.max {
            Answer::Yes
        } else if high < self.min || self.max < low {
            Answer::No
        } else {
            Answer::Unknown
        }
    }

    fn holds_count(self, count: Option<u8>) -> Answer {
        count.map_or_else(|| self.holds(0, usize::MAX), |count| self.holds(count.into(), count.into()))
    }
}

impl Counts {
    /// Whether these road users are what the rule is about.
    pub(crate) fn hold(&self, users: &RoadUsers) -> Answer {
        let low = users.at_least();
        let high = if users.are_known() { low } else { usize::MAX };
        self.motor_vehicles
            .holds_count(users.motor_vehicles)
            .and(self.non_motor_vehicles.holds_count(users.non_motor_vehicles))
            .and(self.pedestrians.holds_count(users.pedestrians))
            .and(self.everyone.holds(low, high))
    }
}

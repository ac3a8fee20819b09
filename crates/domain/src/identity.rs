//! Who may sign in as what, and how often somebody may guess.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What an account may act as. Each operation of the API names the roles that may call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A person at the roadside (当事人).
    Driver,
    /// A police officer in the remote centre (民警).
    Officer,
    /// Staff of a quick-handling point (处置人员).
    PointStaff,
    /// An insurer's system (保险公司).
    Insurer,
    /// Watches over the centre.
    Supervisor,
    /// Keeps accounts and settings.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Driver, Self::Officer, Self::PointStaff, Self::Insurer, Self::Supervisor, Self::Administrator];

    /// The name used in tokens, in the API and in storage.
    pub fn name(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Officer => "officer",
            Self::PointStaff => "point_staff",
            Self::Insurer => "insurer",
            Self::Supervisor => "supervisor",
            Self::Administrator => "administrator",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Failed sign-ins in a row of one account, and until when it waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ladder {
    /// Failures since the last success.
    pub failures: i32,
    /// No try counts before this time.
    pub locked_until: Option<DateTime<Utc>>,
}

impl Ladder {
    /// Minutes of waiting after the fifth, tenth, fifteenth and each further fifth failure:
    /// at most 25 tries in any hour (5 at 0, 5, 20 and 50 minutes).
    const STEPS_MINUTES: [i64; 4] = [5, 15, 30, 60];

    /// Whether a try is let through at `now`.
    pub fn admits(self, now: DateTime<Utc>) -> bool {
        self.locked_until.is_none_or(|until| until <= now)
    }

    /// The ladder after one more failure.
    #[must_use]
    pub fn failed(self, now: DateTime<Utc>) -> Self {
        let failures = self.failures.saturating_add(1);
        let step = usize::try_from(failures / 5).unwrap_or(0);
        let locked_until = (failures % 5 == 0).then(|| {
            let minutes = Self::STEPS_MINUTES.get(step.saturating_sub(1)).copied().unwrap_or(60);
            now + TimeDelta::minutes(minutes)
        });
        Self { failures, locked_until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_is_held_to_25_tries_in_any_hour() {
        let start = DateTime::UNIX_EPOCH;
        let (mut ladder, mut tries) = (Ladder::default(), Vec::new());
        for second in 0..4 * 3600 {
            let now = start + TimeDelta::seconds(second);
            if ladder.admits(now) {
                tries.push(second);
                ladder = ladder.failed(now);
            }
        }
        let most = tries
            .iter()
            .map(|from| tries.iter().filter(|at| (*from..from + 3600).contains(*at)).count())
            .max();
        assert!(most <= Some(25), "{most:?}");
    }
}

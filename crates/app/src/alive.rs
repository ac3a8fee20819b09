//! Drivers whose session was found alive a moment ago: a driver's requests come in bursts, and each would ask
//! the database again. Never for staff: whoever is switched off is refused at the next request.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::identifiers::{AccountId, SessionId};

/// How long a session counts as alive without asking again. A sign-out that this process has answered ends it
/// at once; one in another process, and the end of the session's life, are noticed this much later at most.
const MOMENT: TimeDelta = TimeDelta::seconds(5);
/// How many sessions are kept in mind at most.
const MOST: usize = 8192;

/// Sessions of drivers that were alive a moment ago.
#[derive(Debug, Default)]
pub(crate) struct AliveDrivers(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// How many sessions have ended so far.
    ends: u64,
    sessions: HashMap<SessionId, (AccountId, DateTime<Utc>)>,
}

/// Taken before the database is asked: what it says is not believed when a session ended meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked(u64);

impl AliveDrivers {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose session it is, if it was alive a moment ago.
    pub(crate) fn account(&self, session: SessionId, now: DateTime<Utc>) -> Option<AccountId> {
        let known = self.known();
        let (account, found) = known.sessions.get(&session)?;
        (*found <= now && now - *found < MOMENT).then_some(*account)
    }

    /// To be called before the database is asked.
    pub(crate) fn ask(&self) -> Asked {
        Asked(self.known().ends)
    }

    /// The database said that the session is alive.
    pub(crate) fn remember(&self, asked: Asked, session: SessionId, account: AccountId, now: DateTime<Utc>) {
        let mut known = self.known();
        if Asked(known.ends) != asked {
            return;
        }
        if known.sessions.len() >= MOST {
            known.sessions.retain(|_, (_, found)| now - *found < MOMENT);
        }
        if known.sessions.len() < MOST {
            known.sessions.insert(session, (account, now));
        }
    }

    /// The session has ended.
    pub(crate) fn forget(&self, session: SessionId) {
        let mut known = self.known();
        known.ends += 1;
        known.sessions.remove(&session);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const SESSION: SessionId = SessionId(Uuid::from_u128(1));
    const DRIVER: AccountId = AccountId(Uuid::from_u128(2));

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_session_is_known_for_a_moment_and_not_before_it_was_found() {
        let alive = AliveDrivers::default();
        alive.remember(alive.ask(), SESSION, DRIVER, at(10));
        for (now, known) in [(9, None), (10, Some(DRIVER)), (14, Some(DRIVER)), (15, None)] {
            assert_eq!(alive.account(SESSION, at(now)), known, "{now}");
        }
    }

    #[test]
    fn a_sign_out_ends_it_at_once_also_while_the_database_is_asked() {
        let alive = AliveDrivers::default();
        alive.remember(alive.ask(), SESSION, DRIVER, at(10));
        let asked = alive.ask();
        alive.forget(SESSION);
        assert_eq!(alive.account(SESSION, at(10)), None);
        alive.remember(asked, SESSION, DRIVER, at(10));
        assert_eq!(alive.account(SESSION, at(10)), None);
    }

    #[test]
    fn the_memory_is_bounded_and_makes_room_by_itself() {
        let alive = AliveDrivers::default();
        let session = |number: usize| SessionId(Uuid::from_u128(number as u128));
        for number in 0..=MOST {
            alive.remember(alive.ask(), session(number), DRIVER, at(10));
        }
        assert_eq!(alive.account(session(MOST), at(10)), None);
        alive.remember(alive.ask(), session(MOST), DRIVER, at(20));
        assert_eq!(alive.account(session(MOST), at(20)), Some(DRIVER));
        assert_eq!(alive.known().sessions.len(), 1);
    }
}

//! A clock that stands still until a test moves it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use domain::ports::Clock;

/// Tells the time it was given. Copies share one time, so a test can keep one and hand over the other.
#[derive(Debug, Clone)]
pub struct ManualClock {
    /// Microseconds since 1970.
    now: Arc<AtomicI64>,
}

impl ManualClock {
    /// Stands at `now`, cut to microseconds.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now: Arc::new(AtomicI64::new(now.timestamp_micros())) }
    }

    /// Stands at a time such as `2026-03-02T08:30:00+08:00`.
    pub fn at_text(rfc3339: &str) -> Self {
        let now = DateTime::parse_from_rfc3339(rfc3339).expect("a time as RFC 3339 writes it");
        Self::at(now.with_timezone(&Utc))
    }

    /// Moves forward and tells the new time.
    pub fn advance(&self, by: Duration) -> DateTime<Utc> {
        let by = i64::try_from(by.as_micros()).expect("a duration that fits the calendar");
        self.now.fetch_add(by, Ordering::SeqCst);
        self.now()
    }

    /// Moves to `now`, also backwards: clocks of real machines do that.
    pub fn set(&self, now: DateTime<Utc>) {
        self.now.store(now.timestamp_micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.now.load(Ordering::SeqCst)).expect("a time within the calendar")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_only_when_told_and_for_all_copies() {
        let clock = ManualClock::at_text("2026-03-02T08:30:00+08:00");
        let copy = clock.clone();
        let start = clock.now();
        assert_eq!(start.to_rfc3339(), "2026-03-02T00:30:00+00:00");
        assert_eq!(copy.now(), start);
        assert_eq!(clock.advance(Duration::from_secs(90)), start + chrono::TimeDelta::seconds(90));
        assert_eq!(copy.now(), clock.now());
        copy.set(start);
        assert_eq!(clock.now(), start);
    }
}

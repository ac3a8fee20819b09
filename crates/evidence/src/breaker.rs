//! The circuit breaker in front of a store that is elsewhere: while that store is dead, nobody waits for it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Failures in a row after which nobody is let through.
const FAILURES: u32 = 5;

/// How long nobody is let through; then one call tries whether the store is back.
const REST: Duration = Duration::from_secs(2);

/// Counts failures and decides who may call. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Breaker {
    state: Arc<Mutex<State>>,
}

enum State {
    /// Calls go through; so many of the last ones failed.
    Closed { failures: u32 },
    /// No call goes through until then.
    Open { until: Instant },
    /// One call tries; the others are refused until it tells.
    HalfOpen,
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// Leave to make one call. Whoever drops it without a word, because nobody waits for the call any more, has
/// learnt nothing: the next one may try.
pub(crate) struct Leave {
    breaker: Breaker,
    tries: bool,
    told: bool,
}

impl Breaker {
    /// Leave to call, or `None` while the store is known to be dead.
    pub(crate) fn admit(&self) -> Option<Leave> {
        let mut state = self.state();
        let tries = match *state {
            State::Closed { .. } => false,
            State::Open { until } if until <= Instant::now() => {
                *state = State::HalfOpen;
                true
            }
            State::Open { .. } | State::HalfOpen => return None,
        };
        Some(Leave { breaker: self.clone(), tries, told: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave {
    /// The store answered, be it with a refusal.
    pub(crate) fn answered(mut self) {
        self.told = true;
        *self.breaker.state() = State::default();
    }

    /// The store did not answer, or with a fault of its own.
    pub(crate) fn failed(mut self) {
        self.told = true;
        let mut state = self.breaker.state();
        let failures = match *state {
            State::Closed { failures } => failures + 1,
            State::HalfOpen if self.tries => FAILURES,
            // A call from before: it is known already.
            State::HalfOpen | State::Open { .. } => return,
        };
        *state = if failures >= FAILURES {
            State::Open { until: Instant::now() + REST }
        } else {
            State::Closed { failures }
        };
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if self.tries && !self.told {
            *self.breaker.state() = State::Open { until: Instant::now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    async fn dead() -> Breaker {
        let breaker = Breaker::default();
        for _ in 0..FAILURES {
            breaker.admit().unwrap().failed();
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_store_is_asked_by_one_call_after_each_rest_and_by_nobody_else() {
        let breaker = dead().await;
        assert!(breaker.admit().is_none());
        for _ in 0..3 {
            advance(REST).await;
            let first = breaker.admit().unwrap();
            assert!(breaker.admit().is_none(), "one at a time");
            first.failed();
            assert!(breaker.admit().is_none());
        }
        advance(REST).await;
        breaker.admit().unwrap().answered();
        let (one, two) = (breaker.admit(), breaker.admit());
        assert!(one.is_some() && two.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn failures_that_answers_come_between_open_nothing() {
        let breaker = Breaker::default();
        for _ in 0..FAILURES * 3 {
            for _ in 1..FAILURES {
                breaker.admit().unwrap().failed();
            }
            breaker.admit().unwrap().answered();
        }
        assert!(breaker.admit().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_nobody_waits_for_any_more_leaves_the_way_to_the_next() {
        let breaker = dead().await;
        advance(REST).await;
        drop(breaker.admit().unwrap());
        assert!(breaker.admit().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_failure_of_a_call_from_before_does_not_end_the_try() {
        let breaker = Breaker::default();
        let late = breaker.admit().unwrap();
        for _ in 0..FAILURES {
            breaker.admit().unwrap().failed();
        }
        advance(REST).await;
        let first = breaker.admit().unwrap();
        late.failed();
        assert!(breaker.admit().is_none(), "the try is still under way");
        first.answered();
        assert!(breaker.admit().is_some());
    }
}

//! The system's clock and random number generator behind the ports of `domain`.

use chrono::{DateTime, SubsecRound as _, Utc};
use domain::ports::{Clock, Randomness};

/// The machine's clock, in UTC, cut to microseconds: PostgreSQL keeps no more, and what is hashed must be what
/// is stored.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the system's time enters")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// The generator of the cryptographic library, seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    /// Ends the process when the system has no randomness: codes that can be guessed are worse than no service.
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            tracing::error!("the system gives no random bytes");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_has_no_more_than_microseconds() {
        assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1_000, 0);
    }

    #[test]
    fn random_bytes_fill_the_whole_buffer_and_never_repeat() {
        let (mut first, mut second) = ([0_u8; 32], [0_u8; 32]);
        SystemRandomness.fill(&mut first);
        SystemRandomness.fill(&mut second);
        assert_ne!(first, second);
        assert!(first.iter().any(|byte| *byte != 0));
    }
}

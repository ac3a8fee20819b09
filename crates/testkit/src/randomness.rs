//! Randomness that is the same in every run.

use std::sync::{Mutex, PoisonError};

use domain::ports::Randomness;
use rand::{Rng, SeedableRng, rngs::StdRng};

/// The same bytes for the same seed, in the order they are asked for.
#[derive(Debug)]
pub struct SeededRandomness {
    generator: Mutex<StdRng>,
}

impl SeededRandomness {
    /// Starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { generator: Mutex::new(StdRng::seed_from_u64(seed)) }
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        self.generator.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(randomness: &SeededRandomness) -> [u8; 16] {
        let mut bytes = [0; 16];
        randomness.fill(&mut bytes);
        bytes
    }

    #[test]
    fn a_seed_repeats_and_another_differs() {
        let (one, same, other) =
            (SeededRandomness::new(1), SeededRandomness::new(1), SeededRandomness::new(2));
        let first = draw(&one);
        assert_eq!(first, draw(&same));
        assert_ne!(first, draw(&other));
        assert_ne!(first, draw(&one));
    }
}

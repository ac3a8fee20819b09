//! For tests only: fresh databases on both dialects, a clock that obeys, repeatable randomness.
//!
//! Everything here fails by panicking with one clear line: a test that cannot run must never look passed.
#![allow(clippy::panic, clippy::expect_used)]

mod clock;
mod database;
mod postgres;
mod randomness;
mod sqlite;

pub use clock::ManualClock;
pub use database::TestDatabase;
pub use randomness::SeededRandomness;

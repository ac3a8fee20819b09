//! Court packs from outside: what holds, and that nothing can be changed unnoticed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]

mod changed;
mod draft;
mod hostile;
mod same_for_ever;
mod stamped;

//! The service from outside, over HTTP: one binary, one module per theme.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]

mod support;

mod people;
mod scenes;

mod calls;

mod claims;
mod commitments;
mod edge;
mod exif;
mod idempotency;
mod life;
mod links;
mod openapi;
mod photos;
mod polyglots;
mod process;
mod reading;
mod roles;
mod shots;
mod sign_in;
mod signals;
mod statements;
mod strangers;

mod accident;
mod own_postgres;
mod rig;

mod crash;
mod database_faults;
mod races;

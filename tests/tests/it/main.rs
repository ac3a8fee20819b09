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

mod behind_nginx;
mod claims;
mod commitments;
mod court_packs;
mod documents;
mod edge;
mod endings;
mod exif;
mod idempotency;
mod life;
mod links;
mod log;
mod mediation;
mod openapi;
mod parties;
mod photos;
mod polyglots;
mod process;
mod reading;
mod retention;
mod review;
mod roles;
mod ruling;
mod self_control;
mod serving;
mod shots;
mod sign_in;
mod signals;
mod signing;
mod statements;
mod strangers;
mod suggestions;
mod upload_faults;
mod upload_limits;
mod uploads;

mod accident;
mod object_server;
mod own_postgres;
mod rig;

mod crash;
mod database_faults;
mod disk_faults;
mod object_faults;
mod races;

//! Edges and wiring: the only crate that knows actix, settings and which adapters exist.
//!
//! This crate must not know: sea-orm, SQL, the rules of the domain. Modules stand from low to high.

pub mod clock;
pub mod edge;
pub mod idempotency;
pub mod keys;
mod log;
pub mod logging;
pub mod metrics;
pub mod preconditions;
pub mod problem;
pub mod request_id;
pub mod rules;
pub mod settings;

pub mod api;

mod comparing;
mod health;
mod landing;
mod worker;

pub mod startup;

mod ruling;
mod verifying;

pub mod commands;

//! Edges and wiring: the only crate that knows actix, settings and which adapters exist.
//!
//! This crate must not know: sea-orm, SQL, the rules of the domain. Modules stand from low to high.

pub mod clock;
pub mod request_id;
pub mod logging;
pub mod metrics;
pub mod settings;
pub mod keys;
pub mod problem;
pub mod idempotency;
pub mod preconditions;
pub mod edge;

pub mod api;

mod health;
mod worker;

pub mod startup;

pub mod commands;

//! The rules of remote handling of minor road accidents.
//!
//! This crate must not know: databases, HTTP, files, clocks, randomness, async runtimes. `now`, ids and
//! random bytes are arguments. Modules stand from low to high; each uses only those above it.

pub mod digest;
pub mod money;

pub mod identifiers;

pub mod deadlines;
pub mod geo;
pub mod role;
pub mod rulebook;

pub mod triage;

pub mod liability;

pub mod contradiction;
pub mod sketch;

pub mod compensation;
pub mod document;
pub mod evidence;
pub mod identity;
pub mod policy;
pub mod self_control;

pub mod calendar;
pub mod claim;
pub mod refusal;
pub mod rules;
pub mod wording;

pub mod event;

pub mod journal;
pub mod message;
pub mod ports;

pub mod dispatch;

pub mod case;

pub mod replay;

//! Stand-ins for the systems around Kuaichu: real HTTP servers on this machine that speak the documented
//! protocols of WeChat, insurers (open claim profile), a text-message gateway and a witness of the log, and misbehave
//! on command.
//!
//! For tests and the demo only. It shares no code with `adapters`, so that the two check each other.

mod clock;
mod signature;

pub mod fault;
pub mod ledger;

pub mod settings;

pub mod sms;
pub mod wechat;
pub mod witness;

mod callback;
mod state;

mod insurer;

mod control;

mod running;

pub mod city;

pub use running::{RunningSandbox, SandboxFailed};
pub use settings::SandboxSettings;

/// Starts sandboxes.
#[derive(Debug)]
pub struct Sandbox;

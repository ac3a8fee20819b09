//! Stand-ins for the systems around Kuaichu: real HTTP servers on this machine that speak the documented
//! protocols of WeChat, insurers (open claim profile) and a text-message gateway, and misbehave on command.
//!
//! For tests and the demo only. It shares no code with `adapters`, so that the two check each other.

mod clock;
mod signature;

mod callback;
pub mod city;
mod control;
pub mod fault;
mod insurer;
pub mod ledger;
mod running;
pub mod settings;
pub mod sms;
mod state;
pub mod wechat;

pub use running::{RunningSandbox, SandboxFailed};
pub use settings::SandboxSettings;

/// Starts sandboxes.
#[derive(Debug)]
pub struct Sandbox;

//! Others: insurers, WeChat, the text-message gateway, witnesses of the log and a timestamp authority, behind the
//! ports of `domain`.
//!
//! The only crate that speaks HTTP to the outside. It must not know: the web server, the database, the
//! settings file. Constructors take values; every adapter is a pure translation (`to_body`, `from_answer`)
//! plus one call through [`transport::Transport`].

pub mod transport;
pub mod webhook;

pub mod insurer_json;
pub mod sms;
pub mod timestamp;
pub mod wechat;
pub mod witness;

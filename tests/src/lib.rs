//! The service as its users meet it: started as a process, called over HTTP, checked from outside.
//!
//! Knows nothing of how the service is made. The demo and the tests of whole processes are built from this:
//!
//! - [`pictures`]: real JPEG photos of accidents that never happened
//! - [`client`] and its operations: the API, one method per operation
//! - [`tus`], [`proxy`]: uploads in parts, and a bad network to send them through
//! - [`one_time`]: the staff's one-time codes, each used once
//! - [`programs`], [`service`], [`town`]: the processes, and a whole city of them
//! - [`timeline`]: who did what, when, and how long it took
//! - [`play`]: the two accidents, from the roadside to acknowledged claims
//! - [`bench`]: how much it does; knows the tables, to hold the database alone against it

pub mod pictures;

mod operations;

pub mod client;
pub mod tus;

pub mod proxy;

pub mod one_time;

pub mod programs;
pub mod service;
pub mod signing;

pub mod endings;

pub mod trouble;

pub mod timeline;

pub mod town;

pub mod play;

pub mod bench;

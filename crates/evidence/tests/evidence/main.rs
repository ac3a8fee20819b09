//! The crate from outside: what the store promises, which photos are taken, and which are refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code outside of test functions")]

mod object_server;
mod places;

mod folder_store;
mod store_contract;

mod meddler;
mod s3_store;

mod alike_photos;
mod examination;
mod hostile_photos;
mod mutated_photos;
mod photo_intake;
mod samples;

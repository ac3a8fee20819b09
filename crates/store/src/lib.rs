//! The database: SQLite for one machine, PostgreSQL for a city, from the same code.
//!
//! This crate must not know: HTTP, actix, adapters, settings. Rows are private; what goes in and out are the
//! aggregates of `domain` and flat views for lists. A write is a [`Work`]: it is collected without touching
//! the database and committed whole, so nothing outside can ever be called inside a transaction.

mod chores;
mod connection;
mod deadlines;
mod error;
mod forgetting;
mod inserting;
mod log;
mod reading;
mod retention;
mod rows;
mod self_control;
mod signing;
mod store;
mod texts;
mod uploads;
mod work;
mod writing;

pub use chores::MissingEvidence;
pub use connection::{ConnectError, Location, migrate};
pub use error::StoreError;
pub use log::{CheckpointRow, LogBatch};
pub use reading::{
    Account, AccountProfile, Backlog, ClaimRow, DistrictRow, DocumentRow, DueMessage, Findings, InsurerRow,
    JournalPlace, LeafRow, PhotoLook, PointRow, QueueRow, ReviewRow, SessionRow, Span, WaitingPhoto,
    Whereabouts,
};
pub use retention::{ErasedEvidence, ReportedBefore};
pub use self_control::{Agreement, DecidedAgain, SecondLook};
pub use signing::{PhoneLimit, SigningCodeRow};
pub use store::Store;
pub use uploads::{FullRoom, UploadPurpose, UploadRoom, UploadRow};
pub use work::{FirstAnswer, Work};

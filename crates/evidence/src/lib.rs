//! The bytes of evidence: photos and documents come in as streams, are kept bit for bit under their SHA-256,
//! and photos get a viewing copy and a thumbnail without metadata.
//!
//! Two doors: [`ObjectStore`] keeps write-once objects (the embedded default is [`FolderStore`], for a city
//! there is [`S3Store`]), and [`PhotoIntake`] decides what is accepted as a photo. Nothing here knows cases,
//! people or our API.

mod breaker;
mod container;
mod folder;
mod intake;
mod key;
pub mod log;
mod picture;
mod refusal;
mod s3;
mod spool;
mod staging;
mod store;

pub use container::{MediaType, UnknownMediaType};
pub use folder::FolderStore;
pub use intake::{IntakeLimits, PhotoIntake, Received};
pub use key::{ObjectKey, ObjectKind};
pub use picture::{THUMBNAIL_SIDE, VIEW_SIDE};
pub use refusal::IntakeError;
pub use s3::{S3Place, S3Store};
pub use staging::{Staged, Staging};
pub use store::{ByteStream, Fixity, KeyStream, ObjectStore, OpenObject, StoreError};

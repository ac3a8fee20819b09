//! The bytes of evidence: photos and documents come in as streams, are kept bit for bit under their SHA-256,
//! and photos get a viewing copy and a thumbnail without metadata.
//!
//! Two doors: [`ObjectStore`] keeps write-once objects (the embedded default is [`FolderStore`]), and
//! [`PhotoIntake`] decides what is accepted as a photo. Nothing here knows cases, people or HTTP.

mod container;
mod folder;
mod intake;
mod key;
mod picture;
mod refusal;
mod staging;
mod store;

pub use container::{MediaType, UnknownMediaType};
pub use folder::FolderStore;
pub use intake::{IntakeLimits, PhotoIntake, Received};
pub use key::{ObjectKey, ObjectKind};
pub use picture::{THUMBNAIL_SIDE, VIEW_SIDE};
pub use refusal::IntakeError;
pub use staging::{Staged, Staging};
pub use store::{ByteStream, Fixity, KeyStream, ObjectStore, OpenObject, StoreError};

//! The bytes of evidence: photos and documents come in as streams, are kept bit for bit under their SHA-256,
//! and photos get a viewing copy and a thumbnail without metadata.
//!
//! Two doors: [`ObjectStore`] keeps write-once objects (the embedded default is [`FolderStore`], for a city
//! there is [`S3Store`]), and [`PhotoIntake`] decides what is accepted as a photo. Nothing here knows cases,
//! people or our API.

mod aside;
mod breaker;
mod container;
mod converter;
mod drawing;
mod examining;
mod exif;
mod folder;
mod intake;
mod key;
mod limits;
pub mod log;
mod looks;
pub mod pack;
mod picture;
#[cfg(feature = "turbojpeg")]
mod planes;
mod recording;
mod refusal;
mod resumable;
mod s3;
mod similar;
mod spool;
mod staging;
mod store;
mod traces;
mod workers;

pub use aside::{Aside, NotAside};
pub use container::{MediaType, UnknownMediaType};
pub use converter::HeicConverter;
pub use drawing::{DrawingRefused, HIGHEST_DRAWING, MOST_DRAWING_BYTES, WIDEST_DRAWING, check_drawing};
pub use folder::FolderStore;
pub use intake::{PhotoIntake, Received};
pub use key::{ObjectKey, ObjectKind};
pub use limits::IntakeLimits;
pub use picture::{THUMBNAIL_SIDE, VIEW_SIDE};
pub use recording::{ReceivedRecording, RecordingError, RecordingType, receive_recording};
pub use refusal::IntakeError;
pub use resumable::{ChecksumAlgorithm, SpoolError, SpoolWriter, TakeOver, UploadSpool};
pub use s3::{S3Place, S3Store};
pub use similar::{Alike, SimilarPhotos};
pub use staging::{Staged, Staging};
pub use store::{AsideStream, ByteStream, Fixity, KeyStream, ObjectStore, OpenObject, StoreError};

//! What must be recorded of an accident, what was recorded, and what it looks like: slots, photos, recordings,
//! commitments, and what an examination of the bytes found.

mod commitment;
mod examination;
mod photo;
mod recording;
mod shots;
mod signals;
mod slot;

pub use commitment::{Capture, CaptureSource, Commitment, Fulfilment, Media};
pub use examination::{
    Examination, ExifFacts, Hint, PerceptualHash, Quality, Readability, Trace, Unreadable,
};
pub use photo::{Photo, missing};
pub use recording::{Recording, RecordingKind};
pub use shots::{Guide, Per, Shot, ShotList, ShotRules};
pub use signals::{
    Accident, DeviceClaim, Elsewhere, OtherCase, OtherUse, PlaceClaim, PlaceSource, SIMILAR_BITS, Signal,
    Signals, Sources, TimeClaim, TimeSource, Weight, signals,
};
pub use slot::Slot;

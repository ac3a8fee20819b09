//! Signals: what an officer should look at again in a photo, with the numbers it rests on. A signal is never a
//! verdict: it refuses nobody, drivers never see one, and each has an honest explanation too.

mod finding;
mod sources;
mod words;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub use finding::{SIMILAR_BITS, signals};
pub use sources::{DeviceClaim, PlaceClaim, PlaceSource, Sources, TimeClaim, TimeSource};

use super::{Commitment, Hint, Photo, Slot, Unreadable};
use crate::{
    geo::Position,
    identifiers::{CaseNumber, PhotoId},
    role::PartyRole,
};

/// What is known of the accident that a photo should show.
#[derive(Debug, Clone, Copy)]
pub struct Accident<'a> {
    /// When it happened, as reported.
    pub occurred_at: DateTime<Utc>,
    /// When it was reported.
    pub reported_at: DateTime<Utc>,
    /// Where, as reported.
    pub position: &'a Position,
    /// All photos of the case.
    pub photos: &'a [Photo],
    /// What was fixed by its hash.
    pub commitments: &'a [Commitment],
}

/// Another case, as far as this officer may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherCase {
    /// A case of one of the officer's districts.
    Number(CaseNumber),
    /// A case of another district: no more than that there is one.
    AnotherDistrict,
}

/// What was found in other cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Cases with the same bytes.
    pub same: Vec<OtherCase>,
    /// Cases with a similar picture, and in how many bits it differs.
    pub similar: Vec<(OtherCase, u32)>,
}

/// Another use of the same bytes in this case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OtherUse {
    /// The other photo.
    pub photo: PhotoId,
    /// What it is said to show.
    pub slot: Slot,
    /// Whose it is.
    pub party: Option<PartyRole>,
}

/// How much a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Look again, ask, compare.
    Look,
    /// Good to know.
    Note,
}

/// One signal with its facts. Seconds, metres and bits are differences.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are what their types and names say")]
pub enum Signal {
    /// Taken before the accident, by this source.
    TakenBeforeAccident { source: TimeSource, seconds: i64, before_report_seconds: i64 },
    /// A scene photo taken long after the accident.
    TakenLongAfter { source: TimeSource, seconds: i64 },
    /// Taken after the service had it: a clock is wrong, or the time was written by hand.
    TakenAfterReceipt { source: TimeSource, seconds: i64 },
    /// The page and the camera name different times.
    ClocksDiffer { seconds: i64 },
    /// Taken far from the accident.
    FarFromAccident { source: PlaceSource, metres: i64, accuracy_metres: Option<i64> },
    /// The page and the camera name different places.
    PlacesDiffer { metres: i64 },
    /// The device that sent it and the camera that took it have different names.
    OtherDevice { claimed: String, camera: String },
    /// The photos of one party come from several cameras.
    SeveralCameras { cameras: Vec<String> },
    /// A scene photo came from the album, not from the camera.
    FromAlbum {},
    /// Other bytes than those that were committed.
    NotCommitted {},
    /// The same bytes stand elsewhere in this case.
    UsedTwice { uses: Vec<OtherUse> },
    /// The same bytes are in another case.
    SameElsewhere { cases: Vec<OtherCase> },
    /// A similar picture is in another case.
    SimilarElsewhere { case: OtherCase, bits: u32 },
    /// A screenshot, by this trace.
    Screenshot { by: String },
    /// Written by a program for changing pictures.
    Edited { by: String },
    /// No camera named itself.
    NoCamera {},
    /// Bytes follow the picture: a moving photo, or another file behind it.
    TrailingBytes { bytes: i64 },
    /// It cannot be shown.
    CannotBeShown { why: Unreadable },
    /// Hard to judge by.
    PoorQuality { hint: Hint, sharpness: i32, brightness: i32 },
    /// Nobody has looked into its bytes yet.
    NotExamined {},
}

/// The three sources beside each other, and what stands out.
#[derive(Debug, Clone, PartialEq)]
pub struct Signals {
    /// Who says what of time, place and device.
    pub sources: Sources,
    /// What stands out, the most telling first.
    pub signals: Vec<Signal>,
}

#[cfg(test)]
mod tests;

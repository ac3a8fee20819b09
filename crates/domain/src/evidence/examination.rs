//! What an examination of a photo's bytes found. These are observations: none of them refuses a driver.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::geo::Coordinates;

/// A 64-bit perceptual hash: pictures that look alike differ in few bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PerceptualHash(pub u64);

/// A perceptual hash that is not 16 hexadecimal characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a perceptual hash is 16 hexadecimal characters")]
pub struct NotAPerceptualHash;

impl PerceptualHash {
    /// In how many of the 64 bits two pictures differ.
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

impl From<PerceptualHash> for String {
    fn from(hash: PerceptualHash) -> Self {
        format!("{:016x}", hash.0)
    }
}

impl TryFrom<String> for PerceptualHash {
    type Error = NotAPerceptualHash;

    fn try_from(text: String) -> Result<Self, NotAPerceptualHash> {
        let proper = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let parsed = proper.then(|| u64::from_str_radix(&text, 16).ok()).flatten();
        parsed.map(Self).ok_or(NotAPerceptualHash)
    }
}

/// Why a photo cannot be shown, although its bytes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    /// The picture data are damaged.
    Damaged,
    /// The decoder for this format is not installed here, or did not come to an end.
    NoDecoder,
}

/// Whether the picture can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "why")]
pub enum Readability {
    /// It has a viewing copy and a thumbnail.
    Readable,
    /// It has none.
    Unreadable(Unreadable),
}

/// What the file itself says of its making (EXIF). Anybody can write anything there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExifFacts {
    /// Whether there was any EXIF at all.
    pub present: bool,
    /// When it was taken, if the file names a time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<DateTime<Utc>>,
    /// When it was taken by the camera's clock, if the file names no zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at_local: Option<NaiveDateTime>,
    /// Where, in WGS-84.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Coordinates>,
    /// Maker of the camera; at most 64 characters, as are the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// Model of the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Program that wrote the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
}

/// How sharp and how well lit a photo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Variance of the Laplacian of the viewing copy's luma at 640 pixels; under about 60 it is blurred.
    pub sharpness: i32,
    /// Mean luma, 0 (black) to 255 (white).
    pub brightness: i32,
    /// Per mille of pixels that are nearly black.
    pub dark: i32,
    /// Per mille of pixels that are nearly white.
    pub bright: i32,
}

/// What a driver can do about a photo, said at once, while he still stands at the scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// Too dark: use the flash.
    TooDark,
    /// Too bright: turn away from the light.
    TooBright,
    /// Blurred: hold still, touch the screen to focus.
    Blurred,
    /// It cannot be shown: take it again.
    Unreadable,
}

/// A trace of how the file came to be, with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Trace {
    /// It looks like a screenshot: said so by the file, or of a screen's exact shape without a camera.
    Screenshot {
        /// Which trace, in a few words such as `user comment` or `screen size`.
        by: String,
    },
    /// A program for changing pictures wrote it.
    Edited {
        /// Which, as the file names it; at most 64 characters.
        by: String,
    },
    /// No camera named itself.
    NoCamera,
    /// Bytes follow the end of the picture.
    TrailingBytes {
        /// How many.
        bytes: i64,
    },
}

/// What was found in the bytes of one photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Examination {
    /// Whether it can be shown.
    pub readability: Readability,
    /// What the file says of itself.
    #[serde(default)]
    pub exif: ExifFacts,
    /// How it looks, for finding alike ones; absent when it cannot be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perceptual: Option<PerceptualHash>,
    /// How good it is; absent when it cannot be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// Traces of its making.
    #[serde(default)]
    pub traces: Vec<Trace>,
}

/// Mean luma under which a photo is too dark to judge.
const DARK: i32 = 45;
/// Per mille of black pixels from which it is too dark although something shines.
const MOSTLY_DARK: i32 = 800;
/// Mean luma above which it is washed out.
const BRIGHT: i32 = 225;
/// Sharpness under which nothing can be read.
const BLURRED: i32 = 60;

impl Quality {
    /// What the driver should be told; nothing when the photo is good. Too dark comes before blurred: a dark
    /// photo has no edges.
    pub fn hint(&self) -> Option<Hint> {
        if self.brightness < DARK || self.dark >= MOSTLY_DARK {
            Some(Hint::TooDark)
        } else if self.brightness > BRIGHT {
            Some(Hint::TooBright)
        } else if self.sharpness < BLURRED {
            Some(Hint::Blurred)
        } else {
            None
        }
    }
}

impl Examination {
    /// Whether the photo can be shown.
    pub fn is_readable(&self) -> bool {
        self.readability == Readability::Readable
    }

    /// What the driver should be told.
    pub fn hint(&self) -> Option<Hint> {
        if self.is_readable() {
            self.quality.and_then(|quality| quality.hint())
        } else {
            Some(Hint::Unreadable)
        }
    }
}

impl Hint {
    /// The sentence for people, Chinese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::TooDark => ("太暗：请打开闪光灯重拍", "Too dark: use the flash and take it again"),
            Self::TooBright => {
                ("太亮：请避开强光重拍", "Too bright: turn away from the light and take it again")
            }
            Self::Blurred => (
                "模糊：请拿稳手机，点按屏幕对焦后重拍",
                "Blurred: hold still, touch to focus and take it again",
            ),
            Self::Unreadable => ("照片无法显示：请重拍", "The photo cannot be shown: take it again"),
        }
    }
}

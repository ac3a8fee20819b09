//! What a file is, by its content: magic bytes, and an outline (size, orientation, memory, completeness from start
//! to end) that is read without decoding. Decoders forgive a missing end and fill with grey; evidence must not.

mod heic;
mod jpeg;
mod png;
mod webp;

use std::{fmt, ops::Range, str::FromStr};

use image::metadata::Orientation;

use crate::refusal::IntakeError;

/// A photo format that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/webp`
    Webp,
    /// `image/heic`, what iPhones write
    Heic,
}

impl MediaType {
    /// The name for HTTP's `Content-Type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Heic => "image/heic",
        }
    }

    /// The usual ending of a file name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Heic => "heic",
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A media type under which no photo is accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not the media type of an accepted photo")]
pub struct UnknownMediaType;

impl FromStr for MediaType {
    type Err = UnknownMediaType;

    fn from_str(text: &str) -> Result<Self, UnknownMediaType> {
        let known = [Self::Jpeg, Self::Png, Self::Webp, Self::Heic];
        known.into_iter().find(|known| known.as_str() == text).ok_or(UnknownMediaType)
    }
}

/// Tells the format by its magic bytes.
pub(crate) fn recognise(bytes: &[u8]) -> Result<MediaType, IntakeError> {
    let found = match bytes {
        [0xff, 0xd8, 0xff, ..] => return Ok(MediaType::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => return Ok(MediaType::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => return Ok(MediaType::Webp),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => match iso_media(bytes) {
            Ok(()) => return Ok(MediaType::Heic),
            Err(other) => other,
        },
        [b'G', b'I', b'F', b'8', ..] => "GIF",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "TIFF",
        [b'B', b'M', ..] => "BMP",
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => "JPEG XL",
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => "JPEG 2000",
        [b'%', b'P', b'D', b'F', b'-', ..] => "PDF",
        _ => return Err(IntakeError::NotAnImage),
    };
    Err(IntakeError::UnsupportedFormat { found })
}

/// Brands of single pictures coded in HEVC (ISO/IEC 23008-12, B.4).
const HEIC_BRANDS: [&[u8]; 4] = [b"heic", b"heix", b"heim", b"heis"];

/// Tells HEIC from its relatives by the brands of the first box; otherwise what it is.
fn iso_media(bytes: &[u8]) -> Result<(), &'static str> {
    let length = bytes.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length));
    // The major brand, four bytes of version, then the compatible brands; nobody writes more than a few dozen.
    let end = usize::try_from(length).unwrap_or(0).clamp(12, 256).min(bytes.len());
    let brands = bytes.get(8..end).unwrap_or_default();
    let has = |brand: &[u8]| brands.chunks_exact(4).any(|known| known == brand);
    let major = brands.get(..4).unwrap_or_default();
    match major {
        b"avif" | b"avis" => Err("AVIF"),
        b"hevc" | b"hevx" | b"msf1" => Err("a moving HEIF picture"),
        _ if HEIC_BRANDS.into_iter().any(has) => Ok(()),
        _ if has(b"avif") => Err("AVIF"),
        b"mif1" | b"mif2" | b"miaf" => Err("this variant of HEIF"),
        _ => Err("a video"),
    }
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Size {
    pub(crate) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// What can be known of a photo without decoding it.
#[derive(Debug)]
pub(crate) struct Outline {
    /// As stored, before [`Self::orientation`] is applied.
    pub(crate) size: Size,
    /// How it must be turned to be seen as it was taken.
    pub(crate) orientation: Orientation,
    /// Bytes that decoding and shrinking take at once, in this process.
    pub(crate) memory: u64,
    /// Where the EXIF data stand, from their TIFF header on.
    pub(crate) exif: Option<Range<usize>>,
    /// Where other texts stand that programs leave about themselves.
    pub(crate) notes: Vec<Range<usize>>,
    /// Where the picture ends. Phones append their own behind it, and the original is kept as it came.
    pub(crate) end: usize,
}

impl Outline {
    /// The size as the photo is shown.
    pub(crate) fn shown(&self) -> Size {
        let Size { width, height } = self.size;
        match self.orientation {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => Size { width: height, height: width },
            _ => self.size,
        }
    }
}

/// Reads the outline and walks the container to its end mark, without decoding.
pub(crate) fn outline(media_type: MediaType, bytes: &[u8]) -> Result<Outline, IntakeError> {
    match media_type {
        MediaType::Jpeg => jpeg::outline(bytes),
        MediaType::Png => png::outline(bytes),
        MediaType::Webp => webp::outline(bytes),
        MediaType::Heic => heic::outline(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsupported(bytes: &[u8]) -> &'static str {
        match recognise(bytes) {
            Err(IntakeError::UnsupportedFormat { found }) => found,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn known_formats_that_are_not_accepted_are_named() {
        assert_eq!(unsupported(b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf"), "this variant of HEIF");
        assert_eq!(unsupported(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif"), "AVIF");
        assert_eq!(unsupported(b"\0\0\0\x18ftypavif\0\0\0\0mif1heic"), "AVIF");
        assert_eq!(unsupported(b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc"), "a moving HEIF picture");
        assert_eq!(unsupported(b"\0\0\0\x18ftypisom\0\0\0\0isommp42"), "a video");
        assert_eq!(unsupported(b"\0\0\0\x08ftyp"), "a video");
        assert_eq!(unsupported(b"GIF89a"), "GIF");
        assert_eq!(unsupported(b"%PDF-1.7"), "PDF");
    }

    #[test]
    fn heic_is_told_by_its_major_or_a_compatible_brand() {
        for bytes in [&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], b"\0\0\0\x18ftypmif1\0\0\0\0mif1heix"] {
            assert_eq!(recognise(bytes).unwrap(), MediaType::Heic);
        }
    }

    #[test]
    fn media_types_are_read_back_from_their_names() {
        for known in [MediaType::Jpeg, MediaType::Png, MediaType::Webp, MediaType::Heic] {
            assert_eq!(known.as_str().parse(), Ok(known));
        }
        assert_eq!("image/svg+xml".parse::<MediaType>(), Err(UnknownMediaType));
    }
}

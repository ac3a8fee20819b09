//! What a file is, by its content: magic bytes, and whether the file is complete from start to end. Decoders
//! forgive a missing end and fill with grey; evidence must not.

use std::{fmt, str::FromStr};

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
}

impl MediaType {
    /// The name for HTTP's `Content-Type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// The usual ending of a file name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
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
        let known = [Self::Jpeg, Self::Png, Self::Webp];
        known.into_iter().find(|known| known.as_str() == text).ok_or(UnknownMediaType)
    }
}

/// Tells the format by its magic bytes.
pub(crate) fn recognise(bytes: &[u8]) -> Result<MediaType, IntakeError> {
    let found = match bytes {
        [0xff, 0xd8, 0xff, ..] => return Ok(MediaType::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => return Ok(MediaType::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => return Ok(MediaType::Webp),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => iso_media(brand),
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

fn iso_media(brand: &[u8]) -> &'static str {
    match brand {
        [b'a', b'v', b'i', ..] => "AVIF",
        [b'h', b'e', b'i' | b'v', ..] | [b'm', b'i', b'f' | b'a', ..] | [b'm', b's', b'f', b'1', ..] => {
            "HEIC"
        }
        _ => "a video",
    }
}

/// How much a decoder must hold beside the pixels it hands out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    /// Bytes a pixel of the decoder's own working memory.
    pub(crate) working_bytes_per_pixel: u64,
}

/// Walks the container to its end mark, without decoding. Bytes behind the end mark are let be: phones append
/// their own, and the original is kept as it came.
pub(crate) fn check_complete(media_type: MediaType, bytes: &[u8]) -> Result<Outline, IntakeError> {
    match media_type {
        MediaType::Jpeg => jpeg_outline(bytes),
        MediaType::Png => walk_png(bytes).map(|()| Outline { working_bytes_per_pixel: 0 }),
        // Lossless pictures without alpha are decoded to RGBA first, lossy ones to YUV planes.
        MediaType::Webp => walk_webp(bytes).map(|()| Outline { working_bytes_per_pixel: 4 }),
    }
}

/// Progressive pictures of cameras have about ten scans; thousands are an attack on the decoder's time.
const MOST_SCANS: u32 = 100;

const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

fn jpeg_outline(bytes: &[u8]) -> Result<Outline, IntakeError> {
    let mut rest = bytes.get(2..).ok_or(IntakeError::Truncated)?;
    let (mut scans, mut components, mut progressive) = (0_u32, 0_u64, false);
    loop {
        let (marker, after) = next_marker(rest).ok_or(IntakeError::Truncated)?;
        if marker == END_OF_IMAGE {
            break;
        }
        let (segment, behind) = segment(after)?;
        match marker {
            START_OF_SCAN => scans = scans.saturating_add(1),
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                components = segment.get(5).copied().unwrap_or_default().into();
                progressive |= matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce);
            }
            _ => {}
        }
        if scans > MOST_SCANS {
            return Err(IntakeError::Undecodable(None));
        }
        rest = behind;
    }
    if scans == 0 || components == 0 {
        return Err(IntakeError::Undecodable(None));
    }
    // Pictures in several scans are gathered as 16-bit coefficients before the first pixel.
    let gathers = progressive || scans > 1;
    Ok(Outline { working_bytes_per_pixel: if gathers { components.saturating_mul(2) } else { 0 } })
}

/// The next marker that is not part of coded data (stuffed zero, fill byte, restart), and what follows it.
fn next_marker(mut rest: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let at = rest.iter().position(|byte| *byte == 0xff)?;
        rest = rest.get(at..)?;
        match rest {
            [_, 0xff, ..] => rest = rest.get(1..)?,
            [_, 0x00 | 0x01 | 0xd0..=0xd8, ..] => rest = rest.get(2..)?,
            [_, marker, after @ ..] => return Some((*marker, after)),
            _ => return None,
        }
    }
}

/// A marker's segment (without its length) and what follows it.
fn segment(after: &[u8]) -> Result<(&[u8], &[u8]), IntakeError> {
    let [high, low, body @ ..] = after else {
        return Err(IntakeError::Truncated);
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let length = length.checked_sub(2).ok_or(IntakeError::Undecodable(None))?;
    body.split_at_checked(length).ok_or(IntakeError::Truncated)
}

fn walk_png(bytes: &[u8]) -> Result<(), IntakeError> {
    let mut rest = bytes.get(8..).ok_or(IntakeError::Truncated)?;
    loop {
        let [a, b, c, d, kind @ ..] = rest else {
            return Err(IntakeError::Truncated);
        };
        let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
        // Four bytes of kind before the data, four of checksum after it.
        let chunk = length.checked_add(8).ok_or(IntakeError::Undecodable(None))?;
        let (_, behind) = kind.split_at_checked(chunk).ok_or(IntakeError::Truncated)?;
        if kind.starts_with(b"IEND") {
            return Ok(());
        }
        rest = behind;
    }
}

fn walk_webp(bytes: &[u8]) -> Result<(), IntakeError> {
    let [_, _, _, _, a, b, c, d, body @ ..] = bytes else {
        return Err(IntakeError::Truncated);
    };
    let length = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
    if body.len() < length { Err(IntakeError::Truncated) } else { Ok(()) }
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
        assert_eq!(unsupported(b"\0\0\0\x18ftypheic\0\0\0\0"), "HEIC");
        assert_eq!(unsupported(b"\0\0\0\x18ftypmif1\0\0\0\0"), "HEIC");
        assert_eq!(unsupported(b"\0\0\0\x18ftypavif\0\0\0\0"), "AVIF");
        assert_eq!(unsupported(b"\0\0\0\x18ftypisom\0\0\0\0"), "a video");
        assert_eq!(unsupported(b"GIF89a"), "GIF");
        assert_eq!(unsupported(b"%PDF-1.7"), "PDF");
    }

    #[test]
    fn media_types_are_read_back_from_their_names() {
        for known in [MediaType::Jpeg, MediaType::Png, MediaType::Webp] {
            assert_eq!(known.as_str().parse(), Ok(known));
        }
        assert_eq!("image/svg+xml".parse::<MediaType>(), Err(UnknownMediaType));
    }

    #[test]
    fn a_jpeg_of_thousands_of_scans_is_refused_without_decoding() {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xc2, 0, 8, 8, 0, 8, 0, 8, 3];
        bytes.extend([0xff, START_OF_SCAN, 0, 2].repeat(5_000));
        bytes.extend([0xff, END_OF_IMAGE]);
        assert!(matches!(jpeg_outline(&bytes), Err(IntakeError::Undecodable(None))));
    }

    #[test]
    fn a_progressive_jpeg_is_reckoned_with_its_coefficients() {
        let bytes = [
            0xff,
            0xd8,
            0xff,
            0xc2,
            0,
            8,
            8,
            0,
            8,
            0,
            8,
            3,
            0xff,
            START_OF_SCAN,
            0,
            2,
            1,
            0xff,
            0,
            0xff,
            0xd9,
        ];
        assert_eq!(jpeg_outline(&bytes).unwrap(), Outline { working_bytes_per_pixel: 6 });
    }
}

//! JPEG: its segments from the start of the image to the end mark.

use image::metadata::Orientation;

use super::{Outline, Size};
use crate::{refusal::IntakeError, traces::MOST_NOTES};

/// Progressive pictures of cameras have about ten scans; thousands are an attack on the decoder's time.
const MOST_SCANS: u32 = 100;

/// Pixels in all scans together: each scan visits all of them, however little data it has.
const MOST_SCANNED_PIXELS: u64 = 1_000_000_000;

const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;
const APP_1: u8 = 0xe1;
const APP_13: u8 = 0xed;
const COMMENT: u8 = 0xfe;
const EXIF: &[u8] = b"Exif\0\0";

/// What the frame header says.
struct Frame {
    size: Size,
    components: u64,
    progressive: bool,
}

/// Walks all segments and scans without decoding anything.
pub(super) fn outline(bytes: &[u8]) -> Result<Outline, IntakeError> {
    let mut rest = bytes.get(2..).ok_or(IntakeError::Truncated)?;
    let (mut scans, mut frames, mut frame) = (0_u32, 0_u32, None);
    let (mut exif, mut notes) = (None, Vec::new());
    loop {
        let (marker, after) = next_marker(rest).ok_or(IntakeError::Truncated)?;
        if marker == END_OF_IMAGE {
            rest = after;
            break;
        }
        let (segment, behind) = segment(after)?;
        let start = bytes.len().saturating_sub(behind.len()).saturating_sub(segment.len());
        let whole = start..start.saturating_add(segment.len());
        match marker {
            START_OF_SCAN => scans = scans.saturating_add(1),
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                frames = frames.saturating_add(1);
                frame = Some(read_frame(marker, segment)?);
            }
            APP_1 if segment.starts_with(EXIF) => {
                exif = exif.or(Some(whole.start.saturating_add(EXIF.len())..whole.end));
            }
            APP_1 | APP_13 | COMMENT if notes.len() < MOST_NOTES => notes.push(whole),
            _ => {}
        }
        // A second frame header could announce another size than the one that is checked.
        if scans > MOST_SCANS || frames > 1 {
            return Err(IntakeError::Undecodable);
        }
        rest = behind;
    }
    let frame = frame.filter(|_| scans > 0).ok_or(IntakeError::Undecodable)?;
    let size = frame.size;
    // One scan of too many pixels is told by its size.
    if scans > 1 && size.pixels().saturating_mul(scans.into()) > MOST_SCANNED_PIXELS {
        return Err(IntakeError::Undecodable);
    }
    // Pictures in several scans are gathered as 16-bit coefficients before the first pixel.
    let gathered = if frame.progressive || scans > 1 { frame.components.saturating_mul(2) } else { 0 };
    let colours = if frame.components == 1 { 1 } else { 3 };
    let tiff = exif.clone().and_then(|range| bytes.get(range)).unwrap_or_default();
    Ok(Outline {
        size,
        orientation: Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms),
        memory: size.pixels().saturating_mul(gathered.saturating_add(colours)),
        exif,
        notes,
        end: bytes.len().saturating_sub(rest.len()),
    })
}

/// Baseline, extended and progressive Huffman pictures of 8 bits; what else exists no camera writes.
fn read_frame(marker: u8, segment: &[u8]) -> Result<Frame, IntakeError> {
    let [precision, a, b, c, d, components, ..] = segment else {
        return Err(IntakeError::Undecodable);
    };
    if !matches!(marker, 0xc0..=0xc2) || *precision != 8 || !matches!(components, 1 | 3 | 4) {
        return Err(IntakeError::UnsupportedFormat { found: "this variant of JPEG" });
    }
    let side = |high: &u8, low: &u8| u32::from(u16::from_be_bytes([*high, *low]));
    let size = Size { width: side(c, d), height: side(a, b) };
    Ok(Frame { size, components: u64::from(*components), progressive: marker == 0xc2 })
}

/// The next marker that is not part of coded data (stuffed zero, fill byte, restart), and what follows it.
fn next_marker(mut rest: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let at = memchr::memchr(0xff, rest)?;
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
    let length = length.checked_sub(2).ok_or(IntakeError::Undecodable)?;
    body.split_at_checked(length).ok_or(IntakeError::Truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRESSIVE: [u8; 12] = [0xff, 0xd8, 0xff, 0xc2, 0, 8, 8, 0, 8, 0, 8, 3];

    #[test]
    fn thousands_of_scans_are_refused_without_decoding() {
        let mut bytes = PROGRESSIVE.to_vec();
        bytes.extend([0xff, START_OF_SCAN, 0, 2].repeat(5_000));
        bytes.extend([0xff, END_OF_IMAGE]);
        assert!(matches!(outline(&bytes), Err(IntakeError::Undecodable)));
    }

    #[test]
    fn scans_of_a_large_picture_count_for_more() {
        let picture = |height: u16, scans: usize| {
            let [high, low] = height.to_be_bytes();
            let mut bytes = vec![0xff, 0xd8, 0xff, 0xc2, 0, 8, 8, high, low, 0x1f, 0x40, 3];
            bytes.extend([0xff, START_OF_SCAN, 0, 2].repeat(scans));
            bytes.extend([0xff, END_OF_IMAGE]);
            bytes
        };
        assert!(outline(&picture(6_000, 20)).is_ok());
        assert!(matches!(outline(&picture(6_000, 21)), Err(IntakeError::Undecodable)));
        assert!(outline(&picture(1_000, 100)).is_ok());
    }

    #[test]
    fn a_progressive_picture_is_reckoned_with_its_coefficients() {
        let mut bytes = PROGRESSIVE.to_vec();
        bytes.extend([0xff, START_OF_SCAN, 0, 2, 1, 0xff, 0, 0xff, END_OF_IMAGE, 7, 7]);
        let outline = outline(&bytes).unwrap();
        assert_eq!((outline.size, outline.memory), (Size { width: 8, height: 8 }, 8 * 8 * 9));
        assert_eq!(outline.end, bytes.len() - 2);
    }

    #[test]
    fn a_second_frame_header_cannot_announce_another_size() {
        let mut bytes = PROGRESSIVE.to_vec();
        bytes.extend([0xff, 0xc2, 0, 8, 8, 0xff, 0xff, 0xff, 0xff, 3]);
        bytes.extend([0xff, START_OF_SCAN, 0, 2, 1, 0xff, END_OF_IMAGE]);
        assert!(matches!(outline(&bytes), Err(IntakeError::Undecodable)));
    }

    #[test]
    fn lossless_and_deep_pictures_are_named_as_variants() {
        for (marker, precision) in [(0xc3, 8), (0xc9, 8), (0xc1, 12)] {
            let bytes = [0xff, 0xd8, 0xff, marker, 0, 8, precision, 0, 8, 0, 8, 3, 0xff, END_OF_IMAGE];
            assert!(matches!(outline(&bytes), Err(IntakeError::UnsupportedFormat { .. })));
        }
    }
}

//! WebP: its chunks, and the size that the picture inside announces.

use image::metadata::Orientation;

use super::{Outline, Size};
use crate::refusal::IntakeError;

/// Metadata of cameras is a few kilobytes; what is larger is let be.
const LARGEST_NOTE: usize = 256 << 10;

const HAS_ALPHA: u8 = 0x10;
const MOVES: u8 = 0x02;

/// Walks all chunks without decoding anything.
pub(super) fn outline(bytes: &[u8]) -> Result<Outline, IntakeError> {
    let length: [u8; 4] =
        bytes.get(4..8).and_then(|length| length.try_into().ok()).ok_or(IntakeError::Truncated)?;
    let end = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX).saturating_add(8);
    let mut rest = bytes.get(12..end).ok_or(IntakeError::Truncated)?;
    let (mut canvas, mut picture, mut alpha) = (None, None, false);
    let (mut exif, mut notes) = (None, Vec::new());
    while !rest.is_empty() {
        let start = end.saturating_sub(rest.len()).saturating_add(8);
        let (kind, data, behind) = chunk(rest).ok_or(IntakeError::Truncated)?;
        let whole = start..start.saturating_add(data.len());
        rest = behind;
        match kind {
            b"VP8X" => {
                let (size, flags) = extended(data).ok_or(IntakeError::Undecodable)?;
                if flags & MOVES != 0 {
                    return Err(animated());
                }
                alpha |= flags & HAS_ALPHA != 0;
                canvas = canvas.or(Some(size));
            }
            b"ANIM" | b"ANMF" => return Err(animated()),
            b"VP8 " | b"VP8L" => {
                let found = if kind == b"VP8 " { lossy(data) } else { lossless(data) };
                let (size, has_alpha) = found.ok_or(IntakeError::Undecodable)?;
                alpha |= has_alpha;
                if picture.replace(size).is_some() {
                    return Err(IntakeError::Undecodable);
                }
            }
            b"EXIF" if data.len() <= LARGEST_NOTE => exif = exif.or(Some(whole)),
            b"XMP " if data.len() <= LARGEST_NOTE => notes.push(whole),
            _ => {}
        }
    }
    let size = picture.ok_or(IntakeError::Undecodable)?;
    // A picture larger than its canvas would be decoded before anybody notices.
    if canvas.is_some_and(|canvas| canvas != size) {
        return Err(IntakeError::Undecodable);
    }
    let pixels = size.pixels();
    // Lossless pictures without alpha are decoded to RGBA first, lossy ones to planes; shrinking with alpha
    // works on a second copy.
    let bytes_a_pixel = if alpha { 12 } else { 7 };
    let tiff = exif.clone().and_then(|range| bytes.get(range)).unwrap_or_default();
    Ok(Outline {
        size,
        orientation: Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms),
        memory: pixels.saturating_mul(bytes_a_pixel),
        exif,
        notes,
        end,
    })
}

fn animated() -> IntakeError {
    IntakeError::UnsupportedFormat { found: "an animated WebP" }
}

/// Kind, data, and what follows the padding to an even length.
fn chunk(rest: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (data, rest) = rest.split_at_checked(length)?;
    let padding = (length % 2).min(rest.len());
    Some((kind, data, rest.get(padding..)?))
}

fn extended(data: &[u8]) -> Option<(Size, u8)> {
    let [flags, _, _, _, a, b, c, d, e, f, ..] = data else { return None };
    let side =
        |low: &u8, middle: &u8, high: &u8| u32::from_le_bytes([*low, *middle, *high, 0]).saturating_add(1);
    Some((Size { width: side(a, b, c), height: side(d, e, f) }, *flags))
}

/// The frame header of a lossy picture: three bytes of tag, a start code, two sides of 14 bits.
fn lossy(data: &[u8]) -> Option<(Size, bool)> {
    let [_, _, _, 0x9d, 0x01, 0x2a, a, b, c, d, ..] = data else { return None };
    let side = |low: &u8, high: &u8| u32::from(u16::from_le_bytes([*low, *high]) & 0x3fff);
    Some((Size { width: side(a, b), height: side(c, d) }, false))
}

/// The header of a lossless picture: a signature, two sides less one of 14 bits, and whether it has alpha.
fn lossless(data: &[u8]) -> Option<(Size, bool)> {
    let [0x2f, a, b, c, d, ..] = data else { return None };
    let bits = u32::from_le_bytes([*a, *b, *c, *d]);
    let size =
        Size { width: (bits & 0x3fff).saturating_add(1), height: ((bits >> 14) & 0x3fff).saturating_add(1) };
    Some((size, bits & (1 << 28) != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut body = b"WEBP".to_vec();
        for (kind, data) in chunks {
            body.extend_from_slice(*kind);
            body.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
            body.extend_from_slice(data);
            body.resize(body.len().next_multiple_of(2), 0);
        }
        let mut bytes = b"RIFF".to_vec();
        bytes.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        bytes.extend(body);
        bytes
    }

    const SMALL_CANVAS: &[u8] = &[0, 0, 0, 0, 9, 0, 0, 9, 0, 0];
    const LARGE_FRAME: &[u8] = &[0, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f];

    #[test]
    fn the_size_is_the_one_of_the_picture_inside() {
        let found = outline(&file(&[(b"VP8 ", LARGE_FRAME)])).unwrap();
        assert_eq!(found.size, Size { width: 16_383, height: 16_383 });
    }

    #[test]
    fn a_large_picture_does_not_hide_behind_a_small_canvas() {
        let found = outline(&file(&[(b"VP8X", SMALL_CANVAS), (b"VP8 ", LARGE_FRAME)]));
        assert!(matches!(found, Err(IntakeError::Undecodable)));
    }

    #[test]
    fn a_picture_that_moves_is_named() {
        let found = outline(&file(&[(b"VP8X", &[MOVES, 0, 0, 0, 9, 0, 0, 9, 0, 0])]));
        assert!(matches!(found, Err(IntakeError::UnsupportedFormat { found: "an animated WebP" })));
    }
}

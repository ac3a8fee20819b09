//! PNG: its chunks from the header to the end chunk.

use image::metadata::Orientation;

use super::{Outline, Size};
use crate::{refusal::IntakeError, traces::MOST_NOTES};

/// Metadata of cameras is a few kilobytes; what is larger is let be.
const LARGEST_NOTE: usize = 256 << 10;

/// Walks all chunks without inflating anything.
pub(super) fn outline(bytes: &[u8]) -> Result<Outline, IntakeError> {
    let mut rest = bytes.get(8..).ok_or(IntakeError::Truncated)?;
    let (header, behind) = chunk(rest)?;
    let (size, colours, depth) = read_header(&header)?;
    rest = behind;
    let (mut transparent, mut pixels_seen) = (false, false);
    let (mut exif, mut notes) = (None, Vec::new());
    loop {
        let (chunk, behind) = chunk(rest)?;
        let end = bytes.len().saturating_sub(behind.len()).saturating_sub(4);
        let whole = end.saturating_sub(chunk.data.len())..end;
        rest = behind;
        match chunk.kind {
            b"IEND" => break,
            b"IHDR" => return Err(IntakeError::Undecodable),
            b"acTL" => return Err(IntakeError::UnsupportedFormat { found: "an animated PNG" }),
            b"IDAT" => pixels_seen = true,
            b"tRNS" => transparent = true,
            b"eXIf" if chunk.data.len() <= LARGEST_NOTE => exif = exif.or(Some(whole)),
            b"tEXt" | b"iTXt" if chunk.data.len() <= LARGEST_NOTE && notes.len() < MOST_NOTES => {
                notes.push(whole);
            }
            _ => {}
        }
    }
    if !pixels_seen {
        return Err(IntakeError::Undecodable);
    }
    let alpha = transparent || matches!(colours, 2 | 4);
    let channels = if transparent { colours.saturating_add(1) } else { colours };
    let bytes_a_pixel = channels.saturating_mul(if depth == 16 { 2 } else { 1 });
    // Shrinking with alpha works on a second copy in which the colours are multiplied with it.
    let copies = if alpha { 2 } else { 1 };
    let tiff = exif.clone().and_then(|range| bytes.get(range)).unwrap_or_default();
    Ok(Outline {
        size,
        orientation: Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms),
        memory: size.pixels().saturating_mul(bytes_a_pixel).saturating_mul(copies),
        exif,
        notes,
        end: bytes.len().saturating_sub(rest.len()),
    })
}

struct Chunk<'a> {
    kind: &'a [u8; 4],
    data: &'a [u8],
}

/// One chunk and what follows its checksum.
fn chunk(rest: &[u8]) -> Result<(Chunk<'_>, &[u8]), IntakeError> {
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(IntakeError::Truncated)?;
    let (kind, rest) = rest.split_first_chunk::<4>().ok_or(IntakeError::Truncated)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let (data, rest) = rest.split_at_checked(length).ok_or(IntakeError::Truncated)?;
    let (_, behind) = rest.split_first_chunk::<4>().ok_or(IntakeError::Truncated)?;
    Ok((Chunk { kind, data }, behind))
}

/// Size, channels as they are decoded (palettes become colours), and bits a channel.
fn read_header(header: &Chunk<'_>) -> Result<(Size, u64, u8), IntakeError> {
    let (b"IHDR", [a, b, c, d, e, f, g, h, depth, colour, 0, 0, 0 | 1]) = (header.kind, header.data) else {
        return Err(IntakeError::Undecodable);
    };
    let channels = match (colour, depth) {
        (0, 1 | 2 | 4 | 8 | 16) => 1,
        (2, 8 | 16) | (3, 1 | 2 | 4 | 8) => 3,
        (4, 8 | 16) => 2,
        (6, 8 | 16) => 4,
        _ => return Err(IntakeError::Undecodable),
    };
    let size =
        Size { width: u32::from_be_bytes([*a, *b, *c, *d]), height: u32::from_be_bytes([*e, *f, *g, *h]) };
    Ok((size, channels, *depth))
}

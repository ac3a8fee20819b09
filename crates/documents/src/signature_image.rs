//! A drawn signature from outside: checked, bounded and re-encoded before it reaches the typesetter, so that
//! no decoder bomb, foreign colour profile or metadata gets into the paper.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader, Limits};

const MOST_BYTES: usize = 1 << 20;
const MOST_PIXELS_A_SIDE: u32 = 4096;
const MOST_MEMORY: u64 = 96 << 20;

/// The same picture as a plain 8-bit PNG; `None` if it is not a PNG or JPEG within the limits.
pub(crate) fn plain_png(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() > MOST_BYTES {
        return None;
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    if !matches!(reader.format()?, ImageFormat::Png | ImageFormat::Jpeg) {
        return None;
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS_A_SIDE);
    limits.max_image_height = Some(MOST_PIXELS_A_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let picture = DynamicImage::ImageRgba8(reader.decode().ok()?.into_rgba8());
    let mut plain = Cursor::new(Vec::new());
    picture.write_to(&mut plain, ImageFormat::Png).ok()?;
    Some(plain.into_inner())
}

//! A signature as it was drawn on a screen: a small PNG with something on it. It is kept as it came; the typesetter
//! draws it anew, so that nothing but its picture reaches the paper.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits, RgbaImage};

/// The most bytes of a drawn signature.
pub const MOST_DRAWING_BYTES: usize = 180_000;
/// The widest one, in pixels.
pub const WIDEST_DRAWING: u32 = 2000;
/// The highest one, in pixels.
pub const HIGHEST_DRAWING: u32 = 1000;

/// Bytes for the largest one with room to decode it.
const MOST_MEMORY: u64 = 32 << 20;
/// How far a pixel's brightness must be from the paper's to count as ink, of 255.
const CONTRAST: u8 = 64;
/// The fewest pixels of ink: less than a short stroke of a thin pen.
const LEAST_INK: usize = 24;
/// The shortest extent of the ink in pixels: less is a dot, and no signature.
const LEAST_EXTENT: u32 = 12;

/// Why a drawing is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DrawingRefused {
    /// Not a PNG within the limits.
    #[error(
        "not a PNG of at most {MOST_DRAWING_BYTES} bytes and {WIDEST_DRAWING} by {HIGHEST_DRAWING} pixels"
    )]
    NotADrawing,
    /// Nothing is drawn, or nothing that could be seen on paper.
    #[error("nothing is drawn")]
    Blank,
}

/// Whether this is a signature that somebody drew: a PNG within the limits, with ink on paper. What was drawn in
/// white on nothing would not be seen in print, and counts as blank. Decodes up to two million pixels: call it where
/// that may take some milliseconds.
pub fn check_drawing(bytes: &[u8]) -> Result<(), DrawingRefused> {
    if bytes.len() > MOST_DRAWING_BYTES {
        return Err(DrawingRefused::NotADrawing);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(WIDEST_DRAWING);
    limits.max_image_height = Some(HIGHEST_DRAWING);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| DrawingRefused::NotADrawing)?.into_rgba8();
    if has_ink(&picture) { Ok(()) } else { Err(DrawingRefused::Blank) }
}

/// How bright a pixel is on white paper.
fn on_paper([red, green, blue, alpha]: [u8; 4]) -> u8 {
    let bright = (u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1000;
    let shown = (bright * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255;
    u8::try_from(shown).unwrap_or(u8::MAX)
}

/// Whether there are strokes that stand out from the paper, which is what most of the picture is.
fn has_ink(picture: &RgbaImage) -> bool {
    let mut counts = [0_usize; 256];
    for pixel in picture.pixels() {
        if let Some(count) = counts.get_mut(usize::from(on_paper(pixel.0))) {
            *count += 1;
        }
    }
    let most = (0_u8..=255).zip(counts).max_by_key(|(_, count)| *count);
    let paper = most.map_or(255, |(bright, _)| bright);
    let (mut ink, mut left, mut right, mut top, mut bottom) = (0, u32::MAX, 0, u32::MAX, 0);
    for (x, y, pixel) in picture.enumerate_pixels() {
        if on_paper(pixel.0).abs_diff(paper) >= CONTRAST {
            ink += 1;
            (left, right) = (left.min(x), right.max(x));
            (top, bottom) = (top.min(y), bottom.max(y));
        }
    }
    let extent = right.saturating_sub(left).max(bottom.saturating_sub(top));
    ink >= LEAST_INK && extent >= LEAST_EXTENT
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    const WHITE: Rgba<u8> = Rgba([255; 4]);
    const BLACK: Rgba<u8> = Rgba([0, 0, 0, 255]);
    const NOTHING: Rgba<u8> = Rgba([0; 4]);

    fn png(width: u32, height: u32, paint: impl Fn(u32, u32) -> Rgba<u8>) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        RgbaImage::from_fn(width, height, paint).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    /// A stroke across the picture.
    fn stroke(x: u32, y: u32) -> bool {
        y.abs_diff(20 + x / 8) < 2 && (10..90).contains(&x)
    }

    #[test]
    fn a_stroke_is_a_signature_on_white_on_nothing_and_on_dark() {
        for (ink, paper) in
            [(BLACK, WHITE), (BLACK, NOTHING), (Rgba([0, 0, 160, 255]), WHITE), (WHITE, BLACK)]
        {
            let drawn = png(100, 60, |x, y| if stroke(x, y) { ink } else { paper });
            assert_eq!(check_drawing(&drawn), Ok(()), "{ink:?} on {paper:?}");
        }
    }

    #[test]
    fn what_shows_nothing_on_paper_is_blank() {
        let blank = |paint: &dyn Fn(u32, u32) -> Rgba<u8>| check_drawing(&png(100, 60, paint));
        assert_eq!(blank(&|_, _| WHITE), Err(DrawingRefused::Blank));
        assert_eq!(blank(&|_, _| NOTHING), Err(DrawingRefused::Blank));
        assert_eq!(blank(&|_, _| BLACK), Err(DrawingRefused::Blank));
        let white_on_nothing = |x, y| if stroke(x, y) { WHITE } else { NOTHING };
        assert_eq!(blank(&white_on_nothing), Err(DrawingRefused::Blank));
        let faint = |x, y| if stroke(x, y) { Rgba([230, 230, 230, 255]) } else { WHITE };
        assert_eq!(blank(&faint), Err(DrawingRefused::Blank));
        let dot = |x: u32, y: u32| if x < 6 && y < 6 { BLACK } else { WHITE };
        assert_eq!(blank(&dot), Err(DrawingRefused::Blank));
    }

    #[test]
    fn anything_but_a_small_png_is_no_drawing() {
        let drawn = |width, height| png(width, height, |x, y| if stroke(x, y) { BLACK } else { WHITE });
        assert_eq!(check_drawing(&drawn(WIDEST_DRAWING, HIGHEST_DRAWING)), Ok(()));
        assert_eq!(check_drawing(&drawn(WIDEST_DRAWING + 1, 60)), Err(DrawingRefused::NotADrawing));
        assert_eq!(check_drawing(&drawn(100, HIGHEST_DRAWING + 1)), Err(DrawingRefused::NotADrawing));
        let heavy = png(300, 300, |x, y| {
            let [a, b, c, _] = (x * 300 + y).wrapping_mul(2_654_435_761).to_le_bytes();
            Rgba([a, b, c, 255])
        });
        assert!(heavy.len() > MOST_DRAWING_BYTES);
        assert_eq!(check_drawing(&heavy), Err(DrawingRefused::NotADrawing));
        let whole = drawn(100, 60);
        for broken in [&b""[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", &whole[..whole.len() / 2]] {
            assert_eq!(check_drawing(broken), Err(DrawingRefused::NotADrawing));
        }
        let mut jpeg = Cursor::new(Vec::new());
        image::RgbImage::new(100, 60).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
        assert_eq!(check_drawing(&jpeg.into_inner()), Err(DrawingRefused::NotADrawing));
    }
}

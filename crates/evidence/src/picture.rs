//! Looks into a photo: type, size and limits before any decode, then one decode that both proves the photo is
//! whole and makes the viewing copy and the thumbnail.

use std::io::Cursor;

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{
    DynamicImage, ImageDecoder, Limits, RgbImage,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};

use crate::{
    container::{MediaType, check_complete, recognise},
    intake::IntakeLimits,
    refusal::IntakeError,
};

/// Longest side of a viewing copy, in pixels.
pub const VIEW_SIDE: u32 = 1600;

/// Longest side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE: u32 = 320;

const VIEW_QUALITY: u8 = 82;
const THUMBNAIL_QUALITY: u8 = 75;

/// A photo that was found good, with its derived pictures (JPEG, orientation applied, no metadata).
pub(crate) struct Photo {
    pub(crate) media_type: MediaType,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) view: Vec<u8>,
    pub(crate) thumbnail: Vec<u8>,
}

/// Decides whether `bytes` are an acceptable photo. Blocks for the time of a decode; its memory stays within
/// `limits.memory`, the bytes themselves and the small pictures aside.
pub(crate) fn examine(bytes: &[u8], limits: &IntakeLimits) -> Result<Photo, IntakeError> {
    let media_type = recognise(bytes)?;
    let mut decoder = match open_decoder(media_type, bytes, limits) {
        Ok(decoder) => decoder,
        Err(refusal) => {
            // A file that is cut off within its header: say that rather than what the decoder made of it.
            check_complete(media_type, bytes)?;
            return Err(refusal);
        }
    };
    let (width, height) = decoder.dimensions();
    check_pixels(width, height, limits)?;
    let outline = check_complete(media_type, bytes)?;
    check_memory(decoder.as_ref(), outline.working_bytes_per_pixel, limits)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let whole = DynamicImage::from_decoder(decoder)
        .map_err(|error| IntakeError::from_decoder(error, limits.memory))?;
    let view = upright(shrink(whole, VIEW_SIDE)?, orientation);
    let thumbnail = shrink(DynamicImage::ImageRgb8(view.clone()), THUMBNAIL_SIDE)?.into_rgb8();
    let (width, height) = if lies_on_its_side(orientation) { (height, width) } else { (width, height) };
    Ok(Photo {
        media_type,
        width,
        height,
        view: encode(&view, VIEW_QUALITY)?,
        thumbnail: encode(&thumbnail, THUMBNAIL_QUALITY)?,
    })
}

/// Reads the header. Pictures that move are refused: the copies would show only their first frame.
fn open_decoder<'a>(
    media_type: MediaType,
    bytes: &'a [u8],
    limits: &IntakeLimits,
) -> Result<Box<dyn ImageDecoder + 'a>, IntakeError> {
    let refuse = |error| IntakeError::from_decoder(error, limits.memory);
    let mut allowed = Limits::no_limits();
    allowed.max_alloc = Some(limits.memory);
    let input = Cursor::new(bytes);
    match media_type {
        MediaType::Jpeg => Ok(Box::new(JpegDecoder::new(input).map_err(refuse)?)),
        MediaType::Png => {
            let decoder = PngDecoder::with_limits(input, allowed).map_err(refuse)?;
            if decoder.is_apng().map_err(refuse)? {
                return Err(IntakeError::UnsupportedFormat { found: "an animated PNG" });
            }
            Ok(Box::new(decoder))
        }
        MediaType::Webp => {
            let mut decoder = WebPDecoder::new(input).map_err(refuse)?;
            if decoder.has_animation() {
                return Err(IntakeError::UnsupportedFormat { found: "an animated WebP" });
            }
            decoder.set_limits(allowed).map_err(refuse)?;
            Ok(Box::new(decoder))
        }
    }
}

fn check_pixels(width: u32, height: u32, limits: &IntakeLimits) -> Result<(), IntakeError> {
    let pixels = u64::from(width) * u64::from(height);
    if width > limits.side || height > limits.side || pixels > limits.pixels {
        return Err(IntakeError::TooManyPixels { width, height });
    }
    if pixels == 0 { Err(IntakeError::Undecodable(None)) } else { Ok(()) }
}

/// Reckons the memory of decoding and shrinking before any of it is taken.
fn check_memory(decoder: &dyn ImageDecoder, working: u64, limits: &IntakeLimits) -> Result<(), IntakeError> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let decoded = decoder.total_bytes();
    // Shrinking with alpha works on a second copy in which the colours are multiplied with it.
    let second_copy = if decoder.color_type().has_alpha() { decoded } else { 0 };
    let needed = decoded.saturating_add(second_copy).saturating_add(pixels.saturating_mul(working));
    if needed > limits.memory { Err(IntakeError::TooMuchMemory { limit: limits.memory }) } else { Ok(()) }
}

/// Shrinks to a longest side; never enlarges.
fn shrink(picture: DynamicImage, side: u32) -> Result<DynamicImage, IntakeError> {
    let (width, height) = (picture.width(), picture.height());
    let longest = width.max(height);
    if longest <= side {
        return Ok(picture);
    }
    let scaled = |length: u32| {
        let exact = u64::from(length) * u64::from(side) / u64::from(longest);
        u32::try_from(exact).unwrap_or(side).max(1)
    };
    let mut small = DynamicImage::new(scaled(width), scaled(height), picture.color());
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new()
        .resize(&picture, &mut small, &options)
        .map_err(|_| IntakeError::UnsupportedFormat { found: "this kind of pixels" })?;
    Ok(small)
}

/// Turns a small picture the way the camera was held, and puts what is transparent on white.
fn upright(mut picture: DynamicImage, orientation: Orientation) -> RgbImage {
    picture.apply_orientation(orientation);
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let transparent = picture.into_rgba8();
    let mut opaque = RgbImage::new(transparent.width(), transparent.height());
    for (to, from) in opaque.pixels_mut().zip(transparent.pixels()) {
        let [red, green, blue, alpha] = from.0;
        to.0 = [red, green, blue].map(|colour| over_white(colour, alpha));
    }
    opaque
}

fn over_white(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u32::from(colour), u32::from(alpha));
    u8::try_from((colour * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

fn lies_on_its_side(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// Encodes pixels and nothing else: whatever the original carried beside them stays behind.
fn encode(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, IntakeError> {
    let side = |length: u32| u16::try_from(length).map_err(|_| IntakeError::Undecodable(None));
    let (width, height) = (side(picture.width())?, side(picture.height())?);
    let mut encoded = Vec::new();
    jpeg_encoder::Encoder::new(&mut encoded, quality)
        .encode(picture.as_raw(), width, height, jpeg_encoder::ColorType::Rgb)
        .map_err(|_| IntakeError::Undecodable(None))?;
    Ok(encoded)
}

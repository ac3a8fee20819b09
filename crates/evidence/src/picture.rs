//! Makes the viewing copy and the thumbnail of a photo in one decode: orientation applied, no metadata. This is the
//! way that needs no other library; JPEG may take the faster one of `planes.rs`.

use std::io::Cursor;

use domain::evidence::Unreadable;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{
    DynamicImage, GrayImage, ImageDecoder, Limits, RgbImage,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};

use crate::{
    container::{MediaType, Outline, Size},
    limits::IntakeLimits,
};

/// Longest side of a viewing copy, in pixels.
pub const VIEW_SIDE: u32 = 1600;

/// Longest side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE: u32 = 320;

pub(crate) const VIEW_QUALITY: u8 = 82;
pub(crate) const THUMBNAIL_QUALITY: u8 = 75;

/// What one decode gives.
#[derive(Debug)]
pub(crate) struct Derived {
    /// JPEG, at most [`VIEW_SIDE`] pixels a side.
    pub(crate) view: Vec<u8>,
    /// JPEG, at most [`THUMBNAIL_SIDE`] pixels a side.
    pub(crate) thumbnail: Vec<u8>,
    /// Brightness of the viewing copy, before it was encoded.
    pub(crate) luma: GrayImage,
}

/// Decodes a photo whose outline was checked. Blocks; its memory stays within what the outline says, the bytes
/// themselves and the small pictures aside.
pub(crate) fn derive(
    media_type: MediaType,
    bytes: &[u8],
    outline: &Outline,
    limits: &IntakeLimits,
) -> Result<Derived, Unreadable> {
    #[cfg(feature = "turbojpeg")]
    if media_type == MediaType::Jpeg
        && let Some(derived) = crate::planes::derive(bytes, outline)
    {
        return Ok(derived);
    }
    derive_from_colours(media_type, bytes, outline, limits).ok_or(Unreadable::Damaged)
}

fn derive_from_colours(
    media_type: MediaType,
    bytes: &[u8],
    outline: &Outline,
    limits: &IntakeLimits,
) -> Option<Derived> {
    let decoder = open_decoder(media_type, bytes, limits)?;
    let (width, height) = decoder.dimensions();
    if (Size { width, height }) != outline.size {
        return None;
    }
    let whole = DynamicImage::from_decoder(decoder).ok()?;
    let view = upright(shrink(whole, VIEW_SIDE)?, outline.orientation);
    let thumbnail = shrink(DynamicImage::ImageRgb8(view.clone()), THUMBNAIL_SIDE)?.into_rgb8();
    Some(Derived {
        view: encode(&view, VIEW_QUALITY)?,
        thumbnail: encode(&thumbnail, THUMBNAIL_QUALITY)?,
        luma: DynamicImage::ImageRgb8(view).into_luma8(),
    })
}

fn open_decoder<'a>(
    media_type: MediaType,
    bytes: &'a [u8],
    limits: &IntakeLimits,
) -> Option<Box<dyn ImageDecoder + 'a>> {
    let mut allowed = Limits::no_limits();
    allowed.max_alloc = Some(limits.memory);
    let input = Cursor::new(bytes);
    let mut decoder: Box<dyn ImageDecoder + 'a> = match media_type {
        MediaType::Jpeg => Box::new(JpegDecoder::new(input).ok()?),
        MediaType::Png => Box::new(PngDecoder::with_limits(input, allowed.clone()).ok()?),
        MediaType::Webp => Box::new(WebPDecoder::new(input).ok()?),
        // Another program makes a JPEG of it first.
        MediaType::Heic => return None,
    };
    decoder.set_limits(allowed).ok()?;
    Some(decoder)
}

/// The size with this longest side; never larger.
pub(crate) fn fitted(size: Size, side: u32) -> Size {
    let longest = size.width.max(size.height);
    if longest <= side {
        return size;
    }
    let scaled = |length: u32| {
        let exact = u64::from(length) * u64::from(side) / u64::from(longest);
        u32::try_from(exact).unwrap_or(side).max(1)
    };
    Size { width: scaled(size.width), height: scaled(size.height) }
}

pub(crate) fn shrinking() -> ResizeOptions {
    ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
}

/// Shrinks to a longest side; `None` for kinds of pixels that cannot be shrunk.
pub(crate) fn shrink(picture: DynamicImage, side: u32) -> Option<DynamicImage> {
    let whole = Size { width: picture.width(), height: picture.height() };
    let small = fitted(whole, side);
    if small == whole {
        return Some(picture);
    }
    let mut shrunk = DynamicImage::new(small.width, small.height, picture.color());
    Resizer::new().resize(&picture, &mut shrunk, &shrinking()).ok()?;
    Some(shrunk)
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

/// Encodes pixels and nothing else: whatever the original carried beside them stays behind.
fn encode(picture: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let (width, height) = (u16::try_from(picture.width()).ok()?, u16::try_from(picture.height()).ok()?);
    let mut encoded = Vec::new();
    jpeg_encoder::Encoder::new(&mut encoded, quality)
        .encode(picture.as_raw(), width, height, jpeg_encoder::ColorType::Rgb)
        .ok()?;
    Some(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::outline;

    /// Two colours with a slope over them, as a JPEG of this sampling.
    fn jpeg(width: u16, height: u16, sampling: jpeg_encoder::SamplingFactor, grey: bool) -> Vec<u8> {
        let picture = RgbImage::from_fn(width.into(), height.into(), |x, y| {
            let slope = u8::try_from(x * 60 / u32::from(width) + y * 40 / u32::from(height)).unwrap();
            image::Rgb(if x * 3 < u32::from(width) { [190, slope, 40] } else { [slope, 90, 200] })
        });
        let mut bytes = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
        encoder.set_sampling_factor(sampling);
        if grey {
            let grey = DynamicImage::ImageRgb8(picture).into_luma8();
            encoder.encode(grey.as_raw(), width, height, jpeg_encoder::ColorType::Luma).unwrap();
        } else {
            encoder.encode(picture.as_raw(), width, height, jpeg_encoder::ColorType::Rgb).unwrap();
        }
        bytes
    }

    fn decoded(jpeg: &[u8]) -> RgbImage {
        image::load_from_memory(jpeg).unwrap().into_rgb8()
    }

    fn mean_difference(one: &RgbImage, other: &RgbImage) -> f64 {
        assert_eq!(one.dimensions(), other.dimensions());
        let sum: u32 = one.iter().zip(other.iter()).map(|(one, other)| u32::from(one.abs_diff(*other))).sum();
        f64::from(sum) / f64::from(one.width() * one.height() * 3)
    }

    /// Each way against the colours that were drawn; with both ways built in, also against each other.
    #[test]
    fn every_sampling_size_and_orientation_is_shown_alike() {
        use jpeg_encoder::SamplingFactor::{F_1_1, F_1_2, F_2_1, F_2_2, F_4_1};
        let limits = IntakeLimits::default();
        for (sampling, grey) in
            [(F_1_1, false), (F_2_1, false), (F_2_2, false), (F_1_2, false), (F_4_1, false), (F_1_1, true)]
        {
            for (width, height) in [(1931, 1447), (640, 480), (37, 53), (1, 1), (2, 1), (17, 1)] {
                let bytes = jpeg(width, height, sampling, grey);
                for orientation in
                    [Orientation::NoTransforms, Orientation::Rotate90, Orientation::FlipHorizontal]
                {
                    let outline = Outline { orientation, ..outline(MediaType::Jpeg, &bytes).unwrap() };
                    let shown = fitted(outline.shown(), VIEW_SIDE);
                    let plain = derive_from_colours(MediaType::Jpeg, &bytes, &outline, &limits).unwrap();
                    let plain_view = decoded(&plain.view);
                    assert_eq!(plain_view.dimensions(), (shown.width, shown.height));
                    let derived = derive(MediaType::Jpeg, &bytes, &outline, &limits).unwrap();
                    assert_eq!(derived.luma.dimensions(), plain.luma.dimensions());
                    let difference = mean_difference(&decoded(&derived.view), &plain_view);
                    // In small pictures much is edge, where the ways spread colours differently.
                    let most = match width.min(height) {
                        0..4 => 60.0,
                        4..100 => 5.0,
                        _ => 2.5,
                    };
                    assert!(
                        difference < most,
                        "{width} x {height} {sampling:?} {orientation:?}: {difference}"
                    );
                    mean_difference(&decoded(&derived.thumbnail), &decoded(&plain.thumbnail));
                }
            }
        }
    }

    #[cfg(feature = "turbojpeg")]
    #[test]
    fn what_the_fast_way_cannot_take_goes_the_other_way() {
        let bytes = jpeg(640, 480, jpeg_encoder::SamplingFactor::F_2_2, false);
        let whole = outline(MediaType::Jpeg, &bytes).unwrap();
        assert!(crate::planes::derive(&bytes, &whole).is_some());
        // Colours that are stored as red, green and blue.
        let picture = RgbImage::from_pixel(64, 48, image::Rgb([200, 30, 60]));
        let adobe = [0xff, 0xee, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, 0];
        let mut direct = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut direct, 95);
        encoder.encode(picture.as_raw(), 64, 48, jpeg_encoder::ColorType::Ycbcr).unwrap();
        // In place of the JFIF segment, which would say otherwise.
        direct.splice(2..20, adobe);
        let plain = outline(MediaType::Jpeg, &direct).unwrap();
        assert!(crate::planes::derive(&direct, &plain).is_none());
        let view = decoded(&derive(MediaType::Jpeg, &direct, &plain, &IntakeLimits::default()).unwrap().view);
        assert!(view.get_pixel(30, 20).0[0] > 180, "{:?}", view.get_pixel(30, 20));
    }
}

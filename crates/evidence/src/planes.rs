//! The fast way for JPEG: libjpeg-turbo decodes to brightness and colour planes, these are shrunk and encoded again,
//! and no pixel is ever turned into red, green and blue.

use fast_image_resize::{PixelType, Resizer, images::ImageRef};
use image::{DynamicImage, GrayImage, metadata::Orientation};
use turbojpeg::{Colorspace, Compressor, Decompressor, Subsamp, YuvImage, yuv_pixels_len};

use crate::{
    container::{Outline, Size},
    picture::{Derived, THUMBNAIL_QUALITY, THUMBNAIL_SIDE, VIEW_QUALITY, VIEW_SIDE, fitted, shrinking},
};

/// `None` if libjpeg-turbo has anything to complain about, or the colours are stored in an unusual way: then the
/// slower way decides.
pub(crate) fn derive(bytes: &[u8], outline: &Outline) -> Option<Derived> {
    let view = decode(bytes, outline)?.upright(outline.orientation);
    let thumbnail = view.shrunk(fitted(view.size(), THUMBNAIL_SIDE))?;
    Some(Derived {
        view: view.encode(VIEW_QUALITY)?,
        thumbnail: thumbnail.encode(THUMBNAIL_QUALITY)?,
        luma: view.luma,
    })
}

/// A picture in planes; the two of colour have half the width and height of the one of brightness, rounded up, and
/// are missing in grey pictures.
struct Planes {
    luma: GrayImage,
    chroma: Option<[GrayImage; 2]>,
}

/// Decodes in full and shrinks to the viewing copy's size. Decoding at half size would be faster, and visibly worse.
fn decode(bytes: &[u8], outline: &Outline) -> Option<Planes> {
    let mut decompressor = Decompressor::new().ok()?;
    let header = decompressor.read_header(bytes).ok()?;
    let Size { width, height } = outline.size;
    let same_size = u32::try_from(header.width) == Ok(width) && u32::try_from(header.height) == Ok(height);
    let ordinary = matches!(header.colorspace, Colorspace::YCbCr | Colorspace::Gray);
    if !same_size || !ordinary || header.subsamp == Subsamp::Unknown {
        return None;
    }
    let length = yuv_pixels_len(header.width, 1, header.height, header.subsamp).ok()?;
    let mut whole = YuvImage {
        pixels: vec![0; length],
        width: header.width,
        align: 1,
        height: header.height,
        subsamp: header.subsamp,
    };
    decompressor.decompress_to_yuv(bytes, whole.as_deref_mut()).ok()?;
    let size = fitted(outline.size, VIEW_SIDE);
    let (luma_width, luma_height) = whole.y_size();
    let (luma, chroma) = whole.pixels.split_at_checked(luma_width.checked_mul(luma_height)?)?;
    let luma =
        Plane { pixels: luma, width: luma_width, height: luma_height }.shrunk(outline.size, [1, 1], size)?;
    if header.subsamp == Subsamp::Gray {
        return Some(Planes { luma, chroma: None });
    }
    let (width, height) = whole.uv_size();
    let (blue, red) = chroma.split_at_checked(width.checked_mul(height)?)?;
    let scale = [header.subsamp.width(), header.subsamp.height()];
    let shrunk = |pixels| Plane { pixels, width, height }.shrunk(outline.size, scale, halved(size));
    let chroma = Some([shrunk(blue)?, shrunk(red)?]);
    Some(Planes { luma, chroma })
}

/// A plane as it was decoded, with padding at its right and lower edges.
struct Plane<'a> {
    pixels: &'a [u8],
    width: usize,
    height: usize,
}

impl Plane<'_> {
    /// Shrinks the part that belongs to a picture of size `whole`, of which this plane holds every `scale`th pixel.
    fn shrunk(&self, whole: Size, scale: [usize; 2], to: Size) -> Option<GrayImage> {
        let (width, height) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        let source = ImageRef::new(width, height, self.pixels, PixelType::U8).ok()?;
        let [across, down] = scale.map(|scale| u32::try_from(scale).map_or(1.0, f64::from));
        let part = shrinking().crop(
            0.0,
            0.0,
            (f64::from(whole.width) / across).min(f64::from(width)),
            (f64::from(whole.height) / down).min(f64::from(height)),
        );
        let mut shrunk = DynamicImage::new_luma8(to.width, to.height);
        Resizer::new().resize(&source, &mut shrunk, &part).ok()?;
        Some(shrunk.into_luma8())
    }
}

fn halved(size: Size) -> Size {
    Size { width: size.width.div_ceil(2), height: size.height.div_ceil(2) }
}

impl Planes {
    fn size(&self) -> Size {
        Size { width: self.luma.width(), height: self.luma.height() }
    }

    fn upright(self, orientation: Orientation) -> Self {
        let turned = |plane: GrayImage| {
            let mut plane = DynamicImage::ImageLuma8(plane);
            plane.apply_orientation(orientation);
            plane.into_luma8()
        };
        Self { luma: turned(self.luma), chroma: self.chroma.map(|planes| planes.map(turned)) }
    }

    fn shrunk(&self, to: Size) -> Option<Self> {
        let shrunk = |plane: &GrayImage, to| {
            let whole = Size { width: plane.width(), height: plane.height() };
            let (width, height) = (usize::try_from(whole.width).ok()?, usize::try_from(whole.height).ok()?);
            Plane { pixels: plane.as_raw(), width, height }.shrunk(whole, [1, 1], to)
        };
        let chroma = match &self.chroma {
            Some([blue, red]) => Some([shrunk(blue, halved(to))?, shrunk(red, halved(to))?]),
            None => None,
        };
        Some(Self { luma: shrunk(&self.luma, to)?, chroma })
    }

    fn encode(&self, quality: u8) -> Option<Vec<u8>> {
        let mut pixels = Vec::new();
        let subsamp = match &self.chroma {
            None => {
                pixels.extend_from_slice(self.luma.as_raw());
                Subsamp::Gray
            }
            Some(chroma) => {
                append_even(&mut pixels, &self.luma);
                chroma.iter().for_each(|plane| pixels.extend_from_slice(plane.as_raw()));
                Subsamp::Sub2x2
            }
        };
        let (width, height) = (self.luma.width(), self.luma.height());
        let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
        let picture = YuvImage { pixels: pixels.as_slice(), width, align: 1, height, subsamp };
        let mut compressor = Compressor::new().ok()?;
        compressor.set_quality(quality.into()).ok()?;
        compressor.compress_yuv_to_vec(picture).ok()
    }
}

/// Appends a plane with an even width and height, its last column and row repeated where needed.
fn append_even(pixels: &mut Vec<u8>, plane: &GrayImage) {
    let rows = || plane.rows().map(|row| row.map(|pixel| pixel.0[0]));
    for row in rows() {
        pixels.extend(row);
        if plane.width() % 2 == 1 {
            pixels.extend(pixels.last().copied());
        }
    }
    if plane.height() % 2 == 1 {
        let width = usize::try_from(plane.width().next_multiple_of(2)).unwrap_or(usize::MAX);
        let last_row = pixels.len().saturating_sub(width);
        pixels.extend_from_within(last_row..);
    }
}

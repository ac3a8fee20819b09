//! Photos made for the tests: real encodings of a drawn scene, and streams that bring them.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use evidence::{FolderStore, IntakeLimits, PhotoIntake};
use futures_util::{Stream, stream};
use image::{DynamicImage, ImageEncoder as _, RgbImage, codecs::png::PngEncoder, codecs::webp::WebPEncoder};
use tempfile::TempDir;

/// A small drawn scene with two cars, coded by x265 and written by libheif, with EXIF: taken on 23 November 2026 at
/// 08:15:30 +08:00, at 36.8131 north and 118.0548 east, by a "Kuaichu Test Phone".
pub(crate) const HEIC: &[u8] = include_bytes!("../samples/phone.heic");

/// An intake over a new folder; the folder lives as long as the value.
pub(crate) async fn new_intake() -> (TempDir, PhotoIntake) {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).await.unwrap();
    (folder, PhotoIntake::new(Arc::new(store), IntakeLimits::default(), 2))
}

/// A scene with the left half red and the right half blue, with fine lines so that it does not compress away.
pub(crate) fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let line = u8::try_from((x * 7 + y * 13) % 40).unwrap();
        if x < width / 2 {
            image::Rgb([215 + line, line, line])
        } else {
            image::Rgb([line, line, 215 + line])
        }
    })
}

/// The scene as a JPEG.
pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encode_jpeg(width, height, false)
}

/// The scene as a progressive JPEG.
pub(crate) fn progressive_jpeg(width: u32, height: u32) -> Vec<u8> {
    encode_jpeg(width, height, true)
}

fn encode_jpeg(width: u32, height: u32, progressive: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.set_progressive(progressive);
    let (w, h) = (width.try_into().unwrap(), height.try_into().unwrap());
    encoder.encode(scene(width, height).as_raw(), w, h, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

/// The scene as a PNG.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = scene(width, height);
    PngEncoder::new(&mut bytes).write_image(&pixels, width, height, image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// Any picture as a PNG.
pub(crate) fn png_of(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(PngEncoder::new(&mut bytes)).unwrap();
    bytes
}

/// The scene as a (lossless) WebP.
pub(crate) fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = scene(width, height);
    WebPEncoder::new_lossless(&mut bytes)
        .encode(&pixels, width, height, image::ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// A street with two cars under a sky, each seed another one; grain over all of it, as every sensor has.
pub(crate) fn street(seed: u64, width: u32, height: u32) -> RgbImage {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let mut dice = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(state >> 33).unwrap()
    };
    let mut picture = RgbImage::new(width, height);
    let horizon = height * (30 + dice() % 25) / 100;
    let (sky, road) = (120 + dice() % 110, 60 + dice() % 70);
    let mut boxes = Vec::new();
    for _ in 0..14 {
        let (left, top) = (dice() % width, dice() % height);
        let (wide, high) = (width / 16 + dice() % (width / 3), height / 16 + dice() % (height / 3));
        boxes.push((left..left + wide, top..top + high, [dice() % 230, dice() % 230, dice() % 230]));
    }
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let ground = if y < horizon { [sky / 2, sky * 3 / 4, sky] } else { [road, road, road + 5] };
        let found = boxes.iter().rev().find(|(across, down, _)| across.contains(&x) && down.contains(&y));
        let slope = y * 25 / height + x * 25 / width;
        let grain = dice() % 14;
        let colour = found.map_or(ground, |(_, _, colour)| *colour);
        pixel.0 = colour.map(|value| u8::try_from((value + slope + grain).min(255)).unwrap());
    }
    picture
}

/// A picture as a JPEG of this quality.
pub(crate) fn jpeg_of(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = (picture.width().try_into().unwrap(), picture.height().try_into().unwrap());
    jpeg_encoder::Encoder::new(&mut bytes, quality)
        .encode(picture.as_raw(), width, height, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    bytes
}

/// EXIF as a phone writes it, saying the same as [`HEIC`]; `zoned` adds the time zone.
pub(crate) fn camera_exif(zoned: bool) -> Vec<u8> {
    let mut values: Vec<u8> = Vec::new();
    let text = |text: &str| [text.as_bytes(), b"\0"].concat();
    let rationals = |numbers: [(u32, u32); 3]| {
        numbers
            .iter()
            .flat_map(|(above, below)| [above.to_be_bytes(), below.to_be_bytes()].concat())
            .collect()
    };
    let first = [(0x010f, 2, text("Kuaichu")), (0x0110, 2, text("Test Phone")), (0x0131, 2, text("1.0"))];
    let mut exif = vec![(0x9003, 2, text("2026:11:23 08:15:30"))];
    if zoned {
        exif.push((0x9011, 2, text("+08:00")));
    }
    let gps: [(u16, u16, Vec<u8>); 4] = [
        (0x0001, 2, text("N")),
        (0x0002, 5, rationals([(36, 1), (48, 1), (4716, 100)])),
        (0x0003, 2, text("E")),
        (0x0004, 5, rationals([(118, 1), (3, 1), (1728, 100)])),
    ];
    // The header, then three directories one behind the other, then all values.
    let size = |entries: usize| u32::try_from(2 + 12 * entries + 4).unwrap();
    let exif_at = 8 + size(first.len() + 2);
    let gps_at = exif_at + size(exif.len());
    let values_at = gps_at + size(gps.len());
    let mut entry = |tag: u16, kind: u16, value: Vec<u8>| {
        let count = value.len() / if kind == 5 { 8 } else { 1 };
        let mut bytes = [tag.to_be_bytes(), kind.to_be_bytes()].concat();
        bytes.extend(u32::try_from(count).unwrap().to_be_bytes());
        if value.len() <= 4 {
            bytes.extend(value);
            bytes.resize(12, 0);
        } else {
            bytes.extend((values_at + u32::try_from(values.len()).unwrap()).to_be_bytes());
            values.extend(value);
        }
        bytes
    };
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x05".to_vec();
    first.into_iter().for_each(|(tag, kind, value)| tiff.extend(entry(tag, kind, value)));
    for (tag, at) in [(0x8769_u16, exif_at), (0x8825, gps_at)] {
        tiff.extend(tag.to_be_bytes());
        tiff.extend([0, 4, 0, 0, 0, 1]);
        tiff.extend(at.to_be_bytes());
    }
    tiff.extend([0; 4]);
    tiff.extend(u16::try_from(exif.len()).unwrap().to_be_bytes());
    exif.into_iter().for_each(|(tag, kind, value)| tiff.extend(entry(tag, kind, value)));
    tiff.extend([0, 0, 0, 0, 0, 4]);
    gps.into_iter().for_each(|(tag, kind, value)| tiff.extend(entry(tag, kind, value)));
    tiff.extend([0; 4]);
    tiff.extend(values);
    tiff
}

/// Puts EXIF behind the start of a JPEG.
pub(crate) fn with_tiff(jpeg: &[u8], tiff: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1];
    bytes.extend(u16::try_from(tiff.len() + 8).unwrap().to_be_bytes());
    bytes.extend(b"Exif\0\0");
    bytes.extend(tiff);
    bytes.extend(&jpeg[2..]);
    bytes
}

/// Puts an EXIF block with an orientation and a GPS position behind the start of a JPEG.
pub(crate) fn with_exif(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08".to_vec();
    tiff.extend(2_u16.to_be_bytes());
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1]);
    tiff.extend(orientation.to_be_bytes());
    tiff.extend([0, 0]);
    // The GPS directory stands at 38: after the header (8), the count (2), two entries (24) and the end (4).
    tiff.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
    tiff.extend([0, 0, 0, 0]);
    tiff.extend(1_u16.to_be_bytes());
    tiff.extend([0, 1, 0, 2, 0, 0, 0, 2, b'N', 0, 0, 0]);
    tiff.extend([0, 0, 0, 0]);
    tiff.extend(b"GPS-36.8131N-118.0548E");
    let mut segment = b"Exif\0\0".to_vec();
    segment.extend(tiff);
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1];
    bytes.extend(u16::try_from(segment.len() + 2).unwrap().to_be_bytes());
    bytes.extend(segment);
    bytes.extend(&jpeg[2..]);
    bytes
}

/// A PNG that announces `width` x `height` pixels and holds almost none; checksums are right.
pub(crate) fn png_bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    bytes.extend(png_chunk(*b"IHDR", &header));
    bytes.extend(png_chunk(*b"IDAT", &[0x78, 0x9c, 0x63, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01]));
    bytes.extend(png_chunk(*b"IEND", &[]));
    bytes
}

/// One chunk of a PNG with its length and checksum.
pub(crate) fn png_chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
    bytes.extend(kind);
    bytes.extend(data);
    bytes.extend(checksum(kind.iter().chain(data)).to_be_bytes());
    bytes
}

/// CRC-32 as PNG wants it.
fn checksum<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// A JPEG whose header announces `width` x `height` pixels.
pub(crate) fn jpeg_bomb(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg(64, 64);
    let frame = bytes.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// The bytes as an upload in chunks of 10,000 bytes.
pub(crate) fn upload(bytes: &[u8]) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    let chunks: Vec<_> = bytes.chunks(10_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    stream::iter(chunks)
}

/// Files that would cost much more to decode than to send, each with its name.
pub(crate) fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let mut scans = progressive_jpeg(64, 64);
    // An empty scan again and again, before the end mark.
    scans.truncate(scans.len() - 2);
    scans.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0x10].repeat(20_000));
    scans.extend([0xff, 0xd9]);
    let mut frames = png(8, 8);
    frames.splice(33..33, png_chunk(*b"acTL", &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
    vec![
        ("PNG of 50,000 x 50,000", png_bomb(50_000, 50_000)),
        ("PNG of 2 to the power of 31", png_bomb(1 << 31, 1 << 31)),
        ("PNG one pixel high", png_bomb(u32::MAX, 1)),
        ("JPEG of 65,535 x 65,535", jpeg_bomb(65_535, 65_535)),
        ("JPEG of 20,000 scans", scans),
        ("PNG of four thousand million frames", frames),
        ("GIF of many frames", b"GIF89a\xff\xff\xff\xff".repeat(1000)),
        ("WebP of 16,383 x 16,383", webp_bomb()),
        ("HEIC of 60,000 x 60,000", heic_bomb(60_000)),
    ]
}

fn webp_bomb() -> Vec<u8> {
    let frame = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f];
    let mut bytes = b"RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0".to_vec();
    bytes.extend(frame);
    bytes
}

/// The HEIC sample with another size in its header.
pub(crate) fn heic_bomb(side: u32) -> Vec<u8> {
    let mut bytes = HEIC.to_vec();
    for at in 0..bytes.len() - 16 {
        if bytes[at..].starts_with(b"ispe") {
            bytes[at + 8..at + 12].copy_from_slice(&side.to_be_bytes());
            bytes[at + 12..at + 16].copy_from_slice(&side.to_be_bytes());
        }
    }
    bytes
}

/// A JPEG whose tables were taken out.
pub(crate) fn jpeg_without_tables(width: u16, height: u16) -> Vec<u8> {
    let bytes = jpeg_bomb(width, height);
    let mut kept = bytes[..2].to_vec();
    let mut at = 2;
    while bytes[at + 1] != 0xda {
        let end = at + 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        if bytes[at + 1] != 0xc4 {
            kept.extend(&bytes[at..end]);
        }
        at = end;
    }
    kept.extend(&bytes[at..]);
    kept
}

/// Puts a comment behind the start of a JPEG.
pub(crate) fn with_comment(jpeg: &[u8], comment: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xfe];
    bytes.extend(u16::try_from(comment.len() + 2).unwrap().to_be_bytes());
    bytes.extend(comment);
    bytes.extend(&jpeg[2..]);
    bytes
}

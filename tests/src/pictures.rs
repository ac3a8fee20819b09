//! Photos for the service to take: real JPEG files of a drawn road with two cars, each seed another scene.

use std::io::Cursor;

use image::{ImageError, Rgb, RgbImage, codecs::jpeg::JpegEncoder};

/// JPEG quality of a phone's camera.
const QUALITY: u8 = 85;

/// From where a photo is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Both cars from in front; 1.9 megapixels.
    Front,
    /// Both cars from behind; 1.9 megapixels.
    Rear,
    /// Close to where they touch; 3.1 megapixels.
    Close,
    /// One plate; 1.2 megapixels.
    Plate,
}

impl View {
    /// Sets the pictures of one seed apart.
    fn salt(self) -> u64 {
        match self {
            Self::Front => 1 << 60,
            Self::Rear => 2 << 60,
            Self::Close => 3 << 60,
            Self::Plate => 4 << 60,
        }
    }

    fn size(self) -> (u32, u32) {
        match self {
            Self::Front | Self::Rear => (1600, 1200),
            Self::Close => (2048, 1536),
            Self::Plate => (1280, 960),
        }
    }
}

/// A small random sequence (SplitMix64): the same seed always draws the same picture.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which must not be 0.
    fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound)).unwrap_or_default()
    }

    fn colour(&mut self) -> Rgb<u8> {
        let [red, green, blue, ..] = self.next().to_le_bytes();
        Rgb([red, green, blue])
    }
}

/// A JPEG file of one megapixel or more. Two seeds give two different files, and so do two views of one seed.
pub fn photo(seed: u64, view: View) -> Result<Vec<u8>, ImageError> {
    let mut dice = Dice(seed ^ view.salt());
    let (width, height) = view.size();
    let mut picture = road(width, height, &mut dice);
    let (first, second) = (dice.colour(), dice.colour());
    match view {
        View::Front | View::Rear => {
            let offset = dice.below(width / 8);
            car(&mut picture, (width / 10 + offset, height / 2), width / 3, first);
            car(&mut picture, (width / 10 + offset + width / 3, height / 2 + height / 20), width / 3, second);
        }
        View::Close => {
            car(&mut picture, (0, height / 4), width * 11 / 20, first);
            car(&mut picture, (width * 11 / 20, height / 4 + dice.below(height / 20)), width, second);
        }
        View::Plate => plate(&mut picture, &mut dice),
    }
    let mut file = Cursor::new(Vec::new());
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut file, QUALITY))?;
    Ok(file.into_inner())
}

/// Sky above, grey road below with dashed lane lines; grain over all of it, as every sensor has.
fn road(width: u32, height: u32, dice: &mut Dice) -> RgbImage {
    let horizon = height * 2 / 5;
    let daylight = u8::try_from(120 + dice.below(100)).unwrap_or(u8::MAX);
    RgbImage::from_fn(width, height, |x, y| {
        let [grain, ..] = dice.next().to_le_bytes();
        let grain = grain / 12;
        let dashed =
            (x / (width / 12)).is_multiple_of(2) && (height * 9 / 10..height * 9 / 10 + 12).contains(&y);
        if y < horizon {
            Rgb([daylight / 2, daylight.saturating_sub(30), daylight]).map_with(grain)
        } else if dashed {
            Rgb([225, 225, 215]).map_with(grain)
        } else {
            Rgb([88, 88, 92]).map_with(grain)
        }
    })
}

/// Adds grain to a colour.
trait Grained {
    fn map_with(self, grain: u8) -> Self;
}

impl Grained for Rgb<u8> {
    fn map_with(self, grain: u8) -> Self {
        Rgb(self.0.map(|channel| channel.saturating_add(grain)))
    }
}

fn rectangle(picture: &mut RgbImage, (left, top): (u32, u32), (wide, high): (u32, u32), colour: Rgb<u8>) {
    for y in top..(top + high).min(picture.height()) {
        for x in left..(left + wide).min(picture.width()) {
            picture.put_pixel(x, y, colour);
        }
    }
}

fn disc(picture: &mut RgbImage, (middle, level): (u32, u32), radius: u32, colour: Rgb<u8>) {
    for y in level.saturating_sub(radius)..(level + radius).min(picture.height()) {
        for x in middle.saturating_sub(radius)..(middle + radius).min(picture.width()) {
            if x.abs_diff(middle).pow(2) + y.abs_diff(level).pow(2) <= radius.pow(2) {
                picture.put_pixel(x, y, colour);
            }
        }
    }
}

/// A car seen from the side, `length` pixels long.
fn car(picture: &mut RgbImage, (left, top): (u32, u32), length: u32, paint: Rgb<u8>) {
    let high = length / 6;
    rectangle(picture, (left + length / 5, top), (length * 3 / 5, high), paint);
    rectangle(picture, (left + length / 4, top + high / 4), (length / 2, high / 2), Rgb([190, 215, 230]));
    rectangle(picture, (left, top + high), (length, high), paint);
    rectangle(picture, (left, top + high), (length / 30, high / 3), Rgb([230, 60, 40]));
    for axle in [left + length / 5, left + length * 4 / 5] {
        disc(picture, (axle, top + 2 * high), high / 2, Rgb([25, 25, 28]));
        disc(picture, (axle, top + 2 * high), high / 4, Rgb([150, 150, 155]));
    }
}

/// A blue plate with strokes instead of characters.
fn plate(picture: &mut RgbImage, dice: &mut Dice) {
    let (width, height) = picture.dimensions();
    rectangle(picture, (width / 5, height / 3), (width * 3 / 5, height / 5), Rgb([20, 60, 170]));
    for stroke in 0..14 {
        let left = width / 5 + width / 40 + stroke * width / 25;
        let high = height / 16 + dice.below(height / 12);
        rectangle(
            picture,
            (left, height / 3 + height / 40),
            (width / 90 + dice.below(width / 90), high),
            Rgb([240, 240, 240]),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_a_jpeg_of_one_to_three_and_a_half_megapixels() {
        for view in [View::Front, View::Rear, View::Close, View::Plate] {
            let file = photo(1, view).unwrap();
            let read = image::load_from_memory_with_format(&file, image::ImageFormat::Jpeg).unwrap();
            assert_eq!((read.width(), read.height()), view.size());
            assert!((1_000_000..3_500_000).contains(&(read.width() * read.height())), "{view:?}");
            assert!((50_000..4_000_000).contains(&file.len()), "{view:?}: {} bytes", file.len());
        }
    }

    #[test]
    fn each_seed_and_each_view_draws_its_own_picture_and_always_the_same() {
        assert_eq!(photo(7, View::Plate).unwrap(), photo(7, View::Plate).unwrap());
        assert_ne!(photo(7, View::Plate).unwrap(), photo(8, View::Plate).unwrap());
        assert_ne!(photo(7, View::Front).unwrap(), photo(7, View::Rear).unwrap());
    }
}

//! Photos as phones take them, made by code: 12 megapixels, about 3 MB, each number another scene and always the same.

use std::io;

use image::{Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// What most phones take.
pub(super) const WIDTH: u16 = 4032;
pub(super) const HEIGHT: u16 = 3024;

/// JPEG quality of a phone's camera; with the grain below it gives 3 MB.
const QUALITY: u8 = 90;
/// Pixels between the corners of the three textures.
const OCTAVES: [u32; 3] = [190, 37, 7];

/// A small random sequence (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound.max(1))).unwrap_or_default()
    }
}

fn mixed(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A scene as a JPEG file with colours at half the resolution, as cameras write them.
pub(super) fn photo(number: u64) -> io::Result<Vec<u8>> {
    let picture = scene(number, WIDTH.into(), HEIGHT.into());
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(picture.as_raw(), WIDTH, HEIGHT, ColorType::Rgb).map_err(io::Error::other)?;
    Ok(file)
}

/// The same file with a comment in it, so that it is another one to whoever hashes it.
pub(super) fn told_apart(photo: &[u8], mark: u128) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xfe, 0, 18];
    file.extend(mark.to_be_bytes());
    file.extend(photo.iter().skip(2));
    file
}

fn scene(number: u64, width: u32, height: u32) -> RgbImage {
    let mut dice = Dice(number);
    let horizon = height * (30 + dice.below(20)) / 100;
    let things: Vec<_> = (0..40).map(|_| Thing::throw(&mut dice, width, height)).collect();
    let seed = dice.next();
    let mut picture = RgbImage::new(width, height);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let ground = if y < horizon { [90, 130, 175] } else { [96, 94, 92] };
        let colour =
            things.iter().rev().find(|thing| thing.covers(x, y)).map_or(ground, |thing| thing.colour);
        let [coarse, middle, fine] = OCTAVES.map(|spacing| texture(seed, x, y, spacing));
        let grain = i32::try_from(mixed(seed ^ (u64::from(x) << 32) ^ u64::from(y)) % 17).unwrap_or(0) - 8;
        let light =
            coarse / 5 + middle / 9 + fine / 12 + grain + i32::try_from(y * 40 / height).unwrap_or(0) - 20;
        *pixel = Rgb(colour.map(|value| u8::try_from((value + light).clamp(0, 255)).unwrap_or(0)));
    }
    picture
}

/// A box or a disc.
struct Thing {
    middle: (u32, u32),
    half: (u32, u32),
    round: bool,
    colour: [i32; 3],
}

impl Thing {
    fn throw(dice: &mut Dice, width: u32, height: u32) -> Self {
        let half = (width / 100 + dice.below(width / 8), height / 100 + dice.below(height / 8));
        let colour = [0; 3].map(|_: i32| i32::try_from(20 + dice.below(210)).unwrap_or(0));
        Self { middle: (dice.below(width), dice.below(height)), half, round: dice.below(3) == 0, colour }
    }

    fn covers(&self, x: u32, y: u32) -> bool {
        let (across, down) = (x.abs_diff(self.middle.0), y.abs_diff(self.middle.1));
        if self.round {
            across * across + down * down < self.half.1 * self.half.1
        } else {
            across < self.half.0 && down < self.half.1
        }
    }
}

/// Random heights at corners, -128 to 127, and slopes between them.
fn texture(seed: u64, x: u32, y: u32, spacing: u32) -> i32 {
    let corner = |across: u32, down: u32| {
        let place = (u64::from(across) << 32) | u64::from(down);
        let [height, ..] = mixed(seed ^ place.wrapping_mul(u64::from(spacing))).to_le_bytes();
        i32::from(height) - 128
    };
    let (column, row) = (x / spacing, y / spacing);
    let part = |place: u32| i32::try_from(place % spacing).unwrap_or(0);
    let (right, down, whole) = (part(x), part(y), i32::try_from(spacing).unwrap_or(1));
    let top = corner(column, row) * (whole - right) + corner(column + 1, row) * right;
    let bottom = corner(column, row + 1) * (whole - right) + corner(column + 1, row + 1) * right;
    (top * (whole - down) + bottom * down) / (whole * whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_differ_by_number_only() {
        assert_eq!(scene(3, 60, 40), scene(3, 60, 40));
        assert_ne!(scene(3, 60, 40), scene(4, 60, 40));
    }

    #[test]
    fn a_mark_makes_another_file_of_the_same_picture() {
        let mut file = Vec::new();
        Encoder::new(&mut file, 90).encode(&[90; 64 * 3], 8, 8, ColorType::Rgb).unwrap();
        let (one, other) = (told_apart(&file, 1), told_apart(&file, 2));
        assert_ne!(one, other);
        assert_eq!(image::load_from_memory(&one).unwrap(), image::load_from_memory(&file).unwrap());
    }
}

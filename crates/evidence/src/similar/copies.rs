//! Photo-like pictures drawn from a seed, and the copies that people make of photos.
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels drawn for a test")]

use domain::evidence::PerceptualHash;
use image::{DynamicImage, GrayImage, Luma, codecs::jpeg::JpegEncoder, imageops};

use crate::looks::measure;

const WIDTH: u32 = 800;
const HEIGHT: u32 = 600;

/// A small random sequence (SplitMix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f32 {
        f32::from(u16::try_from(self.next() >> 48).unwrap()) / 65535.0
    }
}

/// Smooth noise of some octaves, each half as strong as the one before: light, shadow and texture as in nature.
struct Texture(Vec<(f32, Vec<f32>)>);

/// Cells a side of the coarsest octave.
const CELLS: usize = 3;

impl Texture {
    fn new(dice: &mut Dice) -> Self {
        Self(
            (0..6_u32)
                .map(|octave| {
                    let side = CELLS * (1 << octave) + 2;
                    (
                        0.6_f32.powi(octave.cast_signed()),
                        (0..side * side).map(|_| dice.share() - 0.5).collect(),
                    )
                })
                .collect(),
        )
    }

    /// At a place from 0 to 1 in both directions.
    fn at(&self, x: f32, y: f32) -> f32 {
        self.0
            .iter()
            .enumerate()
            .map(|(octave, (weight, values))| {
                let cells = CELLS << octave;
                let side = cells + 2;
                let (x, y) = (x * cells as f32, y * cells as f32);
                let (left, top) = (x as usize, y as usize);
                let (dx, dy) = (x.fract(), y.fract());
                let value = |column: usize, row: usize| values[row * side + column];
                let above = value(left, top) * (1.0 - dx) + value(left + 1, top) * dx;
                let below = value(left, top + 1) * (1.0 - dx) + value(left + 1, top + 1) * dx;
                weight * (above * (1.0 - dy) + below * dy)
            })
            .sum()
    }
}

/// A road under a sky with a few cars, shadows and texture; each seed another scene.
pub(super) fn picture(seed: u64) -> GrayImage {
    let mut dice = Dice(seed.wrapping_mul(7919) + 13);
    let texture = Texture::new(&mut dice);
    let horizon = 0.2 + 0.4 * dice.share();
    let (sky, road) = (120.0 + 120.0 * dice.share(), 50.0 + 90.0 * dice.share());
    let boxes: Vec<[f32; 5]> = (0..3 + dice.next() % 5)
        .map(|_| {
            let (wide, high) = (0.1 + 0.4 * dice.share(), 0.08 + 0.3 * dice.share());
            [dice.share() - wide / 2.0, horizon - 0.1 + 0.6 * dice.share(), wide, high, 255.0 * dice.share()]
        })
        .collect();
    GrayImage::from_fn(WIDTH, HEIGHT, |column, row| {
        let (x, y) = (column as f32 / WIDTH as f32, row as f32 / HEIGHT as f32);
        let ground = if y < horizon { sky } else { road };
        let base = boxes
            .iter()
            .rev()
            .find(|[left, top, wide, high, _]| {
                (*left..left + wide).contains(&x) && (*top..top + high).contains(&y)
            })
            .map_or(ground, |[.., light]| *light);
        let grain = f32::from(u8::try_from(dice.next() >> 56).unwrap()) / 32.0;
        Luma([(base + 110.0 * texture.at(x, y) + grain).clamp(0.0, 255.0) as u8])
    })
}

/// The hash as the intake makes it.
pub(super) fn hash_of(picture: &GrayImage) -> PerceptualHash {
    measure(picture.clone()).unwrap().0
}

fn resized(picture: &GrayImage) -> GrayImage {
    imageops::resize(picture, WIDTH * 2 / 5, HEIGHT * 2 / 5, imageops::FilterType::Triangle)
}

fn recompressed(picture: &GrayImage) -> GrayImage {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 30).encode_image(picture).unwrap();
    image::load_from_memory(&file).unwrap().into_luma8()
}

fn brightened(picture: &GrayImage) -> GrayImage {
    let mut copy = picture.clone();
    copy.pixels_mut().for_each(|pixel| pixel.0[0] = pixel.0[0].saturating_add(40));
    copy
}

fn more_contrast(picture: &GrayImage) -> GrayImage {
    imageops::contrast(picture, 25.0)
}

/// Without 5 % of its width and height, off one corner as people crop.
fn cropped(picture: &GrayImage) -> GrayImage {
    imageops::crop_imm(picture, WIDTH / 20, HEIGHT / 20, WIDTH * 19 / 20, HEIGHT * 19 / 20).to_image()
}

/// Without 5 % of its width and height, evenly all around.
fn trimmed(picture: &GrayImage) -> GrayImage {
    imageops::crop_imm(picture, WIDTH / 40, HEIGHT / 40, WIDTH * 19 / 20, HEIGHT * 19 / 20).to_image()
}

/// As a chat program sends it on: smaller and recompressed.
fn forwarded(picture: &GrayImage) -> GrayImage {
    recompressed(&resized(picture))
}

fn mirrored(picture: &GrayImage) -> GrayImage {
    DynamicImage::ImageLuma8(picture.clone()).fliph().into_luma8()
}

/// The name of a kind of copy, the least share of copies that must be found, in per cent, and how it is made.
type Copy = (&'static str, f64, fn(&GrayImage) -> GrayImage);

/// Kinds of copies. A mirrored one is a different picture to this hash, and is here to show it.
pub(super) const COPIES: [Copy; 8] = [
    ("resized to 40 %", 99.0, resized),
    ("recompressed at quality 30", 99.0, recompressed),
    ("forwarded by chat", 99.0, forwarded),
    ("brightened by 40 of 255", 95.0, brightened),
    ("more contrast", 90.0, more_contrast),
    ("trimmed by 5 % all around", 90.0, trimmed),
    ("cropped by 5 % off a corner", 40.0, cropped),
    ("mirrored", 0.0, mirrored),
];

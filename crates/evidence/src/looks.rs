//! How a photo looks, measured on the brightness of its viewing copy: a perceptual hash for finding alike ones, and
//! whether it is sharp and well lit.

use domain::evidence::{PerceptualHash, Quality};
use image::{DynamicImage, GrayImage};

use crate::picture::shrink;

/// Longest side at which sharpness and light are measured, so that all cameras are held to the same.
const MEASURED_SIDE: u32 = 640;
/// Up to this brightness a pixel counts as nearly black.
const NEARLY_BLACK: u8 = 20;
/// From this brightness on a pixel counts as nearly white.
const NEARLY_WHITE: u8 = 250;
/// Side of the little picture that is transformed for the hash.
const GRID: usize = 32;
/// Frequencies a direction that the hash is made of, without the constant part.
const KEPT: usize = 8;

/// Hash and quality; `None` only for a picture without pixels.
pub(crate) fn measure(luma: GrayImage) -> Option<(PerceptualHash, Quality)> {
    let sample = shrink(DynamicImage::ImageLuma8(luma), MEASURED_SIDE)?.into_luma8();
    Some((perceptual_hash(&sample)?, quality(&sample)))
}

/// The pHash of Zauner (2010): signs of the lowest frequencies against their median.
fn perceptual_hash(luma: &GrayImage) -> Option<PerceptualHash> {
    let grid = squeezed(luma)?;
    let waves = waves();
    // Rows first, then columns; only the frequencies that are kept.
    let mut rows = [[0.0_f32; KEPT]; GRID];
    for (frequencies, row) in rows.iter_mut().zip(grid.chunks_exact(GRID)) {
        for (frequency, wave) in frequencies.iter_mut().zip(&waves) {
            *frequency = wave.iter().zip(row).map(|(wave, pixel)| wave * f32::from(*pixel)).sum();
        }
    }
    let mut found = [0.0_f32; KEPT * KEPT];
    for (line, wave) in found.chunks_exact_mut(KEPT).zip(&waves) {
        for (weight, row) in wave.iter().zip(&rows) {
            line.iter_mut().zip(row).for_each(|(sum, frequency)| *sum += weight * frequency);
        }
    }
    let mut sorted = found;
    sorted.sort_by(f32::total_cmp);
    let [.., below, above] = sorted.first_chunk::<{ KEPT * KEPT / 2 + 1 }>()?;
    let median = f32::midpoint(*below, *above);
    Some(PerceptualHash(found.iter().fold(0, |hash, value| (hash << 1) | u64::from(*value > median))))
}

/// The picture in 32 by 32 pixels, whatever its shape.
fn squeezed(luma: &GrayImage) -> Option<Vec<u8>> {
    use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
    let side = u32::try_from(GRID).ok()?;
    let mut grid = DynamicImage::new_luma8(side, side);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box));
    Resizer::new().resize(&DynamicImage::ImageLuma8(luma.clone()), &mut grid, &options).ok()?;
    Some(grid.into_luma8().into_raw())
}

/// Cosine waves of one to eight half periods.
fn waves() -> [[f32; GRID]; KEPT] {
    let mut waves = [[0.0; GRID]; KEPT];
    let mut frequency = 0.0;
    for wave in &mut waves {
        frequency += 1.0;
        let mut place = 0.5;
        for value in wave.iter_mut() {
            *value = f32::cos(std::f32::consts::PI * frequency * place / 32.0);
            place += 1.0;
        }
    }
    waves
}

fn quality(luma: &GrayImage) -> Quality {
    let pixels = luma.as_raw();
    let (mut sum, mut dark, mut bright) = (0_i64, 0_i64, 0_i64);
    for pixel in pixels {
        sum += i64::from(*pixel);
        dark += i64::from(*pixel <= NEARLY_BLACK);
        bright += i64::from(*pixel >= NEARLY_WHITE);
    }
    let count = i64::try_from(pixels.len()).unwrap_or(i64::MAX).max(1);
    let share = |part: i64| i32::try_from(part * 1000 / count).unwrap_or(1000);
    Quality {
        sharpness: sharpness(luma),
        brightness: i32::try_from(sum / count).unwrap_or(255),
        dark: share(dark),
        bright: share(bright),
    }
}

/// Variance of the Laplacian: how strongly each pixel differs from its four neighbours.
fn sharpness(luma: &GrayImage) -> i32 {
    let Ok(width) = usize::try_from(luma.width()) else { return 0 };
    let rows = luma.as_raw().chunks_exact(width.max(1));
    let (mut sum, mut squares, mut count) = (0_i64, 0_i64, 0_i64);
    for ((above, row), below) in rows.clone().zip(rows.clone().skip(1)).zip(rows.skip(2)) {
        let neighbours = above.iter().zip(below).skip(1);
        let (mut row_sum, mut row_squares) = (0_i32, 0_i32);
        for (window, (above, below)) in row.windows(3).zip(neighbours) {
            let [left, middle, right] = window else { continue };
            let around = i32::from(*above) + i32::from(*below) + i32::from(*left) + i32::from(*right);
            let laplacian = around - 4 * i32::from(*middle);
            row_sum += laplacian;
            // At most 1020 squared, and at most 640 of them in a row.
            row_squares += laplacian * laplacian;
        }
        sum += i64::from(row_sum);
        squares += i64::from(row_squares);
        count += i64::try_from(width.saturating_sub(2)).unwrap_or(0);
    }
    let count = count.max(1);
    let variance = (squares - sum * sum / count) / count;
    i32::try_from(variance).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use image::{Luma, imageops};

    use super::*;

    /// Stripes and a disc: edges and large shapes.
    fn scene() -> GrayImage {
        GrayImage::from_fn(640, 480, |x, y| {
            let in_disc = x.abs_diff(200).pow(2) + y.abs_diff(180).pow(2) < 90_u32.pow(2);
            let stripes = if (x / 40 + y / 90).is_multiple_of(2) { 70 } else { 150 };
            Luma([if in_disc { 220 } else { stripes + u8::try_from((x * 7 + y * 3) % 20).unwrap() }])
        })
    }

    #[test]
    fn a_blurred_copy_is_less_sharp_and_tells_so() {
        let sharp = measure(scene()).unwrap().1;
        let blurred = measure(imageops::blur(&scene(), 6.0)).unwrap().1;
        assert!(sharp.sharpness > 200, "{sharp:?}");
        assert!(blurred.sharpness < 20, "{blurred:?}");
        assert_eq!(sharp.hint(), None);
        assert_eq!(blurred.hint(), Some(domain::evidence::Hint::Blurred));
    }

    #[test]
    fn night_and_glare_tell_what_to_do() {
        let lit = |light: fn(u8) -> u8| {
            let mut picture = scene();
            picture.pixels_mut().for_each(|pixel| pixel.0[0] = light(pixel.0[0]));
            measure(picture).unwrap().1
        };
        assert_eq!(lit(|pixel| pixel / 8).hint(), Some(domain::evidence::Hint::TooDark));
        assert_eq!(lit(|pixel| pixel.saturating_add(150)).hint(), Some(domain::evidence::Hint::TooBright));
    }

    #[test]
    fn another_picture_has_a_far_hash_and_a_brighter_copy_a_near_one() {
        let hash = |picture: GrayImage| measure(picture).unwrap().0;
        let mut brighter = scene();
        brighter.pixels_mut().for_each(|pixel| pixel.0[0] = pixel.0[0].saturating_add(25));
        assert!(hash(scene()).distance(hash(brighter)) <= 4);
        assert!(hash(scene()).distance(hash(imageops::flip_vertical(&scene()))) > 16);
    }

    #[test]
    fn the_smallest_pictures_can_be_measured() {
        for (width, height) in [(1, 1), (2, 1), (1, 640), (640, 2), (3, 3)] {
            let (_, quality) = measure(GrayImage::new(width, height)).unwrap();
            assert_eq!((quality.sharpness, quality.brightness, quality.dark), (0, 0, 1000));
        }
    }
}

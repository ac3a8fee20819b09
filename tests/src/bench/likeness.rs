//! How much a small picture resembles a careful reduction of the large one: SSIM of brightness (Wang et al. 2004), 1 for
//! the same.

use image::{DynamicImage, GrayImage, imageops::FilterType};

/// Side of the windows that are compared, and the distance between them.
const WINDOW: u32 = 8;
const STEP: u32 = 4;
/// The constants of the paper for 8 bits.
const STEADY_MEAN: f64 = 6.5025;
const STEADY_SPREAD: f64 = 58.5225;

/// The large picture reduced to the size of `like`, in floating point, as brightness.
pub(super) fn reduced(large: &DynamicImage, like: &GrayImage) -> GrayImage {
    DynamicImage::ImageRgb32F(large.to_rgb32f())
        .resize_exact(like.width(), like.height(), FilterType::Lanczos3)
        .to_luma8()
}

/// Mean SSIM over all windows.
pub(super) fn ssim(one: &GrayImage, other: &GrayImage) -> f64 {
    let across = (0..=one.width().saturating_sub(WINDOW)).step_by(4);
    let places = (0..=one.height().saturating_sub(WINDOW))
        .step_by(usize::try_from(STEP).unwrap_or(1))
        .flat_map(|y| across.clone().map(move |x| (x, y)));
    let (sum, count) =
        places.fold((0.0, 0.0), |(sum, count), (x, y)| (sum + window(one, other, x, y), count + 1.0));
    sum / f64::max(count, 1.0)
}

fn window(one: &GrayImage, other: &GrayImage, left: u32, top: u32) -> f64 {
    let (mut a, mut b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for y in top..top + WINDOW {
        for x in left..left + WINDOW {
            let (p, q) = (f64::from(one.get_pixel(x, y).0[0]), f64::from(other.get_pixel(x, y).0[0]));
            a += p;
            b += q;
            aa += p * p;
            bb += q * q;
            ab += p * q;
        }
    }
    let count = f64::from(WINDOW * WINDOW);
    let (a, b) = (a / count, b / count);
    let (spread_a, spread_b, together) = (aa / count - a * a, bb / count - b * b, ab / count - a * b);
    ((2.0 * a * b + STEADY_MEAN) * (2.0 * together + STEADY_SPREAD))
        / ((a * a + b * b + STEADY_MEAN) * (spread_a + spread_b + STEADY_SPREAD))
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn the_same_is_one_and_noise_is_less() {
        let picture = GrayImage::from_fn(64, 48, |x, y| Luma([u8::try_from((x * 3 + y * 5) % 200).unwrap()]));
        let noisy = GrayImage::from_fn(64, 48, |x, y| {
            Luma([picture.get_pixel(x, y).0[0] + u8::try_from((x * 7919 + y * 104_729) % 40).unwrap()])
        });
        assert!((ssim(&picture, &picture) - 1.0).abs() < 1e-9);
        assert!(ssim(&picture, &noisy) < 0.95);
    }
}

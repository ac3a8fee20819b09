//! The perceptual hash: copies of a photo that were sent on, brightened or cropped stay near, other photos stay far.

use domain::evidence::PerceptualHash;
use evidence::PhotoIntake;
use image::{RgbImage, imageops};

use crate::samples::{self, new_intake, upload};

async fn hash(intake: &PhotoIntake, picture: &RgbImage, quality: u8) -> PerceptualHash {
    let received = intake.receive(upload(&samples::jpeg_of(picture, quality))).await.unwrap();
    intake.examine(received.digest).await.unwrap().perceptual.unwrap()
}

fn brightened(picture: &RgbImage) -> RgbImage {
    let mut copy = picture.clone();
    copy.iter_mut().for_each(|value| *value = value.saturating_add(30));
    copy
}

/// Without a twentieth of its width and height, taken from all sides.
fn cropped(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    imageops::crop_imm(picture, width / 40, height / 40, width * 19 / 20, height * 19 / 20).to_image()
}

#[tokio::test]
async fn copies_stay_near_and_other_photos_far() {
    let (_folder, intake) = new_intake().await;
    let mut originals = Vec::new();
    let (mut worst_copy, mut worst_crop) = (0, 0);
    for seed in 0..16 {
        let photo = samples::street(seed, 1280, 960);
        let original = hash(&intake, &photo, 92).await;
        for copy in [
            hash(&intake, &photo, 40).await,
            hash(&intake, &imageops::thumbnail(&photo, 640, 480), 80).await,
            hash(&intake, &imageops::thumbnail(&photo, 333, 250), 70).await,
            hash(&intake, &brightened(&photo), 85).await,
        ] {
            worst_copy = worst_copy.max(original.distance(copy));
        }
        worst_crop = worst_crop.max(original.distance(hash(&intake, &cropped(&photo), 85).await));
        originals.push(original);
    }
    let mut nearest_other = u32::MAX;
    for (at, one) in originals.iter().enumerate() {
        for other in &originals[at + 1..] {
            nearest_other = nearest_other.min(one.distance(*other));
        }
    }
    println!("copies at most {worst_copy} bits, crops at most {worst_crop}, others at least {nearest_other}");
    assert!(worst_copy <= 6, "{worst_copy}");
    assert!(worst_crop <= 18, "{worst_crop}");
    assert!(nearest_other > worst_copy, "{nearest_other}");
}

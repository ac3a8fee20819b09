//! What an examination finds: the file's own words, HEIC by another program, light and sharpness; and that it may be
//! repeated, interrupted and left without its decoder.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, time::Duration};

use domain::{
    digest::Digest,
    evidence::{Examination, Hint, Readability, Trace, Unreadable},
};
use evidence::{HeicConverter, MediaType, ObjectKey, ObjectKind, PhotoIntake, Received, StoreError};
use image::{DynamicImage, imageops};
use tempfile::TempDir;

use crate::samples::{self, new_intake, upload};

async fn examined(intake: &PhotoIntake, bytes: &[u8]) -> (Received, Examination) {
    let received = intake.receive(upload(bytes)).await.unwrap();
    (received, intake.examine(received.digest).await.unwrap())
}

fn has_converter() -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .any(|folder| folder.join("heif-convert").is_file())
}

/// A program of a few lines that stands for the converter.
fn script(folder: &TempDir, lines: &str) -> PathBuf {
    let path = folder.path().join("convert.sh");
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

async fn with_program(program: PathBuf) -> (TempDir, PhotoIntake) {
    let (folder, intake) = new_intake().await;
    (folder, intake.with_converter(HeicConverter { program, ..HeicConverter::default() }))
}

fn assert_says_what_the_camera_said(examination: &Examination) {
    let exif = &examination.exif;
    assert!(exif.present);
    assert_eq!(exif.taken_at.unwrap().to_rfc3339(), "2026-11-23T00:15:30+00:00");
    assert_eq!(exif.taken_at_local, None);
    let place = exif.place.unwrap();
    assert!((place.latitude - 36.8131).abs() < 1e-6 && (place.longitude - 118.0548).abs() < 1e-6);
    assert_eq!((exif.make.as_deref(), exif.model.as_deref()), (Some("Kuaichu"), Some("Test Phone")));
    assert_eq!(exif.software.as_deref(), Some("1.0"));
    assert_eq!(examination.traces, []);
}

#[tokio::test]
async fn heic_is_kept_read_and_shown() {
    let (_folder, intake) = new_intake().await;
    let (received, examination) = examined(&intake, samples::HEIC).await;
    assert_eq!(received.media_type, MediaType::Heic);
    assert_eq!((received.width, received.height), (400, 300));
    assert_says_what_the_camera_said(&examination);
    if !has_converter() {
        assert_eq!(examination.readability, Readability::Unreadable(Unreadable::NoDecoder));
        return;
    }
    assert!(examination.is_readable());
    assert_eq!(examination.hint(), None);
    let view = intake.open_view(received.digest).await.unwrap();
    let shown = image::load_from_memory_with_format(&view, image::ImageFormat::Jpeg).unwrap().to_rgb8();
    assert_eq!(shown.dimensions(), (400, 300));
    let [red, green, blue] = shown.get_pixel(110, 170).0;
    assert!(red > 170 && green < 80 && blue < 80, "the left car is red");
    assert!(!view.windows(4).any(|window| window == b"Exif"));
    assert!(intake.open_thumbnail(received.digest).await.is_ok());
}

#[tokio::test]
async fn heic_without_its_decoder_is_kept_and_marked_and_shown_once_there_is_one() {
    let (folder, intake) = with_program("no-such-program-anywhere".into()).await;
    let (received, examination) = examined(&intake, samples::HEIC).await;
    assert_eq!(examination.readability, Readability::Unreadable(Unreadable::NoDecoder));
    assert_says_what_the_camera_said(&examination);
    assert!(matches!(intake.open_view(received.digest).await, Err(StoreError::Missing(_))));
    let jpeg = folder.path().join("ready.jpg");
    fs::write(&jpeg, samples::jpeg(400, 300)).unwrap();
    let program = script(&folder, &format!("cp '{}' out-1.jpg", jpeg.display()));
    let later = intake.with_converter(HeicConverter { program, ..HeicConverter::default() });
    assert!(later.examine(received.digest).await.unwrap().is_readable());
    assert!(later.open_view(received.digest).await.is_ok());
}

#[tokio::test]
async fn a_converter_that_fails_hangs_or_fills_the_disk_costs_one_photo_its_copies() {
    for (lines, why) in [
        ("exit 1", Unreadable::Damaged),
        ("exit 0", Unreadable::Damaged),
        ("echo this is no picture > out.jpg", Unreadable::Damaged),
        ("kill -9 $$", Unreadable::NoDecoder),
        ("exec tail -f /dev/null", Unreadable::NoDecoder),
        ("while :; do :; done", Unreadable::NoDecoder),
        ("exec head -c 2000000 /dev/zero > out.jpg", Unreadable::NoDecoder),
    ] {
        let (folder, intake) = new_intake().await;
        let program = script(&folder, lines);
        let time = Duration::from_secs(1);
        let converter = HeicConverter { program, time, output: 1_000_000, ..HeicConverter::default() };
        let (_, examination) = examined(&intake.with_converter(converter), samples::HEIC).await;
        assert_eq!(examination.readability, Readability::Unreadable(why), "{lines}");
    }
}

#[tokio::test]
async fn exif_of_a_jpeg_is_read_and_its_time_without_a_zone_stays_local() {
    let (_folder, intake) = new_intake().await;
    let (_, plain) = examined(&intake, &samples::jpeg(640, 480)).await;
    assert!(!plain.exif.present);
    assert_eq!(plain.traces, [Trace::NoCamera]);
    let zoned = samples::with_tiff(&samples::jpeg(640, 480), &samples::camera_exif(true));
    assert_says_what_the_camera_said(&examined(&intake, &zoned).await.1);
    let zoneless = samples::with_tiff(&samples::jpeg(640, 480), &samples::camera_exif(false));
    let (_, zoneless) = examined(&intake, &zoneless).await;
    assert_eq!(zoneless.exif.taken_at, None);
    assert_eq!(zoneless.exif.taken_at_local.unwrap().to_string(), "2026-11-23 08:15:30");
}

#[tokio::test]
async fn png_and_webp_carry_exif_too() {
    let (_folder, intake) = new_intake().await;
    let tiff = samples::camera_exif(true);
    let mut png = samples::png(320, 240);
    png.splice(33..33, samples::png_chunk(*b"eXIf", &tiff));
    let (_, examination) = examined(&intake, &png).await;
    assert!(examination.is_readable());
    assert_says_what_the_camera_said(&examination);

    let mut webp = samples::webp(320, 240);
    webp.extend(b"EXIF");
    webp.extend(u32::try_from(tiff.len()).unwrap().to_le_bytes());
    webp.extend(&tiff);
    webp.resize(webp.len().next_multiple_of(2), 0);
    let length = u32::try_from(webp.len() - 8).unwrap();
    webp[4..8].copy_from_slice(&length.to_le_bytes());
    assert_says_what_the_camera_said(&examined(&intake, &webp).await.1);
}

#[tokio::test]
async fn the_driver_is_told_at_once_what_to_do_better() {
    let (_folder, intake) = new_intake().await;
    let scene = samples::street(1, 1600, 1200);
    let lit = |share: u32, offset: u32| {
        let mut picture = scene.clone();
        picture.iter_mut().for_each(|value| {
            *value = u8::try_from((u32::from(*value) * share / 100 + offset).min(255)).unwrap();
        });
        picture
    };
    let blurred = imageops::blur(&imageops::thumbnail(&scene, 800, 600), 6.0);
    for (picture, hint) in [
        (scene.clone(), None),
        (lit(12, 0), Some(Hint::TooDark)),
        (lit(40, 175), Some(Hint::TooBright)),
        (blurred, Some(Hint::Blurred)),
    ] {
        let (_, examination) = examined(&intake, &samples::jpeg_of(&picture, 88)).await;
        assert_eq!(examination.hint(), hint, "{:?}", examination.quality);
    }
}

#[tokio::test]
async fn an_examination_gives_the_same_answer_every_time() {
    let (_folder, intake) = new_intake().await;
    let bytes = samples::with_tiff(&samples::jpeg(2000, 1500), &samples::camera_exif(true));
    let (received, first) = examined(&intake, &bytes).await;
    let view = intake.open_view(received.digest).await.unwrap();
    assert_eq!(intake.examine(received.digest).await.unwrap(), first);
    assert_eq!(intake.open_view(received.digest).await.unwrap(), view);
}

#[tokio::test]
async fn nothing_is_concluded_about_a_photo_whose_bytes_are_gone_or_changed() {
    let (folder, intake) = new_intake().await;
    assert!(matches!(intake.examine(Digest::of(b"never seen")).await, Err(StoreError::Missing(_))));
    let received = intake.receive(upload(&samples::jpeg(320, 240))).await.unwrap();
    let path = folder.path().join(ObjectKey::new(ObjectKind::Original, received.digest).to_string());
    let kept = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, samples::jpeg(320, 241)).unwrap();
    assert!(matches!(intake.examine(received.digest).await, Err(StoreError::Damaged(_))));
    assert!(matches!(intake.open_view(received.digest).await, Err(StoreError::Missing(_))));
    fs::write(&path, kept).unwrap();
    assert!(intake.examine(received.digest).await.unwrap().is_readable(), "as soon as they are back");
}

#[tokio::test]
async fn more_photos_than_workers_are_all_examined() {
    let (_folder, intake) = new_intake().await;
    let mut waiting = tokio::task::JoinSet::new();
    for seed in 0..12 {
        let intake = intake.clone();
        let bytes = samples::png_of(&DynamicImage::ImageRgb8(samples::street(seed, 400, 300)));
        waiting.spawn(async move { examined(&intake, &bytes).await.1 });
    }
    assert!(waiting.join_all().await.iter().all(Examination::is_readable));
}

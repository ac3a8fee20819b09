//! Bad photos: each is refused by its header with its reason and nothing of it is kept, or it is kept and marked as one
//! that cannot be shown. Nothing panics, nothing takes long.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::evidence::{Examination, Readability, Trace, Unreadable};
use evidence::{FolderStore, IntakeError, IntakeLimits, PhotoIntake, Received, StoreError};
use futures_util::{TryStreamExt as _, stream};

use crate::samples::{self, new_intake, upload};

/// Uploads, expects a refusal, and checks that nothing was kept.
async fn refusal(bytes: &[u8]) -> IntakeError {
    let (folder, intake) = new_intake().await;
    let refused = intake.receive(upload(bytes)).await.unwrap_err();
    let kept: Vec<_> = intake.list_originals().try_collect().await.unwrap();
    assert!(kept.is_empty());
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
    refused
}

/// Uploads, expects that it is kept, and gives what was found in it.
async fn examined(intake: &PhotoIntake, bytes: &[u8]) -> (Received, Examination) {
    let received = intake.receive(upload(bytes)).await.unwrap();
    (received, intake.examine(received.digest).await.unwrap())
}

/// Uploads, and expects that it is kept and marked as damaged, without copies.
async fn marked(bytes: &[u8]) {
    let (_folder, intake) = new_intake().await;
    let (received, examination) = examined(&intake, bytes).await;
    assert_eq!(examination.readability, Readability::Unreadable(Unreadable::Damaged));
    assert_eq!((examination.perceptual, examination.quality), (None, None));
    assert!(matches!(intake.open_view(received.digest).await, Err(StoreError::Missing(_))));
    assert!(matches!(intake.open_thumbnail(received.digest).await, Err(StoreError::Missing(_))));
    assert!(intake.open_original(received.digest).await.is_ok());
}

fn is_of_the_bytes(refused: &IntakeError) -> bool {
    !matches!(refused, IntakeError::Store(_) | IntakeError::Interrupted { .. } | IntakeError::Empty)
}

async fn limited(limits: IntakeLimits, bytes: &[u8]) -> Result<(), IntakeError> {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).await.unwrap();
    PhotoIntake::new(Arc::new(store), limits, 1).receive(upload(bytes)).await.map(drop)
}

#[tokio::test]
async fn no_bytes_are_no_photo() {
    assert!(matches!(refusal(b"").await, IntakeError::Empty));
}

#[tokio::test]
async fn what_is_not_an_image_is_refused_whatever_it_calls_itself() {
    for bytes in [
        &b"hello"[..],
        b"\0",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"PK\x03\x04 a zip",
        b"<?php echo 1; ?>",
    ] {
        assert!(matches!(refusal(bytes).await, IntakeError::NotAnImage));
    }
}

#[tokio::test]
async fn known_formats_that_are_not_accepted_are_refused_by_name() {
    for (bytes, name) in [
        (&b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"[..], "AVIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "a video"),
        (b"%PDF-1.7\n", "PDF"),
        (b"GIF89a\x01\0\x01\0", "GIF"),
        (b"II\x2a\0\x08\0\0\0", "TIFF"),
    ] {
        let refused = refusal(bytes).await;
        assert!(matches!(refused, IntakeError::UnsupportedFormat { found } if found == name), "{refused:?}");
    }
}

#[tokio::test]
async fn magic_bytes_alone_do_not_make_a_photo() {
    let starts = [
        &b"\xff\xd8\xff\xe0"[..],
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x40\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    ];
    for start in starts {
        for filling in [0x00, 0x55, 0xff] {
            let mut bytes = start.to_vec();
            bytes.extend([filling; 200]);
            let refused = refusal(&bytes).await;
            assert!(is_of_the_bytes(&refused), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn a_photo_of_one_byte_too_many_is_refused_and_one_at_the_limit_is_not() {
    let bytes = samples::jpeg(320, 240);
    let exact = IntakeLimits { bytes: bytes.len() as u64, ..IntakeLimits::default() };
    limited(exact, &bytes).await.unwrap();
    let short = IntakeLimits { bytes: exact.bytes - 1, ..exact };
    let refused = limited(short, &bytes).await.unwrap_err();
    assert!(matches!(refused, IntakeError::TooLarge { limit } if limit == exact.bytes - 1));
}

#[tokio::test]
async fn an_endless_upload_is_ended_at_the_limit() {
    let (folder, intake) = new_intake().await;
    let endless =
        stream::repeat_with(|| Ok::<_, std::convert::Infallible>(Bytes::from_static(&[0xff; 65_536])));
    assert!(matches!(intake.receive(endless).await, Err(IntakeError::TooLarge { .. })));
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
}

#[tokio::test]
async fn sides_pixels_and_memory_have_each_their_limit() {
    let photo = samples::jpeg(400, 100);
    let all = IntakeLimits { side: 400, pixels: 40_000, memory: 120_000, ..IntakeLimits::default() };
    limited(all, &photo).await.unwrap();
    for tight in [IntakeLimits { side: 399, ..all }, IntakeLimits { pixels: 39_999, ..all }] {
        let refused = limited(tight, &photo).await.unwrap_err();
        assert!(matches!(refused, IntakeError::TooManyPixels { width: 400, height: 100 }));
    }
    let little_memory = IntakeLimits { memory: 119_999, ..all };
    assert!(matches!(
        limited(little_memory, &photo).await,
        Err(IntakeError::TooMuchMemory { limit: 119_999 })
    ));
    // The coefficients of a progressive picture count as well.
    let progressive = samples::progressive_jpeg(400, 100);
    assert!(matches!(limited(all, &progressive).await, Err(IntakeError::TooMuchMemory { .. })));
}

#[tokio::test]
async fn a_bomb_is_refused_from_its_header_within_a_moment() {
    let (_folder, intake) = new_intake().await;
    for (name, bomb) in samples::bombs() {
        let mut quickest = Duration::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            let refused = intake.receive(upload(&bomb)).await.unwrap_err();
            quickest = quickest.min(start.elapsed());
            assert!(is_of_the_bytes(&refused), "{name}: {refused:?}");
        }
        assert!(quickest < Duration::from_millis(100), "{name}: {quickest:?}");
    }
}

#[tokio::test]
async fn a_header_within_the_limits_does_not_make_up_for_missing_pixels() {
    marked(&samples::png_bomb(4000, 3000)).await;
    marked(&samples::jpeg_without_tables(4000, 3000)).await;
}

#[tokio::test]
async fn a_header_that_the_pixels_contradict_is_marked_or_shown_as_far_as_it_goes() {
    let (_folder, intake) = new_intake().await;
    // Coded data for 64 x 64 pixels under a header of 2000 x 2000, well within all limits.
    let (_, examination) = examined(&intake, &samples::jpeg_bomb(2000, 2000)).await;
    assert!(matches!(
        examination.readability,
        Readability::Readable | Readability::Unreadable(Unreadable::Damaged)
    ));
}

#[tokio::test]
async fn a_photo_that_is_cut_off_anywhere_is_refused() {
    let (_folder, intake) = new_intake().await;
    let photos = [
        samples::with_exif(&samples::jpeg(640, 480), 3),
        samples::progressive_jpeg(640, 480),
        samples::png(320, 240),
        samples::webp(320, 240),
        samples::HEIC.to_vec(),
    ];
    for photo in photos {
        for cut in (1..=100).map(|part| photo.len() * part / 101).chain([1, 2, 3, photo.len() - 1]) {
            let refused = intake.receive(upload(&photo[..cut])).await.unwrap_err();
            let expected = matches!(
                refused,
                IntakeError::Truncated
                    | IntakeError::Undecodable
                    | IntakeError::NotAnImage
                    | IntakeError::UnsupportedFormat { found: "a video" }
            );
            assert!(expected, "cut at {cut}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn flipped_bytes_anywhere_are_refused_or_marked_and_never_panic() {
    let (_folder, intake) = new_intake().await;
    let photos = [samples::with_exif(&samples::jpeg(96, 64), 6), samples::png(96, 64), samples::webp(96, 64)];
    for photo in photos {
        for at in (0..photo.len()).step_by(photo.len() / 150 + 1).chain(0..60) {
            let mut damaged = photo.clone();
            damaged[at] ^= 0xff;
            match intake.receive(upload(&damaged)).await {
                Ok(received) => drop(intake.examine(received.digest).await.unwrap()),
                Err(refused) => assert!(is_of_the_bytes(&refused), "at {at}: {refused:?}"),
            }
        }
    }
}

#[tokio::test]
async fn exif_that_points_at_itself_or_outside_is_passed_over() {
    let (_folder, intake) = new_intake().await;
    let good = samples::with_exif(&samples::jpeg(320, 240), 6);
    let directory = good.windows(4).position(|window| window == b"MM\0\x2a").unwrap() + 4;
    for offset in [0_u32, 4, 8, 0xffff_fff0, u32::MAX] {
        let mut bytes = good.clone();
        bytes[directory..directory + 4].copy_from_slice(&offset.to_be_bytes());
        let (_, examination) = examined(&intake, &bytes).await;
        assert!(examination.is_readable());
        assert_eq!(examination.exif.place, None);
    }
}

#[tokio::test]
async fn a_picture_that_moves_is_refused() {
    let mut apng = samples::png(8, 8);
    // An animation control chunk (two frames) directly behind the header.
    let control = samples::png_chunk(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    apng.splice(33..33, control);
    assert!(matches!(refusal(&apng).await, IntakeError::UnsupportedFormat { found: "an animated PNG" }));
}

#[tokio::test]
async fn what_is_two_things_at_once_is_kept_as_it_is_and_shown_as_a_picture_only() {
    let (_folder, intake) = new_intake().await;
    let page = b"<html><script>alert(1)</script></html>";
    let tails: [&[u8]; 4] =
        [page, b"PK\x03\x04 an archive PK\x05\x06", b"<?php system('id'); ?>", b"%PDF-1.7 %%EOF"];
    for tail in tails {
        let bytes = [&samples::jpeg(640, 480)[..], tail].concat();
        let (received, examination) = examined(&intake, &bytes).await;
        assert!(
            examination.traces.contains(&Trace::TrailingBytes { bytes: i64::try_from(tail.len()).unwrap() })
        );
        for copy in [
            intake.open_view(received.digest).await.unwrap(),
            intake.open_thumbnail(received.digest).await.unwrap(),
        ] {
            assert!(!copy.windows(tail.len()).any(|window| window == tail));
        }
    }
    // In a comment within the picture rather than behind it.
    let (received, _) = examined(&intake, &samples::with_comment(&samples::jpeg(640, 480), page)).await;
    let copy = intake.open_view(received.digest).await.unwrap();
    assert!(!copy.windows(8).any(|window| window == b"<script>"));
    // The other way round it is not a picture.
    let bytes = [&b"PK\x03\x04"[..], &samples::jpeg(64, 64)].concat();
    assert!(matches!(refusal(&bytes).await, IntakeError::NotAnImage));
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_and_says_why() {
    let (folder, intake) = new_intake().await;
    let half = samples::jpeg(320, 240)[..2000].to_vec();
    let body = stream::iter([Ok(Bytes::from(half)), Err("connection reset")]);
    let refused = intake.receive(body).await.unwrap_err();
    assert!(matches!(refused, IntakeError::Interrupted { cause } if cause == "connection reset"));
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
}

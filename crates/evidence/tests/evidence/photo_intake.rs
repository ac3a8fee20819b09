//! Good photos: kept bit for bit when they are received, shown upright and without metadata once they are examined.

use std::{io, path::Path, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::digest::Digest;
use evidence::{
    Aside, AsideStream, Fixity, FolderStore, IntakeError, IntakeLimits, KeyStream, MediaType, ObjectKey,
    ObjectKind, ObjectStore, OpenObject, PhotoIntake, Received, Staged, Staging, StoreError,
};
use futures_util::TryStreamExt as _;
use image::{DynamicImage, Rgb, Rgba, RgbaImage};

use crate::samples::{self, new_intake, upload};

async fn original(intake: &PhotoIntake, digest: Digest) -> Vec<u8> {
    let chunks: Vec<Bytes> = intake.open_original(digest).await.unwrap().stream.try_collect().await.unwrap();
    chunks.concat()
}

async fn view(intake: &PhotoIntake, digest: Digest) -> DynamicImage {
    image::load_from_memory(&intake.open_view(digest).await.unwrap()).unwrap()
}

/// Receives and examines a photo that can be shown.
async fn take(intake: &PhotoIntake, bytes: &[u8]) -> Received {
    let received = intake.receive(upload(bytes)).await.unwrap();
    assert!(intake.examine(received.digest).await.unwrap().is_readable());
    received
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn is_red(pixel: Rgb<u8>) -> bool {
    pixel.0[0] > 150 && pixel.0[2] < 110
}

#[tokio::test]
async fn every_accepted_format_is_kept_bit_for_bit_and_described_by_its_content() {
    let (_folder, intake) = new_intake().await;
    let photos = [
        (samples::jpeg(1800, 600), MediaType::Jpeg),
        (samples::progressive_jpeg(1800, 600), MediaType::Jpeg),
        (samples::png(1800, 600), MediaType::Png),
        (samples::webp(1800, 600), MediaType::Webp),
    ];
    for (bytes, media_type) in photos {
        let received = take(&intake, &bytes).await;
        assert_eq!(received.digest, Digest::of(&bytes));
        assert_eq!(received.bytes, bytes.len() as u64);
        assert_eq!(received.media_type, media_type);
        assert_eq!((received.width, received.height), (1800, 600));
        assert_eq!(original(&intake, received.digest).await, bytes);
        assert_eq!(intake.verify(received.digest).await.unwrap(), Fixity::Intact);

        let view = view(&intake, received.digest).await;
        assert_eq!((view.width(), view.height()), (1600, 533));
        assert!(is_red(*view.to_rgb8().get_pixel(100, 300)));
        assert!(!is_red(*view.to_rgb8().get_pixel(1500, 300)));
        let thumbnail = intake.open_thumbnail(received.digest).await.unwrap();
        let thumbnail = image::load_from_memory(&thumbnail).unwrap();
        assert_eq!((thumbnail.width(), thumbnail.height()), (320, 106));
    }
    let listed: Vec<_> = intake.list_originals().try_collect().await.unwrap();
    assert_eq!(listed.len(), 4);
}

#[tokio::test]
async fn the_same_photo_twice_gives_the_same_answer_and_one_object() {
    let (_folder, intake) = new_intake().await;
    let bytes = samples::jpeg(640, 480);
    let first = intake.receive(upload(&bytes)).await.unwrap();
    assert_eq!(intake.receive(upload(&bytes)).await.unwrap(), first);
    let listed: Vec<_> = intake.list_originals().try_collect().await.unwrap();
    assert_eq!(listed, [first.digest]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_identical_uploads_at_once_all_succeed() {
    let (folder, intake) = new_intake().await;
    let bytes = samples::jpeg(1024, 768);
    let uploads = (0..8).map(|_| {
        let (intake, body) = (intake.clone(), upload(&bytes));
        tokio::spawn(async move { intake.receive(body).await })
    });
    for upload in uploads.collect::<Vec<_>>() {
        assert_eq!(upload.await.unwrap().unwrap().digest, Digest::of(&bytes));
    }
    assert_eq!(original(&intake, Digest::of(&bytes)).await, bytes);
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
}

#[tokio::test]
async fn the_view_is_turned_upright_and_carries_no_position() {
    let (_folder, intake) = new_intake().await;
    // Orientation 6: the camera was turned; red, on the left of the file, belongs on top.
    let bytes = samples::with_exif(&samples::jpeg(800, 400), 6);
    assert!(holds(&bytes, b"GPS-36.8131N"));
    let received = take(&intake, &bytes).await;
    assert_eq!((received.width, received.height), (400, 800));
    assert_eq!(original(&intake, received.digest).await, bytes);

    let shown = view(&intake, received.digest).await.to_rgb8();
    assert_eq!(shown.dimensions(), (400, 800));
    assert!(is_red(*shown.get_pixel(200, 50)));
    assert!(!is_red(*shown.get_pixel(200, 750)));
    for copy in [
        intake.open_view(received.digest).await.unwrap(),
        intake.open_thumbnail(received.digest).await.unwrap(),
    ] {
        assert!(!holds(&copy, b"Exif"));
        assert!(!holds(&copy, b"GPS"));
    }
}

#[tokio::test]
async fn all_eight_orientations_give_the_size_that_is_shown() {
    let (_folder, intake) = new_intake().await;
    for orientation in 1..=8 {
        let bytes = samples::with_exif(&samples::jpeg(300, 200), orientation);
        let received = take(&intake, &bytes).await;
        let shown = view(&intake, received.digest).await;
        assert_eq!((received.width, received.height), (shown.width(), shown.height()));
        assert_eq!(received.width == 200, orientation >= 5);
    }
}

#[tokio::test]
async fn a_web_page_behind_a_photo_stays_in_the_original_only() {
    let (_folder, intake) = new_intake().await;
    let mut bytes = samples::jpeg(640, 480);
    bytes.extend(b"<html><script>alert(1)</script></html>");
    let received = take(&intake, &bytes).await;
    assert_eq!(original(&intake, received.digest).await, bytes);
    assert!(!holds(&intake.open_view(received.digest).await.unwrap(), b"<script>"));
    assert!(!holds(&intake.open_thumbnail(received.digest).await.unwrap(), b"<script>"));
}

#[tokio::test]
async fn what_is_transparent_is_shown_on_white() {
    let (_folder, intake) = new_intake().await;
    let glass = DynamicImage::ImageRgba8(RgbaImage::from_pixel(1800, 20, Rgba([0, 0, 0, 0])));
    let received = take(&intake, &samples::png_of(&glass)).await;
    let shown = view(&intake, received.digest).await.to_rgb8();
    assert_eq!(shown.dimensions(), (1600, 17));
    assert!(shown.pixels().all(|pixel| pixel.0.iter().all(|colour| *colour > 250)));
}

#[tokio::test]
async fn grey_deep_and_tiny_pictures_are_shown_too() {
    let (_folder, intake) = new_intake().await;
    let scene = DynamicImage::ImageRgb8(samples::scene(2000, 40));
    let pictures = [
        DynamicImage::ImageLuma8(scene.to_luma8()),
        DynamicImage::ImageLumaA8(scene.to_luma_alpha8()),
        DynamicImage::ImageLuma16(scene.to_luma16()),
        DynamicImage::ImageRgb16(scene.to_rgb16()),
        DynamicImage::ImageRgba16(scene.to_rgba16()),
        DynamicImage::new_rgb8(1, 1),
        DynamicImage::new_rgb8(9000, 1),
    ];
    for picture in pictures {
        let received = take(&intake, &samples::png_of(&picture)).await;
        assert_eq!((received.width, received.height), (picture.width(), picture.height()));
        assert!(view(&intake, received.digest).await.width() <= 1600);
    }
}

#[tokio::test]
async fn a_changed_original_is_found() {
    let (folder, intake) = new_intake().await;
    let bytes = samples::jpeg(320, 240);
    let received = intake.receive(upload(&bytes)).await.unwrap();
    let path = folder.path().join(ObjectKey::new(ObjectKind::Original, received.digest).to_string());
    let mut changed = bytes.clone();
    changed[bytes.len() - 10] ^= 0x40;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &changed).unwrap();
    assert_eq!(intake.verify(received.digest).await.unwrap(), Fixity::Damaged(Digest::of(&changed)));
    assert_eq!(intake.verify(Digest::of(b"unknown")).await.unwrap(), Fixity::Missing);
}

#[tokio::test]
async fn a_removed_photo_is_gone_with_its_copies() {
    let (_folder, intake) = new_intake().await;
    let received = take(&intake, &samples::jpeg(320, 240)).await;
    assert!(intake.remove(received.digest).await.unwrap());
    assert!(matches!(intake.open_view(received.digest).await, Err(StoreError::Missing(_))));
    assert!(matches!(intake.open_thumbnail(received.digest).await, Err(StoreError::Missing(_))));
    assert!(matches!(intake.open_original(received.digest).await, Err(StoreError::Missing(_))));
    assert!(!intake.remove(received.digest).await.unwrap());
}

/// A store whose disk has no room for originals.
struct FullStore(FolderStore);

#[async_trait]
impl ObjectStore for FullStore {
    async fn stage(&self) -> Result<Staging, StoreError> {
        self.0.stage().await
    }
    async fn put(&self, key: ObjectKey, staged: Staged) -> Result<(), StoreError> {
        match key.kind() {
            ObjectKind::Original => Err(StoreError::io("write", io::ErrorKind::StorageFull.into())),
            _ => self.0.put(key, staged).await,
        }
    }
    async fn fetch(&self, key: ObjectKey) -> Result<OpenObject, StoreError> {
        self.0.open(key).await
    }
    async fn size(&self, key: ObjectKey) -> Result<Option<u64>, StoreError> {
        self.0.size(key).await
    }
    fn list(&self, kind: ObjectKind) -> KeyStream {
        self.0.list(kind)
    }
    async fn delete(&self, key: ObjectKey) -> Result<bool, StoreError> {
        self.0.delete(key).await
    }
    async fn stored_at(&self, key: ObjectKey) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.0.stored_at(key).await
    }
    async fn set_aside(&self, aside: Aside) -> Result<bool, StoreError> {
        self.0.set_aside(aside).await
    }
    async fn put_back(&self, aside: Aside) -> Result<bool, StoreError> {
        self.0.put_back(aside).await
    }
    async fn discard(&self, aside: Aside) -> Result<bool, StoreError> {
        self.0.discard(aside).await
    }
    fn list_aside(&self) -> AsideStream {
        self.0.list_aside()
    }
}

#[tokio::test]
async fn a_full_disk_is_told_apart_and_a_later_retry_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path() as &Path).await.unwrap();
    let full = PhotoIntake::new(Arc::new(FullStore(store.clone())), IntakeLimits::default(), 1);
    let bytes = samples::jpeg(320, 240);
    let refused = full.receive(upload(&bytes)).await;
    assert!(matches!(refused, Err(IntakeError::Store(StoreError::NoSpace(_)))));
    let emptied = PhotoIntake::new(Arc::new(store), IntakeLimits::default(), 1);
    assert_eq!(emptied.receive(upload(&bytes)).await.unwrap().digest, Digest::of(&bytes));
}

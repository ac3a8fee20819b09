//! Photos over HTTP: kept bit for bit, shown without what they know, refused with a reason, never a file name.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tests::client::Session;

use crate::{
    people::ann,
    scenes::{jpeg, photograph, report, reported, upload_as},
    support::{MOST_PHOTO_BYTES, TestService, reply},
};

/// What a camera wrote into the photo.
const CAMERA: &str = "GPS-CANARY-36.8123N-118.0456E";

struct Upload {
    service: TestService,
    by: Session,
    case: String,
}

impl Upload {
    async fn start() -> Self {
        let service = TestService::sqlite().await;
        let by = service.driver(ann().openid).await;
        let (case, _) = reported(&by, report(2, json!({}))).await;
        Self { service, by, case }
    }

    async fn send(&self, bytes: &[u8]) -> (u16, String) {
        let answer = upload_as(&self.service, &self.by, &self.case, "other", "photo.jpg", bytes).await;
        if answer.status < 400 { (answer.status, String::new()) } else { answer.refusal() }
    }
}

/// Puts an EXIF block with a description behind the start of a JPEG.
fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    let text = format!("{CAMERA}\0");
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x0e\0\x02".to_vec();
    tiff.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
    tiff.extend_from_slice(&26_u32.to_be_bytes());
    tiff.extend_from_slice(&[0; 4]);
    tiff.extend_from_slice(text.as_bytes());
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap();
    let (start, rest) = jpeg.split_at(2);
    [start, b"\xff\xe1", &length.to_be_bytes(), b"Exif\0\0", &tiff, rest].concat()
}

/// A whole PNG that says it is `side` pixels wide and high.
fn png_of(side: u32) -> Vec<u8> {
    let header = [side.to_be_bytes().as_slice(), &side.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let chunk = |name: &[u8], data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        let named = [name, data].concat();
        [length.as_slice(), &named, &crc(&named).to_be_bytes()].concat()
    };
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &[0x78, 0x9c, 0, 0]), chunk(b"IEND", b"")];
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunks.concat()].concat()
}

/// CRC-32 as PNG uses it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

/// Every file below a folder, by name.
fn files(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { files(&path) } else { vec![path.display().to_string()] }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_is_kept_bit_for_bit_and_copies_know_nothing_of_the_camera() {
    let Upload { service, by, case } = Upload::start().await;
    let original = with_exif(&jpeg(7));
    let stored = by.upload_photo(&case, "other", original.clone()).await.unwrap();
    assert_eq!(stored.status, 201);
    assert_eq!(stored["photo"]["sha256"], hex::encode(Sha256::digest(&original)));
    assert_eq!(
        (stored["photo"]["width"].as_u64(), stored["photo"]["height"].as_u64()),
        (Some(160), Some(120))
    );
    let photo = stored.text("/photo/id").unwrap();
    assert_eq!(by.get_photo(&case, photo, "original").await.unwrap().bytes, original);
    for copy in ["view", "thumbnail"] {
        let shown = by.get_photo(&case, photo, copy).await.unwrap();
        assert_eq!(shown.media_type, "image/jpeg");
        assert_eq!(image::guess_format(&shown.bytes).unwrap(), image::ImageFormat::Jpeg);
        for trace in [CAMERA.as_bytes(), b"Exif"] {
            assert!(!shown.bytes.windows(trace.len()).any(|window| window == trace), "{copy}");
        }
    }
    let download = service.get(&by, &format!("/cases/{case}/photos/{photo}?copy=original")).await;
    assert!(download.header("content-disposition").unwrap().starts_with("attachment"));
    assert_eq!(download.header("x-content-type-options"), Some("nosniff"));
    assert!(download.header("content-security-policy").unwrap().contains("sandbox"));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_photo_again_is_one_photo_and_in_another_slot_another() {
    let Upload { service, by, case } = Upload::start().await;
    let first = by.upload_photo(&case, "other", jpeg(1)).await.unwrap();
    let again = by.upload_photo(&case, "other", jpeg(1)).await.unwrap();
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first["photo"]["id"], again["photo"]["id"]);
    let elsewhere = by.upload_photo(&case, "plate", jpeg(1)).await.unwrap();
    assert_eq!(elsewhere.status, 201);
    assert_ne!(first["photo"]["id"], elsewhere["photo"]["id"]);
    let other = service.driver("o-other").await;
    let (another, _) = reported(&other, report(2, json!({}))).await;
    let reused = other.upload_photo(&another, "other", jpeg(1)).await.unwrap();
    assert_eq!(reused.status, 201, "nothing tells that somebody else has the same photo");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_photo_is_refused_with_its_reason() {
    let upload = Upload::start().await;
    let whole = jpeg(3);
    let refused = |status, code: &str| (status, code.to_owned());
    assert_eq!(upload.send(b"").await, refused(422, "photo_empty"));
    assert_eq!(upload.send(b"no picture at all").await, refused(415, "photo_not_an_image"));
    assert_eq!(upload.send(b"%PDF-1.7 not a photo").await, refused(415, "photo_format_unsupported"));
    assert_eq!(
        upload.send(b"<svg xmlns='http://www.w3.org/2000/svg'/>").await,
        refused(415, "photo_not_an_image")
    );
    assert_eq!(upload.send(b"GIF89a\x01\0\x01\0\0\0\0;").await, refused(415, "photo_format_unsupported"));
    for cut in [whole.len() / 4, whole.len() / 2, whole.len() - 40] {
        let (status, code) = upload.send(&whole[..cut]).await;
        assert!(
            status == 422 && matches!(code.as_str(), "photo_truncated" | "photo_damaged"),
            "{cut}: {status} {code}"
        );
    }
    let mut long = whole.clone();
    long.resize(MOST_PHOTO_BYTES + 1, 0);
    assert_eq!(upload.send(&long).await, refused(413, "photo_too_large"));
    assert_eq!(upload.send(&whole).await.0, 201, "and then the photo itself is taken");
    let kept = upload.by.get_case(&upload.case).await.unwrap();
    assert_eq!(kept.list("/photos").unwrap().len(), 1);
    upload.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decompression_bomb_is_refused_from_its_header() {
    let upload = Upload::start().await;
    let mut jpeg = jpeg(3);
    let frame = jpeg.windows(2).position(|marker| marker == b"\xff\xc0").unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    for bomb in [png_of(50_000), jpeg] {
        let began = Instant::now();
        assert_eq!(upload.send(&bomb).await, (422, "photo_too_many_pixels".to_owned()));
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
    upload.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_name_never_becomes_a_path() {
    let upload = Upload::start().await;
    let names = [
        "../../../../evil.jpg",
        "..%2f..%2fevil.jpg",
        "/tmp/evil.jpg",
        "C:\\\\evil.jpg",
        "evil.jpg%00.php",
        "..;/evil.jpg",
        "\u{202e}gpj.evil",
        ".",
        "",
        &"evil".repeat(1024),
    ];
    for (seed, name) in (100..).zip(names) {
        let answer = upload_as(&upload.service, &upload.by, &upload.case, "other", name, &jpeg(seed)).await;
        assert!(matches!(answer.status, 201 | 400), "{name}: {} {}", answer.status, answer.text());
        assert!(!answer.text().contains("evil"), "{name}");
    }
    let folder = upload.service.folder();
    for file in files(folder) {
        let name = file.trim_start_matches(&folder.display().to_string());
        let ours = name == "/key.pem"
            || name == "/log-key.pem"
            || (name.starts_with("/photos/") && !name.contains("..") && !name.contains("evil"));
        assert!(ours, "{name}");
    }
    let beside = folder.parent().unwrap();
    for place in [beside, Path::new("/tmp"), Path::new(".")] {
        assert!(!place.join("evil.jpg").exists(), "{}", place.display());
    }
    upload.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_without_its_case_its_slot_or_its_field_is_refused() {
    let Upload { service, by, case } = Upload::start().await;
    let stranger = service.driver("o-stranger").await;
    for (who, id) in [(&stranger, case.as_str()), (&by, "00000000-0000-7000-8000-000000000000")] {
        let answer = upload_as(&service, who, id, "other", "photo.jpg", &jpeg(1)).await;
        answer.refused(404, "not_found");
    }
    upload_as(&service, &by, "not-an-id", "other", "photo.jpg", &jpeg(1))
        .await
        .refused(400, "malformed_path");
    upload_as(&service, &by, &case, "selfie", "photo.jpg", &jpeg(1)).await.refused(400, "malformed_query");
    let post = |content: &str, body: &str| {
        let request = service.request(Method::POST, &format!("/cases/{case}/photos?slot=other"));
        reply(request.bearer_auth(by.token()).header("content-type", content).body(body.to_owned()))
    };
    let form = "multipart/form-data; boundary=xx";
    let other = "--xx\r\ncontent-disposition: form-data; name=\"other\"\r\n\r\nx\r\n--xx--\r\n";
    post(form, other).await.refused(400, "malformed_multipart");
    post(form, "no form at all").await.refused(400, "malformed_multipart");
    for content in ["application/json", "multipart/form-data", "text/plain"] {
        let (status, code) = post(content, "{}").await.refusal();
        assert!(matches!(status, 400 | 415), "{content}: {status} {code}");
    }
    assert!(by.get_case(&case).await.unwrap().list("/photos").unwrap().is_empty());
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_party_cannot_fill_a_case_with_photos() {
    let Upload { service, by, case } = Upload::start().await;
    photograph(&by, &case, 1).await;
    for seed in 10..31 {
        by.upload_photo(&case, "other", jpeg(seed)).await.unwrap();
    }
    let refused = by.upload_photo(&case, "other", jpeg(31)).await.unwrap_err();
    assert_eq!(refused.refusal(), Some((409, "too_many_photos")));
    service.end().await;
}

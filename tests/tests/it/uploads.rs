//! Uploads in parts: what the tus protocol promises, each rule over HTTP.

use std::{
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use domain::ports::Clock as _;
use kuaichu::clock::SystemClock;
use reqwest::Method;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use testkit::{ManualClock, on_both};
use tests::{
    client::Session,
    tus::{Sender, Told, told},
};

use crate::{
    calls::NOTHING,
    people::ann,
    scenes::{jpeg, report, reported},
    support::{TestService, Wishes, reply},
};

/// Longest wait for one request.
const PATIENCE: Duration = Duration::from_secs(30);

/// A clip that the dash camera could have written: only its first bytes are looked at.
pub(crate) fn clip(bytes: usize, seed: u32) -> Vec<u8> {
    let mut clip = b"\0\0\0\x18ftypisom\0\0\x02\0isommp42".to_vec();
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    clip.resize_with(bytes.max(clip.len()), || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    });
    clip
}

/// `Upload-Metadata` of these pairs.
pub(crate) fn metadata(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(key, value)| format!("{key} {}", BASE64_STANDARD.encode(value)));
    pairs.collect::<Vec<_>>().join(",")
}

/// That of a clip for this case.
pub(crate) fn of_clip(case: &str) -> String {
    metadata(&[("case", case), ("slot", "dash_cam"), ("media", "recording")])
}

/// A service with a driver and a case.
pub(crate) struct Desk {
    pub(crate) service: TestService,
    pub(crate) by: Session,
    pub(crate) sender: Sender,
    pub(crate) case: String,
}

impl Desk {
    pub(crate) async fn of(service: TestService) -> Self {
        let by = service.driver(ann().openid).await;
        let (case, _) = reported(&by, report(2, json!({}))).await;
        Self { sender: Sender::new(by.clone(), PATIENCE), service, by, case }
    }

    async fn start() -> Self {
        Self::of(TestService::sqlite().await).await
    }

    /// Begins the upload of a clip of so many bytes.
    pub(crate) async fn create(&self, bytes: usize) -> String {
        let created = self.sender.create(bytes as u64, &of_clip(&self.case)).await.unwrap();
        assert_eq!(created.status, 201, "{}", created.code);
        created.location
    }

    pub(crate) async fn offset(&self, location: &str) -> u64 {
        let found = self.sender.probe(location).await.unwrap();
        assert_eq!(found.status, 200);
        found.offset.unwrap()
    }

    /// The file in which an upload grows.
    pub(crate) fn file(&self, location: &str) -> PathBuf {
        self.service.folder().join("photos/uploads").join(location.rsplit('/').next().unwrap())
    }

    /// The recording that an upload became is what was sent.
    pub(crate) async fn arrived(&self, evidence: Option<&String>, bytes: &[u8]) {
        let recording = self.by.get_recording(&self.case, evidence.expect("it is complete")).await.unwrap();
        assert_eq!(hex::encode(Sha256::digest(recording.bytes)), hex::encode(Sha256::digest(bytes)));
    }
}

#[track_caller]
fn refused(told: &Told, status: u16, code: &str) {
    assert_eq!((told.status, told.code.as_str()), (status, code));
}

on_both! {
    async fn an_upload_in_parts_becomes_evidence_with_its_last_byte(database: TestDatabase) {
        let desk = Desk::of(TestService::start(database).await).await;
        let bytes = clip(300_000, 1);
        let location = desk.create(bytes.len()).await;
        assert_eq!(desk.offset(&location).await, 0);
        let first = desk.sender.append(&location, 0, bytes[..100_000].to_vec()).await.unwrap();
        assert_eq!((first.status, first.offset, first.evidence), (204, Some(100_000), None));
        assert_eq!(desk.offset(&location).await, 100_000);
        let last = desk.sender.append(&location, 100_000, bytes[100_000..].to_vec()).await.unwrap();
        assert_eq!((last.status, last.offset), (204, Some(300_000)));
        let evidence = last.evidence.unwrap();
        let after = desk.sender.probe(&location).await.unwrap();
        assert_eq!((after.offset, after.evidence.as_ref()), (Some(300_000), Some(&evidence)));
        let again = desk.sender.append(&location, 300_000, Vec::new()).await.unwrap();
        assert_eq!((again.status, again.evidence.as_ref()), (204, Some(&evidence)));
        let case = desk.service.stored(&desk.case).await;
        assert_eq!(case.recordings.len(), 1);
        assert_eq!(case.recordings[0].id.to_string(), evidence);
        desk.arrived(Some(&evidence), &bytes).await;
        assert!(!desk.file(&location).exists());
        desk.service.end().await;
    }

    async fn an_upload_that_has_expired_is_gone_and_its_file_too(database: TestDatabase) {
        // Behind the time of the worker that tidies up in the end.
        let clock = ManualClock::at(SystemClock.now() - TimeDelta::days(5));
        let wishes = Wishes { clock: Some(clock.clone()), ..Wishes::default() };
        let desk = Desk::of(TestService::with(database, wishes).await).await;
        let location = desk.create(1000).await;
        clock.advance(Duration::from_secs(23 * 3600));
        let by = desk.service.driver(ann().openid).await;
        let sender = Sender::new(by, PATIENCE);
        assert_eq!(sender.append(&location, 0, clip(100, 1)).await.unwrap().offset, Some(100));
        clock.advance(Duration::from_secs(2 * 3600));
        let by = desk.service.driver(ann().openid).await;
        let sender = Sender::new(by, PATIENCE);
        assert_eq!(sender.probe(&location).await.unwrap().offset, Some(100), "the last byte counts");
        clock.advance(Duration::from_secs(23 * 3600));
        let by = desk.service.driver(ann().openid).await;
        let sender = Sender::new(by, PATIENCE);
        assert_eq!(sender.probe(&location).await.unwrap().status, 410);
        refused(&sender.append(&location, 100, Vec::new()).await.unwrap(), 410, "upload_expired");
        assert!(desk.file(&location).exists());
        assert_eq!(desk.service.inside.app.tidy_uploads().await.unwrap().expired, 1);
        assert_eq!(sender.probe(&location).await.unwrap().status, 404);
        assert!(!desk.file(&location).exists());
        desk.service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_says_what_it_can_and_speaks_only_its_version() {
    let desk = Desk::start().await;
    let options = reply(desk.service.request(Method::OPTIONS, "/uploads")).await;
    assert_eq!(options.status, 204);
    for (header, value) in [
        ("tus-resumable", "1.0.0"),
        ("tus-version", "1.0.0"),
        ("tus-extension", "creation,creation-with-upload,checksum,expiration,termination"),
        ("tus-max-size", "536870912"),
        ("tus-checksum-algorithm", "sha1,sha256"),
    ] {
        assert_eq!(options.header(header), Some(value));
    }
    let location = desk.create(10).await;
    let path = location.strip_prefix("/api/v1").unwrap();
    let methods = [Method::HEAD, Method::PATCH, Method::DELETE, Method::POST];
    for (method, path) in methods.into_iter().map(|method| (method, path)).chain([(Method::POST, "/uploads")])
    {
        for version in [None, Some("0.2.2")] {
            let request = desk.service.request(method.clone(), path).bearer_auth(desk.by.token());
            let request = version.into_iter().fold(request, |request, v| request.header("tus-resumable", v));
            let answer = reply(request).await;
            assert_eq!(
                (answer.status, answer.header("tus-version")),
                (412, Some("1.0.0")),
                "{method} {path}"
            );
        }
    }
    let head = reply(desk.sender.request(Method::HEAD, &location)).await;
    assert_eq!(head.header("cache-control"), Some("no-store"));
    assert_eq!(head.header("upload-length"), Some("10"));
    assert_eq!(head.header("upload-metadata"), Some(of_clip(&desk.case).as_str()));
    assert!(head.header("upload-expires").unwrap().ends_with(" GMT") && head.bytes.is_empty());
    let get = reply(desk.sender.request(Method::GET, &location)).await;
    assert_eq!((get.status, get.header("allow")), (405, Some("DELETE, HEAD, PATCH, POST")));
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_belongs_to_one_driver_and_one_case() {
    let desk = Desk::start().await;
    let location = desk.create(100).await;
    let other = desk.service.driver("o-other").await;
    let stranger = Sender::new(other.clone(), PATIENCE);
    let nothing = format!("/api/v1/uploads/{NOTHING}");
    for location in [&location, &nothing] {
        assert_eq!(stranger.probe(location).await.unwrap().status, 404);
        refused(&stranger.append(location, 0, clip(100, 1)).await.unwrap(), 404, "not_found");
        refused(&stranger.cancel(location).await.unwrap(), 404, "not_found");
    }
    refused(&stranger.create(100, &of_clip(&desk.case)).await.unwrap(), 404, "not_found");
    assert_eq!(desk.offset(&location).await, 0);
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_must_fit_what_is_there() {
    let desk = Desk::start().await;
    let bytes = clip(1000, 1);
    let location = desk.create(1000).await;
    let typed = desk.sender.request(Method::PATCH, &location).header("upload-offset", 0);
    refused(
        &told(typed.header("content-type", "application/octet-stream").body(bytes.clone())).await.unwrap(),
        415,
        "unsupported_media_type",
    );
    let unplaced = desk.sender.request(Method::PATCH, &location);
    let unplaced = unplaced.header("content-type", "application/offset+octet-stream").body(bytes.clone());
    refused(&told(unplaced).await.unwrap(), 400, "upload_header");
    refused(&desk.sender.append(&location, 5, bytes.clone()).await.unwrap(), 409, "upload_offset");
    let long = [bytes.as_slice(), b"x"].concat();
    refused(&desk.sender.append(&location, 0, long.clone()).await.unwrap(), 413, "upload_too_large");
    let unannounced = reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(long)]));
    refused(&desk.sender.append(&location, 0, unannounced).await.unwrap(), 413, "upload_too_large");
    assert_eq!(desk.offset(&location).await, 0);
    assert!(desk.sender.append(&location, 0, bytes).await.unwrap().evidence.is_some());
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_with_a_wrong_checksum_is_not_kept() {
    let desk = Desk::start().await;
    let bytes = clip(5000, 1);
    let location = desk.create(5000).await;
    let sha256 = |bytes: &[u8]| format!("sha256 {}", BASE64_STANDARD.encode(Sha256::digest(bytes)));
    let send = async |from: usize, to: usize, checksum: &str| {
        let part = desk.sender.part(&location, from as u64).header("upload-checksum", checksum);
        told(part.body(bytes[from..to].to_vec())).await.unwrap()
    };
    refused(&send(0, 2000, &sha256(&bytes)).await, 460, "upload_checksum_mismatch");
    assert_eq!(desk.offset(&location).await, 0);
    assert_eq!(send(0, 2000, &sha256(&bytes[..2000])).await.offset, Some(2000));
    refused(&send(2000, 3000, "md5 KioqKg==").await, 400, "upload_checksum_unsupported");
    refused(&send(2000, 3000, "sha1 KioqKg==").await, 400, "upload_header");
    let sha1 = format!("sha1 {}", BASE64_STANDARD.encode([0; 20]));
    refused(&send(2000, 3000, &sha1).await, 460, "upload_checksum_mismatch");
    let last = send(2000, 5000, &sha256(&bytes[2000..])).await;
    desk.arrived(last.evidence.as_ref(), &bytes).await;
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_can_bring_its_first_bytes_with_it() {
    let desk = Desk::start().await;
    let bytes = clip(3000, 1);
    let create = |first: &[u8]| {
        let request = desk.sender.request(Method::POST, "/uploads").header("upload-length", 3000);
        let request = request.header("upload-metadata", of_clip(&desk.case));
        told(request.header("content-type", "application/offset+octet-stream").body(first.to_vec()))
    };
    let some = create(&bytes[..1000]).await.unwrap();
    assert_eq!((some.status, some.offset, some.evidence), (201, Some(1000), None));
    assert!(
        desk.sender.append(&some.location, 1000, bytes[1000..].to_vec()).await.unwrap().evidence.is_some()
    );
    let all = create(&bytes).await.unwrap();
    assert_eq!((all.status, all.offset), (201, Some(3000)));
    assert_eq!(
        desk.service.stored(&desk.case).await.recordings.len(),
        1,
        "the same bytes are the same piece"
    );
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_given_up_is_gone() {
    let desk = Desk::start().await;
    let location = desk.create(1000).await;
    desk.sender.append(&location, 0, clip(500, 1)).await.unwrap();
    assert_eq!(desk.sender.cancel(&location).await.unwrap().status, 204);
    assert!(!desk.file(&location).exists());
    assert_eq!(desk.sender.probe(&location).await.unwrap().status, 404);
    refused(&desk.sender.append(&location, 500, Vec::new()).await.unwrap(), 404, "not_found");
    refused(&desk.sender.cancel(&location).await.unwrap(), 404, "not_found");
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_knows_only_post_can_do_the_same() {
    let desk = Desk::start().await;
    let bytes = clip(1000, 1);
    let post = |location: &str, method: &str| {
        desk.sender.request(Method::POST, location).header("x-http-method-override", method)
    };
    let location = desk.create(1000).await;
    let part = post(&location, "PATCH").header("upload-offset", 0);
    let part = part.header("content-type", "application/offset+octet-stream").body(bytes[..400].to_vec());
    assert_eq!(told(part).await.unwrap().offset, Some(400));
    let found = told(post(&location, "HEAD")).await.unwrap();
    assert_eq!((found.status, found.offset), (200, Some(400)));
    assert_eq!(told(post(&location, "DELETE")).await.unwrap().status, 204);
    assert_eq!(told(post(&location, "HEAD")).await.unwrap().status, 404);
    refused(&told(post(&location, "PUT")).await.unwrap(), 400, "upload_header");
    refused(&told(desk.sender.request(Method::POST, &location)).await.unwrap(), 400, "upload_header");
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_recording_or_not_the_announced_one_is_refused_and_gone() {
    let desk = Desk::start().await;
    let text = b"no recording at all".repeat(100);
    let location = desk.create(text.len()).await;
    let last = desk.sender.append(&location, 0, text).await.unwrap();
    assert!(matches!(last.status, 415 | 422), "{} {}", last.status, last.code);
    let bytes = clip(1000, 1);
    let announced = hex::encode(Sha256::digest(clip(1000, 2)));
    let pairs =
        [("case", desk.case.as_str()), ("slot", "dash_cam"), ("media", "recording"), ("sha256", &announced)];
    let other = desk.sender.create(1000, &metadata(&pairs)).await.unwrap().location;
    refused(&desk.sender.append(&other, 0, bytes).await.unwrap(), 422, "upload_not_as_announced");
    for location in [location, other] {
        assert_eq!(desk.sender.probe(&location).await.unwrap().status, 404);
        assert!(!desk.file(&location).exists());
    }
    assert!(desk.service.stored(&desk.case).await.recordings.is_empty());
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_can_come_in_parts_too() {
    let desk = Desk::start().await;
    let photo = jpeg(5);
    let pairs = [("case", desk.case.as_str()), ("slot", "impact"), ("media", "photo"), ("source", "camera")];
    let last = desk.sender.persist(&photo, &metadata(&pairs), 4).await;
    let case = desk.service.stored(&desk.case).await;
    assert_eq!(last.evidence, Some(case.photos[0].id.to_string()));
    assert_eq!(
        desk.by.get_photo(&desk.case, &last.evidence.unwrap(), "original").await.unwrap().bytes,
        photo
    );
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_for_again_an_announced_upload_is_the_one_under_way() {
    let desk = Desk::start().await;
    let bytes = clip(1000, 1);
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let pairs =
        [("case", desk.case.as_str()), ("slot", "dash_cam"), ("media", "recording"), ("sha256", &sha256)];
    let first = desk.sender.create(1000, &metadata(&pairs)).await.unwrap();
    desk.sender.append(&first.location, 0, bytes[..600].to_vec()).await.unwrap();
    let again = desk.sender.create(1000, &metadata(&pairs)).await.unwrap();
    assert_eq!((again.status, &again.location), (201, &first.location));
    assert_ne!(desk.create(1000).await, first.location, "without its hash nobody knows that it is the same");
    assert!(
        desk.sender.append(&again.location, 600, bytes[600..].to_vec()).await.unwrap().evidence.is_some()
    );
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complete_upload_that_nobody_took_in_is_taken_in_by_a_look_or_by_the_worker() {
    let desk = Desk::start().await;
    let mut locations = Vec::new();
    for seed in [1, 2] {
        let bytes = clip(2000, seed);
        let location = desk.create(2000).await;
        desk.sender.append(&location, 0, bytes[..1500].to_vec()).await.unwrap();
        // As a process leaves it that is killed between the last byte and the answer.
        let mut file = File::options().append(true).open(desk.file(&location)).unwrap();
        file.write_all(&bytes[1500..]).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        locations.push(location);
    }
    let looked = desk.sender.probe(&locations[0]).await.unwrap();
    assert!(looked.evidence.is_some());
    assert_eq!(desk.service.inside.app.tidy_uploads().await.unwrap().finished, 1);
    assert!(desk.sender.probe(&locations[1]).await.unwrap().evidence.is_some());
    assert_eq!(desk.service.stored(&desk.case).await.recordings.len(), 2);
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_belongs_to_no_upload_is_removed_after_a_while() {
    let desk = Desk::start().await;
    let location = desk.create(2000).await;
    let orphan = desk.file(NOTHING);
    File::create(&orphan).unwrap();
    assert_eq!(desk.service.inside.app.tidy_uploads().await.unwrap().orphans, 0, "it may be a new one");
    for file in [&orphan, &desk.file(&location)] {
        File::options().append(true).open(file).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    assert_eq!(desk.service.inside.app.tidy_uploads().await.unwrap().orphans, 1);
    assert!(!orphan.exists() && desk.file(&location).exists());
    desk.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_name_never_reaches_the_disk() {
    let desk = Desk::start().await;
    let names = [
        "../../../../tmp/kuaichu-escape",
        "..%2f..%2fescape",
        "/etc/passwd",
        "..\\..\\escape",
        "a\0b.mp4",
        "\u{202e}4pm.exe",
        "CON",
        ".",
        "..",
        "",
        "~/.ssh/authorized_keys",
        "$(touch escape)",
        "a\r\nX: y",
    ];
    let long = "x".repeat(2500);
    for (seed, name) in (1..).zip(names.into_iter().chain([long.as_str()])) {
        let bytes = clip(500, seed);
        let pairs = [
            ("case", desk.case.as_str()),
            ("slot", "dash_cam"),
            ("media", "recording"),
            ("filename", name),
            ("name", name),
            ("filetype", name),
        ];
        let created = desk.sender.create(500, &metadata(&pairs)).await.unwrap();
        if created.status != 201 {
            refused(&created, 400, "upload_header");
            continue;
        }
        desk.sender.append(&created.location, 0, bytes[..300].to_vec()).await.unwrap();
        let files = fs::read_dir(desk.service.folder().join("photos/uploads")).unwrap();
        let names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(names, [created.location.rsplit('/').next().unwrap()]);
        assert_eq!(desk.sender.cancel(&created.location).await.unwrap().status, 204);
    }
    assert!(!PathBuf::from("/tmp/kuaichu-escape").exists());
    desk.service.end().await;
}

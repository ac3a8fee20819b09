//! What stands out in photos is told to officers with its numbers, and to nobody else; drivers are refused by none.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tests::client::Session;
use tests::pictures::{View, photo};

use crate::{
    exif::{Camera, photo_of, photographed},
    people::{ann, ben, cat},
    scenes::{join, jpeg, report, reported},
    support::{Reply, TestService, reply, until},
};

/// The signals of one photo.
async fn of(officer: &Session, service: &TestService, case: &str, photo: &str) -> Value {
    let found = service.get(officer, &format!("/cases/{case}/signals")).await.ok();
    assert_eq!(found["compared_with_all"], true);
    let photos = found["photos"].as_array().unwrap();
    photos.iter().find(|found| found["photo"] == photo).unwrap().clone()
}

fn codes(photo: &Value) -> Vec<&str> {
    photo["signals"].as_array().unwrap().iter().map(|signal| signal["code"].as_str().unwrap()).collect()
}

fn signal<'a>(photo: &'a Value, code: &str) -> &'a Value {
    let signals = photo["signals"].as_array().unwrap();
    signals.iter().find(|signal| signal["code"] == code).unwrap_or_else(|| panic!("no {code}: {photo}"))
}

/// Sends a photo with what the page tells of its capture.
async fn send(
    service: &TestService,
    by: &Session,
    case: &str,
    slot: &str,
    fields: &[(&'static str, String)],
    bytes: Vec<u8>,
) -> Reply {
    let form = fields.iter().fold(Form::new(), |form, (name, value)| form.text(*name, value.clone()));
    let form = form.part("file", Part::bytes(bytes).file_name("photo.jpg"));
    let request = service.request(Method::POST, &format!("/cases/{case}/photos?slot={slot}"));
    reply(request.bearer_auth(by.token()).multipart(form)).await
}

async fn stored(by: &Session, case: &str, slot: &str, bytes: Vec<u8>) -> String {
    let stored = by.upload_photo(case, slot, bytes).await.unwrap();
    assert_eq!(stored.status, 201);
    stored.text("/photo/id").unwrap().to_owned()
}

/// A report from the other district of these tests.
fn far_report() -> Value {
    let mut far = report(2, json!({}));
    far["position"] = json!({ "latitude": 36.65, "longitude": 117.96, "datum": "wgs84" });
    far
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_photo_in_two_cases_is_taken_without_a_word_and_told_to_officers_only() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let far_officer = service.staff("officer-far").await;
    let (a, b) = (service.driver(ann().openid).await, service.driver(ben().openid).await);
    let (case, body) = reported(&a, report(2, json!({}))).await;
    join(&a, &b, &case).await;
    let first = stored(&a, &case, "other", jpeg(1)).await;
    let twice = stored(&a, &case, "damage", jpeg(1)).await;
    let by_b = stored(&b, &case, "damage", jpeg(1)).await;
    let c = service.driver(cat().openid).await;
    let (near, near_body) = reported(&c, report(2, json!({}))).await;
    let (far, far_body) = reported(&c, far_report()).await;
    let reused = stored(&c, &near, "other", jpeg(1)).await;
    stored(&c, &far, "other", jpeg(1)).await;

    let number = |body: &Value| body["number"].as_str().unwrap().to_owned();
    let found = of(&officer, &service, &case, &first).await;
    let elsewhere = signal(&found, "same_elsewhere");
    assert_eq!(elsewhere["weight"], "look");
    assert_eq!(elsewhere["facts"]["cases"], json!([{ "number": number(&near_body) }, "another_district"]));
    assert!(elsewhere["text"]["zh"].as_str().unwrap().contains(&number(&near_body)));
    assert!(!found.to_string().contains(&number(&far_body)), "a case of another district has no name here");
    let uses = signal(&found, "used_twice")["facts"]["uses"].as_array().unwrap().clone();
    let ids: Vec<&str> = uses.iter().map(|other| other["photo"].as_str().unwrap()).collect();
    assert_eq!(ids, [twice.as_str(), by_b.as_str()]);
    let found = of(&officer, &service, &near, &reused).await;
    assert_eq!(
        signal(&found, "same_elsewhere")["facts"]["cases"],
        json!([{ "number": number(&body) }, "another_district"])
    );
    service.get(&far_officer, &format!("/cases/{case}/signals")).await.refused(403, "forbidden");

    for (who, case) in [(&a, &case), (&b, &case), (&c, &near)] {
        service.get(who, &format!("/cases/{case}/signals")).await.refused(403, "forbidden");
        let mine = who.get_case(case).await.unwrap().body.to_string();
        for hint in ["elsewhere", "used_twice", "signal", "similar", "perceptual", "trace"] {
            assert!(!mine.contains(hint), "{hint}: {mine}");
        }
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_places_and_devices_are_shown_side_by_side_with_their_differences() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let a = service.driver(ann().openid).await;
    let (case, _) = reported(&a, report(2, json!({}))).await;
    // Taken in 2025 at the other end of the city, by another camera.
    let camera = Camera {
        model: "CanaryCam 7",
        taken: Some("2025:01:02 03:04:05"),
        place: Some((366_500, 1_179_600)),
    };
    let now = service.stored(&case).await.reported_at;
    let fields = [
        ("captured_at", now.to_rfc3339()),
        ("source", "album".to_owned()),
        ("device", "Phone 1".to_owned()),
        ("latitude", "36.81".to_owned()),
        ("longitude", "118.05".to_owned()),
        ("datum", "wgs84".to_owned()),
        ("accuracy", "20".to_owned()),
    ];
    let sent = send(&service, &a, &case, "impact", &fields, photo_of(&camera, 3)).await;
    assert_eq!(sent.status, 201, "{}", sent.text());
    let id = sent.json()["photo"]["id"].as_str().unwrap().to_owned();
    let found = of(&officer, &service, &case, &id).await;
    for code in [
        "taken_before_accident",
        "clocks_differ",
        "far_from_accident",
        "places_differ",
        "from_album",
        "other_device",
    ] {
        assert!(codes(&found).contains(&code), "{code}: {found}");
    }
    let early = signal(&found, "taken_before_accident");
    assert_eq!(early["facts"]["source"], "exif");
    let zh = early["text"]["zh"].as_str().unwrap();
    assert!(zh.starts_with("EXIF 时间比事故发生早 ") && zh.contains(" 天 "), "{zh}");
    let exif = found["times"].as_array().unwrap().iter().find(|time| time["source"] == "exif").unwrap();
    assert_eq!(exif["at"], "2025-01-01T19:04:05Z");
    let place = found["places"].as_array().unwrap().iter().find(|place| place["source"] == "exif").unwrap();
    let metres = place["metres_from_accident"].as_f64().unwrap();
    assert!((19_000.0..20_000.0).contains(&metres), "{metres}");
    assert_eq!(signal(&found, "far_from_accident")["facts"]["source"], "exif");
    assert_eq!(
        found["devices"],
        json!([
            { "source": "phone", "name": "Phone 1" }, { "source": "exif", "name": "CanaryCam 7" }
        ])
    );
    let weights: Vec<&str> =
        found["signals"].as_array().unwrap().iter().map(|s| s["weight"].as_str().unwrap()).collect();
    assert!(weights.is_sorted(), "what asks for a look comes first: {weights:?}");
    service.end().await;
}

/// The picture in half its size, recompressed: as a chat program sends it on.
fn forwarded(file: &[u8]) -> Vec<u8> {
    let picture = image::load_from_memory(file).unwrap();
    let small = picture.thumbnail(picture.width() / 2, picture.height() / 2).into_rgb8();
    let mut bytes = std::io::Cursor::new(Vec::new());
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 50);
    small.write_with_encoder(encoder).unwrap();
    bytes.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_copy_of_a_photo_of_another_case_is_told_as_similar() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let (a, c) = (service.driver(ann().openid).await, service.driver(cat().openid).await);
    let (case, body) = reported(&a, report(2, json!({}))).await;
    let (other, _) = reported(&c, report(2, json!({}))).await;
    let original = photo(1, View::Plate).unwrap();
    stored(&a, &case, "other", original.clone()).await;
    stored(&a, &case, "plate", photo(2, View::Close).unwrap()).await;
    let copy = stored(&c, &other, "other", forwarded(&original)).await;
    let found = of(&officer, &service, &other, &copy).await;
    let similar = signal(&found, "similar_elsewhere");
    assert_eq!(similar["facts"]["case"], json!({ "number": body["number"] }));
    assert!(similar["facts"]["bits"].as_u64().unwrap() <= 4, "{similar}");
    assert_eq!(codes(&found).iter().filter(|code| **code == "similar_elsewhere").count(), 1);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_shown_to_others_hold_nothing_of_where_the_photo_was_taken() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let (a, b) = (service.driver(ann().openid).await, service.driver(ben().openid).await);
    let (case, _) = reported(&a, report(2, json!({}))).await;
    join(&a, &b, &case).await;
    let camera = Camera {
        model: "CanaryCam 7",
        taken: Some("2025:01:02 03:04:05"),
        place: Some((368_123, 1_180_456)),
    };
    let photo = stored(&a, &case, "other", photo_of(&camera, 4)).await;
    let leaks = |bytes: &[u8]| {
        let traces: [&[u8]; 5] =
            [b"Exif", b"CanaryCam", b"2025:01:02", &368_123_u32.to_be_bytes(), &1_180_456_u32.to_be_bytes()];
        traces.iter().filter(|trace| bytes.windows(trace.len()).any(|window| window == **trace)).count()
    };
    assert_eq!(
        leaks(&a.get_photo(&case, &photo, "original").await.unwrap().bytes),
        5,
        "the original holds all"
    );
    for who in [&a, &officer] {
        for copy in ["view", "thumbnail"] {
            assert_eq!(leaks(&who.get_photo(&case, &photo, copy).await.unwrap().bytes), 0, "{copy}");
        }
    }
    for copy in ["original", "view", "thumbnail"] {
        assert!(
            b.get_photo(&case, &photo, copy).await.is_err(),
            "the other party sees no photo of A: {copy}"
        );
    }
    for (who, name) in [(&a, "a"), (&b, "b")] {
        let told = who.get_case(&case).await.unwrap().body.to_string();
        for trace in ["CanaryCam", "36.8123", "118.0456", "2025-01-01"] {
            assert!(!told.contains(trace), "{name} is told {trace}");
        }
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_of_an_older_release_are_found_and_examined_once_more() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let (a, c) = (service.driver(ann().openid).await, service.driver(cat().openid).await);
    let (case, _) = reported(&a, report(2, json!({}))).await;
    let (other, body) = reported(&c, report(2, json!({}))).await;
    let camera = Camera { model: "CanaryCam 7", taken: None, place: None };
    let first = stored(&a, &case, "other", photographed(&camera, &jpeg(6))).await;
    stored(&c, &other, "other", photographed(&camera, &jpeg(6))).await;
    // As an older release left them: without rows, and nobody had looked for them.
    service.in_database("DELETE FROM evidence_item; DELETE FROM chore").await;
    let without = of(&officer, &service, &case, &first).await;
    assert!(!codes(&without).contains(&"same_elsewhere"));
    until("all cases are looked at", async || !service.inside.app.complete_evidence().await.unwrap()).await;
    let with = of(&officer, &service, &case, &first).await;
    assert_eq!(signal(&with, "same_elsewhere")["facts"]["cases"], json!([{ "number": body["number"] }]));
    assert!(!service.inside.app.store().is_evidence_complete().await.unwrap(), "something was missing");
    service.end().await;
}

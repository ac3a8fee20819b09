//! Statements: read back, confirmed, each version kept; and the recordings into which they are spoken.

use reqwest::header::RANGE;
use serde_json::{Value, json};
use testkit::on_both;

use crate::{
    people::{ann, ben},
    scenes::{Scene, behind, in_front, journal, report, reported},
    support::{MOST_RECORDING_BYTES, TestService, reply},
};

/// A recording, as far as anybody here looks into it.
fn spoken(words: &str) -> Vec<u8> {
    [b"OggS\0\x02", words.as_bytes()].concat()
}

on_both! {
    async fn a_spoken_statement_is_read_back_confirmed_and_kept_in_every_version(database: TestDatabase) {
        let service = TestService::start(database).await;
        let scene = Scene::collected(&service).await;
        let Scene { id, a, b, .. } = &scene;
        let recording = a.upload_recording(id, "spoken_statement", spoken("我追尾了")).await.unwrap();
        assert_eq!((recording.status, &recording["recording"]["kind"]), (201, &json!("audio")));
        let recording = recording.text("/recording/id").unwrap();
        let case = a.put_spoken_statement(id, behind(), recording).await.unwrap();
        let mine = &case["parties"][0];
        assert_eq!((&mine["statement"]["version"], &mine["statement"]["recording"]), (&json!(2), &json!(recording)));
        let (zh, en) = (&mine["statement"]["read_back"]["zh"], &mine["statement"]["read_back"]["en"]);
        assert!(zh.as_str().unwrap().starts_with("事故发生时我在同车道后方跟车行驶。"), "{zh}");
        assert!(en.as_str().unwrap().contains("The light I faced was green."), "{en}");
        assert_eq!(mine["statement_confirmed"], false);

        let shown = mine["statement"]["sha256"].as_str().unwrap();
        let confirmed = a.confirm_statement(id, shown).await.unwrap();
        let at = confirmed["parties"][0]["statement"]["confirmed_at"].clone();
        assert!(at.is_string());
        let again = a.confirm_statement(id, shown).await.unwrap();
        assert_eq!(again["parties"][0]["statement"]["confirmed_at"], at, "once is enough");
        a.put_statement(id, behind(), "更正：当时是黄灯。").await.unwrap();
        let changed = a.confirm_statement(id, shown).await.unwrap_err();
        assert_eq!(changed.refusal(), Some((409, "statement_changed")));

        let mine = a.get_case(id).await.unwrap().body["parties"][0].clone();
        assert_eq!((&mine["statement"]["version"], &mine["statement_confirmed"]), (&json!(3), &json!(false)));
        let versions = mine["earlier_statements"].as_array().unwrap();
        assert_eq!(versions.iter().map(|one| one["version"].clone()).collect::<Vec<_>>(), [json!(1), json!(2)]);
        assert_eq!((&versions[0]["confirmed_at"], &versions[1]["confirmed_at"]), (&Value::Null, &at));
        // The other party learns whether, but not what.
        let theirs = b.get_case(id).await.unwrap().body["parties"][0].clone();
        assert_eq!((&theirs["has_statement"], &theirs["statement_confirmed"]), (&json!(true), &json!(false)));
        assert!(theirs.get("statement").is_none() && theirs.get("earlier_statements").is_none(), "{theirs}");
        assert!(journal(a, id).await.iter().any(|kind| kind == "statement_confirmed"));
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_officer_sees_who_has_confirmed_and_decides_all_the_same() {
    let service = TestService::sqlite().await;
    let scene = Scene::waiting(&service).await;
    let case = scene.b.get_case(&scene.id).await.unwrap();
    let shown = case.text("/parties/1/statement/sha256").unwrap();
    scene.b.confirm_statement(&scene.id, shown).await.unwrap();
    let officer = service.staff("officer-1").await;
    let seen = officer.get_case(&scene.id).await.unwrap();
    let confirmed: Vec<&Value> = [0, 1].map(|n| &seen["parties"][n]["statement_confirmed"]).to_vec();
    assert_eq!(confirmed, [&json!(false), &json!(true)]);
    assert_eq!(seen["parties"][0]["statement"]["text"], ann().words);
    assert_eq!(scene.decided(&officer).await["stage"], "decided");
    let late = scene.a.confirm_statement(&scene.id, shown).await.unwrap_err();
    assert_eq!(late.refusal(), Some((409, "wrong_stage")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_a_download_for_its_party_and_for_staff() {
    let service = TestService::sqlite().await;
    let scene = Scene::waiting(&service).await;
    let Scene { id, a, b, .. } = &scene;
    let bytes = spoken("0123456789");
    let stored = a.upload_recording(id, "spoken_statement", bytes.clone()).await.unwrap();
    let recording = stored.text("/recording/id").unwrap().to_owned();
    let again = a.upload_recording(id, "spoken_statement", bytes.clone()).await.unwrap();
    assert_eq!((again.status, again.text("/recording/id").unwrap()), (200, recording.as_str()));
    let path = format!("/cases/{id}/recordings/{recording}");
    let officer = service.staff("officer-1").await;
    for who in [a, &officer] {
        let download = service.get(who, &path).await;
        assert_eq!((download.status, download.bytes.as_slice()), (200, bytes.as_slice()));
        assert_eq!(download.header("content-type"), Some("audio/ogg"));
        assert_eq!(download.header("x-content-type-options"), Some("nosniff"));
        assert!(download.header("content-disposition").unwrap().starts_with("attachment"));
        assert!(download.header("content-security-policy").unwrap().contains("sandbox"));
    }
    let ranged = |range: &str| {
        let request = service.request(reqwest::Method::GET, &path).bearer_auth(a.token());
        reply(request.header(RANGE, range.to_owned()))
    };
    let part = ranged("bytes=6-8").await;
    assert_eq!((part.status, part.bytes.as_slice()), (206, &b"012"[..]));
    assert_eq!(part.header("content-range"), Some("bytes 6-8/16"));
    assert_eq!(ranged("bytes=16-").await.status, 416);
    service.get(b, &path).await.refused(404, "not_found");
    assert_eq!(b.get_case(id).await.unwrap()["recordings"], json!([]));
    assert_eq!(officer.get_case(id).await.unwrap().list("/recordings").unwrap().len(), 1);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_recording_is_refused_with_its_reason() {
    let service = TestService::sqlite().await;
    let a = service.driver(ann().openid).await;
    let b = service.driver(ben().openid).await;
    let (id, _) = reported(&a, report(2, json!({}))).await;
    for (bytes, code) in [
        (Vec::new(), (422, "recording_empty")),
        (b"<html><script>alert(1)</script>".to_vec(), (415, "recording_format_unsupported")),
        (crate::scenes::jpeg(1), (415, "recording_format_unsupported")),
        (spoken(&"x".repeat(MOST_RECORDING_BYTES)), (413, "recording_too_large")),
    ] {
        let refused = a.upload_recording(&id, "spoken_statement", bytes).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(code));
    }
    let theirs = b.upload_recording(&id, "spoken_statement", spoken("x")).await.unwrap_err();
    assert_eq!(theirs.refusal(), Some((404, "not_found")));
    let nothing = "00000000-0000-7000-8000-000000000000";
    let unknown = a.put_spoken_statement(&id, in_front(), nothing).await.unwrap_err();
    assert_eq!(unknown.refusal(), Some((404, "recording_unknown")));
    for number in 0..8 {
        a.upload_recording(&id, "dash_cam", spoken(&number.to_string())).await.unwrap();
    }
    let full = a.upload_recording(&id, "dash_cam", spoken("8")).await.unwrap_err();
    assert_eq!(full.refusal(), Some((409, "too_many_recordings")));
    assert_eq!(a.upload_recording(&id, "dash_cam", spoken("7")).await.unwrap().status, 200);
    service.end().await;
}

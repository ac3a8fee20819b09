//! Reading is recorded: who looked at or downloaded which evidence stands in the journal before the bytes leave;
//! and whoever may not read gets none.

use domain::{event::Event, journal::Entry};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::json;
use tests::client::Session;

use crate::{
    people::{ann, ben},
    scenes::{Scene, decision, jpeg, report, reported},
    support::{TestService, UNITS, reply},
};

/// Who read what, oldest first: role, evidence, copy.
pub(crate) async fn readings(by: &Session, case: &str) -> Vec<(String, String, String)> {
    entries(by, case)
        .await
        .into_iter()
        .filter_map(|entry| match &entry.event {
            Event::EvidenceRead { evidence, copy, .. } => {
                let actor = serde_json::to_value(entry.actor).unwrap();
                let role = actor["acting_as"].as_str().unwrap_or_default().to_owned();
                let copy = serde_json::to_value(copy).unwrap().as_str().unwrap().to_owned();
                Some((role, evidence.to_string(), copy))
            }
            _ => None,
        })
        .collect()
}

/// The journal as staff see it; it must hold.
pub(crate) async fn entries(by: &Session, case: &str) -> Vec<Entry> {
    let journal = by.get_journal(case).await.unwrap();
    assert_eq!(journal["holds"], true, "{:?}", journal["fault"]);
    let entry = |entry: &serde_json::Value| serde_json::from_str(entry["entry"].as_str().unwrap()).unwrap();
    journal.list("/entries").unwrap().iter().map(entry).collect()
}

/// The first photo of party A.
pub(crate) async fn photo_of_a(scene: &Scene) -> String {
    scene.a.get_case(&scene.id).await.unwrap().text("/photos/0/id").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_download_and_the_first_view_of_a_session_are_recorded_and_disturb_no_decision() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let photo = photo_of_a(&scene).await;
    let etag = scene.taken(&officer).await;
    let copies = ["thumbnail", "view", "view", "original", "thumbnail", "original", "view"];
    for copy in copies {
        officer.get_photo(&scene.id, &photo, copy).await.unwrap();
    }
    let read = |role: &str, copy: &str| (role.to_owned(), photo.clone(), copy.to_owned());
    let mut expected =
        vec![read("officer", "view"), read("officer", "original"), read("officer", "original")];
    assert_eq!(readings(&officer, &scene.id).await, expected);

    let again = service.staff("officer-1").await;
    again.get_photo(&scene.id, &photo, "view").await.unwrap();
    expected.push(read("officer", "view"));
    assert_eq!(readings(&officer, &scene.id).await, expected, "another session is another look");

    for copy in ["view", "thumbnail", "original"] {
        scene.a.get_photo(&scene.id, &photo, copy).await.unwrap();
    }
    expected.push(read("driver", "original"));
    assert_eq!(
        readings(&officer, &scene.id).await,
        expected,
        "a party looks at its own as often as it likes"
    );

    let whole = decision(&officer, &scene.id).await;
    let decided = officer.determine_liability(&scene.id, &etag, whole).await.unwrap();
    assert_eq!(decided["stage"], "decided", "with the ETag from before all that reading");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_readers_at_once_are_all_served_and_all_recorded() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let photo = photo_of_a(&scene).await;
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (officer, case, photo) = (officer.clone(), scene.id.clone(), photo.clone());
        readers.spawn(async move { officer.get_photo(&case, &photo, "original").await.unwrap().bytes });
    }
    assert!(readers.join_all().await.iter().all(|bytes| *bytes == jpeg(1)));
    assert_eq!(readings(&officer, &scene.id).await.len(), 20);
    let mut viewers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (officer, case, photo) = (officer.clone(), scene.id.clone(), photo.clone());
        viewers.spawn(async move { officer.get_photo(&case, &photo, "view").await.unwrap() });
    }
    viewers.join_all().await;
    assert_eq!(readings(&officer, &scene.id).await.len(), 21, "one session looks once");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_given_out() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let photo = photo_of_a(&scene).await;
    let locked = service.lock_database().await;
    for copy in ["view", "original"] {
        let answer = service.get(&officer, &scene.path(&format!("/photos/{photo}?copy={copy}"))).await;
        assert_eq!(answer.status, 503, "{copy}");
        assert!(answer.header("content-type").unwrap().starts_with("application/problem+json"), "{copy}");
    }
    drop(locked);
    officer.get_photo(&scene.id, &photo, "original").await.unwrap();
    let read = readings(&officer, &scene.id).await;
    assert!(!read.is_empty(), "and is given out when it can be recorded");
    service.end().await;
}

/// A dash camera's clip becomes part of the case; gives its id.
async fn recorded(service: &TestService, by: &Session, case: &str) -> String {
    let form = Form::new().part("file", Part::bytes(b"OggS\0\x02 and sound".to_vec()).file_name("clip.ogg"));
    let request = service.request(Method::POST, &format!("/cases/{case}/recordings?slot=dash_cam"));
    let stored = reply(request.bearer_auth(by.token()).multipart(form)).await;
    assert_eq!(stored.status, 201, "{}", stored.text());
    stored.json()["recording"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_copy_of_evidence_is_read_by_anybody_the_table_does_not_name() {
    let service = TestService::sqlite().await;
    let a = service.driver(ann().openid).await;
    let b = service.driver(ben().openid).await;
    let officer = service.staff("officer-1").await;
    let (case, _) = reported(&a, report(1, json!({ "cannot_move": "yes" }))).await;
    a.update_party(&case, ann().details()).await.unwrap();
    let stored = a.upload_photo(&case, "other", jpeg(5)).await.unwrap();
    let photo = stored.text("/photo/id").unwrap();
    let task = officer.create_dispatch(&case, "车辆无法移动").await.unwrap();
    let unit = service.staff(UNITS[0]).await;
    let other_unit = service.staff(UNITS[1]).await;
    let far = service.staff("officer-far").await;
    let supervisor = service.staff("supervisor-1").await;
    let mut paths: Vec<String> = ["original", "view", "thumbnail"]
        .map(|copy| format!("/cases/{case}/photos/{photo}?copy={copy}"))
        .to_vec();
    paths.push(format!("/cases/{case}/recordings/{}", recorded(&service, &a, &case).await));
    let links = format!("/cases/{case}/photos/{photo}/links");
    for (who, status) in [(&b, 404), (&other_unit, 404), (&far, 403), (&supervisor, 403)] {
        for path in &paths {
            assert_eq!(service.get(who, path).await.status, status, "{path}");
        }
        assert_eq!(service.post(who, &links, &json!({})).await.status, status, "{links}");
    }
    assert!(readings(&officer, &case).await.is_empty(), "who got nothing has read nothing");
    for who in [&a, &officer, &unit] {
        for path in &paths {
            assert_eq!(service.get(who, path).await.status, 200, "{path}");
        }
        assert_eq!(service.post(who, &links, &json!({})).await.status, 201);
    }
    let read = readings(&officer, &case).await;
    let of =
        |role: &str, copy: &str| read.iter().filter(|(who, _, what)| who == role && what == copy).count();
    for (role, originals, views) in [("driver", 2, 0), ("officer", 2, 1), ("point_staff", 2, 1)] {
        assert_eq!((of(role, "original"), of(role, "view")), (originals, views), "{role}: {read:?}");
    }
    let task = task.text("/id").unwrap();
    unit.decline_dispatch(task, "已有其他任务").await.unwrap();
    for path in &paths {
        assert_eq!(service.get(&unit, path).await.status, 404, "without a task no business: {path}");
    }
    service.end().await;
}

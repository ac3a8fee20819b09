//! Links to photos live a minute and belong to one session: nobody else opens one, and nobody later.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tests::client::Session;

use crate::{
    reading::{photo_of_a, readings},
    scenes::{Scene, journal, jpeg},
    support::{Reply, TestService, reply},
};

/// A link with its cookie.
struct Link {
    path: String,
    cookie: String,
    answer: Value,
}

async fn link(service: &TestService, by: &Session, scene: &Scene, photo: &str, copy: &str) -> Link {
    let made =
        service.post(by, &scene.path(&format!("/photos/{photo}/links")), &json!({ "copy": copy })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let set = made.header("set-cookie").unwrap();
    for word in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/evidence", "Max-Age=60"] {
        assert!(set.contains(word), "{word}: {set}");
    }
    let answer = made.json();
    let url = answer["url"].as_str().unwrap();
    let path = url.strip_prefix(service.api.base()).unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    Link { path, cookie: set.split(';').next().unwrap().to_owned(), answer }
}

async fn open(service: &TestService, path: &str, bearer: Option<&Session>, cookie: Option<&str>) -> Reply {
    let mut request = service.request(Method::GET, path);
    if let Some(session) = bearer {
        request = request.bearer_auth(session.token());
    }
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    reply(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_for_its_session_by_token_or_cookie_and_is_recorded_as_a_reading() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let photo = photo_of_a(&scene).await;
    let original = link(&service, &officer, &scene, &photo, "original").await;
    for (bearer, cookie) in [(Some(&officer), None), (None, Some(original.cookie.as_str()))] {
        let opened = open(&service, &original.path, bearer, cookie).await;
        assert_eq!((opened.status, opened.bytes.as_slice()), (200, jpeg(1).as_slice()));
        assert!(opened.header("content-disposition").unwrap().starts_with("attachment"));
        assert_eq!(opened.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(opened.header("cache-control"), Some("no-store"));
        assert!(opened.header("content-security-policy").unwrap().contains("sandbox"));
    }
    let view = link(&service, &officer, &scene, &photo, "view").await;
    let opened = open(&service, &view.path, None, Some(&format!("a=b; {}", view.cookie))).await;
    assert_eq!((opened.status, opened.header("content-type")), (200, Some("image/jpeg")));
    let own = link(&service, &scene.a, &scene, &photo, "view").await;
    assert_eq!(open(&service, &own.path, Some(&scene.a), None).await.status, 200);
    let copies: Vec<String> =
        readings(&officer, &scene.id).await.into_iter().map(|(_, _, copy)| copy).collect();
    assert_eq!(copies, ["original", "original", "view"]);
    let text = original.answer.to_string();
    let token = original.path.rsplit('/').next().unwrap();
    let said = {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
        BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()
    };
    let said: Value = serde_json::from_slice(&said).unwrap();
    let names: Vec<&String> = said.as_object().unwrap().keys().collect();
    assert_eq!(names, ["case", "copy", "exp", "jti", "photo", "session"], "nothing personal: {text}");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_for_nobody_else_and_the_journal_says_who_tried() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let photo = photo_of_a(&scene).await;
    let Link { path, cookie, .. } = link(&service, &officer, &scene, &photo, "original").await;
    let same_person = service.staff("officer-1").await;
    let colleague = service.staff("officer-2").await;
    let supervisor = service.staff("supervisor-1").await;
    let theirs = link(&service, &colleague, &scene, &photo, "original").await;
    let mut reused = 0;
    for who in [&same_person, &colleague, &scene.a, &scene.b, &supervisor] {
        let answer = open(&service, &path, Some(who), None).await;
        answer.refused(403, "forbidden");
        reused += usize::from(answer.status == 200);
    }
    for cookie in
        [None, Some(theirs.cookie.as_str()), Some("kuaichu_evidence=forged"), Some("kuaichu_evidence")]
    {
        let answer = open(&service, &path, None, cookie).await;
        answer.refused(403, "forbidden");
    }
    // The token of a session is no link, the link is no session, and no changed link is one.
    let viewer = cookie.split_once('=').unwrap().1;
    let token = path.rsplit('/').next().unwrap();
    let swapped = format!("/evidence/{viewer}");
    open(&service, &swapped, Some(&officer), None).await.refused(404, "not_found");
    open(&service, &format!("/evidence/{}", officer.token()), Some(&officer), None)
        .await
        .refused(404, "not_found");
    open(&service, &path, None, Some(&format!("kuaichu_evidence={token}"))).await.refused(403, "forbidden");
    for place in (0..token.len()).step_by(17) {
        let mut changed = token.to_owned().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = format!("/evidence/{}", String::from_utf8(changed).unwrap());
        let answer = open(&service, &changed, Some(&officer), None).await;
        assert_eq!(answer.status, 404, "{place}");
    }
    assert_eq!(reused, 0);
    assert!(readings(&officer, &scene.id).await.is_empty());
    let refused = |kinds: Vec<String>| kinds.iter().filter(|kind| *kind == "access_refused").count();
    // Four people and one whose session was not shown, each once, however often they try. A supervisor has no
    // right to read and counts as nobody; two sessions of one officer are the same person.
    let told = refused(journal(&officer, &scene.id).await);
    assert_eq!(told, 5);
    open(&service, &path, Some(&scene.b), None).await.refused(403, "forbidden");
    assert_eq!(refused(journal(&officer, &scene.id).await), told);
    assert_eq!(open(&service, &path, Some(&officer), None).await.status, 200, "still its own");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_dies_after_a_minute_and_with_its_session() {
    let (service, clock) = TestService::with_clock().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let photo = photo_of_a(&scene).await;
    let watcher = service.staff("officer-2").await;
    let Link { path, cookie, .. } = link(&service, &officer, &scene, &photo, "original").await;
    clock.advance(Duration::from_secs(58));
    assert_eq!(open(&service, &path, None, Some(&cookie)).await.status, 200);
    clock.advance(Duration::from_secs(3));
    open(&service, &path, None, Some(&cookie)).await.refused(404, "not_found");
    open(&service, &path, Some(&officer), None).await.refused(404, "not_found");
    let refused = journal(&officer, &scene.id).await;
    assert_eq!(refused.iter().filter(|kind| *kind == "access_refused").count(), 2);

    let Link { path, cookie, .. } = link(&service, &officer, &scene, &photo, "view").await;
    officer.sign_out().await.unwrap();
    open(&service, &path, None, Some(&cookie)).await.refused(403, "forbidden");
    open(&service, &path, Some(&officer), None).await.refused(403, "forbidden");
    let kinds = journal(&watcher, &scene.id).await;
    assert_eq!(kinds.last().map(String::as_str), Some("access_refused"));
    service.end().await;
}

//! Photos that are something else too, opened in a real browser: kept as evidence, and no script of theirs runs.

mod browser;
mod canary;

use reqwest::Method;
use serde_json::json;

use self::{browser::Browser, canary::Canary};
use crate::{
    people::ann,
    scenes::{jpeg, report, reported, upload_as},
    support::{TestService, reply, until},
};

/// A page that calls for the canary in every way a browser knows.
fn page(canary: &str) -> String {
    format!(
        "<html><body><script>fetch('{canary}/canary?script')</script><script src='{canary}/canary?src'></script>\
         <img src='{canary}/canary?img' onerror=\"fetch('{canary}/canary?onerror')\">\
         <svg onload=\"fetch('{canary}/canary?svg')\"></svg><iframe src='{canary}/canary?frame'></iframe></body></html>"
    )
}

/// A PDF that runs a script and opens an address when it is opened.
fn pdf(canary: &str) -> String {
    format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.launchURL('{canary}/canary?pdf'))>>\
         >>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )
}

/// A ZIP with one stored file, `index.html`.
fn zip(content: &str) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    let fixed = [b"\x14\0\0\0\0\0\0\0\0\0".as_slice(), &[0; 4], &size, &size, &10_u16.to_le_bytes(), &[0; 2]]
        .concat();
    let local = [b"PK\x03\x04".as_slice(), &fixed, b"index.html", content.as_bytes()].concat();
    let central = [b"PK\x01\x02\x14\0".as_slice(), &fixed, &[0; 12], b"index.html"].concat();
    let end = [
        b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(),
        &u32::try_from(central.len()).unwrap().to_le_bytes(),
        &u32::try_from(local.len()).unwrap().to_le_bytes(),
        &[0; 2],
    ];
    [local, central, end.concat()].concat()
}

/// The JPEG with a comment behind its start.
fn with_comment(jpeg: &[u8], comment: &[u8]) -> Vec<u8> {
    let length = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
    let (start, rest) = jpeg.split_at(2);
    [start, b"\xff\xfe", &length, comment, rest].concat()
}

/// Photos that are something else too.
fn corpus(canary: &str) -> Vec<(&'static str, Vec<u8>)> {
    let html = page(canary);
    let php = format!("<?php readfile('{canary}/canary?php'); ?>{html}");
    let behind = |more: &[u8]| [jpeg(9).as_slice(), more].concat();
    vec![
        ("HTML behind", behind(html.as_bytes())),
        ("HTML in a comment", with_comment(&jpeg(9), html.as_bytes())),
        ("PHP behind", behind(php.as_bytes())),
        ("PHP in a comment", with_comment(&jpeg(9), php.as_bytes())),
        ("ZIP behind", behind(&zip(&html))),
        ("PDF behind", behind(pdf(canary).as_bytes())),
        ("PDF in a comment", with_comment(&jpeg(9), pdf(canary).as_bytes())),
        (
            "script in a comment",
            with_comment(&jpeg(9), format!("*/;fetch('{canary}/canary?js');/*").as_bytes()),
        ),
    ]
}

/// Where the canary hears the control page.
const CONTROL: &str = "/canary/control";

#[tokio::test(flavor = "multi_thread")]
async fn polyglots_are_kept_bit_for_bit_and_run_nothing_in_a_browser() {
    let service = TestService::sqlite().await;
    let a = service.driver(ann().openid).await;
    let officer = service.staff("officer-1").await;
    let (case, _) = reported(&a, report(2, json!({}))).await;
    let canary = Canary::start().await;
    let browser = Browser::start().await;

    // The canary sings where a browser is let: the corpus is dangerous.
    let control = format!("{}{CONTROL}", canary.base());
    canary.serve("/control", "text/html", page(&control).into_bytes());
    browser.open(&format!("{}/control", canary.base())).await;
    until("the canary is heard", async || canary.hits() >= 4).await;

    let svg =
        format!("<svg xmlns='http://www.w3.org/2000/svg' onload=\"fetch('{}/canary')\"/>", canary.base());
    for (name, file) in [("an SVG", svg.into_bytes()), ("a page", page(&canary.base()).into_bytes())] {
        let sent = upload_as(&service, &a, &case, "other", "photo.jpg", &file).await;
        assert_eq!(sent.status, 415, "{name} by the name of a photo");
    }
    browser.open(&format!("{}/api/v1/questions", service.api.base())).await;
    for (name, file) in corpus(&canary.base()) {
        let sent = upload_as(&service, &a, &case, "other", "photo.jpg.html", &file).await;
        assert_eq!(sent.status, 201, "{name}: {}", sent.text());
        let photo = sent.json()["photo"]["id"].as_str().unwrap().to_owned();
        assert_eq!(officer.get_photo(&case, &photo, "original").await.unwrap().bytes, file, "{name}");
        let digest = sent.json()["photo"]["sha256"].as_str().unwrap().to_owned();
        for copy in ["original", "view", "thumbnail"] {
            let path = format!("/cases/{case}/photos/{photo}/links");
            let made = service.request(Method::POST, &path).bearer_auth(officer.token());
            let made = reply(made.json(&json!({ "copy": copy }))).await;
            let url = made.ok()["url"].as_str().unwrap().to_owned();
            let (cookie, value) =
                made.header("set-cookie").unwrap().split(';').next().unwrap().split_once('=').unwrap();
            browser.set_cookie(cookie, value, "/api/v1/evidence").await;
            browser.open(&url).await;
            if copy == "original" {
                let saved = browser.downloads().join(&digest);
                until("the original is saved", async || {
                    std::fs::read(&saved).is_ok_and(|saved| saved == file)
                })
                .await;
            } else {
                let shown = browser.source().await;
                assert!(shown.contains("<img"), "{name} {copy} is shown as a picture: {shown}");
                assert!(!shown.contains("canary"), "{name} {copy}: {shown}");
            }
            // Another page puts it wherever a page can put something.
            let frame = format!(
                "<html><body><script src='{url}'></script><iframe src='{url}'></iframe><object data='{url}'></object>\
                 <embed src='{url}'><link rel=stylesheet href='{url}'><p id=end></p></body></html>"
            );
            canary.serve("/frame", "text/html", frame.into_bytes());
            browser.open(&format!("{}/frame", canary.base())).await;
            assert!(browser.source().await.contains("id=\"end\""), "{name} {copy}");
        }
    }
    // What the control page asks for may come late.
    let heard: Vec<_> = canary.heard().into_iter().filter(|path| !path.starts_with(CONTROL)).collect();
    assert!(heard.is_empty(), "a script of a photo has run: {heard:?}");
    browser.end().await;
    service.end().await;
}

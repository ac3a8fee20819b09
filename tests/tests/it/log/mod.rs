//! The log as outsiders hold it: checkpoints and proofs over HTTP, checked by the standard alone, and by what
//! witnesses and a timestamp authority say of it.

mod by_the_book;
mod database;
mod late;
mod outside;

use domain::digest::Digest;
use evidence::log::{SignedCheckpoint, VerifierKey};
use serde_json::Value;
use testkit::on_both;

use self::by_the_book::{consistent, included};
use crate::{
    scenes::Scene,
    support::{Reply, TestService, reply},
};

/// Asks without signing in.
async fn ask(service: &TestService, path: &str) -> Reply {
    reply(service.request(reqwest::Method::GET, path)).await
}

async fn log_key(service: &TestService) -> VerifierKey {
    ask(service, "/log/key").await.text().trim().parse().unwrap()
}

/// The newest checkpoint, after everything that was answered is in the log.
async fn newest(service: &TestService) -> SignedCheckpoint {
    service.inside.app.settle_log().await.unwrap();
    let note = ask(service, "/log/checkpoint").await;
    assert_eq!(note.header("content-type"), Some("text/plain; charset=utf-8"));
    SignedCheckpoint::open(&note.text(), &log_key(service).await).unwrap()
}

fn path_of(proof: &Value) -> Vec<Digest> {
    proof["path"].as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse().unwrap()).collect()
}

async fn hashes(by: &tests::client::Session, scene: &Scene) -> Vec<String> {
    let journal = by.get_journal(&scene.id).await.unwrap();
    let entries = journal.list("/entries").unwrap();
    entries.iter().map(|entry| entry["hash"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn every_entry_is_proved_by_the_standard_alone_and_the_log_only_grows(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::collected(&service).await;
        // What is asked for comes first: photos are examined meanwhile, and add entries.
        let earlier = hashes(&officer, &scene).await;
        let pinned = newest(&service).await;
        scene.submit().await;
        scene.concluded(&officer).await;
        service.settle().await;
        let all = hashes(&officer, &scene).await;
        let last = newest(&service).await;
        let (pinned, last) = (pinned.checkpoint(), last.checkpoint());
        assert!(last.size > pinned.size && last.origin == "127.0.0.1/log");
        for (checkpoint, entries) in [(pinned, &earlier), (last, &all)] {
            for entry in entries {
                let path = format!("/log/inclusion?entry={entry}&size={}", checkpoint.size);
                let proof = ask(&service, &path).await.ok();
                let index = proof["index"].as_u64().unwrap();
                let entry: Digest = entry.parse().unwrap();
                let proved = included(entry, index, checkpoint.size, &path_of(&proof), checkpoint.root);
                assert!(proved, "{proof}");
                assert!(!included(Digest::of(b"x"), index, checkpoint.size, &path_of(&proof), checkpoint.root));
            }
        }
        let path = format!("/log/consistency?from={}&to={}", pinned.size, last.size);
        let proof = path_of(&ask(&service, &path).await.ok());
        assert!(consistent(pinned.size, last.size, &proof, pinned.root, last.root));
        assert!(!consistent(pinned.size, last.size, &proof, Digest::of(b"x"), last.root));
        let again = ask(&service, &format!("/log/checkpoint?size={}", pinned.size)).await.text();
        assert_eq!(SignedCheckpoint::open(&again, &log_key(&service).await).unwrap().checkpoint(), pinned);
        let listed = ask(&service, "/log/checkpoints?limit=200").await.ok();
        let sizes: Vec<u64> = listed.as_array().unwrap().iter().map(|row| row["size"].as_u64().unwrap()).collect();
        assert!(sizes.is_sorted_by(|a, b| a > b) && sizes.contains(&pinned.size) && sizes.contains(&last.size));
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_cannot_prove_is_refused_clearly() {
    let service = TestService::sqlite().await;
    let scene = Scene::collected(&service).await;
    let size = newest(&service).await.checkpoint().size;
    let entry = hashes(&scene.a, &scene).await.remove(3);
    let unknown = "0".repeat(64);
    for (path, status, code) in [
        (format!("/log/inclusion?entry={unknown}"), 404, "not_found"),
        (format!("/log/inclusion?entry={entry}&size={}", size + 1), 409, "log_not_that_large"),
        (format!("/log/inclusion?entry={entry}&size=1"), 409, "log_not_that_large"),
        (format!("/log/consistency?from={}&to={size}", size + 1), 409, "log_not_that_large"),
        (format!("/log/consistency?from=1&to={}", size + 1), 409, "log_not_that_large"),
        (format!("/log/consistency?from={}", u64::MAX), 409, "log_not_that_large"),
        ("/log/checkpoint?size=999999".to_owned(), 404, "not_found"),
        (format!("/log/checkpoint?size={}", u64::MAX), 404, "not_found"),
        ("/log/inclusion?entry=ABC".to_owned(), 400, "malformed_query"),
        ("/log/inclusion".to_owned(), 400, "malformed_query"),
        ("/log/consistency?from=-1".to_owned(), 400, "malformed_query"),
        ("/log/checkpoint?siez=1".to_owned(), 400, "malformed_query"),
        ("/log/checkpoints?limit=0".to_owned(), 422, "invalid_value"),
        ("/log/checkpoints?limit=201".to_owned(), 422, "invalid_value"),
    ] {
        ask(&service, &path).await.refused(status, code);
    }
    service.settle().await;
    service.end().await;
}

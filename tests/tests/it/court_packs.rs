//! Court packs as the service makes them: whole, checked by the program as somebody else would, given to nobody who
//! has no business with the case.

use std::{fs, path::Path, process::Output};

use chrono::{DateTime, TimeDelta, Utc};
use evidence::pack::{FileKind, Manifest, PublicKey, Terms, verify};
use reqwest::Method;
use sandbox::{RunningSandbox, Sandbox, SandboxSettings, witness::witness_key};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{TestDatabase, on_both};
use tests::{client::Session, programs::Programs};

use crate::{
    scenes::{Scene, journal},
    support::{TestService, Wishes},
};

/// A service whose log a witness cosigns. The witness's sandbox must live as long as the service.
async fn witnessed(database: TestDatabase) -> (TestService, RunningSandbox) {
    let court = Sandbox::start(SandboxSettings::default()).await.unwrap();
    let settings = format!(
        "[log.witness.court]\nbase_url = \"{}\"\nkey = \"{}\"\n",
        court.witness_url(),
        witness_key().unwrap()
    );
    let service =
        TestService::with(database, Wishes { settings: settings.leak(), ..Wishes::default() }).await;
    court.trust_log(&service.inside.app.log_key().to_string());
    (service, court)
}

/// A concluded case in which A committed a photo that never came.
async fn concluded(service: &TestService, officer: &Session) -> Scene {
    let scene = Scene::collected(service).await;
    let never = json!([{ "slot": "plate", "sha256": "0".repeat(64), "bytes": 9 }]);
    scene.a.commit_evidence(&scene.id, never).await.unwrap();
    scene.submit().await;
    scene.concluded(officer).await;
    service.settle().await;
    scene
}

/// A folder with a pack and the keys that the service publishes, as somebody outside has them.
struct Desk {
    folder: TempDir,
    at: DateTime<Utc>,
}

impl Desk {
    async fn with(service: &TestService, pack: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pack.zip"), pack).unwrap();
        fs::write(folder.path().join("jwks.json"), service.api.jwks().await.unwrap().body.to_string())
            .unwrap();
        fs::write(folder.path().join("log.txt"), service.inside.app.log_key().to_string()).unwrap();
        Self { folder, at: service.inside.app.now() + TimeDelta::days(3650) }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `kuaichu verify` on an empty machine.
    async fn check(&self, words: &[&str]) -> Output {
        let at = self.at.to_rfc3339();
        let mut command = Programs::find().unwrap().command("kuaichu").unwrap();
        command.env_clear().current_dir(self.path()).args(["verify", "pack.zip", "--at", &at]).args(words);
        command.output().await.unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

on_both! {
    async fn the_pack_of_a_concluded_case_holds_for_the_program_without_anything_else(database: TestDatabase) {
        let (service, _court) = witnessed(database).await;
        let officer = service.staff("officer-1").await;
        let scene = concluded(&service, &officer).await;
        let answer = service.get(&officer, &scene.path("/court-pack")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/zip"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let named = format!("attachment; filename=\"{}.zip\"", scene.number);
        assert_eq!(answer.header("content-disposition"), Some(named.as_str()));
        assert_eq!(answer.header("content-length"), Some(answer.bytes.len().to_string().as_str()));
        let desk = Desk::with(&service, &answer.bytes).await;
        let witness = witness_key().unwrap();
        let all = ["--key", "jwks.json", "--key", "log.txt", "--witness", witness.as_str(), "--lang", "en"];
        let output = desk.check(&all).await;
        let text = said(&output);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        for line in [
            "signature holds",
            "entries in unbroken order",
            "entries are proved to be in the tree",
            "The witness sandbox.invalid/witness saw the same checkpoint",
            "never came",
            "statement 1 of party A",
            "The signature of party A",
            "The signature of party B",
            "The receipt receipts/01.jws is signed by the service",
            "documents/02-determination.pdf is the determination with the answers of all parties",
            "everything holds",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert_eq!(text.matches("a photo stored at").count(), 3, "{text}");
        let chinese = desk.check(&["--key", "jwks.json"]).await;
        assert!(chinese.status.success() && said(&chinese).contains("全部成立"));
        let json: Value = serde_json::from_str(&said(&desk.check(&["--json"]).await)).unwrap();
        assert_eq!((&json["holds"], &json["number"]), (&json!(true), &json!(scene.number)));
        assert!(journal(&officer, &scene.id).await.contains(&"court_pack_made".to_owned()));
        service.end().await;
    }
}

on_both! {
    async fn court_packs_are_for_officers_of_the_district_and_supervisors_and_are_recorded(database: TestDatabase) {
        let (service, _court) = witnessed(database).await;
        let officer = service.staff("officer-1").await;
        let scene = concluded(&service, &officer).await;
        let path = scene.path("/court-pack");
        let insurer = service.insurer("PICC").await;
        let unit = service.staff("unit-1").await;
        for stranger in [&scene.a, &scene.b, &insurer, &unit] {
            service.get(stranger, &path).await.refused(403, "forbidden");
        }
        let before = journal(&officer, &scene.id).await;
        let far = service.staff("officer-far").await;
        service.get(&far, &path).await.refused(403, "forbidden");
        let refused = journal(&officer, &scene.id).await;
        assert!(refused[before.len()..].contains(&"access_refused".to_owned()));
        let nowhere = "/cases/00000000-0000-7000-8000-000000000000/court-pack";
        service.get(&officer, nowhere).await.refused(404, "not_found");
        let reply = service.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(reply.status(), 401);
        let supervisor = service.staff("supervisor-1").await;
        let pack = supervisor.get_court_pack(&scene.id).await.unwrap().bytes;
        assert!(Desk::with(&service, &pack).await.check(&["--key", "jwks.json"]).await.status.success());
        let made = journal(&officer, &scene.id).await;
        assert!(made[refused.len()..].contains(&"court_pack_made".to_owned()));
        service.end().await;
    }
}

/// A case may be asked for at any time: by a court that hears it while it is still open.
#[tokio::test(flavor = "multi_thread")]
async fn the_pack_of_an_open_case_holds_and_a_later_one_begins_with_its_journal() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let open = officer.get_court_pack(&scene.id).await.unwrap().bytes;
    scene.concluded(&officer).await;
    let later = officer.get_court_pack(&scene.id).await.unwrap().bytes;
    let terms = Terms::at(service.inside.app.now());
    let (open, later) = (entries(&open, &terms), entries(&later, &terms));
    assert!(later.len() > open.len() && later.starts_with(&open));
    service.settle().await;
    service.end().await;
}

/// The lines of the journal in a pack that holds.
fn entries(pack: &[u8], terms: &Terms) -> String {
    let report = verify(pack, terms);
    assert!(report.holds, "{}", report.lines(evidence::pack::Language::English));
    String::from_utf8(file(pack, "journal/entries.jsonl").to_vec()).unwrap()
}

/// The bytes of a file in a pack, which are stored as they are.
fn file<'a>(pack: &'a [u8], name: &str) -> &'a [u8] {
    let begins = |at: usize| at >= 30 && pack[at - 30..].starts_with(b"PK\x03\x04");
    let mut names =
        pack.windows(name.len()).enumerate().filter(|(at, part)| *part == name.as_bytes() && begins(*at));
    let (header, _) = names.next().unwrap();
    let size = u32::from_le_bytes(pack[header - 8..header - 4].try_into().unwrap());
    &pack[header + name.len()..][..usize::try_from(size).unwrap()]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thousands_of_changed_bits_in_a_real_pack_every_one_is_found_and_no_other_key_opens_it() {
    let (service, _court) = witnessed(TestDatabase::sqlite().await).await;
    let officer = service.staff("officer-1").await;
    let scene = concluded(&service, &officer).await;
    let mut pack = officer.get_court_pack(&scene.id).await.unwrap().bytes;
    let jwks = service.api.jwks().await.unwrap().body.to_string();
    let mut terms = Terms::at(service.inside.app.now());
    terms.keys = PublicKey::of_set(jwks.as_bytes()).unwrap();
    assert!(verify(&*pack, &terms).holds);
    let mut missed = Vec::new();
    for _ in 0..4_000 {
        let (place, bit) = (rand::random_range(0..pack.len()), rand::random_range(0..8));
        pack[place] ^= 1 << bit;
        if verify(&*pack, &terms).holds {
            missed.push((place, bit));
        }
        pack[place] ^= 1 << bit;
    }
    assert_eq!(missed, []);
    for _ in 0..500 {
        assert!(!verify(&pack[..rand::random_range(0..pack.len())], &terms).holds);
    }
    let other = TestService::sqlite().await;
    let others = other.api.jwks().await.unwrap().body.to_string();
    terms.keys = PublicKey::of_set(others.as_bytes()).unwrap();
    assert!(verify(&*pack, &terms).failed("seal"));
    let desk = Desk::with(&other, &pack).await;
    let output = desk.check(&["--key", "jwks.json", "--lang", "en"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("NOT everything holds"));
    other.end().await;
    service.end().await;
}

/// What the store has lost cannot be given; the pack says so instead of being refused or telling a lie.
#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_the_store_has_damaged_is_named_and_fails_the_check() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    let scene = Scene::waiting(&service).await;
    let whole = officer.get_court_pack(&scene.id).await.unwrap().bytes;
    let manifest: Manifest = serde_json::from_slice(file(&whole, "manifest.json")).unwrap();
    let photo = manifest.files.iter().find(|listed| listed.kind == FileKind::Photo).unwrap();
    let digest = photo.sha256.to_string();
    let path = service.folder().join("photos/original").join(&digest[..2]).join(&digest);
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"other bytes").unwrap();
    let pack = officer.get_court_pack(&scene.id).await.unwrap().bytes;
    let report = verify(&*pack, &Terms::at(service.inside.app.now()));
    assert!(report.failed("photo"));
    assert!(report.lines(evidence::pack::Language::English).contains("has lost or damaged the bytes"));
    assert!(!report.failed("files") && !report.failed("journal") && !report.failed("log"));
    fs::write(&path, file(&whole, &photo.name)).unwrap();
    service.settle().await;
    service.end().await;
}

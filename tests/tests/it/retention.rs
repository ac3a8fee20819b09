//! Retention from outside: what is past its term is gone and its proof stays; legal holds, shared bytes and rounds
//! that break off.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use app::{App, Erased, Scrub};
use domain::ports::Clock as _;
use kuaichu::clock::SystemClock;
use reqwest::Method;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use testkit::{ManualClock, TestDatabase};
use tests::client::{CallFailed, Session};

use crate::{
    accident::{count, journal},
    people::{ann, ben},
    scenes::{jpeg, photograph, report, reported},
    support::{TestService, until},
};

const DAY: Duration = Duration::from_secs(86_400);

/// Two drivers: A's report was taken back, and one of its three photos is also in the open report of B.
struct Reports {
    service: TestService,
    a: Session,
    b: Session,
    withdrawn: String,
    open: String,
    /// Of the three photos of A.
    photos: Vec<String>,
    /// Of the photo of B.
    shared: String,
}

impl Reports {
    async fn new(database: TestDatabase) -> Self {
        let service = TestService::start(database).await;
        let (a, b) = (service.driver(ann().openid).await, service.driver(ben().openid).await);
        let (withdrawn, _) = reported(&a, report(2, json!({}))).await;
        photograph(&a, &withdrawn, 1).await;
        let (open, _) = reported(&b, report(2, json!({}))).await;
        let shared =
            b.upload_photo(&open, "other", jpeg(3)).await.unwrap().text("/photo/id").unwrap().to_owned();
        let case = a.get_case(&withdrawn).await.unwrap();
        let photos: Vec<String> = case
            .list("/photos")
            .unwrap()
            .iter()
            .map(|photo| photo["id"].as_str().unwrap().to_owned())
            .collect();
        for photo in &photos {
            until("its copies are made", async || a.get_photo(&withdrawn, photo, "view").await.is_ok()).await;
        }
        service.post(&a, &format!("/cases/{withdrawn}/withdrawal"), &json!({})).await.ok();
        let store = service.inside.app.store();
        until("all evidence has rows", async || store.is_evidence_complete().await.unwrap()).await;
        Self { service, a, b, withdrawn, open, photos, shared }
    }

    /// The use cases so many days from now.
    async fn after(&self, days: u32) -> (Arc<App>, ManualClock) {
        let clock = ManualClock::at(SystemClock.now());
        clock.advance(DAY * days);
        (self.service.inside_at(&clock, "").await.app, clock)
    }

    fn file(&self, kind: &str, bytes: &[u8]) -> PathBuf {
        let name = hex::encode(Sha256::digest(bytes));
        self.service.folder().join("photos").join(kind).join(&name[..2]).join(name)
    }

    fn aside(&self) -> usize {
        files_below(&self.service.folder().join("photos/aside"))
    }

    async fn hold(&self, by: &Session, method: Method, case: &str) -> crate::support::Reply {
        let path = format!("/cases/{case}/legal-hold");
        self.service.write(method, by, &path, &json!({ "reason": "行政诉讼" })).await
    }

    async fn is_gone(&self, photo: &str) {
        for copy in ["original", "view", "thumbnail"] {
            let read = self.a.get_photo(&self.withdrawn, photo, copy).await;
            let Err(CallFailed::Refused { status, code, .. }) = read else { panic!("{read:?}") };
            assert_eq!((status, code.as_str()), (410, "evidence_erased"));
        }
    }

    async fn shared_comes_back(&self) {
        let photo = self.b.get_photo(&self.open, &self.shared, "original").await.unwrap();
        assert!(photo.bytes == jpeg(3));
    }
}

fn files_below(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { files_below(&path) } else { 1 })
        .sum()
}

testkit::on_both! {
    async fn what_is_past_its_term_is_gone_and_its_proof_stays(database: TestDatabase) {
        let reports = Reports::new(database).await;
        let supervisor = reports.service.staff("supervisor-1").await;
        reports.hold(&supervisor, Method::POST, &reports.open).await.ok();
        reports.hold(&supervisor, Method::POST, &reports.open).await.refused(409, "legal_hold_stands");
        reports.hold(&reports.a, Method::POST, &reports.withdrawn).await.refused(403, "forbidden");

        let (early, _) = reports.after(364).await;
        assert_eq!(early.erase_what_is_due().await.unwrap(), Erased::default());
        let (late, clock) = reports.after(366).await;
        let erased = late.erase_what_is_due().await.unwrap();
        // Of two photos the original and both copies; the third lies in a case under legal hold, too.
        assert_eq!(erased, Erased { marked: 3, set_aside: 6, ..Erased::default() });
        assert_eq!(late.erase_what_is_due().await.unwrap(), Erased::default());
        for photo in &reports.photos {
            reports.is_gone(photo).await;
        }
        reports.shared_comes_back().await;
        for bytes in [jpeg(1), jpeg(2)] {
            for kind in ["original", "view", "thumbnail"] {
                assert!(!fs::exists(reports.file(kind, &bytes)).unwrap());
            }
        }
        let kinds = journal(&reports.a, &reports.withdrawn).await;
        assert_eq!(count(&kinds, "evidence_erased"), 3, "{kinds:?}");
        let case = reports.a.get_case(&reports.withdrawn).await.unwrap();
        let shown: Vec<_> =
            case.list("/photos").unwrap().iter().map(|photo| photo["sha256"].as_str().unwrap().to_owned()).collect();
        assert_eq!(shown, [1, 2, 3].map(|seed| hex::encode(Sha256::digest(jpeg(seed)))));

        assert_eq!(reports.aside(), 6);
        clock.advance(DAY * 6);
        assert_eq!(late.erase_what_is_due().await.unwrap(), Erased::default());
        clock.advance(DAY * 2);
        assert_eq!(late.erase_what_is_due().await.unwrap(), Erased { discarded: 6, ..Erased::default() });
        assert_eq!(reports.aside(), 0);

        reports.hold(&supervisor, Method::DELETE, &reports.open).await.ok();
        reports.hold(&supervisor, Method::DELETE, &reports.open).await.refused(409, "no_legal_hold");
        let erased = late.erase_what_is_due().await.unwrap();
        assert_eq!(erased, Erased { marked: 1, set_aside: 3, ..Erased::default() });
        let kinds = journal(&reports.b, &reports.open).await;
        for kind in ["legal_hold_placed", "legal_hold_lifted", "evidence_erased"] {
            assert_eq!(count(&kinds, kind), 1, "{kind}");
        }
        reports.service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slow_search_finds_every_changed_object_and_begins_again() {
    let reports = Reports::new(TestDatabase::sqlite().await).await;
    let (app, mut scrub) = (&reports.service.inside.app, Scrub::default());
    let mut round = async || {
        let (mut intact, mut damaged) = (0, Vec::new());
        // The three photos in steps of two, then kinds of which there is nothing.
        for _ in 0..4 {
            let found = app.scrub(&mut scrub, 2).await.unwrap();
            intact += found.intact;
            damaged.extend(found.damaged.iter().map(ToString::to_string));
        }
        (intact, damaged)
    };
    assert_eq!(round().await, (3, Vec::new()));
    let file = reports.file("original", &jpeg(2));
    let mut bytes = fs::read(&file).unwrap();
    bytes[1_000] ^= 4;
    fs::remove_file(&file).unwrap();
    fs::write(&file, &bytes).unwrap();
    let (intact, damaged) = round().await;
    assert_eq!((intact, damaged.len()), (2, 1));
    assert!(file.ends_with(&damaged[0]));
    fs::write(&file, jpeg(2)).unwrap();
    reports.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_breaks_off_is_finished_by_the_next() {
    let reports = Reports::new(TestDatabase::sqlite().await).await;
    let (late, _) = reports.after(366).await;
    // Nothing can be set aside where a file stands in the way.
    let obstacle = reports.service.folder().join("photos/aside");
    fs::write(&obstacle, "").unwrap();
    assert!(late.erase_what_is_due().await.is_err());
    assert!(fs::exists(reports.file("original", &jpeg(1))).unwrap());
    reports.is_gone(&reports.photos[0]).await;
    fs::remove_file(&obstacle).unwrap();
    // Both cases are drafts, and the shared photo is marked in both.
    let erased = late.erase_what_is_due().await.unwrap();
    assert_eq!(erased, Erased { set_aside: 9, ..Erased::default() });
    assert!(!fs::exists(reports.file("original", &jpeg(1))).unwrap());
    assert_eq!(count(&journal(&reports.a, &reports.withdrawn).await, "evidence_erased"), 3, "told once");
    reports.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_another_case_came_to_need_while_they_were_removed_are_put_back() {
    let reports = Reports::new(TestDatabase::sqlite().await).await;
    let (late, _) = reports.after(366).await;
    late.erase_what_is_due().await.unwrap();
    let by = reports.service.driver("o-c").await;
    let (case, _) = reported(&by, report(2, json!({}))).await;
    let photo = by.upload_photo(&case, "other", jpeg(1)).await.unwrap().text("/photo/id").unwrap().to_owned();
    until("its copies are made", async || by.get_photo(&case, &photo, "view").await.is_ok()).await;
    // As if the upload had found the bytes in their place a moment before they were set aside.
    for kind in ["original", "view", "thumbnail"] {
        fs::remove_file(reports.file(kind, &jpeg(1))).unwrap();
    }
    let now = reports.service.inside.app.erase_what_is_due().await.unwrap();
    assert_eq!(now, Erased { put_back: 3, ..Erased::default() });
    assert!(by.get_photo(&case, &photo, "original").await.unwrap().bytes == jpeg(1));
    by.get_photo(&case, &photo, "view").await.unwrap();
    reports.service.end().await;
}

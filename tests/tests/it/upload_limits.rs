//! How much may be on its way: of one account, of one case, in one request. Exact, also when many ask at once.

use serde_json::json;
use testkit::{TestDatabase, on_both};
use tests::tus::Sender;

use crate::{
    people::ben,
    scenes::{join, report, reported},
    support::{TestService, Wishes},
    uploads::{Desk, clip, of_clip},
};

const LITTLE: &str = "[uploads]\nmax_open = 4\nmax_open_bytes = 300000\nmax_case_bytes = 400000\n";

async fn little(database: TestDatabase) -> Desk {
    Desk::of(TestService::with(database, Wishes { settings: LITTLE, ..Wishes::default() }).await).await
}

/// Asks for `many` uploads of so many bytes at once; how many there were of each answer.
async fn at_once(senders: &[&Sender], case: &str, many: usize, bytes: u64) -> Vec<(u16, String)> {
    let metadata = of_clip(case);
    let asked = (0..many).map(|number| senders[number % senders.len()].create(bytes, &metadata));
    let mut answers: Vec<_> = futures_util::future::join_all(asked)
        .await
        .into_iter()
        .map(|told| told.map(|told| (told.status, told.code)).unwrap())
        .collect();
    answers.sort_unstable();
    answers
}

fn counted(answers: &[(u16, String)], status: u16, code: &str) -> usize {
    answers.iter().filter(|answer| **answer == (status, code.to_owned())).count()
}

on_both! {
    async fn one_driver_has_so_many_open_uploads_and_no_more(database: TestDatabase) {
        let desk = little(database).await;
        let answers = at_once(&[&desk.sender], &desk.case, 20, 10).await;
        assert_eq!(counted(&answers, 201, ""), 4, "{answers:?}");
        assert_eq!(counted(&answers, 429, "too_many_uploads"), 16, "{answers:?}");
        let files = std::fs::read_dir(desk.service.folder().join("photos/uploads")).unwrap().count();
        assert_eq!(files, 4, "a refused upload leaves no file");
        desk.service.end().await;
    }

    async fn bytes_on_their_way_are_counted_by_driver_and_by_case(database: TestDatabase) {
        let desk = little(database).await;
        let answers = at_once(&[&desk.sender], &desk.case, 8, 100_000).await;
        assert_eq!(counted(&answers, 201, ""), 3, "{answers:?}");
        assert_eq!(counted(&answers, 413, "upload_no_room"), 5, "{answers:?}");
        let other = desk.service.driver(ben().openid).await;
        join(&desk.by, &other, &desk.case).await;
        let other = Sender::new(other, std::time::Duration::from_secs(30));
        let answers = at_once(&[&other], &desk.case, 6, 50_000).await;
        assert_eq!(counted(&answers, 201, ""), 2, "the case has 100000 left: {answers:?}");
        assert_eq!(counted(&answers, 413, "upload_no_room"), 4, "{answers:?}");
        desk.service.end().await;
    }

    async fn what_became_evidence_counts_for_the_case_and_not_for_the_driver(database: TestDatabase) {
        let desk = little(database).await;
        for seed in [1, 2] {
            let last = desk.sender.persist(&clip(180_000, seed), &of_clip(&desk.case), 4).await;
            assert!(last.evidence.is_some());
        }
        let full = desk.sender.create(40_001, &of_clip(&desk.case)).await.unwrap();
        assert_eq!((full.status, full.code.as_str()), (413, "upload_no_room"));
        let fits = desk.sender.create(40_000, &of_clip(&desk.case)).await.unwrap();
        assert_eq!(fits.status, 201);
        desk.sender.cancel(&fits.location).await.unwrap();
        assert_eq!(desk.sender.create(40_000, &of_clip(&desk.case)).await.unwrap().status, 201);
        let (another, _) = reported(&desk.by, report(2, json!({}))).await;
        assert_eq!(desk.sender.create(200_000, &of_clip(&another)).await.unwrap().status, 201);
        desk.service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_larger_than_its_kind_may_be_is_refused_before_its_bytes() {
    let desk = Desk::of(TestService::sqlite().await).await;
    let recording = desk.sender.create((512 << 20) + 1, &of_clip(&desk.case)).await.unwrap();
    assert_eq!((recording.status, recording.code.as_str()), (413, "upload_too_large"));
    let photo = of_clip(&desk.case).replace("cmVjb3JkaW5n", "cGhvdG8=");
    let photo = desk.sender.create((1 << 20) + 1, &photo).await.unwrap();
    assert_eq!((photo.status, photo.code.as_str()), (413, "upload_too_large"));
    desk.service.end().await;
}

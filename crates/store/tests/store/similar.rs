//! How photos look and where they lie: read in order, found across cases, completed for evidence of older releases.

use chrono::DateTime;
use domain::{
    digest::Digest,
    evidence::{Media, PerceptualHash},
    identifiers::{CaseId, PhotoId},
};
use store::{Store, Work};
use uuid::Uuid;

use crate::fixtures::*;

const START: (DateTime<chrono::Utc>, PhotoId) = (DateTime::UNIX_EPOCH, PhotoId(Uuid::nil()));

fn photo(number: u128) -> PhotoId {
    PhotoId(Uuid::from_u128(number))
}

/// Photo `number` with these bytes becomes part of a case.
async fn add(store: &Store, case: CaseId, media: Media, number: u128, bytes: &[u8]) {
    let mut work = Work::new();
    work.insert_evidence(case, media, photo(number).0, Digest::of(bytes), at(0));
    store.commit(work).await.unwrap();
}

/// Case `number` as an older release left it: with photos, without rows of evidence.
async fn old_case(store: &Store, number: u8) -> usize {
    let mut case = case_in("waiting", number);
    for (place, photo) in (0..).zip(&mut case.photos) {
        photo.id = PhotoId(Uuid::from_u128(1000 * u128::from(number) + place));
    }
    let mut work = Work::new();
    work.insert_case(&mut case).unwrap();
    store.commit(work).await.unwrap();
    case.photos.len()
}

async fn examined(store: &Store, number: u128, hash: Option<u64>, seconds: i64) {
    let mut work = Work::new();
    work.photo_examined(photo(number), hash.map(PerceptualHash), at(seconds));
    store.commit(work).await.unwrap();
}

testkit::on_both! {
    async fn looks_are_read_in_the_order_of_their_examination_from_any_place(database: TestDatabase) {
        let store = database.open().await;
        let case = stored(&store, "waiting", 1, 0).await;
        for number in 1..=5 {
            add(&store, case.id, Media::Photo, number, &[1]).await;
        }
        // The fifth was never examined, the second cannot be shown, two were examined at the same moment.
        for (number, hash, seconds) in [(4, Some(u64::MAX), 7), (1, Some(1 << 63), 9), (3, Some(3), 7), (2, None, 8)] {
            examined(&store, number, hash, seconds).await;
        }
        let mut place = START;
        let mut read = Vec::new();
        while let Some(look) = store.looks_after(place, 1).await.unwrap().pop() {
            place = (look.examined_at, look.photo);
            read.push((look.photo, look.hash.0, look.examined_at));
        }
        let expected = [(photo(3), 3, at(7)), (photo(4), u64::MAX, at(7)), (photo(1), 1 << 63, at(9))];
        assert_eq!(read, expected);
        assert_eq!(store.looks_after((at(7), PhotoId(Uuid::nil())), 9).await.unwrap().len(), 3);
        assert_eq!(store.looks_after((at(8), PhotoId(Uuid::nil())), 9).await.unwrap().len(), 1);
        store.close().await.unwrap();
    }

    async fn the_same_bytes_and_a_certain_photo_are_found_in_other_cases_with_their_number(database: TestDatabase) {
        let store = database.open().await;
        let mut cases = Vec::new();
        for number in 1..=3 {
            cases.push(stored(&store, "waiting", number, 0).await);
        }
        for (number, case, media, bytes) in [
            (1, 0, Media::Photo, b"same"),
            (2, 1, Media::Photo, b"same"),
            (3, 2, Media::Photo, b"else"),
            (4, 2, Media::Recording, b"same"),
        ] {
            add(&store, cases[case].id, media, number, bytes).await;
        }
        let found = store.photos_with_bytes(&[Digest::of(b"same")], cases[0].id, 9).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].photo, found[0].case), (photo(2), cases[1].id));
        assert_eq!((&found[0].number, &found[0].district), (&cases[1].number, &cases[1].district));
        let ids = [photo(1), photo(2), photo(3), photo(99)];
        let elsewhere = store.photos_elsewhere(&ids, cases[1].id).await.unwrap();
        let mut found: Vec<PhotoId> = elsewhere.iter().map(|place| place.photo).collect();
        found.sort();
        assert_eq!(found, [photo(1), photo(3)]);
        assert!(store.photos_with_bytes(&[], cases[0].id, 9).await.unwrap().is_empty());
        store.close().await.unwrap();
    }

    async fn evidence_of_an_older_release_gets_its_rows_page_by_page_and_once(database: TestDatabase) {
        let store = database.open().await;
        let mut photos = 0;
        for number in 1..=5 {
            photos += old_case(&store, number).await;
        }
        assert!(photos > 5, "{photos}");
        for round in 0..2 {
            let (mut after, mut missing) = (None, 0);
            while let Some(page) = store.missing_evidence(after, 2).await.unwrap() {
                after = Some(page.last);
                missing += page.len();
                let mut work = Work::new();
                work.insert_missing_evidence(page);
                store.commit(work).await.unwrap();
            }
            assert_eq!(missing, if round == 0 { photos } else { 0 });
        }
        let waiting = store.photos_not_examined(at(100_000), 1000).await.unwrap();
        assert_eq!(waiting.len(), photos, "they are examined as new ones are");
        assert!(!store.is_evidence_complete().await.unwrap());
        for _ in 0..2 {
            let mut work = Work::new();
            work.evidence_is_complete(at(0));
            store.commit(work).await.unwrap();
        }
        assert!(store.is_evidence_complete().await.unwrap());
        store.close().await.unwrap();
    }

    async fn two_processes_may_add_the_same_missing_rows(database: TestDatabase) {
        let store = database.open().await;
        old_case(&store, 1).await;
        for _ in 0..2 {
            let (one, other) = tokio::join!(store.missing_evidence(None, 9), store.missing_evidence(None, 9));
            for page in [one, other] {
                let mut work = Work::new();
                work.insert_missing_evidence(page.unwrap().unwrap());
                if !work.is_empty() {
                    store.commit(work).await.unwrap();
                }
            }
        }
        assert!(store.missing_evidence(None, 9).await.unwrap().unwrap().is_empty());
        store.close().await.unwrap();
    }
}

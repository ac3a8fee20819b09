//! The officers' queue: who needs a person first, then who waits longest, of their own districts.

use domain::case::Case;
use store::{Store, Work};

use crate::fixtures::*;

async fn put(store: &Store, case: Case) {
    let mut case = case;
    let mut work = Work::new();
    work.insert_case(&mut case).unwrap();
    store.commit(work).await.unwrap();
}

testkit::on_both! {
    async fn the_most_urgent_case_stands_first(database: TestDatabase) {
        let store = database.open().await;
        put(&store, waiting_since(case_in("waiting", 1), 30)).await;
        put(&store, waiting_since(case_in("waiting", 2), 10)).await;
        put(&store, waiting_since(case_in("waiting", 4), 20)).await;
        put(&store, waiting_since(case_in("waiting", 3), 20)).await;
        put(&store, waiting_since(case_in("on_scene", 5), 99)).await;
        put(&store, waiting_since(case_in("under_review", 6), 15)).await;
        put(&store, case_in("collecting", 7)).await;
        put(&store, case_in("evidence_requested", 9)).await;
        let elsewhere = Case { district: "370302".parse().unwrap(), ..waiting_since(case_in("waiting", 8), 1) };
        put(&store, elsewhere).await;
        let here = ["370303".parse().unwrap()];
        let order = |rows: Vec<store::QueueRow>| rows.iter().map(|row| row.id.as_u128() & 0xFF).collect::<Vec<_>>();
        assert_eq!(order(store.list_queue(&here, None, 99).await.unwrap()), [5, 2, 6, 3, 4, 1, 9]);
        assert_eq!(order(store.list_queue(&here, None, 2).await.unwrap()), [5, 2]);
        // The lease in the stored case of stage "under review" ends at second 190.
        let ends = "2026-03-02T00:33:10Z".parse().unwrap();
        let before = ends - chrono::TimeDelta::microseconds(1);
        assert_eq!(order(store.list_queue(&here, Some(before), 99).await.unwrap()), [2, 3, 4, 1]);
        assert_eq!(order(store.list_queue(&here, Some(ends), 99).await.unwrap()), [2, 6, 3, 4, 1]);
        let both = ["370303".parse().unwrap(), "370302".parse().unwrap()];
        assert_eq!(order(store.list_queue(&both, Some(before), 1).await.unwrap()), [8]);
        assert!(store.list_queue(&[], None, 99).await.unwrap().is_empty());
    }

    async fn a_row_of_the_queue_says_who_holds_the_case(database: TestDatabase) {
        let store = database.open().await;
        let case = case_in("under_review", 1);
        let domain::case::Stage::UnderReview { lease, .. } = case.stage.clone() else { panic!() };
        put(&store, case.clone()).await;
        let row = store.list_queue(&[case.district], None, 9).await.unwrap().remove(0);
        assert_eq!((row.officer_id, row.lease_until), (Some(lease.officer.0), Some(lease.until)));
        assert_eq!((row.number, row.version, row.stage.as_str()), (case.number.to_string(), 1, "under_review"));
    }
}

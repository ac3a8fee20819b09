//! Which cases the clock finds.

use domain::{case::Case, identifiers::CaseId};
use store::{Store, Work};

use crate::fixtures::*;

/// Stores case `number` in this stage, with what the clock waits for.
async fn due(store: &Store, stage: &str, number: u8, seconds: Option<i64>) -> CaseId {
    let mut case = Case { due: seconds.map(at), ..case_in(stage, number) };
    let mut work = Work::new();
    work.insert_case(&mut case).unwrap();
    store.commit(work).await.unwrap();
    case.id
}

testkit::on_both! {
    async fn the_clock_finds_every_case_that_is_due_page_by_page(database: TestDatabase) {
        let store = database.open().await;
        let early = due(&store, "collecting", 1, Some(10)).await;
        let late = due(&store, "decided", 2, Some(30)).await;
        let other = due(&store, "agreeing", 3, Some(20)).await;
        due(&store, "concluded", 4, None).await;
        assert_eq!(store.cases_due(at(9), None, 9).await.unwrap(), []);
        assert_eq!(store.cases_due(at(20), None, 9).await.unwrap(), [early, other]);
        assert_eq!(store.cases_due(at(99), None, 2).await.unwrap(), [early, late]);
        assert_eq!(store.cases_due(at(99), Some(late), 2).await.unwrap(), [other]);
    }

    async fn cases_of_before_there_were_deadlines_are_found_where_they_wait_for_somebody(database: TestDatabase) {
        let store = database.open().await;
        let waits = ["collecting", "evidence_requested", "agreeing", "decided", "on_scene"];
        let mut expected = Vec::new();
        for (number, stage) in (1..).zip(domain::case::Stage::NAMES) {
            let id = due(&store, stage, number, None).await;
            if waits.contains(&stage) {
                expected.push(id);
            }
        }
        due(&store, "collecting", 99, Some(10)).await;
        assert_eq!(store.cases_without_deadline(None, 99).await.unwrap(), expected);
        assert_eq!(store.cases_without_deadline(Some(expected[0]), 1).await.unwrap(), expected[1..2]);
    }
}

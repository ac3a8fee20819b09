//! What `fsck` says of rows that were changed behind the service's back.

use std::collections::BTreeSet;

use domain::digest::Digest;
use store::{Findings, Work};
use testkit::TestDatabase;

use crate::{fixtures::*, round_trips::claims};

async fn check(database: &TestDatabase) -> Findings {
    database.open().await.check_cases().await.unwrap()
}

/// Three sound cases, the second with five entries in its journal.
async fn three_cases(database: &TestDatabase) -> domain::case::Case {
    let store = database.open().await;
    stored(&store, "waiting", 1, 3).await;
    let case = stored(&store, "collecting", 2, 5).await;
    stored(&store, "handed_over", 3, 1).await;
    case
}

testkit::on_both! {
    async fn sound_cases_have_no_faults_and_name_their_files(database: TestDatabase) {
        let store = database.open().await;
        three_cases(&database).await;
        let concluded = stored(&store, "concluded", 4, 2).await;
        let mut work = Work::new();
        claims(&concluded).iter().for_each(|claim| work.insert_claim(claim).unwrap());
        let first = Digest::of(b"the document that was signed");
        let determination = concluded.determination().unwrap();
        work.insert_document(concluded.id, &issued(&concluded, first), &determination.verification, at(0)).unwrap();
        store.commit(work).await.unwrap();
        let findings = check(&database).await;
        assert_eq!((findings.cases, findings.entries, findings.faults), (4, 11, Vec::new()));
        assert_eq!(findings.photos, concluded.photos.iter().map(|photo| photo.digest).collect());
        assert_eq!(findings.documents, BTreeSet::from([first, determination.document]));
    }

    async fn every_change_of_a_journal_is_found_in_the_case_that_has_it(database: TestDatabase) {
        let case = three_cases(&database).await;
        let good = "CREATE TABLE good AS SELECT * FROM journal";
        meddle(&database, good).await;
        let number = |sequence: i64| format!(
            "sequence = {sequence} AND case_id = (SELECT id FROM accident_case WHERE number = '{}')",
            case.number
        );
        let changes = [
            ("an edited entry", format!("UPDATE journal SET entry = replace(entry, 'case_queued', 'case_released') WHERE {}", number(2))),
            ("an edited kind", format!("UPDATE journal SET kind = 'case_released' WHERE {}", number(2))),
            ("an edited time", shifted(&database, &number(2))),
            ("an edited hash", format!("UPDATE journal SET hash = previous WHERE {}", number(2))),
            ("an edited link", format!("UPDATE journal SET previous = hash WHERE {}", number(2))),
            ("a missing entry", format!("DELETE FROM journal WHERE {}", number(3))),
            ("a missing last entry", format!("DELETE FROM journal WHERE {}", number(5))),
            ("a missing first entry", format!("DELETE FROM journal WHERE {}", number(1))),
            ("a gap that was closed", format!(
                "DELETE FROM journal WHERE {}; UPDATE journal SET sequence = 3 WHERE {}; \
                 UPDATE journal SET sequence = 4 WHERE {}", number(3), number(4), number(5))),
            ("two entries in the other order", format!(
                "UPDATE journal SET sequence = 99 WHERE {}; UPDATE journal SET sequence = 2 WHERE {}; \
                 UPDATE journal SET sequence = 3 WHERE {}", number(2), number(3), number(99))),
            ("another case's entry", format!(
                "UPDATE journal SET case_id = (SELECT id FROM accident_case WHERE stage = 'handed_over'), sequence = 2 \
                 WHERE {}", number(5))),
            ("an emptied journal", "DELETE FROM journal".to_owned()),
        ];
        for (what, sql) in changes {
            meddle(&database, &sql).await;
            let faults = check(&database).await.faults;
            let named = faults.iter().any(|fault| fault.contains(&case.id.to_string()) && fault.contains("journal"));
            assert!(named, "{what} was not found: {faults:?}");
            meddle(&database, "DELETE FROM journal; INSERT INTO journal SELECT * FROM good").await;
            assert_eq!(check(&database).await.faults, [""; 0], "after {what}");
        }
    }

    async fn columns_that_say_something_else_than_the_case_are_found(database: TestDatabase) {
        let case = three_cases(&database).await;
        meddle(&database, "CREATE TABLE good AS SELECT * FROM accident_case").await;
        for (column, sql) in [
            ("stage", "stage = 'waiting'"),
            ("district", "district = '370302'"),
            ("journal_head", "journal_head = ''"),
            ("journal", "journal_length = 4"),
            ("body", "body = '{'"),
            ("queue", "queue_rank = 1"),
            ("queue", "queue_since = reported_at"),
            ("lease", "lease_until = reported_at"),
            ("lane", "lane = 'scene'"),
        ] {
            meddle(&database, &format!("UPDATE accident_case SET {sql} WHERE number = '{}'", case.number)).await;
            let faults = check(&database).await.faults;
            assert!(faults.len() == 1 && faults[0].contains(&case.id.to_string()) && faults[0].contains(column),
                "{sql} was not found: {faults:?}");
            let good = "UPDATE accident_case SET stage = good.stage, district = good.district, lane = good.lane, \
                body = good.body, journal_head = good.journal_head, journal_length = good.journal_length, \
                queue_rank = good.queue_rank, queue_since = good.queue_since, lease_until = good.lease_until \
                FROM good WHERE good.id = accident_case.id";
            meddle(&database, good).await;
            assert_eq!(check(&database).await.faults, [""; 0], "after {sql}");
        }
    }

    async fn a_waiting_case_that_fell_out_of_the_queue_is_found(database: TestDatabase) {
        three_cases(&database).await;
        meddle(&database, "UPDATE accident_case SET queue_rank = NULL WHERE stage = 'waiting'").await;
        let faults = check(&database).await.faults;
        assert!(faults.len() == 1 && faults[0].contains("queue"), "{faults:?}");
    }

    async fn missing_and_surplus_claims_and_broken_documents_are_found(database: TestDatabase) {
        let store = database.open().await;
        let case = stored(&store, "concluded", 1, 1).await;
        let faults = check(&database).await.faults;
        assert_eq!(faults, [format!("case {}: 0 claims, 2 expected", case.id)]);
        let mut work = Work::new();
        claims(&case).iter().for_each(|claim| work.insert_claim(claim).unwrap());
        let code = &case.determination().unwrap().verification;
        work.insert_document(case.id, &issued(&case, Digest::of(b"x")), code, at(0)).unwrap();
        store.commit(work).await.unwrap();
        assert_eq!(check(&database).await.faults, [""; 0]);
        meddle(&database, "UPDATE claim SET status = 'paid' WHERE party = 'A'").await;
        meddle(&database, "UPDATE document SET digest = 'x'").await;
        let faults = check(&database).await.faults;
        assert!(faults.iter().any(|fault| fault.contains("claim")), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains("document")), "{faults:?}");
    }

    async fn more_cases_than_a_page_are_all_checked(database: TestDatabase) {
        let store = database.open().await;
        let mut work = Work::new();
        for number in 0..250 {
            work.insert_case(&mut case_in("collecting", number)).unwrap();
        }
        store.commit(work).await.unwrap();
        assert_eq!(check(&database).await.cases, 250);
    }
}

/// One second later, as each database writes it.
fn shifted(database: &TestDatabase, row: &str) -> String {
    let later = match database.location() {
        store::Location::Sqlite(_) => "'2026-03-02T00:30:02.123456+00:00'",
        store::Location::Postgres(_) => "at + interval '1 second'",
    };
    format!("UPDATE journal SET at = {later} WHERE {row}")
}

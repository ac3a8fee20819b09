//! Many works at once share transactions; each still stands or falls alone.

use domain::{case::Case, event::Event};
use store::{StoreError, Work};

use crate::fixtures::*;

/// Work `number` changes `case` and leaves a message and a key behind, so that one can see whether it is there.
fn change(case: &Case, number: u128) -> Work {
    let mut case = case.clone();
    let mut work = Work::new();
    record(
        &mut work,
        &mut case,
        &Event::CaseTaken { officer: STRANGER, fence: i32::try_from(number).unwrap() },
    );
    work.save_case(&mut case).unwrap();
    work.message(&message(number, &case, at(0))).unwrap();
    work.remember_answer(answer(DRIVER_A, &number.to_string()), at(0));
    work
}

testkit::on_both! {
    async fn of_200_works_at_once_every_ok_is_there_and_every_err_left_nothing(database: TestDatabase) {
        const CASES: u8 = 50;
        let store = database.open().await;
        let mut cases = Vec::new();
        for number in 0..CASES {
            cases.push(stored(&store, "waiting", number, 0).await);
        }
        let mut started = tokio::task::JoinSet::new();
        for number in 0..200_u128 {
            let case = usize::try_from(number).unwrap() % cases.len();
            let (store, read) = (store.clone(), cases[case].clone());
            started.spawn(async move {
                (number, case, settle(&store, &number.to_string(), || change(&read, number)).await)
            });
        }
        let mut won = vec![0; cases.len()];
        for (number, case, outcome) in started.join_all().await {
            let kept = store.first_answer(DRIVER_A, &number.to_string()).await.unwrap().is_some();
            match outcome {
                Ok(()) => {
                    won[case] += 1;
                    assert!(kept, "{number} was answered and is not there");
                    let journal = store.journal_of(cases[case].id).await.unwrap();
                    let fence = format!("\"fence\":{number}");
                    assert!(journal.len() == 1 && journal[0].canonical.contains(&fence), "{number}: {journal:?}");
                }
                Err(error) => {
                    assert!(matches!(error, StoreError::Stale("case")), "{number}: {error:?}");
                    assert!(!kept, "{number} was refused and is there");
                }
            }
        }
        assert_eq!(won, vec![1; cases.len()], "of each case exactly one change is written");
        assert_eq!(store.backlog().await.unwrap().waiting, u64::from(CASES));
        assert_eq!(store.check_cases().await.unwrap().faults, [""; 0]);
    }

    async fn one_spoilt_work_harms_none_of_its_group(database: TestDatabase) {
        let store = database.open().await;
        let mut started = tokio::task::JoinSet::new();
        for number in 0..64_u8 {
            let store = store.clone();
            started.spawn(async move {
                // Every eighth wants the number of the case before it.
                let mut case = case_in("waiting", if number % 8 == 7 { number - 1 } else { number });
                case.id = case_in("waiting", number).id;
                let key = number.to_string();
                let work = || {
                    let mut work = Work::new();
                    work.insert_case(&mut case.clone()).unwrap();
                    work.remember_answer(answer(DRIVER_A, &key), at(0));
                    work
                };
                settle(&store, &key, work).await
            });
        }
        let refused: Vec<_> = started.join_all().await.into_iter().filter_map(Result::err).collect();
        let duplicates = refused.iter().filter(|error| matches!(error, StoreError::Duplicate("row"))).count();
        assert_eq!((refused.len(), duplicates), (8, 8), "{refused:?}");
        assert_eq!(store.check_cases().await.unwrap().cases, 56);
    }

    async fn twins_with_one_key_are_written_once(database: TestDatabase) {
        let store = database.open().await;
        let mut started = tokio::task::JoinSet::new();
        for number in 0..20_u8 {
            let store = store.clone();
            started.spawn(async move {
                let mut case = case_in("collecting", number);
                let mut work = Work::new();
                work.insert_case(&mut case).unwrap();
                work.remember_answer(answer(DRIVER_A, "double tap"), at(0));
                store.commit(work).await
            });
        }
        let outcomes = started.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        for outcome in outcomes.into_iter().filter(Result::is_err) {
            assert!(matches!(outcome, Err(StoreError::Duplicate("idempotency key"))), "{outcome:?}");
        }
        assert_eq!(store.list_cases_of_party(DRIVER_A, 99).await.unwrap().len(), 1);
    }
}

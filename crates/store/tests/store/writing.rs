//! A work is written whole, on top of what its author read, or not at all.

use domain::{digest::Digest, event::Event};
use store::{StoreError, Work};

use crate::fixtures::*;

testkit::on_both! {
    async fn a_case_that_somebody_else_saved_first_is_refused_and_stays(database: TestDatabase) {
        let store = database.open().await;
        let read_by_both = stored(&store, "waiting", 1, 1).await;
        let save = |stage: &'static str| {
            let mut case = domain::case::Case {
                version: read_by_both.version,
                journal: read_by_both.journal,
                ..case_in(stage, 1)
            };
            let mut work = Work::new();
            record(&mut work, &mut case, &Event::CaseReleased {});
            work.save_case(&mut case).unwrap();
            (work, case)
        };
        let (work, first) = save("under_review");
        store.commit(work).await.unwrap();
        let (work, _) = save("withdrawn");
        let refused = store.commit(work).await;
        assert!(matches!(refused, Err(StoreError::Stale("case"))), "{refused:?}");
        assert_eq!(read(&store, &first).await.as_ref(), Some(&first));
        assert_eq!(store.journal_of(first.id).await.unwrap().len(), 2);
        let mut old = read_by_both.clone();
        let mut work = Work::new();
        work.save_case(&mut old).unwrap();
        assert!(matches!(store.commit(work).await, Err(StoreError::Stale("case"))), "also without a journal entry");
    }

    async fn a_work_with_one_part_that_fails_leaves_nothing(database: TestDatabase) {
        let store = database.open().await;
        let there = stored(&store, "waiting", 1, 0).await;
        let mut work = Work::new();
        work.insert_callback(&"PICC".parse().unwrap(), "msg_1", at(0));
        store.commit(work).await.unwrap();
        type Spoil = fn(&mut Work, &domain::case::Case);
        let spoils: [(&str, Spoil); 5] = [
            ("a callback that is there", |work, _| work.insert_callback(&"PICC".parse().unwrap(), "msg_1", at(0))),
            ("a case that is there", |work, there| work.insert_case(&mut there.clone()).unwrap()),
            ("a stale case", |work, there| {
                let mut stale = domain::case::Case { version: 7, ..there.clone() };
                work.save_case(&mut stale).unwrap();
            }),
            ("a one-time code of nobody", |work, _| work.use_totp_step(STRANGER, 1)),
            ("a message of no case", |work, _| work.message(&message(9, &case_in("waiting", 99), at(0))).unwrap()),
        ];
        for (what, spoil) in spoils {
            let mut case = case_in("waiting", 2);
            let mut work = Work::new();
            record(&mut work, &mut case, &Event::CaseQueued {});
            work.insert_case(&mut case).unwrap();
            work.message(&message(1, &case, at(0))).unwrap();
            work.remember_answer(answer(DRIVER_A, "key"), at(0));
            work.fail_ladder(Digest::of(b"subject"), at(0));
            spoil(&mut work, &there);
            store.commit(work).await.expect_err(what);
            assert_eq!(read(&store, &case).await, None, "{what}");
            assert!(store.journal_of(case.id).await.unwrap().is_empty(), "{what}");
            assert_eq!(store.first_answer(DRIVER_A, "key").await.unwrap(), None, "{what}");
            assert_eq!(store.backlog().await.unwrap().waiting, 0, "{what}");
            assert_eq!(store.ladder(Digest::of(b"subject")).await.unwrap().failures, 0, "{what}");
            assert_eq!(store.list_cases_of_party(DRIVER_A, 9).await.unwrap().len(), 1, "{what}");
        }
    }

    async fn the_first_answer_to_a_key_is_kept_for_its_account(database: TestDatabase) {
        let store = database.open().await;
        let remember = |account, key: &'static str| {
            let mut work = Work::new();
            work.remember_answer(answer(account, key), at(0));
            store.commit(work)
        };
        remember(DRIVER_A, "one").await.unwrap();
        let again = remember(DRIVER_A, "one").await;
        assert!(matches!(again, Err(StoreError::Duplicate("idempotency key"))), "{again:?}");
        remember(DRIVER_B, "one").await.unwrap();
        remember(DRIVER_A, "two").await.unwrap();
        assert_eq!(store.first_answer(DRIVER_A, "one").await.unwrap(), Some(answer(DRIVER_A, "one")));
        assert_eq!(store.first_answer(STRANGER, "one").await.unwrap(), None);
        assert_eq!(store.forget_expired(at(0) + chrono::TimeDelta::days(30)).await.unwrap(), 0);
        assert_eq!(store.forget_expired(at(1) + chrono::TimeDelta::days(30)).await.unwrap(), 3);
        remember(DRIVER_A, "one").await.unwrap();
    }

    async fn rows_of_one_table_may_leave_different_things_open(database: TestDatabase) {
        let store = database.open().await;
        let mut work = Work::new();
        for number in 1..=70 {
            let mut account = account(number, store::AccountProfile::Driver {});
            match number % 3 {
                0 => account.openid = None,
                1 => account.client_id = Some(format!("client-{number}")),
                _ => account.totp_secret = Some("JBSWY3DP".to_owned()),
            }
            work.insert_account(&account).unwrap();
            let version = (number % 2 == 0).then_some(i64::MAX);
            work.remember_answer(store::FirstAnswer { version, ..answer(DRIVER_A, &number.to_string()) }, at(0));
        }
        let mut odd = store::FirstAnswer { body: "{\"引号'\\\":[null]}\n\u{1F697}".to_owned(), ..answer(DRIVER_B, "odd '\"\\ key") };
        odd.status = 599;
        work.remember_answer(odd.clone(), at(0));
        store.commit(work).await.unwrap();
        for number in 1..=70_u128 {
            let kept = store.first_answer(DRIVER_A, &number.to_string()).await.unwrap().unwrap();
            assert_eq!(kept.version, (number % 2 == 0).then_some(i64::MAX), "{number}");
            let by_openid = store.account_by_openid(&format!("openid-{number}")).await.unwrap();
            assert_eq!(by_openid.is_some(), number % 3 != 0, "{number}");
            let by_client = store.account_by_client_id(&format!("client-{number}")).await.unwrap();
            assert_eq!(by_client.is_some(), number % 3 == 1, "{number}");
            let totp = by_openid.is_some_and(|account| account.totp_secret.is_some());
            assert_eq!(totp, number % 3 == 2, "{number}");
        }
        assert_eq!(store.first_answer(DRIVER_B, &odd.key).await.unwrap(), Some(odd));
    }

    async fn an_empty_work_is_nothing_and_is_written(database: TestDatabase) {
        let store = database.open().await;
        assert!(Work::new().is_empty());
        store.commit(Work::new()).await.unwrap();
        let mut work = Work::new();
        work.insert_party(case_in("waiting", 1).id, STRANGER, domain::role::PartyRole::A);
        assert!(!work.is_empty());
        assert!(store.commit(work).await.is_err(), "a party of no case");
    }

    async fn a_closed_database_says_unavailable_and_not_that_it_wrote(database: TestDatabase) {
        let store = database.open().await;
        store.clone().close().await.unwrap();
        let mut work = Work::new();
        work.remember_answer(answer(DRIVER_A, "key"), at(0));
        let refused = store.commit(work).await.unwrap_err();
        assert!(refused.is_passing(), "{refused:?}");
        assert!(store.ping().await.unwrap_err().is_passing());
    }
}

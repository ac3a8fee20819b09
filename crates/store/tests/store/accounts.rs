//! Who may sign in: accounts, sessions, tokens used once, and guesses that are counted.

use domain::{
    digest::Digest,
    identifiers::{SessionId, UnitId},
};
use store::{Account, AccountProfile, Store, StoreError, Work};
use uuid::Uuid;

use crate::fixtures::*;

async fn insert(store: &Store, account: &Account) {
    let mut work = Work::new();
    work.insert_account(account).unwrap();
    store.commit(work).await.unwrap();
}

fn stale(outcome: Result<(), StoreError>) -> &'static str {
    match outcome {
        Err(StoreError::Stale(what)) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn debug_output_holds_no_secret_and_nothing_personal() {
    let account = Account {
        username: Some("zhang.san".parse().unwrap()),
        client_id: Some("client".to_owned()),
        secret_hash: Some("$argon2id$".to_owned()),
        totp_secret: Some("JBSWY3DP".to_owned()),
        ..account(1, AccountProfile::Driver {})
    };
    let case = case_in("concluded", 1);
    let mut work = Work::new();
    work.insert_account(&account).unwrap();
    work.insert_case(&mut case.clone()).unwrap();
    let first = store::FirstAnswer { body: "王小明".to_owned(), ..answer(DRIVER_A, "key") };
    let address = store::Location::Postgres("postgres://kuaichu:password@db/kuaichu".to_owned());
    let shown = format!("{account:?} {work:?} {first:?} {address:?} {:?}", message(1, &case, at(0)));
    for secret in [
        "zhang.san",
        "openid",
        "client",
        "argon2id",
        "JBSWY3DP",
        "王小明",
        "13800000001",
        "message 1",
        "password",
    ] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

testkit::on_both! {
    async fn an_account_of_every_role_comes_back(database: TestDatabase) {
        let store = database.open().await;
        let name = || "张警官".parse().unwrap();
        let profiles = [
            AccountProfile::Driver {},
            AccountProfile::Officer {
                name: name(),
                badge: "030001".to_owned(),
                districts: vec!["370303".parse().unwrap()],
                related_plates: vec!["鲁C12345".parse().unwrap()],
                reviews: true,
            },
            AccountProfile::PointStaff { name: name(), unit: UnitId(Uuid::from_u128(1)) },
            AccountProfile::Insurer { insurer: "PICC".parse().unwrap() },
            AccountProfile::Supervisor { name: name() },
            AccountProfile::Administrator { name: name() },
        ];
        for (number, profile) in (1..).zip(profiles) {
            let mut account = account(number, profile);
            account.username = Some(format!("user-{number}").parse().unwrap());
            account.client_id = Some(format!("client-{number}"));
            account.secret_hash = Some("$argon2id$…".to_owned());
            insert(&store, &account).await;
            let by_name = store.account_by_username(account.username.as_ref().unwrap()).await.unwrap().unwrap();
            let by_openid = store.account_by_openid(account.openid.as_deref().unwrap()).await.unwrap().unwrap();
            let by_client = store.account_by_client_id(account.client_id.as_deref().unwrap()).await.unwrap().unwrap();
            for found in [by_name, by_openid, by_client] {
                assert_eq!((found.id, &found.profile, found.active), (account.id, &account.profile, true));
                assert_eq!((found.created_at, found.secret_hash), (account.created_at, account.secret_hash.clone()));
            }
        }
        assert!(store.account_by_openid("nobody").await.unwrap().is_none());
    }

    async fn a_name_that_no_account_can_have_finds_none(database: TestDatabase) {
        let store = database.open().await;
        for name in ["", "a\0b", "'; DROP TABLE account; --", "名", &"x".repeat(100_000)] {
            assert!(store.account_by_client_id(name).await.unwrap().is_none(), "{name:?}");
            assert!(store.account_by_openid(name).await.unwrap().is_none(), "{name:?}");
        }
    }

    async fn a_session_ends_by_time_by_revocation_or_with_its_account(database: TestDatabase) {
        let store = database.open().await;
        let driver = account(1, AccountProfile::Driver {});
        insert(&store, &driver).await;
        let sessions = [1, 2].map(|number| SessionId(Uuid::from_u128(number)));
        let mut work = Work::new();
        sessions.iter().for_each(|id| work.insert_session(*id, driver.id, at(0), at(100)));
        store.commit(work).await.unwrap();
        let alive = async |id, now| store.session(id, now).await.unwrap().map(|session| session.alive);
        assert_eq!(alive(sessions[0], at(99)).await, Some(true));
        assert_eq!(alive(sessions[0], at(100)).await, Some(false));
        assert_eq!(alive(SessionId(Uuid::from_u128(3)), at(0)).await, None);
        for _ in 0..2 {
            let mut work = Work::new();
            work.revoke_session(sessions[0], at(5));
            store.commit(work).await.expect("revoking twice is no mistake");
        }
        assert_eq!((alive(sessions[0], at(6)).await, alive(sessions[1], at(6)).await), (Some(false), Some(true)));
        let mut work = Work::new();
        work.set_active(driver.id, false);
        store.commit(work).await.unwrap();
        assert_eq!(alive(sessions[1], at(6)).await, Some(false));
        let mut work = Work::new();
        work.set_active(STRANGER, false);
        assert_eq!(stale(store.commit(work).await), "account");
    }

    async fn a_refresh_token_is_used_once_by_however_many_at_once(database: TestDatabase) {
        let store = database.open().await;
        let driver = account(1, AccountProfile::Driver {});
        insert(&store, &driver).await;
        let (session, token) = (SessionId(Uuid::from_u128(1)), Digest::of(b"token"));
        let mut work = Work::new();
        work.insert_session(session, driver.id, at(0), at(100));
        work.insert_refresh_token(token, session, at(50));
        store.commit(work).await.unwrap();
        assert_eq!(store.refresh_token(token, at(49)).await.unwrap(), Some((session, true)));
        assert_eq!(store.refresh_token(token, at(50)).await.unwrap(), Some((session, false)));
        assert_eq!(store.refresh_token(Digest::of(b"other"), at(0)).await.unwrap(), None);
        let mut started = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let store = store.clone();
            started.spawn(async move {
                let mut work = Work::new();
                work.use_refresh_token(token, at(1));
                store.commit(work).await
            });
        }
        let outcomes = started.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        outcomes.into_iter().filter(Result::is_err).for_each(|outcome| assert_eq!(stale(outcome), "refresh token"));
        assert_eq!(store.refresh_token(token, at(2)).await.unwrap(), Some((session, false)));
    }

    async fn a_one_time_code_counts_once_and_only_forward(database: TestDatabase) {
        let store = database.open().await;
        let officer = account(1, AccountProfile::Driver {});
        insert(&store, &officer).await;
        let try_step = |step| {
            let mut work = Work::new();
            work.use_totp_step(officer.id, step);
            store.commit(work)
        };
        try_step(10).await.unwrap();
        assert_eq!(stale(try_step(10).await), "one-time code");
        assert_eq!(stale(try_step(9).await), "one-time code");
        try_step(11).await.unwrap();
    }

    async fn a_hundred_guesses_at_once_are_five_guesses(database: TestDatabase) {
        let stores = processes(&database).await;
        let subject = Digest::of(b"staff/zhang.san");
        let mut started = tokio::task::JoinSet::new();
        for number in 0..100 {
            let store = stores[number % 2].clone();
            started.spawn(async move {
                let mut work = Work::new();
                work.fail_ladder(subject, at(0));
                store.commit(work).await
            });
        }
        // Whom a busy machine tells "unavailable" has guessed nothing; its guess counts all the same.
        let mut outcomes = started.join_all().await;
        outcomes.retain(|outcome| !outcome.as_ref().is_err_and(StoreError::is_passing));
        let admitted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        outcomes.into_iter().filter(Result::is_err).for_each(|outcome| assert_eq!(stale(outcome), "sign-in ladder"));
        let ladder = stores[0].ladder(subject).await.unwrap();
        assert!(admitted <= 5, "{admitted}");
        assert_eq!(ladder.failures, 5);
        assert_eq!(ladder.locked_until, Some(at(300)));
        let other = stores[0].ladder(Digest::of(b"staff/li.si")).await.unwrap();
        assert_eq!((other.failures, other.locked_until), (0, None));
    }

    async fn a_success_wipes_the_failures_out(database: TestDatabase) {
        let store = database.open().await;
        let subject = Digest::of(b"staff/zhang.san");
        for _ in 0..3 {
            let mut work = Work::new();
            work.fail_ladder(subject, at(0));
            store.commit(work).await.unwrap();
        }
        for _ in 0..2 {
            let mut work = Work::new();
            work.clear_ladder(subject);
            store.commit(work).await.unwrap();
        }
        assert_eq!(store.ladder(subject).await.unwrap().failures, 0);
    }

    async fn old_guesses_are_forgotten_but_none_that_still_locks(database: TestDatabase) {
        let store = database.open().await;
        let (old, locked) = (Digest::of(b"old"), Digest::of(b"locked"));
        let day = chrono::TimeDelta::days(1);
        for (subject, now) in [(old, at(0)), (locked, at(0)), (locked, at(0) + day)] {
            let mut work = Work::new();
            work.fail_ladder(subject, now);
            store.commit(work).await.unwrap();
        }
        assert_eq!(store.forget_expired(at(0) + day).await.unwrap(), 0);
        assert_eq!(store.forget_expired(at(1) + day).await.unwrap(), 1);
        assert_eq!(store.ladder(old).await.unwrap().failures, 0);
        assert_eq!(store.ladder(locked).await.unwrap().failures, 2);
    }

    async fn a_failure_after_the_waiting_time_counts_on(database: TestDatabase) {
        let store = database.open().await;
        let subject = Digest::of(b"staff/zhang.san");
        let fail = |now| {
            let mut work = Work::new();
            work.fail_ladder(subject, now);
            store.commit(work)
        };
        for _ in 0..5 {
            fail(at(0)).await.unwrap();
        }
        assert_eq!(stale(fail(at(299)).await), "sign-in ladder");
        fail(at(300)).await.unwrap();
        let ladder = store.ladder(subject).await.unwrap();
        assert_eq!((ladder.failures, ladder.locked_until), (6, None));
    }
}

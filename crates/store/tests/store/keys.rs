//! Unique keys have names that the use cases know, the same on both databases; rows nobody could have written are
//! found when they are read.

use domain::{identifiers::InvitationCode, role::PartyRole};
use store::{Account, AccountProfile, Store, StoreError, Work};
use uuid::Uuid;

use crate::{fixtures::*, round_trips::claims};

async fn refused(store: &Store, work: Work) -> &'static str {
    match store.commit(work).await {
        Err(StoreError::Duplicate(what)) => what,
        other => panic!("{other:?}"),
    }
}

fn another(number: u128) -> Account {
    Account { openid: None, ..account(number, AccountProfile::Driver {}) }
}

testkit::on_both! {
    async fn a_unit_and_a_case_have_one_open_task(database: TestDatabase) {
        let store = database.open().await;
        let [one, two] = with_units(&store).await;
        let (first, second) = (stored(&store, "on_scene", 1, 0).await, stored(&store, "on_scene", 2, 0).await);
        let open = |number, case, unit| {
            let mut work = Work::new();
            work.insert_dispatch(&mut task(number, case, unit)).unwrap();
            work
        };
        store.commit(open(1, &first, one)).await.unwrap();
        assert_eq!(refused(&store, open(2, &second, one)).await, "task of the unit");
        assert_eq!(refused(&store, open(3, &first, two)).await, "task of the case");
        store.commit(open(4, &second, two)).await.unwrap();
    }

    async fn an_account_is_a_party_once(database: TestDatabase) {
        let store = database.open().await;
        let case = stored(&store, "collecting", 1, 0).await;
        let mut work = Work::new();
        work.insert_party(case.id, DRIVER_A, PartyRole::B);
        assert_eq!(refused(&store, work).await, "party");
    }

    async fn a_name_to_sign_in_with_belongs_to_one_account(database: TestDatabase) {
        let store = database.open().await;
        let named = |number| Account {
            username: Some("zhang.san".parse().unwrap()),
            ..another(number)
        };
        let known = |number| Account { openid: Some("o-1".to_owned()), ..another(number) };
        let client = |number| Account { client_id: Some("picc".to_owned()), ..another(number) };
        let tables: [(&str, &dyn Fn(u128) -> Account); 3] =
            [("user name", &named), ("openid", &known), ("client id", &client)];
        for (number, (what, make)) in (1..).zip(tables) {
            let insert = |account: Account| {
                let mut work = Work::new();
                work.insert_account(&account).unwrap();
                work
            };
            store.commit(insert(make(number * 10))).await.unwrap();
            assert_eq!(refused(&store, insert(make(number * 10 + 1))).await, what);
            store.commit(insert(another(number * 10 + 2))).await.unwrap();
        }
    }

    async fn a_callback_and_a_claim_are_written_once(database: TestDatabase) {
        let store = database.open().await;
        let case = stored(&store, "concluded", 1, 0).await;
        let callback = || {
            let mut work = Work::new();
            work.insert_callback(&"PICC".parse().unwrap(), "msg_1", at(0));
            work
        };
        store.commit(callback()).await.unwrap();
        assert_eq!(refused(&store, callback()).await, "callback");
        let claim = claims(&case).remove(0);
        let file = |id: Uuid| {
            let mut claim = claim.clone();
            claim.id.0 = id;
            let mut work = Work::new();
            work.insert_claim(&claim).unwrap();
            work
        };
        store.commit(file(claim.id.0)).await.unwrap();
        assert_eq!(refused(&store, file(claim.id.0)).await, "claim", "the same claim, with its stable id");
        assert_eq!(refused(&store, file(Uuid::from_u128(5))).await, "claim", "another id for the same party and insurer");
    }

    async fn any_other_key_is_a_row(database: TestDatabase) {
        let store = database.open().await;
        let case = stored(&store, "collecting", 1, 0).await;
        let invite = || {
            let mut work = Work::new();
            work.insert_invitation(&InvitationCode::new([1; 26]), case.id);
            work
        };
        store.commit(invite()).await.unwrap();
        assert_eq!(refused(&store, invite()).await, "row");
    }

    async fn a_row_that_the_rules_could_not_have_written_is_corrupt(database: TestDatabase) {
        let store = database.open().await;
        for (number, (column, sql)) in (0..).zip([
            ("body", "UPDATE accident_case SET body = '{}'"),
            ("number", "UPDATE accident_case SET number = 'KC20260302ZZZZZZZZZZ'"),
            ("stage", "UPDATE accident_case SET stage = 'decided'"),
            ("district", "UPDATE accident_case SET district = '370399'"),
            ("journal_head", "UPDATE accident_case SET journal_head = 'x'"),
        ]) {
            let case = stored(&store, "waiting", number, 1).await;
            meddle(&database, &format!("{sql} WHERE number = '{}'", case.number)).await;
            match store.find_case_for_service(case.id).await {
                Err(StoreError::Corrupt { table: "accident_case", column: found }) => assert_eq!(found, column),
                other => panic!("{column}: {other:?}"),
            }
        }
    }

    async fn corrupt_rows_of_other_tables_are_told_apart(database: TestDatabase) {
        let store = database.open().await;
        let [one, _] = with_units(&store).await;
        let case = stored(&store, "concluded", 1, 1).await;
        let mut work = Work::new();
        work.insert_claim(&claims(&case)[0]).unwrap();
        work.insert_dispatch(&mut task(1, &case, one)).unwrap();
        store.commit(work).await.unwrap();
        let corrupt = |outcome: Result<(), StoreError>| match outcome {
            Err(StoreError::Corrupt { table, column }) => (table, column),
            other => panic!("{other:?}"),
        };
        meddle(&database, "UPDATE claim SET status = 'paid'").await;
        assert_eq!(corrupt(store.claims_of_case(case.id).await.map(drop)), ("claim", "body"));
        meddle(&database, "UPDATE dispatch SET state = 'arrived'").await;
        assert_eq!(corrupt(store.dispatches_of_case(case.id).await.map(drop)), ("dispatch", "state"));
        meddle(&database, "UPDATE journal SET hash = 'x'").await;
        assert_eq!(corrupt(store.journal_of(case.id).await.map(drop)), ("journal", "hash"));
        meddle(&database, "UPDATE account SET role = 'officer' WHERE openid = 'openid-101'").await;
        let account = store.account_by_openid("openid-101").await;
        assert_eq!(corrupt(account.map(drop)), ("account", "role"));
    }
}

//! The sample that is decided again: one officer at a time, never the first one, nobody twice.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::{
    document::DocumentKind,
    identifiers::{AccountId, DeterminationId, DistrictCode},
    liability::{Grade, Suggestion},
    role::PartyRole,
    rulebook::Wording,
    self_control::{Decision, Outcome, SECOND_LOOK_LENGTH},
};
use store::{DecidedAgain, Store, StoreError, Work};
use uuid::Uuid;

use crate::fixtures::*;

const FIRST: AccountId = AccountId(Uuid::from_u128(0x0FF1));
const SECOND: AccountId = AccountId(Uuid::from_u128(0x0FF2));

fn grades(a: Grade, b: Grade) -> BTreeMap<PartyRole, Grade> {
    BTreeMap::from([(PartyRole::A, a), (PartyRole::B, b)])
}

fn outcome(a: Grade, b: Grade) -> Outcome {
    let why = Wording { zh: "无".to_owned(), en: "none".to_owned() };
    let silent = Suggestion::Silent {
        why,
        articles: Vec::new(),
        because: Vec::new(),
        open: Vec::new(),
        contacts: Vec::new(),
        questions: Vec::new(),
    };
    Outcome::new(&silent, &grades(a, b))
}

fn district() -> [DistrictCode; 1] {
    ["370303".parse().unwrap()]
}

/// Case `number` was decided and is in the sample.
async fn sampled(store: &Store, number: u8, kind: DocumentKind, outcome: Outcome) -> Uuid {
    let case = stored(store, "concluded", number, 0).await;
    let (id, look) = (Uuid::from_u128(u128::from(number)), Uuid::from_u128(0x100 + u128::from(number)));
    let decision = Decision {
        id: DeterminationId(id),
        case: case.id,
        kind,
        district: case.district.clone(),
        situation: Some("1".to_owned()),
        outcome,
        officer: (kind == DocumentKind::Determination).then_some(FIRST),
        at: at(0),
    };
    let mut work = Work::new();
    work.insert_decision(&decision).unwrap();
    work.insert_second_look(look, decision.id, at(i64::from(number)));
    store.commit(work).await.unwrap();
    look
}

async fn take(store: &Store, look: Uuid, by: AccountId, seconds: i64) -> Result<(), StoreError> {
    let mut work = Work::new();
    work.take_second_look(look, by, at(seconds), at(seconds) + SECOND_LOOK_LENGTH);
    store.commit(work).await
}

async fn decide(
    store: &Store,
    look: Uuid,
    by: AccountId,
    agrees: bool,
    seconds: i64,
) -> Result<(), StoreError> {
    let again =
        DecidedAgain { grades: grades(Grade::Full, Grade::None), reason: "复看".to_owned(), agrees };
    let mut work = Work::new();
    work.decide_second_look(look, by, at(seconds), &again).unwrap();
    store.commit(work).await
}

testkit::on_both! {
    async fn a_sampled_case_is_held_by_one_officer_and_never_offered_to_who_decided_it(database: TestDatabase) {
        let store = database.open().await;
        let first = sampled(&store, 1, DocumentKind::Determination, outcome(Grade::Full, Grade::None)).await;
        let agreed = sampled(&store, 2, DocumentKind::Agreement, outcome(Grade::Equal, Grade::Equal)).await;
        let offered = async |by, seconds| {
            let looks = store.waiting_second_looks(&district(), by, at(seconds), 9).await.unwrap();
            looks.iter().map(|look| look.id).collect::<Vec<_>>()
        };
        assert_eq!(offered(FIRST, 10).await, [agreed]);
        assert_eq!(offered(SECOND, 10).await, [first, agreed]);
        take(&store, first, SECOND, 10).await.unwrap();
        assert!(matches!(take(&store, first, FIRST, 11).await, Err(StoreError::Stale(_))));
        assert_eq!(offered(SECOND, 11).await, [agreed]);
        // Whoever does not decide loses it.
        let later = 10 + SECOND_LOOK_LENGTH.num_seconds();
        assert_eq!(offered(SECOND, later).await, [first, agreed]);
        assert!(matches!(decide(&store, first, SECOND, true, later).await, Err(StoreError::Stale(_))));
        let elsewhere = store.waiting_second_looks(&["370302".parse().unwrap()], SECOND, at(10), 9).await;
        assert!(elsewhere.unwrap().is_empty());
    }

    async fn a_case_is_decided_again_once_and_counted_by_situation(database: TestDatabase) {
        let store = database.open().await;
        for (number, agrees) in [(1, true), (2, false), (3, true)] {
            let look = sampled(&store, number, DocumentKind::Determination, outcome(Grade::Full, Grade::None)).await;
            assert_eq!(store.find_second_look(look).await.unwrap().unwrap().decided_at, None);
            take(&store, look, SECOND, 10).await.unwrap();
            decide(&store, look, SECOND, agrees, 20).await.unwrap();
            assert!(matches!(decide(&store, look, SECOND, agrees, 21).await, Err(StoreError::Stale(_))));
            assert!(matches!(take(&store, look, SECOND, 99_999).await, Err(StoreError::Stale(_))));
        }
        sampled(&store, 4, DocumentKind::Determination, outcome(Grade::Full, Grade::None)).await;
        assert_eq!(store.second_looks_open().await.unwrap(), 1);
        let shown = store.agreement_by_situation(at(0)).await.unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!((shown[0].agreed.count, shown[0].agreed.of), (2, 3));
        assert_eq!(shown[0].situation.as_deref(), Some("1"));
        assert!(store.agreement_by_situation(at(0) + TimeDelta::days(1)).await.unwrap().is_empty());
    }

    async fn what_colleagues_decided_is_counted_without_agreements(database: TestDatabase) {
        let store = database.open().await;
        let usual = outcome(Grade::Full, Grade::None);
        for number in 1..=3 {
            sampled(&store, number, DocumentKind::Determination, usual.clone()).await;
        }
        sampled(&store, 4, DocumentKind::Determination, outcome(Grade::Equal, Grade::Equal)).await;
        sampled(&store, 5, DocumentKind::Agreement, usual.clone()).await;
        let counted = store.outcomes_of(&usual.likeness()).await.unwrap();
        assert_eq!(counted, [(usual, 3), (outcome(Grade::Equal, Grade::Equal), 1)]);
        assert!(store.outcomes_of("7.2|").await.unwrap().is_empty());
    }
}

//! Cases, accounts and units to store; raw access for what the service itself would never write.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    case::{Case, Issuer, Stage},
    digest::Digest,
    dispatch::{Candidate, Dispatch},
    document::IssuedPaper,
    event::Event,
    geo::{Coordinates, Datum, Position},
    identifiers::{AccountId, CaseId, CaseNumber, DispatchId, MessageId, PointId, UnitId},
    journal::{Actor, Sealed},
    message::{Content, Message},
};
use sea_orm::{ConnectionTrait, Database};
use store::{Account, AccountProfile, FirstAnswer, Location, PointRow, Store, StoreError, Work};
use testkit::TestDatabase;
use uuid::Uuid;

/// One case per stage, as stored by the release that brought the stage.
const CASES: [&str; 2] = [
    include_str!("../../../domain/testdata/case-v1.json"),
    include_str!("../../../domain/testdata/case-v2.json"),
];

pub(crate) const DRIVER_A: AccountId = AccountId(Uuid::from_u128(0xA));
pub(crate) const DRIVER_B: AccountId = AccountId(Uuid::from_u128(0xB));
pub(crate) const STRANGER: AccountId = AccountId(Uuid::from_u128(0xC));

/// Seconds after the report of the cases.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    "2026-03-02T00:30:00.123456Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

/// Case `number` in this stage, not yet stored, without a journal.
pub(crate) fn case_in(stage: &str, number: u8) -> Case {
    let mut cases = CASES.into_iter().flat_map(|cases| serde_json::from_str::<Vec<Case>>(cases).unwrap());
    let mut case = cases.find(|case| case.stage.name() == stage).unwrap();
    case.id = CaseId(Uuid::from_u128(0xCA5E_0000 + u128::from(number)));
    let mut random = [0; 10];
    random[0] = number % 32;
    random[1] = number / 32;
    case.number = CaseNumber::new("20260302", random).unwrap();
    case
}

/// The paper of this case's determination, as if its PDF had this digest.
pub(crate) fn issued(case: &Case, digest: Digest) -> IssuedPaper {
    let issuer = Issuer {
        unit_name: "淄博交警".to_owned(),
        verification_base: "https://example.cn/v/".to_owned(),
        insurer_names: [].into(),
    };
    IssuedPaper { paper: case.paper(case.determination().unwrap(), &issuer).into(), digest }
}

/// Seals an event behind the case's journal and adds it to the work.
pub(crate) fn record(work: &mut Work, case: &mut Case, event: &Event) -> Sealed {
    let (head, sealed) = case.journal.append(case.id, at(1), Actor::Service, event).unwrap();
    case.journal = head;
    work.journal(sealed.clone());
    sealed
}

/// Stores case `number` in this stage with a journal of `entries`.
pub(crate) async fn stored(store: &Store, stage: &str, number: u8, entries: usize) -> Case {
    let mut case = case_in(stage, number);
    let mut work = Work::new();
    for _ in 0..entries {
        record(&mut work, &mut case, &Event::CaseQueued {});
    }
    work.insert_case(&mut case).unwrap();
    store.commit(work).await.unwrap();
    case
}

pub(crate) async fn read(store: &Store, case: &Case) -> Option<Case> {
    store.find_case_for_service(case.id).await.unwrap()
}

pub(crate) fn answer(account: AccountId, key: &str) -> FirstAnswer {
    FirstAnswer {
        account,
        key: key.to_owned(),
        fingerprint: Digest::of(key.as_bytes()),
        status: 201,
        version: Some(1),
        body: r#"{"state":"collecting"}"#.to_owned(),
    }
}

/// Commits as the service does: after "unavailable" the key of driver A settles whether it was written. A busy
/// machine makes a write late, never wrong.
pub(crate) async fn settle(store: &Store, key: &str, work: impl Fn() -> Work) -> Result<(), StoreError> {
    let mut unsure = false;
    loop {
        let Err(error) = store.commit(work()).await else { return Ok(()) };
        // A busy or deadlocked database is no answer at all: writers queue.
        assert!(!error.to_string().contains("code"), "{error}");
        unsure |= error.is_passing();
        if unsure && store.first_answer(DRIVER_A, key).await.is_ok_and(|first| first.is_some()) {
            return Ok(());
        }
        if !error.is_passing() {
            return Err(error);
        }
    }
}

pub(crate) fn message(number: u128, case: &Case, due: DateTime<Utc>) -> Message {
    let content = Content::Sms { to: "13800000001".parse().unwrap(), text: format!("message {number}") };
    Message { id: MessageId(Uuid::from_u128(number)), case: case.id, content, due }
}

/// Where the queue remembers since when it waits.
pub(crate) fn waiting_since(mut case: Case, seconds: i64) -> Case {
    match &mut case.stage {
        Stage::Waiting { since } | Stage::UnderReview { since, .. } | Stage::OnScene { since, .. } => {
            *since = at(seconds);
        }
        other => panic!("{} does not wait", other.name()),
    }
    case
}

pub(crate) fn account(number: u128, profile: AccountProfile) -> Account {
    let id = AccountId(Uuid::from_u128(number));
    Account { profile, ..Account::driver(id, format!("openid-{number}"), at(0)) }
}

pub(crate) fn place(latitude: f64) -> Position {
    Position::new(Coordinates { latitude, longitude: 118.05 }, Datum::Gcj02, Some(5.0)).unwrap()
}

/// A point with units 1 and 2, whose accounts have the numbers 101 and 102.
pub(crate) async fn with_units(store: &Store) -> [UnitId; 2] {
    let point = PointRow {
        id: PointId(Uuid::from_u128(50)),
        name: "张店快处点".to_owned(),
        district: "370303".parse().unwrap(),
        address: "张店区".to_owned(),
        position: place(36.81),
        opens: "08:00".to_owned(),
        closes: "18:00".to_owned(),
    };
    let units = [UnitId(Uuid::from_u128(1)), UnitId(Uuid::from_u128(2))];
    let mut work = Work::new();
    work.put_point(&point).unwrap();
    for (unit, number) in units.into_iter().zip(101..) {
        let profile = AccountProfile::PointStaff { name: "赵师傅".parse().unwrap(), unit };
        let account = account(number, profile);
        work.insert_account(&account).unwrap();
        work.put_unit(unit, account.id, point.id);
    }
    store.commit(work).await.unwrap();
    units
}

pub(crate) fn task(number: u128, case: &Case, unit: UnitId) -> Dispatch {
    let candidates = [Candidate { unit, metres: 900 }];
    let id = DispatchId(Uuid::from_u128(number));
    Dispatch::offer(id, case.id, &candidates, [].into(), at(i64::try_from(number).unwrap())).unwrap().0
}

/// Two processes of the service where there can be two: SQLite serves one, whose lock is not fair to a second.
pub(crate) async fn processes(database: &TestDatabase) -> [Store; 2] {
    let one = database.open().await;
    match database.location() {
        Location::Sqlite(_) => [one.clone(), one],
        Location::Postgres(_) => [one, database.open().await],
    }
}

/// Runs SQL behind the service's back.
pub(crate) async fn meddle(database: &TestDatabase, sql: &str) {
    let connection = Database::connect(database.address()).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

//! A journal holds as it was written, and no single change of it goes unnoticed.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    event::{Authority, Event},
    identifiers::DistrictCode,
    role::PartyRole,
    triage::Lane,
};

const CASE: CaseId = CaseId(Uuid::from_u128(1));

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_411_400 + seconds, 123_456_000).unwrap()
}

fn events() -> impl Strategy<Value = Event> {
    let role = prop_oneof![Just(PartyRole::A), Just(PartyRole::B)];
    prop_oneof![
        role.prop_map(|role| Event::PartyJoined { role }),
        any::<u8>().prop_map(|seed| Event::CaseReported {
            district: "370303".parse::<DistrictCode>().unwrap(),
            lane: Lane::Remote,
            rules: vec![format!("R{seed}")],
            report: Digest::of(&[seed]),
            judged_by: (seed > 9).then(|| Digest::of(&[seed, 1])),
        }),
        any::<i32>().prop_map(|fence| Event::CaseTaken { officer: AccountId(Uuid::from_u128(2)), fence }),
        "[ -~一-龥]{1,20}".prop_filter_map("a passage", |text| {
            Some(Event::CaseHandedOver { to: Authority::Patrol, reason: text.parse().ok()? })
        }),
        Just(Event::CaseQueued {}),
        Just(Event::CaseReleased {}),
    ]
}

fn actor(number: usize) -> Actor {
    match number % 3 {
        0 => Actor::Service,
        1 => Actor::Account { acting_as: Role::Driver, account: AccountId(Uuid::from_u128(3)) },
        _ => Actor::Account { acting_as: Role::Officer, account: AccountId(Uuid::from_u128(4)) },
    }
}

fn written(events: &[Event]) -> (Vec<Sealed>, Head) {
    let mut head = Head::of_nothing();
    let mut sealed = Vec::new();
    for (number, event) in events.iter().enumerate() {
        let seconds = i64::try_from(number).unwrap();
        let (next, entry) = head.append(CASE, at(seconds), actor(number), event).unwrap();
        head = next;
        sealed.push(entry);
    }
    (sealed, head)
}

/// Seals the entries from `first` on anew, as somebody would who wants a change to go unnoticed.
fn resealed(mut entries: Vec<Sealed>, first: usize) -> Vec<Sealed> {
    let mut previous = first.checked_sub(1).map_or(Head::of_nothing().hash, |before| entries[before].hash);
    for entry in &mut entries[first..] {
        entry.previous = previous;
        entry.hash = link(previous, &entry.canonical);
        previous = entry.hash;
    }
    entries
}

/// One change of one column of one row; `seed` says which other value it gets.
fn edited(mut entry: Sealed, column: usize, seed: u8) -> Sealed {
    match column {
        0 => entry.case = CaseId(Uuid::from_u128(u128::from(seed) + 1_000)),
        1 => entry.sequence += i64::from(seed) + 1,
        2 => entry.at += chrono::TimeDelta::microseconds(i64::from(seed) + 1),
        3 => entry.kind.push('x'),
        4 => {
            let mut said: Entry = serde_json::from_str(&entry.canonical).unwrap();
            said.event = Event::ClaimMoved {
                claim: crate::identifiers::ClaimId(Uuid::from_u128(u128::from(seed))),
                status: crate::claim::ClaimStatus::Paid,
            };
            entry.canonical = serde_json_canonicalizer::to_string(&said).unwrap();
        }
        5 => entry.canonical.insert(usize::from(seed) % 2, ' '),
        6 => entry.previous = Digest::of(&[seed, 1]),
        _ => entry.hash = Digest::of(&[seed, 2]),
    }
    entry
}

const COLUMNS: usize = 8;

#[test]
fn an_empty_journal_holds_and_an_emptied_one_does_not() {
    assert_eq!(verify(&[], Head::of_nothing()), Ok(()));
    let (_, head) = written(&[Event::CaseQueued {}]);
    assert_eq!(verify(&[], head), Err(Broken::End { expected: 1, found: 0 }));
}

#[test]
fn what_is_wrong_is_told_by_its_place() {
    let (entries, head) = written(&[Event::CaseQueued {}, Event::CaseReleased {}, Event::CaseQueued {}]);
    let mut gap = entries.clone();
    gap.remove(1);
    assert_eq!(verify(&gap, head), Err(Broken::Gap { expected: 2 }));
    let mut changed = entries.clone();
    changed[1] = edited(changed[1].clone(), 3, 0);
    assert_eq!(verify(&changed, head), Err(Broken::Changed { sequence: 2 }));
    assert_eq!(verify(&entries[..2], head), Err(Broken::End { expected: 3, found: 2 }));
}

#[test]
fn the_bytes_that_are_hashed_never_change() {
    let (entries, head) = written(&[Event::PartyJoined { role: PartyRole::B }, Event::CaseQueued {}]);
    assert_eq!(
        entries[1].canonical,
        concat!(
            r#"{"actor":{"account":"00000000-0000-0000-0000-000000000003","acting_as":"driver","role":"account"},"#,
            r#""at":"2026-03-02T00:30:01.123456Z","case":"00000000-0000-0000-0000-000000000001","#,
            r#""event":{"kind":"case_queued"},"sequence":2}"#
        )
    );
    assert_eq!(entries[0].previous, Digest::of(b"kuaichu journal 1"));
    assert_eq!(head.hash.to_string(), GOLDEN_HASH);
}

/// Of the two entries above; written down once, so that journals of today can be checked for ever.
const GOLDEN_HASH: &str = "18b2d0a4c44857831c22855696466ff58de11153e28c5c0ad1e95be1fc5061e6";

#[test]
fn a_row_whose_columns_and_bytes_disagree_is_found_even_when_its_hash_fits() {
    let (entries, _) = written(&[Event::CaseQueued {}, Event::CaseReleased {}]);
    let mut entries = entries;
    entries[1].kind = "case_queued".to_owned();
    let entries = resealed(entries, 1);
    let head = Head { length: 2, hash: entries[1].hash };
    assert_eq!(verify(&entries, head), Err(Broken::Changed { sequence: 2 }));
}

proptest! {
    #[test]
    fn every_journal_holds_as_it_was_written(events in prop::collection::vec(events(), 0..20)) {
        let (entries, head) = written(&events);
        prop_assert_eq!(verify(&entries, head), Ok(()));
        prop_assert_eq!(head.length, i64::try_from(events.len()).unwrap());
        for (entry, event) in entries.iter().zip(&events) {
            let said: Entry = serde_json::from_str(&entry.canonical).unwrap();
            prop_assert_eq!(&said.event, event);
        }
    }

    #[test]
    fn every_single_change_is_found(
        events in prop::collection::vec(events(), 1..12),
        place in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        column in 0..COLUMNS,
        seed in any::<u8>(),
    ) {
        let (entries, head) = written(&events);
        let (place, other) = (place.index(entries.len()), other.index(entries.len()));
        let mut changes: Vec<(&str, Vec<Sealed>)> = Vec::new();
        let mut change = |name, make: &dyn Fn(&mut Vec<Sealed>)| {
            let mut changed = entries.clone();
            make(&mut changed);
            changes.push((name, changed));
        };
        change("edit", &|rows| rows[place] = edited(rows[place].clone(), column, seed));
        change("delete", &|rows| drop(rows.remove(place)));
        change("truncate", &|rows| rows.truncate(place));
        change("double", &|rows| rows.insert(other, rows[place].clone()));
        change("reverse", &|rows| rows.reverse());
        change("swap", &|rows| rows.swap(place, other));
        change("rotate", &|rows| rows.rotate_left(place));
        for (name, changed) in changes {
            if changed != entries {
                prop_assert!(verify(&changed, head).is_err(), "{} went unnoticed", name);
                let from = place.min(other).min(changed.len());
                let hidden = resealed(changed, from);
                prop_assert!(hidden == entries || verify(&hidden, head).is_err(), "{} went unnoticed when sealed anew", name);
            }
        }
    }
}

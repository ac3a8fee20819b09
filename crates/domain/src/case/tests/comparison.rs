//! Whether a changed case is told from one that agrees with its journal.

use uuid::Uuid;

use super::{super::*, build::*};
use crate::{
    digest::Digest,
    event::Event,
    evidence::{Fulfilment, Photo, Slot},
    identifiers::CommitmentId,
    identity::Role,
    journal::{Actor, Entry},
    liability::Manoeuvre,
    triage::Lane,
};

fn entry(case: &Case, by: AccountId, event: Event) -> Entry {
    let actor = Actor::Account { acting_as: Role::Driver, account: by };
    Entry { case: case.id, sequence: 1, at: at(0), actor, event }
}

/// A case whose driver A has told everything, with its journal.
fn told() -> (Case, Vec<Entry>) {
    let (case, events) = reported(two_cars());
    let mut entries: Vec<Entry> = events.into_iter().map(|event| entry(&case, DRIVER_A, event)).collect();
    let replacing = Fulfilment::Different(CommitmentId(Uuid::from_u128(7)));
    let other = Photo { fulfilment: Some(replacing), ..photo(PartyRole::A, Slot::Impact, "impact") };
    let (mut case, event) = case.add_photo(other).unwrap();
    entries.extend(event.map(|event| entry(&case, DRIVER_A, event)));
    let steps: [&dyn Fn(Case) -> (Case, Event); 3] = [
        &|case| case.give_statement(DRIVER_A, facts(Manoeuvre::Following), None, None, at(1)).unwrap(),
        &|case| case.update_party(DRIVER_A, details(PartyRole::A)).unwrap(),
        &|case| case.invite(DRIVER_A, Invited::default(), &invitation(), at(2)).unwrap(),
    ];
    for step in steps {
        let (next, event) = step(case);
        entries.push(entry(&next, DRIVER_A, event));
        case = next;
    }
    let (case, event) = case.join(DRIVER_B, &invitation(), RoadUser::MotorVehicle, at(3)).unwrap();
    entries.extend(event.into_iter().map(|event| entry(&case, DRIVER_B, event)));
    (case, entries)
}

#[test]
fn a_case_agrees_with_its_journal_until_somebody_changes_one_of_them() {
    let (case, entries) = told();
    assert_eq!(case.apart_from(&entries), [""; 0]);
    type Change = fn(&mut Case);
    let changes: [(&str, Change); 13] = [
        ("the report", |case| case.district = "370302".parse().unwrap()),
        ("the report", |case| case.triage.lane = Lane::Scene),
        ("the parties", |case| case.parties[1].account = Some(STRANGER)),
        ("the parties", |case| drop(case.parties.pop())),
        ("the parties", |case| case.invitations_made += 1),
        ("a party's personal data", |case| case.parties[0].details.name = None),
        ("a party's personal data", |case| case.parties[1].details = details(PartyRole::B)),
        ("a statement", |case| case.parties[0].statements[0].text = Some(passage("否认"))),
        ("a statement", |case| case.parties[0].statements.clear()),
        ("a photo", |case| case.photos[0].digest = Digest::of(b"another")),
        ("a photo", |case| case.photos[0].fulfilment = None),
        ("a photo", |case| case.photos.clear()),
        ("the stage", |case| case.stage = Stage::Withdrawn { at: at(9) }),
    ];
    for (what, change) in changes {
        let mut changed = case.clone();
        change(&mut changed);
        assert_eq!(changed.apart_from(&entries), [what]);
    }
    // Driver A corrected nothing: the report says the same.
    let told_once = |entry: &Entry| entry.event.kind() != "party_updated";
    for gone in (0..entries.len()).filter(|gone| told_once(&entries[*gone])) {
        let mut fewer = entries.clone();
        fewer.remove(gone);
        assert!(!case.apart_from(&fewer).is_empty(), "{:?}", entries[gone].event.kind());
    }
}

#[test]
fn a_report_that_was_changed_is_found_as_long_as_its_data_stand() {
    let (case, events) = reported(two_cars());
    let entries: Vec<Entry> = events.into_iter().map(|event| entry(&case, DRIVER_A, event)).collect();
    let changed = Case { place: "别处".parse().unwrap(), ..case.clone() };
    assert_eq!(changed.apart_from(&entries), ["the report"]);
    assert_eq!(case.apart_from(&entries), [""; 0]);
}

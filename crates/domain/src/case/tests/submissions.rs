//! What the parties bring, and when the case enters the queue.

use std::collections::BTreeSet;

use super::{super::*, build::*};
use crate::{event::Event, evidence::Slot, liability::Manoeuvre, triage::Question};

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::kind).collect()
}

#[test]
fn only_a_party_brings_anything() {
    let case = collected;
    assert_eq!(case().update_party(STRANGER, PartyDetails::default()).unwrap_err(), Refusal::NotAParty);
    let statement = case().give_statement(STRANGER, facts(Manoeuvre::Straight), None, None, at(60));
    assert_eq!(statement.unwrap_err(), Refusal::NotAParty);
    assert_eq!(case().submit(STRANGER, false, at(60)).unwrap_err(), Refusal::NotAParty);
}

#[test]
fn what_a_party_leaves_open_stays_as_it_was() {
    let phone: crate::identifiers::Phone = "13900000009".parse().unwrap();
    let newer = PartyDetails { phone: Some(phone.clone()), ..PartyDetails::default() };
    let (case, event) = collected().update_party(DRIVER_A, newer).unwrap();
    assert_eq!(case.parties[0].details, PartyDetails { phone: Some(phone), ..details(PartyRole::A) });
    let Event::PartyUpdated { role: PartyRole::A, details } = event else { panic!("{event:?}") };
    assert_eq!(details, super::super::reporting::digest_of(&case.parties[0].details));
}

#[test]
fn every_version_of_a_statement_is_kept() {
    let (case, event) =
        collected().give_statement(DRIVER_A, facts(Manoeuvre::Reversing), None, None, at(99)).unwrap();
    assert!(matches!(event, Event::StatementGiven { role: PartyRole::A, version: 2, .. }));
    let said: Vec<_> = case.parties[0].statements.iter().map(|s| (s.version, s.facts.manoeuvre)).collect();
    assert_eq!(said, [(1, Manoeuvre::Following), (2, Manoeuvre::Reversing)]);
    assert_eq!(case.parties[0].statement().unwrap().version, 2);
}

#[test]
fn a_party_gives_twenty_versions_and_no_more() {
    let told = |case: Case, by| case.give_statement(by, facts(Manoeuvre::Following), None, None, at(99));
    let full = (1..20).fold(collected(), |case, _| told(case, DRIVER_A).unwrap().0);
    assert_eq!(full.parties[0].statements.len(), 20);
    assert_eq!(told(full.clone(), DRIVER_A).unwrap_err(), Refusal::TooManyStatements);
    assert!(told(full, DRIVER_B).is_ok(), "the other party's are its own");
}

#[test]
fn the_same_photo_again_changes_nothing_and_other_bytes_slot_or_owner_make_another() {
    let first = photo(PartyRole::A, Slot::Plate, "plate");
    let (case, event) = collected().add_photo(first.clone()).unwrap();
    assert!(event.is_some());
    let again = Photo {
        id: crate::identifiers::PhotoId(uuid::Uuid::from_u128(77)),
        received_at: at(500),
        ..first.clone()
    };
    assert_eq!(case.same_photo(&again).map(|known| known.id), Some(first.id));
    assert_eq!(case.clone().add_photo(again).unwrap(), (case.clone(), None));
    for other in [
        photo(PartyRole::A, Slot::Plate, "other bytes"),
        photo(PartyRole::A, Slot::Other, "plate"),
        photo(PartyRole::B, Slot::Plate, "plate"),
        Photo { party: None, ..first },
    ] {
        let (more, event) = case.clone().add_photo(other).unwrap();
        assert_eq!((more.photos.len(), event.is_some()), (case.photos.len() + 1, true));
    }
}

#[test]
fn a_party_fills_its_own_share_of_the_case_with_photos_and_nobody_elses() {
    let full = (0..PHOTOS_PER_PARTY).fold(alone(), |case, number| {
        case.add_photo(photo(PartyRole::A, Slot::Other, &format!("photo {number}"))).unwrap().0
    });
    let one_more = photo(PartyRole::A, Slot::Other, "too many");
    assert_eq!(full.clone().add_photo(one_more).unwrap_err(), Refusal::TooManyPhotos);
    let known = photo(PartyRole::A, Slot::Other, "photo 0");
    assert_eq!(full.clone().add_photo(known).unwrap(), (full.clone(), None));
    assert!(full.add_photo(photo(PartyRole::B, Slot::Other, "theirs")).is_ok());
}

#[test]
fn nobody_may_move_before_the_three_mandatory_photos_and_then_once() {
    let mut case = alone();
    for (stored, slot) in Slot::MANDATORY.into_iter().enumerate() {
        let missing: BTreeSet<Slot> = Slot::MANDATORY.into_iter().skip(stored).collect();
        assert_eq!((case.missing_photos(), case.may_now_move()), (missing.clone(), false));
        let refused = case.clone().allow_move("receipt".to_owned(), at(15)).unwrap_err();
        assert_eq!(refused, Refusal::EvidenceMissing(missing));
        case = case.add_photo(photo(PartyRole::A, slot, slot.name())).unwrap().0;
    }
    assert!(case.may_now_move());
    let (case, event) = case.allow_move("receipt".to_owned(), at(15)).unwrap();
    let Event::MoveAllowed { photos, receipt } = event else { panic!("{event:?}") };
    assert_eq!(photos, case.photos.iter().map(|photo| photo.digest).collect::<Vec<_>>());
    assert_eq!(receipt, crate::digest::Digest::of(b"receipt"));
    assert!(!case.may_now_move());
    assert_eq!(case.move_receipt, Some(MoveReceipt { at: at(15), receipt: "receipt".to_owned() }));
}

#[test]
fn nobody_may_move_while_the_law_holds_the_scene() {
    for question in Question::ALL {
        let mut answers = two_cars();
        answers.set(*question, crate::triage::Answer::Yes);
        let case = with_photos(reported(answers).0);
        assert_eq!(case.may_now_move(), case.triage.may_leave, "{question:?}");
        let outcome = case.clone().allow_move("receipt".to_owned(), at(15));
        assert_eq!(outcome.is_ok(), case.triage.may_leave, "{question:?}");
        if let Err(refusal) = outcome {
            assert_eq!(refusal, Refusal::LaneForbids);
        }
    }
}

#[test]
fn an_application_needs_the_photos_and_a_statement() {
    let missing = Slot::MANDATORY.into_iter().collect();
    assert_eq!(alone().submit(DRIVER_A, true, at(60)).unwrap_err(), Refusal::EvidenceMissing(missing));
    assert_eq!(with_photos(alone()).submit(DRIVER_A, true, at(60)).unwrap_err(), Refusal::StatementMissing);
}

#[test]
fn the_case_is_queued_when_the_last_party_applies_in_any_order() {
    for (first, second) in [(DRIVER_A, DRIVER_B), (DRIVER_B, DRIVER_A)] {
        let (case, events) = collected().submit(first, false, at(50)).unwrap();
        assert_eq!((case.stage.name(), names(&events)), ("collecting", vec!["case_submitted"]));
        let (again, _) = case.clone().submit(first, false, at(55)).unwrap();
        assert_eq!(again.stage.name(), "collecting", "one party twice is not two parties");
        let (case, events) = case.submit(second, false, at(60)).unwrap();
        assert_eq!(names(&events), ["case_submitted", "case_queued"]);
        assert_eq!(case.queue_place(), Some((1, at(60))));
    }
}

#[test]
fn one_party_that_applies_is_not_enough_while_the_other_has_not_joined() {
    let (case, _) = with_photos(alone())
        .give_statement(DRIVER_A, facts(Manoeuvre::Following), None, None, at(30))
        .unwrap();
    assert_eq!(case.clone().submit(DRIVER_A, false, at(50)).unwrap().0.stage.name(), "collecting");
    let (queued, events) = case.submit(DRIVER_A, true, at(50)).unwrap();
    assert_eq!((queued.stage.name(), events.len()), ("waiting", 2));
}

#[test]
fn the_other_party_may_still_join_and_apply_while_the_case_waits_or_is_looked_at() {
    let (case, _) = applied_alone().join(DRIVER_B, &invitation(), RoadUser::MotorVehicle, at(70)).unwrap();
    let (case, _) = case.give_statement(DRIVER_B, facts(Manoeuvre::Stopped), None, None, at(80)).unwrap();
    let looked_at = case.clone().take(&officer(1), at(85)).unwrap().0;
    for case in [case, looked_at] {
        let (after, events) = case.clone().submit(DRIVER_B, false, at(90)).unwrap();
        assert_eq!(names(&events), ["case_submitted"]);
        assert_eq!((&after.stage, after.parties[1].submitted_at), (&case.stage, Some(at(90))));
        assert_eq!(after.parties[0].submitted_at, Some(at(60)), "the first application stands");
    }
}

#[test]
fn a_case_that_was_sent_back_returns_to_its_old_place_when_the_asked_party_answers() {
    let asked = in_stage("evidence_requested");
    let (still, events) = asked.clone().submit(DRIVER_B, false, at(400)).unwrap();
    assert_eq!((still.stage.name(), names(&events)), ("evidence_requested", vec!["case_submitted"]));
    let (back, events) = asked.submit(DRIVER_A, false, at(400)).unwrap();
    assert_eq!(names(&events), ["case_submitted", "case_queued"]);
    assert_eq!(back.queue_place(), Some((1, at(60))));
    let (released, _) = under_review().release(&officer(1), at(120)).unwrap();
    assert_eq!(released.queue_place(), Some((1, at(60))));
}

#[test]
fn who_needs_a_person_on_scene_stands_before_everybody_who_waits() {
    let mut places = [waiting().queue_place(), on_scene().queue_place()].map(Option::unwrap);
    places.sort_unstable();
    assert_eq!(places[0], on_scene().queue_place().unwrap());
}

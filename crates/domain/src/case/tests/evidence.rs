//! Commitments, receipts, recordings, examinations, and statements that are confirmed.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{super::*, build::*};
use crate::{
    digest::Digest,
    event::Event,
    evidence::{
        Capture, Examination, ExifFacts, Fulfilment, Media, Photo, Readability, Recording, RecordingKind,
        Slot, Unreadable,
    },
    identifiers::{CommitmentId, RecordingId},
    liability::Manoeuvre,
    triage::{Answer, Answers, Lane, Question, RoadUsers},
};

pub(super) fn commitment(slot: Slot, content: &str) -> NewCommitment {
    NewCommitment {
        id: CommitmentId(Uuid::from_u128(
            content.bytes().map(u128::from).sum::<u128>() + (slot as u128) * 7_919,
        )),
        media: Media::Photo,
        slot,
        digest: Digest::of(content.as_bytes()),
        bytes: 1_000,
        capture: Capture::default(),
    }
}

pub(super) fn recording(party: PartyRole, content: &str) -> Recording {
    Recording {
        id: RecordingId(Uuid::from_u128(
            format!("{party}{content}")
                .bytes()
                .fold(0, |sum: u128, byte| sum.wrapping_mul(131).wrapping_add(byte.into())),
        )),
        party,
        kind: RecordingKind::Audio,
        slot: Slot::SpokenStatement,
        digest: Digest::of(content.as_bytes()),
        bytes: 2_000,
        media_type: "audio/mp4".to_owned(),
        received_at: at(10),
        capture: Capture::default(),
        fulfilment: None,
        erased_at: None,
    }
}

fn three() -> Vec<NewCommitment> {
    Slot::MANDATORY.map(|slot| commitment(slot, slot.name())).to_vec()
}

fn committed(case: Case) -> Case {
    case.commit_evidence(DRIVER_A, three(), at(8)).unwrap().0
}

pub(super) fn unreadable() -> Examination {
    Examination {
        readability: Readability::Unreadable(Unreadable::Damaged),
        exif: ExifFacts::default(),
        perceptual: None,
        quality: None,
        traces: Vec::new(),
    }
}

#[test]
fn three_committed_photos_preserve_the_scene_but_nobody_can_look_at_a_hash() {
    let (case, event) = alone().commit_evidence(DRIVER_A, three(), at(8)).unwrap();
    let Some(Event::EvidenceCommitted { role: PartyRole::A, commitments }) = event else {
        panic!("{event:?}")
    };
    assert_eq!(commitments.len(), 3);
    assert!(case.may_now_move());
    assert_eq!(case.photos_not_yet_here(), BTreeSet::from(Slot::MANDATORY));
    let (case, _) = case.give_statement(DRIVER_A, facts(Manoeuvre::Straight), None, None, at(9)).unwrap();
    let missing = Refusal::EvidenceMissing(BTreeSet::from(Slot::MANDATORY));
    assert_eq!(case.submit(DRIVER_A, true, at(60)).unwrap_err(), missing);
}

#[test]
fn the_same_evidence_committed_twice_is_one_commitment() {
    let case = committed(alone());
    let (again, event) = case.clone().commit_evidence(DRIVER_A, three(), at(20)).unwrap();
    assert_eq!((again, event), (case, None));
}

#[test]
fn a_party_commits_as_much_as_a_case_holds_and_no_more() {
    let many = |count: usize| (0..count).map(|n| commitment(Slot::Other, &format!("{n:09}"))).collect();
    let full = alone().commit_evidence(DRIVER_A, many(COMMITMENTS_PER_PARTY), at(8));
    assert_eq!(full.unwrap().0.commitments.len(), COMMITMENTS_PER_PARTY);
    let more = alone().commit_evidence(DRIVER_A, many(COMMITMENTS_PER_PARTY + 1), at(8));
    assert_eq!(more.unwrap_err(), Refusal::TooManyCommitments);
    assert_eq!(alone().commit_evidence(STRANGER, many(1), at(8)).unwrap_err(), Refusal::NotAParty);
}

#[test]
fn a_recording_that_is_committed_is_no_photo_of_the_scene() {
    let film = |new: NewCommitment| NewCommitment { media: Media::Recording, ..new };
    let (case, _) =
        alone().commit_evidence(DRIVER_A, three().into_iter().map(film).collect(), at(8)).unwrap();
    assert_eq!(case.why_stay(), Some(Stay::PhotosMissing(BTreeSet::from(Slot::MANDATORY))));
}

#[test]
fn bytes_that_come_later_are_the_committed_ones_or_marked_as_others() {
    let case = committed(alone());
    let front = three().swap_remove(0);
    let stands = |content: &str, named| {
        case.fulfilment(PartyRole::A, Slot::FrontOblique, Digest::of(content.as_bytes()), named)
    };
    let (named, kept) = (Some(front.id), Ok(Some(Fulfilment::Kept(front.id))));
    assert_eq!(stands("front_oblique", named), kept);
    assert_eq!(stands("front_oblique", None), kept, "also without naming it");
    assert_eq!(stands("another", named), Ok(Some(Fulfilment::Different(front.id))));
    assert_eq!(stands("another", None), Ok(Some(Fulfilment::Different(front.id))), "in its place, unnamed");
    let unknown = Err(Refusal::CommitmentUnknown);
    assert_eq!(stands("front_oblique", Some(CommitmentId(Uuid::from_u128(1)))), unknown);
    let digest = Digest::of(b"front_oblique");
    assert_eq!(case.fulfilment(PartyRole::B, Slot::FrontOblique, digest, named), unknown, "of another party");
    assert_eq!(case.fulfilment(PartyRole::A, Slot::Impact, digest, named), unknown, "for another slot");

    let as_it_came = |content: &str, fulfilment: Fulfilment| Photo {
        fulfilment: Some(fulfilment),
        ..photo(PartyRole::A, Slot::FrontOblique, content)
    };
    let (other, _) = case.clone().add_photo(as_it_came("another", Fulfilment::Different(front.id))).unwrap();
    assert_eq!((other.outstanding().count(), other.photos.len()), (3, 1), "kept, but not the committed one");
    let (same, _) = other.add_photo(as_it_came("front_oblique", Fulfilment::Kept(front.id))).unwrap();
    assert_eq!((same.outstanding().count(), same.is_fulfilled(front.id)), (2, true));
    let more = same.fulfilment(PartyRole::A, Slot::FrontOblique, Digest::of(b"one more"), None);
    assert_eq!(more, Ok(None), "nothing is owed any more");
}

#[test]
fn what_is_here_when_it_is_committed_counts_as_the_committed_one() {
    let (case, _) = with_photos(alone()).add_recording(recording(PartyRole::A, "spoken")).unwrap();
    let spoken = NewCommitment { media: Media::Recording, ..commitment(Slot::SpokenStatement, "spoken") };
    let all = three().into_iter().chain([spoken]).collect();
    let (case, _) = case.commit_evidence(DRIVER_A, all, at(8)).unwrap();
    assert_eq!(case.outstanding().count(), 0);
}

#[test]
fn a_receipt_that_names_more_takes_the_place_of_the_earlier_one() {
    let (case, _) = committed(alone()).allow_move("first".to_owned(), at(9)).unwrap();
    let (case, _) = case.commit_evidence(DRIVER_A, vec![commitment(Slot::Road, "the road")], at(10)).unwrap();
    assert!(!case.may_now_move() && case.may_leave_now());
    let (case, event) = case.allow_move("second".to_owned(), at(10)).unwrap();
    let Event::MoveAllowed { photos, .. } = event else { panic!("{event:?}") };
    assert_eq!(photos.len(), 4);
    assert_eq!(case.move_receipt.unwrap().receipt, "second");
    assert_eq!(
        case.earlier_receipts.iter().map(|given| given.receipt.as_str()).collect::<Vec<_>>(),
        ["first"]
    );
}

/// Every combination of two answers, for accidents of all forms: the receipt follows the law and nothing else.
#[test]
fn no_receipt_is_ever_given_where_the_law_holds_the_scene() {
    let users = [(0, 1, 1), (0, 2, 0), (1, 0, 0), (1, 1, 0), (1, 0, 1), (2, 0, 0), (3, 0, 0)].map(
        |(motor, non_motor, pedestrians)| RoadUsers {
            motor_vehicles: Some(motor),
            non_motor_vehicles: Some(non_motor),
            pedestrians: Some(pedestrians),
        },
    );
    let everything: Vec<_> = Slot::ALL.iter().map(|slot| commitment(*slot, slot.name())).collect();
    let mut given = BTreeSet::new();
    for road_users in users.into_iter().chain([RoadUsers::default()]) {
        for first in Question::ALL {
            for second in Question::ALL {
                for answer in Answer::ALL {
                    let mut answers = Answers::all_no(road_users);
                    answers.set(*first, answer);
                    answers.set(*second, Answer::Unknown);
                    let (case, _) = reported(answers);
                    let (case, _) = case.commit_evidence(DRIVER_A, everything.clone(), at(8)).unwrap();
                    let (lane, leave) = (case.triage.lane, case.triage.may_leave);
                    assert_eq!(case.may_now_move(), leave, "{first:?} {answer:?} {second:?}");
                    assert_eq!(case.why_stay(), (!leave).then_some(Stay::SceneMustStay));
                    assert_eq!(case.allow_move("receipt".to_owned(), at(9)).is_ok(), leave);
                    given.insert((lane, leave));
                }
            }
        }
    }
    assert!(given.contains(&(Lane::Remote, true)) && given.contains(&(Lane::Remote, false)), "{given:?}");
    assert!(given.iter().all(|(lane, leave)| !leave || *lane <= Lane::Remote), "{given:?}");
}

#[test]
fn no_receipt_is_given_once_somebody_comes_to_the_scene() {
    for stage in ["on_scene", "handed_over", "settled_on_scene"] {
        let case = Case { move_receipt: None, ..in_stage(stage) };
        assert!(case.triage.may_leave && case.missing_photos().is_empty());
        assert_eq!(
            case.allow_move("receipt".to_owned(), at(999)).unwrap_err(),
            Refusal::LaneForbids,
            "{stage}"
        );
    }
}

#[test]
fn an_examination_is_noted_once_and_a_photo_nobody_can_see_covers_nothing_unless_it_was_committed() {
    let case = with_photos(alone());
    let first = case.photos[0].id;
    let (case, event) = case.photo_examined(first, unreadable());
    assert!(matches!(event, Some(Event::PhotoExamined { .. })));
    let (case, event) = case.photo_examined(first, unreadable());
    assert_eq!(event, None);
    assert_eq!(case.missing_photos(), BTreeSet::from([Slot::FrontOblique]));
    assert!(committed(case).missing_photos().is_empty());
    assert_eq!(alone().photo_examined(first, unreadable()), (alone(), None));
}

fn readable() -> Examination {
    Examination { readability: Readability::Readable, ..unreadable() }
}

#[test]
fn what_could_be_looked_at_once_is_not_called_unreadable_later() {
    let case = with_photos(alone());
    let first = case.photos[0].id;
    let (seen, _) = case.photo_examined(first, readable());
    assert_eq!(seen.clone().photo_examined(first, unreadable()), (seen.clone(), None));
    assert!(seen.missing_photos().is_empty());
}

#[test]
fn a_photo_that_only_this_service_cannot_decode_is_as_good_as_any_and_may_be_examined_again() {
    let case = with_photos(alone());
    let first = case.photos[0].id;
    let undecoded = Readability::Unreadable(Unreadable::NoDecoder);
    let (case, _) = case.photo_examined(first, Examination { readability: undecoded, ..unreadable() });
    assert!(case.missing_photos().is_empty() && case.photos_not_yet_here().is_empty());
    let (_, event) = case.photo_examined(first, readable());
    assert!(event.is_some(), "a decoder was installed meanwhile");
}

#[test]
fn a_list_that_wants_two_of_a_slot_wants_two_different_ones() {
    let mut case = alone();
    case.shots.shots[2].at_least = 2;
    let impact = |content: &str| photo(PartyRole::A, Slot::Impact, content);
    let case = with_photos(case);
    assert_eq!(case.missing_photos(), BTreeSet::from([Slot::Impact]));
    let (case, _) = case.commit_evidence(DRIVER_A, vec![commitment(Slot::Impact, "impact")], at(9)).unwrap();
    assert_eq!(case.missing_photos(), BTreeSet::from([Slot::Impact]), "stored and committed is one photo");
    let (case, _) = case.add_photo(impact("the other side")).unwrap();
    assert!(case.missing_photos().is_empty());
}

#[test]
fn the_same_recording_is_one_and_a_party_stores_eight() {
    let case = (0..RECORDINGS_PER_PARTY)
        .fold(alone(), |case, n| case.add_recording(recording(PartyRole::A, &format!("{n:09}"))).unwrap().0);
    let again = recording(PartyRole::A, "000000000");
    assert_eq!(case.clone().add_recording(again).unwrap(), (case.clone(), None));
    let refused = case.clone().add_recording(recording(PartyRole::A, "one more")).unwrap_err();
    assert_eq!(refused, Refusal::TooManyRecordings);
    assert!(case.add_recording(recording(PartyRole::B, "theirs")).is_ok());
}

#[test]
fn a_statement_may_be_spoken_into_a_recording_of_ones_own() {
    let (case, _) = collected().add_recording(recording(PartyRole::A, "spoken")).unwrap();
    let id = Some(case.recordings[0].id);
    let said = |by| case.clone().give_statement(by, facts(Manoeuvre::Straight), None, id, at(45));
    let (spoken, _) = said(DRIVER_A).unwrap();
    assert_eq!(spoken.party(PartyRole::A).unwrap().statement().unwrap().recording, id);
    assert_eq!(said(DRIVER_B).unwrap_err(), Refusal::RecordingUnknown);
}

#[test]
fn the_latest_statement_is_confirmed_by_its_hash_once() {
    let digest = |case: &Case| case.party(PartyRole::A).unwrap().statement().unwrap().digest();
    let case = collected();
    let shown = digest(&case);
    let (confirmed, event) = case.confirm_statement(DRIVER_A, shown, at(46)).unwrap();
    assert!(matches!(event, Some(Event::StatementConfirmed { version: 1, .. })));
    assert_eq!(digest(&confirmed), shown, "confirming does not change what was said");
    let (again, event) = confirmed.clone().confirm_statement(DRIVER_A, shown, at(99)).unwrap();
    assert_eq!((again, event), (confirmed.clone(), None));
    let (changed, _) =
        confirmed.give_statement(DRIVER_A, facts(Manoeuvre::Stopped), None, None, at(47)).unwrap();
    let latest = changed.party(PartyRole::A).unwrap().statement().unwrap();
    assert_eq!((latest.version, latest.confirmed_at), (2, None), "a new version is to be confirmed anew");
    let refused = changed.clone().confirm_statement(DRIVER_A, shown, at(48)).unwrap_err();
    assert_eq!(refused, Refusal::StatementChanged);
    assert!(changed.party(PartyRole::A).unwrap().statements[0].confirmed_at.is_some());
    assert_eq!(alone().confirm_statement(DRIVER_A, shown, at(48)).unwrap_err(), Refusal::StatementMissing);
}

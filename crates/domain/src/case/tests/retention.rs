//! Retention: nothing is erased before its term, under legal hold, or while somebody works on the case.

use chrono::TimeDelta;
use uuid::Uuid;

use super::{super::*, build::*};
use crate::{event::Event, evidence::Slot};

const DAY: i64 = 86_400;

fn terms() -> RetentionTerms {
    RetentionTerms { drafts: Some(TimeDelta::days(30)), case_files: Some(TimeDelta::days(300)) }
}

/// The class of each piece that is erased after so many days.
fn erased(case: Case, days: i64) -> Vec<String> {
    let (case, events) = case.erase_what_is_due(&terms(), at(days * DAY));
    let marked = case.photos.iter().filter(|photo| photo.erased_at == Some(at(days * DAY))).count();
    assert_eq!(marked, events.len(), "what is marked is told");
    let class = |event| match event {
        Event::EvidenceErased { class, .. } => class,
        other => panic!("{other:?}"),
    };
    events.into_iter().map(class).collect()
}

#[test]
fn every_stage_has_its_term_and_a_case_that_is_worked_on_has_none() {
    for (stage, class, last) in [
        ("collecting", "draft", 30),
        ("withdrawn", "draft", 30),
        ("closed", "draft", 30),
        ("concluded", "case_file", 300),
        ("agreed", "case_file", 300),
        ("certified", "case_file", 300),
        ("settled_on_scene", "case_file", 300),
        ("handed_over", "case_file", 300),
    ] {
        assert!(erased(in_stage(stage), last).is_empty(), "{stage} on the last day");
        assert_eq!(erased(in_stage(stage), last + 1), [class; 3], "{stage} on the day after");
    }
    for stage in ["waiting", "under_review", "evidence_requested", "agreeing", "decided", "on_scene"] {
        assert!(erased(in_stage(stage), 100_000).is_empty(), "{stage}");
    }
}

#[test]
fn without_a_term_everything_is_kept_for_ever() {
    let ever = RetentionTerms { drafts: None, case_files: None };
    for stage in Stage::NAMES {
        assert!(in_stage(stage).erase_what_is_due(&ever, at(100_000 * DAY)).1.is_empty(), "{stage}");
    }
}

#[test]
fn what_was_added_last_keeps_a_draft() {
    let later = Photo { received_at: at(20 * DAY), ..photo(PartyRole::A, Slot::Plate, "late") };
    let (case, _) = collected().add_photo(later).unwrap();
    assert!(erased(case.clone(), 49).is_empty());
    assert_eq!(erased(case, 50).len(), 4);
}

#[test]
fn a_legal_hold_keeps_everything_until_it_is_lifted() {
    for stage in ["collecting", "withdrawn", "concluded"] {
        let supervisor = AccountId(Uuid::from_u128(0x5E));
        let (held, placed) =
            in_stage(stage).place_legal_hold(supervisor, passage("行政诉讼"), at(300)).unwrap();
        assert!(matches!(placed, Event::LegalHoldPlaced { .. }));
        assert!(erased(held.clone(), 100_000).is_empty(), "{stage}");
        let again = held.clone().place_legal_hold(supervisor, passage("又一案"), at(301));
        assert_eq!(again.unwrap_err(), Refusal::LegalHoldStands);
        let (free, lifted) = held.lift_legal_hold(passage("已判决")).unwrap();
        assert!(matches!(lifted, Event::LegalHoldLifted { .. }));
        assert_eq!(erased(free.clone(), 100_000).len(), 3, "{stage}");
        assert_eq!(free.lift_legal_hold(passage("已判决")).unwrap_err(), Refusal::NoLegalHold);
    }
}

#[test]
fn what_is_erased_is_told_once_and_its_proof_stays() {
    let before = in_stage("concluded");
    let (after, events) = before.clone().erase_what_is_due(&terms(), at(400 * DAY));
    let digests = |case: &Case| case.photos.iter().map(|photo| photo.digest).collect::<Vec<_>>();
    assert_eq!(digests(&after), digests(&before));
    assert_eq!(after.determination(), before.determination());
    for (photo, event) in after.photos.iter().zip(&events) {
        assert!(matches!(event, Event::EvidenceErased { evidence, digest, .. }
            if (*evidence, *digest) == (photo.id.0, photo.digest)));
    }
    assert!(after.erase_what_is_due(&terms(), at(401 * DAY)).1.is_empty());
}

#[test]
fn a_draft_whose_photos_were_erased_takes_them_again() {
    let (draft, _) = with_photos(alone()).erase_what_is_due(&terms(), at(31 * DAY));
    assert_eq!(draft.photos_not_yet_here().len(), 3, "erased photos cover nothing");
    let (draft, event) =
        draft.add_photo(photo(PartyRole::A, Slot::MANDATORY[0], Slot::MANDATORY[0].name())).unwrap();
    assert!(event.is_some(), "it is a new photo");
    assert_eq!(draft.photos_not_yet_here().len(), 2);
}

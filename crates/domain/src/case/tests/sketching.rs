//! The sketch that the parties confirm: only by who told its own side, only as it is, and anew when it changes.

use super::{super::*, build::*};
use crate::{
    digest::Digest,
    event::Event,
    liability::{DrivingFacts, ImpactZone, Manoeuvre},
};

fn told(case: Case, by: AccountId, manoeuvre: Manoeuvre, zone: u8) -> Case {
    let facts =
        DrivingFacts { manoeuvre, impact_zone: ImpactZone::new(zone).ok(), ..DrivingFacts::default() };
    case.give_statement(by, facts, None, None, at(60)).unwrap().0
}

fn joined() -> Case {
    alone().join(DRIVER_B, &invitation(), RoadUser::MotorVehicle, at(20)).unwrap().0
}

fn both_told() -> Case {
    let case = told(joined(), DRIVER_A, Manoeuvre::Following, 12);
    told(case, DRIVER_B, Manoeuvre::Stopped, 6)
}

#[test]
fn nobody_sees_what_others_told_before_telling_its_own_side() {
    let case = told(joined(), DRIVER_A, Manoeuvre::Following, 12);
    assert_eq!(case.sketch_for(DRIVER_B).unwrap_err(), Refusal::StatementMissing);
    assert_eq!(case.sketch_for(STRANGER).unwrap_err(), Refusal::NotAParty);
    assert_eq!(case.sketch_for(DRIVER_A).unwrap(), case.sketch());
}

#[test]
fn a_document_carries_the_sketch_that_every_party_confirmed_and_no_other() {
    let case = both_told();
    let shown = case.sketch().digest;
    let (case, event) = case.confirm_sketch(DRIVER_A, shown, at(70)).unwrap();
    assert_eq!(event, Some(Event::SketchConfirmed { role: PartyRole::A, sketch: shown }));
    assert_eq!((case.sketch_confirmed_by(), case.confirmed_sketch()), (vec![PartyRole::A], None));
    let (case, again) = case.confirm_sketch(DRIVER_A, shown, at(71)).unwrap();
    assert_eq!(again, None);
    let case = case.confirm_sketch(DRIVER_B, shown, at(72)).unwrap().0;
    assert_eq!(case.confirmed_sketch(), Some(case.sketch().svg));
    // Another statement draws another picture, which nobody has confirmed.
    let case = told(case, DRIVER_B, Manoeuvre::Reversing, 6);
    assert_eq!((case.sketch_confirmed_by(), case.confirmed_sketch()), (Vec::new(), None));
    assert_eq!(case.clone().confirm_sketch(DRIVER_B, shown, at(73)).unwrap_err(), Refusal::SketchChanged);
    assert_eq!(
        case.confirm_sketch(DRIVER_B, Digest::of(b"another"), at(73)).unwrap_err(),
        Refusal::SketchChanged
    );
}

#[test]
fn statements_that_cannot_both_be_true_are_found_in_the_case() {
    let case = told(both_told(), DRIVER_A, Manoeuvre::Parked, 12);
    let codes: Vec<_> = case.contradictions().into_iter().map(|found| found.code).collect();
    assert_eq!(codes, ["both_standing"]);
}

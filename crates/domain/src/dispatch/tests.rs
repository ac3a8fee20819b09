//! The nearest free unit is asked, a decliner is passed over, and a task lives only forward.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::geo::{Coordinates, Datum};

const MINE: UnitId = UnitId(Uuid::from_u128(1));
const OTHER: UnitId = UnitId(Uuid::from_u128(2));

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn place(latitude: f64, longitude: f64) -> Position {
    Position::new(Coordinates { latitude, longitude }, Datum::Wgs84, None).unwrap()
}

fn scene() -> Position {
    place(36.81, 118.05)
}

/// North of the scene by this many metres.
fn north(metres: f64) -> Position {
    place(36.81 + metres / 111_195.08, 118.05)
}

fn unit(number: u128, metres: f64) -> Unit {
    Unit {
        id: UnitId(Uuid::from_u128(number)),
        account: AccountId(Uuid::from_u128(number + 100)),
        point: PointId(Uuid::from_u128(number + 200)),
        point_position: north(metres),
        reported: None,
        on_duty: true,
        busy: false,
    }
}

fn asked(units: &[Unit], passed_over: &[UnitId]) -> Vec<u128> {
    let passed_over = passed_over.iter().copied().collect();
    nearest(units, &scene(), &passed_over, at(0)).iter().map(|candidate| candidate.unit.0.as_u128()).collect()
}

fn offered() -> Dispatch {
    let candidates = [Candidate { unit: MINE, metres: 900 }, Candidate { unit: OTHER, metres: 1_000 }];
    let case = CaseId(Uuid::from_u128(7));
    let id = DispatchId(Uuid::from_u128(8));
    let (dispatch, event) = Dispatch::offer(id, case, &candidates, BTreeSet::new(), at(0)).unwrap();
    assert_eq!(event, Event::DispatchOffered { dispatch: id, unit: MINE, metres: 900 });
    dispatch
}

fn no() -> Passage {
    "车辆故障".parse().unwrap()
}

#[test]
fn the_nearest_free_unit_on_duty_is_asked_first() {
    let units = [unit(1, 3_000.0), unit(2, 1_000.0), unit(3, 2_000.0)];
    assert_eq!(asked(&units, &[]), [2, 3, 1]);
    assert_eq!(nearest(&units, &scene(), &BTreeSet::new(), at(0))[0].metres, 1_000);
    let idle =
        [Unit { on_duty: false, ..unit(1, 10.0) }, Unit { busy: true, ..unit(2, 20.0) }, unit(3, 30.0)];
    assert_eq!(asked(&idle, &[]), [3]);
    assert_eq!(asked(&units, &[UnitId(Uuid::from_u128(2))]), [3, 1]);
    assert_eq!(asked(&[], &[]), [0_u128; 0]);
}

#[test]
fn equal_distances_are_ordered_by_id() {
    assert_eq!(asked(&[unit(3, 500.0), unit(1, 500.0), unit(2, 500.0)], &[]), [1, 2, 3]);
}

#[test]
fn a_reported_position_counts_for_ten_minutes_and_then_the_point() {
    let moving = Unit { reported: Some((north(50.0), at(0))), ..unit(1, 5_000.0) };
    assert_eq!(moving.position(at(0) + POSITION_LIFE), north(50.0));
    assert_eq!(moving.position(at(1) + POSITION_LIFE), north(5_000.0));
    let units = [moving, unit(2, 1_000.0)];
    let order = |now| nearest(&units, &scene(), &BTreeSet::new(), now)[0].unit.0.as_u128();
    assert_eq!((order(at(600)), order(at(601))), (1, 2));
}

#[test]
fn without_a_free_unit_nobody_is_asked() {
    let outcome = Dispatch::offer(DispatchId(Uuid::nil()), CaseId(Uuid::nil()), &[], BTreeSet::new(), at(0));
    assert_eq!(outcome.unwrap_err(), Refusal::NoUnitFree);
}

#[test]
fn every_step_of_a_task_is_legal_exactly_where_the_table_says() {
    type Step = fn(Dispatch) -> Result<(Dispatch, Event), Refusal>;
    let accepted = || offered().accept(MINE, at(1)).unwrap().0;
    let arrived = || accepted().arrive(MINE, &scene(), &scene(), at(2)).unwrap().0;
    let states = [
        offered(),
        accepted(),
        offered().decline(MINE, no(), at(1)).unwrap().0,
        arrived(),
        arrived().complete(MINE, "settled", at(3)).unwrap().0,
        offered().cancel(no(), at(1)).unwrap().0,
    ];
    // offered, accepted, declined, arrived, completed, cancelled
    let table: [(&str, Step, [Option<&str>; 6]); 5] = [
        ("accept", |task| task.accept(MINE, at(9)), [Some("accepted"), None, None, None, None, None]),
        (
            "decline",
            |task| task.decline(MINE, no(), at(9)),
            [Some("declined"), Some("declined"), None, None, None, None],
        ),
        (
            "arrive",
            |task| task.arrive(MINE, &scene(), &scene(), at(9)),
            [None, Some("arrived"), None, None, None, None],
        ),
        (
            "complete",
            |task| task.complete(MINE, "settled", at(9)),
            [None, None, None, Some("completed"), None, None],
        ),
        (
            "cancel",
            |task| task.cancel(no(), at(9)),
            [Some("cancelled"), Some("cancelled"), None, Some("cancelled"), None, None],
        ),
    ];
    for (name, step, row) in table {
        for (state, expected) in states.iter().zip(row) {
            match (step(state.clone()), expected) {
                (Ok((task, _)), Some(expected)) => assert_eq!(task.state.name(), expected, "{name}"),
                (Err(Refusal::WrongStage { stage, .. }), None) => {
                    assert_eq!(stage, state.state.name(), "{name}");
                }
                (outcome, expected) => {
                    panic!("{name} in {}: {outcome:?}, expected {expected:?}", state.state.name())
                }
            }
        }
    }
    let open = states.map(|task| task.state.is_open());
    assert_eq!(open, [true, true, false, true, false, false]);
}

#[test]
fn only_its_own_unit_moves_a_task() {
    let refused = Refusal::NotYourDispatch;
    assert_eq!(offered().accept(OTHER, at(1)).unwrap_err(), refused);
    assert_eq!(offered().decline(OTHER, no(), at(1)).unwrap_err(), refused);
    let accepted = offered().accept(MINE, at(1)).unwrap().0;
    assert_eq!(accepted.clone().arrive(OTHER, &scene(), &scene(), at(2)).unwrap_err(), refused);
    let arrived = accepted.arrive(MINE, &scene(), &scene(), at(2)).unwrap().0;
    assert_eq!(arrived.complete(OTHER, "settled", at(3)).unwrap_err(), refused);
}

#[test]
fn a_unit_has_arrived_only_within_the_radius() {
    let arrive =
        |metres| offered().accept(MINE, at(1)).unwrap().0.arrive(MINE, &north(metres), &scene(), at(2));
    assert!(arrive(ARRIVAL_RADIUS_METRES - 1.0).is_ok());
    assert_eq!(arrive(ARRIVAL_RADIUS_METRES + 1.0).unwrap_err(), Refusal::TooFarFromScene);
}

#[test]
fn a_stored_task_is_read_without_a_change_and_named_as_in_its_json() {
    let task = offered().decline(MINE, no(), at(1)).unwrap().0;
    let json = serde_json::to_value(&task).unwrap();
    assert_eq!(json["state"]["state"], task.state.name());
    assert_eq!(serde_json::from_value::<Dispatch>(json).unwrap(), task);
}

proptest! {
    #[test]
    fn whoever_is_asked_is_free_and_nobody_free_is_nearer(
        stands in prop::collection::vec((0.0..20_000.0, any::<bool>(), any::<bool>(), any::<bool>()), 0..12)
    ) {
        let mut units = Vec::new();
        let mut passed_over = BTreeSet::new();
        for (number, (metres, on_duty, busy, declined)) in (1..).zip(stands) {
            units.push(Unit { on_duty, busy, ..unit(number, metres) });
            if declined {
                passed_over.insert(UnitId(Uuid::from_u128(number)));
            }
        }
        let candidates = nearest(&units, &scene(), &passed_over, at(0));
        let free = units.iter().filter(|u| u.on_duty && !u.busy && !passed_over.contains(&u.id)).count();
        prop_assert_eq!(candidates.len(), free);
        prop_assert!(candidates.is_sorted_by_key(|candidate| candidate.metres));
        prop_assert!(candidates.iter().all(|candidate| !passed_over.contains(&candidate.unit)));
    }
}

//! The table of shares: between motor vehicles, beside cyclists and pedestrians, and what a mediator may change.

use super::*;
use crate::liability::Grade;

fn standing(index: usize, is_motor: bool, grade: Grade) -> Standing {
    Standing { role: PartyRole::nth(index).unwrap(), is_motor, grade }
}

/// The customary shares in the order of the parties.
fn customary(parties: &[(bool, Grade)], expressway: Option<bool>) -> Option<Vec<u8>> {
    let parties: Vec<_> =
        parties.iter().enumerate().map(|(index, (motor, grade))| standing(index, *motor, *grade)).collect();
    let shares = rules().customary_shares(day("2025-06-01"), &parties, expressway)?;
    Some(shares.into_values().collect())
}

const CAR: bool = true;
const CYCLIST: bool = false;

#[test]
fn two_cars_share_as_the_brief_says() {
    use Grade::{Equal, Full, Main, None as Free, Secondary};
    for (first, second, shares) in
        [(Full, Free, [100, 0]), (Main, Secondary, [70, 30]), (Equal, Equal, [50, 50]), (Free, Free, [0, 0])]
    {
        assert_eq!(customary(&[(CAR, first), (CAR, second)], None), Some(shares.to_vec()));
        let turned = shares.iter().rev().copied().collect();
        assert_eq!(customary(&[(CAR, second), (CAR, first)], None), Some(turned));
    }
}

#[test]
fn a_car_beside_a_cyclist_bears_more_and_without_fault_at_most_ten_percent() {
    use Grade::{Equal, Full, Main, None as Free, Secondary};
    for (car, cyclist, expressway, shares) in [
        (Full, Free, None, Some([100, 0])),
        (Main, Secondary, None, Some([80, 20])),
        (Equal, Equal, None, Some([60, 40])),
        (Secondary, Main, None, Some([40, 60])),
        (Free, Full, Some(false), Some([10, 90])),
        (Free, Full, Some(true), Some([5, 95])),
        (Free, Free, Some(false), Some([10, 0])),
        // Whether it was an expressway decides, and is not guessed.
        (Free, Full, None, None),
    ] {
        let shares = shares.map(|shares| shares.to_vec());
        assert_eq!(
            customary(&[(CAR, car), (CYCLIST, cyclist)], expressway),
            shares,
            "{car:?} {expressway:?}"
        );
    }
}

#[test]
fn several_share_what_the_table_leaves_and_odd_constellations_are_left_to_the_mediator() {
    use Grade::{Equal, Full, Main, None as Free, Secondary};
    let cars = |grades: [Grade; 3]| customary(&grades.map(|grade| (CAR, grade)), None);
    assert_eq!(cars([Equal, Equal, Equal]), Some(vec![33, 33, 33]));
    assert_eq!(cars([Equal, Equal, Free]), Some(vec![50, 50, 0]));
    assert_eq!(cars([Main, Secondary, Secondary]), Some(vec![70, 15, 15]));
    assert_eq!(cars([Free, Full, Free]), Some(vec![0, 100, 0]));
    assert_eq!(cars([Main, Main, Secondary]), None);
    assert_eq!(customary(&[(CAR, Main), (CAR, Secondary), (CYCLIST, Secondary)], None), None);
    assert_eq!(customary(&[(CAR, Full), (CAR, Free), (CYCLIST, Free)], None), Some(vec![100, 0, 0]));
}

#[test]
fn a_mediator_sets_shares_within_the_grades_only() {
    let allowed = |parties: &[(bool, Grade)], shares: &[u8]| {
        let parties: Vec<_> = parties
            .iter()
            .enumerate()
            .map(|(index, (motor, grade))| standing(index, *motor, *grade))
            .collect();
        let shares = shares
            .iter()
            .enumerate()
            .map(|(index, share)| (PartyRole::nth(index).unwrap(), *share))
            .collect();
        rules().allows_shares(day("2025-06-01"), &parties, &shares)
    };
    let cars = [(CAR, Grade::Main), (CAR, Grade::Secondary)];
    assert!(allowed(&cars, &[70, 30]) && allowed(&cars, &[85, 15]) && allowed(&cars, &[51, 49]));
    assert!(!allowed(&cars, &[50, 50]) && !allowed(&cars, &[100, 0]), "not what the grades mean");
    assert!(!allowed(&cars, &[80, 30]) && !allowed(&cars, &[70, 20]), "no whole");
    assert!(!allowed(&cars, &[70]) && !allowed(&cars, &[70, 20, 10]), "not the parties");
    let equal = [(CAR, Grade::Equal), (CAR, Grade::Equal)];
    assert!(allowed(&equal, &[50, 50]) && !allowed(&equal, &[51, 49]));
    let cyclist = [(CAR, Grade::None), (CYCLIST, Grade::Full)];
    assert!(allowed(&cyclist, &[10, 90]) && allowed(&cyclist, &[0, 100]) && !allowed(&cyclist, &[11, 89]));
    let three = [(CAR, Grade::Main), (CAR, Grade::Secondary), (CAR, Grade::Secondary)];
    assert!(allowed(&three, &[60, 30, 10]) && !allowed(&three, &[40, 30, 30]));
}

#[test]
fn a_table_that_is_no_whole_is_refused() {
    let refused = |from: &str, to: &str| {
        assert!(RULES.contains(from), "{from}");
        CompensationRules::from_toml(&RULES.replacen(from, to, 1)).unwrap_err()
    };
    for (from, to) in [
        ("secondary = { percent = 30,", "secondary = { percent = 31,"),
        ("main = { percent = 80,", "main = { percent = 59,"),
        ("none = { percent = 10, least = 0, most = 10 }", "none = { percent = 10, least = 0, most = 9 }"),
        ("between = \"others\"", "between = \"motor_vehicles\""),
    ] {
        assert!(matches!(refused(from, to), RuleFault::Contradiction { .. }), "{from}");
    }
    let nothing = refused("zh = \"没有人员伤亡\"", "zh = \"\"");
    assert!(matches!(nothing, RuleFault::EmptyText(_)));
}

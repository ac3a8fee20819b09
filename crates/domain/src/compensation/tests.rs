//! The brief's test vectors, published examples, and what must hold of any losses.

mod asking;
mod shares;

use proptest::prelude::*;

use super::*;
use crate::rulebook::RuleFault;

const RULES: &str = include_str!("../../rules/compensation.toml");

fn rules() -> CompensationRules {
    CompensationRules::embedded().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn party(index: usize, share_percent: u8, loss_yuan: i64) -> InsuredLoss {
    InsuredLoss {
        role: PartyRole::nth(index).unwrap(),
        is_motor: true,
        liable: share_percent > 0,
        share_percent,
        loss: Fen::from_yuan(loss_yuan),
        third_party_limit: Fen::from_yuan(1_000_000),
        has_ctali: true,
        has_own_damage_cover: Some(true),
    }
}

/// Payments as `from layer → to yuan`.
fn yuan(parties: &[InsuredLoss]) -> Vec<(char, Layer, char, i64)> {
    let payments = split(&rules(), day("2025-06-01"), parties).unwrap();
    payments.iter().map(|p| (p.from.letter(), p.layer, p.to.letter(), p.amount.0 / 100)).collect()
}

#[test]
fn seventy_to_thirty_pays_as_the_brief_computes() {
    assert_eq!(
        yuan(&[party(0, 70, 8000), party(1, 30, 5000)]),
        [
            ('A', Layer::OwnDamage, 'A', 4200),
            ('B', Layer::Ctali, 'A', 2000),
            ('B', Layer::ThirdParty, 'A', 1800),
            ('A', Layer::Ctali, 'B', 2000),
            ('A', Layer::ThirdParty, 'B', 2100),
            ('B', Layer::OwnDamage, 'B', 900),
        ]
    );
}

#[test]
fn full_liability_pays_all_and_receives_the_no_liability_hundred() {
    assert_eq!(
        yuan(&[party(0, 100, 8000), party(1, 0, 5000)]),
        [
            ('A', Layer::OwnDamage, 'A', 7900),
            ('B', Layer::Ctali, 'A', 100),
            ('A', Layer::Ctali, 'B', 2000),
            ('A', Layer::ThirdParty, 'B', 3000),
        ]
    );
}

#[test]
fn equal_liability_pays_as_the_insurers_published_example() {
    assert_eq!(
        yuan(&[party(0, 50, 3500), party(1, 50, 3200)]),
        [
            ('A', Layer::OwnDamage, 'A', 750),
            ('B', Layer::Ctali, 'A', 2000),
            ('B', Layer::ThirdParty, 'A', 750),
            ('A', Layer::Ctali, 'B', 2000),
            ('A', Layer::ThirdParty, 'B', 600),
            ('B', Layer::OwnDamage, 'B', 600),
        ]
    );
}

#[test]
fn a_small_loss_needs_only_compulsory_insurance() {
    assert_eq!(yuan(&[party(0, 100, 0), party(1, 0, 1500)]), [('A', Layer::Ctali, 'B', 1500)]);
}

#[test]
fn without_fault_each_pays_the_no_liability_hundred() {
    assert_eq!(
        yuan(&[party(0, 0, 500), party(1, 0, 80)]),
        [('A', Layer::OwnDamage, 'A', 400), ('B', Layer::Ctali, 'A', 100), ('A', Layer::Ctali, 'B', 80),]
    );
}

#[test]
fn two_victims_share_the_limit_by_their_losses_and_do_not_pay_each_other() {
    assert_eq!(
        yuan(&[party(0, 100, 0), party(1, 0, 3000), party(2, 0, 1000)]),
        [
            ('A', Layer::Ctali, 'B', 1500),
            ('A', Layer::ThirdParty, 'B', 1500),
            ('A', Layer::Ctali, 'C', 500),
            ('A', Layer::ThirdParty, 'C', 500),
        ]
    );
}

#[test]
fn a_liable_vehicle_receives_the_hundred_of_each_free_one() {
    let to_a: Vec<_> = yuan(&[party(0, 100, 5000), party(1, 0, 0), party(2, 0, 0)]);
    assert_eq!(
        to_a,
        [('A', Layer::OwnDamage, 'A', 4800), ('B', Layer::Ctali, 'A', 100), ('C', Layer::Ctali, 'A', 100),]
    );
}

#[test]
fn missing_insurance_and_low_limits_fall_on_the_party() {
    let a = InsuredLoss { has_ctali: false, third_party_limit: Fen::from_yuan(500), ..party(0, 100, 1000) };
    let b = InsuredLoss { has_own_damage_cover: Some(false), ..party(1, 0, 3000) };
    let a = InsuredLoss { has_own_damage_cover: Some(false), ..a };
    assert_eq!(
        yuan(&[a, b]),
        [
            ('A', Layer::OutOfPocket, 'A', 900),
            ('B', Layer::Ctali, 'A', 100),
            ('A', Layer::Uninsured, 'B', 2000),
            ('A', Layer::ThirdParty, 'B', 500),
            ('A', Layer::OutOfPocket, 'B', 500),
        ]
    );
}

#[test]
fn what_cannot_be_divided_is_refused() {
    let on = |day, parties: &[InsuredLoss]| split(&rules(), day, parties);
    let today = day("2025-06-01");
    assert_eq!(on(today, &[party(0, 50, 1), party(0, 50, 1)]), Err(CannotSplit::Twice(PartyRole::A)));
    assert_eq!(on(today, &[party(0, 70, 1), party(1, 50, 1)]), Err(CannotSplit::SharesExceedTheWhole));
    assert_eq!(on(today, &[party(0, 70, -1)]), Err(CannotSplit::Negative(PartyRole::A)));
    assert_eq!(on(day("2000-01-01"), &[]), Err(CannotSplit::NoLimits(day("2000-01-01"))));
    assert_eq!(on(today, &[]), Ok(Vec::new()));
}

#[test]
fn the_limits_of_the_day_of_the_accident_hold() {
    let rules = rules();
    let medical = |text| rules.limits(day(text)).unwrap().liable.medical;
    assert_eq!(
        (medical("2020-09-18"), medical("2020-09-19")),
        (Fen::from_yuan(10_000), Fen::from_yuan(18_000))
    );
    assert_eq!(rules.limits(day("2024-01-01")).unwrap().no_liability.property, Fen::from_yuan(100));
}

#[test]
fn a_faulty_rule_file_is_refused_with_its_reason() {
    let refused = |from: &str, to: &str| {
        assert!(RULES.contains(from), "{from}");
        CompensationRules::from_toml(&RULES.replace(from, to)).unwrap_err()
    };
    assert!(matches!(refused("2020-09-19", "2008-02-01"), RuleFault::Contradiction { .. }));
    assert!(matches!(refused("property = 100 ", "property = 9_000 "), RuleFault::Contradiction { .. }));
    assert!(matches!(refused("property = 2_000", "property = -1"), RuleFault::Unreadable { .. }));
    assert!(matches!(
        refused("own_damage = [\"《中华人民共和国保险法》第二十三条\"]", "own_damage = []"),
        RuleFault::NoArticle(_)
    ));
}

prop_compose! {
    fn any_parties()(
        cuts in prop::collection::vec(0..=100_u8, 4), count in 1..5_usize, nobody in any::<bool>(),
        money in prop::collection::vec((0..2_000_000_i64, 0..3_000_000_i64, any::<bool>(), any::<Option<bool>>()), 4),
    ) -> Vec<InsuredLoss> {
        let mut left = 100_u8;
        (0..count).map(|index| {
            let cut = if index + 1 == count { left } else { u8::try_from(u16::from(cuts[index]) * u16::from(left) / 100).unwrap() };
            left -= cut;
            let (loss, limit, has_ctali, has_own_damage_cover) = money[index];
            InsuredLoss {
                role: PartyRole::nth(index).unwrap(), is_motor: true, liable: !nobody && cut > 0,
                share_percent: if nobody { 0 } else { cut },
                loss: Fen(loss), third_party_limit: Fen(limit), has_ctali, has_own_damage_cover,
            }
        }).collect()
    }
}

fn total(payments: &[Payment], pick: impl Fn(&Payment) -> bool) -> Fen {
    payments.iter().filter(|payment| pick(payment)).map(|payment| payment.amount).sum()
}

proptest! {
    #[test]
    fn every_loss_is_paid_exactly_and_no_limit_is_exceeded(parties in any_parties()) {
        let rules = rules();
        let today = day("2025-06-01");
        let payments = split(&rules, today, &parties).unwrap();
        for party in &parties {
            prop_assert_eq!(total(&payments, |p| p.to == party.role), party.loss);
            let limit = rules.limits(today).unwrap().property(party.share_percent > 0);
            let compulsory = |p: &Payment| matches!(p.layer, Layer::Ctali | Layer::Uninsured);
            prop_assert!(total(&payments, |p| p.from == party.role && compulsory(p)) <= limit);
            let third_party = total(&payments, |p| p.from == party.role && p.layer == Layer::ThirdParty);
            prop_assert!(third_party <= party.third_party_limit);
            let insured = |p: &Payment| p.from == party.role && p.layer == Layer::Ctali;
            prop_assert!(party.has_ctali || !payments.iter().any(insured));
            let alone = |p: &Payment| p.from == party.role && p.to != party.role && !compulsory(p);
            prop_assert!(party.share_percent > 0 || !payments.iter().any(alone));
        }
        prop_assert!(payments.iter().all(|payment| payment.amount > Fen::ZERO && !payment.articles.is_empty()));
    }

    #[test]
    fn the_order_of_parties_does_not_matter(parties in any_parties(), turns in 0..4_usize) {
        let today = day("2025-06-01");
        let mut turned = parties.clone();
        turned.rotate_left(turns % parties.len());
        turned.reverse();
        prop_assert_eq!(split(&rules(), today, &turned), split(&rules(), today, &parties));
    }

    #[test]
    fn parts_sum_to_the_whole(total in 0..i64::MAX, weights in prop::collection::vec(0..i64::MAX, 1..6)) {
        let parts = apportion(total, &weights);
        let sum: i128 = parts.iter().map(|part| i128::from(*part)).sum();
        let weightless = weights.iter().all(|weight| *weight == 0);
        prop_assert_eq!(sum, if weightless { 0 } else { total.into() });
    }
}

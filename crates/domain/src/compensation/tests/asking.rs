//! What the calculator answers: payments, what is missing, and 互碰自赔 exactly where all its conditions hold.

use std::collections::BTreeMap;

use super::*;
use crate::{liability::Grade, triage::Answer};

fn insured() -> Cover {
    Cover { ctali: Some(true), third_party_limit: Some(Fen::from_yuan(1_000_000)), own_damage: Some(true) }
}

fn claimant(index: usize, grade: Grade, loss_yuan: Option<i64>) -> Claimant {
    Claimant {
        role: PartyRole::nth(index).unwrap(),
        is_motor: true,
        grade,
        loss: loss_yuan.map(Fen::from_yuan),
        beyond_vehicle: false,
        cover: insured(),
    }
}

fn question(claimants: &[Claimant]) -> Question<'_> {
    Question {
        day: day("2025-06-01"),
        claimants,
        shares: None,
        expressway: None,
        hurt: Answer::No,
        facility_hit: Answer::No,
        agreed: Answer::Unknown,
    }
}

fn ask(claimants: &[Claimant]) -> Calculation {
    calculate(&rules(), &question(claimants)).unwrap()
}

/// Payments as `from layer → to yuan`.
fn paid(calculation: &Calculation) -> Vec<(char, Layer, char, i64)> {
    let payments = calculation.payments.iter().flatten();
    payments.map(|p| (p.from.letter(), p.layer, p.to.letter(), p.amount.0 / 100)).collect()
}

#[test]
fn the_grades_of_the_determination_give_the_payments_of_the_brief() {
    let asked = ask(&[claimant(0, Grade::Main, Some(8000)), claimant(1, Grade::Secondary, Some(5000))]);
    assert_eq!(asked.shares, Some(BTreeMap::from([(PartyRole::A, 70), (PartyRole::B, 30)])));
    assert_eq!(
        paid(&asked),
        [
            ('A', Layer::OwnDamage, 'A', 4200),
            ('B', Layer::Ctali, 'A', 2000),
            ('B', Layer::ThirdParty, 'A', 1800),
            ('A', Layer::Ctali, 'B', 2000),
            ('A', Layer::ThirdParty, 'B', 2100),
            ('B', Layer::OwnDamage, 'B', 900),
        ]
    );
    assert!(asked.missing.is_empty() && !asked.share_articles.is_empty());
    assert!(asked.payments.iter().flatten().all(|payment| !payment.articles.is_empty()));
}

#[test]
fn a_cyclist_is_paid_by_the_cars_insurance_and_pays_from_his_own_purse() {
    let cyclist =
        |grade, loss| Claimant { is_motor: false, cover: Cover::default(), ..claimant(1, grade, loss) };
    let asked = ask(&[claimant(0, Grade::Main, Some(1000)), cyclist(Grade::Secondary, Some(3000))]);
    assert_eq!(
        paid(&asked),
        [
            ('A', Layer::OwnDamage, 'A', 800),
            ('B', Layer::OutOfPocket, 'A', 200),
            ('A', Layer::Ctali, 'B', 2000),
            ('A', Layer::ThirdParty, 'B', 800),
            ('B', Layer::OutOfPocket, 'B', 200),
        ]
    );
    assert!(asked.payments.iter().flatten().filter(|p| p.layer == Layer::OutOfPocket).all(|payment| {
        payment.articles.iter().any(|article| article.contains("第七十六条第一款第二项"))
            || payment.to == payment.from
    }));
    // Without fault the car bears ten percent of the cyclist's loss beyond 100 yuan, and nothing of its own.
    let parties = [claimant(0, Grade::None, Some(1000)), cyclist(Grade::Full, Some(1100))];
    let asked = calculate(&rules(), &Question { expressway: Some(false), ..question(&parties) }).unwrap();
    assert_eq!(
        paid(&asked),
        [
            ('B', Layer::OutOfPocket, 'A', 1000),
            ('A', Layer::Ctali, 'B', 100),
            ('A', Layer::ThirdParty, 'B', 100),
            ('B', Layer::OutOfPocket, 'B', 900),
        ]
    );
}

#[test]
fn two_cyclists_have_no_compulsory_insurance() {
    let cyclist = |index, grade| Claimant {
        is_motor: false,
        cover: Cover::default(),
        ..claimant(index, grade, Some(100))
    };
    let asked = ask(&[cyclist(0, Grade::Full), cyclist(1, Grade::None)]);
    assert_eq!(paid(&asked), [('A', Layer::OutOfPocket, 'A', 100), ('A', Layer::OutOfPocket, 'B', 100)]);
}

#[test]
fn what_is_not_known_is_named_and_only_where_it_matters() {
    let [a, b] = [claimant(0, Grade::Full, Some(500)), claimant(1, Grade::None, Some(3000))];
    assert_eq!(ask(&[a, Claimant { loss: None, ..b }]).missing, [Missing::Loss(PartyRole::B)]);
    let nothing_known = Claimant { cover: Cover::default(), ..a };
    let asked = ask(&[nothing_known, b]);
    assert_eq!(asked.missing, [Missing::Ctali(PartyRole::A), Missing::ThirdPartyLimit(PartyRole::A)]);
    assert_eq!(asked.payments, None);
    // Its 100 yuan are paid by B's compulsory insurance, but B's third-party insurance pays nothing anyway.
    let asked = ask(&[a, Claimant { cover: Cover::default(), ..b }]);
    assert_eq!(asked.missing, [Missing::Ctali(PartyRole::B)]);
    let small = Claimant { loss: Some(Fen::from_yuan(900)), ..b };
    let limit_unknown = Claimant { cover: Cover { third_party_limit: None, ..insured() }, ..a };
    assert_eq!(ask(&[limit_unknown, small]).missing, [], "within compulsory insurance");
    let own_unknown = Claimant { cover: Cover { own_damage: None, ..insured() }, ..a };
    let asked = ask(&[own_unknown, b]);
    assert!(asked.missing.is_empty());
    assert!(paid(&asked).contains(&('A', Layer::OwnShare, 'A', 400)));
    let odd = [a, b, claimant(2, Grade::None, Some(1))].map(|one| Claimant { grade: Grade::Main, ..one });
    assert_eq!(ask(&odd).missing, [Missing::Shares]);
}

#[test]
fn shares_that_the_mediator_set_take_the_place_of_the_customary_ones() {
    let parties = [claimant(0, Grade::Main, Some(0)), claimant(1, Grade::Secondary, Some(3000))];
    let shares = BTreeMap::from([(PartyRole::A, 80), (PartyRole::B, 20)]);
    let asked = calculate(&rules(), &Question { shares: Some(&shares), ..question(&parties) }).unwrap();
    assert!(paid(&asked).contains(&('A', Layer::ThirdParty, 'B', 800)));
    assert_eq!(asked.shares, Some(shares));
}

fn condition(own: &OwnClaims, code: ConditionCode) -> &Condition {
    own.conditions.iter().find(|condition| condition.code == code).unwrap()
}

#[test]
fn own_claims_say_of_every_condition_whether_it_holds() {
    let parties = [claimant(0, Grade::Main, Some(2000)), claimant(1, Grade::Secondary, Some(1500))];
    let own = ask(&parties).own_claims;
    assert!(own.offered);
    let payments: Vec<_> = own.payments.iter().map(|p| (p.from, p.to, p.layer, p.amount.0)).collect();
    let (a, b) = (PartyRole::A, PartyRole::B);
    assert_eq!(payments, [(a, a, Layer::Ctali, 200_000), (b, b, Layer::Ctali, 150_000)]);
    assert_eq!(own.conditions.len(), ConditionCode::ALL.len());
    assert_eq!(condition(&own, ConditionCode::EverybodyAgrees).holds, Answer::Unknown);

    let [first, second] = parties;
    let dear = Claimant { loss: Some(Fen(200_001)), ..first };
    let own = ask(&[dear, second]).own_claims;
    let within = condition(&own, ConditionCode::WithinLimit);
    assert_eq!((own.offered, within.holds, &within.because_of), (false, Answer::No, &vec![a]));
    assert!(own.payments.is_empty());
}

/// Grades that make a whole (R146 §60), for one to three parties.
fn lawful_grades() -> impl Strategy<Value = Vec<Grade>> {
    use Grade::{Equal, Full, Main, None as Free, Secondary};
    prop::sample::select(vec![
        vec![Full],
        vec![Free],
        vec![Full, Free],
        vec![Main, Secondary],
        vec![Secondary, Main],
        vec![Equal, Equal],
        vec![Free, Free],
        vec![Free, Full],
        vec![Main, Secondary, Secondary],
        vec![Main, Main, Secondary],
        vec![Equal, Equal, Equal],
        vec![Free, Full, Free],
        vec![Equal, Equal, Free],
        vec![Secondary, Main, Free],
    ])
}

prop_compose! {
    fn any_claimant()(
        is_motor in prop::bool::weighted(0.8),
        loss in prop::option::weighted(0.9, prop_oneof![3 => 0..=200_000_i64, 1 => 200_001..400_000_i64]),
        beyond_vehicle in prop::bool::weighted(0.1),
        ctali in prop_oneof![6 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)],
        limit in prop::option::weighted(0.8, 0..1_000_000_i64), own_damage in any::<Option<bool>>(),
    ) -> Claimant {
        Claimant {
            role: PartyRole::A, is_motor, grade: Grade::None, loss: loss.map(Fen), beyond_vehicle,
            cover: Cover { ctali, third_party_limit: limit.map(Fen), own_damage },
        }
    }
}

fn any_claimants() -> impl Strategy<Value = Vec<Claimant>> {
    (lawful_grades(), prop::collection::vec(any_claimant(), 3)).prop_map(|(grades, claimants)| {
        let numbered = grades.into_iter().zip(claimants).enumerate();
        numbered
            .map(|(index, (grade, one))| Claimant { role: PartyRole::nth(index).unwrap(), grade, ..one })
            .collect()
    })
}

fn answers() -> impl Strategy<Value = Answer> {
    prop_oneof![5 => Just(Answer::No), 1 => Just(Answer::Yes), 1 => Just(Answer::Unknown)]
}

proptest! {
    #[test]
    fn own_claims_are_offered_exactly_where_all_conditions_hold(
        parties in any_claimants(), hurt in answers(), facility_hit in answers(), agreed in prop::sample::select(Answer::ALL.to_vec()),
    ) {
        let asked = calculate(&rules(), &Question { hurt, facility_hit, agreed, ..question(&parties) }).unwrap();
        let liable = |grade| matches!(grade, Grade::Main | Grade::Equal | Grade::Secondary);
        let each = parties.iter().all(|one| {
            one.is_motor && one.cover.ctali == Some(true) && one.loss.is_some_and(|loss| loss <= Fen(200_000))
                && !one.beyond_vehicle && liable(one.grade)
        });
        let all = each && parties.len() >= 2 && hurt == Answer::No && facility_hit == Answer::No && agreed != Answer::No;
        prop_assert_eq!(asked.own_claims.offered, all);
        let total: Fen = asked.own_claims.payments.iter().map(|payment| payment.amount).sum();
        let lost: Fen = parties.iter().filter_map(|one| one.loss).sum();
        prop_assert_eq!(total, if all { lost } else { Fen::ZERO });
    }

    #[test]
    fn what_is_answered_pays_every_loss_exactly_whatever_the_order(parties in any_claimants(), turns in 0..3_usize) {
        let asked = ask(&parties);
        let mut turned = parties.clone();
        turned.rotate_left(turns % parties.len());
        turned.reverse();
        prop_assert_eq!(&ask(&turned), &asked);
        prop_assert_eq!(asked.payments.is_some(), asked.missing.is_empty());
        let Some(payments) = asked.payments else { return Ok(()) };
        for one in &parties {
            let received: Fen = payments.iter().filter(|p| p.to == one.role).map(|p| p.amount).sum();
            prop_assert_eq!(Some(received), one.loss);
            let insured = |p: &&Payment| p.from == one.role && p.layer == Layer::Ctali;
            prop_assert!(one.is_motor || !payments.iter().any(|p| insured(&p)));
            let compulsory: Fen = payments.iter().filter(insured).map(|p| p.amount).sum();
            let limit = if one.grade == Grade::None { 10_000 } else { 200_000 };
            prop_assert!(compulsory <= Fen(limit));
        }
    }
}

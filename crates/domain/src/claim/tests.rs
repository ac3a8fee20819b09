//! A claim moves only forward, whatever arrives, how often and in which order.

use proptest::prelude::*;

use super::*;
use crate::geo::{Coordinates, Datum};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds)
}

fn picc() -> InsurerCode {
    "PICC".parse().unwrap()
}

fn filed() -> Claim {
    let case = CaseId(Uuid::from_u128(1));
    let place = Coordinates { latitude: 36.8, longitude: 118.0 };
    let notice = FirstNotice {
        claim: claim_id(case, PartyRole::A, &picc()),
        case_number: CaseNumber::new("20260302", [1; 10]).unwrap(),
        insurer: picc(),
        insured: PartyRole::A,
        occurred_at: at(0),
        place: "张店区".parse().unwrap(),
        position: Position::new(place, Datum::Wgs84, None).unwrap(),
        facts: "追尾".parse().unwrap(),
        parties: Vec::new(),
        determination_number: "认字1".to_owned(),
        document: Digest::of(b"document"),
        photos: Vec::new(),
        settlement: None,
    };
    Claim::new(case, notice, at(0))
}

fn says(status: ClaimStatus) -> ClaimReport {
    let claim = filed().id;
    ClaimReport { claim, status, insurer_number: None, amount: None, reason: None }
}

fn reports() -> impl Strategy<Value = ClaimReport> {
    let status = prop::sample::select(ClaimStatus::ALL.to_vec());
    (status, prop::option::of("[0-9]{1,3}"), prop::option::of(0..1_000_i64)).prop_map(
        |(status, number, amount)| ClaimReport {
            insurer_number: number,
            amount: amount.map(Fen::from_yuan),
            ..says(status)
        },
    )
}

#[test]
fn a_claim_has_the_same_id_whenever_it_is_made_and_another_for_anything_else() {
    let case = CaseId(Uuid::from_u128(1));
    let first = claim_id(case, PartyRole::A, &picc());
    assert_eq!(first, claim_id(case, PartyRole::A, &picc()));
    assert_eq!(
        first.to_string(),
        "44a124a7-d2ec-54d8-b757-91f3528dba49",
        "ids of claims that insurers already hold"
    );
    let cpic = "CPIC".parse().unwrap();
    for other in [
        claim_id(case, PartyRole::B, &picc()),
        claim_id(case, PartyRole::A, &cpic),
        claim_id(CaseId(Uuid::from_u128(2)), PartyRole::A, &picc()),
    ] {
        assert_ne!(first, other);
    }
}

#[test]
fn every_status_is_applied_exactly_when_it_is_further_on_in_life() {
    for from in ClaimStatus::ALL {
        for to in ClaimStatus::ALL {
            let claim = Claim { status: from, ..filed() };
            let legal = to > from && !matches!(from, ClaimStatus::Paid | ClaimStatus::Rejected);
            assert_eq!(
                claim.apply(&says(to), at(9)).map(|moved| moved.status),
                legal.then_some(to),
                "{from:?} {to:?}"
            );
        }
        let taken = Claim { status: from, ..filed() }.submitted().map(|claim| claim.status);
        assert_eq!(taken, (from == ClaimStatus::Queued).then_some(ClaimStatus::Submitted));
    }
}

#[test]
fn names_are_those_of_the_json() {
    for status in ClaimStatus::ALL {
        assert_eq!(serde_json::to_value(status).unwrap(), status.name());
    }
}

#[test]
fn only_a_word_of_the_insurer_itself_acknowledges_a_claim_and_only_its_first() {
    assert_eq!(filed().submitted().unwrap().acknowledged_at, None);
    let taken = filed().apply(&says(ClaimStatus::Submitted), at(3)).unwrap();
    assert_eq!(taken.acknowledged_at, None, "its server took the notice: that confirms nothing");
    let known = taken.apply(&says(ClaimStatus::Acknowledged), at(5)).unwrap();
    let paid = known.apply(&says(ClaimStatus::Paid), at(9)).unwrap();
    assert_eq!(paid.acknowledged_at, Some(at(5)));
}

proptest! {
    /// The oracle: the furthest status before the first final one, with the last number that came on the way.
    #[test]
    fn any_order_and_any_number_of_reports_ends_where_the_oracle_says(
        reports in prop::collection::vec(reports(), 0..30)
    ) {
        let mut claim = filed();
        let (mut status, mut number, mut amount) = (ClaimStatus::Queued, None, None);
        for (second, report) in (1..).zip(&reports) {
            let before = claim.clone();
            let moved = claim.clone().apply(report, at(second));
            let expected = !status.is_final() && report.status > status;
            prop_assert_eq!(moved.is_some(), expected);
            if let Some(moved) = moved {
                status = report.status;
                number = report.insurer_number.clone().or(number);
                amount = report.amount.or(amount);
                prop_assert!(moved.status > before.status);
                prop_assert_eq!(moved.clone().apply(report, at(99)), None, "a duplicate changes nothing");
                prop_assert_eq!((&moved.notice, moved.id, moved.created_at), (&before.notice, before.id, before.created_at));
                claim = moved;
            }
        }
        prop_assert_eq!((claim.status, claim.insurer_number, claim.amount), (status, number, amount));
    }
}

//! A plain accident of two cars, brought to any stage by legal steps only.

use std::{collections::BTreeMap, sync::LazyLock};

use chrono::TimeDelta;
use uuid::Uuid;

use super::super::*;
use crate::{
    calendar::day_in_china,
    digest::Digest,
    evidence::Slot,
    geo::{Coordinates, Datum},
    identifiers::{DeterminationId, InvitationCode, PersonName, PhotoId, VerificationCode},
    liability::{DrivingFacts, Grade, Liability, LiabilityRules, Manoeuvre},
    rules::Rulebook,
    triage::{Reported, RoadUsers},
};

pub(super) const DRIVER_A: AccountId = AccountId(Uuid::from_u128(0xA));
pub(super) const DRIVER_B: AccountId = AccountId(Uuid::from_u128(0xB));
pub(super) const STRANGER: AccountId = AccountId(Uuid::from_u128(0xC));

pub(super) static RULES: LazyLock<Rulebook> = LazyLock::new(|| Rulebook::embedded().unwrap());
pub(super) static LIABILITY: LazyLock<LiabilityRules> = LazyLock::new(|| LiabilityRules::embedded().unwrap());

/// Seconds after the report.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    "2026-03-02T00:30:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

pub(super) fn passage(text: &str) -> Passage {
    text.parse().unwrap()
}

pub(super) fn invitation() -> InvitationCode {
    InvitationCode::new([7; 26])
}

pub(super) fn other_invitation() -> InvitationCode {
    InvitationCode::new([9; 26])
}

pub(super) fn officer(number: u128) -> Officer {
    Officer {
        account: AccountId(Uuid::from_u128(0x0FF1_CE00 + number)),
        name: "张警官".parse::<PersonName>().unwrap(),
        badge: format!("03{number:04}"),
        districts: vec!["370303".parse().unwrap()],
        related_plates: Vec::new(),
        reviews: false,
    }
}

pub(super) fn relative_of_a() -> Officer {
    Officer { related_plates: vec!["鲁C12345".parse().unwrap()], ..officer(9) }
}

/// Data of a driver whose car is insured.
pub(super) fn details(role: PartyRole) -> PartyDetails {
    let [name, licence, phone, plate, insurer, policy] = if role == PartyRole::A {
        ["王小明", "370303199001010017", "13800000001", "鲁C12345", "PICC", "PICC-0000001"]
    } else {
        ["李小红", "370303198506151232", "13800000002", "鲁CD12345", "CPIC", "CPIC-0000002"]
    };
    PartyDetails {
        name: Some(name.parse().unwrap()),
        licence: Some(licence.parse().unwrap()),
        phone: Some(phone.parse().unwrap()),
        vehicle: Some(Vehicle {
            plate: Some(NumberPlate::Regular(plate.parse().unwrap())),
            kind: VehicleKind::Car,
            vin: None,
        }),
        insurance: Some(Insurance {
            insurer: insurer.parse().unwrap(),
            policy_number: Some(policy.parse().unwrap()),
            third_party_limit: crate::money::Fen::from_yuan(1_000_000),
            own_damage: true,
        }),
        estimated_loss: Some(crate::money::Fen::from_yuan(800)),
        ..PartyDetails::default()
    }
}

pub(super) fn report(answers: Answers) -> Report {
    let place = Coordinates { latitude: 36.8140, longitude: 118.0420 };
    Report {
        position: Position::new(place, Datum::Wgs84, Some(8.0)).unwrap(),
        place: "张店区人民西路与柳泉路路口".parse().unwrap(),
        occurred_at: at(-60),
        weather: Some("晴".parse().unwrap()),
        answers,
        road_user: RoadUser::MotorVehicle,
        details: details(PartyRole::A),
    }
}

pub(super) fn two_cars() -> Answers {
    Answers::all_no(RoadUsers::motor_vehicles(2))
}

pub(super) fn reported(answers: Answers) -> (Case, Vec<crate::event::Event>) {
    let heard = Reported { answers: &answers, estimated_loss: None, clock: at(0).naive_utc() };
    let day = day_in_china(at(0));
    let assessed = Assessment {
        triage: RULES.on(day).assess(&heard),
        shots: crate::evidence::ShotList::former(),
        judged_by: RULES.judging(day, day),
    };
    let id = CaseId(Uuid::from_u128(0xCA5E));
    let number = CaseNumber::new("20260302", [3; 10]).unwrap();
    Case::report(id, number, DRIVER_A, "370303".parse().unwrap(), report(answers), assessed, at(0))
}

pub(super) fn photo(party: PartyRole, slot: Slot, content: &str) -> Photo {
    Photo {
        id: PhotoId(Uuid::from_u128(
            format!("{party}{content}")
                .bytes()
                .fold(slot as u128, |sum, byte| sum.wrapping_mul(131).wrapping_add(u128::from(byte))),
        )),
        party: Some(party),
        slot,
        digest: Digest::of(content.as_bytes()),
        bytes: 1_000,
        media_type: "image/jpeg".to_owned(),
        width: 1600,
        height: 1200,
        received_at: at(10),
        capture: crate::evidence::Capture::default(),
        fulfilment: None,
        examination: None,
        erased_at: None,
    }
}

pub(super) fn with_photos(case: Case) -> Case {
    Slot::MANDATORY
        .into_iter()
        .fold(case, |case, slot| case.add_photo(photo(PartyRole::A, slot, slot.name())).unwrap().0)
}

pub(super) fn facts(manoeuvre: Manoeuvre) -> DrivingFacts {
    let text = r#"{"junction":"none","signal":"none"}"#;
    DrivingFacts { manoeuvre, ..serde_json::from_str(text).unwrap() }
}

/// A alone has reported and invited the second driver.
pub(super) fn alone() -> Case {
    reported(two_cars()).0.invite(DRIVER_A, Invited::default(), &invitation(), at(5)).unwrap().0
}

/// A has applied alone; the second driver has not joined yet.
pub(super) fn applied_alone() -> Case {
    let told = facts(Manoeuvre::Following);
    let (case, _) = with_photos(alone()).give_statement(DRIVER_A, told, None, None, at(30)).unwrap();
    case.submit(DRIVER_A, true, at(60)).unwrap().0
}

/// Both have joined, photographed and said what happened: A drove into B, who stood.
pub(super) fn collected() -> Case {
    let (case, _) = alone().join(DRIVER_B, &invitation(), RoadUser::MotorVehicle, at(20)).unwrap();
    let (case, _) = with_photos(case).update_party(DRIVER_B, details(PartyRole::B)).unwrap();
    let (case, _) = case.give_statement(DRIVER_A, facts(Manoeuvre::Following), None, None, at(30)).unwrap();
    let said = Some(passage("我停车等候，被后车追尾。"));
    case.give_statement(DRIVER_B, facts(Manoeuvre::Stopped), said, None, at(40)).unwrap().0
}

/// Both have applied, so the case waits since second 60.
pub(super) fn waiting() -> Case {
    let (case, _) = collected().submit(DRIVER_B, false, at(50)).unwrap();
    case.submit(DRIVER_A, false, at(60)).unwrap().0
}

/// Officer 1 holds it from second 100 to second 190.
pub(super) fn under_review() -> Case {
    waiting().take(&officer(1), at(100)).unwrap().0
}

pub(super) fn grades(a: Grade, b: Grade) -> Liability {
    Liability::new(BTreeMap::from([(PartyRole::A, a), (PartyRole::B, b)])).unwrap()
}

pub(super) fn order(liability: Liability) -> DeterminationOrder {
    DeterminationOrder {
        liability,
        facts: passage("甲车追尾乙车，双方无人受伤。"),
        accident_form: Some("追尾".parse().unwrap()),
        articles: Vec::new(),
        reason: None,
    }
}

pub(super) fn stamp() -> Stamp {
    Stamp { id: DeterminationId(Uuid::from_u128(0xDE)), verification: VerificationCode::new([5; 26]) }
}

pub(super) fn document() -> Digest {
    Digest::of(b"the document to sign")
}

pub(super) fn draft(case: &Case) -> DeterminationDraft {
    let order = order(grades(Grade::Full, Grade::None));
    case.draft_determination(&officer(1), order, stamp(), &LIABILITY, at(120)).unwrap()
}

pub(super) fn decided() -> Case {
    let case = under_review();
    let draft = draft(&case);
    case.determine(draft, document()).unwrap().0
}

/// A has signed and B has refused: nothing is missing.
pub(super) fn answered() -> Case {
    let (case, _) = decided().sign(DRIVER_A, document(), None, at(200)).unwrap();
    case.refuse_to_sign(DRIVER_B, passage("不同意"), at(210)).unwrap().0
}

pub(super) fn concluded() -> Case {
    answered().conclude(Digest::of(b"the final document"), at(220)).unwrap().0
}

/// The rules of the days of these cases.
pub(super) fn rules() -> crate::rules::Rules<'static> {
    static RULES: LazyLock<crate::rules::Rulebook> =
        LazyLock::new(|| crate::rules::Rulebook::embedded().unwrap());
    RULES.on(crate::calendar::day_in_china(at(0)))
}

/// What A proposes: that A bears everything.
pub(super) fn agreement_order() -> AgreementOrder {
    AgreementOrder {
        liability: grades(Grade::Full, Grade::None),
        facts: passage("甲车追尾乙车，双方无异议。"),
        accident_form: Some("追尾".parse().unwrap()),
    }
}

/// A has proposed an agreement in this case.
pub(super) fn proposed_in(case: Case, now: DateTime<Utc>) -> Case {
    let draft = case.draft_agreement(DRIVER_A, agreement_order(), stamp(), &rules(), now).unwrap();
    case.propose_agreement(draft, document()).unwrap().0
}

/// A has proposed an agreement at second 100, and nobody has signed it.
pub(super) fn agreeing() -> Case {
    proposed_in(collected(), at(100))
}

/// Both have signed the agreement.
pub(super) fn agreed_by_all() -> Case {
    let (case, _) = agreeing().sign_agreement(DRIVER_A, document(), None, at(200)).unwrap();
    case.sign_agreement(DRIVER_B, document(), None, at(210)).unwrap().0
}

pub(super) fn agreed() -> Case {
    agreed_by_all().conclude_agreement(Digest::of(b"the final document"), at(220)).unwrap().0
}

pub(super) fn certificate_draft(case: &Case, now: DateTime<Utc>) -> Result<CertificateDraft, Refusal> {
    let (facts, reason) = (passage("两车在路口相撞。"), passage("双方陈述不一，现场无监控。"));
    case.draft_certificate(&officer(1), facts, reason, stamp(), now)
}

pub(super) fn certified() -> Case {
    let case = under_review();
    let draft = certificate_draft(&case, at(120)).unwrap();
    case.certify(draft, document()).unwrap().0
}

pub(super) fn on_scene() -> Case {
    under_review()
        .escalate(&officer(1), crate::event::Authority::Point, passage("需要现场处置"), at(130))
        .unwrap()
        .0
}

/// The plain case in this stage.
pub(super) fn in_stage(name: &str) -> Case {
    let to = crate::event::Authority::Patrol;
    let case = match name {
        "collecting" => collected(),
        "waiting" => waiting(),
        "under_review" => under_review(),
        "evidence_requested" => {
            let wanted = vec![Slot::Plate];
            let reason = passage("看不清号牌");
            under_review().request_evidence(&officer(1), PartyRole::A, wanted, reason, at(120)).unwrap().0
        }
        "agreeing" => agreeing(),
        "agreed" => agreed(),
        "certified" => certified(),
        "closed" => under_review().close(&officer(1), passage("双方均未到场"), at(120)).unwrap().0,
        "decided" => decided(),
        "concluded" => concluded(),
        "on_scene" => on_scene(),
        "settled_on_scene" => {
            on_scene().finish_on_scene(SceneOutcome::Settled, passage("已清障"), at(900)).unwrap().0
        }
        "handed_over" => under_review().escalate(&officer(1), to, passage("疑似饮酒"), at(130)).unwrap().0,
        "withdrawn" => collected().withdraw(DRIVER_A, at(70)).unwrap().0,
        other => panic!("no stage {other}"),
    };
    assert_eq!(case.stage.name(), name);
    case
}

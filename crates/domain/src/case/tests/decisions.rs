//! The officer's lease and act, the parties' answers, and the claims that follow.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::*, build::*};
use crate::{
    claim::{ClaimStatus, claim_id},
    digest::Digest,
    document::SignatureState,
    event::{Authority, Event, RefusedBy},
    liability::{Grade, Manoeuvre},
};

/// Every act of an officer who must hold the case.
fn acts(case: &Case, by: &Officer, now: DateTime<Utc>) -> Vec<(&'static str, Result<(), Refusal>)> {
    let order = order(grades(Grade::Full, Grade::None));
    let why = || passage("原因");
    vec![
        ("renew", case.clone().renew(by, now).map(drop)),
        ("release", case.clone().release(by, now).map(drop)),
        ("request", case.clone().request_evidence(by, PartyRole::A, vec![], why(), now).map(drop)),
        ("escalate", case.clone().escalate(by, Authority::Patrol, why(), now).map(drop)),
        ("send a unit", case.clone().send_unit(by, why(), now).map(drop)),
        ("decide", case.draft_determination(by, order, stamp(), &LIABILITY, now).map(drop)),
    ]
}

#[test]
fn nobody_but_the_holder_acts_on_a_case() {
    for (act, outcome) in acts(&under_review(), &officer(2), at(110)) {
        assert_eq!(outcome, Err(Refusal::NotTheReviewer), "{act}");
    }
    for (act, outcome) in acts(&under_review(), &officer(1), at(110)) {
        assert_eq!(outcome, Ok(()), "{act}");
    }
}

#[test]
fn a_lease_that_ran_out_is_lost_even_while_nobody_else_has_taken_the_case() {
    let ends = at(100) + Lease::LENGTH;
    for (act, outcome) in acts(&under_review(), &officer(1), ends) {
        assert_eq!(outcome, Err(Refusal::LeaseLost), "{act}");
    }
    let taken_over = under_review().take(&officer(2), ends).unwrap().0;
    for (act, outcome) in acts(&taken_over, &officer(1), ends) {
        assert_eq!(outcome, Err(Refusal::NotTheReviewer), "{act}");
    }
}

#[test]
fn an_officer_related_to_a_party_keeps_away() {
    assert_eq!(waiting().take(&relative_of_a(), at(100)).unwrap_err(), Refusal::ConflictOfInterest);
    let himself = Officer { account: DRIVER_B, ..officer(1) };
    assert_eq!(waiting().take(&himself, at(100)).unwrap_err(), Refusal::ConflictOfInterest);
    // It comes out only after he took the case: B gives the plate of his wife's car.
    let holder = Officer { related_plates: vec!["鲁CF00001".parse().unwrap()], ..officer(1) };
    let mut case = waiting().take(&holder, at(100)).unwrap().0;
    case.parties[1].details.vehicle.as_mut().unwrap().plate = Some(holder.related_plates[0].clone().into());
    for (act, outcome) in acts(&case, &holder, at(110)) {
        assert_eq!(outcome, Err(Refusal::ConflictOfInterest), "{act}");
    }
    assert_eq!(
        on_scene().send_unit(&relative_of_a(), passage("拖车"), at(140)).unwrap_err(),
        Refusal::ConflictOfInterest
    );
}

#[test]
fn every_take_raises_the_fence_and_nothing_else_touches_it() {
    let (case, event) = waiting().take(&officer(1), at(100)).unwrap();
    assert_eq!(event, Event::CaseTaken { officer: officer(1).account, fence: 1 });
    let renewed = case.renew(&officer(1), at(150)).unwrap();
    assert_eq!(
        renewed.take(&officer(2), at(239)).unwrap_err().to_string(),
        "cannot take the case: the case is under_review"
    );
    let renewed = under_review().renew(&officer(1), at(150)).unwrap();
    let (case, event) = renewed.take(&officer(2), at(240)).unwrap();
    assert_eq!(event, Event::CaseTaken { officer: officer(2).account, fence: 2 });
    let (case, _) = case.release(&officer(2), at(250)).unwrap();
    let (case, _) = case.take(&officer(1), at(260)).unwrap();
    let Stage::UnderReview { lease, since } = &case.stage else { panic!() };
    assert_eq!((case.fence, lease.fence, *since), (3, 3, at(60)));
}

#[test]
fn a_decision_needs_the_application_of_every_party() {
    let draft = |case: Case| {
        let liability = grades(Grade::Full, Grade::None);
        case.draft_determination(&officer(1), order(liability), stamp(), &LIABILITY, at(110)).map(drop)
    };
    let alone = collected().submit(DRIVER_A, true, at(60)).unwrap().0.take(&officer(1), at(100)).unwrap().0;
    assert_eq!(draft(alone), Err(Refusal::JointApplicationMissing));
    let unjoined = applied_alone().take(&officer(1), at(100)).unwrap().0;
    assert_eq!(draft(unjoined), Err(Refusal::JointApplicationMissing));
    assert_eq!(draft(under_review()), Ok(()));
}

#[test]
fn a_decision_grades_exactly_the_parties() {
    let only_a = crate::liability::Liability::new([(PartyRole::A, Grade::Full)].into()).unwrap();
    let case = under_review();
    let outcome = case.draft_determination(&officer(1), order(only_a), stamp(), &LIABILITY, at(110));
    assert_eq!(outcome.unwrap_err(), Refusal::LiabilityIncomplete);
}

#[test]
fn a_decision_that_differs_from_the_proposal_says_why() {
    let case = under_review();
    let draft = |order| case.draft_determination(&officer(1), order, stamp(), &LIABILITY, at(110));
    let mut other = order(grades(Grade::Equal, Grade::Equal));
    assert_eq!(draft(other.clone()).unwrap_err(), Refusal::ReasonRequired);
    other.reason = Some(passage("乙车未开启灯光"));
    let draft = draft(other).unwrap();
    let (decided, event) = case.clone().determine(draft, document()).unwrap();
    let Event::LiabilityDetermined { grades: given, proposed, situation, reason, .. } = event else {
        panic!()
    };
    assert_eq!(proposed.unwrap()[&PartyRole::A], Grade::Full);
    assert_eq!((given[&PartyRole::A], situation.is_some(), reason.is_some()), (Grade::Equal, true, true));
    assert_eq!(decided.determination().unwrap().document, document());
}

#[test]
fn where_the_rules_are_silent_the_officer_decides_without_a_reason() {
    let silent = waiting();
    let (silent, _) = silent.give_statement(DRIVER_A, facts(Manoeuvre::Unknown), None, None, at(70)).unwrap();
    let (silent, _) = silent.give_statement(DRIVER_B, facts(Manoeuvre::Unknown), None, None, at(70)).unwrap();
    let case = silent.take(&officer(1), at(100)).unwrap().0;
    assert!(matches!(case.suggest_liability(&LIABILITY), crate::liability::Suggestion::Silent { .. }));
    let order = order(grades(Grade::Main, Grade::Secondary));
    let draft = case.draft_determination(&officer(1), order, stamp(), &LIABILITY, at(110)).unwrap();
    let Event::LiabilityDetermined { proposed, situation, .. } = case.determine(draft, document()).unwrap().1
    else {
        panic!()
    };
    assert_eq!((proposed, situation), (None, None));
}

#[test]
fn a_draft_of_one_officer_is_worth_nothing_once_another_holds_the_case() {
    let draft = draft(&under_review());
    let taken_over = under_review().take(&officer(2), at(190)).unwrap().0;
    let outcome = taken_over.determine(draft, document());
    assert!(matches!(outcome, Err(Refusal::WrongStage { action: "determine liability", .. })));
}

#[test]
fn a_party_signs_what_it_was_shown_and_answers_once() {
    let old = Digest::of(b"another document");
    assert_eq!(decided().sign(DRIVER_A, old, None, at(200)).unwrap_err(), Refusal::DocumentChanged);
    assert_eq!(decided().sign(STRANGER, document(), None, at(200)).unwrap_err(), Refusal::NotAParty);
    assert_eq!(decided().refuse_to_sign(STRANGER, passage("不"), at(200)).unwrap_err(), Refusal::NotAParty);
    let (signed, event) = decided().sign(DRIVER_A, document(), None, at(200)).unwrap();
    assert_eq!(event, Event::DeterminationSigned { proof: None, role: PartyRole::A, document: document() });
    let answered = Refusal::AlreadyAnswered(PartyRole::A);
    assert_eq!(signed.clone().sign(DRIVER_A, document(), None, at(201)).unwrap_err(), answered);
    assert_eq!(signed.clone().refuse_to_sign(DRIVER_A, passage("反悔"), at(201)).unwrap_err(), answered);
    assert_eq!(
        signed.note_refusal(&officer(1), PartyRole::A, passage("拒签"), at(201)).unwrap_err(),
        answered
    );
}

#[test]
fn any_officer_without_a_conflict_notes_a_refusal_of_a_party() {
    let note =
        |by, role| decided().note_refusal(&by, role, passage("拒不签名"), at(300)).map(|(_, event)| event);
    assert_eq!(note(relative_of_a(), PartyRole::B).unwrap_err(), Refusal::ConflictOfInterest);
    assert_eq!(note(officer(1), PartyRole::new('C').unwrap()).unwrap_err(), Refusal::NotAParty);
    let by = RefusedBy::NotedByOfficer;
    for noting in [officer(1), officer(2)] {
        let expected =
            Event::DeterminationRefused { role: PartyRole::B, by, reason: passage("拒不签名") };
        assert_eq!(note(noting, PartyRole::B).unwrap(), expected);
    }
}

#[test]
fn a_case_is_concluded_by_two_answers_and_a_refusal_blocks_nothing() {
    let last = Digest::of(b"final");
    let (one, _) = decided().sign(DRIVER_A, document(), None, at(200)).unwrap();
    assert!(!one.is_answered());
    assert!(matches!(one.clone().conclude(last, at(210)), Err(Refusal::WrongStage { stage: "decided", .. })));
    for second in [
        one.clone().sign(DRIVER_B, document(), None, at(210)).unwrap().0,
        one.clone().refuse_to_sign(DRIVER_B, passage("不同意"), at(210)).unwrap().0,
        one.note_refusal(&officer(1), PartyRole::B, passage("失联"), at(210)).unwrap().0,
    ] {
        assert!(second.is_answered());
        let (case, _, claims) = second.conclude(last, at(220)).unwrap();
        assert_eq!((case.stage.name(), claims.len()), ("concluded", 2));
        assert_eq!(case.determination().unwrap().document, last);
    }
}

#[test]
fn a_concluded_case_has_one_claim_per_insured_party_with_an_id_that_never_changes() {
    let last = Digest::of(b"final");
    let (case, events, claims) = answered().conclude(last, at(220)).unwrap();
    let (_, _, again) = answered().conclude(last, at(9_999)).unwrap();
    let ids = |claims: &[crate::claim::Claim]| claims.iter().map(|claim| claim.id).collect::<Vec<_>>();
    assert_eq!(ids(&claims), ids(&again));
    let expected = [(PartyRole::A, "PICC"), (PartyRole::B, "CPIC")];
    for (claim, (role, insurer)) in claims.iter().zip(expected) {
        assert_eq!(claim.id, claim_id(case.id, role, &insurer.parse().unwrap()));
        assert_eq!((claim.party, claim.insurer.as_str(), claim.status), (role, insurer, ClaimStatus::Queued));
        let notice = &claim.notice;
        assert_eq!((notice.claim, notice.insured, notice.document), (claim.id, role, last));
        assert_eq!((notice.parties.len(), notice.photos.len()), (2, 3));
        assert_eq!((notice.parties[0].grade, notice.parties[1].grade), (Grade::Full, Grade::None));
    }
    assert_eq!(ids(&claims).into_iter().collect::<BTreeSet<_>>().len(), 2);
    let kinds: Vec<_> = events.iter().map(Event::kind).collect();
    assert_eq!(kinds, ["case_concluded", "claim_filed", "claim_filed"]);
}

#[test]
fn a_party_without_insurance_has_no_claim() {
    let mut case = answered();
    case.parties[1].details.insurance = None;
    let (_, events, claims) = case.conclude(document(), at(220)).unwrap();
    assert_eq!((claims.len(), events.len(), claims[0].party), (1, 2, PartyRole::A));
}

#[test]
fn the_paper_says_what_was_decided_and_how_each_party_answered() {
    let case = answered();
    let issuer = Issuer {
        unit_name: "淄博交警".to_owned(),
        verification_base: "https://example.cn/v/".to_owned(),
        insurer_names: BTreeMap::new(),
    };
    let paper = case.paper(case.determination().unwrap(), &issuer);
    assert_eq!(paper.head.verification_url, format!("https://example.cn/v/{}", stamp().verification));
    assert_eq!((paper.officer.number.as_str(), paper.decided_at), ("030001", at(120)));
    let grades: Vec<_> =
        paper.liability.iter().map(|line| (line.role.as_str(), line.grade.as_str())).collect();
    assert_eq!(grades, [("甲", "全部责任"), ("乙", "无责任")]);
    assert!(matches!(paper.signatures[0].state, SignatureState::Signed { at: when } if when == at(200)));
    assert!(
        matches!(&paper.signatures[1].state, SignatureState::Refused { reason, .. } if reason == "不同意")
    );
    assert!(
        paper.articles.iter().any(|article| article.contains("第六十条")),
        "R146 §60 is the ground of every grade"
    );
}

#[test]
fn silence_of_a_party_or_of_units_keeps_no_case_from_any_officer_without_a_conflict() {
    let asked = || in_stage("evidence_requested");
    let to_patrol = |case: Case, by: &Officer| {
        case.escalate(by, Authority::Patrol, passage("无人应答"), at(900)).map(|(case, _)| case.stage.name())
    };
    assert_eq!(asked().release(&officer(2), at(900)).unwrap().0.queue_place(), Some((1, at(60))));
    assert_eq!(to_patrol(asked(), &officer(2)), Ok("handed_over"));
    assert_eq!(to_patrol(on_scene(), &officer(2)), Ok("handed_over"));
    let kin = relative_of_a();
    assert_eq!(asked().release(&kin, at(900)).unwrap_err(), Refusal::ConflictOfInterest);
    assert_eq!(to_patrol(asked(), &kin), Err(Refusal::ConflictOfInterest));
    assert_eq!(to_patrol(on_scene(), &kin), Err(Refusal::ConflictOfInterest));
}

#[test]
fn a_case_handed_over_keeps_everything_recorded() {
    let before = under_review();
    let (case, event) =
        before.clone().escalate(&officer(1), Authority::Patrol, passage("疑似饮酒"), at(130)).unwrap();
    assert_eq!(event, Event::CaseEscalated { to: Authority::Patrol, reason: passage("疑似饮酒") });
    assert_eq!(
        (&case.photos, &case.parties, &case.answers),
        (&before.photos, &before.parties, &before.answers)
    );
}

#[test]
fn a_unit_that_was_already_asked_for_is_no_second_event() {
    let (case, event) = under_review().send_unit(&officer(1), passage("拖车"), at(120)).unwrap();
    assert!(matches!(event, Some(Event::CaseEscalated { to: Authority::Point, .. })));
    let (_, event) = case.send_unit(&officer(2), passage("拖车"), at(130)).unwrap();
    assert_eq!(event, None);
}

#[test]
fn a_scene_that_needs_the_patrol_is_handed_over_with_the_note_of_the_unit() {
    let (case, event) =
        on_scene().finish_on_scene(SceneOutcome::NeedsPatrol, passage("驾驶人有酒味"), at(900)).unwrap();
    assert!(matches!(event, Some(Event::CaseHandedOver { to: Authority::Patrol, .. })));
    assert!(matches!(case.stage, Stage::HandedOver { reason, .. } if reason == passage("驾驶人有酒味")));
    assert_eq!((SceneOutcome::Settled.name(), SceneOutcome::NeedsPatrol.name()), ("settled", "needs_patrol"));
}

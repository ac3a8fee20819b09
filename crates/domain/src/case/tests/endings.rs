//! Agreements, certificates, officers on scene, closings, and what the clock does: what leads where, and what the
//! journal says of it.

use super::{super::*, build::*};
use crate::{
    calendar::day_in_china,
    digest::Digest,
    event::{Authority, Event, RefusedBy},
    identity::Role,
    journal::{Actor, Entry},
    liability::Grade,
};

/// What the journal of a case tells that went through these steps, as its accounts did them.
fn entries(case: &Case, told: Vec<(AccountId, Event)>) -> Vec<Entry> {
    let entry = |(account, event)| {
        let actor = Actor::Account { acting_as: Role::Driver, account };
        Entry { case: case.id, sequence: 1, at: at(0), actor, event }
    };
    told.into_iter().map(entry).collect()
}

/// Only what these tests are about.
fn apart(case: &Case, told: &[(AccountId, Event)]) -> Vec<&'static str> {
    let about = ["the stage", "the agreement", "the certificate", "the closing"];
    let found = case.apart_from(&entries(case, told.to_vec()));
    found.into_iter().filter(|what| about.contains(what)).collect()
}

#[test]
fn an_agreement_is_proposed_by_the_rules_and_otherwise_and_says_which() {
    let follows = agreeing();
    let agreement = follows.agreement().unwrap();
    assert_eq!(agreement.situation.as_deref(), Some("1"));
    assert!(agreement.articles.len() > 1, "the articles of the situation, and R146 §21");
    let order = AgreementOrder { liability: grades(Grade::Equal, Grade::Equal), ..agreement_order() };
    let draft = collected().draft_agreement(DRIVER_A, order, stamp(), &rules(), at(100)).unwrap();
    assert_eq!(draft.agreement().articles, ["《道路交通事故处理程序规定》第二十一条"]);
    assert_eq!(draft.agreement().situation.as_deref(), Some("1"), "what the rules proposed stands beside it");
}

#[test]
fn an_agreement_needs_everybody_and_everything() {
    let draft = |case: &Case, by| {
        case.draft_agreement(by, agreement_order(), stamp(), &rules(), at(100)).unwrap_err()
    };
    assert_eq!(draft(&collected(), STRANGER), Refusal::NotAParty);
    assert_eq!(draft(&with_photos(alone()), DRIVER_A), Refusal::PartyMissing);
    let unseen = Case { photos: Vec::new(), ..collected() };
    assert!(matches!(draft(&unseen, DRIVER_A), Refusal::EvidenceMissing(_)));
    let mut mute = collected();
    mute.parties[1].statements.clear();
    assert_eq!(draft(&mute, DRIVER_A), Refusal::StatementMissing);
    let mut looked_at = collected();
    looked_at.triage.needs_human_check = true;
    assert_eq!(draft(&looked_at, DRIVER_A), Refusal::LaneForbids);
    let mut used_up = collected();
    used_up.agreements_proposed = MOST_PROPOSALS;
    assert_eq!(draft(&used_up, DRIVER_A), Refusal::TooManyProposals);
}

#[test]
fn nothing_is_proposed_that_somebody_here_could_neither_sign_nor_decline() {
    let mut case = collected();
    assert!(case.draft_agreement(DRIVER_A, agreement_order(), stamp(), &rules(), at(100)).is_ok());
    case.parties[1].account = None;
    let refused = case.draft_agreement(DRIVER_A, agreement_order(), stamp(), &rules(), at(100));
    assert_eq!(refused.err(), Some(Refusal::PartyMissing));
}

#[test]
fn a_party_signs_an_agreement_once_over_its_hash_and_only_the_proposer_takes_back_what_he_signed() {
    let old = Digest::of(b"another document");
    assert_eq!(
        agreeing().sign_agreement(DRIVER_A, old, None, at(200)).unwrap_err(),
        Refusal::DocumentChanged
    );
    let (by_a, _) = agreeing().sign_agreement(DRIVER_A, document(), None, at(200)).unwrap();
    let again = by_a.clone().sign_agreement(DRIVER_A, document(), None, at(201)).unwrap_err();
    assert_eq!(again, Refusal::AlreadyAnswered(PartyRole::A));
    assert_eq!(by_a.decline_agreement(DRIVER_A, passage("撤回")).unwrap().0.stage.name(), "collecting");
    let (by_b, _) = agreeing().sign_agreement(DRIVER_B, document(), None, at(200)).unwrap();
    assert!(!by_b.is_agreed_by_all(), "the proposer signs, too");
    let bound = by_b.decline_agreement(DRIVER_B, passage("反悔")).unwrap_err();
    assert_eq!(bound, Refusal::AlreadyAnswered(PartyRole::B));
}

#[test]
fn the_claims_of_an_agreement_name_its_document() {
    let (case, events, claims) = agreed_by_all().conclude_agreement(document(), at(220)).unwrap();
    let told: Vec<_> = events.iter().map(Event::kind).collect();
    assert_eq!(told, ["agreement_concluded", "claim_filed", "claim_filed"]);
    for claim in &claims {
        assert_eq!(claim.notice.determination_number, format!("协字{}", case.number));
        assert_eq!(claim.notice.document, document());
    }
    let shares: Vec<_> = claims[0].notice.parties.iter().map(|party| party.grade).collect();
    assert_eq!(shares, [Grade::Full, Grade::None]);
}

#[test]
fn what_waited_keeps_its_place_while_the_parties_try_to_agree() {
    let case = proposed_in(waiting(), at(100));
    assert_eq!(case.queue_place(), Some((2, at(60))), "nobody loses sight of it");
    let due = case.next_deadline(&rules()).unwrap();
    let (silent, _) = case.clone().pass_deadline(due, &rules()).unwrap();
    assert_eq!(silent.queue_place(), Some((1, at(60))));
    assert_eq!(case.decline_agreement(DRIVER_B, passage("不")).unwrap().0.stage, silent.stage);
}

#[test]
fn nothing_happens_before_a_deadline_and_once_at_it() {
    for (stage, after) in [
        ("collecting", "waiting"),
        ("evidence_requested", "waiting"),
        ("agreeing", "waiting"),
        ("decided", "decided"),
        ("on_scene", "handed_over"),
    ] {
        let case = in_stage(stage);
        let due = case.next_deadline(&rules()).unwrap();
        assert_eq!(
            case.clone().pass_deadline(due - chrono::TimeDelta::seconds(1), &rules()),
            None,
            "{stage}"
        );
        let (passed, events) = case.pass_deadline(due, &rules()).unwrap();
        assert_eq!(passed.stage.name(), after);
        assert!(matches!(&events[0], Event::DeadlinePassed { .. }), "{stage}: {events:?}");
    }
    let due = decided().next_deadline(&rules()).unwrap();
    let (silent, events) = decided().pass_deadline(due, &rules()).unwrap();
    assert!(silent.is_answered());
    let by_silence =
        |event: &&Event| matches!(event, Event::DeterminationRefused { by: RefusedBy::Silence, .. });
    assert_eq!(events.iter().filter(by_silence).count(), 2);
    for stage in Stage::NAMES.into_iter().filter(|name| in_stage(name).is_closed()) {
        assert_eq!(in_stage(stage).next_deadline(&rules()), None, "{stage}");
    }
}

#[test]
fn three_working_days_to_sign_end_at_midnight_in_china() {
    let due = decided().next_deadline(&rules()).unwrap();
    assert_eq!(day_in_china(due).to_string(), "2026-03-06", "decided on Monday, the 2nd");
    assert_eq!(due.to_rfc3339(), "2026-03-05T16:00:00+00:00");
}

#[test]
fn whoever_asks_for_an_officer_gets_the_patrol_with_the_reason() {
    let (case, events) =
        under_review().ask_for_officer(DRIVER_B, Some(passage("对方要走")), at(110)).unwrap();
    let expected = Stage::HandedOver { to: Authority::Patrol, reason: passage("对方要走"), at: at(110) };
    assert_eq!(case.stage, expected);
    let told: Vec<_> = events.iter().map(Event::kind).collect();
    assert_eq!(told, ["officer_asked_for", "case_handed_over"]);
    assert_eq!(case.ask_for_officer(STRANGER, None, at(111)).unwrap_err(), Refusal::NotAParty);
}

#[test]
fn a_changed_agreement_certificate_or_reason_is_told_from_the_journal() {
    let order = agreement_order();
    let draft = collected().draft_agreement(DRIVER_A, order, stamp(), &rules(), at(100)).unwrap();
    let (case, proposed) = collected().propose_agreement(draft, document()).unwrap();
    let (case, signed) = case.sign_agreement(DRIVER_A, document(), None, at(200)).unwrap();
    let told = [(DRIVER_A, proposed), (DRIVER_A, signed)];
    assert_eq!(apart(&case, &told), [""; 0]);
    type Change = fn(&mut Agreement);
    let changes: [Change; 5] = [
        |one| one.liability = grades(Grade::None, Grade::Full),
        |one| one.proposed_by = PartyRole::B,
        |one| one.document = Digest::of(b"another"),
        |one| drop(one.signatures.insert(PartyRole::A, Signature::Pending)),
        |one| one.situation = None,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = case.clone();
        let Stage::Agreeing { agreement } = &mut changed.stage else { panic!("not agreeing") };
        change(agreement);
        assert_eq!(apart(&changed, &told), ["the agreement"], "change {number}");
    }
    assert_eq!(apart(&Case { agreements_proposed: 0, ..case }, &told), ["the agreement"]);

    let review = under_review();
    let draft = certificate_draft(&review, at(120)).unwrap();
    let (mut certified, issued) = review.certify(draft, document()).unwrap();
    let told = [
        (officer(1).account, Event::CaseTaken { officer: officer(1).account, fence: 1 }),
        (officer(1).account, issued),
    ];
    assert_eq!(apart(&certified, &told), [""; 0]);
    let Stage::Certified { certificate } = &mut certified.stage else { panic!("not certified") };
    certificate.reason = passage("另一原因");
    assert_eq!(apart(&certified, &told), ["the certificate"]);

    let (mut closed, event) = under_review().close(&officer(1), passage("重复报案"), at(120)).unwrap();
    let told = [
        (officer(1).account, Event::CaseTaken { officer: officer(1).account, fence: 1 }),
        (officer(1).account, event),
    ];
    assert_eq!(apart(&closed, &told), [""; 0]);
    closed.stage = Stage::Closed { reason: passage("另一原因"), at: at(120) };
    assert_eq!(apart(&closed, &told), ["the closing"]);
}

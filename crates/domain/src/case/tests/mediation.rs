//! Mediation: who opens it, what it does to signatures, how it ends, and any order of its steps.

use std::{cell::RefCell, collections::BTreeSet};

use chrono::TimeDelta;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::{super::*, build::*};
use crate::{
    compensation::Layer,
    digest::Digest,
    event::{Event, RefusedBy},
    identifiers::VerificationCode,
    liability::Grade,
    money::Fen,
    refusal::Refusal,
};

const A: Voice<'static> = Voice::Party(DRIVER_A);
const B: Voice<'static> = Voice::Party(DRIVER_B);

fn new_document() -> Digest {
    Digest::of(b"the determination with what was agreed")
}

/// A bears the main, B the secondary liability, so that 互碰自赔 is possible.
fn main_and_secondary() -> Case {
    let case = under_review();
    let order = DeterminationOrder {
        reason: Some(passage("双方均有过错")),
        ..order(grades(Grade::Main, Grade::Secondary))
    };
    let draft = case.draft_determination(&officer(1), order, stamp(), &LIABILITY, at(120)).unwrap();
    case.determine(draft, document()).unwrap().0
}

/// Both have asked for mediation, the second at second 310.
fn opened(case: Case) -> Case {
    let (case, _) = case.request_mediation(A, at(300)).unwrap();
    case.request_mediation(B, at(310)).unwrap().0
}

fn lost(yuan: i64) -> Losses {
    let items = vec![DamageItem {
        kind: DamageKind::VehicleRepair,
        amount: Fen::from_yuan(yuan),
        note: None,
        photos: vec![],
    }];
    Losses { items, cover: crate::compensation::Cover::default() }
}

/// A lost 1500 yuan and B 1200.
fn with_losses() -> Case {
    let (case, _) = opened(main_and_secondary()).put_losses(A, lost(1500)).unwrap();
    case.put_losses(B, lost(1200)).unwrap().0
}

fn terms(to: PartyRole, from: PartyRole, yuan: i64) -> TermsOrder {
    let payment = TermPayment { to, from, layer: Layer::ThirdParty, amount: Fen::from_yuan(yuan) };
    TermsOrder {
        payments: vec![payment],
        own_claims: false,
        manner: Some("微信转账".parse().unwrap()),
        pay_by: None,
    }
}

fn own_claims() -> TermsOrder {
    TermsOrder { payments: vec![], own_claims: true, manner: None, pay_by: None }
}

fn proposed(case: Case, voice: Voice<'_>, order: TermsOrder) -> Result<Case, Refusal> {
    case.propose_terms(voice, order, rules().compensation, at(400)).map(|(case, _)| case)
}

/// B has accepted what A proposed, and it is on the determination.
fn mediated() -> Case {
    let case = proposed(with_losses(), A, terms(PartyRole::B, PartyRole::A, 1000)).unwrap();
    let (case, _) = case.answer_terms(B, 1, true, at(500)).unwrap();
    let code = VerificationCode::new([7; 26]);
    case.agree_on_terms(new_document(), Digest::of(b"record"), code, at(510)).unwrap().0
}

fn mediation(case: &Case) -> &Mediation {
    case.determination().unwrap().mediation.as_ref().unwrap()
}

fn ended_for(case: &Case) -> Option<EndReason> {
    match &mediation(case).outcome {
        Some(MediationOutcome::Ended { reason, .. }) => Some(*reason),
        _ => None,
    }
}

#[test]
fn it_opens_when_all_parties_have_asked_and_asking_twice_changes_nothing() {
    let (case, events) = decided().request_mediation(A, at(300)).unwrap();
    assert_eq!(events, [Event::MediationRequested { role: PartyRole::A }]);
    assert_eq!(mediation(&case).state(), "requested");
    let (case, events) = case.request_mediation(A, at(301)).unwrap();
    assert_eq!(events, []);
    let (case, events) = case.request_mediation(B, at(310)).unwrap();
    assert_eq!(events, [Event::MediationRequested { role: PartyRole::B }, Event::MediationOpened {}]);
    assert_eq!(mediation(&case).state(), "open");
    assert_eq!(mediation(&case).mediator.as_ref().unwrap().account, officer(1).account);
}

#[test]
fn it_is_refused_where_the_regulation_excludes_it() {
    let (refused, _) = decided().refuse_to_sign(DRIVER_A, passage("不同意"), at(200)).unwrap();
    assert_eq!(refused.request_mediation(B, at(300)).unwrap_err(), Refusal::MediationExcluded);
    let (ended, _) = opened(decided()).end_mediation(&officer(2), None, at(400)).unwrap();
    assert_eq!(ended.request_mediation(A, at(500)).unwrap_err(), Refusal::MediationExcluded);
    assert_eq!(decided().request_mediation(Voice::Party(STRANGER), at(300)).unwrap_err(), Refusal::NotAParty);
    for stage in ["collecting", "under_review", "concluded"] {
        let refusal = in_stage(stage).request_mediation(A, at(300)).unwrap_err();
        assert!(matches!(refusal, Refusal::WrongStage { .. }), "{stage}");
    }
}

#[test]
fn nobody_signs_while_it_is_open_and_everybody_can_leave_it() {
    let case = opened(decided());
    assert_eq!(case.clone().sign(DRIVER_A, document(), None, at(320)).unwrap_err(), Refusal::MediationOpen);
    assert_eq!(case.to_sign(PartyRole::A, document()).unwrap_err(), Refusal::MediationOpen);
    let (case, event) = case.withdraw_from_mediation(B, false, None, at(330)).unwrap();
    assert_eq!(event, Event::MediationEnded { reason: "no_consent".to_owned(), note: None });
    assert_eq!(ended_for(&case), Some(EndReason::NoConsent));
    let (case, _) = case.sign(DRIVER_A, document(), None, at(340)).unwrap();
    assert!(!case.is_answered());
    let (case, _) = case.sign(DRIVER_B, document(), None, at(350)).unwrap();
    assert!(case.is_answered());
}

#[test]
fn who_did_not_consent_before_it_opened_may_do_so_later() {
    let (case, _) = decided().request_mediation(A, at(300)).unwrap();
    let (case, _) = case.withdraw_from_mediation(B, false, None, at(310)).unwrap();
    assert_eq!(ended_for(&case), Some(EndReason::NoConsent));
    let (case, _) = case.request_mediation(B, at(320)).unwrap();
    assert_eq!(mediation(&case).state(), "requested");
    assert_eq!(mediation(&case.request_mediation(A, at(330)).unwrap().0).state(), "open");
}

#[test]
fn it_ends_by_objection_refusal_deadline_and_the_officer_each_with_its_reason() {
    let (case, event) =
        opened(decided()).withdraw_from_mediation(A, true, Some(passage("责任不对")), at(400)).unwrap();
    assert!(matches!(event, Event::MediationEnded { reason, note: Some(_) } if reason == "objection"));
    assert_eq!(ended_for(&case), Some(EndReason::Objection));
    let (case, _) = opened(decided()).refuse_to_sign(DRIVER_A, passage("不签"), at(400)).unwrap();
    assert_eq!(ended_for(&case), Some(EndReason::RefusedToSign));
    let (case, _) =
        opened(decided()).note_refusal(&officer(2), PartyRole::B, passage("不签"), at(400)).unwrap();
    assert_eq!(ended_for(&case), Some(EndReason::RefusedToSign));
    let (case, _) = opened(decided()).end_mediation(&officer(1), None, at(400)).unwrap();
    assert_eq!(ended_for(&case), Some(EndReason::NoResult));
    assert_eq!(case.end_mediation(&officer(1), None, at(401)).unwrap_err(), Refusal::MediationNotOpen);
    let kin = opened(decided()).end_mediation(&relative_of_a(), None, at(400)).unwrap_err();
    assert_eq!(kin, Refusal::ConflictOfInterest);
}

#[test]
fn its_deadline_ends_it_and_then_the_time_for_signing_begins_anew() {
    let case = opened(decided());
    let end = case.next_deadline(&rules()).unwrap();
    assert_eq!(end, rules().calendar.end(at(310), rules().deadlines.mediation.term));
    assert_eq!(case.clone().pass_deadline(end - TimeDelta::microseconds(1), &rules()), None);
    let (case, events) = case.pass_deadline(end, &rules()).unwrap();
    assert!(matches!(&events[..], [Event::DeadlinePassed { deadline }, Event::MediationEnded { reason, .. }]
        if deadline == "mediation" && reason == "deadline"));
    assert_eq!(ended_for(&case), Some(EndReason::Deadline));
    let signing = case.next_deadline(&rules()).unwrap();
    assert_eq!(signing, rules().calendar.end(end, rules().deadlines.signature.term));
    let (case, _) = case.pass_deadline(signing, &rules()).unwrap();
    assert!(case.is_answered(), "nothing is blocked");
}

#[test]
fn terms_pay_nobody_more_than_it_lost() {
    let case = opened(main_and_secondary());
    let [a, b] = [PartyRole::A, PartyRole::B];
    assert_eq!(
        proposed(case, A, terms(b, a, 1)).unwrap_err(),
        Refusal::TermsExceedLoss,
        "nobody said what it lost"
    );
    let case = with_losses();
    assert_eq!(proposed(case.clone(), A, terms(b, a, 1201)).unwrap_err(), Refusal::TermsExceedLoss);
    assert_eq!(proposed(case.clone(), A, terms(b, a, 0)).unwrap_err(), Refusal::TermsExceedLoss);
    let twice = TermsOrder {
        payments: [terms(b, a, 700).payments, terms(b, b, 501).payments].concat(),
        ..terms(b, a, 1)
    };
    assert_eq!(proposed(case.clone(), A, twice).unwrap_err(), Refusal::TermsExceedLoss);
    assert_eq!(
        proposed(case.clone(), A, terms(b, PartyRole::nth(2).unwrap(), 1)).unwrap_err(),
        Refusal::NotAParty
    );
    assert!(proposed(case, A, terms(b, a, 1200)).is_ok());
}

#[test]
fn newer_terms_losses_and_shares_supersede_what_is_open() {
    let [a, b] = [PartyRole::A, PartyRole::B];
    let states = |case: &Case| mediation(case).proposals.iter().map(|one| one.state(2)).collect::<Vec<_>>();
    let case = proposed(with_losses(), A, terms(b, a, 1000)).unwrap();
    let case = proposed(case, B, terms(b, a, 1200)).unwrap();
    assert_eq!(states(&case), ["superseded", "open"]);
    assert_eq!(case.clone().answer_terms(B, 1, true, at(450)).unwrap_err(), Refusal::TermsClosed);
    let (declined, _) = case.clone().answer_terms(A, 2, false, at(450)).unwrap();
    assert_eq!(states(&declined), ["superseded", "declined"]);
    let (case, _) = case.put_losses(A, lost(900)).unwrap();
    assert_eq!(states(&case), ["superseded", "superseded"]);
    let order = terms(b, a, 500);
    let (case, event) =
        case.propose_terms_as_mediator(&officer(2), order, rules().compensation, at(460)).unwrap();
    assert!(matches!(event, Event::MediationProposed { number: 3, role: None, .. }));
    assert_eq!(mediation(&case).mediator.as_ref().unwrap().account, officer(2).account);
    let shares = BTreeMap::from([(a, 80), (b, 20)]);
    let (case, _) = case.set_shares(&officer(2), shares.clone(), rules().compensation).unwrap();
    assert_eq!(states(&case).last(), Some(&"superseded"));
    let case = proposed(case, A, terms(b, a, 100)).unwrap();
    assert_eq!(mediation(&case).proposal(4).unwrap().terms.shares, Some(shares));
    let odd = BTreeMap::from([(a, 20), (b, 80)]);
    assert_eq!(
        case.set_shares(&officer(1), odd, rules().compensation).unwrap_err(),
        Refusal::SharesOutOfBounds
    );
}

#[test]
fn own_claims_can_be_proposed_only_where_they_are_offered() {
    let case = proposed(with_losses(), B, own_claims()).unwrap();
    let Terms { payments, own_claims: own, .. } = mediation(&case).proposal(1).unwrap().terms.clone();
    let paid: Vec<_> = payments.iter().map(|one| (one.from, one.to, one.layer, one.amount.0)).collect();
    let [a, b] = [PartyRole::A, PartyRole::B];
    assert!(own);
    assert_eq!(paid, [(a, a, Layer::Ctali, 150_000), (b, b, Layer::Ctali, 120_000)]);
    let (dear, _) = with_losses().put_losses(A, lost(2001)).unwrap();
    assert_eq!(proposed(dear, B, own_claims()).unwrap_err(), Refusal::OwnClaimsNotOffered);
    let (full, _) = opened(decided()).put_losses(A, lost(10)).unwrap();
    let (full, _) = full.put_losses(B, lost(10)).unwrap();
    assert_eq!(proposed(full, B, own_claims()).unwrap_err(), Refusal::OwnClaimsNotOffered);
}

#[test]
fn what_all_accept_stands_on_the_determination_and_is_signed_anew() {
    let (signed, _) = main_and_secondary().sign(DRIVER_A, document(), None, at(200)).unwrap();
    let (case, _) = opened(signed).put_losses(B, lost(1200)).unwrap();
    let case = proposed(case, A, terms(PartyRole::B, PartyRole::A, 1000)).unwrap();
    assert!(!case.has_accepted_terms());
    let (case, _) = case.answer_terms(B, 1, true, at(500)).unwrap();
    assert!(case.has_accepted_terms());
    let code = VerificationCode::new([7; 26]);
    let (case, _) = case.agree_on_terms(new_document(), Digest::of(b"record"), code, at(510)).unwrap();
    let determination = case.determination().unwrap();
    assert_eq!(determination.document, new_document());
    assert!(determination.signatures.values().all(|signature| *signature == Signature::Pending));
    assert_eq!(case.clone().sign(DRIVER_A, document(), None, at(520)).unwrap_err(), Refusal::DocumentChanged);
    let (case, _) = case.sign(DRIVER_A, new_document(), None, at(520)).unwrap();
    let (case, _) = case.sign(DRIVER_B, new_document(), None, at(530)).unwrap();
    let (case, events, _) = case.conclude(Digest::of(b"final"), at(540)).unwrap();
    assert!(matches!(&events[..], [Event::CaseConcluded { .. }, ..]));
    assert_eq!(mediation(&case).state(), "agreed");
    let (case, event) = case.record_mediation(Digest::of(b"signed record"));
    assert!(event.is_some());
    assert_eq!(mediation(&case).agreed().unwrap().number, 1);
}

#[test]
fn what_was_agreed_falls_when_a_party_refuses_to_sign_it() {
    let (case, _) = mediated().sign(DRIVER_A, new_document(), None, at(520)).unwrap();
    let (case, _) = case.refuse_to_sign(DRIVER_B, passage("反悔"), at(530)).unwrap();
    assert_eq!(ended_for(&case), Some(EndReason::RefusedToSign));
    let (case, ..) = case.conclude(Digest::of(b"final"), at(540)).unwrap();
    assert!(case.mediation_code().is_none());
    assert_eq!(case.record_mediation(Digest::of(b"record")).1, None);
    let silent = mediated();
    let due = silent.next_deadline(&rules()).unwrap();
    let (silent, events) = silent.pass_deadline(due, &rules()).unwrap();
    assert_eq!(ended_for(&silent), Some(EndReason::RefusedToSign));
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::DeterminationRefused { by: RefusedBy::Silence, .. }))
    );
}

#[test]
fn a_request_that_not_everybody_joined_comes_to_nothing_with_the_conclusion() {
    let (case, _) = decided().request_mediation(A, at(150)).unwrap();
    let (case, _) = case.sign(DRIVER_A, document(), None, at(200)).unwrap();
    let (case, _) = case.sign(DRIVER_B, document(), None, at(210)).unwrap();
    let (case, ..) = case.conclude(Digest::of(b"final"), at(220)).unwrap();
    assert_eq!(ended_for(&case), Some(EndReason::NoConsent));
}

#[test]
fn an_officer_speaks_for_a_party_without_an_account_only() {
    fn heard(officer: &Officer) -> Voice<'_> {
        Voice::Heard(officer, PartyRole::B)
    }
    let officer_2 = officer(2);
    let refusal = decided().request_mediation(heard(&officer_2), at(300)).unwrap_err();
    assert_eq!(refusal, Refusal::PartySpeaksItself);
    let mut case = decided();
    case.parties[1].account = None;
    assert_eq!(
        case.clone().request_mediation(heard(&relative_of_a()), at(300)).unwrap_err(),
        Refusal::ConflictOfInterest
    );
    let (case, _) = case.request_mediation(heard(&officer_2), at(300)).unwrap();
    let (case, _) = case.request_mediation(A, at(310)).unwrap();
    assert_eq!(mediation(&case).state(), "open");
    let (case, _) = case.put_losses_of(&officer_2, PartyRole::A, lost(10)).unwrap();
    assert_eq!(mediation(&case).losses[&PartyRole::A], lost(10));
}

#[test]
fn photos_of_an_item_are_the_partys_own() {
    let case = opened(decided());
    let theirs = case.photos.iter().find(|photo| photo.party == Some(PartyRole::A)).unwrap().id;
    let shown = |photos| Losses { items: vec![DamageItem { photos, ..lost(1).items[0].clone() }], ..lost(1) };
    assert_eq!(case.clone().put_losses(B, shown(vec![theirs])).unwrap_err(), Refusal::PhotoUnknown);
    assert!(case.put_losses(A, shown(vec![theirs])).is_ok());
}

#[test]
fn papers_say_what_was_agreed_or_why_there_is_no_result() {
    let issuer = Issuer {
        unit_name: "测试大队".to_owned(),
        verification_base: "https://x/".to_owned(),
        insurer_names: BTreeMap::new(),
    };
    let case = mediated();
    let code = case.mediation_code().unwrap().clone();
    let record = case.mediation_paper(&code, &issuer).unwrap();
    assert_eq!(record.determination_number, case.document_number());
    assert!(record.head.number.starts_with("调字"));
    assert_eq!(record.damages.len(), 2);
    assert_eq!(record.payments[0].fen, 100_000);
    assert!(record.performance.contains("微信转账"));
    assert_eq!(record.liability[0].grade, "主要责任（赔偿比例70%）");
    let paper = case.paper(case.determination().unwrap(), &issuer);
    assert!(matches!(paper.mediation, Some(crate::document::MediationResult::Agreed { .. })));
    let (case, _) = opened(decided()).withdraw_from_mediation(A, false, None, at(400)).unwrap();
    let paper = case.paper(case.determination().unwrap(), &issuer);
    let Some(crate::document::MediationResult::Ended { reason, .. }) = paper.mediation else {
        panic!("no result")
    };
    assert!(reason.zh.contains("第二十六条第三项"));
    assert_eq!(case.mediation_paper(&code, &issuer), None);
}

/// What somebody tries.
#[derive(Debug, Clone, Copy)]
enum Try {
    Request(usize),
    Withdraw(usize, bool),
    Losses(usize, i64),
    LossesOf(u128, usize),
    Shares(u128, u8),
    Propose(usize, i64),
    OwnClaims(usize),
    Mediator(u128, i64),
    Answer(usize, i32, bool),
    End(u128),
    Sign(usize),
    Refuse(usize),
    PassDeadline,
}

fn tries() -> impl Strategy<Value = Try> {
    let who = || prop_oneof![5 => Just(0_usize), 5 => Just(1), 1 => Just(2)];
    let officer = || prop_oneof![4 => Just(1_u128), 2 => Just(2), 1 => Just(9)];
    prop_oneof![
        6 => who().prop_map(Try::Request),
        1 => (who(), any::<bool>()).prop_map(|(who, objects)| Try::Withdraw(who, objects)),
        6 => (who(), prop_oneof![3 => 1500..2000_i64, 1 => 0..2500_i64]).prop_map(|(who, yuan)| Try::Losses(who, yuan)),
        1 => (officer(), 0..2_usize).prop_map(|(who, role)| Try::LossesOf(who, role)),
        2 => (officer(), 0..=100_u8).prop_map(|(who, share)| Try::Shares(who, share)),
        5 => (who(), prop_oneof![3 => 1..1500_i64, 1 => -1..2500_i64]).prop_map(|(who, yuan)| Try::Propose(who, yuan)),
        2 => who().prop_map(Try::OwnClaims),
        2 => (officer(), 1..2000_i64).prop_map(|(who, yuan)| Try::Mediator(who, yuan)),
        8 => (who(), prop_oneof![6 => Just(0), 1 => 1..3_i32], prop::bool::weighted(0.85)).prop_map(|(who, back, yes)| Try::Answer(who, back, yes)),
        1 => officer().prop_map(Try::End),
        4 => who().prop_map(Try::Sign),
        1 => who().prop_map(Try::Refuse),
        1 => Just(Try::PassDeadline),
    ]
}

fn attempt(case: Case, what: Try, now: DateTime<Utc>) -> Result<(Case, Vec<Event>), Refusal> {
    let people = [DRIVER_A, DRIVER_B, STRANGER];
    let voice = |who: usize| Voice::Party(people[who]);
    let someone = |number| if number == 9 { relative_of_a() } else { officer(number) };
    let one = |(case, event): (Case, Event)| (case, vec![event]);
    let compensation = rules().compensation;
    Ok(match what {
        Try::Request(who) => case.request_mediation(voice(who), now)?,
        Try::Withdraw(who, objects) => one(case.withdraw_from_mediation(voice(who), objects, None, now)?),
        Try::Losses(who, yuan) => one(case.put_losses(voice(who), lost(yuan))?),
        Try::LossesOf(who, role) => {
            one(case.put_losses_of(&someone(who), PartyRole::nth(role).unwrap(), lost(500))?)
        }
        Try::Shares(who, share) => {
            let shares = BTreeMap::from([(PartyRole::A, share), (PartyRole::B, 100 - share)]);
            one(case.set_shares(&someone(who), shares, compensation)?)
        }
        Try::Propose(who, yuan) => {
            one(case.propose_terms(voice(who), terms(PartyRole::B, PartyRole::A, yuan), compensation, now)?)
        }
        Try::OwnClaims(who) => one(case.propose_terms(voice(who), own_claims(), compensation, now)?),
        Try::Mediator(who, yuan) => {
            let order = terms(PartyRole::A, PartyRole::B, yuan);
            one(case.propose_terms_as_mediator(&someone(who), order, compensation, now)?)
        }
        Try::Answer(who, back, accepted) => {
            let thread = case.determination().and_then(|found| found.mediation.as_ref());
            let last = thread.and_then(|held| held.proposals.last()).map_or(0, |last| last.number);
            let number = last - back;
            let (case, event) = case.answer_terms(voice(who), number, accepted, now)?;
            if !case.has_accepted_terms() {
                return Ok((case, vec![event]));
            }
            let document = Digest::of(format!("mediated {number}").as_bytes());
            let code = VerificationCode::new([7; 26]);
            let (case, agreed) = case.agree_on_terms(document, Digest::of(b"record"), code, now)?;
            (case, vec![event, agreed])
        }
        Try::End(who) => one(case.end_mediation(&someone(who), None, now)?),
        Try::Sign(who) => {
            let document = case.determination().map_or(document(), |found| found.document);
            one(case.sign(people[who], document, None, now)?)
        }
        Try::Refuse(who) => one(case.refuse_to_sign(people[who], passage("不同意"), now)?),
        Try::PassDeadline => {
            let due = case.next_deadline(&rules()).unwrap();
            case.pass_deadline(due, &rules()).unwrap()
        }
    })
}

/// What must hold of a determination that is mediated or was.
fn check(before: &Case, what: Try, after: &Case) {
    let determination = after.determination().unwrap();
    assert_eq!(after.stage.name(), "decided");
    assert!(after.next_deadline(&rules()).is_some(), "{what:?}: nothing would ever end it");
    let Some(mediation) = &determination.mediation else { return };
    let open = mediation.open_since().is_some();
    assert_eq!(open, mediation.state() == "open");
    assert!(!open || mediation.requested.len() == 2, "opened without a joint request");
    let refused = determination.signatures.values().any(|one| matches!(one, Signature::Refused { .. }));
    assert!(!(open && refused), "goes on although somebody refused to sign");
    assert!(!(refused && mediation.agreed().is_some()), "agreed although somebody refused to sign");
    assert!(
        matches!(what, Try::Refuse(_) | Try::PassDeadline | Try::Answer(..))
            || !open
            || before.determination().unwrap().signatures == determination.signatures,
        "{what:?} signed in between"
    );
    assert!(mediation.proposals.iter().filter(|one| one.state(2) == "open").count() <= 1);
    for proposal in &mediation.proposals {
        for role in [PartyRole::A, PartyRole::B] {
            let paid: Fen =
                proposal.terms.payments.iter().filter(|one| one.to == role).map(|one| one.amount).sum();
            let lost = mediation.losses.get(&role).map(Losses::total).unwrap_or_default();
            assert!(proposal.state(2) != "accepted" || paid <= lost, "pays more than was lost");
        }
    }
    if let Some(agreed) = mediation.agreed() {
        assert!(agreed.answers.len() == 2 && agreed.answers.values().all(|answer| answer.accepted));
        for signature in determination.signatures.values() {
            assert!(
                !matches!(signature, Signature::Signed { document, .. } if *document != determination.document)
            );
        }
    }
}

#[test]
fn whatever_anybody_tries_a_mediation_stays_lawful_and_its_journal_tells_it() {
    let seen: RefCell<BTreeSet<&'static str>> = RefCell::default();
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(any::<bool>(), prop::collection::vec(tries(), 1..60)), |(asked, steps)| {
        let mut case = main_and_secondary();
        let mut story = mediation::MediationStory::default();
        // Half of the lives begin with a joint request, so that the thread is seen.
        let steps = [Try::Request(0), Try::Request(1)].into_iter().filter(|_| asked).chain(steps);
        let mut now = at(200);
        for what in steps {
            now += TimeDelta::seconds(1);
            match attempt(case.clone(), what, now) {
                Ok((after, events)) => {
                    check(&case, what, &after);
                    events.iter().for_each(|event| story.hear(event));
                    case = after;
                }
                Err(refusal) => assert!(!refusal.to_string().is_empty()),
            }
            let held = case.determination().unwrap().mediation.as_ref();
            prop_assert!(story.agrees_with(held), "{:?} is not what the journal tells", what);
            seen.borrow_mut().extend(held.map(Mediation::state));
            if case.is_answered() {
                break;
            }
        }
        let text = serde_json::to_string(&case).unwrap();
        let read = Case { journal: case.journal, ..serde_json::from_str(&text).unwrap() };
        prop_assert_eq!(read, case);
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(seen.into_inner(), BTreeSet::from(["requested", "open", "agreed", "ended"]));
}

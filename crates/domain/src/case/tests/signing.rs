//! What can be signed by whom, what ties a signature to its signer, and when a document counts as served.

use super::{super::*, build::*};
use crate::{
    digest::Digest,
    document::DocumentKind,
    event::{Event, ServiceManner},
    identity::Role,
    journal::{Actor, Entry},
};

fn proof() -> SignatureProof {
    SignatureProof {
        account: DRIVER_A,
        code_sent_at: at(190),
        image: Some(Digest::of(b"drawn")),
        recorded_by: None,
        seal: "header.claims.signature".to_owned(),
    }
}

fn opened() -> Case {
    decided().open_document(DRIVER_A, document(), at(150)).unwrap().0
}

/// A decided case whose party B has no account: an officer entered it.
fn with_absent_b() -> Case {
    let mut case = decided();
    case.parties[1].account = None;
    case
}

#[test]
fn a_party_can_sign_what_stands_what_it_opened_and_what_it_has_not_answered() {
    let other = Digest::of(b"another document");
    let expected = ToSign { role: PartyRole::A, kind: DocumentKind::Determination, document: document() };
    assert_eq!(opened().to_sign_as(DRIVER_A, document()), Ok(expected));
    assert_eq!(decided().to_sign_as(DRIVER_A, document()), Err(Refusal::DocumentNotOpened));
    assert_eq!(
        opened().to_sign_as(DRIVER_B, document()),
        Err(Refusal::DocumentNotOpened),
        "A opened it, not B"
    );
    assert_eq!(opened().to_sign_as(DRIVER_A, other), Err(Refusal::DocumentChanged));
    assert_eq!(opened().to_sign_as(STRANGER, document()), Err(Refusal::NotAParty));
    let signed = opened().sign(DRIVER_A, document(), Some(proof()), at(200)).unwrap().0;
    assert_eq!(signed.to_sign_as(DRIVER_A, document()), Err(Refusal::AlreadyAnswered(PartyRole::A)));
    for stage in ["collecting", "waiting", "concluded"] {
        let refused = in_stage(stage).to_sign(PartyRole::A, document());
        assert!(matches!(refused, Err(Refusal::WrongStage { .. })), "{stage}");
    }
}

#[test]
fn the_journal_names_the_proof_of_a_signature_by_its_hash() {
    let (case, event) = opened().sign(DRIVER_A, document(), Some(proof()), at(200)).unwrap();
    let digest = Some(proof().digest());
    assert_eq!(event, Event::DeterminationSigned { role: PartyRole::A, document: document(), proof: digest });
    let other = SignatureProof { image: Some(Digest::of(b"another")), ..proof() };
    assert_ne!(other.digest(), proof().digest());
    assert_eq!(case.signature_images().collect::<Vec<_>>(), [Digest::of(b"drawn")]);
    let stored = serde_json::to_string(&case).unwrap();
    assert_eq!(serde_json::from_str::<Case>(&stored).unwrap().stage, case.stage);
}

#[test]
fn codes_go_to_the_phone_on_record() {
    let mut case = decided();
    assert_eq!(case.phone_for_codes(PartyRole::B).unwrap().as_str(), "13800000002");
    case.parties[1].details.phone = None;
    assert_eq!(case.phone_for_codes(PartyRole::B), Err(Refusal::PhoneMissing));
    assert_eq!(case.phone_for_codes(PartyRole::new('C').unwrap()), Err(Refusal::NotAParty));
}

#[test]
fn an_officer_records_the_signature_of_a_party_without_a_session_and_of_nobody_else() {
    let by = officer(2);
    let told = SignatureProof { account: by.account, image: None, recorded_by: Some(by.account), ..proof() };
    let record = |case: Case, by: &Officer, role| {
        case.record_signature(by, role, document(), told.clone(), at(200)).map(|(case, _)| case)
    };
    let case = record(with_absent_b(), &by, PartyRole::B).unwrap();
    let recorded = &case.determination().unwrap().signatures[&PartyRole::B];
    assert_eq!(recorded.proof().unwrap().recorded_by, Some(by.account));
    assert_eq!(case.signature_images().count(), 0);
    assert_eq!(record(with_absent_b(), &by, PartyRole::A).unwrap_err(), Refusal::PartySignsItself);
    assert_eq!(record(decided(), &by, PartyRole::B).unwrap_err(), Refusal::PartySignsItself);
    let refused = record(with_absent_b(), &relative_of_a(), PartyRole::B);
    assert_eq!(refused.unwrap_err(), Refusal::ConflictOfInterest);
    assert!(matches!(record(concluded(), &by, PartyRole::B).unwrap_err(), Refusal::WrongStage { .. }));
}

#[test]
fn opening_is_noted_once_and_serves_only_the_final_document_and_only_with_consent() {
    let last = concluded().determination().unwrap().document;
    let (case, events) = concluded().open_document(DRIVER_A, last, at(300)).unwrap();
    assert_eq!(events, [Event::DocumentOpened { role: PartyRole::A, document: last }]);
    assert_eq!(case.served_at(PartyRole::A), None, "nobody agreed");
    assert_eq!(case.clone().open_document(DRIVER_A, last, at(310)).unwrap().1, []);

    let (case, agreed) = case.agree_to_service(DRIVER_A, at(320)).unwrap();
    assert_eq!(agreed, Some(Event::ServiceAgreed { role: PartyRole::A }));
    assert_eq!(case.clone().agree_to_service(DRIVER_A, at(321)).unwrap(), (case.clone(), None));
    let (case, events) = case.open_document(DRIVER_A, last, at(330)).unwrap();
    let manner = ServiceManner::Opened;
    assert_eq!(events, [Event::DocumentServed { role: PartyRole::A, document: last, manner }]);
    assert_eq!((case.served_at(PartyRole::A), case.served_at(PartyRole::B)), (Some(at(330)), None));
    assert_eq!(case.open_document(DRIVER_A, last, at(340)).unwrap().1, [], "served once");

    let early = decided().agree_to_service(DRIVER_A, at(140)).unwrap().0;
    let (early, events) = early.open_document(DRIVER_A, document(), at(150)).unwrap();
    assert_eq!(events, [Event::DocumentOpened { role: PartyRole::A, document: document() }]);
    assert_eq!(early.served_at(PartyRole::A), None, "it is not final");
}

#[test]
fn an_officer_notes_service_on_paper_or_its_refusal_once_and_of_the_final_document() {
    let last = concluded().determination().unwrap().document;
    let note = |case: Case, by: &Officer, document, manner| {
        case.record_service(by, PartyRole::B, document, manner, at(400)).map(|(case, _)| case)
    };
    for manner in [ServiceManner::Paper, ServiceManner::RefusedToReceive] {
        let case = note(concluded(), &officer(2), last, manner).unwrap();
        assert_eq!((case.served_at(PartyRole::B), case.services[0].manner), (Some(at(400)), manner));
        let again = note(case, &officer(2), last, ServiceManner::Paper);
        assert_eq!(again.unwrap_err(), Refusal::AlreadyServed(PartyRole::B));
    }
    let paper = ServiceManner::Paper;
    assert_eq!(note(concluded(), &officer(2), document(), paper).unwrap_err(), Refusal::DocumentChanged);
    assert_eq!(note(concluded(), &relative_of_a(), last, paper).unwrap_err(), Refusal::ConflictOfInterest);
    assert!(matches!(note(decided(), &officer(2), document(), paper), Err(Refusal::WrongStage { .. })));
    let nobody = PartyRole::new('C').unwrap();
    let refused = concluded().record_service(&officer(2), nobody, last, paper, at(400));
    assert_eq!(refused.unwrap_err(), Refusal::NotAParty);
}

#[test]
fn what_was_served_before_the_decision_that_stands_does_not_count_for_it() {
    let mut case = concluded();
    let document = case.determination().unwrap().document;
    let (role, manner, by) = (PartyRole::A, ServiceManner::Paper, DRIVER_A);
    case.services.push(Service { role, document, manner, by, at: at(100) });
    assert_eq!(case.served_at(role), None, "it was decided at 120");
    case.services.push(Service { role, document, manner, by, at: at(130) });
    assert_eq!(case.served_at(role), Some(at(130)));
}

#[test]
fn a_journal_tells_when_service_or_the_proof_of_a_signature_was_changed() {
    let (case, events) = opened().open_document(DRIVER_A, document(), at(150)).unwrap();
    assert_eq!(events, []);
    let entry = |by, at, event| Entry {
        case: case.id,
        sequence: 1,
        at,
        actor: Actor::Account { acting_as: Role::Driver, account: by },
        event,
    };
    let apart = |case: &Case, entries: &[Entry]| {
        let differing = case.apart_from(entries);
        differing.into_iter().filter(|what| what.contains("service")).count()
    };
    let told = entry(DRIVER_A, at(150), Event::DocumentOpened { role: PartyRole::A, document: document() });
    assert_eq!(apart(&case, std::slice::from_ref(&told)), 0);
    assert_eq!(apart(&case, &[]), 1);
    let (agreed, event) = case.clone().agree_to_service(DRIVER_A, at(160)).unwrap();
    let consent = entry(DRIVER_A, at(160), event.unwrap());
    assert_eq!(apart(&agreed, std::slice::from_ref(&told)), 1);
    assert_eq!(apart(&agreed, &[told, consent]), 0);

    let last = concluded().determination().unwrap().document;
    let (served, event) =
        concluded().record_service(&officer(2), PartyRole::B, last, ServiceManner::Paper, at(400)).unwrap();
    let noted = |by, when| apart(&served, &[entry(by, when, event.clone())]);
    assert_eq!(noted(officer(2).account, at(400)), 0);
    assert_eq!(noted(officer(2).account, at(401)), 1, "a review's time runs from it");
    assert_eq!(noted(officer(1).account, at(400)), 1);
}

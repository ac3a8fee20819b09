//! Names of events are stored for ever: the short list and the JSON must never differ.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::*;

fn text() -> Passage {
    "原因".parse().unwrap()
}

fn every_event() -> Vec<Event> {
    let now = DateTime::UNIX_EPOCH;
    let (role, digest, reason) = (PartyRole::A, Digest::of(b"x"), text());
    let id = Uuid::from_u128(1);
    let dispatch = DispatchId(id);
    let claim = ClaimId(id);
    let insurer: InsurerCode = "PICC".parse().unwrap();
    let mut events = vec![
        Event::CaseReported {
            district: "370303".parse().unwrap(),
            lane: Lane::Remote,
            rules: vec!["A1".to_owned()],
            report: digest,
            judged_by: None,
        },
        Event::CaseHandedOver { to: Authority::Patrol, reason: text() },
        Event::PartyInvited { role, expires_at: now },
        Event::PartyJoined { role },
        Event::PartyUpdated { role, details: digest },
        Event::PhotoStored {
            photo: PhotoId(id),
            party: Some(role),
            slot: Slot::Impact,
            digest,
            fulfilment: None,
        },
        Event::MoveAllowed { photos: vec![digest], receipt: digest },
        Event::StatementGiven { role, version: 1, statement: digest },
        Event::CaseSubmitted { role, alone: false },
        Event::CaseQueued {},
        Event::CaseTaken { officer: AccountId(id), fence: 1 },
        Event::CaseReleased {},
        Event::EvidenceRequested { role, slots: vec![Slot::Plate], reason: text() },
        Event::LiabilityDetermined {
            determination: DeterminationId(id),
            grades: BTreeMap::from([(role, Grade::Full)]),
            situation: Some("1".to_owned()),
            proposed: None,
            reason: Some(text()),
            document: digest,
        },
        Event::DeterminationSigned { role, document: digest, proof: None },
        Event::DeterminationRefused { role, by: RefusedBy::Party, reason: text() },
        Event::CaseConcluded { document: digest },
        Event::CaseEscalated { to: Authority::Point, reason: text() },
        Event::CaseWithdrawn { role },
        Event::ClaimFiled { claim, party: role, insurer },
        Event::ClaimMoved { claim, status: ClaimStatus::Paid },
        Event::DispatchOffered { dispatch, unit: UnitId(id), metres: 900 },
        Event::DispatchAccepted { dispatch },
        Event::DispatchDeclined { dispatch, reason },
        Event::DispatchArrived { dispatch },
        Event::DispatchCompleted { dispatch, outcome: "settled".to_owned() },
        Event::DispatchCancelled { dispatch, reason: text() },
        Event::AccessRefused { why: "other district".to_owned() },
        Event::EvidenceCommitted {
            role,
            commitments: vec![Committed { commitment: CommitmentId(id), slot: Slot::Impact, digest }],
        },
        Event::PhotoExamined { photo: PhotoId(id), examination: digest },
        Event::RecordingStored {
            recording: RecordingId(id),
            party: role,
            slot: Slot::DashCam,
            digest,
            fulfilment: Some(Fulfilment::Kept(CommitmentId(id))),
        },
        Event::EvidenceRead { evidence: id, digest, copy: Copied::Original },
        Event::CourtPackMade {},
        Event::LegalHoldPlaced { reason: text() },
        Event::LegalHoldLifted { reason: text() },
        Event::EvidenceErased { evidence: id, digest, class: "case_media".to_owned() },
        Event::StatementConfirmed { role, version: 1, statement: digest },
    ];
    events.extend(decisions());
    events
}

/// What happens around a decision.
fn decisions() -> Vec<Event> {
    let (role, digest, document, id) = (PartyRole::A, Digest::of(b"x"), Digest::of(b"y"), Uuid::from_u128(2));
    let grades = BTreeMap::from([(role, Grade::Full)]);
    vec![
        Event::AgreementProposed {
            agreement: DeterminationId(id),
            role,
            grades: grades.clone(),
            situation: None,
            document,
        },
        Event::AgreementSigned { role, document, proof: Some(digest) },
        Event::AgreementDeclined { role, reason: text() },
        Event::AgreementConcluded { document },
        Event::CertificateIssued { certificate: DeterminationId(id), document, reason: text() },
        Event::OfficerAskedFor { role, reason: None },
        Event::CaseClosed { reason: text() },
        Event::DeadlinePassed { deadline: "collecting".to_owned() },
        Event::SigningCodeSent { role, document },
        Event::ServiceAgreed { role },
        Event::DocumentOpened { role, document },
        Event::DocumentServed { role, document, manner: ServiceManner::Opened },
        Event::SketchConfirmed { role, sketch: digest },
        Event::MediationRequested { role },
        Event::MediationOpened {},
        Event::MediationProposed { number: 1, role: None, terms: digest },
        Event::MediationAnswered { number: 1, role, accepted: true },
        Event::MediationLossesPut { role, losses: digest },
        Event::MediationSharesSet { shares: BTreeMap::from([(role, 70)]) },
        Event::MediationAgreed { number: 1, terms: digest, document, record: digest },
        Event::MediationRecorded { record: digest },
        Event::MediationEnded { reason: "objection".to_owned(), note: None },
        Event::ReviewRequested { role, reason: text() },
        Event::ReviewRefused { role, reason: text(), until: DateTime::UNIX_EPOCH },
        Event::ReviewTaken { officer: AccountId(id) },
        Event::ReviewDrafted { outcome: "upheld".to_owned(), conclusion: digest },
        Event::ReviewSentBack { note: digest },
        Event::ReviewWithdrawn { role },
        Event::CourtTold { note: text() },
        Event::ClaimAmended { claim: ClaimId(id), change: "review_requested".to_owned() },
        Event::ReviewConcluded { outcome: "upheld".to_owned(), grounds: vec!["facts".to_owned()], document },
        Event::DeterminationRevoked { determination: DeterminationId(id) },
        Event::PartyAdded { role, details: digest },
        Event::HelperNamed { role, helper: digest },
        Event::PartyAbsent { role, how: AbsentHow::Gone, note: None },
        Event::PartyCodeSent { role },
        Event::PartyConfirmed { role, how: ConfirmedHow::Code },
        Event::DecidedAgain { grades },
    ]
}

#[test]
fn the_name_of_an_event_is_the_one_in_its_json() {
    for event in every_event() {
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["kind"], event.kind());
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
    }
}

/// The parser itself tells which kinds there are, so that no new one escapes the list above.
#[test]
fn the_list_of_events_is_complete() {
    let error = serde_json::from_str::<Event>(r#"{"kind":"?"}"#).unwrap_err().to_string();
    let known: BTreeSet<&str> = error.split('`').skip(1).step_by(2).filter(|name| *name != "?").collect();
    let events = every_event();
    assert_eq!(events.iter().map(Event::kind).collect::<BTreeSet<_>>(), known);
    assert_eq!(events.len(), known.len());
}

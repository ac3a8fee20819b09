//! Any order of steps by anybody: what holds after each of them, accepted or refused.

use std::{cell::RefCell, collections::BTreeSet};

use chrono::TimeDelta;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::{
    super::*,
    build::*,
    evidence::{commitment, recording, unreadable},
    review::{anew, drafted},
};
use crate::{
    claim::{Claim, claim_id},
    digest::Digest,
    event::{Authority, Event},
    evidence::Slot,
    identifiers::InvitationCode,
    journal::{self, Actor},
    liability::{Grade, Manoeuvre},
};

/// What somebody tries, with who it is where that matters.
#[derive(Debug, Clone, Copy)]
enum Try {
    Invite(usize),
    Join(usize, usize),
    Update(usize),
    Photo(usize, Slot, u8),
    Commit(usize, Slot, u8),
    Record(usize, u8),
    Examined(usize),
    AllowMove,
    Statement(usize, Manoeuvre),
    Confirm(usize, bool),
    Submit(usize, bool),
    Withdraw(usize),
    Take(u128),
    Renew(u128),
    Release(u128),
    Request(u128),
    Decide(u128, bool, bool),
    Sign(usize, bool),
    Refuse(usize),
    Note(u128, usize),
    Conclude,
    Escalate(u128, Authority),
    SendUnit(u128),
    Finish(SceneOutcome),
    Propose(usize),
    SignAgreement(usize, bool),
    Decline(usize),
    ConcludeAgreement,
    AskForOfficer(usize),
    Certify(u128),
    Close(u128),
    PassDeadline,
    AskForReview(usize),
    TakeReview(u128),
    DraftReview(u128, bool),
    SendReviewBack(u128),
    ConfirmReview(u128),
    TakeReviewBack(usize),
    NoteSuit(u128),
}

const PEOPLE: [AccountId; 3] = [DRIVER_A, DRIVER_B, STRANGER];

/// Steps that lead on are tried more often than those that end a case, so that long lives are seen.
fn tries() -> impl Strategy<Value = (Try, i64)> {
    let person = || prop_oneof![5 => Just(0_usize), 5 => Just(1), 1 => Just(2)];
    let officer = || prop_oneof![6 => Just(1_u128), 2 => Just(2), 1 => Just(9)];
    let reviewer = || prop_oneof![6 => Just(21_u128), 6 => Just(22), 1 => Just(1)];
    let slot = || prop_oneof![8 => prop::sample::select(Slot::MANDATORY.to_vec()), 1 => Just(Slot::Other)];
    let manoeuvre = prop::sample::select(vec![Manoeuvre::Following, Manoeuvre::Stopped, Manoeuvre::Unknown]);
    let step = prop_oneof![
        4 => person().prop_map(Try::Invite),
        6 => (person(), 0..4_usize).prop_map(|(who, code)| Try::Join(who, code)),
        2 => person().prop_map(Try::Update),
        12 => (person(), slot(), 0..3_u8).prop_map(|(who, slot, bytes)| Try::Photo(who, slot, bytes)),
        4 => (person(), slot(), 0..3_u8).prop_map(|(who, slot, bytes)| Try::Commit(who, slot, bytes)),
        2 => (person(), 0..12_u8).prop_map(|(who, bytes)| Try::Record(who, bytes)),
        2 => (0..6_usize).prop_map(Try::Examined),
        2 => Just(Try::AllowMove),
        6 => (person(), manoeuvre).prop_map(|(who, what)| Try::Statement(who, what)),
        2 => (person(), prop::bool::weighted(0.8)).prop_map(|(who, latest)| Try::Confirm(who, latest)),
        10 => (person(), prop::bool::weighted(0.1)).prop_map(|(who, alone)| Try::Submit(who, alone)),
        1 => person().prop_map(Try::Withdraw),
        16 => officer().prop_map(Try::Take),
        3 => officer().prop_map(Try::Renew),
        2 => officer().prop_map(Try::Release),
        2 => officer().prop_map(Try::Request),
        10 => (officer(), any::<bool>(), any::<bool>()).prop_map(|(who, agrees, why)| Try::Decide(who, agrees, why)),
        8 => (person(), prop::bool::weighted(0.9)).prop_map(|(who, current)| Try::Sign(who, current)),
        4 => person().prop_map(Try::Refuse),
        1 => (officer(), 0..3_usize).prop_map(|(who, role)| Try::Note(who, role)),
        4 => Just(Try::Conclude),
        1 => (officer(), prop::sample::select(vec![Authority::Patrol, Authority::Point]))
            .prop_map(|(who, to)| Try::Escalate(who, to)),
        4 => officer().prop_map(Try::SendUnit),
        12 => prop::sample::select(vec![SceneOutcome::Settled, SceneOutcome::NeedsPatrol]).prop_map(Try::Finish),
        6 => person().prop_map(Try::Propose),
        10 => (person(), prop::bool::weighted(0.9)).prop_map(|(who, current)| Try::SignAgreement(who, current)),
        1 => person().prop_map(Try::Decline),
        3 => Just(Try::ConcludeAgreement),
        1 => person().prop_map(Try::AskForOfficer),
        1 => officer().prop_map(Try::Certify),
        2 => officer().prop_map(Try::Close),
        3 => Just(Try::PassDeadline),
        3 => person().prop_map(Try::AskForReview),
        3 => reviewer().prop_map(Try::TakeReview),
        4 => (reviewer(), prop::bool::weighted(0.7)).prop_map(|(who, anew)| Try::DraftReview(who, anew)),
        1 => reviewer().prop_map(Try::SendReviewBack),
        3 => reviewer().prop_map(Try::ConfirmReview),
        1 => person().prop_map(Try::TakeReviewBack),
        1 => reviewer().prop_map(Try::NoteSuit),
    ];
    // Mostly seconds; sometimes long enough for a lease, seldom for an invitation or a deadline, to run out.
    (step, prop_oneof![60 => 0..6_i64, 6 => 80..100_i64, 3 => 1_700..1_900_i64, 1 => 7_000..100_000_i64])
}

fn someone(number: u128) -> Officer {
    match number {
        9 => relative_of_a(),
        21.. => Officer { reviews: true, ..officer(number) },
        _ => officer(number),
    }
}

/// Whoever takes cases from the queue.
fn holders() -> BTreeSet<AccountId> {
    [1, 2, 9].map(|number| officer(number).account).into()
}

/// To determine anew, or that it stands.
fn conclusion(case: &Case, anew: bool) -> Conclusion {
    let grounds = case.determination().map(|_| ReviewGround::Facts).into_iter().collect();
    let outcome = if anew { ReviewOutcome::Reinvestigate { grounds } } else { ReviewOutcome::Upheld };
    Conclusion { outcome, explanation: passage("理由") }
}

fn code(number: usize) -> InvitationCode {
    InvitationCode::new([u8::try_from(number).unwrap(); 26])
}

type Done = (Case, Vec<Event>, Vec<Claim>);

fn one((case, event): (Case, Event)) -> Done {
    (case, vec![event], Vec::new())
}

fn maybe((case, event): (Case, Option<Event>)) -> Done {
    (case, event.into_iter().collect(), Vec::new())
}

fn attempt(case: Case, what: Try, now: DateTime<Utc>) -> Result<Done, Refusal> {
    let why = || passage("原因");
    Ok(match what {
        Try::Invite(who) => one({
            let number = case.journal.length.rem_euclid(4);
            case.invite(PEOPLE[who], Invited::default(), &code(usize::try_from(number).unwrap()), now)?
        }),
        Try::Join(who, number) => {
            let (case, events) = case.join(PEOPLE[who], &code(number), RoadUser::MotorVehicle, now)?;
            (case, events, Vec::new())
        }
        Try::Update(who) => {
            let role = PartyRole::nth(who.min(1)).unwrap();
            one(case.update_party(PEOPLE[who], details(role))?)
        }
        Try::Photo(who, slot, bytes) => {
            let role = case.role_of(PEOPLE[who])?;
            let photo = photo(role, slot, &format!("{slot:?} {bytes}"));
            let fulfilment = case.fulfilment(role, slot, photo.digest, None)?;
            maybe(case.add_photo(crate::evidence::Photo { fulfilment, ..photo })?)
        }
        Try::Commit(who, slot, bytes) => {
            let new = commitment(slot, &format!("{slot:?} {bytes}"));
            maybe(case.commit_evidence(PEOPLE[who], vec![new], now)?)
        }
        Try::Record(who, bytes) => {
            let role = case.role_of(PEOPLE[who])?;
            maybe(case.add_recording(recording(role, &format!("recording {bytes}")))?)
        }
        Try::Examined(number) => {
            let id = case.photos.get(number).map(|photo| photo.id);
            maybe(id.map_or((case.clone(), None), |id| case.photo_examined(id, unreadable())))
        }
        Try::Confirm(who, latest) => {
            let said = case.party_of(PEOPLE[who]).and_then(|party| party.statement());
            let shown = said.filter(|_| latest).map_or(Digest::of(b"another"), Statement::digest);
            maybe(case.confirm_statement(PEOPLE[who], shown, now)?)
        }
        Try::AllowMove => one(case.allow_move("receipt".to_owned(), now)?),
        Try::Statement(who, manoeuvre) => {
            one(case.give_statement(PEOPLE[who], facts(manoeuvre), None, None, now)?)
        }
        Try::Submit(who, alone) => {
            let (case, events) = case.submit(PEOPLE[who], alone, now)?;
            (case, events, Vec::new())
        }
        Try::Withdraw(who) => one(case.withdraw(PEOPLE[who], now)?),
        Try::Take(who) => one(case.take(&someone(who), now)?),
        Try::Renew(who) => (case.renew(&someone(who), now)?, Vec::new(), Vec::new()),
        Try::Release(who) => one(case.release(&someone(who), now)?),
        Try::Request(who) => one(case.request_evidence(&someone(who), PartyRole::A, vec![], why(), now)?),
        Try::Decide(who, agrees, with_reason) => {
            let liability =
                if agrees { grades(Grade::Full, Grade::None) } else { grades(Grade::Equal, Grade::Equal) };
            let order = DeterminationOrder { reason: with_reason.then(why), ..order(liability) };
            let draft = case.draft_determination(&someone(who), order, stamp(), &LIABILITY, now)?;
            one(case.determine(draft, document())?)
        }
        Try::Sign(who, current) => {
            let shown = if current { document() } else { Digest::of(b"old") };
            one(case.sign(PEOPLE[who], shown, None, now)?)
        }
        Try::Refuse(who) => one(case.refuse_to_sign(PEOPLE[who], why(), now)?),
        Try::Note(who, role) => {
            one(case.note_refusal(&someone(who), PartyRole::nth(role).unwrap(), why(), now)?)
        }
        Try::Conclude => case.conclude(Digest::of(b"final"), now)?,
        Try::Escalate(who, to) => one(case.escalate(&someone(who), to, why(), now)?),
        Try::SendUnit(who) => maybe(case.send_unit(&someone(who), why(), now)?),
        Try::AskForReview(who) => one(case.request_review(PEOPLE[who], why(), &rules(), now)?),
        Try::TakeReview(who) => one(case.take_review(&someone(who), &holders(), now)?),
        Try::DraftReview(who, anew) => {
            let conclusion = conclusion(&case, anew);
            one(case.draft_review(&someone(who), &holders(), conclusion, now)?)
        }
        Try::SendReviewBack(who) => one(case.send_review_back(&someone(who), &holders(), why(), now)?),
        Try::ConfirmReview(who) => {
            let draft = case.confirm_review(&someone(who), &holders(), stamp(), now)?;
            let (case, events) = case.conclude_review(draft, document(), &rules())?;
            (case, events, Vec::new())
        }
        Try::TakeReviewBack(who) => one(case.withdraw_review(PEOPLE[who], now)?),
        Try::NoteSuit(who) => one(case.note_suit(&someone(who), &holders(), why(), now)?),
        Try::Finish(outcome) => maybe(case.finish_on_scene(outcome, why(), now)?),
        Try::Propose(who) => {
            let draft = case.draft_agreement(PEOPLE[who], agreement_order(), stamp(), &rules(), now)?;
            one(case.propose_agreement(draft, document())?)
        }
        Try::SignAgreement(who, current) => {
            let shown = if current { document() } else { Digest::of(b"old") };
            one(case.sign_agreement(PEOPLE[who], shown, None, now)?)
        }
        Try::Decline(who) => one(case.decline_agreement(PEOPLE[who], why())?),
        Try::ConcludeAgreement => case.conclude_agreement(Digest::of(b"final"), now)?,
        Try::AskForOfficer(who) => {
            let (case, events) = case.ask_for_officer(PEOPLE[who], None, now)?;
            (case, events, Vec::new())
        }
        Try::Certify(who) => {
            let draft = case.draft_certificate(&someone(who), why(), why(), stamp(), now)?;
            one(case.certify(draft, document())?)
        }
        Try::Close(who) => one(case.close(&someone(who), why(), now)?),
        Try::PassDeadline => match case.clone().pass_deadline(now, &rules()) {
            Some((case, events)) => (case, events, Vec::new()),
            None => (case, Vec::new(), Vec::new()),
        },
    })
}

/// Every way from one stage to another that the law and the service know.
const EDGES: [(&str, &str); 29] = [
    ("collecting", "waiting"),
    ("collecting", "withdrawn"),
    ("waiting", "under_review"),
    ("waiting", "withdrawn"),
    ("under_review", "waiting"),
    ("under_review", "evidence_requested"),
    ("under_review", "decided"),
    ("under_review", "on_scene"),
    ("under_review", "handed_over"),
    ("under_review", "withdrawn"),
    ("evidence_requested", "waiting"),
    ("evidence_requested", "withdrawn"),
    ("decided", "concluded"),
    ("on_scene", "settled_on_scene"),
    ("on_scene", "handed_over"),
    ("evidence_requested", "on_scene"),
    ("evidence_requested", "handed_over"),
    ("collecting", "agreeing"),
    ("waiting", "agreeing"),
    ("agreeing", "collecting"),
    ("agreeing", "waiting"),
    ("agreeing", "agreed"),
    ("under_review", "certified"),
    ("under_review", "closed"),
    ("collecting", "handed_over"),
    ("waiting", "handed_over"),
    ("agreeing", "handed_over"),
    ("concluded", "waiting"),
    ("certified", "waiting"),
];

/// What an accepted step may have done.
fn check_step(before: &Case, what: Try, after: &Case, claims: &[Claim], now: DateTime<Utc>) {
    let edge = (before.stage.name(), after.stage.name());
    assert!(edge.0 == edge.1 || EDGES.contains(&edge), "{what:?} went {edge:?}");
    assert_eq!(after.fence, before.fence + i32::from(matches!(what, Try::Take(_))), "{what:?}");
    assert_eq!((after.id, after.version, &after.number), (before.id, before.version, &before.number));
    if let Try::Decide(who, agrees, with_reason) = what {
        let Stage::UnderReview { lease, .. } = &before.stage else { panic!("decided in {}", edge.0) };
        assert!(lease.officer == officer(who).account && lease.until > now, "decided without the lease");
        assert!(before.parties.len() == 2 && before.parties.iter().all(|party| party.submitted_at.is_some()));
        let proposed = matches!(before.suggest_liability(&LIABILITY), crate::liability::Suggestion::Proposed { grades, .. }
            if grades[&PartyRole::A] == Grade::Full);
        assert!(with_reason || agrees || !proposed, "differs from the proposal without a reason");
    }
    if let Try::Take(who) = what {
        let account = officer(who).account;
        assert!(
            before.overturned.iter().all(|one| one.officer != account),
            "took what was taken away from him"
        );
    }
    if edge.1 == "waiting" && matches!(edge.0, "concluded" | "certified") {
        assert!(matches!(what, Try::ConfirmReview(_)), "{what:?} took an act away");
        let Some(ReviewState::Concluded { officers: [one, other], .. }) =
            after.review.as_ref().map(|r| &r.state)
        else {
            panic!("taken away without a conclusion")
        };
        assert!(one.account != other.account && !holders().contains(&one.account));
    }
    assert!(before.review.is_none() || after.review.is_some(), "an accident has one review");
    if let Some(agreement) = after.agreement() {
        assert_eq!(agreement.signatures.len(), after.parties.len(), "an agreement binds those who are here");
        assert!(after.agreements_proposed <= MOST_PROPOSALS);
    }
    if matches!(what, Try::Conclude | Try::ConcludeAgreement) {
        let answers = before.determination().map(|one| &one.signatures);
        let mut answers = answers.or(before.agreement().map(|one| &one.signatures)).unwrap().values();
        assert!(answers.all(|answer| match what {
            Try::Conclude => *answer != Signature::Pending,
            _ => matches!(answer, Signature::Signed { .. }),
        }));
        let filed: Vec<_> = claims.iter().map(|claim| claim.id).collect();
        let insured =
            after.parties.iter().filter_map(|party| Some((party.role, party.details.insurance.as_ref()?)));
        let expected: Vec<_> =
            insured.map(|(role, cover)| claim_id(after.id, role, &cover.insurer)).collect();
        assert_eq!(filed, expected);
    } else {
        assert!(claims.is_empty());
    }
}

/// What must hold of any case.
fn check_case(case: &Case) {
    let joined = case.invitations.iter().filter(|invitation| invitation.used).count();
    assert_eq!(case.parties.len(), joined + 1, "one used invitation per party that joined");
    assert!(case.parties.len() <= 2);
    let accounts: BTreeSet<_> = case.parties.iter().filter_map(|party| party.account).collect();
    assert_eq!(accounts.len(), case.parties.len(), "one account is one party");
    let different: BTreeSet<_> =
        case.photos.iter().map(|photo| (photo.digest, photo.slot, photo.party)).collect();
    assert_eq!(different.len(), case.photos.len(), "a photo is there twice");
    for party in &case.parties {
        let own = case.photos.iter().filter(|photo| photo.party == Some(party.role)).count();
        assert!(own <= PHOTOS_PER_PARTY);
        let recorded = case.recordings.iter().filter(|recording| recording.party == party.role).count();
        assert!(recorded <= RECORDINGS_PER_PARTY);
        assert!(
            case.commitments.iter().filter(|one| one.party == party.role).count() <= COMMITMENTS_PER_PARTY
        );
        assert!(party.statements.iter().zip(1..).all(|(statement, version)| statement.version == version));
        assert!(party.submitted_at.is_none() || !party.statements.is_empty());
    }
    let committed: BTreeSet<_> =
        case.commitments.iter().map(|one| (one.party, one.slot, one.digest)).collect();
    assert_eq!(committed.len(), case.commitments.len(), "evidence is committed twice");
    let kept = case.photos.iter().filter_map(|photo| photo.fulfilment?.kept());
    for id in kept {
        assert!(case.commitments.iter().any(|one| one.id == id), "kept, but never committed");
    }
    let taken_away = case.overturned.len() + case.overturned_certificates.len();
    assert!(taken_away <= usize::from(case.review.is_some()), "one review takes one act away");
    assert!(case.move_receipt.is_none() || case.triage.may_leave);
    assert!(case.earlier_receipts.is_empty() || case.move_receipt.is_some());
    let queued = matches!(case.stage.name(), "waiting" | "under_review" | "evidence_requested" | "on_scene")
        || case.agreement().is_some_and(|one| one.waiting_since.is_some() && !case.is_closed());
    assert_eq!(case.queue_place().is_some(), queued);
    let waits_for_officers = matches!(case.stage, Stage::Waiting { .. } | Stage::UnderReview { .. });
    assert_eq!(case.next_deadline(&rules()).is_some(), !case.is_closed() && !waits_for_officers);
    if let Stage::UnderReview { lease, .. } = &case.stage {
        assert_eq!(lease.fence, case.fence);
    }
}

fn check_refusal(case: &Case, what: Try, refusal: &Refusal) {
    assert!(!refusal.to_string().is_empty());
    if let Refusal::WrongStage { stage, .. } = refusal {
        assert_eq!(*stage, case.stage.name(), "{what:?}");
    }
}

#[test]
fn whatever_anybody_tries_the_case_stays_lawful_and_its_journal_whole() {
    let seen: RefCell<BTreeSet<&'static str>> = RefCell::default();
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let taken_away = RefCell::new(0_usize);
    // Half of the lives begin in the queue, and a few under review: random steps alone seldom get there before
    // somebody withdraws.
    let begins = prop_oneof![5 => Just("reported"), 5 => Just("waiting"), 2 => Just("drafted")];
    let lives = (begins, prop::collection::vec(tries(), 1..200));
    let outcome = runner.run(&lives, |(begins, steps)| {
        let whole = begins == "reported";
        let (mut case, events) = match begins {
            "reported" => reported(two_cars()),
            "waiting" => (waiting(), Vec::new()),
            _ => (drafted(anew()), Vec::new()),
        };
        let mut journal = Vec::new();
        let mut now = at(0);
        let record = |case: &mut Case, now, events: Vec<Event>, journal: &mut Vec<_>| {
            for event in events {
                let (head, sealed) = case.journal.append(case.id, now, Actor::Service, &event).unwrap();
                case.journal = head;
                journal.push(sealed);
            }
        };
        record(&mut case, now, events, &mut journal);
        for (what, seconds) in steps {
            now += TimeDelta::seconds(seconds);
            match attempt(case.clone(), what, now) {
                Ok((mut after, events, claims)) => {
                    check_step(&case, what, &after, &claims, now);
                    check_case(&after);
                    record(&mut after, now, events, &mut journal);
                    case = after;
                }
                Err(refusal) => {
                    check_refusal(&case, what, &refusal);
                    prop_assert_eq!(attempt(case.clone(), what, now).err(), Some(refusal));
                }
            }
            seen.borrow_mut().insert(case.stage.name());
        }
        *taken_away.borrow_mut() += case.overturned.len();
        prop_assert_eq!(journal::verify(&journal, case.journal), Ok(()));
        // What a unit did on the scene is told by its task.
        if whole && case.stage.name() != "settled_on_scene" {
            let entries = journal.iter().map(|sealed| serde_json::from_str(&sealed.canonical));
            let entries: Vec<journal::Entry> = entries.collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(case.apart_from(&entries), Vec::<&str>::new());
        }
        let text = serde_json::to_string(&case).unwrap();
        let read = Case { journal: case.journal, ..serde_json::from_str(&text).unwrap() };
        prop_assert_eq!(read, case);
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(seen.into_inner(), BTreeSet::from(Stage::NAMES), "random lives must reach every stage");
    assert!(taken_away.into_inner() > 0, "random lives must see a determination taken away");
}

//! Reviews: who may ask, until when, who concludes, and what follows (R146 §71 to §79).

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{super::*, build::*};
use crate::{
    digest::Digest,
    event::{Event, ServiceManner},
    journal::{Actor, Entry},
    liability::Grade,
};

fn reviewer(number: u128) -> Officer {
    Officer { reviews: true, ..officer(100 + number) }
}

/// Who held the cases of these tests.
fn held() -> BTreeSet<AccountId> {
    BTreeSet::from([officer(1).account])
}

fn served(mut case: Case, role: PartyRole, at: DateTime<Utc>) -> Case {
    let document = case.final_document().unwrap();
    let by = officer(1).account;
    case.services.push(Service { role, document, manner: ServiceManner::Paper, by, at });
    case
}

fn ask(case: Case, by: AccountId, now: DateTime<Utc>) -> Result<(Case, Event), Refusal> {
    case.request_review(by, passage("责任划分不公"), &rules(), now)
}

fn requested() -> Case {
    ask(concluded(), DRIVER_A, at(1_000)).unwrap().0
}

fn taken() -> Case {
    requested().take_review(&reviewer(1), &held(), at(2_000)).unwrap().0
}

fn says(outcome: ReviewOutcome) -> Conclusion {
    Conclusion { outcome, explanation: passage("经审查……") }
}

pub(super) fn anew() -> Conclusion {
    says(ReviewOutcome::Reinvestigate {
        grounds: BTreeSet::from([ReviewGround::Facts, ReviewGround::Fairness]),
    })
}

pub(super) fn drafted(conclusion: Conclusion) -> Case {
    taken().draft_review(&reviewer(1), &held(), conclusion, at(3_000)).unwrap().0
}

fn paper() -> Digest {
    Digest::of(b"conclusion")
}

fn confirmed(case: Case) -> (Case, Vec<Event>) {
    let draft = case.confirm_review(&reviewer(2), &held(), stamp(), at(4_000)).unwrap();
    case.conclude_review(draft, paper(), &rules()).unwrap()
}

fn issuer() -> Issuer {
    Issuer {
        unit_name: "支队".to_owned(),
        verification_base: "https://x/".to_owned(),
        insurer_names: std::collections::BTreeMap::new(),
    }
}

/// Taken away by a review, and back in the queue.
fn overturned() -> Case {
    confirmed(drafted(anew())).0
}

#[test]
fn a_request_is_accepted_until_the_third_working_day_after_service_is_over() {
    // Friday before the Spring Festival of 2026: Saturday the 14th is worked, then nothing until Tuesday the 24th.
    let friday = "2026-02-13T02:00:00Z".parse().unwrap();
    let over: DateTime<Utc> = "2026-02-25T16:00:00Z".parse().unwrap();
    let mut case = concluded();
    if let Stage::Concluded { determination, .. } = &mut case.stage {
        determination.decided_at = friday;
    }
    let case = served(case, PartyRole::A, friday);
    assert_eq!(case.review_until(PartyRole::A, &rules()), Some(over));
    let (in_time, event) = ask(case.clone(), DRIVER_A, over - TimeDelta::seconds(1)).unwrap();
    assert!(matches!(event, Event::ReviewRequested { role: PartyRole::A, .. }), "{event:?}");
    assert_eq!(in_time.review.unwrap().state, ReviewState::Requested);
    let (late, event) = ask(case.clone(), DRIVER_A, over).unwrap();
    assert!(
        matches!(event, Event::ReviewRefused { role: PartyRole::A, until, .. } if until == over),
        "{event:?}"
    );
    assert_eq!((late.review.is_none(), late.late_requests.len()), (true, 1));
    // It stands once, and the other party's time, to whom nothing was served, has not begun.
    assert_eq!(ask(late.clone(), DRIVER_A, over).unwrap_err(), Refusal::ReviewTooLate);
    assert_eq!(case.review_until(PartyRole::B, &rules()), None);
    let (case, event) = ask(late, DRIVER_B, over + TimeDelta::days(100)).unwrap();
    assert!(matches!(event, Event::ReviewRequested { role: PartyRole::B, .. }), "{event:?}");
    assert_eq!((case.late_requests.len(), case.review.unwrap().requested_by), (1, PartyRole::B));
}

#[test]
fn the_terms_of_a_review_are_those_of_the_articles() {
    let review = requested().review.unwrap();
    // Asked for on Monday, the 2nd of March 2026: two working days, and thirty days which end on a working day.
    assert_eq!(review.forward_by, "2026-03-04T16:00:00Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!(review.conclude_by, "2026-04-01T16:00:00Z".parse::<DateTime<Utc>>().unwrap());
    let Some(ReviewState::Concluded { serve_by, redetermine_by, .. }) =
        overturned().review.map(|review| review.state)
    else {
        panic!("not concluded");
    };
    assert_eq!(serve_by, "2026-03-05T16:00:00Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!(redetermine_by, Some("2026-03-16T16:00:00Z".parse::<DateTime<Utc>>().unwrap()));
}

#[test]
fn only_the_acts_of_officers_are_reviewed_and_each_accident_once() {
    for stage in Stage::NAMES {
        let outcome = ask(in_stage(stage), DRIVER_A, at(100_000)).map(|(case, _)| case.review.is_some());
        let expected = match stage {
            "concluded" | "certified" => Ok(true),
            "agreeing" | "agreed" => Err(Refusal::AgreementNotReviewed),
            stage => Err(Refusal::WrongStage { action: "ask for a review", stage }),
        };
        assert_eq!(outcome, expected, "{stage}");
    }
    assert_eq!(ask(concluded(), STRANGER, at(1_000)).unwrap_err(), Refusal::NotAParty);
    assert_eq!(ask(requested(), DRIVER_B, at(1_001)).unwrap_err(), Refusal::ReviewUsed);
    let upheld = confirmed(drafted(says(ReviewOutcome::Upheld))).0;
    assert_eq!(ask(upheld, DRIVER_A, at(5_000)).unwrap_err(), Refusal::ReviewUsed);
    let (ended, _) = requested().withdraw_review(DRIVER_A, at(1_500)).unwrap();
    assert_eq!(ask(ended.clone(), DRIVER_A, at(5_000)).unwrap_err(), Refusal::ReviewUsed);
    // Who takes a request back spends nobody's right but his own.
    let (again, _) = ask(ended, DRIVER_B, at(5_000)).unwrap();
    assert_eq!(again.review.as_ref().map(|review| review.requested_by), Some(PartyRole::B));
    let (both, _) = again.withdraw_review(DRIVER_B, at(5_100)).unwrap();
    for by in [DRIVER_A, DRIVER_B] {
        assert_eq!(ask(both.clone(), by, at(5_200)).unwrap_err(), Refusal::ReviewUsed);
    }
}

#[test]
fn reviewers_are_of_the_unit_above_unrelated_and_new_to_the_case() {
    let decided = Officer { reviews: true, ..officer(1) };
    let only_held = BTreeSet::from([reviewer(3).account]);
    let related = Officer { reviews: true, ..relative_of_a() };
    for (who, handlers, refusal) in [
        (officer(5), held(), Refusal::NotOfTheUnitAbove),
        (decided.clone(), held(), Refusal::HandledBefore),
        (decided, BTreeSet::new(), Refusal::HandledBefore),
        (reviewer(3), only_held, Refusal::HandledBefore),
        (related, held(), Refusal::ConflictOfInterest),
    ] {
        let note = || passage("说明");
        let draft = drafted(anew());
        let refused = [
            requested().take_review(&who, &handlers, at(2_000)).err(),
            taken().draft_review(&who, &handlers, anew(), at(3_000)).err(),
            draft.clone().send_review_back(&who, &handlers, note(), at(4_000)).err(),
            draft.confirm_review(&who, &handlers, stamp(), at(4_000)).err(),
            requested().note_review_withdrawn(&who, &handlers, at(2_000)).err(),
            requested().note_suit(&who, &handlers, note(), at(2_000)).err(),
        ];
        assert_eq!(refused, [const { None::<Refusal> }; 6].map(|_| Some(refusal.clone())), "{who:?}");
    }
}

#[test]
fn everybody_who_took_the_case_is_known_from_its_journal() {
    let entry = |sequence, event| Entry {
        case: waiting().id,
        sequence,
        at: at(sequence),
        actor: Actor::Service,
        event,
    };
    let entries = [
        entry(1, Event::CaseTaken { officer: officer(1).account, fence: 1 }),
        entry(2, Event::CaseReleased {}),
        entry(3, Event::ReviewTaken { officer: reviewer(1).account }),
        entry(4, Event::CaseTaken { officer: officer(2).account, fence: 2 }),
    ];
    assert_eq!(handlers(&entries), BTreeSet::from([officer(1).account, officer(2).account]));
}

#[test]
fn one_drafts_and_another_confirms_or_sends_back() {
    let draft = drafted(says(ReviewOutcome::Upheld));
    let (first, second) = (reviewer(1), reviewer(2));
    let alone = draft.confirm_review(&first, &held(), stamp(), at(4_000)).unwrap_err();
    assert_eq!(alone, Refusal::FourEyes);
    let note = passage("请补充理由");
    let alone = draft.clone().send_review_back(&first, &held(), note.clone(), at(4_000)).unwrap_err();
    assert_eq!(alone, Refusal::FourEyes);
    let (back, event) = draft.clone().send_review_back(&second, &held(), note.clone(), at(4_000)).unwrap();
    assert!(!serde_json::to_string(&event).unwrap().contains(note.as_str()), "the note is internal");
    let state = back.review.clone().unwrap().state;
    assert!(matches!(&state, ReviewState::Taken { officer, sent_back: Some(why), .. }
        if officer.account == first.account && *why == note));
    // Only who has it drafts; a colleague takes it first, and then the first one may confirm.
    let wrong = back.clone().draft_review(&second, &held(), anew(), at(5_000)).unwrap_err();
    assert_eq!(wrong, Refusal::NotTheReviewer);
    let twice = back.clone().take_review(&first, &held(), at(5_000)).unwrap_err();
    assert_eq!(twice, Refusal::ReviewState { action: "take the review", state: "taken" });
    let (case, _) = back.take_review(&second, &held(), at(5_000)).unwrap();
    let (case, _) = case.draft_review(&second, &held(), anew(), at(6_000)).unwrap();
    assert!(case.confirm_review(&first, &held(), stamp(), at(7_000)).is_ok());
}

#[test]
fn nothing_is_done_with_a_review_out_of_turn() {
    let nobody = concluded().take_review(&reviewer(1), &held(), at(2_000)).unwrap_err();
    assert_eq!(nobody, Refusal::NoReview);
    let refuse = |action, state| Refusal::ReviewState { action, state };
    let early = requested().draft_review(&reviewer(1), &held(), anew(), at(3_000)).unwrap_err();
    assert_eq!(early, refuse("draft the conclusion", "requested"));
    let early = taken().confirm_review(&reviewer(2), &held(), stamp(), at(3_000)).unwrap_err();
    assert_eq!(early, refuse("confirm the conclusion", "taken"));
    let late = drafted(anew()).take_review(&reviewer(2), &held(), at(4_000)).unwrap_err();
    assert_eq!(late, refuse("take the review", "drafted"));
    let (upheld, _) = confirmed(drafted(says(ReviewOutcome::Upheld)));
    let late = upheld.clone().take_review(&reviewer(3), &held(), at(5_000)).unwrap_err();
    assert_eq!(late, refuse("take the review", "concluded"));
    let late = upheld.withdraw_review(DRIVER_A, at(5_000)).unwrap_err();
    assert_eq!(late, refuse("end the review", "concluded"));
}

#[test]
fn an_outcome_goes_with_what_is_reviewed() {
    let correction = || passage("时间更正为8时30分");
    let grounds = |all: &[ReviewGround]| all.iter().copied().collect();
    let outcomes = [
        (ReviewOutcome::Upheld, true, true),
        (ReviewOutcome::UpheldCorrected { correction: correction() }, true, false),
        (ReviewOutcome::Reinvestigate { grounds: grounds(&ReviewGround::ALL) }, true, false),
        (ReviewOutcome::Reinvestigate { grounds: grounds(&[]) }, false, true),
    ];
    let (certificate, _) = ask(certified(), DRIVER_B, at(100_000)).unwrap();
    let (certificate, _) = certificate.take_review(&reviewer(1), &held(), at(100_001)).unwrap();
    for (outcome, of_determination, of_certificate) in outcomes {
        for (case, goes) in [(taken(), of_determination), (certificate.clone(), of_certificate)] {
            let drafted = case.draft_review(&reviewer(1), &held(), says(outcome.clone()), at(100_002));
            let expected = if goes { None } else { Some(Refusal::OutcomeUnknown) };
            assert_eq!(drafted.err(), expected, "{outcome:?}");
        }
    }
}

#[test]
fn what_is_upheld_stays_as_it_is() {
    let correction = passage("时间更正为8时30分");
    for outcome in [ReviewOutcome::Upheld, ReviewOutcome::UpheldCorrected { correction }] {
        let name = outcome.name();
        let (case, events) = confirmed(drafted(says(outcome)));
        assert_eq!(case.stage, concluded().stage, "{name}");
        assert!(case.overturned.is_empty() && case.review_place().is_none());
        assert!(matches!(&events[..], [Event::ReviewConcluded { outcome, grounds, document }]
            if outcome == name && grounds.is_empty() && *document == paper()));
        let Some(ReviewState::Concluded { officers, redetermine_by: None, .. }) =
            case.review.map(|review| review.state)
        else {
            panic!("not concluded");
        };
        assert_eq!(officers.map(|one| one.account), [reviewer(1).account, reviewer(2).account]);
    }
}

#[test]
fn what_is_taken_away_waits_for_an_officer_who_had_no_part_in_it() {
    let case = overturned();
    let old = concluded().determination().unwrap().clone();
    assert_eq!((case.stage.name(), &case.overturned[..]), ("waiting", &[old][..]));
    assert_eq!(case.review_place().map(|place| place.state), Some("redetermining"));
    for who in [officer(1), reviewer(1), reviewer(2)] {
        assert_eq!(case.clone().take(&who, at(5_000)).unwrap_err(), Refusal::HandledBefore);
    }
    // §79 orders a new determination: the parties cannot take that away, nor settle it meanwhile.
    assert!(matches!(case.clone().withdraw(DRIVER_A, at(5_000)), Err(Refusal::WrongStage { .. })));
    let proposal = case.draft_agreement(DRIVER_A, agreement_order(), stamp(), &rules(), at(5_000));
    assert!(matches!(proposal, Err(Refusal::WrongStage { .. })));
    let patrol = case.clone().ask_for_officer(DRIVER_A, None, at(5_000));
    assert!(matches!(patrol, Err(Refusal::WrongStage { .. })));
    let first_number = concluded().document_number();
    let (case, _) = case.take(&officer(2), at(5_000)).unwrap();
    let liability = grades(Grade::Equal, Grade::Equal);
    let order = DeterminationOrder { reason: Some(passage("重新认定")), ..order(liability) };
    let draft = case.draft_determination(&officer(2), order, stamp(), &LIABILITY, at(5_010)).unwrap();
    let (case, _) = case.determine(draft, Digest::of(b"second")).unwrap();
    assert_ne!(case.document_number(), first_number);
    assert!(case.determination().unwrap().articles.iter().any(|article| article.contains("第七十九条")));
    let facts = case.paper(case.determination().unwrap(), &issuer()).facts;
    assert!(
        facts.contains(&first_number) && facts.contains("撤销"),
        "the paper says what it revokes: {facts}"
    );
    assert_eq!((case.review_place(), case.is_to_be_determined_anew()), (None, false));
    let why = passage("拒绝签名");
    let (case, _) = case.refuse_to_sign(DRIVER_A, why.clone(), at(5_020)).unwrap();
    let (case, _) = case.refuse_to_sign(DRIVER_B, why, at(5_020)).unwrap();
    let (case, _, claims) = case.conclude(Digest::of(b"second, final"), at(5_030)).unwrap();
    assert_eq!(claims[0].notice.determination_number, case.document_number());
    assert_eq!(ask(case, DRIVER_B, at(5_040)).unwrap_err(), Refusal::ReviewUsed);
}

#[test]
fn a_certificate_is_taken_away_in_the_same_way() {
    let (case, _) = ask(certified(), DRIVER_B, at(100_000)).unwrap();
    let (case, _) = case.take_review(&reviewer(1), &held(), at(100_001)).unwrap();
    let outcome = ReviewOutcome::Reinvestigate { grounds: BTreeSet::new() };
    let (case, _) = case.draft_review(&reviewer(1), &held(), says(outcome), at(100_002)).unwrap();
    let draft = case.confirm_review(&reviewer(2), &held(), stamp(), at(100_003)).unwrap();
    let (case, events) = case.conclude_review(draft, paper(), &rules()).unwrap();
    let old = certified().certificate().unwrap().clone();
    assert!(matches!(&events[1..], [Event::DeterminationRevoked { determination }, Event::CaseQueued {}]
        if *determination == old.id));
    assert_eq!((case.stage.name(), &case.overturned_certificates[..]), ("waiting", &[old][..]));
    assert_eq!(case.take(&officer(1), at(100_010)).unwrap_err(), Refusal::HandledBefore);
}

#[test]
fn only_the_applicant_ends_a_review_and_a_suit_does_not() {
    assert_eq!(requested().withdraw_review(DRIVER_B, at(1_500)).unwrap_err(), Refusal::NotTheApplicant);
    assert_eq!(requested().withdraw_review(STRANGER, at(1_500)).unwrap_err(), Refusal::NotAParty);
    for case in [requested(), taken(), drafted(anew())] {
        let (ended, _) = case.clone().withdraw_review(DRIVER_A, at(5_000)).unwrap();
        assert_eq!((ended.stage.name(), ended.review_place()), ("concluded", None));
        let (noted, _) = case.note_review_withdrawn(&reviewer(2), &held(), at(5_000)).unwrap();
        assert_eq!(noted.review, ended.review);
    }
    let court = passage("张店区人民法院");
    let (sued, _) = taken().note_suit(&reviewer(2), &held(), court.clone(), at(2_500)).unwrap();
    assert_eq!(sued.review_place().map(|place| place.state), Some("taken"), "the review goes on");
    assert_eq!(sued.note_suit(&reviewer(2), &held(), court, at(2_600)).unwrap_err(), Refusal::SuitNoted);
}

#[test]
fn the_paper_says_in_words_what_was_concluded() {
    let case = drafted(anew());
    let draft = case.confirm_review(&reviewer(2), &held(), stamp(), at(4_000)).unwrap();
    let paper = case.review_paper(&draft, &issuer()).unwrap();
    assert_eq!(paper.outcome, "原道路交通事故认定事实不清、责任划分不公正，责令原办案单位重新调查、认定。");
    assert_eq!((paper.determination_number, paper.officers.len()), (case.document_number(), 2));
    assert!(paper.articles.iter().any(|article| article.contains("第七十六条")));
    assert!(paper.head.number.starts_with("复字"));
}

/// A case from its report on, with its journal.
struct Told(Case, Vec<Entry>);

impl Told {
    fn concluded() -> Self {
        let (case, events) = reported(two_cars());
        let mut told = Self(case, Vec::new());
        told.note(Some(DRIVER_A), events);
        told.step(DRIVER_A, |case| case.invite(DRIVER_A, Invited::default(), &invitation(), at(5)));
        told.steps(DRIVER_B, |case| case.join(DRIVER_B, &invitation(), RoadUser::MotorVehicle, at(20)));
        for slot in crate::evidence::Slot::MANDATORY {
            let photo = photo(PartyRole::A, slot, slot.name());
            told.steps(DRIVER_A, |case| {
                case.add_photo(photo).map(|(case, event)| (case, event.into_iter().collect()))
            });
        }
        told.step(DRIVER_B, |case| case.update_party(DRIVER_B, details(PartyRole::B)));
        for (who, what) in [
            (DRIVER_A, crate::liability::Manoeuvre::Following),
            (DRIVER_B, crate::liability::Manoeuvre::Stopped),
        ] {
            told.step(who, |case| case.give_statement(who, facts(what), None, None, at(30)));
            told.steps(who, |case| case.submit(who, false, at(60)));
        }
        told.determined(&officer(1), Digest::of(b"first"));
        told
    }

    fn determined(&mut self, by: &Officer, document: Digest) {
        let account = by.account;
        let now = at(100 + 10_000 * i64::from(self.0.fence));
        self.step(account, |case| case.take(by, now));
        self.step(account, |case| {
            let order = order(grades(Grade::Full, Grade::None));
            let draft = case.draft_determination(by, order, stamp(), &LIABILITY, now)?;
            case.determine(draft, document)
        });
        for who in [DRIVER_A, DRIVER_B] {
            self.step(who, |case| case.refuse_to_sign(who, passage("拒绝签名"), now));
        }
        let (case, events, _) = self.0.clone().conclude(document, now).unwrap();
        self.0 = case;
        self.note(None, events);
    }

    fn step(&mut self, by: AccountId, step: impl FnOnce(Case) -> Result<(Case, Event), Refusal>) {
        self.steps(by, |case| step(case).map(|(case, event)| (case, vec![event])));
    }

    fn steps(&mut self, by: AccountId, step: impl FnOnce(Case) -> Result<(Case, Vec<Event>), Refusal>) {
        let (case, events) = step(self.0.clone()).unwrap();
        self.0 = case;
        self.note(Some(by), events);
        assert_eq!(self.0.apart_from(&self.1), [""; 0]);
    }

    fn note(&mut self, by: Option<AccountId>, events: Vec<Event>) {
        let acting_as = crate::identity::Role::Officer;
        let actor = by.map_or(Actor::Service, |account| Actor::Account { acting_as, account });
        for event in events {
            let sequence = i64::try_from(self.1.len()).unwrap() + 1;
            self.1.push(Entry { case: self.0.id, sequence, at: at(sequence), actor, event });
        }
    }

    fn ask(&mut self, by: AccountId, now: DateTime<Utc>) {
        self.step(by, |case| ask(case, by, now));
    }

    fn review(&mut self, conclusion: Conclusion) {
        let (one, other) = (reviewer(1), reviewer(2));
        self.step(one.account, |case| case.take_review(&one, &held(), at(2_000)));
        self.step(one.account, |case| case.draft_review(&one, &held(), conclusion.clone(), at(3_000)));
        let note = passage("请补充");
        self.step(other.account, |case| case.send_review_back(&other, &held(), note, at(3_500)));
        self.step(other.account, |case| case.note_suit(&other, &held(), passage("法院"), at(3_600)));
        self.step(one.account, |case| case.draft_review(&one, &held(), conclusion, at(3_700)));
        self.steps(other.account, |case| {
            let draft = case.confirm_review(&other, &held(), stamp(), at(4_000))?;
            case.conclude_review(draft, paper(), &rules())
        });
    }

    fn tampered(&self, change: impl FnOnce(&mut Case)) -> Vec<&'static str> {
        let mut case = self.0.clone();
        change(&mut case);
        case.apart_from(&self.1)
    }
}

#[test]
fn a_review_agrees_with_its_journal_until_somebody_changes_one_of_them() {
    let mut told = Told::concluded();
    told.0 = served(told.0.clone(), PartyRole::B, at(1_000_000));
    let (late, event) = ask(told.0.clone(), DRIVER_B, at(10_000_000)).unwrap();
    told.0 = Case { services: Vec::new(), ..late };
    told.note(Some(DRIVER_B), vec![event]);
    assert_eq!(told.tampered(|case| case.late_requests.clear()), ["the review"]);
    told.ask(DRIVER_A, at(1_000));
    assert_eq!(told.tampered(|case| case.review = None), ["the review"]);
    told.review(anew());
    let state =
        |case: &mut Case, change: fn(&mut ReviewState)| change(&mut case.review.as_mut().unwrap().state);
    let outcome = told.tampered(|case| {
        state(case, |state| {
            if let ReviewState::Concluded { conclusion, .. } = state {
                conclusion.outcome = ReviewOutcome::Upheld;
            }
        });
    });
    assert_eq!(outcome, ["the review"]);
    let officers = told.tampered(|case| {
        state(case, |state| {
            if let ReviewState::Concluded { officers: [one, other], .. } = state {
                one.clone_from(other);
            }
        });
    });
    assert_eq!(officers, ["the review"]);
    assert_eq!(told.tampered(|case| case.review.as_mut().unwrap().suit = None), ["the review"]);
    assert_eq!(told.tampered(|case| case.overturned.clear()), ["what a review took away"]);
    let graded = told.tampered(|case| case.overturned[0].liability = grades(Grade::Equal, Grade::Equal));
    assert_eq!(graded, ["what a review took away"]);
    told.determined(&officer(2), Digest::of(b"second"));
    assert_eq!(told.0.stage.name(), "concluded");
    let kept = told.tampered(|case| case.overturned[0].document = Digest::of(b"another"));
    assert_eq!(kept, ["what a review took away"]);
}

#[test]
fn a_review_that_upholds_or_is_taken_back_agrees_with_its_journal() {
    let mut told = Told::concluded();
    told.ask(DRIVER_B, at(1_000));
    let mut back = Told(told.0.clone(), told.1.clone());
    back.step(DRIVER_B, |case| case.withdraw_review(DRIVER_B, at(1_500)));
    told.review(says(ReviewOutcome::UpheldCorrected { correction: passage("更正") }));
    assert_eq!(told.0.stage.name(), "concluded");
}

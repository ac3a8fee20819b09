//! Whatever single party stays silent and whatever outside system is down, every state that a case can reach has a
//! way to an end, and what the clock adds to that way is bounded.
//!
//! The states are found with the steps of the case themselves, breadth first; times, ids and contents do not count, so
//! that two states are one when the same parties have done the same things. What is assumed: an officer takes what waits
//! in the queue, and ends what he holds; nobody has to remember a case that waits for somebody else. That something
//! which can be done only so often is used up is the same as that nobody does it any more.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque},
};

use chrono::TimeDelta;

use super::{super::*, build::*};
use crate::{
    deadlines::Term,
    event::{AbsentHow, Authority, Event},
    evidence::Slot,
    liability::{Grade, Manoeuvre},
    triage::Answer,
};

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Party(PartyRole),
    Officer,
    Unit,
    Clock,
}

/// Outside systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum System {
    /// Codes for signatures come by text message.
    Texts,
    /// Parties sign in with WeChat.
    WeChat,
    /// Claims wait for insurers, no case does: nothing of what can be done needs them.
    Insurers,
    /// Units that answer.
    Units,
}

/// One thing somebody did, with the systems it needs beside those of whoever did it, and how long the clock took.
struct Step {
    by: By,
    texts: bool,
    days: i64,
    to: usize,
}

/// A state, as it was first found.
struct State {
    case: Case,
    now: DateTime<Utc>,
    steps: Vec<Step>,
}

type Tried = Result<Case, Refusal>;

const A: PartyRole = PartyRole::A;
const B: PartyRole = PartyRole::B;

fn account(role: PartyRole) -> AccountId {
    if role == A { DRIVER_A } else { DRIVER_B }
}

fn reviewer(number: u128) -> Officer {
    Officer { reviews: true, ..officer(number) }
}

/// Every party's steps. Text messages are needed to sign, and by nobody who does anything else.
fn of_party(case: &Case, role: PartyRole, now: DateTime<Utc>) -> Vec<(bool, Tried)> {
    let (by, case) = (account(role), || case.clone());
    let why = || passage("原因");
    let first = |tried: Result<(Case, Event), Refusal>| tried.map(|(case, _)| case);
    let several = |tried: Result<(Case, Vec<Event>), Refusal>| tried.map(|(case, _)| case);
    let photographed = || {
        Slot::MANDATORY.into_iter().try_fold(case(), |case, slot| {
            case.role_of(by)?;
            Ok(case.add_photo(photo(A, slot, slot.name()))?.0)
        })
    };
    let propose = || {
        let draft = case().draft_agreement(by, agreement_order(), stamp(), &rules(), now)?;
        first(case().propose_agreement(draft, document()))
    };
    let terms = || TermsOrder { payments: Vec::new(), own_claims: false, manner: None, pay_by: None };
    let answer = |accepted| {
        let held = case().determination().and_then(|one| one.mediation.clone());
        let number = held.and_then(|held| held.proposals.last().map(|one| one.number)).unwrap_or(0);
        first(case().answer_terms(Voice::Party(by), number, accepted, now))
    };
    let mut tried = vec![
        (false, first(case().invite(by, Invited::default(), &invitation(), now))),
        (false, photographed()),
        (false, first(case().give_statement(by, facts(Manoeuvre::Following), None, None, now))),
        (false, several(case().submit(by, false, now))),
        (false, several(case().submit(by, true, now))),
        (false, first(case().withdraw(by, now))),
        (false, propose()),
        (true, first(case().sign_agreement(by, document(), None, now))),
        (false, first(case().decline_agreement(by, why()))),
        (false, several(case().ask_for_officer(by, None, now))),
        (true, first(case().sign(by, document(), None, now))),
        (false, first(case().refuse_to_sign(by, why(), now))),
        (false, several(case().request_mediation(Voice::Party(by), now))),
        (false, first(case().withdraw_from_mediation(Voice::Party(by), true, None, now))),
        (false, first(case().propose_terms(Voice::Party(by), terms(), rules().compensation, now))),
        (false, answer(true)),
        (false, answer(false)),
        (false, first(case().request_review(by, why(), &rules(), now))),
        (false, first(case().withdraw_review(by, now))),
    ];
    if role == B {
        let came = |tried: Result<(Case, Vec<Event>), Refusal>| Ok(tried?.0.update_party(by, details(B))?.0);
        tried.push((false, came(case().join(by, &invitation(), RoadUser::MotorVehicle, now))));
        tried.push((false, first(case().decline_invitation(&invitation(), now))));
    } else {
        let entered = case().add_party(Scribe::Party(by), RoadUser::MotorVehicle, details(B), now);
        tried.push((false, first(entered)));
        tried.push((false, first(case().note_absence(Scribe::Party(by), B, AbsentHow::Refuses, None, now))));
    }
    tried
}

/// The steps of an officer of the centre.
fn of_officer(case: &Case, by: &Officer, now: DateTime<Utc>) -> Vec<(bool, Tried)> {
    let case = || case.clone();
    let why = || passage("原因");
    let first = |tried: Result<(Case, Event), Refusal>| tried.map(|(case, _)| case);
    let several = |tried: Result<(Case, Vec<Event>), Refusal>| tried.map(|(case, _)| case);
    let determine = || {
        let order = DeterminationOrder { reason: Some(why()), ..order(grades(Grade::Full, Grade::None)) };
        let draft = case().draft_determination(by, order, stamp(), &LIABILITY, now)?;
        first(case().determine(draft, document()))
    };
    let certify = || {
        let draft = case().draft_certificate(by, why(), why(), stamp(), now)?;
        first(case().certify(draft, document()))
    };
    let mut tried = vec![
        (false, first(case().take(by, now))),
        (false, first(case().release(by, now))),
        (false, determine()),
        (false, certify()),
        (false, first(case().close(by, why(), now))),
        (false, first(case().escalate(by, Authority::Patrol, why(), now))),
        (false, first(case().escalate(by, Authority::Point, why(), now))),
        (false, case().send_unit(by, why(), now).map(|(case, _)| case)),
        (false, first(case().end_mediation(by, None, now))),
    ];
    for role in [A, B] {
        let scribe = Scribe::Officer(by);
        let said = facts(Manoeuvre::Stopped);
        tried.extend([
            (false, first(case().request_evidence(by, role, vec![Slot::Plate], why(), now))),
            (false, first(case().note_refusal(by, role, why(), now))),
            (false, several(case().enter_statement(scribe, role, said, None, now))),
            (false, several(case().enter_submission(scribe, role, now))),
        ]);
    }
    tried
}

/// The steps of the officers who review.
fn of_reviewers(case: &Case, now: DateTime<Utc>) -> Vec<(bool, Tried)> {
    let handlers = BTreeSet::from([officer(1).account, officer(2).account]);
    let (one, other) = (reviewer(3), reviewer(4));
    let why = || passage("原因");
    let case = || case.clone();
    let concludes = |outcome| Conclusion { outcome, explanation: why() };
    let again = ReviewOutcome::Reinvestigate { grounds: BTreeSet::from([ReviewGround::Facts]) };
    let confirm = || {
        let draft = case().confirm_review(&other, &handlers, stamp(), now)?;
        Ok(case().conclude_review(draft, document(), &rules())?.0)
    };
    let first = |tried: Result<(Case, Event), Refusal>| tried.map(|(case, _)| case);
    vec![
        (false, first(case().take_review(&one, &handlers, now))),
        (false, first(case().draft_review(&one, &handlers, concludes(ReviewOutcome::Upheld), now))),
        (false, first(case().draft_review(&one, &handlers, concludes(again), now))),
        (false, first(case().send_review_back(&other, &handlers, why(), now))),
        (false, confirm()),
    ]
}

fn of_units(case: &Case, now: DateTime<Utc>) -> Vec<(bool, Tried)> {
    [SceneOutcome::Settled, SceneOutcome::NeedsPatrol]
        .map(|outcome| {
            (false, case.clone().finish_on_scene(outcome, passage("处置完毕"), now).map(|(case, _)| case))
        })
        .into()
}

/// What follows at once from what somebody did, in the same work.
fn settled(case: Case, now: DateTime<Utc>) -> Case {
    if case.is_answered() {
        case.conclude(document(), now).unwrap().0
    } else if case.is_agreed_by_all() {
        case.conclude_agreement(document(), now).unwrap().0
    } else if case.has_accepted_terms()
        && case.determination().is_some_and(|one| one.open_mediation().is_some())
    {
        case.agree_on_terms(document(), document(), stamp().verification, now).unwrap().0
    } else {
        case
    }
}

/// The most days that a deadline can take, whenever it begins in the years whose holidays are known.
fn most_days(name: &str) -> i64 {
    let rules = rules();
    let (_, deadline) = rules.deadlines.all().into_iter().find(|(known, _)| *known == name).unwrap();
    match deadline.term {
        Term::Hours(hours) => i64::from(hours.div_ceil(24)),
        term => (0..365)
            .map(|day| {
                let from = at(day * 86_400);
                (rules.calendar.end(from, term) - from).num_days() + 1
            })
            .max()
            .unwrap(),
    }
}

/// What the clock does: the case's deadline passes, or a lease runs out and a colleague takes over.
fn of_clock(case: &Case, now: DateTime<Utc>) -> Vec<(i64, DateTime<Utc>, Case)> {
    let mut done = Vec::new();
    if let Some(due) = case.next_deadline(&rules()) {
        let then = due.max(now);
        let passed = case.clone().pass_deadline(then, &rules());
        // Without what it does, the deadline is only a time: that must show as a state without an end.
        if let Some((case, events)) = passed {
            let Some(Event::DeadlinePassed { deadline }) = events.first() else { panic!("{events:?}") };
            done.push((most_days(deadline), then, case));
        }
    }
    if let Stage::UnderReview { lease, .. } = &case.stage {
        let then = lease.until.max(now);
        done.push((1, then, case.clone().take(&officer(2), then).unwrap().0));
    }
    done
}

/// What has been done in a case, and by whom, without times, ids and contents: whatever decides which steps are legal
/// and where they lead.
fn gist(case: &Case) -> String {
    let parties = case.parties.iter().map(|party| {
        let here = (party.role, party.account.is_some(), party.stands_by_it());
        (here, party.statement().is_some(), party.submitted_at.is_some())
    });
    let answers = |signatures: &BTreeMap<PartyRole, Signature>| {
        let answer = |signature: &Signature| match signature {
            Signature::Pending => "pending",
            Signature::Signed { .. } => "signed",
            Signature::Refused { .. } => "refused",
        };
        signatures.iter().map(|(role, signature)| (*role, answer(signature))).collect::<Vec<_>>()
    };
    let inside = match &case.stage {
        Stage::Agreeing { agreement } => {
            let from = (agreement.waiting_since.is_some(), agreement.proposed_by);
            format!("{from:?} {:?}", answers(&agreement.signatures))
        }
        Stage::EvidenceRequested { request } => request.role.to_string(),
        Stage::Decided { determination } => {
            let held = determination.mediation.as_ref().map(|held| {
                let asked: BTreeSet<_> = held.requested.iter().map(|(role, _)| *role).collect();
                let last = held.proposals.last().map(|one| {
                    let accepted: BTreeSet<_> = one
                        .answers
                        .iter()
                        .filter(|(_, answer)| answer.accepted)
                        .map(|(role, _)| *role)
                        .collect();
                    (one.state(case.parties.len()), accepted)
                });
                (held.state(), asked, last)
            });
            format!("{:?} {held:?}", answers(&determination.signatures))
        }
        _ => String::new(),
    };
    let review = case.review.as_ref().map(|review| (review.requested_by, review.state.name()));
    let invited = case.invitations.iter().any(|invitation| !invitation.used);
    let so_far = (case.expected_parties(), case.photos.len(), invited, case.is_to_be_determined_anew());
    format!(
        "{} {inside} {:?} {so_far:?} {review:?} {}",
        case.stage.name(),
        parties.collect::<Vec<_>>(),
        case.triage.may_leave
    )
}

/// Every state that can be reached from these cases, with every step between them.
fn explore(roots: Vec<Case>) -> Vec<State> {
    let mut states: Vec<State> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut to_visit = VecDeque::new();
    let mut place = |states: &mut Vec<State>, to_visit: &mut VecDeque<usize>, case: Case, now| {
        *known.entry(gist(&case)).or_insert_with(|| {
            states.push(State { case, now, steps: Vec::new() });
            to_visit.push_back(states.len() - 1);
            states.len() - 1
        })
    };
    for root in roots {
        place(&mut states, &mut to_visit, root, at(0));
    }
    while let Some(from) = to_visit.pop_front() {
        let (case, now) = (states[from].case.clone(), states[from].now + TimeDelta::seconds(1));
        let mut tried: Vec<(By, bool, Tried)> = Vec::new();
        for role in [A, B] {
            let by = By::Party(role);
            tried.extend(of_party(&case, role, now).into_iter().map(|(texts, then)| (by, texts, then)));
        }
        for number in [1, 2] {
            let of_officer = of_officer(&case, &officer(number), now);
            tried.extend(of_officer.into_iter().map(|(texts, then)| (By::Officer, texts, then)));
        }
        tried.extend(of_reviewers(&case, now).into_iter().map(|(texts, then)| (By::Officer, texts, then)));
        tried.extend(of_units(&case, now).into_iter().map(|(texts, then)| (By::Unit, texts, then)));
        let mut done: Vec<(By, bool, i64, DateTime<Utc>, Case)> =
            tried.into_iter().filter_map(|(by, texts, then)| Some((by, texts, 0, now, then.ok()?))).collect();
        let of_clock = of_clock(&case, now).into_iter();
        done.extend(of_clock.map(|(days, then, case)| (By::Clock, false, days, then, case)));
        for (by, texts, days, then, case) in done {
            let to = place(&mut states, &mut to_visit, settled(case, then), then);
            states[from].steps.push(Step { by, texts, days, to });
        }
    }
    states
}

/// Who and what does nothing any more.
#[derive(Debug, Default, Clone)]
struct Outage {
    silent: Vec<PartyRole>,
    down: Vec<System>,
    clock: bool,
}

impl Outage {
    fn allows(&self, from: &State, step: &Step) -> bool {
        match step.by {
            By::Party(role) => {
                let system_down =
                    |down: &System| *down == System::WeChat || (step.texts && *down == System::Texts);
                !self.silent.contains(&role) && !self.down.iter().any(system_down)
            }
            By::Unit => !self.down.contains(&System::Units),
            By::Clock => !self.clock,
            By::Officer => matches!(from.case.stage, Stage::Waiting { .. } | Stage::UnderReview { .. }),
        }
    }
}

/// For each state the days that the clock adds on the shortest way to an end; nothing where there is no way.
fn days_to_an_end(states: &[State], outage: &Outage) -> Vec<Option<i64>> {
    let mut before: Vec<Vec<(usize, i64)>> = states.iter().map(|_| Vec::new()).collect();
    for (from, state) in states.iter().enumerate() {
        for step in state.steps.iter().filter(|step| outage.allows(state, step)) {
            before[step.to].push((from, step.days));
        }
    }
    let mut days: Vec<Option<i64>> = vec![None; states.len()];
    let mut heap: BinaryHeap<Reverse<(i64, usize)>> = (0..states.len())
        .filter(|place| states[*place].case.is_closed())
        .map(|place| Reverse((0, place)))
        .collect();
    while let Some(Reverse((far, place))) = heap.pop() {
        if days[place].is_some() {
            continue;
        }
        days[place] = Some(far);
        heap.extend(before[place].iter().map(|(from, more)| Reverse((far + more, *from))));
    }
    days
}

fn roots() -> Vec<Case> {
    let cannot_move = {
        let mut answers = two_cars();
        answers.set(crate::triage::Question::CannotMove, Answer::Yes);
        answers
    };
    let alone = Answers::all_no(crate::triage::RoadUsers::motor_vehicles(1));
    [two_cars(), cannot_move, alone].into_iter().map(|answers| reported(answers).0).collect()
}

fn outages() -> Vec<Outage> {
    let silent = [vec![], vec![A], vec![B]];
    let down =
        [vec![], vec![System::Texts], vec![System::WeChat], vec![System::Insurers], vec![System::Units]];
    let one_each = silent.iter().flat_map(|silent| {
        down.iter().map(|down| Outage { silent: silent.clone(), down: down.clone(), clock: false })
    });
    let everything = Outage {
        silent: vec![A, B],
        down: vec![System::Texts, System::WeChat, System::Insurers, System::Units],
        clock: false,
    };
    one_each.chain([everything]).collect()
}

/// Without the clock, silence keeps what only parties go on with. That must show, or the proof proves nothing.
fn check_that_a_missing_clock_shows(states: &[State]) {
    let outage = Outage { silent: vec![A, B], down: vec![System::Units], clock: true };
    let ends = days_to_an_end(states, &outage);
    let stuck = ends.iter().zip(states).filter(|(days, _)| days.is_none());
    let stuck: BTreeSet<_> = stuck.map(|(_, state)| state.case.stage.name()).collect();
    assert_eq!(
        stuck,
        BTreeSet::from(["agreeing", "collecting", "decided", "evidence_requested", "on_scene"])
    );
}

#[test]
fn whoever_is_silent_and_whatever_is_down_every_state_has_an_end_in_bounded_time() {
    let states = explore(roots());
    let steps: usize = states.iter().map(|state| state.steps.len()).sum();
    let found: BTreeSet<_> = states.iter().map(|state| state.case.stage.name()).collect();
    assert_eq!(found, BTreeSet::from(Stage::NAMES), "every stage is reached");
    println!("{} states, {steps} steps", states.len());
    check_that_a_missing_clock_shows(&states);
    for outage in outages() {
        let days = days_to_an_end(&states, &outage);
        for (state, days) in states.iter().zip(&days) {
            assert!(
                days.is_some(),
                "{outage:?}: no end from {}: {}",
                state.case.stage.name(),
                gist(&state.case)
            );
        }
        let worst = states.iter().zip(days.into_iter().flatten()).max_by_key(|(_, days)| *days).unwrap();
        println!("{outage:?}: at most {} days, from {}", worst.1, worst.0.case.stage.name());
        assert!(worst.1 <= 31, "{outage:?}: {} days from {}", worst.1, worst.0.case.stage.name());
    }
}

//! Every step in every stage: where it leads, or that it is refused with the stage as the reason.

use super::{
    super::*,
    build::*,
    evidence::{commitment, recording},
};
use crate::{
    digest::Digest,
    event::Authority,
    evidence::Slot,
    liability::{Grade, Manoeuvre},
};

/// Does one step on a case, at a time when the lease of officer 1 holds.
type Step = fn(Case) -> Result<Case, Refusal>;

/// How a step ends in a stage: it is refused, the case stays where it is, or it goes on to another stage.
const NO: &str = "no";
const STAYS: &str = "stays";
const WAITS: &str = "waiting";
const REVIEW: &str = "under_review";
const ASKED: &str = "evidence_requested";
const DECIDED: &str = "decided";
const CONCLUDED: &str = "concluded";
const ON_SCENE: &str = "on_scene";
const SETTLED: &str = "settled_on_scene";
const HANDED_OVER: &str = "handed_over";
const WITHDRAWN: &str = "withdrawn";

/// Refused in every stage from the first place given on.
const fn never_but<const N: usize>(first: [&'static str; N]) -> [&'static str; 10] {
    let mut row = [NO; 10];
    let mut place = 0;
    while place < N {
        row[place] = first[place];
        place += 1;
    }
    row
}

/// For each step what it does in each stage, in the order of [`Stage::NAMES`]:
/// collecting, waiting, under review, evidence requested, decided, concluded, on scene, settled, handed over,
/// withdrawn.
fn table() -> Vec<(&'static str, Step, [&'static str; 10])> {
    let while_open = [STAYS, STAYS, STAYS, STAYS, NO, NO, STAYS, NO, NO, NO];
    vec![
        ("invite", invite, never_but([STAYS, STAYS])),
        ("join", join, never_but([STAYS, STAYS])),
        ("update", |case| Ok(case.update_party(DRIVER_A, details(PartyRole::A))?.0), while_open),
        ("statement", statement, while_open),
        ("photo", add_photo, [STAYS, STAYS, STAYS, STAYS, NO, NO, STAYS, STAYS, STAYS, NO]),
        ("commit", commit, [STAYS, STAYS, STAYS, STAYS, NO, NO, STAYS, STAYS, STAYS, NO]),
        ("record", record, [STAYS, STAYS, STAYS, STAYS, NO, NO, STAYS, STAYS, STAYS, NO]),
        ("confirm", confirm, while_open),
        ("submit", submit, never_but([WAITS, STAYS, STAYS, WAITS])),
        (
            "withdraw",
            |case| Ok(case.withdraw(DRIVER_A, at(110))?.0),
            never_but([WITHDRAWN, WITHDRAWN, WITHDRAWN, WITHDRAWN]),
        ),
        ("take", |case| Ok(case.take(&officer(2), at(110))?.0), never_but([NO, REVIEW])),
        ("take over", |case| Ok(case.take(&officer(2), at(190))?.0), never_but([NO, REVIEW, STAYS])),
        ("renew", |case| case.renew(&officer(1), at(110)), never_but([NO, NO, STAYS])),
        ("release", |case| Ok(case.release(&officer(1), at(110))?.0), never_but([NO, NO, WAITS, WAITS])),
        ("request evidence", request, never_but([NO, NO, ASKED])),
        ("draft", draft_one, never_but([NO, NO, STAYS])),
        (
            "determine",
            |case| Ok(case.determine(draft(&under_review()), document())?.0),
            never_but([NO, NO, DECIDED]),
        ),
        (
            "sign",
            |case| Ok(case.sign(DRIVER_A, document(), None, at(110))?.0),
            never_but([NO, NO, NO, NO, STAYS]),
        ),
        ("refuse", refuse, never_but([NO, NO, NO, NO, STAYS])),
        ("note a refusal", note, never_but([NO, NO, NO, NO, STAYS])),
        ("conclude", conclude, never_but([NO, NO, NO, NO, CONCLUDED])),
        (
            "escalate to the patrol",
            |case| escalate(case, Authority::Patrol),
            never_but([NO, NO, HANDED_OVER, HANDED_OVER, NO, NO, HANDED_OVER]),
        ),
        (
            "escalate to a point",
            |case| escalate(case, Authority::Point),
            never_but([NO, NO, ON_SCENE, ON_SCENE]),
        ),
        ("send a unit", send_unit, never_but([NO, NO, ON_SCENE, NO, NO, NO, STAYS])),
        ("settle", |case| finish(case, SceneOutcome::Settled), never_but([NO, NO, NO, NO, NO, NO, SETTLED])),
        (
            "call the patrol",
            |case| finish(case, SceneOutcome::NeedsPatrol),
            never_but([NO, NO, NO, NO, NO, NO, HANDED_OVER]),
        ),
    ]
}

/// A seat is free only while A is alone.
fn with_a_seat(case: Case) -> Case {
    match case.stage {
        Stage::Collecting => alone(),
        Stage::Waiting { .. } => applied_alone(),
        _ => case,
    }
}

fn invite(case: Case) -> Result<Case, Refusal> {
    Ok(with_a_seat(case).invite(DRIVER_A, &other_invitation(), at(110))?.0)
}

fn join(case: Case) -> Result<Case, Refusal> {
    Ok(with_a_seat(case).join(STRANGER, &invitation(), RoadUser::MotorVehicle, at(110))?.0)
}

/// The last of the parties applies.
fn submit(case: Case) -> Result<Case, Refusal> {
    let case = if case.stage == Stage::Collecting { case.submit(DRIVER_B, false, at(105))?.0 } else { case };
    Ok(case.submit(DRIVER_A, false, at(110))?.0)
}

fn statement(case: Case) -> Result<Case, Refusal> {
    Ok(case.give_statement(DRIVER_B, facts(Manoeuvre::Stopped), None, None, at(110))?.0)
}

fn commit(case: Case) -> Result<Case, Refusal> {
    Ok(case.commit_evidence(DRIVER_B, vec![commitment(Slot::Plate, "to come")], at(110))?.0)
}

fn record(case: Case) -> Result<Case, Refusal> {
    Ok(case.add_recording(recording(PartyRole::B, "spoken"))?.0)
}

fn confirm(case: Case) -> Result<Case, Refusal> {
    let shown = case.party(PartyRole::B).and_then(|party| party.statement().map(Statement::digest));
    Ok(case.confirm_statement(DRIVER_B, shown.unwrap_or(document()), at(110))?.0)
}

fn add_photo(case: Case) -> Result<Case, Refusal> {
    Ok(case.add_photo(photo(PartyRole::B, Slot::Plate, "one more"))?.0)
}

fn request(case: Case) -> Result<Case, Refusal> {
    Ok(case.request_evidence(&officer(1), PartyRole::B, vec![Slot::Plate], passage("补拍"), at(110))?.0)
}

fn draft_one(case: Case) -> Result<Case, Refusal> {
    let order = order(grades(Grade::Full, Grade::None));
    case.draft_determination(&officer(1), order, stamp(), &LIABILITY, at(110)).map(|_| case)
}

fn refuse(case: Case) -> Result<Case, Refusal> {
    Ok(case.refuse_to_sign(DRIVER_B, passage("不同意"), at(110))?.0)
}

fn note(case: Case) -> Result<Case, Refusal> {
    Ok(case.note_refusal(&officer(1), PartyRole::B, passage("拒不签名"), at(110))?.0)
}

fn conclude(case: Case) -> Result<Case, Refusal> {
    let case = if matches!(case.stage, Stage::Decided { .. }) { answered() } else { case };
    Ok(case.conclude(Digest::of(b"final"), at(110))?.0)
}

fn escalate(case: Case, to: Authority) -> Result<Case, Refusal> {
    Ok(case.escalate(&officer(1), to, passage("不适用快速处理"), at(110))?.0)
}

fn send_unit(case: Case) -> Result<Case, Refusal> {
    Ok(case.send_unit(&officer(1), passage("需要拖车"), at(110))?.0)
}

fn finish(case: Case, outcome: SceneOutcome) -> Result<Case, Refusal> {
    Ok(case.finish_on_scene(outcome, passage("处置完毕"), at(110))?.0)
}

#[test]
fn every_step_is_legal_exactly_where_the_table_says() {
    for (name, step, row) in table() {
        for (stage, expected) in Stage::NAMES.into_iter().zip(row) {
            let outcome = step(in_stage(stage));
            match (expected, outcome) {
                (NO, Err(Refusal::WrongStage { action, stage: told })) => {
                    assert_eq!(told, stage, "{name} in {stage}");
                    assert!(!action.is_empty(), "{name} in {stage} is refused without a reason");
                }
                (NO, Ok(case)) => panic!("{name} in {stage} led to {}", case.stage.name()),
                (STAYS, Ok(case)) => assert_eq!(case.stage.name(), stage, "{name} in {stage}"),
                (expected, Ok(case)) => assert_eq!(case.stage.name(), expected, "{name} in {stage}"),
                (expected, Err(refusal)) => {
                    panic!("{name} in {stage}: {refusal}, but {expected} was expected")
                }
            }
        }
    }
}

#[test]
fn no_legal_step_leads_out_of_a_closed_case() {
    for stage in Stage::NAMES {
        let closed = in_stage(stage).is_closed();
        let place = Stage::NAMES.iter().position(|name| *name == stage).unwrap();
        let leaves = table().iter().any(|(_, _, row)| ![NO, STAYS].contains(&row[place]));
        assert_eq!(closed, !leaves, "{stage}");
    }
}

#[test]
fn every_stage_has_its_name_and_its_place_in_the_queue() {
    let error = serde_json::from_str::<Stage>(r#"{"name":"?"}"#).unwrap_err().to_string();
    for name in Stage::NAMES {
        assert!(error.contains(&format!("`{name}`")), "{name} is not a stored stage: {error}");
        let place = in_stage(name).queue_place().map(|(rank, since)| (rank, (since - at(0)).num_seconds()));
        let expected = match name {
            "on_scene" => Some((0, 130)),
            "waiting" | "under_review" => Some((1, 60)),
            "evidence_requested" => Some((2, 60)),
            _ => None,
        };
        assert_eq!(place, expected, "{name}");
    }
    assert_eq!(error.matches('`').count(), 2 * (Stage::NAMES.len() + 1), "{error}");
}

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

/// How a step ends where it is legal: the case stays in its stage, or goes on to another.
const STAYS: &str = "stays";

const COLLECTING: &str = "collecting";
const WAITING: &str = "waiting";
const REVIEW: &str = "under_review";
const ASKED: &str = "evidence_requested";
const AGREEING: &str = "agreeing";
const AGREED: &str = "agreed";
const CERTIFIED: &str = "certified";
const DECIDED: &str = "decided";
const CONCLUDED: &str = "concluded";
const ON_SCENE: &str = "on_scene";
const SETTLED: &str = "settled_on_scene";
const HANDED_OVER: &str = "handed_over";
const WITHDRAWN: &str = "withdrawn";
const CLOSED: &str = "closed";

/// The stages in which a step is legal, and where it leads; it is refused in all others.
type Row = &'static [(&'static str, &'static str)];

const WHILE_OPEN: Row =
    &[(COLLECTING, STAYS), (WAITING, STAYS), (REVIEW, STAYS), (ASKED, STAYS), (ON_SCENE, STAYS)];

const UNTIL_DECIDED: Row = &[
    (COLLECTING, STAYS),
    (WAITING, STAYS),
    (REVIEW, STAYS),
    (ASKED, STAYS),
    (AGREEING, STAYS),
    (ON_SCENE, STAYS),
    (SETTLED, STAYS),
    (HANDED_OVER, STAYS),
];

/// For each step where it is legal.
fn table() -> Vec<(&'static str, Step, Row)> {
    vec![
        ("invite", invite, &[(COLLECTING, STAYS), (WAITING, STAYS)]),
        ("join", join, &[(COLLECTING, STAYS), (WAITING, STAYS)]),
        ("update", |case| Ok(case.update_party(DRIVER_A, details(PartyRole::A))?.0), WHILE_OPEN),
        ("statement", statement, WHILE_OPEN),
        ("photo", add_photo, UNTIL_DECIDED),
        ("commit", commit, UNTIL_DECIDED),
        ("record", record, UNTIL_DECIDED),
        ("confirm", confirm, WHILE_OPEN),
        ("submit", submit, &[(COLLECTING, WAITING), (WAITING, STAYS), (REVIEW, STAYS), (ASKED, WAITING)]),
        (
            "withdraw",
            |case| Ok(case.withdraw(DRIVER_A, at(110))?.0),
            &[(COLLECTING, WITHDRAWN), (WAITING, WITHDRAWN), (REVIEW, WITHDRAWN), (ASKED, WITHDRAWN)],
        ),
        ("propose", propose, &[(COLLECTING, AGREEING), (WAITING, AGREEING)]),
        (
            "propose what was drafted before",
            |case| Ok(case.propose_agreement(proposal(&collected()), document())?.0),
            &[(COLLECTING, AGREEING), (WAITING, AGREEING)],
        ),
        (
            "sign the agreement",
            |case| Ok(case.sign_agreement(DRIVER_B, document(), None, at(110))?.0),
            &[(AGREEING, STAYS)],
        ),
        (
            "decline the agreement",
            |case| Ok(case.decline_agreement(DRIVER_B, passage("不同意"))?.0),
            &[(AGREEING, COLLECTING)],
        ),
        ("conclude the agreement", conclude_agreement, &[(AGREEING, AGREED)]),
        (
            "ask for an officer",
            |case| Ok(case.ask_for_officer(DRIVER_B, None, at(110))?.0),
            &[
                (COLLECTING, HANDED_OVER),
                (WAITING, HANDED_OVER),
                (REVIEW, HANDED_OVER),
                (ASKED, HANDED_OVER),
                (AGREEING, HANDED_OVER),
                (ON_SCENE, HANDED_OVER),
            ],
        ),
        ("take", |case| Ok(case.take(&officer(2), at(110))?.0), &[(WAITING, REVIEW)]),
        ("take over", |case| Ok(case.take(&officer(2), at(190))?.0), &[(WAITING, REVIEW), (REVIEW, STAYS)]),
        ("renew", |case| case.renew(&officer(1), at(110)), &[(REVIEW, STAYS)]),
        ("release", |case| Ok(case.release(&officer(1), at(110))?.0), &[(REVIEW, WAITING), (ASKED, WAITING)]),
        ("request evidence", request, &[(REVIEW, ASKED)]),
        ("draft", draft_one, &[(REVIEW, STAYS)]),
        ("determine", |case| Ok(case.determine(draft(&under_review()), document())?.0), &[(REVIEW, DECIDED)]),
        ("draft a certificate", |case| certificate_draft(&case, at(110)).map(|_| case), &[(REVIEW, STAYS)]),
        (
            "certify",
            |case| Ok(case.certify(certificate_draft(&under_review(), at(110)).unwrap(), document())?.0),
            &[(REVIEW, CERTIFIED)],
        ),
        ("close", |case| Ok(case.close(&officer(1), passage("无事实"), at(110))?.0), &[(REVIEW, CLOSED)]),
        ("sign", |case| Ok(case.sign(DRIVER_A, document(), None, at(110))?.0), &[(DECIDED, STAYS)]),
        ("refuse", refuse, &[(DECIDED, STAYS)]),
        ("note a refusal", note, &[(DECIDED, STAYS)]),
        ("conclude", conclude, &[(DECIDED, CONCLUDED)]),
        (
            "escalate to the patrol",
            |case| escalate(case, Authority::Patrol),
            &[(REVIEW, HANDED_OVER), (ASKED, HANDED_OVER), (ON_SCENE, HANDED_OVER)],
        ),
        (
            "escalate to a point",
            |case| escalate(case, Authority::Point),
            &[(REVIEW, ON_SCENE), (ASKED, ON_SCENE)],
        ),
        ("send a unit", send_unit, &[(REVIEW, ON_SCENE), (ON_SCENE, STAYS)]),
        ("settle", |case| finish(case, SceneOutcome::Settled), &[(ON_SCENE, SETTLED)]),
        ("call the patrol", |case| finish(case, SceneOutcome::NeedsPatrol), &[(ON_SCENE, HANDED_OVER)]),
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
    Ok(with_a_seat(case).invite(DRIVER_A, Invited::default(), &other_invitation(), at(110))?.0)
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

fn proposal(case: &Case) -> AgreementDraft {
    case.draft_agreement(DRIVER_A, agreement_order(), stamp(), &rules(), at(110)).unwrap()
}

fn propose(case: Case) -> Result<Case, Refusal> {
    let draft = case.draft_agreement(DRIVER_A, agreement_order(), stamp(), &rules(), at(110))?;
    Ok(case.propose_agreement(draft, document())?.0)
}

fn conclude_agreement(case: Case) -> Result<Case, Refusal> {
    let case = if matches!(case.stage, Stage::Agreeing { .. }) { agreed_by_all() } else { case };
    Ok(case.conclude_agreement(Digest::of(b"final"), at(110))?.0)
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
        for stage in Stage::NAMES {
            let expected = row.iter().find(|(legal, _)| *legal == stage).map(|(_, leads)| *leads);
            match (expected, step(in_stage(stage))) {
                (None, Err(Refusal::WrongStage { action, stage: told })) => {
                    assert_eq!(told, stage, "{name} in {stage}");
                    assert!(!action.is_empty(), "{name} in {stage} is refused without a reason");
                }
                (None, Ok(case)) => panic!("{name} in {stage} led to {}", case.stage.name()),
                (Some(STAYS), Ok(case)) => assert_eq!(case.stage.name(), stage, "{name} in {stage}"),
                (Some(leads), Ok(case)) => assert_eq!(case.stage.name(), leads, "{name} in {stage}"),
                (expected, Err(refusal)) => {
                    panic!("{name} in {stage}: {refusal}, but {expected:?} was expected")
                }
            }
        }
    }
}

#[test]
fn no_legal_step_leads_out_of_a_closed_case() {
    for stage in Stage::NAMES {
        let closed = in_stage(stage).is_closed();
        let leaves = table()
            .iter()
            .any(|(_, _, row)| row.iter().any(|(from, leads)| *from == stage && *leads != STAYS));
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

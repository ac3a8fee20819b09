//! What a city can choose, and what it cannot.

use super::*;
use crate::{
    money::Fen,
    triage::{Answer, Answers, Handler, Lane, Movement, Reported, RoadUsers, Triage, TriageRules, assess},
};

const TEXT: &str = include_str!("../../rules/policy.toml");

/// The policy that the crate comes with, with this bar switched on.
fn with(code: &str) -> PolicyRules {
    let text =
        TEXT.replacen(&format!("code = \"{code}\"\nenabled = false"), &format!("code = \"{code}\""), 1);
    assert_ne!(text, TEXT, "{code} is switched off");
    PolicyRules::from_toml(&text).unwrap()
}

fn triage(policy: &PolicyRules, answers: &Answers, loss: Option<i64>, clock: &str) -> Triage {
    let reported =
        Reported { answers, estimated_loss: loss.map(Fen::from_yuan), clock: clock.parse().unwrap() };
    assess(&TriageRules::embedded().unwrap(), policy.bars(), &reported)
}

fn two_cars() -> Answers {
    Answers::all_no(RoadUsers::motor_vehicles(2))
}

fn codes(triage: &Triage) -> Vec<&str> {
    triage.hits.iter().map(|hit| hit.code.as_str()).collect()
}

const NOON: &str = "2026-11-23T12:00:00";

#[test]
fn what_is_switched_off_bars_nobody_and_asks_nothing() {
    let policy = PolicyRules::embedded().unwrap();
    let mut answers = two_cars();
    answers.expressway = Answer::Yes;
    let midnight = triage(&policy, &answers, Some(90_000), "2026-11-23T00:00:00");
    assert_eq!((midnight.lane, codes(&midnight)), (Lane::Remote, vec![]));
    assert_eq!(policy.questions(AskedOf::Driver).count(), 0);
    assert_eq!(policy.codes().collect::<Vec<_>>(), ["P1", "P2", "P3", "P4", "P5", "P6"]);
}

#[test]
fn outside_the_hours_of_the_season_somebody_comes_and_the_road_is_still_cleared() {
    let policy = with("P4");
    let table = [
        ("2026-07-01T18:29:59", true),
        ("2026-07-01T18:30:00", false),
        ("2026-07-02T07:29:59", false),
        ("2026-07-02T07:30:00", true),
        ("2026-12-01T17:59:59", true),
        ("2026-12-01T18:00:00", false),
        // The night that begins on the last day of a season is that season's.
        ("2026-10-01T18:15:00", false),
        ("2026-09-30T18:15:00", true),
    ];
    for (clock, remote) in table {
        let triage = triage(&policy, &two_cars(), None, clock);
        assert_eq!(triage.lane == Lane::Remote, remote, "{clock}");
        if !remote {
            let hit = &triage.hits[0];
            assert_eq!(
                (hit.code.as_str(), hit.bar, hit.because.question.as_str()),
                ("P4", BarKind::Policy, "reported_at")
            );
            assert_eq!((triage.movement, triage.handler), (Movement::MoveAside, Handler::Point));
        }
    }
}

#[test]
fn a_loss_above_the_ceiling_bars_and_one_that_nobody_estimated_brings_a_person() {
    let policy = with("P5");
    let go = |loss| triage(&policy, &two_cars(), loss, NOON);
    assert_eq!((go(Some(5000)).lane, go(Some(5000)).needs_human_check), (Lane::Remote, false));
    assert_eq!((go(Some(5001)).lane, codes(&go(Some(5001)))), (Lane::Scene, vec!["P5"]));
    let unknown = go(None);
    assert_eq!((unknown.lane, unknown.needs_human_check, unknown.may_leave), (Lane::Remote, true, true));
    assert_eq!(unknown.hits[0].because.answer, Answer::Unknown);
}

#[test]
fn the_question_of_a_policy_is_asked_while_it_is_switched_on() {
    let policy = with("P6");
    let asked: Vec<_> = policy.questions(AskedOf::Driver).map(|(question, _)| question).collect();
    assert_eq!(asked, [Question::Expressway]);
    let go = |answer| triage(&policy, &Answers { expressway: answer, ..two_cars() }, None, NOON);
    assert_eq!((go(Answer::Yes).lane, go(Answer::Yes).handler), (Lane::Scene, Handler::Patrol));
    assert!(go(Answer::Unknown).needs_human_check);
    assert!(go(Answer::No).hits.is_empty());
}

#[test]
fn an_answer_that_nobody_gave_is_not_written() {
    let told = |answers: &Answers| serde_json::to_value(answers).unwrap().get("expressway").cloned();
    assert_eq!(told(&Answers::default()), None);
    assert_eq!(told(&two_cars()), Some("no".into()));
}

#[test]
fn a_lane_uses_the_grades_that_the_city_allows() {
    let all = "self_negotiation = [\"full\", \"main\", \"equal\", \"secondary\", \"none\"]";
    let few = TEXT.replacen(all, "self_negotiation = [\"full\", \"equal\", \"none\"]", 1);
    let policy = PolicyRules::from_toml(&few).unwrap();
    assert!(policy.allows(Lane::SelfNegotiation, [Grade::Full, Grade::None]));
    assert!(!policy.allows(Lane::SelfNegotiation, [Grade::Main, Grade::Secondary]));
    assert!(policy.allows(Lane::Remote, Grade::ALL) && policy.allows(Lane::Scene, Grade::ALL));
}

#[track_caller]
fn refused(from: &str, to: &str) -> RuleFault {
    assert!(TEXT.contains(from), "{from}");
    PolicyRules::from_toml(&TEXT.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn a_faulty_policy_is_refused_with_its_reason() {
    let of = |fault: RuleFault| match fault {
        RuleFault::Contradiction { code, .. } => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        of(refused(
            "movement = \"move_aside\", handler = \"point\"",
            "movement = \"stay\", handler = \"point\""
        )),
        "P1"
    );
    assert_eq!(
        of(refused(
            "lane = \"scene\", movement = \"move_aside\", handler = \"point\"",
            "lane = \"remote\", movement = \"move_aside\", handler = \"point\""
        )),
        "point_aside"
    );
    assert_eq!(
        of(refused("from = \"18:30\", to = \"07:30\", season", "from = \"18:30\", to = \"18:30\", season")),
        "P4"
    );
    assert_eq!(of(refused("loss_above_yuan = 5000", "loss_above_yuan = 5000\nquestion = \"injured\"")), "P5");
    assert_eq!(of(refused("loss_above_yuan = 5000\n", "")), "P5");
    assert_eq!(of(refused("unknown = \"ask_later\"", "unknown = \"somewhere\"")), "P5");
    assert_eq!(
        of(refused(
            "yes = \"patrol_aside\"\nunknown = \"ask_aside\"\n\n# The grades",
            "yes = \"patrol_aside\"\n\n# The grades"
        )),
        "expressway"
    );
    assert_eq!(of(refused("remote = [\"full\", \"main\",", "remote = [\"full\",")), "remote");
    assert_eq!(
        of(refused(
            "remote = [\"full\", \"main\", \"equal\", \"secondary\", \"none\"]",
            "remote = [\"equal\"]"
        )),
        "remote"
    );
    assert_eq!(of(refused("expressway = {", "injured = {")), "injured");
    assert_eq!(refused("code = \"P2\"", "code = \"P1\""), RuleFault::DuplicateCode("P1".into()));
    assert_eq!(
        refused("articles = [\"《道路交通事故处理程序规定》第二十条\"]", "articles = []"),
        RuleFault::NoArticle("P4".into())
    );
    assert!(matches!(refused("handler = \"point\"", "handler = \"nobody\""), RuleFault::Unreadable { .. }));
    assert!(matches!(
        refused(
            "from = \"18:30\", to = \"07:30\", season",
            "from = \"half past six\", to = \"07:30\", season"
        ),
        RuleFault::Unreadable { line: 50.., .. }
    ));
}

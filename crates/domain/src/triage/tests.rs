//! The table of the domain brief §1.1, row by row, and what must hold of any rule file.

use proptest::prelude::*;

use super::*;
use crate::{policy::PolicyRules, rulebook::RuleFault};

const RULES: &str = include_str!("../../rules/triage.toml");

fn rules() -> TriageRules {
    TriageRules::embedded().unwrap()
}

/// Triage at noon, with the policy that the crate comes with.
fn assess(rules: &TriageRules, answers: &Answers) -> Triage {
    let clock = "2026-11-23T12:00:00".parse().unwrap();
    let policy = PolicyRules::embedded().unwrap();
    super::assess(rules, policy.bars(), &Reported { answers, estimated_loss: None, clock })
}

fn plain() -> Answers {
    Answers::all_no(RoadUsers::motor_vehicles(2))
}

fn with(question: Question, answer: Answer) -> Triage {
    let mut answers = plain();
    answers.set(question, answer);
    assess(&rules(), &answers)
}

fn codes(triage: &Triage) -> Vec<&str> {
    triage.hits.iter().map(|hit| hit.code.as_str()).collect()
}

#[test]
fn the_embedded_rules_cover_every_row_of_the_brief() {
    let rows = "A1 A2 A3 A4 A5 A6 A7 A8 A9 B1 B2 C1 D1 D2 E1 E2 F1 F2 F3";
    assert_eq!(rules().covers(), rows.split(' ').collect());
    assert_eq!(rules().questions(AskedOf::Driver).count(), 12);
    assert_eq!(rules().in_force_from().to_string(), "2018-05-01");
}

#[test]
fn two_cars_with_nothing_else_are_handled_remotely_and_must_leave_first() {
    let triage = assess(&rules(), &plain());
    assert_eq!(
        (triage.lane, triage.movement, triage.handler()),
        (Lane::Remote, Movement::Leave, Handler::RemoteCentre)
    );
    assert!(triage.may_leave && !triage.needs_human_check && triage.hits.is_empty());
    let order = triage.order.unwrap();
    assert!(order.articles.contains(&"《道路交通安全法》第七十条第三款".to_owned()));
    assert!(order.articles.contains(&"《道路交通事故处理程序规定》第十九条第一款".to_owned()));
    assert!(triage.advice[0].zh.contains("立即撤离现场"));
}

#[test]
fn a_yes_leads_where_its_row_says() {
    use Handler::{Patrol, Point, RemoteCentre};
    use Lane::{Hazmat, Ordinary, Remote, Scene};
    use Movement::{Leave, MoveAside, Stay};
    let table = [
        (Question::Injured, "A1-A2", Scene, Stay, Patrol),
        (Question::LicenceProblem, "A3", Scene, Stay, Patrol),
        (Question::AlcoholOrDrugs, "A4", Scene, Stay, Patrol),
        (Question::OverloadedOrSpeeding, "A5", Scene, Stay, Patrol),
        (Question::PlateProblem, "A6", Scene, Stay, Patrol),
        (Question::CannotMove, "A7", Scene, Stay, Point),
        (Question::PartyLeft, "A8", Scene, Stay, Patrol),
        (Question::Intent, "A9", Scene, Stay, Patrol),
        (Question::NoInsuranceOrInspection, "B1", Scene, MoveAside, Patrol),
        (Question::HitFacility, "B2", Scene, MoveAside, Point),
        (Question::DangerousGoods, "C1", Hazmat, Stay, Patrol),
        (Question::SuspectedCrime, "D1", Ordinary, Stay, Patrol),
        (Question::SimplifiedRefused, "D2", Ordinary, Stay, Patrol),
        (Question::WantsOfficerOnScene, "R146-20", Scene, MoveAside, Patrol),
        (Question::SpecialParty, "F1", Remote, MoveAside, RemoteCentre),
        (Question::OffRoad, "F2", Remote, Leave, RemoteCentre),
        (Question::OutsideArea, "F3", Scene, MoveAside, Patrol),
    ];
    assert_eq!(table.len(), Question::ALL.len() - Question::OF_POLICY.len());
    for (question, code, lane, movement, handler) in table {
        let triage = with(question, Answer::Yes);
        let hit = &triage.hits[0];
        assert_eq!((hit.code.as_str(), hit.bar), (code, BarKind::Legal), "{question:?}");
        assert_eq!(hit.because, Because { question: question.name().to_owned(), answer: Answer::Yes });
        assert_eq!((triage.lane, triage.movement, triage.handler), (lane, movement, handler), "{question:?}");
        assert_eq!(triage.may_leave, triage.order.is_some());
        assert!(triage.reason().contains(&hit.articles[0]));
    }
}

#[test]
fn lack_of_insurance_is_barred_by_law_and_by_policy_separately() {
    let triage = with(Question::NoInsuranceOrInspection, Answer::Yes);
    let kinds: Vec<_> = triage.hits.iter().map(|hit| (hit.code.as_str(), hit.bar)).collect();
    assert_eq!(kinds, [("B1", BarKind::Legal), ("P2", BarKind::Policy)]);
}

#[test]
fn who_took_part_decides_on_the_ground_and_on_policy() {
    let table = [
        (RoadUsers::motor_vehicles(1), Lane::Remote, true, &[] as &[&str]),
        (RoadUsers::motor_vehicles(3), Lane::Scene, false, &["P1"]),
        (RoadUsers { non_motor_vehicles: Some(1), ..RoadUsers::motor_vehicles(1) }, Lane::Remote, true, &[]),
        (RoadUsers { non_motor_vehicles: Some(2), ..RoadUsers::motor_vehicles(0) }, Lane::Remote, true, &[]),
        (
            RoadUsers { pedestrians: Some(1), ..RoadUsers::motor_vehicles(1) },
            Lane::Scene,
            false,
            &["E0", "P3"],
        ),
        (RoadUsers::motor_vehicles(0), Lane::Remote, false, &["E0"]),
        (RoadUsers::default(), Lane::Remote, false, &["E0", "P1", "P3"]),
    ];
    for (users, lane, may_leave, expected) in table {
        let triage = assess(&rules(), &Answers::all_no(users));
        assert_eq!((triage.lane, triage.may_leave), (lane, may_leave), "{users:?}");
        assert_eq!(codes(&triage), expected, "{users:?}");
    }
}

#[test]
fn who_answers_nothing_reaches_a_person_and_stays() {
    let triage = assess(&rules(), &Answers::default());
    assert_eq!(
        (triage.lane, triage.movement, triage.handler),
        (Lane::Scene, Movement::Stay, Handler::Patrol)
    );
    assert!(triage.needs_human_check && triage.order.is_none());
    assert!(triage.advice.iter().any(|advice| advice.zh.contains("120")));
    assert_eq!(Answers::default().parties(), 2);
    assert_eq!(Answers::all_no(RoadUsers::motor_vehicles(1)).parties(), 1);
}

#[test]
fn left_out_answers_read_as_unknown_and_unknown_questions_are_refused() {
    let answers: Answers =
        serde_json::from_str(r#"{"injured":"no","road_users":{"motor_vehicles":2}}"#).unwrap();
    assert_eq!((answers.injured, answers.intent), (Answer::No, Answer::Unknown));
    assert_eq!(answers.road_users.non_motor_vehicles, None);
    assert!(serde_json::from_str::<Answers>(r#"{"hurt":"no"}"#).is_err());
}

#[test]
fn a_triage_survives_being_stored() {
    for lane in Lane::ALL {
        assert_eq!(serde_json::to_value(lane).unwrap(), lane.name());
    }
    let triage = assess(&rules(), &Answers::default());
    let text = serde_json::to_string(&triage).unwrap();
    assert_eq!(serde_json::from_str::<Triage>(&text).unwrap(), triage);
}

#[track_caller]
fn refused(from: &str, to: &str) -> RuleFault {
    assert!(RULES.contains(from), "{from}");
    TriageRules::from_toml(&RULES.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn a_faulty_rule_file_is_refused_with_its_reason() {
    let article = "articles = [\"《道路交通事故处理程序规定》第十五条\"]";
    assert_eq!(refused("code = \"A4\"", "code = \"A3\""), RuleFault::DuplicateCode("A3".into()));
    assert_eq!(refused(article, "articles = []"), RuleFault::NoArticle("C1".into()));
    assert!(matches!(refused(article, "articles = [\"R146 15\"]"), RuleFault::NotAnArticle { .. }));
    assert!(matches!(
        refused("question = \"intent\"", "question = \"mood\""),
        RuleFault::Unreadable { line: 100.., .. }
    ));
    assert!(matches!(refused("yes = \"hazmat\"", "yes = \"nowhere\""), RuleFault::Contradiction { .. }));
    assert!(matches!(refused("yes = \"hazmat\"", "yes = \"quick\""), RuleFault::Contradiction { .. }));
    assert!(matches!(
        refused("unknown = \"ask_first\"", "unknown = \"quick\""),
        RuleFault::Contradiction { .. }
    ));
    assert!(matches!(refused("unknown = \"ask_first\"\n", ""), RuleFault::Contradiction { .. }));
    assert!(matches!(refused("zh = \"有人员伤亡\"", "zh = \" \""), RuleFault::EmptyText(_)));
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![Just(Answer::Yes), Just(Answer::No), Just(Answer::Unknown)]
}

prop_compose! {
    fn any_answers()(
        given in prop::collection::vec(any_answer(), Question::ALL.len()),
        motor in prop::option::of(0_u8..4), other in prop::option::of(0_u8..3), feet in prop::option::of(0_u8..2),
    ) -> Answers {
        let road_users = RoadUsers { motor_vehicles: motor, non_motor_vehicles: other, pedestrians: feet };
        let mut answers = Answers { road_users, ..Answers::default() };
        for (question, answer) in Question::ALL.iter().zip(given) {
            answers.set(*question, answer);
        }
        answers
    }
}

fn severity(triage: &Triage) -> [u8; 3] {
    [triage.lane as u8, triage.movement as u8, triage.handler as u8]
}

proptest! {
    #[test]
    fn no_answer_is_milder_than_the_one_before_it(answers in any_answers(), index in 0..Question::ALL.len()) {
        let ladder = [Answer::No, Answer::Unknown, Answer::Yes].map(|answer| {
            let mut answers = answers.clone();
            answers.set(Question::ALL[index], answer);
            severity(&assess(&rules(), &answers))
        });
        for step in ladder.windows(2) {
            prop_assert!(step[0].iter().zip(&step[1]).all(|(before, after)| before <= after), "{ladder:?}");
        }
    }

    #[test]
    fn what_a_driver_leaves_open_always_brings_a_person(answers in any_answers()) {
        let rules = rules();
        let open = rules.questions(AskedOf::Driver).any(|(question, _)| answers.get(question) == Answer::Unknown);
        let triage = assess(&rules, &answers);
        prop_assert!(!open || triage.needs_human_check || triage.lane >= Lane::Scene);
        prop_assert_eq!(triage.may_leave, triage.order.is_some());
        prop_assert!(!triage.advice.is_empty());
    }
}

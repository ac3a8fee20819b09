//! The table of the domain brief §2.3, row by row, and how a rule file can be wrong. What the law makes of many
//! accidents stands as data in testdata/liability.

mod explanation;
mod properties;

use std::sync::LazyLock;

use super::*;
use crate::rulebook::RuleFault;

const RULES: &str = include_str!("../../rules/liability.toml");

fn rules() -> &'static LiabilityRules {
    static RULES: LazyLock<LiabilityRules> = LazyLock::new(|| LiabilityRules::embedded().unwrap());
    &RULES
}

/// Facts as written in the API; what matters nowhere is set so that nothing stays open.
fn facts(text: &str) -> DrivingFacts {
    serde_json::from_str(&format!("{{{text}}}")).unwrap()
}

fn doing(manoeuvre: &str) -> String {
    format!(r#""manoeuvre":"{manoeuvre}","junction":"none","signal":"none""#)
}

fn doing_with(manoeuvre: &str, circumstances: &str) -> String {
    format!(r#"{},"circumstances":{{{circumstances}}}"#, doing(manoeuvre))
}

fn between(a: &str, b: &str) -> Suggestion {
    suggest(rules(), &[(PartyRole::A, facts(a)), (PartyRole::B, facts(b))])
}

fn at(junction: &str, manoeuvre: &str, signal: &str, circumstances: &str) -> String {
    format!(
        r#""manoeuvre":"{manoeuvre}","junction":"{junction}","signal":"{signal}","circumstances":{{{circumstances}}}"#
    )
}

const NO_OVERTAKING_FAULT: &str =
    r#""oncoming_likely":"no","overtaking_forbidden_place":"no","overtaking_on_right":"no""#;

/// Codes that never stand alone: the other side has an act as well.
const NEVER_ALONE: [&str; 7] = ["8.4", "8.5", "8.6", "8.7", "9.1", "9.2", "9.3"];

/// Every other code of the table: what A did, what B did; A is fully liable.
fn table() -> Vec<(&'static str, String, String)> {
    let straight = || doing("straight");
    let meeting = |with: &str| doing_with("meeting", with);
    let overtaking = |with: &str| doing_with("overtaking", with);
    let crossing = |manoeuvre: &str, with: &str| at("uncontrolled", manoeuvre, "none", with);
    let lit = |manoeuvre: &str, signal: &str| at("signals", manoeuvre, signal, "");
    vec![
        ("1", doing("following"), doing("stopped")),
        (
            "1.1",
            format!(r#"{},"impact_zone":12"#, straight()),
            format!(r#"{},"impact_zone":6"#, doing("stopped")),
        ),
        ("2", doing_with("straight", r#""wrong_way":"yes""#), straight()),
        ("3", doing("reversing"), doing("following")),
        ("4", doing("rolling_back"), doing("following")),
        ("5", doing("opening_door"), straight()),
        ("6.1", lit("straight", "red"), lit("straight", "green")),
        ("6.2", doing_with("u_turn", r#""u_turn_forbidden":"yes""#), straight()),
        ("6.3", doing_with("straight", r#""reserved_lane":"yes""#), straight()),
        ("6.4", doing_with("straight", r#""against_arrows":"yes""#), straight()),
        ("6.5", doing_with("straight", r#""closed_road":"yes""#), straight()),
        ("6.6", doing_with("straight", r#""against_officer":"yes""#), straight()),
        ("6.7", lit("straight", "yellow"), lit("straight", "green")),
        ("7.1", straight(), doing_with("straight", r#""emergency_on_duty":"yes","wrong_way":"yes""#)),
        ("7.2", doing("lane_change"), straight()),
        ("7.3", meeting(r#""obstacle_on_own_side":"yes","already_passing_obstacle":"no""#), meeting("")),
        ("7.4", meeting(""), meeting(r#""obstacle_on_own_side":"yes","already_passing_obstacle":"yes""#)),
        ("7.5", meeting(r#""downhill":"yes","halfway_down":"no""#), meeting(r#""uphill":"yes""#)),
        ("7.6", meeting(r#""uphill":"yes""#), meeting(r#""downhill":"yes","halfway_down":"yes""#)),
        ("7.7", meeting(r#""mountain_side":"yes""#), meeting("")),
        ("7.8", overtaking(""), doing("turning_left")),
        ("7.9", overtaking(""), doing_with("u_turn", r#""u_turn_forbidden":"no""#)),
        ("7.10", overtaking(r#""overtaken_was_overtaking":"yes""#), overtaking(NO_OVERTAKING_FAULT)),
        ("7.11", overtaking(r#""oncoming_likely":"yes""#), straight()),
        ("7.12", overtaking(r#""overtaking_forbidden_place":"yes""#), straight()),
        ("7.13", doing_with("u_turn", r#""u_turn_forbidden":"no""#), straight()),
        ("7.14", doing("entering_main_road"), straight()),
        ("7.15", doing_with("straight", r#""on_side_road":"yes""#), doing("leaving_main_road")),
        ("7.16", doing("entering_road"), straight()),
        ("7.17", lit("turning_left", "green"), lit("straight", "green")),
        ("7.18", lit("turning_right", "red"), lit("straight", "green")),
        ("7.19", doing("entering_roundabout"), doing("in_roundabout")),
        (
            "7.20",
            at("signs", "straight", "none", r#""must_give_way":"yes""#),
            at("signs", "straight", "none", r#""must_give_way":"no""#),
        ),
        (
            "7.21",
            crossing("straight", r#""other_from_right":"yes""#),
            crossing("straight", r#""other_from_right":"no""#),
        ),
        ("7.22", crossing("turning_left", ""), crossing("straight", "")),
        ("7.23", crossing("turning_right", r#""other_from_ahead":"yes""#), crossing("turning_left", "")),
        ("7.24", doing("queue_jumping"), doing("stopped")),
        (
            "7.25",
            crossing("turning_left", r#""other_from_right":"yes""#),
            crossing("turning_left", r#""other_from_right":"no""#),
        ),
        ("8.1", overtaking(r#""overtaking_on_right":"yes""#), straight()),
        ("8.2", doing_with("straight", r#""dropped_load":"yes""#), straight()),
        ("8.3", straight(), doing_with("parked", r#""parked_unlawfully":"no""#)),
    ]
}

#[test]
fn every_situation_of_the_table_makes_its_party_fully_liable() {
    let rules = rules();
    let table = table();
    let codes: Vec<_> = table.iter().map(|(code, ..)| *code).collect();
    let alone = rules.titles().map(|(code, _)| code).filter(|code| !NEVER_ALONE.contains(code));
    assert_eq!(alone.collect::<Vec<_>>(), codes);
    for (code, a, b) in &table {
        let Suggestion::Proposed { situation, grades, articles, because, .. } = between(a, b) else {
            panic!("{code}: {:?}", between(a, b));
        };
        assert_eq!(situation, *code);
        assert_eq!(grades, [(PartyRole::A, Grade::Full), (PartyRole::B, Grade::None)].into(), "{code}");
        assert!(!articles.is_empty() && because.iter().all(|reason| reason.role == PartyRole::A), "{code}");
        assert!(Liability::new(grades).is_ok());
    }
}

#[track_caller]
fn silent(a: &str, b: &str) -> (String, Vec<Reason>, Vec<Reason>) {
    match between(a, b) {
        Suggestion::Silent { why, because, open, .. } => (why.zh, because, open),
        proposed => panic!("{proposed:?}"),
    }
}

#[test]
fn two_listed_acts_are_left_to_the_officer_under_article_60() {
    let (why, because, _) = silent(&doing("following"), &doing("lane_change"));
    assert!(why.contains("过错的严重程度"));
    assert_eq!(because.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>(), ["1", "7.2"]);
}

#[test]
fn no_listed_act_is_left_to_the_officer() {
    let (why, because, open) = silent(&doing("straight"), &doing("straight"));
    assert!(why.contains("没有所列情形") && because.is_empty() && open.is_empty());
}

#[test]
fn an_open_fact_that_could_change_the_outcome_is_named_instead_of_guessed() {
    let (why, _, open) = silent(&doing("following"), "");
    assert!(why.contains("不明"));
    assert!(open.iter().any(|reason| reason.role == PartyRole::B));
    let (_, _, open) =
        silent(r#""manoeuvre":"straight","junction":"signals""#, &at("signals", "straight", "green", ""));
    assert_eq!(open.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>(), ["6.1", "6.7"]);
    let (_, _, open) = silent(
        &doing_with("following", r#""wrong_way":"unknown""#),
        &doing_with("stopped", r#""wrong_way":"unknown""#),
    );
    assert_eq!(open.len(), 2);
}

#[test]
fn the_other_partys_act_can_take_a_situation_away() {
    let Suggestion::Proposed { situation, grades, .. } = between(&doing("following"), &doing("reversing"))
    else {
        panic!("the one who reversed is liable");
    };
    assert_eq!((situation.as_str(), grades[&PartyRole::B]), ("3", Grade::Full));
}

#[test]
fn contact_that_does_not_fit_the_situation_leaves_it_open() {
    let side = format!(r#"{},"impact_zone":9"#, doing("following"));
    let (_, because, open) = silent(&side, &doing("stopped"));
    assert!(because.is_empty());
    assert_eq!(open[0].code, "1");
    let front = format!(r#"{},"impact_zone":12"#, doing("following"));
    assert!(matches!(between(&front, &doing("stopped")), Suggestion::Proposed { .. }));
}

#[test]
fn a_third_party_without_an_act_bears_nothing() {
    let parties = ["following", "stopped", "stopped"].map(|what| facts(&doing(what)));
    let parties: Vec<_> = (0..).map_while(PartyRole::nth).zip(parties).collect();
    let Suggestion::Proposed { grades, .. } = suggest(rules(), &parties) else { panic!("A is liable") };
    assert_eq!(grades.into_values().collect::<Vec<_>>(), [Grade::Full, Grade::None, Grade::None]);
    assert!(matches!(suggest(rules(), &[]), Suggestion::Silent { .. }));
}

#[test]
fn facts_refuse_what_they_do_not_know() {
    for wrong in [r#"{"manoeuvre":"flying"}"#, r#"{"impact_zone":13}"#, r#"{"speed":80}"#] {
        assert!(serde_json::from_str::<DrivingFacts>(wrong).is_err(), "{wrong}");
    }
    assert_eq!(ImpactZone::new(6).unwrap().chinese(), "后部");
}

#[track_caller]
fn refused(from: &str, to: &str) -> RuleFault {
    assert!(RULES.contains(from), "{from}");
    LiabilityRules::from_toml(&RULES.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn a_faulty_rule_file_is_refused_with_its_reason() {
    assert_eq!(refused("code = \"7.2\"", "code = \"7.1\""), RuleFault::DuplicateCode("7.1".into()));
    let article = "articles = [\"《道路交通安全法》第三十五条\"]";
    assert_eq!(refused(article, "articles = []"), RuleFault::NoArticle("2".into()));
    assert!(matches!(refused("[\"reversing\"]", "[\"backing\"]"), RuleFault::Unreadable { .. }));
    assert!(matches!(refused("[\"reversing\"]", "[\"unknown\"]"), RuleFault::Contradiction { .. }));
    assert!(matches!(refused("main = 70", "main = 60"), RuleFault::Contradiction { .. }));
    assert!(matches!(refused("zh = \"追尾前车\"", "zh = \"\""), RuleFault::EmptyText(_)));
    assert!(matches!(
        refused("every = { yes = [\"sudden_event\"] }", "every = {}"),
        RuleFault::Contradiction { .. }
    ));
}

#[track_caller]
fn contradiction(from: &str, to: &str) -> &'static str {
    match refused(from, to) {
        RuleFault::Contradiction { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rule_that_can_never_apply_is_refused() {
    let lightless = contradiction(
        r#"junction = ["uncontrolled"], yes = ["other_from_right"] }
other = { manoeuvre = ["straight"] }"#,
        r#"junction = ["uncontrolled"], signal = ["red"], yes = ["other_from_right"] }
other = { manoeuvre = ["straight"] }"#,
    );
    assert!(lightless.contains("a light where there is none"));
    let zones = contradiction("impact_not = [5, 6, 7]", "impact_not = [11, 12, 1]");
    assert!(zones.contains("ruled out"));
    let never = contradiction(
        r#"unless_other = { manoeuvre = ["reversing", "rolling_back"] }"#,
        r#"other = { manoeuvre = ["reversing"] }
unless_other = { manoeuvre = ["reversing", "rolling_back"] }"#,
    );
    assert_eq!(never, "can never apply");
}

#[test]
fn acts_are_weighed_only_where_they_are_known_and_can_meet() {
    let same = r#"same = ["2", "3", "5", "6.1", "6.7", "7.12", "7.24", "9.1", "9.2", "9.3"]"#;
    assert!(contradiction(same, r#"same = ["2", "99"]"#).contains("no situation has"));
    assert!(contradiction(same, "same = []").contains("weighs nothing"));
    assert!(contradiction(same, r#"same = ["4", "8.3"]"#).contains("can never be"));
    let heavier = r#"heavier = ["1", "8.3"]"#;
    assert!(contradiction(heavier, "heavier = []").contains("one side only"));
    assert!(contradiction(heavier, r#"heavier = ["1", "8.6"]"#).contains("weighed twice"));
    assert!(contradiction(r#"lighter = ["8.6"]"#, r#"lighter = ["8.4"]"#).contains("can never be"));
}

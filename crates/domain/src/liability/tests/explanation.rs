//! What an officer is told beside the proposal: facts that led there, what would change it, and what to ask.

use super::*;
use crate::triage::Answer;

fn of_three(texts: [&str; 3]) -> Suggestion {
    let parties: Vec<_> = (0..).map_while(PartyRole::nth).zip(texts.map(facts)).collect();
    suggest(rules(), &parties)
}

fn told(facts: &[StatedFact]) -> Vec<(char, String, String)> {
    facts.iter().map(|stated| (stated.role.letter(), stated.fact.name(), stated.fact.value())).collect()
}

#[test]
fn a_proposal_names_the_facts_that_led_there_and_the_one_that_would_turn_it() {
    let Suggestion::Proposed { because, shares, would_change, .. } =
        between(&at("signals", "turning_left", "green", ""), &at("signals", "straight", "green", ""))
    else {
        panic!("A turned in the way of B");
    };
    assert_eq!(shares, [(PartyRole::A, 100), (PartyRole::B, 0)].into());
    let own = |role, name: &str, value: &str| (role, name.to_owned(), value.to_owned());
    assert_eq!(
        told(&because[0].facts),
        [
            own('A', "manoeuvre", "turning_left"),
            own('A', "signal", "green"),
            own('B', "manoeuvre", "straight"),
            own('B', "signal", "green"),
        ]
    );
    let red = would_change.iter().find(|change| change.fact == Fact::Signal(Signal::Red)).unwrap();
    assert_eq!(
        (red.role, red.text.zh.as_str()),
        (PartyRole::B, "若乙方面对红灯：甲方无责任，乙方全部责任。")
    );
    assert_eq!(red.text.en, "If B faced a red light: A none, B full.");
    assert!(would_change.len() <= 5);
}

#[test]
fn silence_asks_the_one_question_that_settles_it() {
    let Suggestion::Silent { questions, .. } =
        between(r#""manoeuvre":"straight","junction":"signals""#, &at("signals", "straight", "green", ""))
    else {
        panic!("the light of A is open");
    };
    assert_eq!((questions[0].role, questions[0].about.as_str()), (PartyRole::A, "signal"));
    assert_eq!(questions[0].text.zh, "甲方：通过停止线时面对什么灯色？");
    assert!(questions[0].answers.iter().any(|answer| answer.fact == Fact::Signal(Signal::Red)));
    let Suggestion::Silent { questions, .. } = between(&doing("straight"), &doing("parked")) else {
        panic!("whether B was parked lawfully is open");
    };
    let first = &questions[0];
    assert_eq!((first.about.as_str(), first.answers.len()), ("parked_unlawfully", 2));
    assert_eq!(first.answers[0].grades.as_ref().unwrap()[&PartyRole::B], Grade::Secondary);
}

#[test]
fn the_order_of_contacts_is_asked_when_it_decides() {
    let between = r#""manoeuvre":"following","junction":"none","contacts":[{"with":"A","zone":6},{"with":"C","zone":12}]"#;
    let first = r#""manoeuvre":"following","junction":"none","contacts":[{"with":"B","zone":12}]"#;
    let last = r#""manoeuvre":"stopped","junction":"none","contacts":[{"with":"B","zone":6}]"#;
    let Suggestion::Silent { questions, .. } = of_three([first, between, last]) else {
        panic!("the order is open")
    };
    assert_eq!((questions[0].role, questions[0].about.as_str()), (PartyRole::B, "contacts"));
    let ordered = format!(r#"{between},"contact_order":"as_listed""#);
    let Suggestion::Proposed { contacts, because, .. } = of_three([first, &ordered, last]) else {
        panic!("B was pushed");
    };
    let pushed: Vec<_> = contacts.iter().map(|contact| contact.pushed.as_slice()).collect();
    assert_eq!(pushed, [&[][..], &[PartyRole::B][..]]);
    assert_eq!(
        contacts[1].text.zh,
        "乙方与丙方相碰：乙方被此前的碰撞推动，甲方全部责任，乙方无责任，丙方无责任。"
    );
    assert!(because.iter().all(|reason| reason.role == PartyRole::A), "who was pushed did nothing");
}

#[test]
fn what_stands_does_not_move_by_itself() {
    let first = r#""manoeuvre":"following","junction":"none","contacts":[{"with":"B","zone":12}]"#;
    let last = r#""manoeuvre":"stopped","junction":"none","contacts":[{"with":"B","zone":6}]"#;
    let proposed = of_three([first, &doing("stopped"), last]);
    assert!(matches!(proposed, Suggestion::Proposed { grades, .. } if grades[&PartyRole::A] == Grade::Full));
    let moving = of_three([first, &doing("straight"), last]);
    assert!(matches!(moving, Suggestion::Silent { .. }), "whether B was pushed or drove into C is open");
}

#[test]
fn a_zone_on_which_it_hangs_is_asked_for() {
    let ahead = format!(r#"{},"impact_zone":6"#, doing("stopped"));
    let Suggestion::Silent { questions, open, .. } = between(&doing("straight"), &ahead) else {
        panic!("whether A hit it with its front is open");
    };
    assert_eq!(open[0].code, "1.1");
    let zone = questions.iter().find(|question| question.about == "impact_zone").unwrap();
    assert_eq!((zone.role, zone.answers.len()), (PartyRole::A, 1));
    assert_eq!(zone.answers[0].text.zh, "若甲方被碰撞部位：前部：甲方全部责任，乙方无责任。");
}

#[test]
fn weighed_acts_carry_both_articles_and_the_one_that_weighs() {
    let Suggestion::Proposed { grades, shares, articles, title, .. } =
        between(&doing("straight"), &doing_with("parked", r#""parked_unlawfully":"yes""#))
    else {
        panic!("main and secondary");
    };
    assert_eq!(grades, [(PartyRole::A, Grade::Main), (PartyRole::B, Grade::Secondary)].into());
    assert_eq!(shares, [(PartyRole::A, 70), (PartyRole::B, 30)].into());
    let named = ["第二十二条第一款", "第五十六条第一款", "第六十条第一款第二项"];
    assert!(named.iter().all(|part| articles.iter().any(|article| article.contains(part))), "{articles:?}");
    assert!(title.zh.contains("主要责任"));
}

#[test]
fn an_accident_without_fault_needs_everybody_to_say_so() {
    let event = doing_with("straight", r#""sudden_event":"yes""#);
    let Suggestion::Proposed { situation, shares, .. } = between(&event, &event) else {
        panic!("both say so")
    };
    assert_eq!((situation.as_str(), shares), ("10", [(PartyRole::A, 0), (PartyRole::B, 0)].into()));
    assert!(matches!(between(&event, &doing("straight")), Suggestion::Silent { .. }));
    let alone = [(PartyRole::A, facts(&event))];
    assert!(matches!(suggest(rules(), &alone), Suggestion::Silent { .. }));
}

#[test]
fn no_two_facts_read_alike() {
    let both = |one| [Answer::Yes, Answer::No, Answer::Unknown].map(|answer| Fact::Circumstance(one, answer));
    let zones = (1..=12).map(|hour| Fact::ImpactZone(ImpactZone::new(hour).unwrap()));
    let all: Vec<_> = Manoeuvre::ALL
        .into_iter()
        .map(Fact::Manoeuvre)
        .chain(Signal::ALL.map(Fact::Signal))
        .chain(Junction::ALL.map(Fact::Junction))
        .chain(Heading::ALL.map(Fact::Heading))
        .chain(Circumstance::ALL.into_iter().flat_map(both))
        .chain(zones)
        .collect();
    let words: std::collections::BTreeSet<_> =
        all.iter().map(|fact| (fact.words().zh, fact.words().en)).collect();
    let chinese: std::collections::BTreeSet<_> = words.iter().map(|(zh, _)| zh).collect();
    assert_eq!((words.len(), chinese.len()), (all.len(), all.len()));
    assert!(all.iter().all(|fact| !fact.name().is_empty() && !fact.value().is_empty()));
}

//! What the law says in the fact patterns of testdata/liability is what the rules propose, or they are silent.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod patterns;

use std::collections::BTreeSet;

use domain::{
    liability::{
        ContactOrder, Contacts, DrivingFacts, Grade, Junction, Liability, LiabilityRules, Manoeuvre, Signal,
    },
    liability::{Suggestion, suggest},
    triage::Answer,
};

use self::patterns::{Said, Verdict, all};

#[test]
fn no_pattern_is_answered_against_the_law() {
    let rules = LiabilityRules::embedded().unwrap();
    let wrong: Vec<_> = all()
        .into_iter()
        .filter(|pattern| pattern.verdict(&rules) == Verdict::Wrong)
        .map(|pattern| format!("{}: {}: {:?}", pattern.file, pattern.name, pattern.answer(&rules)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nine_of_ten_patterns_that_the_law_decides_are_proposed() {
    let rules = LiabilityRules::embedded().unwrap();
    for two in [true, false] {
        let verdicts: Vec<_> = all()
            .iter()
            .filter(|pattern| pattern.is_of_two() == two)
            .map(|pattern| pattern.verdict(&rules))
            .collect();
        let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
        let (right, missing) = (count(Verdict::Right), count(Verdict::Missing));
        assert!(
            right * 10 >= (right + missing) * 9,
            "of two parties: {two}: {right} right, {missing} missing"
        );
    }
}

#[test]
fn there_are_enough_patterns_and_each_names_its_articles() {
    let patterns = all();
    let two = patterns.iter().filter(|pattern| pattern.is_of_two()).count();
    assert!(
        two >= 200 && patterns.len() - two >= 40,
        "{two} of two parties, {} of more",
        patterns.len() - two
    );
    let mut names = BTreeSet::new();
    for pattern in &patterns {
        assert!(names.insert(&pattern.name), "{} stands twice", pattern.name);
        let named = |article: &String| {
            article.starts_with('《') && article.contains("》第") && article.contains('条')
        };
        assert!(
            !pattern.law.is_empty() && pattern.law.iter().all(named),
            "{}: {:?}",
            pattern.name,
            pattern.law
        );
        match pattern.expected() {
            Said::Grades(grades) => assert!(Liability::new(grades).is_ok(), "{}", pattern.name),
            Said::Apart(contacts) => assert!(contacts.len() > 1, "{}", pattern.name),
            Said::Silent => {}
        }
    }
}

/// The same facts with each single one withheld that was told.
fn withheld(facts: &DrivingFacts) -> Vec<DrivingFacts> {
    let mut less = vec![
        DrivingFacts { manoeuvre: Manoeuvre::Unknown, ..facts.clone() },
        DrivingFacts { signal: Signal::Unknown, ..facts.clone() },
        DrivingFacts { junction: Junction::Unknown, ..facts.clone() },
        DrivingFacts { impact_zone: None, ..facts.clone() },
        DrivingFacts { heading: None, ..facts.clone() },
        DrivingFacts { contacts: Contacts::default(), ..facts.clone() },
        DrivingFacts { contact_order: ContactOrder::Unknown, ..facts.clone() },
    ];
    for told in facts.circumstances.keys() {
        let mut one = facts.clone();
        one.circumstances.insert(*told, Answer::Unknown);
        less.push(one);
    }
    less.retain(|one| one != facts);
    less
}

#[test]
fn in_no_pattern_does_a_party_gain_by_withholding_a_fact() {
    let rules = LiabilityRules::embedded().unwrap();
    for pattern in all() {
        let parties = pattern.facts();
        let Said::Grades(known) = pattern.answer(&rules) else { continue };
        for (place, (role, told)) in
            parties.iter().enumerate().filter(|(_, (role, _))| known[role] != Grade::None)
        {
            for less in withheld(told) {
                let mut parties = parties.clone();
                parties[place].1 = less.clone();
                if let Suggestion::Proposed { grades, .. } = suggest(&rules, &parties) {
                    assert!(grades[role] <= known[role], "{}: {role} without {less:?}", pattern.name);
                }
            }
        }
    }
}

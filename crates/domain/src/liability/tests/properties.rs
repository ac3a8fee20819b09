//! What must hold of any facts.

use proptest::prelude::*;

use super::*;
use crate::triage::Answer;

/// Facts of the table with something added, changed or blurred, and contacts with up to four parties.
fn any_facts() -> impl Strategy<Value = DrivingFacts> {
    let mut rows: Vec<_> = table().into_iter().flat_map(|(_, a, b)| [facts(&a), facts(&b)]).collect();
    rows.extend(["following", "stopped", "lane_change", "reversing"].map(|what| facts(&doing(what))));
    let circumstance = (prop::sample::select(&Circumstance::ALL[..]), any_answer());
    let contact = (prop::option::of(0..4_usize), prop::option::of(any_zone()))
        .prop_map(|(with, zone)| Contact { with: with.and_then(PartyRole::nth), zone });
    (
        prop::sample::select(rows),
        prop::option::of(circumstance),
        any::<bool>(),
        prop::option::of(any_zone()),
        prop::option::of(prop::sample::select(&Heading::ALL[..])),
        prop::collection::vec(contact, 0..3),
        any::<bool>(),
    )
        .prop_map(|(mut facts, more, blur, zone, heading, contacts, ordered)| {
            facts.circumstances.extend(more);
            if blur {
                facts.signal = Signal::Unknown;
            }
            facts.impact_zone = zone;
            facts.heading = heading;
            facts.contacts = Contacts::try_from(contacts).unwrap();
            facts.contact_order = if ordered { ContactOrder::AsListed } else { ContactOrder::Unknown };
            facts
        })
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![Just(Answer::Yes), Just(Answer::No), Just(Answer::Unknown)]
}

fn any_zone() -> impl Strategy<Value = ImpactZone> {
    (1..=12_u8).prop_map(|hour| ImpactZone::new(hour).unwrap())
}

/// One vehicle of a row: what it did; whether it knows the order, tells of its contacts, and felt the front first;
/// and its zones ahead and behind.
type Link = (Manoeuvre, [bool; 3], (u8, u8));

/// Vehicles in a row: who stands, follows or drives is drawn, and so is what each tells of its contacts.
fn any_chain() -> impl Strategy<Value = Vec<DrivingFacts>> {
    let manoeuvre = prop::sample::select(vec![
        Manoeuvre::Following,
        Manoeuvre::Stopped,
        Manoeuvre::Straight,
        Manoeuvre::LaneChange,
        Manoeuvre::Reversing,
    ]);
    let one = (manoeuvre, any::<[bool; 3]>(), prop::sample::select(vec![(12, 6), (9, 3), (3, 9)]));
    prop::collection::vec(one, 3..5).prop_map(|chain| {
        let last = chain.len() - 1;
        let link = |(place, drawn): (usize, Link)| {
            let (manoeuvre, [ordered, tells, front_first], (ahead, behind)) = drawn;
            let contact = |place: usize, hour| Contact {
                with: PartyRole::nth(place),
                zone: Some(ImpactZone::new(hour).unwrap()),
            };
            let mut contacts = Vec::new();
            if place > 0 {
                contacts.push(contact(place - 1, behind));
            }
            if place < last {
                contacts.push(contact(place + 1, ahead));
            }
            if front_first {
                contacts.reverse();
            }
            DrivingFacts {
                manoeuvre,
                junction: Junction::None,
                contacts: Contacts::try_from(if tells { contacts } else { Vec::new() }).unwrap(),
                contact_order: if ordered { ContactOrder::AsListed } else { ContactOrder::Unknown },
                ..DrivingFacts::default()
            }
        };
        chain.into_iter().enumerate().map(link).collect()
    })
}

fn any_accident() -> impl Strategy<Value = Vec<DrivingFacts>> {
    prop_oneof![
        3 => prop::collection::vec(any_facts(), 2..3),
        1 => prop::collection::vec(any_facts(), 1..5),
        2 => any_chain(),
    ]
}

fn named(facts: Vec<DrivingFacts>) -> Vec<(PartyRole, DrivingFacts)> {
    (0..).map_while(PartyRole::nth).zip(facts).collect()
}

/// What is proposed for the whole accident, without the explanation, which takes longer.
fn grades_of(parties: &[(PartyRole, DrivingFacts)]) -> Option<BTreeMap<PartyRole, Grade>> {
    let facts: Facts<'_> = parties.iter().map(|(role, facts)| (*role, facts)).collect();
    explain::grades(&facts, &judge::judge(rules(), &facts).outcome)
}

/// The same facts with each single one withheld.
fn withheld(facts: &DrivingFacts) -> Vec<DrivingFacts> {
    let mut less: Vec<DrivingFacts> = Circumstance::ALL
        .into_iter()
        .map(|one| Fact::Circumstance(one, Answer::Unknown).put_into(facts.clone()))
        .collect();
    less.extend([
        DrivingFacts { manoeuvre: Manoeuvre::Unknown, ..facts.clone() },
        DrivingFacts { signal: Signal::Unknown, ..facts.clone() },
        DrivingFacts { junction: Junction::Unknown, ..facts.clone() },
        DrivingFacts { impact_zone: None, ..facts.clone() },
        DrivingFacts { lane: None, ..facts.clone() },
        DrivingFacts { heading: None, ..facts.clone() },
        DrivingFacts { contacts: Contacts::default(), ..facts.clone() },
        DrivingFacts { contact_order: ContactOrder::Unknown, ..facts.clone() },
        DrivingFacts::default(),
    ]);
    less
}

proptest! {
    #[test]
    fn the_order_of_parties_does_not_matter(facts in any_accident()) {
        let mut parties = named(facts);
        let forward = suggest(rules(), &parties);
        parties.reverse();
        prop_assert_eq!(suggest(rules(), &parties), forward);
    }

    #[test]
    fn swapping_the_names_swaps_the_grades(a in any_facts(), b in any_facts()) {
        let contacts = Contacts::default();
        let (a, b) = (DrivingFacts { contacts: contacts.clone(), ..a }, DrivingFacts { contacts, ..b });
        let grades = |first: &DrivingFacts, second: &DrivingFacts| {
            grades_of(&[(PartyRole::A, first.clone()), (PartyRole::B, second.clone())])
                .map(|grades| (grades[&PartyRole::A], grades[&PartyRole::B]))
        };
        prop_assert_eq!(grades(&a, &b), grades(&b, &a).map(|(x, y)| (y, x)));
    }

    #[test]
    fn what_is_proposed_is_a_whole(facts in any_accident()) {
        let parties = named(facts);
        if let Suggestion::Proposed { grades, shares, situation, articles, .. } = suggest(rules(), &parties) {
            let whole = Liability::new(grades.clone());
            prop_assert!(whole.is_ok_and(|whole| whole.covers(parties.iter().map(|(role, _)| *role))));
            let sum: u32 = shares.values().map(|share| u32::from(*share)).sum();
            let nobody = grades.values().all(|grade| *grade == Grade::None);
            prop_assert_eq!(sum, if nobody { 0 } else { 100 });
            prop_assert!(!situation.is_empty() && !articles.is_empty());
        }
    }

    #[test]
    fn withholding_a_fact_never_wins_a_better_proposal(facts in any_accident()) {
        let parties = named(facts);
        let Some(known) = grades_of(&parties) else { return Ok(()) };
        for (place, (role, told)) in parties.iter().enumerate() {
            for less in withheld(told) {
                let mut parties = parties.clone();
                parties[place].1 = less.clone();
                if let Some(then) = grades_of(&parties) {
                    prop_assert!(then[role] <= known[role], "{role}: {:?} {less:?}", then);
                }
            }
        }
    }

    #[test]
    fn what_would_change_changes_as_it_says(facts in any_accident()) {
        let parties = named(facts);
        let what_ifs = match suggest(rules(), &parties) {
            Suggestion::Proposed { would_change, .. } | Suggestion::Apart { would_change, .. } => would_change,
            Suggestion::Silent { questions, .. } => {
                prop_assert!(questions.len() <= 5);
                questions.into_iter().flat_map(|question| question.answers).collect()
            }
        };
        for WhatIf { role, fact, grades, .. } in what_ifs {
            let change = |(other, facts): (PartyRole, DrivingFacts)| {
                (other, if other == role { fact.put_into(facts) } else { facts })
            };
            let changed: Vec<_> = parties.clone().into_iter().map(change).collect();
            prop_assert!(grades.is_some());
            prop_assert_eq!(grades_of(&changed), grades);
        }
    }
}

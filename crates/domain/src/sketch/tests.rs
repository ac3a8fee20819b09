//! What a sketch must show, and what must never get into it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn facts(value: Value) -> DrivingFacts {
    serde_json::from_value(value).unwrap()
}

fn sketch(all: &[Value]) -> Sketch {
    let facts: Vec<_> = all.iter().map(|value| facts(value.clone())).collect();
    let parties: Vec<_> =
        facts.iter().enumerate().map(|(index, facts)| (PartyRole::nth(index).unwrap(), facts)).collect();
    draw(&parties)
}

fn rear_end() -> [Value; 2] {
    [
        json!({ "manoeuvre": "following", "impact_zone": 12, "heading": "north" }),
        json!({ "manoeuvre": "stopped", "impact_zone": 6, "heading": "north", "signal": "red" }),
    ]
}

#[test]
fn every_party_stands_in_the_sketch_once_with_its_light() {
    let svg = sketch(&rear_end()).svg;
    assert_eq!((svg.matches(">甲<").count(), svg.matches(">乙<").count()), (1, 1));
    assert_eq!(svg.matches("#d92626").count(), 1, "one red light");
    assert_eq!(svg.matches("#e5322d").count(), 1, "one contact");
    assert!(!svg.contains("stroke-dasharray=\"7 5\""), "nothing is open");
}

#[test]
fn the_zones_that_touched_meet() {
    let parties: Vec<_> = rear_end().into_iter().map(facts).collect();
    let parties: BTreeMap<_, _> = [(PartyRole::A, &parties[0]), (PartyRole::B, &parties[1])].into();
    let placed = place(&parties, &headings(&parties));
    let (a, b) = (placed.spots[&PartyRole::A], placed.spots[&PartyRole::B]);
    assert!((a.centre.x - b.centre.x).abs() < 0.01 && (a.centre.y - b.centre.y - LENGTH).abs() < 0.01);
}

#[test]
fn a_chain_shows_its_contacts_in_their_order() {
    let middle = json!({ "manoeuvre": "following", "contact_order": "as_listed",
        "contacts": [{ "with": "A", "zone": 6 }, { "with": "C", "zone": 12 }] });
    let svg = sketch(&[json!({ "impact_zone": 12 }), middle, json!({ "impact_zone": 6 })]).svg;
    assert_eq!(svg.matches("#e5322d").count(), 2);
    assert!(svg.contains(">1<") && svg.contains(">2<"));
}

#[test]
fn what_is_open_is_drawn_broken_and_parties_without_contact_stand_aside() {
    let svg = sketch(&[json!({}), json!({}), json!({})]).svg;
    assert_eq!(svg.matches("stroke-dasharray=\"7 5\"").count(), 3);
    assert_eq!(svg.matches("#e5322d").count(), 0);
}

#[test]
fn the_kind_of_junction_is_drawn() {
    let with = |kind: &str| sketch(&[json!({ "junction": kind }), json!({})]).svg;
    let pictures = ["none", "signals", "roundabout"].map(with);
    assert!(pictures[1].len() > pictures[0].len() && pictures[2].contains("#c4d3b6"));
}

fn any_facts() -> impl Strategy<Value = DrivingFacts> {
    use crate::liability::{Manoeuvre, Signal};
    let headings = prop::option::of(prop::sample::select(Heading::ALL.to_vec()));
    let choice = (
        prop::sample::select(Manoeuvre::ALL.to_vec()),
        prop::sample::select(Signal::ALL.to_vec()),
        prop::sample::select(Junction::ALL.to_vec()),
        prop::option::of(1..=12_u8),
        headings,
    );
    choice.prop_map(|(manoeuvre, signal, junction, zone, heading)| DrivingFacts {
        manoeuvre,
        signal,
        junction,
        impact_zone: zone.map(|zone| ImpactZone::new(zone).unwrap()),
        heading,
        ..DrivingFacts::default()
    })
}

proptest! {
    #[test]
    fn the_same_facts_give_the_same_picture_whatever_the_order(all in prop::collection::vec(any_facts(), 1..6)) {
        let parties: Vec<_> =
            all.iter().enumerate().map(|(index, facts)| (PartyRole::nth(index).unwrap(), facts)).collect();
        let there = draw(&parties);
        let back: Vec<_> = parties.iter().rev().copied().collect();
        prop_assert_eq!(&there, &draw(&back));
        prop_assert_eq!(there.digest, Digest::of(there.svg.as_bytes()));
        prop_assert!(there.svg.starts_with("<svg ") && there.svg.ends_with("</svg>"));
        prop_assert!(!there.svg.contains("NaN") && !there.svg.contains("inf") && !there.svg.contains("<script"));
        prop_assert_eq!(there.svg.matches("<g").count(), there.svg.matches("</g>").count());
    }
}

//! The sketch (事故示意图): an SVG drawn from the facts that the parties told, not to scale and without a map. The same
//! facts give the same picture, so that its hash names what the parties confirmed.
//!
//! Every word and number in it comes from the lists of this crate; nothing that a person wrote gets in.

mod drawing;

use std::collections::BTreeMap;

use self::drawing::{Drawing, Place, Spot};
use crate::{
    digest::Digest,
    liability::{DrivingFacts, Heading, ImpactZone, Junction},
    role::PartyRole,
};

/// Length of a vehicle in the picture.
const LENGTH: f64 = 78.0;
/// Width of a vehicle in the picture.
const WIDTH: f64 = 38.0;

/// A sketch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    /// The picture: SVG 1.1 of 640 by 520, that needs and runs nothing.
    pub svg: String,
    /// SHA-256 of it.
    pub digest: Digest,
}

/// Draws the accident from the facts of all parties, whatever their order.
pub fn draw(parties: &[(PartyRole, &DrivingFacts)]) -> Sketch {
    let parties: BTreeMap<PartyRole, &DrivingFacts> =
        parties.iter().map(|(role, facts)| (*role, *facts)).collect();
    let headings = headings(&parties);
    let up = headings.values().next().map_or(0.0, |angle| *angle);
    let mut drawing = Drawing::new();
    drawing.road(road(&parties), up, lanes(&parties));
    if let Some(north) = parties.values().find_map(|facts| facts.heading).map(|_| 0.0) {
        drawing.north(north);
    }
    let placed = place(&parties, &headings);
    for (role, facts) in &parties {
        if let Some(spot) = placed.spots.get(role) {
            drawing.way_of(facts, spot);
        }
    }
    for (role, facts) in &parties {
        if let Some(spot) = placed.spots.get(role) {
            drawing.vehicle(*role, facts, spot);
        }
    }
    for (number, (contact, known)) in (1..).zip(&placed.contacts) {
        drawing.contact(*contact, known.then_some(number));
    }
    let svg = drawing.finish();
    let digest = Digest::of(svg.as_bytes());
    Sketch { svg, digest }
}

/// What the road is like: the first kind that somebody knows.
fn road(parties: &BTreeMap<PartyRole, &DrivingFacts>) -> Junction {
    let known =
        parties.values().map(|facts| facts.junction()).find(|junction| *junction != Junction::Unknown);
    known.unwrap_or(Junction::Unknown)
}

/// How many lanes one direction has, as far as somebody knows; 2 otherwise.
fn lanes(parties: &BTreeMap<PartyRole, &DrivingFacts>) -> u8 {
    let told = parties.values().filter_map(|facts| facts.lane.map(|lane| lane.of().unwrap_or(lane.number())));
    told.max().unwrap_or(2).clamp(1, 4)
}

/// Which way each is drawn, in degrees clockwise from the top of the picture. Who tells no heading is drawn along the
/// first one that is known, or against or across it where somebody says from where it came.
fn headings(parties: &BTreeMap<PartyRole, &DrivingFacts>) -> BTreeMap<PartyRole, f64> {
    let degrees = |heading: Heading| {
        let step = Heading::ALL.iter().position(|one| *one == heading).unwrap_or_default();
        u8::try_from(step).map_or(0.0, |step| f64::from(step) * 45.0)
    };
    let known = parties.values().find_map(|facts| facts.heading).map_or(0.0, degrees);
    let across = |facts: &DrivingFacts| drawing::turned_from(facts).map(|turn| known + turn);
    let mut found = BTreeMap::new();
    for (role, facts) in parties {
        let others = parties.iter().filter(|(other, _)| *other != role);
        let told = others.filter_map(|(_, other)| across(other)).next();
        let first = parties.keys().next() == Some(role);
        let guess = if first { known } else { told.unwrap_or(known) };
        found.insert(*role, facts.heading.map_or(guess, degrees));
    }
    found
}

/// Where vehicles stand, and where they touched.
struct Placed {
    spots: BTreeMap<PartyRole, Spot>,
    /// Each contact, and whether its turn is known.
    contacts: Vec<(Place, bool)>,
}

/// Two vehicles that touched, with the zones they name.
struct Touch {
    one: (PartyRole, Option<ImpactZone>),
    other: (PartyRole, Option<ImpactZone>),
    in_order: bool,
}

/// The contacts of all parties, each pair once, in the order in which the first party tells them.
fn touches(parties: &BTreeMap<PartyRole, &DrivingFacts>) -> Vec<Touch> {
    let zone = |role: PartyRole, with: PartyRole| {
        let facts = parties.get(&role)?;
        let told = facts.contacts.as_slice().iter().find(|contact| contact.with == Some(with));
        told.and_then(|contact| contact.zone).or(facts.impact_zone)
    };
    let mut found: Vec<Touch> = Vec::new();
    for (role, facts) in parties {
        for with in facts.contacts.as_slice().iter().filter_map(|contact| contact.with) {
            let pair = |touch: &Touch| [touch.one.0, touch.other.0] == [with, *role];
            if with != *role && parties.contains_key(&with) && !found.iter().any(pair) {
                let in_order = facts.contact_order == crate::liability::ContactOrder::AsListed;
                found.push(Touch {
                    one: (*role, zone(*role, with)),
                    other: (with, zone(with, *role)),
                    in_order,
                });
            }
        }
    }
    if found.is_empty()
        && let [one, other] = parties.keys().copied().collect::<Vec<_>>()[..]
    {
        found.push(Touch { one: (one, zone(one, other)), other: (other, zone(other, one)), in_order: false });
    }
    found
}

/// Puts the first vehicle of the first contact in the middle, and each next one so that the zones that touched meet.
/// Whoever touched nobody that is known stands aside.
fn place(parties: &BTreeMap<PartyRole, &DrivingFacts>, headings: &BTreeMap<PartyRole, f64>) -> Placed {
    let mut placed = Placed { spots: BTreeMap::new(), contacts: Vec::new() };
    let turn = |role| parties.get(&role).map_or(0.0, |facts| drawing::turn_of(facts.manoeuvre));
    let angle = |role: PartyRole| headings.get(&role).copied().unwrap_or_default() + turn(role);
    let mut waiting = touches(parties);
    let many = waiting.len() > 1;
    while !waiting.is_empty() {
        let next = waiting.iter().position(|touch| {
            placed.spots.is_empty()
                || placed.spots.contains_key(&touch.one.0)
                || placed.spots.contains_key(&touch.other.0)
        });
        let Some(next) = next else { break };
        let touch = waiting.remove(next);
        let (there, new) =
            if placed.spots.contains_key(&touch.other.0) && !placed.spots.contains_key(&touch.one.0) {
                (touch.other, touch.one)
            } else {
                (touch.one, touch.other)
            };
        let base = *placed.spots.entry(there.0).or_insert_with(|| Spot {
            centre: Place::MIDDLE,
            angle: angle(there.0),
            known: there.1.is_some(),
        });
        let point = base.edge(there.1);
        placed.spots.entry(new.0).or_insert_with(|| Spot::touching(point, angle(new.0), new.1, &base));
        placed.contacts.push((point, many && touch.in_order));
    }
    let aside = parties.keys().filter(|role| !placed.spots.contains_key(*role)).copied().collect::<Vec<_>>();
    for (number, role) in (0_u8..).zip(aside) {
        let centre = Place { x: 70.0 + 60.0 * f64::from(number), y: 390.0 };
        placed.spots.insert(role, Spot { centre, angle: angle(role), known: false });
    }
    placed
}

#[cfg(test)]
mod tests;

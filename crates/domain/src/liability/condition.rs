//! What a rule asks of a party, answered with yes, no or unknown.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Approach, Circumstance, DrivingFacts, Fact, ImpactZone, Junction, Manoeuvre, Signal};
use crate::{role::PartyRole, triage::Answer};

/// What must hold of one party; an empty list asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Condition {
    manoeuvre: BTreeSet<Manoeuvre>,
    signal: BTreeSet<Signal>,
    junction: BTreeSet<Junction>,
    /// Zones that fit: one that is recorded and does not fit leaves the matter open.
    impact: BTreeSet<ImpactZone>,
    /// Zones that rule it out.
    impact_not: BTreeSet<ImpactZone>,
    /// Zones of which one must be recorded.
    hit: BTreeSet<ImpactZone>,
    /// Behind the other in its lane: recorded lanes or headings that differ leave the matter open.
    behind: bool,
    yes: BTreeSet<Circumstance>,
    no: BTreeSet<Circumstance>,
}

/// One party in one contact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) role: PartyRole,
    pub(super) facts: &'a DrivingFacts,
    /// Where it was hit in this contact.
    pub(super) zone: Option<ImpactZone>,
    /// It touched several others, so that "the other vehicle" in its statement may be any of them.
    pub(super) among_several: bool,
}

impl Side<'_> {
    /// Whether a circumstance was so, given whom the party met.
    fn answer(
        &self,
        circumstance: Circumstance,
        other: Option<&Self>,
        unstated: &BTreeSet<Circumstance>,
    ) -> Answer {
        let stated = self.facts.circumstances.get(&circumstance).copied();
        let Some(wanted) = comes_from(circumstance) else {
            let absent = if unstated.contains(&circumstance) { Answer::No } else { Answer::Unknown };
            return stated.unwrap_or(absent);
        };
        let is = |approach: Approach| if approach == wanted { Answer::Yes } else { Answer::No };
        let told = match stated {
            _ if self.among_several => Answer::Unknown,
            Some(answer) => answer,
            None => self.told_approach().map_or(Answer::Unknown, is),
        };
        let seen = other.and_then(|other| {
            let others = other.told_approach().map(Approach::mirrored);
            self.approach_of(other).or(others)
        });
        match seen.map(is) {
            Some(seen) if told == Answer::Unknown || told == seen => seen,
            Some(_) => Answer::Unknown,
            None => told,
        }
    }

    /// From where the other comes, by the headings of both.
    fn approach_of(&self, other: &Self) -> Option<Approach> {
        Some(self.facts.heading?.approach_of(other.facts.heading?))
    }

    /// From where the other comes, as the party says; nothing where it met several.
    fn told_approach(&self) -> Option<Approach> {
        let says = |one| !self.among_several && self.facts.circumstances.get(&one) == Some(&Answer::Yes);
        match (says(Circumstance::OtherFromRight), says(Circumstance::OtherFromAhead)) {
            (true, false) => Some(Approach::Right),
            (false, true) => Some(Approach::Ahead),
            _ => None,
        }
    }

    /// Unknown when lanes or headings contradict that it drove behind `other`.
    fn behind(&self, other: Option<&Self>) -> Answer {
        let Some(other) = other else { return Answer::No };
        let lanes = self.facts.lane.zip(other.facts.lane);
        let apart = lanes.is_some_and(|(own, others)| own.number() != others.number());
        let turned = self.approach_of(other).is_some_and(|approach| approach != Approach::SameWay);
        if apart || turned { Answer::Unknown } else { Answer::Yes }
    }
}

/// Circumstances that headings tell as well.
fn comes_from(circumstance: Circumstance) -> Option<Approach> {
    match circumstance {
        Circumstance::OtherFromRight => Some(Approach::Right),
        Circumstance::OtherFromAhead => Some(Approach::Ahead),
        _ => None,
    }
}

impl Condition {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Why no party could ever be in this condition, or would be in it by a guess.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let unknown = self.manoeuvre.contains(&Manoeuvre::Unknown)
            || self.signal.contains(&Signal::Unknown)
            || self.junction.contains(&Junction::Unknown);
        let lit = !self.signal.is_empty() && !self.signal.contains(&Signal::None);
        let places = [Junction::Signals, Junction::Roundabout];
        let unlit = !self.junction.is_empty() && places.iter().all(|place| !self.junction.contains(place));
        let zones = |zones: &BTreeSet<ImpactZone>| !zones.is_empty() && zones.is_subset(&self.impact_not);
        if unknown || !self.yes.is_disjoint(&self.no) {
            Some("a condition cannot ask for what is unknown or for yes and no")
        } else if lit && unlit {
            Some("a condition cannot ask for a light where there is none")
        } else if zones(&self.impact) || zones(&self.hit) {
            Some("every zone that a condition asks for is ruled out")
        } else {
            None
        }
    }

    /// Whether this holds of `me`, who met `other`. `missing` is the answer for a zone that must be recorded and
    /// is not: unknown for the party itself, so that it gains nothing by leaving it out.
    pub(super) fn holds(
        &self,
        me: &Side<'_>,
        other: Option<&Side<'_>>,
        unstated: &BTreeSet<Circumstance>,
        missing: Answer,
    ) -> Answer {
        let facts = me.facts;
        let place = one_of(&self.manoeuvre, facts.manoeuvre, Manoeuvre::Unknown)
            .and(one_of(&self.signal, facts.signal(), Signal::Unknown))
            .and(one_of(&self.junction, facts.junction(), Junction::Unknown));
        if place == Answer::No {
            return Answer::No;
        }
        let told = |circumstance: &Circumstance| me.answer(*circumstance, other, unstated);
        let circumstances = self.yes.iter().map(told).chain(self.no.iter().map(|one| told(one).not()));
        place
            .and(self.fits(me.zone, missing))
            .and(if self.behind { me.behind(other) } else { Answer::Yes })
            .and(circumstances.fold(Answer::Yes, Answer::and))
    }

    fn fits(&self, zone: Option<ImpactZone>, missing: Answer) -> Answer {
        let asked = if self.hit.is_empty() { Answer::Yes } else { missing };
        let Some(zone) = zone else { return asked };
        if self.impact_not.contains(&zone) || !(self.hit.is_empty() || self.hit.contains(&zone)) {
            Answer::No
        } else if self.impact.is_empty() || self.impact.contains(&zone) {
            Answer::Yes
        } else {
            Answer::Unknown
        }
    }

    /// The facts of `me` by which this holds, as far as they were told.
    pub(super) fn facts_of(&self, me: &Side<'_>) -> Vec<Fact> {
        let facts = me.facts;
        let zones = !(self.impact.is_empty() && self.impact_not.is_empty() && self.hit.is_empty());
        let asked = self.yes.iter().chain(&self.no);
        let told = asked.filter_map(|one| Some(Fact::Circumstance(*one, *facts.circumstances.get(one)?)));
        let seen = self.yes.iter().any(|one| comes_from(*one).is_some()) || self.behind;
        [
            (!self.manoeuvre.is_empty()).then_some(Fact::Manoeuvre(facts.manoeuvre)),
            (!self.signal.is_empty()).then_some(Fact::Signal(facts.signal())),
            (!self.junction.is_empty()).then_some(Fact::Junction(facts.junction())),
            me.zone.filter(|_| zones).map(Fact::ImpactZone),
            facts.heading.filter(|_| seen).map(Fact::Heading),
        ]
        .into_iter()
        .flatten()
        .chain(told)
        .collect()
    }

    /// Both conditions at once, or nothing where no party can be in both.
    pub(super) fn merged(&self, other: &Self) -> Option<Self> {
        let merged = Self {
            manoeuvre: both(&self.manoeuvre, &other.manoeuvre)?,
            signal: both(&self.signal, &other.signal)?,
            junction: both(&self.junction, &other.junction)?,
            impact: both(&self.impact, &other.impact)?,
            impact_not: &self.impact_not | &other.impact_not,
            hit: both(&self.hit, &other.hit)?,
            behind: self.behind || other.behind,
            yes: &self.yes | &other.yes,
            no: &self.no | &other.no,
        };
        merged.contradiction().is_none().then_some(merged)
    }

    /// Facts by which this holds, one for every choice of manoeuvre, light and place: to prove that a rule can
    /// apply at all.
    pub(super) fn examples(&self) -> Vec<(DrivingFacts, Option<ImpactZone>)> {
        let manoeuvres =
            if self.manoeuvre.is_empty() { Manoeuvre::ALL.into() } else { self.manoeuvre.clone() };
        let signals =
            if self.signal.is_empty() { [Signal::None, Signal::Green].into() } else { self.signal.clone() };
        let junctions = if self.junction.is_empty() { Junction::ALL.into() } else { self.junction.clone() };
        let asked = self.hit.iter().chain(&self.impact);
        let zone = asked.copied().find(|zone| !self.impact_not.contains(zone));
        let mut all = Vec::new();
        for manoeuvre in manoeuvres {
            for signal in &signals {
                for junction in &junctions {
                    let circumstances = Circumstance::ALL
                        .into_iter()
                        .map(|one| (one, if self.yes.contains(&one) { Answer::Yes } else { Answer::No }))
                        .collect();
                    let facts = DrivingFacts {
                        manoeuvre,
                        signal: *signal,
                        junction: *junction,
                        circumstances,
                        ..DrivingFacts::default()
                    };
                    all.push((facts, zone));
                }
            }
        }
        all
    }
}

fn one_of<T: Ord + Copy>(allowed: &BTreeSet<T>, found: T, unknown: T) -> Answer {
    if allowed.is_empty() || allowed.contains(&found) {
        Answer::Yes
    } else if found == unknown {
        Answer::Unknown
    } else {
        Answer::No
    }
}

/// What both lists allow; an empty list allows all.
fn both<T: Ord + Copy>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> Option<BTreeSet<T>> {
    match (one.is_empty(), other.is_empty()) {
        (true, _) => Some(other.clone()),
        (_, true) => Some(one.clone()),
        _ => Some(one & other).filter(|both| !both.is_empty()),
    }
}

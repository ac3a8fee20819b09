//! The rule file of liability: reading, checking, and asking it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use super::{Circumstance, DrivingFacts, ImpactZone, Junction, Manoeuvre, Shares, Signal};
use crate::{
    role::PartyRole,
    rulebook::{self, RuleFault, Wording},
    triage::Answer,
};

/// The situation table and the shares, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct LiabilityRules(File);

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    in_force_from: NaiveDate,
    shares: Shares,
    unstated: Unstated,
    silent: Silences,
    situation: Vec<Situation>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unstated {
    /// What counts as absent when nobody mentions it.
    no: BTreeSet<Circumstance>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Silences {
    several: Silence,
    nobody: Silence,
    open: Silence,
}

/// What is said when there is no proposal.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Silence {
    code: String,
    pub(super) text: Wording,
    pub(super) articles: Vec<String>,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Situation {
    pub(super) code: String,
    pub(super) title: Wording,
    pub(super) articles: Vec<String>,
    own: Condition,
    other: Option<Condition>,
    unless_other: Option<Condition>,
}

/// What must hold of one party; an empty list asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Condition {
    manoeuvre: BTreeSet<Manoeuvre>,
    signal: BTreeSet<Signal>,
    junction: BTreeSet<Junction>,
    impact: BTreeSet<ImpactZone>,
    yes: BTreeSet<Circumstance>,
    no: BTreeSet<Circumstance>,
}

impl Condition {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// "Unknown" in a list would make a guess of what is not known.
    fn guesses(&self) -> bool {
        self.manoeuvre.contains(&Manoeuvre::Unknown)
            || self.signal.contains(&Signal::Unknown)
            || self.junction.contains(&Junction::Unknown)
            || !self.yes.is_disjoint(&self.no)
    }

    fn holds(&self, facts: &DrivingFacts, unstated: &Unstated) -> Answer {
        let stated = |circumstance: &Circumstance| match facts.circumstances.get(circumstance) {
            Some(answer) => *answer,
            None if unstated.no.contains(circumstance) => Answer::No,
            None => Answer::Unknown,
        };
        let circumstances = self.yes.iter().map(stated).chain(self.no.iter().map(|one| stated(one).not()));
        one_of(&self.manoeuvre, facts.manoeuvre, Manoeuvre::Unknown)
            .and(one_of(&self.signal, facts.signal(), Signal::Unknown))
            .and(one_of(&self.junction, facts.junction(), Junction::Unknown))
            .and(self.fits(facts.impact_zone))
            .and(circumstances.fold(Answer::Yes, Answer::and))
    }

    /// A zone that nobody recorded stands in no rule's way; one that contradicts it leaves the matter open.
    fn fits(&self, zone: Option<ImpactZone>) -> Answer {
        let contradicts = |zone| !self.impact.is_empty() && !self.impact.contains(&zone);
        if zone.is_some_and(contradicts) { Answer::Unknown } else { Answer::Yes }
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

impl LiabilityRules {
    /// The rules this crate comes with (`rules/liability.toml`). To be asked once, at start.
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../../rules/liability.toml"))
    }

    /// Reads and checks a rule file: codes used once, every situation with article, texts and a condition on
    /// the party itself, no condition that a missing fact would satisfy, shares that make a whole.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let file: File = rulebook::read(text)?;
        let Silences { several, nobody, open } = &file.silent;
        let silences = [several, nobody, open];
        let codes = silences.iter().map(|silence| silence.code.as_str());
        rulebook::check_codes(codes.chain(file.situation.iter().map(|situation| situation.code.as_str())))?;
        for silence in silences {
            rulebook::check_articles(&silence.code, &silence.articles)?;
            rulebook::check_texts(&silence.code, [&silence.text])?;
        }
        for situation in &file.situation {
            check(situation)?;
        }
        if !file.shares.are_whole() {
            let problem = "full 100, equal 50, none 0, main 51 to 99, and secondary the rest to 100";
            return Err(RuleFault::contradiction("shares", problem));
        }
        Ok(Self(file))
    }

    /// The first day on which these rules hold.
    pub fn in_force_from(&self) -> NaiveDate {
        self.0.in_force_from
    }

    /// How many percent each grade bears.
    pub fn shares(&self) -> &Shares {
        &self.0.shares
    }

    /// Codes and titles of all situations, in the order of the table.
    pub fn titles(&self) -> impl Iterator<Item = (&str, &Wording)> {
        self.0.situation.iter().map(|situation| (situation.code.as_str(), &situation.title))
    }

    pub(super) fn situations(&self) -> &[Situation] {
        &self.0.situation
    }

    pub(super) fn several(&self) -> &Silence {
        &self.0.silent.several
    }

    pub(super) fn nobody(&self) -> &Silence {
        &self.0.silent.nobody
    }

    pub(super) fn open(&self) -> &Silence {
        &self.0.silent.open
    }

    /// Whether `role` is in this situation, given everybody's facts.
    pub(super) fn applies(
        &self,
        situation: &Situation,
        role: PartyRole,
        facts: &BTreeMap<PartyRole, &DrivingFacts>,
    ) -> Answer {
        let unstated = &self.0.unstated;
        let among_others = |condition: &Condition| {
            let others = facts.iter().filter(|(other, _)| **other != role);
            others.map(|(_, facts)| condition.holds(facts, unstated)).fold(Answer::No, Answer::or)
        };
        let own = facts.get(&role).map_or(Answer::No, |facts| situation.own.holds(facts, unstated));
        own.and(situation.other.as_ref().map_or(Answer::Yes, among_others)).and(
            situation.unless_other.as_ref().map_or(Answer::Yes, |condition| among_others(condition).not()),
        )
    }
}

fn check(situation: &Situation) -> Result<(), RuleFault> {
    let code = &situation.code;
    rulebook::check_articles(code, &situation.articles)?;
    rulebook::check_texts(code, [&situation.title])?;
    if situation.own.is_empty() {
        return Err(RuleFault::contradiction(code, "says nothing about the party itself"));
    }
    let conditions = [Some(&situation.own), situation.other.as_ref(), situation.unless_other.as_ref()];
    if conditions.into_iter().flatten().any(Condition::guesses) {
        return Err(RuleFault::contradiction(
            code,
            "a condition cannot ask for what is unknown or for yes and no",
        ));
    }
    Ok(())
}

//! The rule file of liability: reading, checking, and asking it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    Circumstance, Grade, Shares,
    condition::{Condition, Side},
};
use crate::{
    role::PartyRole,
    rulebook::{self, RuleFault, Wording},
    triage::Answer,
};

/// The situation table, how acts weigh against each other, and the shares, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct LiabilityRules(File);

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    in_force_from: NaiveDate,
    shares: Shares,
    unstated: Unstated,
    silent: Silences,
    without_fault: WithoutFault,
    situation: Vec<Situation>,
    #[serde(default)]
    weigh: Vec<Weighing>,
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
    event: Silence,
    contacts: Silence,
    apart: Silence,
}

/// What is said when there is no proposal.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Silence {
    pub(super) code: String,
    pub(super) text: Wording,
    pub(super) articles: Vec<String>,
}

/// Why there is no proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// Facts are open.
    Open,
    /// Who touched whom, when and where is open or contradictory.
    Contacts,
    /// Some parties speak of an event beyond anybody's control, and some do not.
    Event,
    /// Acts on several sides, and no rule that weighs them.
    Several,
    /// No listed act.
    Nobody,
}

/// An accident without fault: every party says so, and nobody did a listed act.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WithoutFault {
    code: String,
    title: Wording,
    articles: Vec<String>,
    every: Condition,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Situation {
    pub(super) code: String,
    pub(super) title: Wording,
    pub(super) articles: Vec<String>,
    pub(super) own: Condition,
    pub(super) other: Option<Condition>,
    unless_other: Option<Condition>,
    /// It is no act of a vehicle that an earlier contact pushed.
    #[serde(default)]
    pub(super) not_when_pushed: bool,
}

/// How acts on both sides weigh against each other.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weighing {
    title: Wording,
    articles: Vec<String>,
    /// Equal, where both sides did the same of these.
    #[serde(default)]
    same: BTreeSet<String>,
    /// Main for who did one of these …
    #[serde(default)]
    heavier: BTreeSet<String>,
    /// … and secondary for who did one of these.
    #[serde(default)]
    lighter: BTreeSet<String>,
}

/// An outcome that the rules state for both sides: title, articles, and the grades of the first and the second.
pub(super) struct Weighed<'a> {
    pub(super) title: &'a Wording,
    pub(super) articles: &'a [String],
    pub(super) grades: (Grade, Grade),
}

impl Weighing {
    fn of(&self, one: &str, other: &str) -> Option<(Grade, Grade)> {
        if one == other && self.same.contains(one) {
            Some((Grade::Equal, Grade::Equal))
        } else if self.heavier.contains(one) && self.lighter.contains(other) {
            Some((Grade::Main, Grade::Secondary))
        } else if self.lighter.contains(one) && self.heavier.contains(other) {
            Some((Grade::Secondary, Grade::Main))
        } else {
            None
        }
    }

    /// All codes in the pairs this weighs.
    fn pairs(&self) -> impl Iterator<Item = (&String, &String)> {
        let same = self.same.iter().map(|code| (code, code));
        same.chain(self.heavier.iter().flat_map(|heavy| self.lighter.iter().map(move |light| (heavy, light))))
    }
}

impl LiabilityRules {
    /// The rules this crate comes with (`rules/liability.toml`). To be asked once, at start.
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../../rules/liability.toml"))
    }

    /// Reads and checks a rule file: codes used once, every rule with articles and texts, conditions that do not
    /// contradict themselves and that no missing fact would satisfy, every situation and every weighed pair
    /// possible, shares that make a whole.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let file: File = rulebook::read(text)?;
        let Silences { several, nobody, open, event, contacts, apart } = &file.silent;
        let silences = [several, nobody, open, event, contacts, apart];
        let codes = silences.iter().map(|silence| &silence.code).chain([&file.without_fault.code]);
        let codes = codes.chain(file.situation.iter().map(|situation| &situation.code));
        rulebook::check_codes(codes.map(String::as_str))?;
        let none = &file.without_fault;
        let silences = silences.map(|silence| (&silence.code, &silence.text, &silence.articles));
        for (code, text, articles) in silences.into_iter().chain([(&none.code, &none.title, &none.articles)])
        {
            rulebook::check_articles(code, articles)?;
            rulebook::check_texts(code, [text])?;
        }
        if none.every.is_empty() || none.every.contradiction().is_some() {
            return Err(RuleFault::contradiction(
                &none.code,
                "says nothing of the parties, or contradicts itself",
            ));
        }
        if !file.shares.are_whole() {
            let problem = "full 100, equal 50, none 0, main 51 to 99, and secondary the rest to 100";
            return Err(RuleFault::contradiction("shares", problem));
        }
        let rules = Self(file);
        rules.0.situation.iter().try_for_each(|situation| rules.check(situation))?;
        rules.0.weigh.iter().try_for_each(|weighing| rules.check_weighing(weighing))?;
        Ok(rules)
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

    pub(super) fn situation(&self, index: usize) -> Option<&Situation> {
        self.0.situation.get(index)
    }

    pub(super) fn silence(&self, why: Why) -> &Silence {
        match why {
            Why::Open => &self.0.silent.open,
            Why::Contacts => &self.0.silent.contacts,
            Why::Event => &self.0.silent.event,
            Why::Several => &self.0.silent.several,
            Why::Nobody => &self.0.silent.nobody,
        }
    }

    pub(super) fn apart(&self) -> &Silence {
        &self.0.silent.apart
    }

    /// Code, title and articles of the accident without fault.
    pub(super) fn without_fault(&self) -> (&str, &Wording, &[String]) {
        let WithoutFault { code, title, articles, .. } = &self.0.without_fault;
        (code, title, articles)
    }

    /// Whether this party says that there was no fault.
    pub(super) fn says_without_fault(&self, me: &Side<'_>) -> Answer {
        self.0.without_fault.every.holds(me, None, &self.0.unstated.no, Answer::Unknown)
    }

    /// How the acts of two sides weigh, where every pair of them weighs alike. Acts are places in the table.
    pub(super) fn weigh(&self, ones: &[usize], others: &[usize]) -> Option<Weighed<'_>> {
        let code = |index: &usize| self.situation(*index).map(|situation| situation.code.as_str());
        let mut pairs = ones.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
        let weigh = |(one, other): (&usize, &usize)| {
            let (one, other) = (code(one)?, code(other)?);
            self.0.weigh.iter().find_map(|rule| Some((rule, rule.of(one, other)?)))
        };
        let (rule, grades) = weigh(pairs.next()?)?;
        let alike = pairs.all(|pair| weigh(pair).is_some_and(|(_, others)| others == grades));
        alike.then_some(Weighed { title: &rule.title, articles: &rule.articles, grades })
    }

    /// Whether `me`, who met `other`, is in this situation.
    pub(super) fn applies(&self, situation: &Situation, me: &Side<'_>, other: Option<&Side<'_>>) -> Answer {
        let unstated = &self.0.unstated.no;
        let own = situation.own.holds(me, other, unstated, Answer::Unknown);
        if own == Answer::No {
            return Answer::No;
        }
        let of_other = |condition: &Condition| {
            other.map_or(Answer::No, |other| condition.holds(other, Some(me), unstated, Answer::No))
        };
        own.and(situation.other.as_ref().map_or(Answer::Yes, of_other))
            .and(situation.unless_other.as_ref().map_or(Answer::Yes, |condition| of_other(condition).not()))
    }

    fn check(&self, situation: &Situation) -> Result<(), RuleFault> {
        let code = &situation.code;
        rulebook::check_articles(code, &situation.articles)?;
        rulebook::check_texts(code, [&situation.title])?;
        if situation.own.is_empty() {
            return Err(RuleFault::contradiction(code, "says nothing about the party itself"));
        }
        let conditions = [Some(&situation.own), situation.other.as_ref(), situation.unless_other.as_ref()];
        if let Some(problem) = conditions.into_iter().flatten().find_map(Condition::contradiction) {
            return Err(RuleFault::contradiction(code, problem));
        }
        let everything = Condition::default();
        let other = situation.other.as_ref().unwrap_or(&everything);
        if self.can_be(&situation.own, other, |me, other| {
            self.applies(situation, me, Some(other)) == Answer::Yes
        }) {
            Ok(())
        } else {
            Err(RuleFault::contradiction(code, "can never apply"))
        }
    }

    fn check_weighing(&self, weighing: &Weighing) -> Result<(), RuleFault> {
        let title = &weighing.title.zh;
        rulebook::check_articles(title, &weighing.articles)?;
        rulebook::check_texts(title, [&weighing.title])?;
        if weighing.heavier.is_empty() != weighing.lighter.is_empty() || weighing.pairs().next().is_none() {
            return Err(RuleFault::contradiction(title, "weighs nothing, or names one side only"));
        }
        let find = |code: &String| self.0.situation.iter().find(|situation| situation.code == *code);
        for (one, other) in weighing.pairs() {
            let (Some(first), Some(second)) = (find(one), find(other)) else {
                return Err(RuleFault::contradiction(title, "weighs a code that no situation has"));
            };
            let rules = self.0.weigh.iter().filter(|rule| rule.of(one, other).is_some()).count();
            if rules != 1 || (one != other && weighing.heavier.contains(other)) {
                return Err(RuleFault::contradiction(title, "weighs a pair that is weighed twice"));
            }
            let everything = Condition::default();
            let sides = |mine: &Situation, theirs: &Situation| {
                mine.own.merged(theirs.other.as_ref().unwrap_or(&everything))
            };
            let possible = sides(first, second).zip(sides(second, first)).is_some_and(|(me, other)| {
                self.can_be(&me, &other, |me, other| {
                    self.applies(first, me, Some(other)) == Answer::Yes
                        && self.applies(second, other, Some(me)) == Answer::Yes
                })
            });
            if !possible {
                return Err(RuleFault::contradiction(title, "weighs a pair that can never be"));
            }
        }
        Ok(())
    }

    fn can_be(
        &self,
        own: &Condition,
        other: &Condition,
        test: impl Fn(&Side<'_>, &Side<'_>) -> bool,
    ) -> bool {
        let (own, others) = (own.examples(), other.examples());
        own.iter().any(|(me, own_zone)| {
            let me = Side { role: PartyRole::A, facts: me, zone: *own_zone, among_several: false };
            others.iter().any(|(facts, zone)| {
                test(&me, &Side { role: PartyRole::B, facts, zone: *zone, among_several: false })
            })
        })
    }
}

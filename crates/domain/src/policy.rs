//! The city's policy (rules/policy.toml): what it chooses on top of the law, as dated data. It can send a person and
//! keep accidents out of the quick lanes; it cannot take away what the law orders or grants.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use crate::{
    liability::Grade,
    rulebook::{self, RuleFault, Wording},
    self_control::SampleRates,
    triage::{AskedOf, AskedQuestion, Bar, BarEntry, BarKind, Lane, Outcomes, Question, check_asked},
};

/// What a city chose, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyRules {
    in_force_from: NaiveDate,
    /// Those that are switched on.
    bars: Vec<Bar>,
    codes: BTreeSet<String>,
    questions: BTreeMap<Question, AskedQuestion>,
    grades: Grades,
    samples: SampleRates,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    in_force_from: NaiveDate,
    outcome: Outcomes,
    #[serde(default)]
    bar: Vec<BarEntry>,
    grades: Grades,
    samples: SampleRates,
    question: BTreeMap<Question, AskedQuestion>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grades {
    self_negotiation: BTreeSet<Grade>,
    remote: BTreeSet<Grade>,
}

impl PolicyRules {
    /// The policy this crate comes with (`rules/policy.toml`). To be asked once, at start.
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../rules/policy.toml"))
    }

    /// Reads and checks a rule file, bars that are switched off too, so that switching one on finds no fault: every bar
    /// with articles, texts and known outcomes, every question of the city described and asked, and grades in pairs.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let file: File = rulebook::read(text)?;
        rulebook::check_codes(file.bar.iter().map(|bar| bar.code.as_str()))?;
        crate::triage::check_outcomes(&file.outcome)?;
        let codes = file.bar.iter().map(|bar| bar.code.clone()).collect();
        let (mut all, mut bars) = (Vec::new(), Vec::new());
        for entry in file.bar {
            let enabled = entry.enabled;
            let bar = Bar::read(BarKind::Policy, entry, &file.outcome)?;
            bars.extend(enabled.then(|| bar.clone()));
            all.push(bar);
        }
        for question in file.question.keys() {
            if !Question::OF_POLICY.contains(question) {
                let problem = "a question of the law: it is described in triage.toml, take it out here";
                return Err(RuleFault::contradiction(question.name(), problem));
            }
        }
        for question in Question::OF_POLICY {
            let Some(asked) = file.question.get(question) else {
                let problem = "this question is not described: add it under [question]";
                return Err(RuleFault::contradiction(question.name(), problem));
            };
            rulebook::check_texts(question.name(), [&asked.wording()])?;
            if all.iter().any(|bar| bar.question() == Some(*question)) {
                check_asked(*question, asked.asked_of, &all)?;
            }
        }
        check_grades("self_negotiation", &file.grades.self_negotiation)?;
        check_grades("remote", &file.grades.remote)?;
        if file.samples.determinations > 100 || file.samples.agreements > 100 {
            return Err(RuleFault::contradiction("samples", "a rate is of a hundred: 0 to 100"));
        }
        Ok(Self {
            in_force_from: file.in_force_from,
            bars,
            codes,
            questions: file.question,
            grades: file.grades,
            samples: file.samples,
        })
    }

    /// The first day on which it holds.
    pub fn in_force_from(&self) -> NaiveDate {
        self.in_force_from
    }

    /// How many closed cases are decided a second time.
    pub fn samples(&self) -> SampleRates {
        self.samples
    }

    /// The bars that are switched on.
    pub(crate) fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// The codes of all bars, also of those that are switched off.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().map(String::as_str)
    }

    /// The city's own questions that a bar needs now, with their texts.
    pub fn questions(&self, asked_of: AskedOf) -> impl Iterator<Item = (Question, Wording)> {
        let needed = |question: Question| self.bars.iter().any(|bar| bar.question() == Some(question));
        self.questions
            .iter()
            .filter(move |(question, asked)| asked.asked_of == asked_of && needed(**question))
            .map(|(question, asked)| (*question, asked.wording()))
    }

    /// Whether a case in this lane may be settled with these grades. Where somebody comes to the scene, the law alone
    /// says which there are.
    pub fn allows(&self, lane: Lane, grades: impl IntoIterator<Item = Grade>) -> bool {
        let allowed = match lane {
            Lane::SelfNegotiation => &self.grades.self_negotiation,
            Lane::Remote => &self.grades.remote,
            Lane::Scene | Lane::Hazmat | Lane::Ordinary => return true,
        };
        grades.into_iter().all(|grade| allowed.contains(&grade))
    }
}

fn check_grades(code: &str, grades: &BTreeSet<Grade>) -> Result<(), RuleFault> {
    let has = |grade| grades.contains(&grade);
    if !has(Grade::Full) || !has(Grade::None) {
        return Err(RuleFault::contradiction(
            code,
            "\"full\" and \"none\" are always needed (R146 §60): add them",
        ));
    }
    if has(Grade::Main) != has(Grade::Secondary) {
        return Err(RuleFault::contradiction(
            code,
            "\"main\" and \"secondary\" belong together: add or take out both",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

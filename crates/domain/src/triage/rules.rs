//! The rule file of triage: reading, checking, and asking it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    Answer, BarKind, Because, Hit, Lane, Movement, Order, Question, RoadUsers,
    bars::{self, Bar, BarEntry, Outcome, Outcomes},
    counts::Counts,
};
use crate::rulebook::{self, RuleFault, Wording};

/// The rules of triage, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct TriageRules {
    in_force_from: NaiveDate,
    grounds: Vec<Ground>,
    unmatched: Unmatched,
    bars: Vec<Bar>,
    questions: BTreeMap<Question, AskedQuestion>,
    advice: GeneralAdvice,
}

/// Whom a question is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedOf {
    /// The driver; no answer means unknown, and that has a consequence.
    Driver,
    /// The officer; silent until answered.
    Officer,
    /// The service itself; silent until answered.
    Service,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ground {
    pub(super) outcome: Outcome,
    entry: GroundEntry,
}

impl Ground {
    pub(super) fn order(&self) -> Order {
        let GroundEntry { code, order, articles, .. } = &self.entry;
        Order { code: code.clone(), text: order.clone(), articles: articles.clone() }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Unmatched {
    outcome: Outcome,
    entry: UnmatchedEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    in_force_from: NaiveDate,
    outcome: Outcomes,
    advice: GeneralAdvice,
    ground: Vec<GroundEntry>,
    unmatched: UnmatchedEntry,
    bar: Vec<BarEntry>,
    question: BTreeMap<Question, AskedQuestion>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneralAdvice {
    leave: Wording,
    move_aside: Wording,
    stay: Wording,
    unknown: Wording,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroundEntry {
    code: String,
    covers: Vec<String>,
    title: Wording,
    order: Wording,
    articles: Vec<String>,
    road_users: Counts,
    outcome: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnmatchedEntry {
    code: String,
    title: Wording,
    articles: Vec<String>,
    outcome: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedQuestion {
    pub(crate) asked_of: AskedOf,
    zh: String,
    en: String,
}

impl AskedQuestion {
    pub(crate) fn wording(&self) -> Wording {
        Wording { zh: self.zh.clone(), en: self.en.clone() }
    }
}

impl TriageRules {
    /// The rules this crate comes with (`rules/triage.toml`). To be asked once, at start.
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../../rules/triage.toml"))
    }

    /// Reads and checks a rule file: every question described, every rule with its article and texts, codes
    /// used once, outcomes known, and no rule under which not answering serves better than answering yes.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let file: File = rulebook::read(text)?;
        let codes = file.ground.iter().map(|entry| entry.code.as_str());
        let codes = codes.chain(file.bar.iter().map(|entry| entry.code.as_str()));
        rulebook::check_codes(codes.chain([file.unmatched.code.as_str()]))?;
        let GeneralAdvice { leave, move_aside, stay, unknown } = &file.advice;
        rulebook::check_texts("advice", [leave, move_aside, stay, unknown])?;
        bars::check_outcomes(&file.outcome)?;
        let rules = Self {
            in_force_from: file.in_force_from,
            grounds: file
                .ground
                .into_iter()
                .map(|entry| ground(entry, &file.outcome))
                .collect::<Result<_, _>>()?,
            unmatched: unmatched(file.unmatched, &file.outcome)?,
            bars: file
                .bar
                .into_iter()
                .map(|entry| Bar::read(BarKind::Legal, entry, &file.outcome))
                .collect::<Result<_, _>>()?,
            questions: file.question,
            advice: file.advice,
        };
        rules.check_questions()?;
        Ok(rules)
    }

    fn check_questions(&self) -> Result<(), RuleFault> {
        for question in Question::ALL {
            let code = question.name();
            let wrong = |problem| Err(RuleFault::contradiction(code, problem));
            let described = self.questions.get(question);
            if Question::OF_POLICY.contains(question) {
                if described.is_some() {
                    return wrong("a question of the city: move it to policy.toml");
                }
                continue;
            }
            let Some(asked) = described else {
                return wrong("this question is not described: add it under [question]");
            };
            rulebook::check_texts(code, [&asked.wording()])?;
            check_asked(*question, asked.asked_of, &self.bars)?;
        }
        Ok(())
    }

    /// The first day on which these rules hold.
    pub fn in_force_from(&self) -> NaiveDate {
        self.in_force_from
    }

    /// The questions to ask a driver, in their order, with their texts.
    pub fn questions(&self, asked_of: AskedOf) -> impl Iterator<Item = (Question, Wording)> {
        let asked = self.questions.iter().filter(move |(_, asked)| asked.asked_of == asked_of);
        asked.map(|(question, asked)| (*question, asked.wording()))
    }

    /// The rows of the domain brief §1.1 that these rules stand for.
    pub fn covers(&self) -> BTreeSet<&str> {
        let grounds = self.grounds.iter().flat_map(|ground| &ground.entry.covers);
        grounds.chain(self.bars.iter().flat_map(Bar::covers)).map(String::as_str).collect()
    }

    pub(super) fn ground(&self, users: &RoadUsers) -> Option<&Ground> {
        self.grounds.iter().find(|ground| ground.entry.road_users.hold(users) == Answer::Yes)
    }

    pub(super) fn unmatched_outcome(&self) -> Outcome {
        self.unmatched.outcome
    }

    pub(super) fn unmatched_hit(&self, users: &RoadUsers) -> Hit {
        let UnmatchedEntry { code, title, articles, .. } = self.unmatched.entry.clone();
        let answer = if users.are_known() { Answer::Yes } else { Answer::Unknown };
        let because = Because { question: "road_users".to_owned(), answer };
        Hit { code, title, articles, bar: BarKind::Legal, because }
    }

    /// The bars of the law.
    pub(super) fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// The codes of all rules.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> {
        let grounds = self.grounds.iter().map(|ground| ground.entry.code.as_str());
        grounds.chain([self.unmatched.entry.code.as_str()]).chain(self.bars.iter().map(Bar::code))
    }

    pub(super) fn advice(
        &self,
        movement: Movement,
        bars: &[(&Bar, Answer, Outcome)],
        open: bool,
    ) -> Vec<Wording> {
        let GeneralAdvice { leave, move_aside, stay, unknown } = &self.advice;
        let first = match movement {
            Movement::Leave => leave,
            Movement::MoveAside => move_aside,
            Movement::Stay => stay,
        };
        let pressing =
            bars.iter().filter(|(_, answer, outcome)| *answer == Answer::Yes || outcome.lane >= Lane::Scene);
        let special = pressing.filter_map(|(bar, _, _)| bar.advice());
        std::iter::once(first).chain(special).chain(open.then_some(unknown)).cloned().collect()
    }
}

/// Refuses a question that no bar asks, and one for drivers whose "unknown" has no consequence.
pub(crate) fn check_asked(question: Question, of: AskedOf, bars: &[Bar]) -> Result<(), RuleFault> {
    let wrong = |problem| Err(RuleFault::contradiction(question.name(), problem));
    let mut bars = bars.iter().filter(|bar| bar.question() == Some(question)).peekable();
    if bars.peek().is_none() {
        return wrong("no rule asks for this question: add a rule, or take the question out");
    }
    if of == AskedOf::Driver && bars.any(|bar| !bar.minds_unknown()) {
        return wrong("a rule on it says nothing for \"unknown\": say what follows");
    }
    Ok(())
}

fn ground(entry: GroundEntry, outcomes: &Outcomes) -> Result<Ground, RuleFault> {
    rulebook::check_articles(&entry.code, &entry.articles)?;
    rulebook::check_texts(&entry.code, [&entry.title, &entry.order])?;
    Ok(Ground { outcome: bars::outcome(&entry.code, &entry.outcome, outcomes)?, entry })
}

fn unmatched(entry: UnmatchedEntry, outcomes: &Outcomes) -> Result<Unmatched, RuleFault> {
    rulebook::check_articles(&entry.code, &entry.articles)?;
    rulebook::check_texts(&entry.code, [&entry.title])?;
    let outcome = bars::outcome(&entry.code, &entry.outcome, outcomes)?;
    if outcome.movement == Movement::Leave || !outcome.human_check {
        return Err(RuleFault::contradiction(
            &entry.code,
            "without a ground nobody leaves before a person looked",
        ));
    }
    Ok(Unmatched { outcome, entry })
}

//! The rule file of triage: reading, checking, and asking it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    Answer, Answers, BarKind, Because, Handler, Hit, Lane, Movement, Order, Question, RoadUsers,
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

/// What a rule leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcome {
    pub(super) lane: Lane,
    pub(super) movement: Movement,
    pub(super) handler: Handler,
    #[serde(default)]
    pub(super) human_check: bool,
}

impl Outcome {
    /// The stricter of both in every respect.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            lane: self.lane.max(other.lane),
            movement: self.movement.max(other.movement),
            handler: self.handler.max(other.handler),
            human_check: self.human_check || other.human_check,
        }
    }

    /// Whether `self` is at least as strict as `other` in lane, movement and handler.
    fn covers(self, other: Self) -> bool {
        self.lane >= other.lane && self.movement >= other.movement && self.handler >= other.handler
    }
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

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bar {
    when: When,
    yes: Outcome,
    unknown: Option<Outcome>,
    entry: BarEntry,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    Question(Question),
    RoadUsers(Counts),
}

impl Bar {
    fn answer(&self, answers: &Answers) -> Answer {
        match self.when {
            When::Question(question) => answers.get(question),
            When::RoadUsers(counts) => counts.hold(&answers.road_users),
        }
    }

    fn outcome(&self, answer: Answer) -> Option<Outcome> {
        match answer {
            Answer::Yes => Some(self.yes),
            Answer::No => None,
            Answer::Unknown => self.unknown,
        }
    }

    pub(super) fn hit(&self, answer: Answer) -> Hit {
        let question = match self.when {
            When::Question(question) => question.name(),
            When::RoadUsers(_) => "road_users",
        };
        Hit {
            code: self.entry.code.clone(),
            title: self.entry.title.clone(),
            articles: self.entry.articles.clone(),
            bar: self.entry.kind,
            because: Because { question: question.to_owned(), answer },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    in_force_from: NaiveDate,
    outcome: BTreeMap<String, Outcome>,
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
struct BarEntry {
    code: String,
    covers: Vec<String>,
    kind: BarKind,
    question: Option<Question>,
    road_users: Option<Counts>,
    title: Wording,
    articles: Vec<String>,
    yes: String,
    unknown: Option<String>,
    advice: Option<Wording>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedQuestion {
    asked_of: AskedOf,
    zh: String,
    en: String,
}

impl AskedQuestion {
    fn wording(&self) -> Wording {
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
        for (name, outcome) in &file.outcome {
            let remote = outcome.handler == Handler::RemoteCentre;
            if remote != (outcome.lane <= Lane::Remote) {
                return Err(RuleFault::contradiction(
                    name,
                    "the remote lanes and only they are the centre's",
                ));
            }
        }
        let rules = Self {
            in_force_from: file.in_force_from,
            grounds: file
                .ground
                .into_iter()
                .map(|entry| ground(entry, &file.outcome))
                .collect::<Result<_, _>>()?,
            unmatched: unmatched(file.unmatched, &file.outcome)?,
            bars: file.bar.into_iter().map(|entry| bar(entry, &file.outcome)).collect::<Result<_, _>>()?,
            questions: file.question,
            advice: file.advice,
        };
        rules.check_questions()?;
        Ok(rules)
    }

    fn check_questions(&self) -> Result<(), RuleFault> {
        for question in Question::ALL {
            let code = question.name();
            let asked = self
                .questions
                .get(question)
                .ok_or_else(|| RuleFault::contradiction(code, "this question is not described"))?;
            rulebook::check_texts(code, [&asked.wording()])?;
            let mut bars = self.bars.iter().filter(|bar| bar.when == When::Question(*question)).peekable();
            if bars.peek().is_none() {
                return Err(RuleFault::contradiction(code, "no rule asks for this question"));
            }
            if asked.asked_of == AskedOf::Driver && bars.any(|bar| bar.unknown.is_none()) {
                return Err(RuleFault::contradiction(code, "a rule on it says nothing for \"unknown\""));
            }
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
        grounds.chain(self.bars.iter().flat_map(|bar| &bar.entry.covers)).map(String::as_str).collect()
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

    pub(super) fn bars_hit(&self, answers: &Answers) -> impl Iterator<Item = (&Bar, Answer, Outcome)> {
        self.bars.iter().filter_map(|bar| {
            let answer = bar.answer(answers);
            bar.outcome(answer).map(|outcome| (bar, answer, outcome))
        })
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
        let special = pressing.filter_map(|(bar, _, _)| bar.entry.advice.as_ref());
        std::iter::once(first).chain(special).chain(open.then_some(unknown)).cloned().collect()
    }
}

fn outcome(code: &str, name: &str, outcomes: &BTreeMap<String, Outcome>) -> Result<Outcome, RuleFault> {
    outcomes.get(name).copied().ok_or_else(|| RuleFault::contradiction(code, "names an unknown outcome"))
}

fn ground(entry: GroundEntry, outcomes: &BTreeMap<String, Outcome>) -> Result<Ground, RuleFault> {
    rulebook::check_articles(&entry.code, &entry.articles)?;
    rulebook::check_texts(&entry.code, [&entry.title, &entry.order])?;
    Ok(Ground { outcome: outcome(&entry.code, &entry.outcome, outcomes)?, entry })
}

fn unmatched(entry: UnmatchedEntry, outcomes: &BTreeMap<String, Outcome>) -> Result<Unmatched, RuleFault> {
    rulebook::check_articles(&entry.code, &entry.articles)?;
    rulebook::check_texts(&entry.code, [&entry.title])?;
    let outcome = outcome(&entry.code, &entry.outcome, outcomes)?;
    if outcome.movement == Movement::Leave || !outcome.human_check {
        return Err(RuleFault::contradiction(
            &entry.code,
            "without a ground nobody leaves before a person looked",
        ));
    }
    Ok(Unmatched { outcome, entry })
}

fn bar(entry: BarEntry, outcomes: &BTreeMap<String, Outcome>) -> Result<Bar, RuleFault> {
    let code = &entry.code;
    rulebook::check_articles(code, &entry.articles)?;
    rulebook::check_texts(code, std::iter::once(&entry.title).chain(&entry.advice))?;
    let when = match (entry.question, entry.road_users) {
        (Some(question), None) => When::Question(question),
        (None, Some(counts)) => When::RoadUsers(counts),
        _ => return Err(RuleFault::contradiction(code, "needs either a question or road users")),
    };
    let yes = outcome(code, &entry.yes, outcomes)?;
    let unknown = entry.unknown.as_ref().map(|name| outcome(code, name, outcomes)).transpose()?;
    if unknown.is_some_and(|unknown| !yes.covers(unknown)) {
        return Err(RuleFault::contradiction(code, "\"unknown\" must not be stricter than \"yes\""));
    }
    let settled = |unknown: Outcome| unknown.lane <= Lane::Remote && !unknown.human_check;
    if unknown.is_some_and(settled) {
        return Err(RuleFault::contradiction(code, "\"unknown\" must bring in a person"));
    }
    Ok(Bar { when, yes, unknown, entry })
}

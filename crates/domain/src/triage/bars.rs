//! What keeps a case out of the quick lanes: bars of the law (rules/triage.toml) and of a city (rules/policy.toml). Both
//! are written alike and applied together; each says which it is.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Answer, BarKind, Because, Handler, Hit, Lane, Movement, Question, Reported, counts::Counts, hours::Hours,
};
use crate::{
    money::Fen,
    rulebook::{self, RuleFault, Wording},
};

/// What a rule leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(super) lane: Lane,
    pub(super) movement: Movement,
    pub(super) handler: Handler,
    #[serde(default)]
    pub(super) human_check: bool,
}

/// The outcomes of a file, by name.
pub(crate) type Outcomes = BTreeMap<String, Outcome>;

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

/// Refuses outcomes that nobody could handle.
pub(crate) fn check_outcomes(outcomes: &Outcomes) -> Result<(), RuleFault> {
    let remote = |outcome: &Outcome| outcome.handler == Handler::RemoteCentre;
    match outcomes.iter().find(|(_, outcome)| remote(outcome) != (outcome.lane <= Lane::Remote)) {
        Some((name, _)) => Err(RuleFault::contradiction(
            name,
            "the remote lanes and only they are the centre's: change lane or handler",
        )),
        None => Ok(()),
    }
}

/// The outcome of this name.
pub(super) fn outcome(code: &str, name: &str, outcomes: &Outcomes) -> Result<Outcome, RuleFault> {
    let unknown = || RuleFault::contradiction(code, "names an unknown outcome: take one of [outcome]");
    outcomes.get(name).copied().ok_or_else(unknown)
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bar {
    kind: BarKind,
    when: When,
    yes: Outcome,
    unknown: Option<Outcome>,
    entry: BarEntry,
}

#[derive(Debug, Clone, PartialEq)]
enum When {
    Question(Question),
    RoadUsers(Counts),
    Hours(Vec<Hours>),
    LossAbove(Fen),
}

/// A bar as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BarEntry {
    pub(crate) code: String,
    /// The rows of the domain brief §1.1 that it stands for; only in the law.
    #[serde(default)]
    pub(super) covers: Vec<String>,
    /// Whether it holds; only a city can switch its own ones off.
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    question: Option<Question>,
    road_users: Option<Counts>,
    hours: Option<Vec<Hours>>,
    loss_above_yuan: Option<u32>,
    title: Wording,
    articles: Vec<String>,
    yes: String,
    unknown: Option<String>,
    advice: Option<Wording>,
}

fn yes() -> bool {
    true
}

impl Bar {
    /// Checks a bar. "Unknown" never serves better than "yes", and always brings in a person. A city's bar never takes
    /// away the duty to clear the road, which is the law's (R146 §19).
    pub(crate) fn read(kind: BarKind, entry: BarEntry, outcomes: &Outcomes) -> Result<Self, RuleFault> {
        let code = &entry.code;
        let wrong = |problem| RuleFault::contradiction(code, problem);
        rulebook::check_articles(code, &entry.articles)?;
        rulebook::check_texts(code, std::iter::once(&entry.title).chain(&entry.advice))?;
        let when = entry
            .when()
            .ok_or_else(|| wrong("needs exactly one of question, road_users, hours and loss_above_yuan"))?;
        if kind == BarKind::Legal && (!entry.enabled || matches!(when, When::Hours(_) | When::LossAbove(_))) {
            return Err(wrong("the law knows no hours, no ceiling and no switch: move this to policy.toml"));
        }
        if let When::Hours(hours) = &when
            && (hours.is_empty() || !hours.iter().all(Hours::is_proper))
        {
            return Err(wrong("hours need a time from and another time to"));
        }
        let yes = outcome(code, &entry.yes, outcomes)?;
        let unknown = entry.unknown.as_ref().map(|name| outcome(code, name, outcomes)).transpose()?;
        if unknown.is_some_and(|unknown| !yes.covers(unknown)) {
            return Err(wrong("\"unknown\" must not be stricter than \"yes\""));
        }
        let settled = |unknown: Outcome| unknown.lane <= Lane::Remote && !unknown.human_check;
        if unknown.is_some_and(settled) {
            return Err(wrong("\"unknown\" must bring in a person: take an outcome with human_check"));
        }
        if kind == BarKind::Policy && yes.movement == Movement::Stay {
            return Err(wrong("a city cannot forbid to clear the road: take an outcome that does not stay"));
        }
        Ok(Self { kind, when, yes, unknown, entry })
    }

    /// Its code.
    pub(crate) fn code(&self) -> &str {
        &self.entry.code
    }

    /// The rows of the domain brief that it stands for.
    pub(super) fn covers(&self) -> &[String] {
        &self.entry.covers
    }

    /// What to do about it, beyond the general advice.
    pub(super) fn advice(&self) -> Option<&Wording> {
        self.entry.advice.as_ref()
    }

    /// The question that it asks, if it asks one.
    pub(crate) fn question(&self) -> Option<Question> {
        match self.when {
            When::Question(question) => Some(question),
            _ => None,
        }
    }

    /// Whether it says what follows when nobody knows.
    pub(crate) fn minds_unknown(&self) -> bool {
        self.unknown.is_some()
    }

    fn answer(&self, reported: &Reported<'_>) -> Answer {
        match &self.when {
            When::Question(question) => reported.answers.get(*question),
            When::RoadUsers(counts) => counts.hold(&reported.answers.road_users),
            When::Hours(hours) => Answer::from(hours.iter().any(|hours| hours.hold(reported.clock))),
            When::LossAbove(ceiling) => {
                reported.estimated_loss.map_or(Answer::Unknown, |loss| Answer::from(loss > *ceiling))
            }
        }
    }

    /// Whether it applies: by which answer, and what follows.
    pub(super) fn apply(&self, reported: &Reported<'_>) -> Option<(Answer, Outcome)> {
        let answer = self.answer(reported);
        let outcome = match answer {
            Answer::Yes => Some(self.yes),
            Answer::No => None,
            Answer::Unknown => self.unknown,
        };
        outcome.map(|outcome| (answer, outcome))
    }

    pub(super) fn hit(&self, answer: Answer) -> Hit {
        let question = match &self.when {
            When::Question(question) => question.name(),
            When::RoadUsers(_) => "road_users",
            When::Hours(_) => "reported_at",
            When::LossAbove(_) => "estimated_loss",
        };
        Hit {
            code: self.entry.code.clone(),
            title: self.entry.title.clone(),
            articles: self.entry.articles.clone(),
            bar: self.kind,
            because: Because { question: question.to_owned(), answer },
        }
    }
}

impl BarEntry {
    fn when(&self) -> Option<When> {
        match (self.question, self.road_users, &self.hours, self.loss_above_yuan) {
            (Some(question), None, None, None) => Some(When::Question(question)),
            (None, Some(counts), None, None) => Some(When::RoadUsers(counts)),
            (None, None, Some(hours), None) => Some(When::Hours(hours.clone())),
            (None, None, None, Some(yuan)) => Some(When::LossAbove(Fen::from_yuan(yuan.into()))),
            _ => None,
        }
    }
}

//! Deadlines (期限): how long each step may take, as dated data with articles.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::rulebook::{self, RuleFault};

/// How long something may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// Hours of the clock.
    Hours(u32),
    /// Days of the calendar; the last one ends at midnight, or after the holidays it falls into.
    Days(u32),
    /// Working days; the day it begins is not counted (R146 §112).
    WorkingDays(u32),
}

/// One deadline.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Entry")]
pub struct Deadline {
    /// How long.
    pub term: Term,
    /// What it rests on.
    pub articles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    hours: Option<u32>,
    days: Option<u32>,
    working_days: Option<u32>,
    articles: Vec<String>,
}

impl TryFrom<Entry> for Deadline {
    type Error = &'static str;

    fn try_from(entry: Entry) -> Result<Self, Self::Error> {
        let term = match (entry.hours, entry.days, entry.working_days) {
            (Some(hours), None, None) => Term::Hours(hours),
            (None, Some(days), None) => Term::Days(days),
            (None, None, Some(days)) => Term::WorkingDays(days),
            _ => return Err("a deadline has one of hours, days and working_days"),
        };
        Ok(Self { term, articles: entry.articles })
    }
}

/// Every deadline.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    in_force_from: NaiveDate,
    /// The parties neither agree nor apply: an officer looks.
    pub collecting: Deadline,
    /// A party does not bring what an officer asked for.
    pub evidence_request: Deadline,
    /// An agreement is not signed by everybody.
    pub agreement: Deadline,
    /// A party neither signs nor refuses a determination.
    pub signature: Deadline,
    /// No unit settles it on scene.
    pub on_scene: Deadline,
    /// Mediation without result ends.
    pub mediation: Deadline,
    /// The officer's document, if not on the spot.
    pub determination: Deadline,
    /// A party may ask for a review, from service.
    pub review_request: Deadline,
    /// The conclusion of a review.
    pub review_conclusion: Deadline,
    /// The determination made anew after a review.
    pub redetermination: Deadline,
}

impl Deadlines {
    /// The deadlines this crate comes with (`rules/deadlines.toml`).
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../rules/deadlines.toml"))
    }

    /// Reads and checks a rule file.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let read: Self = rulebook::read(text)?;
        for (code, deadline) in read.all() {
            rulebook::check_articles(code, &deadline.articles)?;
        }
        Ok(read)
    }

    /// The first day on which they hold.
    pub fn in_force_from(&self) -> NaiveDate {
        self.in_force_from
    }

    /// Every deadline with its name in the file.
    pub fn all(&self) -> [(&'static str, &Deadline); 10] {
        [
            ("collecting", &self.collecting),
            ("evidence_request", &self.evidence_request),
            ("agreement", &self.agreement),
            ("signature", &self.signature),
            ("on_scene", &self.on_scene),
            ("mediation", &self.mediation),
            ("determination", &self.determination),
            ("review_request", &self.review_request),
            ("review_conclusion", &self.review_conclusion),
            ("redetermination", &self.redetermination),
        ]
    }
}

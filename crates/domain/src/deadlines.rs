//! Deadlines (期限): how long each step may take, as dated data with articles.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::rulebook::{self, RuleFault, Wording};

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

impl Term {
    /// How long, in words: 三个工作日 is written with a digit, so that any number can stand there.
    pub fn in_words(self) -> Wording {
        let (number, zh, en) = match self {
            Self::Hours(hours) => (hours, "小时", "hour"),
            Self::Days(days) => (days, "日", "day"),
            Self::WorkingDays(days) => (days, "个工作日", "working day"),
        };
        let plural = if number == 1 { "" } else { "s" };
        Wording { zh: format!("{number}{zh}"), en: format!("{number} {en}{plural}") }
    }
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

/// Declares the deadlines once: the enum, the fields of the file and the way between them.
macro_rules! deadlines {
    ($($(#[$doc:meta])* $name:ident, $field:ident;)+) => {
        /// One deadline, by its name in the file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum DeadlineName {
            $($(#[$doc])* $name,)+
        }

        impl DeadlineName {
            /// Every deadline.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in the file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($field),)+ }
            }
        }

        /// Every deadline.
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Deadlines {
            in_force_from: NaiveDate,
            $($(#[$doc])* pub $field: Deadline,)+
        }

        impl Deadlines {
            /// The deadline of this name.
            pub fn get(&self, name: DeadlineName) -> &Deadline {
                match name { $(DeadlineName::$name => &self.$field,)+ }
            }
        }
    };
}

deadlines! {
    /// The parties neither agree nor apply: an officer looks.
    Collecting, collecting;
    /// A party does not bring what an officer asked for.
    EvidenceRequest, evidence_request;
    /// An agreement is not signed by everybody.
    Agreement, agreement;
    /// A party neither signs nor refuses a determination.
    Signature, signature;
    /// No unit settles it on scene.
    OnScene, on_scene;
    /// Mediation without result ends.
    Mediation, mediation;
    /// The parties may jointly ask for mediation in writing, from receipt.
    MediationRequest, mediation_request;
    /// The officer's document, if not on the spot.
    Determination, determination;
    /// A party may ask for a review, from service.
    ReviewRequest, review_request;
    /// The conclusion of a review.
    ReviewConclusion, review_conclusion;
    /// The determination made anew after a review.
    Redetermination, redetermination;
}

impl Deadlines {
    /// The deadlines this crate comes with (`rules/deadlines.toml`).
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../rules/deadlines.toml"))
    }

    /// Reads and checks a rule file: every deadline with its articles, and none of no time at all.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let read: Self = rulebook::read(text)?;
        for (code, Deadline { term, articles }) in read.all() {
            rulebook::check_articles(code, articles)?;
            if matches!(term, Term::Hours(0) | Term::Days(0) | Term::WorkingDays(0)) {
                return Err(RuleFault::contradiction(
                    code,
                    "a deadline cannot be over when it begins: write at least 1",
                ));
            }
        }
        Ok(read)
    }

    /// The first day on which they hold.
    pub fn in_force_from(&self) -> NaiveDate {
        self.in_force_from
    }

    /// Every deadline with its name in the file.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Deadline)> {
        DeadlineName::ALL.iter().map(|name| (name.name(), self.get(*name)))
    }
}

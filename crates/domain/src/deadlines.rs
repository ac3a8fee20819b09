//! Deadlines (期限): how long each step may take, as dated data with articles.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::rulebook::{self, RuleFault, Wording};

/// No term of the law is longer, in whatever it is counted.
const LONGEST: u32 = 1000;

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
    /// The file goes to the unit above.
    ReviewForwarding, review_forwarding;
    /// The conclusion of a review.
    ReviewConclusion, review_conclusion;
    /// The conclusion of a review reaches the parties.
    ReviewService, review_service;
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
            let (Term::Hours(number) | Term::Days(number) | Term::WorkingDays(number)) = term;
            if !(1..=LONGEST).contains(number) {
                return Err(RuleFault::contradiction(code, "a deadline has a whole number from 1 to 1000"));
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

#[cfg(test)]
mod tests {
    //! What must hold of the deadlines.

    use super::*;

    const TEXT: &str = include_str!("../rules/deadlines.toml");

    #[track_caller]
    fn refused(from: &str, to: &str) -> RuleFault {
        assert!(TEXT.contains(from), "{from}");
        Deadlines::from_toml(&TEXT.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn the_terms_of_the_regulation_are_those_of_the_brief() {
        let deadlines = Deadlines::embedded().unwrap();
        let table = [
            (DeadlineName::Determination, Term::WorkingDays(3)),
            (DeadlineName::ReviewRequest, Term::WorkingDays(3)),
            (DeadlineName::ReviewConclusion, Term::Days(30)),
            (DeadlineName::Redetermination, Term::WorkingDays(10)),
            (DeadlineName::MediationRequest, Term::WorkingDays(10)),
        ];
        for (name, term) in table {
            assert_eq!(deadlines.get(name).term, term, "{name:?}");
        }
        assert_eq!(deadlines.all().count(), DeadlineName::ALL.len());
    }

    #[test]
    fn a_term_is_said_in_words() {
        let words = [Term::Hours(1), Term::Days(30), Term::WorkingDays(3)].map(Term::in_words);
        assert_eq!(words.clone().map(|words| words.zh), ["1小时", "30日", "3个工作日"]);
        assert_eq!(words.map(|words| words.en), ["1 hour", "30 days", "3 working days"]);
    }

    #[test]
    fn a_faulty_deadline_is_refused_with_its_reason() {
        assert!(matches!(refused("hours = 24", "hours = 0"), RuleFault::Contradiction { .. }));
        assert!(matches!(refused("hours = 24", "hours = 100_000"), RuleFault::Contradiction { .. }));
        assert!(matches!(refused("hours = 24", "hours = 24\ndays = 1"), RuleFault::Unreadable { .. }));
        assert!(matches!(refused("hours = 24\n", ""), RuleFault::Unreadable { .. }));
        assert!(matches!(refused("[on_scene]", "[on_site]"), RuleFault::Unreadable { line: 20.., .. }));
        let article = "articles = [\"《道路交通事故处理程序规定》第七十四条\"]";
        assert_eq!(refused(article, "articles = []"), RuleFault::NoArticle("review_conclusion".into()));
    }
}

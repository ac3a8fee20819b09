//! The editions of one rule file, and which of them holds when.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::RuleKind;
use crate::digest::Digest;

/// Where an edition comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It came with the service.
    Embedded,
    /// The city put it into its folder.
    City,
}

/// Names an edition for ever: from when it holds, and the hash of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditionMark {
    /// Its first day.
    pub in_force_from: NaiveDate,
    /// SHA-256 of the file.
    pub digest: Digest,
}

/// One edition of a rule file.
#[derive(Debug, Clone, PartialEq)]
pub struct Edition<T> {
    /// The file's name.
    pub file: String,
    /// Where it comes from.
    pub origin: Origin,
    /// From when it holds, and its hash.
    pub mark: EditionMark,
    /// What it says.
    pub content: T,
}

/// The editions of one rule file, oldest first; each holds until the next begins, the first also before its day.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated<T> {
    first: Edition<T>,
    later: Vec<Edition<T>>,
}

/// Why editions do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// There is none.
    #[error("there is no {0}.toml: every kind of rules is needed")]
    None(RuleKind),
    /// Two begin on one day.
    #[error("begins on {day} like {other}: give one of them another in_force_from")]
    Overlap {
        /// The day.
        day: NaiveDate,
        /// The other file.
        other: String,
    },
    /// Nothing holds for some days on which there may be cases.
    #[error(
        "nothing holds from {since} until it begins on {from}: begin earlier, or name the file {kind}-{from}.toml to \
         keep the editions that came with the service until then"
    )]
    Gap {
        /// The first day without rules.
        since: NaiveDate,
        /// The first day with rules.
        from: NaiveDate,
        /// The kind.
        kind: RuleKind,
    },
}

impl<T> Dated<T> {
    /// Puts editions in order of their first day. On `since` there must be one. A misfit names the file that it is
    /// about, if it is about one.
    pub fn new(
        kind: RuleKind,
        since: NaiveDate,
        mut editions: Vec<Edition<T>>,
    ) -> Result<Self, (Option<String>, Misfit)> {
        editions.sort_by_key(|edition| edition.mark.in_force_from);
        for pair in editions.windows(2) {
            if let [one, two] = pair
                && one.mark.in_force_from == two.mark.in_force_from
            {
                let misfit = Misfit::Overlap { day: two.mark.in_force_from, other: one.file.clone() };
                return Err((Some(two.file.clone()), misfit));
            }
        }
        let mut editions = editions.into_iter();
        let first = editions.next().ok_or((None, Misfit::None(kind)))?;
        let from = first.mark.in_force_from;
        if from > since {
            return Err((Some(first.file), Misfit::Gap { since, from, kind }));
        }
        Ok(Self { first, later: editions.collect() })
    }

    /// The edition that holds on `day`.
    pub fn edition(&self, day: NaiveDate) -> &Edition<T> {
        self.later.iter().rev().find(|edition| edition.mark.in_force_from <= day).unwrap_or(&self.first)
    }

    /// What holds on `day`.
    pub fn on(&self, day: NaiveDate) -> &T {
        &self.edition(day).content
    }

    /// Every edition, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Edition<T>> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// The newest edition alone, as if it had always held.
    #[must_use]
    pub fn newest(self) -> Self {
        let Self { first, mut later } = self;
        Self { first: later.pop().unwrap_or(first), later: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    //! Which edition holds when, to the day.

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn edition(from: &str) -> Edition<String> {
        Edition {
            file: format!("policy-{from}.toml"),
            origin: Origin::City,
            mark: EditionMark { in_force_from: day(from), digest: Digest::of(from.as_bytes()) },
            content: from.to_owned(),
        }
    }

    fn dated(days: &[&str]) -> Result<Dated<String>, (Option<String>, Misfit)> {
        Dated::new(RuleKind::Policy, day("2018-05-01"), days.iter().map(|day| edition(day)).collect())
    }

    #[test]
    fn an_edition_holds_from_its_first_day_until_the_day_before_the_next() {
        let dated = dated(&["2027-01-01", "2018-05-01", "2020-09-19"]).unwrap();
        let table = [
            ("2018-05-01", "2018-05-01"),
            ("2020-09-18", "2018-05-01"),
            ("2020-09-19", "2020-09-19"),
            ("2026-12-31", "2020-09-19"),
            ("2027-01-01", "2027-01-01"),
            ("2099-01-01", "2027-01-01"),
            ("2017-01-01", "2018-05-01"),
        ];
        for (on, expected) in table {
            assert_eq!(dated.on(day(on)), expected, "{on}");
        }
        assert_eq!(dated.all().count(), 3);
        assert_eq!(dated.newest().on(day("2018-05-01")), "2027-01-01");
    }

    #[test]
    fn none_two_from_one_day_and_a_late_first_one_are_refused() {
        assert_eq!(dated(&[]), Err((None, Misfit::None(RuleKind::Policy))));
        let twice = dated(&["2018-05-01", "2027-01-01", "2027-01-01"]).unwrap_err();
        assert_eq!(twice.0.as_deref(), Some("policy-2027-01-01.toml"));
        assert!(matches!(twice.1, Misfit::Overlap { .. }));
        let late = dated(&["2018-05-02"]).unwrap_err();
        assert_eq!(late.0.as_deref(), Some("policy-2018-05-02.toml"));
        assert!(matches!(late.1, Misfit::Gap { .. }));
        assert!(dated(&["2010-01-01"]).is_ok());
    }
}

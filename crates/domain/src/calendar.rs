//! Working days (工作日): weekends, public holidays and the working days moved for them, as yearly data. Days are those
//! of China, which has one time zone and no summer time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{
    DateTime, Datelike as _, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday,
};
use serde::Deserialize;

use crate::{
    deadlines::Term,
    rulebook::{self, RuleFault},
};

/// Seconds by which China is ahead of UTC.
const CHINA: i32 = 8 * 3600;

/// From this month on the notice of the next year should be known: it was never published later than in early December,
/// and terms that begin now end in the next year.
const NEXT_NOTICE: u32 = 12;

/// The clock in China at this time.
pub fn clock_in_china(at: DateTime<Utc>) -> NaiveDateTime {
    FixedOffset::east_opt(CHINA)
        .map_or_else(|| at.naive_utc(), |china| at.with_timezone(&china).naive_local())
}

/// The day in China at this time.
pub fn day_in_china(at: DateTime<Utc>) -> NaiveDate {
    clock_in_china(at).date()
}

/// The first moment of this day in China.
pub fn start_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() - TimeDelta::seconds(CHINA.into())
}

/// The end of this day in China: the first moment of the next.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    start_of(day.checked_add_days(Days::new(1)).unwrap_or(day))
}

/// Which days are worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar(BTreeMap<i32, Year>);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    year: i32,
    notice: String,
    days_off: BTreeSet<NaiveDate>,
    working_days: BTreeSet<NaiveDate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    year: Vec<Year>,
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

impl Year {
    fn check(&self) -> Result<(), RuleFault> {
        let code = self.year.to_string();
        let wrong = |problem| Err(RuleFault::contradiction(&code, problem));
        if self.notice.trim().is_empty() {
            return Err(RuleFault::EmptyText(code));
        }
        if self.days_off.is_empty() {
            return wrong("a year has days off: copy them from the notice");
        }
        // The holidays around 1 January may begin in December.
        let belongs =
            |day: &NaiveDate| day.year() == self.year || (day.year() == self.year - 1 && day.month() == 12);
        if !self.days_off.iter().chain(&self.working_days).all(belongs) {
            return wrong("a day lies in another year: correct its date");
        }
        if !self.working_days.iter().all(|day| is_weekend(*day)) {
            return wrong("a moved working day is a Saturday or Sunday: take out the others");
        }
        Ok(())
    }
}

impl Calendar {
    /// The calendar this crate comes with (`rules/calendar.toml`).
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../rules/calendar.toml"))
    }

    /// Reads and checks a calendar file: each year once, its days its own, moved working days at weekends, and no day
    /// both off and worked.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let file: File = rulebook::read(text)?;
        let mut years = BTreeMap::new();
        for year in file.year {
            year.check()?;
            let number = year.year;
            if years.insert(number, year).is_some() {
                return Err(RuleFault::DuplicateCode(number.to_string()));
            }
        }
        Self(years).checked()
    }

    /// This calendar with the years of `other`, which count where both have one.
    pub fn with(mut self, other: Self) -> Result<Self, RuleFault> {
        self.0.extend(other.0);
        self.checked()
    }

    fn checked(self) -> Result<Self, RuleFault> {
        let off: BTreeSet<_> = self.0.values().flat_map(|year| &year.days_off).collect();
        let clash = self.0.values().find(|year| year.working_days.iter().any(|day| off.contains(day)));
        match clash.map(|year| year.year.to_string()) {
            Some(code) => {
                Err(RuleFault::contradiction(&code, "a day is both off and worked: take it out of one list"))
            }
            None => Ok(self),
        }
    }

    /// Whether the yearly notice of this year is known.
    pub fn knows(&self, year: i32) -> bool {
        self.0.contains_key(&year)
    }

    /// The years whose notices are known, with what was published.
    pub fn notices(&self) -> impl Iterator<Item = (i32, &str)> {
        self.0.iter().map(|(year, known)| (*year, known.notice.as_str()))
    }

    /// The year whose notice is missing on `today`: this year's, or late in the year the next one's.
    pub fn missing_notice(&self, today: NaiveDate) -> Option<i32> {
        let next = (today.month() >= NEXT_NOTICE).then(|| today.year() + 1);
        std::iter::once(today.year()).chain(next).find(|year| !self.knows(*year))
    }

    /// Whether this day is worked.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        let (mut off, mut worked) = (is_weekend(day), false);
        // A notice also names days of the December before.
        for (_, year) in self.0.range(day.year()..=day.year().saturating_add(1)) {
            off |= year.days_off.contains(&day);
            worked |= year.working_days.contains(&day);
        }
        worked || !off
    }

    /// When a term that begins at `from` is over: the first moment after it. The day on which it begins is not counted,
    /// and its last day is never a day off (APR §35); hours run through nights and holidays.
    pub fn end(&self, from: DateTime<Utc>, term: Term) -> DateTime<Utc> {
        let first = day_in_china(from);
        match term {
            Term::Hours(hours) => {
                from.checked_add_signed(TimeDelta::hours(hours.into())).unwrap_or(DateTime::<Utc>::MAX_UTC)
            }
            Term::Days(days) => {
                let last = first.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX);
                end_of(self.next_working_day(last))
            }
            Term::WorkingDays(days) => {
                let next = |day: NaiveDate| self.next_working_day(day.succ_opt().unwrap_or(day));
                end_of(self.next_working_day((0..days).fold(first, |day, _| next(day))))
            }
        }
    }

    /// This day if it is worked, or the next that is.
    fn next_working_day(&self, from: NaiveDate) -> NaiveDate {
        from.iter_days().find(|day| self.is_working_day(*day)).unwrap_or(from)
    }
}

#[cfg(test)]
mod tests;

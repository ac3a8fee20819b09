//! Working days (工作日): weekends, public holidays and the working days moved for them, as yearly data. Days are those
//! of China, which has one time zone and no summer time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Days, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use serde::Deserialize;

use crate::{
    deadlines::Term,
    rulebook::{self, RuleFault},
};

/// Seconds by which China is ahead of UTC.
const CHINA: i32 = 8 * 3600;

/// The day in China at this time.
pub fn day_in_china(at: DateTime<Utc>) -> NaiveDate {
    FixedOffset::east_opt(CHINA)
        .map_or_else(|| at.date_naive(), |china| at.with_timezone(&china).date_naive())
}

/// The end of this day in China: the first moment of the next.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    next.and_time(NaiveTime::MIN).and_utc() - TimeDelta::seconds(CHINA.into())
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

impl Calendar {
    /// The calendar this crate comes with (`rules/calendar.toml`).
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../rules/calendar.toml"))
    }

    /// Reads and checks a calendar file.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let file: File = rulebook::read(text)?;
        let mut years = BTreeMap::new();
        for year in file.year {
            let code = year.year.to_string();
            if year.notice.trim().is_empty() {
                return Err(RuleFault::EmptyText(code));
            }
            if !year.days_off.is_disjoint(&year.working_days) {
                return Err(RuleFault::contradiction(&code, "a day is both off and worked"));
            }
            if years.insert(year.year, year).is_some() {
                return Err(RuleFault::DuplicateCode(code));
            }
        }
        Ok(Self(years))
    }

    /// Whether the yearly notice of this year is known.
    pub fn knows(&self, year: i32) -> bool {
        self.0.contains_key(&year)
    }

    /// Whether this day is worked.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let known = self.0.values().filter(|year| (year.year - day.year()).abs() <= 1);
        let (mut off, mut worked) = (false, false);
        for year in known {
            off |= year.days_off.contains(&day);
            worked |= year.working_days.contains(&day);
        }
        worked || !(weekend || off)
    }

    /// When a term that begins at `from` is over: the first moment after it.
    pub fn end(&self, from: DateTime<Utc>, term: Term) -> DateTime<Utc> {
        match term {
            Term::Hours(hours) => from + TimeDelta::hours(hours.into()),
            Term::Days(days) => {
                let last =
                    day_in_china(from).checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX);
                end_of(self.next_working_day(last))
            }
            Term::WorkingDays(days) => {
                let mut day = day_in_china(from);
                for _ in 0..days {
                    day = self.next_working_day(day.succ_opt().unwrap_or(day));
                }
                end_of(day)
            }
        }
    }

    /// This day if it is worked, or the next that is.
    fn next_working_day(&self, from: NaiveDate) -> NaiveDate {
        from.iter_days().find(|day| self.is_working_day(*day)).unwrap_or(from)
    }
}

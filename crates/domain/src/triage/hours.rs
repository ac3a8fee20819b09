//! Hours of the day in which a city's rule holds, by season and day of the week, in China's time.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use serde::Deserialize;

/// A time of day; midnight at the end of a day is 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
enum Time {
    At(NaiveTime),
    EndOfDay,
}

impl TryFrom<String> for Time {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "24:00" {
            return Ok(Self::EndOfDay);
        }
        let proper = text.len() == "00:00".len();
        let time = NaiveTime::parse_from_str(&text, "%H:%M").ok().filter(|_| proper);
        time.map(Self::At).ok_or("a time is written as \"07:30\", the end of the day as \"24:00\"")
    }
}

/// A day of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct DayOfYear {
    month: u32,
    day: u32,
}

impl TryFrom<String> for DayOfYear {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // Any leap year, so that 29 February may stand there.
        let day = NaiveDate::parse_from_str(&format!("2000-{text}"), "%Y-%m-%d");
        let day = day.map_err(|_| "a day of the year is written as \"05-01\"")?;
        Ok(Self { month: day.month(), day: day.day() })
    }
}

/// Part of the year, with both its days; it may begin in one year and end in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Season {
    from: DayOfYear,
    to: DayOfYear,
}

impl Season {
    fn holds(self, day: NaiveDate) -> bool {
        let day = DayOfYear { month: day.month(), day: day.day() };
        if self.from <= self.to {
            (self.from..=self.to).contains(&day)
        } else {
            day >= self.from || day <= self.to
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct DayOfWeek(Weekday);

impl TryFrom<String> for DayOfWeek {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|_| "a day of the week is written as \"monday\"")
    }
}

/// From one time to another, which it does not include; across midnight if the second is the earlier one. Season and
/// days are those of the day on which it begins.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hours {
    from: Time,
    to: Time,
    season: Option<Season>,
    #[serde(default)]
    days: Vec<DayOfWeek>,
}

impl Hours {
    /// Whether it has a length.
    pub(super) fn is_proper(&self) -> bool {
        self.from != self.to && self.from != Time::EndOfDay
    }

    /// Whether this moment, by the clocks of China, lies in it.
    pub(super) fn hold(&self, at: NaiveDateTime) -> bool {
        let (day, time) = (at.date(), Time::At(at.time()));
        if self.from < self.to {
            return self.begin_on(day) && self.from <= time && time < self.to;
        }
        let before = day.pred_opt().is_some_and(|before| self.begin_on(before));
        (self.begin_on(day) && self.from <= time) || (before && time < self.to)
    }

    fn begin_on(&self, day: NaiveDate) -> bool {
        let listed = self.days.is_empty() || self.days.iter().any(|listed| listed.0 == day.weekday());
        listed && self.season.is_none_or(|season| season.holds(day))
    }
}

#[cfg(test)]
mod tests {
    //! When hours hold, to the minute.

    use super::*;

    #[track_caller]
    fn hold(hours: &str, at: &str) -> bool {
        let hours: Hours = toml::from_str(hours).unwrap();
        assert!(hours.is_proper());
        hours.hold(at.parse().unwrap())
    }

    #[test]
    fn hours_hold_from_their_first_minute_to_before_their_last() {
        let day = "from = \"07:30\"\nto = \"18:30\"";
        let table = [("07:29:59", false), ("07:30:00", true), ("18:29:59", true), ("18:30:00", false)];
        for (time, expected) in table {
            assert_eq!(hold(day, &format!("2026-11-23T{time}")), expected, "{time}");
        }
        assert!(hold("from = \"00:00\"\nto = \"24:00\"", "2026-11-23T23:59:59"));
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        // 2026-11-27 is a Friday.
        let friday = "from = \"18:30\"\nto = \"07:30\"\ndays = [\"friday\"]";
        let table = [
            ("2026-11-27T07:00:00", false),
            ("2026-11-27T18:30:00", true),
            ("2026-11-28T07:29:00", true),
            ("2026-11-28T07:30:00", false),
            ("2026-11-28T19:00:00", false),
        ];
        for (at, expected) in table {
            assert_eq!(hold(friday, at), expected, "{at}");
        }
    }

    #[test]
    fn seasons_have_both_their_days_and_may_cross_the_new_year() {
        let hours = |season: &str| format!("from = \"00:00\"\nto = \"24:00\"\nseason = {season}");
        let summer = hours("{ from = \"05-01\", to = \"09-30\" }");
        let winter = hours("{ from = \"10-01\", to = \"04-30\" }");
        for (day, is_summer) in
            [("04-30", false), ("05-01", true), ("09-30", true), ("10-01", false), ("01-01", false)]
        {
            let at = format!("2026-{day}T12:00:00");
            assert_eq!((hold(&summer, &at), hold(&winter, &at)), (is_summer, !is_summer), "{day}");
        }
        assert!(hold(&hours("{ from = \"02-29\", to = \"02-29\" }"), "2028-02-29T01:00:00"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let wrong = [
            "from = \"7:30\"\nto = \"18:30\"",
            "from = \"07:30\"\nto = \"25:00\"",
            "from = \"07:30\"",
            "from = 7\nto = 8",
            "from = \"07:30\"\nto = \"08:00\"\ndays = [\"holiday\"]",
            "from = \"07:30\"\nto = \"08:00\"\nseason = { from = \"02-30\", to = \"03-01\" }",
        ];
        for text in wrong {
            assert!(toml::from_str::<Hours>(text).is_err(), "{text}");
        }
        for text in ["from = \"07:30\"\nto = \"07:30\"", "from = \"24:00\"\nto = \"07:30\""] {
            assert!(!toml::from_str::<Hours>(text).unwrap().is_proper(), "{text}");
        }
    }
}

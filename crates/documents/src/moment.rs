//! How an instant is printed: to the minute at the fixed offset +08:00 (China has one time zone and no daylight
//! saving).

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use domain::document::Language;

const SECONDS_EAST: i32 = 8 * 3600;

/// For example `2026年11月23日08时15分` or `23 November 2026, 08:15 (UTC+8)`.
pub(crate) fn minute(instant: DateTime<Utc>, language: Language) -> String {
    let (form, zone) = match language {
        Language::Chinese => ("%Y年%m月%d日%H时%M分", ["", "（UTC）"]),
        Language::English => ("%-d %B %Y, %H:%M", [" (UTC+8)", " (UTC)"]),
    };
    match FixedOffset::east_opt(SECONDS_EAST) {
        Some(china) => format!("{}{}", instant.with_timezone(&china).format(form), zone[0]),
        None => format!("{}{}", instant.format(form), zone[1]),
    }
}

/// The day that ends at this instant, or on which it lies, for example `2026年11月26日`: a term ends with a day.
pub(crate) fn last_day(end: DateTime<Utc>, language: Language) -> String {
    let form = match language {
        Language::Chinese => "%Y年%m月%d日",
        Language::English => "%-d %B %Y",
    };
    let last = end.checked_sub_signed(TimeDelta::milliseconds(1)).unwrap_or(end);
    match FixedOffset::east_opt(SECONDS_EAST) {
        Some(china) => last.with_timezone(&china).format(form).to_string(),
        None => last.format(form).to_string(),
    }
}

/// An amount of fen, for example `1,234.50元` or `CNY 1,234.50`.
pub(crate) fn money(fen: i64, language: Language) -> String {
    let whole = (fen / 100).unsigned_abs().to_string();
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if fen < 0 { "-" } else { "" };
    let cents = (fen % 100).unsigned_abs();
    match language {
        Language::Chinese => format!("{sign}{grouped}.{cents:02}元"),
        Language::English => format!("CNY {sign}{grouped}.{cents:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_late_in_the_utc_day_is_printed_as_the_next_chinese_day() {
        let instant: DateTime<Utc> = "2026-12-31T16:05:59Z".parse().expect("an instant");
        assert_eq!(minute(instant, Language::Chinese), "2027年01月01日00时05分");
        assert_eq!(minute(instant, Language::English), "1 January 2027, 00:05 (UTC+8)");
    }

    #[test]
    fn a_term_ends_with_a_day() {
        for (end, day) in
            [("2026-11-26T16:00:00Z", "2026年11月26日"), ("2026-11-26T15:59:59Z", "2026年11月26日")]
        {
            assert_eq!(last_day(end.parse().expect("an instant"), Language::Chinese), day);
        }
        assert_eq!(
            last_day("2026-11-26T16:00:00Z".parse().expect("an instant"), Language::English),
            "26 November 2026"
        );
    }

    #[test]
    fn money_is_printed_in_yuan_with_two_places() {
        let printed = |fen| (money(fen, Language::Chinese), money(fen, Language::English));
        assert_eq!(printed(0), ("0.00元".into(), "CNY 0.00".into()));
        assert_eq!(printed(123_456_705), ("1,234,567.05元".into(), "CNY 1,234,567.05".into()));
        assert_eq!(printed(-50), ("-0.50元".into(), "CNY -0.50".into()));
    }
}

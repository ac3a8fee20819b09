//! How an instant is printed: Chinese long form at the fixed offset +08:00 (China has one time zone and no
//! daylight saving).

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serializer;

const SECONDS_EAST: i32 = 8 * 3600;

/// For example `2026年11月23日08时15分`.
pub(crate) fn minute(instant: &DateTime<Utc>) -> String {
    match FixedOffset::east_opt(SECONDS_EAST) {
        Some(china) => instant.with_timezone(&china).format("%Y年%m月%d日%H时%M分").to_string(),
        None => instant.format("%Y年%m月%d日%H时%M分（UTC）").to_string(),
    }
}

/// For serde's `serialize_with`: the printed form of a known instant.
pub(crate) fn printed<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&minute(instant))
}

/// For serde's `serialize_with`: the printed form, or null when the instant is unknown.
pub(crate) fn printed_if_known<S: Serializer>(
    instant: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => printed(instant, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_late_in_the_utc_day_is_printed_as_the_next_chinese_day() {
        let instant: DateTime<Utc> = "2026-12-31T16:05:59Z".parse().expect("an instant");
        assert_eq!(minute(&instant), "2027年01月01日00时05分");
    }
}

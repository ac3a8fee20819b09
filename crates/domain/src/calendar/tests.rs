//! The published calendars, day by day where they surprise, and what must hold of every term.

use proptest::prelude::*;

use super::*;

const TEXT: &str = include_str!("../../rules/calendar.toml");

fn calendar() -> Calendar {
    Calendar::embedded().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn days_of(year: i32) -> impl Iterator<Item = NaiveDate> {
    day(&format!("{year}-01-01")).iter_days().take_while(move |day| day.year() == year)
}

/// Year, days off within holidays that the notices list for that calendar year, moved working days, working days in all.
const PUBLISHED: [(i32, usize, usize, usize); 8] = [
    (2019, 22, 6, 250),
    (2020, 30, 6, 249),
    (2021, 31, 7, 250),
    (2022, 32, 7, 249),
    (2023, 26, 7, 249),
    (2024, 28, 8, 251),
    (2025, 28, 5, 248),
    (2026, 33, 6, 248),
];

#[test]
fn each_published_year_has_its_days_off_moved_days_and_working_days() {
    let calendar = calendar();
    for (year, off, moved, worked) in PUBLISHED {
        let listed = |pick: fn(&Year) -> &BTreeSet<NaiveDate>| {
            calendar.0.values().flat_map(pick).filter(|day| day.year() == year).count()
        };
        assert_eq!(
            (listed(|year| &year.days_off), listed(|year| &year.working_days)),
            (off, moved),
            "{year}"
        );
        assert_eq!(days_of(year).filter(|day| calendar.is_working_day(*day)).count(), worked, "{year}");
        assert!(calendar.knows(year));
    }
    assert!(!calendar.knows(2018) && !calendar.knows(2027));
    assert_eq!(calendar.notices().count(), PUBLISHED.len());
}

#[test]
fn weekends_that_are_worked_and_weekdays_that_are_not_are_those_of_the_notices() {
    let calendar = calendar();
    let worked = [
        "2018-12-29",
        "2019-02-02",
        "2019-05-05",
        "2019-10-12",
        "2020-01-19",
        "2020-06-28",
        "2020-09-27",
        "2021-02-07",
        "2021-09-18",
        "2022-01-30",
        "2022-10-09",
        "2023-01-28",
        "2023-06-25",
        "2023-10-08",
        "2024-02-04",
        "2024-09-14",
        "2025-01-26",
        "2025-02-08",
        "2025-09-28",
        "2026-01-04",
        "2026-02-14",
        "2026-02-28",
        "2026-10-10",
    ];
    let off = [
        "2018-12-31",
        "2019-05-02",
        "2019-10-07",
        "2020-01-31",
        "2020-02-01",
        "2020-10-08",
        "2021-02-11",
        "2021-09-21",
        "2022-01-31",
        "2022-10-07",
        "2023-01-02",
        "2023-01-27",
        "2023-09-29",
        "2024-02-16",
        "2024-09-17",
        "2025-01-28",
        "2025-10-08",
        "2026-01-02",
        "2026-02-23",
        "2026-10-07",
        "2022-12-31",
    ];
    for text in worked {
        assert!(calendar.is_working_day(day(text)), "{text}");
    }
    for text in off {
        assert!(!calendar.is_working_day(day(text)), "{text}");
    }
    // The prolonged Spring Festival of 2020 ended on a Sunday.
    assert!(calendar.is_working_day(day("2020-02-03")));
    assert!(calendar.is_working_day(day("2024-02-09")), "the eve of 2024 was worked");
}

#[test]
fn a_year_without_notice_is_counted_by_its_weekends_and_missed_in_time() {
    let calendar = calendar();
    assert!(calendar.is_working_day(day("2027-10-01")) && !calendar.is_working_day(day("2027-10-02")));
    assert_eq!(calendar.missing_notice(day("2026-11-30")), None);
    assert_eq!(calendar.missing_notice(day("2026-12-01")), Some(2027));
    assert_eq!(calendar.missing_notice(day("2027-01-01")), Some(2027));
    assert_eq!(calendar.missing_notice(day("2025-12-31")), None);
}

#[test]
fn terms_end_as_the_law_counts_them() {
    let calendar = calendar();
    let table = [
        // Friday evening: Monday is the first day that counts.
        ("2026-11-20T12:00:00Z", Term::WorkingDays(1), "2026-11-23T16:00:00Z"),
        ("2026-11-20T12:00:00Z", Term::WorkingDays(3), "2026-11-25T16:00:00Z"),
        // 00:30 in China is the next day already.
        ("2026-11-22T16:30:00Z", Term::WorkingDays(1), "2026-11-24T16:00:00Z"),
        // Across the National Day of 2026: 8, 9 and the moved Saturday, 10 October.
        ("2026-09-30T04:00:00Z", Term::WorkingDays(3), "2026-10-10T16:00:00Z"),
        // Across the Spring Festival of 2026, with 14 February worked.
        ("2026-02-13T04:00:00Z", Term::WorkingDays(3), "2026-02-25T16:00:00Z"),
        // Across the turn of the year 2022 to 2023: 31 December is named by the notice of 2023.
        ("2022-12-29T04:00:00Z", Term::WorkingDays(2), "2023-01-03T16:00:00Z"),
        // 30 days end on 1 October: the first day after the holidays (APR §35).
        ("2026-09-01T04:00:00Z", Term::Days(30), "2026-10-08T16:00:00Z"),
        ("2026-11-01T04:00:00Z", Term::Days(30), "2026-12-01T16:00:00Z"),
        // Begun on a day off.
        ("2026-10-02T04:00:00Z", Term::WorkingDays(1), "2026-10-08T16:00:00Z"),
        ("2026-10-02T04:00:00Z", Term::WorkingDays(0), "2026-10-08T16:00:00Z"),
        ("2026-10-02T04:00:00Z", Term::Hours(24), "2026-10-03T04:00:00Z"),
    ];
    for (from, term, end) in table {
        assert_eq!(calendar.end(at(from), term), at(end), "{from} {term:?}");
    }
}

#[test]
fn the_longest_terms_and_the_last_days_do_not_break_the_calendar() {
    let calendar = calendar();
    for term in [Term::Hours(u32::MAX), Term::Days(u32::MAX), Term::WorkingDays(10_000)] {
        assert!(calendar.end(at("2026-11-23T00:00:00Z"), term) > at("2060-01-01T00:00:00Z"), "{term:?}");
    }
}

#[track_caller]
fn refused(from: &str, to: &str) -> RuleFault {
    assert!(TEXT.contains(from), "{from}");
    Calendar::from_toml(&TEXT.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn a_faulty_calendar_is_refused_with_its_reason() {
    let contradiction = |fault: &RuleFault, year: &str| matches!(fault, RuleFault::Contradiction { code, .. } if code == year);
    assert_eq!(
        refused("year = 2021", "year = 2020"),
        RuleFault::Contradiction {
            code: "2020".into(),
            problem: "a day lies in another year: correct its date",
        }
    );
    assert_eq!(
        refused("notice = \"国务院办公厅关于2022年部分节假日安排的通知\"", "notice = \" \""),
        RuleFault::EmptyText("2022".into())
    );
    assert!(contradiction(&refused("\"2023-01-28\"", "\"2023-01-30\""), "2023"), "a moved day on a Monday");
    assert!(contradiction(&refused("\"2023-01-28\"", "\"2023-01-21\""), "2023"), "off and worked");
    assert!(contradiction(
        &refused("working_days = [\"2018-12-29\"", "working_days = [\"2017-12-30\""),
        "2019"
    ));
    assert!(matches!(refused("\"2025-01-26\"", "\"2025-13-26\""), RuleFault::Unreadable { line: 90.., .. }));
    let twice = format!(
        "{TEXT}\n[[year]]\nyear = 2026\nnotice = \"x\"\ndays_off = [\"2026-01-01\"]\nworking_days = []\n"
    );
    assert_eq!(Calendar::from_toml(&twice), Err(RuleFault::DuplicateCode("2026".into())));
}

#[test]
fn a_further_notice_adds_its_year_and_a_corrected_one_counts() {
    let next = |text: &str| Calendar::from_toml(text).unwrap();
    let year = "[[year]]\nyear = 2027\nnotice = \"通知\"\ndays_off = [\"2026-12-31\", \"2027-01-01\"]\nworking_days = [\"2027-01-02\"]\n";
    let calendar = calendar().with(next(year)).unwrap();
    assert!(calendar.knows(2027) && calendar.knows(2026));
    assert!(!calendar.is_working_day(day("2026-12-31")) && calendar.is_working_day(day("2027-01-02")));
    let corrected = calendar.with(next(&year.replace("2027-01-02", "2027-01-03"))).unwrap();
    assert!(!corrected.is_working_day(day("2027-01-02")) && corrected.is_working_day(day("2027-01-03")));
    let clash = "[[year]]\nyear = 2027\nnotice = \"通知\"\ndays_off = [\"2026-12-26\"]\nworking_days = [\"2026-12-27\"]\n";
    let other = "[[year]]\nyear = 2026\nnotice = \"通知\"\ndays_off = [\"2026-12-27\"]\nworking_days = []\n";
    let fault = next(clash).with(next(other)).unwrap_err();
    assert_eq!(
        fault,
        RuleFault::contradiction("2027", "a day is both off and worked: take it out of one list")
    );
}

prop_compose! {
    fn any_moment()(seconds in 0_i64..9 * 365 * 86_400) -> DateTime<Utc> {
        at("2018-12-01T00:00:00Z") + TimeDelta::seconds(seconds)
    }
}

proptest! {
    #[test]
    fn a_term_of_days_never_ends_on_a_day_off(from in any_moment(), n in 0_u32..40, working in any::<bool>()) {
        let calendar = calendar();
        let term = if working { Term::WorkingDays(n) } else { Term::Days(n) };
        let end = calendar.end(from, term);
        let last = day_in_china(end - TimeDelta::seconds(1));
        prop_assert!(calendar.is_working_day(last), "{last}");
        prop_assert_eq!(end, start_of(last.succ_opt().unwrap()));
        prop_assert!(end > from);
    }

    #[test]
    fn a_longer_term_never_ends_sooner_nor_does_a_later_one(from in any_moment(), n in 0_u32..30, later in 0_i64..400_000) {
        let calendar = calendar();
        for term in [Term::Hours, Term::Days, Term::WorkingDays] {
            prop_assert!(calendar.end(from, term(n)) <= calendar.end(from, term(n + 1)));
            prop_assert!(calendar.end(from, term(n)) <= calendar.end(from + TimeDelta::seconds(later), term(n)));
        }
        let working = |n| calendar.end(from, Term::WorkingDays(n));
        prop_assert!(working(n + 1) < working(n + 2));
    }

    #[test]
    fn exactly_n_working_days_lie_between_the_day_it_begins_and_its_end(from in any_moment(), n in 1_u32..40) {
        let calendar = calendar();
        let end = day_in_china(calendar.end(from, Term::WorkingDays(n)));
        let begun = day_in_china(from);
        let between = begun.iter_days().skip(1).take_while(|day| *day < end);
        prop_assert_eq!(between.filter(|day| calendar.is_working_day(*day)).count(), usize::try_from(n).unwrap());
    }
}

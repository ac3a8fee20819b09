//! What a city can lay over the rules, and every kind of fault with its file, its line and what to do.

use super::*;

fn embedded(kind: RuleKind) -> &'static str {
    let name = format!("{kind}.toml");
    EMBEDDED.into_iter().find(|(known, _)| *known == name).unwrap().1
}

/// An edition of this kind from this day on.
fn edition(kind: RuleKind, from: &str) -> String {
    let text = embedded(kind);
    let first = text.lines().find(|line| line.starts_with("in_force_from")).unwrap();
    text.replacen(first, &format!("in_force_from = \"{from}\""), 1)
}

fn read(files: &[(&str, &str)]) -> Result<Rulebook, RuleFaults> {
    Rulebook::read(files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
}

#[track_caller]
fn faults(files: &[(&str, &str)]) -> Vec<String> {
    read(files).unwrap_err().to_string().lines().map(str::to_owned).collect()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The files of one kind that hold, oldest first.
fn of(book: &Rulebook, kind: RuleKind) -> Vec<String> {
    book.editions()
        .into_iter()
        .filter(|listed| listed.kind == kind)
        .map(|listed| listed.file.to_owned())
        .collect()
}

#[test]
fn what_came_with_the_service_is_complete() {
    let book = Rulebook::embedded().unwrap();
    let kinds: Vec<_> = book.editions().into_iter().map(|listed| listed.kind).collect();
    assert!(RuleKind::ALL[..7].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    assert!(book.editions().iter().all(|listed| listed.origin == Origin::Embedded));
    let names: Vec<_> = EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names, RuleKind::ALL.map(|kind| format!("{kind}.toml")));
}

#[test]
fn a_file_with_a_day_is_added_and_holds_from_that_day() {
    let text = edition(RuleKind::Policy, "2027-01-01").replacen("code = \"P1\"", "code = \"Q1\"", 1);
    let book = read(&[("policy-2027-01-01.toml", &text)]).unwrap();
    assert_eq!(of(&book, RuleKind::Policy), ["policy.toml", "policy-2027-01-01.toml"]);
    let holds = |on: &str, code: &str| book.on(day(on)).policy.codes().any(|known| known == code);
    assert!(holds("2026-12-31", "P1") && !holds("2026-12-31", "Q1"));
    assert!(!holds("2027-01-01", "P1") && holds("2027-01-01", "Q1"));
    let listed = book.editions().into_iter().find(|listed| listed.file == "policy.toml").unwrap();
    assert_eq!(listed.until, Some(day("2027-01-01")));
    assert!(book.newest().on(day("2018-05-01")).policy.codes().any(|known| known == "Q1"));
}

#[test]
fn a_file_without_a_day_takes_the_place_of_all_and_one_of_the_same_day_that_of_its_own() {
    let text = embedded(RuleKind::Shots);
    let later = edition(RuleKind::Shots, "2027-01-01");
    let book = read(&[("shots.toml", text), ("shots-2027-01-01.toml", &later)]).unwrap();
    assert_eq!(of(&book, RuleKind::Shots), ["shots.toml", "shots-2027-01-01.toml"]);
    assert!(
        book.editions()
            .iter()
            .all(|listed| (listed.origin == Origin::City) == (listed.kind == RuleKind::Shots))
    );
    let same = read(&[("shots-2018-05-01.toml", text)]).unwrap();
    assert_eq!(of(&same, RuleKind::Shots), ["shots-2018-05-01.toml"]);
}

#[test]
fn a_calendar_is_added_to_by_years() {
    let year = "[[year]]\nyear = 2027\nnotice = \"通知\"\ndays_off = [\"2027-01-01\"]\nworking_days = []\n";
    let book = read(&[("calendar-2027.toml", year)]).unwrap();
    let calendar = book.on(day("2027-01-01")).calendar.clone();
    assert!(calendar.knows(2026) && calendar.knows(2027));
    let alone = read(&[("calendar.toml", year)]).unwrap();
    assert!(!alone.on(day("2027-01-01")).calendar.knows(2026));
    assert_eq!(
        faults(&[("calendar-2028.toml", year)]),
        ["calendar-2028.toml: the name says 2028, but it has another year: make them the same",]
    );
}

#[test]
fn the_editions_that_judge_a_case_are_those_of_its_days() {
    let later = [RuleKind::Policy, RuleKind::Liability].map(|kind| edition(kind, "2027-01-01"));
    let book =
        read(&[("policy-2027-01-01.toml", &later[0]), ("liability-2027-01-01.toml", &later[1])]).unwrap();
    // The accident happened in the last minutes of a year, and was reported in the first of the next.
    let judging = book.judging(day("2027-01-01"), day("2026-12-31"));
    let from = |kind| judging[&kind].in_force_from.to_string();
    assert_eq!(
        (from(RuleKind::Policy), from(RuleKind::Liability)),
        ("2027-01-01".into(), "2018-05-01".into())
    );
    assert_eq!(judging[&RuleKind::Policy].digest, Digest::of(later[0].as_bytes()));
    assert_eq!(judging.len(), 6);
    let rules = book.judge(day("2027-01-01"), day("2026-12-31"));
    assert_eq!(
        (rules.policy.in_force_from(), rules.liability.in_force_from()),
        (day("2027-01-01"), day("2018-05-01"))
    );
    assert_eq!(rules.triage.in_force_from(), day("2018-05-01"));
}

#[test]
fn every_fault_names_its_file_its_line_and_what_to_do() {
    let policy = embedded(RuleKind::Policy);
    let line = |needle: &str| policy.lines().position(|line| line.contains(needle)).unwrap() + 1;
    let change = |from: &str, to: &str| {
        assert!(policy.contains(from), "{from}");
        policy.replacen(from, to, 1)
    };
    let one = |text: &str| match faults(&[("policy.toml", text)]).as_slice() {
        [fault] => fault.clone(),
        more => panic!("{more:?}"),
    };
    let article = line("第三十八条");
    assert_eq!(
        one(&change("《机动车交通事故责任强制保险条例》第三十八条", "CTALI 38")),
        format!(
            "policy.toml, line {article}: rule P2: \"CTALI 38\" is not an article: write it as 《name of the law》第…条"
        )
    );
    assert_eq!(
        one(&change("\"《机动车交通事故责任强制保险条例》第三十八条\"", "")),
        format!("policy.toml, line {article}: rule P2: names no article: write articles = [\"《…》第…条\"]")
    );
    assert_eq!(
        one(&change("en = \"On an expressway: not handled remotely\"", "en = \"\"")),
        format!(
            "policy.toml, line {}: rule P6: a text is empty: fill in both zh and en",
            line("On an expressway")
        )
    );
    assert_eq!(
        one(&change("code = \"P3\"", "code = \"P2\"")),
        format!(
            "policy.toml, line {}: rule P2: this code is used twice: give one of them another",
            line("code = \"P3\"")
        )
    );
    assert_eq!(
        one(&change("code = \"P3\"", "code = \"A1-A2\"")),
        format!(
            "policy.toml, line {}: rule A1-A2: this code is used in triage.toml too: take another one",
            line("code = \"P3\"")
        )
    );
    assert_eq!(
        one(&change("yes = \"patrol_aside\"\nunknown", "yes = \"nobody\"\nunknown")),
        format!(
            "policy.toml, line {}: rule P2: names an unknown outcome: take one of [outcome]",
            line("code = \"P2\"")
        )
    );
    let wrong = one(&change("loss_above_yuan = 5000", "loss_above_yuan = \"much\""));
    assert!(wrong.starts_with(&format!("policy.toml, line {}: ", line("loss_above_yuan = 5000"))), "{wrong}");
    let wrong = one("in_force_from = 2018-05-01\n[outcome");
    assert!(wrong.starts_with("policy.toml, line 2: "), "{wrong}");
}

#[test]
fn names_that_say_nothing_are_refused() {
    let name = "not the name of a rule file: call it KIND.toml or KIND-2027-01-01.toml (a calendar: calendar-2027.toml), \
                where KIND is one of triage, policy, liability, compensation, shots, deadlines, documents, calendar";
    for wrong in [
        "polcy.toml",
        "policy-winter.toml",
        "policy-2027-1-1.toml",
        "policy-2027-13-01.toml",
        "calendar-27.toml",
        "policy-.toml",
        "policy.tml",
    ] {
        assert_eq!(faults(&[(wrong, "")]), [format!("{wrong}: {name}")]);
    }
    let text = edition(RuleKind::Deadlines, "2027-02-01");
    let line = text.lines().position(|line| line.starts_with("in_force_from")).unwrap() + 1;
    assert_eq!(
        faults(&[("deadlines-2027-01-01.toml", &text)]),
        [format!(
            "deadlines-2027-01-01.toml, line {line}: the name says 2027-01-01, but in_force_from is another day: make them the same"
        )]
    );
}

#[test]
fn editions_leave_no_gap_and_do_not_overlap() {
    let late = edition(RuleKind::Triage, "2027-01-01");
    assert_eq!(
        faults(&[("triage.toml", &late)]),
        [
            "triage.toml: nothing holds from 2018-05-01 until it begins on 2027-01-01: begin earlier, or name the file \
         triage-2027-01-01.toml to keep the editions that came with the service until then",
        ]
    );
    let twice = faults(&[
        ("triage.toml", embedded(RuleKind::Triage)),
        ("triage-2018-05-01.toml", embedded(RuleKind::Triage)),
    ]);
    assert_eq!(
        twice,
        [
            "triage-2018-05-01.toml: begins on 2018-05-01 like triage.toml: give one of them another in_force_from",
        ]
    );
}

#[test]
fn every_kind_is_needed() {
    for missing in RuleKind::ALL {
        let others = EMBEDDED.into_iter().filter(|(name, _)| *name != format!("{missing}.toml"));
        let owned = others.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let faults = Rulebook::laid_over(owned, []).unwrap_err();
        assert_eq!(faults.to_string(), format!("there is no {missing}.toml: every kind of rules is needed"));
    }
}

#[test]
fn all_faults_of_all_files_are_told_at_once_in_one_line_each() {
    let policy = embedded(RuleKind::Policy).replace("《道路交通安全法》第七十条第三款", "RTSL 70(3)");
    let documents = embedded(RuleKind::Documents).replacen("zh = \"不详\"", "zh = \"\"", 1);
    let told = faults(&[
        ("policy.toml", &policy),
        ("documents.toml", &documents),
        ("x.toml", ""),
        ("shots.toml", "\u{0}"),
    ]);
    let count = |file: &str| told.iter().filter(|line| line.starts_with(file)).count();
    assert_eq!(
        (count("policy.toml"), count("documents.toml"), count("x.toml"), count("shots.toml")),
        (2, 1, 1, 1)
    );
    assert_eq!(told.len(), 5, "{told:#?}");
}

//! Reads rule files: those that came with the service, and those that a city lays over them. Everything that is wrong is
//! found at once and told in one line each: the file, the line, and what to do.
//!
//! A file is called after its kind, `policy.toml`, or after its kind and the day from which it holds,
//! `policy-2027-01-01.toml`. In a city's folder the first takes the place of every edition of that kind that came with
//! the service; the second is added to them, or takes the place of the one of the same day. A calendar is added to by
//! years: `calendar-2027.toml`.

use std::fmt;

use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    Dated, Edition, EditionMark, Misfit, Origin, RuleKind, Rulebook,
    inspection::{inspect, line_of},
};
use crate::{
    calendar::Calendar, compensation::CompensationRules, deadlines::Deadlines, digest::Digest,
    evidence::ShotRules, liability::LiabilityRules, policy::PolicyRules, rulebook::RuleFault,
    triage::TriageRules, wording::DocumentWording,
};

/// What came with the service.
const EMBEDDED: [(&str, &str); 8] = [
    ("triage.toml", include_str!("../../rules/triage.toml")),
    ("policy.toml", include_str!("../../rules/policy.toml")),
    ("liability.toml", include_str!("../../rules/liability.toml")),
    ("compensation.toml", include_str!("../../rules/compensation.toml")),
    ("shots.toml", include_str!("../../rules/shots.toml")),
    ("deadlines.toml", include_str!("../../rules/deadlines.toml")),
    ("documents.toml", include_str!("../../rules/documents.toml")),
    ("calendar.toml", include_str!("../../rules/calendar.toml")),
];

/// The regulation on which everything rests came into force on this day (R146 §114): rules are needed from then on.
const SINCE: NaiveDate = match NaiveDate::from_ymd_opt(2018, 5, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// What is wrong with a rule file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A rule is wrong.
    #[error("{}", told(.0))]
    Rule(RuleFault),
    /// Its name says not what it is.
    #[error(
        "not the name of a rule file: call it KIND.toml or KIND-2027-01-01.toml (a calendar: calendar-2027.toml), where \
         KIND is one of {}", RuleKind::ALL.map(RuleKind::name).join(", ")
    )]
    Name,
    /// Its name and its first day differ.
    #[error("the name says {0}, but in_force_from is another day: make them the same")]
    OtherDay(String),
    /// Its name says one year and its tables another.
    #[error("the name says {0}, but it has another year: make them the same")]
    OtherYear(String),
    /// Editions do not fit together.
    #[error(transparent)]
    Misfit(Misfit),
    /// A code of the law is used by the city.
    #[error("rule {0}: this code is used in triage.toml too: take another one")]
    CodeOfTheLaw(String),
}

/// The line is told before the problem.
fn told(fault: &RuleFault) -> String {
    match fault {
        RuleFault::Unreadable { problem, .. } => problem.clone(),
        other => other.to_string(),
    }
}

/// One thing that is wrong, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The file; none if it is about what is missing.
    pub file: Option<String>,
    /// The line, from 1, if it is about one.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub problem: Problem,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}, line {line}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, _) => {}
        }
        // Parsers may say a thing in several lines.
        write!(f, "{}", self.problem.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Everything that is wrong with the rules; at least one fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct RuleFaults(pub Vec<FileFault>);

/// A file, by what its name says.
struct File {
    name: String,
    kind: RuleKind,
    /// The day or year in its name.
    dated: Option<String>,
    origin: Origin,
    text: String,
}

/// Only the first day; what else stands there is read by the kind's own reader.
#[derive(Deserialize)]
struct Head {
    in_force_from: NaiveDate,
}

impl File {
    fn new(name: String, text: String, origin: Origin) -> Result<Self, FileFault> {
        let parts = name.strip_suffix(".toml").map(|stem| match stem.split_once('-') {
            Some((kind, dated)) => (kind, Some(dated)),
            None => (stem, None),
        });
        let known = parts.and_then(|(kind, dated)| {
            let kind = RuleKind::ALL.into_iter().find(|known| known.name() == kind)?;
            let proper = match (kind, dated) {
                (_, None) => true,
                (RuleKind::Calendar, Some(year)) => year.len() == 4 && year.parse::<u16>().is_ok(),
                (_, Some(day)) => day.len() == 10 && day.parse::<NaiveDate>().is_ok(),
            };
            proper.then(|| (kind, dated.map(str::to_owned)))
        });
        match known {
            Some((kind, dated)) => Ok(Self { name, kind, dated, origin, text }),
            None => Err(FileFault { file: Some(name), line: None, problem: Problem::Name }),
        }
    }

    fn fault(&self, line: Option<usize>, problem: Problem) -> FileFault {
        FileFault { file: Some(self.name.clone()), line, problem }
    }

    fn rule_fault(&self, fault: RuleFault) -> FileFault {
        self.fault(line_of(&self.text, &fault), Problem::Rule(fault))
    }

    /// Reads it by its kind's reader. Articles and texts are looked at first, all of them: its reader stops at one.
    fn read<T>(&self, read: impl Fn(&str) -> Result<T, RuleFault>, faults: &mut Vec<FileFault>) -> Option<T> {
        let found = inspect(&self.text);
        let none = found.is_empty();
        faults.extend(found.into_iter().map(|(line, fault)| self.fault(Some(line), Problem::Rule(fault))));
        match read(&self.text) {
            Ok(content) => none.then_some(content),
            Err(RuleFault::NoArticle(_) | RuleFault::NotAnArticle { .. } | RuleFault::EmptyText(_))
                if !none =>
            {
                None
            }
            Err(fault) => {
                faults.push(self.rule_fault(fault));
                None
            }
        }
    }

    fn mark(&self) -> Option<EditionMark> {
        let head: Head = toml::from_str(&self.text).ok()?;
        Some(EditionMark { in_force_from: head.in_force_from, digest: Digest::of(self.text.as_bytes()) })
    }
}

/// What a city lays over the rest: see the head of this file.
fn lay_over(embedded: Vec<File>, city: Vec<File>) -> Vec<File> {
    let day = |mark: EditionMark| mark.in_force_from;
    let stays = |file: &File| {
        !city.iter().any(|own| {
            own.kind == file.kind
                && match own.kind {
                    RuleKind::Calendar => own.dated.is_none(),
                    _ => own.dated.is_none() || own.mark().map(day) == file.mark().map(day),
                }
        })
    };
    let mut files: Vec<File> = embedded.into_iter().filter(stays).collect();
    files.extend(city);
    files
}

struct Reading {
    files: Vec<File>,
    faults: Vec<FileFault>,
}

impl Reading {
    fn of(&self, kind: RuleKind) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.kind == kind)
    }

    fn dated<T>(&mut self, kind: RuleKind, read: impl Fn(&str) -> Result<T, RuleFault>) -> Option<Dated<T>> {
        let mut faults = Vec::new();
        let mut editions = Vec::new();
        for file in self.of(kind) {
            let Some(content) = file.read(&read, &mut faults) else { continue };
            let Some(mark) = file.mark() else { continue };
            let named = file.dated.as_ref().filter(|named| **named != mark.in_force_from.to_string());
            faults.extend(named.map(|named| {
                let head = |line: &str| line.trim_start().starts_with("in_force_from");
                let line = file.text.lines().position(head).map(|line| line + 1);
                file.fault(line, Problem::OtherDay(named.clone()))
            }));
            editions.push(Edition { file: file.name.clone(), origin: file.origin, mark, content });
        }
        // What cannot be read may be what is missing: one fault at a time.
        let dated =
            faults.is_empty().then(|| Dated::new(kind, SINCE, editions)).and_then(|dated| match dated {
                Ok(dated) => Some(dated),
                Err((file, misfit)) => {
                    faults.push(FileFault { file, line: None, problem: Problem::Misfit(misfit) });
                    None
                }
            });
        self.faults.extend(faults);
        dated
    }

    fn calendar(&mut self) -> Option<Calendar> {
        let mut faults = Vec::new();
        let mut whole: Option<Calendar> = None;
        for file in self.of(RuleKind::Calendar) {
            let Some(calendar) = file.read(Calendar::from_toml, &mut faults) else { continue };
            let strange = |year: &String| calendar.notices().any(|(known, _)| known.to_string() != *year);
            if let Some(year) = file.dated.clone().filter(strange) {
                faults.push(file.fault(None, Problem::OtherYear(year)));
            }
            whole = match whole {
                None => Some(calendar),
                Some(before) => match before.clone().with(calendar) {
                    Ok(both) => Some(both),
                    Err(fault) => {
                        faults.push(file.rule_fault(fault));
                        Some(before)
                    }
                },
            };
        }
        if whole.is_none() && faults.is_empty() {
            let problem = Problem::Misfit(Misfit::None(RuleKind::Calendar));
            faults.push(FileFault { file: None, line: None, problem });
        }
        self.faults.extend(faults);
        whole
    }

    /// In the result of triage a code must say which rule it was.
    fn check_codes(&mut self, triage: &Dated<TriageRules>, policy: &Dated<PolicyRules>) {
        for edition in policy.all() {
            let shared =
                |code: &&str| triage.all().any(|law| law.content.codes().any(|taken| taken == *code));
            for code in edition.content.codes().filter(shared) {
                let named = RuleFault::DuplicateCode(code.to_owned());
                let file = self.files.iter().find(|file| file.name == edition.file);
                let line = file.and_then(|file| line_of(&file.text, &named));
                let problem = Problem::CodeOfTheLaw(code.to_owned());
                self.faults.push(FileFault { file: Some(edition.file.clone()), line, problem });
            }
        }
    }
}

impl Rulebook {
    /// The rules this crate comes with.
    pub fn embedded() -> Result<Self, RuleFaults> {
        Self::read(std::iter::empty())
    }

    /// The rules this crate comes with, and a city's files, each with its name, laid over them.
    pub fn read(city: impl IntoIterator<Item = (String, String)>) -> Result<Self, RuleFaults> {
        let embedded = EMBEDDED.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
        Self::laid_over(embedded, city)
    }

    fn laid_over(
        embedded: impl IntoIterator<Item = (String, String)>,
        city: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, RuleFaults> {
        let mut faults = Vec::new();
        let mut named = |files: &mut dyn Iterator<Item = (String, String)>, origin| -> Vec<File> {
            let (good, bad): (Vec<_>, Vec<_>) =
                files.map(|(name, text)| File::new(name, text, origin)).partition(Result::is_ok);
            faults.extend(bad.into_iter().filter_map(Result::err));
            good.into_iter().filter_map(Result::ok).collect()
        };
        let embedded = named(&mut embedded.into_iter(), Origin::Embedded);
        let city = named(&mut city.into_iter(), Origin::City);
        let mut reading = Reading { files: lay_over(embedded, city), faults };
        let triage = reading.dated(RuleKind::Triage, TriageRules::from_toml);
        let policy = reading.dated(RuleKind::Policy, PolicyRules::from_toml);
        let liability = reading.dated(RuleKind::Liability, LiabilityRules::from_toml);
        let compensation = reading.dated(RuleKind::Compensation, CompensationRules::from_toml);
        let shots = reading.dated(RuleKind::Shots, ShotRules::from_toml);
        let deadlines = reading.dated(RuleKind::Deadlines, Deadlines::from_toml);
        let wording = reading.dated(RuleKind::Documents, DocumentWording::from_toml);
        let calendar = reading.calendar();
        if let (Some(triage), Some(policy)) = (&triage, &policy) {
            reading.check_codes(triage, policy);
        }
        let read = || {
            Some(Self {
                triage: triage?,
                policy: policy?,
                liability: liability?,
                compensation: compensation?,
                shots: shots?,
                deadlines: deadlines?,
                wording: wording?,
                calendar: calendar?,
            })
        };
        match read() {
            Some(book) if reading.faults.is_empty() => Ok(book),
            _ => Err(RuleFaults(reading.faults)),
        }
    }
}

#[cfg(test)]
mod tests;

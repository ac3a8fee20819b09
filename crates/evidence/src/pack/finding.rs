//! What a check of a pack found: one line each, in Chinese and English.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// More lines say nothing that fewer do not.
const MOST_FINDINGS: usize = 1_000;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not hold: the pack is not to be relied on in this.
    Fails,
    /// Something to know that is no fault.
    Note,
    /// It holds if somebody outside is trusted, or something is compared by hand.
    RestsOn,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked, as a stable code.
    pub check: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// The language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 中文.
    Chinese,
    /// English.
    English,
}

/// Everything that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether all of it holds, under the conditions that are named.
    pub holds: bool,
    /// How many lines rest on something that must be compared or trusted outside: keys that only the pack names.
    pub conditions: usize,
    /// The time at which it was judged.
    pub at: DateTime<Utc>,
    /// The public number of the case, as far as the pack could be read.
    pub number: Option<String>,
    /// Line by line.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(at: DateTime<Utc>) -> Self {
        Self { holds: true, conditions: 0, at, number: None, findings: Vec::new() }
    }

    fn add(&mut self, check: &'static str, outcome: Outcome, zh: String, en: String) {
        self.holds &= outcome != Outcome::Fails;
        self.conditions += usize::from(outcome == Outcome::RestsOn);
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding { check, outcome, zh, en });
        }
    }

    pub(super) fn holds(&mut self, check: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        self.add(check, Outcome::Holds, zh.into(), en.into());
    }

    pub(super) fn fails(&mut self, check: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        self.add(check, Outcome::Fails, zh.into(), en.into());
    }

    pub(super) fn note(&mut self, check: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        self.add(check, Outcome::Note, zh.into(), en.into());
    }

    pub(super) fn rests_on(&mut self, check: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        self.add(check, Outcome::RestsOn, zh.into(), en.into());
    }

    /// Whether any line of this check fails.
    pub fn failed(&self, check: &str) -> bool {
        self.findings.iter().any(|finding| finding.check == check && finding.outcome == Outcome::Fails)
    }

    /// The report as lines for people.
    pub fn lines(&self, language: Language) -> String {
        let chinese = language == Language::Chinese;
        let mut text = String::new();
        for finding in &self.findings {
            let word = match (finding.outcome, chinese) {
                (Outcome::Holds, true) => "［成立］",
                (Outcome::Fails, true) => "［不成立］",
                (Outcome::Note, true) => "［说明］",
                (Outcome::RestsOn, true) => "［依赖］",
                (Outcome::Holds, false) => "[holds]   ",
                (Outcome::Fails, false) => "[FAILS]   ",
                (Outcome::Note, false) => "[note]    ",
                (Outcome::RestsOn, false) => "[rests on]",
            };
            let said = if chinese { &finding.zh } else { &finding.en };
            let _ = writeln!(text, "{word} {said}");
        }
        let at = self.at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        let conditions = self.conditions;
        let _ = match (self.holds, chinese) {
            (true, true) if conditions > 0 => {
                writeln!(
                    text,
                    "结论（以{at}为准）：全部成立，但以上{conditions}行“依赖”所列各项须另行核对一致为前提。"
                )
            }
            (true, false) if conditions > 0 => writeln!(
                text,
                "Judged at {at}: everything holds, if the {conditions} things marked [rests on] are compared and agree."
            ),
            (true, true) => writeln!(text, "结论（以{at}为准）：全部成立。"),
            (false, true) => writeln!(text, "结论（以{at}为准）：不能全部成立，见上列“不成立”各行。"),
            (true, false) => writeln!(text, "Judged at {at}: everything holds."),
            (false, false) => {
                writeln!(text, "Judged at {at}: NOT everything holds; see the lines that fail.")
            }
        };
        text
    }
}

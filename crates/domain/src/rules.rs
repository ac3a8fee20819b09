//! The rules of a day: every rule file in its editions, and which edition holds when. A case is judged by the rules of
//! its day.

mod dated;
mod inspection;
mod reading;

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use self::{
    dated::{Dated, Edition, EditionMark, Misfit, Origin},
    reading::{FileFault, Problem, RuleFaults},
};
use crate::{
    calendar::Calendar,
    compensation::CompensationRules,
    deadlines::Deadlines,
    document::{DocumentKind, RightLine},
    evidence::ShotRules,
    liability::LiabilityRules,
    policy::PolicyRules,
    rulebook::Wording,
    triage::{self, AskedOf, Question, Reported, Triage, TriageRules},
    wording::DocumentWording,
};

/// What a rule file is about; its name is the file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Where cases go, by law.
    Triage,
    /// What the city chose.
    Policy,
    /// Who is liable.
    Liability,
    /// Who pays what.
    Compensation,
    /// Which photos a case needs.
    Shots,
    /// How long things may take.
    Deadlines,
    /// What documents print.
    Documents,
    /// Which days are worked.
    Calendar,
}

impl RuleKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Triage,
        Self::Policy,
        Self::Liability,
        Self::Compensation,
        Self::Shots,
        Self::Deadlines,
        Self::Documents,
        Self::Calendar,
    ];

    /// Its name, as in the names of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Triage => "triage",
            Self::Policy => "policy",
            Self::Liability => "liability",
            Self::Compensation => "compensation",
            Self::Shots => "shots",
            Self::Deadlines => "deadlines",
            Self::Documents => "documents",
            Self::Calendar => "calendar",
        }
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which editions judge a case, by kind: whoever has the files can tell them by their hashes.
pub type JudgedBy = BTreeMap<RuleKind, EditionMark>;

/// All rules in all their editions.
#[derive(Debug, Clone, PartialEq)]
pub struct Rulebook {
    triage: Dated<TriageRules>,
    policy: Dated<PolicyRules>,
    liability: Dated<LiabilityRules>,
    compensation: Dated<CompensationRules>,
    shots: Dated<ShotRules>,
    deadlines: Dated<Deadlines>,
    wording: Dated<DocumentWording>,
    calendar: Calendar,
}

/// One edition as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<'a> {
    /// What it is about.
    pub kind: RuleKind,
    /// The file's name.
    pub file: &'a str,
    /// Where it comes from.
    pub origin: Origin,
    /// From when it holds, and its hash.
    pub mark: EditionMark,
    /// The first day on which it holds no more, if a later one is known.
    pub until: Option<NaiveDate>,
}

/// The rules that hold on one day.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Where cases go.
    pub triage: &'a TriageRules,
    /// What the city chose.
    pub policy: &'a PolicyRules,
    /// Who is liable.
    pub liability: &'a LiabilityRules,
    /// Which photos a case needs.
    pub shots: &'a ShotRules,
    /// How long things may take.
    pub deadlines: &'a Deadlines,
    /// What documents print.
    pub wording: &'a DocumentWording,
    /// Who pays what.
    pub compensation: &'a CompensationRules,
    /// Which days are worked.
    pub calendar: &'a Calendar,
}

impl Rules<'_> {
    /// Where a reported accident goes, by the law and the city's policy.
    pub fn assess(&self, reported: &Reported<'_>) -> Triage {
        triage::assess(self.triage, self.policy.bars(), reported)
    }

    /// The questions of the law and of the city, with their texts.
    pub fn questions(&self, asked_of: AskedOf) -> impl Iterator<Item = (Question, Wording)> {
        self.triage.questions(asked_of).chain(self.policy.questions(asked_of))
    }

    /// The rights that a kind of document tells; `served` is when their time begins to run, where that is known.
    pub fn rights(&self, kind: DocumentKind, served: Option<DateTime<Utc>>) -> Vec<RightLine> {
        self.wording.rights(kind, self.deadlines, self.calendar, served)
    }
}

impl Rulebook {
    /// The rules that hold on `day`.
    pub fn on(&self, day: NaiveDate) -> Rules<'_> {
        Rules {
            triage: self.triage.on(day),
            policy: self.policy.on(day),
            liability: self.liability.on(day),
            shots: self.shots.on(day),
            deadlines: self.deadlines.on(day),
            wording: self.wording.on(day),
            compensation: self.compensation.on(day),
            calendar: &self.calendar,
        }
    }

    /// The rules that judge a case: how it is handled goes by the day of the report, as procedure does; who is liable and
    /// who pays goes by the day of the accident, as the law stood when the parties acted.
    pub fn judge(&self, reported: NaiveDate, occurred: NaiveDate) -> Rules<'_> {
        Rules {
            liability: self.liability.on(occurred),
            compensation: self.compensation.on(occurred),
            ..self.on(reported)
        }
    }

    /// Which editions those are. What documents print goes by the day on which they are issued, and working days by
    /// the calendar.
    pub fn judging(&self, reported: NaiveDate, occurred: NaiveDate) -> JudgedBy {
        BTreeMap::from([
            (RuleKind::Triage, self.triage.edition(reported).mark),
            (RuleKind::Policy, self.policy.edition(reported).mark),
            (RuleKind::Shots, self.shots.edition(reported).mark),
            (RuleKind::Deadlines, self.deadlines.edition(reported).mark),
            (RuleKind::Liability, self.liability.edition(occurred).mark),
            (RuleKind::Compensation, self.compensation.edition(occurred).mark),
        ])
    }

    /// Every edition, by kind, oldest first. The calendar has years instead: see [`Rules::calendar`].
    pub fn editions(&self) -> Vec<Listed<'_>> {
        let Self { triage, policy, liability, compensation, shots, deadlines, wording, calendar: _ } = self;
        [
            listed(RuleKind::Triage, triage),
            listed(RuleKind::Policy, policy),
            listed(RuleKind::Liability, liability),
            listed(RuleKind::Compensation, compensation),
            listed(RuleKind::Shots, shots),
            listed(RuleKind::Deadlines, deadlines),
            listed(RuleKind::Documents, wording),
        ]
        .concat()
    }

    /// The newest edition of each kind alone, as if it had always held: a draft, to be tried on the past.
    #[must_use]
    pub fn newest(self) -> Self {
        Self {
            triage: self.triage.newest(),
            policy: self.policy.newest(),
            liability: self.liability.newest(),
            compensation: self.compensation.newest(),
            shots: self.shots.newest(),
            deadlines: self.deadlines.newest(),
            wording: self.wording.newest(),
            calendar: self.calendar,
        }
    }
}

fn listed<T>(kind: RuleKind, editions: &Dated<T>) -> Vec<Listed<'_>> {
    let ends = editions.all().skip(1).map(|next| Some(next.mark.in_force_from)).chain([None]);
    let of = |(edition, until)| {
        let Edition { file, origin, mark, .. }: &Edition<T> = edition;
        Listed { kind, file, origin: *origin, mark: *mark, until }
    };
    editions.all().zip(ends).map(of).collect()
}

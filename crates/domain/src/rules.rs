//! The rules of a day: every rule file in its editions, and which edition holds when. A case is judged by the rules of
//! its day.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    calendar::Calendar,
    compensation::CompensationRules,
    deadlines::Deadlines,
    document::{DocumentKind, RightLine},
    evidence::ShotRules,
    liability::LiabilityRules,
    policy::PolicyRules,
    rulebook::{RuleFault, Wording},
    triage::{self, AskedOf, Question, Reported, Triage, TriageRules},
    wording::DocumentWording,
};

/// The editions of one rule file, oldest first; each holds until the next begins, the first also before its day.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated<T> {
    first: T,
    later: Vec<(NaiveDate, T)>,
}

impl<T> Dated<T> {
    /// Puts editions in order of their first day. None, and two that begin on one day, are refused.
    pub fn new(name: &str, mut editions: Vec<(NaiveDate, T)>) -> Result<Self, RuleFault> {
        editions.sort_by_key(|(from, _)| *from);
        if editions.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other)) {
            return Err(RuleFault::contradiction(name, "two editions begin on one day"));
        }
        let mut editions = editions.into_iter();
        let Some((_, first)) = editions.next() else {
            return Err(RuleFault::contradiction(name, "has no edition"));
        };
        Ok(Self { first, later: editions.collect() })
    }

    /// The edition that holds on `day`.
    pub fn on(&self, day: NaiveDate) -> &T {
        self.later.iter().rev().find(|(from, _)| *from <= day).map_or(&self.first, |(_, edition)| edition)
    }
}

/// All rules in all their editions.
#[derive(Debug, Clone, PartialEq)]
pub struct Rulebook {
    triage: Dated<TriageRules>,
    policy: Dated<PolicyRules>,
    liability: Dated<LiabilityRules>,
    shots: Dated<ShotRules>,
    deadlines: Dated<Deadlines>,
    wording: Dated<DocumentWording>,
    compensation: CompensationRules,
    calendar: Calendar,
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
    /// The rules this crate comes with.
    pub fn embedded() -> Result<Self, RuleFault> {
        let triage = TriageRules::embedded()?;
        let policy = PolicyRules::embedded()?;
        let liability = LiabilityRules::embedded()?;
        let shots = ShotRules::embedded()?;
        let deadlines = Deadlines::embedded()?;
        let wording = DocumentWording::embedded()?;
        Ok(Self {
            triage: Dated::new("triage", vec![(triage.in_force_from(), triage)])?,
            policy: Dated::new("policy", vec![(policy.in_force_from(), policy)])?,
            liability: Dated::new("liability", vec![(liability.in_force_from(), liability)])?,
            shots: Dated::new("shots", vec![(shots.in_force_from(), shots)])?,
            deadlines: Dated::new("deadlines", vec![(deadlines.in_force_from(), deadlines)])?,
            wording: Dated::new("documents", vec![(wording.in_force_from(), wording)])?,
            compensation: CompensationRules::embedded()?,
            calendar: Calendar::embedded()?,
        })
    }

    /// The rules that hold on `day`.
    pub fn on(&self, day: NaiveDate) -> Rules<'_> {
        Rules {
            triage: self.triage.on(day),
            policy: self.policy.on(day),
            liability: self.liability.on(day),
            shots: self.shots.on(day),
            deadlines: self.deadlines.on(day),
            wording: self.wording.on(day),
            compensation: &self.compensation,
            calendar: &self.calendar,
        }
    }
}

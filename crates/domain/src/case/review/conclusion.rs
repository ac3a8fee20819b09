//! What reviewers conclude, and how their paper says it (R146 §74 to §77).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::Officer;
use crate::{
    document::OfficerLine,
    identifiers::{AccountId, Passage, PersonName},
};

/// What a review is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reviewed {
    /// A determination (R146 §76).
    Determination,
    /// A certificate (R146 §77).
    Certificate,
}

/// Why liability is to be determined anew (R146 §76, third paragraph).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewGround {
    /// The facts are not clear.
    Facts,
    /// The main evidence does not suffice.
    Evidence,
    /// The law was applied wrongly.
    Law,
    /// Liability is divided unfairly.
    Fairness,
    /// The procedure was against the law, and that may have led to another result.
    Procedure,
}

impl ReviewGround {
    /// Every ground, in the order of the article.
    pub const ALL: [Self; 5] = [Self::Facts, Self::Evidence, Self::Law, Self::Fairness, Self::Procedure];

    /// Its name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Evidence => "evidence",
            Self::Law => "law",
            Self::Fairness => "fairness",
            Self::Procedure => "procedure",
        }
    }

    /// In the words of the article.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Facts => "事实不清",
            Self::Evidence => "主要证据不足",
            Self::Law => "适用法律错误",
            Self::Fairness => "责任划分不公正",
            Self::Procedure => "调查及认定违反法定程序可能影响道路交通事故认定",
        }
    }
}

/// What a review comes to (R146 §76, §77).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum ReviewOutcome {
    /// It stands (维持).
    Upheld,
    /// It stands, after a flaw that changes nothing was corrected or explained.
    UpheldCorrected {
        /// What was corrected, or how it is explained.
        correction: Passage,
    },
    /// To be investigated and determined anew (责令重新调查、认定).
    Reinvestigate {
        /// Why. A certificate needs none: that more can be found out is enough (§77).
        grounds: BTreeSet<ReviewGround>,
    },
}

impl ReviewOutcome {
    /// Every outcome's name.
    pub const NAMES: [&'static str; 3] = ["upheld", "upheld_corrected", "reinvestigate"];

    /// Its name, as stored and shown.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::UpheldCorrected { .. } => "upheld_corrected",
            Self::Reinvestigate { .. } => "reinvestigate",
        }
    }

    pub(super) fn grounds(&self) -> Vec<String> {
        match self {
            Self::Reinvestigate { grounds } => {
                grounds.iter().map(|ground| ground.name().to_owned()).collect()
            }
            Self::Upheld | Self::UpheldCorrected { .. } => Vec::new(),
        }
    }

    /// Whether the article that fits what is reviewed knows this outcome.
    pub(super) fn goes_with(&self, reviewed: Reviewed) -> bool {
        match (self, reviewed) {
            (Self::Upheld, _) | (Self::UpheldCorrected { .. }, Reviewed::Determination) => true,
            (Self::UpheldCorrected { .. }, Reviewed::Certificate) => false,
            (Self::Reinvestigate { grounds }, Reviewed::Determination) => !grounds.is_empty(),
            (Self::Reinvestigate { grounds }, Reviewed::Certificate) => grounds.is_empty(),
        }
    }
}

/// What the reviewers say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    /// What it comes to.
    pub outcome: ReviewOutcome,
    /// Why.
    pub explanation: Passage,
}

/// A reviewer, as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewer {
    /// His account.
    pub account: AccountId,
    /// His name.
    pub name: PersonName,
    /// His number.
    pub badge: String,
}

impl From<&Officer> for Reviewer {
    fn from(officer: &Officer) -> Self {
        Self { account: officer.account, name: officer.name.clone(), badge: officer.badge.clone() }
    }
}

pub(super) fn officer_line(officer: &Reviewer) -> OfficerLine {
    OfficerLine { name: officer.name.to_string(), number: officer.badge.clone() }
}

pub(super) fn in_words(outcome: &ReviewOutcome, reviewed: Reviewed) -> String {
    let act = match reviewed {
        Reviewed::Determination => "道路交通事故认定",
        Reviewed::Certificate => "道路交通事故证明",
    };
    match outcome {
        ReviewOutcome::Upheld => format!("维持原{act}。"),
        ReviewOutcome::UpheldCorrected { correction } => {
            format!(
                "调查及认定程序存在瑕疵，但不影响认定，经补正或者作出合理解释，维持原{act}。补正或者解释：{correction}"
            )
        }
        ReviewOutcome::Reinvestigate { grounds } if grounds.is_empty() => {
            "事故成因仍需进一步调查，责令原办案单位重新调查、认定。".to_owned()
        }
        ReviewOutcome::Reinvestigate { grounds } => {
            let grounds: Vec<&str> = grounds.iter().map(|ground| ground.chinese()).collect();
            format!("原{act}{}，责令原办案单位重新调查、认定。", grounds.join("、"))
        }
    }
}

pub(super) fn articles(outcome: &ReviewOutcome, reviewed: Reviewed) -> Vec<String> {
    let mut numbers = vec!["七十四"];
    numbers.push(match reviewed {
        Reviewed::Determination => "七十六",
        Reviewed::Certificate => "七十七",
    });
    if matches!(outcome, ReviewOutcome::Reinvestigate { .. }) {
        numbers.push("七十九");
    }
    numbers.into_iter().map(|number| format!("《道路交通事故处理程序规定》第{number}条")).collect()
}

//! Liability: what the situation table proposes from structured facts, and the grades an officer can give.
//!
//! The table is data (`rules/liability.toml`). Every condition has three answers: a fact that is open leaves
//! a situation open, and as long as an open situation could change the outcome nothing is proposed.

mod facts;
mod grade;
mod place;
mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::rules::{Silence, Situation};
pub use self::{
    facts::{Circumstance, DrivingFacts, ImpactZone, Junction, Manoeuvre, NotAZone, Signal},
    grade::{Grade, ImpossibleGrades, Liability, Shares},
    place::{Approach, Contact, ContactOrder, Contacts, Heading, Lane, NotALane, TooManyContacts},
    rules::LiabilityRules,
};
use crate::{role::PartyRole, rulebook::Wording, triage::Answer};

/// A situation of the table and the party it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The party.
    pub role: PartyRole,
    /// Code of the situation, such as `7.2`.
    pub code: String,
    /// What the party did, or may have done.
    pub text: Wording,
    /// The articles against it.
    pub articles: Vec<String>,
}

/// What the rules say. Advice only: the officer decides (R146 §60).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Suggestion {
    /// One party did a listed act and nobody else did.
    Proposed {
        /// Code of the situation that names the outcome.
        situation: String,
        /// Its title.
        title: Wording,
        /// A grade for every party.
        grades: BTreeMap<PartyRole, Grade>,
        /// The articles against the liable party, each once.
        articles: Vec<String>,
        /// Every listed act of the liable party, in the order of the table.
        because: Vec<Reason>,
    },
    /// No proposal.
    Silent {
        /// Why not.
        why: Wording,
        /// The articles by which the officer then decides.
        articles: Vec<String>,
        /// Listed acts that are established, of whomever.
        because: Vec<Reason>,
        /// Listed acts that open facts leave possible: what to ask about.
        open: Vec<Reason>,
    },
}

/// Proposes liability from the facts of all parties; their order does not matter.
pub fn suggest(rules: &LiabilityRules, facts: &[(PartyRole, DrivingFacts)]) -> Suggestion {
    let facts: BTreeMap<PartyRole, &DrivingFacts> =
        facts.iter().map(|(role, facts)| (*role, facts)).collect();
    let (mut established, mut open) = (Vec::new(), Vec::new());
    for role in facts.keys() {
        for situation in rules.situations() {
            match rules.applies(situation, *role, &facts) {
                Answer::Yes => established.push(reason(*role, situation)),
                Answer::Unknown => open.push(reason(*role, situation)),
                Answer::No => {}
            }
        }
    }
    let Some(first) = established.first() else {
        return silent(if open.is_empty() { rules.nobody() } else { rules.open() }, established, open);
    };
    let liable = first.role;
    if established.iter().any(|reason| reason.role != liable) {
        return silent(rules.several(), established, open);
    }
    if open.iter().any(|reason| reason.role != liable) {
        return silent(rules.open(), established, open);
    }
    let grade = |role: &PartyRole| if *role == liable { Grade::Full } else { Grade::None };
    let mut articles: Vec<String> = Vec::new();
    for article in established.iter().flat_map(|reason| &reason.articles) {
        if !articles.contains(article) {
            articles.push(article.clone());
        }
    }
    Suggestion::Proposed {
        situation: first.code.clone(),
        title: first.text.clone(),
        grades: facts.keys().map(|role| (*role, grade(role))).collect(),
        articles,
        because: established,
    }
}

fn reason(role: PartyRole, situation: &Situation) -> Reason {
    Reason {
        role,
        code: situation.code.clone(),
        text: situation.title.clone(),
        articles: situation.articles.clone(),
    }
}

fn silent(silence: &Silence, because: Vec<Reason>, open: Vec<Reason>) -> Suggestion {
    Suggestion::Silent { why: silence.text.clone(), articles: silence.articles.clone(), because, open }
}

#[cfg(test)]
mod tests;

//! Liability: what the situation table proposes from structured facts, and the grades an officer can give.
//!
//! The table is data (`rules/liability.toml`). Every condition has three answers: a fact that is open leaves
//! a situation open, and as long as an open situation could change the outcome nothing is proposed. Accidents of
//! three and more are taken apart into contacts of two, in every order that fits what the parties tell (`contacts`,
//! `judge`). Every answer says which facts led there and what another fact would change (`explain`).

mod condition;
mod contacts;
mod explain;
mod fact;
mod facts;
mod grade;
mod judge;
mod place;
mod rules;
mod words;

use std::collections::BTreeMap;

use self::judge::{Facts, Judgement, Outcome};
pub use self::{
    explain::{ContactFinding, Question, WhatIf},
    fact::{Fact, StatedFact},
    facts::{Circumstance, DrivingFacts, ImpactZone, Junction, Manoeuvre, NotAZone, Signal},
    grade::{Grade, ImpossibleGrades, Liability, Shares},
    place::{Approach, Contact, ContactOrder, Contacts, Heading, Lane, NotALane, TooManyContacts},
    rules::LiabilityRules,
};
use crate::{role::PartyRole, rulebook::Wording};

/// A situation of the table and the party it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The party.
    pub role: PartyRole,
    /// Code of the situation, such as `7.2`.
    pub code: String,
    /// What the party did, or may have done.
    pub text: Wording,
    /// The articles against it.
    pub articles: Vec<String>,
    /// The facts that make it so, of this party and of the one it met, as far as they were told.
    pub facts: Vec<StatedFact>,
}

/// What the rules say. Advice only: the officer decides (R146 §60).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// One liability for the accident.
    Proposed {
        /// Code of the situation that names the outcome.
        situation: String,
        /// Its title, or how two acts weigh.
        title: Wording,
        /// A grade for every party.
        grades: BTreeMap<PartyRole, Grade>,
        /// What every party bears of the loss beyond compulsory insurance, in percent; they make 100, or nobody
        /// bears anything.
        shares: BTreeMap<PartyRole, u8>,
        /// The articles against the liable parties, each once.
        articles: Vec<String>,
        /// Every listed act of the liable parties, in the order of the table.
        because: Vec<Reason>,
        /// With three or more parties: each contact.
        contacts: Vec<ContactFinding>,
        /// Single facts that would lead to another proposal.
        would_change: Vec<WhatIf>,
    },
    /// Contacts with liabilities of their own, whose damage can be told apart: no single grade for a party.
    Apart {
        /// What to do with it.
        why: Wording,
        /// The articles.
        articles: Vec<String>,
        /// Every listed act.
        because: Vec<Reason>,
        /// Each contact with its grades.
        contacts: Vec<ContactFinding>,
        /// Single facts that would lead to one liability for all.
        would_change: Vec<WhatIf>,
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
        /// With three or more parties: each contact, as far as it can be told.
        contacts: Vec<ContactFinding>,
        /// What to ask: answers that would let the rules speak.
        questions: Vec<Question>,
    },
}

impl Suggestion {
    /// The acts it rests on.
    pub fn because(&self) -> &[Reason] {
        match self {
            Self::Proposed { because, .. } | Self::Apart { because, .. } | Self::Silent { because, .. } => {
                because
            }
        }
    }
}

/// Proposes liability from the facts of all parties; their order does not matter.
pub fn suggest(rules: &LiabilityRules, facts: &[(PartyRole, DrivingFacts)]) -> Suggestion {
    let facts: Facts<'_> = facts.iter().map(|(role, facts)| (*role, facts)).collect();
    let judgement = judge::judge(rules, &facts);
    let reasons = |acts: &std::collections::BTreeSet<judge::Act>| {
        let mut reasons: Vec<Reason> = Vec::new();
        for reason in acts.iter().filter_map(|act| explain::reason(rules, &facts, act)) {
            // One act against several others is one reason.
            match reasons.iter_mut().find(|other| (other.role, &other.code) == (reason.role, &reason.code)) {
                Some(same) => {
                    let more = reason.facts.into_iter().filter(|fact| !same.facts.contains(fact));
                    let more: Vec<_> = more.collect();
                    same.facts.extend(more);
                }
                None => reasons.push(reason),
            }
        }
        reasons
    };
    let because = reasons(&judgement.established);
    let contacts = explain::contacts(&facts, &judgement);
    match &judgement.outcome {
        Outcome::Silent(why) => {
            let silence = rules.silence(*why);
            Suggestion::Silent {
                why: silence.text.clone(),
                articles: silence.articles.clone(),
                because,
                open: reasons(&judgement.open),
                contacts,
                questions: explain::questions(rules, &facts, &judgement),
            }
        }
        Outcome::Apart => Suggestion::Apart {
            why: rules.apart().text.clone(),
            articles: each_once(
                because.iter().flat_map(|reason| &reason.articles).chain(&rules.apart().articles),
            ),
            because,
            contacts,
            would_change: explain::would_change(rules, &facts, &judgement.outcome),
        },
        Outcome::Settled(_) | Outcome::WithoutFault => proposed(rules, &facts, &judgement, because, contacts),
    }
}

fn proposed(
    rules: &LiabilityRules,
    facts: &Facts<'_>,
    judgement: &Judgement,
    because: Vec<Reason>,
    contacts: Vec<ContactFinding>,
) -> Suggestion {
    let grades = explain::grades(facts, &judgement.outcome).unwrap_or_default();
    let (situation, title, weighed) = named(rules, &grades, judgement, &because);
    let because: Vec<Reason> =
        because.into_iter().filter(|reason| grades.get(&reason.role) != Some(&Grade::None)).collect();
    let shares = Liability::new(grades.clone()).map_or_else(
        |_| BTreeMap::new(),
        |liability| grades.keys().map(|role| (*role, liability.share(*role, rules.shares()))).collect(),
    );
    Suggestion::Proposed {
        situation,
        title,
        shares,
        articles: each_once(because.iter().flat_map(|reason| &reason.articles).chain(&weighed)),
        because,
        contacts,
        would_change: explain::would_change(rules, facts, &judgement.outcome),
        grades,
    }
}

/// Code and title of the outcome, and the articles by which acts were weighed: the first act of the most liable
/// party, or how the acts of two weigh.
fn named(
    rules: &LiabilityRules,
    grades: &BTreeMap<PartyRole, Grade>,
    judgement: &Judgement,
    because: &[Reason],
) -> (String, Wording, Vec<String>) {
    let heaviest = grades.iter().min_by_key(|(_, grade)| **grade).map(|(role, _)| *role);
    let acts = |role: PartyRole| -> Vec<usize> {
        judgement.established.iter().filter(|act| act.role == role).map(|act| act.situation).collect()
    };
    let second = grades.iter().find(|(role, grade)| Some(**role) != heaviest && **grade != Grade::None);
    let weighed = heaviest.zip(second).and_then(|(one, (other, _))| rules.weigh(&acts(one), &acts(*other)));
    let first = because.iter().find(|reason| Some(reason.role) == heaviest);
    match (first, weighed) {
        (Some(first), Some(weighed)) => {
            (first.code.clone(), weighed.title.clone(), weighed.articles.to_vec())
        }
        (Some(first), None) => (first.code.clone(), first.text.clone(), Vec::new()),
        (None, _) => {
            let (code, title, articles) = rules.without_fault();
            (code.to_owned(), title.clone(), articles.to_vec())
        }
    }
}

fn each_once<'a>(articles: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for article in articles {
        if !once.contains(article) {
            once.push(article.clone());
        }
    }
    once
}

#[cfg(test)]
mod tests;

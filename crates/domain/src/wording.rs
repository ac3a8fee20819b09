//! What documents print besides the facts of a case: titles, rights with their time limits, closing words (文书用语),
//! as dated data with articles.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    calendar::Calendar,
    deadlines::{DeadlineName, Deadlines, Term},
    document::{Bilingual, DocumentKind, RightLine},
    rulebook::{self, RuleFault, Wording},
};

/// Stands in a text for the term of the deadline that the right names.
const TERM: &str = "{term}";

/// A right or duty that documents tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Review (R146 §71).
    Review,
    /// Mediation by the traffic police (R146 §25, §86).
    Mediation,
    /// People's mediation (R146 §84, §85).
    PeoplesMediation,
    /// Suit (RTSL §74).
    Suit,
    /// Seeing the evidence and objecting to it (R146 §65).
    Evidence,
    /// Another officer (R146 §105).
    Recusal,
    /// Signing or refusing (R146 §24).
    Refusal,
    /// How documents are served (APR §36).
    Service,
    /// The duty to tell the truth (R146 §61).
    Truth,
    /// How an agreement is performed (R146 §22).
    Performance,
    /// What can be done if it is not (R146 §22).
    Breach,
    /// An officer instead of an agreement (R146 §20).
    OfficerOnScene,
    /// What can be done if a mediation's result is not fulfilled (RTSL §74).
    Unfulfilled,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 13] = [
        Self::Review,
        Self::Mediation,
        Self::PeoplesMediation,
        Self::Suit,
        Self::Evidence,
        Self::Recusal,
        Self::Refusal,
        Self::Service,
        Self::Truth,
        Self::Performance,
        Self::Breach,
        Self::OfficerOnScene,
        Self::Unfulfilled,
    ];

    /// Its name in the rule file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Mediation => "mediation",
            Self::PeoplesMediation => "peoples_mediation",
            Self::Suit => "suit",
            Self::Evidence => "evidence",
            Self::Recusal => "recusal",
            Self::Refusal => "refusal",
            Self::Service => "service",
            Self::Truth => "truth",
            Self::Performance => "performance",
            Self::Breach => "breach",
            Self::OfficerOnScene => "officer_on_scene",
            Self::Unfulfilled => "unfulfilled",
        }
    }
}

/// What a kind of document says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentText {
    /// What stands on top.
    pub title: Wording,
    /// What stands above the signatures.
    pub closing: Wording,
    /// What the document rests on.
    pub articles: Vec<String>,
    /// The rights that it tells, in this order.
    pub rights: Vec<Right>,
}

/// What a right says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RightText {
    title: Wording,
    text: Wording,
    deadline: Option<DeadlineName>,
    articles: Vec<String>,
}

/// Marks on pages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marks {
    /// On every page of a translation.
    pub translation: Wording,
    /// On a document that a later one has taken the place of.
    pub superseded: Wording,
    /// On a determination that a review took away.
    pub revoked: Wording,
    /// Beside the code that leads to the verification page.
    pub verification: Wording,
    /// In a field about which nothing is known.
    pub unknown: Wording,
}

/// The wording of documents, checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentWording {
    in_force_from: NaiveDate,
    document: BTreeMap<DocumentKind, DocumentText>,
    right: BTreeMap<Right, RightText>,
    mark: Marks,
}

impl DocumentWording {
    /// The wording this crate comes with (`rules/documents.toml`).
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../rules/documents.toml"))
    }

    /// Reads and checks a rule file: every kind of document and every right described, in both languages and with
    /// articles, and a term in the text exactly where a deadline is named.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let read: Self = rulebook::read(text)?;
        for kind in DocumentKind::ALL {
            let document = read.document.get(&kind).ok_or_else(|| {
                RuleFault::contradiction(
                    kind.name(),
                    "this kind of document is not described: add [document.…]",
                )
            })?;
            rulebook::check_articles(kind.name(), &document.articles)?;
            rulebook::check_texts(kind.name(), [&document.title, &document.closing])?;
        }
        for right in Right::ALL {
            let code = right.name();
            let told = read.right.get(&right).ok_or_else(|| {
                RuleFault::contradiction(code, "this right is not described: add [right.…]")
            })?;
            rulebook::check_articles(code, &told.articles)?;
            rulebook::check_texts(code, [&told.title, &told.text])?;
            let terms = [&told.text.zh, &told.text.en].map(|text| text.contains(TERM));
            if terms != [told.deadline.is_some(); 2] {
                return Err(RuleFault::contradiction(
                    code,
                    "{term} must stand in both texts of a right that names a deadline, and in no other",
                ));
            }
        }
        let Marks { translation, superseded, revoked, verification, unknown } = &read.mark;
        rulebook::check_texts("mark", [translation, superseded, revoked, verification, unknown])?;
        Ok(read)
    }

    /// The first day on which it holds.
    pub fn in_force_from(&self) -> NaiveDate {
        self.in_force_from
    }

    /// What a kind of document says of itself. Every kind is described; that was checked when the file was read.
    pub fn document(&self, kind: DocumentKind) -> Option<&DocumentText> {
        self.document.get(&kind)
    }

    /// Marks on pages.
    pub fn marks(&self) -> &Marks {
        &self.mark
    }

    /// The rights that a kind of document tells, with terms in words. `served` is when their time begins to run,
    /// where that is known.
    pub fn rights(
        &self,
        kind: DocumentKind,
        deadlines: &Deadlines,
        calendar: &Calendar,
        served: Option<DateTime<Utc>>,
    ) -> Vec<RightLine> {
        let told = self.document.get(&kind).into_iter().flat_map(|document| &document.rights);
        told.filter_map(|right| self.right.get(right))
            .map(|right| {
                let term = right.deadline.map(|name| deadlines.get(name).term);
                let words = term.map(Term::in_words);
                let fill = |text: &str, word: Option<&String>| match word {
                    Some(word) => text.replace(TERM, word),
                    None => text.to_owned(),
                };
                RightLine {
                    title: Bilingual::new(&*right.title.zh, &*right.title.en),
                    text: Bilingual::new(
                        fill(&right.text.zh, words.as_ref().map(|words| &words.zh)),
                        fill(&right.text.en, words.as_ref().map(|words| &words.en)),
                    ),
                    until: served.zip(term).map(|(served, term)| calendar.end(served, term)),
                    articles: right.articles.clone(),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;

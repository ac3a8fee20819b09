//! What the rules propose, and why: for the officer, who decides.

use std::collections::BTreeMap;

use domain::{
    liability::{ContactFinding, Fact, Grade, Question, Reason, StatedFact, Suggestion, WhatIf},
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::WordingView;
use crate::api::schemas;

/// One fact that a party stated, or could have.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FactView {
    /// The party.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// What it is about: `manoeuvre`, `signal`, `junction`, `impact_zone`, `heading`, `contacts`, or the name of a
    /// circumstance.
    pub fact: String,
    /// Its value, as in a statement; contacts as roles and zones in order, such as `A@6 C@12`.
    pub value: String,
    /// In words, without the subject.
    pub text: WordingView,
}

impl FactView {
    fn new(role: PartyRole, fact: &Fact) -> Self {
        Self { role, fact: fact.name(), value: fact.value(), text: (&fact.words()).into() }
    }
}

/// A situation of the table and the party it is about.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReasonView {
    /// The party.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Code of the situation.
    pub code: String,
    /// What the party did, or may have done.
    pub text: WordingView,
    /// The articles.
    pub articles: Vec<String>,
    /// The facts that make it so, of this party and of the one it met.
    pub facts: Vec<FactView>,
}

impl From<&Reason> for ReasonView {
    fn from(reason: &Reason) -> Self {
        let fact = |stated: &StatedFact| FactView::new(stated.role, &stated.fact);
        Self {
            role: reason.role,
            code: reason.code.clone(),
            text: (&reason.text).into(),
            articles: reason.articles.clone(),
            facts: reason.facts.iter().map(fact).collect(),
        }
    }
}

/// What one other fact would lead to.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WhatIfView {
    /// The other fact.
    pub fact: FactView,
    /// What would then be proposed.
    #[schema(schema_with = schemas::grades)]
    pub grades: Option<BTreeMap<PartyRole, Grade>>,
    /// The whole sentence.
    pub text: WordingView,
}

impl From<&WhatIf> for WhatIfView {
    fn from(what_if: &WhatIf) -> Self {
        Self {
            fact: FactView::new(what_if.role, &what_if.fact),
            grades: what_if.grades.clone(),
            text: (&what_if.text).into(),
        }
    }
}

/// A question whose answer would let the rules speak.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OpenQuestionView {
    /// Whom it is about.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// What it is about, as in a statement.
    pub about: String,
    /// The question.
    pub text: WordingView,
    /// Answers after which there would be a proposal; empty where more than one fact is open.
    pub answers: Vec<WhatIfView>,
}

impl From<&Question> for OpenQuestionView {
    fn from(question: &Question) -> Self {
        Self {
            role: question.role,
            about: question.about.clone(),
            text: (&question.text).into(),
            answers: question.answers.iter().map(WhatIfView::from).collect(),
        }
    }
}

/// One contact of an accident with three or more parties.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ContactView {
    /// Who touched.
    #[schema(value_type = Vec<String>, min_items = 2, max_items = 2)]
    pub roles: [PartyRole; 2],
    /// Who bears what for it; nothing where that is not settled.
    #[schema(schema_with = schemas::grades)]
    pub grades: Option<BTreeMap<PartyRole, Grade>>,
    /// Who was pushed into it by an earlier contact.
    #[schema(value_type = Vec<String>)]
    pub pushed: Vec<PartyRole>,
    /// What was found, in words.
    pub text: WordingView,
}

impl From<&ContactFinding> for ContactView {
    fn from(contact: &ContactFinding) -> Self {
        Self {
            roles: contact.roles,
            grades: contact.grades.clone(),
            pushed: contact.pushed.clone(),
            text: (&contact.text).into(),
        }
    }
}

/// What the rules propose. Advice only: the officer decides.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SuggestionView {
    /// The proposal, or nothing when the rules stay silent or propose for each contact by itself.
    #[schema(schema_with = schemas::grades)]
    pub grades: Option<BTreeMap<PartyRole, Grade>>,
    /// What every party would bear of the loss beyond compulsory insurance, in percent.
    #[schema(value_type = Option<BTreeMap<String, u8>>)]
    pub shares: Option<BTreeMap<PartyRole, u8>>,
    /// Code of the situation.
    pub situation: Option<String>,
    /// What it is called, or why there is no proposal.
    pub text: WordingView,
    /// The articles.
    pub articles: Vec<String>,
    /// Which acts led there, each with its facts.
    pub because: Vec<ReasonView>,
    /// Acts that open facts leave possible.
    pub open: Vec<ReasonView>,
    /// With three or more parties: each contact, in time order.
    pub contacts: Vec<ContactView>,
    /// Single facts that would lead to another proposal.
    pub would_change: Vec<WhatIfView>,
    /// Without a proposal: what to ask.
    pub questions: Vec<OpenQuestionView>,
}

impl From<&Suggestion> for SuggestionView {
    fn from(suggestion: &Suggestion) -> Self {
        let (Suggestion::Proposed { title: text, articles, because, contacts, .. }
        | Suggestion::Apart { why: text, articles, because, contacts, .. }
        | Suggestion::Silent { why: text, articles, because, contacts, .. }) = suggestion;
        let view = Self {
            grades: None,
            shares: None,
            situation: None,
            text: text.into(),
            articles: articles.clone(),
            because: because.iter().map(ReasonView::from).collect(),
            open: Vec::new(),
            contacts: contacts.iter().map(ContactView::from).collect(),
            would_change: Vec::new(),
            questions: Vec::new(),
        };
        match suggestion {
            Suggestion::Proposed { situation, grades, shares, would_change, .. } => Self {
                grades: Some(grades.clone()),
                shares: Some(shares.clone()),
                situation: Some(situation.clone()),
                would_change: would_change.iter().map(WhatIfView::from).collect(),
                ..view
            },
            Suggestion::Apart { would_change, .. } => {
                Self { would_change: would_change.iter().map(WhatIfView::from).collect(), ..view }
            }
            Suggestion::Silent { open, questions, .. } => Self {
                open: open.iter().map(ReasonView::from).collect(),
                questions: questions.iter().map(OpenQuestionView::from).collect(),
                ..view
            },
        }
    }
}

//! What all rule files under `rules/` have in common: bilingual texts, articles, and what can be wrong.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A text for people, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// Chinese: what counts.
    pub zh: String,
    /// English, for those who do not read Chinese.
    pub en: String,
}

/// Why a rule file cannot be used. One line for whoever edits it.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum RuleFault {
    /// Not TOML of the expected shape; also names and values that the rules do not know.
    #[error("line {line}: {problem}")]
    Unreadable {
        /// Line of the file, from 1.
        line: usize,
        /// What the reader expected.
        problem: String,
    },
    /// Two rules of one file share a code.
    #[error("rule {0}: this code is used twice: give one of them another")]
    DuplicateCode(String),
    /// A rule that names no article.
    #[error("rule {0}: names no article: write articles = [\"《…》第…条\"]")]
    NoArticle(String),
    /// An article that is not written as 《law》第…条.
    #[error("rule {code}: {article:?} is not an article: write it as 《name of the law》第…条")]
    NotAnArticle {
        /// The rule's code.
        code: String,
        /// What stands in its place.
        article: String,
    },
    /// A text is missing in one language.
    #[error("rule {0}: a text is empty: fill in both zh and en")]
    EmptyText(String),
    /// The rule contradicts itself or the file.
    #[error("rule {code}: {problem}")]
    Contradiction {
        /// The rule's code.
        code: String,
        /// What does not fit.
        problem: &'static str,
    },
}

impl RuleFault {
    /// A contradiction in the rule `code`.
    pub(crate) fn contradiction(code: &str, problem: &'static str) -> Self {
        Self::Contradiction { code: code.to_owned(), problem }
    }
}

/// Reads a rule file.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, RuleFault> {
    toml::from_str(text).map_err(|fault| {
        let before = fault.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        RuleFault::Unreadable { line: before.matches('\n').count() + 1, problem: fault.message().to_owned() }
    })
}

/// Refuses the second use of a code.
pub(crate) fn check_codes<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<(), RuleFault> {
    let mut seen = BTreeSet::new();
    codes.into_iter().try_for_each(|code| {
        if seen.insert(code) { Ok(()) } else { Err(RuleFault::DuplicateCode(code.to_owned())) }
    })
}

/// Refuses a rule without an article, and an article that a court could not look up.
pub(crate) fn check_articles(code: &str, articles: &[String]) -> Result<(), RuleFault> {
    if articles.is_empty() {
        return Err(RuleFault::NoArticle(code.to_owned()));
    }
    let wrong = articles.iter().find(|article| !is_article(article));
    wrong.map_or(Ok(()), |article| {
        Err(RuleFault::NotAnArticle { code: code.to_owned(), article: article.clone() })
    })
}

/// Whether this names an article as 《law》第…条, with whatever paragraph and item behind it.
pub(crate) fn is_article(text: &str) -> bool {
    let named = text.strip_prefix('《').and_then(|rest| rest.split_once('》'));
    let article =
        named.filter(|(law, _)| !law.trim().is_empty()).and_then(|(_, rest)| rest.strip_prefix('第'));
    let numeral = |c: char| "零〇一二三四五六七八九十百千".contains(c) || c.is_ascii_digit();
    article
        .and_then(|rest| rest.split_once('条'))
        .is_some_and(|(number, _)| !number.is_empty() && number.chars().all(numeral))
}

/// Refuses texts that are empty in one language.
pub(crate) fn check_texts<'a>(
    code: &str,
    texts: impl IntoIterator<Item = &'a Wording>,
) -> Result<(), RuleFault> {
    let empty = |text: &Wording| text.zh.trim().is_empty() || text.en.trim().is_empty();
    if texts.into_iter().any(empty) { Err(RuleFault::EmptyText(code.to_owned())) } else { Ok(()) }
}

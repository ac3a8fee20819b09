//! What must hold in every rule file, whatever it is about: articles that a court can look up, and texts in both
//! languages. All faults are found at once, each with its line.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::rulebook::{self, RuleFault};

/// The line, from 1, in which the byte at `offset` stands.
fn line_at(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or_default().matches('\n').count() + 1
}

/// Every article and every text that is wrong. A file that is no TOML has none: its reader says why.
pub(super) fn inspect(text: &str) -> Vec<(usize, RuleFault)> {
    let mut found = Vec::new();
    if let Ok(table) = DeTable::parse(text) {
        let line = |offset| line_at(text, offset);
        in_table(table.get_ref(), "", &line, &mut found);
    }
    found
}

/// Where the rule that a fault names is written: its code, its section or its key.
pub(super) fn line_of(text: &str, fault: &RuleFault) -> Option<usize> {
    let (code, article) = match fault {
        RuleFault::Unreadable { line, .. } => return Some(*line),
        RuleFault::NotAnArticle { code, article } => (code, Some(article)),
        RuleFault::DuplicateCode(code)
        | RuleFault::NoArticle(code)
        | RuleFault::EmptyText(code)
        | RuleFault::Contradiction { code, .. } => (code, None),
    };
    let last = matches!(fault, RuleFault::DuplicateCode(_));
    let names = |line: &str| {
        let line = line.trim_start();
        let value = line.strip_prefix("code").or_else(|| line.strip_prefix("year")).map(str::trim_start);
        let value = value.and_then(|rest| rest.strip_prefix('=')).map(|value| value.trim().trim_matches('"'));
        let header =
            line.strip_prefix('[').map(|rest| rest.trim_start_matches('[').trim_end().trim_end_matches(']'));
        let key = line.split_once('=').map(|(key, _)| key.trim());
        value == Some(code)
            || header.is_some_and(|header| header == code || header.rsplit('.').next() == Some(code))
            || key == Some(code)
            || article.is_some_and(|article| line.contains(article.as_str()))
    };
    let mut lines = text.lines().enumerate().filter(|(_, line)| names(line)).map(|(number, _)| number + 1);
    let named = if last { lines.last() } else { lines.next() };
    // Rules without a code are told by their titles.
    let quoted = format!("\"{code}\"");
    named.or_else(|| text.lines().position(|line| line.contains(&quoted)).map(|number| number + 1))
}

fn in_table(
    table: &DeTable<'_>,
    code: &str,
    line: &impl Fn(usize) -> usize,
    found: &mut Vec<(usize, RuleFault)>,
) {
    let string = |key: &str| match table.get(key).map(Spanned::get_ref) {
        Some(DeValue::String(text)) => Some(text.as_ref()),
        _ => None,
    };
    let code = string("code").unwrap_or(code);
    if let (Some(zh), Some(en)) = (string("zh"), string("en"))
        && (zh.trim().is_empty() || en.trim().is_empty())
    {
        let at = table.get("zh").map_or(0, |value| value.span().start);
        found.push((line(at), RuleFault::EmptyText(code.to_owned())));
    }
    for (key, value) in table {
        let within = if code.is_empty() { key.get_ref().as_ref() } else { code };
        match value.get_ref() {
            DeValue::Array(articles) if key.get_ref() == "articles" => {
                if articles.is_empty() {
                    found.push((line(value.span().start), RuleFault::NoArticle(within.to_owned())));
                }
                for article in articles.iter() {
                    if let DeValue::String(text) = article.get_ref()
                        && !rulebook::is_article(text)
                    {
                        let fault =
                            RuleFault::NotAnArticle { code: within.to_owned(), article: text.to_string() };
                        found.push((line(article.span().start), fault));
                    }
                }
            }
            DeValue::Array(items) => {
                for item in items.iter() {
                    if let DeValue::Table(inner) = item.get_ref() {
                        in_table(inner, within, line, found);
                    }
                }
            }
            // A section's name says more than the group it stands in: [right.review] is about "review".
            DeValue::Table(inner) => in_table(inner, named(code, key.get_ref()), line, found),
            _ => {}
        }
    }
}

/// Inside a rule with a code its parts are told by that; elsewhere the innermost section tells.
fn named<'a>(code: &'a str, key: &'a str) -> &'a str {
    match key {
        "title" | "text" | "advice" | "order" | "from" | "closing" if !code.is_empty() => code,
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    //! All faults of a file are found, with their lines.

    use super::*;

    const TEXT: &str = r#"in_force_from = "2018-05-01"
[[bar]]
code = "X1"
title = { zh = "有", en = " " }
articles = ["《法》第一条", "RTSL 70",
    "《法》第条"]

[right.review]
title = { zh = "", en = "Review" }
articles = []
"#;

    #[test]
    fn every_wrong_article_and_text_is_found_with_its_line() {
        let found = inspect(TEXT);
        let not = |article: &str| RuleFault::NotAnArticle { code: "X1".into(), article: article.into() };
        let expected = [
            (4, RuleFault::EmptyText("X1".into())),
            (5, not("RTSL 70")),
            (6, not("《法》第条")),
            (9, RuleFault::EmptyText("review".into())),
            (10, RuleFault::NoArticle("review".into())),
        ];
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(line, _)| *line);
        assert_eq!(found, expected);
        assert!(inspect("no toml at all [").is_empty());
    }

    #[test]
    fn what_a_fault_names_is_found_by_code_section_or_key() {
        let titled = "[[weigh]]\ntitle = { zh = \"双方\", en = \"Both\" }\n";
        assert_eq!(line_of(titled, &RuleFault::EmptyText("双方".into())), Some(2));
        let text = "a = 1\n[question]\ninjured = { zh = \"\", en = \"\" }\n[[year]]\nyear = 2026\n[right.review]\n[[bar]]\ncode = \"P1\"\n[[bar]]\ncode = \"P1\"\n";
        let of = |code: &str| line_of(text, &RuleFault::EmptyText(code.into()));
        assert_eq!(
            (of("injured"), of("2026"), of("review"), of("P1"), of("P2")),
            (Some(3), Some(5), Some(6), Some(8), None)
        );
        assert_eq!(line_of(text, &RuleFault::DuplicateCode("P1".into())), Some(10));
        assert_eq!(line_of(text, &RuleFault::Unreadable { line: 7, problem: String::new() }), Some(7));
    }
}

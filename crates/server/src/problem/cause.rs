//! What the log may know of a fault: the chain of causes without anything that may be personal.

use std::error::Error;

/// Characters kept of a chain of causes.
const LONGEST: usize = 600;

/// The error and all its sources on one line, scrubbed: databases and libraries quote the values they choke on.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        next = error.source();
    }
    scrubbed(&text)
}

/// Replaces quoted values, words with four digits or more, and everything that is not ASCII.
fn scrubbed(text: &str) -> String {
    let mut shown = String::new();
    for (index, part) in text.split(['"', '\'', '`', '“', '”', '‘', '’']).enumerate() {
        if index % 2 == 1 {
            shown.push('…');
            continue;
        }
        for word in part.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let digits = word.chars().filter(|c| c.is_numeric()).count();
            if digits >= 4 || !word.is_ascii() {
                shown.push_str("… ");
            } else {
                shown.extend(word.chars().filter(|c| !c.is_control()));
            }
        }
    }
    shown.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn the_whole_chain_is_told() {
        let error = Outer(std::io::Error::other("inner, code 5"));
        assert_eq!(chain(&error), "outer: inner, code 5");
    }

    #[test]
    fn nothing_personal_reaches_the_log() {
        let hostile = "invalid value \"张三\" for 370303199001010017, (phone)=(13800000000), plate 鲁C12345, \
            it is inside '鲁CD12345 王五' of `o6_bmjrPTlm6_2sgVt7hMZOPfL2M`";
        let text = scrubbed(hostile);
        for leaked in ["张三", "370303", "138000", "鲁", "12345", "王五", "bmjr"] {
            assert!(!text.contains(leaked), "{leaked} in {text}");
        }
        assert!(text.starts_with("invalid value") && text.is_char_boundary(text.len()));
        assert!(!scrubbed("a\r\nb\u{1b}").contains(['\r', '\n', '\u{1b}']));
        assert!(scrubbed(&"x".repeat(5_000)).len() <= LONGEST);
    }
}

//! Makes text from outside printable. A person's name with a character that the font lacks must not keep the
//! determination from being printed, and no character may reorder or hide what stands beside it.
//!
//! - A character without a glyph becomes the geta mark `〓`, the printers' sign for a missing character; the
//!   form then carries a note that the electronic record holds the original.
//! - Controls and default-ignorable characters (zero width, direction overrides, variation selectors) are
//!   dropped; runs of white space become one space, or one line feed if they hold one.
//! - A run longer than [`LONGEST_RUN`] without a place to break gets zero-width spaces, so that it stays in
//!   its cell.

use serde_json::Value;
use typst::text::{Font, is_default_ignorable};

/// The printers' mark for a character that the font lacks.
const GETA: char = '〓';
const BREAK: char = '\u{200b}';
/// Longer than every official number (a policy number has about 22 characters), so these stay whole.
const LONGEST_RUN: usize = 24;
/// What a longer run is cut into: fits the narrowest cell in capital letters.
const PIECE: usize = 12;

/// Rewrites every string in `value`; true if at least one character had to be replaced by `〓`.
pub(crate) fn make_legible(value: &mut Value, font: &Font) -> bool {
    match value {
        Value::String(text) => {
            let (clean, replaced) = legible(text, |c| font.info().coverage.contains(u32::from(c)));
            *text = clean;
            replaced
        }
        Value::Array(items) => {
            items.iter_mut().fold(false, |replaced, item| make_legible(item, font) | replaced)
        }
        Value::Object(fields) => {
            fields.values_mut().fold(false, |replaced, field| make_legible(field, font) | replaced)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn legible(text: &str, has_glyph: impl Fn(char) -> bool) -> (String, bool) {
    let mut clean = String::with_capacity(text.len());
    let mut replaced = false;
    let mut gap: Option<char> = None;
    for c in text.chars() {
        if c.is_whitespace() {
            let feeds = matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}') || gap == Some('\n');
            gap = Some(if feeds { '\n' } else { ' ' });
            continue;
        }
        if c.is_control() || is_default_ignorable(c) {
            continue;
        }
        if let Some(gap) = gap.take().filter(|_| !clean.is_empty()) {
            clean.push(gap);
        }
        let printable = has_glyph(c);
        replaced |= !printable;
        clean.push(if printable { c } else { GETA });
    }
    (with_breaks(&clean), replaced)
}

/// Cuts runs that no line-breaking rule would break: everything but ideographs, kana, hangul and spaces.
fn with_breaks(text: &str) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars() {
        if breaks_anywhere(c) {
            push_run(&mut broken, &run);
            run.clear();
            broken.push(c);
        } else {
            run.push(c);
        }
    }
    push_run(&mut broken, &run);
    broken
}

fn push_run(broken: &mut String, run: &str) {
    let long = run.chars().count() > LONGEST_RUN;
    for (index, c) in run.chars().enumerate() {
        if long && index > 0 && index % PIECE == 0 {
            broken.push(BREAK);
        }
        broken.push(c);
    }
}

fn breaks_anywhere(c: char) -> bool {
    c.is_whitespace()
        || c == GETA
        || matches!(c, '\u{2e80}'..='\u{2fdf}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}'
            | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> (String, bool) {
        legible(text, |c| c != '😀')
    }

    #[test]
    fn a_character_without_a_glyph_becomes_a_geta_mark_and_is_reported() {
        assert_eq!(clean("王😀"), ("王〓".into(), true));
        assert_eq!(clean("王㛃𬱖"), ("王㛃𬱖".into(), false));
    }

    #[test]
    fn characters_that_reorder_or_hide_text_are_dropped() {
        assert_eq!(clean("鲁C\u{202e}12\u{200b}3\u{0}45\u{feff}"), ("鲁C12345".into(), false));
    }

    #[test]
    fn white_space_is_folded_and_line_feeds_survive_once() {
        assert_eq!(clean("  一\t\u{3000}二 \r\n\r\n 三\n").0, "一 二\n三");
    }

    #[test]
    fn official_numbers_stay_whole_and_longer_runs_can_break() {
        let policy = "PDZA202637030000123456";
        assert_eq!(clean(policy).0, policy);
        assert_eq!(clean(&"W".repeat(30)).0.matches(BREAK).count(), 2);
        assert_eq!(clean(&"。".repeat(30)).0.matches(BREAK).count(), 2);
    }
}

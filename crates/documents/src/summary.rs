//! The summary of a case: the same tables as a PDF and as one page of HTML that needs nothing else, runs nothing
//! and asks nobody.

use std::fmt::Write as _;

use domain::document::{Bilingual, CaseSummary, Language, SummarySection};
use serde::Serialize;

use crate::moment;

/// What it is called.
const TITLE: [&str; 2] = ["道路交通事故案件证据包摘要", "Summary of the court pack of a road accident case"];

const STYLE: &str = "body{font-family:\"Noto Serif SC\",\"Songti SC\",SimSun,serif;max-width:60rem;\
margin:1rem auto;padding:0 1rem;color:#111;background:#fff}h1{font-size:1.4rem}h2{font-size:1.1rem;\
margin-top:1.6rem}small{color:#555;font-weight:normal}table{border-collapse:collapse;width:100%}\
th,td{border:1px solid #888;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere;\
white-space:pre-line}.notice{border:1px solid #888;padding:.5rem}";

/// What the template reads.
#[derive(Serialize)]
pub(crate) struct Form<'a> {
    title: Bilingual,
    number: &'a str,
    unit_name: &'a str,
    made_at: String,
    notice: &'a Bilingual,
    sections: &'a [SummarySection],
}

pub(crate) fn form_of(summary: &CaseSummary) -> Form<'_> {
    let [zh, en] = TITLE;
    Form {
        title: Bilingual::new(zh, en),
        number: &summary.number,
        unit_name: &summary.unit_name,
        made_at: moment::minute(summary.made_at, Language::Chinese),
        notice: &summary.notice,
        sections: &summary.sections,
    }
}

/// The page. Whatever stands in the case is text, never markup.
pub(crate) fn page(summary: &CaseSummary) -> String {
    let form = form_of(summary);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{number}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p>{unit} · {number} · {made_at}</p>\n<p class=\"notice\">{notice}</p>\n",
        number = escaped(form.number),
        title = both(&form.title),
        unit = escaped(form.unit_name),
        made_at = escaped(&form.made_at),
        notice = both(form.notice),
    );
    for section in form.sections {
        table(&mut page, section);
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn table(page: &mut String, section: &SummarySection) {
    let _ = write!(page, "<h2>{}</h2>\n<table>\n", both(&section.heading));
    if !section.columns.is_empty() {
        let heads: String =
            section.columns.iter().map(|column| format!("<th>{}</th>", both(column))).collect();
        let _ = writeln!(page, "<tr>{heads}</tr>");
    }
    for row in &section.rows {
        let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
        let _ = writeln!(page, "<tr>{cells}</tr>");
    }
    page.push_str("</table>\n");
}

fn both(text: &Bilingual) -> String {
    format!("{} <small>{}</small>", escaped(&text.zh), escaped(&text.en))
}

/// Text as it is shown: nothing in it is markup, and no character reorders or hides what stands beside it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(c),
            c if c.is_control() || typst::text::is_default_ignorable(c) => {}
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Renderer;

    fn summary(text: &str) -> CaseSummary {
        let section = |columns: Vec<Bilingual>, rows| SummarySection {
            heading: Bilingual::new("当事人", "Parties"),
            columns,
            rows,
        };
        CaseSummary {
            number: "KC202611230001".to_owned(),
            unit_name: "淄博市公安局交通警察支队".to_owned(),
            made_at: "2026-11-23T04:00:00Z".parse().unwrap(),
            notice: Bilingual::new("以案件日志为准。", "The journal counts."),
            sections: vec![
                section(Vec::new(), vec![vec!["姓名 Name".to_owned(), text.to_owned()]]),
                section(
                    vec![Bilingual::new("序号", "No."), Bilingual::new("内容", "What")],
                    (0..200).map(|n| vec![n.to_string(), text.to_owned()]).collect(),
                ),
            ],
        }
    }

    #[test]
    fn nothing_in_a_case_is_markup_of_the_page() {
        let text = "<script>alert(1)</script>\"'&\u{202e}\u{0}王";
        let page = page(&summary(text));
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;王"));
        assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\u{0}'));
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src="));
    }

    #[test]
    fn a_summary_of_many_rows_is_printed_the_same_each_time_and_no_text_of_it_is_markup() {
        let renderer = Renderer::new().unwrap();
        let summary = summary("#panic() $x$ 😀 王");
        let pdf = renderer.render_summary(&summary).unwrap();
        assert!(pdf.starts_with(b"%PDF-1.7") && pdf.len() < 1 << 20);
        assert_eq!(renderer.render_summary(&summary).unwrap(), pdf);
    }

    #[test]
    fn too_long_a_summary_is_refused() {
        let renderer = Renderer::new().unwrap();
        assert!(renderer.render_summary(&summary(&"长".repeat(4000))).is_err());
    }
}

//! The page that a document's QR code leads a browser to: whether the document is genuine and counts, in Chinese and
//! English. It needs nothing else, runs nothing, asks nobody, and shows nothing personal.

use std::fmt::Write as _;

use actix_web::{HttpRequest, http::header};
use chrono::{DateTime, FixedOffset, Utc};
use domain::document::DocumentKind;

use super::documents::{ComparedView, SupersededView, VerificationView, VerifiedView};

/// What the page may do: show its own style.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

const STYLE: &str = "body{font-family:\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans SC\",sans-serif;max-width:44rem;\
margin:0 auto;padding:1rem;color:#111;background:#fff;line-height:1.5}h1{font-size:1.3rem}h2{font-size:1.05rem;\
margin-top:1.6rem}small,.en{color:#555}code{font-family:ui-monospace,monospace;overflow-wrap:anywhere;display:block;\
background:#f3f3f3;padding:.4rem}dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem .8rem}dt{color:#555}\
dd{margin:0}section{border:1px solid #bbb;border-radius:.4rem;padding:.6rem .8rem;margin:.8rem 0}\
.good{border-left:.5rem solid #1a7f37}.bad{border-left:.5rem solid #b42318}";

/// Whether the caller is a browser that wants a page.
pub(super) fn is_wanted(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.split(',').any(|kind| kind.trim().starts_with("text/html")))
}

/// The page.
pub(super) fn page(view: &VerificationView) -> String {
    let (zh, en) = kind(view.kind);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex, nofollow\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>文书核验 Document verification</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>文书核验 <small lang=\"en\">Document verification</small></h1>\n<dl>\
         <dt>文书种类 <span lang=\"en\">Kind</span></dt><dd>{zh} <span class=\"en\" lang=\"en\">{en}</span></dd>\
         <dt>编号 <span lang=\"en\">No.</span></dt><dd>{number}</dd>\
         <dt>出具单位 <span lang=\"en\">Issued by</span></dt><dd>{unit}</dd>\
         <dt>状态 <span lang=\"en\">State</span></dt><dd>{state}</dd></dl>\n",
        number = escaped(&view.number),
        unit = escaped(&view.unit_name),
        state = both(state(view)),
    );
    if let Some(compared) = view.compared {
        let (class, text) = comparison(compared);
        let _ = writeln!(
            page,
            "<section class=\"{class}\" role=\"status\"><strong>{}</strong></section>",
            both(text)
        );
    }
    page.push_str("<h2>以此编号出具的文件 <small lang=\"en\">Files issued under this code</small></h2>\n");
    for document in view.documents.iter().rev() {
        one(&mut page, document);
    }
    page.push_str(HOW);
    page.push_str("</body>\n</html>\n");
    page
}

const HOW: &str = "<h2>如何核对您手中的文件 <small lang=\"en\">How to compare the file you have</small></h2>\n\
<p>计算文件的 SHA-256 值，与上面的值逐字比较；或者在本页地址后加上 <code>?sha256=您计算的值</code> 再打开。\
纸质文书请比对编号、出具单位和日期，并向出具单位索取电子文件核对。译文不在核验之列，以中文文书为准。</p>\n\
<p class=\"en\" lang=\"en\">Compute the SHA-256 of the file and compare it letter by letter with those above; or open \
this address with <code>?sha256=THE VALUE</code> behind it. For a paper copy, compare number, unit and date, and ask the \
unit for the file. Translations cannot be verified; the Chinese document counts.</p>\n\
<p>Windows：<code>certutil -hashfile 文件.pdf SHA256</code> macOS：<code>shasum -a 256 文件.pdf</code> \
Linux：<code>sha256sum 文件.pdf</code></p>\n";

fn one(page: &mut String, document: &VerifiedView) {
    let class = if document.is_current { "good" } else { "bad" };
    let standing = match &document.superseded {
        None => both(("现行有效", "In force")),
        Some(superseded) => replaced(superseded),
    };
    let _ = writeln!(
        page,
        "<section class=\"{class}\"><strong>{standing}</strong><br>出具时间 <span lang=\"en\">Issued</span>：{}\
         <br>SHA-256<code>{}</code></section>",
        china(document.issued_at),
        document.sha256,
    );
}

fn replaced(superseded: &SupersededView) -> String {
    let (zh, en) = match superseded.why {
        "completed" => ("已被后续版本替代", "Superseded by a later version"),
        "revoked" => ("已依复核结论撤销", "Revoked after a review"),
        "not_agreed" => ("当事人未达成一致，未生效", "Not agreed to by the parties, never in force"),
        _ => ("已失效", "No longer in force"),
    };
    let mut text = both((zh, en));
    if let Some(at) = superseded.at {
        let _ = write!(text, "（{}）", china(at));
    }
    if let Some(by) = superseded.by {
        let _ = write!(
            text,
            "<br><small>替代文件 <span lang=\"en\">Superseded by</span> SHA-256<code>{by}</code></small>"
        );
    }
    text
}

fn comparison(compared: ComparedView) -> (&'static str, (&'static str, &'static str)) {
    match (compared.is_genuine, compared.is_current) {
        (true, true) => ("good", ("一致：该文件真实，现行有效", "The file is genuine and in force")),
        (true, false) => ("bad", ("该文件真实，但已不再有效", "The file is genuine, but no longer in force")),
        (false, _) => (
            "bad",
            ("不一致：该文件不是以此编号出具的文件", "The file is none of those issued under this code"),
        ),
    }
}

fn state(view: &VerificationView) -> (&'static str, &'static str) {
    if view.is_final {
        return ("已生效的最终文书", "Final");
    }
    if view.documents.iter().any(|document| document.is_current) {
        return (
            "尚未最终生效，等待当事人签名或者注明",
            "Not final yet: parties have still to sign or refuse",
        );
    }
    ("已不再有效", "No longer in force")
}

fn kind(kind: DocumentKind) -> (&'static str, &'static str) {
    match kind {
        DocumentKind::Determination => {
            ("道路交通事故认定书（简易程序）", "Determination of a road accident (simplified procedure)")
        }
        DocumentKind::Agreement => {
            ("道路交通事故自行协商协议书", "Agreement of the parties on a road accident")
        }
        DocumentKind::Certificate => ("道路交通事故证明", "Certificate of a road accident"),
        DocumentKind::MediationRecord => ("道路交通事故损害赔偿调解记录", "Record of mediation on damages"),
        DocumentKind::NoticeOfRights => ("权利义务告知书", "Notice of rights and duties"),
        DocumentKind::ReviewConclusion => ("道路交通事故认定复核结论", "Conclusion of a review"),
    }
}

fn both((zh, en): (&str, &str)) -> String {
    format!("{zh} <span class=\"en\" lang=\"en\">{en}</span>")
}

fn china(at: DateTime<Utc>) -> String {
    let zone = FixedOffset::east_opt(8 * 3600);
    zone.map_or_else(
        || at.to_rfc3339(),
        |zone| at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S UTC+8").to_string(),
    )
}

/// Text as it is shown: nothing in it is markup.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() => {}
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> VerificationView {
        VerificationView {
            kind: DocumentKind::Determination,
            number: "认字<script>1</script>".to_owned(),
            unit_name: "\"'&单位".to_owned(),
            is_final: true,
            documents: vec![VerifiedView {
                sha256: domain::digest::Digest::of(b"x"),
                issued_at: "2026-11-23T00:47:31Z".parse().unwrap(),
                is_current: true,
                superseded: None,
            }],
            compared: None,
        }
    }

    #[test]
    fn nothing_on_the_page_is_markup_of_others_and_nothing_is_fetched_or_run() {
        let page = page(&view());
        assert!(page.contains("认字&lt;script&gt;1&lt;/script&gt;") && page.contains("&quot;&#39;&amp;单位"));
        assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("http"));
        assert!(
            page.contains("noindex") && page.contains("现行有效") && page.contains("2026-11-23 08:47:31")
        );
    }

    #[test]
    fn the_page_says_what_a_comparison_came_to() {
        for (compared, words) in
            [((true, true), "真实，现行有效"), ((true, false), "已不再有效"), ((false, false), "不一致")]
        {
            let compared = Some(ComparedView { is_genuine: compared.0, is_current: compared.1 });
            assert!(page(&VerificationView { compared, ..view() }).contains(words));
        }
    }
}

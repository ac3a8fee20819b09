//! What must hold of the wording of documents.

use super::*;
use crate::rules::Rulebook;

const TEXT: &str = include_str!("../../rules/documents.toml");

#[track_caller]
fn refused(from: &str, to: &str) -> RuleFault {
    assert!(TEXT.contains(from), "{from}");
    DocumentWording::from_toml(&TEXT.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn rights_are_told_with_their_term_and_its_end() {
    let book = Rulebook::embedded().unwrap();
    let rules = book.on("2026-09-28".parse().unwrap());
    // A Monday noon in China; the holidays begin on Thursday, and 10 October is worked.
    let served = "2026-09-28T04:00:00Z".parse().unwrap();
    let rights = rules.rights(DocumentKind::Determination, Some(served));
    let review = &rights[0];
    assert!(review.text.zh.contains("自送达之日起3个工作日内"), "{}", review.text.zh);
    assert!(review.text.en.contains("within 3 working days from service"), "{}", review.text.en);
    assert_eq!(review.until, Some("2026-10-08T16:00:00Z".parse().unwrap()));
    assert!(review.articles.contains(&"《道路交通事故处理程序规定》第七十一条".to_owned()));
    let (_, without) = rights
        .iter()
        .map(|right| (&right.title.en, right.until))
        .find(|(title, _)| *title == "Suit")
        .unwrap();
    assert_eq!(without, None);
    assert!(rules.rights(DocumentKind::Determination, None).iter().all(|right| right.until.is_none()));
}

#[test]
fn every_document_tells_rights_and_no_text_keeps_a_gap() {
    let book = Rulebook::embedded().unwrap();
    let rules = book.on("2026-11-23".parse().unwrap());
    for kind in DocumentKind::ALL {
        let rights = rules.rights(kind, None);
        assert!(!rights.is_empty(), "{kind:?}");
        assert!(
            rights.iter().all(|right| !right.text.zh.contains('{') && !right.text.en.contains('{')),
            "{kind:?}"
        );
    }
    assert!(
        rules
            .wording
            .document(DocumentKind::Agreement)
            .unwrap()
            .rights
            .iter()
            .all(|right| *right != Right::Review)
    );
}

#[test]
fn a_faulty_wording_is_refused_with_its_reason() {
    assert!(matches!(refused("[right.suit]", "[right.lawsuit]"), RuleFault::Unreadable { line: 60.., .. }));
    assert!(
        matches!(refused("自送达之日起{term}内", "自送达之日起三日内"), RuleFault::Contradiction { code, .. } if code == "review")
    );
    assert!(matches!(refused("deadline = \"review_request\"\n", ""), RuleFault::Contradiction { .. }));
    assert!(matches!(refused("\"review_request\"", "\"some_day\""), RuleFault::Unreadable { .. }));
    assert_eq!(
        refused("articles = [\"《道路交通事故处理程序规定》第六十七条\"]", "articles = []"),
        RuleFault::NoArticle("certificate".into())
    );
    assert_eq!(refused("zh = \"不详\"", "zh = \"\""), RuleFault::EmptyText("mark".into()));
    assert!(matches!(
        refused("[document.review_conclusion]", "[document.notice_of_rights2]"),
        RuleFault::Unreadable { .. }
    ));
}

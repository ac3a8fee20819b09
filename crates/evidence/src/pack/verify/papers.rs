//! Documents, the signatures over them, and receipts of a pack.

use domain::digest::Digest;
use serde_json::Value;

use super::{
    super::{
        jws,
        manifest::{FileKind, Listed},
    },
    Checking, Story,
    story::{Given, Paper},
};

/// `typ` of a receipt.
const RECEIPT_TYPE: &str = "kuaichu-receipt+jwt";

impl<'a> Checking<'a> {
    pub(super) fn papers(&mut self, story: &Story) {
        let mut current = None;
        for paper in &story.papers {
            match *paper {
                Paper::Determined { document } => {
                    current = Some(document);
                    self.document(document, "认定书", "the determination as it was decided");
                }
                Paper::Concluded { document } => {
                    self.document(
                        document,
                        "最终认定书",
                        "the determination with the answers of all parties",
                    );
                }
                Paper::Signed { role, document, at } => {
                    let zh = format!("当事人{}于{at}对文书（SHA-256 {document}）的签名", role.chinese());
                    let en = format!("The signature of party {role} at {at} over SHA-256 {document}");
                    if current == Some(document) {
                        self.report.holds(
                            "signature",
                            format!("{zh}：即包内认定书。"),
                            format!("{en}: the determination in this pack."),
                        );
                    } else {
                        self.report.fails(
                            "signature",
                            format!("{zh}：不是所作的认定书。"),
                            format!("{en} is not over the determination."),
                        );
                    }
                }
                Paper::Refused { role, at } => self.report.note(
                    "signature",
                    format!("当事人{}拒绝签名，已于{at}注明。", role.chinese()),
                    format!("Party {role} refused to sign; noted at {at}."),
                ),
            }
        }
        for given in &story.receipts {
            self.receipt(given, story);
        }
    }

    fn document(&mut self, digest: Digest, zh: &str, en: &str) {
        match self.with_digest(FileKind::Document, digest) {
            Some(Listed { name, .. }) => {
                self.claimed.insert(name);
                self.report.holds(
                    "document",
                    format!("{zh}（{name}）与案件日志中的哈希一致。"),
                    format!("{name} is {en}, as the journal names it by its hash."),
                );
            }
            None => self.report.fails(
                "document",
                format!("{zh}不在包内（日志哈希{digest}）。"),
                format!("The pack lacks {en} (SHA-256 {digest})."),
            ),
        }
    }

    fn receipt(&mut self, given: &Given, story: &Story) {
        let at = given.at;
        let Some(listed) = self.with_digest(FileKind::Receipt, given.receipt) else {
            return self.report.fails(
                "receipt",
                format!("{at}出具的撤离凭证不在包内。"),
                format!("The pack lacks the receipt given at {at}."),
            );
        };
        self.claimed.insert(&listed.name);
        let name = &listed.name;
        let Some(claims) = self.receipt_claims(listed) else { return };
        let mut named = Vec::new();
        digests_in(&claims, &mut named);
        let own = claims.get("sub").and_then(Value::as_str) == Some(self.manifest.number.as_str());
        let timely =
            claims.get("iat").and_then(Value::as_i64).is_some_and(|iat| iat <= self.terms.at.timestamp());
        let known = named.iter().chain(&given.photos).all(|digest| story.knows(*digest));
        let all = given.photos.iter().all(|digest| named.contains(digest));
        if own && timely && known && all {
            self.report.holds(
                "receipt",
                format!("撤离凭证{name}：签名成立，所列{}项证据均见于本案。", given.photos.len()),
                format!(
                    "The receipt {name} is signed by the service, and the journal knows all {} pieces of \
                     evidence that it names.",
                    given.photos.len()
                ),
            );
        } else {
            self.report.fails(
                "receipt",
                format!("撤离凭证{name}：案件、时间或所列证据与案件日志不符。"),
                format!("The receipt {name} does not fit the journal: case, time or evidence differs."),
            );
        }
    }

    fn receipt_claims(&mut self, listed: &'a Listed) -> Option<Value> {
        let name = &listed.name;
        let jws = self.bytes(listed).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        match jws::open::<Value>(jws, RECEIPT_TYPE, &self.keys) {
            Ok((claims, _)) => Some(claims),
            Err(refused) => {
                self.report.fails(
                    "receipt",
                    format!("撤离凭证{name}的签名不成立。"),
                    format!("The receipt {name} does not hold: {refused}."),
                );
                None
            }
        }
    }
}

/// Every digest that the claims name, wherever it stands.
fn digests_in(claims: &Value, found: &mut Vec<Digest>) {
    match claims {
        Value::String(text) => found.extend(text.parse::<Digest>()),
        Value::Array(items) => items.iter().for_each(|item| digests_in(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| digests_in(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

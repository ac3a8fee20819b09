//! Documents, the signatures over them, and receipts of a pack.

use chrono::{DateTime, Utc};
use domain::{case::SignatureProof, digest::Digest, role::PartyRole};
use serde_json::Value;

use super::{
    super::{
        jws,
        manifest::{FileKind, Listed},
    },
    CLOCKS, Checking, Story,
    story::{Given, Paper},
};

/// `typ` of the seal over a signature.
const SIGNATURE_TYPE: &str = "kuaichu-signature+jwt";
/// `typ` of a receipt.
const RECEIPT_TYPE: &str = "kuaichu-receipt+jwt";

/// A signature as the journal tells it.
struct Signed {
    role: PartyRole,
    document: Digest,
    proof: Digest,
    at: DateTime<Utc>,
}

impl<'a> Checking<'a> {
    pub(super) fn papers(&mut self, story: &Story) {
        let mut current = None;
        for paper in &story.papers {
            match *paper {
                Paper::Issued { document, what: [zh, en], to_sign } => {
                    if to_sign {
                        current = Some(document);
                    }
                    self.document(document, zh, en);
                }
                Paper::Signed { role, document, proof, at } => {
                    let zh = format!("当事人{}于{at}对文书（SHA-256 {document}）的签名", role.chinese());
                    let en = format!("The signature of party {role} at {at} over SHA-256 {document}");
                    if current != Some(document) {
                        self.report.fails(
                            "signature",
                            format!("{zh}：不是当时待签的文书。"),
                            format!("{en} is not over the document that was to be signed."),
                        );
                    } else if let Some(proof) = proof {
                        self.proof(&Signed { role, document, proof, at }, (&zh, &en));
                    } else {
                        self.report.holds(
                            "signature",
                            format!("{zh}：即包内认定书。"),
                            format!("{en}: the determination in this pack."),
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

    /// The seal over a signature: by the service, over this document, role, case and drawing.
    fn proof(&mut self, signed: &Signed, (zh, en): (&str, &str)) {
        match self.sealed(signed) {
            Ok(drawn) => self.report.holds(
                "signature",
                format!("{zh}：即包内文书，服务的签章成立{}。", if drawn { "，手写签名在包内" } else { "" }),
                format!(
                    "{en}: the document in this pack, under the service's seal{}.",
                    if drawn { " and with the drawing in this pack" } else { "" }
                ),
            ),
            Err(why) => self.report.fails(
                "signature",
                format!("{zh}：签名凭证不成立或与案件日志不符（{why}）。"),
                format!("{en} is not proved: {why}."),
            ),
        }
    }

    /// Whether a drawing belongs to it; why the proof does not hold otherwise.
    fn sealed(&mut self, signed: &Signed) -> Result<bool, &'static str> {
        let listed =
            self.with_digest(FileKind::SignatureProof, signed.proof).ok_or("its proof is not here")?;
        self.claimed.insert(&listed.name);
        let proof = self.bytes(listed).and_then(|bytes| serde_json::from_slice::<SignatureProof>(bytes).ok());
        let proof = proof.ok_or("its proof cannot be read")?;
        let (claims, _) = jws::open::<Value>(&proof.seal, SIGNATURE_TYPE, &self.keys)
            .map_err(|_| "the seal is not one of the service")?;
        let text = |pointer: &str| claims.pointer(pointer).and_then(Value::as_str);
        let image = proof.image.map(|digest| digest.to_string());
        let sealed_at = claims.get("iat").and_then(Value::as_i64);
        let timely = sealed_at
            .and_then(|iat| DateTime::from_timestamp(iat, 0))
            .is_some_and(|iat| (signed.at - iat).abs() <= CLOCKS);
        let same = text("/sub") == Some(self.manifest.number.as_str())
            && text("/role") == Some(signed.role.to_string().as_str())
            && text("/document/sha256") == Some(signed.document.to_string().as_str())
            && text("/image_sha256") == image.as_deref();
        if !(same && timely) {
            return Err("the seal is over something else");
        }
        let Some(image) = proof.image else { return Ok(false) };
        let drawing = self.with_digest(FileKind::SignatureImage, image).ok_or("its drawing is not here")?;
        self.claimed.insert(&drawing.name);
        Ok(true)
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

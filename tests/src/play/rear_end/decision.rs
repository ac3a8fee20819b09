//! What follows when both have submitted: the officer's decision, two signatures, two claims, and the proofs.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time;

use super::{
    super::{ANYBODY, ClaimOutcome, DRIVER_A, DRIVER_B, OFFICER, sha256, sound_journal, verification_link},
    Accident, SCENE,
};
use crate::{
    client::{Answer, Session},
    timeline::{StepFailed, Timeline, Words},
    trouble::{Trouble, must},
};

/// Longest wait for both insurers.
const INSURERS_PATIENCE: Duration = Duration::from_secs(60);
/// How often a driver looks.
const LOOK: Duration = Duration::from_millis(100);

const SIGNS: Words = ["核对文书哈希后签名", "checks the document's hash and signs over it"];

impl Accident<'_> {
    /// The officer looks and decides as the rules propose.
    pub(super) async fn decide(&self, timeline: &mut Timeline) -> Result<(), StepFailed> {
        let (case, officer) = (self.case.as_str(), &self.officer);
        let take = async {
            let taken = officer.take_next_case().await?;
            must(taken.status == 200, "a case waits in the queue")?;
            must(taken.text("/id")? == case, "it is the case just submitted")?;
            Ok(taken)
        };
        let taken = timeline.step(OFFICER, ["领取下一案件", "takes the next case"], take).await?;
        let look = self.look(&taken);
        let bytes = timeline.step(OFFICER, ["查看全部照片", "looks at every photo"], look).await?;
        timeline.note(["查看副本", "viewing copies"], format_args!("{} kB", bytes / 1000));
        let suggest = async {
            let suggestion = officer.suggest_liability(case).await?;
            must(
                suggestion.at("/grades")? == &json!({ "A": "full", "B": "none" }),
                "who runs into the car ahead is fully liable",
            )?;
            Ok(suggestion)
        };
        let suggestion =
            timeline.step(OFFICER, ["查看责任建议", "asks what the rules propose"], suggest).await?;
        timeline.note(["建议", "proposal"], suggestion.text("/text/zh").unwrap_or_default());
        let decide = self.determine(&taken, &suggestion);
        let decided = timeline.step(OFFICER, ["作出责任认定", "determines liability"], decide).await?;
        timeline.note(["认定书", "determination"], decided.text("/determination/number").unwrap_or_default());
        Ok(())
    }

    /// Every photo as a viewing copy, and the first one bit for bit.
    async fn look(&self, taken: &Answer) -> Result<usize, Trouble> {
        let mut bytes = 0;
        let photos = taken.list("/photos")?;
        must(photos.len() == SCENE.len() + 1, "the officer sees the photos of both parties")?;
        for photo in photos {
            let member = |name: &str| photo.get(name).and_then(Value::as_str).unwrap_or_default();
            let view = self.officer.get_photo(&self.case, member("id"), "view").await?;
            must(view.media_type == "image/jpeg", "a viewing copy is a JPEG file")?;
            bytes += view.bytes.len();
            let original = self.officer.get_photo(&self.case, member("id"), "original").await?;
            must(sha256(&original.bytes) == member("sha256"), "the original comes back bit for bit")?;
        }
        Ok(bytes)
    }

    async fn determine(&self, taken: &Answer, suggestion: &Answer) -> Result<Answer, Trouble> {
        let decision = json!({
            "grades": suggestion.at("/grades")?,
            "facts": "A驾驶小型汽车沿柳泉路由北向南行驶，未与前车保持足以采取紧急制动措施的安全距离，追尾同车道前方停车等候的B驾驶的小型汽车，造成两车损坏。",
            "accident_form": "追尾碰撞",
        });
        let decided = self.officer.determine_liability(&self.case, taken.version()?, decision).await?;
        must(decided.text("/stage")? == "decided", "the case is decided")?;
        Ok(decided)
    }

    /// Both read the document and sign over its hash.
    pub(super) async fn sign(&self, timeline: &mut Timeline) -> Result<(), StepFailed> {
        let parts = [(DRIVER_A, &self.a, "decided"), (DRIVER_B, &self.b, "concluded")];
        for (who, session, stage) in parts {
            let sign = async {
                let case = session.get_case(&self.case).await?;
                let document = session.get_document(&self.case).await?;
                let hash = sha256(&document.bytes);
                must(document.bytes.starts_with(b"%PDF-"), "the document is a PDF")?;
                must(
                    case.text("/determination/document_sha256")? == hash,
                    "the document shown is the one to sign",
                )?;
                let signed = session.sign_determination(&self.case, &hash).await?;
                must(
                    signed.text("/stage")? == stage,
                    "the last signature, and no other, concludes the case",
                )?;
                Ok(document.bytes.len())
            };
            let bytes = timeline.step(who, SIGNS, sign).await?;
            timeline.note(["文书", "document"], format_args!("PDF, {} kB", bytes / 1000));
        }
        Ok(())
    }

    /// Both drivers look until their insurers have confirmed.
    pub(super) async fn claims(&self, timeline: &mut Timeline) -> Result<Vec<ClaimOutcome>, StepFailed> {
        let mut claims = Vec::new();
        for (who, session, part) in [(DRIVER_A, &self.a, &self.cast.a), (DRIVER_B, &self.b, &self.cast.b)] {
            let wait = self.acknowledged(session, &part.insurer);
            let claim = timeline
                .step(who, ["等待保险公司受理理赔", "waits for the insurer to confirm the claim"], wait)
                .await?;
            timeline
                .note(["理赔", "claim"], format_args!("{} {} {}", claim.insurer, claim.number, claim.status));
            claims.push(claim);
        }
        Ok(claims)
    }

    async fn acknowledged(&self, session: &Session, insurer: &str) -> Result<ClaimOutcome, Trouble> {
        let look = async {
            loop {
                let case = session.get_case(&self.case).await?;
                must(case.list("/claims")?.len() == 1, "a driver sees the own claim only")?;
                must(case.text("/claims/0/insurer")? == insurer, "the claim is with the driver's insurer")?;
                if case.at("/claims/0/acknowledged_at").is_ok() {
                    return Ok(ClaimOutcome {
                        number: case.text("/claims/0/insurer_number")?.to_owned(),
                        insurer: insurer.to_owned(),
                        status: case.text("/claims/0/status")?.to_owned(),
                    });
                }
                time::sleep(LOOK).await;
            }
        };
        let late = |_| {
            Trouble::not_so(format!("{insurer} has not confirmed within {} s", INSURERS_PATIENCE.as_secs()))
        };
        time::timeout(INSURERS_PATIENCE, look).await.map_err(late)?
    }

    /// Each insurer reads its own claim, and has opened it once.
    pub(super) async fn insurers_read(
        &self,
        timeline: &mut Timeline,
        claims: &[ClaimOutcome],
    ) -> Result<(), StepFailed> {
        for claim in claims {
            let who: Words = match claim.insurer.as_str() {
                "PICC" => ["人保财险", "insurer PICC"],
                _ => ["平安产险", "insurer PAIC"],
            };
            let read = self.read_claim(claim);
            timeline
                .step(
                    who,
                    ["读取理赔，核对账本：只立案一次", "reads its claim; its books hold it once"],
                    read,
                )
                .await?;
        }
        Ok(())
    }

    async fn read_claim(&self, claim: &ClaimOutcome) -> Result<(), Trouble> {
        let insurer = self.town.sign_in_insurer(&claim.insurer).await?;
        let listed = insurer.list_claims().await?;
        let listed = listed.list("")?;
        let state =
            |entry: &Value, name: &str| entry.pointer(&format!("/state/{name}")).cloned().unwrap_or_default();
        must(
            listed.iter().all(|entry| state(entry, "insurer") == claim.insurer),
            "an insurer sees its own claims only",
        )?;
        let ours = listed.iter().filter(|entry| state(entry, "insurer_number") == claim.number);
        must(ours.count() == 1, "the claim is listed once")?;
        let books = self.town.sandbox().ledger().await?;
        let entries = books.list("")?;
        let entry =
            entries.iter().find(|entry| entry.get("insurer_claim_number") == Some(&json!(claim.number)));
        must(
            entry.and_then(|entry| entry.get("effects")) == Some(&json!(1)),
            "the insurer opened the claim once",
        )
    }

    /// The document's own link leads to its verification; the journal is unbroken.
    pub(super) async fn verify(&self, timeline: &mut Timeline) -> Result<String, StepFailed> {
        let document = async { Ok(self.a.get_document(&self.case).await?.bytes) };
        let document =
            timeline.step(DRIVER_A, ["下载最终文书", "fetches the final document"], document).await?;
        if let Some(link) = verification_link(&document) {
            let verify = self.verify_by(&link, &document);
            timeline
                .step(
                    ANYBODY,
                    ["按文书上的链接核验真伪", "verifies the document by the link printed on it"],
                    verify,
                )
                .await?;
            timeline.note(["核验地址", "link"], link);
        }
        let journal = async { sound_journal(&self.officer.get_journal(&self.case).await?) };
        let entries = timeline
            .step(OFFICER, ["核对案件日志的哈希链", "checks the hash chain of the case's journal"], journal)
            .await?;
        timeline.note(["日志条数", "entries"], entries);
        let state = async { Ok(self.a.get_case(&self.case).await?.text("/stage")?.to_owned()) };
        let state = timeline.step(DRIVER_A, ["查看案件", "looks at the case"], state).await?;
        timeline.note(["状态", "state"], &state);
        Ok(state)
    }

    async fn verify_by(&self, link: &str, document: &[u8]) -> Result<(), Trouble> {
        let code = link.rsplit('/').next().unwrap_or_default();
        let verified = self.town.api.verify_document(code).await?;
        must(verified.get("is_final") == Some(&json!(true)), "the document is final")?;
        let digest = json!(sha256(document));
        let current =
            verified.list("/documents")?.iter().filter(|entry| entry.get("is_current") == Some(&json!(true)));
        must(
            current.map(|entry| entry.get("sha256")).eq([Some(&digest)]),
            "the document is the one that counts",
        )?;
        must(!verified.body.to_string().contains(self.cast.a.phone), "verification shows nothing personal")
    }
}

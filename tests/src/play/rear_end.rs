//! The first accident: A runs into B, who was standing. Photographed, cleared, decided from afar, signed, and
//! on its way to both insurers.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time;

use super::{
    ANYBODY, CASE_NUMBER, CaseOutcome, Cast, ClaimOutcome, DRIVER_A, DRIVER_B, OFFICER, OFFICER_NAME,
    SERVICE, Seconds, answers, check_receipt, position, seconds, sha256, sound_journal, verification_link,
};
use crate::{
    client::{Answer, Call, Session},
    pictures::{View, photo},
    timeline::{StepFailed, Timeline, Words},
    town::Town,
    trouble::{Trouble, must},
};

/// 柳泉路 north of 人民路, as the map of a mini-program shows it.
const PLACE: (f64, f64) = (36.8110, 118.0525);
/// The scene photos without which nobody may move, and from where they are taken.
const SCENE: [(&str, View); 3] =
    [("front_oblique", View::Front), ("rear_oblique", View::Rear), ("impact", View::Close)];
/// Longest wait for both insurers.
const INSURERS_PATIENCE: Duration = Duration::from_secs(60);
/// How often a driver looks.
const LOOK: Duration = Duration::from_millis(100);

const HANDS_IN: Words = ["同意远程处理并提交", "agrees to remote handling and submits"];
const SIGNS: Words = ["核对文书哈希后签名", "checks the document's hash and signs over it"];
const DETAILS: Words = ["填写车辆、驾驶证与保险信息", "gives car, licence and insurance"];
const STATES: Words = ["陈述事故经过", "says what happened"];

/// The accident as it stands.
struct Accident<'a> {
    town: &'a Town,
    cast: &'a Cast,
    case: String,
    number: String,
    a: Session,
    b: Session,
    officer: Session,
}

/// Plays it to its end.
pub(super) async fn play(
    town: &Town,
    timeline: &mut Timeline,
    cast: &Cast,
) -> Result<(CaseOutcome, Vec<ClaimOutcome>, Seconds), StepFailed> {
    timeline.chapter([
        "事故一：柳泉路人民路路口追尾，远程处理",
        "Accident one: rear-end collision, handled from afar",
    ]);
    let a = town.sign_in_driver(&cast.a.openid);
    let a = timeline.step(DRIVER_A, ["微信登录", "signs in with WeChat"], a).await?;
    let began = Instant::now();
    let report = report(town, timeline, &a).await?;
    let case =
        timeline.step(SERVICE, ["受理", "takes it up"], async { Ok(report.text("/id")?.to_owned()) }).await?;
    let number = report.text("/number").map(str::to_owned).unwrap_or_default();
    preserve(town, timeline, cast, &a, &case, &number).await?;
    let may_move = began.elapsed();
    let b = second_driver(town, timeline, cast, &a, &case).await?;
    tell(timeline, cast, (&a, &b), &case).await?;
    let officer = town.sign_in_staff(OFFICER_NAME);
    let officer = timeline
        .step(OFFICER, ["密码加动态口令登录", "signs in with password and one-time code"], officer)
        .await?;
    let accident = Accident { town, cast, case, number, a, b, officer };
    accident.decide(timeline).await?;
    let determined = began.elapsed();
    accident.sign(timeline).await?;
    let claims = accident.claims(timeline).await?;
    let acknowledged = began.elapsed();
    accident.insurers_read(timeline, &claims).await?;
    let state = accident.verify(timeline).await?;
    let times = Seconds {
        report_to_may_move: seconds(may_move),
        report_to_determination: seconds(determined),
        report_to_acknowledged_claims: seconds(acknowledged),
    };
    Ok((CaseOutcome { number: accident.number, state }, claims, times))
}

/// A reports; the network breaks and the phone sends the same once more.
async fn report(town: &Town, timeline: &mut Timeline, a: &Session) -> Result<Answer, StepFailed> {
    let questions = async { Ok(town.api.list_questions().await?) };
    let questions =
        timeline.step(DRIVER_A, ["读取需要回答的问题", "reads the questions to answer"], questions).await?;
    let call = Call::new("report_case", Method::POST, "/cases").keyed().json(json!({
        "position": position("gcj02", PLACE),
        "place": "张店区柳泉路与人民路路口北侧",
        "weather": "晴",
        "road_user": "motor_vehicle",
        "answers": answers(2, &[], questions.as_array().map(Vec::as_slice).unwrap_or_default()),
    }));
    let report = async {
        let report = a.send(&call).await?;
        must(
            report.text("/triage/lane")? == "remote",
            "a rear-end collision without bars goes to the remote lane",
        )?;
        must(report.text("/stage")? == "collecting", "the parties now collect evidence")?;
        Ok(report)
    };
    let report = timeline
        .step(DRIVER_A, ["报告事故并回答问题", "reports the accident and answers the questions"], report)
        .await?;
    let again = async {
        let again = a.send(&call).await?;
        must(again.replayed && again.body == report.body, "the same report sent again is the same case")
    };
    timeline
        .step(
            DRIVER_A,
            [
                "网络不稳，重发同一请求：仍是同一案件",
                "sends the same again, as on a bad network: still one case",
            ],
            again,
        )
        .await?;
    timeline.note(CASE_NUMBER, report.text("/number").unwrap_or_default());
    if let Some(Value::String(order)) = report.pointer("/triage/order/text/zh") {
        timeline.note(["依法指引", "what the law orders now"], order);
    }
    Ok(report)
}

/// A photographs the scene and may move.
async fn preserve(
    town: &Town,
    timeline: &mut Timeline,
    cast: &Cast,
    a: &Session,
    case: &str,
    number: &str,
) -> Result<(), StepFailed> {
    let mut digests = Vec::new();
    let mut receipt = String::new();
    for (place, (slot, view)) in (0_u64..).zip(SCENE) {
        let what: Words = match view {
            View::Front => ["上传侧前方照片", "sends the photo from in front"],
            View::Rear => ["上传侧后方照片", "sends the photo from behind"],
            _ => ["上传碰撞部位照片", "sends the photo of the contact"],
        };
        let upload = async {
            let jpeg = photo(cast.seed.wrapping_mul(100).wrapping_add(place), view)?;
            let digest = sha256(&jpeg);
            let stored = a.upload_photo(case, slot, jpeg).await?;
            must(stored.status == 201, "a new photo is created")?;
            must(stored.text("/photo/sha256")? == digest, "the photo is kept bit for bit")?;
            Ok((digest, stored))
        };
        let (digest, stored) = timeline.step(DRIVER_A, what, upload).await?;
        timeline.note(["指纹", "SHA-256"], &digest);
        digests.push(digest);
        receipt = stored.text("/move_receipt/receipt").unwrap_or_default().to_owned();
    }
    let check = async {
        let claims = check_receipt(&town.api.jwks().await?.body, &receipt)?;
        must(claims.get("statement") == Some(&json!("may_move")), "the receipt says that they may move")?;
        must(claims.get("sub") == Some(&json!(number)), "the receipt is about this case")?;
        must(claims.get("photos_sha256") == Some(&json!(digests)), "the receipt names the three photos")
    };
    timeline
        .step(
            DRIVER_A,
            ["收到撤离凭证，验证签名：可以撤离", "gets the receipt and checks its signature: you may move"],
            check,
        )
        .await
}

/// B comes in by A's invitation.
async fn second_driver(
    town: &Town,
    timeline: &mut Timeline,
    cast: &Cast,
    a: &Session,
    case: &str,
) -> Result<Session, StepFailed> {
    let invite = async { Ok(a.invite_party(case).await?.text("/code")?.to_owned()) };
    let code = timeline.step(DRIVER_A, ["出示邀请码", "shows the invitation code"], invite).await?;
    let b = town.sign_in_driver(&cast.b.openid);
    let b = timeline.step(DRIVER_B, ["微信登录", "signs in with WeChat"], b).await?;
    let join = async {
        let joined = b.join_case(&code).await?;
        must(joined.text("/id")? == case, "the invitation leads to this case")?;
        must(!joined.body.to_string().contains(cast.a.phone), "B learns nothing personal about A")
    };
    timeline.step(DRIVER_B, ["扫码加入案件", "scans it and joins the case"], join).await?;
    Ok(b)
}

/// Both say who they are and what happened, and submit.
async fn tell(
    timeline: &mut Timeline,
    cast: &Cast,
    (a, b): (&Session, &Session),
    case: &str,
) -> Result<(), StepFailed> {
    let facts = |manoeuvre: &str, zone: u8| json!({ "manoeuvre": manoeuvre, "signal": "none", "junction": "none", "impact_zone": zone });
    let details = a.update_party(case, cast.a.details());
    timeline.call(DRIVER_A, DETAILS, details).await?;
    let text = "前车停车等候，我没有及时刹住，追尾了前车。";
    let state = a.put_statement(case, facts("following", 12), text);
    timeline.call(DRIVER_A, STATES, state).await?;
    let submit = a.submit_case(case);
    timeline.call(DRIVER_A, HANDS_IN, submit).await?;
    let details = b.update_party(case, cast.b.details());
    timeline.call(DRIVER_B, DETAILS, details).await?;
    let plate = async {
        let jpeg = photo(cast.seed.wrapping_mul(100).wrapping_add(50), View::Plate)?;
        b.upload_photo(case, "plate", jpeg).await?;
        Ok(())
    };
    timeline.step(DRIVER_B, ["上传车牌照片", "sends a photo of the plate"], plate).await?;
    let text = "我正在停车等候前方放行，被后车追尾。";
    let state = b.put_statement(case, facts("stopped", 6), text);
    timeline.call(DRIVER_B, STATES, state).await?;
    let submit = async {
        let submitted = b.submit_case(case).await?;
        must(
            submitted.text("/stage")? == "waiting",
            "with the last application the case waits for an officer",
        )
    };
    timeline.step(DRIVER_B, HANDS_IN, submit).await
}

impl Accident<'_> {
    /// The officer looks and decides as the rules propose.
    async fn decide(&self, timeline: &mut Timeline) -> Result<(), StepFailed> {
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
    async fn sign(&self, timeline: &mut Timeline) -> Result<(), StepFailed> {
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
    async fn claims(&self, timeline: &mut Timeline) -> Result<Vec<ClaimOutcome>, StepFailed> {
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
    async fn insurers_read(
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
    async fn verify(&self, timeline: &mut Timeline) -> Result<String, StepFailed> {
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

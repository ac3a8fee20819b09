//! The first accident: A runs into B, who was standing. Photographed, cleared, decided from afar, signed, and
//! on its way to both insurers.

mod decision;

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    CASE_NUMBER, CaseOutcome, Cast, ClaimOutcome, DRIVER_A, DRIVER_B, OFFICER, OFFICER_NAME, Seconds,
    answers, check_receipt, position, seconds, sha256,
};
use crate::{
    client::{Call, Session},
    pictures::View,
    timeline::{StepFailed, Timeline, Words},
    town::Town,
    trouble::must,
};

/// 柳泉路 north of 人民路, as the map of a mini-program shows it.
const PLACE: (f64, f64) = (36.8110, 118.0525);
/// The scene photos without which nobody may move, and from where they are taken.
const SCENE: [(&str, View); 3] =
    [("front_oblique", View::Front), ("rear_oblique", View::Rear), ("impact", View::Close)];
const HANDS_IN: Words = ["同意远程处理并提交", "agrees to remote handling and submits"];
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

/// What came of it, and the officer who stays on duty.
pub(super) struct Played {
    pub(super) case: CaseOutcome,
    pub(super) claims: Vec<ClaimOutcome>,
    pub(super) seconds: Seconds,
    pub(super) officer: Session,
}

/// Plays it to its end.
pub(super) async fn play(town: &Town, timeline: &mut Timeline, cast: &Cast) -> Result<Played, StepFailed> {
    timeline.chapter([
        "事故一：柳泉路人民路路口追尾，远程处理",
        "Accident one: rear-end collision, handled from afar",
    ]);
    let album = async { SCENE.map(|(_, view)| cast.photo(view)).into_iter().collect::<Result<Vec<_>, _>>() };
    let album = timeline.step(DRIVER_A, ["拍摄现场照片", "photographs the scene"], album).await?;
    let a = town.sign_in_driver(&cast.a.openid);
    let a = timeline.step(DRIVER_A, ["微信登录", "signs in with WeChat"], a).await?;
    let began = Instant::now();
    let (case, number) = report(town, timeline, &a).await?;
    preserve(town, timeline, album, &a, (&case, &number)).await?;
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
    let seconds = Seconds {
        report_to_may_move: seconds(may_move),
        report_to_determination: seconds(determined),
        report_to_acknowledged_claims: seconds(acknowledged),
    };
    let Accident { number, officer, .. } = accident;
    Ok(Played { case: CaseOutcome { number, state }, claims, seconds, officer })
}

/// A reports; the network breaks and the phone sends the same once more.
async fn report(town: &Town, timeline: &mut Timeline, a: &Session) -> Result<(String, String), StepFailed> {
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
        let named = (report.text("/id")?.to_owned(), report.text("/number")?.to_owned());
        Ok((report, named))
    };
    let (report, named) = timeline
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
    timeline.note(CASE_NUMBER, &named.1);
    if let Some(Value::String(order)) = report.pointer("/triage/order/text/zh") {
        timeline.note(["依法指引", "what the law orders now"], order);
    }
    Ok(named)
}

/// A preserves the scene and may move.
async fn preserve(
    town: &Town,
    timeline: &mut Timeline,
    album: Vec<Vec<u8>>,
    a: &Session,
    (case, number): (&str, &str),
) -> Result<(), StepFailed> {
    let mut digests = Vec::new();
    let mut receipt = String::new();
    for ((slot, view), jpeg) in SCENE.into_iter().zip(album) {
        let what: Words = match view {
            View::Front => ["上传侧前方照片", "sends the photo from in front"],
            View::Rear => ["上传侧后方照片", "sends the photo from behind"],
            _ => ["上传碰撞部位照片", "sends the photo of the contact"],
        };
        let upload = async {
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
        let preserved = claims.get("preserved").and_then(Value::as_array).into_iter().flatten();
        let named: Vec<&str> = preserved.filter_map(|piece| piece["sha256"].as_str()).collect();
        must(named == digests, "the receipt names the three photos")
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
        let jpeg = cast.photo(View::Plate)?;
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

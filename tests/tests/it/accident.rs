//! Steps of an accident for tests that need many: the shortest way to each stage.

use std::{io::Cursor, sync::OnceLock};

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::{Answer, Call, CallFailed, Session};
use tokio::{sync::Barrier, task::JoinSet};

/// The scene photos without which nobody may move.
pub(crate) const SLOTS: [&str; 3] = ["front_oblique", "rear_oblique", "impact"];
/// No bar to the remote lane.
const QUESTIONS: [&str; 12] = [
    "injured",
    "licence_problem",
    "alcohol_or_drugs",
    "overloaded_or_speeding",
    "plate_problem",
    "cannot_move",
    "party_left",
    "intent",
    "no_insurance_or_inspection",
    "hit_facility",
    "dangerous_goods",
    "wants_officer_on_scene",
];

/// A report of two cars; the questions in `yes` are answered so.
fn report_body(yes: &[&str]) -> Value {
    let mut answers = serde_json::Map::new();
    for question in QUESTIONS {
        let answer = if yes.contains(&question) { "yes" } else { "no" };
        answers.insert(question.to_owned(), json!(answer));
    }
    answers.insert(
        "road_users".to_owned(),
        json!({ "motor_vehicles": 2, "non_motor_vehicles": 0, "pedestrians": 0 }),
    );
    json!({
        "position": { "latitude": 36.811, "longitude": 118.0525, "datum": "wgs84" },
        "place": "柳泉路与人民路路口北侧",
        "answers": answers,
        "road_user": "motor_vehicle",
    })
}

/// A report that leads to the remote lane.
pub(crate) fn report() -> Call {
    Call::new("report_case", Method::POST, "/cases").json(report_body(&[])).keyed()
}

/// A report of cars that cannot move: a unit is needed.
pub(crate) fn breakdown() -> Call {
    Call::new("report_case", Method::POST, "/cases").json(report_body(&["cannot_move"])).keyed()
}

/// A keyed request about a case.
pub(crate) fn about(operation: &'static str, method: Method, case: &str, rest: &str) -> Call {
    Call::new(operation, method, format!("/cases/{case}{rest}")).keyed()
}

/// What A or B says about person and car.
pub(crate) fn details(case: &str, insurer: &str) -> Call {
    let a = insurer == "PICC";
    about("update_party", Method::PATCH, case, "/parties/me").json(json!({
        "name": if a { "高建华" } else { "林晓雨" },
        "licence": if a { "370303198805121017" } else { "370302199208232040" },
        "phone": phone(case, a),
        "vehicle": { "plate": if a { "鲁C12345" } else { "鲁C67890" }, "kind": "car" },
        "insurance": { "insurer": insurer, "policy_number": format!("{insurer}2026370300000001") },
    }))
}

/// A phone of this case alone: only so many codes go to one.
fn phone(case: &str, a: bool) -> String {
    let seed: u64 = case.bytes().fold(0, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{}{:08}", if a { "138" } else { "139" }, seed % 100_000_000)
}

/// What a driver says happened.
pub(crate) fn statement(case: &str, manoeuvre: &str, text: &str) -> Call {
    let zone = if manoeuvre == "following" { 12 } else { 6 };
    about("put_statement", Method::PUT, case, "/statement")
        .json(json!({ "facts": { "manoeuvre": manoeuvre, "impact_zone": zone }, "text": text }))
}

/// The application for remote handling, with the other party or without.
pub(crate) fn submission(case: &str, alone: bool) -> Call {
    about("submit_case", Method::POST, case, "/submission")
        .json(json!({ "agrees_to_remote_handling": true, "without_other_party": alone }))
}

/// The report taken back.
pub(crate) fn withdrawal(case: &str) -> Call {
    about("withdraw_case", Method::POST, case, "/withdrawal").json(json!({}))
}

/// The officer's next case.
pub(crate) fn take() -> Call {
    Call::new("take_next_case", Method::POST, "/queue/next").json(json!({})).keyed()
}

/// A decision on the case as it was seen with `etag`.
pub(crate) fn decision(case: &str, etag: &str) -> Call {
    about("determine_liability", Method::POST, case, "/determination")
        .json(json!({
            "grades": { "A": "full", "B": "none" },
            "facts": "甲车追尾乙车。",
            "accident_form": "追尾碰撞",
            "reason": "依照片认定",
        }))
        .if_match(etag)
}

/// A signature over the document with this hash, which this driver opens and for which it gets a code.
pub(crate) async fn signature(by: &Session, case: &str, document: &str) -> Call {
    let code = by.signing_code(case, document).await.unwrap();
    tests::signing::signature(case, document, &code)
}

/// A unit sent to the case.
pub(crate) fn dispatch(case: &str) -> Call {
    about("create_dispatch", Method::POST, case, "/dispatches").json(json!({ "reason": "车辆不能移动" }))
}

/// A small JPEG file; each seed gives another.
pub(crate) fn photo(seed: u64) -> Vec<u8> {
    let [red, green, blue, ..] = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    let picture = RgbImage::from_fn(96, 64, |x, y| {
        let bit = u8::from((seed >> ((x / 8 + y / 8 * 12) % 64)) & 1 == 1);
        Rgb([red ^ (bit * 255), green.wrapping_add(bit), blue])
    });
    let mut file = Cursor::new(Vec::new());
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut file, 90)).unwrap();
    file.into_inner()
}

/// The photo that is good enough for every case whose photos nobody looks at.
fn any_photo() -> Vec<u8> {
    static PHOTO: OnceLock<Vec<u8>> = OnceLock::new();
    PHOTO.get_or_init(|| photo(1)).clone()
}

/// A new case with its scene photos; tells its id.
pub(crate) async fn photographed(a: &Session) -> String {
    let case = a.send(&report()).await.unwrap().text("/id").unwrap().to_owned();
    for slot in SLOTS {
        a.upload_photo(&case, slot, any_photo()).await.unwrap();
    }
    case
}

/// A case that A handed in without the other driver: it waits in the queue.
pub(crate) async fn queued_alone(a: &Session) -> String {
    let case = photographed(a).await;
    a.send(&statement(&case, "following", "对方已离开")).await.unwrap();
    let submitted = a.send(&submission(&case, true)).await.unwrap();
    assert_eq!(submitted.text("/stage").unwrap(), "waiting");
    case
}

/// A case that both drivers handed in: it waits in the queue and can be decided.
pub(crate) async fn queued(a: &Session, b: &Session) -> String {
    let case = photographed(a).await;
    let code = a.invite_party(&case).await.unwrap().text("/code").unwrap().to_owned();
    b.join_case(&code).await.unwrap();
    for (driver, insurer, manoeuvre) in [(a, "PICC", "following"), (b, "PAIC", "stopped")] {
        driver.send(&details(&case, insurer)).await.unwrap();
        driver.send(&statement(&case, manoeuvre, "我的陈述")).await.unwrap();
        driver.send(&submission(&case, false)).await.unwrap();
    }
    case
}

/// Sends all at once, each on a connection of its own, and gives the answers in the same order.
pub(crate) async fn at_once(
    calls: impl IntoIterator<Item = (Session, Call)>,
) -> Vec<Result<Answer, CallFailed>> {
    let calls: Vec<_> = calls.into_iter().collect();
    let barrier = std::sync::Arc::new(Barrier::new(calls.len()));
    let mut sending = JoinSet::new();
    for (place, (who, call)) in calls.into_iter().enumerate() {
        let barrier = std::sync::Arc::clone(&barrier);
        sending.spawn(async move {
            barrier.wait().await;
            (place, who.send(&call).await)
        });
    }
    let mut answers = sending.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Status of an answer or refusal.
pub(crate) fn status(answer: &Result<Answer, CallFailed>) -> u16 {
    match answer {
        Ok(answer) => answer.status,
        Err(failed) => failed.refusal().unwrap_or_else(|| panic!("{failed}")).0,
    }
}

/// The kinds of a case's journal entries; the chain must hold.
pub(crate) async fn journal(who: &Session, case: &str) -> Vec<String> {
    let journal = who.get_journal(case).await.unwrap();
    assert_eq!(journal["holds"], true, "{:?}", journal.body);
    let kinds = journal.list("/entries").unwrap().iter();
    kinds.map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

/// How often this kind stands in a journal.
pub(crate) fn count(kinds: &[String], kind: &str) -> usize {
    kinds.iter().filter(|other| *other == kind).count()
}

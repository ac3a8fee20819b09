//! The second accident: C's car cannot be moved. Sent on scene by triage; the nearest unit declines, the next
//! one goes.

use serde_json::{Value, json};

use super::{CASE_NUMBER, CaseOutcome, Cast, DRIVER_C, OFFICER, answers, position, sound_journal};
use crate::{
    client::{Answer, Session},
    timeline::{StepFailed, Timeline, Words},
    town::Town,
    trouble::{Trouble, must},
};

/// A few steps from 张店快处中心.
const PLACE: (f64, f64) = (36.8155, 118.0320);
/// Where the unit is when it sets out.
const ON_THE_WAY: (f64, f64) = (36.8149, 118.0308);

const NEAREST_UNIT: Words = ["最近的处置员", "the nearest unit"];
const NEXT_UNIT: Words = ["下一名处置员", "the next unit"];
const SIGNS_IN: Words = ["登录", "signs in"];

/// A task and the unit that has it.
struct Task {
    id: String,
    username: String,
    metres: i64,
}

/// Plays it to its end.
pub(super) async fn play(
    town: &Town,
    timeline: &mut Timeline,
    cast: &Cast,
    officer: &Session,
) -> Result<CaseOutcome, StepFailed> {
    timeline.chapter([
        "事故二：车辆无法移动，指派快处点处置",
        "Accident two: the car cannot move, a unit is sent",
    ]);
    let driver = town.sign_in_driver(&cast.c.openid);
    let driver = timeline.step(DRIVER_C, ["微信登录", "signs in with WeChat"], driver).await?;
    let (case, number) = report(town, timeline, cast, &driver).await?;
    let send = async {
        let task = officer.create_dispatch(&case, "车辆无法自行移动，需到场协助").await?;
        task_of(town, &task.body)
    };
    let task = timeline.step(OFFICER, ["指派最近的处置员", "sends the nearest unit"], send).await?;
    timeline.note(["指派", "unit"], format_args!("{} ({} m)", task.username, task.metres));
    decline(town, timeline, &task).await?;
    let next = next_task(town, officer, &case);
    let next = timeline.step(OFFICER, ["查看改派结果", "sees who was asked next"], next).await?;
    timeline.note(["改派", "unit"], format_args!("{} ({} m)", next.username, next.metres));
    go(town, timeline, &next).await?;
    let journal = async { sound_journal(&officer.get_journal(&case).await?) };
    let entries = timeline
        .step(OFFICER, ["核对案件日志的哈希链", "checks the hash chain of the case's journal"], journal)
        .await?;
    timeline.note(["日志条数", "entries"], entries);
    let state = async { Ok(driver.get_case(&case).await?.text("/stage")?.to_owned()) };
    let state = timeline.step(DRIVER_C, ["查看案件", "looks at the case"], state).await?;
    timeline.note(["状态", "state"], &state);
    Ok(CaseOutcome { number, state })
}

async fn report(
    town: &Town,
    timeline: &mut Timeline,
    cast: &Cast,
    driver: &Session,
) -> Result<(String, String), StepFailed> {
    let report = async {
        let questions = town.api.list_questions().await?;
        let report = driver
            .report_case(json!({
                "position": position("wgs84", PLACE),
                "place": "张店区联通路世纪路路口东侧",
                "weather": "晴",
                "road_user": "motor_vehicle",
                "answers": answers(2, &["cannot_move"], questions.list("")?),
                "party": cast.c.details(),
            }))
            .await?;
        must(report.text("/triage/lane")? == "scene", "a car that cannot move is a case for the scene")?;
        must(report.text("/stage")? == "on_scene", "the case waits for a unit")?;
        must(report.at("/triage/may_leave")? == &json!(false), "the scene is protected")?;
        let named = (report.text("/id")?.to_owned(), report.text("/number")?.to_owned());
        Ok((report, named))
    };
    let (report, named) = timeline
        .step(DRIVER_C, ["报告事故：车辆无法移动", "reports: the car cannot be moved"], report)
        .await?;
    timeline.note(CASE_NUMBER, &named.1);
    for rule in report.list("/triage/rules").unwrap_or_default() {
        timeline.note(
            ["依据", "because of"],
            rule.pointer("/articles/0").and_then(Value::as_str).unwrap_or_default(),
        );
    }
    let near = async { Ok(driver.find_nearest_points(&position("wgs84", PLACE)).await?) };
    let near = timeline.step(DRIVER_C, ["查询最近的快处点", "looks for the nearest point"], near).await?;
    if let (Ok(name), Ok(metres)) = (near.text("/0/point/name"), near.at("/0/metres")) {
        timeline.note(["快处点", "point"], format_args!("{name} ({metres} m)"));
    }
    Ok(named)
}

/// Which member of staff a task is for.
fn task_of(town: &Town, task: &Value) -> Result<Task, Trouble> {
    let member = |name: &str| task.get(name).and_then(Value::as_str).unwrap_or_default();
    let unit = town.city.units.iter().find(|unit| unit.id.to_string() == member("unit_id"));
    let unit =
        unit.ok_or_else(|| Trouble::not_so("the task is for a unit that the city's file does not know"))?;
    let metres = task.get("metres").and_then(Value::as_i64).unwrap_or_default();
    Ok(Task { id: member("id").to_owned(), username: unit.username.to_string(), metres })
}

/// The task that is open now.
async fn next_task(town: &Town, officer: &Session, case: &str) -> Result<Task, Trouble> {
    let case = officer.get_case(case).await?;
    let open: Vec<_> = case
        .list("/dispatches")?
        .iter()
        .filter(|task| task.get("state").and_then(Value::as_str) == Some("offered"))
        .collect();
    match open.as_slice() {
        [task] => task_of(town, task),
        _ => Err(Trouble::not_so("after a refusal exactly one other unit is asked")),
    }
}

async fn decline(town: &Town, timeline: &mut Timeline, task: &Task) -> Result<(), StepFailed> {
    let session = town.sign_in_staff(&task.username);
    let session = timeline.step(NEAREST_UNIT, SIGNS_IN, session).await?;
    let decline = async {
        let tasks = session.list_tasks().await?;
        must(tasks.text("/0/id")? == task.id, "the unit sees its task")?;
        expect_state(&session.decline_dispatch(&task.id, "正在处理另一起事故").await?, "declined")
    };
    timeline.step(NEAREST_UNIT, ["拒绝指派", "declines"], decline).await
}

async fn go(town: &Town, timeline: &mut Timeline, task: &Task) -> Result<(), StepFailed> {
    let session = town.sign_in_staff(&task.username);
    let session = timeline.step(NEXT_UNIT, SIGNS_IN, session).await?;
    let accept = async { expect_state(&session.accept_dispatch(&task.id).await?, "accepted") };
    timeline.step(NEXT_UNIT, ["接受指派", "accepts"], accept).await?;
    let place = position("wgs84", ON_THE_WAY);
    let report = session.report_position(&place);
    timeline.call(NEXT_UNIT, ["上报途中位置", "reports the position on the way"], report).await?;
    let arrive = async {
        expect_state(&session.arrive_on_scene(&task.id, &position("wgs84", PLACE)).await?, "arrived")
    };
    timeline.step(NEXT_UNIT, ["到达现场", "arrives"], arrive).await?;
    let note = "已协助将车辆拖离道路，双方在快处点继续办理。";
    let complete =
        async { expect_state(&session.complete_dispatch(&task.id, "settled", note).await?, "completed") };
    timeline.step(NEXT_UNIT, ["处置完毕", "is done"], complete).await
}

fn expect_state(task: &Answer, state: &str) -> Result<(), Trouble> {
    must(task.text("/state")? == state, &format!("the task is {state}"))
}

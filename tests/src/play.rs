//! Two accidents, played through the public API with real files: one decided from afar, one on scene.

mod breakdown;
mod cast;
mod papers;
mod rear_end;

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    client::Answer,
    timeline::{StepFailed, Timeline, Words},
    town::Town,
    trouble::{Trouble, must},
};

pub use cast::{Cast, DriverPart};
pub use papers::{check_receipt, sha256, verification_link};

pub(crate) const DRIVER_A: Words = ["驾驶人A", "driver A"];
pub(crate) const DRIVER_B: Words = ["驾驶人B", "driver B"];
pub(crate) const DRIVER_C: Words = ["驾驶人C", "driver C"];
pub(crate) const OFFICER: Words = ["民警 officer-1", "officer-1"];
pub(crate) const ANYBODY: Words = ["任何人", "anybody"];
pub(crate) const CASE_NUMBER: Words = ["案件编号", "case"];

/// The officer on duty for 张店区.
const OFFICER_NAME: &str = "officer-1";

/// What came of the play; the demo's last line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Both cases.
    pub cases: Vec<CaseOutcome>,
    /// The claims of the first.
    pub claims: Vec<ClaimOutcome>,
    /// How long it took.
    pub seconds: Seconds,
}

/// One case at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseOutcome {
    /// The number people quote.
    pub number: String,
    /// The stage it reached.
    pub state: String,
}

/// One claim, confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimOutcome {
    /// The insurer's number.
    pub number: String,
    /// The insurer's code.
    pub insurer: String,
    /// Where it stands.
    pub status: String,
}

/// Seconds since the first accident was reported.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Seconds {
    /// Until the receipt "you may move".
    pub report_to_may_move: f64,
    /// Until the officer's determination.
    pub report_to_determination: f64,
    /// Until both insurers had confirmed their claims.
    pub report_to_acknowledged_claims: f64,
}

/// Plays both accidents.
pub async fn play(town: &Town, timeline: &mut Timeline, cast: &Cast) -> Result<Outcome, StepFailed> {
    let rear_end::Played { case, claims, seconds, officer } = rear_end::play(town, timeline, cast).await?;
    let second = breakdown::play(town, timeline, cast, &officer).await?;
    Ok(Outcome { cases: vec![case, second], claims, seconds })
}

/// Answers to the questions of triage: no to everything but `yes`.
fn answers(motor_vehicles: u8, yes: &[&str], questions: &[Value]) -> Value {
    let users = json!({ "motor_vehicles": motor_vehicles, "non_motor_vehicles": 0, "pedestrians": 0 });
    let names = questions.iter().filter_map(|question| question.get("name")?.as_str());
    let answered = names.map(|name| (name.to_owned(), json!(if yes.contains(&name) { "yes" } else { "no" })));
    Value::Object(answered.chain([("road_users".to_owned(), users)]).collect())
}

/// A place as a phone reports it.
fn position(datum: &str, (latitude, longitude): (f64, f64)) -> Value {
    json!({ "latitude": latitude, "longitude": longitude, "datum": datum, "accuracy_metres": 12.0 })
}

/// Checks the journal that an answer of `get_journal` holds, and counts its entries.
fn sound_journal(journal: &Answer) -> Result<usize, Trouble> {
    must(journal.get("holds") == Some(&Value::Bool(true)), "the journal of the case is unbroken")?;
    Ok(journal.list("/entries")?.len())
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

//! The reports that are sent: made once, so that making them is not measured.

use rand::RngExt as _;
use serde_json::json;

/// One report in this many is about an injury: it leaves the quick lane at once, gets a second entry in its
/// journal, and the patrol is told by a text message.
pub(super) const ONE_INJURED_IN: usize = 20;

/// How many different reports there are.
const DIFFERENT: usize = 40;

/// Reports as a driver's device sends them, with everything the driver knows.
#[derive(Debug)]
pub(super) struct Reports(Vec<String>);

impl Reports {
    /// The same reports every time.
    pub(super) fn new() -> Self {
        Self((0..DIFFERENT).map(|number| report(number, number % ONE_INJURED_IN == 0)).collect())
    }

    /// The next of somebody who has sent `sent` before.
    pub(super) fn pick(&self) -> &str {
        let number = rand::rng().random_range(0..self.0.len());
        self.0.get(number).map_or("{}", String::as_str)
    }

    /// An ordinary report.
    pub(super) fn ordinary() -> serde_json::Value {
        serde_json::from_str(&report(1, false)).unwrap_or_default()
    }

    /// An ordinary report, and one about an injury.
    pub(super) fn kinds() -> [String; 2] {
        [report(1, false), report(0, true)]
    }
}

fn report(number: usize, injured: bool) -> String {
    let east = 118.03 + f64::from(u8::try_from(number).unwrap_or(u8::MAX)) / 1_000.0;
    let yes_or_no = |yes| if yes { "yes" } else { "no" };
    json!({
        "position": { "latitude": 36.81, "longitude": east, "datum": "gcj02", "accuracy_metres": 12.5 },
        "place": "张店区柳泉路与人民路路口北侧",
        "weather": "晴",
        "road_user": "motor_vehicle",
        "answers": {
            "road_users": { "motor_vehicles": 2, "non_motor_vehicles": 0, "pedestrians": 0 },
            "injured": yes_or_no(injured),
            "licence_problem": "no",
            "alcohol_or_drugs": "no",
            "overloaded_or_speeding": "no",
            "plate_problem": "no",
            "cannot_move": "no",
            "party_left": "no",
            "intent": "no",
            "no_insurance_or_inspection": "no",
            "hit_facility": "no",
            "dangerous_goods": "no",
            "wants_officer_on_scene": "no",
        },
        "party": {
            "name": "王小明",
            "licence": "370303199001010017",
            "phone": format!("138000000{number:02}"),
            "vehicle": { "plate": format!("鲁C123{number:02}"), "kind": "car" },
            "insurance": {
                "insurer": "PICC",
                "policy_number": format!("PDZA2026370300000{number:02}"),
                "third_party_limit_fen": 100_000_000,
                "own_damage": true,
            },
            "estimated_loss_fen": 180_000,
        },
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_report_in_twenty_is_about_an_injury() {
        let injured = Reports::new().0.iter().filter(|report| report.contains(r#""injured":"yes""#)).count();
        assert_eq!(injured * ONE_INJURED_IN, DIFFERENT);
    }
}

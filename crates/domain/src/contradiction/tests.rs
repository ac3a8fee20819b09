//! Every contradiction is found where it is, and nowhere else.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn facts(value: Value) -> DrivingFacts {
    serde_json::from_value(value).unwrap()
}

fn role(index: usize) -> PartyRole {
    PartyRole::nth(index).unwrap()
}

fn between(all: &[Value]) -> Vec<&'static str> {
    let facts: Vec<_> = all.iter().map(|value| facts(value.clone())).collect();
    let parties: Vec<_> = facts.iter().enumerate().map(|(index, facts)| (role(index), facts)).collect();
    contradictions(&parties).into_iter().map(|found| found.code).collect()
}

/// Statements that cannot both be true, and beside them ones that can.
fn table() -> Vec<(&'static str, [Value; 2], [Value; 2])> {
    let crossing = |signal: &str, heading: &str| json!({ "signal": signal, "heading": heading });
    let says = |what: &str, answer: &str| json!({ "circumstances": { what: answer } });
    let meets = |what: &str| json!({ "manoeuvre": "meeting", "circumstances": { what: "yes" } });
    let lane = |number: u8, zone: u8, manoeuvre: &str| json!({ "lane": { "number": number }, "heading": "north", "impact_zone": zone, "manoeuvre": manoeuvre });
    let sign = |answer: &str, heading: &str| json!({ "junction": "signs", "heading": heading, "circumstances": { "must_give_way": answer } });
    let hit = |manoeuvre: &str, zone: u8| json!({ "manoeuvre": manoeuvre, "impact_zone": zone });
    vec![
        ("both_standing", [hit("stopped", 12), hit("parked", 6)], [hit("straight", 12), hit("parked", 6)]),
        (
            "both_behind",
            [hit("following", 12), hit("following", 6)],
            [hit("following", 12), hit("straight", 6)],
        ),
        (
            "both_green",
            [crossing("green", "north"), crossing("green", "east")],
            [crossing("green", "north"), crossing("green", "south")],
        ),
        (
            "kind_of_junction",
            [json!({ "junction": "signals" }), json!({ "junction": "none" })],
            [json!({ "junction": "signals" }), json!({ "signal": "red" })],
        ),
        (
            "roundabout",
            [json!({ "manoeuvre": "in_roundabout" }), json!({ "junction": "signs" })],
            [json!({ "manoeuvre": "in_roundabout" }), json!({ "junction": "roundabout" })],
        ),
        (
            "each_from_the_right",
            [says("other_from_right", "yes"), says("other_from_right", "yes")],
            [says("other_from_right", "yes"), says("other_from_right", "no")],
        ),
        (
            "right_against_heading",
            [
                json!({ "heading": "north", "circumstances": { "other_from_right": "yes" } }),
                json!({ "heading": "east" }),
            ],
            [
                json!({ "heading": "north", "circumstances": { "other_from_right": "yes" } }),
                json!({ "heading": "west" }),
            ],
        ),
        (
            "ahead_against_heading",
            [
                json!({ "heading": "north", "circumstances": { "other_from_ahead": "no" } }),
                json!({ "heading": "south" }),
            ],
            [
                json!({ "heading": "north", "circumstances": { "other_from_ahead": "yes" } }),
                json!({ "heading": "south" }),
            ],
        ),
        (
            "ahead_or_not",
            [says("other_from_ahead", "yes"), says("other_from_ahead", "no")],
            [says("other_from_ahead", "yes"), says("other_from_ahead", "unknown")],
        ),
        ("rear_to_rear", [hit("straight", 6), hit("stopped", 5)], [hit("reversing", 6), hit("stopped", 5)]),
        (
            "behind_and_front",
            [hit("following", 12), hit("stopped", 1)],
            [hit("following", 12), hit("stopped", 6)],
        ),
        (
            "side_against_lane",
            [lane(1, 9, "straight"), lane(2, 9, "lane_change")],
            [lane(1, 3, "straight"), lane(2, 9, "lane_change")],
        ),
        (
            "both_kept_the_lane",
            [lane(1, 3, "straight"), lane(2, 9, "straight")],
            [lane(1, 3, "straight"), lane(2, 9, "lane_change")],
        ),
        ("same_slope", [meets("uphill"), meets("uphill")], [meets("uphill"), meets("downhill")]),
        (
            "nobody_gives_way",
            [sign("no", "north"), sign("no", "west")],
            [sign("no", "north"), sign("yes", "west")],
        ),
        (
            "touched_or_not",
            [json!({ "contacts": [{ "with": "B" }] }), json!({ "contacts": [{ "with": "C" }] })],
            [json!({ "contacts": [{ "with": "B" }] }), json!({ "contacts": [{}] })],
        ),
    ]
}

#[test]
fn every_contradiction_is_found_where_it_is_and_not_beside_it() {
    let table = table();
    let codes: Vec<_> = table.iter().map(|(code, ..)| *code).collect();
    assert_eq!(codes, RULES.iter().map(|rule| rule.code).collect::<Vec<_>>(), "each rule has its row");
    for (code, apart, together) in table {
        assert_eq!(between(&apart), [code], "{apart:?}");
        assert_eq!(
            between(&[apart[1].clone(), apart[0].clone()]).len(),
            usize::from(code != "touched_or_not"),
            "{code}"
        );
        assert!(!between(&together).contains(&code), "{code}: {together:?}");
    }
}

#[test]
fn an_order_of_contacts_that_goes_round_is_found() {
    let tells = |contacts: [&str; 2], order: &str| json!({ "contacts": [{ "with": contacts[0] }, { "with": contacts[1] }], "contact_order": order });
    let round =
        [tells(["B", "C"], "as_listed"), tells(["C", "A"], "as_listed"), tells(["A", "B"], "as_listed")];
    assert_eq!(between(&round), ["order_of_contacts"]);
    let open = [round[0].clone(), round[1].clone(), tells(["A", "B"], "unknown")];
    assert_eq!(between(&open), [""; 0]);
}

#[test]
fn vehicles_that_did_not_touch_each_other_are_not_compared() {
    let standing = |with: &str| json!({ "manoeuvre": "stopped", "contacts": [{ "with": with }] });
    let middle = json!({ "manoeuvre": "straight", "contacts": [{ "with": "A" }, { "with": "C" }] });
    assert_eq!(between(&[standing("B"), middle, standing("B")]), [""; 0]);
}

#[test]
fn a_light_where_there_are_no_lights_contradicts_itself() {
    let alone = json!({ "signal": "red", "junction": "signs" });
    assert_eq!(between(&[alone, json!({})]), ["light_without_lights"]);
    assert_eq!(between(&[json!({ "signal": "none", "junction": "signs" }), json!({})]), [""; 0]);
}

/// Statements that do not contradict themselves.
fn some_facts() -> impl Strategy<Value = Value> {
    let manoeuvre = prop::sample::select(vec![
        "unknown",
        "straight",
        "following",
        "stopped",
        "reversing",
        "meeting",
        "in_roundabout",
    ]);
    let heading = prop::option::of(prop::sample::select(vec!["north", "east", "south", "west"]));
    let signal = prop::sample::select(vec!["unknown", "red", "green"]);
    let junction = prop::sample::select(vec!["unknown", "none", "signals", "signs"]);
    let answer = || prop::sample::select(vec!["yes", "no", "unknown"]);
    let circumstances = (answer(), answer(), answer());
    (manoeuvre, heading, signal, junction, prop::option::of(1..=12_u8), prop::option::of(1..4_u8), circumstances).prop_map(
        |(manoeuvre, heading, signal, junction, zone, lane, (right, ahead, give_way))| {
            let junction = if signal == "unknown" { junction } else { "unknown" };
            let mut facts = json!({
                "manoeuvre": manoeuvre, "signal": signal, "junction": junction, "impact_zone": zone,
                "circumstances": { "other_from_right": right, "other_from_ahead": ahead, "must_give_way": give_way },
            });
            if let Some(heading) = heading {
                facts["heading"] = json!(heading);
            }
            if let Some(lane) = lane {
                facts["lane"] = json!({ "number": lane });
            }
            facts
        },
    )
}

proptest! {
    /// Who says less contradicts less: nothing is read into silence.
    #[test]
    fn what_is_unknown_contradicts_nothing(a in some_facts(), b in some_facts(), which in 0..7_usize) {
        let before = between(&[a.clone(), b.clone()]);
        let names = ["manoeuvre", "signal", "junction", "impact_zone", "heading", "lane", "circumstances"];
        let mut less = a;
        less.as_object_mut().unwrap().remove(names[which]);
        for code in between(&[less, b]) {
            prop_assert!(before.contains(&code), "{} came with {} unknown", code, names[which]);
        }
    }

    #[test]
    fn the_order_of_parties_does_not_matter(a in some_facts(), b in some_facts()) {
        let (a, b) = (facts(a), facts(b));
        let there = contradictions(&[(PartyRole::A, &a), (PartyRole::B, &b)]);
        let back = contradictions(&[(PartyRole::B, &b), (PartyRole::A, &a)]);
        prop_assert_eq!(there, back);
    }
}

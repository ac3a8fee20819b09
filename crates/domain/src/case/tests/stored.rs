//! Cases as earlier releases stored them must be read for as long as there are such cases.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{super::*, build::*};

/// One case per stage, as the first release wrote it. Never regenerate it: a change that breaks this test breaks
/// every database in service, and needs a default or a migration instead.
const FIRST_RELEASE: &str = include_str!("../../../testdata/case-v1.json");

/// One case in each of the stages that came later, as the release that brought them wrote it. The same holds of it.
const DECISIONS: &str = include_str!("../../../testdata/case-v2.json");

/// Whether everything in `old` is in `new` with the same value; `new` may hold more.
fn keeps(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            old.iter().all(|(key, value)| new.get(key).is_some_and(|kept| keeps(value, kept)))
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| keeps(old, new))
        }
        _ => old == new,
    }
}

#[test]
fn cases_of_earlier_releases_are_read_and_nothing_in_them_is_lost() {
    let mut stored: Vec<Value> = serde_json::from_str(FIRST_RELEASE).unwrap();
    stored.extend(serde_json::from_str::<Vec<Value>>(DECISIONS).unwrap());
    let mut stages = BTreeSet::new();
    for old in &stored {
        let case: Case = serde_json::from_value(old.clone()).unwrap();
        assert!(keeps(old, &serde_json::to_value(&case).unwrap()), "a {} lost something", case.stage.name());
        assert!(stages.insert(case.stage.name()), "a {} is there twice", case.stage.name());
    }
    assert_eq!(stages, BTreeSet::from(Stage::NAMES));
}

#[test]
fn a_case_in_every_stage_is_written_and_read_without_a_change() {
    for name in Stage::NAMES {
        let case = in_stage(name);
        let text = serde_json::to_string(&case).unwrap();
        assert_eq!(serde_json::from_str::<Case>(&text).unwrap(), case, "{name}");
        assert!(keeps(&serde_json::to_value(&case).unwrap(), &serde_json::from_str(&text).unwrap()));
    }
}

#[test]
fn debug_output_of_a_case_holds_no_personal_data() {
    let case = concluded();
    let (_, _, claims) = answered().conclude(document(), at(220)).unwrap();
    let issuer = Issuer {
        unit_name: "淄博交警".to_owned(),
        verification_base: "https://example.cn/v/".to_owned(),
        insurer_names: [].into(),
    };
    let paper = case.paper(case.determination().unwrap(), &issuer);
    let text =
        crate::message::Content::Sms { to: "13800000001".parse().unwrap(), text: "王小明".to_owned() };
    let shown = format!("{case:?} {claims:?} {:?} {paper:?} {:?} {text:?}", officer(1), paper.head.parties);
    for private in [
        "王小明",
        "370303199001010017",
        "13800000001",
        "鲁C12345",
        "PICC-0000001",
        "人民西路",
        "追尾",
        "张警官",
        "36.8",
    ] {
        assert!(!shown.contains(private), "{private}");
    }
}

//! Guided shots: what a case asks for, in words for the driver, and how it fills.

use serde_json::{Value, json};
use tests::client::Session;

use crate::{
    people::{ann, ben},
    scenes::{join, jpeg, report, reported},
    support::TestService,
};

async fn shots(by: &Session, case: &str) -> Value {
    by.get_case(case).await.unwrap().body["shots"].clone()
}

fn shot<'a>(shots: &'a Value, slot: &str) -> &'a Value {
    shots["list"].as_array().unwrap().iter().find(|shot| shot["slot"] == slot).unwrap()
}

fn mandatory(shots: &Value, what: &str) -> Vec<String> {
    let list = shots["list"].as_array().unwrap().iter();
    let needed = list.filter(|shot| shot["mandatory"][what] == true);
    needed.map(|shot| shot["slot"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_case_guides_the_driver_to_three_photos_and_counts_what_is_there() {
    let service = TestService::sqlite().await;
    let (a, b) = (service.driver(ann().openid).await, service.driver(ben().openid).await);
    let (id, case) = reported(&a, report(2, json!({}))).await;
    assert_eq!(mandatory(&case["shots"], "for_moving"), ["front_oblique", "rear_oblique", "impact"]);
    assert!(
        case["shots"]["list"][0].get("title").is_none(),
        "the words come with the case and with the list of shots"
    );
    let guided = shots(&a, &id).await;
    assert_eq!(guided["form"], "two_motor_vehicles");
    assert!(guided["safety"]["zh"].as_str().unwrap().contains("安全"));
    let front = shot(&guided, "front_oblique");
    assert!(front["text"]["zh"].as_str().unwrap().contains("车牌"), "{front}");
    assert!(front["from"]["en"].as_str().unwrap().contains("metres"), "{front}");
    assert_eq!(
        (&front["count"]["at_least"], &front["done"], &front["committed"]),
        (&json!(1), &json!(0), &json!(0))
    );

    let to_come = json!([{ "slot": "front_oblique", "sha256": "0".repeat(64), "bytes": 9 }]);
    a.commit_evidence(&id, to_come).await.unwrap();
    a.upload_photo(&id, "rear_oblique", jpeg(1)).await.unwrap();
    a.upload_photo(&id, "damage", jpeg(2)).await.unwrap();
    join(&a, &b, &id).await;
    for (who, damage) in [(&a, 1), (&b, 0)] {
        let guided = shots(who, &id).await;
        let (front, rear) = (shot(&guided, "front_oblique"), shot(&guided, "rear_oblique"));
        assert_eq!((&front["done"], &front["committed"]), (&json!(0), &json!(1)));
        assert_eq!((&rear["done"], &rear["committed"]), (&json!(1), &json!(0)));
        assert_eq!(shot(&guided, "damage")["done"], damage, "each party photographs its own damage");
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_accidents_ask_for_other_photos_and_where_the_scene_stays_for_none() {
    let service = TestService::sqlite().await;
    let a = service.driver(ann().openid).await;
    let list = async |cars: u8, changed: Value| {
        let (id, _) = reported(&a, report(cars, changed)).await;
        shots(&a, &id).await
    };
    let alone = list(1, json!({})).await;
    assert_eq!(mandatory(&alone, "for_moving"), ["front_oblique", "rear_oblique", "damage"]);
    let rail = list(1, json!({ "hit_facility": "yes" })).await;
    assert_eq!((&rail["form"], shot(&rail, "facility")["done"].as_u64()), (&json!("facility"), Some(0)));
    for changed in
        [json!({ "injured": "yes" }), json!({ "dangerous_goods": "yes" }), json!({ "hit_facility": "yes" })]
    {
        let held = list(2, changed.clone()).await;
        assert!(
            mandatory(&held, "for_moving").is_empty() && mandatory(&held, "for_submission").is_empty(),
            "{changed}"
        );
        assert!(
            held["safety"]["en"].as_str().unwrap().to_lowercase().contains("only when it is safe"),
            "{changed}"
        );
    }
    let open = list(2, json!({ "plate_problem": "unknown" })).await;
    assert!(mandatory(&open, "for_moving").is_empty());
    assert_eq!(mandatory(&open, "for_submission"), ["front_oblique", "rear_oblique", "impact"]);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_learns_how_every_shot_is_taken() {
    let service = TestService::sqlite().await;
    let known = service.api.list_shots().await.unwrap();
    let slots: Vec<&Value> = known.list("").unwrap().iter().map(|shot| &shot["slot"]).collect();
    let all: Vec<Value> = domain::evidence::Slot::ALL.iter().map(|slot| json!(slot.name())).collect();
    assert_eq!(slots, all.iter().collect::<Vec<_>>());
    service.end().await;
}

//! Commit first, upload later: the receipt and what it says, and bytes that come for a commitment.

use std::time::Duration;

use domain::{
    evidence::Photo,
    identifiers::{CaseId, PhotoId},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::Work;
use testkit::on_both;
use tests::client::Session;

use crate::{
    people::{ann, ben},
    scenes::{behind, journal, jpeg, photograph, position, report, reported, tell},
    support::{MOST_PHOTO_BYTES, TestService, reply, until},
};

const SCENE: [&str; 3] = ["front_oblique", "rear_oblique", "impact"];

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn commitment(slot: &str, bytes: &[u8]) -> Value {
    json!({
        "slot": slot, "sha256": sha256(bytes), "bytes": bytes.len(), "captured_at": "2026-03-02T08:30:00+08:00",
        "position": position(), "source": "camera", "device": "HUAWEI Mate 60",
    })
}

/// The three photos of the scene, by their hashes.
fn scene(seed: u32) -> Value {
    (seed..).zip(SCENE).map(|(seed, slot)| commitment(slot, &jpeg(seed))).collect()
}

/// What a receipt says, checked by the published key as anybody would.
async fn claims(service: &TestService, receipt: &Value) -> Value {
    let keys: JwkSet = serde_json::from_value(service.api.jwks().await.unwrap().body).unwrap();
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    let key = DecodingKey::from_jwk(&keys.keys[0]).unwrap();
    let read = jsonwebtoken::decode::<Value>(receipt["receipt"].as_str().unwrap(), &key, &rules).unwrap();
    assert_eq!(read.header.typ.as_deref(), Some("kuaichu-receipt+jwt"));
    read.claims
}

async fn reported_by(service: &TestService, changed: Value) -> (Session, String, Value) {
    let by = service.driver(ann().openid).await;
    let (id, case) = reported(&by, report(2, changed)).await;
    (by, id, case)
}

on_both! {
    async fn three_small_hashes_let_the_parties_move_and_the_photos_come_later(database: TestDatabase) {
        let service = TestService::start(database).await;
        let (a, id, case) = reported_by(&service, json!({})).await;
        a.update_party(&id, ann().details()).await.unwrap();
        let sent = scene(1);
        let size = json!({ "commitments": sent }).to_string().len();
        assert!(size < 2_048, "one small message, but {size} bytes");
        let answer = a.commit_evidence(&id, sent).await.unwrap();
        assert_eq!(answer["missing_photos"], json!([]));
        assert_eq!(answer["stay"], Value::Null);
        let committed = answer.list("/commitments").unwrap();
        assert!(committed.iter().all(|one| one["state"] == "committed" && one["role"] == "A"), "{committed:?}");

        let said = claims(&service, &answer["move_receipt"]).await;
        assert_eq!((&said["statement"], &said["sub"]), (&json!("may_move"), &case["number"]));
        assert_eq!((&said["lane"], &said["order"]["code"]), (&json!("remote"), &json!("E2-motor")));
        assert_eq!(said["order"]["articles"], case["triage"]["order"]["articles"]);
        assert_eq!(said["check"]["jwks"], format!("{}/api/v1/jwks", service.api.base()));
        assert_eq!(said["upload_by"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 24 * 3600);
        for (number, slot) in (0..).zip(SCENE) {
            let photo = jpeg(1 + number);
            let named = json!({
                "slot": slot, "sha256": sha256(&photo), "bytes": photo.len(), "state": "committed",
                "commitment": committed[usize::try_from(number).unwrap()]["id"],
            });
            assert_eq!(said["preserved"][usize::try_from(number).unwrap()], named);
        }
        for canary in ann().canaries() {
            assert!(!said.to_string().contains(&canary), "the receipt tells {canary}");
        }
        // An officer cannot look at a hash.
        tell(&a, &id, &ann(), behind()).await;
        assert_eq!(a.submit_case(&id).await.unwrap_err().refusal(), Some((409, "evidence_missing")));

        let named = committed[0]["id"].as_str().unwrap();
        let other = a.upload_photo_with(&id, SCENE[0], &[("commitment", named)], jpeg(9)).await.unwrap();
        assert_eq!(other["photo"]["committed"], "different", "kept, but marked");
        for (number, slot) in (0..).zip(SCENE) {
            let named = committed[usize::try_from(number).unwrap()]["id"].as_str().unwrap();
            let stored = a.upload_photo_with(&id, slot, &[("commitment", named)], jpeg(1 + number)).await.unwrap();
            assert_eq!((stored.status, &stored["photo"]["committed"]), (201, &json!("kept")));
            assert_eq!(stored["photo"]["commitment"], named);
        }
        let case = a.get_case(&id).await.unwrap();
        assert!(case.list("/commitments").unwrap().iter().all(|one| one["state"] == "stored"));
        assert_eq!((case.list("/photos").unwrap().len(), &case["move_receipt"]), (4, &answer["move_receipt"]));
        a.submit_case(&id).await.unwrap();
        let kinds = journal(&a, &id).await;
        for kind in ["evidence_committed", "move_allowed", "photo_stored", "photo_examined"] {
            assert!(kinds.iter().any(|known| known == kind), "{kind}: {kinds:?}");
        }
        service.end().await;
    }

    async fn the_same_commitment_again_changes_nothing_and_more_yields_a_receipt_that_names_all(database: TestDatabase) {
        let service = TestService::start(database).await;
        let (a, id, _) = reported_by(&service, json!({})).await;
        let first = a.commit_evidence(&id, scene(1)).await.unwrap();
        let again = a.commit_evidence(&id, scene(1)).await.unwrap();
        assert_eq!((again.etag.clone(), again.body), (first.etag.clone(), first.body.clone()));
        let more = a.commit_evidence(&id, json!([commitment("road", &jpeg(7))])).await.unwrap();
        assert_ne!(more["move_receipt"], first["move_receipt"]);
        let said = claims(&service, &more["move_receipt"]).await;
        assert_eq!(said["preserved"].as_array().unwrap().len(), 4);
        let stored = service.stored(&id).await;
        assert_eq!(stored.earlier_receipts[0].receipt, first["move_receipt"]["receipt"]);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_receipt_where_the_scene_must_stay_and_the_answer_says_by_which_law() {
    let service = TestService::sqlite().await;
    for changed in [
        json!({ "injured": "yes" }),
        json!({ "dangerous_goods": "yes" }),
        json!({ "alcohol_or_drugs": "yes" }),
        json!({ "hit_facility": "yes" }),
        json!({ "plate_problem": "unknown" }),
    ] {
        let (a, id, _) = reported_by(&service, changed.clone()).await;
        let answer = a.commit_evidence(&id, scene(1)).await.unwrap();
        assert_eq!(
            (&answer["move_receipt"], &answer["stay"]["code"]),
            (&Value::Null, &json!("scene_must_stay"))
        );
        assert_eq!(answer.list("/commitments").unwrap().len(), 3, "the evidence is fixed all the same");
        let articles = answer.text("/stay/rules/0/articles/0").unwrap();
        assert!(articles.starts_with('《'), "{changed}: {articles}");
        assert!(answer.text("/stay/advice/0/zh").is_ok());
    }
    let (a, id, _) = reported_by(&service, json!({})).await;
    let answer = a.commit_evidence(&id, json!([commitment("impact", &jpeg(1))])).await.unwrap();
    assert_eq!(answer["stay"]["code"], "photos_missing");
    assert_eq!(answer["stay"]["missing"], json!(["front_oblique", "rear_oblique"]));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_commitment_is_refused() {
    let service = TestService::sqlite().await;
    let (a, id, _) = reported_by(&service, json!({})).await;
    let one = |changed: Value| {
        let mut one = commitment("other", b"x");
        one.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        json!([one])
    };
    let many = |range: std::ops::Range<u32>| -> Value {
        range.map(|n| commitment("other", &n.to_le_bytes())).collect()
    };
    for (body, code) in [
        (json!([]), (422, "invalid_value")),
        (many(0..33), (422, "invalid_value")),
        (one(json!({ "bytes": 0 })), (422, "invalid_value")),
        (one(json!({ "bytes": -1 })), (422, "invalid_value")),
        (one(json!({ "sha256": "AB".repeat(32) })), (422, "invalid_value")),
        (one(json!({ "slot": "selfie" })), (422, "invalid_value")),
        (one(json!({ "id": "00000000-0000-7000-8000-000000000001" })), (422, "invalid_value")),
        (
            one(json!({ "position": { "latitude": 91, "longitude": 0, "datum": "wgs84" } })),
            (422, "invalid_value"),
        ),
        (one(json!({ "bytes": MOST_PHOTO_BYTES + 1 })), (413, "photo_too_large")),
    ] {
        assert_eq!(a.commit_evidence(&id, body.clone()).await.unwrap_err().refusal(), Some(code), "{body}");
    }
    a.commit_evidence(&id, many(0..32)).await.unwrap();
    let full = a.commit_evidence(&id, many(32..33)).await.unwrap_err();
    assert_eq!(full.refusal(), Some((409, "too_many_commitments")));
    let stranger = service.driver("o-stranger").await;
    let refused = stranger.commit_evidence(&id, scene(1)).await.unwrap_err();
    assert_eq!(refused.refusal(), Some((404, "not_found")));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commitment_is_its_partys_and_for_its_slot() {
    let service = TestService::sqlite().await;
    let (a, id, _) = reported_by(&service, json!({})).await;
    let b = service.driver(ben().openid).await;
    crate::scenes::join(&a, &b, &id).await;
    let answer = a.commit_evidence(&id, scene(1)).await.unwrap();
    let named = answer.text("/commitments/0/id").unwrap();
    for (who, slot) in [(&b, SCENE[0]), (&a, "other")] {
        let refused = who.upload_photo_with(&id, slot, &[("commitment", named)], jpeg(1)).await.unwrap_err();
        assert_eq!(refused.refusal(), Some((404, "commitment_unknown")), "{slot}");
    }
    assert_eq!(b.get_case(&id).await.unwrap()["commitments"], json!([]), "they are not shown to the other");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_answer_was_lost_is_answered_also_when_the_case_is_full() {
    let service = TestService::sqlite().await;
    let (a, id, _) = reported_by(&service, json!({})).await;
    photograph(&a, &id, 1).await;
    for seed in 10..31 {
        a.upload_photo(&id, "other", jpeg(seed)).await.unwrap();
    }
    let again = a.upload_photo(&id, "other", jpeg(30)).await.unwrap();
    assert_eq!(again.status, 200, "the 24th photo");
    for (slot, seed) in [("other", 31), ("plate", 30)] {
        let refused = a.upload_photo(&id, slot, jpeg(seed)).await.unwrap_err();
        assert_eq!(refused.refusal(), Some((409, "too_many_photos")), "{slot}");
    }
    assert_eq!(a.get_case(&id).await.unwrap().list("/photos").unwrap().len(), 24);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fields_of_an_upload_are_kept_and_checked() {
    let service = TestService::sqlite().await;
    let (a, id, _) = reported_by(&service, json!({})).await;
    let told = [
        ("captured_at", "2026-03-02T08:30:00+08:00"),
        ("source", "album"),
        ("device", "iPhone 15"),
        ("latitude", "36.81"),
        ("longitude", "118.05"),
        ("datum", "gcj02"),
        ("accuracy", "12"),
        ("openid", "not asked for"),
    ];
    let stored = a.upload_photo_with(&id, "other", &told, jpeg(1)).await.unwrap();
    let capture = &stored["photo"]["capture"];
    assert_eq!((&capture["source"], &capture["device"]), (&json!("album"), &json!("iPhone 15")));
    assert_eq!(capture["at"], "2026-03-02T00:30:00Z");
    assert_eq!(capture["position"]["reported"]["datum"], "gcj02");
    assert_ne!(capture["position"]["latitude"], 36.81, "in WGS-84");
    let long = "x".repeat(5_000);
    for (field, text) in
        [("captured_at", "soon"), ("latitude", "36.81"), ("device", long.as_str()), ("commitment", "1")]
    {
        let refused = a.upload_photo_with(&id, "other", &[(field, text)], jpeg(2)).await.unwrap_err();
        assert_eq!(refused.refusal(), Some((422, "invalid_value")), "{field}");
    }
    let many = vec![("more", "fields"); 40];
    let refused = a.upload_photo_with(&id, "other", &many, jpeg(2)).await.unwrap_err();
    assert_eq!(refused.refusal(), Some((413, "body_too_large")));
    let huge = "x".repeat(70 * 1024);
    let refused = a.upload_photo_with(&id, "other", &[("more", &huge)], jpeg(2)).await.unwrap_err();
    assert_eq!(refused.refusal(), Some((413, "body_too_large")));
    assert_eq!(a.get_case(&id).await.unwrap().list("/photos").unwrap().len(), 1);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_is_too_dark_is_taken_with_a_hint_said_at_once() {
    let service = TestService::sqlite().await;
    let (a, id, _) = reported_by(&service, json!({})).await;
    let night = image::RgbImage::from_pixel(640, 480, image::Rgb([6, 6, 8]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    night.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    let stored = a.upload_photo(&id, "impact", bytes.into_inner()).await.unwrap();
    assert_eq!((stored.status, &stored["photo"]["examined"]), (201, &json!(true)));
    assert_eq!(stored["photo"]["hint"]["code"], "too_dark");
    assert!(stored.text("/photo/hint/zh").unwrap().contains("闪光灯"));
    assert_eq!(a.get_case(&id).await.unwrap()["photos"][0]["hint"], stored["photo"]["hint"]);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_nobody_examined_is_found_again_and_its_copies_are_made_when_asked_for() {
    let service = TestService::sqlite().await;
    let (a, id, _) = reported_by(&service, json!({})).await;
    let first = a.upload_photo(&id, "other", jpeg(5)).await.unwrap();
    let sha256 = first.text("/photo/sha256").unwrap();
    let copy = |kind: &str| service.folder().join("photos").join(kind).join(&sha256[..2]).join(sha256);
    for kind in ["view", "thumbnail"] {
        std::fs::remove_file(copy(kind)).unwrap();
    }
    // A process that ended after it had stored the photo left it so.
    let store = service.inside.app.store();
    let case = service.stored(&id).await;
    let left = Photo {
        id: PhotoId("00000000-0000-7000-8000-00000000beef".parse().unwrap()),
        slot: domain::evidence::Slot::Road,
        examination: None,
        ..case.photos[0].clone()
    };
    let long_ago = service.inside.app.now() - Duration::from_secs(60);
    let mut work = Work::new();
    work.insert_evidence(
        CaseId(id.parse().unwrap()),
        domain::evidence::Media::Photo,
        left.id.0,
        left.digest,
        long_ago,
    );
    let (mut case, stored) = case.add_photo(left).unwrap();
    let by = domain::journal::Actor::Service;
    let (head, sealed) = case.journal.append(case.id, long_ago, by, &stored.unwrap()).unwrap();
    case.journal = head;
    work.journal(sealed);
    work.save_case(&mut case).unwrap();
    store.commit(work).await.unwrap();

    let path = format!("/cases/{id}/photos/00000000-0000-7000-8000-00000000beef?copy=view");
    let early = service.get(&a, &path).await;
    early.refused(503, "photo_not_ready");
    assert_eq!(early.header("retry-after"), Some("1"));
    until("the copy is made", async || service.get(&a, &path).await.status == 200).await;

    service.inside.app.examine_left_over().await.unwrap();
    until("nothing is left over", async || {
        store.photos_not_examined(service.inside.app.now(), 10).await.unwrap().is_empty()
    })
    .await;
    let case = a.get_case(&id).await.unwrap();
    assert!(case.list("/photos").unwrap().iter().all(|photo| photo["examined"] == true), "{}", case.body);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_cannot_be_shown_is_kept_and_says_so() {
    let service = TestService::sqlite().await;
    let (a, id, _) = reported_by(&service, json!({})).await;
    // The header is whole and the end is there; what a decoder needs in between is not.
    let mut damaged = jpeg(3);
    let tables = damaged.windows(2).position(|marker| marker == b"\xff\xc4").unwrap() + 5;
    damaged[tables..tables + 16].fill(0xff);
    let stored = a.upload_photo(&id, "impact", damaged).await.unwrap();
    assert_eq!((stored.status, &stored["photo"]["hint"]["code"]), (201, &json!("unreadable")));
    assert_eq!(a.get_case(&id).await.unwrap()["missing_photos"], json!(SCENE), "it covers nothing");
    let photo = stored.text("/photo/id").unwrap();
    let view = service.get(&a, &format!("/cases/{id}/photos/{photo}?copy=view")).await;
    view.refused(404, "photo_not_viewable");
    let original = service.get(&a, &format!("/cases/{id}/photos/{photo}?copy=original")).await;
    assert_eq!(original.status, 200);
    let request = service.request(Method::GET, &format!("/cases/{id}/photos/{photo}?copy=original"));
    assert_eq!(reply(request).await.status, 401);
    service.end().await;
}

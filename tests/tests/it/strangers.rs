//! Where the role would do, but not the person: the wrong driver, officer, unit, insurer. Nobody ever sees a
//! datum of somebody else.

use domain::identity::Role;
use kuaichu::api::{OPERATIONS, Operation};
use reqwest::Method;
use serde_json::json;
use tests::client::Session;

use crate::{
    calls::{Ids, NOTHING, call},
    people::{Person, ann, ben, cat},
    scenes::{FACTS, Scene, behind, journal, jpeg, report, reported},
    support::{Reply, TestService, UNITS},
};

/// Two cases with everything in them: one concluded with claims, one on scene with a task.
struct World {
    service: TestService,
    scene: Scene,
    officer: Session,
    ids: Vec<Ids>,
}

impl World {
    async fn new() -> Self {
        let service = TestService::sqlite().await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        scene.concluded(&officer).await;
        service.settle().await;
        let case = officer.get_case(&scene.id).await.unwrap();
        let text = |pointer: &str| case.text(pointer).unwrap().to_owned();
        let (on_scene, _) = reported(&scene.a, report(1, json!({ "cannot_move": "yes" }))).await;
        scene.a.update_party(&on_scene, ann().details()).await.unwrap();
        let photo = scene.a.upload_photo(&on_scene, "other", jpeg(5)).await.unwrap();
        let task = officer.create_dispatch(&on_scene, "车辆无法移动").await.unwrap();
        let ids = vec![
            Ids {
                case: scene.id.clone(),
                photo: text("/photos/0/id"),
                dispatch: NOTHING.to_owned(),
                claim: text("/claims/0/id"),
            },
            Ids {
                case: on_scene,
                photo: photo.text("/photo/id").unwrap().to_owned(),
                dispatch: task.text("/id").unwrap().to_owned(),
                claim: text("/claims/1/id"),
            },
        ];
        Self { service, scene, officer, ids }
    }

    /// Every operation about something that is there and that this role may call.
    fn about(role: Role, ids: &Ids) -> impl Iterator<Item = &'static Operation> {
        let no_task = ids.dispatch == NOTHING;
        OPERATIONS.iter().filter(move |operation| {
            let of_nothing = no_task && operation.path.starts_with("/dispatches");
            // A second look has an id of its own, which only the officer who holds it learns.
            let of_no_case = operation.path.starts_with("/second-looks");
            operation.path.contains("{id}") && operation.admits(role) && !of_nothing && !of_no_case
        })
    }

    /// Calls everything as somebody who has nothing to do with it; gives how many calls that were.
    async fn intrude(&self, who: &Session, role: Role, mut check: impl FnMut(&Operation, &Reply)) -> usize {
        let secrets: Vec<String> =
            ann().canaries().into_iter().chain(ben().canaries()).chain([FACTS.to_owned()]).collect();
        let mut calls = 0;
        for ids in &self.ids {
            for operation in Self::about(role, ids) {
                let answer = call(&self.service, operation, Some(who.token()), ids).await;
                check(operation, &answer);
                must_not_tell(operation.id, &answer, &secrets);
                calls += 1;
            }
        }
        calls
    }
}

fn must_not_tell(what: &str, answer: &Reply, secrets: &[String]) {
    let text = answer.text();
    for secret in secrets {
        assert!(!text.contains(secret), "{what} tells {secret}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_driver_unit_or_insurer_finds_nothing() {
    let world = World::new().await;
    let service = &world.service;
    let not_found = |operation: &Operation, answer: &Reply| {
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{}", operation.id);
    };
    let stranger = service.driver(cat().openid).await;
    world.intrude(&stranger, Role::Driver, not_found).await;
    assert!(stranger.list_my_cases().await.unwrap().list("").unwrap().is_empty());
    let unit = service.staff(UNITS[1]).await;
    world.intrude(&unit, Role::PointStaff, not_found).await;
    assert!(unit.list_tasks().await.unwrap().list("").unwrap().is_empty());
    let insurer = service.insurer("CPIC").await;
    world.intrude(&insurer, Role::Insurer, not_found).await;
    assert!(insurer.list_claims().await.unwrap().list("").unwrap().is_empty());
    let before = journal(&world.officer, &world.scene.id).await.len();
    assert_eq!(before, journal(&world.scene.a, &world.scene.id).await.len());

    // A party of one case is nobody in the other.
    let other = &world.ids[1];
    for operation in World::about(Role::Driver, other) {
        let answer = call(service, operation, Some(world.scene.b.token()), other).await;
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{}", operation.id);
    }
    // Another case's photo is not found below one's own case.
    let mixed = Ids { case: world.ids[0].case.clone(), photo: other.photo.clone(), ..Ids::nothing() };
    let photo = OPERATIONS.iter().find(|operation| operation.id == "get_photo").unwrap();
    for who in [&world.scene.a, &world.scene.b, &world.officer] {
        call(service, photo, Some(who.token()), &mixed).await.refused(404, "not_found");
    }
    // Photos are their party's: B is told neither the bytes nor the id of A's.
    call(service, photo, Some(world.scene.b.token()), &world.ids[0]).await.refused(404, "not_found");
    assert!(world.scene.b.get_case(&world.scene.id).await.unwrap().list("/photos").unwrap().is_empty());
    world.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_of_another_district_is_refused_and_the_journal_says_so() {
    let world = World::new().await;
    let far = world.service.staff("officer-far").await;
    let before = refused_accesses(&world).await;
    let calls = world
        .intrude(&far, Role::Officer, |operation, answer| {
            assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{}", operation.id);
        })
        .await;
    assert_eq!(refused_accesses(&world).await, before + calls);
    assert!(far.list_queue().await.unwrap().list("").unwrap().is_empty());
    let waiting = Scene::between(&world.service, &cat(), &ben()).await;
    waiting.submit().await;
    assert_eq!(far.take_next_case().await.unwrap().status, 204, "nothing of another district is taken");
    world.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_with_a_relative_in_the_case_must_keep_away() {
    let service = TestService::sqlite().await;
    let kin = service.staff("officer-kin").await;
    let related = Person { plate: "鲁CKN001", ..ben() };
    let scene = Scene::between(&service, &ann(), &related).await;
    scene.submit().await;
    assert_eq!(kin.take_next_case().await.unwrap().status, 204, "the case is left to others");
    let ids = Ids { case: scene.id.clone(), ..Ids::nothing() };
    let mut calls = 0;
    for operation in World::about(Role::Officer, &ids) {
        let answer = call(&service, operation, Some(kin.token()), &ids).await;
        assert_eq!(answer.refusal(), (403, "conflict_of_interest".to_owned()), "{}", operation.id);
        must_not_tell(operation.id, &answer, &[ann().canaries(), related.canaries()].concat());
        calls += 1;
    }
    let officer = service.staff("officer-1").await;
    let entries = journal(&officer, &scene.id).await;
    assert_eq!(entries.iter().filter(|kind| *kind == "access_refused").count(), calls);
    scene.concluded(&officer).await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relative_who_turns_up_under_review_ends_it() {
    let service = TestService::sqlite().await;
    let kin = service.staff("officer-kin").await;
    let scene = Scene::waiting(&service).await;
    let etag = scene.taken(&kin).await;
    let car = json!({ "vehicle": { "plate": "鲁CKN001", "kind": "car" } });
    scene.b.update_party(&scene.id, car).await.unwrap();
    let decision = json!({ "grades": { "A": "full", "B": "none" }, "facts": FACTS });
    let refused = service.decide(&kin, &scene.path("/determination"), &etag, &decision).await;
    refused.refused(403, "conflict_of_interest");
    service.end().await;
}

async fn refused_accesses(world: &World) -> usize {
    let mut count = 0;
    for ids in &world.ids {
        let entries = journal(&world.officer, &ids.case).await;
        count += entries.iter().filter(|kind| *kind == "access_refused").count();
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_reads_the_journal_the_court_pack_and_the_queue_holds_cases_and_nothing_else() {
    let world = World::new().await;
    let supervisor = world.service.staff("supervisor-1").await;
    for ids in &world.ids {
        for operation in OPERATIONS.iter().filter(|operation| operation.path.contains("{id}")) {
            let answer = call(&world.service, operation, Some(supervisor.token()), ids).await;
            if operation.id == "get_court_pack" {
                // It is made to tell: the parties' data are in it.
                assert_eq!(answer.status, 200);
                continue;
            }
            if operation.id.ends_with("_legal_hold") {
                // He may, and must say why.
                assert_eq!(answer.refusal(), (422, "invalid_value".to_owned()), "{}", operation.id);
            } else if operation.id == "get_journal" {
                assert_eq!(answer.ok()["holds"], true);
            } else if operation.method == "HEAD" {
                // An answer to it has no body that could say more.
                assert_eq!(answer.status, 403, "{}", operation.id);
            } else {
                assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{}", operation.id);
            }
            must_not_tell(operation.id, &answer, &[ann().canaries(), ben().canaries()].concat());
        }
    }
    supervisor.list_queue().await.unwrap();
    world.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_never_sees_what_the_other_party_told() {
    let world = World::new().await;
    let (service, scene) = (&world.service, &world.scene);
    for (who, me, other) in [(&scene.a, ann(), ben()), (&scene.b, ben(), ann())] {
        for path in [scene.path(""), "/cases".to_owned(), scene.path("/journal")] {
            let answer = service.get(who, &path).await;
            answer.ok();
            must_not_tell(&path, &answer, &other.canaries());
            must_not_tell(&path, &answer, &[me.openid.to_owned()]);
        }
        let mine = service.get(who, &scene.path("")).await.text();
        for own in [me.name, me.phone, me.plate, me.policy, me.words] {
            assert!(mine.contains(own), "{own}");
        }
    }
    // What writes answer is shown to the same eyes.
    let again = Scene::between(service, &ann(), &ben()).await;
    let path = again.path("/statement");
    let statement = json!({ "facts": behind(), "text": "补充" });
    let answer = service.write(Method::PUT, &again.a, &path, &statement).await;
    answer.ok();
    must_not_tell(&path, &answer, &ben().canaries());
    world.service.end().await;
}

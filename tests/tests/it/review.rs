//! Reviews (R146 §71 to §79): asked for in time and once, concluded by two officers of the unit above, told to the
//! insurers, and followed by a new determination where so ordered.

use std::time::Duration;

use domain::ports::Clock as _;
use sandbox::{
    SandboxSettings,
    fault::Fault,
    ledger::{AmendmentEntry, LedgerEntry},
};
use serde_json::{Value, json};
use testkit::{ManualClock, on_both};
use tests::client::Session;

use crate::{
    people::{Person, ann, ben},
    scenes::{FACTS, Scene, journal},
    support::{Reply, TestService, Wishes},
};

const EXPLANATION: &str = "经书面审查，理由如下。";
const NOTE: &str = "请补充对信号灯的说明。";
const WHY: &str = "我方是绿灯，责任划分不公。";

/// A sandbox whose insurers say nothing on their own.
fn silent() -> Wishes {
    let sandbox = SandboxSettings { steps: Vec::new(), ..SandboxSettings::default() };
    Wishes { sandbox, ..Wishes::default() }
}

/// A concluded case with its claims filed, and two reviewers.
struct Reviewed {
    service: TestService,
    scene: Scene,
    officer: Session,
    reviewers: [Session; 2],
}

impl Reviewed {
    async fn concluded(service: TestService) -> Self {
        let officer = service.staff("officer-1").await;
        let reviewers = [service.staff("reviewer-1").await, service.staff("reviewer-2").await];
        let scene = Scene::waiting(&service).await;
        scene.concluded(&officer).await;
        service.settle().await;
        Self { service, scene, officer, reviewers }
    }

    async fn ask(&self, by: &Session) -> Reply {
        self.service.post(by, &self.scene.path("/review"), &json!({ "reason": WHY })).await
    }

    async fn take(&self, by: &Session) -> Reply {
        self.service.post(by, &self.scene.path("/review/officer"), &json!({})).await
    }

    /// The review as a reviewer sees it.
    async fn look(&self, by: &Session) -> Reply {
        self.service.get(by, &self.scene.path("/review")).await
    }

    async fn etag(&self) -> String {
        let case = self.scene.a.get_case(&self.scene.id).await.unwrap();
        case.version().unwrap().to_owned()
    }

    async fn draft(&self, by: &Session, body: Value) -> Reply {
        self.service.decide(by, &self.scene.path("/review/draft"), &self.etag().await, &body).await
    }

    async fn confirm(&self, by: &Session, body: Value) -> Reply {
        self.service.decide(by, &self.scene.path("/review/confirmation"), &self.etag().await, &body).await
    }

    /// Asked for by B and concluded with this outcome; gives the review.
    async fn conclude(&self, outcome: &str, more: Value) -> Value {
        let [first, second] = &self.reviewers;
        self.ask(&self.scene.b).await.ok();
        self.take(first).await.ok();
        let mut body = json!({ "outcome": outcome, "explanation": EXPLANATION });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.draft(first, body).await.ok();
        let concluded = self.confirm(second, json!({ "agrees": true })).await.ok();
        assert_eq!(concluded["review"]["state"], "concluded");
        self.service.settle().await;
        concluded
    }

    async fn of_case(&self, by: &Session) -> Value {
        by.get_case(&self.scene.id).await.unwrap().body
    }

    fn ledger(&self, insurer: &str) -> LedgerEntry {
        let mut entries = self.service.sandbox.ledger();
        entries.retain(|entry| entry.insurer == insurer);
        assert_eq!(entries.len(), 1, "one claim with {insurer}");
        entries.remove(0)
    }

    /// What each insurer was told after the notice, with the outcome.
    fn told(&self, insurer: &str) -> Vec<(String, Option<String>)> {
        let entry = self.ledger(insurer);
        let sequences = entry.amendments.iter().map(|one| one.sequence);
        assert!(sequences.eq((1..).take(entry.amendments.len())), "in their order");
        entry.amendments.into_iter().map(|one| (one.change, one.outcome)).collect()
    }
}

fn change(name: &str) -> (String, Option<String>) {
    (name.to_owned(), None)
}

fn ended(outcome: &str) -> (String, Option<String>) {
    ("review_concluded".to_owned(), Some(outcome.to_owned()))
}

fn refused_accesses(kinds: &[String]) -> usize {
    kinds.iter().filter(|kind| *kind == "access_refused").count()
}

on_both! {
    async fn what_is_upheld_stands_and_the_insurers_hear_of_it(database: TestDatabase) {
        let case = Reviewed::concluded(TestService::start(database).await).await;
        let (scene, [first, second]) = (&case.scene, &case.reviewers);
        let asked = case.ask(&scene.b).await.ok();
        assert_eq!((&asked["stage"], &asked["review"]["request"]["state"]), (&json!("concluded"), &json!("requested")));
        assert_eq!(asked["review"]["request"]["reason"], WHY);
        let listed = case.service.get(first, "/reviews").await.ok();
        assert_eq!(listed.as_array().unwrap().len(), 1);
        assert_eq!((&listed[0]["id"], &listed[0]["state"], &listed[0]["overdue"]), (&json!(scene.id), &json!("requested"), &json!(false)));
        assert_eq!(listed[0]["due_at"], asked["review"]["request"]["conclude_by"]);
        case.take(first).await.ok();
        let upheld = json!({ "outcome": "upheld", "explanation": EXPLANATION });
        case.draft(first, upheld.clone()).await.ok();
        let back = case.confirm(second, json!({ "agrees": false, "note": NOTE })).await.ok();
        assert_eq!((&back["review"]["state"], &back["sent_back"]), (&json!("taken"), &json!(NOTE)));
        case.draft(first, upheld).await.ok();
        // What reviewers write among themselves is for them.
        for party in [&scene.a, &scene.b, &case.officer] {
            let shown = case.of_case(party).await;
            assert!(!shown.to_string().contains(NOTE) && !shown.to_string().contains(EXPLANATION));
        }
        assert_eq!(case.of_case(&scene.a).await["review"]["request"]["reason"], json!(null), "B's reasons are B's");
        assert_eq!(case.look(second).await.ok()["draft"]["outcome"], "upheld");
        let before = case.of_case(&scene.a).await["determination"].clone();
        case.confirm(second, json!({ "agrees": true })).await.ok();
        case.service.settle().await;
        let after = case.of_case(&scene.a).await;
        let review = &after["review"]["request"];
        assert_eq!((&after["stage"], &after["determination"]), (&json!("concluded"), &before));
        assert_eq!((&review["state"], &review["conclusion"]["outcome"]), (&json!("concluded"), &json!("upheld")));
        assert_eq!(review["conclusion"]["explanation"], EXPLANATION);
        for insurer in ["PICC", "PAIC"] {
            assert_eq!(case.told(insurer), [change("review_requested"), ended("upheld")], "{insurer}");
            let entry = case.ledger(insurer);
            assert!(entry.amendments.iter().all(|one| (one.deliveries, one.differing) == (1, 0)));
        }
        assert!(case.service.get(first, "/reviews").await.ok().as_array().unwrap().is_empty());
        let kinds = journal(&case.officer, &scene.id).await;
        for kind in ["review_requested", "review_taken", "review_drafted", "review_sent_back", "review_concluded"] {
            assert!(kinds.iter().any(|entry| entry == kind), "{kind}");
        }
        // Drafts are the reviewers' own: a party sees that there is an entry, not which.
        let shown = journal(&scene.a, &scene.id).await;
        assert_eq!(shown.len(), kinds.len());
        let drafts = ["review_drafted", "review_sent_back"];
        let hidden = kinds.iter().filter(|kind| drafts.contains(&kind.as_str())).count();
        assert_eq!(shown.iter().filter(|kind| *kind == "internal").count(), hidden);
        assert_eq!(kinds.iter().filter(|kind| *kind == "claim_amended").count(), 4);
        case.service.end().await;
    }

    async fn a_flaw_is_corrected_and_the_determination_stands(database: TestDatabase) {
        let case = Reviewed::concluded(TestService::start(database).await).await;
        let concluded = case.conclude("upheld_corrected", json!({ "correction": "事故时间更正为8时30分。" })).await;
        assert_eq!(concluded["stage"], "concluded");
        let review = &case.of_case(&case.scene.a).await["review"]["request"];
        assert_eq!(review["conclusion"]["correction"], "事故时间更正为8时30分。");
        assert_eq!(case.told("PICC"), [change("review_requested"), ended("upheld_corrected")]);
        case.service.end().await;
    }

    async fn what_is_taken_away_is_determined_anew_by_another_and_the_claims_are_amended(database: TestDatabase) {
        let case = Reviewed::concluded(TestService::start(database).await).await;
        let (scene, service) = (&case.scene, &case.service);
        let old = case.of_case(&scene.a).await["determination"].clone();
        let filed = case.ledger("PICC");
        assert_eq!(filed.determination_number, old["number"]);
        let concluded = case.conclude("reinvestigate", json!({ "grounds": ["facts", "fairness"] })).await;
        assert_eq!(concluded["stage"], "waiting");
        assert_eq!(concluded["review"]["conclusion"]["grounds"], json!(["facts", "fairness"]));
        let supervisor = service.staff("supervisor-1").await;
        let listed = service.get(&supervisor, "/reviews").await.ok();
        assert_eq!((&listed[0]["state"], &listed[0]["due_at"]), (&json!("redetermining"), &concluded["review"]["redetermine_by"]));
        service.post(&scene.a, &scene.path("/withdrawal"), &json!({})).await.refused(409, "wrong_stage");
        // Neither who decided nor who reviewed gets it.
        for excluded in [&case.officer, &case.reviewers[0], &case.reviewers[1]] {
            assert_eq!(excluded.take_next_case().await.unwrap().status, 204);
        }
        let other = service.staff("officer-2").await;
        let etag = scene.taken(&other).await;
        let decision = json!({ "grades": { "A": "main", "B": "secondary" }, "facts": FACTS, "reason": "补充调查后重新认定。" });
        let decided = other.determine_liability(&scene.id, &etag, decision).await.unwrap().body;
        let document = decided["determination"]["document_sha256"].as_str().unwrap();
        assert_ne!(decided["determination"]["number"], old["number"]);
        scene.a.sign_determination(&scene.id, document).await.unwrap();
        let last = scene.b.sign_determination(&scene.id, document).await.unwrap().body;
        assert_eq!(last["stage"], "concluded");
        service.settle().await;
        for (insurer, role) in [("PICC", "A"), ("PAIC", "B")] {
            let entry = case.ledger(insurer);
            assert_eq!((entry.claim_id, entry.effects), (case.ledger(insurer).claim_id, 1), "{insurer}");
            assert_eq!(case.told(insurer), [change("review_requested"), ended("reinvestigate"), change("redetermined")]);
            assert_eq!(entry.insured_role, role);
            assert_eq!(entry.determination_number, last["determination"]["number"]);
            assert_eq!(entry.document_sha256, last["determination"]["document_sha256"]);
            assert_eq!((entry.grades["A"].as_str(), entry.grades["B"].as_str()), ("main", "secondary"));
        }
        assert_eq!(case.ledger("PICC").claim_id, filed.claim_id, "the claim is the same");
        let insurer = service.insurer("PICC").await;
        let claims = insurer.list_claims().await.unwrap();
        let claims = claims.list("").unwrap();
        assert_eq!(claims.len(), 1, "no second claim");
        assert_eq!(claims[0]["notice"]["determination_number"], last["determination"]["number"]);
        case.ask(&scene.a).await.refused(409, "review_used");
        assert!(service.get(&supervisor, "/reviews").await.ok().as_array().unwrap().is_empty());
        let kinds = journal(&scene.a, &scene.id).await;
        let count = |name: &str| kinds.iter().filter(|kind| *kind == name).count();
        assert_eq!((count("determination_revoked"), count("claim_filed"), count("claim_amended")), (1, 2, 6));
        case.service.end().await;
    }

    async fn only_reviewers_who_had_no_part_conclude_and_never_one_alone(database: TestDatabase) {
        let service = TestService::start(database).await;
        // A reviewer decides this case as an officer, and another is related to one of its drivers.
        let officer = service.staff("reviewer-1").await;
        let scene = Scene::between(&service, &ann(), &Person { plate: "鲁CKN001", ..ben() }).await;
        scene.submit().await;
        scene.concluded(&officer).await;
        service.settle().await;
        let reviewers = [officer, service.staff("reviewer-2").await];
        let case = Reviewed { officer: service.staff("officer-2").await, service, scene, reviewers };
        case.ask(&case.scene.a).await.ok();
        let before = refused_accesses(&journal(&case.scene.a, &case.scene.id).await);
        let refusals = [
            (&case.reviewers[0], "handled_before"),
            (&case.reviewers[1], "conflict_of_interest"),
            (&case.officer, "not_of_the_unit_above"),
        ];
        for (who, code) in refusals {
            case.take(who).await.refused(403, code);
            case.look(who).await.refused(403, code);
            let upheld = json!({ "outcome": "upheld", "explanation": EXPLANATION });
            case.draft(who, upheld).await.refused(403, code);
            case.confirm(who, json!({ "agrees": true })).await.refused(403, code);
            case.service.post(who, &case.scene.path("/review/suit"), &json!({ "note": "法院" })).await.refused(403, code);
            case.service.post(who, &case.scene.path("/review/end"), &json!({})).await.refused(403, code);
        }
        let after = refused_accesses(&journal(&case.scene.a, &case.scene.id).await);
        assert_eq!(after - before, 18, "every refusal is recorded");
        let plain = case.service.get(&case.officer, "/reviews").await.ok();
        assert!(plain.as_array().unwrap().is_empty(), "the list is for reviewers");
        case.service.end().await;
    }

    async fn a_review_is_taken_drafted_and_confirmed_in_turn(database: TestDatabase) {
        let case = Reviewed::concluded(TestService::start(database).await).await;
        let [first, second] = &case.reviewers;
        let upheld = || json!({ "outcome": "upheld", "explanation": EXPLANATION });
        case.take(first).await.refused(409, "no_review");
        case.look(first).await.refused(404, "not_found");
        case.ask(&case.scene.b).await.ok();
        case.ask(&case.scene.a).await.refused(409, "review_used");
        case.draft(first, upheld()).await.refused(409, "review_state");
        case.take(first).await.ok();
        case.take(first).await.refused(409, "review_state");
        case.draft(second, upheld()).await.refused(403, "not_the_reviewer");
        for (wrong, field) in [
            (json!({ "outcome": "upheld", "explanation": "x", "grounds": ["law"] }), "grounds"),
            (json!({ "outcome": "upheld", "explanation": "x", "correction": "y" }), "correction"),
            (json!({ "outcome": "upheld_corrected", "explanation": "x" }), "correction"),
            (json!({ "outcome": "reinvestigate", "explanation": "x", "grounds": ["luck"] }), "grounds[0]"),
        ] {
            let answer = case.draft(first, wrong).await;
            answer.refused(422, "invalid_value");
            assert_eq!(answer.json()["field"], field);
        }
        case.draft(first, json!({ "outcome": "reinvestigate", "explanation": "x" })).await.refused(422, "outcome_unknown");
        let seen = case.etag().await;
        case.draft(first, upheld()).await.ok();
        let path = case.scene.path("/review/confirmation");
        let stale = case.service.decide(second, &path, &seen, &json!({ "agrees": true })).await;
        stale.refused(412, "stale_version");
        case.confirm(second, json!({ "agrees": false })).await.refused(422, "invalid_value");
        case.confirm(first, json!({ "agrees": true })).await.refused(403, "four_eyes");
        case.confirm(second, json!({ "agrees": true })).await.ok();
        case.confirm(second, json!({ "agrees": true })).await.refused(409, "review_state");
        case.service.end().await;
    }

    async fn the_applicant_alone_takes_it_back_and_a_suit_does_not_end_it(database: TestDatabase) {
        let case = Reviewed::concluded(TestService::start(database).await).await;
        let (scene, service) = (&case.scene, &case.service);
        case.ask(&scene.b).await.ok();
        case.take(&case.reviewers[0]).await.ok();
        let suit = json!({ "note": "张店区人民法院已受理，已告知其复核受理情况。" });
        let noted = service.post(&case.reviewers[0], &scene.path("/review/suit"), &suit).await.ok();
        assert_eq!(noted["review"]["state"], "taken");
        service.post(&case.reviewers[0], &scene.path("/review/suit"), &suit).await.refused(409, "suit_noted");
        assert!(case.of_case(&scene.a).await["review"]["request"]["suit_noted_at"].is_string());
        service.post(&scene.a, &scene.path("/review/end"), &json!({})).await.refused(403, "not_the_applicant");
        let ended = service.post(&scene.b, &scene.path("/review/end"), &json!({})).await.ok();
        assert_eq!((&ended["stage"], &ended["review"]["request"]["state"]), (&json!("concluded"), &json!("ended")));
        service.settle().await;
        assert_eq!(case.told("PAIC"), [change("review_requested"), change("review_withdrawn")]);
        case.ask(&scene.b).await.refused(409, "review_used");
        case.take(&case.reviewers[1]).await.refused(409, "review_state");
        case.service.end().await;
    }

    async fn an_insurer_that_fails_is_told_each_thing_once(database: TestDatabase) {
        let case = Reviewed::concluded(TestService::with(database, silent()).await).await;
        case.service.sandbox.add_fault("insurer:PICC/amend", &Fault::Status { status: 503, retry_after: None }, 1);
        case.service.sandbox.add_fault("insurer:PAIC/amend", &Fault::ResetAfterCommit, 1);
        case.ask(&case.scene.b).await.ok();
        case.service.settle().await;
        let once = |entry: LedgerEntry| -> Vec<(u32, u32)> {
            entry.amendments.iter().map(|one: &AmendmentEntry| (one.deliveries, one.differing)).collect()
        };
        assert_eq!(once(case.ledger("PICC")), [(1, 0)]);
        assert_eq!(once(case.ledger("PAIC")), [(2, 0)], "sent again, and the same");
        case.service.end().await;
    }

    async fn what_changes_is_told_after_the_first_notice(database: TestDatabase) {
        let service = TestService::with(database, silent()).await;
        let officer = service.staff("officer-1").await;
        let scene = Scene::waiting(&service).await;
        service.sandbox.add_fault("insurer:PICC/file", &Fault::Status { status: 503, retry_after: None }, 2);
        scene.concluded(&officer).await;
        let asked = service.post(&scene.a, &scene.path("/review"), &json!({ "reason": WHY })).await;
        asked.ok();
        service.settle().await;
        let books = service.sandbox.ledger();
        let entry = books.iter().find(|entry| entry.insurer == "PICC").unwrap();
        assert_eq!((entry.effects, entry.amendments.len()), (1, 1));
        service.end().await;
    }
}

/// A one-time code of another day.
async fn staff_at(service: &TestService, clock: &ManualClock, username: &str) -> Session {
    let code = tests::one_time::at(username, &crate::support::one_time_secret(), clock.now());
    let password = crate::support::password_of(username);
    service.api.staff_sign_in(username, &password, &code.unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_too_late_is_kept_and_not_accepted() {
    let (service, clock) = TestService::with_clock().await;
    let case = Reviewed::concluded(service).await;
    let (scene, service) = (&case.scene, &case.service);
    scene.b.agree_to_service(&scene.id).await.unwrap();
    let shown = case.of_case(&scene.b).await;
    assert_eq!(shown["review"], json!(null), "nothing was served: no time runs");
    scene.b.get_document(&scene.id).await.unwrap();
    let until: chrono::DateTime<chrono::Utc> =
        case.of_case(&scene.b).await["review"]["ask_until"].as_str().unwrap().parse().unwrap();
    let (served, rules) = (clock.now(), service.inside.app.rules());
    assert_eq!(until, rules.calendar.end(served, domain::deadlines::Term::WorkingDays(3)));
    clock.set(until);
    let (a, b) = (service.driver(ann().openid).await, service.driver(ben().openid).await);
    let late = service.post(&b, &scene.path("/review"), &json!({ "reason": WHY })).await.ok();
    assert_eq!(
        (&late["review"]["request"], &late["review"]["late"][0]["reason"]),
        (&json!(null), &json!(WHY))
    );
    assert!(journal(&b, &scene.id).await.iter().any(|kind| kind == "review_refused"));
    let again = service.post(&b, &scene.path("/review"), &json!({ "reason": WHY })).await;
    again.refused(409, "review_too_late");
    assert_eq!(case.of_case(&a).await["review"], json!(null), "another party's request is its own");
    case.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_the_last_moment_is_accepted_and_supervisors_see_what_is_overdue() {
    let (service, clock) = TestService::with_clock().await;
    let case = Reviewed::concluded(service).await;
    let asked = case.ask(&case.scene.b).await.ok();
    case.service.settle().await;
    let due: chrono::DateTime<chrono::Utc> =
        asked["review"]["request"]["conclude_by"].as_str().unwrap().parse().unwrap();
    assert!(due > clock.now() + chrono::TimeDelta::days(29));
    clock.set(due - chrono::TimeDelta::seconds(1));
    let supervisor = staff_at(&case.service, &clock, "supervisor-1").await;
    assert_eq!(case.service.get(&supervisor, "/reviews").await.ok()[0]["overdue"], false);
    clock.advance(Duration::from_secs(1));
    assert_eq!(case.service.get(&supervisor, "/reviews").await.ok()[0]["overdue"], true);
    case.service.end().await;
}

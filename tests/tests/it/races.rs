//! Things that people do at the same moment: of those that exclude each other exactly one happens, and the
//! journal of every case tells a legal story.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::ports::Clock as _;
use kuaichu::{
    clock::SystemClock,
    settings::Settings,
    startup::{self, Surroundings},
};
use reqwest::Method;
use serde_json::json;
use testkit::ManualClock;
use tests::client::{Answer, Call, CallFailed, Session};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    accident::{self, at_once, count, journal, status},
    rig::{PATIENCE, Place, Rig, alone, beside},
};

/// How many of these did what they wanted.
fn successes(answers: &[Result<Answer, CallFailed>]) -> usize {
    answers.iter().filter(|answer| answer.is_ok()).count()
}

/// All who did not get it were told so, with one of these.
fn others_were_told(answers: &[Result<Answer, CallFailed>], statuses: &[u16]) {
    for answer in answers.iter().filter(|answer| answer.is_err()) {
        assert!(statuses.contains(&status(answer)), "{answer:?}");
    }
}

testkit::on_both! {
    async fn of_decisions_and_signatures_at_once_each_counts_once(database: TestDatabase) {
        let _turn = alone().await;
        let rig = Rig::start(&database, 2).await;
        let (a, b) = (rig.people.driver("o-a").await, rig.people.driver("o-b").await);
        let officers = rig.people.officers(2).await;
        for _ in 0..20 {
            let case = accident::queued(&a, &b).await;
            let taken = officers[0].send(&accident::take()).await.unwrap();
            assert_eq!(taken.text("/id").unwrap(), case);
            // The same officer in two windows, and a colleague who does not hold the case.
            let deciders = [&officers[0], &officers[0], &officers[1]];
            let decisions = deciders.map(|by| (by.clone(), accident::decision(&case, taken.version().unwrap())));
            let decided = at_once(decisions).await;
            assert_eq!(successes(&decided), 1, "{decided:?}");
            others_were_told(&decided, &[403, 409, 412]);
            assert!(decided[2].is_err(), "only who holds the case decides");
            let seen = a.get_case(&case).await.unwrap();
            let document = seen.text("/determination/document_sha256").unwrap();
            // Both sign at once, A with a trembling finger.
            let [by_a, by_b] =
                [accident::signature(&a, &case, document).await, accident::signature(&b, &case, document).await];
            let trembling = by_a.clone().keyed();
            let signing = [(a.clone(), by_a), (a.clone(), trembling), (b.clone(), by_b)];
            let signed = at_once(signing).await;
            assert_eq!(successes(&signed), 2, "{signed:?}");
            assert!(signed[2].is_ok());
            others_were_told(&signed, &[409, 410]);
            let kinds = journal(&a, &case).await;
            for (kind, times) in
                [("liability_determined", 1), ("determination_signed", 2), ("case_concluded", 1), ("claim_filed", 2)]
            {
                assert_eq!(count(&kinds, kind), times, "{kind} in {kinds:?}");
            }
        }
        let settled = rig.people.sandbox.ledger_until(|ledger| {
            ledger.len() >= 40 && ledger.iter().all(|entry| entry.effects == 1 && entry.callbacks > 0)
        });
        let ledger = timeout(PATIENCE, settled).await.expect("every claim arrives and is confirmed");
        let claims: BTreeSet<_> = ledger.iter().map(|entry| (&entry.case_number, &entry.insured_role)).collect();
        assert_eq!((claims.len(), ledger.len()), (40, 40), "one set of claims for each case");
        rig.end_sound().await;
    }

    async fn a_report_tapped_twenty_times_is_one_case(database: TestDatabase) {
        let _turn = alone().await;
        let rig = Rig::start(&database, 0).await;
        for round in 0..10 {
            let driver = rig.people.driver(&format!("o-{round}")).await;
            let report = accident::report();
            let answers = at_once(vec![(driver.clone(), report.clone()); 20]).await;
            let bodies: BTreeSet<String> =
                answers.iter().map(|answer| answer.as_ref().unwrap().body.to_string()).collect();
            assert_eq!(bodies.len(), 1, "everyone gets the first answer");
            assert!(answers.iter().all(|answer| status(answer) == 201));
            let fresh = answers.iter().filter(|answer| !answer.as_ref().unwrap().replayed).count();
            assert_eq!(fresh, 1, "only one of the answers is the first");
            assert_eq!(driver.list_my_cases().await.unwrap().list("").unwrap().len(), 1);
        }
        rig.end_sound().await;
    }

    async fn a_key_holds_for_one_request_of_one_person(database: TestDatabase) {
        let _turn = alone().await;
        let rig = Rig::start(&database, 0).await;
        let (one, other) = (rig.people.driver("o-1").await, rig.people.driver("o-2").await);
        let key = "0123456789abcdef";
        let answers = at_once([
            (one.clone(), accident::report().with_key(key)),
            (one.clone(), accident::breakdown().with_key(key)),
            (other.clone(), accident::report().with_key(key)),
        ])
        .await;
        assert_eq!((successes(&answers[..2]), status(&answers[2])), (1, 201), "{answers:?}");
        others_were_told(&answers, &[422]);
        let first = answers[..2].iter().find_map(|answer| answer.as_ref().ok()).unwrap();
        let others = answers[2].as_ref().unwrap();
        assert_ne!(first.text("/id").unwrap(), others.text("/id").unwrap(), "nobody sees another's answer");
        assert!(!others.replayed);
        let without = Call::new("report_case", Method::POST, "/cases").json(json!({}));
        let refused = one.send(&without).await;
        assert_eq!(status(&refused), 400, "{refused:?}");
        rig.end_sound().await;
    }

    async fn one_invitation_brings_one_party(database: TestDatabase) {
        let _turn = alone().await;
        let rig = Rig::start(&database, 0).await;
        let a = rig.people.driver("o-a").await;
        let mut strangers = Vec::new();
        for number in 0..20 {
            strangers.push(rig.people.driver(&format!("o-{number}")).await);
        }
        for _ in 0..5 {
            let case = a.send(&accident::report()).await.unwrap().text("/id").unwrap().to_owned();
            let code = a.invite_party(&case).await.unwrap().text("/code").unwrap().to_owned();
            let body = json!({ "code": code, "road_user": "motor_vehicle" });
            let join = || Call::new("join_case", Method::POST, "/cases/join").json(body.clone()).keyed();
            let joined = at_once(strangers.iter().map(|stranger| (stranger.clone(), join()))).await;
            assert_eq!(successes(&joined), 1, "{joined:?}");
            others_were_told(&joined, &[409, 410]);
            let seen = a.get_case(&case).await.unwrap();
            assert_eq!(seen.list("/parties").unwrap().len(), 2);
            for (stranger, answer) in strangers.iter().zip(&joined) {
                assert_eq!(stranger.get_case(&case).await.is_ok(), answer.is_ok(), "only the one sees the case");
            }
        }
        rig.end_sound().await;
    }

    async fn withdrawing_and_deciding_leave_a_legal_story(database: TestDatabase) {
        let _turn = alone().await;
        let rig = Rig::start(&database, 1).await;
        let (a, b) = (rig.people.driver("o-a").await, rig.people.driver("o-b").await);
        let officer = rig.people.staff("officer-1").await;
        let mut ends = BTreeSet::new();
        for round in 0..30 {
            let case = accident::queued(&a, &b).await;
            let withdrawal = (a.clone(), accident::withdrawal(&case));
            let (withdrawn, decided) = if round % 2 == 0 {
                let taken = (officer.clone(), accident::take());
                let [withdrawn, taken] = two(withdrawal, taken, Duration::ZERO).await;
                (withdrawn, decide_if_taken(&officer, &case, taken).await)
            } else {
                let taken = officer.send(&accident::take()).await.unwrap();
                let decision = (officer.clone(), accident::decision(&case, taken.version().unwrap()));
                // Typesetting takes a while: the withdrawal comes before, within and after it.
                let [decided, withdrawn] = two(decision, withdrawal, Duration::from_millis(20 * round)).await;
                (withdrawn, decided)
            };
            let both = [withdrawn, decided];
            assert_eq!(successes(&both), 1, "either withdrawn or decided: {both:?}");
            others_were_told(&both, &[409, 412]);
            let stage = a.get_case(&case).await.unwrap().text("/stage").unwrap().to_owned();
            assert_eq!(stage, if both[0].is_ok() { "withdrawn" } else { "decided" });
            told_legally(&journal(&a, &case).await);
            ends.insert(stage);
        }
        assert_eq!(ends.len(), 2, "the race went both ways");
        rig.end_sound().await;
    }

    async fn a_vanished_officer_loses_the_case_to_the_next(database: TestDatabase) {
        let clock = ManualClock::at(SystemClock.now());
        let place = Place::new(&beside(&database), 2).await;
        let settings = Settings::load(Some(&place.installation.configuration()), []).unwrap();
        let surroundings = Surroundings { clock: Arc::new(clock.clone()), ..Surroundings::default() };
        let running = startup::start_within(&settings, surroundings).await.unwrap();
        let people = place.people(&format!("http://{}", running.address));
        let (a, b) = (people.driver("o-a").await, people.driver("o-b").await);
        let [vanished, next] = &people.officers(2).await[..] else { unreachable!("two were asked for") };
        let case = accident::queued(&a, &b).await;
        // Signs of life keep the case for longer than one lease.
        let taken = vanished.send(&accident::take()).await.unwrap();
        assert_eq!(taken.text("/id").unwrap(), case);
        for _ in 0..3 {
            clock.advance(Duration::from_secs(60));
            vanished.renew_lease(&case).await.unwrap();
            assert_eq!(next.send(&accident::take()).await.unwrap().status, 204, "the case is held");
        }
        let held = vanished.get_case(&case).await.unwrap();
        let late = accident::decision(&case, held.version().unwrap());
        // Then nothing more comes: after 90 s the decision is refused, and the next officer gets the case.
        clock.advance(Duration::from_secs(90));
        let refusal = vanished.send(&late).await.unwrap_err();
        assert_eq!(refusal.refusal(), Some((409, "lease_lost")));
        assert_eq!(vanished.renew_lease(&case).await.unwrap_err().refusal(), Some((409, "lease_lost")));
        let retaken = next.send(&accident::take()).await.unwrap();
        assert_eq!((retaken.text("/id").unwrap(), &retaken["lease"]["fence"]), (&*case, &json!(2)));
        let refused = [vanished.send(&late).await, vanished.renew_lease(&case).await];
        others_were_told(&refused, &[403, 412]);
        assert_eq!(successes(&refused), 0, "{refused:?}");
        next.send(&accident::decision(&case, retaken.version().unwrap())).await.unwrap();
        let kinds = journal(&a, &case).await;
        assert_eq!((count(&kinds, "case_taken"), count(&kinds, "liability_determined")), (2, 1));
        running.stop().await;
    }

    async fn each_waiting_case_goes_to_one_of_sixteen_officers(database: TestDatabase) {
        let _turn = alone().await;
        let rig = Rig::start(&database, 16).await;
        let mut reporting = JoinSet::new();
        for number in 0..8 {
            let driver = rig.people.driver(&format!("o-{number}")).await;
            reporting.spawn(async move {
                let mut cases = Vec::new();
                for _ in 0..25 {
                    cases.push(accident::queued_alone(&driver).await);
                }
                cases
            });
        }
        let waiting: BTreeSet<String> = reporting.join_all().await.into_iter().flatten().collect();
        let mut taking = JoinSet::new();
        for officer in rig.people.officers(16).await {
            taking.spawn(async move {
                let mut cases = Vec::new();
                loop {
                    let next = officer.send(&accident::take()).await.unwrap();
                    if next.status == 204 {
                        return cases;
                    }
                    cases.push(next.text("/id").unwrap().to_owned());
                }
            });
        }
        let taken: Vec<Vec<String>> = taking.join_all().await;
        let busy = taken.iter().filter(|cases| !cases.is_empty()).count();
        let taken: Vec<String> = taken.into_iter().flatten().collect();
        assert_eq!(taken.len(), waiting.len(), "no case is taken twice");
        assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), waiting, "every case is taken");
        assert!(busy > 8, "only {busy} officers got a case");
        rig.end_sound().await;
    }

    async fn one_free_unit_is_sent_to_one_of_two_cases(database: TestDatabase) {
        let _turn = alone().await;
        let rig = Rig::start(&database, 2).await;
        let driver = rig.people.driver("o-1").await;
        let officers = rig.people.officers(2).await;
        let unit = rig.people.staff("unit-1").await;
        for _ in 0..10 {
            let mut sending = Vec::new();
            for officer in &officers {
                let case = driver.send(&accident::breakdown()).await.unwrap();
                assert_eq!(case.text("/stage").unwrap(), "on_scene");
                sending.push((officer.clone(), accident::dispatch(case.text("/id").unwrap())));
            }
            let sent = at_once(sending).await;
            assert_eq!(successes(&sent), 1, "{sent:?}");
            others_were_told(&sent, &[409]);
            let tasks = unit.list_tasks().await.unwrap();
            assert_eq!(tasks.list("").unwrap().len(), 1, "the unit has one task");
            let (task, case) = (tasks.text("/0/id").unwrap(), tasks.text("/0/case_id").unwrap());
            unit.accept_dispatch(task).await.unwrap();
            let here = json!({ "latitude": 36.811, "longitude": 118.0525, "datum": "wgs84" });
            unit.arrive_on_scene(task, &here).await.unwrap();
            // Two taps on the button.
            let done = || {
                let path = format!("/dispatches/{task}/completion");
                let body = json!({ "outcome": "settled", "note": "已撤离现场" });
                (unit.clone(), Call::new("complete_dispatch", Method::POST, path).json(body).keyed())
            };
            let ended = at_once([done(), done()]).await;
            assert_eq!(successes(&ended), 1, "{ended:?}");
            others_were_told(&ended, &[409]);
            let kinds = journal(&driver, case).await;
            assert_eq!((count(&kinds, "dispatch_offered"), count(&kinds, "dispatch_completed")), (1, 1));
        }
        rig.end_sound().await;
    }
}

type Outcome = Result<Answer, CallFailed>;

/// The second a moment after the first.
async fn two(first: (Session, Call), second: (Session, Call), later: Duration) -> [Outcome; 2] {
    let second = async {
        sleep(later).await;
        second.0.send(&second.1).await
    };
    let (first, second) = tokio::join!(first.0.send(&first.1), second);
    [first, second]
}

/// The officer goes on with what he took; when he got nothing, that is his answer.
async fn decide_if_taken(officer: &Session, case: &str, taken: Outcome) -> Outcome {
    let taken = taken?;
    let etag = taken.etag.clone().unwrap_or_else(|| "\"1\"".to_owned());
    officer.send(&accident::decision(case, &etag)).await
}

/// Follows the story of a case from stage to stage; panics at a step that no law allows.
fn told_legally(kinds: &[String]) {
    let mut stage = "nothing";
    for kind in kinds {
        stage = match (stage, kind.as_str()) {
            // What the service finds out by itself, and who reads, moves no stage.
            (any, "photo_examined" | "evidence_read") => any,
            ("nothing", "case_reported") => "collecting",
            (
                "collecting",
                "party_invited" | "party_joined" | "party_updated" | "photo_stored" | "move_allowed"
                | "statement_given" | "case_submitted",
            ) => "collecting",
            ("collecting", "case_queued") | ("under_review", "case_released") => "waiting",
            ("waiting" | "under_review", "case_taken") => "under_review",
            ("under_review", "liability_determined") | ("decided", "determination_signed") => "decided",
            ("decided", "case_concluded") => "concluded",
            ("concluded", "claim_filed" | "claim_moved") => "concluded",
            ("collecting" | "waiting" | "under_review", "case_withdrawn") => "withdrawn",
            _ => panic!("{kind} when {stage} in {kinds:?}"),
        };
    }
}

//! The crash test: writers at work while the service is killed by SIGKILL again and again. Afterwards every
//! answered write is there, none twice, everything that is stored checks out, and no insurer has a claim twice.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use reqwest::Method;
use sha2::{Digest as _, Sha256};
use tests::{
    client::{Answer, Call, CallFailed, Session},
    signing,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    accident::{self, SLOTS, about, count, journal},
    rig::{PATIENCE, People, Rig, alone},
};

const KILLS: usize = 30;
/// Milliseconds between readiness and the next kill.
const LIFE: std::ops::Range<u64> = 50..800;
/// Every so many lives one is long enough for officers, who have papers typeset, and for signatures.
const LONG_LIFE_EVERY: usize = 5;
const LONG_LIFE: Duration = Duration::from_millis(1_500);
/// Two drivers each.
const DRIVERS: usize = 6;
const OFFICERS: usize = 2;
/// Undecided cases of one pair of drivers.
const MOST_PENDING: usize = 3;
/// How long a client without an answer waits before it sends the same again.
const PAUSE: Duration = Duration::from_millis(20);
/// How often somebody looks who waits for somebody else.
const LOOK: Duration = Duration::from_millis(250);

/// What all writers share.
struct Course {
    people: People,
    over: AtomicBool,
    answered: AtomicUsize,
    lost: AtomicUsize,
    /// Every keyed write and its answer.
    written: Mutex<Vec<(Session, Call, Answer)>>,
}

/// A case as its drivers know it from answers they got.
struct Kept {
    a: Session,
    b: Session,
    id: String,
    number: String,
    statements: [String; 2],
    /// Id and bytes.
    photos: Vec<(String, Vec<u8>)>,
}

impl Course {
    /// Tries until there is an answer: nobody who lost one knows whether the write was done.
    async fn persist<T, F>(&self, try_it: impl Fn() -> F) -> T
    where
        F: Future<Output = Result<T, CallFailed>>,
    {
        loop {
            match try_it().await {
                Ok(answer) => {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    return answer;
                }
                Err(CallFailed::Unanswered { .. } | CallFailed::Refused { status: 503, .. }) => {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                    sleep(PAUSE).await;
                }
                Err(failed) => panic!("{failed}"),
            }
        }
    }

    /// The same request with the same key until it is answered.
    async fn send(&self, who: &Session, call: &Call) -> Answer {
        let answer = self.persist(|| who.send(call)).await;
        self.written.lock().unwrap().push((who.clone(), call.clone(), answer.clone()));
        answer
    }

    /// Reports accident after accident, and signs what has been decided meanwhile.
    async fn drive(&self, number: usize) -> Vec<Kept> {
        let (mut kept, mut pending) = (Vec::new(), Vec::new());
        loop {
            let over = self.over.load(Ordering::Relaxed);
            if over && pending.is_empty() {
                return kept;
            }
            if over || pending.len() >= MOST_PENDING {
                sleep(LOOK).await;
            } else {
                pending.push(self.accident(number * 1_000 + kept.len() + pending.len()).await);
            }
            for case in std::mem::take(&mut pending) {
                if self.sign_if_decided(&case).await { kept.push(case) } else { pending.push(case) }
            }
        }
    }

    /// One accident of two drivers whom nobody has seen before, until it waits for an officer.
    async fn accident(&self, seed: usize) -> Kept {
        let names = [format!("o-a-{seed}"), format!("o-b-{seed}")];
        let a = self.persist(|| self.people.try_driver(&names[0])).await;
        let b = self.persist(|| self.people.try_driver(&names[1])).await;
        let report = self.send(&a, &accident::report()).await;
        let (id, number) = (text(&report, "/id"), text(&report, "/number"));
        let mut photos = Vec::new();
        for (place, slot) in SLOTS.into_iter().enumerate() {
            let bytes = accident::photo(u64::try_from(seed * 10 + place).unwrap());
            let stored = self.persist(|| a.upload_photo(&id, slot, bytes.clone())).await;
            photos.push((text(&stored, "/photo/id"), bytes));
        }
        let invite = about("invite_party", Method::POST, &id, "/invitations").json(serde_json::json!({}));
        let code = text(&self.send(&a, &invite).await, "/code");
        let join = Call::new("join_case", Method::POST, "/cases/join").keyed();
        self.send(&b, &join.json(serde_json::json!({ "code": code, "road_user": "motor_vehicle" }))).await;
        let statements = [format!("甲方陈述{seed}"), format!("乙方陈述{seed}")];
        let words = statements.each_ref();
        for (driver, insurer, manoeuvre, words) in
            [(&a, "PICC", "following", words[0]), (&b, "PAIC", "stopped", words[1])]
        {
            self.send(driver, &accident::details(&id, insurer)).await;
            self.send(driver, &accident::statement(&id, manoeuvre, words)).await;
            self.send(driver, &accident::submission(&id, false)).await;
        }
        Kept { a, b, id, number, statements, photos }
    }

    async fn sign_if_decided(&self, case: &Kept) -> bool {
        let seen = self.persist(|| case.a.get_case(&case.id)).await;
        let Ok(document) = seen.text("/determination/document_sha256") else { return false };
        for driver in [&case.a, &case.b] {
            self.persist(|| driver.get_document(&case.id)).await;
            self.sign(driver, &case.id, document).await;
        }
        true
    }

    /// Signs with one code after the other: a kill between a guess and what follows from it costs one of its five tries.
    async fn sign(&self, driver: &Session, case: &str, document: &str) {
        for before in 0.. {
            self.send(driver, &signing::code_request(case, document)).await;
            let code = self.persist(|| driver.received_code(case, before)).await;
            let call = signing::signature(case, document, &code);
            let signed = self.persist(async || match driver.send(&call).await {
                Err(CallFailed::Refused { code, .. }) if code == "signing_code_expired" => Ok(None),
                other => other.map(Some),
            });
            if let Some(answer) = signed.await {
                self.written.lock().unwrap().push((driver.clone(), call, answer));
                return;
            }
        }
    }

    /// Decides whatever waits.
    async fn decide(&self, officer: &Session) {
        loop {
            let case = self.send(officer, &accident::take()).await;
            if case.status == 204 {
                sleep(LOOK).await;
                continue;
            }
            let id = text(&case, "/id");
            self.send(officer, &accident::decision(&id, case.version().unwrap())).await;
        }
    }
}

fn text(answer: &Answer, pointer: &str) -> String {
    answer.text(pointer).unwrap().to_owned()
}

testkit::on_both! {
    async fn what_was_answered_outlives_thirty_kills_and_is_there_once(database: TestDatabase) {
        let _turn = alone().await;
        let mut rig = Rig::start(&database, OFFICERS).await;
        let officers = rig.people.officers(OFFICERS).await;
        let course = Arc::new(Course {
            people: rig.people.clone(),
            over: AtomicBool::new(false),
            answered: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            written: Mutex::default(),
        });
        let mut deciding = JoinSet::new();
        for officer in officers {
            let course = Arc::clone(&course);
            deciding.spawn(async move { course.decide(&officer).await });
        }
        let mut driving = JoinSet::new();
        for number in 1..=DRIVERS {
            let course = Arc::clone(&course);
            driving.spawn(async move { course.drive(number).await });
        }
        let mut random = StdRng::seed_from_u64(0x5eed);
        for kill in 1..=KILLS {
            let longer = if kill % LONG_LIFE_EVERY == 0 { LONG_LIFE } else { Duration::ZERO };
            sleep(longer + Duration::from_millis(random.random_range(LIFE))).await;
            rig.crash().await;
        }
        course.over.store(true, Ordering::Relaxed);
        let driven = timeout(PATIENCE, driving.join_all()).await.expect("everybody gets to the end");
        let kept: Vec<Kept> = driven.into_iter().flatten().collect();
        deciding.shutdown().await;
        let [answered, lost] = [&course.answered, &course.lost].map(|number| number.load(Ordering::Relaxed));
        let written = std::mem::take(&mut *course.written.lock().unwrap());
        let replayed = written.iter().filter(|(.., answer)| answer.replayed).count();
        println!(
            "{} cases, {answered} answers, {lost} lost, {} keyed writes, {replayed} done before their answer was lost",
            kept.len(),
            written.len(),
        );
        assert!(kept.len() >= DRIVERS && lost >= KILLS, "the service was killed at work");
        answers_are_kept(&written).await;
        claims_are_filed_once(&rig, &kept).await;
        for case in &kept {
            is_there_once(case).await;
        }
        rig.end_sound().await;
    }
}

/// Whoever lost an answer can still get it: every write sent again does nothing and is answered as before.
async fn answers_are_kept(written: &[(Session, Call, Answer)]) {
    for (who, call, answer) in written {
        let again = who.send(call).await.unwrap();
        assert!(again.replayed, "{call:?} was done a second time");
        assert_eq!((again.status, &again.etag, &again.body), (answer.status, &answer.etag, &answer.body));
    }
}

/// Two claims a case, each opened once by its insurer and told back to us.
async fn claims_are_filed_once(rig: &Rig, kept: &[Kept]) {
    let all = 2 * kept.len();
    let settled = rig.people.sandbox.ledger_until(|ledger| {
        ledger.len() >= all && ledger.iter().all(|entry| entry.effects > 0 && entry.callbacks > 0)
    });
    let ledger = timeout(PATIENCE, settled).await.expect("every claim arrives and is confirmed");
    let mut claims = Vec::new();
    for entry in &ledger {
        assert_eq!((entry.effects, entry.differing), (1, 0), "{entry:?}");
        claims.push((entry.case_number.as_str(), entry.insured_role.as_str()));
    }
    claims.sort_unstable();
    let mut expected: Vec<_> =
        kept.iter().flat_map(|case| ["A", "B"].map(|role| (case.number.as_str(), role))).collect();
    expected.sort_unstable();
    assert_eq!(claims, expected, "one claim for each party of each case");
}

async fn is_there_once(case: &Kept) {
    for (driver, words) in [&case.a, &case.b].into_iter().zip(&case.statements) {
        let mine = driver.list_my_cases().await.unwrap();
        assert_eq!(mine.list("").unwrap().len(), 1, "one report is one case");
        let shown = driver.get_case(&case.id).await.unwrap();
        assert_eq!(
            (shown.text("/number").unwrap(), shown.text("/stage").unwrap()),
            (&*case.number, "concluded")
        );
        let me = shown.list("/parties").unwrap().iter().find(|party| party["is_me"] == true).unwrap();
        assert_eq!(me["statement"]["text"], **words);
        for role in ["A", "B"] {
            assert_eq!(shown["determination"]["signatures"][role]["state"], "signed");
        }
        let claims = shown.list("/claims").unwrap().iter().map(|claim| &claim["status"]);
        assert_eq!(claims.collect::<Vec<_>>(), ["acknowledged"], "each party sees its claim");
    }
    for (photo, bytes) in &case.photos {
        let stored = case.a.get_photo(&case.id, photo, "original").await.unwrap();
        assert!(stored.bytes == *bytes, "a photo comes back bit for bit");
    }
    let document = case.a.get_document(&case.id).await.unwrap();
    let shown = case.a.get_case(&case.id).await.unwrap();
    assert_eq!(hex::encode(Sha256::digest(&document.bytes)), text(&shown, "/determination/document_sha256"));
    let kinds = journal(&case.a, &case.id).await;
    for (kind, times) in [
        ("case_reported", 1),
        ("photo_stored", SLOTS.len()),
        ("move_allowed", 1),
        ("party_invited", 1),
        ("party_joined", 1),
        ("party_updated", 2),
        ("statement_given", 2),
        ("case_submitted", 2),
        ("case_queued", 1),
        ("case_taken", 1),
        ("liability_determined", 1),
        ("determination_signed", 2),
        ("case_concluded", 1),
        ("claim_filed", 2),
    ] {
        assert_eq!(count(&kinds, kind), times, "{kind} in {kinds:?}");
    }
}

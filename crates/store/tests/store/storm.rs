//! Fifty writers, on PostgreSQL in two processes, with readers and a delivery worker between them: nobody is sent away.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use domain::event::Event;
use store::{Store, Work};

use crate::fixtures::*;

const WRITERS: u8 = 50;
const WRITES: i64 = 20;

/// One writer's life: its own case, saved again and again.
async fn write(store: Store, number: u8) -> Duration {
    let mut case = stored(&store, "waiting", number, 1).await;
    let mut longest = Duration::ZERO;
    for turn in 0..WRITES {
        let key = format!("{number}/{turn}");
        let before = case.clone();
        let change = || {
            let (mut work, mut case) = (Work::new(), before.clone());
            record(&mut work, &mut case, &Event::CaseReleased {});
            work.save_case(&mut case).unwrap();
            let id = u128::from(number) * 1_000 + u128::from(turn.unsigned_abs());
            work.message(&message(id, &case, at(turn))).unwrap();
            work.remember_answer(answer(DRIVER_A, &key), at(turn));
            work
        };
        let started = Instant::now();
        settle(&store, &key, change).await.unwrap();
        longest = longest.max(started.elapsed());
        case = read(&store, &before).await.unwrap();
        assert_eq!(case.version, before.version + 1);
    }
    longest
}

async fn read_on(store: Store) {
    for turn in 0..100 {
        if turn % 10 == 0 {
            let faults = store.check_cases().await.unwrap().faults;
            assert_eq!(faults, [""; 0], "checking must not take a case that is being saved for a broken one");
        }
        store.list_queue(&["370303".parse().unwrap()], None, 20).await.unwrap();
        store.backlog().await.unwrap();
        store.lease_messages(at(99), TimeDelta::seconds(60), 5).await.unwrap();
    }
}

testkit::on_both! {
    async fn fifty_writers_and_readers_get_no_error(database: TestDatabase) {
        let processes = processes(&database).await;
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..WRITERS {
            writers.spawn(write(processes[usize::from(number) % 2].clone(), number));
        }
        let readers = processes.clone().map(|store| tokio::spawn(read_on(store)));
        let longest = writers.join_all().await.into_iter().max();
        for reader in readers {
            reader.await.unwrap();
        }
        let findings = processes[0].check_cases().await.unwrap();
        assert_eq!((findings.cases, findings.faults), (u64::from(WRITERS), Vec::new()), "slowest write: {longest:?}");
        assert_eq!(findings.entries, u64::from(WRITERS) * (WRITES.unsigned_abs() + 1));
    }
}

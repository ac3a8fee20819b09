//! The outgoing queue: a message is leased by one, and only the last lease counts.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::message::Attempt;
use store::{Store, StoreError, Work};

use crate::fixtures::*;

const LEASE: TimeDelta = TimeDelta::seconds(60);

const MESSAGES: usize = 500;

async fn with_messages(store: &Store, count: u128) {
    let case = stored(store, "concluded", 1, 0).await;
    let mut work = Work::new();
    for number in 0..count {
        work.message(&message(number, &case, at(0))).unwrap();
    }
    store.commit(work).await.unwrap();
}

async fn finish(store: &Store, due: &store::DueMessage, attempt: Attempt) -> Result<(), StoreError> {
    let mut work = Work::new();
    work.finish_message(due, attempt, Some("no answer".to_owned()), at(2));
    store.commit(work).await
}

/// Leases until nothing is due, or far more than there is.
async fn drain(store: Store) -> Vec<u128> {
    let mut mine = Vec::new();
    loop {
        let batch = store.lease_messages(at(1), LEASE, 7).await.unwrap();
        if batch.is_empty() || mine.len() > 2 * MESSAGES {
            return mine;
        }
        mine.extend(batch.into_iter().map(|due| due.id.0.as_u128()));
    }
}

testkit::on_both! {
    async fn four_who_lease_at_once_never_share_a_message(database: TestDatabase) {
        let [one, other] = processes(&database).await;
        with_messages(&one, MESSAGES as u128).await;
        let workers = [one.clone(), other.clone(), one, other].map(|store| tokio::spawn(drain(store)));
        let mut leased = Vec::new();
        for worker in workers {
            leased.extend(worker.await.unwrap());
        }
        assert_eq!(leased.len(), MESSAGES);
        assert_eq!(leased.into_iter().collect::<BTreeSet<_>>().len(), MESSAGES);
    }

    async fn a_message_is_leased_when_it_is_due_and_again_only_when_the_lease_has_ended(database: TestDatabase) {
        let store = database.open().await;
        with_messages(&store, 1).await;
        assert!(!store.has_due_message(at(-1)).await.unwrap());
        assert!(store.lease_messages(at(-1), LEASE, 9).await.unwrap().is_empty());
        assert!(store.has_due_message(at(0)).await.unwrap());
        let first = store.lease_messages(at(0), LEASE, 9).await.unwrap().remove(0);
        assert_eq!((first.tries, &first.content), (1, &message(0, &case_in("concluded", 1), at(0)).content));
        assert!(!store.has_due_message(at(59)).await.unwrap());
        assert!(store.lease_messages(at(59), LEASE, 9).await.unwrap().is_empty());
        let second = store.lease_messages(at(60), LEASE, 9).await.unwrap().remove(0);
        assert_eq!((second.id, second.tries), (first.id, 2));
        let late = finish(&store, &first, Attempt::Delivered).await;
        assert!(matches!(late, Err(StoreError::Stale("message lease"))), "{late:?}");
        finish(&store, &second, Attempt::Delivered).await.unwrap();
        let twice = finish(&store, &second, Attempt::Delivered).await;
        assert!(matches!(twice, Err(StoreError::Stale("message lease"))), "{twice:?}");
    }

    async fn a_message_waits_until_it_is_delivered_or_parked(database: TestDatabase) {
        let store = database.open().await;
        with_messages(&store, 3).await;
        let due = store.lease_messages(at(0), LEASE, 2).await.unwrap();
        assert_eq!(due.len(), 2, "no more than asked for");
        finish(&store, &due[0], Attempt::Delivered).await.unwrap();
        finish(&store, &due[1], Attempt::Parked("no such policy".to_owned())).await.unwrap();
        let third = store.lease_messages(at(0), LEASE, 9).await.unwrap().remove(0);
        finish(&store, &third, Attempt::Again(at(300))).await.unwrap();
        let backlog = store.backlog().await.unwrap();
        assert_eq!((backlog.waiting, backlog.parked, backlog.oldest), (1, 1, Some(at(0))));
        assert!(store.lease_messages(at(299), LEASE, 9).await.unwrap().is_empty());
        let again = store.lease_messages(at(300), LEASE, 9).await.unwrap();
        assert_eq!(again.iter().map(|due| (due.id, due.tries)).collect::<Vec<_>>(), [(third.id, 2)]);
    }

    async fn a_message_that_nobody_can_read_is_parked_and_keeps_no_other(database: TestDatabase) {
        let store = database.open().await;
        with_messages(&store, 3).await;
        meddle(&database, "UPDATE message SET content = '{\"kind\":\"pigeon\"}' WHERE content LIKE '%message 1%'").await;
        let leased = store.lease_messages(at(0), LEASE, 9).await.unwrap();
        assert_eq!(leased.iter().map(|due| due.id.0.as_u128()).collect::<BTreeSet<_>>(), [0, 2].into());
        let backlog = store.backlog().await.unwrap();
        assert_eq!((backlog.waiting, backlog.parked), (2, 1));
    }

    async fn what_was_parked_is_tried_again_when_a_person_says_so(database: TestDatabase) {
        let store = database.open().await;
        with_messages(&store, 2).await;
        let due = store.lease_messages(at(0), LEASE, 9).await.unwrap();
        finish(&store, &due[0], Attempt::Parked("no such policy".to_owned())).await.unwrap();
        finish(&store, &due[1], Attempt::Delivered).await.unwrap();
        assert_eq!(store.retry_parked(at(5)).await.unwrap(), 1);
        assert_eq!(store.retry_parked(at(5)).await.unwrap(), 0);
        let again = store.lease_messages(at(5), LEASE, 9).await.unwrap();
        assert_eq!(again.iter().map(|again| again.id).collect::<Vec<_>>(), [due[0].id], "and only what was parked");
        finish(&store, &again[0], Attempt::Delivered).await.unwrap();
    }

    async fn what_is_due_longest_is_leased_first(database: TestDatabase) {
        let store = database.open().await;
        let case = stored(&store, "concluded", 1, 0).await;
        let mut work = Work::new();
        for (number, due) in [(1, 30), (2, 10), (3, 20)] {
            work.message(&message(number, &case, at(due))).unwrap();
        }
        store.commit(work).await.unwrap();
        let mut order = Vec::new();
        for _ in 0..3 {
            order.push(store.lease_messages(at(99), LEASE, 1).await.unwrap()[0].id.0.as_u128());
        }
        assert_eq!(order, [2, 3, 1]);
    }
}

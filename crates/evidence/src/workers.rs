//! A few threads of our own for work that takes a while: photos are decoded here, at a lower priority, so that requests
//! go before them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::store::StoreError;

type Job = Box<dyn FnOnce() + Send>;

/// How much nicer than the rest of the service the threads are, from 0 to 19.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The threads; they end when the last clone is dropped and the work is done. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Workers {
    places: Arc<Semaphore>,
    jobs: Sender<Job>,
}

/// The right to use one worker. Who takes it before he loads anything into memory bounds that memory.
pub(crate) struct Place(#[expect(dead_code, reason = "held until it is dropped")] OwnedSemaphorePermit);

impl Workers {
    /// Starts `count` threads, at least one.
    pub(crate) fn start(count: usize) -> Self {
        let count = count.clamp(1, Semaphore::MAX_PERMITS);
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let started = (0..count).filter(|_| start_thread(Arc::clone(&queue))).count();
        Self { places: Arc::new(Semaphore::new(started)), jobs }
    }

    /// Waits until a worker is free.
    pub(crate) async fn place(&self) -> Result<Place, StoreError> {
        let permit = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::ShuttingDown)?;
        Ok(Place(permit))
    }

    /// Runs work on a thread; `None` if it panicked. The work keeps its place until it ends, even when nobody waits
    /// for it any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(Place, Option<T>), StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move || {
            let done = catch_unwind(AssertUnwindSafe(work)).ok();
            // Nobody may be waiting any more.
            drop(answer.send((place, done)));
        });
        self.jobs.send(job).map_err(|_| StoreError::ShuttingDown)?;
        answered.await.map_err(|_| StoreError::ShuttingDown)
    }
}

fn start_thread(queue: Arc<Mutex<Receiver<Job>>>) -> bool {
    thread::Builder::new().name("photo".to_owned()).spawn(move || work_off(&queue)).is_ok()
}

fn work_off(queue: &Mutex<Receiver<Job>>) {
    // On Linux this is a matter of the calling thread alone. Without it photos take longer from the requests.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
    loop {
        // The lock is held while waiting: one thread waits for the queue, the others for the lock.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        job();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_frees_the_worker_for_the_next() {
        let workers = Workers::start(1);
        let (_, crashed) =
            workers.run(workers.place().await.unwrap(), || panic!("a library's fault")).await.unwrap();
        assert_eq!(crashed, None::<()>);
        let (_, fine) = workers.run(workers.place().await.unwrap(), || 7).await.unwrap();
        assert_eq!(fine, Some(7));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_keeps_its_place_until_it_ends() {
        let workers = Workers::start(1);
        let (finish, finishing) = channel::<()>();
        let place = workers.place().await.unwrap();
        let (started, starting) = oneshot::channel();
        let abandoned = {
            let workers = workers.clone();
            tokio::spawn(async move {
                workers
                    .run(place, move || {
                        let _ = started.send(());
                        finishing.recv()
                    })
                    .await
                    .map(drop)
            })
        };
        starting.await.unwrap();
        abandoned.abort();
        assert!(abandoned.await.is_err());
        assert_eq!(workers.places.available_permits(), 0);
        finish.send(()).unwrap();
        workers.place().await.unwrap();
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn workers_are_nicer_than_who_asks_them() {
        let own = rustix::process::nice(0).unwrap();
        let workers = Workers::start(1);
        let (_, theirs) =
            workers.run(workers.place().await.unwrap(), || rustix::process::nice(0)).await.unwrap();
        assert_eq!(theirs.unwrap().unwrap(), (own + NICENESS).min(19));
        assert_eq!(rustix::process::nice(0).unwrap(), own);
    }
}

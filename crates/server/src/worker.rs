//! The worker: sends what waits in the outgoing queue, woken by writes and by time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::{App, Delivered};
use tokio::{sync::watch, task::JoinHandle};

use crate::metrics::{Metrics, OutboxState};

/// How long the worker rests when nothing wakes it: retries and other processes' writes wait at most this long.
const REST: Duration = Duration::from_millis(500);

/// How often the queue is counted: it is woken more often than anybody looks.
const COUNTING: Duration = Duration::from_secs(1);

/// How often old idempotency keys and tokens are deleted.
const FORGETTING: Duration = Duration::from_secs(3600);

/// A worker that runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Worker {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Worker {
    pub(crate) fn start(app: Arc<App>, metrics: Arc<Metrics>) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, running: tokio::spawn(work(app, metrics, stopped)) }
    }

    /// Lets the round in flight end; what was not sent stays in the queue.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the worker ended badly");
        }
    }
}

async fn work(app: Arc<App>, metrics: Arc<Metrics>, mut stopped: watch::Receiver<bool>) {
    let mut forget_at = Instant::now();
    let mut measure_at = forget_at;
    while !*stopped.borrow() {
        if forget_at <= Instant::now() {
            forget_at = Instant::now() + FORGETTING;
            if let Err(error) = app.store().forget_expired(app.now()).await {
                tracing::warn!(%error, "old keys could not be forgotten");
            }
        }
        match app.deliver_due().await {
            Ok(Delivered { tried, .. }) if tried > 0 => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "a delivery round failed"),
        }
        if measure_at <= Instant::now() {
            measure_at = Instant::now() + COUNTING;
            measure(&app, &metrics).await;
        }
        tokio::select! {
            () = app.woken() => {}
            () = tokio::time::sleep(REST) => {}
            _ = stopped.changed() => {}
        }
    }
}

async fn measure(app: &App, metrics: &Metrics) {
    if let Ok(backlog) = app.store().backlog().await {
        let age = backlog.oldest.map_or(0, |oldest| (app.now() - oldest).num_milliseconds().max(0));
        metrics.set_outbox(OutboxState {
            oldest_seconds: std::time::Duration::from_millis(age.unsigned_abs()).as_secs_f64(),
            waiting: backlog.waiting,
            parked: backlog.parked,
        });
    }
}

//! The worker: sends what waits in the outgoing queue, woken by writes and by time.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use app::{App, Erased, PassedDeadlines, Scrub, Scrubbed};
use domain::calendar::day_in_china;
use tokio::{
    runtime::Handle,
    sync::watch,
    task::{JoinError, JoinHandle, JoinSet, spawn_blocking},
};

use crate::{
    comparing,
    metrics::{Metrics, OutboxState},
    rules,
};

/// How long the worker rests when nothing wakes it: retries and other processes' writes wait at most this long.
const REST: Duration = Duration::from_millis(500);

/// How many messages may be under way: many, so that one slow receiver does not hold up the others.
const UNDER_WAY: usize = 256;

/// How long deliveries under way may take when the worker is stopped; then they go back to the queue.
const GRACE: Duration = Duration::from_secs(3);

/// How often the queue is counted: it is woken more often than anybody looks.
const COUNTING: Duration = Duration::from_secs(1);

/// How often old idempotency keys and tokens are deleted.
const FORGETTING: Duration = Duration::from_secs(3600);

/// How often uploads are looked after.
const TIDYING: Duration = Duration::from_secs(60);

/// How often evidence whose term is over is looked for.
const ERASING: Duration = Duration::from_secs(3600);
/// How often photos that nobody has examined are looked for.
const EXAMINING: Duration = Duration::from_secs(60);

/// How often cases are looked for whose deadline has passed. Terms are hours and days.
const LOOKING_AT_THE_CLOCK: Duration = Duration::from_secs(20);

/// How often stored objects are hashed again, and how many at a time: some tens of thousands a day.
const SCRUBBING: Duration = Duration::from_secs(60);
const SCRUBBED_AT_ONCE: usize = 16;

/// A worker that runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Worker {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
    tidying: JoinHandle<()>,
    comparing: JoinHandle<()>,
    erasing: JoinHandle<()>,
    scrubbing: JoinHandle<()>,
    clock: JoinHandle<()>,
}

impl Worker {
    pub(crate) fn start(app: Arc<App>, metrics: Arc<Metrics>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let tidying = tokio::spawn(tidy(Arc::clone(&app)));
        let comparing = tokio::spawn(comparing::keep_current(Arc::clone(&app)));
        let erasing = tokio::spawn(erase(Arc::clone(&app)));
        let scrubbing = tokio::spawn(scrub(Arc::clone(&app), Arc::clone(&metrics)));
        let clock = tokio::spawn(look_at_the_clock(Arc::clone(&app)));
        let running = tokio::spawn(work(app, metrics, stopped));
        Self { stop, running, tidying, comparing, erasing, scrubbing, clock }
    }

    /// Lets deliveries under way end, if they do so soon; what was not sent stays in the queue.
    pub(crate) async fn stop(self) {
        // Whatever it is at can be done again.
        self.tidying.abort();
        self.comparing.abort();
        self.erasing.abort();
        self.scrubbing.abort();
        self.clock.abort();
        self.stop.send_replace(true);
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the worker ended badly");
        }
    }
}

/// Takes in uploads that are complete, removes those that have expired.
async fn tidy(app: Arc<App>) {
    let mut times = tokio::time::interval(TIDYING);
    loop {
        times.tick().await;
        let (app, runtime) = (Arc::clone(&app), Handle::current());
        // On a thread of its own: large files are copied, and nothing waits for that.
        let tidied = spawn_blocking(move || runtime.block_on(app.tidy_uploads()));
        match tidied.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "uploads could not be tidied"),
            Err(error) => tracing::error!(%error, "the care for uploads ended badly"),
        }
    }
}

/// Erases evidence whose term is over. A round that is broken off is gone on with in the next.
async fn erase(app: Arc<App>) {
    let mut times = tokio::time::interval(ERASING);
    loop {
        times.tick().await;
        match app.erase_what_is_due().await {
            Ok(erased) if erased == Erased::default() => {}
            Ok(Erased { marked, set_aside, put_back, discarded }) => {
                tracing::info!(
                    marked,
                    set_aside,
                    put_back,
                    discarded,
                    "evidence was erased at the end of its term"
                );
            }
            Err(error) => tracing::warn!(%error, "what is due could not be erased"),
        }
    }
}

/// Lets cases go on whose deadline has passed; first gives one to those that were saved before there were any.
async fn look_at_the_clock(app: Arc<App>) {
    let mut times = tokio::time::interval(LOOKING_AT_THE_CLOCK);
    let mut all_have_one = false;
    loop {
        times.tick().await;
        let (app, runtime) = (Arc::clone(&app), Handle::current());
        // On a thread of its own: documents are typeset, and nothing waits for that.
        let looked = spawn_blocking(move || {
            runtime.block_on(async {
                let set = if all_have_one { Ok(0) } else { app.set_deadlines().await };
                if let Err(error) = &set {
                    tracing::warn!(%error, "cases without a deadline could not be given one");
                }
                app.pass_deadlines().await.map(|passed| (passed, set.is_ok()))
            })
        });
        match looked.await {
            Ok(Ok((PassedDeadlines { passed, failed }, set))) => {
                all_have_one |= set;
                if passed + failed > 0 {
                    tracing::info!(passed, failed, "deadlines have passed; the cases went on");
                }
            }
            Ok(Err(error)) => tracing::warn!(%error, "passed deadlines could not be looked for"),
            Err(error) => tracing::error!(%error, "the look at the clock ended badly"),
        }
    }
}

/// Hashes stored objects again, a few at a time.
async fn scrub(app: Arc<App>, metrics: Arc<Metrics>) {
    let (mut times, mut scrub) = (tokio::time::interval(SCRUBBING), Scrub::default());
    loop {
        times.tick().await;
        match app.scrub(&mut scrub, SCRUBBED_AT_ONCE).await {
            Ok(Scrubbed { intact, damaged }) => {
                let many = u64::try_from(damaged.len()).unwrap_or(u64::MAX);
                metrics.count_scrubbed(intact + many, many);
                for object in damaged {
                    tracing::error!(%object, "the bytes of a stored object have changed");
                }
            }
            Err(error) => {
                scrub = Scrub::default();
                tracing::warn!(%error, "stored objects could not be hashed again");
            }
        }
    }
}

/// Says in time that the notice of a year's holidays is missing.
fn look_at_the_calendar(app: &App, metrics: &Metrics) {
    let missing = rules::missing_notice(app.rules().calendar, day_in_china(app.now()));
    metrics.set_holidays_unknown(missing.is_some());
    if let Some(warning) = missing {
        tracing::warn!("{warning}");
    }
}

async fn work(app: Arc<App>, metrics: Arc<Metrics>, mut stopped: watch::Receiver<bool>) {
    let mut sending = JoinSet::new();
    let mut forget_at = Instant::now();
    let mut measure_at = forget_at;
    let mut examine_at = forget_at;
    while !*stopped.borrow() {
        if forget_at <= Instant::now() {
            forget_at = Instant::now() + FORGETTING;
            if let Err(error) = app.store().forget_expired(app.now()).await {
                tracing::warn!(%error, "old keys could not be forgotten");
            }
            look_at_the_calendar(&app, &metrics);
        }
        if examine_at <= Instant::now() {
            examine_at = Instant::now() + EXAMINING;
            if let Err(error) = app.examine_left_over().await {
                tracing::warn!(%error, "photos left over could not be examined");
            }
        }
        while let Some(ended) = sending.try_join_next() {
            note(ended);
        }
        if sending.len() < UNDER_WAY {
            match app.lease_due().await {
                Ok(messages) if messages.is_empty() => {}
                Ok(messages) => {
                    messages
                        .into_iter()
                        .for_each(|message| drop(sending.spawn(Arc::clone(&app).send(message))));
                    continue;
                }
                Err(error) => tracing::warn!(%error, "nothing could be leased"),
            }
        }
        if measure_at <= Instant::now() {
            measure_at = Instant::now() + COUNTING;
            measure(&app, &metrics).await;
        }
        tokio::select! {
            () = app.woken() => {}
            () = tokio::time::sleep(REST) => {}
            _ = stopped.changed() => {}
            Some(ended) = sending.join_next(), if sending.len() >= UNDER_WAY => note(ended),
        }
    }
    finish(&app, sending).await;
}

/// Waits for the deliveries under way; those that take too long go back to the queue.
async fn finish(app: &App, mut sending: JoinSet<()>) {
    let mut ended = pin!(async {
        while let Some(ended) = sending.join_next().await {
            note(ended);
        }
    });
    if tokio::time::timeout(GRACE, ended.as_mut()).await.is_err() {
        app.interrupt_deliveries();
        ended.await;
    }
}

fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a delivery ended badly; its lease will run out");
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

//! The log's wiring and its tasks: one builds it, one for each witness shows it, one has it timestamped. None of
//! them waits for another.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use adapters::{timestamp::HttpTimestamps, transport::Transport, witness::HttpWitness};
use app::{App, Attestation, LogParts, TimestampPart, WitnessPart};
use evidence::log::{LogSigner, SigningRefused, VerifierKey, timestamp};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    keys::{KeyFileError, read_or_create_key},
    metrics::Metrics,
    settings::LogSettings,
};

/// How long the builder rests: an entry is in the log about this long after its commit.
const REST: Duration = Duration::from_secs(1);
/// How often a witness is shown the newest checkpoint.
const SHOWING: Duration = Duration::from_secs(2);
/// How long a witness that does not sign is left alone at most.
const LONGEST_SHOWING: Duration = Duration::from_secs(120);
/// How often it is looked whether a day has its timestamp.
const STAMPING: Duration = Duration::from_secs(30);
/// How long an authority that does not answer is left alone at most.
const LONGEST_STAMPING: Duration = Duration::from_secs(1800);
/// How long the tasks may take to end.
const GRACE: Duration = Duration::from_secs(3);

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogUnusable {
    /// The file of its key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// Its key or its name.
    #[error("log: {0}")]
    Signing(#[from] SigningRefused),
    /// The certificates of the timestamp authority.
    #[error("log.timestamp.roots: {0} holds no certificates in PEM that can be read")]
    Roots(PathBuf),
}

/// What the log is built with, for a service that people reach at `public_url`.
pub(crate) fn parts(
    settings: &LogSettings,
    public_url: &str,
    transport: &Transport,
) -> Result<LogParts, LogUnusable> {
    let pkcs8 = read_or_create_key(&settings.key_file)?;
    let witnesses = settings.witnesses.iter().map(|witness| WitnessPart {
        key: witness.key.clone(),
        witness: Arc::new(HttpWitness::new(witness.base_url.clone(), transport.clone())),
    });
    let timestamp = settings.timestamp.as_ref().map(|authority| {
        Ok::<_, LogUnusable>(TimestampPart {
            authority: Arc::new(HttpTimestamps::new(authority.url.clone(), transport.clone())),
            roots: authority.roots.as_deref().map_or(Ok(Vec::new()), roots)?,
        })
    });
    Ok(LogParts {
        signer: LogSigner::from_pkcs8(&settings.origin(public_url), &pkcs8)?,
        interval: settings.interval,
        witnesses: witnesses.collect(),
        timestamp: timestamp.transpose()?,
    })
}

/// The key that the log's checkpoints are checked by, if it has been made.
pub(crate) fn key(settings: &LogSettings, public_url: &str) -> Result<Option<VerifierKey>, LogUnusable> {
    if !settings.key_file.exists() {
        return Ok(None);
    }
    let pkcs8 = read_or_create_key(&settings.key_file)?;
    Ok(Some(LogSigner::from_pkcs8(&settings.origin(public_url), &pkcs8)?.key().clone()))
}

fn roots(path: &Path) -> Result<Vec<Vec<u8>>, LogUnusable> {
    let read = std::fs::read(path).ok().and_then(|pem| timestamp::roots_in(&pem));
    read.ok_or_else(|| LogUnusable::Roots(path.to_owned()))
}

/// The tasks, until they are stopped.
#[derive(Debug)]
pub(crate) struct LogTasks {
    app: Arc<App>,
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl LogTasks {
    pub(crate) fn start(app: &Arc<App>, metrics: &Arc<Metrics>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut running = JoinSet::new();
        running.spawn(until(stopped.clone(), build(Arc::clone(app), Arc::clone(metrics))));
        for number in 0..app.witnesses().len() {
            running.spawn(until(stopped.clone(), show(Arc::clone(app), number)));
        }
        running.spawn(until(stopped, stamp(Arc::clone(app))));
        Self { app: Arc::clone(app), stop, running }
    }

    /// Ends them, after the last entries have come into the log. A write under way is written or not; the next
    /// start finds out.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        let ended = async { while self.running.join_next().await.is_some() {} };
        if timeout(GRACE, ended).await.is_err() {
            tracing::warn!("the tasks of the log did not end");
        }
        match timeout(GRACE, self.app.settle_log()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last entries are not in the log yet"),
            Err(_) => tracing::warn!("the last entries are not in the log yet"),
        }
    }
}

async fn until(mut stopped: watch::Receiver<bool>, task: impl Future<Output = ()>) {
    tokio::select! {
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = task => {}
    }
}

async fn build(app: Arc<App>, metrics: Arc<Metrics>) {
    loop {
        let step = app.advance_log(false).await;
        match app.log_behind().await {
            Ok(behind) => metrics.set_checkpoint_age(behind),
            Err(error) => tracing::warn!(%error, "how far the log is behind could not be read"),
        }
        match step {
            Ok(step) if step.more => tokio::task::yield_now().await,
            Ok(_) => sleep(REST).await,
            Err(error) => {
                tracing::warn!(%error, "the log could not be built");
                sleep(REST).await;
            }
        }
    }
}

async fn show(app: Arc<App>, number: usize) {
    let Some(part) = app.witnesses().get(number) else { return };
    let mut wait = SHOWING;
    loop {
        wait = match app.show_witness(part).await {
            Ok(Attestation::Nothing | Attestation::Kept) => SHOWING,
            Ok(Attestation::Not(reason)) => {
                tracing::warn!(witness = part.key.name(), reason, "a witness has not signed");
                (wait * 2).min(LONGEST_SHOWING)
            }
            Err(error) => {
                tracing::warn!(witness = part.key.name(), %error, "a witness could not be shown the log");
                (wait * 2).min(LONGEST_SHOWING)
            }
        };
        sleep(wait).await;
    }
}

async fn stamp(app: Arc<App>) {
    let mut wait = STAMPING;
    loop {
        wait = match app.stamp_checkpoint().await {
            Ok(Attestation::Kept) => Duration::from_millis(100),
            Ok(Attestation::Nothing) => STAMPING,
            Ok(Attestation::Not(reason)) => {
                tracing::warn!(reason, "a checkpoint has no timestamp yet");
                (wait * 2).clamp(STAMPING, LONGEST_STAMPING)
            }
            Err(error) => {
                tracing::warn!(%error, "no timestamp could be asked for");
                (wait * 2).clamp(STAMPING, LONGEST_STAMPING)
            }
        };
        sleep(wait).await;
    }
}

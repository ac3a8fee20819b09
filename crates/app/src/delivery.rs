//! Outgoing messages: leased, sent outside any transaction, and their result recorded.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{
    claim::Claim,
    identifiers::{ClaimId, InsurerCode},
    message::{Attempt, Content, next_try},
    ports::DeliveryError,
};
use store::{ClaimRow, DueMessage, StoreError, Work};
use tokio::task::JoinSet;

use crate::{context::App, error::AppError};

/// How long a message is leased: twice an adapter's time-out, so that it is not sent twice at once, and not more:
/// after a crash it waits as long.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How many messages are leased and sent at once.
const BATCH: u64 = 32;
/// How often a result is written again when somebody else saved the same case first.
const TRIES: usize = 16;

/// What came of one round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// How many messages were leased.
    pub tried: usize,
    /// How many their receiver took.
    pub delivered: usize,
}

impl App {
    /// Sends what is due. An error of one message never keeps another from being sent.
    pub async fn deliver_due(self: &Arc<Self>) -> Result<Delivered, AppError> {
        let now = self.now();
        if !self.parts.store.has_due_message(now).await? {
            return Ok(Delivered::default());
        }
        let mut sending = JoinSet::new();
        for message in self.parts.store.lease_messages(now, LEASE, BATCH).await? {
            let app = Arc::clone(self);
            sending.spawn(async move { app.deliver(&message).await });
        }
        let mut round = Delivered { tried: sending.len(), delivered: 0 };
        while let Some(outcome) = sending.join_next().await {
            match outcome {
                Ok(Ok(true)) => round.delivered += 1,
                Ok(Ok(false)) => {}
                Ok(Err(error)) => {
                    tracing::error!(%error, "a delivery could not be recorded; its lease will run out");
                }
                Err(error) => tracing::error!(%error, "a delivery ended badly; its lease will run out"),
            }
        }
        Ok(round)
    }

    async fn deliver(&self, message: &DueMessage) -> Result<bool, AppError> {
        match &message.content {
            Content::Sms { to, text } => {
                let sent = self.parts.sms.send(message.id, to, text).await;
                self.finish(message, sent.map(|()| None)).await
            }
            Content::FileClaim { claim, insurer } => {
                let sent = self.file_with_insurer(message, *claim, insurer).await;
                self.finish(message, sent.map(Some)).await
            }
        }
    }

    async fn file_with_insurer(
        &self,
        message: &DueMessage,
        claim: ClaimId,
        insurer: &InsurerCode,
    ) -> Result<ClaimId, DeliveryError> {
        let unavailable = |cause: String| DeliveryError::Unavailable { cause, retry_after: None };
        let adapter = self.parts.insurers.get(insurer).ok_or_else(|| DeliveryError::Refused {
            reason: "no adapter is configured for this insurer".to_owned(),
        })?;
        let row = self.parts.store.claim_of_insurer(claim, insurer).await;
        let row = row.map_err(|error| unavailable(error.to_string()))?;
        let ClaimRow { claim: Claim { notice, .. }, .. } =
            row.ok_or_else(|| DeliveryError::Refused { reason: "the claim does not exist".to_owned() })?;
        adapter.file(message.id, &notice).await.map(|_| claim)
    }

    /// Records how it ended; with a claim that was taken, the claim moves in the same transaction.
    async fn finish(
        &self,
        message: &DueMessage,
        sent: Result<Option<ClaimId>, DeliveryError>,
    ) -> Result<bool, AppError> {
        for _ in 0..TRIES {
            let work = self.result_of(message, &sent).await?;
            match self.parts.store.commit(work).await {
                Ok(()) => return Ok(sent.is_ok()),
                Err(StoreError::Stale("message lease")) => return Ok(false),
                // Another claim of the same case moved first: its journal entry took the place of ours.
                Err(StoreError::Stale(_) | StoreError::Duplicate(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable("too many writers on one case".to_owned()).into())
    }

    async fn result_of(
        &self,
        message: &DueMessage,
        sent: &Result<Option<ClaimId>, DeliveryError>,
    ) -> Result<Work, AppError> {
        let now = self.now();
        let mut work = Work::new();
        match sent {
            Ok(claim) => {
                work.finish_message(message, Attempt::Delivered, None, now);
                if let (Some(claim), Content::FileClaim { insurer, .. }) = (claim, &message.content) {
                    self.submitted(&mut work, *claim, insurer).await?;
                }
            }
            Err(DeliveryError::Unavailable { cause, retry_after }) => {
                tracing::warn!(message = %message.id, tries = message.tries, cause, "not delivered, to be tried again");
                let at = next_try(now, message.tries, self.jitter(), *retry_after);
                work.finish_message(message, Attempt::Again(at), Some(cause.clone()), now);
            }
            Err(DeliveryError::Refused { reason }) => {
                tracing::error!(message = %message.id, "refused by its receiver, parked for a person");
                work.finish_message(message, Attempt::Parked(reason.clone()), None, now);
            }
        }
        Ok(work)
    }

    async fn submitted(
        &self,
        work: &mut Work,
        claim: ClaimId,
        insurer: &InsurerCode,
    ) -> Result<(), AppError> {
        let row = self.parts.store.claim_of_insurer(claim, insurer).await?;
        let ClaimRow { claim, version } = row.ok_or(AppError::NotFound("claim"))?;
        match claim.submitted() {
            Some(claim) => self.claim_moved(work, &claim, version).await,
            // A callback was faster: the claim is already further.
            None => Ok(()),
        }
    }

    fn jitter(&self) -> f64 {
        let [byte] = self.random::<1>();
        f64::from(byte) / 255.0
    }
}

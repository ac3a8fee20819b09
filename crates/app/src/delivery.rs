//! Outgoing messages: leased, sent outside any transaction, and their result recorded.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{
    claim::{Claim, ClaimStatus},
    identifiers::{ClaimId, InsurerCode, MessageId},
    message::{Attempt, Content, next_try},
    ports::{DeliveryError, Insurer},
};
use store::{ClaimRow, DueMessage, StoreError, Work};

use crate::{context::App, error::AppError};

/// How long a message is leased: twice an adapter's time-out, so that it is not sent twice at once, and not more:
/// after a crash it waits as long.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How many messages are leased at once.
const BATCH: u64 = 32;
/// How often a result is written again when somebody else saved the same case first.
const TRIES: usize = 16;

fn unavailable(cause: impl Into<String>) -> DeliveryError {
    DeliveryError::Unavailable { cause: cause.into(), retry_after: None }
}

impl App {
    /// Leases messages that are due, to be given to [`App::send`]; none when nothing is due.
    pub async fn lease_due(&self) -> Result<Vec<DueMessage>, AppError> {
        let now = self.now();
        if !self.parts.store.has_due_message(now).await? {
            return Ok(Vec::new());
        }
        Ok(self.parts.store.lease_messages(now, LEASE, BATCH).await?)
    }

    /// Sends a leased message and records how it ended.
    pub async fn send(self: Arc<Self>, message: DueMessage) {
        if let Err(error) = self.deliver(&message).await {
            tracing::error!(message = %message.id, %error, "a delivery could not be recorded; its lease will run out");
        }
    }

    async fn deliver(&self, message: &DueMessage) -> Result<(), AppError> {
        let sent = tokio::select! {
            sent = self.transmit(message) => sent,
            () = self.interrupted() => Err(unavailable("the service stops")),
        };
        self.finish(message, sent).await
    }

    async fn transmit(&self, message: &DueMessage) -> Result<Option<ClaimId>, DeliveryError> {
        match &message.content {
            Content::SigningCode { to, code } => {
                let text = self.signing_code_text(*code).await.map_err(|error| {
                    DeliveryError::Unavailable { cause: error.to_string(), retry_after: None }
                })?;
                if let Some(text) = text {
                    self.parts.sms.send(message.id, to, &text).await?;
                } else {
                    // Too late to be of use to anybody: whoever still wants to sign has asked for another.
                    tracing::info!(message = %message.id, "a one-time code has expired and is not sent");
                }
                Ok(None)
            }
            Content::Sms { to, text } => {
                self.parts.sms.send(message.id, to, text).await?;
                Ok(None)
            }
            Content::FileClaim { claim, insurer } => {
                self.file_with_insurer(message, *claim, insurer).await.map(Some)
            }
            Content::AmendClaim { claim, insurer } => {
                self.amend_with_insurer(message.id, *claim, insurer).await.map(|()| None)
            }
        }
    }

    async fn file_with_insurer(
        &self,
        message: &DueMessage,
        claim: ClaimId,
        insurer: &InsurerCode,
    ) -> Result<ClaimId, DeliveryError> {
        let adapter = self.insurer(insurer)?;
        let Claim { notice, .. } = self.claim_to_tell(claim, insurer).await?;
        adapter.file(message.id, &notice).await.map(|_| claim)
    }

    /// Tells an insurer what changed, once it has the notice.
    async fn amend_with_insurer(
        &self,
        amendment: MessageId,
        claim: ClaimId,
        insurer: &InsurerCode,
    ) -> Result<(), DeliveryError> {
        let adapter = self.insurer(insurer)?;
        let claim = self.claim_to_tell(claim, insurer).await?;
        if claim.status == ClaimStatus::Queued {
            return Err(unavailable("the insurer does not have the first notice yet"));
        }
        let amendment = claim
            .amendment(amendment)
            .ok_or_else(|| DeliveryError::Refused { reason: "the claim has no such amendment".to_owned() })?;
        adapter.amend(amendment).await
    }

    fn insurer(&self, insurer: &InsurerCode) -> Result<&dyn Insurer, DeliveryError> {
        self.parts.insurers.get(insurer).map(AsRef::as_ref).ok_or_else(|| DeliveryError::Refused {
            reason: "no adapter is configured for this insurer".to_owned(),
        })
    }

    async fn claim_to_tell(&self, claim: ClaimId, insurer: &InsurerCode) -> Result<Claim, DeliveryError> {
        let row = self.parts.store.claim_of_insurer(claim, insurer).await;
        let row = row.map_err(|error| unavailable(error.to_string()))?;
        let row =
            row.ok_or_else(|| DeliveryError::Refused { reason: "the claim does not exist".to_owned() })?;
        Ok(row.claim)
    }

    /// Records how it ended; with a claim that was taken, the claim moves in the same transaction.
    async fn finish(
        &self,
        message: &DueMessage,
        sent: Result<Option<ClaimId>, DeliveryError>,
    ) -> Result<(), AppError> {
        for _ in 0..TRIES {
            let work = self.result_of(message, &sent).await?;
            match self.parts.store.commit(work).await {
                Ok(()) | Err(StoreError::Stale("message lease")) => return Ok(()),
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

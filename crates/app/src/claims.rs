//! Claims: read by their insurer, moved by its callbacks.

use domain::{
    claim::{Claim, ClaimReport},
    event::Event,
    identifiers::{ClaimId, InsurerCode},
    journal::Actor,
    ports::CallbackHeaders,
};
use store::{ClaimRow, Work};

use crate::{access::InsurerClient, context::App, error::AppError, once::Prepared};

impl App {
    /// The insurer's own claims, newest first.
    pub async fn list_claims(
        &self,
        by: &InsurerClient,
        offset: u64,
        most: u64,
    ) -> Result<Vec<Claim>, AppError> {
        let rows = self.parts.store.claims_of_insurer(&by.insurer, offset, most).await?;
        Ok(rows.into_iter().map(|row| row.claim).collect())
    }

    /// One of the insurer's own claims.
    pub async fn get_claim(&self, by: &InsurerClient, id: ClaimId) -> Result<Claim, AppError> {
        let row = self.parts.store.claim_of_insurer(id, &by.insurer).await?;
        Ok(row.ok_or(AppError::NotFound("claim"))?.claim)
    }

    /// A callback of an insurer: believed only with its signature, applied once.
    pub async fn receive_callback(
        &self,
        insurer: &InsurerCode,
        headers: &CallbackHeaders,
        body: &[u8],
    ) -> Result<(), AppError> {
        let adapter = self.parts.insurers.get(insurer).ok_or(AppError::NotFound("insurer"))?;
        let report = adapter.read_callback(headers, body, self.now())?;
        self.write(async || self.apply_report(insurer, &headers.id, &report).await).await
    }

    async fn apply_report(
        &self,
        insurer: &InsurerCode,
        webhook_id: &str,
        report: &ClaimReport,
    ) -> Result<Prepared<()>, AppError> {
        let now = self.now();
        let mut work = Work::new();
        if self.parts.store.callback_seen(insurer, webhook_id).await? {
            return Ok(Prepared { value: (), work });
        }
        let row = self.parts.store.claim_of_insurer(report.claim, insurer).await?;
        let ClaimRow { claim, version } = row.ok_or(AppError::NotFound("claim"))?;
        work.insert_callback(insurer, webhook_id, now);
        if let Some(claim) = claim.apply(report, now) {
            self.claim_moved(&mut work, &claim, version).await?;
        }
        Ok(Prepared { value: (), work })
    }

    /// Saves a claim that moved, and says so in the journal of its case.
    pub(crate) async fn claim_moved(
        &self,
        work: &mut Work,
        claim: &Claim,
        version: i64,
    ) -> Result<(), AppError> {
        let case = self.parts.store.find_case_for_service(claim.case).await?;
        let mut case = case.ok_or(AppError::NotFound("case"))?;
        let event = Event::ClaimMoved { claim: claim.id, status: claim.status };
        self.record(work, &mut case, Actor::Service, self.now(), [event])?;
        work.save_case(&mut case)?;
        work.save_claim(claim, version)?;
        Ok(())
    }
}

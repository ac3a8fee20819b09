//! The court pack of a case: recorded in the journal, then everything the case has goes into one file that anybody
//! can check offline.

mod endings;
mod gathering;
mod guide;
mod mediation;
mod proving;
mod summary;
mod writing;

use std::{fs::File, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Officer},
    event::Event,
    identifiers::{CaseId, CaseNumber},
    identity::Role,
    journal::Actor,
};
use store::Work;
use tokio::time;

use crate::{
    access::{Supervisor, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
};

/// How long witnesses may take to sign the checkpoint of a pack; without them it is given all the same.
const WITNESSES: Duration = Duration::from_secs(5);
/// How many packs are made at once: each reads every byte of its case.
pub(crate) const AT_ONCE: usize = 2;

/// Who may have a court pack.
#[derive(Debug, Clone)]
pub enum PackReader {
    /// An officer of the district without a conflict of interest.
    Officer(Officer),
    /// A supervisor.
    Supervisor(Supervisor),
}

impl PackReader {
    fn actor(&self) -> Actor {
        match self {
            Self::Officer(officer) => officer_actor(officer),
            Self::Supervisor(Supervisor(account)) => {
                Actor::Account { acting_as: Role::Supervisor, account: *account }
            }
        }
    }
}

/// A court pack, made.
#[derive(Debug)]
pub struct CourtPack {
    /// The public number of its case.
    pub number: CaseNumber,
    /// Its size.
    pub bytes: u64,
    /// Its bytes, from the beginning; the file has no name and is gone when it is closed.
    pub file: File,
}

impl App {
    /// Makes the court pack of a case. That it was made stands in the journal before anybody has a byte of it, and
    /// in the pack itself.
    pub async fn court_pack(&self, by: &PackReader, id: CaseId) -> Result<CourtPack, AppError> {
        let turn = Arc::clone(&self.packs).acquire_owned().await;
        let turn = turn.map_err(|closed| AppError::Internal(closed.to_string()))?;
        let (case, made_at) = self.write(async || self.record_pack(by, id).await).await?;
        self.settle_log().await?;
        if time::timeout(WITNESSES, self.ask_witnesses()).await.is_err() {
            tracing::warn!("a court pack does not wait for its witnesses any longer");
        }
        let entries = self.journal_of_pack(&case).await?;
        let provenance = self.provenance(&entries).await?;
        let material = self.gather(case, entries, made_at).await?;
        self.write_pack(material, provenance, turn).await
    }

    async fn record_pack(
        &self,
        by: &PackReader,
        id: CaseId,
    ) -> Result<Prepared<(Case, DateTime<Utc>)>, AppError> {
        let now = self.now();
        let mut case = match by {
            PackReader::Officer(officer) => self.case_for_officer(id, officer).await?,
            PackReader::Supervisor(_) => {
                self.parts.store.find_case_for_staff(id).await?.ok_or(AppError::NotFound("case"))?
            }
        };
        let mut work = Work::new();
        self.record(&mut work, &mut case, by.actor(), now, [Event::CourtPackMade {}])?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: (case, now), work })
    }

    /// Has the newest checkpoint cosigned, as far as witnesses answer.
    async fn ask_witnesses(&self) {
        for part in &self.parts.log.witnesses {
            match self.show_witness(part).await {
                Ok(shown) => tracing::debug!(witness = part.key.name(), ?shown, "asked for a court pack"),
                Err(error) => tracing::warn!(witness = part.key.name(), %error, "not asked for a court pack"),
            }
        }
    }
}

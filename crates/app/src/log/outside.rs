//! Whom the log is shown to: witnesses, who sign that it only grows, and the timestamp authority.

use domain::{digest::Digest, ports::WitnessError};
use evidence::log::{SignedCheckpoint, VerifierKey, timestamp};
use store::CheckpointRow;

use super::WitnessPart;
use crate::{context::App, error::AppError};

/// How often a witness may say that it stands elsewhere, and a note may change under our hands.
const TRIES: usize = 4;

/// What came of showing the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attestation {
    /// There was nothing new to show.
    Nothing,
    /// A signature or a timestamp was kept.
    Kept,
    /// It did not answer or refused, for this reason; to be tried later.
    Not(String),
}

impl App {
    /// Shows the newest checkpoint to a witness that has not signed it, and keeps the signature.
    pub async fn show_witness(&self, part: &WitnessPart) -> Result<Attestation, AppError> {
        let store = &self.parts.store;
        let name = part.key.name();
        for _ in 0..TRIES {
            let Some(row) = store.newest_checkpoint().await? else { return Ok(Attestation::Nothing) };
            let checkpoint = self.open(&row)?;
            if checkpoint.cosigned_by(&part.key).is_ok() {
                return Ok(Attestation::Nothing);
            }
            let seen = store.witness_size(name).await?;
            // More than there is now is only believed when the witness says so again: it may have been set up anew.
            let seen = seen.min(row.size);
            let proof = self.log_consistency(seen, Some(row.size)).await?;
            match part.witness.cosign(seen, &proof.path, &checkpoint.own_note()).await {
                Ok(lines) => match checkpoint.cosigned(&part.key, &lines) {
                    Ok(cosigned) => return self.keep_cosigned(&row, &part.key, &cosigned, &lines).await,
                    Err(refused) => return Ok(Attestation::Not(refused.to_string())),
                },
                Err(WitnessError::Elsewhere { size }) if size > row.size => {
                    tracing::error!(
                        witness = name,
                        size,
                        ours = row.size,
                        "a witness says it has seen a larger log"
                    );
                    return Ok(Attestation::Not(format!(
                        "it has seen {size} leaves, our log has {}",
                        row.size
                    )));
                }
                Err(WitnessError::Elsewhere { size }) => store.save_witness(name, size, self.now()).await?,
                Err(WitnessError::Delivery(error)) => return Ok(Attestation::Not(error.to_string())),
            }
        }
        Ok(Attestation::Not("it says each time that it has seen another size".to_owned()))
    }

    /// Another witness may have signed meanwhile: then the line is added to what stands now.
    async fn keep_cosigned(
        &self,
        row: &CheckpointRow,
        key: &VerifierKey,
        cosigned: &SignedCheckpoint,
        lines: &str,
    ) -> Result<Attestation, AppError> {
        let store = &self.parts.store;
        let mut saved = store.save_note(row.size, &row.note, &cosigned.to_string()).await?;
        for _ in 0..TRIES {
            if saved {
                store.save_witness(key.name(), row.size, self.now()).await?;
                return Ok(Attestation::Kept);
            }
            let now = self.checkpoint(Some(row.size)).await?;
            let both = self.open(&now)?.cosigned(key, lines);
            let both = both.map_err(|error| AppError::Internal(error.to_string()))?;
            saved = store.save_note(row.size, &now.note, &both.to_string()).await?;
        }
        Ok(Attestation::Not("the note changes too often".to_owned()))
    }

    /// Has the oldest daily checkpoint without a timestamp stamped.
    pub async fn stamp_checkpoint(&self) -> Result<Attestation, AppError> {
        let Some(part) = &self.parts.log.timestamp else { return Ok(Attestation::Nothing) };
        let store = &self.parts.store;
        let Some(row) = store.checkpoints_to_stamp(1).await?.into_iter().next() else {
            return Ok(Attestation::Nothing);
        };
        let digest = Digest::of(self.open(&row)?.own_note().as_bytes());
        match part.authority.stamp(digest, self.random()).await {
            Ok(token) => {
                if let Err(refused) = timestamp::verify(&token, digest, &part.roots) {
                    return Ok(Attestation::Not(refused.to_string()));
                }
                store.save_timestamp(row.size, token).await?;
                Ok(Attestation::Kept)
            }
            Err(error) => Ok(Attestation::Not(error.to_string())),
        }
    }

    fn open(&self, row: &CheckpointRow) -> Result<SignedCheckpoint, AppError> {
        SignedCheckpoint::open(&row.note, self.log_key())
            .map_err(|error| AppError::Internal(format!("checkpoint {}: {error}", row.size)))
    }
}

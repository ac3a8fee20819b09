//! The end of an upload: complete, it is taken in as evidence; expired, it is cleaned away.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::identifiers::UploadId;
use evidence::{IntakeError, RecordingError, SpoolError, SpoolWriter, TakeOver};
use store::{UploadRow, Work};
use uuid::Uuid;

use super::{UploadRefused, UploadState};
use crate::{
    access::Driver,
    context::App,
    error::AppError,
    evidence::{Incoming, Piece},
    once::Prepared,
};

/// The worker does not wait for anybody.
const NOT_AT_ALL: TakeOver =
    TakeOver { silence: Duration::MAX, longest: Duration::ZERO, finishing: Duration::ZERO };
/// A complete upload that nobody has taken in for so long is taken in by the worker.
const LEFT_OVER: Duration = Duration::from_secs(30);
/// A file that belongs to no upload for so long was left by a crash.
const ORPHANED: Duration = Duration::from_secs(3600);
/// How many uploads are looked at together.
const PAGE: u64 = 256;

/// What the worker did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Uploads that were complete and are evidence now, or were refused.
    pub finished: usize,
    /// Uploads that had expired and are gone.
    pub expired: usize,
    /// Files of no upload that are gone.
    pub orphans: usize,
}

impl App {
    /// Takes a complete upload in. Given up in the middle, because its connection broke, it is done again by whoever
    /// looks at the upload next, or by the worker.
    pub(super) async fn finish_upload(
        self: &Arc<Self>,
        id: UploadId,
        mut writer: SpoolWriter,
    ) -> Result<UploadState, AppError> {
        writer.finish();
        // As it stands now, behind the lock: whoever had the file before may have finished or cancelled it.
        let row = self.parts.store.upload_for_service(id).await?.ok_or(AppError::NotFound("upload"))?;
        let evidence = match row.evidence {
            Some(evidence) => evidence,
            None => match self.take_in(&row, &mut writer).await {
                Ok(evidence) => evidence,
                Err(error) => {
                    if is_final(&error) {
                        self.forget_upload(id).await?;
                    }
                    return Err(error);
                }
            },
        };
        let finish = async || {
            let mut work = Work::new();
            work.finish_upload(id, evidence, self.now());
            Ok(Prepared { value: (), work })
        };
        self.write(finish).await?;
        self.parts.uploads.spool.remove(id).await?;
        let bytes = row.bytes;
        Ok(UploadState::of(UploadRow { evidence: Some(evidence), ..row }, bytes))
    }

    /// Makes the bytes evidence. Done again after a crash, it finds the same piece.
    async fn take_in(self: &Arc<Self>, row: &UploadRow, writer: &mut SpoolWriter) -> Result<Uuid, AppError> {
        writer.sync().await?;
        if let Some(announced) = row.digest
            && writer.digest().await? != announced
        {
            return Err(UploadRefused::NotAsAnnounced.into());
        }
        let purpose = row.purpose.clone();
        let incoming = Incoming {
            media: purpose.media,
            slot: purpose.slot,
            capture: purpose.capture,
            commitment: purpose.commitment,
            most_bytes: row.bytes,
        };
        let bytes = writer.bytes().await?;
        let added = self.add_evidence_bytes(Driver(row.account), row.case, incoming, bytes).await?;
        Ok(match added.piece {
            Piece::Photo(id) => id.0,
            Piece::Recording(id) => id.0,
        })
    }

    /// What nobody else does: takes in complete uploads whose requests ended too early, and removes uploads that
    /// have expired and files that belong to none.
    /// One upload that cannot be taken in, for a full disk perhaps, keeps no room from being made.
    pub async fn tidy_uploads(self: &Arc<Self>) -> Result<Tidied, AppError> {
        Ok(Tidied {
            expired: self.remove_expired().await?,
            orphans: self.remove_orphans().await?,
            finished: self.finish_left_over().await?,
        })
    }

    async fn finish_left_over(self: &Arc<Self>) -> Result<usize, AppError> {
        let files: BTreeMap<UploadId, u64> =
            self.parts.uploads.spool.untouched(LEFT_OVER).await?.into_iter().collect();
        let (mut finished, mut after) = (0, None);
        while !files.is_empty() {
            let rows = self.parts.store.unfinished_uploads(after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            for row in rows.iter().filter(|row| files.get(&row.id) == Some(&row.bytes)) {
                let Ok(writer) = self.parts.uploads.spool.writer(row.id, NOT_AT_ALL).await else { continue };
                match self.finish_upload(row.id, writer).await {
                    Err(error) if !is_final(&error) => {
                        tracing::warn!(upload = %row.id, %error, "a complete upload cannot be taken in yet");
                    }
                    _ => finished += 1,
                }
            }
        }
        Ok(finished)
    }

    async fn remove_expired(&self) -> Result<usize, AppError> {
        let mut removed = 0;
        for id in self.parts.store.expired_uploads(self.now(), PAGE).await? {
            match self.parts.uploads.spool.writer(id, NOT_AT_ALL).await {
                // Held until it is removed.
                Ok(_writer) => self.forget_upload(id).await?,
                Err(SpoolError::Missing) => self.forget_upload(id).await?,
                Err(SpoolError::Busy) => continue,
                Err(error) => return Err(error.into()),
            }
            removed += 1;
        }
        Ok(removed)
    }

    async fn remove_orphans(&self) -> Result<usize, AppError> {
        let mut removed = 0;
        for (id, _) in self.parts.uploads.spool.untouched(ORPHANED).await? {
            let known = self.parts.store.upload_for_service(id).await?;
            if known.is_none_or(|row| row.evidence.is_some()) {
                removed += usize::from(self.parts.uploads.spool.remove(id).await?);
            }
        }
        Ok(removed)
    }
}

/// Whether trying again would end the same way.
fn is_final(error: &AppError) -> bool {
    match error {
        AppError::Photo(error) => !matches!(error, IntakeError::Interrupted { .. } | IntakeError::Store(_)),
        AppError::Recording(error) => {
            !matches!(error, RecordingError::Interrupted { .. } | RecordingError::Store(_))
        }
        AppError::Refused(_) | AppError::NotFound(_) | AppError::Upload(UploadRefused::NotAsAnnounced) => {
            true
        }
        _ => false,
    }
}

//! Uploads of large files over many requests: created for one piece of evidence, grown part by part, taken in when
//! the last byte is there.

mod appending;
mod finishing;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    case::Case,
    digest::Digest,
    evidence::Media,
    identifiers::{CaseId, UploadId},
};
use evidence::{SpoolError, UploadSpool};
use store::{FullRoom, StoreError, UploadPurpose, UploadRoom, UploadRow, Work};
use uuid::Uuid;

pub use self::{
    appending::{Append, Checksum},
    finishing::Tidied,
};

use crate::{access::Driver, context::App, error::AppError, once::Prepared};

/// Where uploads grow, and how far.
pub struct Uploads {
    /// Their files. Several processes on one database share the folder, or a sender always reaches the same one.
    pub spool: UploadSpool,
    /// How much of them there may be.
    pub room: UploadRoom,
    /// How long an upload is kept after its last byte came.
    pub life: TimeDelta,
}

/// An upload that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewUpload {
    /// For which case.
    pub case: CaseId,
    /// How many bytes it will have.
    pub bytes: u64,
    /// The SHA-256 that the sender says they will have; others are refused.
    pub digest: Option<Digest>,
    /// What it will be.
    pub purpose: UploadPurpose,
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadState {
    /// Its id.
    pub id: UploadId,
    /// How many bytes are durably there.
    pub offset: u64,
    /// How many there will be.
    pub bytes: u64,
    /// From when on it is gone.
    pub expires_at: DateTime<Utc>,
    /// What the sender told of it.
    pub metadata: Option<String>,
    /// The photo or recording that it became.
    pub evidence: Option<Uuid>,
}

/// Why an upload did not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadRefused {
    /// The upload stands at another offset than the sender thinks.
    #[error("the upload stands at another offset")]
    OffsetMismatch,
    /// Another request is writing to it.
    #[error("another request is writing to the upload")]
    Locked,
    /// Too long ago.
    #[error("the upload has expired")]
    Expired,
    /// More bytes than such a file may have, or than were announced.
    #[error("more than {limit} bytes")]
    TooLarge {
        /// How many there may be.
        limit: u64,
    },
    /// The account has too many unfinished uploads.
    #[error("too many unfinished uploads")]
    TooManyOpen,
    /// The account's unfinished uploads, or the case, would take too many bytes.
    #[error("no room for more than {limit} bytes")]
    NoRoom {
        /// How many there may be.
        limit: u64,
    },
    /// The chunk is not what its checksum says.
    #[error("the checksum does not match")]
    ChecksumMismatch,
    /// The whole is not what the sender said it would be.
    #[error("the bytes are not the announced ones")]
    NotAsAnnounced,
}

impl UploadState {
    fn of(row: UploadRow, offset: u64) -> Self {
        let UploadRow { id, bytes, purpose, expires_at, evidence, .. } = row;
        Self { id, offset: offset.min(bytes), bytes, expires_at, metadata: purpose.metadata, evidence }
    }
}

impl App {
    /// Most bytes of one upload of this kind.
    pub fn most_upload_bytes(&self, media: Media) -> u64 {
        match media {
            Media::Photo => self.limits().photo,
            Media::Recording => self.limits().upload,
        }
    }

    /// Makes an upload. Asked again for the same bytes, which it knows by their announced hash, it gives the one
    /// that is under way: the first answer was lost.
    pub async fn create_upload(&self, by: Driver, new: NewUpload) -> Result<UploadState, AppError> {
        let limit = self.most_upload_bytes(new.purpose.media);
        if new.bytes > limit {
            return Err(UploadRefused::TooLarge { limit }.into());
        }
        if let Some(known) = self.same_upload(by, &new).await? {
            return Ok(known);
        }
        let id = UploadId(self.new_id());
        self.parts.uploads.spool.create(id).await?;
        let reserved = self.write(async || self.reserve_upload(by, id, &new).await).await;
        if let Err(error) = &reserved
            && !matches!(error, AppError::Store(error) if error.is_passing())
        {
            self.parts.uploads.spool.remove(id).await?;
        }
        match reserved {
            Err(AppError::Store(StoreError::Full(room))) => Err(self.refused_by(room).into()),
            reserved => reserved,
        }
    }

    async fn reserve_upload(
        &self,
        by: Driver,
        id: UploadId,
        new: &NewUpload,
    ) -> Result<Prepared<UploadState>, AppError> {
        let NewUpload { case, bytes, digest, purpose } = new.clone();
        let now = self.now();
        let case = self.case_for_driver(case, by).await?;
        case.may_add(purpose.media, case.role_of(by.0)?, purpose.slot, purpose.commitment)?;
        let expires_at = now + self.parts.uploads.life;
        let row = UploadRow {
            id,
            account: by.0,
            case: case.id,
            bytes,
            digest,
            purpose,
            expires_at,
            evidence: None,
        };
        let state = UploadState::of(row.clone(), 0);
        let mut work = Work::new();
        work.reserve_upload(row, self.parts.uploads.room, (case.version, stored_bytes(&case)), now);
        Ok(Prepared { value: state, work })
    }

    fn refused_by(&self, room: FullRoom) -> UploadRefused {
        let UploadRoom { account_bytes, case_bytes, .. } = self.parts.uploads.room;
        match room {
            FullRoom::Open => UploadRefused::TooManyOpen,
            FullRoom::Account => UploadRefused::NoRoom { limit: account_bytes },
            FullRoom::Case => UploadRefused::NoRoom { limit: case_bytes },
        }
    }

    async fn same_upload(&self, by: Driver, new: &NewUpload) -> Result<Option<UploadState>, AppError> {
        if new.digest.is_none() {
            return Ok(None);
        }
        let open = self.parts.store.open_uploads_of(by.0, self.now()).await?;
        let same = open.into_iter().find(|row| {
            let meant = |purpose: &UploadPurpose| (purpose.media, purpose.slot, purpose.commitment);
            (row.case, row.bytes, row.digest) == (new.case, new.bytes, new.digest)
                && meant(&row.purpose) == meant(&new.purpose)
        });
        let Some(row) = same else { return Ok(None) };
        let offset = self.parts.uploads.spool.offset(row.id).await?;
        Ok(offset.map(|offset| UploadState::of(row, offset)))
    }

    /// Gives an upload up.
    pub async fn cancel_upload(&self, by: Driver, id: UploadId) -> Result<(), AppError> {
        let row = self.own_upload(by, id).await?;
        // Whoever is writing now is interrupted at once, and nobody else begins before it is gone.
        let _writer = match self.parts.uploads.spool.writer(row.id, appending::AT_ONCE).await {
            Ok(writer) => Some(writer),
            Err(SpoolError::Missing) => None,
            Err(error) => return Err(error.into()),
        };
        self.forget_upload(id).await
    }

    /// The row goes first: a file without one is found and removed later.
    async fn forget_upload(&self, id: UploadId) -> Result<(), AppError> {
        let forget = async || {
            let mut work = Work::new();
            work.remove_upload(id);
            Ok(Prepared { value: (), work })
        };
        self.write(forget).await?;
        self.parts.uploads.spool.remove(id).await?;
        Ok(())
    }

    /// The sender's own upload that has not expired.
    async fn own_upload(&self, by: Driver, id: UploadId) -> Result<UploadRow, AppError> {
        let found = self.parts.store.find_upload(id, by.0).await?;
        let row = found.ok_or(AppError::NotFound("upload"))?;
        if row.expires_at <= self.now() { Err(UploadRefused::Expired.into()) } else { Ok(row) }
    }

    /// How far an upload is. A complete one that was not taken in yet is taken in now.
    pub async fn probe_upload(self: &Arc<Self>, by: Driver, id: UploadId) -> Result<UploadState, AppError> {
        let row = self.own_upload(by, id).await?;
        if row.evidence.is_some() {
            let bytes = row.bytes;
            return Ok(UploadState::of(row, bytes));
        }
        match self.parts.uploads.spool.writer(id, appending::TO_LOOK).await {
            Ok(mut writer) if writer.offset() < row.bytes => {
                let offset = writer.sync().await?;
                Ok(UploadState::of(row, offset))
            }
            Ok(writer) => self.finish_upload(id, writer).await,
            Err(SpoolError::Busy) => {
                let offset =
                    self.parts.uploads.spool.offset(id).await?.ok_or(AppError::NotFound("upload"))?;
                Ok(UploadState::of(row, offset))
            }
            Err(SpoolError::Missing) => self.finished_meanwhile(by, id).await,
            Err(error) => Err(error.into()),
        }
    }

    /// The file is gone: somebody else took it in, or cancelled it.
    async fn finished_meanwhile(&self, by: Driver, id: UploadId) -> Result<UploadState, AppError> {
        let row = self.own_upload(by, id).await?;
        let bytes = row.evidence.map(|_| row.bytes).ok_or(AppError::NotFound("upload"))?;
        Ok(UploadState::of(row, bytes))
    }
}

/// What the case's photos and recordings weigh.
fn stored_bytes(case: &Case) -> u64 {
    let photos = case.photos.iter().map(|photo| photo.bytes);
    let recordings = case.recordings.iter().map(|recording| recording.bytes);
    photos.chain(recordings).filter_map(|bytes| u64::try_from(bytes).ok()).fold(0, u64::saturating_add)
}

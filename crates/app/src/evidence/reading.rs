//! Evidence is read again: by the party that brought it, by the officers of the district, by the unit on its way.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    case::{Case, Officer},
    evidence::{Photo, Recording},
    identifiers::{CaseId, PhotoId, RecordingId},
};
use evidence::{ObjectKey, ObjectKind, OpenObject};
use store::WaitingPhoto;

use crate::{
    access::{Driver, PointStaff},
    context::App,
    error::AppError,
};

/// Which bytes of a photo are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoCopy {
    /// As it was received.
    Original,
    /// At most 1600 pixels wide or high, without metadata.
    View,
    /// At most 320 pixels wide or high, without metadata.
    Thumbnail,
}

impl App {
    /// A photo of the driver's own.
    pub async fn photo_for_driver(
        self: &Arc<Self>,
        by: Driver,
        id: CaseId,
        photo: PhotoId,
        copy: PhotoCopy,
    ) -> Result<(Photo, Bytes), AppError> {
        let case = self.case_for_driver(id, by).await?;
        let role = case.role_of(by.0)?;
        let photo = case.photos.into_iter().find(|other| other.id == photo && other.party == Some(role));
        self.photo_bytes(id, photo, copy).await
    }

    /// A photo of a case of the officer's district.
    pub async fn photo_for_officer(
        self: &Arc<Self>,
        by: &Officer,
        id: CaseId,
        photo: PhotoId,
        copy: PhotoCopy,
    ) -> Result<(Photo, Bytes), AppError> {
        let case = self.case_for_officer(id, by).await?;
        self.photo_bytes(id, case.photos.into_iter().find(|other| other.id == photo), copy).await
    }

    /// A photo of the case that a unit has a task for.
    pub async fn photo_for_unit(
        self: &Arc<Self>,
        by: PointStaff,
        id: CaseId,
        photo: PhotoId,
        copy: PhotoCopy,
    ) -> Result<(Photo, Bytes), AppError> {
        let case = self.case_for_unit(id, by).await?;
        self.photo_bytes(id, case.photos.into_iter().find(|other| other.id == photo), copy).await
    }

    async fn photo_bytes(
        self: &Arc<Self>,
        case: CaseId,
        photo: Option<Photo>,
        copy: PhotoCopy,
    ) -> Result<(Photo, Bytes), AppError> {
        let photo = photo.ok_or(AppError::NotFound("photo"))?;
        let kind = match copy {
            PhotoCopy::Original => ObjectKind::Original,
            PhotoCopy::View => ObjectKind::View,
            PhotoCopy::Thumbnail => ObjectKind::Thumbnail,
        };
        match self.parts.objects.read(ObjectKey::new(kind, photo.digest)).await {
            Err(evidence::StoreError::Missing(_)) if copy != PhotoCopy::Original => {
                if photo.is_unreadable() {
                    return Err(AppError::NotViewable);
                }
                // Its copies are made by its examination, which may be repeated at any time.
                drop(self.start_examining(WaitingPhoto { id: photo.id, case, digest: photo.digest }));
                Err(AppError::NotReady)
            }
            read => Ok((photo, read?)),
        }
    }

    /// A recording of the driver's own.
    pub async fn recording_for_driver(
        &self,
        by: Driver,
        id: CaseId,
        recording: RecordingId,
    ) -> Result<(Recording, OpenObject), AppError> {
        let case = self.case_for_driver(id, by).await?;
        let role = case.role_of(by.0)?;
        self.recording_bytes(case, recording, |other| other.party == role).await
    }

    /// A recording of a case of the officer's district.
    pub async fn recording_for_officer(
        &self,
        by: &Officer,
        id: CaseId,
        recording: RecordingId,
    ) -> Result<(Recording, OpenObject), AppError> {
        let case = self.case_for_officer(id, by).await?;
        self.recording_bytes(case, recording, |_| true).await
    }

    /// A recording of the case that a unit has a task for.
    pub async fn recording_for_unit(
        &self,
        by: PointStaff,
        id: CaseId,
        recording: RecordingId,
    ) -> Result<(Recording, OpenObject), AppError> {
        let case = self.case_for_unit(id, by).await?;
        self.recording_bytes(case, recording, |_| true).await
    }

    async fn recording_bytes(
        &self,
        case: Case,
        id: RecordingId,
        may_see: impl Fn(&Recording) -> bool,
    ) -> Result<(Recording, OpenObject), AppError> {
        let recording = case.recordings.into_iter().find(|other| other.id == id && may_see(other));
        let recording = recording.ok_or(AppError::NotFound("recording"))?;
        let object = self.parts.objects.open(ObjectKey::new(ObjectKind::Recording, recording.digest)).await?;
        Ok((recording, object))
    }
}

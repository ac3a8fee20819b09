//! Where the bytes of evidence lie when it is read again.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    case::Case,
    evidence::{Photo, Recording},
    identifiers::{CaseId, RecordingId},
    refusal::Refusal,
};
use evidence::{ObjectKey, ObjectKind, OpenObject};
use serde::{Deserialize, Serialize};
use store::WaitingPhoto;

use crate::{context::App, error::AppError};

/// Which bytes of a photo are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoCopy {
    /// As it was received.
    Original,
    /// At most 1600 pixels wide or high, without metadata.
    View,
    /// At most 320 pixels wide or high, without metadata.
    Thumbnail,
}

impl App {
    /// Opens the copy of a photo. Whoever asks has checked that it may be read, see [`App::read_photo`].
    pub(crate) async fn photo_bytes(
        self: &Arc<Self>,
        case: CaseId,
        photo: Option<Photo>,
        copy: PhotoCopy,
    ) -> Result<(Photo, Bytes), AppError> {
        let photo = photo.ok_or(AppError::NotFound("photo"))?;
        if photo.erased_at.is_some() {
            return Err(Refusal::EvidenceErased.into());
        }
        let kind = match copy {
            PhotoCopy::Original => ObjectKind::Original,
            PhotoCopy::View => ObjectKind::View,
            PhotoCopy::Thumbnail => ObjectKind::Thumbnail,
        };
        match self.parts.objects.read(ObjectKey::new(kind, photo.digest)).await {
            Err(evidence::StoreError::Missing(_)) if copy != PhotoCopy::Original => {
                if photo.is_damaged() {
                    return Err(AppError::NotViewable);
                }
                // Its copies are made by its examination, which may be repeated at any time: the decoder that was not
                // there may be now.
                drop(self.start_examining(WaitingPhoto { id: photo.id, case, digest: photo.digest }));
                let undecoded = photo.examination.as_ref().is_some_and(|found| !found.is_readable());
                Err(if undecoded { AppError::NotViewable } else { AppError::NotReady })
            }
            read => Ok((photo, read?)),
        }
    }

    /// Opens a recording of the case that may be seen. Whoever asks has checked that the case may be read, see
    /// [`App::read_recording`].
    pub(crate) async fn recording_bytes(
        &self,
        case: Case,
        id: RecordingId,
        may_see: impl Fn(&Recording) -> bool,
    ) -> Result<(Recording, OpenObject), AppError> {
        let recording = case.recordings.into_iter().find(|other| other.id == id && may_see(other));
        let recording = recording.ok_or(AppError::NotFound("recording"))?;
        if recording.erased_at.is_some() {
            return Err(Refusal::EvidenceErased.into());
        }
        let object = self.parts.objects.open(ObjectKey::new(ObjectKind::Recording, recording.digest)).await?;
        Ok((recording, object))
    }
}

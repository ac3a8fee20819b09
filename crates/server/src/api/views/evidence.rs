//! Photos, the receipt, and what is still asked for.

use chrono::{DateTime, Utc};
use domain::{
    case::MoveReceipt,
    digest::Digest,
    evidence::{Capture, CaptureSource, Examination, Hint, Photo, Recording, RecordingKind, Slot},
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{WordingView, commitments::committed, place::PositionView};
use crate::api::schemas;

/// What the sender's device told of the capture; nobody checked it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CaptureView {
    /// Camera or album.
    #[schema(schema_with = schemas::capture_source)]
    pub source: CaptureSource,
    /// When, by the device's clock.
    pub at: Option<DateTime<Utc>>,
    /// Where, by the device.
    pub position: Option<PositionView>,
    /// The device's model.
    pub device: Option<String>,
}

impl From<&Capture> for CaptureView {
    fn from(capture: &Capture) -> Self {
        Self {
            source: capture.source,
            at: capture.at,
            position: capture.position.as_ref().map(PositionView::from),
            device: capture.device.as_ref().map(ToString::to_string),
        }
    }
}

/// What to do better, said at once.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct HintView {
    /// What is wrong.
    #[schema(schema_with = schemas::hint)]
    pub code: Hint,
    /// In words for the driver.
    #[serde(flatten)]
    pub text: WordingView,
}

impl From<Hint> for HintView {
    fn from(hint: Hint) -> Self {
        let (zh, en) = hint.words();
        Self { code: hint, text: WordingView { zh: zh.to_owned(), en: en.to_owned() } }
    }
}

/// One photo.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PhotoView {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    #[schema(value_type = Option<String>)]
    pub role: Option<PartyRole>,
    /// What it shows.
    #[schema(schema_with = schemas::slot)]
    pub slot: Slot,
    /// SHA-256 of the original.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// Size of the original in bytes.
    pub bytes: i64,
    /// Media type, decided from the content.
    pub media_type: String,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    /// When the service had it durably.
    pub received_at: DateTime<Utc>,
    /// What was told of the capture.
    pub capture: CaptureView,
    /// The commitment for which it was sent.
    pub commitment: Option<Uuid>,
    /// Whether it is the committed one, or another that was sent for it.
    #[schema(schema_with = schemas::committed)]
    pub committed: Option<&'static str>,
    /// Whether it was examined; its copies are there then, if it can be shown.
    pub examined: bool,
    /// What to do better, if it is not good.
    pub hint: Option<HintView>,
    /// Since when its bytes are gone, their term being over; the hash stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<DateTime<Utc>>,
}

impl From<&Photo> for PhotoView {
    fn from(photo: &Photo) -> Self {
        Self {
            id: photo.id.0,
            role: photo.party,
            slot: photo.slot,
            sha256: photo.digest,
            bytes: photo.bytes,
            media_type: photo.media_type.clone(),
            width: photo.width,
            height: photo.height,
            received_at: photo.received_at,
            capture: (&photo.capture).into(),
            commitment: photo.fulfilment.map(|fulfilment| fulfilment.commitment().0),
            committed: committed(photo.fulfilment),
            examined: photo.examination.is_some(),
            hint: photo.examination.as_ref().and_then(Examination::hint).map(HintView::from),
            erased_at: photo.erased_at,
        }
    }
}

/// One recording.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct RecordingView {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Seen and heard, or only heard.
    #[schema(schema_with = schemas::recording_kind)]
    pub kind: RecordingKind,
    /// What it shows.
    #[schema(schema_with = schemas::slot)]
    pub slot: Slot,
    /// SHA-256 of the bytes.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// Size in bytes.
    pub bytes: i64,
    /// Media type, decided from the content.
    pub media_type: String,
    /// When the service had it durably.
    pub received_at: DateTime<Utc>,
    /// What was told of the capture.
    pub capture: CaptureView,
    /// The commitment for which it was sent.
    pub commitment: Option<Uuid>,
    /// Whether it is the committed one, or another that was sent for it.
    #[schema(schema_with = schemas::committed)]
    pub committed: Option<&'static str>,
    /// Since when its bytes are gone, their term being over; the hash stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<DateTime<Utc>>,
}

impl From<&Recording> for RecordingView {
    fn from(recording: &Recording) -> Self {
        Self {
            id: recording.id.0,
            role: recording.party,
            kind: recording.kind,
            slot: recording.slot,
            sha256: recording.digest,
            bytes: recording.bytes,
            media_type: recording.media_type.clone(),
            received_at: recording.received_at,
            capture: (&recording.capture).into(),
            commitment: recording.fulfilment.map(|fulfilment| fulfilment.commitment().0),
            committed: committed(recording.fulfilment),
            erased_at: recording.erased_at,
        }
    }
}

/// A recording that is part of the case now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StoredRecordingView {
    /// The recording.
    pub recording: RecordingView,
}

/// The receipt "you may move" (撤离凭证).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MoveReceiptView {
    /// When it was given.
    pub at: DateTime<Utc>,
    /// The signed receipt, a compact JWS; check it with the keys of `jwks`.
    pub receipt: String,
}

impl From<&MoveReceipt> for MoveReceiptView {
    fn from(given: &MoveReceipt) -> Self {
        Self { at: given.at, receipt: given.receipt.clone() }
    }
}

/// What the officer still needs.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct EvidenceRequestView {
    /// Who is asked.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Which photos.
    #[schema(schema_with = schemas::slots)]
    pub slots: Vec<Slot>,
    /// Why.
    pub reason: String,
}

/// A photo that is part of the case now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StoredPhotoView {
    /// The photo.
    pub photo: PhotoView,
    /// Mandatory photos that are still missing.
    #[schema(schema_with = schemas::slots)]
    pub missing_photos: Vec<Slot>,
    /// The receipt "you may move", once the scene is preserved.
    pub move_receipt: Option<MoveReceiptView>,
}

//! Photos, the receipt, and what is still asked for.

use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    evidence::{Photo, Slot},
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::schemas;

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
        }
    }
}

/// The receipt "you may move" (撤离凭证).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MoveReceiptView {
    /// When it was given.
    pub at: DateTime<Utc>,
    /// The signed receipt, a compact JWS; check it with the keys of `jwks`.
    pub receipt: String,
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

//! Recordings (录像录音): dash camera clips and spoken statements.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Capture, Fulfilment, Slot};
use crate::{digest::Digest, identifiers::RecordingId, role::PartyRole};

/// Seen and heard, or only heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingKind {
    /// 录像.
    Video,
    /// 录音.
    Audio,
}

/// One recording of a case. The bytes lie in the object store under their digest, exactly as they came; they are
/// never decoded here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Its id.
    pub id: RecordingId,
    /// Whose it is.
    pub party: PartyRole,
    /// Video or audio.
    pub kind: RecordingKind,
    /// What it shows.
    pub slot: Slot,
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// Size in bytes.
    pub bytes: i64,
    /// Media type decided from the content.
    pub media_type: String,
    /// When the service had it durably.
    pub received_at: DateTime<Utc>,
    /// What the sender's device told of its capture.
    #[serde(default)]
    pub capture: Capture,
    /// How it stands to the commitment it was sent for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfilment: Option<Fulfilment>,
    /// Since when its bytes are gone, their term being over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<DateTime<Utc>>,
}

//! Commitments: evidence is fixed by its hash in one small message, and its bytes come later.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Slot;
use crate::{
    digest::Digest,
    geo::Position,
    identifiers::{CommitmentId, Line},
    role::PartyRole,
};

/// Whether it is looked at or listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// 照片.
    Photo,
    /// 录像录音.
    Recording,
}

/// Where the phone took it from, as the phone said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureSource {
    /// The camera, in our page.
    Camera,
    /// The album.
    Album,
    /// It did not say.
    #[default]
    Unknown,
}

/// When, where and with what evidence was captured, as the sender's device told; nobody checked it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capture {
    /// Camera or album.
    pub source: CaptureSource,
    /// When, by the device's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// Where, by the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The device's model, as it names itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Line>,
}

/// What a party fixed before its bytes came: from then on other bytes are known as other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commitment {
    /// Its id; an upload names it.
    pub id: CommitmentId,
    /// Who committed.
    pub party: PartyRole,
    /// Photo or recording.
    pub media: Media,
    /// What it shows.
    pub slot: Slot,
    /// SHA-256 of the bytes to come.
    pub digest: Digest,
    /// How many bytes will come.
    pub bytes: i64,
    /// When, where and with what it was captured.
    pub capture: Capture,
    /// When the service had the commitment durably.
    pub committed_at: DateTime<Utc>,
}

impl Commitment {
    /// Whether this party committed these bytes for this slot.
    pub fn is_for(&self, party: PartyRole, slot: Slot, digest: Digest) -> bool {
        (self.party, self.slot, self.digest) == (party, slot, digest)
    }
}

/// How stored bytes stand to a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "commitment")]
pub enum Fulfilment {
    /// They are the committed ones.
    Kept(CommitmentId),
    /// They were sent for this commitment, but are others: kept as evidence, marked.
    Different(CommitmentId),
}

impl Fulfilment {
    /// The commitment that is meant.
    pub fn commitment(self) -> CommitmentId {
        match self {
            Self::Kept(id) | Self::Different(id) => id,
        }
    }

    /// The commitment, if the bytes are the committed ones.
    pub fn kept(self) -> Option<CommitmentId> {
        match self {
            Self::Kept(id) => Some(id),
            Self::Different(_) => None,
        }
    }
}

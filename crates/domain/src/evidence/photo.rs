//! Photos (照片), and which are still missing.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Capture, Commitment, Examination, Fulfilment, Media, Readability, Slot, Unreadable};
use crate::{digest::Digest, identifiers::PhotoId, role::PartyRole};

/// One photo (照片) of a case. The bytes lie in the object store under their digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// Its id.
    pub id: PhotoId,
    /// Whose it is; `None` for staff on scene.
    pub party: Option<PartyRole>,
    /// What it shows.
    pub slot: Slot,
    /// SHA-256 of the original bytes.
    pub digest: Digest,
    /// Size of the original in bytes.
    pub bytes: i64,
    /// Media type decided from the content.
    pub media_type: String,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    /// When the service had it durably.
    pub received_at: DateTime<Utc>,
    /// What the sender's device told of its capture.
    #[serde(default)]
    pub capture: Capture,
    /// How it stands to the commitment it was sent for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfilment: Option<Fulfilment>,
    /// What the examination of its bytes found, once there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub examination: Option<Examination>,
    /// Since when its bytes are gone, their term being over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<DateTime<Utc>>,
}

impl Photo {
    /// Whether it was looked at and its picture is damaged: it shows nothing to anybody. One that only this service
    /// has no decoder for is as good as any.
    pub fn is_damaged(&self) -> bool {
        let damaged = Readability::Unreadable(Unreadable::Damaged);
        self.examination.as_ref().is_some_and(|found| found.readability == damaged)
    }

    /// Whether a finding says anything new. What could be looked at once stays so, whatever befalls its bytes later.
    pub(crate) fn learns_from(&self, found: &Examination) -> bool {
        match &self.examination {
            Some(known) => known != found && (found.is_readable() || !known.is_readable()),
            None => true,
        }
    }
}

/// The slots of `wanted` in which too few different photos are stored or committed. A damaged photo covers
/// nothing, unless it is the one that was committed.
pub fn missing<'a>(
    wanted: impl IntoIterator<Item = (Slot, usize)>,
    photos: impl IntoIterator<Item = &'a Photo>,
    commitments: impl IntoIterator<Item = &'a Commitment>,
) -> BTreeSet<Slot> {
    let stored = photos.into_iter().filter(|photo| !photo.is_damaged() && photo.erased_at.is_none());
    let committed = commitments.into_iter().filter(|commitment| commitment.media == Media::Photo);
    let present: BTreeSet<(Slot, Digest)> = stored
        .map(|photo| (photo.slot, photo.digest))
        .chain(committed.map(|commitment| (commitment.slot, commitment.digest)))
        .collect();
    let too_few =
        |(slot, least): &(Slot, usize)| present.iter().filter(|(shown, _)| shown == slot).count() < *least;
    wanted.into_iter().filter(too_few).map(|(slot, _)| slot).collect()
}

//! What must be recorded of an accident: photo slots and when the evidence is complete.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{digest::Digest, identifiers::PhotoId, role::PartyRole};

/// What a photo must show (domain brief §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// 侧前方: from in front at an angle, both vehicles, both plates, lane lines.
    FrontOblique,
    /// 侧后方: the same from behind.
    RearOblique,
    /// 碰撞部位: the contact area, still touching if possible.
    Impact,
    /// 车牌: the plate, legible.
    Plate,
    /// 驾驶证.
    DrivingLicence,
    /// 行驶证.
    VehicleLicence,
    /// 交强险 policy or electronic mark.
    Insurance,
    /// Anything else: signs, brake marks, a wide shot.
    Other,
}

impl Slot {
    /// Every slot.
    pub const ALL: [Self; 8] = [
        Self::FrontOblique,
        Self::RearOblique,
        Self::Impact,
        Self::Plate,
        Self::DrivingLicence,
        Self::VehicleLicence,
        Self::Insurance,
        Self::Other,
    ];

    /// The scene photos without which nobody may move (three, as the 12123 app asks; brief §3.1).
    pub const MANDATORY: [Self; 3] = [Self::FrontOblique, Self::RearOblique, Self::Impact];

    /// The name used in the API and in storage.
    pub fn name(self) -> &'static str {
        match self {
            Self::FrontOblique => "front_oblique",
            Self::RearOblique => "rear_oblique",
            Self::Impact => "impact",
            Self::Plate => "plate",
            Self::DrivingLicence => "driving_licence",
            Self::VehicleLicence => "vehicle_licence",
            Self::Insurance => "insurance",
            Self::Other => "other",
        }
    }
}

/// The slots that `photos` leave open, of those without which nobody may move.
pub fn missing<'a>(photos: impl IntoIterator<Item = &'a Photo>) -> BTreeSet<Slot> {
    let present: BTreeSet<Slot> = photos.into_iter().map(|photo| photo.slot).collect();
    Slot::MANDATORY.into_iter().filter(|slot| !present.contains(slot)).collect()
}

/// One photo (照片) of a case. The bytes lie in the object store under their digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

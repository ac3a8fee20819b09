//! Signals for officers: what stands out in the photos of a case, and where the same or a similar photo is found.

mod looks;

use std::collections::BTreeMap;

use domain::{
    case::{Case, Officer},
    evidence::{Accident, Elsewhere, OtherCase, Photo, SIMILAR_BITS, Signals, Slot, signals},
    identifiers::{CaseId, PhotoId},
    role::PartyRole,
};
use evidence::Alike;
use store::Whereabouts;

pub(crate) use self::looks::Looks;
use crate::{context::App, error::AppError};

/// How many similar photos are looked at for each photo.
const MOST_SIMILAR: usize = 32;
/// How many photos with the same bytes are looked at for each case.
const MOST_SAME: u64 = 500;

/// The signals of one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoSignals {
    /// Which photo.
    pub photo: PhotoId,
    /// Whose it is.
    pub party: Option<PartyRole>,
    /// What it shows.
    pub slot: Slot,
    /// Its sources and signals.
    pub signals: Signals,
}

/// The signals of all photos of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseSignals {
    /// Whether all photos of the city were compared; not so for a moment after the start of the process.
    pub compared_with_all: bool,
    /// Photo by photo, in the order of arrival.
    pub photos: Vec<PhotoSignals>,
}

impl App {
    /// What stands out in the photos of a case of the officer's district.
    pub async fn get_signals(&self, by: &Officer, id: CaseId) -> Result<CaseSignals, AppError> {
        let case = self.case_for_officer(id, by).await?;
        let compared_with_all = self.looks.catch_up(&self.parts.store, self.now()).await?;
        let elsewhere = self.elsewhere(&case, by).await?;
        let accident = Accident {
            occurred_at: case.occurred_at,
            reported_at: case.reported_at,
            position: &case.position,
            photos: &case.photos,
            commitments: &case.commitments,
        };
        let nowhere = Elsewhere::default();
        let of = |photo: &Photo| PhotoSignals {
            photo: photo.id,
            party: photo.party,
            slot: photo.slot,
            signals: signals(&accident, photo, elsewhere.get(&photo.id.0).unwrap_or(&nowhere)),
        };
        Ok(CaseSignals { compared_with_all, photos: case.photos.iter().map(of).collect() })
    }

    /// Reads how photos look that were examined since the last time.
    pub async fn keep_looks_current(&self) -> Result<(), AppError> {
        self.looks.catch_up(&self.parts.store, self.now()).await?;
        Ok(())
    }

    /// Where else the photos of a case are found, by photo.
    async fn elsewhere(
        &self,
        case: &Case,
        by: &Officer,
    ) -> Result<BTreeMap<uuid::Uuid, Elsewhere>, AppError> {
        let digests: Vec<_> = case.photos.iter().map(|photo| photo.digest).collect();
        let same = self.parts.store.photos_with_bytes(&digests, case.id, MOST_SAME).await?;
        let alike: Vec<(&Photo, Vec<Alike>)> = case
            .photos
            .iter()
            .map(|photo| (photo, self.looks.near(photo, SIMILAR_BITS, MOST_SIMILAR)))
            .collect();
        let ids: Vec<PhotoId> =
            alike.iter().flat_map(|(_, near)| near.iter().map(|alike| alike.photo)).collect();
        let places = self.parts.store.photos_elsewhere(&ids, case.id).await?;
        let found = alike.into_iter().map(|(photo, near)| {
            let same = same.iter().filter(|other| other.digest == photo.digest);
            let same: BTreeMap<CaseId, OtherCase> =
                same.map(|other| (other.case, as_known_to(by, other))).collect();
            let similar = similar(&near, &places, by, &same);
            let mut same: Vec<OtherCase> = same.into_values().collect();
            same.dedup();
            (photo.id.0, Elsewhere { same, similar })
        });
        Ok(found.collect())
    }
}

/// The cases with a similar photo, the nearest first; without those that have the very same bytes.
fn similar(
    near: &[Alike],
    places: &[Whereabouts],
    by: &Officer,
    same: &BTreeMap<CaseId, OtherCase>,
) -> Vec<(OtherCase, u32)> {
    let mut cases: Vec<CaseId> = Vec::new();
    let mut found = Vec::new();
    for alike in near {
        let Some(place) = places.iter().find(|place| place.photo == alike.photo) else { continue };
        if !same.contains_key(&place.case) && !cases.contains(&place.case) {
            cases.push(place.case);
            found.push((as_known_to(by, place), alike.bits));
        }
    }
    found
}

/// A case of another district is not named: an officer has no business there.
fn as_known_to(officer: &Officer, place: &Whereabouts) -> OtherCase {
    if officer.districts.contains(&place.district) {
        OtherCase::Number(place.number.clone())
    } else {
        OtherCase::AnotherDistrict
    }
}

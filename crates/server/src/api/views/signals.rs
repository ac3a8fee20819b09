//! Signals: what stands out in photos.

use app::{CaseSignals, PhotoSignals};
use chrono::{DateTime, Utc};
use domain::{
    evidence::{DeviceClaim, PlaceClaim, PlaceSource, Signal, Slot, TimeClaim, TimeSource, Weight},
    geo::Coordinates,
    role::PartyRole,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::WordingView;
use crate::api::schemas;

/// What stands out in the photos of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SignalsView {
    /// Whether all photos were compared with; not so for a moment after the service has started.
    pub compared_with_all: bool,
    /// Photo by photo.
    pub photos: Vec<PhotoSignalsView>,
}

/// What stands out in one photo.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PhotoSignalsView {
    /// Which photo.
    pub photo: Uuid,
    /// Whose it is.
    #[schema(value_type = Option<String>)]
    pub role: Option<PartyRole>,
    /// What it shows.
    #[schema(schema_with = schemas::slot)]
    pub slot: Slot,
    /// When it was taken, by each source that says so.
    pub times: Vec<TimeClaimView>,
    /// Where, by each source.
    pub places: Vec<PlaceClaimView>,
    /// With which device, by each source.
    pub devices: Vec<DeviceClaimView>,
    /// What stands out, the most telling first.
    pub signals: Vec<SignalView>,
}

/// One source's time.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TimeClaimView {
    /// Who says so: `phone`, `exif`, `committed`, `received`, `accident` or `report`.
    #[schema(value_type = String)]
    pub source: TimeSource,
    /// When.
    pub at: DateTime<Utc>,
    /// Seconds after the accident as reported; negative before it.
    pub seconds_after_accident: i64,
    /// Seconds after the report; negative before it.
    pub seconds_after_report: i64,
    /// The source names no time zone; Beijing time was assumed.
    pub zone_assumed: bool,
}

/// One source's place.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PlaceClaimView {
    /// Who says so: `phone`, `exif` or `report`.
    #[schema(value_type = String)]
    pub source: PlaceSource,
    /// Degrees north, in WGS-84.
    pub latitude: f64,
    /// Degrees east, in WGS-84.
    pub longitude: f64,
    /// Within how many metres, where the source says so.
    pub accuracy_metres: Option<f64>,
    /// Metres from where the accident was reported.
    pub metres_from_accident: f64,
}

/// One source's device.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DeviceClaimView {
    /// Who says so: `phone` or `exif`.
    #[schema(value_type = String)]
    pub source: PlaceSource,
    /// The device's name.
    pub name: String,
}

/// One signal.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SignalView {
    /// Its code.
    pub code: String,
    /// `look`: look again; `note`: good to know.
    #[schema(value_type = String)]
    pub weight: Weight,
    /// The sentence, with its numbers.
    pub text: WordingView,
    /// The facts it rests on.
    #[schema(value_type = Object)]
    pub facts: Value,
}

impl From<CaseSignals> for SignalsView {
    fn from(found: CaseSignals) -> Self {
        let photos = found.photos.into_iter().map(PhotoSignalsView::from).collect();
        Self { compared_with_all: found.compared_with_all, photos }
    }
}

impl From<PhotoSignals> for PhotoSignalsView {
    fn from(found: PhotoSignals) -> Self {
        let domain::evidence::Signals { sources, signals } = found.signals;
        Self {
            photo: found.photo.0,
            role: found.party,
            slot: found.slot,
            times: sources.times.into_iter().map(TimeClaimView::from).collect(),
            places: sources.places.into_iter().map(PlaceClaimView::from).collect(),
            devices: sources.devices.into_iter().map(DeviceClaimView::from).collect(),
            signals: signals.iter().map(SignalView::from).collect(),
        }
    }
}

impl From<TimeClaim> for TimeClaimView {
    fn from(claim: TimeClaim) -> Self {
        let TimeClaim { source, at, seconds_after_accident, seconds_after_report, zone_assumed } = claim;
        Self { source, at, seconds_after_accident, seconds_after_report, zone_assumed }
    }
}

impl From<PlaceClaim> for PlaceClaimView {
    fn from(claim: PlaceClaim) -> Self {
        let PlaceClaim { source, wgs84, accuracy_metres, metres_from_accident } = claim;
        let Coordinates { latitude, longitude } = wgs84;
        Self { source, latitude, longitude, accuracy_metres, metres_from_accident }
    }
}

impl From<DeviceClaim> for DeviceClaimView {
    fn from(DeviceClaim { source, name }: DeviceClaim) -> Self {
        Self { source, name }
    }
}

impl From<&Signal> for SignalView {
    fn from(signal: &Signal) -> Self {
        let mut facts = serde_json::to_value(signal).unwrap_or_default();
        let code = facts.as_object_mut().and_then(|facts| facts.remove("code"));
        let code = code.and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default();
        Self { code, weight: signal.weight(), text: (&signal.words()).into(), facts }
    }
}

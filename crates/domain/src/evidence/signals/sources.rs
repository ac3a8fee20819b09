//! Who says what of a photo's time, place and device: the sources side by side.

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;

use super::{Accident, Photo};
use crate::{
    evidence::Capture,
    geo::{Coordinates, distance_metres},
};

/// Seconds east of Greenwich of the one time zone of China: what a camera means that names none.
const BEIJING: i32 = 8 * 3600;

/// Who names a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// The sender's device, by its clock, when it captured.
    Phone,
    /// The file itself.
    Exif,
    /// The service, when it had the commitment.
    Committed,
    /// The service, when it had the bytes.
    Received,
    /// The reporting driver: when the accident happened.
    Accident,
    /// The service, when the accident was reported.
    Report,
}

/// Who names a place or a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceSource {
    /// The sender's device.
    Phone,
    /// The file itself.
    Exif,
    /// The report of the accident.
    Report,
}

/// One source's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TimeClaim {
    /// Who says so.
    pub source: TimeSource,
    /// When.
    pub at: DateTime<Utc>,
    /// Seconds after the accident as reported; negative before it.
    pub seconds_after_accident: i64,
    /// Seconds after the report; negative before it.
    pub seconds_after_report: i64,
    /// The source named no time zone; Beijing time was assumed.
    pub zone_assumed: bool,
}

/// One source's place.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PlaceClaim {
    /// Who says so.
    pub source: PlaceSource,
    /// Where, in WGS-84.
    pub wgs84: Coordinates,
    /// Within how many metres, where the source says so.
    pub accuracy_metres: Option<f64>,
    /// Metres from where the accident was reported.
    pub metres_from_accident: f64,
}

/// One source's device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceClaim {
    /// Who says so.
    pub source: PlaceSource,
    /// Its name.
    pub name: String,
}

/// Who says what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sources {
    /// When the service first knew of these bytes: by their hash or by themselves.
    pub first_seen_at: DateTime<Utc>,
    /// Times, in the order of their sources.
    pub times: Vec<TimeClaim>,
    /// Places.
    pub places: Vec<PlaceClaim>,
    /// Devices.
    pub devices: Vec<DeviceClaim>,
}

impl Sources {
    pub(super) fn of(accident: &Accident<'_>, photo: &Photo, capture: &Capture) -> Self {
        let committed_at = accident
            .commitments
            .iter()
            .find(|commitment| photo.fulfilment.is_some_and(|f| f.commitment() == commitment.id))
            .map(|commitment| commitment.committed_at);
        let first_seen_at = accident
            .commitments
            .iter()
            .filter(|commitment| commitment.digest == photo.digest)
            .map(|commitment| commitment.committed_at)
            .fold(photo.received_at, DateTime::min);
        let by_camera = taken_at(photo);
        let times = [
            (TimeSource::Phone, capture.at, false),
            (TimeSource::Exif, by_camera.map(|(at, _)| at), by_camera.is_some_and(|(_, assumed)| assumed)),
            (TimeSource::Committed, committed_at, false),
            (TimeSource::Received, Some(photo.received_at), false),
            (TimeSource::Accident, Some(accident.occurred_at), false),
            (TimeSource::Report, Some(accident.reported_at), false),
        ];
        let times = times.into_iter().filter_map(|(source, at, zone_assumed)| {
            let at = at?;
            Some(TimeClaim {
                source,
                at,
                seconds_after_accident: (at - accident.occurred_at).num_seconds(),
                seconds_after_report: (at - accident.reported_at).num_seconds(),
                zone_assumed,
            })
        });
        Self {
            first_seen_at,
            times: times.collect(),
            places: places(accident, photo, capture),
            devices: devices(photo, capture),
        }
    }

    /// What this source says of the time.
    pub fn time(&self, source: TimeSource) -> Option<&TimeClaim> {
        self.times.iter().find(|claim| claim.source == source)
    }

    /// What this source says of the place.
    pub fn place(&self, source: PlaceSource) -> Option<&PlaceClaim> {
        self.places.iter().find(|claim| claim.source == source)
    }

    /// What this source says of the device.
    pub fn device(&self, source: PlaceSource) -> Option<&str> {
        self.devices.iter().find(|claim| claim.source == source).map(|claim| claim.name.as_str())
    }
}

fn places(accident: &Accident<'_>, photo: &Photo, capture: &Capture) -> Vec<PlaceClaim> {
    let phone = capture.position.map(|position| (position.wgs84, position.accuracy_metres));
    let camera = photo.examination.as_ref().and_then(|found| found.exif.place).map(|place| (place, None));
    let report = (accident.position.wgs84, accident.position.accuracy_metres);
    [(PlaceSource::Phone, phone), (PlaceSource::Exif, camera), (PlaceSource::Report, Some(report))]
        .into_iter()
        .filter_map(|(source, place)| {
            let (wgs84, accuracy_metres) = place?;
            let metres_from_accident = distance_metres(wgs84, accident.position.wgs84);
            Some(PlaceClaim { source, wgs84, accuracy_metres, metres_from_accident })
        })
        .collect()
}

fn devices(photo: &Photo, capture: &Capture) -> Vec<DeviceClaim> {
    let phone = capture.device.as_ref().map(ToString::to_string);
    [(PlaceSource::Phone, phone), (PlaceSource::Exif, camera(photo))]
        .into_iter()
        .filter_map(|(source, name)| Some(DeviceClaim { source, name: name? }))
        .collect()
}

/// The camera as the file names it.
pub(super) fn camera(photo: &Photo) -> Option<String> {
    let model = photo.examination.as_ref()?.exif.model.as_deref()?.trim();
    (!model.is_empty()).then(|| model.to_owned())
}

/// When the file says it was taken, and whether its time zone had to be assumed.
fn taken_at(photo: &Photo) -> Option<(DateTime<Utc>, bool)> {
    let exif = &photo.examination.as_ref()?.exif;
    let assumed = || {
        let local = exif.taken_at_local?.and_local_timezone(FixedOffset::east_opt(BEIJING)?).single()?;
        Some((local.with_timezone(&Utc), true))
    };
    exif.taken_at.map(|at| (at, false)).or_else(assumed)
}

/// Metres without their fraction. Nothing on earth is farther than a number of 32 bits can say.
pub(super) fn whole(metres: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "distances on earth fit, and a cast saturates")]
    let whole = metres.round() as i64;
    whole
}

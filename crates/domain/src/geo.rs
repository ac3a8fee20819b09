//! Where things are. A position always carries its datum; WGS-84 is canonical, the raw value is kept.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// The system a pair of coordinates is measured in (domain brief §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Datum {
    /// GPS; what `wx.getLocation` answers by default.
    #[serde(rename = "wgs84")]
    Wgs84,
    /// The obfuscated datum of Chinese map services (Tencent, AMap).
    #[serde(rename = "gcj02")]
    Gcj02,
    /// Baidu's further obfuscation of GCJ-02.
    #[serde(rename = "bd09")]
    Bd09,
}

impl Datum {
    /// Every datum.
    pub const ALL: [Self; 3] = [Self::Wgs84, Self::Gcj02, Self::Bd09];
}

/// Degrees north and east, in some datum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coordinates {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
}

/// A place on earth: canonical WGS-84 beside what the device reported.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredPosition")]
pub struct Position {
    /// The position in WGS-84.
    pub wgs84: Coordinates,
    /// What was reported, unchanged.
    pub raw: Coordinates,
    /// The datum of [`Self::raw`].
    pub datum: Datum,
    /// Radius in metres within which the device believes itself to be, where it said so.
    pub accuracy_metres: Option<f64>,
}

/// What a [`Position`] is read from: the same fields, unchecked.
#[derive(Deserialize)]
struct StoredPosition {
    wgs84: Coordinates,
    raw: Coordinates,
    datum: Datum,
    accuracy_metres: Option<f64>,
}

/// Positions are personal data and stay out of logs.
impl std::fmt::Debug for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Position(…)")
    }
}

/// A place that is nowhere on earth, or an accuracy that is no distance.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("latitude must lie within ±90 and longitude within ±180 degrees, accuracy must not be negative")]
pub struct NotOnEarth;

/// Semi-major axis of the ellipsoid that GCJ-02 is computed on (Krasovsky), in metres.
const KRASOVSKY_AXIS: f64 = 6_378_245.0;
/// First eccentricity, squared, of that ellipsoid.
const KRASOVSKY_ECCENTRICITY: f64 = 0.006_693_421_622_965_943;
/// Baidu's angular frequency.
const BAIDU_FREQUENCY: f64 = PI * 3000.0 / 180.0;
/// Mean radius of WGS-84 in metres.
const EARTH_RADIUS: f64 = 6_371_008.8;
/// Fixed-point steps at most; each gains about two digits, so eight exhaust an `f64`.
const INVERSE_STEPS: usize = 12;

impl Position {
    /// Places what a device reported: checks it and works out its WGS-84 coordinates.
    pub fn new(raw: Coordinates, datum: Datum, accuracy_metres: Option<f64>) -> Result<Self, NotOnEarth> {
        let sound = accuracy_metres.is_none_or(|metres| metres.is_finite() && metres >= 0.0);
        if !sound || !raw.is_on_earth() {
            return Err(NotOnEarth);
        }
        let wgs84 = match datum {
            Datum::Wgs84 => raw,
            Datum::Gcj02 => gcj02_to_wgs84(raw),
            Datum::Bd09 => gcj02_to_wgs84(bd09_to_gcj02(raw)),
        };
        Ok(Self { wgs84, raw, datum, accuracy_metres })
    }

    /// The coordinates in `datum`; in its own datum exactly those that were reported.
    pub fn to(&self, datum: Datum) -> Coordinates {
        match datum {
            _ if datum == self.datum => self.raw,
            Datum::Wgs84 => self.wgs84,
            Datum::Gcj02 => wgs84_to_gcj02(self.wgs84),
            Datum::Bd09 => gcj02_to_bd09(wgs84_to_gcj02(self.wgs84)),
        }
    }
}

impl TryFrom<StoredPosition> for Position {
    type Error = NotOnEarth;

    fn try_from(stored: StoredPosition) -> Result<Self, NotOnEarth> {
        let StoredPosition { wgs84, raw, datum, accuracy_metres } = stored;
        let checked = Self::new(raw, datum, accuracy_metres)?;
        if wgs84.is_on_earth() { Ok(Self { wgs84, ..checked }) } else { Err(NotOnEarth) }
    }
}

impl Coordinates {
    /// Whether both values are numbers within the globe.
    pub fn is_on_earth(self) -> bool {
        (-90.0..=90.0).contains(&self.latitude) && (-180.0..=180.0).contains(&self.longitude)
    }

    /// Whether the Chinese datums shift this place; outside these bounds they are WGS-84 (domain brief §5).
    fn is_shifted(self) -> bool {
        (72.004..=137.8347).contains(&self.longitude) && (0.8293..=55.8271).contains(&self.latitude)
    }

    fn plus(self, other: Self) -> Self {
        Self { latitude: self.latitude + other.latitude, longitude: self.longitude + other.longitude }
    }

    fn minus(self, other: Self) -> Self {
        Self { latitude: self.latitude - other.latitude, longitude: self.longitude - other.longitude }
    }
}

/// Great-circle distance in metres between two places in the same datum, by the mean radius of WGS-84.
/// Off by at most 0.6 % from the ellipsoid; the choice between two points does not feel it.
pub fn distance_metres(a: Coordinates, b: Coordinates) -> f64 {
    let half_chord = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let h = half_chord(a.latitude, b.latitude)
        + a.latitude.to_radians().cos()
            * b.latitude.to_radians().cos()
            * half_chord(a.longitude, b.longitude);
    2.0 * EARTH_RADIUS * h.clamp(0.0, 1.0).sqrt().asin()
}

/// By how many degrees GCJ-02 moves a WGS-84 place within China.
fn gcj02_offset(place: Coordinates) -> Coordinates {
    let (x, y) = (place.longitude - 105.0, place.latitude - 35.0);
    let waves = |value: f64, amplitudes: [(f64, f64); 4]| {
        amplitudes.iter().map(|(height, length)| height * (value / length * PI).sin()).sum::<f64>() * 2.0
            / 3.0
    };
    let ripple = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + ripple
        + waves(y, [(20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0)]);
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + ripple
        + waves(x, [(20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0)]);
    let latitude = place.latitude.to_radians();
    let magic = 1.0 - KRASOVSKY_ECCENTRICITY * latitude.sin().powi(2);
    let meridian = KRASOVSKY_AXIS * (1.0 - KRASOVSKY_ECCENTRICITY) / (magic * magic.sqrt());
    let parallel = KRASOVSKY_AXIS / magic.sqrt() * latitude.cos();
    Coordinates { latitude: (north / meridian).to_degrees(), longitude: (east / parallel).to_degrees() }
}

fn wgs84_to_gcj02(place: Coordinates) -> Coordinates {
    if place.is_shifted() { place.plus(gcj02_offset(place)) } else { place }
}

/// The shift has no closed inverse: subtract the offset at the last guess until nothing changes.
fn gcj02_to_wgs84(shifted: Coordinates) -> Coordinates {
    if !shifted.is_shifted() {
        return shifted;
    }
    (0..INVERSE_STEPS).fold(shifted, |guess, _| shifted.minus(gcj02_offset(guess)))
}

/// By how many degrees BD-09 moves a GCJ-02 place.
fn bd09_offset(place: Coordinates) -> Coordinates {
    let (x, y) = (place.longitude, place.latitude);
    let radius = x.hypot(y) + 0.000_02 * (y * BAIDU_FREQUENCY).sin();
    let angle = y.atan2(x) + 0.000_003 * (x * BAIDU_FREQUENCY).cos();
    Coordinates { latitude: radius * angle.sin() + 0.006, longitude: radius * angle.cos() + 0.0065 }
        .minus(place)
}

fn gcj02_to_bd09(place: Coordinates) -> Coordinates {
    if place.is_shifted() { place.plus(bd09_offset(place)) } else { place }
}

fn bd09_to_gcj02(shifted: Coordinates) -> Coordinates {
    if !shifted.is_shifted() {
        return shifted;
    }
    (0..INVERSE_STEPS).fold(shifted, |guess, _| shifted.minus(bd09_offset(guess)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(latitude: f64, longitude: f64) -> Coordinates {
        Coordinates { latitude, longitude }
    }

    fn position(place: Coordinates, datum: Datum) -> Position {
        Position::new(place, datum, None).unwrap()
    }

    #[track_caller]
    fn close(found: Coordinates, expected: Coordinates, degrees: f64) {
        let apart = found.minus(expected);
        assert!(
            apart.latitude.abs() <= degrees && apart.longitude.abs() <= degrees,
            "{found:?} != {expected:?}"
        );
    }

    #[test]
    fn published_vectors_convert() {
        let beijing = position(at(39.90105, 116.42079), Datum::Wgs84);
        close(beijing.to(Datum::Gcj02), at(39.90245, 116.42702), 6e-6);
        let zhangdian = position(at(36.8140, 118.0420), Datum::Wgs84);
        close(zhangdian.to(Datum::Gcj02), at(36.8144972, 118.0480534), 6e-8);
        close(zhangdian.to(Datum::Bd09), at(36.8204554, 118.0545461), 6e-8);
        let boshan = position(at(36.50, 117.86), Datum::Wgs84);
        close(boshan.to(Datum::Gcj02), at(36.5000374, 117.8657732), 6e-8);
    }

    #[test]
    fn the_city_list_point_lies_where_the_brief_computed_it() {
        close(position(at(36.814939, 118.047648), Datum::Gcj02).wgs84, at(36.81444, 118.04160), 6e-6);
    }

    #[test]
    fn outside_china_all_datums_agree() {
        let berlin = at(52.52, 13.405);
        for datum in [Datum::Wgs84, Datum::Gcj02, Datum::Bd09] {
            assert_eq!(position(berlin, datum).wgs84, berlin);
            assert_eq!(position(berlin, Datum::Wgs84).to(datum), berlin);
        }
    }

    #[test]
    fn what_is_not_on_earth_is_refused() {
        for place in [at(90.1, 0.0), at(0.0, -180.1), at(f64::NAN, 0.0), at(0.0, f64::INFINITY)] {
            assert_eq!(Position::new(place, Datum::Wgs84, None), Err(NotOnEarth));
        }
        for accuracy in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Position::new(at(36.8, 118.0), Datum::Wgs84, Some(accuracy)), Err(NotOnEarth));
        }
        let stored = r#"{"wgs84":{"latitude":99,"longitude":1},"raw":{"latitude":36,"longitude":118},
            "datum":"gcj02","accuracy_metres":null}"#;
        assert!(serde_json::from_str::<Position>(stored).is_err());
    }

    #[test]
    fn distances_are_those_of_the_globe() {
        let degree = distance_metres(at(36.0, 118.0), at(37.0, 118.0));
        assert!((degree - 111_195.08).abs() < 0.1, "{degree}");
        assert!((distance_metres(at(0.0, 0.0), at(0.0, 180.0)) - PI * EARTH_RADIUS).abs() < 1e-3);
        let drift = distance_metres(at(36.8140, 118.0420), at(36.8144972, 118.0480534));
        assert!((485.0..=555.0).contains(&drift), "{drift}");
    }

    proptest! {
        #[test]
        fn every_datum_leads_back_to_the_same_place(latitude in 35.9..37.3, longitude in 117.5..118.5) {
            let origin = position(at(latitude, longitude), Datum::Wgs84);
            for datum in [Datum::Gcj02, Datum::Bd09] {
                let back = position(origin.to(datum), datum);
                prop_assert!(distance_metres(back.wgs84, origin.wgs84) < 1e-5);
                close(back.to(datum), origin.to(datum), 0.0);
            }
        }

        #[test]
        fn distance_is_symmetric_and_zero_only_at_home(a in (35.9..37.3, 117.5..118.5), b in (35.9..37.3, 117.5..118.5)) {
            let (a, b) = (at(a.0, a.1), at(b.0, b.1));
            prop_assert_eq!(distance_metres(a, b), distance_metres(b, a));
            prop_assert_eq!(distance_metres(a, a), 0.0);
        }
    }
}

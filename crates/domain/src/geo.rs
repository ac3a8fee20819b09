//! Where things are. A position always carries its datum; WGS-84 is canonical, the raw value is kept.

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

/// Positions are personal data and stay out of logs.
impl std::fmt::Debug for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Position(…)")
    }
}

/// Coordinates that lie nowhere on earth.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("latitude must lie within ±90 and longitude within ±180 degrees")]
pub struct NotOnEarth;

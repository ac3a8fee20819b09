//! Places.

use domain::geo::{Coordinates, Position};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::schemas;

/// A place in WGS-84, and as it was reported.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PositionView {
    /// Degrees north, WGS-84.
    pub latitude: f64,
    /// Degrees east, WGS-84.
    pub longitude: f64,
    /// What was reported.
    pub reported: ReportedView,
}

/// A place as it was reported.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReportedView {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// In this datum.
    #[schema(schema_with = schemas::datum)]
    pub datum: domain::geo::Datum,
    /// Accuracy in metres.
    pub accuracy_metres: Option<f64>,
}

impl From<&Position> for PositionView {
    fn from(position: &Position) -> Self {
        let Coordinates { latitude, longitude } = position.wgs84;
        let reported = ReportedView {
            latitude: position.raw.latitude,
            longitude: position.raw.longitude,
            datum: position.datum,
            accuracy_metres: position.accuracy_metres,
        };
        Self { latitude, longitude, reported }
    }
}

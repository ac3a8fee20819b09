//! Points, units and their tasks.

use app::NearPoint;
use chrono::{DateTime, Utc};
use domain::dispatch::{Dispatch, DispatchState};
use serde::Serialize;
use store::PointRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::place::PositionView;

/// One task of a unit.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DispatchView {
    /// Its id.
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// The unit.
    pub unit_id: Uuid,
    /// `offered`, `accepted`, `declined`, `arrived`, `completed` or `cancelled`.
    pub state: &'static str,
    /// Distance when it was asked, in metres.
    pub metres: i64,
    /// When it was asked.
    pub offered_at: DateTime<Utc>,
    /// When it came to this state.
    pub since: DateTime<Utc>,
}

impl From<&Dispatch> for DispatchView {
    fn from(dispatch: &Dispatch) -> Self {
        let since = match &dispatch.state {
            DispatchState::Offered => dispatch.offered_at,
            DispatchState::Accepted { at }
            | DispatchState::Declined { at, .. }
            | DispatchState::Arrived { at }
            | DispatchState::Completed { at }
            | DispatchState::Cancelled { at, .. } => *at,
        };
        Self {
            id: dispatch.id.0,
            case_id: dispatch.case.0,
            unit_id: dispatch.unit.0,
            state: dispatch.state.name(),
            metres: dispatch.metres,
            offered_at: dispatch.offered_at,
            since,
        }
    }
}

/// A quick-handling point (快处点).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PointView {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its district.
    pub district: String,
    /// Where, in words.
    pub address: String,
    /// Where.
    pub position: PositionView,
    /// Opening time, hh:mm in Chinese time.
    pub opens: String,
    /// Closing time, hh:mm in Chinese time.
    pub closes: String,
}

impl From<&PointRow> for PointView {
    fn from(point: &PointRow) -> Self {
        Self {
            id: point.id.0,
            name: point.name.clone(),
            district: point.district.to_string(),
            address: point.address.clone(),
            position: (&point.position).into(),
            opens: point.opens.clone(),
            closes: point.closes.clone(),
        }
    }
}

/// A point and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct NearPointView {
    /// The point.
    pub point: PointView,
    /// Great-circle distance in metres.
    pub metres: f64,
    /// Units on duty and free.
    pub free_units: usize,
}

impl From<&NearPoint> for NearPointView {
    fn from(near: &NearPoint) -> Self {
        Self { point: (&near.point).into(), metres: near.metres.round(), free_units: near.free_units }
    }
}

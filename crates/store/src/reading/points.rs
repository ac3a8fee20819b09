//! Districts, quick-handling points, units and their tasks.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::{
    dispatch::{Dispatch, Unit},
    geo::{Coordinates, Position},
    identifiers::{AccountId, CaseId, DispatchId, DistrictCode, InsurerCode, PointId, UnitId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    error::StoreError,
    rows::{conversions, dispatch, district, insurer, point, unit},
    store::Store,
};

/// A district and where its seat is (WGS-84).
#[derive(Debug, Clone, PartialEq)]
pub struct DistrictRow {
    /// Region code.
    pub code: DistrictCode,
    /// Its name.
    pub name: String,
    /// Its seat, in WGS-84.
    pub seat: Coordinates,
}

/// A quick-handling point (快处点).
#[derive(Debug, Clone, PartialEq)]
pub struct PointRow {
    /// Its id.
    pub id: PointId,
    /// Its name.
    pub name: String,
    /// Its district.
    pub district: DistrictCode,
    /// Where, in words.
    pub address: String,
    /// Where.
    pub position: Position,
    /// Opening time, hh:mm in Chinese time.
    pub opens: String,
    /// Closing time, hh:mm in Chinese time.
    pub closes: String,
}

/// An insurer that can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsurerRow {
    /// Industry code.
    pub code: InsurerCode,
    /// Its name.
    pub name: String,
    /// Its hotline.
    pub hotline: String,
}

impl Store {
    /// All districts.
    pub async fn districts(&self) -> Result<Vec<DistrictRow>, StoreError> {
        let rows =
            district::Entity::find().order_by_asc(district::Column::Code).all(&self.connections.read).await?;
        rows.into_iter()
            .map(|row| {
                Ok(DistrictRow {
                    code: conversions::parse(&row.code, "district", "code")?,
                    name: row.name,
                    seat: conversions::from_json(&row.seat, "district", "seat")?,
                })
            })
            .collect()
    }

    /// All insurers.
    pub async fn insurers(&self) -> Result<Vec<InsurerRow>, StoreError> {
        let rows =
            insurer::Entity::find().order_by_asc(insurer::Column::Code).all(&self.connections.read).await?;
        rows.into_iter()
            .map(|row| {
                let code = conversions::parse(&row.code, "insurer", "code")?;
                Ok(InsurerRow { code, name: row.name, hotline: row.hotline })
            })
            .collect()
    }

    /// All points.
    pub async fn points(&self) -> Result<Vec<PointRow>, StoreError> {
        let rows =
            point::Entity::find().order_by_asc(point::Column::Name).all(&self.connections.read).await?;
        rows.into_iter()
            .map(|row| {
                Ok(PointRow {
                    id: PointId(row.id),
                    name: row.name,
                    district: conversions::parse(&row.district, "point", "district")?,
                    address: row.address,
                    position: conversions::from_json(&row.position, "point", "position")?,
                    opens: row.opens,
                    closes: row.closes,
                })
            })
            .collect()
    }

    /// All units, with the position of their point and whether they have a task.
    pub async fn units(&self) -> Result<Vec<Unit>, StoreError> {
        let rows = unit::Entity::find().all(&self.connections.read).await?;
        let points = point::Entity::find().all(&self.connections.read).await?;
        let points: HashMap<uuid::Uuid, point::Model> =
            points.into_iter().map(|point| (point.id, point)).collect();
        let open = dispatch::Entity::find()
            .filter(dispatch::Column::State.is_in(["offered", "accepted", "arrived"]))
            .all(&self.connections.read)
            .await?;
        let busy: HashSet<uuid::Uuid> = open.into_iter().map(|row| row.unit_id).collect();
        rows.into_iter()
            .map(|unit| match points.get(&unit.point_id) {
                Some(point) => unit_from(unit, point, &busy),
                None => Err(StoreError::Corrupt { table: "unit", column: "point_id" }),
            })
            .collect()
    }

    /// The unit that this account drives.
    pub async fn unit_of(&self, account: AccountId) -> Result<Option<UnitId>, StoreError> {
        let row = self.only(unit::Entity::find().filter(unit::Column::AccountId.eq(account.0))).await?;
        Ok(row.map(|row| UnitId(row.id)))
    }

    /// A task, if it was given to this unit.
    pub async fn dispatch_of_unit(
        &self,
        id: DispatchId,
        unit: UnitId,
    ) -> Result<Option<Dispatch>, StoreError> {
        let own = dispatch::Entity::find_by_id(id.0).filter(dispatch::Column::UnitId.eq(unit.0));
        self.only(own).await?.map(Dispatch::try_from).transpose()
    }

    /// A task, for an officer whose district the caller checks.
    pub async fn dispatch_for_staff(&self, id: DispatchId) -> Result<Option<Dispatch>, StoreError> {
        let row = self.only(dispatch::Entity::find_by_id(id.0)).await?;
        row.map(Dispatch::try_from).transpose()
    }

    /// The tasks of a case that the caller may see, oldest first.
    pub async fn dispatches_of_case(&self, case: CaseId) -> Result<Vec<Dispatch>, StoreError> {
        let rows = dispatch::Entity::find()
            .filter(dispatch::Column::CaseId.eq(case.0))
            .order_by_asc(dispatch::Column::OfferedAt)
            .all(&self.connections.read)
            .await?;
        rows.into_iter().map(Dispatch::try_from).collect()
    }

    /// The open tasks of a unit.
    pub async fn open_dispatches_of_unit(&self, unit: UnitId) -> Result<Vec<Dispatch>, StoreError> {
        let rows = dispatch::Entity::find()
            .filter(dispatch::Column::UnitId.eq(unit.0))
            .filter(dispatch::Column::State.is_in(["offered", "accepted", "arrived"]))
            .all(&self.connections.read)
            .await?;
        rows.into_iter().map(Dispatch::try_from).collect()
    }
}

fn unit_from(row: unit::Model, point: &point::Model, busy: &HashSet<uuid::Uuid>) -> Result<Unit, StoreError> {
    let reported: Option<Position> =
        row.reported.as_deref().map(|text| conversions::from_json(text, "unit", "reported")).transpose()?;
    let reported: Option<(Position, DateTime<Utc>)> = reported.zip(row.reported_at);
    Ok(Unit {
        id: UnitId(row.id),
        account: AccountId(row.account_id),
        point: PointId(row.point_id),
        point_position: conversions::from_json(&point.position, "point", "position")?,
        reported,
        on_duty: row.on_duty,
        busy: busy.contains(&row.id),
    })
}

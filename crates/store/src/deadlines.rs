//! Cases that the clock has to look at.

use chrono::{DateTime, Utc};
use domain::identifiers::CaseId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::{error::StoreError, rows::accident_case, store::Store};

/// The stages that wait for a party or a unit; whether one has a deadline, the case itself knows.
const WAITING_FOR_SOMEBODY: [&str; 5] =
    ["collecting", "evidence_requested", "agreeing", "decided", "on_scene"];

impl Store {
    /// Cases behind `after` whose deadline has passed, by id, at most `most`.
    pub async fn cases_due(
        &self,
        now: DateTime<Utc>,
        after: Option<CaseId>,
        most: u64,
    ) -> Result<Vec<CaseId>, StoreError> {
        let due = accident_case::Entity::find().filter(accident_case::Column::DueAt.lte(now));
        self.some_cases(due, after, most).await
    }

    /// Cases behind `after` that wait for somebody and have no deadline, by id, at most `most`: they were saved
    /// before there were deadlines.
    pub async fn cases_without_deadline(
        &self,
        after: Option<CaseId>,
        most: u64,
    ) -> Result<Vec<CaseId>, StoreError> {
        let without = accident_case::Entity::find()
            .filter(accident_case::Column::Stage.is_in(WAITING_FOR_SOMEBODY))
            .filter(accident_case::Column::DueAt.is_null());
        self.some_cases(without, after, most).await
    }

    async fn some_cases(
        &self,
        cases: Select<accident_case::Entity>,
        after: Option<CaseId>,
        most: u64,
    ) -> Result<Vec<CaseId>, StoreError> {
        let behind = match after {
            Some(CaseId(after)) => cases.filter(accident_case::Column::Id.gt(after)),
            None => cases,
        };
        let found: Vec<Uuid> = behind
            .select_only()
            .column(accident_case::Column::Id)
            .order_by_asc(accident_case::Column::Id)
            .limit(most)
            .into_tuple()
            .all(&self.connections.read)
            .await?;
        Ok(found.into_iter().map(CaseId).collect())
    }
}

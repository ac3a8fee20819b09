//! Cases of a time, page by page, for those who only look.

use chrono::{DateTime, Utc};
use domain::{case::Case, identifiers::CaseId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{error::StoreError, rows::accident_case, store::Store};

/// How many cases are held in memory.
const PAGE: u64 = 100;

/// When cases were reported: from the first time on, and before the second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// The first moment; none for all before `until`.
    pub since: Option<DateTime<Utc>>,
    /// The first moment that no more belongs to it; none for all from `since`.
    pub until: Option<DateTime<Utc>>,
}

impl Store {
    /// The next cases of a span, in the order of their ids, after one; a case that cannot be read is told by its id.
    pub async fn cases_after(
        &self,
        after: Option<CaseId>,
        span: Span,
    ) -> Result<Vec<(CaseId, Result<Case, StoreError>)>, StoreError> {
        use accident_case::Column;
        let mut query = accident_case::Entity::find().order_by_asc(Column::Id).limit(PAGE);
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after.0));
        }
        if let Some(since) = span.since {
            query = query.filter(Column::ReportedAt.gte(since));
        }
        if let Some(until) = span.until {
            query = query.filter(Column::ReportedAt.lt(until));
        }
        let rows = query.all(&self.connections.read).await?;
        Ok(rows.into_iter().map(|row| (CaseId(row.id), Case::try_from(row))).collect())
    }
}

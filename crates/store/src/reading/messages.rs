//! The outgoing queue: taking what is due, and how much waits.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    identifiers::{CaseId, MessageId},
    message::Content,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait as _, LockBehavior, LockType},
};

use crate::{
    error::StoreError,
    rows::{conversions, message},
    store::Store,
};

/// A message leased to this process until its lease ends; its fence proves it.
#[derive(Debug, Clone)]
pub struct DueMessage {
    /// Its id, the same at every try.
    pub id: MessageId,
    /// The case.
    pub case: CaseId,
    /// What is to be sent.
    pub content: Content,
    /// How many tries there were, this one included.
    pub tries: u32,
    pub(crate) fence: i32,
}

/// How much waits to be sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that wait, due or not.
    pub waiting: u64,
    /// Messages that a person must look at.
    pub parked: u64,
    /// When the oldest waiting one was written.
    pub oldest: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct Oldest {
    created_at: DateTime<Utc>,
}

/// A literal, not a parameter: only so do both databases see that the index of waiting messages serves.
fn waits() -> Expr {
    Expr::cust("state = 'waiting'")
}

impl Store {
    /// Leases up to `most` due messages for `lease`. Two processes never get the same one.
    pub async fn lease_messages(
        &self,
        now: DateTime<Utc>,
        lease: TimeDelta,
        most: u64,
    ) -> Result<Vec<DueMessage>, StoreError> {
        use message::Column;
        let due = message::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(waits())
            .filter(Column::Due.lte(now))
            .filter(Condition::any().add(Column::LeasedUntil.is_null()).add(Column::LeasedUntil.lte(now)))
            .order_by_asc(Column::Due)
            .limit(most)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .into_query();
        let rows = message::Entity::update_many()
            .col_expr(Column::LeasedUntil, Expr::value(now + lease))
            .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
            .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
            .filter(Column::Id.in_subquery(due))
            .exec_with_returning(&self.connections.write)
            .await?;
        let mut messages = Vec::new();
        for row in rows {
            match conversions::from_json(&row.content, "message", "content") {
                Ok(content) => messages.push(DueMessage {
                    id: MessageId(row.id),
                    case: CaseId(row.case_id),
                    content,
                    tries: u32::try_from(row.tries).unwrap_or(u32::MAX),
                    fence: row.fence,
                }),
                // One that nobody can read must not keep the others: a person has to look at it.
                Err(_) => self.park_unreadable(row.id, now).await?,
            }
        }
        Ok(messages)
    }

    async fn park_unreadable(&self, id: uuid::Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
        use message::Column;
        message::Entity::update_many()
            .col_expr(Column::State, Expr::value("parked"))
            .col_expr(Column::FinishedAt, Expr::value(now))
            .col_expr(Column::LastError, Expr::value("the content cannot be read by this version"))
            .filter(Column::Id.eq(id))
            .exec(&self.connections.write)
            .await?;
        Ok(())
    }

    /// Puts every parked message back into the queue, to be tried now; gives their number.
    pub async fn retry_parked(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        use message::Column;
        let retried = message::Entity::update_many()
            .col_expr(Column::State, Expr::value("waiting"))
            .col_expr(Column::Due, Expr::value(now))
            .col_expr(Column::LeasedUntil, Expr::value(Option::<DateTime<Utc>>::None))
            .col_expr(Column::FinishedAt, Expr::value(Option::<DateTime<Utc>>::None))
            .filter(Column::State.eq("parked"))
            .exec(&self.connections.write)
            .await?;
        Ok(retried.rows_affected)
    }

    /// Whether any message could be leased now; asked before leasing, which needs the writer.
    pub async fn has_due_message(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        use message::Column;
        let row = message::Entity::find()
            .filter(waits())
            .filter(Column::Due.lte(now))
            .filter(Condition::any().add(Column::LeasedUntil.is_null()).add(Column::LeasedUntil.lte(now)))
            .one(&self.connections.read)
            .await?;
        Ok(row.is_some())
    }

    /// How much waits.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        use message::Column;
        let db = &self.connections.read;
        let waiting = message::Entity::find().filter(waits()).count(db).await?;
        let parked = message::Entity::find().filter(Expr::cust("state = 'parked'")).count(db).await?;
        let oldest = message::Entity::find()
            .filter(waits())
            .order_by_asc(Column::CreatedAt)
            .into_model::<Oldest>()
            .one(db)
            .await?;
        Ok(Backlog { waiting, parked, oldest: oldest.map(|row| row.created_at) })
    }
}

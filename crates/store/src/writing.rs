//! The writer: takes waiting works, commits several in one transaction, answers each after its commit.
//!
//! On SQLite there is one writer, so that nobody waits for a lock and one fsync serves all who wait. On
//! PostgreSQL a few writers share the queue, and rows of many works go out in one statement. When a group
//! fails, each of its works is tried alone, so that one refused work never harms another.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{identity::Ladder, message::Attempt};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnAcquireErr, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait, Iterable, QueryFilter, QuerySelect, SqliteTransactionMode, TransactionOptions,
    TransactionTrait, UpdateResult, sea_query::OnConflict, sqlx::Error,
};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::{
    chores,
    error::StoreError,
    inserting, log, retention,
    rows::{
        accident_case, account, claim, dispatch, district, evidence_item, insurer, message, point,
        refresh_token, session, sign_in_ladder, unit,
    },
    self_control, signing, texts, uploads,
    work::{MessageOutcome, Update, Work},
};

/// How many works share a transaction at most.
const GROUP: usize = 32;

/// A work and who waits for it.
pub(crate) struct Waiting {
    pub(crate) work: Work,
    pub(crate) answer: oneshot::Sender<Result<(), StoreError>>,
}

/// Starts `writers` tasks; they end when the sender is dropped.
pub(crate) fn start(db: &DatabaseConnection, writers: usize) -> mpsc::Sender<Waiting> {
    let (sender, receiver) = mpsc::channel(1024);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..writers {
        tokio::spawn(write_forever(db.clone(), Arc::clone(&receiver)));
    }
    sender
}

async fn write_forever(db: DatabaseConnection, queue: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    loop {
        let mut group = Vec::new();
        if queue.lock().await.recv_many(&mut group, GROUP).await == 0 {
            return;
        }
        // Whoever stopped waiting has been told 503 and will ask again with the same key.
        group.retain(|waiting| !waiting.answer.is_closed());
        write_group(&db, group).await;
    }
}

async fn write_group(db: &DatabaseConnection, group: Vec<Waiting>) {
    if let [_, _, ..] = group.as_slice() {
        match commit(db, &group).await {
            Ok(()) => group.into_iter().for_each(|waiting| drop(waiting.answer.send(Ok(())))),
            Err(Failed { after_commit: true, error }) => {
                let cause = error.to_string();
                for waiting in group {
                    drop(waiting.answer.send(Err(StoreError::Unavailable(cause.clone()))));
                }
            }
            Err(Failed { after_commit: false, .. }) => {
                // Nobody waits for ever behind a work that hangs: see the patience of `Store::commit`.
                for waiting in group.into_iter().filter(|waiting| !waiting.answer.is_closed()) {
                    write_alone(db, waiting).await;
                }
            }
        }
    } else {
        for waiting in group {
            write_alone(db, waiting).await;
        }
    }
}

async fn write_alone(db: &DatabaseConnection, waiting: Waiting) {
    let outcome = commit(db, std::slice::from_ref(&waiting)).await.map_err(|failed| match failed {
        Failed { after_commit: true, error } => StoreError::Unavailable(error.to_string()),
        Failed { after_commit: false, error } => error,
    });
    drop(waiting.answer.send(outcome));
}

/// A transaction that did not come to its end. After COMMIT was sent nobody knows whether it holds, so it
/// must not be tried again here: the caller's idempotency key settles it.
struct Failed {
    after_commit: bool,
    error: StoreError,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self { after_commit: false, error }
    }
}

/// Begins a transaction; waits on for a connection while anybody waits for the outcome: without one nothing has
/// been tried, and a server that is only slow to connect is no reason to send everybody away.
async fn begin(db: &DatabaseConnection, group: &[Waiting]) -> Result<DatabaseTransaction, StoreError> {
    loop {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        match db.begin_with_options(options).await {
            Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
                if group.iter().any(|waiting| !waiting.answer.is_closed()) => {}
            outcome => return outcome.map_err(StoreError::from),
        }
    }
}

async fn commit(db: &DatabaseConnection, group: &[Waiting]) -> Result<(), Failed> {
    let transaction = begin(db, group).await?;
    let works: Vec<&Work> = group.iter().map(|waiting| &waiting.work).collect();
    if let Err(error) = write_all(&transaction, &works).await {
        if transaction.rollback().await.is_err() {
            start_afresh(db).await;
        }
        return Err(error.into());
    }
    if let Err(error) = transaction.commit().await {
        start_afresh(db).await;
        return Err(Failed { after_commit: true, error: error.into() });
    }
    Ok(())
}

/// Gives up the connection of a transaction whose end failed. On a full disk SQLite ends the transaction by
/// itself; the connection then counts one that is not there, takes later ones for parts of it, and reports their
/// ends as commits without one. PostgreSQL's connections count rightly, and those that broke are gone.
async fn start_afresh(db: &DatabaseConnection) {
    if db.get_database_backend() != DbBackend::Sqlite {
        return;
    }
    // There is one connection; whoever has it now gives it back soon.
    while let Err(Error::PoolTimedOut) = close_one(db).await {
        tracing::warn!("the connection of a failed commit is still in use");
    }
}

async fn close_one(db: &DatabaseConnection) -> Result<(), Error> {
    // An error of closing is one of a connection that is gone anyway.
    let closed = db.get_sqlite_connection_pool().acquire().await?.close().await;
    if let Err(error) = closed {
        tracing::warn!(%error, "a connection did not close well");
    }
    Ok(())
}

async fn write_all(transaction: &DatabaseTransaction, works: &[&Work]) -> Result<(), StoreError> {
    inserting::all_but_tasks(transaction, works).await?;
    for work in works {
        for update in &work.updates {
            apply(transaction, update).await?;
        }
    }
    // Last: a case has one open task, so the declined one must be closed before the next is there.
    inserting::tasks(transaction, works).await
}

async fn apply(db: &DatabaseTransaction, update: &Update) -> Result<(), StoreError> {
    let (what, touched) = match update {
        Update::Case { row, expected } => (
            "case",
            accident_case::Entity::update_many()
                .set(row.clone())
                .filter(accident_case::Column::Id.eq(key(&row.id)?))
                .filter(accident_case::Column::Version.eq(*expected))
                .exec(db)
                .await?,
        ),
        Update::Claim { row, expected } => (
            "claim",
            claim::Entity::update_many()
                .set(row.clone())
                .filter(claim::Column::Id.eq(key(&row.id)?))
                .filter(claim::Column::Version.eq(*expected))
                .exec(db)
                .await?,
        ),
        Update::Dispatch { row, expected } => (
            "dispatch",
            dispatch::Entity::update_many()
                .set(row.clone())
                .filter(dispatch::Column::Id.eq(key(&row.id)?))
                .filter(dispatch::Column::Version.eq(*expected))
                .exec(db)
                .await?,
        ),
        Update::UseRefreshToken { hash, at } => (
            "refresh token",
            refresh_token::Entity::update_many()
                .set(refresh_token::ActiveModel { used_at: sea_orm::Set(Some(*at)), ..Default::default() })
                .filter(refresh_token::Column::Hash.eq(hash))
                .filter(refresh_token::Column::UsedAt.is_null())
                .exec(db)
                .await?,
        ),
        Update::RevokeSession { id, at } => {
            session::Entity::update_many()
                .set(session::ActiveModel { revoked_at: sea_orm::Set(Some(*at)), ..Default::default() })
                .filter(session::Column::Id.eq(id.0))
                .filter(session::Column::RevokedAt.is_null())
                .exec(db)
                .await?;
            return Ok(());
        }
        Update::FailLadder { subject, now } => return fail_ladder(db, subject, *now).await,
        Update::ClearLadder { subject } => {
            sign_in_ladder::Entity::delete_by_id(subject.clone()).exec(db).await?;
            return Ok(());
        }
        Update::TotpStep { account: id, step } => (
            "one-time code",
            account::Entity::update_many()
                .set(account::ActiveModel { totp_last_step: sea_orm::Set(*step), ..Default::default() })
                .filter(account::Column::Id.eq(id.0))
                .filter(account::Column::TotpLastStep.lt(*step))
                .exec(db)
                .await?,
        ),
        Update::AccountActive { account: id, active } => (
            "account",
            account::Entity::update_many()
                .set(account::ActiveModel { active: sea_orm::Set(*active), ..Default::default() })
                .filter(account::Column::Id.eq(id.0))
                .exec(db)
                .await?,
        ),
        Update::UnitPosition(row) => (
            "unit",
            unit::Entity::update_many()
                .set(row.clone())
                .filter(unit::Column::Id.eq(key(&row.id)?))
                .exec(db)
                .await?,
        ),
        Update::Examined { id, perceptual, at } => (
            "evidence",
            evidence_item::Entity::update_many()
                .set(evidence_item::ActiveModel {
                    perceptual: sea_orm::Set(*perceptual),
                    examined_at: sea_orm::Set(Some(*at)),
                    ..Default::default()
                })
                .filter(evidence_item::Column::Id.eq(*id))
                .exec(db)
                .await?,
        ),
        Update::Upload(change) => return uploads::change(db, change).await,
        Update::Retention(change) => return retention::change(db, change).await,
        Update::Chore(change) => return chores::change(db, change).await,
        Update::TextSent(row) => return texts::change(db, row).await,
        Update::SelfControl(change) => return self_control::change(db, change).await,
        Update::Signing(change) => return signing::change(db, change).await,
        Update::District(row) => return replace(db, row.clone(), [district::Column::Code]).await,
        Update::Insurer(row) => return replace(db, row.clone(), [insurer::Column::Code]).await,
        Update::Point(row) => return replace(db, row.clone(), [point::Column::Id]).await,
        Update::Unit(row) => {
            use unit::Column::{AccountId, Id, PointId};
            // Whether it is on duty and where it is stays as the unit itself said.
            let moved = OnConflict::column(Id).update_columns([AccountId, PointId]).to_owned();
            unit::Entity::insert(row.clone()).on_conflict(moved).exec_without_returning(db).await?;
            return Ok(());
        }
        Update::Log(batch) => return log::write(db, batch).await,
        Update::Message(outcome) => ("message lease", finish_message(db, outcome).await?),
    };
    if touched.rows_affected == 1 { Ok(()) } else { Err(StoreError::Stale(what)) }
}

/// Counts a failure on what stands in the row now, not on what the caller read; refused while it waits.
async fn fail_ladder(db: &DatabaseTransaction, subject: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    // A row that is not there cannot be locked: without it the first failures at once would all count as one.
    let nothing = sign_in_ladder::ActiveModel {
        subject: sea_orm::Set(subject.to_owned()),
        failures: sea_orm::Set(0),
        tried_at: sea_orm::Set(now),
        locked_until: sea_orm::Set(None),
    };
    let there = OnConflict::column(sign_in_ladder::Column::Subject).do_nothing().to_owned();
    sign_in_ladder::Entity::insert(nothing).on_conflict(there).exec_without_returning(db).await?;
    let row = sign_in_ladder::Entity::find_by_id(subject).lock_exclusive().one(db).await?;
    let ladder = row.map_or_else(Ladder::default, |row| Ladder {
        failures: row.failures,
        locked_until: row.locked_until,
    });
    if !ladder.admits(now) {
        return Err(StoreError::Stale("sign-in ladder"));
    }
    let ladder = ladder.failed(now);
    let row = sign_in_ladder::ActiveModel {
        subject: sea_orm::Set(subject.to_owned()),
        failures: sea_orm::Set(ladder.failures),
        tried_at: sea_orm::Set(now),
        locked_until: sea_orm::Set(ladder.locked_until),
    };
    replace(db, row, [sign_in_ladder::Column::Subject]).await
}

/// Inserts a row, or replaces the one with the same key.
async fn replace<M, const N: usize>(
    db: &DatabaseTransaction,
    row: M,
    key: [<M::Entity as EntityTrait>::Column; N],
) -> Result<(), StoreError>
where
    M: ActiveModelTrait,
{
    let columns = <<M::Entity as EntityTrait>::Column as Iterable>::iter();
    let replace = OnConflict::columns(key).update_columns(columns).to_owned();
    <M::Entity as EntityTrait>::insert(row).on_conflict(replace).exec_without_returning(db).await?;
    Ok(())
}

async fn finish_message(db: &DatabaseTransaction, outcome: &MessageOutcome) -> Result<UpdateResult, DbErr> {
    let (state, due, finished_at, cause) = match &outcome.attempt {
        Attempt::Delivered => ("delivered", None, Some(outcome.at), None),
        Attempt::Again(at) => ("waiting", Some(*at), None, outcome.cause.clone()),
        Attempt::Parked(reason) => ("parked", None, Some(outcome.at), Some(reason.clone())),
    };
    message::Entity::update_many()
        .set(message::ActiveModel {
            state: sea_orm::Set(state.to_owned()),
            due: due.map_or(sea_orm::NotSet, sea_orm::Set),
            leased_until: sea_orm::Set(None),
            finished_at: sea_orm::Set(finished_at),
            last_error: sea_orm::Set(cause),
            ..Default::default()
        })
        .filter(message::Column::Id.eq(outcome.id.0))
        .filter(message::Column::Fence.eq(outcome.fence))
        .filter(message::Column::State.eq("waiting"))
        .exec(db)
        .await
}

fn key(id: &sea_orm::ActiveValue<uuid::Uuid>) -> Result<uuid::Uuid, StoreError> {
    id.try_as_ref().copied().ok_or_else(|| StoreError::Database(DbErr::Custom("a row without id".to_owned())))
}

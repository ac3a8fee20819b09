//! Writing uploads: room is reserved under a lock on the case and the account, so that many at once cannot take
//! more than there is.

use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    evidence::{Capture, Media, Slot},
    identifiers::{AccountId, CaseId, CommitmentId, UploadId},
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Set,
    UpdateResult,
    sea_query::{Expr, LockType},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    error::StoreError,
    rows::{accident_case, account, conversions, upload},
    work::{Update, Work},
};

/// What an upload will be when it is complete; said once, when it is created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UploadPurpose {
    /// Photo or recording.
    pub media: Media,
    /// What it shows.
    pub slot: Slot,
    /// The commitment that it keeps.
    pub commitment: Option<CommitmentId>,
    /// What the sender's device told of its capture.
    pub capture: Capture,
    /// What the sender told of it, word for word, to be told again.
    pub metadata: Option<String>,
}

/// An upload as it stands in the database; how far it has come, its file says.
#[derive(Debug, Clone, PartialEq)]
pub struct UploadRow {
    /// Its id.
    pub id: UploadId,
    /// Who sends it; nobody else sees it.
    pub account: AccountId,
    /// The case that it is for.
    pub case: CaseId,
    /// How many bytes it will have.
    pub bytes: u64,
    /// The SHA-256 that the sender said its bytes have.
    pub digest: Option<Digest>,
    /// What it will be.
    pub purpose: UploadPurpose,
    /// From when on it is gone.
    pub expires_at: DateTime<Utc>,
    /// The photo or recording that it became.
    pub evidence: Option<Uuid>,
}

/// How much unfinished uploads may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadRoom {
    /// Most unfinished uploads of one account.
    pub open: u64,
    /// Most bytes of the unfinished uploads of one account.
    pub account_bytes: u64,
    /// Most bytes of one case, stored and on their way.
    pub case_bytes: u64,
}

/// Which room was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FullRoom {
    /// Too many unfinished uploads of the account.
    Open,
    /// Too many bytes in the unfinished uploads of the account.
    Account,
    /// Too many bytes of the case.
    Case,
}

/// A change of uploads.
#[derive(Debug)]
pub(crate) enum UploadChange {
    Reserve { row: Box<UploadRow>, room: UploadRoom, stored: u64, version: i64, now: DateTime<Utc> },
    Prolong { id: UploadId, until: DateTime<Utc> },
    Finish { id: UploadId, evidence: Uuid, at: DateTime<Utc> },
    Remove { id: UploadId },
}

impl Work {
    /// A new upload, if there is room for it. Refused as [`StoreError::Full`]; stale when the case is not the one
    /// of this `version` any more, in which `stored` bytes lie.
    pub fn reserve_upload(
        &mut self,
        row: UploadRow,
        room: UploadRoom,
        (version, stored): (i64, u64),
        now: DateTime<Utc>,
    ) {
        let row = Box::new(row);
        self.updates.push(Update::Upload(UploadChange::Reserve { row, room, stored, version, now }));
    }

    /// The upload grew: it expires later. Nothing happens when it is gone.
    pub fn prolong_upload(&mut self, id: UploadId, until: DateTime<Utc>) {
        self.updates.push(Update::Upload(UploadChange::Prolong { id, until }));
    }

    /// The upload became a photo or recording. Nothing happens when it is gone.
    pub fn finish_upload(&mut self, id: UploadId, evidence: Uuid, at: DateTime<Utc>) {
        self.updates.push(Update::Upload(UploadChange::Finish { id, evidence, at }));
    }

    /// The upload is gone.
    pub fn remove_upload(&mut self, id: UploadId) {
        self.updates.push(Update::Upload(UploadChange::Remove { id }));
    }
}

/// Makes a change in this transaction.
pub(crate) async fn change(db: &DatabaseTransaction, change: &UploadChange) -> Result<(), StoreError> {
    match change {
        UploadChange::Reserve { row, room, stored, version, now } => {
            reserve(db, row, *room, (*version, *stored), *now).await?;
        }
        UploadChange::Prolong { id, until } => {
            let later = upload::ActiveModel { expires_at: Set(*until), ..Default::default() };
            update(db, *id, later).await?;
        }
        UploadChange::Finish { id, evidence, at } => {
            let (finished_at, evidence_id) = (Set(Some(*at)), Set(Some(*evidence)));
            update(db, *id, upload::ActiveModel { finished_at, evidence_id, ..Default::default() }).await?;
        }
        UploadChange::Remove { id } => {
            upload::Entity::delete_by_id(id.0).exec(db).await?;
        }
    }
    Ok(())
}

async fn update(
    db: &DatabaseTransaction,
    id: UploadId,
    row: upload::ActiveModel,
) -> Result<UpdateResult, StoreError> {
    let unfinished = upload::Column::FinishedAt.is_null();
    let update =
        upload::Entity::update_many().set(row).filter(upload::Column::Id.eq(id.0)).filter(unfinished);
    Ok(update.exec(db).await?)
}

#[derive(FromQueryResult)]
struct Taken {
    uploads: i64,
    bytes: i64,
}

/// Locks case and account, in this order, before it counts: whoever comes at the same time counts this one too.
async fn reserve(
    db: &DatabaseTransaction,
    row: &UploadRow,
    room: UploadRoom,
    (version, stored): (i64, u64),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use accident_case::Column::{Id, Version};
    let case = accident_case::Entity::find().select_only().column(Version).filter(Id.eq(row.case.0));
    let found: Option<i64> = case.lock(LockType::NoKeyUpdate).into_tuple().one(db).await?;
    if found != Some(version) {
        return Err(StoreError::Stale("case"));
    }
    let account = account::Entity::find().select_only().column(account::Column::Id);
    let account = account.filter(account::Column::Id.eq(row.account.0)).lock(LockType::NoKeyUpdate);
    account.into_tuple::<Uuid>().one(db).await?;
    let Taken { uploads, bytes } = taken(db, upload::Column::AccountId.eq(row.account.0), now).await?;
    if unsigned(uploads) >= room.open {
        return Err(StoreError::Full(FullRoom::Open));
    }
    if unsigned(bytes).saturating_add(row.bytes) > room.account_bytes {
        return Err(StoreError::Full(FullRoom::Account));
    }
    let Taken { bytes, .. } = taken(db, upload::Column::CaseId.eq(row.case.0), now).await?;
    if unsigned(bytes).saturating_add(stored).saturating_add(row.bytes) > room.case_bytes {
        return Err(StoreError::Full(FullRoom::Case));
    }
    upload::Entity::insert(insertable(row, now)?).exec_without_returning(db).await?;
    Ok(())
}

/// What the unfinished uploads take. An expired one does not count any more, its file is about to be removed.
async fn taken(
    db: &DatabaseTransaction,
    whose: sea_orm::sea_query::SimpleExpr,
    now: DateTime<Utc>,
) -> Result<Taken, StoreError> {
    let taken = upload::Entity::find()
        .select_only()
        .expr_as(Expr::cust("COUNT(*)"), "uploads")
        .expr_as(Expr::cust("CAST(COALESCE(SUM(bytes), 0) AS BIGINT)"), "bytes")
        .filter(whose)
        .filter(upload::Column::FinishedAt.is_null())
        .filter(upload::Column::ExpiresAt.gt(now));
    Ok(taken.into_model().one(db).await?.unwrap_or(Taken { uploads: 0, bytes: 0 }))
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn insertable(row: &UploadRow, now: DateTime<Utc>) -> Result<upload::ActiveModel, StoreError> {
    Ok(upload::ActiveModel {
        id: Set(row.id.0),
        account_id: Set(row.account.0),
        case_id: Set(row.case.0),
        bytes: Set(i64::try_from(row.bytes).unwrap_or(i64::MAX)),
        digest: Set(row.digest.map(|digest| digest.to_string())),
        created_at: Set(now),
        expires_at: Set(row.expires_at),
        finished_at: Set(None),
        evidence_id: Set(None),
        body: Set(conversions::to_json(&row.purpose, "upload", "body")?),
    })
}

impl TryFrom<upload::Model> for UploadRow {
    type Error = StoreError;

    fn try_from(row: upload::Model) -> Result<Self, StoreError> {
        let digest = row.digest.as_deref().map(|text| conversions::parse(text, "upload", "digest"));
        Ok(Self {
            id: UploadId(row.id),
            account: AccountId(row.account_id),
            case: CaseId(row.case_id),
            bytes: unsigned(row.bytes),
            digest: digest.transpose()?,
            purpose: conversions::from_json(&row.body, "upload", "body")?,
            expires_at: row.expires_at,
            evidence: row.evidence_id,
        })
    }
}

//! One-time codes for signatures, and which drawn images cases name. A code itself is nowhere: it follows from its
//! row's id by the service's key. Tries are counted and a code is used under the row's own conditions, so that many at
//! once, in several processes, count as many and use it once.

use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    document::DocumentKind,
    identifiers::{AccountId, CaseId},
    role::PartyRole,
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::{Expr, ExprTrait as _, LockType, OnConflict},
};
use uuid::Uuid;

use crate::{
    error::StoreError,
    rows::{conversions, signature_image, signing_code},
    store::Store,
    work::{Update, Work},
};

/// A code that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningCodeRow {
    /// Its id, from which the code follows.
    pub id: Uuid,
    /// Of which case.
    pub case: CaseId,
    /// For whose signature.
    pub role: PartyRole,
    /// Who asked for it, and alone can use it.
    pub account: AccountId,
    /// For what kind of document.
    pub kind: DocumentKind,
    /// SHA-256 of the document.
    pub document: Digest,
    /// A keyed hash of the phone it went to.
    pub phone: Digest,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
    /// How often it was tried.
    pub tries: i32,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
}

/// How many codes may go to one phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhoneLimit {
    /// Counted from then on.
    pub since: DateTime<Utc>,
    /// At most so many.
    pub most: u64,
}

/// A change of codes and images.
#[derive(Debug)]
pub(crate) enum SigningChange {
    Issue { row: Box<SigningCodeRow>, limit: PhoneLimit },
    Try { id: Uuid, most: i32, now: DateTime<Utc> },
    Use { id: Uuid, now: DateTime<Utc> },
    Image { case: CaseId, digest: Digest, now: DateTime<Utc> },
}

impl Work {
    /// A new code, which takes the place of earlier ones for the same signature. Refused as [`StoreError::TooManyCodes`] when its phone has had as many as it may.
    pub fn issue_signing_code(&mut self, row: SigningCodeRow, limit: PhoneLimit) {
        self.updates.push(Update::Signing(SigningChange::Issue { row: Box::new(row), limit }));
    }

    /// One more try of a code; stale when it cannot be tried any more.
    pub fn try_signing_code(&mut self, id: Uuid, most: i32, now: DateTime<Utc>) {
        self.updates.push(Update::Signing(SigningChange::Try { id, most, now }));
    }

    /// A code is used, once; stale the second time.
    pub fn use_signing_code(&mut self, id: Uuid, now: DateTime<Utc>) {
        self.updates.push(Update::Signing(SigningChange::Use { id, now }));
    }

    /// A drawn image that a case names.
    pub fn insert_signature_image(&mut self, case: CaseId, digest: Digest, now: DateTime<Utc>) {
        self.updates.push(Update::Signing(SigningChange::Image { case, digest, now }));
    }
}

/// Makes a change in this transaction.
pub(crate) async fn change(db: &DatabaseTransaction, change: &SigningChange) -> Result<(), StoreError> {
    use signing_code::Column::{ExpiresAt, Id, Tries, UsedAt};
    let usable = |id: Uuid, now: DateTime<Utc>| {
        signing_code::Entity::update_many()
            .filter(Id.eq(id))
            .filter(UsedAt.is_null())
            .filter(ExpiresAt.gt(now))
    };
    let touched = match change {
        SigningChange::Issue { row, limit } => return issue(db, row, *limit).await,
        SigningChange::Image { case, digest, now } => return image(db, *case, *digest, *now).await,
        SigningChange::Try { id, most, now } => {
            let more = Expr::col(Tries).add(1);
            usable(*id, *now).filter(Tries.lt(*most)).col_expr(Tries, more).exec(db).await?
        }
        SigningChange::Use { id, now } => {
            let used = signing_code::ActiveModel { used_at: Set(Some(*now)), ..Default::default() };
            usable(*id, *now).set(used).exec(db).await?
        }
    };
    if touched.rows_affected == 1 { Ok(()) } else { Err(StoreError::Stale("signing code")) }
}

/// Locks what went to this phone before it counts: whoever comes at the same time counts this one too. Codes for the
/// same signature do not come at the same time, because they save the same case.
async fn issue(db: &DatabaseTransaction, row: &SigningCodeRow, limit: PhoneLimit) -> Result<(), StoreError> {
    use signing_code::Column::{Id, Phone, SentAt};
    let earlier = || {
        signing_code::Entity::find().filter(Phone.eq(row.phone.to_string())).filter(SentAt.gt(limit.since))
    };
    let lock = earlier().select_only().column(Id).order_by_asc(Id).lock(LockType::NoKeyUpdate);
    lock.into_tuple::<Uuid>().all(db).await?;
    if earlier().count(db).await? >= limit.most {
        return Err(StoreError::TooManyCodes);
    }
    let ended = signing_code::ActiveModel { expires_at: Set(row.sent_at), ..Default::default() };
    signing_code::Entity::update_many()
        .set(ended)
        .filter(signing_code::Column::CaseId.eq(row.case.0))
        .filter(signing_code::Column::Role.eq(row.role.to_string()))
        .filter(signing_code::Column::Document.eq(row.document.to_string()))
        .filter(signing_code::Column::ExpiresAt.gt(row.sent_at))
        .exec(db)
        .await?;
    let row = signing_code::ActiveModel {
        id: Set(row.id),
        case_id: Set(row.case.0),
        role: Set(row.role.to_string()),
        account_id: Set(row.account.0),
        kind: Set(row.kind.name().to_owned()),
        document: Set(row.document.to_string()),
        phone: Set(row.phone.to_string()),
        sent_at: Set(row.sent_at),
        expires_at: Set(row.expires_at),
        tries: Set(row.tries),
        used_at: Set(row.used_at),
    };
    signing_code::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

async fn image(
    db: &DatabaseTransaction,
    case: CaseId,
    digest: Digest,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use signature_image::Column::{CaseId as Case, Digest as Sha256};
    let row = signature_image::ActiveModel {
        case_id: Set(case.0),
        digest: Set(digest.to_string()),
        created_at: Set(now),
    };
    let there = OnConflict::columns([Case, Sha256]).do_nothing().to_owned();
    signature_image::Entity::insert(row).on_conflict(there).exec_without_returning(db).await?;
    Ok(())
}

impl Store {
    /// The codes that were sent for this signature after `since`, oldest first. At most one of them can be used.
    pub async fn signing_codes(
        &self,
        case: CaseId,
        role: PartyRole,
        document: Digest,
        since: DateTime<Utc>,
    ) -> Result<Vec<SigningCodeRow>, StoreError> {
        use signing_code::Column;
        let rows = signing_code::Entity::find()
            .filter(Column::CaseId.eq(case.0))
            .filter(Column::Role.eq(role.to_string()))
            .filter(Column::Document.eq(document.to_string()))
            .filter(Column::SentAt.gt(since))
            .order_by_asc(Column::SentAt);
        rows.all(&self.connections.read).await?.into_iter().map(SigningCodeRow::try_from).collect()
    }

    /// A code by its id.
    pub async fn signing_code(&self, id: Uuid) -> Result<Option<SigningCodeRow>, StoreError> {
        let found = self.only(signing_code::Entity::find_by_id(id)).await?;
        found.map(SigningCodeRow::try_from).transpose()
    }

    /// When codes went to this phone after `since`, oldest first.
    pub async fn signing_codes_to(
        &self,
        phone: Digest,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        use signing_code::Column;
        let sent = signing_code::Entity::find()
            .select_only()
            .column(Column::SentAt)
            .filter(Column::Phone.eq(phone.to_string()))
            .filter(Column::SentAt.gt(since))
            .order_by_asc(Column::SentAt);
        Ok(sent.into_tuple().all(&self.connections.read).await?)
    }

    /// Whether a case names this drawn image.
    pub async fn is_signature_image(&self, digest: Digest) -> Result<bool, StoreError> {
        let named = signature_image::Entity::find()
            .filter(signature_image::Column::Digest.eq(digest.to_string()))
            .limit(1);
        Ok(named.one(&self.connections.read).await?.is_some())
    }

    /// Every drawn image that the table names.
    pub(crate) async fn signature_images(&self) -> Result<Vec<Digest>, StoreError> {
        let rows = signature_image::Entity::find().all(&self.connections.read).await?;
        rows.into_iter().map(|row| conversions::parse(&row.digest, "signature_image", "digest")).collect()
    }
}

impl TryFrom<signing_code::Model> for SigningCodeRow {
    type Error = StoreError;

    fn try_from(row: signing_code::Model) -> Result<Self, StoreError> {
        const TABLE: &str = "signing_code";
        let kind = DocumentKind::ALL.into_iter().find(|kind| kind.name() == row.kind);
        Ok(Self {
            id: row.id,
            case: CaseId(row.case_id),
            role: conversions::parse(&row.role, TABLE, "role")?,
            account: AccountId(row.account_id),
            kind: kind.ok_or(StoreError::Corrupt { table: TABLE, column: "kind" })?,
            document: conversions::parse(&row.document, TABLE, "document")?,
            phone: conversions::parse(&row.phone, TABLE, "phone")?,
            sent_at: row.sent_at,
            expires_at: row.expires_at,
            tries: row.tries,
            used_at: row.used_at,
        })
    }
}

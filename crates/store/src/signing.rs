//! One-time codes for signatures, and what proves the signatures that were given, also those under a document that
//! another one has taken the place of. A code itself is nowhere: it follows from its
//! row's id by the service's key. Tries are counted and a code is used under the row's own conditions, so that many at
//! once, in several processes, count as many and use it once.

use chrono::{DateTime, Utc};
use domain::{
    case::SignatureProof,
    digest::Digest,
    document::DocumentKind,
    identifiers::{AccountId, CaseId},
    role::PartyRole,
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::{Expr, ExprTrait as _, LockType},
};
use uuid::Uuid;

use crate::{
    error::StoreError,
    rows::{conversions, signature_proof, signing_code},
    store::Store,
    work::{Update, Work},
};

/// The table of proofs.
const PROOFS: &str = "signature_proof";

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
    Proof { case: CaseId, role: PartyRole, proof: Box<SignatureProof>, now: DateTime<Utc> },
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

    /// What proves a signature that was given.
    pub fn insert_signature_proof(
        &mut self,
        case: CaseId,
        role: PartyRole,
        proof: SignatureProof,
        now: DateTime<Utc>,
    ) {
        let proof = Box::new(proof);
        self.updates.push(Update::Signing(SigningChange::Proof { case, role, proof, now }));
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
        SigningChange::Proof { case, role, proof, now } => return keep(db, *case, *role, proof, *now).await,
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

async fn keep(
    db: &DatabaseTransaction,
    case: CaseId,
    role: PartyRole,
    proof: &SignatureProof,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = signature_proof::ActiveModel {
        case_id: Set(case.0),
        digest: Set(proof.digest().to_string()),
        role: Set(role.to_string()),
        image: Set(proof.image.map(|image| image.to_string())),
        body: Set(conversions::to_json(proof, PROOFS, "body")?),
        created_at: Set(now),
    };
    signature_proof::Entity::insert(row).exec_without_returning(db).await?;
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

    /// What proves the signatures that were given in this case, oldest first.
    pub async fn signature_proofs_of(
        &self,
        case: CaseId,
    ) -> Result<Vec<(PartyRole, SignatureProof)>, StoreError> {
        let rows = signature_proof::Entity::find()
            .filter(signature_proof::Column::CaseId.eq(case.0))
            .order_by_asc(signature_proof::Column::CreatedAt)
            .order_by_asc(signature_proof::Column::Role);
        let rows = rows.all(&self.connections.read).await?.into_iter();
        rows.map(|row| {
            let role = conversions::parse(&row.role, PROOFS, "role")?;
            Ok((role, conversions::from_json(&row.body, PROOFS, "body")?))
        })
        .collect()
    }

    /// Whether this is the drawing of a signature that was given.
    pub async fn is_signature_image(&self, digest: Digest) -> Result<bool, StoreError> {
        let named = signature_proof::Entity::find()
            .filter(signature_proof::Column::Image.eq(digest.to_string()))
            .limit(1);
        Ok(named.one(&self.connections.read).await?.is_some())
    }

    /// The drawing of every signature that was given.
    pub(crate) async fn signature_images(&self) -> Result<Vec<Digest>, StoreError> {
        let images = signature_proof::Entity::find()
            .select_only()
            .column(signature_proof::Column::Image)
            .filter(signature_proof::Column::Image.is_not_null());
        let images: Vec<String> = images.into_tuple().all(&self.connections.read).await?;
        images.iter().map(|image| conversions::parse(image, PROOFS, "image")).collect()
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

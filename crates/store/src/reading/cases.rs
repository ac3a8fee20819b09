//! Cases: found only by who may see them.

use chrono::{DateTime, Utc};
use domain::{
    case::Case,
    digest::Digest,
    document::DocumentKind,
    identifiers::{AccountId, CaseId, DistrictCode, InvitationCode, UnitId, VerificationCode},
    journal::Sealed,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use crate::{
    error::StoreError,
    rows::{accident_case, case_party, dispatch, document, invitation, journal},
    store::Store,
};

/// One line of the officers' queue.
#[derive(Debug, Clone, FromQueryResult)]
pub struct QueueRow {
    /// Its id.
    pub id: uuid::Uuid,
    /// Its public number.
    pub number: String,
    /// Counts saved states.
    pub version: i64,
    /// Where it stands.
    pub stage: String,
    /// The lane triage gave.
    pub lane: String,
    /// The district.
    pub district: String,
    /// Since when it waits.
    pub queue_since: Option<DateTime<Utc>>,
    /// Who holds it.
    pub officer_id: Option<uuid::Uuid>,
    /// Until when.
    pub lease_until: Option<DateTime<Utc>>,
}

/// One line of the list of unfinished reviews.
#[derive(Debug, Clone, FromQueryResult)]
pub struct ReviewRow {
    /// The case.
    pub id: uuid::Uuid,
    /// Its public number.
    pub number: String,
    /// Its district.
    pub district: String,
    /// Where the review waits.
    pub review_state: Option<String>,
    /// Until when.
    pub review_due_at: Option<DateTime<Utc>>,
}

/// A document that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// Of which case.
    pub case: CaseId,
    /// Which kind.
    pub kind: DocumentKind,
    /// Its number; documents of the first release have it in the case only.
    pub number: Option<String>,
    /// Leads from its QR code to its verification.
    pub verification: VerificationCode,
    /// SHA-256 of the PDF.
    pub digest: Digest,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl Store {
    /// The case, if this account is a party of it.
    pub async fn find_case_of_party(&self, id: CaseId, party: AccountId) -> Result<Option<Case>, StoreError> {
        let own = case_party::Entity::find()
            .select_only()
            .column(case_party::Column::CaseId)
            .filter(case_party::Column::AccountId.eq(party.0))
            .filter(case_party::Column::CaseId.eq(id.0))
            .into_query();
        self.one_case(accident_case::Column::Id.in_subquery(own)).await
    }

    /// The cases of a party, newest first.
    pub async fn list_cases_of_party(&self, party: AccountId, most: u64) -> Result<Vec<Case>, StoreError> {
        let own = case_party::Entity::find()
            .select_only()
            .column(case_party::Column::CaseId)
            .filter(case_party::Column::AccountId.eq(party.0))
            .into_query();
        accident_case::Entity::find()
            .filter(accident_case::Column::Id.in_subquery(own))
            .order_by(accident_case::Column::ReportedAt, Order::Desc)
            .limit(most)
            .all(&self.connections.read)
            .await?
            .into_iter()
            .map(Case::try_from)
            .collect()
    }

    /// The case for an officer or supervisor, whose district the caller checks and whose refusal it journals.
    pub async fn find_case_for_staff(&self, id: CaseId) -> Result<Option<Case>, StoreError> {
        self.one_case(accident_case::Column::Id.eq(id.0)).await
    }

    /// The case, if this unit has an open task there: before and after it has no business with the parties.
    pub async fn find_case_of_unit(&self, id: CaseId, unit: UnitId) -> Result<Option<Case>, StoreError> {
        let own = dispatch::Entity::find()
            .select_only()
            .column(dispatch::Column::CaseId)
            .filter(dispatch::Column::UnitId.eq(unit.0))
            .filter(dispatch::Column::State.is_in(["offered", "accepted", "arrived"]))
            .filter(dispatch::Column::CaseId.eq(id.0))
            .into_query();
        self.one_case(accident_case::Column::Id.in_subquery(own)).await
    }

    /// The case that an invitation leads to.
    pub async fn find_case_of_invitation(&self, code: &InvitationCode) -> Result<Option<Case>, StoreError> {
        let hash = Digest::of(code.as_str().as_bytes()).to_string();
        let Some(row) = self.only(invitation::Entity::find_by_id(hash)).await? else {
            return Ok(None);
        };
        self.one_case(accident_case::Column::Id.eq(row.case_id)).await
    }

    /// The case for the service's own work: deliveries, callbacks, checks.
    pub async fn find_case_for_service(&self, id: CaseId) -> Result<Option<Case>, StoreError> {
        self.one_case(accident_case::Column::Id.eq(id.0)).await
    }

    async fn one_case(&self, condition: sea_orm::sea_query::Expr) -> Result<Option<Case>, StoreError> {
        self.only(accident_case::Entity::find().filter(condition)).await?.map(Case::try_from).transpose()
    }

    /// The queue of some districts, most urgent first; with `free_at`, only what can be taken at that time.
    pub async fn list_queue(
        &self,
        districts: &[DistrictCode],
        free_at: Option<DateTime<Utc>>,
        most: u64,
    ) -> Result<Vec<QueueRow>, StoreError> {
        use accident_case::Column;
        let mut query = accident_case::Entity::find()
            .filter(Column::District.is_in(districts.iter().map(DistrictCode::as_str)))
            .filter(Column::QueueRank.is_not_null());
        if let Some(now) = free_at {
            let expired =
                Condition::all().add(Column::Stage.eq("under_review")).add(Column::LeaseUntil.lte(now));
            query = query.filter(Condition::any().add(Column::Stage.eq("waiting")).add(expired));
        }
        Ok(query
            .order_by_asc(Column::QueueRank)
            .order_by_asc(Column::QueueSince)
            .order_by_asc(Column::Id)
            .limit(most)
            .into_model::<QueueRow>()
            .all(&self.connections.read)
            .await?)
    }

    /// The unfinished reviews of some districts, the most urgent first.
    pub async fn list_reviews(
        &self,
        districts: &[DistrictCode],
        most: u64,
    ) -> Result<Vec<ReviewRow>, StoreError> {
        use accident_case::Column;
        Ok(accident_case::Entity::find()
            .filter(Column::District.is_in(districts.iter().map(DistrictCode::as_str)))
            .filter(Column::ReviewState.is_not_null())
            .order_by_asc(Column::ReviewDueAt)
            .order_by_asc(Column::Id)
            .limit(most)
            .into_model::<ReviewRow>()
            .all(&self.connections.read)
            .await?)
    }

    /// The journal of a case, in order.
    pub async fn journal_of(&self, case: CaseId) -> Result<Vec<Sealed>, StoreError> {
        journal::Entity::find()
            .filter(journal::Column::CaseId.eq(case.0))
            .order_by_asc(journal::Column::Sequence)
            .all(&self.connections.read)
            .await?
            .into_iter()
            .map(Sealed::try_from)
            .collect()
    }

    /// The documents that a QR code leads to, oldest first.
    pub async fn documents_by_code(&self, code: &VerificationCode) -> Result<Vec<DocumentRow>, StoreError> {
        document::Entity::find()
            .filter(document::Column::Verification.eq(code.as_str()))
            .order_by_asc(document::Column::CreatedAt)
            .all(&self.connections.read)
            .await?
            .into_iter()
            .map(DocumentRow::try_from)
            .collect()
    }
}

//! Claims: for the parties of their case, and for their insurer.

use domain::{
    claim::Claim,
    identifiers::{CaseId, ClaimId, InsurerCode},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    error::StoreError,
    rows::{callback, claim, conversions},
    store::Store,
};

/// A claim with the version it was read at.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimRow {
    /// The claim.
    pub claim: Claim,
    /// Counts saved states.
    pub version: i64,
}

impl TryFrom<claim::Model> for ClaimRow {
    type Error = StoreError;

    fn try_from(row: claim::Model) -> Result<Self, StoreError> {
        let claim: Claim = conversions::from_json(&row.body, "claim", "body")?;
        if claim.id.0 != row.id || claim.status.name() != row.status || claim.insurer.as_str() != row.insurer
        {
            return Err(StoreError::Corrupt { table: "claim", column: "body" });
        }
        Ok(Self { claim, version: row.version })
    }
}

impl Store {
    /// The claims of a case that the caller has already been allowed to see.
    pub async fn claims_of_case(&self, case: CaseId) -> Result<Vec<ClaimRow>, StoreError> {
        let rows = claim::Entity::find()
            .filter(claim::Column::CaseId.eq(case.0))
            .order_by_asc(claim::Column::Party)
            .all(&self.connections.read)
            .await?;
        rows.into_iter().map(ClaimRow::try_from).collect()
    }

    /// The claims of one insurer, newest first.
    pub async fn claims_of_insurer(
        &self,
        insurer: &InsurerCode,
        offset: u64,
        most: u64,
    ) -> Result<Vec<ClaimRow>, StoreError> {
        let rows = claim::Entity::find()
            .filter(claim::Column::Insurer.eq(insurer.as_str()))
            .order_by_desc(claim::Column::CreatedAt)
            .order_by_asc(claim::Column::Id)
            .offset(offset)
            .limit(most)
            .all(&self.connections.read)
            .await?;
        rows.into_iter().map(ClaimRow::try_from).collect()
    }

    /// One claim, if it is this insurer's.
    pub async fn claim_of_insurer(
        &self,
        id: ClaimId,
        insurer: &InsurerCode,
    ) -> Result<Option<ClaimRow>, StoreError> {
        let own = claim::Entity::find_by_id(id.0).filter(claim::Column::Insurer.eq(insurer.as_str()));
        self.only(own).await?.map(ClaimRow::try_from).transpose()
    }

    /// Whether this callback of this insurer has been applied.
    pub async fn callback_seen(&self, insurer: &InsurerCode, webhook_id: &str) -> Result<bool, StoreError> {
        let key = (insurer.to_string(), webhook_id.to_owned());
        Ok(self.only(callback::Entity::find_by_id(key)).await?.is_some())
    }
}

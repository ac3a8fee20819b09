//! Claims, as parties and as insurers see them.

use chrono::{DateTime, Utc};
use domain::{
    claim::{Claim, ClaimStatus, FirstNotice},
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::schemas;

/// Where a claim stands, as a party sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ClaimStateView {
    /// Its id.
    pub id: Uuid,
    /// Whose vehicle.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// With whom.
    pub insurer: String,
    /// Where it stands.
    #[schema(schema_with = schemas::claim_status)]
    pub status: ClaimStatus,
    /// The insurer's own number.
    pub insurer_number: Option<String>,
    /// The agreed or paid amount in fen.
    pub amount_fen: Option<i64>,
    /// When it was filed.
    pub filed_at: DateTime<Utc>,
    /// When the insurer confirmed it.
    pub acknowledged_at: Option<DateTime<Utc>>,
}

impl From<&Claim> for ClaimStateView {
    fn from(claim: &Claim) -> Self {
        Self {
            id: claim.id.0,
            role: claim.party,
            insurer: claim.insurer.to_string(),
            status: claim.status,
            insurer_number: claim.insurer_number.clone(),
            amount_fen: claim.amount.map(|amount| amount.0),
            filed_at: claim.created_at,
            acknowledged_at: claim.acknowledged_at,
        }
    }
}

/// A claim as its insurer sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ClaimView {
    /// Where it stands.
    pub state: ClaimStateView,
    /// Everything the first notice says; see the insurers' profile.
    #[schema(value_type = Object)]
    pub notice: FirstNotice,
}

impl From<&Claim> for ClaimView {
    fn from(claim: &Claim) -> Self {
        Self { state: claim.into(), notice: claim.notice.clone() }
    }
}

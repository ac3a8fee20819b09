//! Claims, as parties and as insurers see them.

use chrono::{DateTime, Utc};
use domain::{
    claim::{Claim, ClaimAmendment, ClaimChange, ClaimStatus, FirstNotice},
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
    /// What the notice says now: the first one, or that of the latest determination; see the insurers' profile.
    #[schema(value_type = Object)]
    pub notice: FirstNotice,
    /// What changed since the first notice, in order.
    pub amendments: Vec<AmendmentView>,
}

/// Something that changed since the first notice.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AmendmentView {
    /// Its id; the one with which it is sent.
    pub id: Uuid,
    /// Its place among the amendments of the claim, from 1.
    pub sequence: u32,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// `review_requested`, `review_withdrawn`, `review_concluded` or `redetermined`.
    pub change: String,
    /// How the review ended, if that is what happened.
    pub outcome: Option<String>,
}

impl From<&ClaimAmendment> for AmendmentView {
    fn from(amendment: &ClaimAmendment) -> Self {
        let outcome = match &amendment.change {
            ClaimChange::ReviewConcluded { outcome } => Some(outcome.clone()),
            ClaimChange::ReviewRequested
            | ClaimChange::ReviewWithdrawn
            | ClaimChange::Redetermined { .. } => None,
        };
        Self {
            id: amendment.id.0,
            sequence: amendment.sequence,
            at: amendment.at,
            change: amendment.change.name().to_owned(),
            outcome,
        }
    }
}

impl From<&Claim> for ClaimView {
    fn from(claim: &Claim) -> Self {
        Self {
            state: claim.into(),
            notice: claim.latest_notice().clone(),
            amendments: claim.amendments.iter().map(AmendmentView::from).collect(),
        }
    }
}

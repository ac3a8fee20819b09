//! What was fixed by its hash before its bytes came, and what follows from it.

use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Stay},
    digest::Digest,
    evidence::{Commitment, Fulfilment, Media, Slot},
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    WordingView,
    evidence::{CaptureView, MoveReceiptView},
    triage::HitView,
};
use crate::api::schemas;

/// One commitment.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CommitmentView {
    /// Its id; the upload names it.
    pub id: Uuid,
    /// Who committed.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Photo or recording.
    #[schema(schema_with = schemas::media)]
    pub media: Media,
    /// What it shows.
    #[schema(schema_with = schemas::slot)]
    pub slot: Slot,
    /// SHA-256 of the bytes.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// How many bytes.
    pub bytes: i64,
    /// What was told of the capture.
    pub capture: CaptureView,
    /// When the service had it durably.
    pub committed_at: DateTime<Utc>,
    /// Whether the bytes are here.
    #[schema(schema_with = schemas::commitment_state)]
    pub state: &'static str,
}

impl CommitmentView {
    pub(in crate::api) fn new(case: &Case, commitment: &Commitment) -> Self {
        Self {
            id: commitment.id.0,
            role: commitment.party,
            media: commitment.media,
            slot: commitment.slot,
            sha256: commitment.digest,
            bytes: commitment.bytes,
            capture: (&commitment.capture).into(),
            committed_at: commitment.committed_at,
            state: if case.is_fulfilled(commitment.id) { "stored" } else { "committed" },
        }
    }
}

/// What commitments led to.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CommittedView {
    /// The commitments, in the order in which they were sent.
    pub commitments: Vec<CommitmentView>,
    /// Mandatory photos that are neither stored nor committed.
    #[schema(schema_with = schemas::slots)]
    pub missing_photos: Vec<Slot>,
    /// The receipt "you may move", once the scene is preserved and the law lets the parties leave.
    pub move_receipt: Option<MoveReceiptView>,
    /// Why there is none, or why an earlier one counts no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stay: Option<StayView>,
}

impl CommittedView {
    pub(in crate::api) fn new(case: &Case, commitments: &[domain::identifiers::CommitmentId]) -> Self {
        let named = commitments.iter().filter_map(|id| case.commitments.iter().find(|other| other.id == *id));
        Self {
            commitments: named.map(|commitment| CommitmentView::new(case, commitment)).collect(),
            missing_photos: case.missing_photos().into_iter().collect(),
            move_receipt: case.move_receipt.as_ref().map(MoveReceiptView::from),
            stay: case
                .why_stay()
                // Who was told that he may move is told otherwise only when somebody comes to the scene.
                .filter(|why| case.move_receipt.is_none() || *why == Stay::SceneMustStay)
                .map(|why| StayView::new(case, why)),
        }
    }
}

/// Why the parties may not move yet.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StayView {
    /// Why.
    #[schema(schema_with = schemas::stay)]
    pub code: &'static str,
    /// What to do, first things first.
    pub advice: Vec<WordingView>,
    /// Photos that must be stored or committed first.
    #[schema(schema_with = schemas::slots)]
    pub missing: Vec<Slot>,
    /// The rules that hold the scene.
    pub rules: Vec<HitView>,
}

impl StayView {
    fn new(case: &Case, why: Stay) -> Self {
        let advice = case.triage.advice.iter().map(WordingView::from).collect();
        match why {
            Stay::PhotosMissing(missing) => Self {
                code: "photos_missing",
                advice,
                missing: missing.into_iter().collect(),
                rules: Vec::new(),
            },
            Stay::SceneMustStay => {
                let rules = case.triage.hits.iter().map(HitView::from).collect();
                Self { code: "scene_must_stay", advice, missing: Vec::new(), rules }
            }
        }
    }
}

/// How bytes stand to the commitment for which they were sent.
pub(in crate::api) fn committed(fulfilment: Option<Fulfilment>) -> Option<&'static str> {
    fulfilment.map(|fulfilment| if fulfilment.kept().is_some() { "kept" } else { "different" })
}

//! The proposal, the determination, and whether its paper is genuine.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Determination, Signature},
    digest::Digest,
    liability::Grade,
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::schemas;

/// What a party did with the determination.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SignatureView {
    /// `pending`, `signed` or `refused`.
    pub state: &'static str,
    /// When.
    pub at: Option<DateTime<Utc>>,
}

impl From<&Signature> for SignatureView {
    fn from(signature: &Signature) -> Self {
        match signature {
            Signature::Pending => Self { state: "pending", at: None },
            Signature::Signed { at, .. } => Self { state: "signed", at: Some(*at) },
            Signature::Refused { at, .. } => Self { state: "refused", at: Some(*at) },
        }
    }
}

/// The determination (事故认定书).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DeterminationView {
    /// Its id.
    pub id: Uuid,
    /// Number of the document.
    pub number: String,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Who bears what.
    #[schema(schema_with = schemas::grades)]
    pub grades: BTreeMap<PartyRole, Grade>,
    /// Code of the situation.
    pub situation: Option<String>,
    /// What happened.
    pub facts: String,
    /// What it rests on.
    pub articles: Vec<String>,
    /// SHA-256 of the PDF that counts now: sign this.
    #[schema(value_type = String)]
    pub document_sha256: Digest,
    /// What each party did.
    #[schema(value_type = BTreeMap<String, SignatureView>)]
    pub signatures: BTreeMap<PartyRole, SignatureView>,
}

impl DeterminationView {
    pub(super) fn new(case: &Case, determination: &Determination) -> Self {
        Self {
            id: determination.id.0,
            number: case.document_number(),
            decided_at: determination.decided_at,
            grades: determination.liability.grades().clone(),
            situation: determination.situation.clone(),
            facts: determination.facts.to_string(),
            articles: determination.articles.clone(),
            document_sha256: determination.document,
            signatures: determination.signatures.iter().map(|(role, s)| (*role, s.into())).collect(),
        }
    }
}

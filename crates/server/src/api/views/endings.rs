//! How a case can end besides a determination: an agreement, a certificate, closed by an officer.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Stage},
    digest::Digest,
    liability::Grade,
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::determination::SignatureView;
use crate::api::schemas;

/// The parties' agreement (自行协商协议书), proposed or concluded.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AgreementView {
    /// Its id.
    pub id: Uuid,
    /// Number of the document.
    pub number: String,
    /// Who proposed it.
    #[schema(value_type = String)]
    pub proposed_by: PartyRole,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// When the last party signed.
    pub concluded_at: Option<DateTime<Utc>>,
    /// Who bears what.
    #[schema(schema_with = schemas::grades)]
    pub grades: BTreeMap<PartyRole, Grade>,
    /// Code of the situation that the rules propose; the parties may agree otherwise.
    pub situation: Option<String>,
    /// What happened, as the parties agree.
    pub facts: String,
    /// How the vehicles met (事故形态).
    pub accident_form: Option<String>,
    /// What it rests on.
    pub articles: Vec<String>,
    /// SHA-256 of the PDF that counts now: sign this.
    #[schema(value_type = String)]
    pub document_sha256: Digest,
    /// What each party did.
    #[schema(value_type = BTreeMap<String, SignatureView>)]
    pub signatures: BTreeMap<PartyRole, SignatureView>,
}

impl AgreementView {
    pub(super) fn of(case: &Case) -> Option<Self> {
        let agreement = case.agreement()?;
        let concluded_at = match &case.stage {
            Stage::Agreed { concluded_at, .. } => Some(*concluded_at),
            _ => None,
        };
        Some(Self {
            id: agreement.id.0,
            number: case.agreement_number(agreement),
            proposed_by: agreement.proposed_by,
            proposed_at: agreement.proposed_at,
            concluded_at,
            grades: agreement.liability.grades().clone(),
            situation: agreement.situation.clone(),
            facts: agreement.facts.to_string(),
            accident_form: agreement.accident_form.as_ref().map(ToString::to_string),
            articles: agreement.articles.clone(),
            document_sha256: agreement.document,
            signatures: agreement.signatures.iter().map(|(role, s)| (*role, s.into())).collect(),
        })
    }
}

/// The certificate (道路交通事故证明): what is known of an accident whose facts cannot be established.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CertificateView {
    /// Its id.
    pub id: Uuid,
    /// Number of the document.
    pub number: String,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// What was established.
    pub facts: String,
    /// Why the rest cannot be.
    pub reason: String,
    /// SHA-256 of the PDF.
    #[schema(value_type = String)]
    pub document_sha256: Digest,
}

impl CertificateView {
    pub(super) fn of(case: &Case) -> Option<Self> {
        let certificate = case.certificate()?;
        Some(Self {
            id: certificate.id.0,
            number: case.certificate_number(),
            issued_at: certificate.issued_at,
            facts: certificate.facts.to_string(),
            reason: certificate.reason.to_string(),
            document_sha256: certificate.document,
        })
    }
}

/// That an officer closed the case.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ClosedView {
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl ClosedView {
    pub(super) fn of(case: &Case) -> Option<Self> {
        match &case.stage {
            Stage::Closed { reason, at } => Some(Self { reason: reason.to_string(), at: *at }),
            _ => None,
        }
    }
}

//! The certificate (道路交通事故证明, R146 §67): what an officer issues when the facts cannot be established.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    identifiers::{AccountId, DeterminationId, Passage, PersonName, VerificationCode},
};

/// What is known of an accident whose facts cannot be established.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// Its id.
    pub id: DeterminationId,
    /// Leads from the QR code to its verification.
    pub verification: VerificationCode,
    /// Who issued it.
    pub officer: AccountId,
    /// His name, as printed.
    pub officer_name: PersonName,
    /// His number, as printed.
    pub officer_badge: String,
    /// When.
    pub issued_at: DateTime<Utc>,
    /// What was established.
    pub facts: Passage,
    /// Why the rest cannot be.
    pub reason: Passage,
    /// SHA-256 of the PDF.
    pub document: Digest,
}

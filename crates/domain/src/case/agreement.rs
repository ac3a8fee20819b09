//! The agreement (自行协商协议书, R146 §21): the parties' own act, signed by all of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Signature;
use crate::{
    digest::Digest,
    identifiers::{DeterminationId, Line, Passage, VerificationCode},
    liability::Liability,
    role::PartyRole,
};

/// What one party proposes and all must sign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Its id.
    pub id: DeterminationId,
    /// Leads from the QR code to its verification.
    pub verification: VerificationCode,
    /// Who proposed it.
    pub proposed_by: PartyRole,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Who bears what.
    pub liability: Liability,
    /// Code of the situation that the rules proposed, if any.
    pub situation: Option<String>,
    /// What happened, as the parties agree.
    pub facts: Passage,
    /// How the vehicles met (事故形态).
    pub accident_form: Option<Line>,
    /// What it rests on.
    pub articles: Vec<String>,
    /// SHA-256 of the PDF that the parties sign or that is final.
    pub document: Digest,
    /// What each party did.
    pub signatures: BTreeMap<PartyRole, Signature>,
}

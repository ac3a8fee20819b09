//! Service (送达) of documents: with whose consent, in which manner, and what proves it (R146 §24; APR §36). The time
//! for a review runs from it (R146 §71).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{digest::Digest, event::ServiceManner, identifiers::AccountId, role::PartyRole};

/// One document that reached one party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Whom it reached.
    pub role: PartyRole,
    /// What.
    pub document: Digest,
    /// In which manner.
    pub manner: ServiceManner,
    /// Who noted it; the party itself where it opened the document.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
}

//! Review (复核, R146 §71 to §79): once, within three working days of service, by officers of the unit above.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{identifiers::Passage, role::PartyRole};

/// The review of a determination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// Who asked for it.
    pub requested_by: PartyRole,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// Why.
    pub reason: Passage,
}

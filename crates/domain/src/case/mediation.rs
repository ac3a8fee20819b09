//! Mediation (损害赔偿调解, R146 §25, §26): at the request of all parties, its result recorded on the determination.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::role::PartyRole;

/// The mediation of one determination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mediation {
    /// Who asked for it, and when; it is open when all parties have.
    pub requested: Vec<(PartyRole, DateTime<Utc>)>,
}

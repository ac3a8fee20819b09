//! Who pays what, as an insurer is told: what the parties agreed on in mediation, or else what the rules give where all
//! losses and insurances are known. What the insurer pays is its own decision.

use serde::{Deserialize, Serialize};

use crate::{case::TermPayment, compensation::Payment};

/// What a settlement rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledBy {
    /// All parties agreed on it in mediation (R146 §25).
    Mediation,
    /// Computed by the rules from what the parties said they lost.
    Rules,
}

/// Who pays what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// What it rests on.
    pub by: SettledBy,
    /// Each claims its own damage from its own compulsory insurance (互碰自赔).
    pub own_claims: bool,
    /// Every sum.
    pub payments: Vec<TermPayment>,
}

impl Settlement {
    /// What the rules give.
    pub fn computed(payments: &[Payment]) -> Self {
        Self {
            by: SettledBy::Rules,
            own_claims: false,
            payments: payments.iter().map(TermPayment::from).collect(),
        }
    }
}

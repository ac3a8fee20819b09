//! The sketch of a case, and who confirmed it. It is drawn from the latest statements: when one of them changes, the
//! picture does, and is to be confirmed anew.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Case;
use crate::{
    contradiction::{Contradiction, contradictions},
    digest::Digest,
    event::Event,
    identifiers::AccountId,
    liability::DrivingFacts,
    refusal::Refusal,
    role::PartyRole,
    sketch::{self, Sketch},
};

/// A party confirmed the sketch that it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SketchConfirmation {
    /// Who.
    pub role: PartyRole,
    /// SHA-256 of the picture.
    pub sketch: Digest,
    /// When.
    pub at: DateTime<Utc>,
}

impl Case {
    /// What each party said last as its own; who said nothing knows nothing.
    fn told_facts(&self) -> Vec<(PartyRole, DrivingFacts)> {
        let facts = |party: &super::Party| party.own_statement().map(|statement| statement.facts.clone());
        self.parties.iter().map(|party| (party.role, facts(party).unwrap_or_default())).collect()
    }

    /// The accident as the parties told it.
    pub fn sketch(&self) -> Sketch {
        let told = self.told_facts();
        sketch::draw(&told.iter().map(|(role, facts)| (*role, facts)).collect::<Vec<_>>())
    }

    /// Statements that cannot all be true.
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let told = self.told_facts();
        contradictions(&told.iter().map(|(role, facts)| (*role, facts)).collect::<Vec<_>>())
    }

    /// The sketch for a party: only who has told its own side sees what the others told.
    pub fn sketch_for(&self, by: AccountId) -> Result<Sketch, Refusal> {
        let party = self.party_of(by).ok_or(Refusal::NotAParty)?;
        party.statement().ok_or(Refusal::StatementMissing)?;
        Ok(self.sketch())
    }

    /// Who confirmed the sketch as it is now.
    pub fn sketch_confirmed_by(&self) -> Vec<PartyRole> {
        let now = self.sketch().digest;
        let mut roles: Vec<_> =
            self.sketch_confirmations.iter().filter(|one| one.sketch == now).map(|one| one.role).collect();
        roles.sort();
        roles
    }

    /// The sketch for a document: only what every party confirmed is printed.
    pub(super) fn confirmed_sketch(&self) -> Option<String> {
        let confirmed = self.sketch_confirmed_by();
        let all = self.parties.iter().all(|party| confirmed.contains(&party.role));
        (all && !self.parties.is_empty()).then(|| self.sketch().svg)
    }

    /// A party says that the sketch with this hash shows what happened. Confirming twice changes nothing.
    pub fn confirm_sketch(
        mut self,
        by: AccountId,
        shown: Digest,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Event>), Refusal> {
        self.must_be_open("confirm the sketch")?;
        let role = self.role_of(by)?;
        if self.sketch_for(by)?.digest != shown {
            return Err(Refusal::SketchChanged);
        }
        if self.sketch_confirmations.iter().any(|one| (one.role, one.sketch) == (role, shown)) {
            return Ok((self, None));
        }
        self.sketch_confirmations.retain(|one| one.role != role);
        self.sketch_confirmations.push(SketchConfirmation { role, sketch: shown, at: now });
        Ok((self, Some(Event::SketchConfirmed { role, sketch: shown })))
    }
}

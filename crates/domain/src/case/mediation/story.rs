//! What a journal says of a mediation, to be compared with what the case says.

use std::collections::{BTreeMap, BTreeSet};

use super::{EndReason, Mediation, MediationOutcome};
use crate::{case::reporting::digest_of, digest::Digest, event::Event, role::PartyRole};

/// Who proposed which terms, and what the parties say.
type Told = (Option<PartyRole>, Digest, BTreeMap<PartyRole, bool>);

/// A mediation as its journal tells it.
#[derive(Default)]
pub(in crate::case) struct MediationStory {
    requested: BTreeSet<PartyRole>,
    opened: bool,
    losses: BTreeMap<PartyRole, Digest>,
    shares: Option<BTreeMap<PartyRole, u8>>,
    proposals: BTreeMap<i32, Told>,
    outcome: Option<Outcome>,
}

#[derive(PartialEq)]
enum Outcome {
    Agreed(i32, Digest),
    Ended(String),
}

impl MediationStory {
    /// Takes the next event in.
    pub(in crate::case) fn hear(&mut self, event: &Event) {
        match event {
            Event::MediationRequested { role } => {
                if self.outcome.is_some() {
                    *self = Self::default();
                }
                self.requested.insert(*role);
            }
            Event::MediationOpened {} => self.opened = true,
            Event::MediationLossesPut { role, losses } => drop(self.losses.insert(*role, *losses)),
            Event::MediationSharesSet { shares } => self.shares = Some(shares.clone()),
            Event::MediationProposed { number, role, terms } => {
                let answers = role.map(|role| (role, true)).into_iter().collect();
                self.proposals.insert(*number, (*role, *terms, answers));
            }
            Event::MediationAnswered { number, role, accepted } => {
                if let Some((_, _, answers)) = self.proposals.get_mut(number) {
                    answers.insert(*role, *accepted);
                }
            }
            Event::MediationAgreed { number, record, .. } => {
                self.outcome = Some(Outcome::Agreed(*number, *record));
            }
            Event::MediationRecorded { record } => {
                if let Some(Outcome::Agreed(number, _)) = self.outcome {
                    self.outcome = Some(Outcome::Agreed(number, *record));
                }
            }
            Event::MediationEnded { reason, .. } => self.end(reason),
            // What these end needs no entry of its own.
            Event::DeterminationRefused { .. } => self.end(EndReason::RefusedToSign.name()),
            Event::CaseConcluded { .. } if !self.opened => self.end(EndReason::NoConsent.name()),
            Event::LiabilityDetermined { .. } => *self = Self::default(),
            _ => {}
        }
    }

    fn end(&mut self, reason: &str) {
        if !matches!(self.outcome, Some(Outcome::Ended(_))) {
            self.outcome = Some(Outcome::Ended(reason.to_owned()));
        }
    }

    /// Whether the case says the same of its mediation.
    pub(in crate::case) fn agrees_with(&self, own: Option<&Mediation>) -> bool {
        let Some(own) = own else { return self.requested.is_empty() };
        let losses = own.losses.iter().map(|(role, losses)| (*role, digest_of(losses)));
        let proposals = own.proposals.iter().map(|proposal| {
            let answers = proposal.answers.iter().map(|(role, answer)| (*role, answer.accepted));
            (proposal.number, (proposal.by, digest_of(&proposal.terms), answers.collect()))
        });
        let outcome = own.outcome.as_ref().map(|outcome| match outcome {
            MediationOutcome::Agreed { number, record, .. } => Outcome::Agreed(*number, *record),
            MediationOutcome::Ended { reason, .. } => Outcome::Ended(reason.name().to_owned()),
        });
        own.requested.iter().map(|(role, _)| *role).collect::<BTreeSet<_>>() == self.requested
            && own.opened_at.is_some() == self.opened
            && losses.collect::<BTreeMap<_, _>>() == self.losses
            && own.shares == self.shares
            && proposals.collect::<BTreeMap<_, Told>>() == self.proposals
            && outcome == self.outcome
    }
}

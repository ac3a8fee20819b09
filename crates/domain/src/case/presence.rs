//! What a journal says of how the parties take part: who entered them, who helps them, whether they stand by it, and
//! who is said to be absent. A part of the comparison of a case with its journal.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Party, TakenBy, reporting::digest_of};
use crate::{
    digest::Digest,
    event::{AbsentHow, ConfirmedHow, Event},
    identifiers::{AccountId, Passage},
    identity::Role,
    journal::{Actor, Entry},
    role::PartyRole,
};

/// Who entered a party: an account, and whether it is an officer's.
type Scribe = (AccountId, bool);

/// How the parties take part, as the entries say.
#[derive(Default)]
pub(super) struct Presence {
    entered: BTreeMap<PartyRole, Option<Scribe>>,
    joined: BTreeSet<PartyRole>,
    helpers: BTreeMap<PartyRole, Digest>,
    confirmed: BTreeMap<PartyRole, ConfirmedHow>,
    absent: BTreeMap<PartyRole, (AbsentHow, Option<Passage>)>,
}

impl Presence {
    /// Reads an entry that was made in this stage.
    pub(super) fn read(&mut self, entry: &Entry, stage: Option<&str>) {
        // What is added late changes neither who entered a party nor what it stands by.
        let late = matches!(stage, Some("decided" | "agreeing" | "concluded" | "agreed"));
        let by = match entry.actor {
            Actor::Account { account, acting_as } => Some((account, acting_as == Role::Officer)),
            Actor::Service => None,
        };
        let officer = by.is_some_and(|(_, officer)| officer);
        match &entry.event {
            Event::PartyAdded { role, .. } => drop(self.entered.insert(*role, by)),
            Event::PartyUpdated { .. } if late => {}
            // What a helper gives is to be confirmed anew.
            Event::PartyUpdated { role, .. } if !officer && self.helpers.contains_key(role) => {
                self.confirmed.remove(role);
            }
            Event::PartyUpdated { role, .. } if !self.joined.contains(role) => {
                if let Some(scribe) = self.entered.get_mut(role) {
                    *scribe = by;
                    if !officer {
                        self.confirmed.remove(role);
                    }
                }
            }
            Event::PartyJoined { role } => {
                self.joined.insert(*role);
                self.absent.remove(role);
                if self.entered.contains_key(role) {
                    self.confirmed.insert(*role, ConfirmedHow::Joined);
                }
            }
            Event::HelperNamed { role, helper } => {
                self.helpers.insert(*role, *helper);
                self.confirmed.remove(role);
            }
            Event::PartyConfirmed { role, how } => {
                self.confirmed.insert(*role, *how);
                self.absent.remove(role);
            }
            Event::StatementGiven { role, .. } | Event::CaseSubmitted { role, .. } => {
                self.absent.remove(role);
                if !self.joined.contains(role)
                    && let Some(scribe) = self.entered.get_mut(role)
                {
                    *scribe = by;
                    let applies = matches!(entry.event, Event::CaseSubmitted { .. });
                    if applies && !officer {
                        self.confirmed.remove(role);
                    }
                }
            }
            Event::PartyAbsent { role, how, note } => {
                self.absent.insert(*role, (*how, note.clone()));
            }
            _ => {}
        }
    }

    /// Whether the case says the same.
    pub(super) fn is_that_of(&self, case: &Case) -> bool {
        let absent = case.absences.iter().map(|(role, one)| (*role, (one.how, one.note.clone())));
        absent.collect::<BTreeMap<_, _>>() == self.absent
            && case.parties.iter().all(|party| self.fits(case, party))
    }

    fn fits(&self, case: &Case, party: &Party) -> bool {
        let role = &party.role;
        let entered = match (self.entered.get(role), &party.entered_by) {
            (None, None) | (Some(None), Some(_)) => true,
            (Some(Some((by, true))), Some(TakenBy::Officer { account, .. })) => by == account,
            (Some(Some((by, false))), Some(TakenBy::Party { role })) => {
                case.party(*role).and_then(|party| party.account) == Some(*by)
            }
            _ => false,
        };
        let waits_for_a_person = self.entered.contains_key(role) && !self.joined.contains(role);
        entered
            && party.account.is_none() == waits_for_a_person
            && party.helper.as_ref().map(digest_of) == self.helpers.get(role).copied()
            && party.confirmed.map(|confirmed| confirmed.how) == self.confirmed.get(role).copied()
    }
}

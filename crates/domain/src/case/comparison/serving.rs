//! What a journal tells of documents that parties opened and that were served to them, and of their consent.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::super::Case;
use crate::{
    digest::Digest,
    event::{Event, ServiceManner},
    identifiers::AccountId,
    journal::Entry,
    role::PartyRole,
};

/// One service as the journal tells it: whom it reached, what, how, who noted it and when.
type Told = (PartyRole, Digest, ServiceManner, Option<AccountId>, DateTime<Utc>);

/// What was told so far.
#[derive(Default)]
pub(super) struct Serving {
    agreed: BTreeSet<PartyRole>,
    opened: Vec<(PartyRole, Digest)>,
    served: Vec<Told>,
}

impl Serving {
    pub(super) fn hear(&mut self, entry: &Entry, by: Option<AccountId>) {
        match &entry.event {
            Event::ServiceAgreed { role } => drop(self.agreed.insert(*role)),
            Event::DocumentOpened { role, document } => self.opened.push((*role, *document)),
            Event::DocumentServed { role, document, manner } => {
                self.served.push((*role, *document, *manner, by, entry.at));
            }
            _ => {}
        }
    }

    /// Whether the case says the same. The time counts too: a party's time for a review runs from it.
    pub(super) fn noted_in(&self, case: &Case) -> bool {
        let agreed = case.parties.iter().filter(|party| party.service_agreed_at.is_some());
        let opened = case.opened.iter().map(|opened| (opened.role, opened.document));
        let served =
            case.services.iter().map(|one| (one.role, one.document, one.manner, Some(one.by), one.at));
        agreed.map(|party| party.role).collect::<BTreeSet<_>>() == self.agreed
            && opened.eq(self.opened.iter().copied())
            && served.eq(self.served.iter().copied())
    }
}

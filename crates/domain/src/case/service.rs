//! Service (送达) of documents: with whose consent, in which manner, and what proves it (R146 §24; APR §36). The time
//! for a review runs from it (R146 §71).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Case, Officer, Stage};
use crate::{
    digest::Digest,
    event::{Event, ServiceManner},
    identifiers::AccountId,
    refusal::Refusal,
    role::PartyRole,
};

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

/// One document that a party opened; that alone serves nothing, but nobody signs what he has not opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Which party.
    pub role: PartyRole,
    /// What.
    pub document: Digest,
    /// When for the first time.
    pub at: DateTime<Utc>,
}

impl Case {
    /// The final document, if there is one: the one that is served.
    pub fn final_document(&self) -> Option<Digest> {
        match &self.stage {
            Stage::Concluded { determination, .. } => Some(determination.document),
            Stage::Agreed { agreement, .. } => Some(agreement.document),
            Stage::Certified { certificate } => Some(certificate.document),
            _ => None,
        }
    }

    /// Since when what stands now stands: nothing that was served before counts for it.
    fn stands_since(&self) -> Option<DateTime<Utc>> {
        match &self.stage {
            Stage::Concluded { determination, .. } => Some(determination.decided_at),
            Stage::Agreed { agreement, .. } => Some(agreement.proposed_at),
            Stage::Certified { certificate } => Some(certificate.issued_at),
            _ => None,
        }
    }

    /// When the final document reached this party, in whatever manner: from then on its time for a review runs.
    /// Nothing while there is no final document. A document that is issued anew, such as with the result of a
    /// mediation, sets no new time.
    pub fn served_at(&self, role: PartyRole) -> Option<DateTime<Utc>> {
        let since = self.stands_since()?;
        self.services
            .iter()
            .find(|service| service.role == role && service.at >= since)
            .map(|service| service.at)
    }

    /// When this party opened this document for the first time.
    pub fn opened_at(&self, role: PartyRole, document: Digest) -> Option<DateTime<Utc>> {
        let opened = self.opened.iter().find(|opened| (opened.role, opened.document) == (role, document));
        opened.map(|opened| opened.at)
    }

    /// Whether this party has opened this document.
    pub fn has_opened(&self, role: PartyRole, document: Digest) -> bool {
        self.opened_at(role, document).is_some()
    }

    /// The party agrees that documents are served to it online (APR §36). Nothing happens when it had agreed before.
    pub fn agree_to_service(
        mut self,
        by: AccountId,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Event>), Refusal> {
        let party = self.party_mut(by)?;
        if party.service_agreed_at.is_some() {
            return Ok((self, None));
        }
        party.service_agreed_at = Some(now);
        let role = party.role;
        Ok((self, Some(Event::ServiceAgreed { role })))
    }

    /// The party opens a document of the case. If it is the final one and the party has agreed to service online, it
    /// is served by that. Each is noted once.
    pub fn open_document(
        mut self,
        by: AccountId,
        document: Digest,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        let party = self.party_of(by).ok_or(Refusal::NotAParty)?;
        let (role, agreed) = (party.role, party.service_agreed_at.is_some());
        let mut events = Vec::new();
        if !self.has_opened(role, document) {
            self.opened.push(Opened { role, document, at: now });
            events.push(Event::DocumentOpened { role, document });
        }
        if agreed && self.final_document() == Some(document) && self.served_at(role).is_none() {
            let manner = ServiceManner::Opened;
            self.services.push(Service { role, document, manner, by, at: now });
            events.push(Event::DocumentServed { role, document, manner });
        }
        Ok((self, events))
    }

    /// An officer notes that the final document was handed over on paper, or that the party refused to receive it
    /// (R146 §24); any officer of the district may, as with a refusal to sign.
    pub fn record_service(
        mut self,
        officer: &Officer,
        role: PartyRole,
        document: Digest,
        manner: ServiceManner,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        if self.conflicts_with(officer) {
            return Err(Refusal::ConflictOfInterest);
        }
        let last =
            self.final_document().ok_or_else(|| self.stage.refuse("note that a document was served"))?;
        if last != document {
            return Err(Refusal::DocumentChanged);
        }
        self.party(role).ok_or(Refusal::NotAParty)?;
        if self.served_at(role).is_some() {
            return Err(Refusal::AlreadyServed(role));
        }
        self.services.push(Service { role, document, manner, by: officer.account, at: now });
        Ok((self, Event::DocumentServed { role, document, manner }))
    }
}

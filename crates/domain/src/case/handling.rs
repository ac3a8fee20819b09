//! The officer's work: taking a case under a lease, asking for more, sending it out of the remote lane.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Case, Stage};
use crate::{
    event::{Authority, Event},
    evidence::Slot,
    identifiers::{AccountId, DistrictCode, Passage, PersonName, Plate},
    refusal::Refusal,
    role::PartyRole,
};

/// A police officer (民警) as the rules see him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    /// His account.
    pub account: AccountId,
    /// Printed on documents.
    pub name: PersonName,
    /// Printed on documents.
    pub badge: String,
    /// Where he may act (R146 §9).
    pub districts: Vec<DistrictCode>,
    /// Vehicles of his own and of relatives: he must not touch a case with one of them (R146 §105).
    pub related_plates: Vec<Plate>,
    /// Of the unit above: reviews what others determined (R146 §74).
    pub reviews: bool,
}

/// An officer's hold on a case (办理占用), with an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who.
    pub officer: AccountId,
    /// Not after this time.
    pub until: DateTime<Utc>,
    /// How often the case had been taken when this lease began; a later one makes this one worthless.
    pub fence: i32,
}

impl Lease {
    /// How long a lease holds without a sign of life.
    pub const LENGTH: TimeDelta = TimeDelta::seconds(90);
}

/// What the officer still needs, and from whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRequest {
    /// Who asks.
    pub officer: AccountId,
    /// Who is asked.
    pub role: PartyRole,
    /// Which photos.
    pub slots: Vec<Slot>,
    /// Why, in words for the driver.
    pub reason: Passage,
    /// When it was asked.
    pub at: DateTime<Utc>,
    /// Since when the case had been waiting: it keeps its place in the queue.
    pub waiting_since: DateTime<Utc>,
}

impl Case {
    /// Whether the officer must keep away from the case (回避, RTSL §83, R146 §105).
    pub fn conflicts_with(&self, officer: &Officer) -> bool {
        self.parties.iter().any(|party| {
            let related = party
                .details
                .plate()
                .is_some_and(|plate| officer.related_plates.iter().any(|own| own.as_str() == plate.as_str()));
            related || party.account == Some(officer.account)
        })
    }

    /// An officer takes the case from the queue; also from a colleague whose lease ran out.
    pub fn take(mut self, officer: &Officer, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        if self.conflicts_with(officer) {
            return Err(Refusal::ConflictOfInterest);
        }
        if self.had_a_part(officer.account) {
            return Err(Refusal::HandledBefore);
        }
        let since = match &self.stage {
            Stage::Waiting { since } => *since,
            Stage::UnderReview { lease, since } if lease.until <= now => *since,
            other => return Err(other.refuse("take the case")),
        };
        self.fence += 1;
        let fence = self.fence;
        let lease = Lease { officer: officer.account, until: now + Lease::LENGTH, fence };
        self.stage = Stage::UnderReview { lease, since };
        Ok((self, Event::CaseTaken { officer: officer.account, fence }))
    }

    /// A sign of life: the lease holds for another [`Lease::LENGTH`]. Not an event of the journal.
    pub fn renew(mut self, officer: &Officer, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let (lease, since) = self.held_by(officer, now, "renew the lease")?;
        self.stage = Stage::UnderReview { lease: Lease { until: now + Lease::LENGTH, ..lease }, since };
        Ok(self)
    }

    /// Back to the queue, to its old place: what the officer holds, or a case whose party does not answer a
    /// request for evidence.
    pub fn release(mut self, officer: &Officer, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        let since = match &self.stage {
            Stage::EvidenceRequested { request } if !self.conflicts_with(officer) => request.waiting_since,
            _ => self.held_by(officer, now, "release the case")?.1,
        };
        self.stage = Stage::Waiting { since };
        Ok((self, Event::CaseReleased {}))
    }

    /// Asks a party for more. The case leaves the queue until that party submits again.
    pub fn request_evidence(
        mut self,
        officer: &Officer,
        role: PartyRole,
        slots: Vec<Slot>,
        reason: Passage,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let (_, since) = self.held_by(officer, now, "ask for evidence")?;
        self.party(role).ok_or(Refusal::NotAParty)?;
        let event = Event::EvidenceRequested { role, slots: slots.clone(), reason: reason.clone() };
        let request =
            EvidenceRequest { officer: officer.account, role, slots, reason, at: now, waiting_since: since };
        self.stage = Stage::EvidenceRequested { request };
        Ok((self, event))
    }

    /// Sends the case out of the remote lane: to the patrol, or to a unit of a point. An officer of the district
    /// can do so without holding the case while it waits for a party's answer or for a unit, so that neither
    /// silence nor a lack of units keeps it.
    pub fn escalate(
        mut self,
        officer: &Officer,
        to: Authority,
        reason: Passage,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        match (&self.stage, to) {
            (Stage::EvidenceRequested { .. }, _) | (Stage::OnScene { .. }, Authority::Patrol)
                if !self.conflicts_with(officer) => {}
            _ => {
                self.held_by(officer, now, "escalate the case")?;
            }
        }
        let event = Event::CaseEscalated { to, reason: reason.clone() };
        self.stage = match to {
            Authority::Patrol => Stage::HandedOver { to, reason, at: now },
            Authority::Point => Stage::OnScene { since: now, reason },
        };
        Ok((self, event))
    }

    /// The lease of this officer and the waiting time, if he holds the case now and may.
    pub(super) fn held_by(
        &self,
        officer: &Officer,
        now: DateTime<Utc>,
        action: &'static str,
    ) -> Result<(Lease, DateTime<Utc>), Refusal> {
        if self.conflicts_with(officer) {
            return Err(Refusal::ConflictOfInterest);
        }
        match &self.stage {
            Stage::UnderReview { lease, since } if lease.officer == officer.account => {
                if lease.until <= now {
                    Err(Refusal::LeaseLost)
                } else {
                    Ok((lease.clone(), *since))
                }
            }
            Stage::UnderReview { .. } => Err(Refusal::NotTheReviewer),
            other => Err(other.refuse(action)),
        }
    }
}

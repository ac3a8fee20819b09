//! What the parties bring: data, photos, statements, and the application for remote handling.

use chrono::{DateTime, Utc};

use super::{Case, MoveReceipt, PartyDetails, Stage, Statement, reporting::digest_of};
use crate::{
    digest::Digest,
    event::Event,
    evidence::Photo,
    identifiers::{AccountId, Passage},
    liability::DrivingFacts,
    refusal::Refusal,
    role::PartyRole,
};

/// How many photos of one party a case holds: enough for every slot several times over.
pub const PHOTOS_PER_PARTY: usize = 24;

/// How many versions of its statement a party can give: all are kept, and read with every step.
const STATEMENTS_PER_PARTY: usize = 20;

impl Case {
    /// A party gives or corrects its data. What the document already says is not changed by it.
    pub fn update_party(mut self, by: AccountId, details: PartyDetails) -> Result<(Self, Event), Refusal> {
        self.must_be_open("change personal data")?;
        let party = self.party_mut(by)?;
        party.details = std::mem::take(&mut party.details).overlaid_by(details);
        let event = Event::PartyUpdated { role: party.role, details: digest_of(&party.details) };
        Ok((self, event))
    }

    /// A photo that is durably stored becomes part of the case. The same bytes in the same slot by the same
    /// party are the same photo: then nothing changes and there is no event.
    pub fn add_photo(mut self, photo: Photo) -> Result<(Self, Option<Event>), Refusal> {
        if self.same_photo(&photo).is_some() {
            return Ok((self, None));
        }
        self.may_add_photo(photo.party)?;
        let event = Event::PhotoStored {
            photo: photo.id,
            party: photo.party,
            slot: photo.slot,
            digest: photo.digest,
        };
        self.photos.push(photo);
        Ok((self, Some(event)))
    }

    /// Whether this party may add another photo; asked before its bytes are taken in, and again with them.
    pub fn may_add_photo(&self, party: Option<PartyRole>) -> Result<(), Refusal> {
        if matches!(self.stage, Stage::Decided { .. } | Stage::Concluded { .. } | Stage::Withdrawn { .. }) {
            return Err(self.stage.refuse("add a photo"));
        }
        if self.photos.iter().filter(|photo| photo.party == party).count() >= PHOTOS_PER_PARTY {
            return Err(Refusal::TooManyPhotos);
        }
        Ok(())
    }

    /// The photo that is already there with the same bytes, slot and owner.
    pub fn same_photo(&self, photo: &Photo) -> Option<&Photo> {
        self.photos
            .iter()
            .find(|other| (other.digest, other.slot, other.party) == (photo.digest, photo.slot, photo.party))
    }

    /// Whether the receipt "you may move" can be given now: the law does not hold the scene, and what must be
    /// photographed first is stored (R146 §13-14, §19).
    pub fn may_now_move(&self) -> bool {
        self.move_receipt.is_none() && self.triage.may_leave && self.missing_photos().is_empty()
    }

    /// Gives the signed receipt.
    pub fn allow_move(mut self, receipt: String, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        if !self.triage.may_leave {
            return Err(Refusal::LaneForbids);
        }
        let missing = self.missing_photos();
        if !missing.is_empty() {
            return Err(Refusal::EvidenceMissing(missing));
        }
        let event = Event::MoveAllowed {
            photos: self.photos.iter().map(|photo| photo.digest).collect(),
            receipt: Digest::of(receipt.as_bytes()),
        };
        self.move_receipt = Some(MoveReceipt { at: now, receipt });
        Ok((self, event))
    }

    /// A party says what happened. Earlier versions are kept.
    pub fn give_statement(
        mut self,
        by: AccountId,
        facts: DrivingFacts,
        text: Option<Passage>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.must_be_open("give a statement")?;
        let party = self.party_mut(by)?;
        if party.statements.len() >= STATEMENTS_PER_PARTY {
            return Err(Refusal::TooManyStatements);
        }
        let version = i32::try_from(party.statements.len()).unwrap_or(i32::MAX).saturating_add(1);
        let statement = Statement { version, facts, text, at: now };
        let event = Event::StatementGiven { role: party.role, version, statement: digest_of(&statement) };
        party.statements.push(statement);
        Ok((self, event))
    }

    /// A party applies for remote handling (R146 §20). The case enters the queue when all parties have
    /// applied, or at once when a party applies `alone` because the other does not take part; the other may
    /// still apply while the case waits or is looked at.
    pub fn submit(
        mut self,
        by: AccountId,
        alone: bool,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        let open = matches!(
            self.stage,
            Stage::Collecting
                | Stage::Waiting { .. }
                | Stage::UnderReview { .. }
                | Stage::EvidenceRequested { .. }
        );
        if !open {
            return Err(self.stage.refuse("submit the case"));
        }
        let missing = self.missing_photos();
        if !missing.is_empty() {
            return Err(Refusal::EvidenceMissing(missing));
        }
        let expected = self.expected_parties();
        let party = self.party_mut(by)?;
        if party.statements.is_empty() {
            return Err(Refusal::StatementMissing);
        }
        party.submitted_at.get_or_insert(now);
        let mut events = vec![Event::CaseSubmitted { role: party.role, alone }];
        let all =
            self.parties.len() >= expected && self.parties.iter().all(|party| party.submitted_at.is_some());
        let answered = match &self.stage {
            Stage::EvidenceRequested { request } => {
                self.party(request.role).and_then(|party| party.account) == Some(by)
            }
            Stage::Collecting => all || alone,
            _ => false,
        };
        if answered {
            let since = match &self.stage {
                Stage::EvidenceRequested { request } => request.waiting_since,
                _ => now,
            };
            self.stage = Stage::Waiting { since };
            events.push(Event::CaseQueued {});
        }
        Ok((self, events))
    }

    fn must_be_open(&self, action: &'static str) -> Result<(), Refusal> {
        match self.stage {
            Stage::Collecting
            | Stage::Waiting { .. }
            | Stage::UnderReview { .. }
            | Stage::EvidenceRequested { .. }
            | Stage::OnScene { .. } => Ok(()),
            ref other => Err(other.refuse(action)),
        }
    }
}

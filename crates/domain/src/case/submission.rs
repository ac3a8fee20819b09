//! What the parties bring beside evidence: data, statements, and the application for remote handling.

use chrono::{DateTime, Utc};

use super::{Case, PartyDetails, Stage, Statement, TakenBy, reporting::digest_of};
use crate::{
    digest::Digest,
    event::Event,
    identifiers::{AccountId, Passage, RecordingId},
    liability::DrivingFacts,
    refusal::Refusal,
    role::PartyRole,
};

/// How many versions of its statement a party can give: all are kept, and read with every step.
const STATEMENTS_PER_PARTY: usize = 20;

impl Case {
    /// A party gives or corrects its data. What the document already says is not changed by it. What a helper gives is to
    /// be confirmed anew.
    pub fn update_party(mut self, by: AccountId, details: PartyDetails) -> Result<(Self, Event), Refusal> {
        self.must_be_open("change personal data")?;
        let party = self.party_mut(by)?;
        party.details = std::mem::take(&mut party.details).overlaid_by(details);
        if party.helper.is_some() {
            (party.confirmed, party.code) = (None, None);
        }
        let event = Event::PartyUpdated { role: party.role, details: digest_of(&party.details) };
        Ok((self, event))
    }

    /// A party says what happened, in answers, in words, or in a recording of its own that is stored already.
    /// Earlier versions are kept; a new one is to be confirmed anew.
    pub fn give_statement(
        self,
        by: AccountId,
        facts: DrivingFacts,
        text: Option<Passage>,
        recording: Option<RecordingId>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.must_be_open("give a statement")?;
        let party = self.party_of(by).ok_or(Refusal::NotAParty)?;
        let taken_by = party.helper.as_ref().map(|_| TakenBy::Helper);
        let role = party.role;
        self.state(role, facts, text, recording, taken_by, now)
    }

    /// Adds a version to what a party says, whoever took it down.
    pub(super) fn state(
        mut self,
        role: PartyRole,
        facts: DrivingFacts,
        text: Option<Passage>,
        recording: Option<RecordingId>,
        taken_by: Option<TakenBy>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        if let Some(id) = recording {
            let spoken =
                self.recordings.iter().any(|recording| recording.id == id && recording.party == role);
            if !spoken {
                return Err(Refusal::RecordingUnknown);
            }
        }
        let party = self.party_with(role)?;
        if party.statements.len() >= STATEMENTS_PER_PARTY {
            return Err(Refusal::TooManyStatements);
        }
        let version = i32::try_from(party.statements.len()).unwrap_or(i32::MAX).saturating_add(1);
        let statement = Statement { version, facts, text, at: now, recording, taken_by, confirmed_at: None };
        let event = Event::StatementGiven { role, version, statement: statement.digest() };
        party.statements.push(statement);
        self.absences.remove(&role);
        Ok((self, event))
    }

    /// The party that gave a statement has read or heard it back and says that it is what it said: the latest
    /// version, named by the hash that was shown. Confirming twice changes nothing.
    pub fn confirm_statement(
        mut self,
        by: AccountId,
        shown: Digest,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Event>), Refusal> {
        self.must_be_open("confirm a statement")?;
        let party = self.party_mut(by)?;
        let role = party.role;
        let statement = party.statements.last_mut().ok_or(Refusal::StatementMissing)?;
        if statement.digest() != shown {
            return Err(Refusal::StatementChanged);
        }
        if statement.confirmed_at.is_some() {
            return Ok((self, None));
        }
        statement.confirmed_at = Some(now);
        let event = Event::StatementConfirmed { role, version: statement.version, statement: shown };
        Ok((self, Some(event)))
    }

    /// A party applies for remote handling (R146 §20). The case enters the queue when all parties have
    /// applied, or at once when a party applies `alone` because the other does not take part; the other may
    /// still apply while the case waits or is looked at.
    pub fn submit(
        self,
        by: AccountId,
        alone: bool,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        let role = match self.role_of(by) {
            Ok(role) => role,
            Err(stranger) => {
                self.must_take_applications()?;
                return Err(stranger);
            }
        };
        self.applied(role, alone, now)
    }

    fn must_take_applications(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Collecting
            | Stage::Waiting { .. }
            | Stage::UnderReview { .. }
            | Stage::EvidenceRequested { .. } => Ok(()),
            ref other => Err(other.refuse("submit the case")),
        }
    }

    /// A party applies, whoever notes it.
    pub(super) fn applied(
        mut self,
        role: PartyRole,
        alone: bool,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        self.must_take_applications()?;
        let missing = self.photos_not_yet_here();
        if !missing.is_empty() {
            return Err(Refusal::EvidenceMissing(missing));
        }
        let expected = self.expected_parties();
        let party = self.party_with(role)?;
        if party.statements.is_empty() {
            return Err(Refusal::StatementMissing);
        }
        party.submitted_at.get_or_insert(now);
        self.absences.remove(&role);
        let mut events = vec![Event::CaseSubmitted { role, alone }];
        let all =
            self.parties.len() >= expected && self.parties.iter().all(|party| party.submitted_at.is_some());
        let answered = match &self.stage {
            Stage::EvidenceRequested { request } => request.role == role,
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

    pub(super) fn must_be_open(&self, action: &'static str) -> Result<(), Refusal> {
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

//! How long the bytes of evidence are kept: by what a case has become, and never while it is under legal hold.
//! What stays for ever is the proof: digests, decisions, documents, journal.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Case, Stage};
use crate::{
    digest::Digest,
    event::Event,
    identifiers::{AccountId, Passage},
    refusal::Refusal,
};

/// Why a case must be kept whole, whatever its term: a lawsuit, a review, an inquiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalHold {
    /// The supervisor who placed it.
    pub by: AccountId,
    /// The reason given.
    pub reason: Passage,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// What a case's evidence is kept as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetentionClass {
    /// Of a report that was taken back, or that nobody went on with.
    Draft,
    /// Of a case that was handled.
    CaseFile,
}

impl RetentionClass {
    /// The name in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::CaseFile => "case_file",
        }
    }
}

/// How long the bytes of each class are kept; `None` is for ever. PIPL §19 asks for the shortest time that the
/// purpose needs; the archive term of simplified files is for the city to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionTerms {
    /// Since the last that came in, or since it was taken back.
    pub drafts: Option<TimeDelta>,
    /// Since the case was closed.
    pub case_files: Option<TimeDelta>,
}

impl RetentionTerms {
    /// The term of a class.
    pub fn of(&self, class: RetentionClass) -> Option<TimeDelta> {
        match class {
            RetentionClass::Draft => self.drafts,
            RetentionClass::CaseFile => self.case_files,
        }
    }
}

impl Case {
    /// What its evidence is kept as, and since when the term runs; `None` while somebody works on the case.
    pub fn retention(&self) -> Option<(RetentionClass, DateTime<Utc>)> {
        match &self.stage {
            Stage::Collecting => Some((RetentionClass::Draft, self.last_contribution())),
            Stage::Withdrawn { at } | Stage::Closed { at, .. } => Some((RetentionClass::Draft, *at)),
            Stage::Concluded { concluded_at: at, .. }
            | Stage::Agreed { concluded_at: at, .. }
            | Stage::SettledOnScene { at }
            | Stage::HandedOver { at, .. } => Some((RetentionClass::CaseFile, *at)),
            Stage::Certified { certificate } => Some((RetentionClass::CaseFile, certificate.issued_at)),
            Stage::Waiting { .. }
            | Stage::Agreeing { .. }
            | Stage::UnderReview { .. }
            | Stage::EvidenceRequested { .. }
            | Stage::Decided { .. }
            | Stage::OnScene { .. } => None,
        }
    }

    /// When somebody last added evidence; when it was reported, if nobody did.
    fn last_contribution(&self) -> DateTime<Utc> {
        let photos = self.photos.iter().map(|photo| photo.received_at);
        let recordings = self.recordings.iter().map(|recording| recording.received_at);
        let commitments = self.commitments.iter().map(|commitment| commitment.committed_at);
        photos.chain(recordings).chain(commitments).fold(self.reported_at, DateTime::max)
    }

    /// Keeps the case whole until the hold is lifted.
    pub fn place_legal_hold(
        mut self,
        by: AccountId,
        reason: Passage,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        if self.legal_hold.is_some() {
            return Err(Refusal::LegalHoldStands);
        }
        self.legal_hold = Some(LegalHold { by, reason: reason.clone(), since: now });
        Ok((self, Event::LegalHoldPlaced { reason }))
    }

    /// Ends the hold; from now on the term counts again.
    pub fn lift_legal_hold(mut self, reason: Passage) -> Result<(Self, Event), Refusal> {
        if self.legal_hold.take().is_none() {
            return Err(Refusal::NoLegalHold);
        }
        Ok((self, Event::LegalHoldLifted { reason }))
    }

    /// Marks all evidence whose term is over as erased; its bytes may be removed once this is saved. Nothing while
    /// the case is under legal hold, and nothing twice.
    pub fn erase_what_is_due(mut self, terms: &RetentionTerms, now: DateTime<Utc>) -> (Self, Vec<Event>) {
        let Some((class, since)) = self.retention().filter(|_| self.legal_hold.is_none()) else {
            return (self, Vec::new());
        };
        if terms.of(class).is_none_or(|term| now - since < term) {
            return (self, Vec::new());
        }
        let erased = |evidence: Uuid, digest: Digest| Event::EvidenceErased {
            evidence,
            digest,
            class: class.name().to_owned(),
        };
        let mut events = Vec::new();
        for photo in self.photos.iter_mut().filter(|photo| photo.erased_at.is_none()) {
            photo.erased_at = Some(now);
            events.push(erased(photo.id.0, photo.digest));
        }
        for recording in self.recordings.iter_mut().filter(|recording| recording.erased_at.is_none()) {
            recording.erased_at = Some(now);
            events.push(erased(recording.id.0, recording.digest));
        }
        (self, events)
    }
}

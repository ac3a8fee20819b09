//! Evidence comes in: commitments, photos, recordings; and the receipt "you may move" that follows from them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Case, MoveReceipt, Stage, reporting::digest_of};
use crate::{
    digest::Digest,
    event::{Committed, Event},
    evidence::{self, Capture, Commitment, Examination, Fulfilment, Media, Photo, Recording, Slot},
    identifiers::{AccountId, CommitmentId, PhotoId},
    refusal::Refusal,
    role::PartyRole,
};

/// How many photos of one party a case holds: enough for every slot several times over.
pub const PHOTOS_PER_PARTY: usize = 24;

/// How many recordings of one party a case holds: clips of the dash camera and spoken statements.
pub const RECORDINGS_PER_PARTY: usize = 8;

/// How many commitments of one party a case holds: as many as there may be bytes for.
pub const COMMITMENTS_PER_PARTY: usize = PHOTOS_PER_PARTY + RECORDINGS_PER_PARTY;

/// What a party fixes by its hash.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCommitment {
    /// Its id, should it be new.
    pub id: CommitmentId,
    /// Photo or recording.
    pub media: Media,
    /// What it shows.
    pub slot: Slot,
    /// SHA-256 of the bytes to come.
    pub digest: Digest,
    /// How many bytes will come.
    pub bytes: i64,
    /// When, where and with what it was captured.
    pub capture: Capture,
}

/// Why the parties may not move yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stay {
    /// The law holds the scene, or somebody comes to see it.
    SceneMustStay,
    /// What must be photographed first is neither stored nor committed.
    PhotosMissing(BTreeSet<Slot>),
}

impl Case {
    /// Mandatory photos that nobody has stored or committed yet.
    pub fn missing_photos(&self) -> BTreeSet<Slot> {
        evidence::missing(self.shots.for_submission(), &self.photos, &self.commitments)
    }

    /// Mandatory photos whose bytes are not here yet: an officer cannot look at a hash.
    pub fn photos_not_yet_here(&self) -> BTreeSet<Slot> {
        evidence::missing(self.shots.for_submission(), &self.photos, [])
    }

    /// Commitments for which no bytes came yet.
    pub fn outstanding(&self) -> impl Iterator<Item = &Commitment> {
        self.commitments.iter().filter(|commitment| !self.is_fulfilled(commitment.id))
    }

    /// Whether the bytes that were committed are here.
    pub fn is_fulfilled(&self, id: CommitmentId) -> bool {
        let kept = |fulfilment: Option<Fulfilment>| fulfilment == Some(Fulfilment::Kept(id));
        self.photos.iter().any(|photo| kept(photo.fulfilment))
            || self.recordings.iter().any(|recording| kept(recording.fulfilment))
    }

    /// A party fixes evidence by its hashes; the bytes come later. What it committed before is not doubled. Bytes
    /// that are here already count as the committed ones.
    pub fn commit_evidence(
        mut self,
        by: AccountId,
        new: Vec<NewCommitment>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Event>), Refusal> {
        let role = self.role_of(by)?;
        self.may_add_evidence()?;
        let mut committed = Vec::new();
        for NewCommitment { id, media, slot, digest, bytes, capture } in new {
            if self.commitments.iter().any(|known| known.is_for(role, slot, digest)) {
                continue;
            }
            let commitment =
                Commitment { id, party: role, media, slot, digest, bytes, capture, committed_at: now };
            self.commitments.push(commitment);
            committed.push(Committed { commitment: id, slot, digest });
            let kept = Fulfilment::Kept(id);
            let key = (Some(role), slot, digest);
            for photo in self.photos.iter_mut().filter(|photo| (photo.party, photo.slot, photo.digest) == key)
            {
                photo.fulfilment.get_or_insert(kept);
            }
            let key = (role, slot, digest);
            for other in
                self.recordings.iter_mut().filter(|other| (other.party, other.slot, other.digest) == key)
            {
                other.fulfilment.get_or_insert(kept);
            }
        }
        if self.commitments.iter().filter(|c| c.party == role).count() > COMMITMENTS_PER_PARTY {
            return Err(Refusal::TooManyCommitments);
        }
        let event =
            (!committed.is_empty()).then_some(Event::EvidenceCommitted { role, commitments: committed });
        Ok((self, event))
    }

    /// How bytes of this digest, sent by `party` for `named` or for nothing in particular, stand to what was
    /// committed. Where the party still owes committed bytes for this slot, others come in their place, whether it
    /// names the commitment or not: who was told that he may move cannot swap photos unnoticed.
    pub fn fulfilment(
        &self,
        party: PartyRole,
        slot: Slot,
        digest: Digest,
        named: Option<CommitmentId>,
    ) -> Result<Option<Fulfilment>, Refusal> {
        let Some(id) = named else {
            let kept = self.commitments.iter().find(|c| c.is_for(party, slot, digest));
            let owed = || self.outstanding().find(|c| (c.party, c.slot) == (party, slot));
            return Ok(kept
                .map(|c| Fulfilment::Kept(c.id))
                .or_else(|| owed().map(|c| Fulfilment::Different(c.id))));
        };
        let same = self.commitment_of(party, slot, id)?.digest == digest;
        Ok(Some(if same { Fulfilment::Kept(id) } else { Fulfilment::Different(id) }))
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
            fulfilment: photo.fulfilment,
        };
        self.photos.push(photo);
        Ok((self, Some(event)))
    }

    /// Whether this party may add another piece of evidence, and made the commitment that it names for this slot;
    /// asked before the bytes are taken in, and again with them.
    pub fn may_add(
        &self,
        media: Media,
        party: PartyRole,
        slot: Slot,
        named: Option<CommitmentId>,
    ) -> Result<(), Refusal> {
        match media {
            Media::Photo => self.may_add_photo(Some(party))?,
            Media::Recording => self.may_add_recording(party)?,
        }
        named.map_or(Ok(()), |id| self.commitment_of(party, slot, id).map(drop))
    }

    fn commitment_of(&self, party: PartyRole, slot: Slot, id: CommitmentId) -> Result<&Commitment, Refusal> {
        let meant = |c: &&Commitment| (c.id, c.party, c.slot) == (id, party, slot);
        self.commitments.iter().find(meant).ok_or(Refusal::CommitmentUnknown)
    }

    /// Whether this party may add another photo; asked before its bytes are taken in, and again with them.
    pub fn may_add_photo(&self, party: Option<PartyRole>) -> Result<(), Refusal> {
        self.may_add_evidence()?;
        if self.photos.iter().filter(|photo| photo.party == party).count() >= PHOTOS_PER_PARTY {
            return Err(Refusal::TooManyPhotos);
        }
        Ok(())
    }

    fn may_add_evidence(&self) -> Result<(), Refusal> {
        let closed = matches!(
            self.stage,
            Stage::Decided { .. }
                | Stage::Concluded { .. }
                | Stage::Agreed { .. }
                | Stage::Certified { .. }
                | Stage::Withdrawn { .. }
                | Stage::Closed { .. }
        );
        if closed {
            return Err(self.stage.refuse("add evidence"));
        }
        Ok(())
    }

    /// The photo that is already there with the same bytes, slot and owner.
    pub fn same_photo(&self, photo: &Photo) -> Option<&Photo> {
        let key = |photo: &Photo| (photo.digest, photo.slot, photo.party);
        self.photos.iter().find(|other| key(other) == key(photo) && other.erased_at.is_none())
    }

    /// A recording that is durably stored becomes part of the case; the same bytes in the same slot by the same
    /// party are the same recording.
    pub fn add_recording(mut self, recording: Recording) -> Result<(Self, Option<Event>), Refusal> {
        if self.same_recording(&recording).is_some() {
            return Ok((self, None));
        }
        self.may_add_recording(recording.party)?;
        let event = Event::RecordingStored {
            recording: recording.id,
            party: recording.party,
            slot: recording.slot,
            digest: recording.digest,
            fulfilment: recording.fulfilment,
        };
        self.recordings.push(recording);
        Ok((self, Some(event)))
    }

    /// Whether this party may add another recording.
    pub fn may_add_recording(&self, party: PartyRole) -> Result<(), Refusal> {
        self.may_add_evidence()?;
        if self.recordings.iter().filter(|recording| recording.party == party).count() >= RECORDINGS_PER_PARTY
        {
            return Err(Refusal::TooManyRecordings);
        }
        Ok(())
    }

    /// The recording that is already there with the same bytes, slot and owner.
    pub fn same_recording(&self, recording: &Recording) -> Option<&Recording> {
        let key = |recording: &Recording| (recording.digest, recording.slot, recording.party);
        self.recordings.iter().find(|other| key(other) == key(recording) && other.erased_at.is_none())
    }

    /// Notes what was found in the bytes of a photo. The same finding again changes nothing, and a photo that could be
    /// looked at once is not called unreadable later.
    pub fn photo_examined(mut self, id: PhotoId, found: Examination) -> (Self, Option<Event>) {
        let event = Event::PhotoExamined { photo: id, examination: digest_of(&found) };
        match self.photos.iter_mut().find(|photo| photo.id == id) {
            Some(photo) if photo.learns_from(&found) => {
                photo.examination = Some(found);
                (self, Some(event))
            }
            _ => (self, None),
        }
    }

    /// Whether the receipt "you may move" can be given now: the law does not hold the scene, and what must be
    /// photographed first is stored or committed (R146 §13-14, §19).
    pub fn may_now_move(&self) -> bool {
        self.move_receipt.is_none() && self.may_leave_now()
    }

    /// Whether the law lets the parties leave and the scene is preserved.
    pub fn may_leave_now(&self) -> bool {
        self.why_stay().is_none()
    }

    /// Why the receipt cannot be given; nothing when it can. Once somebody is to come to the scene, it stays.
    pub fn why_stay(&self) -> Option<Stay> {
        let somebody_comes = matches!(
            self.stage,
            Stage::OnScene { .. } | Stage::SettledOnScene { .. } | Stage::HandedOver { .. }
        );
        if !self.triage.may_leave || somebody_comes {
            return Some(Stay::SceneMustStay);
        }
        let missing = evidence::missing(self.shots.for_moving(), &self.photos, &self.commitments);
        (!missing.is_empty()).then_some(Stay::PhotosMissing(missing))
    }

    /// Gives the signed receipt. One that names more takes the place of an earlier one, which is kept.
    pub fn allow_move(mut self, receipt: String, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        match self.why_stay() {
            Some(Stay::SceneMustStay) => return Err(Refusal::LaneForbids),
            Some(Stay::PhotosMissing(missing)) => return Err(Refusal::EvidenceMissing(missing)),
            None => {}
        }
        let event = Event::MoveAllowed { photos: self.preserved(), receipt: Digest::of(receipt.as_bytes()) };
        self.earlier_receipts.extend(self.move_receipt.take());
        self.move_receipt = Some(MoveReceipt { at: now, receipt });
        Ok((self, event))
    }

    /// The hashes of all that is stored or committed, each once.
    pub fn preserved(&self) -> Vec<Digest> {
        let here = |erased_at: Option<DateTime<Utc>>| erased_at.is_none();
        let photos = self.photos.iter().filter(|photo| here(photo.erased_at)).map(|photo| photo.digest);
        let recordings =
            self.recordings.iter().filter(|other| here(other.erased_at)).map(|recording| recording.digest);
        let committed = self.commitments.iter().map(|commitment| commitment.digest);
        let mut seen = BTreeSet::new();
        photos.chain(recordings).chain(committed).filter(|digest| seen.insert(*digest)).collect()
    }
}

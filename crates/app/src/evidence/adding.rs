//! Bytes come in: durable first, then part of the case, then examined.

use std::{fmt, pin::pin, sync::Arc};

use bytes::Bytes;
use domain::{
    case::Case,
    digest::Digest,
    event::Event,
    evidence::{Capture, Media, Photo, Recording, Slot},
    identifiers::{CaseId, CommitmentId, PhotoId, RecordingId},
    refusal::Refusal,
    role::PartyRole,
};
use evidence::{Received, ReceivedRecording, RecordingError, receive_recording};
use futures_util::{Stream, StreamExt as _};
use store::{WaitingPhoto, Work};

use crate::{access::Driver, context::App, error::AppError, once::Prepared};

/// Bytes on their way in, with what their sender says of them.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Photo or recording.
    pub media: Media,
    /// What it shows.
    pub slot: Slot,
    /// When, where and with what it was captured.
    pub capture: Capture,
    /// The commitment for which the bytes are sent.
    pub commitment: Option<CommitmentId>,
    /// Most bytes that are taken. A photo has the limit of the photo intake besides.
    pub most_bytes: u64,
}

/// What the bytes became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A photo.
    Photo(PhotoId),
    /// A recording.
    Recording(RecordingId),
}

/// A case with a piece of evidence that is durably part of it.
#[derive(Debug, Clone)]
pub struct Added {
    /// The case.
    pub case: Case,
    /// The piece.
    pub piece: Piece,
    /// Whether it is new; the same bytes in the same slot by the same party are the same piece.
    pub fresh: bool,
}

impl App {
    /// Takes the bytes of a photo or recording: into the object store, and only when they are durable there into
    /// the case. A photo is examined then, for which the answer waits a moment; see [`App::examine_left_over`].
    pub async fn add_evidence_bytes<S, E>(
        self: &Arc<Self>,
        by: Driver,
        id: CaseId,
        incoming: Incoming,
        body: S,
    ) -> Result<Added, AppError>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: fmt::Display,
    {
        let case = self.case_for_driver(id, by).await?;
        let role = case.role_of(by.0)?;
        if let Err(refusal) = case.may_add(incoming.media, role, incoming.slot, incoming.commitment) {
            return self.known_or_refused(case, role, &incoming, body, refusal).await;
        }
        match incoming.media {
            Media::Photo => {
                let received = self.parts.photos.receive(body).await?;
                let added = self.write(async || self.add_photo(by, id, &incoming, received).await).await?;
                Ok(self.examined(added).await)
            }
            Media::Recording => {
                let received =
                    receive_recording(self.parts.objects.as_ref(), incoming.most_bytes, body).await?;
                self.write(async || self.add_recording(by, id, &incoming, received).await).await
            }
        }
    }

    /// The case takes nothing more. But when the answer to an upload was lost, the same bytes come again: then the
    /// first answer still holds. Nothing of them is kept here.
    async fn known_or_refused<S, E>(
        &self,
        case: Case,
        role: PartyRole,
        incoming: &Incoming,
        body: S,
        refusal: Refusal,
    ) -> Result<Added, AppError>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: fmt::Display,
    {
        let candidates = pieces(&case, role, incoming);
        if candidates.is_empty() || matches!(refusal, Refusal::CommitmentUnknown) {
            return Err(refusal.into());
        }
        let digest = self.digest_of_body(incoming.most_bytes, body).await?;
        let known = candidates.into_iter().find(|(known, _)| *known == digest);
        let (_, piece) = known.ok_or(refusal)?;
        Ok(Added { case, piece, fresh: false })
    }

    async fn digest_of_body<S, E>(&self, most: u64, body: S) -> Result<Digest, AppError>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: fmt::Display,
    {
        let mut body = pin!(body);
        let mut staging = self.parts.objects.stage().await?;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| RecordingError::Interrupted { cause: error.to_string() })?;
            staging.write(&chunk).await?;
            if staging.bytes() > most {
                return Err(RecordingError::TooLarge { limit: most }.into());
            }
        }
        Ok(staging.finish().await?.digest())
    }

    /// Makes a stored photo part of the case; gives the receipt "you may move" with the last mandatory one.
    async fn add_photo(
        &self,
        by: Driver,
        id: CaseId,
        incoming: &Incoming,
        received: Received,
    ) -> Result<Prepared<Added>, AppError> {
        let now = self.now();
        let case = self.case_for_driver(id, by).await?;
        let role = case.role_of(by.0)?;
        let photo = Photo {
            id: PhotoId(self.new_id()),
            party: Some(role),
            slot: incoming.slot,
            digest: received.digest,
            bytes: i64::try_from(received.bytes).unwrap_or(i64::MAX),
            media_type: received.media_type.to_string(),
            width: i32::try_from(received.width).unwrap_or(i32::MAX),
            height: i32::try_from(received.height).unwrap_or(i32::MAX),
            received_at: now,
            capture: incoming.capture.clone(),
            fulfilment: case.fulfilment(role, incoming.slot, received.digest, incoming.commitment)?,
            examination: None,
            erased_at: None,
        };
        let mut work = Work::new();
        let known = case.same_photo(&photo).map(|same| same.id);
        let piece = Piece::Photo(known.unwrap_or(photo.id));
        if known.is_none() {
            work.insert_evidence(id, Media::Photo, photo.id.0, photo.digest, now);
        }
        let (mut case, stored) = case.add_photo(photo)?;
        let mut events: Vec<Event> = stored.into_iter().collect();
        if case.may_now_move() {
            let receipt = self.move_receipt(&case, now)?;
            let (moved, event) = case.allow_move(receipt, now)?;
            case = moved;
            events.push(event);
        }
        if !events.is_empty() {
            self.record(&mut work, &mut case, by.actor(), now, events)?;
            work.save_case(&mut case)?;
        }
        Ok(Prepared { value: Added { case, piece, fresh: known.is_none() }, work })
    }

    /// Makes a stored recording part of the case.
    async fn add_recording(
        &self,
        by: Driver,
        id: CaseId,
        incoming: &Incoming,
        received: ReceivedRecording,
    ) -> Result<Prepared<Added>, AppError> {
        let now = self.now();
        let case = self.case_for_driver(id, by).await?;
        let role = case.role_of(by.0)?;
        let recording = Recording {
            id: RecordingId(self.new_id()),
            party: role,
            kind: received.recording_type.kind(),
            slot: incoming.slot,
            digest: received.digest,
            bytes: i64::try_from(received.bytes).unwrap_or(i64::MAX),
            media_type: received.recording_type.to_string(),
            received_at: now,
            capture: incoming.capture.clone(),
            fulfilment: case.fulfilment(role, incoming.slot, received.digest, incoming.commitment)?,
            erased_at: None,
        };
        let mut work = Work::new();
        let known = case.same_recording(&recording).map(|same| same.id);
        let piece = Piece::Recording(known.unwrap_or(recording.id));
        if known.is_none() {
            work.insert_evidence(id, Media::Recording, recording.id.0, recording.digest, now);
        }
        let (mut case, stored) = case.add_recording(recording)?;
        if let Some(event) = stored {
            self.record(&mut work, &mut case, by.actor(), now, [event])?;
            work.save_case(&mut case)?;
        }
        Ok(Prepared { value: Added { case, piece, fresh: known.is_none() }, work })
    }

    /// The same, with what the examination of a photo found, if it ends soon.
    async fn examined(self: &Arc<Self>, mut added: Added) -> Added {
        let case = added.case.id;
        let photo = added.case.photos.iter_mut().find(|photo| Piece::Photo(photo.id) == added.piece);
        if let Some(photo) = photo.filter(|photo| photo.examination.is_none()) {
            let waiting = WaitingPhoto { id: photo.id, case, digest: photo.digest };
            photo.examination = self.examine_at_once(waiting).await;
        }
        added
    }
}

/// What the party has in this slot already.
fn pieces(case: &Case, role: PartyRole, incoming: &Incoming) -> Vec<(Digest, Piece)> {
    match incoming.media {
        Media::Photo => {
            let own = |photo: &&Photo| photo.party == Some(role) && photo.slot == incoming.slot;
            case.photos.iter().filter(own).map(|photo| (photo.digest, Piece::Photo(photo.id))).collect()
        }
        Media::Recording => {
            let own = |other: &&Recording| other.party == role && other.slot == incoming.slot;
            case.recordings
                .iter()
                .filter(own)
                .map(|other| (other.digest, Piece::Recording(other.id)))
                .collect()
        }
    }
}

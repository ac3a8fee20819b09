//! Reading evidence: by the party that brought it, by officers of the district, by the unit on its way; and who
//! looked at what stands in the journal before the bytes are given out.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use domain::{
    case::{Case, Officer},
    digest::Digest,
    event::{Copied, Event},
    evidence::{Photo, Recording},
    identifiers::{CaseId, PhotoId, RecordingId, SessionId},
    journal::Actor,
    role::PartyRole,
};
use evidence::OpenObject;
use store::Work;
use uuid::Uuid;

use crate::{
    access::{Driver, PointStaff, officer_actor},
    context::App,
    error::AppError,
    evidence::PhotoCopy,
    once::Prepared,
};

/// How many views are kept in mind: some hundred officers, each with some hundred photos. A view that was forgotten
/// is recorded again when it is repeated.
const MOST_SEEN: usize = 65_536;

/// In how many lanes the readings of cases are recorded; those of one case in one lane.
const LANES: usize = 64;

/// In which right somebody reads.
#[derive(Debug, Clone)]
pub enum Right {
    /// A party reads its own evidence.
    Driver(Driver),
    /// An officer reads the evidence of a case of his district.
    Officer(Officer),
    /// A unit reads the evidence of the case it has a task for.
    Unit(PointStaff),
}

/// Who reads.
#[derive(Debug, Clone)]
pub struct Reader {
    /// In which right.
    pub right: Right,
    /// In which session.
    pub session: SessionId,
}

impl Reader {
    /// How the journal names the reader.
    pub(crate) fn actor(&self) -> Actor {
        match &self.right {
            Right::Driver(by) => by.actor(),
            Right::Officer(by) => officer_actor(by),
            Right::Unit(by) => by.actor(),
        }
    }
}

/// What somebody is about to be given.
#[derive(Debug, Clone, Copy)]
struct Given {
    case: CaseId,
    evidence: Uuid,
    digest: Digest,
    owner: Option<PartyRole>,
    copy: Copied,
    /// Whether one reading may take many requests.
    in_pieces: bool,
}

/// Which views were recorded in this process, and whose turn it is to record.
#[derive(Debug)]
pub(crate) struct Readings {
    seen: Mutex<Seen>,
    /// Links whose refusal was recorded: who repeats one fills no journal.
    refused: Mutex<Seen>,
    /// Readers of one case take turns: all of them add to the same journal.
    turns: [tokio::sync::Mutex<()>; LANES],
}

#[derive(Debug, Default)]
struct Seen {
    pairs: HashSet<(Uuid, Uuid)>,
    order: VecDeque<(Uuid, Uuid)>,
}

impl Seen {
    /// Whether it was not there. The oldest makes room.
    fn insert(&mut self, pair: (Uuid, Uuid)) -> bool {
        let new = self.pairs.insert(pair);
        if new {
            self.order.push_back(pair);
        }
        if self.order.len() > MOST_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.pairs.remove(&oldest);
        }
        new
    }
}

impl Default for Readings {
    fn default() -> Self {
        Self {
            seen: Mutex::default(),
            refused: Mutex::default(),
            turns: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        }
    }
}

impl Readings {
    fn has_seen(&self, session: SessionId, evidence: Uuid) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.pairs.contains(&(session.0, evidence))
    }

    fn remember(&self, session: SessionId, evidence: Uuid) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert((session.0, evidence));
    }

    /// Whether nobody recorded yet that this link was refused to this account, or to somebody unknown.
    pub(crate) fn is_first_refusal(&self, link: Uuid, who: Option<Actor>) -> bool {
        let account = match who {
            Some(Actor::Account { account, .. }) => account.0,
            Some(Actor::Service) | None => Uuid::nil(),
        };
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).insert((link, account))
    }

    async fn turn(&self, case: CaseId) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let lanes = u128::try_from(LANES).unwrap_or(1);
        let lane = usize::try_from(case.0.as_u128() % lanes).unwrap_or_default();
        Some(self.turns.get(lane)?.lock().await)
    }
}

impl App {
    /// The case as this reader may see it, and whose evidence in it: its own role for a party, everybody's for staff.
    async fn case_for_reader(&self, by: &Reader, id: CaseId) -> Result<(Case, Option<PartyRole>), AppError> {
        match &by.right {
            Right::Driver(driver) => {
                let case = self.case_for_driver(id, *driver).await?;
                let role = case.role_of(driver.0)?;
                Ok((case, Some(role)))
            }
            Right::Officer(officer) => Ok((self.case_for_officer(id, officer).await?, None)),
            Right::Unit(unit) => Ok((self.case_for_unit(id, *unit).await?, None)),
        }
    }

    /// A photo that this reader may see.
    pub(crate) async fn photo_for(&self, by: &Reader, id: CaseId, photo: PhotoId) -> Result<Photo, AppError> {
        let (case, only) = self.case_for_reader(by, id).await?;
        let may_see = |other: &Photo| other.id == photo && (only.is_none() || other.party == only);
        case.photos.into_iter().find(may_see).ok_or(AppError::NotFound("photo"))
    }

    /// The bytes of a photo; that they were read is in the journal when this returns.
    pub async fn read_photo(
        self: &Arc<Self>,
        by: &Reader,
        id: CaseId,
        photo: PhotoId,
        copy: PhotoCopy,
    ) -> Result<(Photo, Bytes), AppError> {
        let photo = self.photo_for(by, id, photo).await?;
        let (photo, bytes) = self.photo_bytes(id, Some(photo), copy).await?;
        let copied = match copy {
            PhotoCopy::Original => Some(Copied::Original),
            PhotoCopy::View => Some(Copied::View),
            PhotoCopy::Thumbnail => None,
        };
        if let Some(copy) = copied {
            let given = Given {
                case: id,
                evidence: photo.id.0,
                digest: photo.digest,
                owner: photo.party,
                copy,
                in_pieces: false,
            };
            self.note_reading(by, given).await?;
        }
        Ok((photo, bytes))
    }

    /// The bytes of a recording, which is always the original; that they were read is in the journal when this
    /// returns.
    pub async fn read_recording(
        &self,
        by: &Reader,
        id: CaseId,
        recording: RecordingId,
    ) -> Result<(Recording, OpenObject), AppError> {
        let (case, only) = self.case_for_reader(by, id).await?;
        let may_see = |other: &Recording| only.is_none_or(|role| other.party == role);
        let (recording, object) = self.recording_bytes(case, recording, may_see).await?;
        let given = Given {
            case: id,
            evidence: recording.id.0,
            digest: recording.digest,
            owner: Some(recording.party),
            copy: Copied::Original,
            in_pieces: true,
        };
        self.note_reading(by, given).await?;
        Ok((recording, object))
    }

    /// Records every download by staff, and once a session: a view, a recording (players ask for it piece by piece),
    /// and a party's own. That a party looks at its own copies is not recorded.
    async fn note_reading(&self, by: &Reader, given: Given) -> Result<(), AppError> {
        let own = matches!(by.right, Right::Driver(_)) && given.owner.is_some();
        let is_view = given.copy == Copied::View;
        let once = is_view || own || given.in_pieces;
        if (own && is_view) || (once && self.readings.has_seen(by.session, given.evidence)) {
            return Ok(());
        }
        let _turn = self.readings.turn(given.case).await;
        if once && self.readings.has_seen(by.session, given.evidence) {
            return Ok(());
        }
        let Given { case, evidence, digest, copy, .. } = given;
        self.note(case, by.actor(), Event::EvidenceRead { evidence, digest, copy }).await?;
        if once {
            self.readings.remember(by.session, evidence);
        }
        Ok(())
    }

    /// Adds an entry to the journal of a case that changes nothing else.
    pub(crate) async fn note(&self, id: CaseId, actor: Actor, event: Event) -> Result<(), AppError> {
        self.write(async || {
            let case = self.parts.store.find_case_for_service(id).await?;
            let mut case = case.ok_or(AppError::NotFound("case"))?;
            let mut work = Work::new();
            self.record(&mut work, &mut case, actor, self.now(), [event.clone()])?;
            work.save_case(&mut case)?;
            Ok(Prepared { value: (), work })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: usize) -> SessionId {
        SessionId(Uuid::from_u128(number.try_into().unwrap()))
    }

    #[test]
    fn a_view_is_known_in_its_session_only_and_the_memory_is_bounded() {
        let readings = Readings::default();
        let photo = Uuid::from_u128(7);
        readings.remember(session(0), photo);
        assert!(readings.has_seen(session(0), photo));
        assert!(!readings.has_seen(session(1), photo));
        assert!(!readings.has_seen(session(0), Uuid::from_u128(8)));
        for number in 1..=MOST_SEEN {
            readings.remember(session(number), photo);
            readings.remember(session(number), photo);
        }
        assert!(!readings.has_seen(session(0), photo), "the oldest makes room");
        assert!(readings.has_seen(session(1), photo));
        assert_eq!(readings.seen.lock().unwrap().order.len(), MOST_SEEN);
    }
}

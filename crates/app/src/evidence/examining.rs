//! Photos are examined behind their upload: whoever sent one does not have to wait, and one that nobody has examined
//! is found again.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use domain::{evidence::Examination, identifiers::PhotoId, journal::Actor};
use store::{StoreError, WaitingPhoto, Work};
use tokio::{task::JoinHandle, time::timeout};

use crate::{context::App, error::AppError};

/// How long the answer to an upload waits for what the examination finds.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many photos wait to be examined in one process. Each is a few ids; what is beyond is found later.
const MOST_UNDER_WAY: usize = 256;

/// How often a finding is noted again when somebody else saved the same case first.
const TRIES: usize = 16;

/// How old a photo must be before anybody wonders why it is not examined yet.
const LEFT_OVER: TimeDelta = TimeDelta::seconds(30);

/// The photos that are being examined in this process.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<HashSet<PhotoId>>);

impl UnderWay {
    /// Whether there was a place for this photo; nobody examines one twice at a time.
    fn enter(&self, photo: PhotoId) -> bool {
        let mut photos = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        photos.len() < MOST_UNDER_WAY && photos.insert(photo)
    }

    fn leave(&self, photo: PhotoId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&photo);
    }
}

/// A photo's place among those that are being examined.
struct Place {
    app: Arc<App>,
    photo: PhotoId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.app.under_way.leave(self.photo);
    }
}

impl App {
    /// Examines a photo and gives what was found, if that is soon. It goes on when nobody waits any more.
    pub(crate) async fn examine_at_once(self: &Arc<Self>, photo: WaitingPhoto) -> Option<Examination> {
        let examining = self.start_examining(photo)?;
        timeout(PATIENCE, examining).await.ok()?.ok()?
    }

    /// Starts to examine a photo, if it has a place and is not being examined already.
    pub(crate) fn start_examining(
        self: &Arc<Self>,
        photo: WaitingPhoto,
    ) -> Option<JoinHandle<Option<Examination>>> {
        if !self.under_way.enter(photo.id) {
            return None;
        }
        let place = Place { app: Arc::clone(self), photo: photo.id };
        Some(tokio::spawn(async move {
            let examined = place.app.examine_photo(photo).await;
            examined
                .inspect_err(
                    |error| tracing::warn!(photo = %photo.id, %error, "a photo could not be examined"),
                )
                .ok()
        }))
    }

    /// Examines a photo and notes in its case what was found.
    async fn examine_photo(&self, photo: WaitingPhoto) -> Result<Examination, AppError> {
        let found = self.parts.photos.examine(photo.digest).await?;
        for _ in 0..TRIES {
            let work = self.note_examination(photo, &found).await?;
            match self.parts.store.commit(work).await {
                Ok(()) => return Ok(found),
                Err(StoreError::Stale(_) | StoreError::Duplicate(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable("too many writers on one case".to_owned()).into())
    }

    async fn note_examination(&self, photo: WaitingPhoto, found: &Examination) -> Result<Work, AppError> {
        let now = self.now();
        let case = self.parts.store.find_case_for_service(photo.case).await?;
        let (mut case, event) =
            case.ok_or(AppError::NotFound("case"))?.photo_examined(photo.id, found.clone());
        let mut work = Work::new();
        work.photo_examined(photo.id, found.perceptual, now);
        if let Some(event) = event {
            self.record(&mut work, &mut case, Actor::Service, now, [event])?;
            work.save_case(&mut case)?;
        }
        Ok(work)
    }

    /// Starts to examine the photos that a process left unexamined when it ended, or that found no place. Gives how
    /// many were started.
    pub async fn examine_left_over(self: &Arc<Self>) -> Result<usize, AppError> {
        let most = u64::try_from(MOST_UNDER_WAY).unwrap_or(u64::MAX);
        let waiting = self.parts.store.photos_not_examined(self.now() - LEFT_OVER, most).await?;
        Ok(waiting.into_iter().filter(|photo| self.start_examining(*photo).is_some()).count())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_photo_is_examined_once_at_a_time_and_not_too_many_wait() {
        let under_way = UnderWay::default();
        let photo = |number: usize| PhotoId(Uuid::from_u128(number.try_into().unwrap()));
        assert!(under_way.enter(photo(0)));
        assert!(!under_way.enter(photo(0)), "twice at a time");
        assert!((1..MOST_UNDER_WAY).all(|number| under_way.enter(photo(number))));
        assert!(!under_way.enter(photo(MOST_UNDER_WAY)), "too many");
        under_way.leave(photo(0));
        assert!(under_way.enter(photo(MOST_UNDER_WAY)));
    }
}

//! Retention: legal holds, and the removal of bytes whose term is over.
//!
//! Removing goes in three steps, each of which can be broken off and done again: the case and its journal say that
//! the evidence is erased; its bytes are set aside, unless another case has the same; what nobody missed meanwhile
//! is discarded. An upload of the same bytes that ran beside the second step finds them again in the third.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    case::{Case, RetentionTerms},
    event::Event,
    evidence::Media,
    identifiers::{CaseId, Passage},
    journal::Actor,
};
use evidence::{Aside, ObjectKey, ObjectKind};
use futures_util::TryStreamExt as _;
use store::{ErasedEvidence, ReportedBefore, StoreError, Work};

use crate::{
    access::Supervisor, checking::may_take_its_place, context::App, error::AppError, once::Prepared,
};

/// Cases or pieces of evidence that are read at once.
const PAGE: u64 = 100;

/// How long evidence is kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Until it is erased.
    pub terms: RetentionTerms,
    /// How long what was set aside is kept; longer than any upload takes.
    pub aside: TimeDelta,
}

/// What a round of erasing did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Photos and recordings that were marked as erased.
    pub marked: u64,
    /// Objects that were set aside.
    pub set_aside: u64,
    /// Objects that were needed again and put back.
    pub put_back: u64,
    /// Objects that are gone.
    pub discarded: u64,
}

/// The objects that make up a photo or a recording.
fn objects_of(media: Media) -> &'static [ObjectKind] {
    match media {
        // The original last: what is left by a crash can be found and removed again.
        Media::Photo => &[ObjectKind::Thumbnail, ObjectKind::View, ObjectKind::Original],
        Media::Recording => &[ObjectKind::Recording],
    }
}

impl App {
    /// A supervisor has a case kept whole, whatever its term.
    pub async fn place_legal_hold(
        &self,
        by: Supervisor,
        id: CaseId,
        reason: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.parts.store.find_case_for_staff(id).await?.ok_or(AppError::NotFound("case"))?;
        let (case, placed) = case.place_legal_hold(by.0, reason, self.now())?;
        self.changed(by.actor(), case, [placed])
    }

    /// A supervisor lets the term of a case count again.
    pub async fn lift_legal_hold(
        &self,
        by: Supervisor,
        id: CaseId,
        reason: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.parts.store.find_case_for_staff(id).await?.ok_or(AppError::NotFound("case"))?;
        let (case, lifted) = case.lift_legal_hold(reason)?;
        self.changed(by.actor(), case, [lifted])
    }

    /// Erases what is due, sets bytes aside that nobody needs, and discards those that were set aside long ago.
    /// Nothing before every piece of evidence is known to have its row: without them nobody knows what is needed.
    pub async fn erase_what_is_due(&self) -> Result<Erased, AppError> {
        let mut erased = Erased::default();
        if self.parts.store.is_evidence_complete().await? {
            self.mark_what_is_due(&mut erased).await?;
            self.set_erased_aside(&mut erased).await?;
            self.tend_aside(&mut erased).await?;
        }
        Ok(erased)
    }

    async fn mark_what_is_due(&self, erased: &mut Erased) -> Result<(), AppError> {
        let (terms, now) = (self.parts.retention.terms, self.now());
        let before = |term: Option<TimeDelta>| term.map(|term| now - term);
        let before = ReportedBefore { drafts: before(terms.drafts), case_files: before(terms.case_files) };
        let mut last = None;
        loop {
            let cases = self.parts.store.cases_past_term(before, last, PAGE).await?;
            let Some(end) = cases.last() else { return Ok(()) };
            last = Some(*end);
            for id in cases {
                match self.mark_case(id, now).await {
                    Ok(marked) => erased.marked += marked,
                    // One case that nobody can read keeps no other from its term.
                    Err(AppError::Store(error @ StoreError::Corrupt { .. })) => {
                        tracing::error!(case = %id, %error, "the evidence of a case cannot be erased");
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Marks the evidence of one case; whoever saves the case at the same moment may have placed a hold, so it is
    /// looked at again.
    async fn mark_case(&self, id: CaseId, now: DateTime<Utc>) -> Result<u64, AppError> {
        while let Some(case) = self.parts.store.find_case_for_service(id).await? {
            let Prepared { value, work } = self.marked(case, now)?;
            if work.is_empty() {
                return Ok(0);
            }
            match self.parts.store.commit(work).await {
                Ok(()) => return Ok(value),
                Err(StoreError::Stale(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(0)
    }

    fn marked(&self, case: Case, now: DateTime<Utc>) -> Result<Prepared<u64>, AppError> {
        let mut work = Work::new();
        let (mut case, events) = case.erase_what_is_due(&self.parts.retention.terms, now);
        let value = u64::try_from(events.len()).unwrap_or(u64::MAX);
        for event in &events {
            if let Event::EvidenceErased { evidence, .. } = event {
                work.erase_evidence(*evidence, now);
            }
        }
        if value > 0 {
            self.record(&mut work, &mut case, Actor::Service, now, events)?;
            work.save_case(&mut case)?;
        }
        Ok(Prepared { value, work })
    }

    async fn set_erased_aside(&self, erased: &mut Erased) -> Result<(), AppError> {
        loop {
            let items = self.parts.store.evidence_to_remove(PAGE).await?;
            if items.is_empty() {
                return Ok(());
            }
            for item in items {
                erased.set_aside += self.set_item_aside(item).await?;
                let mut work = Work::new();
                work.evidence_removed(item.id, self.now());
                self.parts.store.commit(work).await?;
            }
        }
    }

    async fn set_item_aside(&self, item: ErasedEvidence) -> Result<u64, AppError> {
        if self.parts.store.is_needed(item.media, item.digest).await? {
            return Ok(0);
        }
        let (mut moved, day) = (0, self.today());
        for kind in objects_of(item.media) {
            let key = ObjectKey::new(*kind, item.digest);
            moved += u64::from(self.parts.objects.set_aside(Aside { day, key }).await?);
        }
        Ok(moved)
    }

    async fn tend_aside(&self, erased: &mut Erased) -> Result<(), AppError> {
        let objects = &self.parts.objects;
        let oldest = self.today() - self.parts.retention.aside;
        let mut all = objects.list_aside();
        while let Some(aside) = all.try_next().await? {
            if is_needed(&self.parts.store, aside.key).await? {
                if !may_take_its_place(objects.as_ref(), aside.key).await? {
                    tracing::error!(key = %aside.key, "an object that is needed has changed; good bytes lie aside");
                    continue;
                }
                erased.put_back += u64::from(objects.put_back(aside).await?);
            } else if aside.day < oldest {
                erased.discarded += u64::from(objects.discard(aside).await?);
            }
        }
        Ok(())
    }

    fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }
}

/// Whether a case names this object.
pub(crate) async fn is_needed(store: &store::Store, key: ObjectKey) -> Result<bool, AppError> {
    Ok(match key.kind() {
        ObjectKind::Original | ObjectKind::View | ObjectKind::Thumbnail => {
            store.is_needed(Media::Photo, key.digest()).await?
        }
        ObjectKind::Recording => store.is_needed(Media::Recording, key.digest()).await?,
        ObjectKind::Document => store.is_document(key.digest()).await?,
        ObjectKind::Signature => store.is_signature_image(key.digest()).await?,
    })
}

//! What officers do with a case: take it under a lease, ask for more, send it elsewhere.

use domain::{
    case::{Case, Officer},
    event::Authority,
    evidence::Slot,
    identifiers::{CaseId, DistrictCode, Passage},
    journal::Sealed,
    liability::Suggestion,
    refusal::Refusal,
    role::PartyRole,
};
use store::{QueueRow, Work};

use crate::{
    access::{Driver, PointStaff, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
};

/// How many waiting cases are looked at before an officer is told that there is none for him.
const LOOK_AHEAD: u64 = 64;

impl App {
    /// The queue of some districts.
    pub async fn list_queue(&self, districts: &[DistrictCode]) -> Result<Vec<QueueRow>, AppError> {
        Ok(self.parts.store.list_queue(districts, None, 200).await?)
    }

    /// The districts that a supervisor watches: all of them.
    pub async fn all_districts(&self) -> Result<Vec<DistrictCode>, AppError> {
        Ok(self.parts.store.districts().await?.into_iter().map(|district| district.code).collect())
    }

    /// Takes the most urgent case that the officer may handle; `None` when nothing waits. Officers who ask at
    /// once see the same first case: with every one of the `lost` races somebody looks farther behind, so that
    /// nobody loses for ever.
    pub async fn take_next_case(
        &self,
        by: &Officer,
        lost: usize,
    ) -> Result<Prepared<Option<Case>>, AppError> {
        let now = self.now();
        let mut queue = self.parts.store.list_queue(&by.districts, Some(now), LOOK_AHEAD).await?;
        if !queue.is_empty() {
            let behind = usize::from(u8::from_le_bytes(self.random())) % (4 * lost + 1);
            let turn = behind % queue.len();
            queue.rotate_left(turn);
        }
        for row in queue {
            let Some(case) = self.parts.store.find_case_for_staff(CaseId(row.id)).await? else { continue };
            match case.take(by, now) {
                Ok((mut case, event)) => {
                    let mut work = Work::new();
                    self.record(&mut work, &mut case, officer_actor(by), now, [event])?;
                    work.save_case(&mut case)?;
                    return Ok(Prepared { value: Some(case), work });
                }
                Err(Refusal::ConflictOfInterest | Refusal::HandledBefore | Refusal::WrongStage { .. }) => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Ok(Prepared { value: None, work: Work::new() })
    }

    /// A sign of life.
    pub async fn renew_lease(&self, by: &Officer, id: CaseId) -> Result<Prepared<Case>, AppError> {
        let mut case = self.case_for_officer(id, by).await?.renew(by, self.now())?;
        let mut work = Work::new();
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    /// Back to the queue.
    pub async fn release_case(&self, by: &Officer, id: CaseId) -> Result<Prepared<Case>, AppError> {
        let (case, event) = self.case_for_officer(id, by).await?.release(by, self.now())?;
        self.changed(officer_actor(by), case, [event])
    }

    /// Asks a party for more.
    pub async fn request_evidence(
        &self,
        by: &Officer,
        id: CaseId,
        role: PartyRole,
        slots: Vec<Slot>,
        reason: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_officer(id, by).await?;
        let (case, event) = case.request_evidence(by, role, slots, reason, self.now())?;
        self.changed(officer_actor(by), case, [event])
    }

    /// What the rules propose.
    pub async fn suggest_liability(&self, by: &Officer, id: CaseId) -> Result<Suggestion, AppError> {
        let case = self.case_for_officer(id, by).await?;
        Ok(case.suggest_liability(self.rules_for(&case).liability))
    }

    /// Sends the case out of the remote lane.
    pub async fn escalate_case(
        &self,
        by: &Officer,
        id: CaseId,
        expected: i64,
        to: Authority,
        reason: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let case = as_seen(self.case_for_officer(id, by).await?, expected)?;
        let (mut case, event) = case.escalate(by, to, reason.clone(), self.now())?;
        let mut work = Work::new();
        self.record(&mut work, &mut case, officer_actor(by), self.now(), [event])?;
        if to == Authority::Patrol {
            self.cancel_open_dispatch(&mut work, &mut case, officer_actor(by), &reason).await?;
            self.tell_patrol(&mut work, &case)?;
        }
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    /// The journal of a driver's own case.
    pub async fn journal_for_driver(&self, by: Driver, id: CaseId) -> Result<(Case, Vec<Sealed>), AppError> {
        let case = self.case_for_driver(id, by).await?;
        self.journal(case).await
    }

    /// The journal of a case of the officer's district.
    pub async fn journal_for_officer(
        &self,
        by: &Officer,
        id: CaseId,
    ) -> Result<(Case, Vec<Sealed>), AppError> {
        let case = self.case_for_officer(id, by).await?;
        self.journal(case).await
    }

    /// The journal of the case of a unit's task.
    pub async fn journal_for_unit(
        &self,
        by: PointStaff,
        id: CaseId,
    ) -> Result<(Case, Vec<Sealed>), AppError> {
        let case = self.case_for_unit(id, by).await?;
        self.journal(case).await
    }

    /// The journal of any case, for supervisors.
    pub async fn journal_for_supervisor(&self, id: CaseId) -> Result<(Case, Vec<Sealed>), AppError> {
        let case = self.parts.store.find_case_for_staff(id).await?.ok_or(AppError::NotFound("case"))?;
        self.journal(case).await
    }

    /// Entries written after the case was read are left out: they belong to a later state.
    async fn journal(&self, case: Case) -> Result<(Case, Vec<Sealed>), AppError> {
        let mut entries = self.parts.store.journal_of(case.id).await?;
        entries.retain(|entry| entry.sequence <= case.journal.length);
        Ok((case, entries))
    }
}

/// The case, if it still is what the caller saw.
pub(crate) fn as_seen(case: Case, expected: i64) -> Result<Case, AppError> {
    if case.edition == expected { Ok(case) } else { Err(AppError::PreconditionFailed) }
}

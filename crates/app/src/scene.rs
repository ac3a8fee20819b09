//! Quick-handling points and their staff: who is near, who goes, how it ended.

use std::collections::BTreeSet;

use domain::{
    case::{Case, Officer, SceneOutcome},
    dispatch::{Dispatch, DispatchState, nearest},
    event::{Authority, Event},
    geo::{Position, distance_metres},
    identifiers::{CaseId, DispatchId, Passage, UnitId},
    journal::Actor,
    refusal::Refusal,
};
use store::{PointRow, Work};

use crate::{
    access::{PointStaff, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
};

/// A point and how far it is.
#[derive(Debug, Clone)]
pub struct NearPoint {
    /// The point.
    pub point: PointRow,
    /// Great-circle distance in metres.
    pub metres: f64,
    /// How many of its units are on duty and free.
    pub free_units: usize,
}

/// Where a unit is, and whether it can be sent.
#[derive(Debug, Clone)]
pub struct PositionReport {
    /// Its position.
    pub position: Position,
    /// Whether it is on duty.
    pub on_duty: bool,
}

/// How a task ended.
#[derive(Debug, Clone)]
pub struct TaskDone {
    /// The outcome.
    pub outcome: SceneOutcome,
    /// What was done.
    pub note: Passage,
}

impl App {
    /// All points.
    pub async fn list_points(&self) -> Result<Vec<PointRow>, AppError> {
        Ok(self.parts.store.points().await?)
    }

    /// The nearest points to a place.
    pub async fn find_nearest_points(
        &self,
        place: &Position,
        most: usize,
    ) -> Result<Vec<NearPoint>, AppError> {
        let units = self.parts.store.units().await?;
        let free =
            |point: &PointRow| units.iter().filter(|u| u.point == point.id && u.on_duty && !u.busy).count();
        let mut near: Vec<NearPoint> = self
            .parts
            .store
            .points()
            .await?
            .into_iter()
            .map(|point| NearPoint {
                metres: distance_metres(point.position.wgs84, place.wgs84),
                free_units: free(&point),
                point,
            })
            .collect();
        near.sort_by(|a, b| a.metres.total_cmp(&b.metres).then(a.point.id.cmp(&b.point.id)));
        near.truncate(most);
        Ok(near)
    }

    /// Sends the nearest free unit to a case.
    pub async fn create_dispatch(
        &self,
        by: &Officer,
        id: CaseId,
        reason: Passage,
    ) -> Result<Prepared<Dispatch>, AppError> {
        let now = self.now();
        let (mut case, escalated) = self.case_for_officer(id, by).await?.send_unit(by, reason, now)?;
        let earlier = self.parts.store.dispatches_of_case(id).await?;
        if earlier.iter().any(|dispatch| dispatch.state.is_open()) {
            return Err(Refusal::AlreadyDispatched.into());
        }
        let mut work = Work::new();
        self.record(&mut work, &mut case, officer_actor(by), now, escalated)?;
        // Whoever declined this case or did not answer is not asked again.
        let passed_over = earlier
            .iter()
            .filter(|dispatch| !matches!(dispatch.state, DispatchState::Completed { .. }))
            .map(|dispatch| dispatch.unit)
            .collect();
        let (dispatch, event) = self.offer(&mut work, &case, passed_over).await?;
        self.record(&mut work, &mut case, officer_actor(by), now, [event])?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: dispatch, work })
    }

    /// An officer takes a task back: the unit does not answer, or is not needed any more.
    pub async fn cancel_dispatch(
        &self,
        by: &Officer,
        id: DispatchId,
        reason: Passage,
    ) -> Result<Prepared<Dispatch>, AppError> {
        let dispatch = self.parts.store.dispatch_for_staff(id).await?.ok_or(AppError::NotFound("task"))?;
        let mut case = self.case_for_officer(dispatch.case, by).await?;
        let mut work = Work::new();
        let dispatch = self.take_back(&mut work, &mut case, officer_actor(by), dispatch, reason)?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: dispatch, work })
    }

    /// Cancels the open task of a case that leaves the scene to the patrol.
    pub(crate) async fn cancel_open_dispatch(
        &self,
        work: &mut Work,
        case: &mut Case,
        by: Actor,
        reason: &Passage,
    ) -> Result<(), AppError> {
        let tasks = self.parts.store.dispatches_of_case(case.id).await?;
        if let Some(open) = tasks.into_iter().find(|dispatch| dispatch.state.is_open()) {
            self.take_back(work, case, by, open, reason.clone())?;
        }
        Ok(())
    }

    fn take_back(
        &self,
        work: &mut Work,
        case: &mut Case,
        by: Actor,
        dispatch: Dispatch,
        reason: Passage,
    ) -> Result<Dispatch, AppError> {
        let now = self.now();
        let (mut dispatch, event) = dispatch.cancel(reason, now)?;
        self.record(work, case, by, now, [event])?;
        work.save_dispatch(&mut dispatch)?;
        Ok(dispatch)
    }

    async fn offer(
        &self,
        work: &mut Work,
        case: &Case,
        passed_over: BTreeSet<UnitId>,
    ) -> Result<(Dispatch, Event), AppError> {
        let now = self.now();
        let candidates = nearest(&self.parts.store.units().await?, &case.position, &passed_over, now);
        let id = DispatchId(self.new_id());
        let (mut dispatch, event) = Dispatch::offer(id, case.id, &candidates, passed_over, now)?;
        work.insert_dispatch(&mut dispatch)?;
        Ok((dispatch, event))
    }

    /// The open tasks of a unit.
    pub async fn list_tasks(&self, by: PointStaff) -> Result<Vec<Dispatch>, AppError> {
        Ok(self.parts.store.open_dispatches_of_unit(by.unit).await?)
    }

    /// The unit goes.
    pub async fn accept_dispatch(
        &self,
        by: PointStaff,
        id: DispatchId,
    ) -> Result<Prepared<Dispatch>, AppError> {
        let (case, dispatch) = self.task(by, id).await?;
        let (dispatch, event) = dispatch.accept(by.unit, self.now())?;
        self.moved(by, case, dispatch, [event])
    }

    /// The unit does not go; the next nearest is asked. When nobody is left, the patrol is told.
    pub async fn decline_dispatch(
        &self,
        by: PointStaff,
        id: DispatchId,
        reason: Passage,
    ) -> Result<Prepared<Dispatch>, AppError> {
        let (case, dispatch) = self.task(by, id).await?;
        let (dispatch, event) = dispatch.decline(by.unit, reason, self.now())?;
        let mut passed_over = dispatch.passed_over.clone();
        passed_over.insert(by.unit);
        let (dispatch, mut case, mut work) = self.recorded(by, case, dispatch, [event])?;
        match self.offer(&mut work, &case, passed_over).await {
            Ok((_, offered)) => self.record(&mut work, &mut case, by.actor(), self.now(), [offered])?,
            Err(AppError::Refused(Refusal::NoUnitFree)) => self.tell_patrol(&mut work, &case)?,
            Err(error) => return Err(error),
        }
        work.save_case(&mut case)?;
        Ok(Prepared { value: dispatch, work })
    }

    /// The unit is at the scene.
    pub async fn arrive_on_scene(
        &self,
        by: PointStaff,
        id: DispatchId,
        position: &Position,
    ) -> Result<Prepared<Dispatch>, AppError> {
        let (case, dispatch) = self.task(by, id).await?;
        let (dispatch, event) = dispatch.arrive(by.unit, position, &case.position, self.now())?;
        self.moved(by, case, dispatch, [event])
    }

    /// The unit is done, and with it the case on scene.
    pub async fn complete_dispatch(
        &self,
        by: PointStaff,
        id: DispatchId,
        done: TaskDone,
    ) -> Result<Prepared<Dispatch>, AppError> {
        let now = self.now();
        let (case, dispatch) = self.task(by, id).await?;
        let (dispatch, event) = dispatch.complete(by.unit, done.outcome.name(), now)?;
        let (case, handed_over) = case.finish_on_scene(done.outcome, done.note, now)?;
        let patrol = matches!(handed_over, Some(Event::CaseHandedOver { to: Authority::Patrol, .. }));
        let mut prepared =
            self.moved(by, case.clone(), dispatch, std::iter::once(event).chain(handed_over))?;
        if patrol {
            self.tell_patrol(&mut prepared.work, &case)?;
        }
        Ok(prepared)
    }

    /// Where the unit is. Positions are not journaled: they belong to people at work, not to a case.
    pub async fn report_position(
        &self,
        by: PointStaff,
        report: &PositionReport,
    ) -> Result<Prepared<()>, AppError> {
        let mut work = Work::new();
        work.save_unit_report(by.unit, report.on_duty, Some(&report.position), self.now())?;
        Ok(Prepared { value: (), work })
    }

    async fn task(&self, by: PointStaff, id: DispatchId) -> Result<(Case, Dispatch), AppError> {
        let dispatch =
            self.parts.store.dispatch_of_unit(id, by.unit).await?.ok_or(AppError::NotFound("task"))?;
        let case =
            self.parts.store.find_case_for_service(dispatch.case).await?.ok_or(AppError::NotFound("case"))?;
        Ok((case, dispatch))
    }

    fn moved(
        &self,
        by: PointStaff,
        case: Case,
        dispatch: Dispatch,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Prepared<Dispatch>, AppError> {
        let (dispatch, mut case, mut work) = self.recorded(by, case, dispatch, events)?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: dispatch, work })
    }

    fn recorded(
        &self,
        by: PointStaff,
        mut case: Case,
        mut dispatch: Dispatch,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<(Dispatch, Case, Work), AppError> {
        let mut work = Work::new();
        self.record(&mut work, &mut case, by.actor(), self.now(), events)?;
        work.save_dispatch(&mut dispatch)?;
        Ok((dispatch, case, work))
    }
}

//! What drivers do: report, invite and join, bring data and statements, submit.

use chrono::FixedOffset;
use domain::{
    calendar::{clock_in_china, day_in_china},
    case::{Assessment, Case, Invited, Joining, Officer, PartyDetails, Report},
    claim::Claim,
    digest::Digest,
    dispatch::Dispatch,
    event::{Authority, Event},
    geo::{Position, distance_metres},
    identifiers::{CaseId, CaseNumber, DistrictCode, InvitationCode, Passage, RecordingId},
    liability::DrivingFacts,
    triage::{Answer, Reported},
};
use store::Work;

use crate::{
    access::{Driver, PointStaff},
    context::App,
    error::AppError,
    once::Prepared,
    parties::Entrant,
};

/// Farther than this from every district's seat lies another city, in metres.
const AREA_RADIUS: f64 = 60_000.0;

/// A case with what belongs to it.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// The case.
    pub case: Case,
    /// Its claims.
    pub claims: Vec<Claim>,
    /// The tasks of units.
    pub dispatches: Vec<Dispatch>,
}

impl App {
    /// A driver reports an accident; triage decides where it goes.
    pub async fn report_case(&self, by: Driver, mut report: Report) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let (district, metres) = self.nearest_district(&report.position).await?;
        report.answers.outside_area = Answer::from(metres > AREA_RADIUS);
        let reported = Reported {
            answers: &report.answers,
            estimated_loss: report.details.estimated_loss,
            clock: clock_in_china(now),
        };
        let rules = self.rules_of(now);
        let triage = rules.assess(&reported);
        let assessed = Assessment {
            shots: rules.shots.list(&report.answers, &triage),
            judged_by: self.parts.rules.judging(day_in_china(now), day_in_china(report.occurred_at)),
            triage,
        };
        let (id, number) = (CaseId(self.new_id()), self.new_number()?);
        let (mut case, events) = Case::report(id, number, by.0, district, report, assessed, now);
        let mut work = Work::new();
        let patrol = events.iter().any(|e| matches!(e, Event::CaseHandedOver { to: Authority::Patrol, .. }));
        self.record(&mut work, &mut case, by.actor(), now, events)?;
        work.insert_case(&mut case)?;
        if patrol {
            self.tell_patrol(&mut work, &case)?;
        }
        Ok(Prepared { value: case, work })
    }

    fn new_number(&self) -> Result<CaseNumber, AppError> {
        let beijing = FixedOffset::east_opt(8 * 3600).ok_or(AppError::Internal("no time zone".to_owned()))?;
        let day = self.now().with_timezone(&beijing).format("%Y%m%d").to_string();
        CaseNumber::new(&day, self.random()).map_err(|error| AppError::Internal(error.to_string()))
    }

    /// Tells the patrol's duty phone that a case is theirs: the number only, nothing personal.
    pub(crate) fn tell_patrol(&self, work: &mut Work, case: &Case) -> Result<(), AppError> {
        match &self.parts.patrol_phone {
            Some(phone) => {
                let text = format!("【快处】案件{}移交巡警处置，请查看平台。", case.number);
                self.text(work, case.id, phone, text, self.now())
            }
            None => Ok(()),
        }
    }

    /// The district whose seat is nearest, and how far that is in metres.
    async fn nearest_district(&self, position: &Position) -> Result<(DistrictCode, f64), AppError> {
        if self.districts.read().await.is_empty() {
            *self.districts.write().await = self.parts.store.districts().await?;
        }
        let districts = self.districts.read().await;
        districts
            .iter()
            .map(|district| (district.code.clone(), distance_metres(district.seat, position.wgs84)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .ok_or(AppError::NotSetUp("no district is known"))
    }

    /// The driver's cases, newest first.
    pub async fn list_cases(&self, by: Driver) -> Result<Vec<Case>, AppError> {
        Ok(self.parts.store.list_cases_of_party(by.0, 50).await?)
    }

    /// One case of the driver, with its claims and tasks.
    pub async fn get_case_as_driver(&self, by: Driver, id: CaseId) -> Result<CaseFile, AppError> {
        self.file(self.case_for_driver(id, by).await?).await
    }

    /// One case of the officer's district.
    pub async fn get_case_as_officer(&self, by: &Officer, id: CaseId) -> Result<CaseFile, AppError> {
        self.file(self.case_for_officer(id, by).await?).await
    }

    /// The case of a unit's task.
    pub async fn get_case_as_unit(&self, by: PointStaff, id: CaseId) -> Result<CaseFile, AppError> {
        self.file(self.case_for_unit(id, by).await?).await
    }

    async fn file(&self, case: Case) -> Result<CaseFile, AppError> {
        let claims = self.parts.store.claims_of_case(case.id).await?;
        let dispatches = self.parts.store.dispatches_of_case(case.id).await?;
        Ok(CaseFile { case, claims: claims.into_iter().map(|row| row.claim).collect(), dispatches })
    }

    /// Invites a party; the code is shown once, as a QR code or by text message. It stands behind the `#` of the
    /// address, which browsers neither send nor name as the page that a reader came from.
    pub async fn invite_party(
        &self,
        by: Driver,
        id: CaseId,
        invited: Invited,
    ) -> Result<Prepared<(Case, InvitationCode)>, AppError> {
        let now = self.now();
        let code = InvitationCode::new(self.random());
        let (mut case, event) =
            self.case_for_driver(id, by).await?.invite(by.0, invited.clone(), &code, now)?;
        let mut work = Work::new();
        self.record(&mut work, &mut case, by.actor(), now, [event])?;
        work.insert_invitation(&code, case.id);
        work.save_case(&mut case)?;
        if let Some(phone) = &invited.phone {
            let link = format!("{}#{code}", self.invitation_base());
            let text = format!("【快处】请在30分钟内确认事故信息（链接仅限本人使用一次）：{link}");
            self.limited_text(&mut work, case.id, phone, text, by.0).await?;
        }
        Ok(Prepared { value: (case, code), work })
    }

    /// Joins the case that an invitation leads to.
    pub async fn join_case(
        &self,
        by: Driver,
        code: &InvitationCode,
        joining: Joining,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let case =
            self.parts.store.find_case_of_invitation(code).await?.ok_or(AppError::NotFound("invitation"))?;
        let (mut case, events) = case.join(by.0, code, joining, now)?;
        let mut work = Work::new();
        work.insert_party(case.id, by.0, case.role_of(by.0)?);
        self.record(&mut work, &mut case, by.actor(), now, events)?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    /// Gives or corrects the driver's own data, or what comes late.
    pub async fn update_party(
        &self,
        by: Driver,
        id: CaseId,
        details: PartyDetails,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_driver(id, by).await?;
        if case.takes_late_additions() {
            let role = case.role_of(by.0)?;
            return self.add_late(&Entrant::Driver(by), case, role, details);
        }
        let (case, event) = case.update_party(by.0, details)?;
        self.changed(by.actor(), case, [event])
    }

    /// Says what happened.
    pub async fn put_statement(
        &self,
        by: Driver,
        id: CaseId,
        facts: DrivingFacts,
        text: Option<Passage>,
        recording: Option<RecordingId>,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_driver(id, by).await?;
        let (case, event) = case.give_statement(by.0, facts, text, recording, self.now())?;
        self.changed(by.actor(), case, [event])
    }

    /// Confirms the latest statement, named by the hash of what was shown.
    pub async fn confirm_statement(
        &self,
        by: Driver,
        id: CaseId,
        shown: Digest,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, event) = self.case_for_driver(id, by).await?.confirm_statement(by.0, shown, self.now())?;
        match event {
            Some(event) => self.changed(by.actor(), case, [event]),
            None => Ok(Prepared { value: case, work: Work::new() }),
        }
    }

    /// Applies for remote handling.
    pub async fn submit_case(&self, by: Driver, id: CaseId, alone: bool) -> Result<Prepared<Case>, AppError> {
        let (case, events) = self.case_for_driver(id, by).await?.submit(by.0, alone, self.now())?;
        self.changed(by.actor(), case, events)
    }

    /// Takes the report back.
    pub async fn withdraw_case(&self, by: Driver, id: CaseId) -> Result<Prepared<Case>, AppError> {
        let (case, event) = self.case_for_driver(id, by).await?.withdraw(by.0, self.now())?;
        self.changed(by.actor(), case, [event])
    }
}

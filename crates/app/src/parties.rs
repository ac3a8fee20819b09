//! Parties as they are: entered on another party's phone or by an officer, helped, confirmed by a code, absent; and
//! what is added after the end.

use std::sync::{Mutex, PoisonError};

use domain::{
    case::{Case, Helper, Officer, PartyDetails, RoadUser, Scribe},
    digest::Digest,
    event::AbsentHow,
    identifiers::{CaseId, InvitationCode, Passage},
    journal::Actor,
    liability::DrivingFacts,
    role::PartyRole,
};
use store::Work;

use crate::{
    access::{Driver, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
};

/// What the keyed hash of a code is made for.
const CODE: &str = "one-time code by which a party confirms what others do in its name";

/// A code as somebody typed it, by which a party confirms. However often the same request is tried again, it counts as
/// one guess.
pub struct CodeTyped {
    code: String,
    /// The hash of the code for which the guess was counted.
    counted: Mutex<Option<Digest>>,
}

impl CodeTyped {
    /// What was typed, for one request.
    pub fn new(code: String) -> Self {
        Self { code, counted: Mutex::default() }
    }
}

/// Who enters something for a party.
#[derive(Debug, Clone)]
pub enum Entrant {
    /// Another party, or whoever helps this one.
    Driver(Driver),
    /// An officer.
    Officer(Box<Officer>),
}

impl Entrant {
    fn scribe(&self) -> Scribe<'_> {
        match self {
            Self::Driver(driver) => Scribe::Party(driver.0),
            Self::Officer(officer) => Scribe::Officer(officer),
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Driver(driver) => driver.actor(),
            Self::Officer(officer) => officer_actor(officer),
        }
    }
}

impl App {
    /// The page where invitations are taken up.
    pub fn invitation_base(&self) -> &str {
        &self.parts.invitation_base
    }

    async fn case_for(&self, id: CaseId, by: &Entrant) -> Result<Case, AppError> {
        match by {
            Entrant::Driver(driver) => self.case_for_driver(id, *driver).await,
            Entrant::Officer(officer) => self.case_for_officer(id, officer).await,
        }
    }

    /// Enters a party that has no phone of its own at hand.
    pub async fn add_party(
        &self,
        by: &Entrant,
        id: CaseId,
        road_user: RoadUser,
        details: PartyDetails,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for(id, by).await?;
        let (case, event) = case.add_party(by.scribe(), road_user, details, self.now())?;
        self.changed(by.actor(), case, [event])
    }

    /// Gives or corrects the data of a party for it, or what comes late.
    pub async fn enter_party(
        &self,
        by: &Entrant,
        id: CaseId,
        role: PartyRole,
        details: PartyDetails,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for(id, by).await?;
        if case.takes_late_additions() {
            return self.add_late(by, case, role, details);
        }
        let (case, event) = case.enter_details(by.scribe(), role, details, self.now())?;
        self.changed(by.actor(), case, [event])
    }

    /// What comes late: a phone, or the insurance that was not known before, whose claim is filed now.
    pub(crate) fn add_late(
        &self,
        by: &Entrant,
        case: Case,
        role: PartyRole,
        details: PartyDetails,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, events, mut claims) = case.add_late(by.scribe(), role, details, self.now())?;
        let settlement = case.settlement(self.rules_for(&case).compensation);
        claims.iter_mut().for_each(|claim| claim.notice.settlement.clone_from(&settlement));
        let mut prepared = self.changed(by.actor(), case, events)?;
        for claim in &claims {
            self.file_claim(&mut prepared.work, claim)?;
        }
        Ok(prepared)
    }

    /// Takes down what a party says.
    pub async fn enter_statement(
        &self,
        by: &Entrant,
        id: CaseId,
        role: PartyRole,
        facts: DrivingFacts,
        text: Option<Passage>,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for(id, by).await?;
        let (case, events) = case.enter_statement(by.scribe(), role, facts, text, self.now())?;
        self.changed(by.actor(), case, events)
    }

    /// Notes that a party applies for remote handling.
    pub async fn enter_submission(
        &self,
        by: &Entrant,
        id: CaseId,
        role: PartyRole,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for(id, by).await?;
        let (case, events) = case.enter_submission(by.scribe(), role, self.now())?;
        self.changed(by.actor(), case, events)
    }

    /// Sends a code to the party's own phone.
    pub async fn send_party_code(
        &self,
        by: Driver,
        id: CaseId,
        role: PartyRole,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let number = u64::from_be_bytes(self.random()) % 1_000_000;
        let code = format!("{number:06}");
        let case = self.case_for_driver(id, by).await?;
        let hash = self.party_code(&case, role, &code);
        let (case, event, phone) = case.send_party_code(by.0, role, hash, now)?;
        let helped = case.party(role).is_some_and(|party| party.helper.is_some());
        let who = if helped { "他人协助" } else { "对方当事人代" };
        let text = format!(
            "【快处】事故案件{}中，由{who}您录入信息、陈述和申请。如您确认所录入的信息、陈述和申请，请将验证码{code}告知在场录入的人，5分钟内有效；不确认请勿提供。",
            case.number
        );
        let mut prepared = self.changed(by.actor(), case, [event])?;
        self.limited_text(&mut prepared.work, prepared.value.id, &phone, text, by.0).await?;
        Ok(prepared)
    }

    /// The party confirms by its code. The guess is counted before it is looked at, in its own commit, so that many at
    /// once cannot share a try.
    pub async fn confirm_party_by_code(
        &self,
        by: Driver,
        id: CaseId,
        role: PartyRole,
        typed: &CodeTyped,
    ) -> Result<Prepared<Case>, AppError> {
        let before = *typed.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = match before {
            Some(counted) => counted,
            None => self.write(async || self.guess_counted(by, id, role).await).await?,
        };
        typed.counted.lock().unwrap_or_else(PoisonError::into_inner).replace(counted);
        let case = self.case_for_driver(id, by).await?;
        let hash = self.party_code(&case, role, &typed.code);
        let (case, events) = case.confirm_by_code(by.0, role, counted, hash, self.now())?;
        self.changed(by.actor(), case, events)
    }

    async fn guess_counted(
        &self,
        by: Driver,
        id: CaseId,
        role: PartyRole,
    ) -> Result<Prepared<Digest>, AppError> {
        let case = self.case_for_driver(id, by).await?;
        let (mut case, value) = case.count_guess(by.0, role, self.now())?;
        let mut work = Work::new();
        work.save_case(&mut case)?;
        Ok(Prepared { value, work })
    }

    /// An officer has talked to the party.
    pub async fn confirm_party_by_officer(
        &self,
        by: &Officer,
        id: CaseId,
        role: PartyRole,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_officer(id, by).await?;
        let (case, events) = case.confirm_by_officer(by, role, self.now())?;
        self.changed(officer_actor(by), case, events)
    }

    /// Whoever signs in says that he helps the party.
    pub async fn name_helper(
        &self,
        by: Driver,
        id: CaseId,
        helper: Helper,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, event) = self.case_for_driver(id, by).await?.name_helper(by.0, helper)?;
        self.changed(by.actor(), case, [event])
    }

    /// Somebody says that a party does not take part.
    pub async fn note_absence(
        &self,
        by: &Entrant,
        id: CaseId,
        role: PartyRole,
        how: AbsentHow,
        note: Option<Passage>,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for(id, by).await?;
        let (case, event) = case.note_absence(by.scribe(), role, how, note, self.now())?;
        self.changed(by.actor(), case, [event])
    }

    /// The invited person does not take part. It learns nothing of the case by that.
    pub async fn decline_invitation(
        &self,
        by: Driver,
        code: &InvitationCode,
    ) -> Result<Prepared<()>, AppError> {
        let found = self.parts.store.find_case_of_invitation(code).await?;
        let (case, event) =
            found.ok_or(AppError::NotFound("invitation"))?.decline_invitation(code, self.now())?;
        let Prepared { work, .. } = self.changed(by.actor(), case, [event])?;
        Ok(Prepared { value: (), work })
    }

    fn party_code(&self, case: &Case, role: PartyRole, code: &str) -> Digest {
        let told = format!("{}/{role}/{}", case.id, code.trim());
        self.parts.signer.keyed_digest(CODE, told.as_bytes())
    }
}

//! Mediation: asked for, held and ended; what all have accepted is typeset on the determination and in a record.

use std::collections::BTreeMap;

use domain::{
    case::{Case, Losses, Officer, TermsOrder, Voice},
    compensation::Calculation,
    identifiers::{CaseId, Passage, VerificationCode},
    journal::Actor,
    refusal::Refusal,
    role::PartyRole,
};
use store::Work;

use crate::{
    access::{Driver, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
    review::as_seen,
};

/// Who takes part in a mediation.
#[derive(Debug, Clone)]
pub enum Participant {
    /// A party.
    Party(Driver),
    /// An officer of the district; for a party that he names, or as the mediator.
    Officer(Officer, Option<PartyRole>),
}

impl Participant {
    /// A party's own word, or the one that the officer hears.
    fn voice(&self) -> Result<Voice<'_>, Refusal> {
        match self {
            Self::Party(driver) => Ok(Voice::Party(driver.0)),
            Self::Officer(officer, Some(role)) => Ok(Voice::Heard(officer, *role)),
            Self::Officer(_, None) => Err(Refusal::NotAParty),
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Party(driver) => driver.actor(),
            Self::Officer(officer, _) => officer_actor(officer),
        }
    }
}

impl App {
    async fn case_for_participant(&self, id: CaseId, by: &Participant) -> Result<Case, AppError> {
        match by {
            Participant::Party(driver) => self.case_for_driver(id, *driver).await,
            Participant::Officer(officer, _) => self.case_for_officer(id, officer).await,
        }
    }

    /// A party asks for mediation.
    pub async fn request_mediation(&self, by: &Participant, id: CaseId) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_participant(id, by).await?;
        let (case, events) = case.request_mediation(by.voice()?, self.now())?;
        self.changed(by.actor(), case, events)
    }

    /// A party does not consent to it, or no longer; or objects to the determination.
    pub async fn withdraw_from_mediation(
        &self,
        by: &Participant,
        id: CaseId,
        objects: bool,
        note: Option<Passage>,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_participant(id, by).await?;
        let (case, event) = case.withdraw_from_mediation(by.voice()?, objects, note, self.now())?;
        self.changed(by.actor(), case, [event])
    }

    /// The officer ends it: the parties come to no result.
    pub async fn end_mediation(
        &self,
        by: &Officer,
        id: CaseId,
        expected: i64,
        note: Option<Passage>,
    ) -> Result<Prepared<Case>, AppError> {
        let case = as_seen(self.case_for_officer(id, by).await?, expected)?;
        let (case, event) = case.end_mediation(by, note, self.now())?;
        self.changed(officer_actor(by), case, [event])
    }

    /// A party says what it lost, or an officer enters it for any party.
    pub async fn put_damages(
        &self,
        by: &Participant,
        id: CaseId,
        losses: Losses,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_participant(id, by).await?;
        let (case, event) = match by {
            Participant::Officer(officer, Some(role)) => case.put_losses_of(officer, *role, losses)?,
            _ => case.put_losses(by.voice()?, losses)?,
        };
        self.changed(by.actor(), case, [event])
    }

    /// The mediator sets the shares.
    pub async fn set_shares(
        &self,
        by: &Officer,
        id: CaseId,
        shares: BTreeMap<PartyRole, u8>,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_officer(id, by).await?;
        let rules = self.rules_for(&case);
        let (case, event) = case.set_shares(by, shares, rules.compensation)?;
        self.changed(officer_actor(by), case, [event])
    }

    /// Who pays what by the rules. A party learns it once its mediation has been opened.
    pub async fn calculate_compensation(
        &self,
        by: &Participant,
        id: CaseId,
    ) -> Result<Calculation, AppError> {
        let case = self.case_for_participant(id, by).await?;
        let mediation = case.determination().and_then(|determination| determination.mediation.as_ref());
        let opened = mediation.is_some_and(|mediation| mediation.opened_at.is_some());
        if matches!(by, Participant::Party(_)) && !opened {
            return Err(Refusal::MediationNotOpen.into());
        }
        let rules = self.rules_for(&case);
        let calculated = case.calculate_compensation(rules.compensation).ok_or(Refusal::MediationNotOpen)?;
        calculated.map_err(|cannot| AppError::Internal(cannot.to_string()))
    }

    /// A party or the officer proposes terms.
    pub async fn propose_terms(
        &self,
        by: &Participant,
        id: CaseId,
        order: TermsOrder,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_participant(id, by).await?;
        let rules = self.rules_for(&case).compensation;
        let (case, event) = match by {
            Participant::Officer(officer, None) => {
                case.propose_terms_as_mediator(officer, order, rules, self.now())?
            }
            _ => case.propose_terms(by.voice()?, order, rules, self.now())?,
        };
        self.changed(by.actor(), case, [event])
    }

    /// A party accepts or declines. When all have accepted, the determination says so from here, and is signed anew.
    pub async fn answer_terms(
        &self,
        by: &Participant,
        id: CaseId,
        number: i32,
        accepted: bool,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_participant(id, by).await?;
        let (mut case, event) = case.answer_terms(by.voice()?, number, accepted, self.now())?;
        let mut work = Work::new();
        self.record(&mut work, &mut case, by.actor(), self.now(), [event])?;
        if case.has_accepted_terms() {
            case = self.agree_on_terms(&mut work, case).await?;
        }
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    async fn agree_on_terms(&self, work: &mut Work, case: Case) -> Result<Case, AppError> {
        let (now, issuer) = (self.now(), self.issuer().await?);
        let code = VerificationCode::new(self.random());
        let nothing = || AppError::Internal("accepted terms have a determination and a mediator".to_owned());
        let determination = case.determination().ok_or_else(nothing)?;
        let mut paper = case.paper(determination, &issuer);
        let mut record = case.mediation_paper(&code, &issuer).ok_or_else(nothing)?;
        // Everybody signs anew.
        paper.signatures.iter_mut().for_each(domain::document::SignatureLine::reopen);
        record.signatures.iter_mut().for_each(domain::document::SignatureLine::reopen);
        let of_determination = determination.verification.clone();
        let issued = self.typeset(paper.into()).await?;
        let recorded = self.typeset(record.into()).await?;
        let (mut case, event) = case.agree_on_terms(issued.digest, recorded.digest, code.clone(), now)?;
        self.record(work, &mut case, Actor::Service, now, [event])?;
        work.insert_document(case.id, &issued, &of_determination, now)?;
        work.insert_document(case.id, &recorded, &code, now)?;
        Ok(case)
    }

    /// The record of what was agreed, with the signatures that the parties gave to the determination.
    pub(crate) async fn record_mediation(&self, work: &mut Work, case: Case) -> Result<Case, AppError> {
        let (now, issuer) = (self.now(), self.issuer().await?);
        let code = case.mediation_code().cloned();
        let Some((code, mut paper)) =
            code.and_then(|code| case.mediation_paper(&code, &issuer).map(|paper| (code, paper)))
        else {
            return Ok(case);
        };
        if let Some(determination) = case.determination() {
            self.draw(&mut paper.signatures, &determination.signatures).await?;
        }
        let recorded = self.typeset(paper.into()).await?;
        let (mut case, event) = case.record_mediation(recorded.digest);
        self.record(work, &mut case, Actor::Service, now, event)?;
        work.insert_document(case.id, &recorded, &code, now)?;
        Ok(case)
    }
}

//! Self-control: every decision is kept to be counted, some are decided a second time by a colleague who does not see
//! the first decision, and officers see how cases like theirs were decided.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    case::{Case, Officer, Stage},
    document::DocumentKind,
    event::Event,
    identifiers::{CaseId, DeterminationId, Passage, PhotoId},
    liability::{Grade, Liability},
    refusal::Refusal,
    role::PartyRole,
    self_control::{Decision, Outcome, Portion, SECOND_LOOK_LENGTH, tally},
};
use store::{Agreement, DecidedAgain, SecondLook, Work};
use uuid::Uuid;

use crate::{
    access::officer_actor,
    context::App,
    error::AppError,
    once::Prepared,
    reading::{Reader, Right},
};

/// How many cases of the sample are looked at before an officer is told that there is none for him.
const LOOK_AHEAD: u64 = 32;

/// Over which time agreement is counted.
const COUNTED: TimeDelta = TimeDelta::days(365);

/// A case of the sample without how it was decided.
#[derive(Debug, Clone)]
pub struct BlindCase {
    /// The id of the second look, which says nothing of the case.
    pub id: Uuid,
    /// Until when the officer has it.
    pub held_until: DateTime<Utc>,
    /// What was decided the first time is not to be shown from it.
    pub case: Case,
}

/// How well decisions agree.
#[derive(Debug, Clone, PartialEq)]
pub struct SelfControl {
    /// By kind and situation.
    pub agreement: Vec<Agreement>,
    /// How many cases of the sample wait.
    pub open: u64,
    /// Since when decisions are counted.
    pub since: DateTime<Utc>,
}

impl App {
    /// Keeps how a case was decided, and puts some in the sample. Called once per document that became final.
    pub(crate) fn keep_decision(&self, work: &mut Work, case: &Case) -> Result<(), AppError> {
        let Some(decision) = self.decision_of(case) else { return Ok(()) };
        work.insert_decision(&decision)?;
        if self.rules_of(decision.at).policy.samples().takes(decision.kind, self.random()) {
            work.insert_second_look(self.new_id(), decision.id, decision.at);
        }
        Ok(())
    }

    fn decision_of(&self, case: &Case) -> Option<Decision> {
        type Said<'a> = (DeterminationId, DocumentKind, &'a Option<String>, &'a Liability);
        let (said, officer, at): (Said<'_>, _, _) = match &case.stage {
            Stage::Concluded { determination: own, concluded_at } => (
                (own.id, DocumentKind::Determination, &own.situation, &own.liability),
                Some(own.officer),
                *concluded_at,
            ),
            Stage::Agreed { agreement: own, concluded_at } => {
                ((own.id, DocumentKind::Agreement, &own.situation, &own.liability), None, *concluded_at)
            }
            _ => return None,
        };
        let (id, kind, situation, liability) = said;
        let suggestion = case.suggest_liability(self.rules_for(case).liability);
        Some(Decision {
            id,
            case: case.id,
            kind,
            district: case.district.clone(),
            situation: situation.clone(),
            outcome: Outcome::new(&suggestion, liability.grades()),
            officer,
            at,
        })
    }

    /// Takes the case of the sample that waits longest; `None` when there is none that this officer may decide.
    pub async fn take_second_look(&self, by: &Officer) -> Result<Prepared<Option<BlindCase>>, AppError> {
        let now = self.now();
        let looks = self.parts.store.waiting_second_looks(&by.districts, by.account, now, LOOK_AHEAD).await?;
        for look in looks {
            let Some(case) = self.parts.store.find_case_for_staff(look.case).await? else { continue };
            // What a review took away is decided anew, not again.
            if case.conflicts_with(by) || !case.is_closed() {
                continue;
            }
            let held_until = now + SECOND_LOOK_LENGTH;
            let mut work = Work::new();
            work.take_second_look(look.id, by.account, now, held_until);
            return Ok(Prepared { value: Some(BlindCase { id: look.id, held_until, case }), work });
        }
        Ok(Prepared { value: None, work: Work::new() })
    }

    /// Decides it a second time. Nothing follows from it for the parties.
    pub async fn decide_second_look(
        &self,
        by: &Officer,
        id: Uuid,
        liability: Liability,
        reason: Passage,
    ) -> Result<Prepared<bool>, AppError> {
        let now = self.now();
        let (look, mut case) = self.held_look(by, id).await?;
        if !liability.covers(case.parties.iter().map(|party| party.role)) {
            return Err(Refusal::LiabilityIncomplete.into());
        }
        let suggestion = case.suggest_liability(self.rules_for(&case).liability);
        let grades: BTreeMap<PartyRole, Grade> = liability.into();
        let agrees = Outcome::new(&suggestion, &grades) == look.first;
        let mut work = Work::new();
        let again = DecidedAgain { grades: grades.clone(), reason: reason.to_string(), agrees };
        work.decide_second_look(id, by.account, now, &again)?;
        self.record(&mut work, &mut case, officer_actor(by), now, [Event::DecidedAgain { grades }])?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: agrees, work })
    }

    /// In which right an officer who decides a case again reads its photo.
    pub async fn second_look_photo(
        &self,
        by: Reader,
        id: Uuid,
        photo: PhotoId,
    ) -> Result<(CaseId, Reader, PhotoId), AppError> {
        let Right::Officer(officer) = &by.right else { return Err(AppError::NotFound("second look")) };
        let (_, case) = self.held_look(officer, id).await?;
        Ok((case.id, by, photo))
    }

    /// The look that this officer holds, with its case.
    async fn held_look(&self, by: &Officer, id: Uuid) -> Result<(SecondLook, Case), AppError> {
        let missing = || AppError::NotFound("second look");
        let look = self.parts.store.find_second_look(id).await?.ok_or_else(missing)?;
        let held = look.officer == Some(by.account)
            && look.held_until.is_some_and(|until| until > self.now())
            && look.decided_at.is_none();
        if !held {
            return Err(missing());
        }
        let case = self.parts.store.find_case_for_staff(look.case).await?.ok_or_else(missing)?;
        Ok((look, case))
    }

    /// How well decisions agree, over a year.
    pub async fn self_control(&self) -> Result<SelfControl, AppError> {
        let since = self.now() - COUNTED;
        let store = &self.parts.store;
        Ok(SelfControl {
            agreement: store.agreement_by_situation(since).await?,
            open: store.second_looks_open().await?,
            since,
        })
    }

    /// How officers decided cases in which the same is established; `None` where too few are known to say.
    pub async fn how_colleagues_decided(
        &self,
        by: &Officer,
        id: CaseId,
    ) -> Result<Option<Vec<(Outcome, Portion)>>, AppError> {
        let case = self.case_for_officer(id, by).await?;
        let suggestion = case.suggest_liability(self.rules_for(&case).liability);
        let nobody = case.parties.iter().map(|party| (party.role, Grade::None)).collect();
        let likeness = Outcome::new(&suggestion, &nobody).likeness();
        Ok(tally(&self.parts.store.outcomes_of(&likeness).await?))
    }
}

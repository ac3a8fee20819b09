//! Reviews (复核): asked for by a party, concluded by two officers of the unit above, and told to the insurers.

use std::collections::BTreeSet;

use domain::{
    case::{Case, Conclusion, Officer, ReviewOutcome, ReviewState, Stamp, handlers},
    claim::{Claim, ClaimChange, FirstNotice},
    event::Event,
    identifiers::{AccountId, CaseId, DeterminationId, DistrictCode, Passage, VerificationCode},
    journal::{Actor, Entry},
    message::{Content, Message},
    refusal::Refusal,
};
use store::{ClaimRow, ReviewRow, Work};

use crate::{
    access::{Driver, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
    review::as_seen,
};

/// Most unfinished reviews in one list.
const MOST: u64 = 500;

/// What a second reviewer does with a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondOpinion {
    /// Agrees: the review is concluded.
    Confirmed,
    /// Sends it back.
    SentBack {
        /// Why.
        note: Passage,
    },
}

impl App {
    /// A party asks for a review; its insurers hear that the determination may change.
    pub async fn request_review(
        &self,
        by: Driver,
        id: CaseId,
        reason: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let case = self.case_for_driver(id, by).await?;
        let rules = self.rules_for(&case);
        let (mut case, event) = case.request_review(by.0, reason, &rules, now)?;
        let (mut work, mut told) = (Work::new(), Vec::new());
        let role = case.role_of(by.0)?;
        if matches!(event, Event::ReviewRequested { .. }) {
            told = self.amend_claims(&mut work, &case, &ClaimChange::ReviewRequested).await?;
            let text = format!("快处案件{}有当事人申请复核，进展请在小程序中查看。", case.number);
            self.text_parties(&mut work, &case, |whom| whom != role, &text)?;
        } else {
            let text =
                format!("快处案件{}的复核申请已逾期，依法不予受理，详情请在小程序中查看。", case.number);
            self.text_parties(&mut work, &case, |whom| whom == role, &text)?;
        }
        self.record(&mut work, &mut case, by.actor(), now, [event])?;
        self.record(&mut work, &mut case, Actor::Service, now, told)?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    /// The applicant takes the request back.
    pub async fn withdraw_review(&self, by: Driver, id: CaseId) -> Result<Prepared<Case>, AppError> {
        let (case, event) = self.case_for_driver(id, by).await?.withdraw_review(by.0, self.now())?;
        self.review_ended(by.actor(), case, event).await
    }

    /// A reviewer notes that the applicant has taken the request back.
    pub async fn note_review_withdrawn(&self, by: &Officer, id: CaseId) -> Result<Prepared<Case>, AppError> {
        let (case, handlers) = self.case_for_reviewer(id, by).await?;
        let (case, event) = case.note_review_withdrawn(by, &handlers, self.now())?;
        self.review_ended(officer_actor(by), case, event).await
    }

    async fn review_ended(
        &self,
        actor: Actor,
        mut case: Case,
        event: Event,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let mut work = Work::new();
        let told = self.amend_claims(&mut work, &case, &ClaimChange::ReviewWithdrawn).await?;
        let text = format!("快处案件{}的复核申请已撤回，复核终止。", case.number);
        self.text_parties(&mut work, &case, |_| true, &text)?;
        self.record(&mut work, &mut case, actor, now, [event])?;
        self.record(&mut work, &mut case, Actor::Service, now, told)?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    /// The unfinished reviews of some districts, the most urgent first.
    pub async fn list_reviews(&self, districts: &[DistrictCode]) -> Result<Vec<ReviewRow>, AppError> {
        Ok(self.parts.store.list_reviews(districts, MOST).await?)
    }

    /// A case under review, for a reviewer.
    pub async fn get_review(&self, by: &Officer, id: CaseId) -> Result<Case, AppError> {
        let (case, _) = self.case_for_reviewer(id, by).await?;
        case.review.as_ref().ok_or(AppError::NotFound("review"))?;
        Ok(case)
    }

    /// A reviewer takes the review.
    pub async fn take_review(&self, by: &Officer, id: CaseId) -> Result<Prepared<Case>, AppError> {
        let (case, handlers) = self.case_for_reviewer(id, by).await?;
        let (case, event) = case.take_review(by, &handlers, self.now())?;
        self.changed(officer_actor(by), case, [event])
    }

    /// The reviewer who took it drafts the conclusion.
    pub async fn draft_review(
        &self,
        by: &Officer,
        id: CaseId,
        expected: i64,
        conclusion: Conclusion,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, handlers) = self.case_for_reviewer(id, by).await?;
        let (case, event) = as_seen(case, expected)?.draft_review(by, &handlers, conclusion, self.now())?;
        self.changed(officer_actor(by), case, [event])
    }

    /// Another reviewer confirms the draft or sends it back.
    pub async fn confirm_review(
        &self,
        by: &Officer,
        id: CaseId,
        expected: i64,
        opinion: SecondOpinion,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, handlers) = self.case_for_reviewer(id, by).await?;
        let case = as_seen(case, expected)?;
        match opinion {
            SecondOpinion::Confirmed => self.conclude_review(by, &handlers, case).await,
            SecondOpinion::SentBack { note } => {
                let (case, event) = case.send_review_back(by, &handlers, note, self.now())?;
                self.changed(officer_actor(by), case, [event])
            }
        }
    }

    /// The conclusion is typeset and stored, and insurers are told; with an order to determine anew the case is back
    /// in the queue.
    async fn conclude_review(
        &self,
        by: &Officer,
        handlers: &BTreeSet<AccountId>,
        case: Case,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let verification = VerificationCode::new(self.random());
        let stamp = Stamp { id: DeterminationId(self.new_id()), verification: verification.clone() };
        let draft = case.confirm_review(by, handlers, stamp, now)?;
        let paper = case.review_paper(&draft, &self.issuer().await?).ok_or(Refusal::NoReview)?;
        let issued = self.typeset(paper.into()).await?;
        let rules = self.rules_for(&case);
        let (mut case, events) = case.conclude_review(draft, issued.digest, &rules)?;
        let mut work = Work::new();
        work.insert_document(case.id, &issued, &verification, now)?;
        let outcome = outcome_of(&case).ok_or(Refusal::NoReview)?.name().to_owned();
        let told = self.amend_claims(&mut work, &case, &ClaimChange::ReviewConcluded { outcome }).await?;
        let text = format!("快处案件{}的复核结论已作出，请在小程序中查收。", case.number);
        self.text_parties(&mut work, &case, |_| true, &text)?;
        self.record(&mut work, &mut case, officer_actor(by), now, events)?;
        self.record(&mut work, &mut case, Actor::Service, now, told)?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    /// A reviewer notes that a court has accepted a suit and was told of the review.
    pub async fn note_suit(
        &self,
        by: &Officer,
        id: CaseId,
        note: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, handlers) = self.case_for_reviewer(id, by).await?;
        let (case, event) = case.note_suit(by, &handlers, note, self.now())?;
        self.changed(officer_actor(by), case, [event])
    }

    /// The case for an officer who may review it, with everybody who held it; otherwise refused and recorded.
    async fn case_for_reviewer(
        &self,
        id: CaseId,
        by: &Officer,
    ) -> Result<(Case, BTreeSet<AccountId>), AppError> {
        let case = self.case_for_officer(id, by).await?;
        let mut entries: Vec<Entry> = Vec::new();
        for sealed in self.parts.store.journal_of(id).await? {
            let entry = serde_json::from_str(&sealed.canonical);
            entries.push(entry.map_err(|_| AppError::Internal("a journal entry does not parse".to_owned()))?);
        }
        let handlers = handlers(&entries);
        match case.check_reviewer(by, &handlers) {
            Ok(()) => Ok((case, handlers)),
            Err(refusal) => {
                let why = match refusal {
                    Refusal::HandledBefore => "handled the case before",
                    _ => "not of the unit above",
                };
                self.record_refused_access(id, officer_actor(by), why).await?;
                Err(refusal.into())
            }
        }
    }

    /// Tells every insurer with a claim of the case; each thing once. Gives the events that say so.
    async fn amend_claims(
        &self,
        work: &mut Work,
        case: &Case,
        change: &ClaimChange,
    ) -> Result<Vec<Event>, AppError> {
        let mut events = Vec::new();
        for row in self.parts.store.claims_of_case(case.id).await? {
            events.extend(self.amend_claim(work, row, change.clone())?);
        }
        Ok(events)
    }

    fn amend_claim(
        &self,
        work: &mut Work,
        ClaimRow { claim, version }: ClaimRow,
        change: ClaimChange,
    ) -> Result<Option<Event>, AppError> {
        let now = self.now();
        let Some(claim) = claim.amended(change, now) else { return Ok(None) };
        let Some(amendment) = claim.amendments.last() else { return Ok(None) };
        let event = Event::ClaimAmended { claim: claim.id, change: amendment.change.name().to_owned() };
        let content = Content::AmendClaim { claim: claim.id, insurer: claim.insurer.clone() };
        work.message(&Message { id: amendment.id, case: claim.case, content, due: now })?;
        work.save_claim(&claim, version)?;
        Ok(Some(event))
    }

    /// Puts the claims of a case on their way when it is settled who bears what. `events` tell of it and are given
    /// back as they are to be recorded: a claim that its insurer has already, as after a review, stays that claim and
    /// is amended.
    pub(crate) async fn file_claims(
        &self,
        work: &mut Work,
        case: &Case,
        mut events: Vec<Event>,
        claims: Vec<Claim>,
    ) -> Result<Vec<Event>, AppError> {
        let known = self.parts.store.claims_of_case(case.id).await?;
        let Some(settled) = claims.first().map(|claim| claim.notice.clone()) else { return Ok(events) };
        for claim in claims.iter().filter(|claim| known.iter().all(|row| row.claim.id != claim.id)) {
            self.file_claim(work, claim)?;
        }
        for row in known {
            let id = row.claim.id;
            events.retain(|event| !matches!(event, Event::ClaimFiled { claim, .. } if *claim == id));
            let notice = claims.iter().find(|claim| claim.id == id).map(|claim| claim.notice.clone());
            // A party that names another insurer now: the first one hears of the new determination, too.
            let notice = notice.unwrap_or_else(|| of_former_insurer(&row.claim, &settled));
            let change = ClaimChange::Redetermined { notice: Box::new(notice) };
            events.extend(self.amend_claim(work, row, change)?);
        }
        Ok(events)
    }
}

/// What is settled now, for the insurer that a party named before.
fn of_former_insurer(claim: &Claim, settled: &FirstNotice) -> FirstNotice {
    FirstNotice { claim: claim.id, insurer: claim.insurer.clone(), insured: claim.party, ..settled.clone() }
}

fn outcome_of(case: &Case) -> Option<&ReviewOutcome> {
    match case.review.as_ref().map(|review| &review.state) {
        Some(ReviewState::Concluded { conclusion, .. }) => Some(&conclusion.outcome),
        _ => None,
    }
}

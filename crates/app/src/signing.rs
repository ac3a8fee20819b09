//! The determination: decided and typeset, signed or refused by the parties, concluded with its claims.

mod codes;
mod proving;
mod serving;

use domain::{
    case::{Case, DeterminationOrder, Officer, Stamp},
    claim::Claim,
    digest::Digest,
    document::DocumentKind,
    event::Event,
    identifiers::{CaseId, DeterminationId, MessageId, Passage, VerificationCode},
    journal::Actor,
    message::{Content, Message},
    refusal::Refusal,
    role::PartyRole,
};
use store::Work;

pub use self::{
    codes::SentCode,
    proving::{SIGNATURE_TYPE, SignedWith},
};

use crate::{
    access::{Driver, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
    review::as_seen,
};

impl App {
    /// The officer decides; the document that the parties will sign is typeset and stored before.
    pub async fn determine_liability(
        &self,
        by: &Officer,
        id: CaseId,
        expected: i64,
        order: DeterminationOrder,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let case = as_seen(self.case_for_officer(id, by).await?, expected)?;
        let verification = VerificationCode::new(self.random());
        let stamp = Stamp { id: DeterminationId(self.new_id()), verification: verification.clone() };
        let rules = self.rules_for(&case);
        if !rules.policy.allows(case.triage.lane, order.liability.grades().values().copied()) {
            return Err(Refusal::GradeNotAllowed.into());
        }
        let draft = case.draft_determination(by, order, stamp, rules.liability, now)?;
        let issued = self.typeset(case.paper_of_draft(&draft, &self.issuer().await?).into()).await?;
        let (case, event) = case.determine(draft, issued.digest)?;
        let mut prepared = self.changed(officer_actor(by), case, [event])?;
        prepared.work.insert_document(id, &issued, &verification, now)?;
        Ok(prepared)
    }

    /// A party signs over the hash of the document it was shown; with `agrees` it also agrees that documents are
    /// served to it online.
    pub async fn sign_determination(
        &self,
        by: Driver,
        id: CaseId,
        document: Digest,
        with: &SignedWith,
        agrees: bool,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_driver(id, by).await?;
        let mut work = Work::new();
        let proof = self.prove(&mut work, &case, by, document, with).await?;
        let now = self.now();
        let (case, signed) = case.sign(by.0, document, Some(proof), now)?;
        let (case, agreed) = if agrees { case.agree_to_service(by.0, now)? } else { (case, None) };
        self.after_answer(work, by.actor(), case, std::iter::once(signed).chain(agreed)).await
    }

    /// An officer records the signature of a party without a session, which told him the code that it received.
    pub async fn record_signature(
        &self,
        by: &Officer,
        id: CaseId,
        role: PartyRole,
        document: Digest,
        with: &SignedWith,
    ) -> Result<Prepared<Case>, AppError> {
        let case = self.case_for_officer(id, by).await?;
        let mut work = Work::new();
        let proof = self.prove_for(&mut work, &case, by, (role, document), with).await?;
        let (case, event) = case.record_signature(by, role, document, proof, self.now())?;
        self.after_answer(work, officer_actor(by), case, [event]).await
    }

    /// A party refuses to sign.
    pub async fn refuse_determination(
        &self,
        by: Driver,
        id: CaseId,
        reason: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, event) = self.case_for_driver(id, by).await?.refuse_to_sign(by.0, reason, self.now())?;
        self.after_answer(Work::new(), by.actor(), case, [event]).await
    }

    /// The officer notes that a party refuses.
    pub async fn note_refusal(
        &self,
        by: &Officer,
        id: CaseId,
        role: PartyRole,
        reason: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, event) =
            self.case_for_officer(id, by).await?.note_refusal(by, role, reason, self.now())?;
        self.after_answer(Work::new(), officer_actor(by), case, [event]).await
    }

    /// With the last answer the document becomes final and the claims go on their way.
    pub(crate) async fn after_answer(
        &self,
        mut work: Work,
        actor: Actor,
        mut case: Case,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Prepared<Case>, AppError> {
        self.record(&mut work, &mut case, actor, self.now(), events)?;
        if case.is_answered() {
            case = self.conclude(&mut work, case).await?;
        } else if case.is_agreed_by_all() {
            case = self.conclude_agreement(&mut work, case).await?;
        }
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    /// Makes the document of a determination that everybody has answered final, and files the claims.
    pub(crate) async fn conclude(&self, work: &mut Work, case: Case) -> Result<Case, AppError> {
        let now = self.now();
        let issuer = self.issuer().await?;
        let Some((mut paper, code)) =
            case.determination().map(|d| (case.paper(d, &issuer), d.verification.clone()))
        else {
            return Err(AppError::Internal("an answered case has a determination".to_owned()));
        };
        if let Some(determination) = case.determination() {
            self.draw(&mut paper.signatures, &determination.signatures).await?;
        }
        let issued = self.typeset(paper.into()).await?;
        let (mut case, events, mut claims) = case.conclude(issued.digest, now)?;
        let settlement = case.settlement(self.rules_for(&case).compensation);
        claims.iter_mut().for_each(|claim| claim.notice.settlement.clone_from(&settlement));
        let events = self.file_claims(work, &case, events, claims).await?;
        self.keep_decision(work, &case)?;
        self.record(work, &mut case, Actor::Service, now, events)?;
        work.insert_document(case.id, &issued, &code, now)?;
        self.announce(work, &case, DocumentKind::Determination)?;
        self.record_mediation(work, case).await
    }

    /// A claim, with the message that brings it to its insurer.
    pub(crate) fn file_claim(&self, work: &mut Work, claim: &Claim) -> Result<(), AppError> {
        work.insert_claim(claim)?;
        let content = Content::FileClaim { claim: claim.id, insurer: claim.insurer.clone() };
        // The claim's own id names the message: however often it is sent, the insurer can tell it is one.
        work.message(&Message {
            id: MessageId(claim.id.0),
            case: claim.case,
            content,
            due: claim.created_at,
        })?;
        Ok(())
    }
}

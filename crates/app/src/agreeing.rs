//! The agreement: proposed by a party and typeset, signed or declined by the others, concluded with its claims.

use domain::{
    case::{AgreementOrder, Case},
    digest::Digest,
    document::DocumentKind,
    identifiers::{CaseId, Passage},
    journal::Actor,
    role::PartyRole,
};
use store::Work;

use crate::{access::Driver, context::App, error::AppError, once::Prepared, signing::SignedWith};

impl App {
    /// A party proposes an agreement; the document that all will sign is typeset and stored before, and the others
    /// are told that it waits for them.
    pub async fn propose_agreement(
        &self,
        by: Driver,
        id: CaseId,
        order: AgreementOrder,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let case = self.case_for_driver(id, by).await?;
        let rules = self.rules_for(&case);
        let draft = case.draft_agreement(by.0, order, self.stamp(), &rules, now)?;
        let (proposer, code) = (draft.agreement().proposed_by, draft.agreement().verification.clone());
        let paper = case.agreement_paper(draft.agreement(), &self.issuer().await?);
        let issued = self.typeset(paper.into()).await?;
        let (mut case, event) = case.propose_agreement(draft, issued.digest)?;
        let mut work = Work::new();
        self.record(&mut work, &mut case, by.actor(), now, [event])?;
        work.insert_document(id, &issued, &code, now)?;
        let text = format!("【快处】案件{}有一份自行协商协议书待您确认，请登录查看。", case.number);
        self.text_parties(&mut work, &case, |role| role != proposer, &text)?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    /// A party signs over the hash of the document it was shown, with the same proof as a determination; with `agrees`
    /// it also agrees that documents are served to it online.
    pub async fn sign_agreement(
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
        let (case, signed) = case.sign_agreement(by.0, document, Some(proof), now)?;
        let (case, agreed) = if agrees { case.agree_to_service(by.0, now)? } else { (case, None) };
        self.after_answer(work, by.actor(), case, std::iter::once(signed).chain(agreed)).await
    }

    /// A party declines what was proposed, or the proposer takes it back.
    pub async fn decline_agreement(
        &self,
        by: Driver,
        id: CaseId,
        reason: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, event) = self.case_for_driver(id, by).await?.decline_agreement(by.0, reason)?;
        self.changed(by.actor(), case, [event])
    }

    /// Makes the document of an agreement that everybody has signed final, and files the claims.
    pub(crate) async fn conclude_agreement(&self, work: &mut Work, case: Case) -> Result<Case, AppError> {
        let now = self.now();
        let issuer = self.issuer().await?;
        let Some(agreement) = case.agreement() else {
            return Err(AppError::Internal("a case that was agreed on has an agreement".to_owned()));
        };
        let (code, mut paper) = (agreement.verification.clone(), case.agreement_paper(agreement, &issuer));
        self.draw(&mut paper.signatures, &agreement.signatures).await?;
        let issued = self.typeset(paper.into()).await?;
        let (mut case, events, claims) = case.conclude_agreement(issued.digest, now)?;
        let events = self.file_claims(work, &case, events, claims).await?;
        self.keep_decision(work, &case)?;
        self.record(work, &mut case, Actor::Service, now, events)?;
        work.insert_document(case.id, &issued, &code, now)?;
        self.announce(work, &case, DocumentKind::Agreement)?;
        Ok(case)
    }

    /// Tells some parties by text message, those whose phone is known. `text` must say nothing personal.
    pub(crate) fn text_parties(
        &self,
        work: &mut Work,
        case: &Case,
        whom: impl Fn(PartyRole) -> bool,
        text: &str,
    ) -> Result<(), AppError> {
        let parties = case.parties.iter().filter(|party| whom(party.role));
        parties
            .filter_map(|party| party.details.phone.as_ref())
            .try_for_each(|phone| self.text(work, case.id, phone, text.to_owned(), self.now()))
    }
}

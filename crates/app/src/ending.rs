//! Ends without a determination: the certificate, an officer on scene, a case that is closed.

use domain::{
    case::{Case, Officer, Stamp},
    document::DocumentKind,
    identifiers::{CaseId, DeterminationId, Passage, VerificationCode},
};
use store::Work;

use crate::{
    access::{Driver, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
    review::as_seen,
};

/// What an officer writes into a certificate.
#[derive(Debug, Clone)]
pub struct CertificateOrder {
    /// What was established.
    pub facts: Passage,
    /// Why the rest cannot be.
    pub reason: Passage,
}

impl App {
    /// The officer issues a certificate (R146 §67); its document is final at once, and the parties are told of it.
    /// No claims follow: it says nothing of who is liable.
    pub async fn issue_certificate(
        &self,
        by: &Officer,
        id: CaseId,
        expected: i64,
        order: CertificateOrder,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let case = as_seen(self.case_for_officer(id, by).await?, expected)?;
        let draft = case.draft_certificate(by, order.facts, order.reason, self.stamp(), now)?;
        let code = draft.certificate().verification.clone();
        let paper = case.certificate_paper(draft.certificate(), &self.issuer().await?);
        let issued = self.typeset(paper.into()).await?;
        let (case, event) = case.certify(draft, issued.digest)?;
        let mut prepared = self.changed(officer_actor(by), case, [event])?;
        prepared.work.insert_document(id, &issued, &code, now)?;
        self.announce(&mut prepared.work, &prepared.value, DocumentKind::Certificate)?;
        Ok(prepared)
    }

    /// A party wants an officer on scene: the patrol has the case from now on (R146 §20), and no unit has it any more.
    pub async fn ask_for_officer(
        &self,
        by: Driver,
        id: CaseId,
        reason: Option<Passage>,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let (mut case, events) = self.case_for_driver(id, by).await?.ask_for_officer(by.0, reason, now)?;
        let mut work = Work::new();
        self.record(&mut work, &mut case, by.actor(), now, events)?;
        let why = Passage::shortened("当事人要求民警到现场处理");
        self.cancel_open_dispatch(&mut work, &mut case, by.actor(), &why).await?;
        self.tell_patrol(&mut work, &case)?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    /// The officer who holds the case closes it, with the reason.
    pub async fn close_case(
        &self,
        by: &Officer,
        id: CaseId,
        expected: i64,
        reason: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let case = as_seen(self.case_for_officer(id, by).await?, expected)?;
        let (case, event) = case.close(by, reason, self.now())?;
        self.changed(officer_actor(by), case, [event])
    }

    /// Id and verification code of a new document.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { id: DeterminationId(self.new_id()), verification: VerificationCode::new(self.random()) }
    }
}

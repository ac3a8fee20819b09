//! The determination: decided and typeset, signed or refused by the parties, concluded with its claims.

use bytes::Bytes;
use domain::{
    case::{Case, DeterminationOrder, Issuer, Officer, Stage, Stamp},
    claim::Claim,
    digest::Digest,
    document::{DeterminationPaper, DocumentKind},
    event::Event,
    identifiers::{CaseId, DeterminationId, MessageId, Passage, VerificationCode},
    journal::Actor,
    message::{Content, Message},
    role::PartyRole,
};
use evidence::{ObjectKey, ObjectKind};
use store::Work;

use crate::{
    access::{Driver, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
    review::as_seen,
};

/// What anybody may learn from a document's QR code: nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Number of the document.
    pub number: String,
    /// The unit that issued it.
    pub unit_name: String,
    /// Every PDF issued under this code, oldest first.
    pub documents: Vec<VerifiedDocument>,
    /// Whether all parties have answered it.
    pub is_final: bool,
}

/// One PDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedDocument {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// When it was issued.
    pub issued_at: chrono::DateTime<chrono::Utc>,
    /// Whether it is the one that counts now.
    pub is_current: bool,
}

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
        let draft =
            case.draft_determination(by, order, stamp, self.rules_of(case.occurred_at).liability, now)?;
        let document = self.typeset(case.paper_of_draft(&draft, &self.issuer().await?)).await?;
        let (case, event) = case.determine(draft, document)?;
        let mut prepared = self.decided(by, case, [event])?;
        let number = prepared.value.document_number();
        prepared.work.insert_document(id, DocumentKind::Determination, &number, document, &verification, now);
        Ok(prepared)
    }

    /// A party signs over the hash of the document it was shown.
    pub async fn sign_determination(
        &self,
        by: Driver,
        id: CaseId,
        document: Digest,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, event) = self.case_for_driver(id, by).await?.sign(by.0, document, self.now())?;
        self.answered_by(by.actor(), case, event).await
    }

    /// A party refuses to sign.
    pub async fn refuse_determination(
        &self,
        by: Driver,
        id: CaseId,
        reason: Passage,
    ) -> Result<Prepared<Case>, AppError> {
        let (case, event) = self.case_for_driver(id, by).await?.refuse_to_sign(by.0, reason, self.now())?;
        self.answered_by(by.actor(), case, event).await
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
        self.answered_by(officer_actor(by), case, event).await
    }

    /// With the last answer the document becomes final and the claims go on their way.
    async fn answered_by(
        &self,
        actor: Actor,
        mut case: Case,
        event: Event,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let mut work = Work::new();
        self.record(&mut work, &mut case, actor, now, [event])?;
        if case.is_answered() {
            case = self.conclude(&mut work, case).await?;
        }
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    async fn conclude(&self, work: &mut Work, case: Case) -> Result<Case, AppError> {
        let now = self.now();
        let issuer = self.issuer().await?;
        let Some((paper, code)) =
            case.determination().map(|d| (case.paper(d, &issuer), d.verification.clone()))
        else {
            return Err(AppError::Internal("an answered case has a determination".to_owned()));
        };
        let document = self.typeset(paper).await?;
        let (mut case, events, claims) = case.conclude(document, now)?;
        self.record(work, &mut case, Actor::Service, now, events)?;
        let number = case.document_number();
        work.insert_document(case.id, DocumentKind::Determination, &number, document, &code, now);
        for claim in &claims {
            self.file_claim(work, claim)?;
        }
        Ok(case)
    }

    fn file_claim(&self, work: &mut Work, claim: &Claim) -> Result<(), AppError> {
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

    /// Who issues documents, with the names of the insurers as they are now.
    async fn issuer(&self) -> Result<Issuer, AppError> {
        let insurers = self.parts.store.insurers().await?;
        Ok(Issuer {
            unit_name: self.parts.unit_name.clone(),
            verification_base: self.parts.verification_base.clone(),
            insurer_names: insurers.into_iter().map(|insurer| (insurer.code, insurer.name)).collect(),
        })
    }

    /// Typesets on a blocking thread and stores the PDF before anything points to it.
    async fn typeset(&self, paper: DeterminationPaper) -> Result<Digest, AppError> {
        let typesetter = std::sync::Arc::clone(&self.parts.typesetter);
        let pdf = tokio::task::spawn_blocking(move || typesetter.determination(&paper)).await??;
        Ok(self.parts.objects.put_bytes(ObjectKind::Document, Bytes::from(pdf)).await?)
    }

    /// The determination's PDF, for a party.
    pub async fn document_for_driver(&self, by: Driver, id: CaseId) -> Result<(Digest, Bytes), AppError> {
        let case = self.case_for_driver(id, by).await?;
        self.document(&case).await
    }

    /// The determination's PDF, for an officer of the district.
    pub async fn document_for_officer(&self, by: &Officer, id: CaseId) -> Result<(Digest, Bytes), AppError> {
        let case = self.case_for_officer(id, by).await?;
        self.document(&case).await
    }

    async fn document(&self, case: &Case) -> Result<(Digest, Bytes), AppError> {
        let digest = case.determination().ok_or(AppError::NotFound("document"))?.document;
        let bytes = self.parts.objects.read(ObjectKey::new(ObjectKind::Document, digest)).await?;
        Ok((digest, bytes))
    }

    /// Whether a document is genuine, for anybody who has it.
    pub async fn verify_document(&self, code: &VerificationCode) -> Result<Verification, AppError> {
        let rows = self.parts.store.documents_by_code(code).await?;
        let id = rows.first().ok_or(AppError::NotFound("document"))?.case;
        let case = self.parts.store.find_case_for_service(id).await?.ok_or(AppError::NotFound("document"))?;
        let current = case.determination().map(|determination| determination.document);
        let documents = rows
            .iter()
            .map(|row| VerifiedDocument {
                digest: row.digest,
                issued_at: row.created_at,
                is_current: Some(row.digest) == current,
            })
            .collect();
        Ok(Verification {
            number: case.document_number(),
            unit_name: self.parts.unit_name.clone(),
            documents,
            is_final: matches!(case.stage, Stage::Concluded { .. }),
        })
    }
}

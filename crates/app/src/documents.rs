//! Documents: typeset and kept, read by the parties and officers, checked by anybody.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    case::{Case, Issuer, Officer, Stage},
    digest::Digest,
    document::{IssuedPaper, Language, Paper},
    identifiers::{CaseId, VerificationCode},
};
use evidence::{ObjectKey, ObjectKind};

use crate::{access::Driver, context::App, error::AppError};

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
    /// Who issues documents, with the names of the insurers as they are now.
    pub(crate) async fn issuer(&self) -> Result<Issuer, AppError> {
        let insurers = self.parts.store.insurers().await?;
        Ok(Issuer {
            unit_name: self.parts.unit_name.clone(),
            verification_base: self.parts.verification_base.clone(),
            insurer_names: insurers.into_iter().map(|insurer| (insurer.code, insurer.name)).collect(),
        })
    }

    /// Typesets on a blocking thread and stores the PDF before anything points to it.
    pub(crate) async fn typeset(&self, paper: Paper) -> Result<IssuedPaper, AppError> {
        let (paper, pdf) = self.press(paper, Language::Chinese).await?;
        let digest = self.parts.objects.put_bytes(ObjectKind::Document, pdf).await?;
        Ok(IssuedPaper { paper, digest })
    }

    async fn press(&self, paper: Paper, language: Language) -> Result<(Paper, Bytes), AppError> {
        let typesetter = Arc::clone(&self.parts.typesetter);
        let press = move || typesetter.typeset(&paper, language).map(|pdf| (paper, Bytes::from(pdf)));
        Ok(tokio::task::spawn_blocking(press).await??)
    }

    /// The determination's PDF, for a party.
    pub async fn document_for_driver(&self, by: Driver, id: CaseId) -> Result<(Digest, Bytes), AppError> {
        let case = self.case_for_driver(id, by).await?;
        let (digest, bytes) = self.document(&case).await?;
        self.note_opening(by, &case, digest).await?;
        Ok((digest, bytes))
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

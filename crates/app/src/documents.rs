//! Documents: typeset and kept, listed and read by the parties and officers of a case, checked by anybody.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{
    case::{Case, IssuedDocument, Issuer, Officer, Standing, worded},
    digest::Digest,
    document::{DocumentKind, IssuedPaper, Language, Paper},
    event::ServiceManner,
    identifiers::{CaseId, VerificationCode},
    role::PartyRole,
};
use evidence::{ObjectKey, ObjectKind};
use store::DocumentRow;

use crate::{access::Driver, context::App, error::AppError};

/// A document of a case, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDocument {
    /// What was issued.
    pub document: IssuedDocument,
    /// Its number.
    pub number: String,
    /// Whether it counts.
    pub standing: Standing,
    /// Whether nothing is added to it any more, but by a review.
    pub is_final: bool,
    /// Whom it reached, how and when.
    pub served: Vec<(PartyRole, ServiceManner, DateTime<Utc>)>,
}

/// Which document of a case somebody wants.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The one with this hash.
    pub digest: Option<Digest>,
    /// The newest of this kind, those that count before the others; else the act that stands.
    pub kind: Option<DocumentKind>,
    /// Whose notice of rights, where an officer asks for it.
    pub role: Option<PartyRole>,
    /// In which language.
    pub language: Language,
}

/// A document, to be read.
#[derive(Debug, Clone)]
pub struct ReadDocument {
    /// Which kind.
    pub kind: DocumentKind,
    /// In which language.
    pub language: Language,
    /// The PDF.
    pub pdf: Bytes,
    /// The kept document that it is, or that it is a translation of; a notice of rights is made when it is asked for.
    pub kept: Option<ListedDocument>,
}

/// What anybody may learn from a document's QR code: nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Which kind of document.
    pub kind: DocumentKind,
    /// Its number.
    pub number: String,
    /// The unit that issued it.
    pub unit_name: String,
    /// Every PDF issued under this code, oldest first.
    pub documents: Vec<ListedDocument>,
}

impl Verification {
    /// Whether one of them is the last word, and nothing is added to it any more but by a review.
    pub fn is_final(&self) -> bool {
        self.documents.iter().any(|document| document.is_final)
    }
}

/// In whose right somebody reads documents.
#[derive(Debug, Clone, Copy)]
pub enum DocumentReader<'a> {
    /// A party of the case.
    Party(Driver),
    /// An officer of the district.
    Officer(&'a Officer),
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

    /// Typesets in the words of today's rules, on a blocking thread, and stores the PDF before anything points to it.
    pub(crate) async fn typeset(&self, paper: Paper) -> Result<IssuedPaper, AppError> {
        let paper = worded(paper, &self.rules(), None);
        let (paper, pdf) = self.press(paper, Language::Chinese).await?;
        let digest = self.parts.objects.put_bytes(ObjectKind::Document, pdf).await?;
        Ok(IssuedPaper { paper, digest })
    }

    async fn press(&self, paper: Paper, language: Language) -> Result<(Paper, Bytes), AppError> {
        // Never closed, so it is always granted in the end.
        let _turn = self.presses.acquire().await.map_err(|closed| AppError::Internal(closed.to_string()))?;
        let typesetter = Arc::clone(&self.parts.typesetter);
        let press = move || typesetter.typeset(&paper, language).map(|pdf| (paper, Bytes::from(pdf)));
        Ok(tokio::task::spawn_blocking(press).await??)
    }

    async fn case_of_reader(&self, by: DocumentReader<'_>, id: CaseId) -> Result<Case, AppError> {
        match by {
            DocumentReader::Party(by) => self.case_for_driver(id, by).await,
            DocumentReader::Officer(by) => self.case_for_officer(id, by).await,
        }
    }

    /// The documents of a case, oldest first.
    pub async fn list_documents(
        &self,
        by: DocumentReader<'_>,
        id: CaseId,
    ) -> Result<Vec<ListedDocument>, AppError> {
        let case = self.case_of_reader(by, id).await?;
        self.documents_of(&case).await
    }

    async fn documents_of(&self, case: &Case) -> Result<Vec<ListedDocument>, AppError> {
        let rows = self.parts.store.documents_of_case(case.id).await?;
        Ok(listed(case, rows))
    }

    /// One document of a case. A party who opens it is noted first; superseded ones come as they were issued.
    pub async fn read_document(
        &self,
        by: DocumentReader<'_>,
        id: CaseId,
        wanted: &Wanted,
    ) -> Result<ReadDocument, AppError> {
        let case = self.case_of_reader(by, id).await?;
        if wanted.kind == Some(DocumentKind::NoticeOfRights) && wanted.digest.is_none() {
            return self.notice_of_rights(&case, by, wanted).await;
        }
        let document = choose(&case, self.documents_of(&case).await?, wanted)?;
        let digest = document.document.digest;
        let pdf = match wanted.language {
            Language::Chinese => {
                if let DocumentReader::Party(by) = by {
                    self.note_opening(by, &case, digest).await?;
                }
                self.parts.objects.read(ObjectKey::new(ObjectKind::Document, digest)).await?
            }
            Language::English => self.translation(&case, digest).await?,
        };
        Ok(ReadDocument {
            kind: document.document.kind,
            language: wanted.language,
            pdf,
            kept: Some(document),
        })
    }

    /// In English, for reading: what the document says, typeset anew. Documents of the first release kept no paper;
    /// of the determination that stands it is made again.
    async fn translation(&self, case: &Case, digest: Digest) -> Result<Bytes, AppError> {
        let paper = match self.parts.store.paper_of_document(case.id, digest).await? {
            Some(paper) => paper,
            None => {
                let stands = case.determination().filter(|determination| determination.document == digest);
                let determination = stands.ok_or(AppError::NotFound("translation"))?;
                worded(case.paper(determination, &self.issuer().await?), &self.rules(), None)
            }
        };
        Ok(self.press(paper, Language::English).await?.1)
    }

    /// The notice of a party's rights, with the days on which their time ends.
    async fn notice_of_rights(
        &self,
        case: &Case,
        by: DocumentReader<'_>,
        wanted: &Wanted,
    ) -> Result<ReadDocument, AppError> {
        let role = match by {
            DocumentReader::Party(by) => case.role_of(by.0)?,
            DocumentReader::Officer(_) => wanted.role.ok_or(AppError::NotFound("party"))?,
        };
        let paper = case.rights_paper(role, &self.issuer().await?).ok_or(AppError::NotFound("document"))?;
        let rules = self.rules_for(case);
        let paper = worded(paper, &rules, case.served_at(role));
        let (_, pdf) = self.press(paper, wanted.language).await?;
        Ok(ReadDocument { kind: DocumentKind::NoticeOfRights, language: wanted.language, pdf, kept: None })
    }

    /// Whether a document is genuine, for anybody who has it.
    pub async fn verify_document(&self, code: &VerificationCode) -> Result<Verification, AppError> {
        let rows = self.parts.store.documents_by_code(code).await?;
        let id = rows.first().ok_or(AppError::NotFound("document"))?.case;
        let case = self.parts.store.find_case_for_service(id).await?.ok_or(AppError::NotFound("document"))?;
        let all = self.documents_of(&case).await?;
        let documents: Vec<_> =
            all.into_iter().filter(|listed| listed.document.verification == *code).collect();
        let last = documents.last().ok_or(AppError::NotFound("document"))?;
        let paper = self.parts.store.paper_of_document(id, last.document.digest).await?;
        Ok(Verification {
            kind: last.document.kind,
            number: last.number.clone(),
            unit_name: paper
                .map_or_else(|| self.parts.unit_name.clone(), |paper| paper.head().unit_name.clone()),
            documents,
        })
    }
}

fn listed(case: &Case, rows: Vec<DocumentRow>) -> Vec<ListedDocument> {
    let numbers: Vec<_> = rows.iter().map(|row| row.number.clone()).collect();
    let issued: Vec<_> = rows.into_iter().map(issued).collect();
    let list = issued.iter().zip(numbers).map(|(document, number)| ListedDocument {
        number: number.unwrap_or_else(|| case.document_number()),
        standing: case.standing(document, &issued),
        is_final: case.is_final_document(document, &issued),
        served: served(case, document.digest),
        document: document.clone(),
    });
    list.collect()
}

fn issued(row: DocumentRow) -> IssuedDocument {
    IssuedDocument { kind: row.kind, digest: row.digest, verification: row.verification, at: row.created_at }
}

fn served(case: &Case, document: Digest) -> Vec<(PartyRole, ServiceManner, DateTime<Utc>)> {
    let services = case.services.iter().filter(|service| service.document == document);
    services.map(|service| (service.role, service.manner, service.at)).collect()
}

fn choose(case: &Case, all: Vec<ListedDocument>, wanted: &Wanted) -> Result<ListedDocument, AppError> {
    let stands = case.standing_document();
    let fits = |one: &ListedDocument| match (wanted.digest, wanted.kind) {
        (Some(digest), _) => one.document.digest == digest,
        (None, Some(kind)) => one.document.kind == kind,
        (None, None) => Some(one.document.digest) == stands,
    };
    let fitting = all.into_iter().filter(fits);
    // Of several, the last that counts; `max_by_key` gives the last of equal ones.
    fitting.max_by_key(|one| one.standing == Standing::Current).ok_or(AppError::NotFound("document"))
}

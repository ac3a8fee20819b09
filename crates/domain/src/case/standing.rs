//! Which of the documents of a case counts, and what took the place of the others: superseded documents stay readable
//! and say so.

use chrono::{DateTime, Utc};

use super::{Case, MediationOutcome, Stage};
use crate::{digest::Digest, document::DocumentKind, identifiers::VerificationCode};

/// A document that was issued in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedDocument {
    /// Which kind.
    pub kind: DocumentKind,
    /// SHA-256 of the PDF.
    pub digest: Digest,
    /// Leads from its QR code to its verification. Versions of one act share it.
    pub verification: VerificationCode,
    /// When.
    pub at: DateTime<Utc>,
}

/// Whether a document counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the last word.
    Current,
    /// It does not count any more.
    Superseded {
        /// What took its place, if anything did.
        by: Option<Digest>,
        /// Since when, if a document took its place.
        at: Option<DateTime<Utc>>,
        /// Why.
        why: Superseding,
    },
}

/// Why a document does not count any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Superseding {
    /// A later version of the same document has what came since: signatures, refusals, a mediation's result.
    Completed,
    /// A review took the act away (R146 §76, §79).
    Revoked,
    /// It was proposed to the parties, and they did not agree to it.
    NotAgreed,
    /// The case took another way before it was final.
    Abandoned,
}

impl Superseding {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Revoked, Self::NotAgreed, Self::Abandoned];

    /// Its name, as shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Revoked => "revoked",
            Self::NotAgreed => "not_agreed",
            Self::Abandoned => "abandoned",
        }
    }
}

impl Case {
    /// The document of the act that stands: the determination, the agreement or the certificate.
    pub fn standing_document(&self) -> Option<Digest> {
        match &self.stage {
            Stage::Decided { determination } | Stage::Concluded { determination, .. } => {
                Some(determination.document)
            }
            Stage::Agreeing { agreement } | Stage::Agreed { agreement, .. } => Some(agreement.document),
            Stage::Certified { certificate } => Some(certificate.document),
            _ => None,
        }
    }

    /// Whether this document counts; `issued` are all documents of the case, oldest first.
    pub fn standing(&self, document: &IssuedDocument, issued: &[IssuedDocument]) -> Standing {
        let later = || issued.iter().skip_while(|one| one.digest != document.digest).skip(1);
        let replaced = |by: Option<&IssuedDocument>, why| Standing::Superseded {
            by: by.map(|by| by.digest),
            at: by.map(|by| by.at),
            why,
        };
        if let Some(version) = later().find(|one| one.verification == document.verification) {
            return replaced(Some(version), Superseding::Completed);
        }
        let stands = self.standing_document() == Some(document.digest);
        match document.kind {
            DocumentKind::Determination | DocumentKind::Agreement | DocumentKind::Certificate if stands => {
                Standing::Current
            }
            DocumentKind::Agreement => replaced(later().find(|one| is_act(one.kind)), Superseding::NotAgreed),
            DocumentKind::Determination | DocumentKind::Certificate => {
                let why = if self.was_revoked(document.digest) {
                    Superseding::Revoked
                } else {
                    Superseding::Abandoned
                };
                replaced(later().find(|one| is_act(one.kind)), why)
            }
            DocumentKind::MediationRecord if self.mediation_code() == Some(&document.verification) => {
                Standing::Current
            }
            DocumentKind::MediationRecord => {
                // Terms that were accepted, but not signed by all, bind nobody (R146 §26).
                let why = if self.mediation_was_revoked(&document.verification) {
                    Superseding::Revoked
                } else {
                    Superseding::NotAgreed
                };
                replaced(later().find(|one| one.kind == DocumentKind::MediationRecord), why)
            }
            DocumentKind::NoticeOfRights | DocumentKind::ReviewConclusion => Standing::Current,
        }
    }

    fn was_revoked(&self, document: Digest) -> bool {
        self.overturned.iter().any(|one| one.document == document)
            || self.overturned_certificates.iter().any(|one| one.document == document)
    }

    fn mediation_was_revoked(&self, code: &VerificationCode) -> bool {
        self.overturned.iter().filter_map(|one| one.mediation.as_ref()?.outcome.as_ref()).any(
            |outcome| matches!(outcome, MediationOutcome::Agreed { verification, .. } if verification == code),
        )
    }

    /// Whether nothing is added to this document any more, but by a review.
    pub fn is_final_document(&self, document: &IssuedDocument, issued: &[IssuedDocument]) -> bool {
        self.standing(document, issued) == Standing::Current
            && match document.kind {
                DocumentKind::Determination | DocumentKind::Agreement | DocumentKind::Certificate => {
                    self.final_document() == Some(document.digest)
                }
                DocumentKind::MediationRecord => matches!(self.stage, Stage::Concluded { .. }),
                DocumentKind::NoticeOfRights | DocumentKind::ReviewConclusion => true,
            }
    }
}

fn is_act(kind: DocumentKind) -> bool {
    matches!(kind, DocumentKind::Determination | DocumentKind::Agreement | DocumentKind::Certificate)
}

//! The certificate (道路交通事故证明, R146 §67): what an officer issues when the facts cannot be established. It says
//! what is known and decides nothing: no grades, nothing to sign, and no claims. Whoever wants to claim takes it to
//! his insurer or to court.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Case, Issuer, Officer, Stage, Stamp};
use crate::{
    digest::Digest,
    document::{CertificatePaper, OfficerLine},
    event::Event,
    identifiers::{AccountId, DeterminationId, Passage, PersonName, VerificationCode},
    refusal::Refusal,
};

/// What the certificate rests on.
const BASIS: &str = "《道路交通事故处理程序规定》第六十七条";

/// What is known of an accident whose facts cannot be established.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// Its id.
    pub id: DeterminationId,
    /// Leads from the QR code to its verification.
    pub verification: VerificationCode,
    /// Who issued it.
    pub officer: AccountId,
    /// His name, as printed.
    pub officer_name: PersonName,
    /// His number, as printed.
    pub officer_badge: String,
    /// When.
    pub issued_at: DateTime<Utc>,
    /// What was established.
    pub facts: Passage,
    /// Why the rest cannot be.
    pub reason: Passage,
    /// SHA-256 of the PDF.
    pub document: Digest,
}

/// A certificate that holds by the rules, but has no document yet.
#[derive(Debug, Clone, PartialEq)]
pub struct CertificateDraft(Certificate);

impl Case {
    /// The certificate, once there is one.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.stage {
            Stage::Certified { certificate } => Some(certificate),
            _ => None,
        }
    }

    /// Checks the officer's act: he holds the case. It needs no application of the parties (R146 §67), so that
    /// nobody's silence keeps the others from it.
    pub fn draft_certificate(
        &self,
        officer: &Officer,
        facts: Passage,
        reason: Passage,
        stamp: Stamp,
        now: DateTime<Utc>,
    ) -> Result<CertificateDraft, Refusal> {
        self.held_by(officer, now, "issue a certificate")?;
        Ok(CertificateDraft(Certificate {
            id: stamp.id,
            verification: stamp.verification,
            officer: officer.account,
            officer_name: officer.name.clone(),
            officer_badge: officer.badge.clone(),
            issued_at: now,
            facts,
            reason,
            document: Digest::of(b""),
        }))
    }

    /// The certificate is issued, and the case ends with it; `document` is the hash of its typeset PDF.
    pub fn certify(mut self, draft: CertificateDraft, document: Digest) -> Result<(Self, Event), Refusal> {
        let certificate = Certificate { document, ..draft.0 };
        match &self.stage {
            Stage::UnderReview { lease, .. } if lease.officer == certificate.officer => {}
            other => return Err(other.refuse("issue a certificate")),
        }
        let event = Event::CertificateIssued {
            certificate: certificate.id,
            document,
            reason: certificate.reason.clone(),
        };
        self.stage = Stage::Certified { certificate };
        Ok((self, event))
    }

    /// Number of the case's certificate: the case number with 证.
    pub fn certificate_number(&self) -> String {
        format!("证字{}", self.number)
    }

    /// What the document of a certificate says.
    pub fn certificate_paper(&self, certificate: &Certificate, issuer: &Issuer) -> CertificatePaper {
        CertificatePaper {
            head: self.paper_head(self.certificate_number(), &certificate.verification, issuer),
            facts: certificate.facts.to_string(),
            reason: certificate.reason.to_string(),
            articles: vec![BASIS.to_owned()],
            officer: OfficerLine {
                name: certificate.officer_name.to_string(),
                number: certificate.officer_badge.clone(),
            },
            issued_at: certificate.issued_at,
            services: self.service_lines(certificate.issued_at),
            rights: Vec::new(),
        }
    }
}

impl CertificateDraft {
    /// What would be issued, still without its document.
    pub fn certificate(&self) -> &Certificate {
        &self.0
    }
}

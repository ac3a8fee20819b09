//! What a journal tells of agreements, of a certificate, and of a case that was closed.

use std::collections::BTreeMap;

use super::super::{Case, Certificate, Signature, SignatureProof, Stage};
use crate::{
    digest::Digest,
    event::Event,
    identifiers::{AccountId, DeterminationId, Passage},
    liability::Grade,
    role::PartyRole,
};

/// The agreement that was proposed last.
struct Proposed {
    id: DeterminationId,
    by: PartyRole,
    grades: BTreeMap<PartyRole, Grade>,
    situation: Option<String>,
    document: Digest,
    /// Over which document each party signed, and by which proof.
    signed: BTreeMap<PartyRole, (Digest, Option<Digest>)>,
}

/// A certificate: its id, who issued it, its document and the reason.
type Issued = (DeterminationId, Option<AccountId>, Digest, Passage);

/// What was told so far.
#[derive(Default)]
pub(super) struct Endings {
    proposals: u8,
    proposed: Option<Proposed>,
    certificate: Option<Issued>,
    revoked: Vec<Issued>,
    closed: Option<Passage>,
}

impl Endings {
    pub(super) fn hear(&mut self, event: &Event, by: Option<AccountId>) {
        match event {
            Event::AgreementProposed { agreement, role, grades, situation, document } => {
                self.proposals = self.proposals.saturating_add(1);
                self.proposed = Some(Proposed {
                    id: *agreement,
                    by: *role,
                    grades: grades.clone(),
                    situation: situation.clone(),
                    document: *document,
                    signed: BTreeMap::new(),
                });
            }
            Event::AgreementSigned { role, document, proof } => {
                if let Some(proposed) = &mut self.proposed {
                    proposed.signed.insert(*role, (*document, *proof));
                }
            }
            Event::AgreementConcluded { document } => {
                if let Some(proposed) = &mut self.proposed {
                    proposed.document = *document;
                }
            }
            Event::CertificateIssued { certificate, document, reason } => {
                self.certificate = Some((*certificate, by, *document, reason.clone()));
            }
            Event::DeterminationRevoked { determination } => {
                self.revoked.extend(self.certificate.take_if(|(id, ..)| id == determination));
            }
            Event::CaseClosed { reason } => self.closed = Some(reason.clone()),
            _ => {}
        }
    }

    /// Whether the case says the same of its agreement.
    pub(super) fn agreed_in(&self, case: &Case) -> bool {
        let counted = case.agreements_proposed == self.proposals;
        let Some(own) = case.agreement() else { return counted };
        let signed = own.signatures.iter().filter_map(|(role, signature)| match signature {
            Signature::Signed { document, proof, .. } => {
                Some((*role, (*document, proof.as_ref().map(SignatureProof::digest))))
            }
            Signature::Pending | Signature::Refused { .. } => None,
        });
        let signed: BTreeMap<_, _> = signed.collect();
        counted
            && self.proposed.as_ref().is_some_and(|told| {
                own.id == told.id
                    && own.proposed_by == told.by
                    && *own.liability.grades() == told.grades
                    && own.situation == told.situation
                    && own.document == told.document
                    && signed == told.signed
            })
    }

    /// Whether the case says the same of its certificate.
    pub(super) fn certified_in(&self, case: &Case) -> bool {
        case.certificate().is_none_or(|own| self.certificate.as_ref().is_some_and(|told| is_that(own, told)))
    }

    /// Whether the case says the same of certificates that were taken away.
    pub(super) fn revoked_in(&self, case: &Case) -> bool {
        case.overturned_certificates.len() == self.revoked.len()
            && case.overturned_certificates.iter().zip(&self.revoked).all(|(own, told)| is_that(own, told))
    }

    /// Whether the case was closed for the same reason, if it was.
    pub(super) fn closed_in(&self, case: &Case) -> bool {
        match &case.stage {
            Stage::Closed { reason, .. } => self.closed.as_ref() == Some(reason),
            _ => true,
        }
    }
}

fn is_that(own: &Certificate, (id, officer, document, reason): &Issued) -> bool {
    (own.id, own.document, &own.reason) == (*id, *document, reason)
        && officer.is_none_or(|officer| officer == own.officer)
}

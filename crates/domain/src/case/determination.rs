//! The determination (事故认定书): the officer's act, the parties' answers to it, and what follows.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Case, Mediation, Officer, Signature, SignatureProof, Stage, claiming::Settled};
use crate::{
    claim::Claim,
    digest::Digest,
    event::{Event, RefusedBy},
    identifiers::{AccountId, DeterminationId, InsurerCode, Line, Passage, PersonName, VerificationCode},
    liability::{Grade, Liability, LiabilityRules, Suggestion, suggest},
    refusal::Refusal,
    role::PartyRole,
};

/// What the officer decides.
#[derive(Debug, Clone, PartialEq)]
pub struct DeterminationOrder {
    /// Who bears what.
    pub liability: Liability,
    /// What happened, as the officer finds it.
    pub facts: Passage,
    /// How the vehicles met (事故形态).
    pub accident_form: Option<Line>,
    /// Articles the officer adds to those of the proposal.
    pub articles: Vec<Line>,
    /// Why it differs from the proposal; needed when it does.
    pub reason: Option<Passage>,
}

/// What the edge of the system supplies to a new determination.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    /// Its id.
    pub id: DeterminationId,
    /// Leads from the QR code to its verification.
    pub verification: VerificationCode,
}

/// The unit that issues documents, and where they can be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Printed on top.
    pub unit_name: String,
    /// Address in front of the verification code.
    pub verification_base: String,
    /// What insurers are called, by code.
    pub insurer_names: BTreeMap<InsurerCode, String>,
}

/// The officer's act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Determination {
    /// Its id.
    pub id: DeterminationId,
    /// Leads from the QR code to its verification.
    pub verification: VerificationCode,
    /// Who decided.
    pub officer: AccountId,
    /// His name, as printed.
    pub officer_name: PersonName,
    /// His number, as printed.
    pub officer_badge: String,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// Who bears what.
    pub liability: Liability,
    /// Code of the situation that was proposed, if any.
    pub situation: Option<String>,
    /// Why it differs from the proposal.
    pub reason: Option<Passage>,
    /// What happened.
    pub facts: Passage,
    /// How the vehicles met.
    pub accident_form: Option<Line>,
    /// What it rests on.
    pub articles: Vec<String>,
    /// SHA-256 of the PDF that the parties sign or that is final.
    pub document: Digest,
    /// What each party did.
    pub signatures: BTreeMap<PartyRole, Signature>,
    /// The mediation that a party asked for (R146 §25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mediation: Option<Mediation>,
}

/// A determination that holds by the rules, but has no document yet.
#[derive(Debug, Clone, PartialEq)]
pub struct DeterminationDraft {
    pub(super) determination: Determination,
    proposed: Option<BTreeMap<PartyRole, Grade>>,
}

/// Situation, grades and articles.
type Proposal = (Option<String>, Option<BTreeMap<PartyRole, Grade>>, Vec<String>);

impl Case {
    /// What the rules propose from the statements (advice only: the officer decides, R146 §60).
    pub fn suggest_liability(&self, rules: &LiabilityRules) -> Suggestion {
        let facts: Vec<_> = self
            .parties
            .iter()
            .map(|party| {
                // Silence counts as nothing known, so that it cannot help the silent party.
                (
                    party.role,
                    party.own_statement().map(|statement| statement.facts.clone()).unwrap_or_default(),
                )
            })
            .collect();
        suggest(rules, &facts)
    }

    /// Situation, grades and articles of the rules' proposal; nothing of each when they are silent.
    pub(super) fn proposed_liability(&self, rules: &LiabilityRules) -> Proposal {
        match self.suggest_liability(rules) {
            Suggestion::Proposed { situation, grades, articles, .. } => {
                (Some(situation), Some(grades), articles)
            }
            Suggestion::Apart { .. } | Suggestion::Silent { .. } => (None, None, Vec::new()),
        }
    }

    /// Checks the officer's decision: he holds the case, all parties applied for it (R146 §20), every party
    /// has a grade, and a difference from the proposal has a reason.
    pub fn draft_determination(
        &self,
        officer: &Officer,
        order: DeterminationOrder,
        stamp: Stamp,
        rules: &LiabilityRules,
        now: DateTime<Utc>,
    ) -> Result<DeterminationDraft, Refusal> {
        self.held_by(officer, now, "determine liability")?;
        // What a review orders needs nobody's application (R146 §79).
        let applied = self.parties.len() >= self.expected_parties()
            && self.parties.iter().all(super::Party::has_applied);
        if !applied && !self.is_to_be_determined_anew() {
            return Err(Refusal::JointApplicationMissing);
        }
        if !order.liability.covers(self.parties.iter().map(|party| party.role)) {
            return Err(Refusal::LiabilityIncomplete);
        }
        let (situation, proposed, mut articles) = self.proposed_liability(rules);
        let differs = proposed.as_ref().is_some_and(|proposed| proposed != order.liability.grades());
        if differs && order.reason.is_none() {
            return Err(Refusal::ReasonRequired);
        }
        articles.extend(order.articles.iter().map(ToString::to_string));
        articles.extend(
            ["《道路交通事故处理程序规定》第六十条", "《道路交通事故处理程序规定》第二十四条"]
                .map(str::to_owned),
        );
        if self.is_to_be_determined_anew() {
            articles.push(super::review::ANEW.to_owned());
        }
        let signatures = self.parties.iter().map(|party| (party.role, Signature::Pending)).collect();
        let determination = Determination {
            id: stamp.id,
            verification: stamp.verification,
            officer: officer.account,
            officer_name: officer.name.clone(),
            officer_badge: officer.badge.clone(),
            decided_at: now,
            liability: order.liability,
            situation,
            reason: order.reason,
            facts: order.facts,
            accident_form: order.accident_form,
            articles,
            document: Digest::of(b""),
            signatures,
            mediation: None,
        };
        Ok(DeterminationDraft { determination, proposed })
    }

    /// The decision stands from here; `document` is the hash of its typeset PDF.
    pub fn determine(
        mut self,
        draft: DeterminationDraft,
        document: Digest,
    ) -> Result<(Self, Event), Refusal> {
        let DeterminationDraft { determination, proposed } = draft;
        match &self.stage {
            Stage::UnderReview { lease, .. } if lease.officer == determination.officer => {}
            other => return Err(other.refuse("determine liability")),
        }
        let event = Event::LiabilityDetermined {
            determination: determination.id,
            grades: determination.liability.grades().clone(),
            situation: determination.situation.clone(),
            proposed,
            reason: determination.reason.clone(),
            document,
        };
        self.stage = Stage::Decided { determination: Determination { document, ..determination } };
        Ok((self, event))
    }

    /// A party signs over the hash it was shown; `proof` ties the signature to it.
    pub fn sign(
        mut self,
        by: AccountId,
        document: Digest,
        proof: Option<SignatureProof>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let role = self.role_of(by)?;
        let determination = self.open_determination("sign the determination")?;
        if determination.document != document {
            return Err(Refusal::DocumentChanged);
        }
        if determination.open_mediation().is_some() {
            return Err(Refusal::MediationOpen);
        }
        let event =
            Event::DeterminationSigned { role, document, proof: proof.as_ref().map(SignatureProof::digest) };
        determination.answer(role, Signature::Signed { at: now, document, proof })?;
        Ok((self, event))
    }

    /// A party refuses to sign; it is noted and blocks nothing (R146 §24).
    pub fn refuse_to_sign(
        mut self,
        by: AccountId,
        reason: Passage,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let role = self.role_of(by)?;
        let determination = self.open_determination("refuse the determination")?;
        let by = RefusedBy::Party;
        determination.answer(role, Signature::Refused { at: now, reason: reason.clone(), by })?;
        Ok((self, Event::DeterminationRefused { role, by, reason }))
    }

    /// An officer notes that a party refuses to sign or does not answer (R146 §24). Any officer of the district
    /// may: the one who decided may be off duty, and a refusal blocks nothing.
    pub fn note_refusal(
        mut self,
        officer: &Officer,
        role: PartyRole,
        reason: Passage,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        if self.conflicts_with(officer) {
            return Err(Refusal::ConflictOfInterest);
        }
        let determination = self.open_determination("note a refusal")?;
        let by = RefusedBy::NotedByOfficer;
        determination.answer(role, Signature::Refused { at: now, reason: reason.clone(), by })?;
        Ok((self, Event::DeterminationRefused { role, by, reason }))
    }

    /// Whether every party has signed or refused.
    pub fn is_answered(&self) -> bool {
        matches!(&self.stage, Stage::Decided { determination }
            if determination.signatures.values().all(|signature| *signature != Signature::Pending))
    }

    /// Closes the case with its final document and gives one claim per insured vehicle.
    pub fn conclude(
        mut self,
        document: Digest,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>, Vec<Claim>), Refusal> {
        if !self.is_answered() {
            return Err(self.stage.refuse("conclude the case"));
        }
        let Stage::Decided { determination } = self.stage else {
            return Err(self.stage.refuse("conclude the case"));
        };
        let mut determination = Determination { document, ..determination };
        determination.conclusion_ends_request(now);
        self.stage = Stage::Concluded { determination: determination.clone(), concluded_at: now };
        let settled = Settled {
            liability: &determination.liability,
            facts: &determination.facts,
            number: self.document_number(),
            document,
        };
        let (claims, filed) = self.claims_of(&settled, now);
        let events = std::iter::once(Event::CaseConcluded { document }).chain(filed).collect();
        Ok((self, events, claims))
    }

    pub(super) fn open_determination(&mut self, action: &'static str) -> Result<&mut Determination, Refusal> {
        match &mut self.stage {
            Stage::Decided { determination } => Ok(determination),
            other => Err(other.refuse(action)),
        }
    }
}

impl Determination {
    pub(super) fn answer(&mut self, role: PartyRole, answer: Signature) -> Result<(), Refusal> {
        match self.signatures.get_mut(&role) {
            Some(signature @ Signature::Pending) => {
                let refused_at = match &answer {
                    Signature::Refused { at, .. } => Some(*at),
                    Signature::Pending | Signature::Signed { .. } => None,
                };
                *signature = answer;
                if let Some(at) = refused_at {
                    self.refusal_ends_mediation(at);
                }
                Ok(())
            }
            Some(_) => Err(Refusal::AlreadyAnswered(role)),
            None => Err(Refusal::NotAParty),
        }
    }
}

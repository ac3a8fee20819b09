//! The agreement (自行协商协议书, R146 §21): the parties' own act. One of them proposes it, all of them sign it, the
//! proposer too; a party that declines it leads the case back to where it was, and so does silence.
//!
//! It can be proposed while the parties collect and while the case waits for an officer, so that whoever has applied
//! for a determination can still agree. An officer who has taken the case goes on with it alone.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Case, Issuer, Signature, SignatureProof, Stage, Stamp, claiming::Settled, papers};
use crate::{
    claim::Claim,
    digest::Digest,
    document::AgreementPaper,
    event::Event,
    identifiers::{AccountId, DeterminationId, Line, Passage, VerificationCode},
    liability::Liability,
    refusal::Refusal,
    role::PartyRole,
    rules::Rules,
    triage::Lane,
};

/// How often an agreement can be proposed in one case: each makes a document.
pub const MOST_PROPOSALS: u8 = 10;

/// What the document of an agreement rests on besides the articles of the situation.
const BASIS: &str = "《道路交通事故处理程序规定》第二十一条";

/// What one party proposes and all must sign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Its id.
    pub id: DeterminationId,
    /// Leads from the QR code to its verification.
    pub verification: VerificationCode,
    /// How many had been proposed in this case, with this one.
    pub proposal: u8,
    /// Who proposed it.
    pub proposed_by: PartyRole,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Who bears what.
    pub liability: Liability,
    /// Code of the situation that the rules proposed, if any; the parties may have agreed otherwise.
    pub situation: Option<String>,
    /// What happened, as the parties agree.
    pub facts: Passage,
    /// How the vehicles met (事故形态).
    pub accident_form: Option<Line>,
    /// What it rests on.
    pub articles: Vec<String>,
    /// SHA-256 of the PDF that the parties sign or that is final.
    pub document: Digest,
    /// What each party did.
    pub signatures: BTreeMap<PartyRole, Signature>,
    /// Since when the case had been waiting for an officer, if it had: it keeps its place in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<DateTime<Utc>>,
}

/// What a party proposes.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreementOrder {
    /// Who bears what.
    pub liability: Liability,
    /// What happened.
    pub facts: Passage,
    /// How the vehicles met (事故形态).
    pub accident_form: Option<Line>,
}

/// A proposal that holds by the rules, but has no document yet.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreementDraft(Agreement);

impl Case {
    /// The agreement that was proposed or concluded.
    pub fn agreement(&self) -> Option<&Agreement> {
        match &self.stage {
            Stage::Agreeing { agreement } | Stage::Agreed { agreement, .. } => Some(agreement),
            _ => None,
        }
    }

    /// Whether the parties may settle it themselves (R146 §19, §20): the law lets them leave the scene, and no open
    /// answer keeps an officer looking. Such a case may also wait in the remote lane; either way stays open.
    pub fn may_be_settled_by_parties(&self) -> bool {
        let quick = matches!(self.triage.lane, Lane::SelfNegotiation | Lane::Remote);
        quick && self.triage.may_leave && !self.triage.needs_human_check
    }

    /// Checks a proposal (R146 §19 to §21): the law allows the parties to settle it themselves, all of them are
    /// here and have said what happened, the scene is photographed, and every party has a grade that the city allows
    /// here. It may differ from what the rules propose: it is the parties' own act.
    pub fn draft_agreement(
        &self,
        by: AccountId,
        order: AgreementOrder,
        stamp: Stamp,
        rules: &Rules<'_>,
        now: DateTime<Utc>,
    ) -> Result<AgreementDraft, Refusal> {
        let proposed_by = self.role_of(by)?;
        let waiting_since = match &self.stage {
            Stage::Collecting => None,
            Stage::Waiting { since } if !self.is_to_be_determined_anew() => Some(*since),
            other => return Err(other.refuse("propose an agreement")),
        };
        if !self.may_be_settled_by_parties() {
            return Err(Refusal::LaneForbids);
        }
        if self.agreements_proposed >= MOST_PROPOSALS {
            return Err(Refusal::TooManyProposals);
        }
        // Whoever has no account, or has not agreed to its helper, can neither sign nor decline it.
        let all_here = self.parties.iter().all(|party| party.account.is_some() && party.stands_by_it());
        if self.parties.len() < self.expected_parties().max(2) || !all_here {
            return Err(Refusal::PartyMissing);
        }
        let missing = self.photos_not_yet_here();
        if !missing.is_empty() {
            return Err(Refusal::EvidenceMissing(missing));
        }
        if self.parties.iter().any(|party| party.statements.is_empty()) {
            return Err(Refusal::StatementMissing);
        }
        if !order.liability.covers(self.parties.iter().map(|party| party.role)) {
            return Err(Refusal::LiabilityIncomplete);
        }
        if !rules.policy.allows(Lane::SelfNegotiation, order.liability.grades().values().copied()) {
            return Err(Refusal::GradeNotAllowed);
        }
        let (situation, proposed, articles) = self.proposed_liability(rules.liability);
        let follows = proposed.as_ref() == Some(order.liability.grades());
        let articles = articles.into_iter().filter(|_| follows).chain([BASIS.to_owned()]).collect();
        Ok(AgreementDraft(Agreement {
            id: stamp.id,
            verification: stamp.verification,
            proposal: self.agreements_proposed.saturating_add(1),
            proposed_by,
            proposed_at: now,
            liability: order.liability,
            situation,
            facts: order.facts,
            accident_form: order.accident_form,
            articles,
            document: Digest::of(b""),
            signatures: self.parties.iter().map(|party| (party.role, Signature::Pending)).collect(),
            waiting_since,
        }))
    }

    /// The proposal stands from here; `document` is the hash of its typeset PDF.
    pub fn propose_agreement(
        mut self,
        draft: AgreementDraft,
        document: Digest,
    ) -> Result<(Self, Event), Refusal> {
        if !matches!(self.stage, Stage::Collecting | Stage::Waiting { .. }) {
            return Err(self.stage.refuse("propose an agreement"));
        }
        let agreement = Agreement { document, ..draft.0 };
        let event = Event::AgreementProposed {
            agreement: agreement.id,
            role: agreement.proposed_by,
            grades: agreement.liability.grades().clone(),
            situation: agreement.situation.clone(),
            document,
        };
        self.agreements_proposed = agreement.proposal;
        self.stage = Stage::Agreeing { agreement };
        Ok((self, event))
    }

    /// A party signs over the hash it was shown; `proof` ties the signature to it.
    pub fn sign_agreement(
        mut self,
        by: AccountId,
        document: Digest,
        proof: Option<SignatureProof>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let role = self.role_of(by)?;
        let agreement = self.open_agreement("sign the agreement")?;
        if agreement.document != document {
            return Err(Refusal::DocumentChanged);
        }
        let event =
            Event::AgreementSigned { role, document, proof: proof.as_ref().map(SignatureProof::digest) };
        match agreement.signatures.get_mut(&role) {
            Some(signature @ Signature::Pending) => {
                *signature = Signature::Signed { at: now, document, proof }
            }
            Some(_) => return Err(Refusal::AlreadyAnswered(role)),
            None => return Err(Refusal::NotAParty),
        }
        Ok((self, event))
    }

    /// A party declines what was proposed, or the proposer takes it back; the case is where it was before. Whoever
    /// has signed is bound to it until it falls, except that the proposer can always take it back.
    pub fn decline_agreement(mut self, by: AccountId, reason: Passage) -> Result<(Self, Event), Refusal> {
        let role = self.role_of(by)?;
        let agreement = self.open_agreement("decline the agreement")?;
        let open = agreement.signatures.get(&role) == Some(&Signature::Pending);
        if !open && agreement.proposed_by != role {
            return Err(Refusal::AlreadyAnswered(role));
        }
        self.stage = match agreement.waiting_since {
            Some(since) => Stage::Waiting { since },
            None => Stage::Collecting,
        };
        Ok((self, Event::AgreementDeclined { role, reason }))
    }

    /// Whether every party has signed the agreement that was proposed.
    pub fn is_agreed_by_all(&self) -> bool {
        matches!(&self.stage, Stage::Agreeing { agreement }
            if agreement.signatures.values().all(|one| matches!(one, Signature::Signed { .. })))
    }

    /// Closes the case with the final document and gives one claim per insured vehicle (R146 §22).
    pub fn conclude_agreement(
        mut self,
        document: Digest,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>, Vec<Claim>), Refusal> {
        if !self.is_agreed_by_all() {
            return Err(self.stage.refuse("conclude the agreement"));
        }
        let Stage::Agreeing { agreement } = self.stage else {
            return Err(self.stage.refuse("conclude the agreement"));
        };
        let agreement = Agreement { document, ..agreement };
        self.stage = Stage::Agreed { agreement: agreement.clone(), concluded_at: now };
        let settled = Settled {
            liability: &agreement.liability,
            facts: &agreement.facts,
            number: self.agreement_number(&agreement),
            document,
        };
        let (claims, filed) = self.claims_of(&settled, now);
        let events = std::iter::once(Event::AgreementConcluded { document }).chain(filed).collect();
        Ok((self, events, claims))
    }

    fn open_agreement(&mut self, action: &'static str) -> Result<&mut Agreement, Refusal> {
        match &mut self.stage {
            Stage::Agreeing { agreement } => Ok(agreement),
            other => Err(other.refuse(action)),
        }
    }

    /// Number of an agreement's document: the case number with 协, and which proposal it was unless the first.
    pub fn agreement_number(&self, agreement: &Agreement) -> String {
        match agreement.proposal {
            0 | 1 => format!("协字{}", self.number),
            more => format!("协字{}-{more}", self.number),
        }
    }

    /// What the document of an agreement says, with the signatures so far.
    pub fn agreement_paper(&self, agreement: &Agreement, issuer: &Issuer) -> AgreementPaper {
        AgreementPaper {
            head: self.paper_head(self.agreement_number(agreement), &agreement.verification, issuer),
            accident_form: agreement.accident_form.as_ref().map(ToString::to_string),
            facts: agreement.facts.to_string(),
            liability: papers::liability_lines(&agreement.liability),
            articles: agreement.articles.clone(),
            proposed_at: agreement.proposed_at,
            signatures: agreement.signatures.iter().map(papers::signature_line).collect(),
            sketch: self.confirmed_sketch(),
            rights: Vec::new(),
        }
    }
}

impl AgreementDraft {
    /// What would be proposed, still without its document.
    pub fn agreement(&self) -> &Agreement {
        &self.0
    }
}

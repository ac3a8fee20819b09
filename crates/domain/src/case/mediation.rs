//! Mediation (损害赔偿调解, R146 §25, §26): at the joint request of all parties while the determination waits for their
//! signatures. What each lost, terms and answers in one thread; what all accept stands on the determination, which is
//! then signed anew.
//!
//! It opens only while the determination is not concluded: R146 §25 has the officer mediate on the spot, before he hands
//! the document over. Afterwards the parties have the ways of R146 §84. It is held once for a determination, and ends
//! as R146 §26 says, or with its deadline, so that nobody can keep the determination by it.

mod inquiry;
mod record;
mod steps;
mod story;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use self::steps::{TermsOrder, Voice};
pub(super) use self::story::MediationStory;
use super::{Determination, Officer};
use crate::{
    compensation::{Cover, Layer, Payment},
    digest::Digest,
    identifiers::{AccountId, Line, Passage, PersonName, PhotoId, VerificationCode},
    money::Fen,
    role::PartyRole,
};

/// Most items of damage of one party.
pub const MOST_ITEMS: usize = 20;
/// Most proposals in one mediation.
pub const MOST_TERMS: usize = 50;
/// Largest amount of one item or payment: a hundred million yuan.
pub const LARGEST_AMOUNT: Fen = Fen::from_yuan(100_000_000);

/// What was damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DamageKind {
    /// Repair of the vehicle.
    VehicleRepair,
    /// Goods on board.
    GoodsOnBoard,
    /// Towing and recovery.
    Towing,
    /// Anything else: clothes, facilities, loss of use.
    Other,
}

impl DamageKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::VehicleRepair, Self::GoodsOnBoard, Self::Towing, Self::Other];

    /// The name on paper.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::VehicleRepair => "车辆维修费",
            Self::GoodsOnBoard => "车上货物损失",
            Self::Towing => "施救拖车费",
            Self::Other => "其他财产损失",
        }
    }
}

/// One item of damage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamageItem {
    /// What was damaged.
    pub kind: DamageKind,
    /// What it costs; above zero.
    pub amount: Fen,
    /// In the words of whoever entered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Line>,
    /// Photos of the case that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<PhotoId>,
}

/// What a party lost and how it is insured, as told in the mediation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Every item; none when the party lost nothing.
    pub items: Vec<DamageItem>,
    /// Its insurance, where that is not known from the case.
    #[serde(default)]
    pub cover: Cover,
}

impl Losses {
    /// All items together.
    pub fn total(&self) -> Fen {
        self.items.iter().map(|item| item.amount).sum()
    }
}

/// One sum that is to be paid. `from` and `to` are the same where a party's own insurance or purse bears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermPayment {
    /// To whom.
    pub to: PartyRole,
    /// By whom.
    pub from: PartyRole,
    /// Out of what.
    pub layer: Layer,
    /// How much; above zero.
    pub amount: Fen,
}

impl From<&Payment> for TermPayment {
    fn from(payment: &Payment) -> Self {
        let Payment { to, from, layer, amount, .. } = payment;
        Self { to: *to, from: *from, layer: *layer, amount: *amount }
    }
}

/// What somebody proposes (R146 §93: share of each party, items, manner and time of payment).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The shares that were in force when it was proposed, in percent.
    pub shares: Option<BTreeMap<PartyRole, u8>>,
    /// Who pays what.
    pub payments: Vec<TermPayment>,
    /// Each claims its own damage from its own compulsory insurance (互碰自赔).
    pub own_claims: bool,
    /// In which way it is paid.
    pub manner: Option<Line>,
    /// The last day of payment, in China.
    pub pay_by: Option<NaiveDate>,
}

/// What a party says to terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermsAnswer {
    /// Whether it accepts.
    pub accepted: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// One proposal of the thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// From 1.
    pub number: i32,
    /// Who proposed it; nobody for the officer.
    pub by: Option<PartyRole>,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub terms: Terms,
    /// What the parties say; whoever proposes accepts.
    pub answers: BTreeMap<PartyRole, TermsAnswer>,
    /// Whether something newer took its place: other terms, other damages or other shares.
    pub superseded: bool,
}

impl Proposal {
    /// `open`, `declined`, `superseded` or `accepted`, among these parties.
    pub fn state(&self, parties: usize) -> &'static str {
        if self.answers.values().any(|answer| !answer.accepted) {
            "declined"
        } else if self.answers.len() == parties {
            "accepted"
        } else if self.superseded {
            "superseded"
        } else {
            "open"
        }
    }
}

/// The officer who holds the mediation, as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mediator {
    /// His account.
    pub account: AccountId,
    /// His name.
    pub name: PersonName,
    /// His number.
    pub badge: String,
}

impl From<&Officer> for Mediator {
    fn from(officer: &Officer) -> Self {
        Self { account: officer.account, name: officer.name.clone(), badge: officer.badge.clone() }
    }
}

/// Why a mediation ended without result (R146 §26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// A party objects to the determination (§26 no. 1).
    Objection,
    /// A party refused to sign the determination (§26 no. 2).
    RefusedToSign,
    /// A party does not consent to it, or no longer (§26 no. 3).
    NoConsent,
    /// Its time was over.
    Deadline,
    /// The officer found that the parties come to no result.
    NoResult,
}

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::Objection, Self::RefusedToSign, Self::NoConsent, Self::Deadline, Self::NoResult];

    /// Its name in the journal and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Objection => "objection",
            Self::RefusedToSign => "refused_to_sign",
            Self::NoConsent => "no_consent",
            Self::Deadline => "deadline",
            Self::NoResult => "no_result",
        }
    }
}

/// How a mediation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MediationOutcome {
    /// All parties accepted the same terms; they are on the determination.
    Agreed {
        /// Which proposal.
        number: i32,
        /// When.
        at: DateTime<Utc>,
        /// Leads from the QR code of the record to its verification.
        verification: VerificationCode,
        /// SHA-256 of the record's PDF.
        record: Digest,
    },
    /// It ended without result.
    Ended {
        /// Why.
        reason: EndReason,
        /// In the words of whoever ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Passage>,
        /// When.
        at: DateTime<Utc>,
    },
}

/// The mediation of one determination.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Mediation {
    /// Who asked for it, and when; it is open when all parties have.
    pub requested: Vec<(PartyRole, DateTime<Utc>)>,
    /// When the last one asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<DateTime<Utc>>,
    /// Who holds it: the officer who decided, or the one of the district who last took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mediator: Option<Mediator>,
    /// What each party lost, as far as it is told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub losses: BTreeMap<PartyRole, Losses>,
    /// The shares that the mediator has set, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<BTreeMap<PartyRole, u8>>,
    /// The thread, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<Proposal>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<MediationOutcome>,
}

impl Mediation {
    /// `requested`, `open`, `agreed` or `ended`.
    pub fn state(&self) -> &'static str {
        match (&self.outcome, self.opened_at) {
            (Some(MediationOutcome::Agreed { .. }), _) => "agreed",
            (Some(MediationOutcome::Ended { .. }), _) => "ended",
            (None, Some(_)) => "open",
            (None, None) => "requested",
        }
    }

    /// Since when it is open, if it is.
    pub fn open_since(&self) -> Option<DateTime<Utc>> {
        self.opened_at.filter(|_| self.outcome.is_none())
    }

    /// The proposal with this number.
    pub fn proposal(&self, number: i32) -> Option<&Proposal> {
        self.proposals.iter().find(|proposal| proposal.number == number)
    }

    /// What was agreed.
    pub fn agreed(&self) -> Option<&Proposal> {
        match &self.outcome {
            Some(MediationOutcome::Agreed { number, .. }) => self.proposal(*number),
            _ => None,
        }
    }

    /// Ends it without result, unless it has ended so; what was agreed falls when it is not signed (R146 §26 no. 2).
    fn end(&mut self, reason: EndReason, note: Option<Passage>, at: DateTime<Utc>) {
        if !matches!(self.outcome, Some(MediationOutcome::Ended { .. })) {
            self.outcome = Some(MediationOutcome::Ended { reason, note, at });
        }
    }

    /// Whatever was proposed before rests on something else now.
    fn supersede(&mut self, parties: usize) {
        for proposal in self.proposals.iter_mut().filter(|proposal| proposal.state(parties) == "open") {
            proposal.superseded = true;
        }
    }
}

impl Determination {
    /// The mediation, while it is open: the determination is not signed meanwhile.
    pub fn open_mediation(&self) -> Option<&Mediation> {
        self.mediation.as_ref().filter(|mediation| mediation.open_since().is_some())
    }

    /// Since when the parties have the document that they are to sign: since the decision, or since the mediation ended.
    pub fn to_be_signed_since(&self) -> DateTime<Utc> {
        let held = self.mediation.as_ref().filter(|mediation| mediation.opened_at.is_some());
        match held.and_then(|mediation| mediation.outcome.as_ref()) {
            Some(MediationOutcome::Agreed { at, .. } | MediationOutcome::Ended { at, .. }) => *at,
            None => self.decided_at,
        }
    }

    /// A refusal to sign ends the mediation, whatever has come of it (R146 §26 no. 2).
    pub(super) fn refusal_ends_mediation(&mut self, at: DateTime<Utc>) {
        if let Some(mediation) = &mut self.mediation {
            mediation.end(EndReason::RefusedToSign, None, at);
        }
    }

    /// When the case is concluded, a request in which not everybody has joined has come to nothing.
    pub(super) fn conclusion_ends_request(&mut self, at: DateTime<Utc>) {
        if let Some(mediation) = self.mediation.as_mut().filter(|mediation| mediation.state() == "requested")
        {
            mediation.end(EndReason::NoConsent, None, at);
        }
    }
}

//! What follows from what is known of an accident: shares, payments, whether 互碰自赔 is offered. What is not known is
//! not guessed, but named.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{CannotSplit, CompensationRules, InsuredLoss, OwnClaims, Payment, Standing, split};
use crate::{liability::Grade, money::Fen, role::PartyRole, triage::Answer};

/// A party's insurance as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// Whether it has valid compulsory insurance (交强险).
    pub ctali: Option<bool>,
    /// Limit of its commercial third-party insurance (三者险); zero without one.
    pub third_party_limit: Option<Fen>,
    /// Whether it has own-damage insurance (车损险).
    pub own_damage: Option<bool>,
}

impl Cover {
    /// What `newer` says, and what it leaves open from before.
    #[must_use]
    pub fn overlaid_by(self, newer: Self) -> Self {
        Self {
            ctali: newer.ctali.or(self.ctali),
            third_party_limit: newer.third_party_limit.or(self.third_party_limit),
            own_damage: newer.own_damage.or(self.own_damage),
        }
    }
}

/// One party as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimant {
    /// The party.
    pub role: PartyRole,
    /// Whether it drove a motor vehicle.
    pub is_motor: bool,
    /// Its grade by the finding.
    pub grade: Grade,
    /// What it lost; zero when it said that it lost nothing.
    pub loss: Option<Fen>,
    /// Whether that is more than vehicle and goods on board.
    pub beyond_vehicle: bool,
    /// Its insurance.
    pub cover: Cover,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The day of the accident.
    pub day: NaiveDate,
    /// Everybody involved.
    pub claimants: &'a [Claimant],
    /// The shares that a mediator has set, if he has.
    pub shares: Option<&'a BTreeMap<PartyRole, u8>>,
    /// Whether it happened on an expressway, if that is known.
    pub expressway: Option<bool>,
    /// Whether somebody is hurt.
    pub hurt: Answer,
    /// Whether a building or facility was hit.
    pub facility_hit: Answer,
    /// Whether everybody agrees to 互碰自赔.
    pub agreed: Answer,
}

/// What must be known before anything can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// What this party lost.
    Loss(PartyRole),
    /// Whether this party has compulsory insurance.
    Ctali(PartyRole),
    /// Up to what this party's third-party insurance pays.
    ThirdPartyLimit(PartyRole),
    /// The shares: the table has none for these parties, and the mediator has set none.
    Shares,
}

impl Missing {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loss(_) => "loss",
            Self::Ctali(_) => "ctali",
            Self::ThirdPartyLimit(_) => "third_party_limit",
            Self::Shares => "shares",
        }
    }

    /// Of whom it must be known.
    pub fn role(self) -> Option<PartyRole> {
        match self {
            Self::Loss(role) | Self::Ctali(role) | Self::ThirdPartyLimit(role) => Some(role),
            Self::Shares => None,
        }
    }
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calculation {
    /// The shares beyond compulsory insurance, in percent: as set, else customary.
    pub shares: Option<BTreeMap<PartyRole, u8>>,
    /// What the shares rest on.
    pub share_articles: Vec<String>,
    /// What each party lost, as far as it is known.
    pub losses: BTreeMap<PartyRole, Option<Fen>>,
    /// Who pays what; nothing while something is missing.
    pub payments: Option<Vec<Payment>>,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// Whether each may claim from its own insurer.
    pub own_claims: OwnClaims,
}

/// Answers the question by the rules of its day. The order of claimants does not matter.
pub fn calculate(rules: &CompensationRules, question: &Question<'_>) -> Result<Calculation, CannotSplit> {
    let Question { day, claimants, .. } = *question;
    let standings: Vec<_> = claimants
        .iter()
        .map(|one| Standing { role: one.role, is_motor: one.is_motor, grade: one.grade })
        .collect();
    let shares =
        question.shares.cloned().or_else(|| rules.customary_shares(day, &standings, question.expressway));
    let mut missing: Vec<_> =
        claimants.iter().filter(|one| one.loss.is_none()).map(|one| Missing::Loss(one.role)).collect();
    missing.extend(shares.is_none().then_some(Missing::Shares));
    let mut payments = None;
    if let (Some(shares), true) = (&shares, missing.is_empty()) {
        let known: Vec<_> = claimants.iter().map(|one| assumed(one, shares)).collect();
        let divided = split(rules, day, &known)?;
        missing = what_matters(rules, day, claimants, &known, &divided)?;
        payments = missing.is_empty().then_some(divided);
    }
    missing.sort();
    Ok(Calculation {
        share_articles: rules.ratio_articles(day, &standings).to_vec(),
        shares,
        losses: claimants.iter().map(|one| (one.role, one.loss)).collect(),
        payments,
        missing,
        own_claims: rules.offer_own_claims(question),
    })
}

/// The party with the least in place of what is not known.
fn assumed(one: &Claimant, shares: &BTreeMap<PartyRole, u8>) -> InsuredLoss {
    InsuredLoss {
        role: one.role,
        is_motor: one.is_motor,
        liable: one.grade != Grade::None,
        share_percent: shares.get(&one.role).copied().unwrap_or_default(),
        loss: one.loss.unwrap_or_default(),
        third_party_limit: one.cover.third_party_limit.unwrap_or_default(),
        has_ctali: one.cover.ctali.unwrap_or_default(),
        // A cyclist or pedestrian has no vehicle that could be insured so.
        has_own_damage_cover: if one.is_motor { one.cover.own_damage } else { Some(false) },
    }
}

/// What is not known is missing only where it would change anything.
fn what_matters(
    rules: &CompensationRules,
    day: NaiveDate,
    claimants: &[Claimant],
    known: &[InsuredLoss],
    divided: &[Payment],
) -> Result<Vec<Missing>, CannotSplit> {
    let mut missing = Vec::new();
    let unknown = claimants.iter().flat_map(|one| {
        let ctali = (one.is_motor && one.cover.ctali.is_none()).then_some(Missing::Ctali(one.role));
        let limit = (one.is_motor && one.cover.third_party_limit.is_none())
            .then_some(Missing::ThirdPartyLimit(one.role));
        ctali.into_iter().chain(limit)
    });
    for what in unknown {
        let otherwise: Vec<_> = known
            .iter()
            .map(|party| match what {
                Missing::Ctali(role) if party.role == role => InsuredLoss { has_ctali: true, ..*party },
                Missing::ThirdPartyLimit(role) if party.role == role => {
                    InsuredLoss { third_party_limit: Fen(i64::MAX), ..*party }
                }
                _ => *party,
            })
            .collect();
        if split(rules, day, &otherwise)? != divided {
            missing.push(what);
        }
    }
    Ok(missing)
}

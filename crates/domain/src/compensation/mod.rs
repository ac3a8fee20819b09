//! Compensation: who pays whose damage (domain brief §4.2, §4.3). Whole fen; every claimant's payments, with what it
//! bears itself, make exactly its loss.
//!
//! Order (RTSL §76, Civil Code §1213): the compulsory insurance of every other vehicle, then by share of
//! liability the others' third-party insurance up to its limit, then the others themselves; one's own share
//! falls on one's own-damage insurance or on oneself. Among several vehicles compulsory insurance follows the
//! insurers' rule for multiple collisions (机动车交强险互碰赔偿处理规则): each loss is divided among the other
//! vehicles by their limits, a limit among its claimants by what they ask of it, what is left over goes round
//! again; vehicles without liability do not pay each other while somebody is liable. Cyclists and pedestrians have no
//! compulsory insurance to pay from, and are paid by that of every vehicle.

mod calculation;
mod own_claims;
mod ratios;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use self::{
    calculation::{Calculation, Claimant, Cover, Missing, Question, calculate},
    own_claims::{Condition, ConditionCode, OwnClaims},
    ratios::{Between, Bounds, Standing},
    rules::{Ceilings, CompensationRules, Limits},
};
use crate::{money::Fen, role::PartyRole};

/// Whose money a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The payer's compulsory insurance (交强险).
    Ctali,
    /// The payer's own money in place of the compulsory insurance it should have had.
    Uninsured,
    /// The payer's commercial third-party insurance (三者险).
    ThirdParty,
    /// The bearer's own-damage insurance (车损险).
    OwnDamage,
    /// The bearer's own part, where it is not known whether it has own-damage insurance.
    OwnShare,
    /// The payer's or bearer's own money.
    OutOfPocket,
}

impl Layer {
    /// Every layer.
    pub const ALL: [Self; 6] =
        [Self::Ctali, Self::Uninsured, Self::ThirdParty, Self::OwnDamage, Self::OwnShare, Self::OutOfPocket];

    /// The name on paper.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Ctali => "交强险",
            Self::Uninsured => "未投保交强险，由本人在限额内承担",
            Self::ThirdParty => "商业三者险",
            Self::OwnDamage => "车损险",
            Self::OwnShare => "自行承担（有车损险的由车损险承担）",
            Self::OutOfPocket => "本人支付",
        }
    }
}

/// One party: its share, its loss and its insurance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsuredLoss {
    /// The party.
    pub role: PartyRole,
    /// Whether it drove a motor vehicle: only those have compulsory insurance.
    pub is_motor: bool,
    /// Whether it bears any liability by the finding.
    pub liable: bool,
    /// Its share beyond compulsory insurance in percent; all shares together at most 100. May be above zero without
    /// liability: beside cyclists and pedestrians (RTSL §76).
    pub share_percent: u8,
    /// What it lost.
    pub loss: Fen,
    /// Limit of its commercial third-party insurance; zero without one.
    pub third_party_limit: Fen,
    /// Whether it has compulsory insurance.
    pub has_ctali: bool,
    /// Whether it has own-damage insurance, if that is known.
    pub has_own_damage_cover: Option<bool>,
}

/// One sum of money. `from` and `to` are the same where a party bears its own share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Payment {
    /// Whose loss it covers.
    pub to: PartyRole,
    /// Whose money or insurance it is.
    pub from: PartyRole,
    /// Which of its pockets.
    pub layer: Layer,
    /// How much; never zero.
    pub amount: Fen,
    /// What it rests on.
    pub articles: Vec<String>,
}

/// Losses that cannot be divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotSplit {
    /// A party appears twice.
    #[error("party {0} appears twice")]
    Twice(PartyRole),
    /// The shares exceed the whole.
    #[error("the shares of liability exceed 100 percent")]
    SharesExceedTheWhole,
    /// A loss or limit is below zero.
    #[error("party {0}: losses and limits must not be negative")]
    Negative(PartyRole),
    /// No limits are known for that day.
    #[error("no limits of compulsory insurance are known for {0}")]
    NoLimits(NaiveDate),
}

/// Divides the damage of an accident on `day`. Sorted by claimant, payer and layer, whatever the order
/// of `parties`.
pub fn split(
    rules: &CompensationRules,
    day: NaiveDate,
    parties: &[InsuredLoss],
) -> Result<Vec<Payment>, CannotSplit> {
    let limits = rules.limits(day).ok_or(CannotSplit::NoLimits(day))?;
    let mut parties = parties.to_vec();
    parties.sort_by_key(|party| party.role);
    check(&parties)?;
    let mut ledger = Ledger::default();
    let rest = compulsory(limits, &parties, &mut ledger);
    by_share(&parties, &rest, &mut ledger);
    let motor: BTreeSet<_> = parties.iter().filter(|party| party.is_motor).map(|party| party.role).collect();
    Ok(ledger.payments(rules, &motor))
}

fn check(parties: &[InsuredLoss]) -> Result<(), CannotSplit> {
    let mut seen = BTreeSet::new();
    for party in parties {
        if !seen.insert(party.role) {
            return Err(CannotSplit::Twice(party.role));
        }
        if party.loss < Fen::ZERO || party.third_party_limit < Fen::ZERO {
            return Err(CannotSplit::Negative(party.role));
        }
    }
    let shares: u32 = parties.iter().map(|party| u32::from(party.share_percent)).sum();
    if shares > 100 { Err(CannotSplit::SharesExceedTheWhole) } else { Ok(()) }
}

/// Amounts by claimant, payer and layer.
#[derive(Default)]
struct Ledger(BTreeMap<(PartyRole, PartyRole, Layer), i64>);

impl Ledger {
    fn add(&mut self, to: PartyRole, from: PartyRole, layer: Layer, fen: i64) {
        if fen > 0 {
            *self.0.entry((to, from, layer)).or_default() += fen;
        }
    }

    fn payments(self, rules: &CompensationRules, motor: &BTreeSet<PartyRole>) -> Vec<Payment> {
        let payment = |((to, from, layer), fen)| Payment {
            to,
            from,
            layer,
            amount: Fen(fen),
            articles: rules
                .articles(layer, Between::of([to, from].map(|role| motor.contains(&role))))
                .to_vec(),
        };
        self.0.into_iter().map(payment).collect()
    }
}

/// The compulsory layer, round by round until no limit or no loss is left; answers what is left of each loss.
fn compulsory(limits: &Limits, parties: &[InsuredLoss], ledger: &mut Ledger) -> BTreeMap<PartyRole, i64> {
    let somebody_is_liable = parties.iter().any(|party| party.liable);
    let pays = |payer: &InsuredLoss, claimant: &InsuredLoss| {
        let both_free = claimant.is_motor && !payer.liable && !claimant.liable;
        payer.is_motor && payer.role != claimant.role && !(both_free && somebody_is_liable)
    };
    let mut losses: BTreeMap<_, _> = parties.iter().map(|party| (party.role, party.loss.0)).collect();
    let mut left: BTreeMap<_, _> =
        parties.iter().map(|party| (party.role, limits.property(party.liable).0)).collect();
    loop {
        let mut asked: BTreeMap<PartyRole, Vec<(PartyRole, i64)>> = BTreeMap::new();
        for claimant in parties {
            let payers: Vec<_> = parties.iter().filter(|payer| pays(payer, claimant)).collect();
            let weights: Vec<_> = payers.iter().map(|payer| of(&left, payer.role)).collect();
            for (payer, fen) in payers.iter().zip(apportion(of(&losses, claimant.role), &weights)) {
                asked.entry(payer.role).or_default().push((claimant.role, fen));
            }
        }
        let mut moved = false;
        for payer in parties {
            let claims = asked.remove(&payer.role).unwrap_or_default();
            for (claimant, fen) in within(of(&left, payer.role), &claims) {
                let layer = if payer.has_ctali { Layer::Ctali } else { Layer::Uninsured };
                ledger.add(claimant, payer.role, layer, fen);
                left.entry(payer.role).and_modify(|limit| *limit -= fen);
                losses.entry(claimant).and_modify(|loss| *loss -= fen);
                moved |= fen > 0;
            }
        }
        if !moved {
            return losses;
        }
    }
}

/// What compulsory insurance left, by share: third-party insurance up to its limit, then the payer; one's own
/// part on one's own cover.
fn by_share(parties: &[InsuredLoss], losses: &BTreeMap<PartyRole, i64>, ledger: &mut Ledger) {
    let mut asked: BTreeMap<PartyRole, Vec<(PartyRole, i64)>> = BTreeMap::new();
    for claimant in parties {
        let others: i64 =
            parties.iter().filter(|p| p.role != claimant.role).map(|p| i64::from(p.share_percent)).sum();
        // A vehicle without fault bears up to ten percent of a cyclist's loss, but nothing of its own.
        let blameless = claimant.is_motor && !claimant.liable && others > 0;
        let own = if blameless { 0 } else { 100 - others };
        let weight =
            |payer: &InsuredLoss| if payer.role == claimant.role { own } else { payer.share_percent.into() };
        let weights: Vec<_> = parties.iter().map(weight).collect();
        for (payer, fen) in parties.iter().zip(apportion(of(losses, claimant.role), &weights)) {
            if payer.role == claimant.role {
                let layer = match payer.has_own_damage_cover {
                    Some(true) => Layer::OwnDamage,
                    Some(false) => Layer::OutOfPocket,
                    None => Layer::OwnShare,
                };
                ledger.add(claimant.role, payer.role, layer, fen);
            } else {
                asked.entry(payer.role).or_default().push((claimant.role, fen));
            }
        }
    }
    for payer in parties {
        let claims = asked.remove(&payer.role).unwrap_or_default();
        let covered = within(payer.third_party_limit.0, &claims);
        for ((claimant, fen), (_, covered)) in claims.iter().zip(covered) {
            ledger.add(*claimant, payer.role, Layer::ThirdParty, covered);
            ledger.add(*claimant, payer.role, Layer::OutOfPocket, fen - covered);
        }
    }
}

fn of(amounts: &BTreeMap<PartyRole, i64>, role: PartyRole) -> i64 {
    amounts.get(&role).copied().unwrap_or_default()
}

/// The claims as far as `limit` reaches; beyond it, in proportion.
fn within(limit: i64, claims: &[(PartyRole, i64)]) -> Vec<(PartyRole, i64)> {
    let total: i128 = claims.iter().map(|(_, fen)| i128::from(*fen)).sum();
    if total <= i128::from(limit) {
        return claims.to_vec();
    }
    let weights: Vec<_> = claims.iter().map(|(_, fen)| *fen).collect();
    claims.iter().zip(apportion(limit, &weights)).map(|((role, _), fen)| (*role, fen)).collect()
}

/// Divides `total` by weight into whole fen that sum to it exactly: the largest fractions get the broken fen,
/// the first of equals before the next. Nothing is divided where no weight is.
fn apportion(total: i64, weights: &[i64]) -> Vec<i64> {
    let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if whole <= 0 || total <= 0 {
        return vec![0; weights.len()];
    }
    let products: Vec<i128> = weights.iter().map(|weight| i128::from(total) * i128::from(*weight)).collect();
    let floors: i128 = products.iter().map(|product| product / whole).sum();
    let broken = usize::try_from(i128::from(total) - floors).unwrap_or_default();
    let mut by_fraction: Vec<_> = products.iter().map(|product| product % whole).enumerate().collect();
    by_fraction.sort_by_key(|(index, fraction)| (std::cmp::Reverse(*fraction), *index));
    let raised: BTreeSet<_> = by_fraction.iter().take(broken).map(|(index, _)| *index).collect();
    let part = |(index, product): (usize, &i128)| {
        i64::try_from(product / whole).unwrap_or(i64::MAX) + i64::from(raised.contains(&index))
    };
    products.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests;

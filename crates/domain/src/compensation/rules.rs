//! The rule file of compensation: limits and ratios by day, the articles of each layer, and 互碰自赔.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    Layer,
    own_claims::OwnClaimRules,
    ratios::{Between, Ratios},
};
use crate::{
    money::Fen,
    rulebook::{self, RuleFault},
};

/// The rules of compensation, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct CompensationRules {
    in_force_from: NaiveDate,
    limits: Vec<Limits>,
    layers: Layers,
    ratios: Vec<Ratios>,
    own_claims: OwnClaimRules,
}

/// What compulsory insurance (交强险) pays at most for one accident, from a day on (domain brief §4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// First day.
    pub in_force_from: NaiveDate,
    /// What the limits rest on.
    pub articles: Vec<String>,
    /// For a vehicle with any liability.
    pub liable: Ceilings,
    /// For a vehicle without liability.
    pub no_liability: Ceilings,
}

/// The three ceilings of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ceilings {
    /// Death and disability (死亡伤残).
    pub death: Fen,
    /// Medical cost (医疗费用).
    pub medical: Fen,
    /// Property (财产损失).
    pub property: Fen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    in_force_from: NaiveDate,
    limits: Vec<LimitsEntry>,
    layers: Layers,
    ratios: Vec<Ratios>,
    own_claims: OwnClaimRules,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsEntry {
    in_force_from: NaiveDate,
    articles: Vec<String>,
    liable: Yuan,
    no_liability: Yuan,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Yuan {
    death: u32,
    medical: u32,
    property: u32,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layers {
    ctali: Vec<String>,
    third_party: Vec<String>,
    own_damage: Vec<String>,
    out_of_pocket: Vec<String>,
    out_of_pocket_mixed: Vec<String>,
    out_of_pocket_others: Vec<String>,
    uninsured: Vec<String>,
}

impl From<Yuan> for Ceilings {
    fn from(Yuan { death, medical, property }: Yuan) -> Self {
        let [death, medical, property] = [death, medical, property].map(|yuan| Fen::from_yuan(yuan.into()));
        Self { death, medical, property }
    }
}

impl CompensationRules {
    /// The rules this crate comes with (`rules/compensation.toml`). To be asked once, at start.
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../../rules/compensation.toml"))
    }

    /// Reads and checks a rule file: articles everywhere, limits and ratios in rising order of their days, no ceiling
    /// without liability above the one with it, and ratios that make a whole.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let file: File = rulebook::read(text)?;
        let Layers {
            ctali,
            third_party,
            own_damage,
            out_of_pocket,
            out_of_pocket_mixed,
            out_of_pocket_others,
            uninsured,
        } = &file.layers;
        let of_one = [ctali, third_party, own_damage, uninsured];
        for articles in of_one.into_iter().chain([out_of_pocket, out_of_pocket_mixed, out_of_pocket_others]) {
            rulebook::check_articles("layers", articles)?;
        }
        let limits: Vec<_> = file.limits.into_iter().map(Limits::from).collect();
        for one in &limits {
            one.check()?;
        }
        let rising = limits.windows(2).all(|pair| match pair {
            [earlier, later] => earlier.in_force_from < later.in_force_from,
            _ => true,
        });
        if limits.is_empty() || !rising {
            return Err(RuleFault::contradiction(
                "limits",
                "at least one, each from a later day than the one before",
            ));
        }
        Ratios::check_all(&file.ratios)?;
        file.own_claims.check()?;
        let File { in_force_from, layers, ratios, own_claims, .. } = file;
        Ok(Self { in_force_from, limits, layers, ratios, own_claims })
    }

    /// The first day on which this edition of the file holds; the limits in it begin on days of their own.
    pub fn in_force_from(&self) -> NaiveDate {
        self.in_force_from
    }

    /// The limits in force on `day`; none before the first.
    pub fn limits(&self, day: NaiveDate) -> Option<&Limits> {
        self.limits.iter().rfind(|limits| limits.in_force_from <= day)
    }

    /// What a payment of `layer` between such parties rests on.
    pub fn articles(&self, layer: Layer, between: Between) -> &[String] {
        match (layer, between) {
            (Layer::Ctali, _) => &self.layers.ctali,
            (Layer::ThirdParty, _) => &self.layers.third_party,
            (Layer::OwnDamage, _) => &self.layers.own_damage,
            (Layer::Uninsured, _) => &self.layers.uninsured,
            (Layer::OwnShare | Layer::OutOfPocket, Between::MotorVehicles) => &self.layers.out_of_pocket,
            (Layer::OwnShare | Layer::OutOfPocket, Between::MotorVehicleAndOthers) => {
                &self.layers.out_of_pocket_mixed
            }
            (Layer::OwnShare | Layer::OutOfPocket, Between::Others) => &self.layers.out_of_pocket_others,
        }
    }

    /// The ratios between such parties on `day`; none before the first.
    pub(super) fn ratios(&self, between: Between, day: NaiveDate) -> Option<&Ratios> {
        self.ratios.iter().rfind(|ratios| ratios.between == between && ratios.in_force_from <= day)
    }

    /// When 互碰自赔 is offered.
    pub(super) fn own_claims(&self) -> &OwnClaimRules {
        &self.own_claims
    }
}

impl Limits {
    /// What compulsory insurance pays at most for property, by whether the vehicle bears any liability.
    pub fn property(&self, liable: bool) -> Fen {
        if liable { self.liable.property } else { self.no_liability.property }
    }

    fn check(&self) -> Result<(), RuleFault> {
        let code = self.in_force_from.to_string();
        rulebook::check_articles(&code, &self.articles)?;
        let below = |pick: fn(&Ceilings) -> Fen| pick(&self.no_liability) <= pick(&self.liable);
        if below(|c| c.death) && below(|c| c.medical) && below(|c| c.property) {
            Ok(())
        } else {
            Err(RuleFault::contradiction(&code, "a ceiling without liability lies above the one with it"))
        }
    }
}

impl From<LimitsEntry> for Limits {
    fn from(entry: LimitsEntry) -> Self {
        let LimitsEntry { in_force_from, articles, liable, no_liability } = entry;
        Self { in_force_from, articles, liable: liable.into(), no_liability: no_liability.into() }
    }
}

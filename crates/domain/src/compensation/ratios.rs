//! Which share each grade bears beyond compulsory insurance (domain brief §4.2): practice and local acts, so it is data,
//! and a mediator may set another share within the bounds of the grade.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::CompensationRules;
use crate::{
    liability::Grade,
    role::PartyRole,
    rulebook::{self, RuleFault},
};

/// Between whom the loss is divided (RTSL §76).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Between {
    /// Motor vehicles only.
    MotorVehicles,
    /// At least one motor vehicle, and a cyclist or pedestrian.
    MotorVehicleAndOthers,
    /// Cyclists and pedestrians only.
    Others,
}

impl Between {
    /// What holds for parties that did or did not drive a motor vehicle.
    pub fn of(is_motor: impl IntoIterator<Item = bool>) -> Self {
        let (mut motor, mut others) = (false, false);
        for one in is_motor {
            (motor, others) = (motor || one, others || !one);
        }
        match (motor, others) {
            (true, true) => Self::MotorVehicleAndOthers,
            (_, false) => Self::MotorVehicles,
            (false, true) => Self::Others,
        }
    }
}

/// The customary share of a grade, and between which bounds a mediator may set another. Percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The customary share.
    pub percent: u8,
    /// Not less than this.
    pub least: u8,
    /// Not more than this.
    pub most: u8,
}

impl Bounds {
    fn hold(self) -> bool {
        self.least <= self.percent && self.percent <= self.most && self.most <= 100
    }
}

/// The shares of all grades between such parties, from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ratios {
    pub(super) between: Between,
    pub(super) in_force_from: NaiveDate,
    pub(super) articles: Vec<String>,
    full: Bounds,
    main: Bounds,
    equal: Bounds,
    secondary: Bounds,
    none: Bounds,
    none_on_expressway: Option<Bounds>,
}

impl Ratios {
    fn of(&self, grade: Grade) -> Bounds {
        match grade {
            Grade::Full => self.full,
            Grade::Main => self.main,
            Grade::Equal => self.equal,
            Grade::Secondary => self.secondary,
            Grade::None => self.none,
        }
    }

    /// Refuses bounds that do not hold, tables that are no whole, and a kind of parties without a table.
    pub(super) fn check_all(all: &[Self]) -> Result<(), RuleFault> {
        for between in [Between::MotorVehicles, Between::MotorVehicleAndOthers, Between::Others] {
            let of_kind: Vec<_> = all.iter().filter(|ratios| ratios.between == between).collect();
            let rising = of_kind.windows(2).all(|pair| match pair {
                [earlier, later] => earlier.in_force_from < later.in_force_from,
                _ => true,
            });
            if of_kind.is_empty() || !rising {
                return Err(RuleFault::contradiction(
                    "ratios",
                    "at least one for each kind of parties, each from a later day than the one before",
                ));
            }
        }
        all.iter().try_for_each(Self::check)
    }

    fn check(&self) -> Result<(), RuleFault> {
        let code = format!("ratios of {}", self.in_force_from);
        rulebook::check_articles(&code, &self.articles)?;
        let bounds = Grade::ALL.map(|grade| self.of(grade));
        let heavier_bears_more = bounds.windows(2).all(|pair| match pair {
            [heavy, light] => heavy.percent > light.percent,
            _ => true,
        });
        let sound = bounds.iter().chain(&self.none_on_expressway).all(|bounds| bounds.hold());
        if !sound || !heavier_bears_more || self.full.percent != 100 {
            return Err(RuleFault::contradiction(
                &code,
                "a heavier grade bears more, within its bounds; full is 100",
            ));
        }
        let whole = self.equal.percent == 50 && self.main.percent + self.secondary.percent == 100;
        if self.between != Between::MotorVehicleAndOthers && !(whole && self.none.percent == 0) {
            return Err(RuleFault::contradiction(&code, "the shares of two sides do not make a whole"));
        }
        Ok(())
    }
}

/// One party as far as shares are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The party.
    pub role: PartyRole,
    /// Whether it drove a motor vehicle.
    pub is_motor: bool,
    /// Its grade by the finding.
    pub grade: Grade,
}

impl CompensationRules {
    /// The customary share of each party on `day`, in percent; nothing where the table has no answer and the mediator
    /// must set them. `expressway` is `None` when nobody knows.
    pub fn customary_shares(
        &self,
        day: NaiveDate,
        parties: &[Standing],
        expressway: Option<bool>,
    ) -> Option<BTreeMap<PartyRole, u8>> {
        let between = Between::of(parties.iter().map(|party| party.is_motor));
        let ratios = self.ratios(between, day)?;
        if between == Between::MotorVehicleAndOthers {
            return mixed(ratios, parties, expressway);
        }
        let having = |grade| parties.iter().filter(move |party| party.grade == grade).count();
        let (main, equal, secondary) = (having(Grade::Main), having(Grade::Equal), having(Grade::Secondary));
        if main > 1 {
            return None;
        }
        let share = |party: &Standing| {
            let whole = match party.grade {
                Grade::Equal => return u8::try_from(100 / equal.max(1)).ok(),
                grade => ratios.of(grade).percent,
            };
            // Several with secondary liability share what the main one leaves.
            let heads = if party.grade == Grade::Secondary { u8::try_from(secondary).ok()? } else { 1 };
            whole.checked_div(heads)
        };
        parties.iter().map(|party| Some((party.role, share(party)?))).collect()
    }

    /// Whether a mediator may set these shares on `day`: one for each party, within the bounds of its grade, together
    /// the whole.
    pub fn allows_shares(
        &self,
        day: NaiveDate,
        parties: &[Standing],
        shares: &BTreeMap<PartyRole, u8>,
    ) -> bool {
        let between = Between::of(parties.iter().map(|party| party.is_motor));
        let Some(ratios) = self.ratios(between, day) else { return false };
        if !shares.keys().copied().eq(sorted(parties)) {
            return false;
        }
        let total: u32 = shares.values().map(|share| u32::from(*share)).sum();
        let customary = self.customary_shares(day, parties, None);
        if parties.iter().any(|party| party.grade == Grade::Equal) && parties.len() > 2 {
            return customary.as_ref() == Some(shares);
        }
        let somebody = parties.iter().any(|party| party.grade != Grade::None);
        // Beside a cyclist or pedestrian the table is about the motor vehicle; the others bear the rest.
        let bound = |party: &&Standing| between != Between::MotorVehicleAndOthers || party.is_motor;
        let within = |party: &Standing| {
            let Bounds { least, most, .. } = ratios.of(party.grade);
            shares.get(&party.role).is_some_and(|share| (least..=most).contains(share))
        };
        total <= 100 && (!somebody || total == 100) && parties.iter().filter(bound).all(within)
    }

    /// What the shares between such parties rest on.
    pub fn ratio_articles(&self, day: NaiveDate, parties: &[Standing]) -> &[String] {
        let between = Between::of(parties.iter().map(|party| party.is_motor));
        self.ratios(between, day).map_or(&[], |ratios| &ratios.articles)
    }
}

fn sorted(parties: &[Standing]) -> impl Iterator<Item = PartyRole> {
    let mut roles: Vec<_> = parties.iter().map(|party| party.role).collect();
    roles.sort();
    roles.into_iter()
}

/// One motor vehicle and one other side: the motor vehicle's share is in the table, the other bears the rest. Several
/// vehicles or others: only where one bears everything.
fn mixed(ratios: &Ratios, parties: &[Standing], expressway: Option<bool>) -> Option<BTreeMap<PartyRole, u8>> {
    if let Some(full) = parties.iter().find(|party| party.is_motor && party.grade == Grade::Full) {
        return Some(
            parties.iter().map(|party| (party.role, if party.role == full.role { 100 } else { 0 })).collect(),
        );
    }
    let [one, other] = parties else { return None };
    let (motor, other) = if one.is_motor { (one, other) } else { (other, one) };
    let bounds = match (motor.grade, ratios.none_on_expressway) {
        (Grade::None, Some(on_expressway)) => {
            if expressway? {
                on_expressway
            } else {
                ratios.none
            }
        }
        (grade, _) => ratios.of(grade),
    };
    let rest = if other.grade == Grade::None { 0 } else { 100 - bounds.percent };
    Some(BTreeMap::from([(motor.role, bounds.percent), (other.role, rest)]))
}

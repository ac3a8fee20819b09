//! Each claims its own damage from its own compulsory insurance (互碰自赔, domain brief §4.3): offered exactly where all
//! conditions hold, and each of them says whether it does.

use serde::Deserialize;

use super::{Claimant, CompensationRules, Layer, Payment, Question};
use crate::{
    liability::Grade,
    money::Fen,
    role::PartyRole,
    rulebook::{self, RuleFault, Wording},
    triage::Answer,
};

/// When 互碰自赔 is offered, as the rule file says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnClaimRules {
    most: u32,
    articles: Vec<String>,
    source: Wording,
    conditions: Texts,
}

impl OwnClaimRules {
    pub(super) fn check(&self) -> Result<(), RuleFault> {
        rulebook::check_articles("own_claims", &self.articles)?;
        rulebook::check_texts("own_claims", [&self.source].into_iter().chain(self.conditions.all()))
    }
}

macro_rules! conditions {
    ($($(#[$doc:meta])* $name:ident $field:ident,)+) => {
        /// A condition of 互碰自赔.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ConditionCode {
            $($(#[$doc])* $name,)+
        }

        impl ConditionCode {
            /// Every condition.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in the API and in the rule file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($field),)+ }
            }
        }

        #[derive(Debug, Clone, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Texts { $($field: Wording,)+ }

        impl Texts {
            fn of(&self, code: ConditionCode) -> &Wording {
                match code { $(ConditionCode::$name => &self.$field,)+ }
            }

            fn all(&self) -> [&Wording; ConditionCode::ALL.len()] {
                [$(&self.$field),+]
            }
        }
    };
}

conditions! {
    /// Two or more motor vehicles, and nobody else.
    MotorVehiclesOnly motor_vehicles_only,
    /// Every vehicle has valid compulsory insurance.
    AllInsured all_insured,
    /// Nobody is hurt.
    NobodyHurt nobody_hurt,
    /// Only vehicles and goods on board are damaged.
    VehicleLossOnly vehicle_loss_only,
    /// The loss of each vehicle is within the limit.
    WithinLimit within_limit,
    /// Every side is liable.
    EverybodyLiable everybody_liable,
    /// Everybody agrees to it.
    EverybodyAgrees everybody_agrees,
}

/// Whether one condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Which.
    pub code: ConditionCode,
    /// What it asks for.
    pub text: Wording,
    /// Whether it holds; unknown is not yes.
    pub holds: Answer,
    /// Of whom it does not hold, or is not known.
    pub because_of: Vec<PartyRole>,
}

/// Whether 互碰自赔 is offered, and why or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnClaims {
    /// All conditions hold, except that not everybody has been asked yet.
    pub offered: bool,
    /// Each condition.
    pub conditions: Vec<Condition>,
    /// Each one's damage from its own insurance, where it is offered.
    pub payments: Vec<Payment>,
    /// What it rests on.
    pub articles: Vec<String>,
    /// Whose rules these are.
    pub source: Wording,
}

impl CompensationRules {
    /// Whether 互碰自赔 can be offered in this accident.
    pub(super) fn offer_own_claims(&self, question: &Question<'_>) -> OwnClaims {
        let rules = self.own_claims();
        let conditions: Vec<_> = ConditionCode::ALL
            .iter()
            .map(|code| {
                let (holds, because_of) = judge(*code, question, Fen::from_yuan(rules.most.into()));
                Condition { code: *code, text: rules.conditions.of(*code).clone(), holds, because_of }
            })
            .collect();
        let offered = conditions.iter().all(|condition| match condition.code {
            ConditionCode::EverybodyAgrees => condition.holds != Answer::No,
            _ => condition.holds == Answer::Yes,
        });
        let own = |claimant: &Claimant| {
            let amount = claimant.loss.filter(|loss| *loss > Fen::ZERO)?;
            let (to, articles) = (claimant.role, rules.articles.clone());
            Some(Payment { to, from: to, layer: Layer::Ctali, amount, articles })
        };
        let mut payments: Vec<_> = question.claimants.iter().filter(|_| offered).filter_map(own).collect();
        payments.sort();
        OwnClaims {
            offered,
            conditions,
            payments,
            articles: rules.articles.clone(),
            source: rules.source.clone(),
        }
    }
}

fn judge(code: ConditionCode, question: &Question<'_>, most: Fen) -> (Answer, Vec<PartyRole>) {
    let Question { claimants, hurt, facility_hit, agreed, .. } = question;
    let each = |holds: &dyn Fn(&Claimant) -> Answer| {
        let answer = claimants.iter().map(holds).fold(Answer::Yes, Answer::and);
        let mut because: Vec<_> =
            claimants.iter().filter(|one| holds(one) != Answer::Yes).map(|one| one.role).collect();
        because.sort();
        (answer, because)
    };
    let known = |known: Option<bool>| known.map_or(Answer::Unknown, Answer::from);
    match code {
        ConditionCode::MotorVehiclesOnly => {
            let (all, because) = each(&|one| one.is_motor.into());
            (all.and((claimants.len() >= 2).into()), because)
        }
        ConditionCode::AllInsured => each(&|one| known(one.cover.ctali)),
        ConditionCode::NobodyHurt => (hurt.not(), Vec::new()),
        ConditionCode::VehicleLossOnly => {
            let (all, because) = each(&|one| known(one.loss.map(|_| !one.beyond_vehicle)));
            (all.and(facility_hit.not()), because)
        }
        ConditionCode::WithinLimit => each(&|one| known(one.loss.map(|loss| loss <= most))),
        ConditionCode::EverybodyLiable => {
            each(&|one| matches!(one.grade, Grade::Main | Grade::Equal | Grade::Secondary).into())
        }
        ConditionCode::EverybodyAgrees => (*agreed, Vec::new()),
    }
}

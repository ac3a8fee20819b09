//! What the calculator is asked about a case.

use super::{DamageKind, Losses, Terms};
use crate::{
    calendar::day_in_china,
    case::{Case, Determination, OtherInsurance, Party, RoadUser},
    claim::{SettledBy, Settlement},
    compensation::{Calculation, CannotSplit, Claimant, CompensationRules, Cover, Question, calculate},
    liability::Grade,
    money::Fen,
    triage::Answer,
};

impl Case {
    /// Who pays what by the rules, as far as it is known; nothing without a determination.
    pub fn calculate_compensation(
        &self,
        rules: &CompensationRules,
    ) -> Option<Result<Calculation, CannotSplit>> {
        let determination = self.determination()?;
        let mediation = determination.mediation.as_ref();
        let claimants: Vec<_> = self
            .parties
            .iter()
            .map(|party| {
                let losses = mediation.and_then(|mediation| mediation.losses.get(&party.role));
                self.claimant(determination, party, losses)
            })
            .collect();
        let agreed = mediation.and_then(|mediation| mediation.agreed());
        Some(calculate(
            rules,
            &Question {
                day: day_in_china(self.occurred_at),
                claimants: &claimants,
                shares: mediation.and_then(|mediation| mediation.shares.as_ref()),
                // The parties are not asked; where it matters, the mediator sets the shares.
                expressway: None,
                hurt: self.answers.injured,
                facility_hit: self.answers.hit_facility,
                agreed: match agreed {
                    Some(proposal) if proposal.terms.own_claims => Answer::Yes,
                    _ => Answer::Unknown,
                },
            },
        ))
    }

    /// What the parties agreed on in mediation, as insurers are told.
    pub(in crate::case) fn agreed_settlement(&self) -> Option<Settlement> {
        let terms = &self.determination()?.mediation.as_ref()?.agreed()?.terms;
        let Terms { payments, own_claims, .. } = terms;
        Some(Settlement { by: SettledBy::Mediation, own_claims: *own_claims, payments: payments.clone() })
    }

    /// What insurers are told of who pays what: what was agreed, or what the rules give where nothing is missing.
    pub fn settlement(&self, rules: &CompensationRules) -> Option<Settlement> {
        let computed = || {
            let calculation = self.calculate_compensation(rules)?.ok()?;
            Some(Settlement::computed(&calculation.payments?))
        };
        self.agreed_settlement().or_else(computed)
    }

    fn claimant(&self, determination: &Determination, party: &Party, losses: Option<&Losses>) -> Claimant {
        let known = self.known_cover(party);
        Claimant {
            role: party.role,
            is_motor: party.road_user == RoadUser::MotorVehicle,
            grade: determination.liability.grade(party.role).unwrap_or(Grade::None),
            loss: losses.map(Losses::total),
            beyond_vehicle: losses
                .is_some_and(|losses| losses.items.iter().any(|item| item.kind == DamageKind::Other)),
            cover: losses.map_or(known, |losses| known.overlaid_by(losses.cover)),
        }
    }

    /// What is known of a party's insurance: that it has a compulsory policy, unless the report says that somebody has
    /// none; a limit or cover that nobody mentioned is stored as none, so only what is there is known.
    fn known_cover(&self, party: &Party) -> Cover {
        let details = &party.details;
        if matches!(details.other_insurance, Some(OtherInsurance::Uninsured)) {
            return Cover { ctali: Some(false), third_party_limit: Some(Fen::ZERO), own_damage: Some(false) };
        }
        let Some(held) = &details.insurance else { return Cover::default() };
        let doubted = self.answers.no_insurance_or_inspection == Answer::Yes;
        Cover {
            ctali: (!doubted).then_some(true),
            third_party_limit: Some(held.third_party_limit).filter(|limit| *limit > Fen::ZERO),
            own_damage: held.own_damage.then_some(true),
        }
    }
}

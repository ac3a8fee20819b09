//! The claims that follow when it is settled who bears what: one per insured vehicle, with everything that its insurer
//! needs.

use chrono::{DateTime, Utc};

use super::{Case, NumberPlate, Party, Stage};
use crate::{
    claim::{Claim, FirstNotice, NoticeParty, claim_id},
    digest::Digest,
    event::Event,
    identifiers::Passage,
    liability::{Grade, Liability},
    role::PartyRole,
};

/// What was settled, by a determination or by an agreement.
pub(super) struct Settled<'a> {
    /// Who bears what.
    pub(super) liability: &'a Liability,
    /// What happened.
    pub(super) facts: &'a Passage,
    /// Number of the document that says so.
    pub(super) number: String,
    /// SHA-256 of its PDF.
    pub(super) document: Digest,
}

impl Case {
    /// One claim per insured vehicle, with the events that tell of them.
    pub(super) fn claims_of(&self, settled: &Settled<'_>, now: DateTime<Utc>) -> (Vec<Claim>, Vec<Event>) {
        let claims: Vec<Claim> =
            self.notices(settled).map(|notice| Claim::new(self.id, notice, now)).collect();
        let filed = claims.iter().map(|claim| Event::ClaimFiled {
            claim: claim.id,
            party: claim.party,
            insurer: claim.insurer.clone(),
        });
        let filed = filed.collect();
        (claims, filed)
    }

    /// The claim of one party after the end, with the event that tells of it; none where it is not insured, or
    /// nothing was settled.
    pub(super) fn claim_of(&self, role: PartyRole, now: DateTime<Utc>) -> (Vec<Claim>, Vec<Event>) {
        let settled = match &self.stage {
            Stage::Concluded { determination, .. } => Settled {
                liability: &determination.liability,
                facts: &determination.facts,
                number: self.document_number(),
                document: determination.document,
            },
            Stage::Agreed { agreement, .. } => Settled {
                liability: &agreement.liability,
                facts: &agreement.facts,
                number: self.agreement_number(agreement),
                document: agreement.document,
            },
            _ => return Default::default(),
        };
        let (claims, filed) = self.claims_of(&settled, now);
        let of_role = claims.into_iter().zip(filed).filter(|(claim, _)| claim.party == role);
        of_role.unzip()
    }

    fn notices(&self, settled: &Settled<'_>) -> impl Iterator<Item = FirstNotice> {
        let parties: Vec<NoticeParty> =
            self.parties.iter().map(|party| notice_party(party, settled.liability)).collect();
        self.parties.iter().filter_map(move |party| {
            let insurer = party.details.insurance.as_ref()?.insurer.clone();
            Some(FirstNotice {
                claim: claim_id(self.id, party.role, &insurer),
                case_number: self.number.clone(),
                insurer,
                insured: party.role,
                occurred_at: self.occurred_at,
                place: self.place.clone(),
                position: self.position,
                facts: settled.facts.clone(),
                parties: parties.clone(),
                determination_number: settled.number.clone(),
                document: settled.document,
                photos: self.photos.iter().map(|photo| photo.digest).collect(),
                settlement: self.agreed_settlement(),
            })
        })
    }
}

fn notice_party(party: &Party, liability: &Liability) -> NoticeParty {
    let details = &party.details;
    NoticeParty {
        role: party.role,
        name: details.name.clone(),
        licence: details.licence.clone(),
        phone: details.phone.clone(),
        plate: details.plate().and_then(NumberPlate::regular).cloned(),
        vin: details.vehicle.as_ref().and_then(|vehicle| vehicle.vin.clone()),
        insurer: details.insurance.as_ref().map(|insurance| insurance.insurer.clone()),
        policy_number: details.insurance.as_ref().and_then(|insurance| insurance.policy_number.clone()),
        grade: liability.grades().get(&party.role).copied().unwrap_or(Grade::None),
        estimated_loss: details.estimated_loss,
    }
}

//! What parties and officers do in a mediation.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    EndReason, LARGEST_AMOUNT, Losses, MOST_TERMS, Mediation, MediationOutcome, Mediator, Proposal,
    TermPayment, Terms, TermsAnswer,
};
use crate::{
    calendar::day_in_china,
    case::{Case, Determination, Officer, Signature, Stage, reporting::digest_of},
    compensation::{CompensationRules, Standing},
    digest::Digest,
    event::Event,
    identifiers::{AccountId, Line, Passage, VerificationCode},
    liability::Grade,
    money::Fen,
    refusal::Refusal,
    role::PartyRole,
};

/// Whose word it is.
#[derive(Debug, Clone, Copy)]
pub enum Voice<'a> {
    /// A party's own.
    Party(AccountId),
    /// A party's without an account, as an officer hears it.
    Heard(&'a Officer, PartyRole),
}

/// What somebody proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermsOrder {
    /// Who pays what; empty for 互碰自赔, which says it itself.
    pub payments: Vec<TermPayment>,
    /// Each claims its own damage from its own compulsory insurance (互碰自赔).
    pub own_claims: bool,
    /// In which way it is paid.
    pub manner: Option<Line>,
    /// The last day of payment.
    pub pay_by: Option<NaiveDate>,
}

impl Case {
    /// A party asks for mediation; with the last party's request it opens (R146 §25: joint request). Asking twice changes
    /// nothing.
    pub fn request_mediation(
        mut self,
        voice: Voice<'_>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        let role = self.speaker(voice)?;
        let (parties, reviewed) = (self.parties.len(), self.review.is_some());
        let determination = self.open_determination("ask for mediation")?;
        let refused = |signature: &Signature| matches!(signature, Signature::Refused { .. });
        let ended = determination
            .mediation
            .as_ref()
            .is_some_and(|mediation| mediation.opened_at.is_some() && mediation.outcome.is_some());
        if parties < 2 || reviewed || ended || determination.signatures.values().any(refused) {
            return Err(Refusal::MediationExcluded);
        }
        let mediator = decided_by(determination);
        let mediation = determination.mediation.get_or_insert_default();
        if mediation.outcome.is_some() {
            // It had not opened: whoever did not consent then may do so now.
            *mediation = Mediation::default();
        }
        if mediation.requested.iter().any(|(asked, _)| *asked == role) {
            return Ok((self, Vec::new()));
        }
        mediation.requested.push((role, now));
        let mut events = vec![Event::MediationRequested { role }];
        if mediation.requested.len() == parties {
            (mediation.opened_at, mediation.mediator) = (Some(now), Some(mediator));
            events.push(Event::MediationOpened {});
        }
        Ok((self, events))
    }

    /// A party does not consent, or no longer, or objects to the determination: the mediation ends (R146 §26). What all
    /// have agreed is not taken back, but not signed.
    pub fn withdraw_from_mediation(
        mut self,
        voice: Voice<'_>,
        objects: bool,
        note: Option<Passage>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.speaker(voice)?;
        let determination = self.open_determination("withdraw from mediation")?;
        let mediation = determination.mediation.as_mut().filter(|mediation| mediation.outcome.is_none());
        let mediation = mediation.ok_or(Refusal::MediationNotOpen)?;
        let reason = if objects { EndReason::Objection } else { EndReason::NoConsent };
        mediation.end(reason, note.clone(), now);
        Ok((self, ended(reason, note)))
    }

    /// The officer finds that the parties come to no result.
    pub fn end_mediation(
        mut self,
        officer: &Officer,
        note: Option<Passage>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let mediation = self.held_mediation(officer)?;
        mediation.end(EndReason::NoResult, note.clone(), now);
        Ok((self, ended(EndReason::NoResult, note)))
    }

    /// The time of the mediation is over.
    pub(in crate::case) fn mediation_timed_out(mut self, now: DateTime<Utc>) -> (Self, Vec<Event>) {
        if let Stage::Decided { determination } = &mut self.stage
            && let Some(mediation) = &mut determination.mediation
        {
            mediation.end(EndReason::Deadline, None, now);
        }
        (self, vec![ended(EndReason::Deadline, None)])
    }

    /// A party says what it lost. Whatever was proposed before is superseded: it rested on other losses.
    pub fn put_losses(self, voice: Voice<'_>, losses: Losses) -> Result<(Self, Event), Refusal> {
        let role = self.speaker(voice)?;
        self.losses_put(role, losses)
    }

    /// An officer enters what a party lost.
    pub fn put_losses_of(
        mut self,
        officer: &Officer,
        role: PartyRole,
        losses: Losses,
    ) -> Result<(Self, Event), Refusal> {
        self.party(role).ok_or(Refusal::NotAParty)?;
        self.held_mediation(officer)?;
        self.losses_put(role, losses)
    }

    fn losses_put(mut self, role: PartyRole, losses: Losses) -> Result<(Self, Event), Refusal> {
        let own = |id| self.photos.iter().any(|photo| photo.id == id && photo.party == Some(role));
        if !losses.items.iter().flat_map(|item| &item.photos).all(|id| own(*id)) {
            return Err(Refusal::PhotoUnknown);
        }
        let parties = self.parties.len();
        let mediation = self.mediating("say what was damaged")?;
        let event = Event::MediationLossesPut { role, losses: digest_of(&losses) };
        mediation.losses.insert(role, losses);
        mediation.supersede(parties);
        Ok((self, event))
    }

    /// The mediator sets the shares, within the bounds of the grades that the determination gives.
    pub fn set_shares(
        mut self,
        officer: &Officer,
        shares: BTreeMap<PartyRole, u8>,
        rules: &CompensationRules,
    ) -> Result<(Self, Event), Refusal> {
        let (day, parties) = (day_in_china(self.occurred_at), self.parties.len());
        let standings = self.standings();
        let mediation = self.held_mediation(officer)?;
        if !rules.allows_shares(day, &standings, &shares) {
            return Err(Refusal::SharesOutOfBounds);
        }
        mediation.shares = Some(shares.clone());
        mediation.supersede(parties);
        Ok((self, Event::MediationSharesSet { shares }))
    }

    /// A party proposes terms, which it accepts by that; those still open are superseded.
    pub fn propose_terms(
        self,
        voice: Voice<'_>,
        order: TermsOrder,
        rules: &CompensationRules,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let role = self.speaker(voice)?;
        self.proposed(Some(role), order, rules, now)
    }

    /// The officer proposes terms.
    pub fn propose_terms_as_mediator(
        mut self,
        officer: &Officer,
        order: TermsOrder,
        rules: &CompensationRules,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.held_mediation(officer)?;
        self.proposed(None, order, rules, now)
    }

    fn proposed(
        mut self,
        by: Option<PartyRole>,
        order: TermsOrder,
        rules: &CompensationRules,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.mediating("propose terms")?;
        let terms = self.terms(order, rules)?;
        let parties = self.parties.len();
        let mediation = self.mediating("propose terms")?;
        if mediation.proposals.len() >= MOST_TERMS {
            return Err(Refusal::TooManyTerms);
        }
        mediation.supersede(parties);
        let number = mediation.proposals.last().map_or(1, |proposal| proposal.number + 1);
        let event = Event::MediationProposed { number, role: by, terms: digest_of(&terms) };
        let answers = by.map(|role| (role, TermsAnswer { accepted: true, at: now })).into_iter().collect();
        mediation.proposals.push(Proposal { number, by, at: now, terms, answers, superseded: false });
        Ok((self, event))
    }

    /// Terms that can be proposed: between parties of the case, nobody gets more than it lost, and 互碰自赔 only where it
    /// is offered.
    fn terms(&self, order: TermsOrder, rules: &CompensationRules) -> Result<Terms, Refusal> {
        let TermsOrder { mut payments, own_claims, manner, pay_by } = order;
        let calculation = self.calculate_compensation(rules).and_then(Result::ok);
        if own_claims {
            let offered = calculation.as_ref().map(|found| &found.own_claims).filter(|own| own.offered);
            let offered = offered.filter(|_| payments.is_empty()).ok_or(Refusal::OwnClaimsNotOffered)?;
            payments = offered.payments.iter().map(TermPayment::from).collect();
        }
        let losses = self.determination().and_then(|one| one.mediation.as_ref()).map(|held| &held.losses);
        for payment in &payments {
            for role in [payment.to, payment.from] {
                self.party(role).ok_or(Refusal::NotAParty)?;
            }
            let lost = losses.and_then(|all| all.get(&payment.to)).map(Losses::total).unwrap_or_default();
            let paid = payments.iter().filter(|other| other.to == payment.to).map(|other| other.amount).sum();
            if payment.amount <= Fen::ZERO || payment.amount > LARGEST_AMOUNT || lost < paid {
                return Err(Refusal::TermsExceedLoss);
            }
        }
        Ok(Terms { shares: calculation.and_then(|found| found.shares), payments, own_claims, manner, pay_by })
    }

    /// A party accepts or declines open terms. See [`Case::has_accepted_terms`] for what follows when all accept.
    pub fn answer_terms(
        mut self,
        voice: Voice<'_>,
        number: i32,
        accepted: bool,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let role = self.speaker(voice)?;
        let parties = self.parties.len();
        let mediation = self.mediating("answer terms")?;
        let open = mediation
            .proposals
            .iter_mut()
            .find(|proposal| proposal.number == number && proposal.state(parties) == "open");
        let proposal = open.ok_or(Refusal::TermsClosed)?;
        proposal.answers.insert(role, TermsAnswer { accepted, at: now });
        Ok((self, Event::MediationAnswered { number, role, accepted }))
    }

    /// Whether all parties have accepted the same terms, which are to be put on the determination now.
    pub fn has_accepted_terms(&self) -> bool {
        self.accepted_terms().is_some()
    }

    pub(super) fn accepted_terms(&self) -> Option<(&Determination, &Mediation, &Proposal)> {
        let determination = self.determination()?;
        let mediation = determination.mediation.as_ref()?;
        let agreed = mediation.agreed();
        let accepted = || mediation.proposals.iter().find(|one| one.state(self.parties.len()) == "accepted");
        let found = agreed.or_else(|| accepted().filter(|_| mediation.outcome.is_none()));
        found.map(|proposal| (determination, mediation, proposal))
    }

    /// The terms stand on the determination from here. `document` is its new PDF, over which everybody signs anew;
    /// `record` the PDF of the mediation's own record.
    pub fn agree_on_terms(
        mut self,
        document: Digest,
        record: Digest,
        verification: VerificationCode,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let found =
            self.accepted_terms().map(|(_, _, proposal)| (proposal.number, digest_of(&proposal.terms)));
        let (number, terms) = found.ok_or(Refusal::TermsClosed)?;
        let determination = self.open_determination("agree on terms")?;
        let mediation = determination.open_mediation().cloned().ok_or(Refusal::MediationNotOpen)?;
        let outcome = Some(MediationOutcome::Agreed { number, at: now, verification, record });
        determination.mediation = Some(Mediation { outcome, ..mediation });
        determination.document = document;
        for signature in determination.signatures.values_mut() {
            *signature = Signature::Pending;
        }
        Ok((self, Event::MediationAgreed { number, terms, document, record }))
    }

    /// All have signed what was agreed: `record` is the PDF of the record that says so. Nothing where nothing was agreed.
    pub fn record_mediation(mut self, record: Digest) -> (Self, Option<Event>) {
        if let Stage::Concluded { determination, .. } = &mut self.stage
            && let Some(Mediation { outcome: Some(MediationOutcome::Agreed { record: own, .. }), .. }) =
                &mut determination.mediation
        {
            *own = record;
            return (self, Some(Event::MediationRecorded { record }));
        }
        (self, None)
    }

    /// The parties as far as shares are concerned.
    fn standings(&self) -> Vec<Standing> {
        let grade = |role| self.determination().and_then(|found| found.liability.grade(role));
        let standing = |party: &crate::case::Party| Standing {
            role: party.role,
            is_motor: party.road_user == crate::case::RoadUser::MotorVehicle,
            grade: grade(party.role).unwrap_or(Grade::None),
        };
        self.parties.iter().map(standing).collect()
    }

    /// Whose word it is: the party's own, or that of one without an account, as an officer hears it.
    fn speaker(&self, voice: Voice<'_>) -> Result<PartyRole, Refusal> {
        match voice {
            Voice::Party(account) => self.role_of(account),
            Voice::Heard(officer, _) if self.conflicts_with(officer) => Err(Refusal::ConflictOfInterest),
            Voice::Heard(_, role) => match self.party(role) {
                Some(party) if party.account.is_none() => Ok(role),
                Some(_) => Err(Refusal::PartySpeaksItself),
                None => Err(Refusal::NotAParty),
            },
        }
    }

    /// The open mediation.
    fn mediating(&mut self, action: &'static str) -> Result<&mut Mediation, Refusal> {
        let determination = self.open_determination(action)?;
        let open = determination.mediation.as_mut().filter(|mediation| mediation.open_since().is_some());
        open.ok_or(Refusal::MediationNotOpen)
    }

    /// The open mediation, which this officer holds from now on: any of the district without a conflict may.
    fn held_mediation(&mut self, officer: &Officer) -> Result<&mut Mediation, Refusal> {
        if self.conflicts_with(officer) {
            return Err(Refusal::ConflictOfInterest);
        }
        let mediation = self.mediating("mediate")?;
        mediation.mediator = Some(officer.into());
        Ok(mediation)
    }
}

fn decided_by(determination: &Determination) -> Mediator {
    Mediator {
        account: determination.officer,
        name: determination.officer_name.clone(),
        badge: determination.officer_badge.clone(),
    }
}

fn ended(reason: EndReason, note: Option<Passage>) -> Event {
    Event::MediationEnded { reason: reason.name().to_owned(), note }
}

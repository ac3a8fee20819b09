//! Parties that cannot do it all themselves: entered on another party's phone, heard by an officer, helped by
//! somebody, or not there any more; and what comes after the end.
//!
//! What somebody enters for a party counts as said by whoever entered it until the party stands by it: by joining, by
//! a code that reached its own phone, or by telling an officer. Nobody is held to what others say in his name.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Absence, Case, Confirmation, Helper, Officer, Party, PartyDetails, PhoneCode, Stage, TakenBy, ToCheck,
    joining::prove_phone, reporting::digest_of,
};
use crate::{
    claim::Claim,
    digest::Digest,
    event::{AbsentHow, ConfirmedHow, Event},
    identifiers::{AccountId, Passage, Phone},
    liability::DrivingFacts,
    refusal::Refusal,
    role::PartyRole,
    rulebook::Wording,
};

/// How long a code holds that was sent to a party's phone.
const CODE_LIFE: TimeDelta = TimeDelta::minutes(5);

/// How many wrong codes end it: guessing six digits succeeds once in 200 000 codes.
const CODE_TRIES: u8 = 5;

/// Who enters something in a party's name.
#[derive(Debug, Clone, Copy)]
pub enum Scribe<'a> {
    /// Another party, on its phone.
    Party(AccountId),
    /// An officer, as he hears it.
    Officer(&'a Officer),
}

impl Absence {
    /// What the parties who are there do now.
    pub fn advice(&self) -> Wording {
        let (zh, en) = match self.how {
            AbsentHow::Gone => (
                "请留在安全位置，记下对方车辆的号牌、特征和去向；可以单独提交，由民警决定是否移交现场处理（《道路交通事故处理程序规定》第十三条）。",
                "Stay in a safe place and note the other vehicle's plate, looks and direction. You can apply alone: an                  officer decides whether it is handled on scene (R146 §13).",
            ),
            AbsentHow::Refuses => (
                "不必与对方争执；可以单独提交，由民警决定如何处理。",
                "Do not argue. You can apply alone: an officer decides how it goes on.",
            ),
            AbsentHow::Unreachable => (
                "可以稍后再邀请对方，也可以单独提交，由民警决定如何处理。",
                "Invite the other party again later, or apply alone: an officer decides how it goes on.",
            ),
        };
        Wording { zh: zh.to_owned(), en: en.to_owned() }
    }
}

impl Party {
    /// The code that was sent to its phone, while it can be used.
    fn code_that_holds(&mut self, now: DateTime<Utc>) -> Result<&mut PhoneCode, Refusal> {
        let phone = self.details.phone.as_ref();
        let sent = self.code.as_mut().filter(|sent| now < sent.expires_at && phone == Some(&sent.phone));
        sent.ok_or(Refusal::SigningCodeExpired)
    }
}

impl Case {
    /// Gives or corrects the data of a party that has no account. Once an officer has entered something, no other
    /// party does any more; and what another party enters after the confirmation is to be confirmed anew.
    pub fn enter_details(
        mut self,
        by: Scribe<'_>,
        role: PartyRole,
        details: PartyDetails,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let taken_by = self.scribe_of(by, role, now, "enter a party's data")?;
        let party = self.party_with(role)?;
        party.details = std::mem::take(&mut party.details).overlaid_by(details);
        party.code = None;
        if party.account.is_none() {
            if matches!(taken_by, TakenBy::Party { .. }) {
                party.confirmed = None;
            }
            party.entered_by = Some(taken_by);
        }
        let event = Event::PartyUpdated { role, details: digest_of(&party.details) };
        Ok((self, event))
    }

    /// Takes down what a party says happened. An officer has heard it from the party, which so stands by it.
    pub fn enter_statement(
        self,
        by: Scribe<'_>,
        role: PartyRole,
        facts: DrivingFacts,
        text: Option<Passage>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        let taken_by = self.scribe_of(by, role, now, "enter a statement")?;
        let (case, heard) = self.heard(by, role, &taken_by, now)?;
        let (case, given) = case.state(role, facts, text, None, Some(taken_by), now)?;
        Ok((case, heard.into_iter().chain([given]).collect()))
    }

    /// Notes that a party applies for remote handling (R146 §20). What another party notes counts when the party has
    /// confirmed it, after that; what an officer notes he has heard.
    pub fn enter_submission(
        self,
        by: Scribe<'_>,
        role: PartyRole,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        let taken_by = self.scribe_of(by, role, now, "enter an application")?;
        let (mut case, mut events) = self.heard(by, role, &taken_by, now)?;
        if matches!(by, Scribe::Party(_)) {
            case.party_with(role)?.confirmed = None;
        }
        let (case, applied) = case.applied(role, false, now)?;
        events.extend(applied);
        Ok((case, events))
    }

    /// Whoever enters for a party, or helps it, has a code sent to the party's own phone, with which it confirms what is
    /// done in its name. Only a keyed hash of the code comes here. Gives the phone.
    pub fn send_party_code(
        mut self,
        by: AccountId,
        role: PartyRole,
        code: Digest,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event, Phone), Refusal> {
        self.may_confirm(Scribe::Party(by), role, now, "send a code")?;
        let phone = self.party(role).and_then(|party| party.details.phone.clone());
        let phone = phone.ok_or(Refusal::PhoneMissing)?;
        let others = self.parties.iter().filter(|party| party.role != role);
        if others.map(|party| &party.details.phone).any(|other| other.as_ref() == Some(&phone)) {
            return Err(Refusal::PhoneOfAnother);
        }
        let expires_at = now + CODE_LIFE;
        self.party_with(role)?.code =
            Some(PhoneCode { code, phone: phone.clone(), expires_at, tries_left: CODE_TRIES });
        Ok((self, Event::PartyCodeSent { role }, phone))
    }

    /// Counts a guess at the code that was sent, before anybody looks at it. This is to be saved by itself, so that of
    /// many guesses at once none shares a try with another. Gives the hash of the code that is guessed at.
    pub fn count_guess(
        mut self,
        by: AccountId,
        role: PartyRole,
        now: DateTime<Utc>,
    ) -> Result<(Self, Digest), Refusal> {
        self.may_confirm(Scribe::Party(by), role, now, "confirm by a code")?;
        let sent = self.party_with(role)?.code_that_holds(now)?;
        sent.tries_left = sent.tries_left.checked_sub(1).ok_or(Refusal::SigningCodeExpired)?;
        let counted = sent.code;
        Ok((self, counted))
    }

    /// The party confirms by the code that reached its phone. The guess was counted before, for the code with this hash
    /// ([`Case::count_guess`]).
    pub fn confirm_by_code(
        mut self,
        by: AccountId,
        role: PartyRole,
        counted: Digest,
        code: Digest,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        self.may_confirm(Scribe::Party(by), role, now, "confirm by a code")?;
        let party = self.party_with(role)?;
        let PhoneCode { code: sent, phone, .. } = party.code_that_holds(now)?.clone();
        if sent != counted {
            return Err(Refusal::SigningCodeExpired);
        }
        if sent != code {
            return Err(Refusal::SigningCodeWrong);
        }
        party.code = None;
        let mut events: Vec<Event> = prove_phone(party, Some(phone)).into_iter().collect();
        events.extend(self.confirmed(role, ConfirmedHow::Code, now)?);
        Ok((self, events))
    }

    /// An officer has talked to the party, which stands by what was entered in its name, and agrees to being helped.
    pub fn confirm_by_officer(
        mut self,
        officer: &Officer,
        role: PartyRole,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        self.may_confirm(Scribe::Officer(officer), role, now, "confirm for a party")?;
        let events = self.confirmed(role, ConfirmedHow::Officer, now)?;
        Ok((self, events))
    }

    /// Whoever signs in for a party says that he is its helper. The party is to agree: by a code, or to an officer. Who
    /// has applied did so in its own name, and does not take that back by this.
    pub fn name_helper(mut self, by: AccountId, helper: Helper) -> Result<(Self, Event), Refusal> {
        self.must_be_open("name a helper")?;
        if self.party_of(by).is_some_and(|party| party.submitted_at.is_some()) {
            return Err(self.stage.refuse("name a helper"));
        }
        let party = self.party_mut(by)?;
        let event = Event::HelperNamed { role: party.role, helper: digest_of(&helper) };
        party.helper = Some(helper);
        party.confirmed = None;
        Ok((self, event))
    }

    /// Somebody says that a party does not take part, has gone, or cannot be reached. It changes nothing by itself:
    /// the others go on without it, and an officer decides how (R146 §13(6) for who has gone).
    pub fn note_absence(
        mut self,
        by: Scribe<'_>,
        role: PartyRole,
        how: AbsentHow,
        note: Option<Passage>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.must_be_open("note an absence")?;
        let own = match by {
            Scribe::Party(account) => Some(self.role_of(account)?),
            Scribe::Officer(officer) if self.conflicts_with(officer) => {
                return Err(Refusal::ConflictOfInterest);
            }
            Scribe::Officer(_) => None,
        };
        let counted = role.index() < self.expected_parties().max(2);
        if own == Some(role) || !counted {
            return Err(Refusal::NotAParty);
        }
        self.absences.insert(role, Absence { how, note: note.clone(), at: now });
        Ok((self, Event::PartyAbsent { role, how, note }))
    }

    /// What comes late. While a document is to be signed: a phone, where there was none, because codes are sent to it.
    /// After the end: another phone, or the insurance that was not known before, whose claim is filed then. Documents
    /// stay as they are, and an insurance that has its claim is not changed any more.
    pub fn add_late(
        mut self,
        by: Scribe<'_>,
        role: PartyRole,
        details: PartyDetails,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>, Vec<Claim>), Refusal> {
        match by {
            Scribe::Party(account) if self.party_of(account).map(|party| party.role) != Some(role) => {
                return Err(Refusal::NotAParty);
            }
            Scribe::Officer(officer) if self.conflicts_with(officer) => {
                return Err(Refusal::ConflictOfInterest);
            }
            Scribe::Party(_) | Scribe::Officer(_) => {}
        }
        if !self.takes_late_additions() {
            return Err(self.stage.refuse("add to the data of a party"));
        }
        let ended = matches!(self.stage, Stage::Concluded { .. } | Stage::Agreed { .. });
        let refused = self.stage.refuse("change what the document says");
        let party = self.party_with(role)?;
        let PartyDetails { phone, insurance, other_insurance, left_open, .. } = details.clone();
        let insures = insurance.is_some() || other_insurance.is_some();
        let filed_before = party.details.insurance.is_some();
        let more = PartyDetails { phone, insurance, other_insurance, left_open, ..PartyDetails::default() };
        let allowed =
            if ended { !(insures && filed_before) } else { !insures && party.details.phone.is_none() };
        if more != details || !allowed {
            return Err(refused);
        }
        let newly_insured = more.insurance.is_some();
        party.details = std::mem::take(&mut party.details).overlaid_by(more);
        let mut events = vec![Event::PartyUpdated { role, details: digest_of(&party.details) }];
        let (claims, filed) = if newly_insured { self.claim_of(role, now) } else { Default::default() };
        events.extend(filed);
        Ok((self, events, claims))
    }

    /// Whether the data of parties stand, and only what comes late is added.
    pub fn takes_late_additions(&self) -> bool {
        matches!(
            self.stage,
            Stage::Decided { .. } | Stage::Agreeing { .. } | Stage::Concluded { .. } | Stage::Agreed { .. }
        )
    }

    /// What a person has to look at for this party, because no rule can.
    pub fn to_be_checked(&self, party: &Party) -> Vec<ToCheck> {
        let mut found = party.details.to_be_checked();
        found.extend((!party.stands_by_it()).then_some(ToCheck::Unconfirmed));
        found.extend(self.absences.contains_key(&party.role).then_some(ToCheck::Absent));
        found
    }

    /// Whether somebody may enter things into the case at all, and how he is named.
    pub(super) fn scribe(
        &self,
        by: Scribe<'_>,
        now: DateTime<Utc>,
        action: &'static str,
    ) -> Result<TakenBy, Refusal> {
        match by {
            Scribe::Party(account) => {
                let role = self.role_of(account)?;
                self.must_be_open(action)?;
                Ok(TakenBy::Party { role })
            }
            Scribe::Officer(officer) => {
                let asked = matches!(self.stage, Stage::EvidenceRequested { .. } | Stage::OnScene { .. });
                if !asked || self.conflicts_with(officer) {
                    self.held_by(officer, now, action)?;
                }
                let Officer { account, name, badge, .. } = officer.clone();
                Ok(TakenBy::Officer { account, name, badge })
            }
        }
    }

    /// Whether somebody may enter things for this party: a party only for one that it began to enter itself and that
    /// has not come in.
    fn scribe_of(
        &self,
        by: Scribe<'_>,
        role: PartyRole,
        now: DateTime<Utc>,
        action: &'static str,
    ) -> Result<TakenBy, Refusal> {
        let taken_by = self.scribe(by, now, action)?;
        let party = self.party(role).ok_or(Refusal::NotAParty)?;
        let began = party.account.is_none() && party.entered_by.as_ref() == Some(&taken_by);
        match taken_by {
            TakenBy::Party { .. } if !began => Err(Refusal::NotYourEntry),
            _ => Ok(taken_by),
        }
    }

    /// Codes are sent and given back by whoever enters for the party, or helps it.
    fn may_confirm(
        &self,
        by: Scribe<'_>,
        role: PartyRole,
        now: DateTime<Utc>,
        action: &'static str,
    ) -> Result<(), Refusal> {
        self.must_be_open(action)?;
        let party = self.party(role).ok_or(Refusal::NotAParty)?;
        match by {
            Scribe::Party(account) if party.account == Some(account) => {}
            _ => drop(self.scribe_of(by, role, now, action)?),
        }
        if party.entered_by.is_none() && party.helper.is_none() {
            Err(Refusal::NothingToConfirm)
        } else {
            Ok(())
        }
    }

    /// What an officer takes down he has heard from the party; from then on it is he who enters for it.
    fn heard(
        mut self,
        by: Scribe<'_>,
        role: PartyRole,
        taken_by: &TakenBy,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        let stands = self.party(role).is_some_and(Party::stands_by_it);
        let events = match by {
            Scribe::Officer(_) if !stands => self.confirmed(role, ConfirmedHow::Officer, now)?,
            Scribe::Officer(_) | Scribe::Party(_) => Vec::new(),
        };
        let party = self.party_with(role)?;
        // A code confirms what stood when it was sent, and nothing that comes after.
        party.code = None;
        if party.account.is_none() {
            party.entered_by = Some(taken_by.clone());
        }
        Ok((self, events))
    }

    /// The party stands by what others entered: its data, and the latest statement that another party took down.
    fn confirmed(
        &mut self,
        role: PartyRole,
        how: ConfirmedHow,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, Refusal> {
        let party = self.party_with(role)?;
        party.confirmed = Some(Confirmation { how, at: now });
        let mut events = vec![Event::PartyConfirmed { role, how }];
        if let Some(statement) = party.statements.last_mut()
            && matches!(statement.taken_by, Some(TakenBy::Party { .. } | TakenBy::Helper))
            && statement.confirmed_at.is_none()
        {
            statement.confirmed_at = Some(now);
            let (version, statement) = (statement.version, statement.digest());
            events.push(Event::StatementConfirmed { role, version, statement });
        }
        self.absences.remove(&role);
        Ok(events)
    }

    pub(super) fn party_with(&mut self, role: PartyRole) -> Result<&mut Party, Refusal> {
        self.parties.iter_mut().find(|party| party.role == role).ok_or(Refusal::NotAParty)
    }
}

//! How further parties come in: by an invitation as QR code or text message, on the phone of a party that is there,
//! or by the officer who holds the case.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Absence, Case, Confirmation, Helper, Invitation, Party, PartyDetails, RoadUser, Stage, TakenBy,
    reporting::digest_of, taking_part::Scribe,
};
use crate::{
    digest::Digest,
    event::{AbsentHow, ConfirmedHow, Event},
    identifiers::{AccountId, InvitationCode, Phone},
    refusal::Refusal,
    role::PartyRole,
};

/// How long an invitation holds.
const INVITATION_LIFE: TimeDelta = TimeDelta::minutes(30);

/// How many invitations a case can make: each may send a text message to a number that nobody has checked.
const MOST_INVITATIONS: u8 = 10;

/// How many parties an officer can bring into a case.
const MOST_PARTIES: usize = 10;

/// Whom an invitation is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invited {
    /// The seat: a party that was entered by others, or the next one. Left out, the next free seat.
    pub role: Option<PartyRole>,
    /// The phone to which the invitation is sent.
    pub phone: Option<Phone>,
}

/// Who comes in by an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joining {
    /// How the party takes part in traffic.
    pub road_user: RoadUser,
    /// Whoever signs in is not the party, but helps it.
    pub helper: Option<Helper>,
}

impl From<RoadUser> for Joining {
    fn from(road_user: RoadUser) -> Self {
        Self { road_user, helper: None }
    }
}

impl Case {
    /// Invites a party; an earlier open invitation for that role stops working. To a seat whose data an officer heard, or
    /// the party confirmed, only the phone on record is invited: whoever comes in reads them and speaks for the party.
    pub fn invite(
        mut self,
        by: AccountId,
        invited: Invited,
        code: &InvitationCode,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.role_of(by)?;
        self.must_take_in("invite a party")?;
        if self.invitations_made >= MOST_INVITATIONS {
            return Err(Refusal::TooManyInvitations);
        }
        let role = self.seat_for(&invited)?;
        let expires_at = now + INVITATION_LIFE;
        self.invitations_made += 1;
        self.invitations.retain(|invitation| invitation.used || invitation.role != role);
        let code = Digest::of(code.as_str().as_bytes());
        self.invitations.push(Invitation { code, role, phone: invited.phone, expires_at, used: false });
        Ok((self, Event::PartyInvited { role, expires_at }))
    }

    /// Lets an invited person in: to a new seat, or to that of a party which others had entered, whose data it can
    /// correct from now on. One invitation binds one person. Whoever comes by a text message has the phone to which
    /// it was sent; it is noted as the party's, unless a helper comes in.
    pub fn join(
        mut self,
        by: AccountId,
        code: &InvitationCode,
        joining: impl Into<Joining>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        let Joining { road_user, helper } = joining.into();
        if self.party_of(by).is_some() {
            return Err(Refusal::AlreadyAParty);
        }
        self.must_take_in("join the case")?;
        let Invitation { role, phone, .. } = self.use_invitation(code, now)?;
        let entered = self.parties.iter().position(|party| party.role == role);
        let mut party = match entered {
            Some(place) => self.parties.remove(place),
            None => Party::entered(role, road_user, now),
        };
        party.account = Some(by);
        party.road_user = road_user;
        let mut events = vec![Event::PartyJoined { role }];
        if helper.is_none() {
            let how = ConfirmedHow::Joined;
            party.confirmed = party.entered_by.is_some().then_some(Confirmation { how, at: now });
            events.extend(prove_phone(&mut party, phone));
        } else {
            party.confirmed = None;
        }
        events.extend(helper.as_ref().map(|helper| Event::HelperNamed { role, helper: digest_of(helper) }));
        party.helper = helper;
        self.parties.insert(entered.unwrap_or(self.parties.len()), party);
        self.absences.remove(&role);
        Ok((self, events))
    }

    /// The invited person does not want to take part; the others go on without it.
    pub fn decline_invitation(
        mut self,
        code: &InvitationCode,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.must_take_in("decline the invitation")?;
        let Invitation { role, .. } = self.use_invitation(code, now)?;
        let absence = Absence { how: AbsentHow::Refuses, note: None, at: now };
        let event = Event::PartyAbsent { role, how: absence.how, note: None };
        self.absences.insert(role, absence);
        Ok((self, event))
    }

    /// A party is entered that has no phone of its own at hand: by a party that is there, on its phone, or by the
    /// officer who holds the case.
    pub fn add_party(
        mut self,
        by: Scribe<'_>,
        road_user: RoadUser,
        details: PartyDetails,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let taken_by = self.scribe(by, now, "add a party")?;
        match by {
            Scribe::Party(_) => {
                self.must_take_in("add a party")?;
                if self.parties.len() >= self.expected_parties().max(2) {
                    return Err(Refusal::NoSeatLeft);
                }
            }
            Scribe::Officer(_) if self.parties.len() >= MOST_PARTIES => return Err(Refusal::NoSeatLeft),
            Scribe::Officer(_) => {}
        }
        let role = PartyRole::nth(self.parties.len()).ok_or(Refusal::NoSeatLeft)?;
        let details = details.tidied();
        let event = Event::PartyAdded { role, details: digest_of(&details) };
        let party = Party { details, entered_by: Some(taken_by), ..Party::entered(role, road_user, now) };
        // An invitation for this seat now leads to the party that sits there.
        self.parties.push(party);
        Ok((self, event))
    }

    /// The seat of an invitation: the one asked for if it is free, else the next, else that of a party which others
    /// entered.
    fn seat_for(&self, invited: &Invited) -> Result<PartyRole, Refusal> {
        let next = PartyRole::nth(self.parties.len())
            .filter(|_| self.parties.len() < self.expected_parties().max(2));
        let phone = invited.phone.as_ref();
        let mut entered = self.parties.iter().filter(|party| party.account.is_none());
        let seated = match (invited.role, next) {
            (Some(role), _) if Some(role) == next => return Ok(role),
            (Some(role), _) => entered.find(|party| party.role == role),
            (None, Some(next)) => return Ok(next),
            (None, None) => entered.clone().find(|party| party.lets_in(phone)).or_else(|| entered.next()),
        };
        match seated {
            Some(party) if party.lets_in(phone) => Ok(party.role),
            Some(_) => Err(Refusal::NotYourEntry),
            None => Err(Refusal::NoSeatLeft),
        }
    }

    /// Marks an invitation that still holds as used, and gives it.
    fn use_invitation(&mut self, code: &InvitationCode, now: DateTime<Utc>) -> Result<Invitation, Refusal> {
        let code = Digest::of(code.as_str().as_bytes());
        let next = PartyRole::nth(self.parties.len());
        let parties = &self.parties;
        let free = |open: &Invitation| match parties.iter().find(|party| party.role == open.role) {
            Some(party) => party.account.is_none() && party.lets_in(open.phone.as_ref()),
            None => next == Some(open.role),
        };
        let invitation = self
            .invitations
            .iter_mut()
            .find(|invitation| invitation.code == code)
            .ok_or(Refusal::InvitationExpired)?;
        if invitation.used {
            return Err(Refusal::InvitationUsed);
        }
        if invitation.expires_at <= now || !free(invitation) {
            return Err(Refusal::InvitationExpired);
        }
        invitation.used = true;
        Ok(invitation.clone())
    }

    fn must_take_in(&self, action: &'static str) -> Result<(), Refusal> {
        match self.stage {
            Stage::Collecting | Stage::Waiting { .. } => Ok(()),
            ref other => Err(other.refuse(action)),
        }
    }
}

impl Party {
    /// Whether an invitation, by text message to this phone if any, can lead to the seat of this party.
    fn lets_in(&self, phone: Option<&Phone>) -> bool {
        let heard = matches!(self.entered_by, Some(TakenBy::Officer { .. })) || self.confirmed.is_some();
        !heard || (phone.is_some() && phone == self.details.phone.as_ref())
    }
}

/// The party has this phone in its hands. Gives what there is to tell when that changes its details.
pub(super) fn prove_phone(party: &mut Party, phone: Option<Phone>) -> Option<Event> {
    let phone = phone?;
    let details = PartyDetails { phone: Some(phone), phone_proven: true, ..PartyDetails::default() };
    let before = party.details.clone();
    party.details = std::mem::take(&mut party.details).overlaid_by(details);
    let role = party.role;
    (party.details != before).then(|| Event::PartyUpdated { role, details: digest_of(&party.details) })
}

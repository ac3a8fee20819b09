//! What others do in a party's name binds it only as far as it has agreed, whatever comes before or after.

use super::{super::*, build::*};
use crate::{
    digest::Digest,
    event::{ConfirmedHow, Event},
    identifiers::Phone,
    identity::Role,
    journal::{Actor, Entry},
    liability::{Grade, Manoeuvre},
};

const BY_A: Scribe<'static> = Scribe::Party(DRIVER_A);

fn code(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn to(number: &str) -> Invited {
    Invited { role: Some(PartyRole::B), phone: Some(phone(number)) }
}

fn phone(text: &str) -> Phone {
    text.parse().unwrap()
}

fn helper() -> Helper {
    Helper { name: "王大明".parse().unwrap(), relation: Relation::Child }
}

/// A has told and photographed everything, and applied without B.
fn without_b() -> Case {
    applied_alone()
}

/// A case and its journal.
struct Told {
    case: Case,
    entries: Vec<Entry>,
}

impl Told {
    fn of(reported: (Case, Vec<Event>)) -> Self {
        let mut told = Self { case: reported.0, entries: Vec::new() };
        told.note(DRIVER_A, reported.1);
        told
    }

    fn note(&mut self, by: AccountId, events: Vec<Event>) {
        let acting_as = if [DRIVER_A, DRIVER_B].contains(&by) { Role::Driver } else { Role::Officer };
        let (case, actor) = (self.case.id, Actor::Account { account: by, acting_as });
        self.entries.extend(events.into_iter().map(|event| Entry {
            case,
            sequence: 1,
            at: at(0),
            actor,
            event,
        }));
    }

    fn all(mut self, by: AccountId, step: impl FnOnce(Case) -> Result<(Case, Vec<Event>), Refusal>) -> Self {
        let (case, events) = step(self.case.clone()).unwrap();
        self.case = case;
        self.note(by, events);
        self.agrees();
        self
    }

    fn one(self, by: AccountId, step: impl FnOnce(Case) -> Result<(Case, Event), Refusal>) -> Self {
        self.all(by, |case| step(case).map(|(case, event)| (case, vec![event])))
    }

    fn agrees(&self) {
        let parties = self.case.apart_from(&self.entries).into_iter().find(|what| *what == "the parties");
        assert_eq!(parties, None);
    }

    fn b(&self) -> &Party {
        self.case.party(PartyRole::B).unwrap()
    }

    fn confirmed_by_code(self) -> Self {
        self.all(DRIVER_A, |case| {
            let (case, sent, _) = case.send_party_code(DRIVER_A, PartyRole::B, code("1"), at(40))?;
            let (case, events) = by_code(case, DRIVER_A, PartyRole::B, "1", 41)?;
            Ok((case, [sent].into_iter().chain(events).collect()))
        })
    }
}

fn by_code(
    case: Case,
    by: AccountId,
    role: PartyRole,
    typed: &str,
    seconds: i64,
) -> Result<(Case, Vec<Event>), Refusal> {
    let (case, counted) = case.count_guess(by, role, at(seconds))?;
    case.confirm_by_code(by, role, counted, code(typed), at(seconds))
}

/// B was entered by A.
fn entered() -> Told {
    let told = Told::of(reported(two_cars()));
    told.one(DRIVER_A, |case| case.add_party(BY_A, RoadUser::MotorVehicle, details(PartyRole::B), at(20)))
}

#[test]
fn a_seat_that_an_officer_entered_is_open_only_to_the_phone_on_record() {
    let officer = officer(1);
    let by = Scribe::Officer(&officer);
    let case = without_b().take(&officer, at(60)).unwrap().0;
    let (case, _) = case.add_party(by, RoadUser::MotorVehicle, details(PartyRole::B), at(61)).unwrap();
    let case = case.release(&officer, at(62)).unwrap().0;
    let invite = |asked: Invited| case.clone().invite(DRIVER_A, asked, &other_invitation(), at(70));
    for asked in [Invited::default(), Invited { role: Some(PartyRole::B), phone: None }, to("13800000009")] {
        assert_eq!(invite(asked.clone()).unwrap_err(), Refusal::NotYourEntry, "{asked:?}");
    }
    let (invited, _) = invite(to("13800000002")).unwrap();
    let joined = invited.join(DRIVER_B, &other_invitation(), RoadUser::MotorVehicle, at(80)).unwrap().0;
    assert_eq!(joined.party(PartyRole::B).unwrap().account, Some(DRIVER_B));
}

#[test]
fn a_confirmed_seat_is_open_only_to_the_phone_on_record() {
    let case = entered().confirmed_by_code().case;
    let invite =
        |asked: Invited| case.clone().invite(DRIVER_A, asked, &other_invitation(), at(70)).map(|_| ());
    assert_eq!(invite(Invited::default()), Err(Refusal::NotYourEntry));
    assert_eq!(invite(to("13800000009")), Err(Refusal::NotYourEntry));
    assert_eq!(invite(to("13800000002")), Ok(()));
}

#[test]
fn an_invitation_from_before_does_not_lead_to_a_seat_that_an_officer_entered_since() {
    let case = without_b();
    let (case, _) = case.invite(DRIVER_A, Invited::default(), &other_invitation(), at(55)).unwrap();
    let officer = officer(1);
    let case = case.take(&officer, at(60)).unwrap().0;
    let by = Scribe::Officer(&officer);
    let (case, _) = case.add_party(by, RoadUser::MotorVehicle, details(PartyRole::B), at(61)).unwrap();
    let case = case.release(&officer, at(62)).unwrap().0;
    let joined = case.join(DRIVER_B, &other_invitation(), RoadUser::MotorVehicle, at(70));
    assert_eq!(joined.unwrap_err(), Refusal::InvitationExpired);
}

#[test]
fn a_guess_counts_before_anybody_looks_at_it() {
    let (sent, _, _) = entered().case.send_party_code(DRIVER_A, PartyRole::B, code("1"), at(30)).unwrap();
    let mut case = sent;
    for left in (0..5).rev() {
        let (counted, sent) = case.count_guess(DRIVER_A, PartyRole::B, at(40)).unwrap();
        assert_eq!(counted.party(PartyRole::B).unwrap().code.as_ref().unwrap().tries_left, left);
        let wrong = counted.clone().confirm_by_code(DRIVER_A, PartyRole::B, sent, code("2"), at(40));
        assert_eq!(wrong.unwrap_err(), Refusal::SigningCodeWrong);
        assert!(counted.clone().confirm_by_code(DRIVER_A, PartyRole::B, sent, code("1"), at(40)).is_ok());
        let other = counted.clone().confirm_by_code(DRIVER_A, PartyRole::B, code("9"), code("1"), at(40));
        assert_eq!(other.unwrap_err(), Refusal::SigningCodeExpired, "it was counted for another code");
        case = counted;
    }
    assert_eq!(case.count_guess(DRIVER_A, PartyRole::B, at(40)).unwrap_err(), Refusal::SigningCodeExpired);
}

#[test]
fn who_has_applied_takes_no_helper_any_more_and_so_cannot_undo_the_application() {
    let refused = waiting().name_helper(DRIVER_A, helper()).unwrap_err();
    assert_eq!(refused.to_string(), "cannot name a helper: the case is waiting");
    let applied_in_collecting = collected().submit(DRIVER_A, false, at(50)).unwrap().0;
    assert!(applied_in_collecting.clone().name_helper(DRIVER_A, helper()).is_err());
    assert!(applied_in_collecting.name_helper(DRIVER_B, helper()).is_ok());
}

#[test]
fn what_a_helper_corrects_is_to_be_confirmed_anew() {
    let told = Told::of(reported(two_cars())).one(DRIVER_A, |case| case.name_helper(DRIVER_A, helper()));
    let told = told.one(DRIVER_A, |case| case.update_party(DRIVER_A, details(PartyRole::A)));
    let told = told.all(DRIVER_A, |case| {
        let (case, sent, _) = case.send_party_code(DRIVER_A, PartyRole::A, code("1"), at(30))?;
        let (case, events) = by_code(case, DRIVER_A, PartyRole::A, "1", 31)?;
        Ok((case, [sent].into_iter().chain(events).collect()))
    });
    assert!(told.case.parties[0].stands_by_it());
    let told = told.one(DRIVER_A, |case| case.update_party(DRIVER_A, details(PartyRole::B)));
    assert!(!told.case.parties[0].stands_by_it());
}

#[test]
fn a_code_confirms_only_what_stood_when_it_was_sent() {
    let sent = || {
        let (case, _) = with_photos(entered().case)
            .enter_statement(BY_A, PartyRole::B, facts(Manoeuvre::Stopped), None, at(30))
            .unwrap();
        case.send_party_code(DRIVER_A, PartyRole::B, code("1"), at(31)).unwrap().0
    };
    assert!(by_code(sent(), DRIVER_A, PartyRole::B, "1", 40).is_ok());
    let richer = sent().enter_details(BY_A, PartyRole::B, PartyDetails::default(), at(32)).unwrap().0;
    let reversing = facts(Manoeuvre::Reversing);
    let restated = sent().enter_statement(BY_A, PartyRole::B, reversing, None, at(32)).unwrap().0;
    let applied = sent().enter_submission(BY_A, PartyRole::B, at(32)).unwrap().0;
    for (what, case) in [("details", richer), ("a statement", restated), ("an application", applied)] {
        let confirmed = by_code(case, DRIVER_A, PartyRole::B, "1", 40);
        assert_eq!(confirmed.unwrap_err(), Refusal::SigningCodeExpired, "{what}");
    }
}

#[test]
fn an_application_that_another_party_enters_needs_the_partys_word() {
    let told = entered();
    let told = Told { case: with_photos(told.case), ..told };
    let stopped = || facts(Manoeuvre::Stopped);
    let told = told.all(DRIVER_A, |case| case.enter_statement(BY_A, PartyRole::B, stopped(), None, at(30)));
    let told = told.confirmed_by_code();
    assert!(told.b().stands_by_it());
    let told = told.all(DRIVER_A, |case| case.enter_submission(BY_A, PartyRole::B, at(50)));
    assert!(!told.b().has_applied());
    let told = told.confirmed_by_code();
    assert!(told.b().has_applied());
    assert_eq!(told.b().confirmed.map(|confirmed| confirmed.how), Some(ConfirmedHow::Code));
}

#[test]
fn what_an_officer_adds_after_the_decision_does_not_make_him_the_one_who_entered_the_party() {
    let told = entered();
    let told = Told { case: with_photos(told.case), ..told };
    let stopped = || facts(Manoeuvre::Stopped);
    let told = told
        .all(DRIVER_A, |case| {
            case.give_statement(DRIVER_A, facts(Manoeuvre::Following), None, None, at(25))
                .map(|(case, event)| (case, vec![event]))
        })
        .all(DRIVER_A, |case| case.enter_statement(BY_A, PartyRole::B, stopped(), None, at(30)))
        .all(DRIVER_A, |case| case.enter_submission(BY_A, PartyRole::B, at(31)))
        .confirmed_by_code()
        .all(DRIVER_A, |case| case.submit(DRIVER_A, false, at(50)));
    let first = officer(1);
    let mut told = told.one(first.account, |case| case.take(&first, at(60)));
    told.case.parties[1].details.phone = None;
    let told = told.one(first.account, |case| {
        let draft = case.draft_determination(
            &first,
            order(grades(Grade::Full, Grade::None)),
            stamp(),
            &LIABILITY,
            at(70),
        )?;
        case.determine(draft, document())
    });
    let late = PartyDetails { phone: Some(phone("13800000012")), ..PartyDetails::default() };
    let told = told.all(first.account, |case| {
        case.add_late(Scribe::Officer(&first), PartyRole::B, late, at(80))
            .map(|(case, events, _)| (case, events))
    });
    assert_eq!(told.b().entered_by, Some(TakenBy::Party { role: PartyRole::A }));
}

#[test]
fn who_turns_out_to_be_uninsured_has_no_insurer_any_more() {
    let uninsured =
        || PartyDetails { other_insurance: Some(OtherInsurance::Uninsured), ..PartyDetails::default() };
    let after = details(PartyRole::A).overlaid_by(uninsured());
    assert_eq!((after.insurance, after.other_insurance), (None, Some(OtherInsurance::Uninsured)));
    let back = uninsured().overlaid_by(details(PartyRole::A));
    assert_eq!((back.insurance, back.other_insurance), (details(PartyRole::A).insurance, None));
}

#[test]
fn codes_for_a_party_without_an_account_go_to_no_phone_of_another_party() {
    let mut case = decided();
    case.parties[1].account = None;
    assert!(case.phone_for_codes(PartyRole::B).is_ok());
    case.parties[0].details.phone = Some(phone("13800000002"));
    assert_eq!(case.phone_for_codes(PartyRole::B).unwrap_err(), Refusal::PhoneOfAnother);
    assert!(case.phone_for_codes(PartyRole::A).is_ok(), "who has an account signs by its own session");
}

#[test]
fn a_helper_to_whom_the_party_never_agreed_does_not_sign_for_it() {
    let mut case = decided().open_document(DRIVER_A, document(), at(150)).unwrap().0;
    case.parties[0].helper = Some(helper());
    assert_eq!(case.to_sign_as(DRIVER_A, document()).unwrap_err(), Refusal::HelpNotAgreed);
    case.parties[0].confirmed = Some(Confirmation { how: ConfirmedHow::Code, at: at(30) });
    assert!(case.to_sign_as(DRIVER_A, document()).is_ok());
}

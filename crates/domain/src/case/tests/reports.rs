//! How a case begins, and who comes in.

use std::str::FromStr;

use chrono::TimeDelta;

use super::{super::*, build::*};
use crate::{
    event::{Authority, Event},
    identifiers::InvitationCode,
    triage::{Answer, Handler, Question, RoadUsers},
};

fn reported_with(question: Question, answer: Answer) -> (Case, Vec<Event>) {
    let mut answers = two_cars();
    answers.set(question, answer);
    reported(answers)
}

#[test]
fn a_plain_case_starts_with_its_parties_and_one_event() {
    let (case, events) = reported(two_cars());
    assert_eq!((case.stage.name(), case.parties.len(), case.expected_parties()), ("collecting", 1, 2));
    assert_eq!((case.role_of(DRIVER_A), case.role_of(DRIVER_B)), (Ok(PartyRole::A), Err(Refusal::NotAParty)));
    assert!(matches!(events.as_slice(), [Event::CaseReported { rules, .. }] if rules.is_empty()));
}

#[test]
fn what_the_law_keeps_from_the_quick_lane_goes_to_the_patrol_at_once_with_everything_recorded() {
    for question in [
        Question::Injured,
        Question::LicenceProblem,
        Question::AlcoholOrDrugs,
        Question::OverloadedOrSpeeding,
        Question::PlateProblem,
        Question::PartyLeft,
        Question::Intent,
        Question::NoInsuranceOrInspection,
        Question::DangerousGoods,
        Question::SuspectedCrime,
        Question::WantsOfficerOnScene,
        Question::OutsideArea,
    ] {
        let (case, events) = reported_with(question, Answer::Yes);
        assert!(matches!(case.stage, Stage::HandedOver { to: Authority::Patrol, .. }), "{question:?}");
        let [Event::CaseReported { rules, .. }, Event::CaseHandedOver { to: Authority::Patrol, reason }] =
            events.as_slice()
        else {
            panic!("{question:?}: {events:?}")
        };
        assert!(!rules.is_empty() && reason.as_str().contains('《'), "{question:?} names no article");
        assert_eq!(
            (case.answers.get(question), &case.parties[0].details),
            (Answer::Yes, &details(PartyRole::A))
        );
    }
}

#[test]
fn an_unanswered_question_about_injury_counts_as_an_injury() {
    assert_eq!(reported_with(Question::Injured, Answer::Unknown).0.stage.name(), "handed_over");
}

#[test]
fn the_first_stage_follows_the_handler_for_every_answer() {
    for question in Question::ALL {
        for answer in Answer::ALL {
            let (case, events) = reported_with(*question, answer);
            let (stage, to) = match case.triage.handler() {
                Handler::RemoteCentre => ("collecting", None),
                Handler::Point => ("on_scene", Some(Authority::Point)),
                Handler::Patrol => ("handed_over", Some(Authority::Patrol)),
            };
            assert_eq!(case.stage.name(), stage, "{question:?} {answer:?}");
            let told = events.iter().find_map(|event| match event {
                Event::CaseHandedOver { to, .. } => Some(*to),
                _ => None,
            });
            assert_eq!(told, to, "{question:?} {answer:?}");
        }
    }
}

#[test]
fn the_event_of_a_report_names_what_was_reported_by_its_hash() {
    let digest = |answers: Answers| match reported(answers).1.as_slice() {
        [Event::CaseReported { report, .. }, ..] => *report,
        other => panic!("{other:?}"),
    };
    let mut other = two_cars();
    other.special_party = Answer::Yes;
    assert_eq!(digest(two_cars()), digest(two_cars()));
    assert_ne!(digest(two_cars()), digest(other));
}

#[test]
fn an_invitation_lets_one_person_in_once() {
    let (case, event) = alone().join(DRIVER_B, &invitation(), RoadUser::NonMotorVehicle, at(20)).unwrap();
    assert_eq!(event, [Event::PartyJoined { role: PartyRole::B }]);
    assert_eq!(
        (case.role_of(DRIVER_B), case.parties[1].road_user),
        (Ok(PartyRole::B), RoadUser::NonMotorVehicle)
    );
    let again = |by| case.clone().join(by, &invitation(), RoadUser::MotorVehicle, at(21)).unwrap_err();
    assert_eq!(again(STRANGER), Refusal::InvitationUsed);
    assert_eq!(again(DRIVER_B), Refusal::AlreadyAParty);
    assert_eq!(again(DRIVER_A), Refusal::AlreadyAParty);
}

#[test]
fn an_invitation_ends_after_thirty_minutes_to_the_second() {
    let join = |seconds: i64| alone().join(DRIVER_B, &invitation(), RoadUser::MotorVehicle, at(5 + seconds));
    assert!(join(30 * 60 - 1).is_ok());
    assert_eq!(join(30 * 60).unwrap_err(), Refusal::InvitationExpired);
    let Event::PartyInvited { expires_at, .. } =
        reported(two_cars()).0.invite(DRIVER_A, Invited::default(), &invitation(), at(5)).unwrap().1
    else {
        panic!()
    };
    assert_eq!(expires_at - at(5), TimeDelta::minutes(30));
}

#[test]
fn a_new_invitation_replaces_the_open_one() {
    let (case, _) = alone().invite(DRIVER_A, Invited::default(), &other_invitation(), at(10)).unwrap();
    let join = |code| case.clone().join(DRIVER_B, &code, RoadUser::MotorVehicle, at(20));
    assert_eq!(join(invitation()).unwrap_err(), Refusal::InvitationExpired);
    assert!(join(other_invitation()).is_ok());
    assert_eq!(case.invitations.len(), 1);
}

#[test]
fn a_case_makes_ten_invitations_and_no_more() {
    let mut case = reported(two_cars()).0;
    for _ in 0..10 {
        case = case.invite(DRIVER_A, Invited::default(), &invitation(), at(5)).unwrap().0;
    }
    assert_eq!(
        case.invite(DRIVER_A, Invited::default(), &invitation(), at(5)).unwrap_err(),
        Refusal::TooManyInvitations
    );
}

#[test]
fn a_code_that_nobody_gave_opens_nothing() {
    let guessed = InvitationCode::from_str("00000000000000000000000000").unwrap();
    let outcome = alone().join(DRIVER_B, &guessed, RoadUser::MotorVehicle, at(20));
    assert_eq!(outcome.unwrap_err(), Refusal::InvitationExpired);
    assert!(
        !serde_json::to_string(&alone()).unwrap().contains(invitation().as_str()),
        "only its hash is kept"
    );
}

#[test]
fn only_a_party_invites_and_only_while_a_seat_is_free() {
    assert_eq!(
        alone().invite(STRANGER, Invited::default(), &other_invitation(), at(9)).unwrap_err(),
        Refusal::NotAParty
    );
    assert_eq!(
        collected().invite(DRIVER_A, Invited::default(), &other_invitation(), at(9)).unwrap_err(),
        Refusal::NoSeatLeft
    );
    let mut three = reported(two_cars()).0;
    three.answers.road_users = RoadUsers::motor_vehicles(3);
    let (case, _) = three.invite(DRIVER_A, Invited::default(), &invitation(), at(5)).unwrap();
    let (case, _) = case.join(DRIVER_B, &invitation(), RoadUser::MotorVehicle, at(6)).unwrap();
    let (case, event) = case.invite(DRIVER_B, Invited::default(), &other_invitation(), at(7)).unwrap();
    assert!(matches!(event, Event::PartyInvited { role, .. } if role.letter() == 'C'));
    let (case, _) = case.join(STRANGER, &other_invitation(), RoadUser::MotorVehicle, at(8)).unwrap();
    assert_eq!(
        case.invite(DRIVER_A, Invited::default(), &other_invitation(), at(9)).unwrap_err(),
        Refusal::NoSeatLeft
    );
}

#[test]
fn only_who_reported_takes_the_report_back() {
    for by in [DRIVER_B, STRANGER] {
        assert_eq!(collected().withdraw(by, at(60)).unwrap_err(), Refusal::NotAParty);
    }
}

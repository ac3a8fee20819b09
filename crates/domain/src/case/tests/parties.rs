//! Parties as they are: nobody is held to what others say in his name, and no missing field keeps a case from its end.

use super::{super::*, build::*};
use crate::{
    claim::Claim,
    digest::Digest,
    event::{AbsentHow, ConfirmedHow, Event},
    identifiers::Phone,
    journal::{Actor, Entry},
    liability::{Grade, Manoeuvre},
    money::Fen,
};

const BY_A: Scribe<'static> = Scribe::Party(DRIVER_A);

fn code(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// B's code as A types it.
fn tried(case: Case, text: &str, seconds: i64) -> Result<(Case, Vec<Event>), Refusal> {
    let (case, counted) = case.count_guess(DRIVER_A, PartyRole::B, at(seconds))?;
    case.confirm_by_code(DRIVER_A, PartyRole::B, counted, code(text), at(seconds))
}

fn phone(text: &str) -> Phone {
    text.parse().unwrap()
}

/// A stands there with photos and a statement; B stands beside him without a phone.
fn beside() -> Case {
    let (case, _) = with_photos(reported(two_cars()).0)
        .give_statement(DRIVER_A, facts(Manoeuvre::Following), None, None, at(10))
        .unwrap();
    case.add_party(BY_A, RoadUser::MotorVehicle, details(PartyRole::B), at(20)).unwrap().0
}

/// A has entered for B all that B would.
fn entered() -> Case {
    let told = facts(Manoeuvre::Stopped);
    let (case, _) = beside().enter_statement(BY_A, PartyRole::B, told, None, at(30)).unwrap();
    let (case, _) = case.enter_submission(BY_A, PartyRole::B, at(40)).unwrap();
    let (case, _) = case.submit(DRIVER_A, false, at(50)).unwrap();
    assert_eq!(case.stage.name(), "waiting");
    case
}

fn taken(case: Case) -> Case {
    case.take(&officer(1), at(60)).unwrap().0
}

fn decided_now(case: &Case) -> Result<Case, Refusal> {
    let order = order(grades(Grade::Full, Grade::None));
    let draft = case.draft_determination(&officer(1), order, stamp(), &LIABILITY, at(70))?;
    Ok(case.clone().determine(draft, document())?.0)
}

fn ended(case: &Case) -> (Case, Vec<Claim>) {
    let mut case = decided_now(case).unwrap();
    for role in [PartyRole::A, PartyRole::B] {
        case = case.note_refusal(&officer(1), role, passage("拒绝签名"), at(80)).unwrap().0;
    }
    let (case, _, claims) = case.conclude(document(), at(90)).unwrap();
    (case, claims)
}

#[test]
fn details_of_the_first_release_keep_their_hash() {
    let told = String::from_utf8(super::super::told(&details(PartyRole::A))).unwrap();
    assert_eq!(
        told,
        r#"{"estimated_loss":80000,"insurance":{"insurer":"PICC","own_damage":true,"policy_number":"PICC-0000001","third_party_limit":100000000},"licence":"370303199001010017","name":"王小明","phone":"13800000001","vehicle":{"kind":"car","plate":"鲁C12345","vin":null}}"#
    );
    let none = String::from_utf8(super::super::told(&PartyDetails::default())).unwrap();
    assert_eq!(
        none,
        r#"{"estimated_loss":null,"insurance":null,"licence":null,"name":null,"phone":null,"vehicle":null}"#
    );
}

#[test]
fn a_value_takes_the_place_of_not_known_and_never_the_other_way_round() {
    let open = |left: LeftOpen| PartyDetails {
        left_open: Field::ALL.into_iter().map(|field| (field, left)).collect(),
        ..PartyDetails::default()
    };
    let unknown = PartyDetails::default().overlaid_by(open(LeftOpen::DontKnow));
    assert_eq!(unknown.left_open.len(), Field::ALL.len());
    let full = unknown.overlaid_by(details(PartyRole::A));
    assert_eq!(full.left_open.keys().copied().collect::<Vec<_>>(), [Field::Vin, Field::Owner]);
    let after = full.clone().overlaid_by(open(LeftOpen::Later));
    assert_eq!(after.name, full.name);
    assert_eq!(after.left_open.get(&Field::Vin), Some(&LeftOpen::Later));
    assert_eq!(after.left_open.len(), 2);
}

#[test]
fn a_proven_phone_is_proven_only_as_long_as_it_is_that_phone() {
    let proven =
        PartyDetails { phone: Some(phone("13800000001")), phone_proven: true, ..PartyDetails::default() };
    let with = |number: &str| PartyDetails { phone: Some(phone(number)), ..PartyDetails::default() };
    assert!(proven.clone().overlaid_by(with("13800000001")).phone_proven);
    assert!(proven.clone().overlaid_by(PartyDetails::default()).phone_proven);
    assert!(!proven.overlaid_by(with("13800000009")).phone_proven);
}

#[test]
fn odd_plates_papers_and_insurers_are_for_a_person_to_look_at() {
    let unusual = |kind| NumberPlate::Unusual(UnusualPlate { kind, text: "临C1234".parse().unwrap() });
    let with = |plate| PartyDetails {
        vehicle: Some(Vehicle { plate: Some(plate), ..Vehicle::default() }),
        ..PartyDetails::default()
    };
    assert_eq!(with(unusual(UnusualPlateKind::Temporary)).to_be_checked(), [ToCheck::Plate]);
    assert_eq!(with(unusual(UnusualPlateKind::Military)).to_be_checked(), [ToCheck::Military]);
    assert_eq!(details(PartyRole::A).to_be_checked(), []);
    let paper = |kind| PartyDetails {
        identity: Some(IdentityDocument { kind, number: "E 1234567".parse().unwrap() }),
        ..PartyDetails::default()
    };
    for kind in IdentityKind::ALL {
        let expected: &[ToCheck] = match kind {
            IdentityKind::Military => &[ToCheck::Military],
            kind if kind.may_be_foreigner() => &[ToCheck::Foreigner],
            _ => &[],
        };
        assert_eq!(paper(kind).to_be_checked(), expected, "{kind:?}");
        assert_eq!(paper(kind).identity_printed(), Some(format!("{} E 1234567", kind.chinese())));
    }
    assert!(!IdentityKind::TaiwanPermit.may_be_foreigner());
}

#[test]
fn what_another_party_enters_counts_only_when_its_subject_stands_by_it() {
    let case = taken(entered());
    let b = case.party(PartyRole::B).unwrap();
    assert_eq!((b.own_statement(), b.has_applied()), (None, false));
    assert_eq!(case.to_be_checked(b), [ToCheck::Unconfirmed]);
    assert_eq!(decided_now(&case).unwrap_err(), Refusal::JointApplicationMissing);
    let (heard, events) = case.confirm_by_officer(&officer(1), PartyRole::B, at(65)).unwrap();
    let statement = heard.party(PartyRole::B).unwrap().statement().unwrap().digest();
    let how = ConfirmedHow::Officer;
    let confirmed = Event::PartyConfirmed { role: PartyRole::B, how };
    let stated = Event::StatementConfirmed { role: PartyRole::B, version: 1, statement };
    assert_eq!(events, [confirmed, stated]);
    let b = heard.party(PartyRole::B).unwrap();
    assert_eq!(b.own_statement().unwrap().facts.manoeuvre, Manoeuvre::Stopped);
    assert_eq!(b.remarks()[0].zh, "信息由当事人甲代为录入，经本人确认");
    let (_, claims) = ended(&heard);
    assert_eq!(claims.len(), 2);
}

#[test]
fn a_code_to_the_partys_own_phone_confirms_and_guessing_ends_it() {
    let (sent, event, to) = beside().send_party_code(DRIVER_A, PartyRole::B, code("1"), at(30)).unwrap();
    assert_eq!((event, to), (Event::PartyCodeSent { role: PartyRole::B }, phone("13800000002")));
    let (case, events) = tried(sent.clone(), "1", 40).unwrap();
    assert!(matches!(events[0], Event::PartyUpdated { .. }), "{events:?}");
    assert_eq!(events[1], Event::PartyConfirmed { role: PartyRole::B, how: ConfirmedHow::Code });
    assert!(case.party(PartyRole::B).unwrap().details.phone_proven);
    assert_eq!(tried(case, "1", 41).unwrap_err(), Refusal::SigningCodeExpired);
    assert_eq!(tried(sent.clone(), "1", 30 + 300).unwrap_err(), Refusal::SigningCodeExpired);
    let mut guessed = sent;
    for _ in 0..5 {
        assert_eq!(tried(guessed.clone(), "2", 40).unwrap_err(), Refusal::SigningCodeWrong);
        guessed = guessed.count_guess(DRIVER_A, PartyRole::B, at(40)).unwrap().0;
    }
    assert_eq!(tried(guessed, "1", 40).unwrap_err(), Refusal::SigningCodeExpired);
}

#[test]
fn a_code_goes_only_to_a_phone_that_is_the_partys_own() {
    let own = |case: &Case, number| {
        let details = PartyDetails { phone: Some(phone(number)), ..PartyDetails::default() };
        case.clone().enter_details(BY_A, PartyRole::B, details, at(21)).unwrap().0
    };
    let case = beside();
    let send = |case: Case, by| case.send_party_code(by, PartyRole::B, code("1"), at(30)).map(|sent| sent.1);
    let (with_a, _) = case.clone().update_party(DRIVER_A, details(PartyRole::A)).unwrap();
    let (_, _, to) = with_a.clone().send_party_code(DRIVER_A, PartyRole::B, code("1"), at(30)).unwrap();
    assert_eq!(to, phone("13800000002"));
    assert_eq!(send(own(&with_a, "13800000001"), DRIVER_A).unwrap_err(), Refusal::PhoneOfAnother);
    assert_eq!(send(case.clone(), STRANGER).unwrap_err(), Refusal::NotAParty);
    let changed =
        own(&case.send_party_code(DRIVER_A, PartyRole::B, code("1"), at(30)).unwrap().0, "13800000003");
    assert_eq!(tried(changed, "1", 40).unwrap_err(), Refusal::SigningCodeExpired);
    assert_eq!(send(collected(), DRIVER_A).unwrap_err(), Refusal::NotYourEntry);
    let itself = collected().send_party_code(DRIVER_B, PartyRole::B, code("1"), at(30));
    assert_eq!(itself.unwrap_err(), Refusal::NothingToConfirm);
}

#[test]
fn what_is_entered_after_the_confirmation_is_to_be_confirmed_anew() {
    let (sent, _, _) = entered().send_party_code(DRIVER_A, PartyRole::B, code("1"), at(51)).unwrap();
    let (confirmed, _) = tried(sent, "1", 52).unwrap();
    assert!(confirmed.party(PartyRole::B).unwrap().has_applied());
    let richer = PartyDetails { estimated_loss: Some(Fen(999)), ..PartyDetails::default() };
    let (changed, _) = confirmed.clone().enter_details(BY_A, PartyRole::B, richer, at(53)).unwrap();
    assert!(!changed.party(PartyRole::B).unwrap().has_applied());
    let (told, _) =
        confirmed.enter_statement(BY_A, PartyRole::B, facts(Manoeuvre::Reversing), None, at(53)).unwrap();
    let own = told.party(PartyRole::B).unwrap().own_statement().unwrap().clone();
    assert_eq!((own.version, own.facts.manoeuvre), (1, Manoeuvre::Stopped));
}

#[test]
fn whoever_joins_the_seat_that_others_entered_speaks_for_himself_from_then_on() {
    let asked = Invited { role: Some(PartyRole::B), phone: Some(phone("13800000007")) };
    let (case, _) = beside().invite(DRIVER_A, asked, &invitation(), at(21)).unwrap();
    let (case, events) = case.join(DRIVER_B, &invitation(), RoadUser::MotorVehicle, at(30)).unwrap();
    assert_eq!(events[0], Event::PartyJoined { role: PartyRole::B });
    let b = case.party(PartyRole::B).unwrap();
    assert_eq!((b.account, b.stands_by_it(), case.parties.len()), (Some(DRIVER_B), true, 2));
    assert_eq!(b.details.name, details(PartyRole::B).name);
    assert_eq!((b.details.phone.clone(), b.details.phone_proven), (Some(phone("13800000007")), true));
    let more = case.enter_details(BY_A, PartyRole::B, PartyDetails::default(), at(40));
    assert_eq!(more.unwrap_err(), Refusal::NotYourEntry);
}

#[test]
fn an_officer_enters_what_he_hears_and_then_nobody_else_does() {
    let case = taken(applied_alone());
    let officer = officer(1);
    let by = Scribe::Officer(&officer);
    let (case, event) =
        case.add_party(by, RoadUser::NonMotorVehicle, PartyDetails::default(), at(61)).unwrap();
    let told = Event::PartyAdded { role: PartyRole::B, details: Digest::of(&told(&PartyDetails::default())) };
    assert_eq!(event, told);
    let (case, events) =
        case.enter_statement(by, PartyRole::B, facts(Manoeuvre::Stopped), None, at(62)).unwrap();
    assert_eq!(events[0], Event::PartyConfirmed { role: PartyRole::B, how: ConfirmedHow::Officer });
    let (case, _) = case.enter_submission(by, PartyRole::B, at(63)).unwrap();
    let b = case.party(PartyRole::B).unwrap();
    assert!(b.has_applied() && b.own_statement().is_some());
    assert_eq!(b.remarks()[0].zh, "信息由民警张警官（030001）听取后录入，经本人确认");
    let said = b.statement().unwrap().read_back();
    assert!(said.zh.starts_with("（由民警张警官（030001）听取后录入）事故发生时我停车等候。"), "{}", said.zh);
    let meddling = case.clone().enter_details(BY_A, PartyRole::B, PartyDetails::default(), at(64));
    assert_eq!(meddling.unwrap_err(), Refusal::NotYourEntry);
    assert_eq!(ended(&case).0.stage.name(), "concluded");
    let other = self::officer(2);
    let stranger = applied_alone().add_party(
        Scribe::Officer(&other),
        RoadUser::Pedestrian,
        PartyDetails::default(),
        at(61),
    );
    assert_eq!(stranger.unwrap_err().to_string(), "cannot add a party: the case is waiting");
}

#[test]
fn a_helpers_word_counts_when_the_party_agrees() {
    let helper = Helper { name: "李小小".parse().unwrap(), relation: Relation::Child };
    let joining = Joining { road_user: RoadUser::MotorVehicle, helper: Some(helper) };
    let (case, events) = alone().join(DRIVER_B, &invitation(), joining, at(20)).unwrap();
    assert!(matches!(events[..], [Event::PartyJoined { .. }, Event::HelperNamed { .. }]), "{events:?}");
    let (case, _) = case.update_party(DRIVER_B, details(PartyRole::B)).unwrap();
    let (case, _) = case.give_statement(DRIVER_B, facts(Manoeuvre::Stopped), None, None, at(30)).unwrap();
    let (case, _) = with_photos(case).submit(DRIVER_B, false, at(40)).unwrap();
    let b = case.party(PartyRole::B).unwrap();
    assert_eq!((b.has_applied(), b.own_statement()), (false, None));
    assert_eq!(b.remarks()[0].zh, "由李小小（子女）协助，尚未经本人确认");
    let (case, _, _) = case.send_party_code(DRIVER_B, PartyRole::B, code("1"), at(41)).unwrap();
    let (case, counted) = case.count_guess(DRIVER_B, PartyRole::B, at(42)).unwrap();
    let (case, _) = case.confirm_by_code(DRIVER_B, PartyRole::B, counted, code("1"), at(42)).unwrap();
    let b = case.party(PartyRole::B).unwrap();
    assert!(b.has_applied() && b.own_statement().is_some());
    assert_eq!(b.remarks()[0].zh, "由李小小（子女）协助");
}

#[test]
fn an_absence_is_noted_for_others_and_ends_with_the_partys_own_act() {
    let gone = |case: Case, by, role| case.note_absence(by, role, AbsentHow::Gone, None, at(55));
    let (case, event) = gone(alone(), BY_A, PartyRole::B).unwrap();
    assert_eq!(event, Event::PartyAbsent { role: PartyRole::B, how: AbsentHow::Gone, note: None });
    let (back, _) = case.join(DRIVER_B, &invitation(), RoadUser::MotorVehicle, at(56)).unwrap();
    assert!(back.absences.is_empty());
    assert_eq!(gone(alone(), BY_A, PartyRole::A).unwrap_err(), Refusal::NotAParty);
    assert_eq!(gone(alone(), BY_A, PartyRole::new('C').unwrap()).unwrap_err(), Refusal::NotAParty);
    let (kin, officer) = (relative_of_a(), officer(1));
    assert_eq!(gone(alone(), Scribe::Officer(&kin), PartyRole::B).unwrap_err(), Refusal::ConflictOfInterest);
    // Whoever had applied before he went has applied: his case is determined (R146 §20).
    let (left, _) = gone(taken(waiting()), Scribe::Officer(&officer), PartyRole::B).unwrap();
    assert_eq!(left.to_be_checked(left.party(PartyRole::B).unwrap()), [ToCheck::Absent]);
    assert!(decided_now(&left).is_ok());
}

#[test]
fn an_invitation_that_is_declined_is_used_up_and_says_so() {
    let (case, event) = alone().decline_invitation(&invitation(), at(20)).unwrap();
    assert_eq!(event, Event::PartyAbsent { role: PartyRole::B, how: AbsentHow::Refuses, note: None });
    assert_eq!(case.absences[&PartyRole::B].how, AbsentHow::Refuses);
    let late = case.clone().join(DRIVER_B, &invitation(), RoadUser::MotorVehicle, at(21));
    assert_eq!(late.unwrap_err(), Refusal::InvitationUsed);
    assert_eq!(case.decline_invitation(&invitation(), at(22)).unwrap_err(), Refusal::InvitationUsed);
}

/// The same details without one field.
fn without(details: PartyDetails, field: Field) -> PartyDetails {
    let mut less = details;
    let vehicle = less.vehicle.as_mut().unwrap();
    match field {
        Field::Name => less.name = None,
        Field::Identity => less.licence = None,
        Field::Phone => less.phone = None,
        Field::Plate => vehicle.plate = None,
        Field::VehicleKind => vehicle.kind = VehicleKind::Unknown,
        Field::Vin | Field::Owner => {}
        Field::Insurer => less.insurance = None,
        Field::PolicyNumber => less.insurance.as_mut().unwrap().policy_number = None,
        Field::ThirdPartyLimit => less.insurance.as_mut().unwrap().third_party_limit = Fen(0),
        Field::OwnDamage => less.insurance.as_mut().unwrap().own_damage = false,
        Field::EstimatedLoss => less.estimated_loss = None,
    }
    less
}

#[test]
fn no_field_keeps_a_case_from_its_end_whether_missing_unknown_or_later() {
    for field in Field::ALL {
        for left in [None, Some(LeftOpen::DontKnow), Some(LeftOpen::Later)] {
            let mut case = taken(waiting());
            for party in &mut case.parties {
                let less = without(details(party.role), field);
                let left_open = left.map(|left| (field, left)).into_iter().collect();
                party.details = PartyDetails { left_open, ..less };
                assert_eq!(party.details.clone().tidied(), party.details, "{field:?} has no value");
                assert!(!party.details.has(field), "{field:?}");
            }
            let (case, claims) = ended(&case);
            let uninsured = field == Field::Insurer;
            assert_eq!(claims.len(), if uninsured { 0 } else { 2 }, "{field:?} {left:?}");
            let issuer = Issuer {
                unit_name: "某支队".to_owned(),
                verification_base: "https://kuaichu.example.cn/".to_owned(),
                insurer_names: std::collections::BTreeMap::new(),
            };
            let paper = case.paper(case.determination().unwrap(), &issuer);
            let line = &paper.head.parties[0];
            let printed =
                [&line.name, &line.identity, &line.phone, &line.plate, &line.insurer, &line.policy_number];
            let missing = printed.iter().filter(|text| text.is_none()).count();
            let expected = match field {
                Field::Insurer => 2,
                Field::Name | Field::Identity | Field::Phone | Field::Plate | Field::PolicyNumber => 1,
                _ => 0,
            };
            assert_eq!(missing, expected, "{field:?}: what is not known is printed as 不详");
        }
    }
}

#[test]
fn an_insurance_that_becomes_known_after_the_end_has_its_claim_then() {
    let mut case = taken(waiting());
    case.parties[1].details.insurance = None;
    let (after, claims) = ended(&case);
    assert_eq!(claims.len(), 1);
    let insured = PartyDetails { insurance: details(PartyRole::B).insurance, ..PartyDetails::default() };
    let late = |case: &Case, by, role, details: &PartyDetails| {
        case.clone().add_late(by, role, details.clone(), at(99))
    };
    let by_b = Scribe::Party(DRIVER_B);
    let (filed, events, claims) = late(&after, by_b, PartyRole::B, &insured).unwrap();
    assert_eq!((claims.len(), claims[0].party, claims[0].insurer.as_str()), (1, PartyRole::B, "CPIC"));
    assert!(matches!(events[..], [Event::PartyUpdated { .. }, Event::ClaimFiled { .. }]), "{events:?}");
    let refused = "cannot change what the document says: the case is concluded";
    assert_eq!(late(&filed, by_b, PartyRole::B, &insured).unwrap_err().to_string(), refused);
    let renamed = PartyDetails { name: details(PartyRole::A).name, ..insured.clone() };
    assert_eq!(late(&after, by_b, PartyRole::B, &renamed).unwrap_err().to_string(), refused);
    assert_eq!(late(&after, BY_A, PartyRole::B, &insured).unwrap_err(), Refusal::NotAParty);
    assert_eq!(late(&after, Scribe::Officer(&officer(2)), PartyRole::B, &insured).unwrap().2.len(), 1);
}

#[test]
fn a_phone_that_is_missing_can_be_given_while_the_document_is_to_be_signed() {
    let mut case = taken(waiting());
    case.parties[1].details.phone = None;
    let case = decided_now(&case).unwrap();
    let add = |role, by, details| case.clone().add_late(by, role, details, at(75)).map(|added| added.1.len());
    let own = PartyDetails { phone: Some(phone("13800000008")), ..PartyDetails::default() };
    assert_eq!(add(PartyRole::B, Scribe::Party(DRIVER_B), own.clone()), Ok(1));
    assert!(add(PartyRole::A, BY_A, own.clone()).is_err(), "a phone that codes go to is not changed then");
    let insured = PartyDetails { insurance: details(PartyRole::B).insurance, ..own };
    assert!(add(PartyRole::B, Scribe::Party(DRIVER_B), insured).is_err());
}

#[test]
fn how_parties_took_part_is_compared_with_the_journal() {
    let (case, entries) = story();
    assert_eq!(case.apart_from(&entries), [""; 0]);
    type Change = fn(&mut Case);
    let changes: [(&str, Change); 6] = [
        ("who entered", |case| case.parties[1].entered_by = None),
        ("who entered it", |case| case.parties[1].entered_by = Some(TakenBy::Party { role: PartyRole::B })),
        ("confirmed", |case| case.parties[1].confirmed = None),
        ("helper", |case| case.parties[0].helper = None),
        ("absence", |case| case.absences.clear()),
        ("an account", |case| case.parties[1].account = Some(STRANGER)),
    ];
    for (what, change) in changes {
        let mut changed = case.clone();
        change(&mut changed);
        assert_eq!(changed.apart_from(&entries), ["the parties"], "{what}");
    }
}

/// A case in which A is helped, B was entered by A, has confirmed by a code, and is said to have gone then.
fn story() -> (Case, Vec<Entry>) {
    let mut entries = Vec::new();
    let note = |entries: &mut Vec<Entry>, case: &Case, events: Vec<Event>| {
        let actor = Actor::Account { acting_as: crate::identity::Role::Driver, account: DRIVER_A };
        entries.extend(events.into_iter().map(|event| Entry {
            case: case.id,
            sequence: 1,
            at: at(0),
            actor,
            event,
        }));
    };
    let (case, events) = reported(two_cars());
    note(&mut entries, &case, events);
    let helper = Helper { name: "王大明".parse().unwrap(), relation: Relation::Spouse };
    let (case, event) = case.name_helper(DRIVER_A, helper).unwrap();
    note(&mut entries, &case, vec![event]);
    let (case, event) = case.add_party(BY_A, RoadUser::MotorVehicle, details(PartyRole::B), at(5)).unwrap();
    note(&mut entries, &case, vec![event]);
    let (case, events) =
        case.enter_statement(BY_A, PartyRole::B, facts(Manoeuvre::Stopped), None, at(6)).unwrap();
    note(&mut entries, &case, events);
    let (case, event, _) = case.send_party_code(DRIVER_A, PartyRole::B, code("1"), at(7)).unwrap();
    note(&mut entries, &case, vec![event]);
    let (case, events) = tried(case, "1", 8).unwrap();
    note(&mut entries, &case, events);
    let (case, event) =
        case.note_absence(BY_A, PartyRole::B, AbsentHow::Gone, Some(passage("向北驶离")), at(9)).unwrap();
    note(&mut entries, &case, vec![event]);
    (case, entries)
}

//! What goes in comes out, and only for whom it may.

use domain::{
    case::Stage,
    claim::{Claim, ClaimStatus},
    digest::Digest,
    dispatch::Dispatch,
    document::DocumentKind,
    event::Event,
    identifiers::{CaseId, InvitationCode, VerificationCode},
    role::PartyRole,
};
use store::{ClaimRow, DistrictRow, InsurerRow, StoreError, Work};

use crate::fixtures::*;

/// The claims of a concluded case, as its last signature made them.
pub(crate) fn claims(case: &domain::case::Case) -> Vec<Claim> {
    let Stage::Concluded { determination, .. } = case.stage.clone() else { panic!("not concluded") };
    let document = determination.document;
    let answered = domain::case::Case { stage: Stage::Decided { determination }, ..case.clone() };
    answered.conclude(document, at(220)).unwrap().2
}

testkit::on_both! {
    async fn a_case_in_every_stage_comes_back_as_it_was_saved(database: TestDatabase) {
        let store = database.open().await;
        for (number, stage) in (0..).zip(Stage::NAMES) {
            let mut case = stored(&store, stage, number, 2).await;
            assert_eq!((case.version, case.journal.length), (1, 2));
            assert_eq!(read(&store, &case).await.as_ref(), Some(&case), "{stage}");
            let mut work = Work::new();
            let sealed = record(&mut work, &mut case, &Event::CaseReleased {});
            work.save_case(&mut case).unwrap();
            store.commit(work).await.unwrap();
            assert_eq!(case.version, 2);
            assert_eq!(read(&store, &case).await.as_ref(), Some(&case), "{stage}");
            let journal = store.journal_of(case.id).await.unwrap();
            assert_eq!((journal.len(), journal.last()), (3, Some(&sealed)));
            assert_eq!(domain::journal::verify(&journal, case.journal), Ok(()));
        }
    }

    async fn a_case_moves_from_any_stage_to_any_other_in_its_row(database: TestDatabase) {
        let store = database.open().await;
        let mut saved = stored(&store, "collecting", 1, 0).await;
        for stage in ["under_review", "waiting", "on_scene", "handed_over", "concluded"] {
            let mut next = domain::case::Case { version: saved.version, journal: saved.journal, ..case_in(stage, 1) };
            let mut work = Work::new();
            work.save_case(&mut next).unwrap();
            store.commit(work).await.unwrap();
            assert_eq!(read(&store, &next).await.as_ref(), Some(&next), "{stage}");
            saved = next;
        }
        let districts = [saved.district];
        assert!(store.list_queue(&districts, None, 9).await.unwrap().is_empty(), "a concluded case waits for nobody");
    }

    async fn a_case_is_found_only_by_its_parties(database: TestDatabase) {
        let store = database.open().await;
        let one = stored(&store, "waiting", 1, 0).await;
        let two = stored(&store, "concluded", 2, 0).await;
        for party in [DRIVER_A, DRIVER_B] {
            assert_eq!(store.find_case_of_party(one.id, party).await.unwrap().as_ref(), Some(&one));
            assert_eq!(store.list_cases_of_party(party, 9).await.unwrap().len(), 2);
            assert_eq!(store.list_cases_of_party(party, 1).await.unwrap().len(), 1);
        }
        assert_eq!(store.find_case_of_party(one.id, STRANGER).await.unwrap(), None);
        assert_eq!(store.list_cases_of_party(STRANGER, 9).await.unwrap(), []);
        let mut work = Work::new();
        work.insert_party(two.id, STRANGER, PartyRole::new('C').unwrap());
        store.commit(work).await.unwrap();
        assert_eq!(store.list_cases_of_party(STRANGER, 9).await.unwrap(), [two]);
        assert_eq!(store.find_case_of_party(one.id, STRANGER).await.unwrap(), None);
    }

    async fn an_invitation_leads_to_its_case_and_is_kept_as_a_hash(database: TestDatabase) {
        let store = database.open().await;
        let case = stored(&store, "collecting", 1, 0).await;
        let code = InvitationCode::new([9; 26]);
        let mut work = Work::new();
        work.insert_invitation(&code, case.id);
        store.commit(work).await.unwrap();
        assert_eq!(store.find_case_of_invitation(&code).await.unwrap(), Some(case));
        assert_eq!(store.find_case_of_invitation(&InvitationCode::new([8; 26])).await.unwrap(), None);
    }

    async fn claims_come_back_for_their_case_and_their_insurer_only(database: TestDatabase) {
        let store = database.open().await;
        let case = stored(&store, "concluded", 1, 0).await;
        let claims = claims(&case);
        let mut work = Work::new();
        claims.iter().for_each(|claim| work.insert_claim(claim).unwrap());
        store.commit(work).await.unwrap();
        let rows: Vec<ClaimRow> = claims.iter().map(|claim| ClaimRow { claim: claim.clone(), version: 1 }).collect();
        assert_eq!(store.claims_of_case(case.id).await.unwrap(), rows);
        assert_eq!(store.claims_of_case(CaseId(uuid::Uuid::nil())).await.unwrap(), []);
        let (picc, cpic) = (&claims[0].insurer, &claims[1].insurer);
        assert_eq!(store.claims_of_insurer(picc, 0, 9).await.unwrap(), rows[..1]);
        assert_eq!(store.claims_of_insurer(picc, 1, 9).await.unwrap(), []);
        assert_eq!(store.claim_of_insurer(claims[0].id, picc).await.unwrap().as_ref(), Some(&rows[0]));
        assert_eq!(store.claim_of_insurer(claims[0].id, cpic).await.unwrap(), None, "another insurer's claim");
        let taken = claims[0].clone().submitted().unwrap();
        let save = || {
            let mut work = Work::new();
            work.save_claim(&taken, 1).unwrap();
            store.commit(work)
        };
        save().await.unwrap();
        assert!(matches!(save().await, Err(StoreError::Stale("claim"))));
        let now = store.claim_of_insurer(taken.id, picc).await.unwrap().unwrap();
        assert_eq!((now.claim.status, now.version), (ClaimStatus::Submitted, 2));
    }

    async fn a_callback_is_remembered_for_its_insurer(database: TestDatabase) {
        let store = database.open().await;
        let (picc, cpic) = ("PICC".parse().unwrap(), "CPIC".parse().unwrap());
        let mut work = Work::new();
        work.insert_callback(&picc, "msg_1", at(0));
        store.commit(work).await.unwrap();
        assert!(store.callback_seen(&picc, "msg_1").await.unwrap());
        assert!(!store.callback_seen(&cpic, "msg_1").await.unwrap());
        assert!(!store.callback_seen(&picc, "msg_2").await.unwrap());
    }

    async fn tasks_come_back_for_their_unit_and_make_it_busy_while_they_are_open(database: TestDatabase) {
        let store = database.open().await;
        let [one, two] = with_units(&store).await;
        let case = stored(&store, "on_scene", 1, 0).await;
        let mut task = task(1, &case, one);
        let mut work = Work::new();
        work.insert_dispatch(&mut task).unwrap();
        store.commit(work).await.unwrap();
        assert_eq!(store.dispatch_of_unit(task.id, one).await.unwrap().as_ref(), Some(&task));
        assert_eq!(store.dispatch_of_unit(task.id, two).await.unwrap(), None);
        assert_eq!(store.open_dispatches_of_unit(one).await.unwrap(), [task.clone()]);
        assert_eq!(store.find_case_of_unit(case.id, one).await.unwrap().as_ref(), Some(&case));
        assert_eq!(store.find_case_of_unit(case.id, two).await.unwrap(), None);
        let busy = || async {
            let units = store.units().await.unwrap();
            units.into_iter().filter(|unit| unit.busy).map(|unit| unit.id).collect::<Vec<_>>()
        };
        assert_eq!(busy().await, [one]);
        let (mut declined, _) = task.decline(one, "车辆故障".parse().unwrap(), at(9)).unwrap();
        let mut next = self::task_for(&case, two);
        let mut work = Work::new();
        work.save_dispatch(&mut declined).unwrap();
        work.insert_dispatch(&mut next).unwrap();
        store.commit(work).await.unwrap();
        assert_eq!(busy().await, [two]);
        assert_eq!(store.dispatches_of_case(case.id).await.unwrap(), [declined.clone(), next.clone()]);
        assert_eq!(store.find_case_of_unit(case.id, one).await.unwrap(), None, "who declined sees nothing any more");
        assert_eq!(store.dispatch_for_staff(declined.id).await.unwrap(), Some(declined));
        let (mut cancelled, _) = next.cancel("不再需要".parse().unwrap(), at(9)).unwrap();
        let mut work = Work::new();
        work.save_dispatch(&mut cancelled).unwrap();
        store.commit(work).await.unwrap();
        assert_eq!(busy().await, []);
        assert_eq!(store.find_case_of_unit(case.id, two).await.unwrap(), None, "nor who was called back");
    }

    async fn the_city_comes_back_and_seeding_again_changes_it_in_place(database: TestDatabase) {
        let store = database.open().await;
        let [one, _] = with_units(&store).await;
        with_district(&store, "张店").await;
        with_district(&store, "张店区").await;
        let names: Vec<String> = store.districts().await.unwrap().into_iter().map(|district| district.name).collect();
        assert_eq!(names, ["张店区"]);
        let insurers: Vec<String> = store.insurers().await.unwrap().into_iter().map(|insurer| insurer.name).collect();
        assert_eq!(insurers, ["人保张店区"]);
        let point = store.points().await.unwrap().remove(0);
        assert_eq!((point.position, point.opens.as_str()), (place(36.81), "08:00"));
        let account = store.units().await.unwrap().into_iter().find(|unit| unit.id == one).unwrap().account;
        assert_eq!(store.unit_of(account).await.unwrap(), Some(one));
        let mut work = Work::new();
        work.save_unit_report(one, true, Some(&place(36.9)), at(5)).unwrap();
        store.commit(work).await.unwrap();
        let unit = store.units().await.unwrap().into_iter().find(|unit| unit.id == one).unwrap();
        assert_eq!((unit.reported, unit.point_position), (Some((place(36.9), at(5))), place(36.81)));
        let mut work = Work::new();
        work.save_unit_report(one, false, Some(&place(36.9)), at(6)).unwrap();
        work.put_unit(one, account, point.id);
        store.commit(work).await.unwrap();
        let unit = store.units().await.unwrap().into_iter().find(|unit| unit.id == one).unwrap();
        assert_eq!((unit.on_duty, unit.reported), (false, Some((place(36.9), at(6)))), "seeding sends nobody on duty");
    }

    async fn documents_are_found_by_their_code_oldest_first(database: TestDatabase) {
        let store = database.open().await;
        let case = stored(&store, "concluded", 1, 0).await;
        let code = VerificationCode::new([4; 26]);
        let (first, last) = (Digest::of(b"to sign"), Digest::of(b"final"));
        for (digest, when) in [(last, at(9)), (first, at(3))] {
            let mut work = Work::new();
            work.insert_document(case.id, &issued(&case, digest), &code, when).unwrap();
            store.commit(work).await.unwrap();
        }
        let found = store.documents_by_code(&code).await.unwrap();
        assert_eq!(found.iter().map(|row| (row.case, row.digest)).collect::<Vec<_>>(), [(case.id, first), (case.id, last)]);
        assert_eq!((found[0].kind, found[0].number.as_deref()), (DocumentKind::Determination, Some(case.document_number().as_str())));
        let paper = issued(&case, first).paper;
        assert_eq!(store.paper_of_document(case.id, first).await.unwrap(), Some(paper));
        assert_eq!(store.paper_of_document(CaseId(uuid::Uuid::nil()), first).await.unwrap(), None);
        assert!(store.documents_by_code(&VerificationCode::new([5; 26])).await.unwrap().is_empty());
    }
}

fn task_for(case: &domain::case::Case, unit: domain::identifiers::UnitId) -> Dispatch {
    task(2, case, unit)
}

async fn with_district(store: &store::Store, name: &str) {
    let seat = place(36.8).wgs84;
    let mut work = Work::new();
    work.put_district(&DistrictRow { code: "370303".parse().unwrap(), name: name.to_owned(), seat }).unwrap();
    let (code, hotline) = ("PICC".parse().unwrap(), "95518".to_owned());
    work.put_insurer(&InsurerRow { code, name: format!("人保{name}"), hotline });
    store.commit(work).await.unwrap();
}

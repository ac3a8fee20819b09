//! Uploads: room is never given twice, whoever asks for it; rows come back as they were written.

use domain::{
    case::Case,
    evidence::{Capture, Media, Slot},
    identifiers::{AccountId, UploadId},
};
use store::{FullRoom, Store, StoreError, UploadPurpose, UploadRoom, UploadRow, Work};
use uuid::Uuid;

use crate::fixtures::*;

const ROOM: UploadRoom = UploadRoom { open: 4, account_bytes: 1000, case_bytes: 1500 };

fn upload(number: u128, account: AccountId, case: &Case, bytes: u64) -> UploadRow {
    let purpose = UploadPurpose {
        media: Media::Recording,
        slot: Slot::DashCam,
        commitment: None,
        capture: Capture::default(),
        metadata: Some("case MQ==".to_owned()),
    };
    UploadRow {
        id: UploadId(Uuid::from_u128(number)),
        account,
        case: case.id,
        bytes,
        digest: Some(domain::digest::Digest::of(b"clip")),
        purpose,
        expires_at: at(1000),
        evidence: None,
    }
}

async fn reserve(store: &Store, case: &Case, row: UploadRow) -> Result<(), StoreError> {
    let mut work = Work::new();
    work.reserve_upload(row, ROOM, (case.version, 0), at(0));
    store.commit(work).await
}

async fn two_drivers(store: &Store) {
    let mut work = Work::new();
    for account in [DRIVER_A, DRIVER_B] {
        work.insert_account(&store::Account::driver(account, format!("openid-{account}"), at(0))).unwrap();
    }
    store.commit(work).await.unwrap();
}

testkit::on_both! {
    async fn an_upload_comes_back_as_it_was_and_ends(database: TestDatabase) {
        let store = database.open().await;
        two_drivers(&store).await;
        let case = stored(&store, "collecting", 1, 0).await;
        let row = upload(1, DRIVER_A, &case, 100);
        reserve(&store, &case, row.clone()).await.unwrap();
        assert_eq!(store.find_upload(row.id, DRIVER_A).await.unwrap(), Some(row.clone()));
        assert_eq!(store.find_upload(row.id, DRIVER_B).await.unwrap(), None);
        assert_eq!(store.open_uploads_of(DRIVER_A, at(0)).await.unwrap(), std::slice::from_ref(&row));
        let mut work = Work::new();
        work.prolong_upload(row.id, at(2000));
        work.finish_upload(row.id, Uuid::from_u128(9), at(50));
        work.finish_upload(row.id, Uuid::from_u128(10), at(60));
        store.commit(work).await.unwrap();
        let finished = store.upload_for_service(row.id).await.unwrap().unwrap();
        assert_eq!((finished.evidence, finished.expires_at), (Some(Uuid::from_u128(9)), at(2000)));
        assert!(store.unfinished_uploads(None, 9).await.unwrap().is_empty());
        assert!(store.expired_uploads(at(1999), 9).await.unwrap().is_empty());
        assert_eq!(store.expired_uploads(at(2000), 9).await.unwrap(), [row.id]);
        let mut work = Work::new();
        work.remove_upload(row.id);
        store.commit(work).await.unwrap();
        assert_eq!(store.upload_for_service(row.id).await.unwrap(), None);
    }

    async fn many_at_once_get_the_room_there_is_and_no_more(database: TestDatabase) {
        let processes = processes(&database).await;
        two_drivers(&processes[0]).await;
        let case = stored(&processes[0], "collecting", 1, 0).await;
        let asked = (0..40_u128).map(|number| {
            let (store, case) = (processes[number as usize % 2].clone(), case.clone());
            let account = if number % 4 < 2 { DRIVER_A } else { DRIVER_B };
            tokio::spawn(async move { reserve(&store, &case, upload(number, account, &case, 300)).await })
        });
        let (mut given, mut refused) = (0, 0);
        for outcome in asked.collect::<Vec<_>>() {
            match outcome.await.unwrap() {
                Ok(()) => given += 1,
                Err(StoreError::Full(FullRoom::Account | FullRoom::Case)) => refused += 1,
                Err(StoreError::Unavailable(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        assert!(given <= 5 && refused >= 1, "{given} given, {refused} refused");
        let rows = processes[0].unfinished_uploads(None, 99).await.unwrap();
        assert!(rows.iter().map(|row| row.bytes).sum::<u64>() <= ROOM.case_bytes);
        for account in [DRIVER_A, DRIVER_B] {
            let own = rows.iter().filter(|row| row.account == account).map(|row| row.bytes);
            assert!(own.sum::<u64>() <= ROOM.account_bytes);
        }
    }

    async fn room_is_counted_on_the_case_as_it_stands(database: TestDatabase) {
        let store = database.open().await;
        two_drivers(&store).await;
        let mut case = stored(&store, "collecting", 1, 0).await;
        let seen = case.clone();
        let mut work = Work::new();
        work.save_case(&mut case).unwrap();
        store.commit(work).await.unwrap();
        let stale = reserve(&store, &seen, upload(1, DRIVER_A, &seen, 1)).await;
        assert!(matches!(stale, Err(StoreError::Stale("case"))), "{stale:?}");
        for number in 1..=4 {
            reserve(&store, &case, upload(number, DRIVER_A, &case, 1)).await.unwrap();
        }
        let fifth = reserve(&store, &case, upload(5, DRIVER_A, &case, 1)).await;
        assert!(matches!(fifth, Err(StoreError::Full(FullRoom::Open))), "{fifth:?}");
    }
}

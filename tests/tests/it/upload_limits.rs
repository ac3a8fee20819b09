//! How much may be on its way: of one account, of one case, in one request. Exact, also when many ask at once.

use serde_json::json;
use testkit::{TestDatabase, on_both};
use tests::tus::Sender;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    people::ben,
    rig::alone,
    scenes::{join, jpeg, report, reported},
    support::{TestService, Wishes},
    uploads::{Desk, clip, of_clip},
};

const LITTLE: &str = "[uploads]\nmax_open = 4\nmax_open_bytes = 300000\nmax_case_bytes = 400000\n";

async fn little(database: TestDatabase) -> Desk {
    Desk::of(TestService::with(database, Wishes { settings: LITTLE, ..Wishes::default() }).await).await
}

/// Asks for `many` uploads of so many bytes at once; how many there were of each answer.
async fn at_once(senders: &[&Sender], case: &str, many: usize, bytes: u64) -> Vec<(u16, String)> {
    let metadata = of_clip(case);
    let asked = (0..many).map(|number| senders[number % senders.len()].create(bytes, &metadata));
    let mut answers: Vec<_> = futures_util::future::join_all(asked)
        .await
        .into_iter()
        .map(|told| told.map(|told| (told.status, told.code)).unwrap())
        .collect();
    answers.sort_unstable();
    answers
}

fn counted(answers: &[(u16, String)], status: u16, code: &str) -> usize {
    answers.iter().filter(|answer| **answer == (status, code.to_owned())).count()
}

on_both! {
    async fn one_driver_has_so_many_open_uploads_and_no_more(database: TestDatabase) {
        let desk = little(database).await;
        let answers = at_once(&[&desk.sender], &desk.case, 20, 10).await;
        assert_eq!(counted(&answers, 201, ""), 4, "{answers:?}");
        assert_eq!(counted(&answers, 429, "too_many_uploads"), 16, "{answers:?}");
        let files = std::fs::read_dir(desk.service.folder().join("photos/uploads")).unwrap().count();
        assert_eq!(files, 4, "a refused upload leaves no file");
        desk.service.end().await;
    }

    async fn bytes_on_their_way_are_counted_by_driver_and_by_case(database: TestDatabase) {
        let desk = little(database).await;
        let answers = at_once(&[&desk.sender], &desk.case, 8, 100_000).await;
        assert_eq!(counted(&answers, 201, ""), 3, "{answers:?}");
        assert_eq!(counted(&answers, 413, "upload_no_room"), 5, "{answers:?}");
        let other = desk.service.driver(ben().openid).await;
        join(&desk.by, &other, &desk.case).await;
        let other = Sender::new(other, std::time::Duration::from_secs(30));
        let answers = at_once(&[&other], &desk.case, 6, 50_000).await;
        assert_eq!(counted(&answers, 201, ""), 2, "the case has 100000 left: {answers:?}");
        assert_eq!(counted(&answers, 413, "upload_no_room"), 4, "{answers:?}");
        desk.service.end().await;
    }

    async fn what_became_evidence_counts_for_the_case_and_not_for_the_driver(database: TestDatabase) {
        let desk = little(database).await;
        for seed in [1, 2] {
            let last = desk.sender.persist(&clip(180_000, seed), &of_clip(&desk.case), 4).await;
            assert!(last.evidence.is_some());
        }
        let full = desk.sender.create(40_001, &of_clip(&desk.case)).await.unwrap();
        assert_eq!((full.status, full.code.as_str()), (413, "upload_no_room"));
        let fits = desk.sender.create(40_000, &of_clip(&desk.case)).await.unwrap();
        assert_eq!(fits.status, 201);
        desk.sender.cancel(&fits.location).await.unwrap();
        assert_eq!(desk.sender.create(40_000, &of_clip(&desk.case)).await.unwrap().status, 201);
        let (another, _) = reported(&desk.by, report(2, json!({}))).await;
        assert_eq!(desk.sender.create(200_000, &of_clip(&another)).await.unwrap().status, 201);
        desk.service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_larger_than_its_kind_may_be_is_refused_before_its_bytes() {
    let desk = Desk::of(TestService::sqlite().await).await;
    let recording = desk.sender.create((512 << 20) + 1, &of_clip(&desk.case)).await.unwrap();
    assert_eq!((recording.status, recording.code.as_str()), (413, "upload_too_large"));
    let photo = of_clip(&desk.case).replace("cmVjb3JkaW5n", "cGhvdG8=");
    let photo = desk.sender.create((1 << 20) + 1, &photo).await.unwrap();
    assert_eq!((photo.status, photo.code.as_str()), (413, "upload_too_large"));
    desk.service.end().await;
}

/// What a request that is sent piece by piece was answered, and how many bytes of it the service let through.
async fn flood(desk: &Desk, path: &str, head: &str, pieces: impl Iterator<Item = Vec<u8>>) -> (u16, usize) {
    let (mut from, mut to) = TcpStream::connect(desk.service.address()).await.unwrap().into_split();
    let head = format!(
        "POST /api/v1/cases/{}/{path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n{head}",
        desk.case,
        desk.by.token()
    );
    let answer = async {
        let mut answer = [0; 16];
        from.read_exact(&mut answer).await.unwrap();
        std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap()
    };
    let mut sent = 0;
    let send = async {
        for piece in std::iter::once(head.into_bytes()).chain(pieces) {
            if to.write_all(&piece).await.is_err() {
                break;
            }
            sent += piece.len();
        }
        std::future::pending::<()>().await;
    };
    let status = tokio::select! {
        status = answer => status,
        () = send => unreachable!("it waits for the answer"),
    };
    (status, sent)
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Bytes of memory that this process, and the service in it, holds.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_bodies_fields_and_headers_are_cut_early_and_take_no_memory() {
    let _alone = alone().await;
    let desk = Desk::of(TestService::sqlite().await).await;
    let form = "content-type: multipart/form-data; boundary=b\r\ntransfer-encoding: chunked\r\n\r\n";
    let part = b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
    let photo = [part.as_slice(), &jpeg(1)].concat();
    let recording = [part.as_slice(), &clip(1000, 1)].concat();
    let before = memory();
    for (path, start, most) in
        [("photos?slot=other", photo, 8 << 20), ("recordings?slot=dash_cam", recording, 40 << 20)]
    {
        // Ten gigabytes, if they are let through.
        let pieces = std::iter::once(chunk(&start))
            .chain(std::iter::repeat_with(|| chunk(&[7; 1 << 16])).take(163_840));
        let (status, sent) = flood(&desk, path, form, pieces).await;
        assert_eq!(status, 413, "{path}");
        assert!(sent < most, "{path}: {sent} bytes went through");
        let field = b"--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\ny\r\n";
        let (status, _) =
            flood(&desk, path, form, std::iter::repeat_with(|| chunk(field)).take(10_000)).await;
        assert!(matches!(status, 400 | 413), "{path}: {status}");
        let headers = std::iter::repeat_with(|| format!("x-filler: {}\r\n", "x".repeat(8000)).into_bytes());
        let (status, sent) = flood(&desk, path, "", headers.take(10_000)).await;
        assert!(matches!(status, 400 | 413 | 431), "{path}: {status}");
        assert!(sent < 8 << 20, "{path}: {sent} bytes of headers went through");
    }
    let grown = memory().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more");
    desk.service.end().await;
}

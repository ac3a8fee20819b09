//! The edge of the whole service: everything odd ends as a problem document, and nobody holds it up by being
//! slow. How a panic is answered is tested in the server's own crate, where a handler can be made to panic.

use std::time::{Duration, Instant};

use kuaichu::edge::Pace;
use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Value, json};
use testkit::TestDatabase;
use tests::client::Session;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    scenes::report,
    support::{Reply, TestService, Wishes, key, reply},
};

/// Longer than every limit that a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends bytes as they are and reads until the service closes the connection.
pub(crate) async fn raw(address: &str, request: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    read_answer(&mut stream).await
}

/// Reads until the connection is closed and takes the first answer apart. A reset counts as closed.
pub(crate) async fn read_answer(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    let _ = read.expect("the service closes the connection");
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or_else(|| {
        panic!("no answer: {}", String::from_utf8_lossy(&bytes));
    });
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: HeaderMap = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        })
        .collect();
    Reply { status, headers, bytes: bytes[end + 4..].to_vec() }
}

struct Caller {
    service: TestService,
    by: Session,
}

impl Caller {
    async fn start() -> Self {
        let service = TestService::sqlite().await;
        let by = service.driver("o-a").await;
        Self { service, by }
    }

    /// Reports with this body, whatever it is.
    async fn report(&self, content: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request = self.service.request(Method::POST, "/cases").bearer_auth(self.by.token());
        reply(request.header("idempotency-key", key()).header("content-type", content).body(body)).await
    }

    fn head(&self, line: &str) -> String {
        format!("{line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n", self.by.token())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_told_as_a_problem_document() {
    let caller = Caller::start().await;
    let service = &caller.service;
    for path in ["/nowhere", "/cases/7/nowhere", "", "/"] {
        reply(service.request(Method::GET, path)).await.refused(404, "unknown_route");
    }
    for path in ["/", "/.env", "/api/v2/cases", "/api/v1/../../etc/passwd"] {
        reply(service.api.request(Method::GET, path)).await.refused(404, "unknown_route");
    }
    let wrong = reply(service.request(Method::PUT, "/cases")).await;
    wrong.refused(405, "method_not_allowed");
    assert_eq!(wrong.header("allow"), Some("GET, POST"));
    let json = "application/json";
    for body in ["{", "[]", " [{}]", "null", "7", "{\"place\":}", "\u{0}", "\u{feff}{}"] {
        let answer = caller.report(json, body).await;
        assert_eq!(answer.refusal(), (400, "malformed_json".to_owned()), "{body}");
    }
    let twice = format!("{0} {0}", report(2, json!({})));
    caller.report(json, twice).await.refused(400, "malformed_json");
    caller.report(json, "").await.refused(422, "invalid_value");
    caller.report("text/xml", "<a/>").await.refused(415, "unsupported_media_type");
    let odd = [
        ("position/latitude", json!("north")),
        ("position/latitude", json!(90.5)),
        ("position/datum", json!("mars")),
        ("place", json!("x".repeat(201))),
        ("place", json!("two\nlines")),
        ("place", json!("")),
        ("place", json!(7)),
        ("road_user", json!("tank")),
        ("answers/injured", json!("perhaps")),
        ("answers/road_users/motor_vehicles", json!(-1)),
        ("answers/road_users/motor_vehicles", json!(256)),
        ("answers/road_users/motor_vehicles", json!(1.5)),
        ("occurred_at", json!("yesterday")),
    ];
    for (pointer, value) in odd {
        let mut body = report(2, json!({}));
        *body.pointer_mut(&format!("/{pointer}")).unwrap_or(&mut json!(null)) = value.clone();
        if pointer == "occurred_at" {
            body["occurred_at"] = value.clone();
        }
        let answer = caller.report(json, body.to_string()).await;
        answer.refused(422, "invalid_value");
        assert!(answer.json()["rule"].is_string(), "{pointer}");
        if let Some(text) = value.as_str().filter(|text| text.len() > 3) {
            assert!(!answer.text().contains(text), "{pointer}: the answer quotes the input");
        }
    }
    assert!(caller.by.list_my_cases().await.unwrap().list("").unwrap().is_empty());
    caller.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_is_refused_before_it_is_taken_in() {
    let caller = Caller::start().await;
    let json = "application/json";
    caller
        .report(json, format!("{{\"place\":\"{}\"}}", "x".repeat(100_000)))
        .await
        .refused(413, "body_too_large");
    for open in ["[", "{\"position\":", "{\"facts\":"] {
        let answer = caller.report(json, open.repeat(60_000 / open.len())).await;
        assert!(matches!(answer.status, 400 | 422), "{open}: {}", answer.status);
        answer.code();
    }
    let fields: serde_json::Map<String, Value> =
        (0..4_000).map(|number| (format!("f{number}"), json!(1))).collect();
    caller.report(json, Value::Object(fields).to_string()).await.refused(422, "invalid_value");
    let address = caller.service.address();
    let long = format!(
        "{}x-long: {}\r\nconnection: close\r\n\r\n",
        caller.head("GET /api/v1/cases"),
        "x".repeat(200_000)
    );
    let refused = raw(&address, long.as_bytes()).await;
    assert!(matches!(refused.status, 400 | 413 | 431), "{}", refused.status);
    let many = format!("{}{}\r\n", caller.head("GET /api/v1/cases"), "x-many: 1\r\n".repeat(1_000));
    let refused = raw(&address, many.as_bytes()).await;
    assert!(matches!(refused.status, 400 | 413 | 431), "{}", refused.status);
    // A chunked body without end is cut where it is too long.
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "{}idempotency-key: {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        caller.head("POST /api/v1/cases"),
        key()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"4000\r\n".as_slice(), &[b' '; 0x4000], b"\r\n"].concat();
    for _ in 0..64 {
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
    }
    read_answer(&mut stream).await.refused(413, "body_too_large");
    caller.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_head_is_cut_and_others_are_served_meanwhile() {
    let caller = Caller::start().await;
    let address = caller.service.address();
    let began = Instant::now();
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(b"GET /api/v1/cases HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
        slow.push(stream);
    }
    caller.by.list_my_cases().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(3));
    for mut stream in slow {
        let answer = read_answer(&mut stream).await;
        assert_eq!(answer.status, 408);
    }
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    caller.service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_body_is_cut_and_nothing_of_it_is_done() {
    let pace = Pace {
        idle: Duration::from_millis(700),
        window: Duration::from_millis(700),
        floor: 64,
        total: Duration::from_secs(5),
    };
    let wishes = Wishes { pace: Some(pace), ..Wishes::default() };
    let service = TestService::with(TestDatabase::sqlite().await, wishes).await;
    let by = service.driver("o-a").await;
    let caller = Caller { service, by };
    let address = caller.service.address();
    let key = key();
    let body = report(2, json!({})).to_string();
    let head = format!(
        "{}idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        caller.head("POST /api/v1/cases"),
        body.len()
    );
    let mut stalled = TcpStream::connect(&address).await.unwrap();
    stalled.write_all(head.as_bytes()).await.unwrap();
    stalled.write_all(&body.as_bytes()[..20]).await.unwrap();
    let mut dripping = TcpStream::connect(&address).await.unwrap();
    dripping.write_all(head.as_bytes()).await.unwrap();
    let drip = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        for byte in body.as_bytes().chunks(1) {
            ticks.tick().await;
            if dripping.write_all(byte).await.is_err() {
                break;
            }
            let mut ready = [0];
            if dripping.try_read(&mut ready).is_ok() {
                break;
            }
        }
    };
    let (stalled, ()) = tokio::join!(read_answer(&mut stalled), timeout_of(drip));
    stalled.refused(408, "body_too_slow");
    assert!(caller.by.list_my_cases().await.unwrap().list("").unwrap().is_empty());
    let request = caller.service.request(Method::POST, "/cases").bearer_auth(caller.by.token());
    let retried =
        reply(request.header("idempotency-key", &key).header("content-type", "application/json").body(body))
            .await;
    assert_eq!((retried.status, retried.header("idempotent-replayed")), (201, None), "the key is free");
    caller.service.end().await;
}

async fn timeout_of(work: impl Future<Output = ()>) {
    timeout(PATIENCE, work).await.expect("the dripping body is cut");
}

/// Requests whose end two servers could read differently; whoever is fooled answers the request inside.
pub(crate) fn ambiguous() -> Vec<String> {
    let inner = "GET /api/v1/questions HTTP/1.1\r\nhost: x\r\n\r\n";
    let post = "POST /api/v1/sign-in/wechat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    vec![
        format!("{post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}content-length: 4\r\ncontent-length: 0\r\n\r\n{{}}  {inner}"),
        format!("{post}content-length: 4, 4\r\n\r\n{{}}  {inner}"),
        format!("{post}content-length: +4\r\n\r\n{{}}  {inner}"),
        format!("{post}content-length: -4\r\n\r\n{{}}  {inner}"),
        format!("{post}content-length: 0x4\r\n\r\n{{}}  {inner}"),
        format!("{post}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}transfer-encoding : chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post} transfer-encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}transfer-encoding: chunked\r\n\r\nzz\r\n\r\n{inner}"),
        format!("{post}transfer-encoding: chunked\r\n\r\n-1\r\n\r\n{inner}"),
        format!("{post}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n{inner}"),
        "GET /api/v1/questions HTTP/1.1\r\n\r\n".to_owned(),
        "GET  /api/v1/questions HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "GET /api/v1/questions HTTP/9.9\r\nhost: x\r\n\r\n".to_owned(),
        "GET /api/v1/questions\r\nhost: x\r\n\r\n".to_owned(),
        "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_two_servers_could_read_differently_are_refused_and_the_connection_closed() {
    let caller = Caller::start().await;
    let address = caller.service.address();
    for form in ambiguous() {
        let answer = raw(&address, form.as_bytes()).await;
        assert!(matches!(answer.status, 400 | 505), "{form:?}: {} {}", answer.status, answer.text());
        assert!(!answer.text().contains("HTTP/1.1"), "a second answer: {form:?}");
    }
    caller.service.end().await;
}

//! The edge from outside: a real server, raw bytes on the wire.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use actix_multipart::Multipart;
use actix_web::{
    App, HttpResponse,
    dev::ServerHandle,
    middleware::from_fn,
    test::{self, TestRequest},
    web::{self, Json, Path, Query},
};
use futures_util::{FutureExt as _, StreamExt as _, future::join_all};
use serde::Deserialize;

use super::*;
use crate::{idempotency::IdempotencyKey, logging, preconditions::IfMatch};

/// Longer than any of the limits below; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn limits() -> ServerLimits {
    let head = millis(300);
    ServerLimits {
        workers: 1,
        connections: 64,
        head,
        rest: PATIENCE,
        farewell: millis(600),
        drain_seconds: 1,
    }
}

const PACE: Pace = Pace { idle: millis(300), window: millis(300), floor: 64, total: millis(3_000) };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
}

#[derive(Deserialize)]
struct Page {
    limit: u8,
}

async fn write(_: IdempotencyKey, _: IfMatch, note: Json<Note>) -> HttpResponse {
    HttpResponse::Ok().body(note.into_inner().text)
}

async fn upload(mut form: Multipart) -> Result<HttpResponse, Problem> {
    let mut bytes = 0;
    while let Some(field) = form.next().await {
        let mut field = field?;
        while let Some(chunk) = field.next().await {
            bytes += chunk?.len();
        }
    }
    Ok(HttpResponse::Created().body(bytes.to_string()))
}

async fn crash(_: web::Bytes) -> HttpResponse {
    panic!("a fault about 13800000000")
}

fn services(config: &mut web::ServiceConfig) {
    config
        .route("/notes", web::post().to(write))
        .route(
            "/notes/{id}",
            web::get().to(|id: Path<u32>| async move { HttpResponse::Ok().body(id.to_string()) }),
        )
        .route(
            "/page",
            web::get().to(|page: Query<Page>| async move { HttpResponse::Ok().body(page.limit.to_string()) }),
        )
        .route("/photos", web::post().to(upload))
        .route("/crash", web::post().to(crash))
        .route("/crash-unread", web::post().to(|| async { panic!("before the body") as HttpResponse }))
        .route(
            "/public",
            web::get()
                .to(|| async { HttpResponse::Ok().insert_header(("cache-control", "max-age=60")).finish() }),
        )
        .route("/bare", web::get().to(HttpResponse::ImATeapot));
}

struct Service {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    handle: ServerHandle,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let metrics = Arc::new(Metrics::new().unwrap());
        let routes =
            Routes::new([(Method::POST, "/notes"), (Method::GET, "/notes/{id}"), (Method::POST, "/crash")]);
        let edge = Data::new(Edge { pace: PACE, metrics: Arc::clone(&metrics), routes });
        let server = serve(listener, &limits(), edge, services).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { address, metrics, handle }
    }

    /// Sends `request` as it is and reads until the server closes the connection.
    async fn raw(&self, request: impl Into<Vec<u8>>) -> Answer {
        let (address, request) = (self.address, request.into());
        tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(&request).unwrap();
            let mut bytes = Vec::new();
            // A reset after the answer is a close as well.
            let closed = stream
                .read_to_end(&mut bytes)
                .map_or_else(|error| error.kind() == io::ErrorKind::ConnectionReset, |_| true);
            Answer { text: String::from_utf8(bytes).unwrap(), closed }
        })
        .await
        .unwrap()
    }

    /// Sends a request that ends its connection.
    async fn send(&self, line: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        self.raw(request).await
    }
}

#[derive(Debug)]
struct Answer {
    text: String,
    closed: bool,
}

impl Answer {
    fn status(&self) -> u16 {
        self.text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        head.lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    /// The code of the problem document; checks that it is one and belongs to this answer.
    fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some(MEDIA_TYPE), "{self:?}");
        let body: serde_json::Value = serde_json::from_str(self.body()).unwrap();
        assert_eq!(body["status"], self.status());
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"));
        body["code"].as_str().unwrap().to_owned()
    }
}

const WRITE: &str = "content-type: application/json\r\nidempotency-key: 12345678\r\nif-match: \"1\"\r\n";

#[actix_web::test]
async fn a_panic_is_a_problem_document_and_the_next_request_is_answered() {
    let service = Service::start().await;
    for _ in 0..3 {
        let answer = service.send("POST /crash", "", "body").await;
        assert_eq!((answer.status(), answer.code().as_str()), (500, "internal"));
        assert!(!answer.text.contains("1380"), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(service.send("GET /notes/7", "", "").await.body(), "7");
    }
    let numbers = service.metrics.render();
    assert!(
        numbers.contains("http_requests_total{method=\"POST\",route=\"/crash\",status=\"500\"} 3"),
        "{numbers}"
    );
    service.handle.stop(false).await;
}

#[actix_web::test]
async fn unknown_routes_wrong_methods_and_malformed_requests_are_problem_documents() {
    let service = Service::start().await;
    let long = format!("{{\"text\":\"{}\"}}", "x".repeat(LONGEST_JSON));
    let deep = format!("{{\"text\":{}", "[".repeat(50_000));
    let cases = [
        ("GET /nowhere", "", "", 404, "unknown_route"),
        ("GET /notes/7/x", "", "", 404, "unknown_route"),
        ("DELETE /notes", "", "", 405, "method_not_allowed"),
        ("BREW /notes/7", "", "", 405, "method_not_allowed"),
        ("GET /notes/seven", "", "", 400, "malformed_path"),
        ("GET /page?limit=many", "", "", 400, "malformed_query"),
        ("POST /notes", WRITE, "{\"text\":", 400, "malformed_json"),
        ("POST /notes", WRITE, "{\"text\":\"a\",\"owner\":\"b\"}", 400, "malformed_json"),
        ("POST /notes", WRITE, &deep, 400, "malformed_json"),
        ("POST /notes", WRITE, &long, 413, "body_too_large"),
        (
            "POST /notes",
            "content-type: text/plain\r\nidempotency-key: 12345678\r\nif-match: \"1\"\r\n",
            "{}",
            415,
            "unsupported_media_type",
        ),
        ("POST /notes", "if-match: \"1\"\r\n", "{}", 400, "idempotency_key_missing"),
        ("POST /notes", "idempotency-key: 12345678\r\n", "{}", 428, "if_match_missing"),
        ("POST /photos", "content-type: multipart/form-data\r\n", "x", 400, "malformed_multipart"),
        ("POST /photos", "content-type: text/plain\r\n", "x", 415, "unsupported_media_type"),
        ("GET /bare", "", "", 400, "bad_request"),
    ];
    for (line, headers, body, status, code) in cases {
        let answer = service.send(line, headers, body).await;
        assert_eq!((answer.status(), answer.code().as_str()), (status, code), "{line} {headers}");
        assert!(answer.closed);
    }
    assert_eq!(service.send("PUT /notes/7", "", "").await.header("allow"), Some("GET"));
    assert_eq!(service.send("POST /notes", WRITE, "{\"text\":\"好\"}").await.body(), "好");
    service.handle.stop(false).await;
}

#[actix_web::test]
async fn every_answer_bears_its_own_id_and_the_security_headers() {
    let service = Service::start().await;
    let mut seen = Vec::new();
    for line in ["GET /notes/7", "GET /nowhere", "POST /crash", "GET /public"] {
        let answer = service.send(line, "x-request-id: chosen\r\n", "").await;
        seen.push(answer.header("x-request-id").unwrap().parse::<Uuid>().unwrap());
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
        let cache = if line == "GET /public" { "max-age=60" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), Some(cache), "{line}");
    }
    seen.dedup();
    assert_eq!(seen.len(), 4);
    service.handle.stop(false).await;
}

#[actix_web::test]
async fn a_slow_body_is_cut_with_a_problem_document_wherever_it_is_read() {
    let service = Service::start().await;
    let multipart = "content-type: multipart/form-data; boundary=b\r\n";
    let part = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nxx";
    let bodies = [("/notes", WRITE, "{\"te"), ("/photos", multipart, part), ("/crash", "", "x")];
    let requests = bodies.into_iter().flat_map(|(line, headers, body)| {
        let head = format!("POST {line} HTTP/1.1\r\nhost: x\r\n{headers}");
        let chunk = format!("{:x}\r\n{body}\r\n", body.len());
        [
            format!("{head}content-length: 5000\r\n\r\n{body}"),
            format!("{head}transfer-encoding: chunked\r\n\r\n{chunk}"),
        ]
    });
    let answers = join_all(requests.map(|request| service.raw(request))).await;
    assert_eq!(answers.len(), 6);
    for answer in answers {
        assert_eq!((answer.status(), answer.code().as_str()), (408, "body_too_slow"));
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(answer.closed, "{answer:?}");
    }
    service.handle.stop(false).await;
}

#[actix_web::test]
async fn a_dripping_body_is_cut_even_if_each_byte_comes_in_time() {
    let service = Service::start().await;
    let address = service.address;
    let text = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(millis(20))).unwrap();
        stream
            .write_all(
                format!("POST /notes HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n{WRITE}\r\n").as_bytes(),
            )
            .unwrap();
        let mut text = Vec::new();
        let mut buffer = [0; 4096];
        for _ in 0..1_000 {
            // The read's own time limit is the beat of the drip.
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => text.extend_from_slice(&buffer[..count]),
                Err(_) if stream.write_all(b"x").is_err() => break,
                Err(_) => {}
            }
        }
        String::from_utf8(text).unwrap()
    });
    let answer = Answer { text: text.await.unwrap(), closed: true };
    assert_eq!((answer.status(), answer.code().as_str()), (408, "body_too_slow"));
    service.handle.stop(false).await;
}

#[actix_web::test]
async fn a_body_that_nobody_reads_does_not_hold_the_connection() {
    let service = Service::start().await;
    let lines =
        [("POST /nowhere", 404), ("DELETE /notes", 405), ("POST /crash-unread", 500), ("POST /bare", 404)];
    let framings = ["content-length: 5000\r\n\r\nx", "transfer-encoding: chunked\r\n\r\n1\r\nx\r\n"];
    let requests = lines.into_iter().flat_map(|line| framings.map(|framing| (line, framing)));
    let answers = requests.map(|((line, status), framing)| {
        let answer = service.raw(format!("{line} HTTP/1.1\r\nhost: x\r\n{framing}"));
        answer.map(move |answer| (status, framing, answer))
    });
    for (status, framing, answer) in join_all(answers).await {
        assert_eq!(answer.status(), status, "{framing}");
        assert!(answer.closed, "{framing} {answer:?}");
    }
    service.handle.stop(false).await;
}

#[actix_web::test]
async fn a_connection_serves_on_after_uploads_and_refusals_whose_bodies_came_whole() {
    let service = Service::start().await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n12345\r\n--b--\r\n";
    let length = form.len();
    let upload = format!(
        "POST /photos HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: {length}\r\n\r\n{form}"
    );
    let refused = "POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc";
    let last = "GET /notes/9 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = service.raw(format!("{upload}{upload}{refused}{refused}{last}")).await;
    assert_eq!(answer.text.matches("HTTP/1.1 ").count(), 5, "{}", answer.text);
    assert!(answer.text.ends_with("\r\n\r\n9"), "{}", answer.text);
    service.handle.stop(false).await;
}

#[actix_web::test]
async fn a_request_is_one_line_of_the_log_without_anything_personal() {
    let metrics = Arc::new(Metrics::new().unwrap());
    let edge = Data::new(Edge { pace: PACE, metrics, routes: Routes::default() });
    let app = App::new().configure(configure(edge)).configure(services).wrap(from_fn(guard));
    let app = test::init_service(app).await;
    let log = logging::tests::Memory::default();
    let writer = log.clone();
    let _logging =
        tracing::subscriber::set_default(logging::to_writer(logging::Level::Info, move || writer.clone()));
    for path in
        ["/notes/4294967295?phone=13800000000", "/notes/%E9%B2%81C12345%0D%0A{}", "/%1b[31m13800000000"]
    {
        let request = TestRequest::get().uri(path).insert_header(("authorization", "Bearer secret-token"));
        test::call_service(&app, request.to_request()).await;
    }
    let text = log.text();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let routes: Vec<_> = lines.iter().map(|line| &line["fields"]["route"]).collect();
    assert_eq!(routes, ["/notes/{id}", "/notes/{id}", "unmatched"]);
    assert_eq!(lines[0]["fields"]["status"], 200);
    for leaked in ["4294967295", "13800000000", "C12345", "%", "phone", "secret-token"] {
        assert!(!text.contains(leaked), "{leaked} in {text}");
    }
}

#[actix_web::test]
async fn a_slow_head_is_cut() {
    let service = Service::start().await;
    let answer = service.raw("GET /notes/7 HTTP/1.1\r\nhost").await;
    assert!(answer.closed);
    assert!(matches!(answer.status(), 408 | 0), "{answer:?}");
    service.handle.stop(false).await;
}

#[actix_web::test]
async fn smuggled_requests_are_refused_and_the_connection_closed() {
    let service = Service::start().await;
    let smuggled = "GET /notes/666 HTTP/1.1\r\nhost: x\r\n\r\n";
    let heads = [
        "host: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked",
        "host: x\r\ncontent-length: 5\r\ncontent-length: 6",
        "host: x\r\ncontent-length: +5",
        "host: x\r\ncontent-length: 5, 5",
        "host: x\r\ncontent-length: -1",
        "host: x\r\ncontent-length: 0x5",
        "host: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: identity",
        "host: x\r\ntransfer-encoding: xchunked",
        "host: x\r\ntransfer-encoding : chunked",
        "host: x\r\ntransfer-encoding: \x0bchunked",
        "host: x\r\n content-length: 5",
        "host: x\r\nx: y\rcontent-length: 5",
        "content-length: 0",
    ];
    for head in heads {
        let answer = service.raw(format!("POST /notes HTTP/1.1\r\n{head}\r\n\r\n0\r\n\r\n{smuggled}")).await;
        assert_eq!(answer.status(), 400, "{head:?} {answer:?}");
        assert!(answer.closed && !answer.text.contains("666"), "{head:?} {answer:?}");
    }
    let chunks = ["5\r\nabc\r\n0\r\n\r\n", "-1\r\n\r\n0\r\n\r\n", "ffffffffffffffffff\r\nx", "zz\r\n\r\n"];
    for chunk in chunks {
        let head = format!("POST /notes HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n{WRITE}");
        let answer = service.raw(format!("{head}\r\n{chunk}{smuggled}")).await;
        assert!((400..500).contains(&answer.status()) && answer.closed, "{chunk:?} {answer:?}");
        assert!(!answer.body().ends_with("666"), "{chunk:?} {answer:?}");
    }
    service.handle.stop(false).await;
}

//! The program itself: what it writes to its log, and how it ends.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use reqwest::Method;
use sandbox::{RunningSandbox, Sandbox, SandboxSettings, fault::Fault};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{
    client::{Api, Session},
    one_time::Authenticators,
    programs::Programs,
};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};

use crate::{
    edge::{raw, read_answer},
    people::{ann, ben},
    scenes::{FACTS, code_in, jpeg, link_to, photograph, report, reported, tell},
    support::{city, configuration, key, one_time_secret, password_of, reply, until},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// The program, serving from an embedded database.
struct Serving {
    child: Child,
    api: Api,
    sandbox: RunningSandbox,
    folder: TempDir,
    authenticators: Authenticators,
}

impl Serving {
    async fn start() -> Self {
        let sandbox = Sandbox::start(SandboxSettings::default()).await.unwrap();
        let folder = tempfile::Builder::new().prefix("kuaichu-process-").tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("kuaichu.sqlite").display());
        // Everything is logged: what is not even said at this level is never said.
        let settings = configuration(&database, folder.path(), sandbox.base_url()) + "level = \"trace\"\n";
        fs::write(folder.path().join("kuaichu.toml"), settings).unwrap();
        fs::write(folder.path().join("city.toml"), city()).unwrap();
        let seeded = command(folder.path()).args(["seed", "city.toml"]).output().await.unwrap();
        assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
        let file = |name: &str| Stdio::from(File::create(folder.path().join(name)).unwrap());
        let child = command(folder.path())
            .arg("serve")
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap();
        let printed = || fs::read_to_string(folder.path().join("stdout")).unwrap();
        until("it listens", async || printed().contains('\n')).await;
        let printed = printed();
        let base = printed.trim().rsplit(' ').next().unwrap();
        sandbox.set_callback_base(base);
        let api = Api::new(base).unwrap().with_sandbox(sandbox.base_url());
        Self { child, api, sandbox, folder, authenticators: Authenticators::default() }
    }

    fn address(&self) -> String {
        self.api.base().trim_start_matches("http://").to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the program has written to standard error.
    fn log(&self) -> String {
        fs::read_to_string(self.path("stderr")).unwrap()
    }

    async fn driver(&self, openid: &str) -> Session {
        self.api.wechat_sign_in(&self.sandbox.mint_code(openid)).await.unwrap()
    }

    async fn staff(&self, username: &str) -> Session {
        let code = self.authenticators.code(username, &one_time_secret()).await.unwrap();
        self.api.staff_sign_in(username, &password_of(username), &code).await.unwrap()
    }

    /// Asks it to end, and waits until it has heard that.
    async fn terminate(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().await.unwrap().success());
        until("it is stopping", async || self.log().contains("\"stopping\"")).await;
    }

    /// Waits for its end, which must be a good one; gives its whole log.
    async fn ended(mut self) -> String {
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        assert!(status.success(), "{status}");
        self.log()
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Programs::find().unwrap().command("kuaichu").unwrap();
    command.current_dir(folder);
    command
}

/// Tries everything with canaries in every place that a sender chooses; gives those canaries.
async fn say_everything(serving: &Serving) -> Vec<String> {
    let (a, b) = (serving.driver(ann().openid).await, serving.driver(ben().openid).await);
    let officer = serving.staff("officer-1").await;
    let place = json!({ "place": "CANARY-PLACE 柳泉路" });
    let mut accident = report(2, json!({}));
    accident["place"] = place["place"].clone();
    let (id, case) = reported(&a, accident).await;
    photograph(&a, &id, 1).await;
    let request = |path: &str| {
        serving.api.request(Method::POST, &format!("/api/v1{path}")).header("idempotency-key", key())
    };
    let phone = json!({ "phone": "13977770007" });
    reply(request(&format!("/cases/{id}/invitations")).bearer_auth(a.token()).json(&phone)).await.ok();
    let link = link_to(&serving.sandbox, "13977770007").await;
    b.join_case(code_in(&link)).await.unwrap();
    tell(&a, &id, &ann(), json!({ "manoeuvre": "following", "impact_zone": 12 })).await;
    tell(&b, &id, &ben(), json!({ "manoeuvre": "stopped", "impact_zone": 6 })).await;
    a.submit_case(&id).await.unwrap();
    b.submit_case(&id).await.unwrap();
    let etag = officer.take_next_case().await.unwrap().version().unwrap().to_owned();
    let decision =
        json!({ "grades": { "A": "full", "B": "none" }, "facts": FACTS, "reason": "CANARY-REASON" });
    let decided = officer.determine_liability(&id, &etag, decision).await.unwrap();
    let document = decided.text("/determination/document_sha256").unwrap();
    serving.sandbox.add_fault("insurer:PICC/file", &Fault::Status { status: 503, retry_after: None }, 1);
    a.sign_determination(&id, document).await.unwrap();
    b.refuse_determination(&id, "CANARY-REFUSAL", None).await.unwrap();

    // What fails says no more than what succeeds.
    let body =
        json!({ "username": "canary-user", "password": "CANARY-PASSWORD", "one_time_code": "CANARY-OTP" });
    reply(request("/sign-in/staff").json(&body)).await;
    reply(request("/sign-in/wechat").json(&json!({ "code": "CANARY-CODE" }))).await;
    reply(request("/sessions/refresh").json(&json!({ "refresh_token": "CANARY-REFRESH" }))).await;
    reply(request("/oauth/token").form(&[
        ("grant_type", "client_credentials"),
        ("client_id", "CANARY-CLIENT"),
        ("client_secret", "CANARY-SECRET"),
    ]))
    .await;
    reply(
        request("/cases/join")
            .bearer_auth(a.token())
            .json(&json!({ "code": "CANARYC0DE0000000000000000", "road_user": "motor_vehicle" })),
    )
    .await;
    reply(request("/cases").bearer_auth("CANARY-TOKEN").body("{\"CANARY-FIELD\":1}")).await;
    reply(
        request("/cases")
            .bearer_auth(a.token())
            .header("content-type", "application/json")
            .body("{\"CANARY-FIELD\":\"CANARY-VALUE\"}"),
    )
    .await;
    reply(
        request("/CANARY-PATH?CANARY-QUERY=1")
            .header("x-canary", "CANARY-HEADER")
            .header("user-agent", "CANARY-AGENT"),
    )
    .await;
    reply(request("/insurers/PICC/callbacks").header("webhook-id", "CANARY-WEBHOOK").body("CANARY-CALLBACK"))
        .await;
    reply(serving.api.request(Method::GET, "/api/v1/documents/CANARYC0DE1111111111111111")).await;
    let address = serving.address();
    for hostile in [
        "GET /api/v1/CANARY-RAW%0d%0a{\"level\":\"ERROR\"} HTTP/1.1\r\nhost: CANARY-HOST\r\nconnection: close\r\n\r\n".as_bytes(),
        b"GET /\x1b[31mCANARY-ESCAPE HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"CANARY-METHOD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"CANARY-NONSENSE\r\n\r\n",
        b"POST /api/v1/cases HTTP/1.1\r\nhost: x\r\ncontent-length: CANARY-LENGTH\r\n\r\n",
    ] {
        raw(&address, hostile).await;
    }
    until("everything is delivered", async || {
        let ready = reply(serving.api.request(Method::GET, "/readyz")).await.ok();
        ready["messages"]["waiting"] == 0
    })
    .await;
    let number = case["number"].as_str().unwrap();
    let said = [
        code_in(&link),
        a.token(),
        b.token(),
        officer.token(),
        "CANARY",
        "canary",
        "13977770007",
        "password-of-",
        "secret-of-",
        "柳泉路",
        "session_key",
        number,
    ];
    let people = ann().canaries().into_iter().chain(ben().canaries());
    said.map(str::to_owned).into_iter().chain(people).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_one_event_a_line_and_holds_nothing_that_people_told() {
    let serving = Serving::start().await;
    let canaries = say_everything(&serving).await;
    serving.terminate().await;
    let printed = fs::read_to_string(serving.path("stdout")).unwrap();
    let folder = serving.folder.path().display().to_string();
    let log = serving.ended().await;
    assert_eq!(printed.lines().count(), 1, "{printed}");
    assert!(log.lines().count() > 30, "the control: requests are logged");
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not an event: {line}"));
        assert!(event["timestamp"].is_string() && event["level"].is_string(), "{line}");
    }
    assert!(!log.contains('\u{1b}') && !log.contains('\r'));
    for canary in canaries {
        let told = log.lines().chain(printed.lines()).find(|line| line.contains(&canary));
        assert_eq!(told, None, "{canary}");
    }
    assert!(!log.contains(&folder), "the log tells where files lie");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_after_sigterm_and_new_ones_are_not_taken() {
    let serving = Serving::start().await;
    let by = serving.driver("o-a").await;
    let (case, _) = reported(&by, report(2, json!({}))).await;
    let photo = jpeg(1);
    let (head, tail) = (
        "--xx\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n",
        "\r\n--xx--\r\n",
    );
    let length = head.len() + photo.len() + tail.len();
    let mut stream = TcpStream::connect(serving.address()).await.unwrap();
    let request = format!(
        "POST /api/v1/cases/{case}/photos?slot=other HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: multipart/form-data; boundary=xx\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{head}",
        by.token()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(&photo[..photo.len() / 2]).await.unwrap();
    // An answer to somebody else shows that the upload has long been begun.
    by.get_case(&case).await.unwrap();
    serving.terminate().await;
    until("nobody new is let in", async || TcpStream::connect(serving.address()).await.is_err()).await;
    stream.write_all(&photo[photo.len() / 2..]).await.unwrap();
    stream.write_all(tail.as_bytes()).await.unwrap();
    let answer = read_answer(&mut stream).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    serving.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insurer_that_stalls_does_not_keep_the_service_from_ending() {
    let serving = Serving::start().await;
    let (a, officer) = (serving.driver(ann().openid).await, serving.staff("officer-1").await);
    let (case, _) = reported(&a, report(1, json!({}))).await;
    photograph(&a, &case, 1).await;
    a.upload_photo(&case, "damage", jpeg(4)).await.unwrap();
    tell(&a, &case, &ann(), json!({ "manoeuvre": "straight" })).await;
    a.submit_case(&case).await.unwrap();
    let etag = officer.take_next_case().await.unwrap().version().unwrap().to_owned();
    let decision = json!({ "grades": { "A": "full" }, "facts": FACTS, "reason": "单方事故" });
    let decided = officer.determine_liability(&case, &etag, decision).await.unwrap();
    serving.sandbox.add_fault("insurer:PICC/file", &Fault::Stall { milliseconds: 60_000 }, 1);
    a.sign_determination(&case, decided.text("/determination/document_sha256").unwrap()).await.unwrap();
    serving.sandbox.ledger_until(|books| books.iter().any(|entry| entry.deliveries == 1)).await;
    let began = Instant::now();
    serving.terminate().await;
    until("nobody new is let in", async || TcpStream::connect(serving.address()).await.is_err()).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    serving.ended().await;
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
}

/// Outsiders who hold what the log said so far could never tie the rest to it.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_signed_under_another_name_is_not_gone_on_with() {
    let serving = Serving::start().await;
    let by = serving.driver("o-a").await;
    reported(&by, report(2, json!({}))).await;
    until("the log is signed", async || {
        let answer = reply(serving.api.request(Method::GET, "/api/v1/log/checkpoint")).await;
        answer.status == 200 && answer.text().lines().nth(1).is_some_and(|size| size != "0")
    })
    .await;
    serving.terminate().await;
    let Serving { mut child, folder, .. } = serving;
    assert!(timeout(PATIENCE, child.wait()).await.expect("it ends").unwrap().success());
    let other = command(folder.path()).arg("serve").env("KUAICHU_LOG__ORIGIN", "other.example/log").output();
    let ended = timeout(PATIENCE, other).await.expect("it refuses to start").unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && said.contains("log.origin"), "{said}");
}

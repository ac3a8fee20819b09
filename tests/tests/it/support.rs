//! A service of one test: in this process, on a database, a folder and a sandbox of its own. It must be ended
//! with [`TestService::end`], which refuses messages left over and faults in what is stored.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use app::City;
use domain::{identifiers::CaseId, ports::Clock as _};
use kuaichu::{
    clock::SystemClock,
    edge::Pace,
    settings::Settings,
    startup::{self, Running, Service, Surroundings},
};
use reqwest::{Method, RequestBuilder, header::HeaderMap};
use sandbox::{
    RunningSandbox, Sandbox, SandboxSettings,
    settings::{SMS_TOKEN, WECHAT_APP_ID, WECHAT_SECRET},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sqlx::Connection as _;
use store::Location;
use tempfile::TempDir;
use testkit::{ManualClock, TestDatabase};
use tests::{
    client::{Api, Session},
    one_time::Authenticators,
};

/// The patrol's duty phone.
pub(crate) const PATROL: &str = "13800000122";
/// Longest wait for what the service does on its own.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes of a photo: little, so that too much is sent quickly.
pub(crate) const MOST_PHOTO_BYTES: usize = 1 << 20;

/// Most bytes of a recording that comes in one request.
pub(crate) const MOST_RECORDING_BYTES: usize = 64 << 10;

/// The unit at the nearest point to the accidents of these tests, and the one at the next.
pub(crate) const UNITS: [&str; 2] = ["unit-1", "unit-2"];

/// The small city of the tests. Passwords are `password-of-` and the user name.
const PLACES: &str = r#"
[[districts]]
code = "370303"
name = "张店区"
latitude = 36.81
longitude = 118.05
[[districts]]
code = "370302"
name = "淄川区"
latitude = 36.65
longitude = 117.96
[[points]]
id = "00000000-0000-7000-8000-0000000000a1"
name = "张店快处点"
district = "370303"
address = "联通路与世纪路路口"
latitude = 36.8146
longitude = 118.0302
datum = "wgs84"
opens = "00:00"
closes = "23:59"
[[points]]
id = "00000000-0000-7000-8000-0000000000a2"
name = "淄川快处点"
district = "370302"
address = "般阳路与鲁山大道路口"
latitude = 36.6448
longitude = 117.9665
datum = "wgs84"
opens = "00:00"
closes = "23:59"
"#;

/// The one-time secret of all staff; codes are used once per account, so sharing it does no harm here.
const ONE_TIME_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// Everybody with an account. Officers have user name, districts, related plates; reviewers are of the unit above.
const OFFICERS: [(&str, &str, &str); 6] = [
    ("officer-1", "370303", ""),
    ("officer-2", "370303", ""),
    ("officer-far", "370302", ""),
    ("officer-kin", "370303", "鲁CKN001"),
    ("reviewer-1", "370303", ""),
    ("reviewer-2", "370303", "鲁CKN001"),
];
const INSURERS: [&str; 3] = ["PICC", "PAIC", "CPIC"];

fn staff(section: &str, username: &str, more: &str) -> String {
    format!(
        "[[{section}]]\nusername = \"{username}\"\nname = \"赵某\"\npassword = \"password-of-{username}\"\n\
         totp_secret = \"{ONE_TIME_SECRET}\"\n{more}\n"
    )
}

/// The city as `kuaichu seed` reads it.
pub(crate) fn city() -> String {
    let mut text = PLACES.to_owned();
    for (number, username) in UNITS.iter().enumerate() {
        let number = number + 1;
        let more = format!(
            "id = \"00000000-0000-7000-8000-0000000000b{number}\"\n\
             point = \"00000000-0000-7000-8000-0000000000a{number}\""
        );
        text += &staff("units", username, &more);
    }
    for (username, district, plate) in OFFICERS {
        let plates = if plate.is_empty() { String::new() } else { format!("\"{plate}\"") };
        let reviews = username.starts_with("reviewer");
        let more = format!(
            "badge_number = \"370042\"\ndistricts = [\"{district}\"]\nrelated_plates = [{plates}]\nreviews = {reviews}"
        );
        text += &staff("officers", username, &more);
    }
    text += &staff("supervisors", "supervisor-1", "");
    text += &staff("admins", "admin-1", "");
    for code in INSURERS {
        let _ = writeln!(
            text,
            "[[insurers]]\ncode = \"{code}\"\nname = \"{code}\"\nhotline = \"95500\"\n\
             client_id = \"client-{code}\"\nclient_secret = \"secret-of-{code}\""
        );
    }
    text
}

/// What a test may want otherwise.
#[derive(Default)]
pub(crate) struct Wishes {
    /// How the sandbox behaves.
    pub(crate) sandbox: SandboxSettings,
    /// Messages that a person has to look at when the test ends.
    pub(crate) parked: u64,
    /// How slowly bodies may come.
    pub(crate) pace: Option<Pace>,
    /// The time.
    pub(crate) clock: Option<ManualClock>,
    /// Further sections of the settings.
    pub(crate) settings: &'static str,
}

/// A running service.
pub(crate) struct TestService {
    pub(crate) api: Api,
    pub(crate) sandbox: RunningSandbox,
    /// The same database and folder from inside, to look at what is stored.
    pub(crate) inside: Service,
    folder: TempDir,
    running: Option<Running>,
    authenticators: Authenticators,
    parked: u64,
    database: TestDatabase,
}

impl TestService {
    pub(crate) async fn sqlite() -> Self {
        Self::start(TestDatabase::sqlite().await).await
    }

    pub(crate) async fn start(database: TestDatabase) -> Self {
        Self::with(database, Wishes::default()).await
    }

    pub(crate) async fn with(database: TestDatabase, wishes: Wishes) -> Self {
        let sandbox = Sandbox::start(wishes.sandbox).await.unwrap();
        let folder = tempfile::Builder::new().prefix("kuaichu-it-").tempdir().unwrap();
        let text = configuration(&database.address(), folder.path(), sandbox.base_url()) + wishes.settings;
        let settings = Settings::parse(&text, Path::new("test.toml"), []).unwrap();
        startup::prepare(&settings).await.unwrap();
        let inside = startup::build(&settings, &settings.addresses(settings.server.bind)).await.unwrap();
        inside.app.seed(City::parse(&city()).unwrap()).await.unwrap();
        let mut surroundings =
            Surroundings { pace: wishes.pace.unwrap_or_default(), ..Surroundings::default() };
        if let Some(clock) = wishes.clock {
            surroundings.clock = Arc::new(clock);
        }
        let running = startup::start_within(&settings, surroundings).await.unwrap();
        let base = format!("http://{}", running.address);
        sandbox.set_callback_base(&base);
        Self {
            api: Api::new(base).unwrap().with_sandbox(sandbox.base_url()),
            sandbox,
            inside,
            folder,
            running: Some(running),
            authenticators: Authenticators::default(),
            parked: wishes.parked,
            database,
        }
    }

    /// A service whose time stands still until the test moves it. It starts now, for one-time codes are of now.
    pub(crate) async fn with_clock() -> (Self, ManualClock) {
        let clock = ManualClock::at(SystemClock.now());
        let wishes = Wishes { clock: Some(clock.clone()), ..Wishes::default() };
        (Self::with(TestDatabase::sqlite().await, wishes).await, clock)
    }

    /// The same database and folder from inside at another time, with these settings besides.
    pub(crate) async fn inside_at(&self, clock: &ManualClock, settings: &str) -> Service {
        let text = configuration(&self.database.address(), self.folder(), self.sandbox.base_url()) + settings;
        let settings = Settings::parse(&text, Path::new("test.toml"), []).unwrap();
        let addresses = settings.addresses(settings.server.bind);
        startup::build_at(&settings, &addresses, Arc::new(clock.clone())).await.unwrap()
    }

    /// Keeps everybody from writing to the embedded database, until it is closed.
    pub(crate) async fn lock_database(&self) -> sqlx::SqliteConnection {
        let mut connection = sqlx::SqliteConnection::connect(&self.database.address()).await.unwrap();
        sqlx::raw_sql("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
        connection
    }

    /// What this says to the embedded database itself.
    pub(crate) async fn in_database(&self, sql: &str) {
        let mut connection = sqlx::SqliteConnection::connect(&self.database.address()).await.unwrap();
        sqlx::raw_sql("PRAGMA busy_timeout = 10000").execute(&mut connection).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Where the service keeps photos, documents and its key.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Every file of an embedded database.
    pub(crate) fn database_files(&self) -> Vec<PathBuf> {
        let Location::Sqlite(path) = self.database.location() else { return Vec::new() };
        let folder = std::fs::read_dir(path.parent().unwrap()).unwrap();
        folder.map(|entry| entry.unwrap().path()).collect()
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        self.api.base().trim_start_matches("http://").to_owned()
    }

    /// A request below `/api/v1`.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.api.request(method, &format!("/api/v1{path}"))
    }

    pub(crate) async fn get(&self, by: &Session, path: &str) -> Reply {
        reply(self.request(Method::GET, path).bearer_auth(by.token())).await
    }

    /// A keyed write with a fresh key.
    pub(crate) async fn post(&self, by: &Session, path: &str, body: &Value) -> Reply {
        self.write(Method::POST, by, path, body).await
    }

    /// A keyed write with a fresh key.
    pub(crate) async fn write(&self, method: Method, by: &Session, path: &str, body: &Value) -> Reply {
        reply(self.request(method, path).bearer_auth(by.token()).header("idempotency-key", key()).json(body))
            .await
    }

    /// A decision on the case as it was seen with `etag`.
    pub(crate) async fn decide(&self, by: &Session, path: &str, etag: &str, body: &Value) -> Reply {
        let request = self.request(Method::POST, path).bearer_auth(by.token()).header("if-match", etag);
        reply(request.header("idempotency-key", key()).json(body)).await
    }

    /// The driver with this openid signs in.
    pub(crate) async fn driver(&self, openid: &str) -> Session {
        self.api.wechat_sign_in(&self.sandbox.mint_code(openid)).await.unwrap()
    }

    /// A one-time code of this member of staff that was not used yet.
    pub(crate) async fn one_time_code(&self, username: &str) -> String {
        self.authenticators.code(username, &one_time_secret()).await.unwrap()
    }

    /// A member of staff signs in.
    pub(crate) async fn staff(&self, username: &str) -> Session {
        let code = self.one_time_code(username).await;
        self.api.staff_sign_in(username, &password_of(username), &code).await.unwrap()
    }

    /// An insurer's system signs in.
    pub(crate) async fn insurer(&self, code: &str) -> Session {
        self.api.insurer_token(&format!("client-{code}"), &format!("secret-of-{code}")).await.unwrap()
    }

    /// A command to the sandbox.
    pub(crate) async fn command(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.sandbox.base_url());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(url).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// The case as it is stored.
    pub(crate) async fn stored(&self, case: &str) -> domain::case::Case {
        let id = CaseId(case.parse().unwrap());
        self.inside.app.store().find_case_for_service(id).await.unwrap().unwrap()
    }

    /// What waits and what is parked, as `/readyz` says.
    pub(crate) async fn backlog(&self) -> (u64, u64) {
        let ready = reply(self.api.request(Method::GET, "/readyz")).await;
        assert_eq!(ready.status, 200);
        let messages = &ready.json()["messages"];
        (messages["waiting"].as_u64().unwrap(), messages["parked"].as_u64().unwrap())
    }

    /// Waits until nothing waits to be sent.
    pub(crate) async fn settle(&self) {
        until("every message is delivered or parked", async || self.backlog().await.0 == 0).await;
    }

    /// Ends the service: nothing may be left to send, and everything stored must hold.
    pub(crate) async fn end(mut self) {
        self.settle().await;
        assert_eq!(self.backlog().await.1, self.parked, "parked messages");
        self.running.take().unwrap().stop().await;
        let check = app::check(self.inside.app.store(), self.inside.app.objects().as_ref()).await.unwrap();
        assert!(check.faults.is_empty(), "{:?}", check.faults);
        // What was written last may not be in the log yet: it is built behind the commits.
        self.inside.app.settle_log().await.unwrap();
        let key = self.inside.app.log_key();
        let known = app::KnownLog { key: Some(key), pinned: None };
        let log = app::check_log(self.inside.app.store(), known, self.inside.app.now()).await.unwrap();
        assert!(log.faults.is_empty() && log.waiting == 0, "{log:?}");
        self.inside.app.store().clone().close().await.unwrap();
    }
}

impl Drop for TestService {
    fn drop(&mut self) {
        let _ = &self.database;
        assert!(self.running.is_none() || std::thread::panicking(), "a test must end its service");
    }
}

/// Waits until `holds`; the service works on its own meanwhile.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(25));
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "it never came that {what}");
        ticks.tick().await;
    }
}

pub(crate) fn one_time_secret() -> SecretString {
    ONE_TIME_SECRET.into()
}

pub(crate) fn password_of(username: &str) -> String {
    format!("password-of-{username}")
}

/// A fresh idempotency key.
pub(crate) fn key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The settings of a test's service; the section of the log comes last.
pub(crate) fn configuration(database: &str, folder: &Path, sandbox: &str) -> String {
    let within = |name: &str| folder.join(name).display().to_string();
    let insurers: String = SandboxSettings::default()
        .insurers
        .iter()
        .map(|insurer| {
            let (code, key) = (&insurer.code, insurer.secret.expose_secret());
            let callback_key = insurer.callback_secret.expose_secret();
            format!(
                "[insurers.{code}]\nbase_url = \"{sandbox}/insurers/{code}\"\nkey = \"{key}\"\n\
                 callback_key = \"{callback_key}\"\n"
            )
        })
        .collect();
    format!(
        "[server]\nbind = \"127.0.0.1:0\"\nworkers = 2\n\
         [database]\nurl = \"{database}\"\n\
         [photos]\ndirectory = \"{}\"\nmax_bytes = {MOST_PHOTO_BYTES}\n\
         [recordings]\nmax_bytes = {MOST_RECORDING_BYTES}\n\
         [keys]\nfile = \"{}\"\n\
         [wechat]\nbase_url = \"{sandbox}/wechat\"\napp_id = \"{WECHAT_APP_ID}\"\nsecret = \"{WECHAT_SECRET}\"\n\
         [sms]\nbase_url = \"{sandbox}/sms\"\ntoken = \"{SMS_TOKEN}\"\n\
         [documents]\nunit_name = \"淄博市公安局交通警察支队\"\n\
         [patrol]\nphone = \"{PATROL}\"\n{insurers}\
         [log]\nkey_file = \"{}\"\n",
        within("photos"),
        within("key.pem"),
        within("log-key.pem"),
    )
}

/// An answer, whatever it is.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("{} is not JSON: {}", self.status, self.text()))
    }

    /// The body of a success.
    pub(crate) fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text());
        if self.bytes.is_empty() { json!(null) } else { self.json() }
    }

    /// The code of the problem document, which must be one.
    pub(crate) fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}: {}",
            self.status,
            self.text()
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        problem["code"].as_str().unwrap().to_owned()
    }

    /// Status and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.code())
    }

    /// Asserts a refusal.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.code(), code);
    }
}

/// Sends a request and reads the whole answer.
pub(crate) async fn reply(request: RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, bytes: response.bytes().await.unwrap().to_vec() }
}

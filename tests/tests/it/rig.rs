//! A service of its own for one test: a small town, its sandbox in this process, the service as a process on a
//! port that stays the same when it is killed and started again.

use std::{
    fs,
    net::TcpListener,
    sync::Arc,
    time::{Duration, Instant},
};

use ::sandbox::{RunningSandbox, Sandbox, SandboxSettings, city::City};
use rand::RngExt as _;
use reqwest::Method;
use secrecy::SecretString;
use tempfile::TempDir;
use testkit::TestDatabase;
use tests::{
    client::{Api, CallFailed, Session},
    one_time::Authenticators,
    programs::{Programs, Server},
    service::{Database, Installation},
};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{sleep, timeout},
};

/// Below the ports that the system hands out to clients, so that nobody takes ours while the service is down.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// Every officer's and unit's. Good for nothing outside a test.
pub(crate) const TOTP_SECRET: &str = "BHISFPLUSCFZFDU3CFEGYTR5MAUKZID3";
pub(crate) const PASSWORD: &str = "only-for-this-test";
/// Longest wait for anything that must happen in the end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// One district, one point with one unit, three insurers that accept every policy.
const TOWN: &str = r#"
supervisors = []
admins = []
policies = []
[[districts]]
code = "370303"
name = "张店区"
latitude = 36.81
longitude = 118.05
[[points]]
id = "b7b6d3ef-5682-425f-a4cf-263b153c5956"
name = "张店快处中心"
district = "370303"
address = "联通路与世纪路路口东南角"
latitude = 36.8146
longitude = 118.0302
datum = "wgs84"
opens = "00:00"
closes = "23:59"
[[units]]
id = "7a62e8a4-94b3-42b1-a33a-40e718402639"
username = "unit-1"
name = "孙志强"
point = "b7b6d3ef-5682-425f-a4cf-263b153c5956"
phone = "13800000001"
password = "only-for-this-test"
totp_secret = "BHISFPLUSCFZFDU3CFEGYTR5MAUKZID3"
[[insurers]]
code = "PICC"
name = "人保财险"
hotline = "95518"
client_id = "picc"
client_secret = "only-for-this-test"
webhook_secret = "whsec_c2FuZGJveC1vbmx5LXJlcXVlc3Qta2V5LVBJQ0M="
callback_secret = "whsec_c2FuZGJveC1vbmx5LWNhbGxiYWNrLWtleS1QSUND"
[[insurers]]
code = "PAIC"
name = "平安产险"
hotline = "95511"
client_id = "paic"
client_secret = "only-for-this-test"
webhook_secret = "whsec_c2FuZGJveC1vbmx5LXJlcXVlc3Qta2V5LVBBSUM="
callback_secret = "whsec_c2FuZGJveC1vbmx5LWNhbGxiYWNrLWtleS1QQUlD"
"#;

fn town(officers: usize) -> String {
    // A city's file names at least one.
    let officers = officers.max(1);
    let officer = |number: usize| {
        format!(
            "[[officers]]\nusername = \"officer-{number}\"\nname = \"王海涛\"\nbadge_number = \"{number:06}\"\n\
             districts = [\"370303\"]\npassword = \"{PASSWORD}\"\ntotp_secret = \"{TOTP_SECRET}\"\n"
        )
    };
    (1..=officers).fold(TOWN.to_owned(), |text, number| text + &officer(number))
}

/// Tests that load or break a whole service, and measure, run one after the other.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    ONE_AT_A_TIME.lock().await
}

/// A configured service with its sandbox; not running yet.
pub(crate) struct Place {
    pub(crate) sandbox: Arc<RunningSandbox>,
    pub(crate) installation: Installation,
    /// Kept as long as the place: it is deleted with it.
    _folder: TempDir,
}

impl Place {
    /// Installs the service on `database` and seeds a town with so many officers.
    pub(crate) async fn new(database: &Database, officers: usize) -> Self {
        let folder = tempfile::Builder::new().prefix("kuaichu-it-").tempdir().unwrap();
        Self::within(folder, database, officers).await
    }

    /// The same in this folder.
    pub(crate) async fn within(folder: TempDir, database: &Database, officers: usize) -> Self {
        let text = town(officers);
        let city = City::parse(&text).unwrap();
        let settings = SandboxSettings { insurers: city.insurer_settings(), ..SandboxSettings::default() };
        let sandbox = Arc::new(Sandbox::start(settings).await.unwrap());
        let programs = Programs::find().unwrap();
        let installation =
            Installation::new(&programs, folder.path(), database, sandbox.base_url(), &city).unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let configuration = fs::read_to_string(installation.configuration()).unwrap();
        assert!(configuration.contains("127.0.0.1:0"));
        fs::write(installation.configuration(), configuration.replace("127.0.0.1:0", &address)).unwrap();
        sandbox.set_callback_base(&format!("http://{address}"));
        let file = folder.path().join("town.toml");
        fs::write(&file, text).unwrap();
        installation.run(&["seed", &file.display().to_string()]).await.unwrap();
        Self { sandbox, installation, _folder: folder }
    }

    /// Starts the service.
    pub(crate) async fn open(self) -> Rig {
        let service = self.installation.serve().await.unwrap();
        Rig { people: self.people(service.address()), place: self, service: Some(service) }
    }

    /// The people of this town, with the service at this address.
    pub(crate) fn people(&self, address: &str) -> People {
        let api = Api::new(address).unwrap().with_sandbox(self.sandbox.base_url());
        People { api, sandbox: Arc::clone(&self.sandbox) }
    }
}

/// A port that nobody uses and the system does not hand out.
pub(crate) fn free_port() -> u16 {
    let mut random = rand::rng();
    loop {
        let port = random.random_range(PORTS);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Where the service of a test on this database keeps its data.
pub(crate) fn beside(database: &TestDatabase) -> Database {
    let address = database.address();
    if address.starts_with("postgres") { Database::Postgres(address) } else { Database::Embedded }
}

/// A running service. Dropping it kills it.
pub(crate) struct Rig {
    pub(crate) people: People,
    pub(crate) place: Place,
    service: Option<Server>,
}

/// Signs people in.
#[derive(Clone)]
pub(crate) struct People {
    pub(crate) api: Api,
    pub(crate) sandbox: Arc<RunningSandbox>,
}

impl Rig {
    /// A fresh service on this database with so many officers.
    pub(crate) async fn start(database: &TestDatabase, officers: usize) -> Self {
        Place::new(&beside(database), officers).await.open().await
    }

    /// Ends the service in the middle of whatever it does and starts it again.
    pub(crate) async fn crash(&mut self) {
        self.service.take().unwrap().kill().await.unwrap();
        self.serve().await;
    }

    /// Ends the service in the middle of whatever it does.
    pub(crate) async fn kill(&mut self) {
        self.service.take().unwrap().kill().await.unwrap();
    }

    /// Starts the service that was stopped.
    pub(crate) async fn serve(&mut self) {
        self.service = Some(self.place.installation.serve().await.unwrap());
    }

    /// Asks the service to end, waits, and tells how long that took. It must end well.
    pub(crate) async fn stop(&mut self) -> Duration {
        let begin = Instant::now();
        self.service.take().unwrap().stop().await.unwrap();
        begin.elapsed()
    }

    /// Waits until nothing waits to be sent any more, then ends the service and has everything checked.
    pub(crate) async fn end_sound(mut self) {
        let sent = async {
            while self.people.waiting_messages().await != Some(0) {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, sent).await.expect("every message is delivered in the end");
        self.stop().await;
        let found = self.place.installation.run(&["fsck"]).await.unwrap();
        assert!(found.contains(" 0 faults"), "{found}");
    }
}

impl People {
    /// The driver with this openid.
    pub(crate) async fn driver(&self, openid: &str) -> Session {
        self.try_driver(openid).await.unwrap()
    }

    /// The driver with this openid, if the service answers.
    pub(crate) async fn try_driver(&self, openid: &str) -> Result<Session, CallFailed> {
        self.api.wechat_sign_in(&self.sandbox.mint_code(openid)).await
    }

    /// Somebody with a password, such as `officer-1`; once in a test.
    pub(crate) async fn staff(&self, username: &str) -> Session {
        let code = Authenticators::default().code(username, &SecretString::from(TOTP_SECRET)).await.unwrap();
        self.api.staff_sign_in(username, PASSWORD, &code).await.unwrap()
    }

    /// The first so many officers.
    pub(crate) async fn officers(&self, many: usize) -> Vec<Session> {
        let mut officers = Vec::new();
        for number in 1..=many {
            officers.push(self.staff(&format!("officer-{number}")).await);
        }
        officers
    }

    /// Messages that wait or are parked; `None` when the service does not say.
    async fn waiting_messages(&self) -> Option<u64> {
        let ready = self.api.request(Method::GET, "/readyz").send().await.ok()?;
        let ready: serde_json::Value = ready.json().await.ok()?;
        Some(ready.pointer("/messages/waiting")?.as_u64()? + ready.pointer("/messages/parked")?.as_u64()?)
    }
}

//! A whole city on this machine: the sandbox and the service as processes, seeded and ready, and the keys to it.

use std::{fs, path::Path};

use reqwest::Method;
use sandbox::city::City;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::{
    client::{Answer, Api, CallFailed, Session, read},
    one_time::Authenticators,
    programs::{ProcessFailed, Programs, Server},
    service::{Database, Installation},
    timeline::{StepFailed, Timeline, Words},
    trouble::{Trouble, must},
};

const MACHINE: Words = ["本机", "this machine"];

/// A running city.
#[derive(Debug)]
pub struct Town {
    /// The city as its file says.
    pub city: City,
    /// The service's API.
    pub api: Api,
    /// The service's folder and commands.
    pub installation: Installation,
    service: Server,
    sandbox: Sandbox,
    authenticators: Authenticators,
}

/// The sandbox as a process of its own.
#[derive(Debug)]
pub struct Sandbox {
    server: Server,
    control: Api,
}

/// Somebody of the city who signs in with a password and a one-time code.
#[derive(Debug, Clone)]
pub struct Staff {
    /// User name.
    pub username: String,
    /// Role, as the API names it.
    pub role: &'static str,
    password: SecretString,
    totp_secret: SecretString,
}

impl Sandbox {
    /// Starts the stand-ins for WeChat, the city's insurers and the text-message gateway.
    pub async fn start(programs: &Programs, city: &Path, log: &Path) -> Result<Self, Trouble> {
        let mut command = programs.command("kuaichu-sandbox")?;
        command.arg("--city").arg(city);
        let server = Server::start("kuaichu-sandbox", command, log).await?;
        let control = Api::new(server.address())?;
        Ok(Self { server, control })
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        self.server.address()
    }

    /// A WeChat code with which `openid` can sign in once.
    pub async fn wechat_code(&self, openid: &str) -> Result<String, CallFailed> {
        let request =
            self.control.request(Method::POST, "/sandbox/wechat/codes").json(&json!({ "openid": openid }));
        Ok(read("mint a WeChat code", request).await?.text("/code")?.to_owned())
    }

    /// The insurers' own books.
    pub async fn ledger(&self) -> Result<Answer, CallFailed> {
        read("read the insurers' books", self.control.request(Method::GET, "/sandbox/ledger")).await
    }

    /// Tells the insurers where the service is.
    pub async fn call_back_to(&self, base: &str) -> Result<(), CallFailed> {
        let request =
            self.control.request(Method::PUT, "/sandbox/callback-base").json(&json!({ "url": base }));
        read("tell the insurers where the service is", request).await.map(drop)
    }
}

impl Town {
    /// Builds a city in an empty `folder`: sandbox, schema, seed, service.
    pub async fn start(
        programs: &Programs,
        city_file: &Path,
        folder: &Path,
        database: &Database,
        timeline: &mut Timeline,
    ) -> Result<Self, StepFailed> {
        let city = async { Ok(City::read(city_file)?) };
        let city = timeline.step(MACHINE, ["读取演示城市", "reads the demo city"], city).await?;
        let log = folder.join("sandbox.log");
        let sandbox = timeline
            .step(
                MACHINE,
                ["启动微信、保险公司、短信的替身", "starts stand-ins for WeChat, insurers and text messages"],
                Sandbox::start(programs, city_file, &log),
            )
            .await?;
        let installation = async {
            let installation = Installation::new(programs, folder, database, sandbox.address(), &city)?;
            installation.run(&["migrate"]).await?;
            Ok(installation)
        };
        let installation =
            timeline.step(MACHINE, ["建立数据库", "creates the database"], installation).await?;
        let file = city_file.display().to_string();
        let seeded = async { Ok(installation.run(&["seed", &file]).await?) };
        let seeded = timeline.step(MACHINE, ["写入城市数据", "seeds the city"], seeded).await?;
        timeline.note(["数据", "seeded"], seeded.trim());
        let service = async {
            let service = installation.serve().await?;
            sandbox.call_back_to(service.address()).await?;
            Ok((Api::new(service.address())?.with_sandbox(sandbox.address()), service))
        };
        let (api, service) = timeline.step(MACHINE, ["启动服务", "starts the service"], service).await?;
        Ok(Self { city, api, installation, service, sandbox, authenticators: Authenticators::default() })
    }

    /// The sandbox.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The service's process.
    pub fn service(&self) -> &Server {
        &self.service
    }

    /// Ends the service and then the sandbox, both in good order.
    pub async fn stop(self) -> Result<(), Trouble> {
        self.service.stop().await?;
        Ok(self.sandbox.server.stop().await?)
    }

    /// Kills the service in the middle of whatever it does and starts it again. It then listens elsewhere.
    pub async fn crash(self) -> Result<Self, Trouble> {
        self.service.kill().await?;
        let service = self.installation.serve().await?;
        self.sandbox.call_back_to(service.address()).await?;
        let api = Api::new(service.address())?.with_sandbox(self.sandbox.address());
        Ok(Self { api, service, ..self })
    }

    /// What must hold of the service's whole life: it logged no error and none of `secrets`, and `fsck` finds its
    /// database, files and journal in order. Gives what `fsck` said.
    pub async fn check(&self, secrets: &[&str]) -> Result<String, Trouble> {
        let log = fs::read_to_string(self.installation.log())
            .map_err(ProcessFailed::io("read the service's log"))?;
        if let Some(line) = log.lines().find(|line| line.contains("\"level\":\"ERROR\"")) {
            return Err(Trouble::not_so(format!("the service logged an error: {line}")));
        }
        must(!secrets.iter().any(|secret| log.contains(secret)), "the service logs nothing personal")?;
        Ok(self.installation.run(&["fsck"]).await?)
    }

    /// The driver with this openid signs in.
    pub async fn sign_in_driver(&self, openid: &str) -> Result<Session, Trouble> {
        Ok(self.api.wechat_sign_in(&self.sandbox.wechat_code(openid).await?).await?)
    }

    /// The member of staff with this user name signs in.
    pub async fn sign_in_staff(&self, username: &str) -> Result<Session, Trouble> {
        let staff = self.staff().into_iter().find(|staff| staff.username == username);
        let staff = staff.ok_or_else(|| Trouble::not_so(format!("{username} is not in the city's file")))?;
        let code = self.authenticators.code(username, &staff.totp_secret).await?;
        Ok(self.api.staff_sign_in(username, staff.password.expose_secret(), &code).await?)
    }

    /// The system of the insurer with this code signs in.
    pub async fn sign_in_insurer(&self, code: &str) -> Result<Session, Trouble> {
        let insurer = self.city.insurers.iter().find(|insurer| insurer.code.as_str() == code);
        let insurer = insurer.ok_or_else(|| Trouble::not_so(format!("{code} is not in the city's file")))?;
        let secret = insurer.client_secret.expose_secret();
        Ok(self.api.insurer_token(&insurer.client_id, secret).await?)
    }

    /// Everybody with a password, as the city's file says.
    pub fn staff(&self) -> Vec<Staff> {
        let City { officers, units, supervisors, admins, .. } = &self.city;
        let staff =
            |role, username: &dyn ToString, password: &SecretString, totp_secret: &SecretString| Staff {
                username: username.to_string(),
                role,
                password: password.clone(),
                totp_secret: totp_secret.clone(),
            };
        let officers = officers.iter().map(|o| staff("officer", &o.username, &o.password, &o.totp_secret));
        let units = units.iter().map(|u| staff("point_staff", &u.username, &u.password, &u.totp_secret));
        let supervisors =
            supervisors.iter().map(|s| staff("supervisor", &s.username, &s.password, &s.totp_secret));
        let admins = admins.iter().map(|a| staff("administrator", &a.username, &a.password, &a.totp_secret));
        officers.chain(units).chain(supervisors).chain(admins).collect()
    }

    /// What a person needs to sign in as this member of staff now: password and a code not used yet.
    pub fn credentials(&self, staff: &Staff) -> Result<(String, String), Trouble> {
        let code = self.authenticators.peek(&staff.username, &staff.totp_secret)?;
        Ok((staff.password.expose_secret().to_owned(), code))
    }
}

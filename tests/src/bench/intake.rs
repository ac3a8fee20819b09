//! `bench intake`: cases reported per second over HTTP, with sign-in, validation, journal and outgoing messages
//! as in life, beside the same rows written without a service.

use std::{fs, path::Path, sync::Arc, time::Duration};

use sandbox::{Sandbox, SandboxSettings, city::City};
use sqlx::{Connection as _, PgConnection, query, query_scalar};

use super::{
    BenchFailed, Setting,
    bare_loop::BareLoop,
    drivers::{Surroundings, drive, report_each_kind},
    figures::{Figures, Line, head},
    meter::Meter,
    pgbench::Pgbench,
    reports::Reports,
    sample::{self, Sample},
};
use crate::{
    programs::{Programs, Server},
    service::{Database, Installation},
    trouble::Trouble,
};

const CITY: &str = "deploy/demo/zibo.toml";
const SQLITE_FILE: &str = "kuaichu.sqlite";
/// How many cases a commit of the faster bare loop holds.
const GROUP: usize = 32;
/// How often each run is repeated, in turn with what it is held against.
const ROUNDS: usize = 2;

/// Measures and prints one table for each database.
pub async fn intake(setting: &Setting) -> Result<(), BenchFailed> {
    // Not the temporary folder: it may be in memory, where a commit costs nothing.
    let folder = tempfile::Builder::new().prefix("kuaichu-bench-").tempdir_in("/var/tmp")?;
    let bench = Bench::new(setting, folder.path())?;
    let mut embedded = bench.service("sqlite", &Database::Embedded).await?;
    report_each_kind(&embedded.around).await?;
    let samples = sample::read(&folder.path().join("sqlite").join(SQLITE_FILE)).await?;
    if setting.only.as_deref() != Some("postgres") {
        bench.beside_bare_loop(&mut embedded, &samples).await?;
    }
    embedded.server.stop().await?;
    if setting.only.as_deref() != Some("sqlite") {
        bench.beside_pgbench(&samples).await?;
    }
    Ok(())
}

pub(super) struct Bench<'a> {
    setting: &'a Setting,
    folder: &'a Path,
    pub(super) programs: Programs,
    city: City,
}

/// A running service with its drivers.
pub(super) struct Service {
    pub(super) server: Server,
    pub(super) around: Arc<Surroundings>,
    answered: usize,
}

impl<'a> Bench<'a> {
    pub(super) fn new(setting: &'a Setting, folder: &'a Path) -> Result<Self, BenchFailed> {
        let programs = Programs::in_folder(setting.programs.canonicalize()?);
        let city = City::read(&setting.root.join(CITY)).map_err(Trouble::from)?;
        Ok(Self { setting, folder, programs, city })
    }

    pub(super) fn time(&self) -> Duration {
        Duration::from_secs(self.setting.seconds.unwrap_or(if self.setting.quick { 3 } else { 10 }).max(1))
    }

    pub(super) fn warm_up(&self) -> Duration {
        Duration::from_secs(if self.setting.quick { 1 } else { 3 })
    }

    pub(super) fn rounds(&self) -> usize {
        if self.setting.quick { 1 } else { ROUNDS }
    }

    fn cases_per_sign_in(&self) -> usize {
        usize::try_from(self.setting.cases_per_sign_in).unwrap_or(usize::MAX)
    }

    /// Makes an installation with an empty schema in a folder of its own.
    async fn install(
        &self,
        name: &str,
        database: &Database,
        sandbox: &str,
    ) -> Result<Installation, BenchFailed> {
        let folder = self.folder.join(name);
        fs::create_dir(&folder)?;
        let installation = Installation::new(&self.programs, &folder, database, sandbox, &self.city)?;
        installation.run(&["migrate"]).await?;
        Ok(installation)
    }

    /// Starts a service with the demo city in it.
    pub(super) async fn service(&self, name: &str, database: &Database) -> Result<Service, BenchFailed> {
        let settings =
            SandboxSettings { insurers: self.city.insurer_settings(), ..SandboxSettings::default() };
        let sandbox = Sandbox::start(settings).await.map_err(|error| Trouble::not_so(error.to_string()))?;
        let installation = self.install(name, database, sandbox.base_url()).await?;
        let city = self.setting.root.canonicalize()?.join(CITY);
        installation.run(&["seed", &city.display().to_string()]).await?;
        let server = installation.serve().await?;
        let around = Arc::new(Surroundings {
            service: server.address().to_owned(),
            sandbox,
            reports: Reports::new(),
            cases_per_sign_in: self.cases_per_sign_in(),
        });
        Ok(Service { server, around, answered: 0 })
    }

    async fn measure(&self, service: &mut Service, clients: usize) -> Result<Figures, BenchFailed> {
        let warm_up = drive(&service.around, clients, self.warm_up()).await?;
        let before = Meter::read(service.server.id())?;
        let mut figures = drive(&service.around, clients, self.time()).await?;
        let after = Meter::read(service.server.id())?;
        figures.processor = after.processor.saturating_sub(before.processor);
        figures.memory = after.memory;
        service.answered += warm_up.latencies.len() + figures.latencies.len();
        Ok(figures)
    }

    async fn beside_bare_loop(
        &self,
        service: &mut Service,
        samples: &[Sample; 2],
    ) -> Result<(), BenchFailed> {
        self.install("bare", &Database::Embedded, "http://127.0.0.1:9").await?;
        let database = self.folder.join("bare").join(SQLITE_FILE);
        let mut bare = BareLoop::open(&database, samples, self.cases_per_sign_in()).await?;
        println!("\nSQLite (WAL, synchronous=FULL); ratio: to the bare loop with {GROUP} cases a commit");
        println!("{}", head());
        for &clients in &self.setting.clients {
            let (mut ours, mut one, mut many) = (Figures::default(), Figures::default(), Figures::default());
            for round in 1..=self.rounds() {
                eprintln!("SQLite, {clients} clients, round {round} of {} …", self.rounds());
                ours.add(self.measure(service, clients).await?);
                bare.run(GROUP, self.warm_up()).await?;
                many.add(bare.run(GROUP, self.time()).await?);
                one.add(bare.run(1, self.time()).await?);
            }
            let reference = Some(many.rate());
            let line = |who: &str, clients, figures, reference| Line {
                who: who.to_owned(),
                clients,
                figures,
                reference,
            };
            println!("{}", line("kuaichu over HTTP", clients, ours, reference));
            println!("{}", line("bare loop, 32 cases a commit", 1, many, None));
            println!("{}", line("bare loop, 1 case a commit", 1, one, reference));
        }
        bare.close().await?;
        let mut db = sample::open(&self.folder.join("sqlite").join(SQLITE_FILE)).await?;
        let stored = query_scalar("SELECT count(*) FROM accident_case").fetch_one(&mut db).await?;
        service.must_have_stored(stored)
    }

    async fn beside_pgbench(&self, samples: &[Sample; 2]) -> Result<(), BenchFailed> {
        let mut admin = PgConnection::connect(&self.setting.postgres).await?;
        let ours = self.database(&mut admin, "kuaichu_bench_service").await?;
        let reference = self.database(&mut admin, "kuaichu_bench_alone").await?;
        let mut service = self.service("postgres", &Database::Postgres(ours.clone())).await?;
        let installation = Database::Postgres(reference.clone());
        self.install("pgbench", &installation, "http://127.0.0.1:9").await?;
        let mut pgbench = Pgbench::prepare(
            &self.setting.pgbench,
            &self.folder.join("pgbench"),
            &reference,
            samples,
            self.cases_per_sign_in(),
        )?;
        println!("\nPostgreSQL (durable, same server for both); ratio: to pgbench with the same statements");
        println!("{}", head());
        for &clients in &self.setting.clients {
            let (mut ours, mut alone) = (Figures::default(), Figures::default());
            for round in 1..=self.rounds() {
                eprintln!("PostgreSQL, {clients} clients, round {round} of {} …", self.rounds());
                query("CHECKPOINT").execute(&mut admin).await?;
                ours.add(self.measure(&mut service, clients).await?);
                query("CHECKPOINT").execute(&mut admin).await?;
                pgbench.run(clients, self.warm_up()).await?;
                alone.add(pgbench.run(clients, self.time()).await?);
            }
            let reference = Some(alone.rate());
            let line =
                |who: &str, figures, reference| Line { who: who.to_owned(), clients, figures, reference };
            println!("{}", line("kuaichu over HTTP", ours, reference));
            println!("{}", line("pgbench", alone, None));
        }
        let mut db = PgConnection::connect(&ours).await?;
        let stored = query_scalar("SELECT count(*) FROM accident_case").fetch_one(&mut db).await?;
        service.must_have_stored(stored)?;
        Ok(service.server.stop().await?)
    }

    /// Makes an empty database beside the one that was named; gives its address.
    async fn database(&self, admin: &mut PgConnection, name: &str) -> Result<String, BenchFailed> {
        for sql in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
            query(sqlx::AssertSqlSafe(sql)).execute(&mut *admin).await?;
        }
        let (place, options) = self.setting.postgres.split_once('?').unwrap_or((&self.setting.postgres, ""));
        let server = place.rsplit_once('/').map_or(place, |(server, _)| server);
        Ok(format!("{server}/{name}?{options}"))
    }
}

impl Service {
    /// What was answered must be there.
    fn must_have_stored(&self, stored: i64) -> Result<(), BenchFailed> {
        let enough = usize::try_from(stored).is_ok_and(|stored| stored >= self.answered);
        if enough { Ok(()) } else { Err(BenchFailed::Lost { answered: self.answered, stored }) }
    }
}

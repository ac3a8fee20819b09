//! What people type: `kuaichu serve`, `migrate`, `seed`, `openapi`, `fsck`, `verify`, `rules check`, `user add`.

use std::{
    error::Error,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use app::{City, NewStaff};
use chrono::TimeDelta;
use clap::{Parser, Subcommand, ValueEnum};
use domain::{
    identifiers::{DistrictCode, PersonName, Username},
    ports::Clock as _,
};
use evidence::{IntakeLimits, PhotoIntake};
use store::AccountProfile;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    api,
    clock::SystemClock,
    log, logging, problem,
    ruling::{self, RulesCommand},
    settings::Settings,
    startup::{self, Service},
    verifying::{Verify, verify},
};

/// Remote handling of minor road accidents.
#[derive(Debug, Parser)]
#[command(name = "kuaichu", version, about)]
pub struct Cli {
    /// Configuration file; `kuaichu.toml` is read if it is there.
    #[arg(long, global = true, env = "KUAICHU_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests until SIGTERM or SIGINT.
    Serve,
    /// Bring the database schema up to date.
    Migrate,
    /// Set a city up from a file: districts, points, staff, insurers.
    Seed {
        /// The city, such as deploy/demo/zibo.toml.
        file: PathBuf,
    },
    /// Write the API description into a folder, or check that it is up to date.
    Openapi {
        /// Only compare; exit with an error when they differ.
        #[arg(long)]
        check: bool,
        /// The folder.
        #[arg(default_value = "api-spec")]
        folder: PathBuf,
    },
    /// Check states, hashes, orphaned files, the journal and the log.
    Fsck {
        /// A checkpoint of the log that was kept outside: everything before it must still be as it was.
        #[arg(long)]
        checkpoint: Option<PathBuf>,
        /// Mend first what can be mended without a doubt: make missing copies of photos again, put back what is
        /// needed, set orphaned files aside. Nothing that a case names is touched.
        #[arg(long)]
        repair: bool,
        /// Leave orphaned files alone that are younger than so many hours: their case may be on its way.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..))]
        grace_hours: u16,
    },
    /// Check a court pack offline: needs no settings, no database and no clock.
    Verify(Verify),
    /// Rule files: what holds when, and what a draft would have changed.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Put parked messages back into the queue, after what refused them was mended.
    Retry,
    /// Staff accounts.
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a member of staff. The password is read from standard input.
    Add {
        /// Signs in with this.
        username: Username,
        /// What the account may act as.
        #[arg(long)]
        role: StaffRole,
        /// The person's name.
        #[arg(long)]
        name: PersonName,
        /// The officer's number.
        #[arg(long, required_if_eq("role", "officer"))]
        badge: Option<String>,
        /// Districts in which an officer may act.
        #[arg(long = "district", required_if_eq("role", "officer"))]
        districts: Vec<DistrictCode>,
        /// An officer of the unit above, who reviews determinations (R146 §74).
        #[arg(long)]
        reviews: bool,
    },
    /// Switch an account off; it is refused at its next request.
    Disable {
        /// Which.
        username: Username,
    },
    /// Switch an account on again.
    Enable {
        /// Which.
        username: Username,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StaffRole {
    Officer,
    Supervisor,
    Administrator,
}

type Outcome = Result<(), Box<dyn Error>>;

/// Runs what was typed.
pub async fn run(cli: Cli) -> Outcome {
    match cli.command {
        Command::Openapi { check, folder } => describe(&folder, check),
        Command::Verify(asked) => verify(&asked),
        Command::Rules(RulesCommand::Check { folder: Some(folder) }) => ruling::check(Some(&folder)),
        command => {
            let settings = Settings::load(cli.config.as_deref(), std::env::vars())?;
            logging::install(settings.log_level)?;
            with_settings(command, &settings).await
        }
    }
}

async fn with_settings(command: Command, settings: &Settings) -> Outcome {
    match command {
        Command::Serve => serve(settings).await,
        Command::Migrate => Ok(startup::prepare(settings).await?),
        Command::Seed { file } => seed(settings, &file).await,
        Command::Fsck { checkpoint, repair, grace_hours } => {
            fsck(settings, checkpoint.as_deref(), repair.then_some(grace_hours)).await
        }
        Command::User(command) => user(settings, command).await,
        Command::Retry => retry(settings).await,
        Command::Rules(command) => rules(settings, command).await,
        Command::Openapi { check, folder } => describe(&folder, check),
        Command::Verify(asked) => verify(&asked),
    }
}

async fn service(settings: &Settings) -> Result<Service, Box<dyn Error>> {
    startup::prepare(settings).await?;
    Ok(startup::build(settings, &settings.addresses(settings.server.bind)).await?)
}

#[expect(clippy::print_stdout, reason = "the line that says where the service listens")]
async fn serve(settings: &Settings) -> Outcome {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let running = startup::start(settings).await?;
    println!("kuaichu listens on http://{}", running.address);
    tracing::info!(address = %running.address, "ready");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
async fn seed(settings: &Settings, file: &Path) -> Outcome {
    let city =
        City::parse(&std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?)?;
    let seeded = service(settings).await?.app.seed(city).await?;
    println!("{} districts, {} points, {} new accounts", seeded.districts, seeded.points, seeded.accounts);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
async fn fsck(settings: &Settings, pinned: Option<&Path>, repair_after_hours: Option<u16>) -> Outcome {
    let store = store::Store::open(&settings.database).await?;
    let objects = startup::objects(settings).await?;
    if let Some(hours) = repair_after_hours {
        let photos = PhotoIntake::new(Arc::clone(&objects), IntakeLimits::default(), 1);
        let grace = TimeDelta::hours(hours.into());
        for done in app::repair(&store, objects.as_ref(), &photos, SystemClock.now(), grace).await? {
            println!("{done}");
        }
    }
    let check = app::check(&store, objects.as_ref()).await?;
    for orphan in &check.orphans {
        println!("orphan: {orphan}");
    }
    let log = fsck_log(settings, &store, pinned).await?;
    let faults = check.faults.iter().chain(&log.faults);
    for fault in faults.clone() {
        println!("fault: {fault}");
    }
    println!("log: {} leaves, {} checkpoints, {} entries to come", log.leaves, log.checkpoints, log.waiting);
    println!(
        "{} cases, {} journal entries, {} files: {} faults, {} orphans",
        check.cases,
        check.entries,
        check.files,
        faults.clone().count(),
        check.orphans.len()
    );
    if faults.count() == 0 { Ok(()) } else { Err("the check found faults".into()) }
}

async fn fsck_log(
    settings: &Settings,
    store: &store::Store,
    pinned: Option<&Path>,
) -> Result<app::LogCheck, Box<dyn Error>> {
    let read =
        |path: &Path| std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let pinned = pinned.map(read).transpose()?;
    let key = log::key(&settings.log, &settings.addresses(settings.server.bind).public_url)?;
    if pinned.is_some() && key.is_none() {
        return Err("a checkpoint is checked by the key of the log, which is not there".into());
    }
    let known = app::KnownLog { key: key.as_ref(), pinned: pinned.as_deref() };
    Ok(app::check_log(store, known, SystemClock.now()).await?)
}

async fn rules(settings: &Settings, command: RulesCommand) -> Outcome {
    match command {
        RulesCommand::Check { folder } => {
            ruling::check(folder.or_else(|| settings.rules_folder.clone()).as_deref())
        }
        RulesCommand::Replay { rules, since, until } => ruling::replay(settings, &rules, since, until).await,
    }
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
async fn retry(settings: &Settings) -> Outcome {
    let store = store::Store::open(&settings.database).await?;
    println!("{} messages are tried again", store.retry_parked(SystemClock.now()).await?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
async fn user(settings: &Settings, command: UserCommand) -> Outcome {
    let app = service(settings).await?.app;
    match command {
        UserCommand::Add { username, role, name, badge, districts, reviews } => {
            let mut password = String::new();
            std::io::stdin().read_to_string(&mut password)?;
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            if password.chars().count() < 12 {
                return Err("the password must have at least 12 characters".into());
            }
            let profile = match role {
                StaffRole::Officer => AccountProfile::Officer {
                    name,
                    badge: badge.unwrap_or_default(),
                    districts,
                    related_plates: Vec::new(),
                    reviews,
                },
                StaffRole::Supervisor => AccountProfile::Supervisor { name },
                StaffRole::Administrator => AccountProfile::Administrator { name },
            };
            let staff = NewStaff { username, profile, password, totp_secret: None };
            println!("one-time code secret for the authenticator: {}", app.add_staff(staff).await?);
        }
        UserCommand::Disable { username } => app.set_staff_active(&username, false).await?,
        UserCommand::Enable { username } => app.set_staff_active(&username, true).await?,
    }
    Ok(())
}

/// The generated files of `api-spec/`: name and content.
fn description() -> Result<[(&'static str, String); 2], Box<dyn Error>> {
    Ok([("openapi.json", api::document().to_pretty_json()? + "\n"), ("errors.json", problem::catalogue())])
}

fn describe(folder: &Path, check: bool) -> Outcome {
    let mut stale = Vec::new();
    for (name, content) in description()? {
        let path = folder.join(name);
        if !check {
            std::fs::create_dir_all(folder)?;
            std::fs::write(&path, content)?;
        } else if std::fs::read_to_string(&path).ok().as_ref() != Some(&content) {
            stale.push(path.display().to_string());
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("not up to date: {}; run `cargo run -p kuaichu -- openapi`", stale.join(", ")).into())
    }
}

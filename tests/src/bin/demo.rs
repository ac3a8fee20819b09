//! `cargo xtask demo`: a whole city on this machine, and two accidents in it, told as they happen.

use std::{
    collections::BTreeMap,
    env, fs, future,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

use clap::Parser;
use serde_json::json;
use tests::{
    play::{Cast, Outcome, play},
    programs::Programs,
    service::Database,
    timeline::{Language, StepFailed, Telling, Timeline, Words},
    town::Town,
    trouble::Trouble,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

const CITY: &str = "deploy/demo/zibo.toml";
const MACHINE: Words = ["本机", "this machine"];

/// Plays two accidents through the service and stays up for you to look around.
#[derive(Debug, Parser)]
#[command(name = "demo", version)]
struct Arguments {
    /// End after the two accidents, with one JSON object as the last line.
    #[arg(long)]
    once: bool,
    /// Folder with the programs kuaichu and kuaichu-sandbox; the folder of this program when left out.
    #[arg(long)]
    programs: Option<PathBuf>,
    /// The repository; this folder when left out.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Write addresses and access tokens of every role to this file once both accidents are over.
    #[arg(long)]
    session: Option<PathBuf>,
    /// Use this empty PostgreSQL database instead of SQLite.
    #[arg(long)]
    postgres: Option<String>,
    /// Tell it in Chinese (zh) or English (en); as `LANG` says when left out.
    #[arg(long, value_parser = ["zh", "en"])]
    language: Option<String>,
}

impl Arguments {
    fn language(&self) -> Language {
        let name = self.language.clone().or_else(|| env::var("LANG").ok()).unwrap_or_default();
        if name.starts_with("zh") { Language::Chinese } else { Language::English }
    }
}

/// Why the demo ended early.
#[derive(Debug, thiserror::Error)]
enum DemoFailed {
    #[error("the step failed: {0}")]
    Step(Box<StepFailed>),
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error("stopped before both accidents were over")]
    Stopped,
    #[error("cannot {0}: {1}")]
    Io(&'static str, #[source] std::io::Error),
}

impl From<StepFailed> for DemoFailed {
    fn from(failed: StepFailed) -> Self {
        Self::Step(Box::new(failed))
    }
}

fn io(doing: &'static str) -> impl FnOnce(std::io::Error) -> DemoFailed {
    move |source| DemoFailed::Io(doing, source)
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything lies in a folder that is deleted at the end, unless a step fails.
async fn run(arguments: &Arguments) -> Result<(), DemoFailed> {
    let mut terminate = signal(SignalKind::terminate()).map_err(io("listen for SIGTERM"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(io("listen for SIGINT"))?;
    let folder = tempfile::Builder::new().prefix("kuaichu-demo-").tempdir();
    let folder = folder.map_err(io("make a temporary folder"))?;
    let outcome = tokio::select! {
        outcome = demo(arguments, folder.path()) => outcome,
        _ = terminate.recv() => return stopped(arguments.once),
        _ = interrupt.recv() => return stopped(arguments.once),
    };
    let (town, outcome) = match outcome {
        Ok(played) => played,
        Err(error) => {
            eprintln!("demo: data and logs are left in {}", folder.keep().display());
            return Err(error);
        }
    };
    if !arguments.once {
        tokio::select! {
            () = stay(&town, arguments.language()) => {}
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
    town.stop().await?;
    if arguments.once {
        println!("{}", serde_json::to_string(&outcome).unwrap_or_default());
    }
    Ok(())
}

/// Somebody ended the demo before its end. Whoever waits for its last line must not take that for success.
fn stopped(once: bool) -> Result<(), DemoFailed> {
    if once { Err(DemoFailed::Stopped) } else { Ok(()) }
}

async fn demo(arguments: &Arguments, folder: &Path) -> Result<(Town, Outcome), DemoFailed> {
    let language = arguments.language();
    let programs = match &arguments.programs {
        Some(folder) => Programs::in_folder(folder.canonicalize().map_err(io("find the programs"))?),
        None => Programs::find().map_err(Trouble::from)?,
    };
    let city =
        arguments.root.join(CITY).canonicalize().map_err(io("find deploy/demo/zibo.toml below --root"))?;
    let database = arguments.postgres.clone().map_or(Database::Embedded, Database::Postgres);
    let mut timeline = Timeline::new(move |telling| show(language, &telling));
    timeline.chapter(["准备：一座演示城市（淄博）", "First: a demo city (Zibo)"]);
    let town = Town::start(&programs, &city, folder, &database, &mut timeline).await?;
    let cast = Cast::new(&town.city, 1)?;
    let outcome = play(&town, &mut timeline, &cast).await?;
    timeline.chapter(["最后：检查", "Last: checks"]);
    let secrets = cast.secrets();
    let check = town.check(&secrets);
    let what = [
        "日志无错误、无个人信息；核对数据库、文件与日志链",
        "logs: no error, nothing personal; fsck of all data",
    ];
    let checked = timeline.step(MACHINE, what, check).await?;
    timeline.note(["核对", "fsck"], checked.trim());
    if let Some(path) = &arguments.session {
        let write = async { write_session(&town, &cast.a.openid, path).await };
        timeline
            .step(MACHINE, ["以每种角色登录并记下令牌", "signs in as every role and keeps the tokens"], write)
            .await?;
    }
    Ok((town, outcome))
}

fn show(language: Language, telling: &Telling) {
    match telling {
        Telling::Chapter(title) => println!("\n== {} ==", language.of(*title)),
        Telling::Goes { who, what, so_far } => {
            eprintln!("           … {}: {} ({} s)", language.of(*who), language.of(*what), so_far.as_secs());
        }
        Telling::Done { at, who, what, took } => {
            let (who, what) = (padded(language.of(*who), 18), padded(language.of(*what), 58));
            println!("{}  {who}{what}{:>7.2} s", clock(*at), took.as_secs_f64());
        }
        Telling::Note { about, value } => println!("{:29}{}: {value}", "", language.of(*about)),
    }
}

/// Minutes and seconds since the beginning.
fn clock(at: Duration) -> String {
    format!("{:02}:{:04.1}", at.as_secs() / 60, at.as_secs_f64() % 60.0)
}

/// Filled up with blanks to `columns` of a terminal, in which a Chinese character takes two.
fn padded(text: &str, columns: usize) -> String {
    let taken: usize = text.chars().map(|letter| if letter >= '\u{2e80}' { 2 } else { 1 }).sum();
    format!("{text}{}", " ".repeat(columns.saturating_sub(taken).max(1)))
}

/// Prints what one needs to look around; again, with fresh one-time codes, whenever somebody presses Enter.
async fn stay(town: &Town, language: Language) {
    // A thread of its own: the end of the demo does not wait for a key.
    let (entered, mut enters) = mpsc::unbounded_channel();
    thread::spawn(move || {
        let lines = std::io::stdin().lines().map_while(Result::ok);
        lines.map(|_| ()).try_for_each(|()| entered.send(()))
    });
    loop {
        print_addresses(town, language);
        if enters.recv().await.is_none() {
            return future::pending().await;
        }
    }
}

fn print_addresses(town: &Town, language: Language) {
    let base = town.api.base();
    println!(
        "\n== {} ==",
        language.of(["演示继续运行，按 Ctrl-C 结束", "The demo stays up; Ctrl-C ends it"])
    );
    for (name, address) in [
        (["接口文档", "API page"], format!("{base}/docs/")),
        (["接口", "API"], format!("{base}/api/v1/")),
        (["指标", "metrics"], format!("{base}/metrics")),
        (["替身", "sandbox"], town.sandbox().address().to_owned()),
        (["数据与日志", "data and logs"], town.installation.log().display().to_string()),
    ] {
        println!("{}{address}", padded(language.of(name), 18));
    }
    let what = [
        "登录（动态口令每30秒更换，按回车刷新）",
        "Sign-in (one-time codes change every 30 s; Enter shows new ones)",
    ];
    println!("{}", language.of(what));
    for staff in town.staff() {
        if let Ok((password, code)) = town.credentials(&staff) {
            println!(
                "  {}{}{}{code}",
                padded(staff.role, 16),
                padded(&staff.username, 16),
                padded(&password, 26)
            );
        }
    }
    let what = ["驾驶人：先取微信登录码", "Drivers: get a WeChat code first"];
    let mint = "curl -H 'content-type: application/json' -d '{\"openid\":\"o-me\"}'";
    println!("{}: {mint} {}/sandbox/wechat/codes", language.of(what), town.sandbox().address());
}

/// Writes `{"base_url": …, "tokens": {"driver": …}}` whole or not at all.
async fn write_session(town: &Town, driver: &str, path: &Path) -> Result<(), Trouble> {
    let mut tokens = BTreeMap::new();
    tokens.insert("driver", town.sign_in_driver(driver).await?);
    tokens.insert("insurer", town.sign_in_insurer("PICC").await?);
    for staff in town.staff() {
        if !tokens.contains_key(staff.role) {
            tokens.insert(staff.role, town.sign_in_staff(&staff.username).await?);
        }
    }
    let tokens: BTreeMap<_, _> = tokens.iter().map(|(role, session)| (role, session.token())).collect();
    let text = json!({ "base_url": town.api.base(), "tokens": tokens }).to_string();
    let draft = path.with_extension("draft");
    let written = fs::write(&draft, text).and_then(|()| fs::rename(&draft, path));
    written.map_err(|error| Trouble::not_so(format!("cannot write the session file: {error}")))
}

//! Uploads per second and memory: drivers who report cases and send four photos to each, beside the same bytes sent to a
//! bare handler.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{
    BenchFailed, Setting,
    drivers::Surroundings,
    figures::{Figures, Line, head},
    intake::{Bench, Service},
    meter::Meter,
    reports::Reports,
    scenery::told_apart,
};
use crate::{
    client::{Api, CallFailed, Session},
    programs::Server,
    service::Database,
};

/// Drivers at once.
const CLIENTS: usize = 32;
/// What a driver takes of one case.
const SLOTS: [&str; 4] = ["front_oblique", "rear_oblique", "impact", "plate"];

/// Who takes the photos.
#[derive(Clone)]
enum Taker {
    /// The service: signed in, a case, multipart, header checks, database, examination.
    Service(Arc<Surroundings>),
    /// The bytes and nothing else.
    Bare(String),
}

/// Measures both in turn and prints.
pub(super) async fn beside_bare_handler(
    setting: &Setting,
    folder: &Path,
    photos: Vec<Vec<u8>>,
) -> Result<(), BenchFailed> {
    let bench = Bench::new(setting, folder)?;
    let service = bench.service("uploads", &Database::Embedded).await?;
    let bare = start_bare(&bench, folder).await?;
    let photos = Arc::new(photos);
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    for round in 1..=bench.rounds() {
        eprintln!("uploads, {CLIENTS} clients, round {round} of {} …", bench.rounds());
        let taker = Taker::Service(Arc::clone(&service.around));
        ours.add(measure(&bench, &service.server, &taker, &photos).await?);
        settle(&service).await?;
        let taker = Taker::Bare(bare.address().to_owned());
        theirs.add(measure(&bench, &bare, &taker, &photos).await?);
    }
    println!("\nuploads of photos of 12 megapixels; RSS: the most there ever was");
    println!("{}", head().replace("cases/s", "photos/s").replace("/case", "/photo"));
    let reference = Some(theirs.rate());
    let line =
        |who: &str, figures, reference| Line { who: who.to_owned(), clients: CLIENTS, figures, reference };
    println!("{}", line("kuaichu, examined behind the answer", ours, reference));
    println!("{}", line("a bare handler", theirs, None));
    service.server.stop().await?;
    Ok(bare.kill().await?)
}

async fn start_bare(bench: &Bench<'_>, folder: &Path) -> Result<Server, BenchFailed> {
    let kept = folder.join("bare-uploads");
    fs::create_dir(&kept)?;
    let mut command = bench.programs.command("bench")?;
    command.arg("bare-uploads").arg("--folder").arg(&kept);
    Ok(Server::start("bare", command, &folder.join("bare-uploads.log")).await?)
}

/// Waits until the service has examined what it took: the other one must not share the processors with that.
async fn settle(service: &Service) -> Result<(), BenchFailed> {
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut before = Meter::read(service.server.id())?.processor;
    while Instant::now() < deadline {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = Meter::read(service.server.id())?.processor;
        if now.saturating_sub(before) < Duration::from_millis(100) {
            break;
        }
        before = now;
    }
    Ok(())
}

async fn measure(
    bench: &Bench<'_>,
    server: &Server,
    taker: &Taker,
    photos: &Arc<Vec<Vec<u8>>>,
) -> Result<Figures, BenchFailed> {
    drive(taker, photos, bench.warm_up()).await?;
    let before = Meter::read(server.id())?;
    let mut figures = drive(taker, photos, bench.time()).await?;
    let after = Meter::read(server.id())?;
    figures.processor = after.processor.saturating_sub(before.processor);
    figures.memory = after.peak;
    Ok(figures)
}

async fn drive(taker: &Taker, photos: &Arc<Vec<Vec<u8>>>, time: Duration) -> Result<Figures, BenchFailed> {
    let mut driving = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..CLIENTS {
        let (taker, photos) = (taker.clone(), Arc::clone(photos));
        driving.spawn(async move {
            match taker {
                Taker::Service(around) => send_to_service(&around, &photos, begun, time).await,
                Taker::Bare(address) => send_to_bare(&address, &photos, begun, time).await,
            }
        });
    }
    let mut figures = Figures::default();
    while let Some(took) = driving.join_next().await {
        figures.latencies.extend(took.map_err(std::io::Error::from)??);
    }
    figures.time = begun.elapsed();
    Ok(figures)
}

/// No two photos that are sent are the same.
fn next_photo(photos: &[Vec<u8>]) -> Vec<u8> {
    let mark = rand::random::<u128>();
    let chosen = usize::try_from(mark % 1_000_003).unwrap_or(0) % photos.len().max(1);
    photos.get(chosen).map(|photo| told_apart(photo, mark)).unwrap_or_default()
}

async fn send_to_service(
    around: &Surroundings,
    photos: &[Vec<u8>],
    begun: Instant,
    time: Duration,
) -> Result<Vec<Duration>, BenchFailed> {
    let api = Api::new(&around.service).map_err(std::io::Error::other)?;
    let mut took = Vec::new();
    while begun.elapsed() < time {
        let session = sign_in(&api, around).await?;
        let case = session.report_case(Reports::ordinary()).await?;
        for slot in SLOTS {
            let photo = next_photo(photos);
            let sent = Instant::now();
            session.upload_photo(case.text("/id")?, slot, photo).await?;
            took.push(sent.elapsed());
        }
    }
    Ok(took)
}

async fn sign_in(api: &Api, around: &Surroundings) -> Result<Session, CallFailed> {
    let openid = format!("o{:027x}", rand::random::<u128>() >> 20);
    api.wechat_sign_in(&around.sandbox.mint_code(&openid)).await
}

async fn send_to_bare(
    address: &str,
    photos: &[Vec<u8>],
    begun: Instant,
    time: Duration,
) -> Result<Vec<Duration>, BenchFailed> {
    let client = reqwest::Client::new();
    let mut took = Vec::new();
    while begun.elapsed() < time {
        let photo = next_photo(photos);
        let sent = Instant::now();
        let answer = client.post(address).body(photo).send().await.map_err(std::io::Error::other)?;
        if answer.status() != 201 {
            return Err(BenchFailed::Refused { operation: "bare", status: answer.status().as_u16() });
        }
        took.push(sent.elapsed());
    }
    Ok(took)
}

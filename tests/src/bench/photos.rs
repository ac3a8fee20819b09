//! `bench photos`: processor time of the whole intake of a photo (hash, header, EXIF, two copies, perceptual hash,
//! quality), beside libvips making the two copies alone; then uploads per second.

use std::{
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use evidence::{FolderStore, IntakeLimits, PhotoIntake, Received};
use futures_util::stream;
use image::{DynamicImage, GrayImage};
use tokio::process::Command;

use super::{
    BenchFailed, Setting,
    likeness::{reduced, ssim},
    meter::Meter,
    scenery,
    uploads::beside_bare_handler,
};

const DRIVER: &str = "tests/src/bench/vips.c";
/// The library by its file, which needs no package for developers.
const LIBRARIES: [&str; 2] = ["-l:libvips.so.42", "-l:libgobject-2.0.so.0"];
/// Bytes of one chunk of an upload.
const CHUNK: usize = 64 << 10;

/// Measures and prints.
pub async fn photos(setting: &Setting) -> Result<(), BenchFailed> {
    let folder = tempfile::Builder::new().prefix("kuaichu-bench-").tempdir_in("/var/tmp")?;
    let count = if setting.quick { 3 } else { 8 };
    eprintln!("drawing {count} photos of 12 megapixels …");
    let photos = (0..count).map(scenery::photo).collect::<Result<Vec<_>, _>>()?;
    beside_vips(setting, folder.path(), &photos).await?;
    beside_bare_handler(setting, folder.path(), photos).await
}

/// Processor time of one way and what its copies are like.
#[derive(Debug, Default)]
struct Way {
    processor: Duration,
    photos: u32,
    ssim: Vec<f64>,
    bytes: usize,
}

impl Way {
    fn milliseconds(&self) -> f64 {
        self.processor.as_secs_f64() * 1e3 / f64::from(self.photos.max(1))
    }

    /// Compares a viewing copy with the reduced original.
    fn judge(&mut self, view: &[u8], whole: &DynamicImage) -> Result<(), BenchFailed> {
        let view = shown(view)?;
        self.ssim.push(ssim(&view.1, &reduced(whole, &view.1)));
        self.bytes += view.0;
        Ok(())
    }

    fn line(&self, who: &str, reference: f64) -> String {
        let count = f64::from(u32::try_from(self.ssim.len()).unwrap_or(u32::MAX).max(1));
        let ssim = self.ssim.iter().sum::<f64>() / count;
        let worst = self.ssim.iter().copied().fold(f64::INFINITY, f64::min);
        let kilobytes = self.bytes / 1000 / self.ssim.len().max(1);
        format!(
            "{who:<44}{:>10.1}{:>10.2}{ssim:>12.4}{worst:>12.4}{kilobytes:>10}",
            self.milliseconds(),
            self.milliseconds() / reference
        )
    }
}

fn shown(jpeg: &[u8]) -> Result<(usize, GrayImage), BenchFailed> {
    let view = image::load_from_memory(jpeg).map_err(|error| BenchFailed::Photo(error.to_string()))?;
    Ok((jpeg.len(), view.into_luma8()))
}

async fn beside_vips(setting: &Setting, folder: &Path, photos: &[Vec<u8>]) -> Result<(), BenchFailed> {
    let vips = Vips::build(setting, folder, photos).await?;
    let (mut ours, mut theirs) = (Way::default(), Way::default());
    let rounds = if setting.quick { 2 } else { 5 };
    let mut taken = Vec::new();
    for round in 1..=rounds {
        eprintln!("processor time, round {round} of {rounds} …");
        // A new folder each time: a photo that is known already is not written again.
        let intake = open(&folder.join(format!("photos-{round}"))).await?;
        let photos_in_round = u32::try_from(photos.len()).unwrap_or(u32::MAX);
        warm_up(&intake).await?;
        let before = Meter::read(Some(std::process::id()))?;
        taken = take_all(&intake, photos).await?;
        ours.processor += Meter::read(Some(std::process::id()))?.processor.saturating_sub(before.processor);
        ours.photos += photos_in_round;
        theirs.processor += vips.run().await?;
        theirs.photos += photos_in_round;
    }
    let intake = open(&folder.join(format!("photos-{rounds}"))).await?;
    for (number, (photo, received)) in photos.iter().zip(&taken).enumerate() {
        let whole = image::load_from_memory(photo).map_err(|error| BenchFailed::Photo(error.to_string()))?;
        let view = intake.open_view(received.digest).await;
        ours.judge(&view.map_err(|error| BenchFailed::Photo(error.to_string()))?, &whole)?;
        theirs.judge(&fs::read(vips.folder.join(format!("view-{number}.jpg")))?, &whole)?;
    }
    let megabytes = photos.iter().map(Vec::len).sum::<usize>() / photos.len().max(1) / 1000;
    println!("\n{} photos of 12 megapixels, {megabytes} kB each, {rounds} times", photos.len());
    println!(
        "{:<44}{:>10}{:>10}{:>12}{:>12}{:>10}",
        "", "CPU ms", "ratio", "SSIM mean", "SSIM worst", "view kB"
    );
    let reference = theirs.milliseconds();
    println!("{}", ours.line("kuaichu: the whole intake, all of the above", reference));
    println!("{}", theirs.line("libvips: the two copies alone", reference));
    Ok(())
}

async fn open(folder: &Path) -> Result<PhotoIntake, BenchFailed> {
    let store = FolderStore::open(folder).await.map_err(|error| BenchFailed::Photo(error.to_string()))?;
    Ok(PhotoIntake::new(Arc::new(store), IntakeLimits::default(), 1))
}

/// Once unmeasured, as libvips has it too.
async fn warm_up(intake: &PhotoIntake) -> Result<(), BenchFailed> {
    let other = scenery::photo(u64::MAX)?;
    take_all(intake, &[other]).await.map(drop)
}

async fn take_all(intake: &PhotoIntake, photos: &[Vec<u8>]) -> Result<Vec<Received>, BenchFailed> {
    let mut taken = Vec::new();
    for photo in photos {
        let chunks = photo.chunks(CHUNK).map(|chunk| Ok::<_, Infallible>(Bytes::copy_from_slice(chunk)));
        let received = intake.receive(stream::iter(chunks)).await;
        let received = received.map_err(|error| BenchFailed::Photo(error.to_string()))?;
        let examination = intake.examine(received.digest).await;
        let examination = examination.map_err(|error| BenchFailed::Photo(error.to_string()))?;
        if !examination.is_readable() || examination.perceptual.is_none() || examination.quality.is_none() {
            return Err(BenchFailed::Photo("it was not examined".to_owned()));
        }
        taken.push(received);
    }
    Ok(taken)
}

/// The program that calls libvips, and its photos as files.
struct Vips {
    program: PathBuf,
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Vips {
    async fn build(setting: &Setting, folder: &Path, photos: &[Vec<u8>]) -> Result<Self, BenchFailed> {
        let program = folder.join("vips");
        let mut compiler = Command::new("cc");
        compiler.arg("-O2").arg("-o").arg(&program).arg(setting.root.join(DRIVER)).args(LIBRARIES);
        if !compiler.status().await?.success() {
            return Err(BenchFailed::Vips("its driver cannot be built: is libvips42 installed?".to_owned()));
        }
        let out = folder.join("vips-copies");
        fs::create_dir(&out)?;
        let mut files = Vec::new();
        for (number, photo) in photos.iter().enumerate() {
            let file = folder.join(format!("photo-{number}.jpg"));
            fs::write(&file, photo)?;
            files.push(file);
        }
        Ok(Self { program, folder: out, files })
    }

    /// Makes all copies; gives the processor time.
    async fn run(&self) -> Result<Duration, BenchFailed> {
        let mut command = Command::new(&self.program);
        // More threads cost it more processor time.
        command.arg(&self.folder).args(&self.files).env("VIPS_CONCURRENCY", "1");
        let output = command.output().await?;
        let printed = String::from_utf8_lossy(&output.stdout);
        match printed.trim().parse() {
            Ok(microseconds) if output.status.success() => Ok(Duration::from_micros(microseconds)),
            _ => Err(BenchFailed::Vips(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
        }
    }
}

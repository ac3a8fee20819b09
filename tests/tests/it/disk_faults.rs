//! Disks under photos that fill up or lose power: what was confirmed is there bit for bit, what was not is refused
//! for now, and the service heals by itself.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tests::{
    client::{CallFailed, Session},
    service::{Database, Installation},
};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    accident,
    rig::{Place, Rig, alone},
};

/// Runs a program quietly; whether it went well.
fn done(program: &str, words: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A file system of its own; unmounted when dropped.
struct Disk {
    folder: TempDir,
    /// The file that it lies in, if it is not in memory.
    image: Option<PathBuf>,
}

impl Disk {
    /// In memory; `None` where this process may not mount.
    fn in_memory() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("kuaichu-disk-").tempdir().unwrap();
        let path = folder.path().display().to_string();
        let disk = Self { folder, image: None };
        done("mount", &["-t", "tmpfs", "-o", "size=16m", "tmpfs", &path]).then_some(disk)
    }

    /// In a file; `None` where this process may not mount, or without the tools.
    fn in_a_file(kind: &str) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("kuaichu-disk-").tempdir().unwrap();
        let image = std::env::temp_dir().join(format!("kuaichu-{kind}-{:08x}", rand::random::<u32>()));
        fs::File::create(&image).unwrap().set_len(400 << 20).unwrap();
        let disk = Self { folder, image: Some(image.clone()) };
        let tools = done("xfs_io", &["-V"]);
        (tools && done(&format!("mkfs.{kind}"), &["-q", &image.display().to_string()]) && disk.mount())
            .then_some(disk)
    }

    fn mount(&self) -> bool {
        let image = self.image.as_ref().unwrap().display().to_string();
        done("mount", &["-o", "loop", &image, &self.path().display().to_string()])
    }

    /// Everything that was not synced is lost; then the power is back.
    fn cut_power(&self) {
        let path = self.path().display().to_string();
        assert!(done("xfs_io", &["-x", "-c", "shutdown", &path]), "the power is cut");
        assert!(done("umount", &[&path]));
        assert!(self.mount(), "the disk comes back");
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        done("umount", &["--lazy", &self.path().display().to_string()]);
        if let Some(image) = &self.image {
            drop(fs::remove_file(image));
        }
    }
}

/// Has the service keep its photos in this folder.
fn keep_photos_in(installation: &Installation, folder: &Path) {
    let file = installation.configuration();
    let mut settings: toml::Table = fs::read_to_string(&file).unwrap().parse().unwrap();
    let photos = settings["photos"].as_table_mut().unwrap();
    photos.insert("directory".to_owned(), folder.join("photos").display().to_string().into());
    fs::write(file, settings.to_string()).unwrap();
}

async fn with_photos_on(disk: &Disk) -> Rig {
    let place = Place::new(&Database::Embedded, 0).await;
    keep_photos_in(&place.installation, disk.path());
    place.open().await
}

async fn new_case(by: &Session) -> String {
    by.send(&accident::report()).await.unwrap().text("/id").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_the_photos_refuses_them_lets_everything_else_go_on_and_heals_twenty_times() {
    let _turn = alone().await;
    let Some(disk) = Disk::in_memory() else {
        eprintln!("not run: mounting a small disk needs root");
        return;
    };
    let rig = with_photos_on(&disk).await;
    let driver = rig.people.driver("o-1").await;
    let case = new_case(&driver).await;
    let (mut confirmed, mut healed): (Vec<(String, Vec<u8>)>, _) = (Vec::new(), Duration::ZERO);
    for cycle in 0..20 {
        let ballast = disk.path().join("ballast");
        // `dd` fills what is left and fails with "no space left".
        assert!(!done("dd", &["if=/dev/zero", "bs=4k", &format!("of={}", ballast.display())]));
        let bytes = accident::photo(cycle);
        let refused = driver.upload_photo(&case, "other", bytes.clone()).await;
        assert!(matches!(refused, Err(CallFailed::Refused { status: 503 | 507, .. })), "{refused:?}");
        driver.get_case(&case).await.expect("cases are read");
        driver.send(&accident::report()).await.expect("cases are reported");
        for (id, bytes) in &confirmed {
            let stored = driver.get_photo(&case, id, "original").await.expect("photos are read");
            assert!(stored.bytes == *bytes);
        }
        fs::remove_file(&ballast).unwrap();
        let freed = Instant::now();
        let answer = loop {
            match driver.upload_photo(&case, "other", bytes.clone()).await {
                Ok(answer) => break answer,
                Err(failed) => assert!(freed.elapsed() < Duration::from_secs(10), "it heals: {failed}"),
            }
            sleep(Duration::from_millis(20)).await;
        };
        healed = healed.max(freed.elapsed());
        confirmed.push((answer.text("/photo/id").unwrap().to_owned(), bytes));
    }
    println!("20 times full, healed within {healed:?}");
    rig.end_sound().await;
}

/// How often the power is cut on each kind of file system.
const CUTS: u64 = 20;
/// Drivers who upload at the same time.
const UPLOADERS: u64 = 4;

async fn every_confirmed_photo_survives_power_cuts(kind: &str) {
    let _turn = alone().await;
    let Some(disk) = Disk::in_a_file(kind) else {
        eprintln!("not run: mounting a disk in a file needs root and xfsprogs");
        return;
    };
    let mut rig = with_photos_on(&disk).await;
    let mut confirmed: Vec<Vec<u8>> = Vec::new();
    for cut in 0..CUTS {
        let mut uploading = JoinSet::new();
        for uploader in 0..UPLOADERS {
            let driver = rig.people.driver(&format!("o-{uploader}")).await;
            let case = new_case(&driver).await;
            uploading.spawn(async move {
                let mut stored = Vec::new();
                for number in 0..20 {
                    let bytes = accident::photo((cut * UPLOADERS + uploader) * 100 + number);
                    match driver.upload_photo(&case, "other", bytes.clone()).await {
                        Ok(_) => stored.push(bytes),
                        Err(CallFailed::Unanswered { .. }) => break,
                        Err(failed) => panic!("{failed}"),
                    }
                }
                stored
            });
        }
        sleep(Duration::from_millis(60 + cut * 13 % 100)).await;
        rig.kill().await;
        disk.cut_power();
        confirmed.extend(uploading.join_all().await.into_iter().flatten());
        for bytes in &confirmed {
            let name = hex::encode(Sha256::digest(bytes));
            let file = disk.path().join("photos/original").join(&name[..2]).join(&name);
            assert!(
                fs::read(&file).is_ok_and(|stored| stored == *bytes),
                "cut {cut}: a confirmed photo is short"
            );
        }
        rig.serve().await;
    }
    println!("{CUTS} cuts on {kind}, {} confirmed photos, all there", confirmed.len());
    assert!(confirmed.len() >= 40, "the power was cut at work: {}", confirmed.len());
    rig.end_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_confirmed_photo_survives_power_cuts_on_ext4() {
    every_confirmed_photo_survives_power_cuts("ext4").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_confirmed_photo_survives_power_cuts_on_xfs() {
    every_confirmed_photo_survives_power_cuts("xfs").await;
}

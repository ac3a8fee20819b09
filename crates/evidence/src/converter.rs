//! HEIC by another program: `heif-convert` runs as a process of its own, with limits on its time, memory and output, so
//! that a fault in a decoder of video is not a fault in the service.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use domain::evidence::Unreadable;
use tokio::process::Command;

/// JPEG quality of what is handed on; the viewing copy is made from it.
const QUALITY: &str = "92";

/// A program that turns `in.heic` into `out.jpg`, upright.
#[derive(Debug, Clone)]
pub struct HeicConverter {
    /// Its name or path.
    pub program: PathBuf,
    /// How long it may take, and how much processor time.
    pub time: Duration,
    /// Most bytes of its address space.
    pub memory: u64,
    /// Most bytes of a file that it writes.
    pub output: u64,
}

impl Default for HeicConverter {
    /// `heif-convert` of libheif, 20 seconds, 2 GiB of address space (mostly never touched), 64 MiB.
    fn default() -> Self {
        Self {
            program: "heif-convert".into(),
            time: Duration::from_secs(20),
            memory: 2 << 30,
            output: 64 << 20,
        }
    }
}

impl HeicConverter {
    /// Gives the picture as a JPEG. The process is killed when the time is over or nobody waits any more.
    pub(crate) async fn convert(&self, heic: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let folder = tempfile::tempdir().map_err(|_| Unreadable::NoDecoder)?;
        tokio::fs::write(folder.path().join("in.heic"), heic).await.map_err(|_| Unreadable::NoDecoder)?;
        let run = tokio::time::timeout(self.time, self.command(folder.path()).status());
        let status = run.await.map_err(|_| Unreadable::NoDecoder)?.map_err(|_| Unreadable::NoDecoder)?;
        match status.code() {
            Some(0) => {}
            // 126 and 127: there is no such program. No code: a limit, or a crash.
            Some(126 | 127) | None => return Err(Unreadable::NoDecoder),
            Some(_) => return Err(Unreadable::Damaged),
        }
        // With more than one picture in the file, the first is the primary one.
        for name in ["out.jpg", "out-1.jpg"] {
            if let Ok(jpeg) = tokio::fs::read(folder.path().join(name)).await {
                return Ok(jpeg);
            }
        }
        Err(Unreadable::Damaged)
    }

    /// Limits and priority are set by programs that then become the converter.
    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new("nice");
        command.args(["-n", "10", "prlimit", "--core=0", "--nofile=64"]);
        command.arg(format!("--as={}", self.memory)).arg(format!("--fsize={}", self.output));
        command.arg(format!("--cpu={}", self.time.as_secs().max(1)));
        command.arg("--").arg(&self.program).args(["-q", QUALITY, "in.heic", "out.jpg"]);
        command.current_dir(folder).kill_on_drop(true);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

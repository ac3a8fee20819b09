//! A bomb's refusal takes hardly any memory; alone in its file because it reads the memory of the whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code outside of test functions")]

#[path = "evidence/samples.rs"]
#[allow(dead_code, reason = "one test needs few of the samples")]
mod samples;

use samples::{new_intake, upload};

/// The most memory the process ever held, in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn bombs_are_refused_without_taking_memory_for_their_pixels() {
    let (_folder, intake) = new_intake().await;
    intake.receive(upload(&samples::jpeg(64, 64))).await.unwrap();
    let bombs = samples::bombs();
    let before = peak_memory();
    for (name, bomb) in bombs {
        assert!(intake.receive(upload(&bomb)).await.is_err(), "{name}");
    }
    let grown = peak_memory() - before;
    assert!(grown < 64 * 1024, "{grown} KiB");
}

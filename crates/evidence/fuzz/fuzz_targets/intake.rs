//! Any bytes at all, received and examined: nothing may panic outside of what is caught, hang, or fail for another
//! reason than the bytes. With `cargo-fuzz` installed, from `crates/evidence`:
//!
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none intake fuzz/corpus/intake tests/samples`
#![no_main]

use std::{convert::Infallible, sync::LazyLock};

use bytes::Bytes;
use evidence::{FolderStore, HeicConverter, IntakeError, IntakeLimits, PhotoIntake};
use futures_util::stream;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Small limits, so that what is slow is so by a fault and not by its size.
const LIMITS: IntakeLimits = IntakeLimits { bytes: 1 << 20, side: 2000, pixels: 1_000_000, memory: 32 << 20 };

static INTAKE: LazyLock<(Runtime, TempDir, PhotoIntake)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    // In memory where there is such a folder: nothing here needs to survive.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
    let store = runtime.block_on(FolderStore::open(folder.path())).expect("a store");
    let intake = PhotoIntake::new(std::sync::Arc::new(store), LIMITS, 1);
    let no_program = HeicConverter { program: "no-such-program-anywhere".into(), ..HeicConverter::default() };
    (runtime, folder, intake.with_converter(no_program))
});

fuzz_target!(|bytes: &[u8]| {
    let (runtime, _folder, intake) = &*INTAKE;
    let body = stream::iter([Ok::<_, Infallible>(Bytes::copy_from_slice(bytes))]);
    runtime.block_on(async {
        match intake.receive(body).await {
            Ok(received) => {
                intake.examine(received.digest).await.expect("an examination");
                intake.remove(received.digest).await.expect("a store that removes");
            }
            Err(refused) => assert!(!matches!(refused, IntakeError::Store(_)), "{refused:?}"),
        }
    });
});

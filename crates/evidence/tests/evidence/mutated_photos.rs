//! Good photos, broken in random ways: whatever comes out is refused for its bytes, or kept and examined. The fuzz target
//! in `fuzz/` looks for the same without end.

use std::time::{Duration, Instant};

use evidence::{HeicConverter, IntakeError, PhotoIntake};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::Index,
    test_runner::{Config, TestRunner},
};

use crate::samples::{self, new_intake, upload};

/// One way to break a file.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(Index, u8),
    Overwrite(Index, [u8; 4]),
    Remove(Index, usize),
    Repeat(Index, usize),
    Insert(Index, Vec<u8>),
    Cut(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let extremes =
        prop_oneof![Just([0xff; 4]), Just([0; 4]), Just([0x7f, 0xff, 0xff, 0xff]), any::<[u8; 4]>()];
    prop_oneof![
        4 => (any::<Index>(), 1..=u8::MAX).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        4 => (any::<Index>(), extremes).prop_map(|(at, bytes)| Mutation::Overwrite(at, bytes)),
        2 => (any::<Index>(), 1..64_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        2 => (any::<Index>(), 1..400_usize).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        2 => (any::<Index>(), vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        1 => any::<Index>().prop_map(Mutation::Cut),
    ]
}

/// Half of all changes fall into the first 256 bytes, where the headers are.
fn place(at: &Index, length: usize) -> usize {
    let wide = at.index(2 * length.max(1));
    if wide < length { wide } else { wide % length.clamp(1, 256) }
}

fn mutated(mut bytes: Vec<u8>, mutations: &[Mutation]) -> Vec<u8> {
    for mutation in mutations {
        let length = bytes.len();
        match mutation {
            _ if length == 0 => {}
            Mutation::Flip(at, bits) => bytes[place(at, length)] ^= bits,
            Mutation::Overwrite(at, value) => {
                let at = place(at, length);
                let end = (at + 4).min(length);
                bytes[at..end].copy_from_slice(&value[..end - at]);
            }
            Mutation::Remove(at, count) => {
                let at = place(at, length);
                bytes.drain(at..(at + count).min(length));
            }
            Mutation::Repeat(at, count) => {
                let at = place(at, length);
                let copy = bytes[at..(at + count).min(length)].to_vec();
                bytes.splice(at..at, copy);
            }
            Mutation::Insert(at, value) => {
                let at = place(at, length);
                bytes.splice(at..at, value.iter().copied());
            }
            Mutation::Cut(at) => bytes.truncate(place(at, length)),
        }
    }
    bytes
}

async fn take(intake: &PhotoIntake, bytes: &[u8]) {
    match intake.receive(upload(bytes)).await {
        Ok(received) => {
            intake.examine(received.digest).await.unwrap();
            assert!(intake.remove(received.digest).await.unwrap());
        }
        Err(refused) => {
            assert!(
                !matches!(refused, IntakeError::Store(_) | IntakeError::Interrupted { .. }),
                "{refused:?}"
            );
        }
    }
}

#[test]
fn photos_broken_at_random_are_refused_or_kept_and_examined() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_folder, intake) = runtime.block_on(new_intake());
    let no_program = HeicConverter { program: "no-such-program-anywhere".into(), ..HeicConverter::default() };
    let intake = intake.with_converter(no_program);
    let photos = [
        samples::with_tiff(&samples::jpeg(48, 32), &samples::camera_exif(true)),
        samples::progressive_jpeg(48, 32),
        samples::png(40, 24),
        samples::webp(40, 24),
        samples::HEIC.to_vec(),
    ];
    let cases = (0..photos.len(), vec(mutation(), 1..8));
    let mut runner = TestRunner::new(Config { cases: 600, failure_persistence: None, ..Config::default() });
    runner
        .run(&cases, |(photo, mutations)| {
            let bytes = mutated(photos[photo].clone(), &mutations);
            let start = Instant::now();
            runtime.block_on(take(&intake, &bytes));
            // Generous: a file of a few kilobytes has no way to cost seconds.
            assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
            Ok(())
        })
        .unwrap();
}

//! `cargo xtask bench NAME`: measures the service, beside the database alone.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tests::bench::{BareUploads, BenchFailed, Setting, bare_uploads, intake, photos};

/// Measures the service on this machine, beside the database alone doing the same work.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Cases reported per second.
    Intake(Setting),
    /// Processor time of a photo, beside libvips; uploads per second, beside a bare handler.
    Photos(Setting),
    /// What uploads are measured against: a handler that streams, hashes and syncs; started by `photos`.
    #[command(hide = true)]
    BareUploads(BareUploads),
}

/// One thread: the measuring must leave the machine to what is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse().what).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(what: What) -> Result<(), BenchFailed> {
    match what {
        What::Intake(setting) => intake(&setting).await,
        What::Photos(setting) => photos(&setting).await,
        What::BareUploads(setting) => bare_uploads(setting).await,
    }
}

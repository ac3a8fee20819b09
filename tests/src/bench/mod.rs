//! Benchmarks: how much the service does on this machine, beside the database alone doing the same work.
//!
//! Every run of the service alternates with a run of what it is held against, so that both see the same machine.

mod figures;
mod meter;
mod reports;
mod wire;

mod sample;

mod bare_loop;
mod drivers;
mod pgbench;

mod intake;

mod likeness;
mod photos;
mod scenery;

mod bare_uploads;
mod uploads;

use std::path::PathBuf;

pub use bare_uploads::{BareUploads, bare_uploads};
pub use intake::intake;
pub use photos::photos;

use crate::{client::CallFailed, programs::ProcessFailed, trouble::Trouble};

/// What to measure with, where, and for how long.
#[derive(Debug, Clone, clap::Args)]
pub struct Setting {
    /// Folder with the program kuaichu.
    #[arg(long)]
    pub programs: PathBuf,
    /// The repository.
    #[arg(long, default_value = ".")]
    pub root: PathBuf,
    /// Address of a database on a PostgreSQL server where databases may be made.
    #[arg(long)]
    pub postgres: String,
    /// The program pgbench.
    #[arg(long, default_value = "pgbench")]
    pub pgbench: PathBuf,
    /// Short runs: to see that it works, and a first impression.
    #[arg(long)]
    pub quick: bool,
    /// How many clients at once.
    #[arg(long, value_delimiter = ',', default_value = "1,8,32")]
    pub clients: Vec<usize>,
    /// Seconds of one run; 10 when left out, 3 when quick.
    #[arg(long)]
    pub seconds: Option<u64>,
    /// Measure only on this database.
    #[arg(long, value_parser = ["postgres", "sqlite"])]
    pub only: Option<String>,
    /// Cases that are reported with one sign-in.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub cases_per_sign_in: u32,
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchFailed {
    /// The service refused what it should take.
    #[error("{operation} was refused with {status}")]
    Refused {
        /// Which operation.
        operation: &'static str,
        /// HTTP status.
        status: u16,
    },
    /// The service is no longer there.
    #[error("the service is gone")]
    Gone,
    /// The service wrote other rows than expected.
    #[error("the service did not write two cases")]
    Unlike,
    /// Cases were answered and are not in the database.
    #[error("{answered} cases were answered and only {stored} are stored")]
    Lost {
        /// Answered with 201.
        answered: usize,
        /// Found afterwards.
        stored: i64,
    },
    /// `pgbench` failed.
    #[error("pgbench: {0}")]
    Pgbench(String),
    /// The intake did not take or show what it should.
    #[error("photo: {0}")]
    Photo(String),
    /// libvips, which is measured against, failed.
    #[error("libvips: {0}")]
    Vips(String),
    /// A file, a connection, a process.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The database that is held against.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// An operation of the service failed.
    #[error(transparent)]
    Call(#[from] CallFailed),
    /// The service did not come up.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl From<ProcessFailed> for BenchFailed {
    fn from(error: ProcessFailed) -> Self {
        Self::Trouble(error.into())
    }
}

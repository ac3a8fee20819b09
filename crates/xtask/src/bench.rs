//! `cargo xtask bench NAME`: a release build, a durable PostgreSQL, and the program that measures; for the rules of
//! liability their own, which need neither service nor database.

use std::process::ExitCode;

use crate::{
    place::{Place, Profile},
    postgres::{Durability, Postgres},
    process::{self, Trouble},
    setup,
};

/// The benchmark that measures beside libvips.
const PHOTOS: &str = "photos";

/// The benchmark that compares the rules of liability with what the law says in written fact patterns.
const LIABILITY: &str = "liability";

/// The benchmark that needs neither service nor database.
const DOCUMENTS: &str = "documents";

/// Runs one benchmark; what it measures and prints is its own.
pub(crate) fn run(name: &str, rest: &[String]) -> Result<ExitCode, Trouble> {
    let place = Place::find()?;
    setup::compiler()?;
    if name == LIABILITY {
        process::run(&mut place.cargo(&["bench", "--quiet", "-p", "domain", "--bench", LIABILITY]))?;
        return Ok(ExitCode::SUCCESS);
    }
    if name == DOCUMENTS {
        eprintln!("building for release …");
        let words = ["run", "--release", "-q", "-p", "documents", "--example", "cost", "--"];
        process::run(place.cargo(&words).args(rest))?;
        return Ok(ExitCode::SUCCESS);
    }
    if name == PHOTOS {
        setup::vips()?;
    }
    eprintln!("building for release (a quarter of an hour the first time) …");
    let words = ["build", "--release", "-p", "kuaichu", "-p", "sandbox", "-p", "tests", "--bins"];
    process::run(place.cargo(&words).args(setup::fast_photos()))?;
    eprintln!("starting a PostgreSQL that keeps what it answers …");
    let postgres = Postgres::start(Durability::Durable)?;
    let programs = place.programs(Profile::Release);
    let mut bench = process::tied("TERM", programs.join("bench"));
    bench.current_dir(place.root()).arg(name);
    bench.arg("--programs").arg(&programs).arg("--root").arg(place.root());
    bench.arg("--postgres").arg(postgres.address("postgres")).arg("--pgbench").arg(postgres.pgbench());
    process::run(bench.args(rest))?;
    Ok(ExitCode::SUCCESS)
}

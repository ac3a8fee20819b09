//! `cargo xtask`: the commands people type. Each one gets what it needs (tools, a throw-away PostgreSQL), says
//! what it is doing while it does it, and ends non-zero naming the step that failed.

mod architecture;
mod bench;
mod demo;
mod place;
mod postgres;
mod process;
mod python;
mod schemathesis;
mod setup;
mod steps;
mod suite;
mod upload_clients;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::process::Trouble;

/// Build, show and test Kuaichu (快处).
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays two accidents through a freshly started service and stays up to be looked at.
    Demo {
        /// End after the two accidents; the last line is one JSON object with the results.
        #[arg(long)]
        once: bool,
    },
    /// Everything that must hold before a change lands.
    Test,
    /// Only what needs no run: formatting, architecture, lints, licences.
    Check,
    /// Installs the programs that tests call and that are not there yet.
    Tools,
    /// Known vulnerabilities in the dependencies; needs a network that reaches the advisory database.
    Advisories,
    /// Runs a command, such as `cargo test -p store`, beside a throw-away PostgreSQL; without one, prints its
    /// address and keeps it until interrupted.
    Postgres {
        /// The command and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Measures one path under load, in release, beside what the database alone can do.
    Bench {
        /// Which path, such as `intake`; `liability` compares the rules with what the law says in fact patterns.
        name: String,
        /// Passed on to the benchmark.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo { once } => demo::run(once),
        Command::Test => Ok(suite::test()),
        Command::Check => Ok(suite::check()),
        Command::Tools => suite::tools(),
        Command::Advisories => suite::advisories(),
        Command::Postgres { command } => suite::beside_postgres(&command),
        Command::Bench { name, rest } => bench::run(&name, &rest),
    };
    outcome.unwrap_or_else(report)
}

fn report(trouble: Trouble) -> ExitCode {
    eprintln!("xtask: {trouble}");
    ExitCode::FAILURE
}

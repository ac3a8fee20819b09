//! `cargo xtask test`, `check` and `advisories`: what must hold, in order, each as one step.

use std::process::{Command, ExitCode};

use crate::{
    architecture, demo,
    place::{Place, Profile},
    postgres::{Durability, Postgres},
    process::{Trouble, run},
    schemathesis, setup,
    steps::Steps,
};

/// How many steps [`static_checks`] runs, with finding the repository.
const STATIC_STEPS: usize = 5;

/// Everything.
pub(crate) fn test() -> ExitCode {
    let mut steps = Steps::new(STATIC_STEPS + 6);
    let place = static_checks(&mut steps);
    let place = place.as_ref();
    let built = steps.run_with("build", place, |place| demo::build(place).map(|()| place));
    let postgres = steps.run("start a throw-away PostgreSQL", || Postgres::start(Durability::Fast));
    steps.run_with("tests", built.zip(postgres.as_ref()), |(place, postgres)| tests(place, postgres));
    drop(postgres);
    steps.run_with("API description", built, api_description);
    steps.run_with("requests made up from the API description", built, schemathesis::run);
    steps.run_with("demo", built, demo::play_once);
    steps.close()
}

/// What needs no run.
pub(crate) fn check() -> ExitCode {
    let mut steps = Steps::new(STATIC_STEPS);
    static_checks(&mut steps);
    steps.close()
}

fn static_checks(steps: &mut Steps) -> Option<Place> {
    let place = steps.run("tools", || setup::compiler().and_then(|()| Place::find()));
    let here = place.as_ref();
    steps.run_with("formatting", here, |place| run(&mut place.cargo(&["fmt", "--all", "--check"])));
    steps.run_with("architecture", here, architecture::check);
    steps.run_with("licences, bans and sources", here, |place| deny(place, &["licenses", "bans", "sources"]));
    steps.run_with("lints", here, |place| {
        run(&mut place.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    });
    place
}

/// Known vulnerabilities. Apart from the rest, because the database of them must be fetched and changes by
/// itself: run it on a schedule.
pub(crate) fn advisories() -> Result<ExitCode, Trouble> {
    deny(&Place::find()?, &["advisories"]).map(|()| ExitCode::SUCCESS)
}

fn deny(place: &Place, what: &[&str]) -> Result<(), Trouble> {
    let program = setup::cargo_deny(place)?;
    let mut command = Command::new(program);
    command.current_dir(place.root()).args(["--workspace", "--locked", "check", "--hide-inclusion-graph"]);
    run(command.args(what))
}

/// Unit, property and service tests; those of the database find the server by its address.
fn tests(place: &Place, postgres: &Postgres) -> Result<(), Trouble> {
    let mut command = place.cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.env("KUAICHU_TEST_POSTGRES", postgres.address("postgres"));
    command.env("KUAICHU_PROGRAMS", place.programs(Profile::Debug));
    run(&mut command)
}

/// What the code says about its API is what is committed.
fn api_description(place: &Place) -> Result<(), Trouble> {
    let mut command = Command::new(place.programs(Profile::Debug).join("kuaichu"));
    run(command.current_dir(place.root()).args(["openapi", "--check", "api-spec"]))
}

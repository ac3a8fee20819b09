//! `cargo xtask test`, `check` and `advisories`: what must hold, in order, each as one step.

use std::process::{Command, ExitCode};

use crate::{
    architecture, demo,
    place::{Place, Profile},
    postgres::{Durability, Postgres},
    process::{Trouble, run},
    schemathesis, setup,
    steps::Steps,
    upload_clients,
};

/// How many steps [`static_checks`] runs, with finding the repository.
const STATIC_STEPS: usize = 5;

/// The address of a server where tests may create databases.
const POSTGRES: &str = "KUAICHU_TEST_POSTGRES";
/// The folder with the programs `kuaichu` and `kuaichu-sandbox`.
const PROGRAMS: &str = "KUAICHU_PROGRAMS";
/// The database that is there from the start.
const ADMIN: &str = "postgres";

/// Everything.
pub(crate) fn test() -> ExitCode {
    let mut steps = Steps::new(STATIC_STEPS + 7);
    let place = static_checks(&mut steps);
    let place = place.as_ref();
    let built = steps.run_with("build", place, |place| demo::build(place).map(|()| place));
    let programs = steps.run_with("programs that tests call", place, programs_of_tests);
    let postgres = steps.run("start a throw-away PostgreSQL", || Postgres::start(Durability::Fast));
    let ready = built.zip(programs).zip(postgres.as_ref());
    steps.run_with("tests", ready, |((place, ()), postgres)| tests(place, postgres));
    drop(postgres);
    steps.run_with("API description", built, api_description);
    steps.run_with("requests made up from the API description", built, schemathesis::run);
    steps.run_with("demo", built, demo::play_once);
    steps.close()
}

/// Only the programs that tests call.
pub(crate) fn tools() -> Result<ExitCode, Trouble> {
    programs_of_tests(&Place::find()?).map(|()| ExitCode::SUCCESS)
}

fn programs_of_tests(place: &Place) -> Result<(), Trouble> {
    setup::test_programs()?;
    upload_clients::install(place).map(drop)
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
    steps.run_with("formatting", here, formatting);
    steps.run_with("architecture", here, architecture::check);
    steps.run_with("licences, bans and sources", here, |place| deny(place, &["licenses", "bans", "sources"]));
    steps.run_with("lints", here, |place| {
        let mut command = place.cargo(&["clippy", "--workspace", "--all-targets"]);
        run(command.args(setup::fast_photos()).args(["--", "-D", "warnings"]))
    });
    place
}

/// Names the files that `cargo fmt` would change.
fn formatting(place: &Place) -> Result<(), Trouble> {
    run(&mut place.cargo(&["fmt", "--all", "--", "--check", "-l"]))
        .map_err(|_| Trouble::new("run `cargo fmt --all` to format the files above"))
}

/// Known vulnerabilities. Apart from the rest, because the database of them must be fetched and changes by
/// itself: run it on a schedule.
pub(crate) fn advisories() -> Result<ExitCode, Trouble> {
    deny(&Place::find()?, &["advisories"]).map(|()| ExitCode::SUCCESS)
}

/// For single tests by hand: what the step `tests` gives to all of them.
pub(crate) fn beside_postgres(words: &[String]) -> Result<ExitCode, Trouble> {
    let place = Place::find()?;
    let mut postgres = Postgres::start(Durability::Fast)?;
    let Some((program, arguments)) = words.split_first() else {
        println!("export {POSTGRES}='{}'", postgres.address(ADMIN));
        return postgres.wait().map(|()| ExitCode::SUCCESS);
    };
    run(told(Command::new(program).args(arguments), &place, &postgres)).map(|()| ExitCode::SUCCESS)
}

/// Tells a test program what it cannot find by itself.
fn told<'a>(command: &'a mut Command, place: &Place, postgres: &Postgres) -> &'a mut Command {
    command.env(POSTGRES, postgres.address(ADMIN)).env(PROGRAMS, place.programs(Profile::Debug))
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
    run(told(command.args(setup::fast_photos()), place, postgres))
}

/// What the code says about its API is what is committed.
fn api_description(place: &Place) -> Result<(), Trouble> {
    let mut command = Command::new(place.programs(Profile::Debug).join("kuaichu"));
    run(command.current_dir(place.root()).args(["openapi", "--check", "api-spec"]))
}

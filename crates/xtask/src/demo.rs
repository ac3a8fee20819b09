//! `cargo xtask demo`: builds, then hands over to the program that plays the two accidents.

use std::{
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use crate::{
    place::{Place, Profile},
    process::{self, Trouble, While},
    setup,
};

/// Builds and becomes the demo; comes back only when that cannot be started.
pub(crate) fn run(once: bool) -> Result<ExitCode, Trouble> {
    let place = Place::find()?;
    setup::compiler()?;
    // On stderr, like cargo's own progress: what the demo prints stays alone on stdout.
    eprintln!("building the service, the sandbox and the demo (some minutes the first time) …");
    build(&place)?;
    let mut demo = Command::new(place.programs(Profile::Debug).join("demo"));
    demo.args(arguments(&place));
    if once {
        demo.arg("--once");
    }
    Err(demo.exec()).while_doing("start the demo")
}

/// All programs of the workspace, unoptimised.
pub(crate) fn build(place: &Place) -> Result<(), Trouble> {
    process::run(place.cargo(&["build", "--workspace", "--bins"]).args(setup::fast_photos()))
}

/// Plays both accidents and ends.
pub(crate) fn play_once(place: &Place) -> Result<(), Trouble> {
    process::run(start(place).arg("--once"))
}

/// The demo as a process that ends with us.
pub(crate) fn start(place: &Place) -> Command {
    let mut demo = process::tied("TERM", place.programs(Profile::Debug).join("demo"));
    demo.args(arguments(place)).current_dir(place.root());
    demo
}

/// Where the demo finds the programs that it starts, and the repository.
fn arguments(place: &Place) -> [std::ffi::OsString; 4] {
    let programs = place.programs(Profile::Debug);
    ["--programs".into(), programs.into(), "--root".into(), place.root().into()]
}

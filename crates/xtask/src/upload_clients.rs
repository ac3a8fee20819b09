//! The clients with which people upload large files (tuspy and tus-js-client), for the tests that upload by them.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    place::Place,
    process::{Trouble, While, run},
    python, setup,
};

/// Pinned, as the JavaScript client is by its lock file.
const PYTHON: &str = "tuspy==1.1.0";
/// What pins the JavaScript client, beside the scripts that use it.
const PINS: [&str; 2] = ["package.json", "package-lock.json"];

/// The folder of both clients, installed once into the tools folder.
pub(crate) fn install(place: &Place) -> Result<PathBuf, Trouble> {
    let folder = place.tools().join("tus-clients");
    let scripts = place.root().join("tests").join("clients");
    let pins =
        PINS.map(|name| fs::read_to_string(scripts.join(name)).while_doing(format_args!("read {name}")));
    let [package, lock] = pins;
    let wanted = format!("{PYTHON}\n{}{}", package?, lock?);
    // Written last: an installation that was interrupted, or is of other versions, begins again.
    let complete = folder.join("complete");
    if fs::read_to_string(&complete).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    println!("      the upload clients are missing: installing them once …");
    if folder.exists() {
        fs::remove_dir_all(&folder).while_doing("remove the old upload clients")?;
    }
    let python = folder.join("python");
    python::make_environment(&python)?;
    run(Command::new(python.join("bin").join("pip")).args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--prefer-binary",
        PYTHON,
    ]))?;
    let javascript = folder.join("javascript");
    fs::create_dir_all(&javascript).while_doing("make the folder of the JavaScript client")?;
    for name in PINS {
        fs::copy(scripts.join(name), javascript.join(name)).while_doing(format_args!("copy {name}"))?;
    }
    if setup::find("npm").is_none() {
        setup::install(&["nodejs", "npm"], "npm")?;
    }
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"])
        .current_dir(&javascript))?;
    fs::write(&complete, wanted).while_doing("mark the upload clients as installed")?;
    Ok(folder)
}

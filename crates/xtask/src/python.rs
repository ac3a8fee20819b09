//! Python environments of our own, such as that of schemathesis: nothing is installed into the system's Python.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    place::Place,
    process::{Trouble, While, read, run},
    setup,
};

/// Pinned: a new version brings new checks, and a build must not change its mind overnight.
const SCHEMATHESIS: &str = "4.32.5";

/// The program `schemathesis`, installed once into the tools folder.
pub(crate) fn schemathesis(place: &Place) -> Result<PathBuf, Trouble> {
    let folder = place.tools().join(format!("schemathesis-{SCHEMATHESIS}"));
    let program = folder.join("bin").join("schemathesis");
    // Written last: an installation that was interrupted begins again.
    let complete = folder.join("complete");
    if complete.exists() && setup::is_program(&program) {
        return Ok(program);
    }
    println!("      schemathesis is missing: installing it once …");
    make_environment(&folder)?;
    run(Command::new(folder.join("bin").join("pip"))
        .args(["install", "--quiet", "--disable-pip-version-check", "--prefer-binary"])
        .arg(format!("schemathesis=={SCHEMATHESIS}")))?;
    fs::write(&complete, "").while_doing("mark schemathesis as installed")?;
    Ok(program)
}

/// Makes an empty Python environment in `folder`.
pub(crate) fn make_environment(folder: &PathBuf) -> Result<(), Trouble> {
    if folder.exists() {
        fs::remove_dir_all(folder).while_doing("remove a half-made Python environment")?;
    }
    if setup::find("python3").is_none() {
        setup::install(&["python3", "python3-venv"], "Python")?;
    }
    let probe = "import sys; print(sys.version_info >= (3, 10))";
    if read(Command::new("python3").args(["-c", probe]))?.trim() != "True" {
        return Err(Trouble::new("Python 3.10 or newer is needed as python3"));
    }
    // Debian keeps this part of Python in a package of its own.
    if read(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_err() {
        setup::install(&["python3-venv"], "Python's venv")?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))
}

//! Tools from the system: found, or installed where we may, or named in one clear line.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    place::Place,
    process::{Trouble, read, run},
};

const CARGO_DENY: &str = "0.20.2";

/// The program `name` in PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

/// Whether `path` is a file that may be run.
pub(crate) fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Whether we are root.
pub(crate) fn is_root() -> bool {
    read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Installs Debian packages as root; otherwise says what to install. `why` names what is missing.
pub(crate) fn install(packages: &[&str], why: &str) -> Result<(), Trouble> {
    let list = packages.join(" ");
    let by_hand = || Trouble::new(format!("{why} is missing: install it (Debian: apt-get install {list})"));
    if find("apt-get").is_none() || !is_root() {
        return Err(by_hand());
    }
    println!("      {why} is missing: installing {list} …");
    run(apt().args(["update", "-qq"]))?;
    run(apt().args(["install", "-y", "-qq"]).args(packages).stdout(Stdio::null())).map_err(|_| by_hand())
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The C compiler that some dependencies are built with.
pub(crate) fn compiler() -> Result<(), Trouble> {
    if find("cc").is_some() { Ok(()) } else { install(&["gcc", "libc6-dev"], "a C compiler") }
}

/// The library that photos are measured against.
pub(crate) fn vips() -> Result<(), Trouble> {
    if find("vips").is_some() { Ok(()) } else { install(&["libvips-tools"], "libvips") }
}

/// Switches on the service's faster way with photos.
const FAST_PHOTOS: &[&str] = &["--features", "kuaichu/turbojpeg"];

/// Words for cargo that switch on the faster way with photos, where its C library can be built; otherwise none, and the
/// way that needs nothing is taken.
pub(crate) fn fast_photos() -> &'static [&'static str] {
    let missing: Vec<_> = ["cmake", "nasm"].into_iter().filter(|program| find(program).is_none()).collect();
    let ready = missing.is_empty() || install(&missing, &missing.join(" and ")).is_ok();
    if ready {
        return FAST_PHOTOS;
    }
    println!("      {} missing: photos will be decoded the slower way", missing.join(" and "));
    &[]
}

/// Programs that tests call, and the Debian packages that hold them.
const TEST_PROGRAMS: &[(&str, &[&str])] = &[
    ("chromedriver", &["chromium-driver"]),
    ("chromium", &["chromium"]),
    ("heif-convert", &["libheif-examples"]),
    ("mkfs.xfs", &["xfsprogs"]),
    ("nginx", &["nginx-light"]),
    ("node", &["nodejs"]),
    ("npm", &["npm"]),
    ("openssl", &["openssl"]),
];

/// Installs the programs that tests call and that are not there yet, in one go.
pub(crate) fn test_programs() -> Result<(), Trouble> {
    let missing = TEST_PROGRAMS.iter().filter(|(program, _)| find_anywhere(program).is_none());
    let (names, packages): (Vec<&str>, Vec<&[&str]>) = missing.copied().unzip();
    if names.is_empty() { Ok(()) } else { install(&packages.concat(), &names.join(", ")) }
}

/// A program in PATH or where Debian keeps programs for administrators, which PATH need not name.
fn find_anywhere(name: &str) -> Option<PathBuf> {
    let administrators = ["/usr/sbin", "/sbin"].map(|folder| Path::new(folder).join(name));
    find(name).or_else(|| administrators.into_iter().find(|path| is_program(path)))
}

/// `cargo-deny`, built once into the tools folder.
pub(crate) fn cargo_deny(place: &Place) -> Result<PathBuf, Trouble> {
    let program = place.tools().join("bin").join("cargo-deny");
    if !is_program(&program) {
        println!("      cargo-deny is missing: building it once, about five minutes …");
        let root = place.tools().to_string_lossy().into_owned();
        let package = format!("cargo-deny@{CARGO_DENY}");
        run(&mut place.cargo(&["install", "--quiet", &package, "--locked", "--root", &root]))?;
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_the_path_and_nothing_else_is() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program-anywhere").is_none());
        assert!(!is_program(Path::new("/etc/passwd")) && !is_program(Path::new("/")));
    }
}

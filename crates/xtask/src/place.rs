//! Where things are: the repository, what cargo builds, the tools we install.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::process::{Trouble, While, cargo, read};

/// The build profiles that commands here use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

/// The folders of this repository.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    root: PathBuf,
    target: PathBuf,
}

impl Place {
    pub(crate) fn find() -> Result<Self, Trouble> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .map(Path::to_path_buf)
            .ok_or_else(|| Trouble::new("the repository is not where this command was built"))?;
        let metadata =
            read(cargo().current_dir(&root).args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: serde_json::Value =
            serde_json::from_str(&metadata).while_doing("read what cargo metadata prints")?;
        let target = metadata
            .get("target_directory")
            .and_then(serde_json::Value::as_str)
            .ok_or_else(|| Trouble::new("cargo metadata names no target directory"))?;
        Ok(Self { root, target: target.into() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where `cargo build` leaves programs.
    pub(crate) fn programs(&self, profile: Profile) -> PathBuf {
        self.target.join(match profile {
            Profile::Debug => "debug",
            Profile::Release => "release",
        })
    }

    /// Where tools that only tests need are installed, once.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// `cargo` in the root.
    pub(crate) fn cargo(&self, words: &[&str]) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root).args(words);
        command
    }
}

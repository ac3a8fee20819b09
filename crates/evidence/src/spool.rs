//! The local folder of a store in which bytes gather before they have a name, cleaned of what a crash left.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use crate::{staging::Staging, store::StoreError};

const STAGING: &str = "staging";
const LOCK: &str = "staging.lock";

/// A staging folder. Held shared as long as it lives: nobody else may clean it meanwhile.
pub(crate) struct Spool {
    staging: PathBuf,
    _lock: File,
}

impl Spool {
    /// Makes the folder inside `root` (readable by the service only) if needed, and removes what a crash left
    /// there, unless another process is using it right now. Blocks.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let staging = root.join(STAGING);
        make_folder(&staging)?;
        let lock = File::options().create(true).append(true).open(root.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => clean(&staging)?,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        lock.lock_shared()?;
        Ok(Self { staging, _lock: lock })
    }

    /// Opens a staging file.
    pub(crate) async fn stage(&self) -> Result<Staging, StoreError> {
        Staging::in_folder(&self.staging).await
    }
}

/// Makes a folder and those above it, readable by the service only.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o750).create(folder)
}

/// Has the names in a folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn clean(staging: &Path) -> io::Result<()> {
    for entry in fs::read_dir(staging)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

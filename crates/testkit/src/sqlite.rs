//! SQLite: migrated once per process, then copied.

use std::path::Path;

use store::Location;
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// The migrated file; kept as bytes, so that nothing is left on disk when the process ends.
static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();

/// A folder of its own for each test: SQLite puts files beside its file.
#[derive(Debug)]
pub(crate) struct SqliteFile {
    folder: TempDir,
}

impl SqliteFile {
    pub(crate) fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("kuaichu-sqlite-").tempdir();
        Self { folder: folder.expect("a temporary folder") }
    }

    pub(crate) async fn migrated() -> Self {
        let file = Self::empty();
        let template = TEMPLATE.get_or_init(template).await;
        std::fs::write(file.path(), template).expect("a file in a temporary folder");
        file
    }

    pub(crate) fn location(&self) -> Location {
        Location::Sqlite(self.path())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("kuaichu.db")
    }
}

async fn template() -> Vec<u8> {
    let file = SqliteFile::empty();
    store::migrate(&file.location()).await.expect("migrations that run on an empty SQLite database");
    let left = file.folder().join("kuaichu.db-wal");
    let written = std::fs::metadata(left).map_or(0, |data| data.len());
    assert_eq!(written, 0, "migrating left its last writes in the write-ahead log");
    std::fs::read(file.path()).expect("the migrated file")
}

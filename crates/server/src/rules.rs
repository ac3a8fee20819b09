//! The rules of the service: those that came with it, and the files of a city's folder laid over them.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use domain::{
    calendar::Calendar,
    rules::{RuleFaults, Rulebook},
};

/// Why there are no rules: one line each.
#[derive(Debug, thiserror::Error)]
pub enum RulesUnusable {
    /// The folder cannot be read.
    #[error("rules.folder: cannot read {0}: {1}")]
    Folder(PathBuf, #[source] std::io::Error),
    /// A file cannot be read, or is not text.
    #[error("{0}: cannot be read as text: {1}")]
    File(PathBuf, #[source] std::io::Error),
    /// The files are wrong.
    #[error(transparent)]
    Faults(#[from] RuleFaults),
}

/// Reads and checks the rules. Of the folder every file counts whose name ends in `.toml`; how they are called is said
/// at the head of `domain/src/rules/reading.rs`.
pub fn open(folder: Option<&Path>) -> Result<Rulebook, RulesUnusable> {
    let files = folder.map_or_else(|| Ok(Vec::new()), files)?;
    Ok(Rulebook::read(files)?)
}

/// Why working days may be counted wrongly soon: the notice of a year's holidays is missing.
pub fn missing_notice(calendar: &Calendar, today: NaiveDate) -> Option<String> {
    let year = calendar.missing_notice(today)?;
    Some(format!(
        "the holidays of {year} are not known, its weekends alone count as days off: put calendar-{year}.toml with the \
         State Council's notice into rules.folder"
    ))
}

/// The rule files of a folder, by name, in the order of their names.
fn files(folder: &Path) -> Result<Vec<(String, String)>, RulesUnusable> {
    let unreadable = |error| RulesUnusable::Folder(folder.to_owned(), error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".toml") && !name.starts_with('.') {
            let text = std::fs::read_to_string(&path).map_err(|error| RulesUnusable::File(path, error))?;
            files.push((name, text));
        }
    }
    files.sort();
    Ok(files)
}

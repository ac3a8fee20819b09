//! The journal.

use chrono::{DateTime, Utc};
use domain::{case::Case, digest::Digest, journal::Sealed};
use serde::Serialize;
use utoipa::ToSchema;

use super::Viewer;

/// The journal (案件日志) of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct JournalView {
    /// Whether every entry follows from the one before, up to what the case remembers.
    pub holds: bool,
    /// What does not hold.
    pub fault: Option<String>,
    /// The entries, oldest first.
    pub entries: Vec<EntryView>,
}

/// One entry.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct EntryView {
    /// Its place, from 1.
    pub sequence: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: String,
    /// Canonical JSON of the entry, as it is hashed; staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// SHA-256 of the entry before.
    #[schema(value_type = String)]
    pub previous: Digest,
    /// SHA-256 of the hash before and the entry's canonical bytes.
    #[schema(value_type = String)]
    pub hash: Digest,
}

/// What officers do among themselves: a party sees that there is an entry, not which.
const INTERNAL: [&str; 3] = ["review_drafted", "review_sent_back", "decided_again"];

impl JournalView {
    pub(in crate::api) fn new(case: &Case, entries: Vec<Sealed>, viewer: Viewer) -> Self {
        let fault = domain::journal::verify(&entries, case.journal).err().map(|broken| broken.to_string());
        let whole = matches!(viewer, Viewer::Staff);
        let entries = entries
            .into_iter()
            .map(|entry| EntryView {
                sequence: entry.sequence,
                at: entry.at,
                kind: if whole || !INTERNAL.contains(&entry.kind.as_str()) {
                    entry.kind
                } else {
                    "internal".to_owned()
                },
                entry: whole.then_some(entry.canonical),
                previous: entry.previous,
                hash: entry.hash,
            })
            .collect();
        Self { holds: fault.is_none(), fault, entries }
    }
}

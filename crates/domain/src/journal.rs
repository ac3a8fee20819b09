//! The journal (案件日志): what happened, in order, each entry sealed over the one before.
//!
//! Hash of entry n = SHA-256(hash of entry n-1 ‖ canonical bytes of entry n); the canonical bytes are the
//! entry as JSON by RFC 8785. The chain of a case starts at [`Head::of_nothing`]. Parties' data, places and
//! statements stand in the case and are named here by their hash; reasons given for the record stand in full.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    digest::Digest,
    event::Event,
    identifiers::{AccountId, CaseId},
    identity::Role,
};

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Actor {
    /// Somebody who had signed in.
    Account {
        /// As what.
        acting_as: Role,
        /// Who.
        account: AccountId,
    },
    /// The service itself: a deadline passed, a message was delivered.
    Service,
}

/// One thing that happened to a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// To which case.
    pub case: CaseId,
    /// Its place in the case's journal, from 1.
    pub sequence: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub event: Event,
}

/// An entry with its canonical bytes and its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The case.
    pub case: CaseId,
    /// Place in the case's journal, from 1.
    pub sequence: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// The kind of event, for reading lists.
    pub kind: String,
    /// Canonical JSON of the entry.
    pub canonical: String,
    /// Hash of the entry before.
    pub previous: Digest,
    /// Hash of this entry.
    pub hash: Digest,
}

/// Where a case's journal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries there are.
    pub length: i64,
    /// Hash of the last one.
    pub hash: Digest,
}

/// Why a journal does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is missing, doubled or out of order.
    #[error("entry {expected} is missing or out of order")]
    Gap {
        /// The sequence expected at this place.
        expected: i64,
    },
    /// An entry was changed, or follows another one than it says.
    #[error("entry {sequence} was changed")]
    Changed {
        /// Which.
        sequence: i64,
    },
    /// The case knows of more or other entries than there are.
    #[error("the journal ends at {found}, the case says {expected}")]
    End {
        /// The length that the case remembers.
        expected: i64,
        /// The length found.
        found: i64,
    },
}

/// The entry could not be written as canonical JSON; cannot happen for the events of this crate.
#[derive(Debug, thiserror::Error)]
#[error("an entry has no canonical form: {0}")]
pub struct NotCanonical(String);

impl Head {
    /// The head of an empty journal.
    pub fn of_nothing() -> Self {
        Self { length: 0, hash: Digest::of(b"kuaichu journal 1") }
    }

    /// Seals the next entry of `case` and moves the head behind it.
    pub fn append(
        self,
        case: CaseId,
        at: DateTime<Utc>,
        actor: Actor,
        event: &Event,
    ) -> Result<(Self, Sealed), NotCanonical> {
        let sequence = self.length + 1;
        let entry = Entry { case, sequence, at, actor, event: event.clone() };
        let canonical =
            serde_json_canonicalizer::to_string(&entry).map_err(|error| NotCanonical(error.to_string()))?;
        let hash = link(self.hash, &canonical);
        let kind = event.kind().to_owned();
        let sealed = Sealed { case, sequence, at, kind, canonical, previous: self.hash, hash };
        Ok((Self { length: sequence, hash }, sealed))
    }
}

/// The hash of an entry with this canonical form that follows the one with the hash `previous`.
pub fn link(previous: Digest, canonical: &str) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(previous.as_bytes());
    hasher.update(canonical.as_bytes());
    Digest::from_bytes(hasher.finalize().into())
}

/// Checks all entries of one case, in the order of the journal, against the head the case remembers.
pub fn verify<'a>(entries: impl IntoIterator<Item = &'a Sealed>, remembered: Head) -> Result<(), Broken> {
    let mut head = Head::of_nothing();
    for entry in entries {
        let sequence = head.length + 1;
        if entry.sequence != sequence {
            return Err(Broken::Gap { expected: sequence });
        }
        let says_the_same = serde_json::from_str::<Entry>(&entry.canonical).is_ok_and(|said| {
            said.case == entry.case
                && said.sequence == entry.sequence
                && said.at == entry.at
                && said.event.kind() == entry.kind
        });
        if entry.previous != head.hash || entry.hash != link(head.hash, &entry.canonical) || !says_the_same {
            return Err(Broken::Changed { sequence });
        }
        head = Head { length: sequence, hash: entry.hash };
    }
    if head == remembered {
        Ok(())
    } else {
        Err(Broken::End { expected: remembered.length, found: head.length })
    }
}

#[cfg(test)]
mod tests;

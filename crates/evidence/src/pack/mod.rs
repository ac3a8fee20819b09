//! The court pack (证据包): one file with everything of a case, and its check, which needs nothing else.
//!
//! `FORMAT.md` beside this file describes it for whoever wants to check it with programs of his own.

mod container;
mod finding;
mod jws;
mod manifest;
mod proofs;
mod reading;
mod verify;
mod writer;

pub use finding::{Finding, Language, Outcome, Report};
pub use jws::{KeysRefused, PublicKey};
pub use manifest::{Absent, FORMAT, FileKind, Listed, Manifest, SealClaims, Why};
pub use proofs::{EntryProof, Proofs};
pub use verify::{Terms, verify};
pub use writer::{Imprint, Item, PackWriter};

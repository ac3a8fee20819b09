//! The slow search for damage: a few objects at a time are hashed again, over and over, so that a bit that flips is
//! found long before somebody needs the bytes.

use evidence::{Fixity, KeyStream, ObjectKey, ObjectKind};
use futures_util::TryStreamExt as _;

use crate::{context::App, error::AppError};

/// What is hashed again: everything that bears its own digest.
const KINDS: [ObjectKind; 4] =
    [ObjectKind::Original, ObjectKind::Recording, ObjectKind::Document, ObjectKind::Signature];

/// Where the search is. It begins anew when the process does.
#[derive(Default)]
pub struct Scrub {
    rounds: usize,
    rest: Option<KeyStream>,
}

/// What a step of the search found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Objects that are what they were.
    pub intact: u64,
    /// Objects whose bytes have changed.
    pub damaged: Vec<ObjectKey>,
}

impl App {
    /// Hashes the next objects again, at most `most`; fewer where one kind ends and the next begins.
    pub async fn scrub(&self, scrub: &mut Scrub, most: usize) -> Result<Scrubbed, AppError> {
        let mut found = Scrubbed::default();
        let kind = KINDS.get(scrub.rounds % KINDS.len()).copied().unwrap_or(ObjectKind::Original);
        let rest = scrub.rest.get_or_insert_with(|| self.objects().list(kind));
        for _ in 0..most {
            let Some(key) = rest.try_next().await? else {
                scrub.rest = None;
                scrub.rounds += 1;
                return Ok(found);
            };
            match self.objects().verify(key).await? {
                Fixity::Intact => found.intact += 1,
                Fixity::Damaged(_) => found.damaged.push(key),
                // Erased since it was listed; what is missing otherwise is for `fsck` to tell.
                Fixity::Missing => {}
            }
        }
        Ok(found)
    }
}

//! `fsck`: states, hashes, orphaned files, the journal. It repairs nothing.

use std::collections::BTreeSet;

use domain::digest::Digest;
use evidence::{Fixity, ObjectKey, ObjectKind, ObjectStore};
use futures_util::TryStreamExt as _;
use store::Store;

use crate::error::AppError;

/// What the check found.
#[derive(Debug, Default)]
pub struct Check {
    /// Cases read.
    pub cases: u64,
    /// Journal entries checked.
    pub entries: u64,
    /// Files whose bytes were hashed again.
    pub files: u64,
    /// One line per fault, without personal data.
    pub faults: Vec<String>,
    /// Files that no case names: left by an upload whose case refused it. Harmless, listed.
    pub orphans: Vec<String>,
}

/// Checks everything that is stored.
pub async fn check(store: &Store, objects: &dyn ObjectStore) -> Result<Check, AppError> {
    let findings = store.check_cases().await?;
    let mut check = Check {
        cases: findings.cases,
        entries: findings.entries,
        faults: findings.faults,
        ..Check::default()
    };
    check.files_of(objects, ObjectKind::Original, &findings.photos).await?;
    check.files_of(objects, ObjectKind::Document, &findings.documents).await?;
    Ok(check)
}

impl Check {
    async fn files_of(
        &mut self,
        objects: &dyn ObjectStore,
        kind: ObjectKind,
        named: &BTreeSet<Digest>,
    ) -> Result<(), AppError> {
        for digest in named {
            self.files += 1;
            match objects.verify(ObjectKey::new(kind, *digest)).await? {
                Fixity::Intact => {}
                Fixity::Damaged(_) => self.faults.push(format!("{kind:?} {digest}: the bytes have changed")),
                Fixity::Missing => self.faults.push(format!("{kind:?} {digest}: missing")),
            }
        }
        let present: Vec<ObjectKey> = objects.list(kind).try_collect().await?;
        for key in present.into_iter().filter(|key| !named.contains(&key.digest())) {
            self.orphans.push(key.to_string());
        }
        Ok(())
    }
}

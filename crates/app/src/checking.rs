//! `fsck`: states, hashes, orphaned files, the journal. It changes nothing.

use std::collections::BTreeSet;

use domain::digest::Digest;
use evidence::{Fixity, ObjectKey, ObjectKind};
use futures_util::TryStreamExt as _;

use crate::{context::App, error::AppError};

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

impl App {
    /// Checks everything that is stored.
    pub async fn check(&self) -> Result<Check, AppError> {
        let findings = self.parts.store.check_cases().await?;
        let mut check = Check {
            cases: findings.cases,
            entries: findings.entries,
            faults: findings.faults,
            ..Check::default()
        };
        self.check_files(&mut check, ObjectKind::Original, &findings.photos).await?;
        self.check_files(&mut check, ObjectKind::Document, &findings.documents).await?;
        Ok(check)
    }

    async fn check_files(
        &self,
        check: &mut Check,
        kind: ObjectKind,
        named: &BTreeSet<Digest>,
    ) -> Result<(), AppError> {
        for digest in named {
            check.files += 1;
            match self.parts.objects.verify(ObjectKey::new(kind, *digest)).await? {
                Fixity::Intact => {}
                Fixity::Damaged(_) => check.faults.push(format!("{kind:?} {digest}: the bytes have changed")),
                Fixity::Missing => check.faults.push(format!("{kind:?} {digest}: missing")),
            }
        }
        let present: Vec<ObjectKey> = self.parts.objects.list(kind).try_collect().await?;
        for key in present.into_iter().filter(|key| !named.contains(&key.digest())) {
            check.orphans.push(key.to_string());
        }
        Ok(())
    }
}

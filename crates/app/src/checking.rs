//! `fsck`: states, hashes, orphaned files, the journal; and what of it can be mended without a doubt.

mod log;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::digest::Digest;
use evidence::{Aside, Fixity, ObjectKey, ObjectKind, ObjectStore, PhotoIntake};
use futures_util::TryStreamExt as _;
use store::Store;

pub use self::log::{KnownLog, LogCheck, check_log};
use crate::{error::AppError, retention::is_needed};

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
    pub orphans: Vec<ObjectKey>,
    /// Photos whose viewing copy or thumbnail is missing; each is a fault, too.
    pub without_copies: BTreeSet<Digest>,
    /// Objects that were set aside although a case needs them; each that is missing is a fault, too.
    pub wrongly_aside: Vec<Aside>,
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
    for (kind, named) in [
        (ObjectKind::Original, &findings.photos),
        (ObjectKind::Recording, &findings.recordings),
        (ObjectKind::Document, &findings.documents),
        (ObjectKind::Signature, &findings.signatures),
    ] {
        check.files_of(store, objects, kind, named).await?;
    }
    for kind in [ObjectKind::View, ObjectKind::Thumbnail] {
        check.copies(store, objects, kind, &findings.viewable).await?;
        check.orphans_of(objects, kind, &findings.photos).await?;
    }
    let mut aside = objects.list_aside();
    while let Some(aside) = aside.try_next().await? {
        if is_needed(store, aside.key).await? {
            check.wrongly_aside.push(aside);
        }
    }
    Ok(check)
}

/// Checks everything, and mends what can be mended without touching anything that a case names: puts back what is
/// needed, makes copies of photos again, and sets files aside that no case has named for longer than `grace`. One
/// line for each thing that was done.
pub async fn repair(
    store: &Store,
    objects: &dyn ObjectStore,
    photos: &PhotoIntake,
    now: DateTime<Utc>,
    grace: TimeDelta,
) -> Result<Vec<String>, AppError> {
    let Check { orphans, mut without_copies, wrongly_aside, .. } = check(store, objects).await?;
    let mut done = Vec::new();
    for aside in wrongly_aside {
        if !may_take_its_place(objects, aside.key).await? {
            done.push(format!("left aside, because what lies in its place has changed: {}", aside.key));
        } else if objects.put_back(aside).await? {
            done.push(format!("put back: {}", aside.key));
            without_copies.insert(aside.key.digest());
        }
    }
    for digest in without_copies {
        let copy = ObjectKey::new(ObjectKind::View, digest);
        if objects.exists(ObjectKey::new(ObjectKind::Original, digest)).await?
            && !objects.exists(copy).await?
        {
            photos.examine(digest).await?;
            if objects.exists(copy).await? {
                done.push(format!("made copies again: {digest}"));
            }
        }
    }
    // Evidence of an older release, or of a case that nobody can read, may have no row that says it is needed.
    let all_known = store.is_evidence_complete().await?;
    if !all_known && !orphans.is_empty() {
        done.push("nothing was set aside: not every piece of evidence is known yet".to_owned());
    }
    for key in orphans.into_iter().filter(|_| all_known) {
        let old = objects.stored_at(key).await?.is_some_and(|since| now - since > grace);
        // Somebody may have come to need it since the cases were read.
        if old && !is_needed(store, key).await? {
            let aside = Aside { day: now.date_naive(), key };
            if objects.set_aside(aside).await? {
                done.push(format!("set aside: {key}"));
            }
        }
    }
    Ok(done)
}

/// Whether bytes that were set aside may go back: nothing lies there, or the same. What was changed there is left for
/// people to look at, and the good bytes stay where they are.
pub(crate) async fn may_take_its_place(objects: &dyn ObjectStore, key: ObjectKey) -> Result<bool, AppError> {
    let unchanged =
        !key.kind().is_content_addressed() || !matches!(objects.verify(key).await?, Fixity::Damaged(_));
    Ok(unchanged)
}

/// Whether it was erased since its case was read.
async fn was_erased(store: &Store, key: ObjectKey) -> Result<bool, AppError> {
    Ok(store.is_evidence_complete().await? && !is_needed(store, key).await?)
}

impl Check {
    async fn files_of(
        &mut self,
        store: &Store,
        objects: &dyn ObjectStore,
        kind: ObjectKind,
        named: &BTreeSet<Digest>,
    ) -> Result<(), AppError> {
        for digest in named {
            self.files += 1;
            let key = ObjectKey::new(kind, *digest);
            match objects.verify(key).await? {
                Fixity::Intact => {}
                Fixity::Damaged(_) => self.faults.push(format!("{kind:?} {digest}: the bytes have changed")),
                Fixity::Missing if was_erased(store, key).await? => {}
                Fixity::Missing => self.faults.push(format!("{kind:?} {digest}: missing")),
            }
        }
        self.orphans_of(objects, kind, named).await
    }

    async fn copies(
        &mut self,
        store: &Store,
        objects: &dyn ObjectStore,
        kind: ObjectKind,
        viewable: &BTreeSet<Digest>,
    ) -> Result<(), AppError> {
        for digest in viewable {
            let key = ObjectKey::new(kind, *digest);
            if !objects.exists(key).await? && !was_erased(store, key).await? {
                self.without_copies.insert(*digest);
                self.faults.push(format!("{kind:?} {digest}: missing, can be made again"));
            }
        }
        Ok(())
    }

    async fn orphans_of(
        &mut self,
        objects: &dyn ObjectStore,
        kind: ObjectKind,
        named: &BTreeSet<Digest>,
    ) -> Result<(), AppError> {
        let present: Vec<ObjectKey> = objects.list(kind).try_collect().await?;
        self.orphans.extend(present.into_iter().filter(|key| !named.contains(&key.digest())));
        Ok(())
    }
}

//! What `fsck` reads: every case with its journal, page by page, and what the tables say about files.

use std::collections::BTreeSet;

use domain::{case::Case, digest::Digest, evidence::Examination, identifiers::CaseId, journal};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::ClaimRow;
use crate::{
    error::StoreError,
    rows::{accident_case, claim, conversions, document},
    store::Store,
};

/// What was found wrong, and which files the cases need.
#[derive(Debug, Default)]
pub struct Findings {
    /// How many cases were read.
    pub cases: u64,
    /// How many journal entries were checked.
    pub entries: u64,
    /// One line per fault, without personal data.
    pub faults: Vec<String>,
    /// Digests of all photos that cases name and that are not erased.
    pub photos: BTreeSet<Digest>,
    /// Those of them that were examined and can be looked at.
    pub viewable: BTreeSet<Digest>,
    /// Digests of all recordings that cases name and that are not erased.
    pub recordings: BTreeSet<Digest>,
    /// Digests of all documents that cases name.
    pub documents: BTreeSet<Digest>,
    /// Digests of all drawn signatures that cases name.
    pub signatures: BTreeSet<Digest>,
}

impl Findings {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.entries += other.entries;
        self.faults.extend(other.faults);
        self.photos.extend(other.photos);
        self.viewable.extend(other.viewable);
        self.recordings.extend(other.recordings);
        self.documents.extend(other.documents);
        self.signatures.extend(other.signatures);
    }
}

/// How many cases are read at once: exports page, so that no long transaction keeps the log from shrinking.
const PAGE: u64 = 200;

impl Store {
    /// Reads every case, its journal and its documents, and says what does not hold.
    pub async fn check_cases(&self) -> Result<Findings, StoreError> {
        let mut findings = Findings::default();
        let mut after = uuid::Uuid::nil();
        loop {
            let rows = accident_case::Entity::find()
                .filter(accident_case::Column::Id.gt(after))
                .order_by_asc(accident_case::Column::Id)
                .limit(PAGE)
                .all(&self.connections.read)
                .await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                self.check_case(row, &mut findings).await?;
            }
        }
        for row in document::Entity::find().all(&self.connections.read).await? {
            match conversions::parse(&row.digest, "document", "digest") {
                Ok(digest) => drop(findings.documents.insert(digest)),
                Err(error) => findings.faults.push(format!("case {}: {error}", CaseId(row.case_id))),
            }
        }
        match self.signature_images().await {
            Ok(images) => findings.signatures.extend(images),
            Err(error) => findings.faults.push(error.to_string()),
        }
        Ok(findings)
    }

    /// Checks one case. Somebody may save it between the reading of its row and of its journal: what looks wrong
    /// is looked at again when the case has moved on.
    async fn check_case(
        &self,
        mut row: accident_case::Model,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let id = row.id;
        loop {
            let version = row.version;
            let found = self.look_at(row).await?;
            if !found.faults.is_empty() {
                let now = accident_case::Entity::find_by_id(id).one(&self.connections.read).await?;
                if let Some(moved) = now.filter(|now| now.version != version) {
                    row = moved;
                    continue;
                }
            }
            findings.add(found);
            return Ok(());
        }
    }

    async fn look_at(&self, row: accident_case::Model) -> Result<Findings, StoreError> {
        let id = CaseId(row.id);
        let mut findings = Findings { cases: 1, ..Findings::default() };
        let case = match Case::try_from(row.clone()) {
            Ok(case) => case,
            Err(error) => {
                findings.faults.push(format!("case {id}: {error}"));
                return Ok(findings);
            }
        };
        for column in conversions::columns_apart(&row, &case)? {
            findings.faults.push(format!("case {id}: column {column} does not say what the case says"));
        }
        match self.journal_of(id).await {
            Ok(entries) => {
                findings.entries += u64::try_from(entries.len()).unwrap_or_default();
                if let Err(broken) = journal::verify(&entries, case.journal) {
                    findings.faults.push(format!("case {id}: journal: {broken}"));
                }
            }
            Err(error) => findings.faults.push(format!("case {id}: {error}")),
        }
        self.check_claims(&case, &mut findings).await?;
        for photo in case.photos.iter().filter(|photo| photo.erased_at.is_none()) {
            findings.photos.insert(photo.digest);
            if photo.examination.as_ref().is_some_and(Examination::is_readable) {
                findings.viewable.insert(photo.digest);
            }
        }
        let recordings = case.recordings.iter().filter(|recording| recording.erased_at.is_none());
        findings.recordings.extend(recordings.map(|recording| recording.digest));
        findings.signatures.extend(case.signature_images());
        findings.documents.extend(case.current_document());
        Ok(findings)
    }

    /// A case that was concluded, by a determination or an agreement, has one claim per insured vehicle, another case
    /// has none, unless a review took a determination away.
    async fn check_claims(&self, case: &Case, findings: &mut Findings) -> Result<(), StoreError> {
        let rows = claim::Entity::find()
            .filter(claim::Column::CaseId.eq(case.id.0))
            .all(&self.connections.read)
            .await?;
        let claims = u64::try_from(rows.len()).unwrap_or_default();
        for broken in rows.into_iter().map(ClaimRow::try_from).filter_map(Result::err) {
            findings.faults.push(format!("case {}: {broken}", case.id));
        }
        let insured = case.parties.iter().filter(|party| party.details.insurance.is_some()).count();
        let expected = match case.stage {
            domain::case::Stage::Concluded { .. } | domain::case::Stage::Agreed { .. } => {
                u64::try_from(insured).unwrap_or_default()
            }
            _ => 0,
        };
        // What a review took away had claims: they stay, and wait for the new determination.
        let holds = match (case.overturned.is_empty(), &case.stage) {
            (true, _) => claims == expected,
            (false, domain::case::Stage::Concluded { .. }) => claims >= expected,
            (false, _) => true,
        };
        if !holds {
            findings.faults.push(format!("case {}: {claims} claims, {expected} expected", case.id));
        }
        Ok(())
    }
}

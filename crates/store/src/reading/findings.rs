//! What `fsck` reads: every case with its journal, page by page, and what the tables say about files.

use std::collections::BTreeSet;

use domain::{case::Case, digest::Digest, identifiers::CaseId, journal};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

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
    /// Digests of all photos that cases name.
    pub photos: BTreeSet<Digest>,
    /// Digests of all documents that cases name.
    pub documents: BTreeSet<Digest>,
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
            findings.documents.insert(conversions::parse(&row.digest, "document", "digest")?);
        }
        Ok(findings)
    }

    async fn check_case(&self, row: accident_case::Model, findings: &mut Findings) -> Result<(), StoreError> {
        let id = CaseId(row.id);
        findings.cases += 1;
        let case = match Case::try_from(row) {
            Ok(case) => case,
            Err(error) => {
                findings.faults.push(format!("case {id}: {error}"));
                return Ok(());
            }
        };
        match self.journal_of(id).await {
            Ok(entries) => {
                findings.entries += u64::try_from(entries.len()).unwrap_or_default();
                if let Err(broken) = journal::verify(&entries, case.journal) {
                    findings.faults.push(format!("case {id}: journal: {broken}"));
                }
            }
            Err(error) => findings.faults.push(format!("case {id}: {error}")),
        }
        self.check_claims(&case, findings).await?;
        findings.photos.extend(case.photos.iter().map(|photo| photo.digest));
        if let Some(determination) = case.determination() {
            findings.documents.insert(determination.document);
        }
        Ok(())
    }

    /// A concluded case has one claim per insured vehicle, another case has none.
    async fn check_claims(&self, case: &Case, findings: &mut Findings) -> Result<(), StoreError> {
        let claims = claim::Entity::find()
            .filter(claim::Column::CaseId.eq(case.id.0))
            .count(&self.connections.read)
            .await?;
        let insured = case.parties.iter().filter(|party| party.details.insurance.is_some()).count();
        let expected = match case.stage {
            domain::case::Stage::Concluded { .. } => u64::try_from(insured).unwrap_or_default(),
            _ => 0,
        };
        if claims != expected {
            findings.faults.push(format!("case {}: {claims} claims, {expected} expected", case.id));
        }
        Ok(())
    }
}

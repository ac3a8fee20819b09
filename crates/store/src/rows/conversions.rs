//! Row ↔ aggregate. A row that the rules could not have written is [`StoreError::Corrupt`].

use domain::{
    case::{Case, Stage},
    claim::Claim,
    digest::Digest,
    dispatch::Dispatch,
    document::DocumentKind,
    identifiers::CaseId,
    journal::{Head, Sealed},
    message::Message,
};
use sea_orm::{Set, TryIntoModel as _};
use serde::{Serialize, de::DeserializeOwned};

use super::{accident_case, claim, dispatch, document, journal, message};
use crate::{error::StoreError, reading::DocumentRow};

/// Parses a JSON column.
pub(crate) fn from_json<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| {
        tracing::error!(table, column, line = error.line(), "a row does not parse");
        StoreError::Corrupt { table, column }
    })
}

/// Writes a JSON column.
pub(crate) fn to_json(
    value: &impl Serialize,
    table: &'static str,
    column: &'static str,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt { table, column })
}

/// Parses a column that holds a checked text.
pub(crate) fn parse<T: std::str::FromStr>(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { table, column })
}

impl TryFrom<accident_case::Model> for Case {
    type Error = StoreError;

    fn try_from(row: accident_case::Model) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "accident_case", column };
        let mut case: Self = from_json(&row.body, "accident_case", "body")?;
        case.version = row.version;
        let hash = row.journal_head.parse::<Digest>().map_err(|_| corrupt("journal_head"))?;
        case.journal = Head { length: row.journal_length, hash };
        for (column, holds) in [
            ("id", case.id.0 == row.id),
            ("number", case.number.as_str() == row.number),
            ("stage", case.stage.name() == row.stage),
            ("district", case.district.as_str() == row.district),
        ] {
            if !holds {
                return Err(corrupt(column));
            }
        }
        Ok(case)
    }
}

/// The row of a case as it is to be saved with `version`.
pub(crate) fn case_row(case: &Case, version: i64) -> Result<accident_case::ActiveModel, StoreError> {
    let lease = match &case.stage {
        Stage::UnderReview { lease, .. } => Some(lease),
        _ => None,
    };
    let place = case.queue_place();
    let review = case.review_place();
    Ok(accident_case::ActiveModel {
        id: Set(case.id.0),
        number: Set(case.number.to_string()),
        version: Set(version),
        stage: Set(case.stage.name().to_owned()),
        lane: Set(case.triage.lane.name().to_owned()),
        district: Set(case.district.to_string()),
        officer_id: Set(lease.map(|lease| lease.officer.0)),
        lease_until: Set(lease.map(|lease| lease.until)),
        queue_rank: Set(place.map(|(rank, _)| rank)),
        queue_since: Set(place.map(|(_, since)| since)),
        due_at: Set(case.due),
        review_state: Set(review.map(|place| place.state.to_owned())),
        review_due_at: Set(review.map(|place| place.due)),
        reported_at: Set(case.reported_at),
        journal_length: Set(case.journal.length),
        journal_head: Set(case.journal.hash.to_string()),
        body: Set(to_json(case, "accident_case", "body")?),
    })
}

/// The columns by which the case is found that say something else than the case itself: a case with a wrong place
/// in the queue is never seen by an officer.
pub(crate) fn columns_apart(
    row: &accident_case::Model,
    case: &Case,
) -> Result<Vec<&'static str>, StoreError> {
    let says = case_row(case, row.version)?.try_into_model().map_err(StoreError::from)?;
    let columns = [
        ("lane", row.lane == says.lane),
        ("officer_id", row.officer_id == says.officer_id),
        ("lease_until", row.lease_until == says.lease_until),
        ("queue_rank", row.queue_rank == says.queue_rank),
        ("queue_since", row.queue_since == says.queue_since),
        ("due_at", row.due_at == says.due_at),
        ("review_state", row.review_state == says.review_state),
        ("review_due_at", row.review_due_at == says.review_due_at),
        ("reported_at", row.reported_at == says.reported_at),
    ];
    Ok(columns.into_iter().filter(|(_, holds)| !holds).map(|(column, _)| column).collect())
}

impl TryFrom<document::Model> for DocumentRow {
    type Error = StoreError;

    fn try_from(row: document::Model) -> Result<Self, StoreError> {
        let kind = DocumentKind::ALL.into_iter().find(|kind| kind.name() == row.kind);
        Ok(Self {
            case: CaseId(row.case_id),
            kind: kind.ok_or(StoreError::Corrupt { table: "document", column: "kind" })?,
            number: row.number,
            verification: parse(&row.verification, "document", "verification")?,
            digest: parse(&row.digest, "document", "digest")?,
            created_at: row.created_at,
        })
    }
}

/// The row of a sealed journal entry.
pub(crate) fn journal_row(entry: Sealed) -> journal::ActiveModel {
    journal::ActiveModel {
        position: sea_orm::NotSet,
        case_id: Set(entry.case.0),
        sequence: Set(entry.sequence),
        at: Set(entry.at),
        kind: Set(entry.kind),
        entry: Set(entry.canonical),
        previous: Set(entry.previous.to_string()),
        hash: Set(entry.hash.to_string()),
    }
}

impl TryFrom<journal::Model> for Sealed {
    type Error = StoreError;

    fn try_from(row: journal::Model) -> Result<Self, StoreError> {
        Ok(Self {
            case: CaseId(row.case_id),
            sequence: row.sequence,
            at: row.at,
            kind: row.kind,
            canonical: row.entry,
            previous: parse(&row.previous, "journal", "previous")?,
            hash: parse(&row.hash, "journal", "hash")?,
        })
    }
}

/// The row of a message that waits.
pub(crate) fn message_row(message: &Message) -> Result<message::ActiveModel, StoreError> {
    Ok(message::ActiveModel {
        id: Set(message.id.0),
        case_id: Set(message.case.0),
        lane: Set(message.content.lane()),
        content: Set(to_json(&message.content, "message", "content")?),
        state: Set("waiting".to_owned()),
        tries: Set(0),
        fence: Set(0),
        due: Set(message.due),
        leased_until: Set(None),
        created_at: Set(message.due),
        finished_at: Set(None),
        last_error: Set(None),
    })
}

/// The row of a claim as it is to be saved with `version`.
pub(crate) fn claim_row(claim: &Claim, version: i64) -> Result<claim::ActiveModel, StoreError> {
    Ok(claim::ActiveModel {
        id: Set(claim.id.0),
        case_id: Set(claim.case.0),
        party: Set(claim.party.to_string()),
        insurer: Set(claim.insurer.to_string()),
        status: Set(claim.status.name().to_owned()),
        version: Set(version),
        created_at: Set(claim.created_at),
        body: Set(to_json(claim, "claim", "body")?),
    })
}

/// The row of a dispatch as it is to be saved with `version`.
pub(crate) fn dispatch_row(dispatch: &Dispatch, version: i64) -> Result<dispatch::ActiveModel, StoreError> {
    Ok(dispatch::ActiveModel {
        id: Set(dispatch.id.0),
        case_id: Set(dispatch.case.0),
        unit_id: Set(dispatch.unit.0),
        state: Set(dispatch.state.name().to_owned()),
        version: Set(version),
        offered_at: Set(dispatch.offered_at),
        body: Set(to_json(dispatch, "dispatch", "body")?),
    })
}

impl TryFrom<dispatch::Model> for Dispatch {
    type Error = StoreError;

    fn try_from(row: dispatch::Model) -> Result<Self, StoreError> {
        let mut dispatch: Self = from_json(&row.body, "dispatch", "body")?;
        dispatch.version = row.version;
        if dispatch.state.name() == row.state {
            Ok(dispatch)
        } else {
            Err(StoreError::Corrupt { table: "dispatch", column: "state" })
        }
    }
}

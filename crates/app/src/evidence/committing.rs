//! Commit first, upload later: evidence is fixed by its hashes in one small message, and the receipt follows.

use domain::{
    case::{Case, NewCommitment},
    digest::Digest,
    event::Event,
    evidence::{Capture, Media, Slot},
    identifiers::{CaseId, CommitmentId},
};
use evidence::{IntakeError, RecordingError};
use store::Work;

use crate::{access::Driver, context::App, error::AppError, once::Prepared};

/// What a driver fixes by its hash.
#[derive(Debug, Clone, PartialEq)]
pub struct ToCommit {
    /// Photo or recording.
    pub media: Media,
    /// What it shows.
    pub slot: Slot,
    /// SHA-256 of the bytes to come.
    pub digest: Digest,
    /// How many bytes will come.
    pub bytes: u64,
    /// When, where and with what it was captured.
    pub capture: Capture,
}

/// A case with the commitments that stand for what was sent, in its order.
#[derive(Debug, Clone)]
pub struct CommittedEvidence {
    /// The case.
    pub case: Case,
    /// The commitments, old ones among them.
    pub commitments: Vec<CommitmentId>,
}

impl App {
    /// A driver fixes evidence by its hashes. With the last mandatory photo there is the receipt "you may move"; with
    /// more evidence than it names there is a new one that names everything.
    pub async fn commit_evidence(
        &self,
        by: Driver,
        id: CaseId,
        sent: &[ToCommit],
    ) -> Result<Prepared<CommittedEvidence>, AppError> {
        let now = self.now();
        let new = sent.iter().map(|one| self.new_commitment(one)).collect::<Result<_, _>>()?;
        let case = self.case_for_driver(id, by).await?;
        let role = case.role_of(by.0)?;
        let (mut case, committed) = case.commit_evidence(by.0, new, now)?;
        let mut events: Vec<Event> = committed.into_iter().collect();
        if case.may_now_move() || (!events.is_empty() && case.may_leave_now()) {
            let receipt = self.move_receipt(&case, now)?;
            let (moved, event) = case.allow_move(receipt, now)?;
            case = moved;
            events.push(event);
        }
        let mut work = Work::new();
        if !events.is_empty() {
            self.record(&mut work, &mut case, by.actor(), now, events)?;
            work.save_case(&mut case)?;
        }
        let standing = |one: &ToCommit| {
            let same = case.commitments.iter().find(|other| other.is_for(role, one.slot, one.digest));
            same.map(|commitment| commitment.id)
        };
        let commitments = sent.iter().filter_map(standing).collect();
        Ok(Prepared { value: CommittedEvidence { case, commitments }, work })
    }

    fn new_commitment(&self, one: &ToCommit) -> Result<NewCommitment, AppError> {
        let limits = self.limits();
        match one.media {
            Media::Photo if one.bytes > limits.photo => {
                return Err(IntakeError::TooLarge { limit: limits.photo }.into());
            }
            Media::Recording if one.bytes > limits.upload => {
                return Err(RecordingError::TooLarge { limit: limits.upload }.into());
            }
            Media::Photo | Media::Recording => {}
        }
        Ok(NewCommitment {
            id: CommitmentId(self.new_id()),
            media: one.media,
            slot: one.slot,
            digest: one.digest,
            bytes: i64::try_from(one.bytes).unwrap_or(i64::MAX),
            capture: one.capture.clone(),
        })
    }
}

//! What the journal of a pack tells: which bytes, statements and documents the case has, by their hashes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    event::Event,
    evidence::{Fulfilment, Slot},
    identifiers::CommitmentId,
    journal::Entry,
    role::PartyRole,
};
use uuid::Uuid;

use super::super::manifest::{Absent, FileKind, Why};

/// A photo or recording that the service had.
#[derive(Debug, Clone, Copy)]
pub(super) struct Medium {
    pub(super) kind: FileKind,
    pub(super) slot: Slot,
    pub(super) digest: Digest,
    pub(super) at: DateTime<Utc>,
    pub(super) sequence: i64,
    pub(super) fulfilment: Option<Fulfilment>,
}

/// Evidence fixed by its hash.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed {
    pub(super) role: PartyRole,
    pub(super) slot: Slot,
    pub(super) digest: Digest,
    pub(super) at: DateTime<Utc>,
}

/// A statement by its hash.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) role: PartyRole,
    pub(super) version: i32,
    pub(super) digest: Digest,
    pub(super) confirmed: Option<DateTime<Utc>>,
}

/// A receipt by its hash.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) receipt: Digest,
    pub(super) photos: Vec<Digest>,
    pub(super) at: DateTime<Utc>,
}

/// One thing about a document, in order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Paper {
    /// A document was issued; `to_sign` if the signatures that follow are over it.
    Issued {
        document: Digest,
        what: [&'static str; 2],
        to_sign: bool,
    },
    Signed {
        role: PartyRole,
        document: Digest,
        proof: Option<Digest>,
        at: DateTime<Utc>,
    },
    Refused {
        role: PartyRole,
        at: DateTime<Utc>,
    },
}

/// The journal, read.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// Every entry with its chain hash and time, in order.
    pub(super) entries: Vec<(Digest, DateTime<Utc>)>,
    pub(super) media: BTreeMap<Uuid, Medium>,
    pub(super) commitments: BTreeMap<CommitmentId, Fixed>,
    pub(super) erased: BTreeMap<Uuid, (Digest, DateTime<Utc>)>,
    pub(super) examinations: BTreeMap<Uuid, Digest>,
    pub(super) statements: Vec<Said>,
    /// The latest data of each party that were given after the report.
    pub(super) details: BTreeMap<PartyRole, Digest>,
    pub(super) report: Option<Digest>,
    pub(super) papers: Vec<Paper>,
    pub(super) receipts: Vec<Given>,
    /// A statement was confirmed that nobody gave.
    pub(super) confirmed_nothing: bool,
}

impl Story {
    /// Takes the next entry in.
    pub(super) fn hear(&mut self, entry: Entry, hash: Digest) {
        let Entry { at, sequence, event, .. } = entry;
        self.entries.push((hash, at));
        match event {
            Event::CaseReported { report, .. } => self.report = Some(report),
            Event::PartyUpdated { role, details } => drop(self.details.insert(role, details)),
            Event::PhotoStored { photo, slot, digest, fulfilment, .. } => {
                let kind = FileKind::Photo;
                self.media.insert(photo.0, Medium { kind, slot, digest, at, sequence, fulfilment });
            }
            Event::RecordingStored { recording, slot, digest, fulfilment, .. } => {
                let kind = FileKind::Recording;
                self.media.insert(recording.0, Medium { kind, slot, digest, at, sequence, fulfilment });
            }
            Event::EvidenceCommitted { role, commitments } => {
                self.commitments.extend(commitments.into_iter().map(|committed| {
                    let (slot, digest) = (committed.slot, committed.digest);
                    (committed.commitment, Fixed { role, slot, digest, at })
                }));
            }
            Event::PhotoExamined { photo, examination } => {
                self.examinations.insert(photo.0, examination);
            }
            Event::EvidenceErased { evidence, digest, .. } => {
                self.erased.insert(evidence, (digest, at));
            }
            Event::MoveAllowed { photos, receipt } => self.receipts.push(Given { receipt, photos, at }),
            Event::StatementGiven { role, version, statement } => {
                self.statements.push(Said { role, version, digest: statement, confirmed: None });
            }
            Event::StatementConfirmed { role, version, statement } => {
                let same =
                    |said: &&mut Said| (said.role, said.version, said.digest) == (role, version, statement);
                match self.statements.iter_mut().find(same) {
                    Some(said) => said.confirmed = Some(at),
                    None => self.confirmed_nothing = true,
                }
            }
            Event::DeterminationSigned { role, document, proof }
            | Event::AgreementSigned { role, document, proof } => {
                self.papers.push(Paper::Signed { role, document, proof, at });
            }
            Event::DeterminationRefused { role, .. } => self.papers.push(Paper::Refused { role, at }),
            event => self.issued(event),
        }
    }

    /// Documents that were issued.
    fn issued(&mut self, event: Event) {
        let (document, what, to_sign) = match event {
            Event::LiabilityDetermined { document, .. } => {
                (document, ["认定书", "the determination as it was decided"], true)
            }
            Event::CaseConcluded { document } => {
                (document, ["最终认定书", "the determination with the answers of all parties"], false)
            }
            Event::AgreementProposed { document, .. } => {
                (document, ["自行协商协议书", "the agreement as it was proposed"], true)
            }
            Event::AgreementConcluded { document } => {
                (document, ["最终自行协商协议书", "the agreement with the signatures of all parties"], false)
            }
            Event::MediationAgreed { document, record, .. } => {
                let what = ["载明调解结果的认定书", "the determination with the result of the mediation"];
                self.papers.push(Paper::Issued { document, what, to_sign: true });
                (record, ["调解记录", "the record of the mediation"], false)
            }
            Event::MediationRecorded { record } => {
                (record, ["最终调解记录", "the record of the mediation with the signatures"], false)
            }
            Event::CertificateIssued { document, .. } => (document, ["事故证明", "the certificate"], false),
            Event::ReviewConcluded { document, .. } => {
                (document, ["复核结论", "the conclusion of the review"], false)
            }
            _ => return,
        };
        self.papers.push(Paper::Issued { document, what, to_sign });
    }

    /// The medium whose bytes are the committed ones.
    pub(super) fn kept(&self, id: CommitmentId, fixed: &Fixed) -> Option<&Medium> {
        let media = || self.media.values();
        media()
            .find(|medium| medium.fulfilment == Some(Fulfilment::Kept(id)))
            .or_else(|| media().find(|medium| (medium.slot, medium.digest) == (fixed.slot, fixed.digest)))
    }

    /// Whether the service ever had or fixed bytes with this hash.
    pub(super) fn knows(&self, digest: Digest) -> bool {
        self.media.values().any(|medium| medium.digest == digest)
            || self.commitments.values().any(|fixed| fixed.digest == digest)
    }

    /// Whether the journal gives the reason why something is not in the pack.
    pub(super) fn explains(&self, absent: &Absent) -> bool {
        match absent.why {
            Why::Erased => self.erased.get(&absent.id).is_some_and(|(digest, _)| *digest == absent.sha256),
            Why::NeverCame => {
                let id = CommitmentId(absent.id);
                let fixed = self.commitments.get(&id);
                fixed.is_some_and(|fixed| fixed.digest == absent.sha256 && self.kept(id, fixed).is_none())
            }
            Why::Lost => self.media.get(&absent.id).is_some_and(|medium| medium.digest == absent.sha256),
        }
    }
}

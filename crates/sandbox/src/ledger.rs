//! The insurers' own books: what arrived, what had an effect, where each claim stands.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

/// Where a claim stands at the insurer, in the order of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimStatus {
    /// The notice was stored.
    Received,
    /// Confirmed (报案受理).
    Acknowledged,
    /// Damage surveyed (查勘).
    Surveyed,
    /// Loss agreed (定损).
    Agreed,
    /// Money paid (支付).
    Paid,
    /// Declined (拒赔).
    Rejected,
}

/// One claim in one insurer's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// Code of the insurer.
    pub insurer: String,
    /// The service's stable id.
    pub claim_id: Uuid,
    /// The insurer's own number.
    pub insurer_claim_number: String,
    /// Number of the case, to find claims that were doubled under two ids.
    pub case_number: String,
    /// The insured party.
    pub insured_role: String,
    /// How often a claim was opened: 0 when the notice was refused or forgotten, never more than 1.
    pub effects: u32,
    /// How often a correctly signed notice arrived.
    pub deliveries: u32,
    /// How many of these differed from the first one.
    pub differing: u32,
    /// Where the claim stands; `null` while there was no effect.
    pub status: Option<ClaimStatus>,
    /// How many callbacks the service accepted.
    pub callbacks: u32,
    /// What the insurer will pay, in fen.
    pub amount_fen: Option<i64>,
    /// Number of the determination that the insurer goes by.
    pub determination_number: String,
    /// SHA-256 of that determination's PDF.
    pub document_sha256: String,
    /// Who bears what by it, by role.
    pub grades: BTreeMap<String, String>,
    /// What was told after the notice, in the order of arrival.
    pub amendments: Vec<AmendmentEntry>,
    #[serde(skip)]
    first_body: Vec<u8>,
}

/// One amendment in an insurer's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AmendmentEntry {
    /// The service's stable id.
    pub amendment_id: Uuid,
    /// Its place among the amendments of the claim.
    pub sequence: u32,
    /// What changed.
    pub change: String,
    /// How the review ended.
    pub outcome: Option<String>,
    /// How often it arrived, correctly signed.
    pub deliveries: u32,
    /// How many of these differed from the first one.
    pub differing: u32,
    #[serde(skip)]
    first_body: Vec<u8>,
}

/// What the books need of an amendment.
#[derive(Debug, Deserialize)]
pub(crate) struct Amendment {
    pub(crate) amendment_id: Uuid,
    pub(crate) claim_id: Uuid,
    sequence: u32,
    change: String,
    outcome: Option<String>,
    notice: Option<Notice>,
}

impl Amendment {
    /// Whether it says what the profile says of such a change.
    pub(crate) fn is_sound(&self, insurer: &str) -> bool {
        let (outcome, notice) = (self.outcome.is_some(), self.notice.as_ref());
        match self.change.as_str() {
            "review_requested" | "review_withdrawn" => !outcome && notice.is_none(),
            "review_concluded" => outcome && notice.is_none(),
            "redetermined" => notice.is_some_and(|notice| {
                notice.claim_id == self.claim_id && notice.insurer == insurer && notice.insured().is_some()
            }),
            _ => false,
        }
    }
}

/// What the books need of a notice.
#[derive(Debug, Deserialize)]
pub(crate) struct Notice {
    pub(crate) claim_id: Uuid,
    pub(crate) case_number: String,
    pub(crate) insurer: String,
    pub(crate) insured_role: String,
    pub(crate) parties: Vec<NoticeParty>,
    determination: NoticeDetermination,
}

/// The determination that a notice rests on.
#[derive(Debug, Deserialize)]
struct NoticeDetermination {
    number: String,
    document_sha256: String,
}

/// One party of a notice.
#[derive(Debug, Deserialize)]
pub(crate) struct NoticeParty {
    pub(crate) role: String,
    pub(crate) plate: Option<String>,
    pub(crate) policy_number: Option<String>,
    pub(crate) estimated_loss_fen: Option<i64>,
    liability: String,
}

impl Notice {
    /// The party whose vehicle this claim is about.
    pub(crate) fn insured(&self) -> Option<&NoticeParty> {
        self.parties.iter().find(|party| party.role == self.insured_role)
    }

    fn grades(&self) -> BTreeMap<String, String> {
        self.parties.iter().map(|party| (party.role.clone(), party.liability.clone())).collect()
    }
}

type Books = BTreeMap<(String, Uuid), LedgerEntry>;

/// All insurers' books.
#[derive(Debug)]
pub(crate) struct Ledger {
    books: Mutex<Books>,
    changed: watch::Sender<()>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { books: Mutex::default(), changed: watch::Sender::new(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, insurer: &str, claim: Uuid, change: impl FnOnce(&mut LedgerEntry) -> T) -> Option<T> {
        let changed = self.lock().get_mut(&(insurer.to_owned(), claim)).map(change);
        self.changed.send_replace(());
        changed
    }

    /// Notes that a correctly signed notice arrived.
    pub(crate) fn deliver(&self, notice: &Notice, body: &[u8]) {
        let key = (notice.insurer.clone(), notice.claim_id);
        let mut books = self.lock();
        let entry = books.entry(key).or_insert_with(|| LedgerEntry {
            insurer: notice.insurer.clone(),
            claim_id: notice.claim_id,
            insurer_claim_number: claim_number(notice),
            case_number: notice.case_number.clone(),
            insured_role: notice.insured_role.clone(),
            effects: 0,
            deliveries: 0,
            differing: 0,
            status: None,
            callbacks: 0,
            amount_fen: notice.insured().and_then(|party| party.estimated_loss_fen),
            determination_number: notice.determination.number.clone(),
            document_sha256: notice.determination.document_sha256.clone(),
            grades: notice.grades(),
            amendments: Vec::new(),
            first_body: body.to_vec(),
        });
        entry.deliveries += 1;
        entry.differing += u32::from(entry.first_body != body);
        drop(books);
        self.changed.send_replace(());
    }

    /// Opens the claim unless it is open. Says whether it was opened now.
    pub(crate) fn open(&self, insurer: &str, claim: Uuid) -> bool {
        let open = |entry: &mut LedgerEntry| {
            let fresh = entry.effects == 0;
            entry.effects = 1;
            entry.status.get_or_insert(ClaimStatus::Received);
            fresh
        };
        self.change(insurer, claim, open).unwrap_or(false)
    }

    /// Notes an amendment of an open claim, once, unless it must be forgotten; a later determination takes the place
    /// of the one before. Says whether the claim is known.
    pub(crate) fn amend(&self, insurer: &str, amendment: &Amendment, body: &[u8], forget: bool) -> bool {
        let amend = |entry: &mut LedgerEntry| {
            if entry.effects == 0 {
                return false;
            }
            let known = entry.amendments.iter_mut().find(|one| one.amendment_id == amendment.amendment_id);
            if let Some(known) = known {
                known.deliveries += 1;
                known.differing += u32::from(known.first_body != body);
            } else if !forget {
                let latest = entry.amendments.iter().all(|one| one.sequence < amendment.sequence);
                if let Some(notice) = amendment.notice.as_ref().filter(|_| latest) {
                    entry.determination_number.clone_from(&notice.determination.number);
                    entry.document_sha256.clone_from(&notice.determination.document_sha256);
                    entry.grades = notice.grades();
                }
                entry.amendments.push(AmendmentEntry {
                    amendment_id: amendment.amendment_id,
                    sequence: amendment.sequence,
                    change: amendment.change.clone(),
                    outcome: amendment.outcome.clone(),
                    deliveries: 1,
                    differing: 0,
                    first_body: body.to_vec(),
                });
            }
            true
        };
        self.change(insurer, amendment.claim_id, amend).unwrap_or(false)
    }

    /// Moves an open claim on, never back.
    pub(crate) fn advance(&self, insurer: &str, claim: Uuid, status: ClaimStatus) {
        self.change(insurer, claim, |entry| {
            if entry.status.is_some_and(|current| current < status) {
                entry.status = Some(status);
            }
        });
    }

    /// Notes that the service accepted a callback about the claim.
    pub(crate) fn called_back(&self, insurer: &str, claim: Uuid) {
        self.change(insurer, claim, |entry| entry.callbacks += 1);
    }

    pub(crate) fn find(&self, insurer: &str, claim: Uuid) -> Option<LedgerEntry> {
        self.lock().get(&(insurer.to_owned(), claim)).cloned()
    }

    pub(crate) fn entries(&self) -> Vec<LedgerEntry> {
        self.lock().values().cloned().collect()
    }

    /// Waits until `done` holds for the entries.
    pub(crate) async fn wait_until(&self, done: impl Fn(&[LedgerEntry]) -> bool) -> Vec<LedgerEntry> {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            let entries = self.entries();
            if done(&entries) || changed.changed().await.is_err() {
                return entries;
            }
        }
    }
}

/// Made from the claim's id, so that a notice that comes again after it was forgotten gets the same one.
fn claim_number(notice: &Notice) -> String {
    let id = notice.claim_id.simple().to_string().to_uppercase();
    format!("{}-{}", notice.insurer, id.get(..12).unwrap_or_default())
}

//! What every use case has at hand: the store, the ports, the rules, the clock.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    calendar::day_in_china,
    case::Case,
    event::Event,
    identifiers::{CaseId, InsurerCode, MessageId, Phone},
    journal::Actor,
    message::{Content, Message},
    ports::{Clock, Insurer, Randomness, Signer, SmsGateway, Typesetter, WeChat},
    rules::{Rulebook, Rules},
};
use evidence::{ObjectStore, PhotoIntake};
use store::{DistrictRow, Store, Work};
use tokio::sync::{Mutex, Notify, RwLock, Semaphore, watch};
use uuid::Uuid;

use crate::{
    alive::AliveDrivers,
    backfill::Backfill,
    error::AppError,
    evidence::{EvidenceLimits, UnderWay},
    log::{Builder, LogParts},
    once::Prepared,
    reading::Readings,
    retention::Retention,
    signals::Looks,
    texts::TextLimits,
    uploads::Uploads,
};

/// How sign-in works.
#[derive(Debug, Clone)]
pub struct SignInSettings {
    /// `iss` of the tokens.
    pub issuer: String,
    /// `aud` of the tokens.
    pub audience: String,
    /// How long an access token holds.
    pub access_life: TimeDelta,
    /// How long a session can be refreshed.
    pub session_life: TimeDelta,
}

/// Everything the use cases are built from; wired by the server, by tests and by nobody else.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Where bytes lie.
    pub objects: Arc<dyn ObjectStore>,
    /// How photos come in.
    pub photos: PhotoIntake,
    /// How much evidence may weigh.
    pub limits: EvidenceLimits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Unguessable bytes.
    pub randomness: Arc<dyn Randomness>,
    /// Sign-in of drivers.
    pub wechat: Arc<dyn WeChat>,
    /// Text messages.
    pub sms: Arc<dyn SmsGateway>,
    /// Insurers, by code.
    pub insurers: BTreeMap<InsurerCode, Arc<dyn Insurer>>,
    /// Signs receipts and tokens.
    pub signer: Arc<dyn Signer>,
    /// Typesets documents.
    pub typesetter: Arc<dyn Typesetter>,
    /// The rules.
    pub rules: Rulebook,
    /// Where people reach the service, without a slash at the end.
    pub public_url: String,
    /// How long evidence is kept.
    pub retention: Retention,
    /// The unit printed on documents.
    pub unit_name: String,
    /// Address in front of a document's verification code.
    pub verification_base: String,
    /// Sign-in.
    pub sign_in: SignInSettings,
    /// The duty phone of the patrol, told of every case handed over.
    pub patrol_phone: Option<Phone>,
    /// How many texts may go out on a day.
    pub text_limits: TextLimits,
    /// Address of the page where invitations are taken up; their code follows behind `#`, which no browser sends.
    pub invitation_base: String,
    /// The log of all journals.
    pub log: LogParts,
    /// Uploads of large files.
    pub uploads: Uploads,
}

/// The use cases. Share it in an [`Arc`].
pub struct App {
    pub(crate) parts: Parts,
    pub(crate) districts: RwLock<Vec<DistrictRow>>,
    /// Password hashing needs 19 MiB each: few at a time.
    pub(crate) hashing: Semaphore,
    pub(crate) alive: AliveDrivers,
    /// Typesetting takes a core: no more at a time than there are, so that readers of translations leave some to others.
    pub(crate) presses: Semaphore,
    /// Court packs read every byte of a case: few at a time.
    pub(crate) packs: Arc<Semaphore>,
    pub(crate) under_way: UnderWay,
    pub(crate) log: Mutex<Builder>,
    pub(crate) looks: Looks,
    pub(crate) readings: Readings,
    pub(crate) backfill: Backfill,
    wake: Notify,
    interrupted: watch::Sender<bool>,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            districts: RwLock::default(),
            hashing: Semaphore::new(4),
            alive: AliveDrivers::default(),
            presses: Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get)),
            packs: Arc::new(Semaphore::new(crate::court_pack::AT_ONCE)),
            under_way: UnderWay::default(),
            log: Mutex::default(),
            looks: Looks::default(),
            readings: Readings::default(),
            backfill: Backfill::default(),
            wake: Notify::new(),
            interrupted: watch::Sender::new(false),
        }
    }

    /// The database, for health checks and commands.
    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// Where bytes lie, for health checks and commands.
    pub fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.parts.objects
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        self.parts.clock.now()
    }

    /// How much evidence may weigh.
    pub fn limits(&self) -> EvidenceLimits {
        self.parts.limits
    }

    /// The rules in force today.
    pub fn rules(&self) -> Rules<'_> {
        self.rules_of(self.now())
    }

    /// The rules that judge this case, those of its days: see [`Rulebook::judge`].
    pub fn rules_for(&self, case: &Case) -> Rules<'_> {
        self.parts.rules.judge(day_in_china(case.reported_at), day_in_china(case.occurred_at))
    }

    /// The rules that were in force at that time: for what is judged by a day of its own.
    pub fn rules_of(&self, at: DateTime<Utc>) -> Rules<'_> {
        self.parts.rules.on(day_in_china(at))
    }

    /// Waits until a write may have left messages to send.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Gives up whatever is being sent: it goes back to the queue. For the end of the process.
    pub fn interrupt_deliveries(&self) {
        self.interrupted.send_replace(true);
    }

    pub(crate) async fn interrupted(&self) {
        // The sender lives as long as `self`.
        let _ = self.interrupted.subscribe().wait_for(|interrupted| *interrupted).await;
    }

    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.parts.randomness.fill(&mut bytes);
        bytes
    }

    /// A new id, ordered by time (UUIDv7).
    pub(crate) fn new_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &self.random()).into_uuid()
    }

    /// Seals the events behind the case's journal and adds them to the work. What changes the case moves its
    /// edition, and says anew what the clock waits for.
    pub(crate) fn record(
        &self,
        work: &mut Work,
        case: &mut Case,
        actor: Actor,
        now: DateTime<Utc>,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<(), AppError> {
        let mut changed = false;
        for event in events {
            changed |= event.is_material();
            let (head, sealed) = case.journal.append(case.id, now, actor, &event)?;
            case.journal = head;
            work.journal(sealed);
        }
        case.edition += i64::from(changed);
        case.due = case.next_deadline(&self.rules_for(case));
        Ok(())
    }

    /// A case that changed and what happened in it, and nothing besides.
    pub(crate) fn changed(
        &self,
        actor: Actor,
        mut case: Case,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Prepared<Case>, AppError> {
        let mut work = Work::new();
        self.record(&mut work, &mut case, actor, self.now(), events)?;
        work.save_case(&mut case)?;
        Ok(Prepared { value: case, work })
    }

    /// Adds a text message to the work.
    pub(crate) fn text(
        &self,
        work: &mut Work,
        case: CaseId,
        to: &Phone,
        text: String,
        now: DateTime<Utc>,
    ) -> Result<(), AppError> {
        let content = Content::Sms { to: to.clone(), text };
        work.message(&Message { id: MessageId(self.new_id()), case, content, due: now })?;
        Ok(())
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}

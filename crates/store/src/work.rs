//! One unit of work: everything a use case wants to change, collected first, committed whole.

use chrono::{DateTime, Utc};
use domain::{
    case::Case,
    claim::Claim,
    digest::Digest,
    dispatch::Dispatch,
    document::IssuedPaper,
    evidence::{Media, PerceptualHash},
    identifiers::{
        AccountId, CaseId, InsurerCode, InvitationCode, MessageId, PhotoId, PointId, SessionId, UnitId,
        VerificationCode,
    },
    journal::Sealed,
    message::{Attempt, Message},
};
use sea_orm::Set;
use uuid::Uuid;

use crate::{
    chores::ChoreChange,
    error::StoreError,
    log::LogBatch,
    retention::RetentionChange,
    rows::{
        accident_case, account, callback, case_party, claim, conversions, dispatch, district, document,
        evidence_item, idempotency, insurer, invitation, journal, message, point, refresh_token, session,
        text_sent, unit,
    },
    self_control::SelfControlChange,
    signing::SigningChange,
    uploads::UploadChange,
};

/// Changes that belong together. Nothing is written before [`crate::Store::commit`], then all or nothing.
#[derive(Default)]
pub struct Work {
    pub(crate) inserts: Inserts,
    pub(crate) updates: Vec<Update>,
}

/// Rows hold personal data and secrets.
impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work(…)")
    }
}

/// The first answer to an idempotency key of one account.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstAnswer {
    /// Whose key: keys of different accounts never meet.
    pub account: AccountId,
    /// The key.
    pub key: String,
    /// Hash of the request; another request with the same key is a mistake.
    pub fingerprint: Digest,
    /// HTTP status of the answer.
    pub status: u16,
    /// Version of the aggregate in the answer.
    pub version: Option<i64>,
    /// Body of the answer.
    pub body: String,
}

impl std::fmt::Debug for FirstAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FirstAnswer({}, {}, …)", self.account, self.status)
    }
}

/// New rows, by table in the order in which foreign keys need them.
#[derive(Debug, Default)]
pub(crate) struct Inserts {
    pub(crate) accounts: Vec<account::ActiveModel>,
    pub(crate) sessions: Vec<session::ActiveModel>,
    pub(crate) refresh_tokens: Vec<refresh_token::ActiveModel>,
    pub(crate) cases: Vec<accident_case::ActiveModel>,
    pub(crate) parties: Vec<case_party::ActiveModel>,
    pub(crate) invitations: Vec<invitation::ActiveModel>,
    pub(crate) documents: Vec<document::ActiveModel>,
    pub(crate) evidence: Vec<evidence_item::ActiveModel>,
    pub(crate) claims: Vec<claim::ActiveModel>,
    pub(crate) dispatches: Vec<dispatch::ActiveModel>,
    pub(crate) callbacks: Vec<callback::ActiveModel>,
    pub(crate) messages: Vec<message::ActiveModel>,
    pub(crate) idempotency: Vec<idempotency::ActiveModel>,
    pub(crate) journal: Vec<journal::ActiveModel>,
}

impl Inserts {
    fn is_empty(&self) -> bool {
        let Self {
            accounts,
            sessions,
            refresh_tokens,
            cases,
            parties,
            invitations,
            documents,
            evidence,
            claims,
            dispatches,
            callbacks,
            messages,
            idempotency,
            journal,
        } = self;
        accounts.is_empty()
            && sessions.is_empty()
            && refresh_tokens.is_empty()
            && cases.is_empty()
            && parties.is_empty()
            && invitations.is_empty()
            && documents.is_empty()
            && evidence.is_empty()
            && claims.is_empty()
            && dispatches.is_empty()
            && callbacks.is_empty()
            && messages.is_empty()
            && idempotency.is_empty()
            && journal.is_empty()
    }
}

/// A change to a row that must still be as it was read.
#[derive(Debug)]
pub(crate) enum Update {
    Case { row: accident_case::ActiveModel, expected: i64 },
    Claim { row: claim::ActiveModel, expected: i64 },
    Dispatch { row: dispatch::ActiveModel, expected: i64 },
    UseRefreshToken { hash: String, at: DateTime<Utc> },
    RevokeSession { id: SessionId, at: DateTime<Utc> },
    FailLadder { subject: String, now: DateTime<Utc> },
    ClearLadder { subject: String },
    TotpStep { account: AccountId, step: i64 },
    AccountActive { account: AccountId, active: bool },
    UnitPosition(unit::ActiveModel),
    Upload(UploadChange),
    Retention(RetentionChange),
    Chore(ChoreChange),
    TextSent(text_sent::ActiveModel),
    SelfControl(SelfControlChange),
    Signing(SigningChange),
    Examined { id: Uuid, perceptual: Option<i64>, at: DateTime<Utc> },
    Message(MessageOutcome),
    Log(Box<LogBatch>),
    District(district::ActiveModel),
    Insurer(insurer::ActiveModel),
    Point(point::ActiveModel),
    Unit(unit::ActiveModel),
}

/// How a leased message ended; counts only while the lease (its fence) is still the last one.
#[derive(Debug)]
pub(crate) struct MessageOutcome {
    pub(crate) id: MessageId,
    pub(crate) fence: i32,
    pub(crate) attempt: Attempt,
    pub(crate) at: DateTime<Utc>,
    pub(crate) cause: Option<String>,
}

impl Work {
    /// Nothing to do yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty() && self.inserts.is_empty()
    }

    /// Whether there is something to send.
    pub fn has_messages(&self) -> bool {
        !self.inserts.messages.is_empty()
    }

    /// A new case with its first party.
    pub fn insert_case(&mut self, case: &mut Case) -> Result<(), StoreError> {
        case.version = 1;
        self.inserts.cases.push(conversions::case_row(case, 1)?);
        case.parties.iter().for_each(|party| {
            if let Some(account) = party.account {
                self.insert_party(case.id, account, party.role);
            }
        });
        Ok(())
    }

    /// An account becomes a party of a case, which makes it visible to it.
    pub fn insert_party(&mut self, case: CaseId, account: AccountId, role: domain::role::PartyRole) {
        self.inserts.parties.push(case_party::ActiveModel {
            account_id: Set(account.0),
            case_id: Set(case.0),
            role: Set(role.to_string()),
        });
    }

    /// A changed case; refused as stale when somebody saved it since it was read.
    pub fn save_case(&mut self, case: &mut Case) -> Result<(), StoreError> {
        let expected = case.version;
        case.version += 1;
        self.updates.push(Update::Case { row: conversions::case_row(case, case.version)?, expected });
        Ok(())
    }

    /// A sealed entry of the journal.
    pub fn journal(&mut self, entry: Sealed) {
        self.inserts.journal.push(conversions::journal_row(entry));
    }

    /// An outgoing message.
    pub fn message(&mut self, message: &Message) -> Result<(), StoreError> {
        self.inserts.messages.push(conversions::message_row(message)?);
        Ok(())
    }

    /// The way from an invitation's code to its case.
    pub fn insert_invitation(&mut self, code: &InvitationCode, case: CaseId) {
        let code_hash = Set(Digest::of(code.as_str().as_bytes()).to_string());
        self.inserts.invitations.push(invitation::ActiveModel { code_hash, case_id: Set(case.0) });
    }

    /// A document of a case, and the way to it from its QR code.
    pub fn insert_document(
        &mut self,
        case: CaseId,
        issued: &IssuedPaper,
        code: &VerificationCode,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.inserts.documents.push(document::ActiveModel {
            case_id: Set(case.0),
            digest: Set(issued.digest.to_string()),
            verification: Set(code.to_string()),
            created_at: Set(now),
            kind: Set(issued.paper.kind().name().to_owned()),
            number: Set(Some(issued.paper.number().to_owned())),
            paper: Set(Some(conversions::to_json(&issued.paper, "document", "paper")?)),
        });
        Ok(())
    }

    /// A photo or recording that became part of a case, to be found across cases.
    pub fn insert_evidence(
        &mut self,
        case: CaseId,
        media: Media,
        id: Uuid,
        digest: Digest,
        received_at: DateTime<Utc>,
    ) {
        let media = match media {
            Media::Photo => "photo",
            Media::Recording => "recording",
        };
        self.inserts.evidence.push(evidence_item::ActiveModel {
            id: Set(id),
            case_id: Set(case.0),
            media: Set(media.to_owned()),
            digest: Set(digest.to_string()),
            perceptual: Set(None),
            received_at: Set(received_at),
            examined_at: Set(None),
            erased_at: Set(None),
            removed_at: Set(None),
        });
    }

    /// A photo was examined; how it looks, if it can be looked at.
    pub fn photo_examined(&mut self, id: PhotoId, perceptual: Option<PerceptualHash>, at: DateTime<Utc>) {
        let perceptual = perceptual.map(|hash| hash.0.cast_signed());
        self.updates.push(Update::Examined { id: id.0, perceptual, at });
    }

    /// A new claim.
    pub fn insert_claim(&mut self, claim: &Claim) -> Result<(), StoreError> {
        self.inserts.claims.push(conversions::claim_row(claim, 1)?);
        Ok(())
    }

    /// A changed claim, as it was read with version `expected`.
    pub fn save_claim(&mut self, claim: &Claim, expected: i64) -> Result<(), StoreError> {
        self.updates.push(Update::Claim { row: conversions::claim_row(claim, expected + 1)?, expected });
        Ok(())
    }

    /// A callback that was applied; a second one with the same id is a duplicate.
    pub fn insert_callback(&mut self, insurer: &InsurerCode, webhook_id: &str, now: DateTime<Utc>) {
        self.inserts.callbacks.push(callback::ActiveModel {
            insurer: Set(insurer.to_string()),
            webhook_id: Set(webhook_id.to_owned()),
            received_at: Set(now),
        });
    }

    /// A new task; refused as a duplicate when the unit or the case already has one.
    pub fn insert_dispatch(&mut self, dispatch: &mut Dispatch) -> Result<(), StoreError> {
        dispatch.version = 1;
        self.inserts.dispatches.push(conversions::dispatch_row(dispatch, 1)?);
        Ok(())
    }

    /// A changed task.
    pub fn save_dispatch(&mut self, dispatch: &mut Dispatch) -> Result<(), StoreError> {
        let expected = dispatch.version;
        dispatch.version += 1;
        let row = conversions::dispatch_row(dispatch, dispatch.version)?;
        self.updates.push(Update::Dispatch { row, expected });
        Ok(())
    }

    /// The first answer to a key, to be given again.
    pub fn remember_answer(&mut self, first: FirstAnswer, now: DateTime<Utc>) {
        self.inserts.idempotency.push(idempotency::ActiveModel {
            account_id: Set(first.account.0),
            key: Set(first.key),
            fingerprint: Set(first.fingerprint.to_string()),
            status: Set(i16::try_from(first.status).unwrap_or(i16::MAX)),
            version: Set(first.version),
            answer: Set(first.body),
            created_at: Set(now),
        });
    }

    /// A new account.
    pub fn insert_account(&mut self, account: &crate::Account) -> Result<(), StoreError> {
        self.inserts.accounts.push(account.row()?);
        Ok(())
    }

    /// A new session of an account.
    pub fn insert_session(
        &mut self,
        id: SessionId,
        account: AccountId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) {
        self.inserts.sessions.push(session::ActiveModel {
            id: Set(id.0),
            account_id: Set(account.0),
            created_at: Set(now),
            expires_at: Set(until),
            revoked_at: Set(None),
        });
    }

    /// A refresh token of a session; only its hash is kept.
    pub fn insert_refresh_token(&mut self, token_hash: Digest, session: SessionId, until: DateTime<Utc>) {
        self.inserts.refresh_tokens.push(refresh_token::ActiveModel {
            hash: Set(token_hash.to_string()),
            session_id: Set(session.0),
            expires_at: Set(until),
            used_at: Set(None),
        });
    }

    /// A refresh token is used once; the second use is stale.
    pub fn use_refresh_token(&mut self, token_hash: Digest, now: DateTime<Utc>) {
        self.updates.push(Update::UseRefreshToken { hash: token_hash.to_string(), at: now });
    }

    /// Ends a session and everything refreshed from it.
    pub fn revoke_session(&mut self, id: SessionId, now: DateTime<Utc>) {
        self.updates.push(Update::RevokeSession { id, at: now });
    }

    /// One more try to sign in as `subject`, counted as failed until [`Work::clear_ladder`]; tries made at once
    /// all count. Stale while the ladder lets nobody try.
    pub fn fail_ladder(&mut self, subject: Digest, now: DateTime<Utc>) {
        self.updates.push(Update::FailLadder { subject: subject.to_string(), now });
    }

    /// A success wipes the failed tries out.
    pub fn clear_ladder(&mut self, subject: Digest) {
        self.updates.push(Update::ClearLadder { subject: subject.to_string() });
    }

    /// A one-time code counts once: the step must be later than the last one used.
    pub fn use_totp_step(&mut self, account: AccountId, step: i64) {
        self.updates.push(Update::TotpStep { account, step });
    }

    /// Switches an account on or off.
    pub fn set_active(&mut self, account: AccountId, active: bool) {
        self.updates.push(Update::AccountActive { account, active });
    }

    /// Where a unit is, and whether it is on duty.
    pub fn save_unit_report(
        &mut self,
        unit: UnitId,
        on_duty: bool,
        position: Option<&domain::geo::Position>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let reported =
            position.map(|position| conversions::to_json(position, "unit", "reported")).transpose()?;
        self.updates.push(Update::UnitPosition(unit::ActiveModel {
            id: Set(unit.0),
            on_duty: Set(on_duty),
            reported_at: Set(reported.is_some().then_some(now)),
            reported: Set(reported),
            ..Default::default()
        }));
        Ok(())
    }

    /// How the try to send a leased message ended.
    pub fn finish_message(
        &mut self,
        due: &crate::DueMessage,
        attempt: Attempt,
        cause: Option<String>,
        now: DateTime<Utc>,
    ) {
        let outcome = MessageOutcome { id: due.id, fence: due.fence, attempt, at: now, cause };
        self.updates.push(Update::Message(outcome));
    }

    /// A district, new or changed.
    pub fn put_district(&mut self, district: &crate::DistrictRow) -> Result<(), StoreError> {
        self.updates.push(Update::District(district::ActiveModel {
            code: Set(district.code.to_string()),
            name: Set(district.name.clone()),
            seat: Set(conversions::to_json(&district.seat, "district", "seat")?),
        }));
        Ok(())
    }

    /// An insurer, new or changed.
    pub fn put_insurer(&mut self, insurer: &crate::InsurerRow) {
        self.updates.push(Update::Insurer(insurer::ActiveModel {
            code: Set(insurer.code.to_string()),
            name: Set(insurer.name.clone()),
            hotline: Set(insurer.hotline.clone()),
        }));
    }

    /// A point, new or changed.
    pub fn put_point(&mut self, point: &crate::PointRow) -> Result<(), StoreError> {
        self.updates.push(Update::Point(point::ActiveModel {
            id: Set(point.id.0),
            name: Set(point.name.clone()),
            district: Set(point.district.to_string()),
            address: Set(point.address.clone()),
            position: Set(conversions::to_json(&point.position, "point", "position")?),
            opens: Set(point.opens.clone()),
            closes: Set(point.closes.clone()),
        }));
        Ok(())
    }

    /// A unit on duty at its point, new or moved to another point.
    pub fn put_unit(&mut self, unit: UnitId, account: AccountId, point: PointId) {
        self.updates.push(Update::Unit(unit::ActiveModel {
            id: Set(unit.0),
            account_id: Set(account.0),
            point_id: Set(point.0),
            on_duty: Set(true),
            reported: Set(None),
            reported_at: Set(None),
        }));
    }
}

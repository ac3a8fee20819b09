//! One-time codes for signatures: asked for, sent to the phone of the party that signs, tried and used. A code is
//! worked out from its id by the service's key when it is sent and when it is checked; it is written nowhere.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use domain::{
    case::{CODE_LIFE, CODE_TRIES, CODE_WINDOW, CODES_PER_DOCUMENT, CODES_PER_PHONE, Case, Officer, ToSign},
    digest::Digest,
    document::DocumentKind,
    identifiers::{AccountId, CaseId, MessageId, Phone},
    journal::Actor,
    message::{Content, Message},
    refusal::Refusal,
    role::PartyRole,
};
use store::{PhoneLimit, SigningCodeRow, StoreError, Work};
use uuid::Uuid;

use crate::{
    access::{Driver, officer_actor},
    context::App,
    error::AppError,
    once::Prepared,
};

/// What the digest of a code is made for.
const CODE: &str = "one-time code for a signature";
/// What the digest of a phone is made for.
const PHONE: &str = "phone of a one-time code";

/// A code on its way to a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentCode {
    /// What can be signed with it.
    pub to_sign: ToSign,
    /// The phone, with only its first and last digits.
    pub sent_to: String,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// A one-time code as somebody typed it. However often the same request is tried again, it counts as one guess.
#[derive(Debug)]
pub(crate) struct Guess<'a> {
    pub(crate) code: &'a str,
    pub(crate) counted: &'a Mutex<Option<Uuid>>,
}

impl App {
    /// Sends a code to the phone of the party that asks, to sign this document with.
    pub async fn request_signing_code(
        &self,
        by: Driver,
        id: CaseId,
        document: Digest,
    ) -> Result<Prepared<SentCode>, AppError> {
        let case = self.case_for_driver(id, by).await?;
        let to_sign = case.to_sign_as(by.0, document)?;
        self.send_code(case, to_sign, by.0, by.actor()).await
    }

    /// Sends a code to the phone of a party without a session, to whom an officer reads this document out.
    pub async fn request_signing_code_for(
        &self,
        by: &Officer,
        id: CaseId,
        role: PartyRole,
        document: Digest,
    ) -> Result<Prepared<SentCode>, AppError> {
        let case = self.case_for_officer(id, by).await?;
        let to_sign = case.to_record(by, role, document)?;
        self.send_code(case, to_sign, by.account, officer_actor(by)).await
    }

    async fn send_code(
        &self,
        case: Case,
        to_sign: ToSign,
        account: AccountId,
        actor: Actor,
    ) -> Result<Prepared<SentCode>, AppError> {
        let now = self.now();
        let phone = case.phone_for_codes(to_sign.role)?.clone();
        let row = SigningCodeRow {
            id: self.new_id(),
            case: case.id,
            role: to_sign.role,
            account,
            kind: to_sign.kind,
            document: to_sign.document,
            phone: self.parts.signer.keyed_digest(PHONE, phone.as_str().as_bytes()),
            sent_at: now,
            expires_at: now + CODE_LIFE,
            tries: 0,
            used_at: None,
        };
        self.must_be_few(&row).await?;
        let sent = SentCode { to_sign, sent_to: masked(&phone), expires_at: row.expires_at };
        let (mut case, event) = case.code_sent(&to_sign);
        let mut work = Work::new();
        self.record(&mut work, &mut case, actor, now, [event])?;
        let content = Content::SigningCode { to: phone, code: row.id };
        work.message(&Message { id: MessageId(row.id), case: case.id, content, due: now })?;
        let most = u64::try_from(CODES_PER_PHONE).unwrap_or(u64::MAX);
        work.issue_signing_code(row, PhoneLimit { since: now - CODE_WINDOW, most });
        work.save_case(&mut case)?;
        Ok(Prepared { value: sent, work })
    }

    /// Whether another code may be sent, for this signature and to this phone.
    async fn must_be_few(&self, row: &SigningCodeRow) -> Result<(), AppError> {
        let since = row.sent_at - CODE_WINDOW;
        let store = &self.parts.store;
        let mut same = store.signing_codes(row.case, row.role, row.document, since).await?;
        let same: Vec<_> = same.drain(..).map(|earlier| earlier.sent_at).collect();
        let to_phone = store.signing_codes_to(row.phone, since).await?;
        for (sent, most) in [(same, CODES_PER_DOCUMENT), (to_phone, CODES_PER_PHONE)] {
            // The one that must be an hour old before there is room again.
            let full = sent.len().checked_sub(most).and_then(|oldest| sent.get(oldest));
            if let Some(oldest) = full {
                let left = (*oldest + CODE_WINDOW - row.sent_at).num_seconds();
                return Err(AppError::TooManyCodes { seconds: u64::try_from(left).unwrap_or_default() + 1 });
            }
        }
        Ok(())
    }

    /// The code that can be used for this signature, if the guess is it. The guess is counted before it is looked at,
    /// in its own commit, so that many at once cannot share a try.
    pub(crate) async fn guessed(
        &self,
        case: CaseId,
        to_sign: &ToSign,
        account: AccountId,
        guess: &Guess<'_>,
        now: DateTime<Utc>,
    ) -> Result<SigningCodeRow, AppError> {
        let sent =
            self.parts.store.signing_codes(case, to_sign.role, to_sign.document, now - CODE_LIFE).await?;
        let row = sent
            .into_iter()
            .find(|row| row.account == account && row.used_at.is_none() && now < row.expires_at)
            .ok_or(Refusal::SigningCodeExpired)?;
        let before = guess.counted.lock().unwrap_or_else(PoisonError::into_inner).replace(row.id);
        if before != Some(row.id) {
            let mut work = Work::new();
            work.try_signing_code(row.id, CODE_TRIES, now);
            match self.parts.store.commit(work).await {
                Ok(()) => {}
                Err(StoreError::Stale(_)) => return Err(Refusal::SigningCodeExpired.into()),
                Err(error) => return Err(error.into()),
            }
        }
        if self.code_of(row.id) == guess.code { Ok(row) } else { Err(Refusal::SigningCodeWrong.into()) }
    }

    /// The six digits of a code.
    fn code_of(&self, id: Uuid) -> String {
        let digest = self.parts.signer.keyed_digest(CODE, id.as_bytes());
        let [a, b, c, d, e, f, g, h, ..] = *digest.as_bytes();
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 1_000_000;
        format!("{number:06}")
    }

    /// The text message with a code; nothing when it came too late to be of use.
    pub(crate) async fn signing_code_text(&self, id: Uuid) -> Result<Option<String>, AppError> {
        let Some(row) = self.parts.store.signing_code(id).await? else { return Ok(None) };
        if row.used_at.is_some() || self.now() >= row.expires_at {
            return Ok(None);
        }
        let case = self.parts.store.find_case_for_service(row.case).await?;
        let case = case.ok_or(AppError::NotFound("case"))?;
        let (number, what, code) = (&case.number, kind(row.kind), self.code_of(id));
        let own = case.party(row.role).is_some_and(|party| party.account.is_some());
        let whom = if own {
            "请勿告诉任何人，民警和客服也不会索要。"
        } else {
            "民警向您宣读文书后，仅可告诉该民警。"
        };
        Ok(Some(format!("【快处】您正在签署案件{number}的{what}，验证码{code}，5分钟内有效。{whom}")))
    }
}

/// What a document is called in a text message.
pub(crate) fn kind(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Determination => "事故认定书",
        DocumentKind::Agreement => "自行协商协议书",
        DocumentKind::Certificate => "事故证明",
        DocumentKind::MediationRecord => "调解记录",
        DocumentKind::NoticeOfRights => "权利义务告知书",
        DocumentKind::ReviewConclusion => "复核结论",
    }
}

/// The first three and the last four digits of a phone.
fn masked(phone: &Phone) -> String {
    let text = phone.as_str();
    let (first, last) = (text.get(..3).unwrap_or_default(), text.get(text.len().saturating_sub(4)..));
    format!("{first}····{}", last.unwrap_or_default())
}

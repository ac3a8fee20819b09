//! The JSON of the open claim profile, version 1: what is sent, what is read, and nothing else.

use chrono::{DateTime, Utc};
use domain::{
    claim::{
        ClaimAmendment, ClaimChange, ClaimReport, ClaimStatus, FirstNotice, NoticeParty, SettledBy,
        Settlement,
    },
    compensation::Layer,
    digest::Digest,
    identifiers::{
        CaseNumber, ClaimId, InsurerCode, Line, MessageId, NationalId, Passage, PersonName, Phone, Plate,
        PolicyNumber, Vin,
    },
    liability::Grade,
    money::Fen,
    ports::{CallbackRefused, DeliveryError},
    role::PartyRole,
};
use serde::{Deserialize, Serialize};

use crate::transport::{one_line, unavailable};

/// Longest claim number of an insurer, in characters.
const LONGEST_NUMBER: usize = 64;

/// Body of `POST {base}/claims` (domain brief §4.4).
#[derive(Serialize)]
struct NoticeBody<'a> {
    claim_id: ClaimId,
    case_number: &'a CaseNumber,
    insurer: &'a InsurerCode,
    insured_role: PartyRole,
    occurred_at: DateTime<Utc>,
    place: &'a Line,
    position: PositionBody,
    facts: &'a Passage,
    parties: Vec<PartyBody<'a>>,
    determination: DeterminationBody<'a>,
    photos_sha256: &'a [Digest],
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement: Option<SettlementBody>,
}

/// Who pays what, agreed in mediation or computed by the rules.
#[derive(Serialize)]
struct SettlementBody {
    by: SettledBy,
    own_claims: bool,
    payments: Vec<SettledPaymentBody>,
}

/// One sum; `from` and `to` are the same where a party's own insurance or purse bears it.
#[derive(Serialize)]
struct SettledPaymentBody {
    to: PartyRole,
    from: PartyRole,
    layer: Layer,
    amount_fen: Fen,
}

impl From<&Settlement> for SettlementBody {
    fn from(settlement: &Settlement) -> Self {
        let payments = settlement.payments.iter().map(|payment| SettledPaymentBody {
            to: payment.to,
            from: payment.from,
            layer: payment.layer,
            amount_fen: payment.amount,
        });
        Self { by: settlement.by, own_claims: settlement.own_claims, payments: payments.collect() }
    }
}

/// Always WGS-84, and says so.
#[derive(Serialize)]
struct PositionBody {
    latitude: f64,
    longitude: f64,
    datum: &'static str,
}

#[derive(Serialize)]
struct DeterminationBody<'a> {
    number: &'a str,
    document_sha256: Digest,
}

#[derive(Serialize)]
struct PartyBody<'a> {
    role: PartyRole,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a PersonName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    licence: Option<&'a NationalId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a Phone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plate: Option<&'a Plate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vin: Option<&'a Vin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    insurer: Option<&'a InsurerCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_number: Option<&'a PolicyNumber>,
    liability: Grade,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_loss_fen: Option<Fen>,
}

impl<'a> From<&'a NoticeParty> for PartyBody<'a> {
    fn from(party: &'a NoticeParty) -> Self {
        Self {
            role: party.role,
            name: party.name.as_ref(),
            licence: party.licence.as_ref(),
            phone: party.phone.as_ref(),
            plate: party.plate.as_ref(),
            vin: party.vin.as_ref(),
            insurer: party.insurer.as_ref(),
            policy_number: party.policy_number.as_ref(),
            liability: party.grade,
            estimated_loss_fen: party.estimated_loss,
        }
    }
}

/// Body of `POST {base}/claims/{claim_id}/amendments`.
#[derive(Serialize)]
struct AmendmentBody<'a> {
    amendment_id: MessageId,
    claim_id: ClaimId,
    case_number: &'a CaseNumber,
    sequence: u32,
    at: DateTime<Utc>,
    change: &'static str,
    /// Of a review that was concluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    /// What the notice says now, with a new determination.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<NoticeBody<'a>>,
}

/// The bytes that are sent and signed: the same notice always gives the same ones.
pub(super) fn to_body(notice: &FirstNotice) -> Result<Vec<u8>, DeliveryError> {
    written(&notice_body(notice))
}

/// The bytes that are sent and signed: the same amendment always gives the same ones.
pub(super) fn to_amendment_body(amendment: &ClaimAmendment) -> Result<Vec<u8>, DeliveryError> {
    let (outcome, notice) = match &amendment.change {
        ClaimChange::ReviewRequested | ClaimChange::ReviewWithdrawn => (None, None),
        ClaimChange::ReviewConcluded { outcome } => (Some(outcome.as_str()), None),
        ClaimChange::Redetermined { notice } => (None, Some(notice_body(notice))),
    };
    written(&AmendmentBody {
        amendment_id: amendment.id,
        claim_id: amendment.claim,
        case_number: &amendment.case_number,
        sequence: amendment.sequence,
        at: amendment.at,
        change: amendment.change.name(),
        outcome,
        notice,
    })
}

fn written(body: &impl Serialize) -> Result<Vec<u8>, DeliveryError> {
    serde_json::to_vec(body)
        .map_err(|_| DeliveryError::Refused { reason: "the notice cannot be written as JSON".to_owned() })
}

fn notice_body(notice: &FirstNotice) -> NoticeBody<'_> {
    NoticeBody {
        claim_id: notice.claim,
        case_number: &notice.case_number,
        insurer: &notice.insurer,
        insured_role: notice.insured,
        occurred_at: notice.occurred_at,
        place: &notice.place,
        position: PositionBody {
            latitude: notice.position.wgs84.latitude,
            longitude: notice.position.wgs84.longitude,
            datum: "wgs84",
        },
        facts: &notice.facts,
        parties: notice.parties.iter().map(PartyBody::from).collect(),
        determination: DeterminationBody {
            number: &notice.determination_number,
            document_sha256: notice.document,
        },
        photos_sha256: &notice.photos,
        settlement: notice.settlement.as_ref().map(SettlementBody::from),
    }
}

/// Answer to an amendment.
#[derive(Deserialize)]
struct AmendmentAnswer {
    claim_id: ClaimId,
    amendment_id: MessageId,
}

/// Whether the insurer's answer says that it took this amendment.
pub(super) fn from_amendment_answer(sent: &ClaimAmendment, body: &[u8]) -> Result<(), DeliveryError> {
    match serde_json::from_slice::<AmendmentAnswer>(body) {
        Ok(answer) if (answer.claim_id, answer.amendment_id) == (sent.claim, sent.id) => Ok(()),
        Ok(_) => Err(unavailable("the answer is about another amendment")),
        Err(_) => Err(unavailable("the answer does not follow the profile")),
    }
}

/// Answer to a filing. A `status` beside it is not read: only callbacks and queries confirm.
#[derive(Deserialize)]
struct FilingAnswer {
    claim_id: ClaimId,
    insurer_claim_number: Option<InsurerNumber>,
}

/// The insurer's own number, when its answer says that it took this claim.
pub(super) fn from_filing_answer(sent: ClaimId, body: &[u8]) -> Result<Option<String>, DeliveryError> {
    match serde_json::from_slice::<FilingAnswer>(body) {
        Ok(answer) if answer.claim_id == sent => Ok(answer.insurer_claim_number.map(|number| number.0)),
        Ok(_) => Err(unavailable("the answer is about another claim")),
        Err(_) => Err(unavailable("the answer does not follow the profile")),
    }
}

/// Where a claim stands: answer to a query, and `data` of a callback.
#[derive(Deserialize)]
struct ReportBody {
    claim_id: ClaimId,
    status: ReportedStatus,
    insurer_claim_number: Option<InsurerNumber>,
    amount_fen: Option<i64>,
    reason: Option<String>,
}

/// The statuses an insurer may report. `received` says only that it has the notice.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReportedStatus {
    Received,
    Acknowledged,
    Surveyed,
    Agreed,
    Paid,
    Rejected,
}

impl From<ReportedStatus> for ClaimStatus {
    fn from(status: ReportedStatus) -> Self {
        match status {
            ReportedStatus::Received => Self::Submitted,
            ReportedStatus::Acknowledged => Self::Acknowledged,
            ReportedStatus::Surveyed => Self::Surveyed,
            ReportedStatus::Agreed => Self::Agreed,
            ReportedStatus::Paid => Self::Paid,
            ReportedStatus::Rejected => Self::Rejected,
        }
    }
}

/// An insurer's claim number: 1 to 64 characters without control characters.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct InsurerNumber(String);

impl TryFrom<String> for InsurerNumber {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let sound =
            (1..=LONGEST_NUMBER).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        sound.then_some(Self(text)).ok_or("an insurer's claim number has 1 to 64 characters")
    }
}

impl ReportBody {
    fn into_report(self) -> Option<ClaimReport> {
        if self.amount_fen.is_some_and(i64::is_negative) {
            return None;
        }
        Some(ClaimReport {
            claim: self.claim_id,
            status: self.status.into(),
            insurer_number: self.insurer_claim_number.map(|number| number.0),
            amount: self.amount_fen.map(Fen),
            reason: self.reason.map(|reason| one_line(&reason)).filter(|reason| !reason.is_empty()),
        })
    }
}

/// Reads the answer to `GET {base}/claims/{claim_id}`.
pub(super) fn from_query_answer(asked: ClaimId, body: &[u8]) -> Result<ClaimReport, DeliveryError> {
    let report = serde_json::from_slice::<ReportBody>(body).ok().and_then(ReportBody::into_report);
    match report {
        Some(report) if report.claim == asked => Ok(report),
        Some(_) => Err(unavailable("the answer is about another claim")),
        None => Err(unavailable("the answer does not follow the profile")),
    }
}

/// An event as the insurer sends it.
#[derive(Deserialize)]
#[serde(tag = "type", content = "data")]
enum Event {
    #[serde(rename = "claim.updated")]
    ClaimUpdated(ReportBody),
}

/// Reads a callback whose signature has been checked.
pub(super) fn from_callback(body: &[u8]) -> Result<ClaimReport, CallbackRefused> {
    let Event::ClaimUpdated(report) = serde_json::from_slice(body).map_err(|_| CallbackRefused::Malformed)?;
    report.into_report().ok_or(CallbackRefused::Malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    const CLAIM: ClaimId = ClaimId(Uuid::from_u128(2));

    fn notice() -> FirstNotice {
        serde_json::from_str(include_str!("../../tests/notice.json")).unwrap()
    }

    #[test]
    fn the_notice_is_written_as_the_profile_says() {
        let body: Value = serde_json::from_slice(&to_body(&notice()).unwrap()).unwrap();
        let expected = json!({
            "claim_id": CLAIM,
            "case_number": "KC20260301ABCDEFGH12",
            "insurer": "PICC",
            "insured_role": "A",
            "occurred_at": "2026-03-01T00:30:00Z",
            "place": "张店区联通路与世纪路路口",
            "position": { "latitude": 36.814, "longitude": 118.042, "datum": "wgs84" },
            "facts": "甲车追尾乙车。",
            "parties": [
                {
                    "role": "A", "name": "张三", "licence": "370303198506151232", "phone": "13800000001",
                    "plate": "鲁C12345", "vin": "LSVAA4182E2184847", "insurer": "PICC",
                    "policy_number": "PDZA202637030000001", "liability": "full", "estimated_loss_fen": 80_000,
                },
                { "role": "B", "plate": "鲁C67890", "liability": "none" },
            ],
            "determination": { "number": "第370303420260000001号", "document_sha256": "ab".repeat(32) },
            "photos_sha256": ["cd".repeat(32)],
        });
        assert_eq!(body, expected);
        assert_eq!(to_body(&notice()).unwrap(), to_body(&notice()).unwrap());
    }

    #[test]
    fn a_settlement_is_told_with_who_pays_what() {
        let settlement = serde_json::json!({
            "by": "mediation", "own_claims": false,
            "payments": [{ "to": "B", "from": "A", "layer": "third_party", "amount": 120_000 }],
        });
        let told = FirstNotice { settlement: serde_json::from_value(settlement).unwrap(), ..notice() };
        let body: Value = serde_json::from_slice(&to_body(&told).unwrap()).unwrap();
        let expected = json!({
            "by": "mediation", "own_claims": false,
            "payments": [{ "to": "B", "from": "A", "layer": "third_party", "amount_fen": 120_000 }],
        });
        assert_eq!(body["settlement"], expected);
    }

    #[test]
    fn an_amendment_is_written_as_the_profile_says() {
        let amendment = |change| ClaimAmendment {
            id: MessageId(Uuid::from_u128(7)),
            claim: CLAIM,
            case_number: notice().case_number,
            sequence: 2,
            at: DateTime::UNIX_EPOCH,
            change,
        };
        let written = |change| -> Value {
            serde_json::from_slice(&to_amendment_body(&amendment(change)).unwrap()).unwrap()
        };
        let outcome = "reinvestigate".to_owned();
        let expected = json!({
            "amendment_id": Uuid::from_u128(7),
            "claim_id": CLAIM,
            "case_number": "KC20260301ABCDEFGH12",
            "sequence": 2,
            "at": "1970-01-01T00:00:00Z",
            "change": "review_concluded",
            "outcome": "reinvestigate",
        });
        assert_eq!(written(ClaimChange::ReviewConcluded { outcome }), expected);
        let whole = written(ClaimChange::Redetermined { notice: Box::new(notice()) });
        let filed: Value = serde_json::from_slice(&to_body(&notice()).unwrap()).unwrap();
        assert_eq!((&whole["change"], &whole["notice"]), (&json!("redetermined"), &filed));
        let sent = amendment(ClaimChange::ReviewRequested);
        let read = |answer: Value| from_amendment_answer(&sent, answer.to_string().as_bytes());
        assert_eq!(read(json!({ "claim_id": CLAIM, "amendment_id": sent.id })), Ok(()));
        for odd in [json!({}), json!({ "claim_id": CLAIM, "amendment_id": Uuid::nil() })] {
            assert!(matches!(read(odd), Err(DeliveryError::Unavailable { .. })));
        }
    }

    #[test]
    fn only_an_answer_about_this_claim_counts_as_taken() {
        let read = |answer: Value| from_filing_answer(CLAIM, answer.to_string().as_bytes());
        assert_eq!(read(json!({ "claim_id": CLAIM })), Ok(None));
        let full = json!({ "claim_id": CLAIM, "insurer_claim_number": "P-1", "status": "paid", "more": [1] });
        assert_eq!(read(full), Ok(Some("P-1".to_owned())));
        for odd in [
            json!({}),
            json!([]),
            json!({ "claim_id": Uuid::nil() }),
            json!({ "claim_id": CLAIM, "insurer_claim_number": "" }),
            json!({ "claim_id": CLAIM, "insurer_claim_number": "x".repeat(65) }),
            json!({ "claim_id": CLAIM, "insurer_claim_number": "a\u{0}b" }),
        ] {
            assert!(matches!(read(odd), Err(DeliveryError::Unavailable { .. })));
        }
    }

    #[test]
    fn every_status_of_the_profile_is_understood_and_no_other() {
        let read = |status: &str| {
            let answer = json!({ "claim_id": CLAIM, "status": status });
            from_query_answer(CLAIM, answer.to_string().as_bytes()).map(|report| report.status)
        };
        let known = [
            ("received", ClaimStatus::Submitted),
            ("acknowledged", ClaimStatus::Acknowledged),
            ("surveyed", ClaimStatus::Surveyed),
            ("agreed", ClaimStatus::Agreed),
            ("paid", ClaimStatus::Paid),
            ("rejected", ClaimStatus::Rejected),
        ];
        for (name, status) in known {
            assert_eq!(read(name), Ok(status));
        }
        assert!(read("queued").is_err() && read("Paid").is_err());
        let other = json!({ "claim_id": Uuid::nil(), "status": "paid" }).to_string();
        assert!(from_query_answer(CLAIM, other.as_bytes()).is_err());
    }

    #[test]
    fn a_callback_is_read_from_literal_json() {
        let body = r#"{"type":"claim.updated","timestamp":"2026-03-01T01:00:00Z","data":{
            "claim_id":"00000000-0000-0000-0000-000000000002","status":"rejected",
            "insurer_claim_number":"PICC-1","amount_fen":null,"reason":"不属于\n保险责任"}}"#;
        let expected = ClaimReport {
            claim: CLAIM,
            status: ClaimStatus::Rejected,
            insurer_number: Some("PICC-1".to_owned()),
            amount: None,
            reason: Some("不属于保险责任".to_owned()),
        };
        assert_eq!(from_callback(body.as_bytes()), Ok(expected));
    }

    #[test]
    fn what_does_not_follow_the_profile_is_malformed() {
        let data = json!({ "claim_id": CLAIM, "status": "paid", "amount_fen": 100 });
        let event = |change: fn(&mut Value)| {
            let mut event = json!({ "type": "claim.updated", "data": data });
            change(&mut event);
            from_callback(event.to_string().as_bytes())
        };
        assert!(event(|_| ()).is_ok());
        assert!(event(|event| event["type"] = json!("claim.deleted")).is_err());
        assert!(event(|event| event["data"]["claim_id"] = json!("x")).is_err());
        assert!(event(|event| event["data"]["status"] = json!("done")).is_err());
        assert!(event(|event| event["data"]["amount_fen"] = json!(-1)).is_err());
        assert!(event(|event| event["data"]["amount_fen"] = json!(1.5)).is_err());
        assert!(event(|event| event["data"] = json!(null)).is_err());
        assert_eq!(from_callback(b"\xff"), Err(CallbackRefused::Malformed));
        let deep = "[".repeat(100_000);
        assert_eq!(from_callback(deep.as_bytes()), Err(CallbackRefused::Malformed));
    }
}

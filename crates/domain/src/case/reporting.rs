//! How a case begins: the report and its lane; and how it is taken back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{Case, Party, PartyDetails, RoadUser, Stage};
use crate::{
    digest::Digest,
    event::{Authority, Event},
    evidence::ShotList,
    geo::Position,
    identifiers::{AccountId, CaseId, CaseNumber, DistrictCode, Line, Passage},
    journal::Head,
    refusal::Refusal,
    role::PartyRole,
    rules::JudgedBy,
    triage::{Answers, Handler, Triage},
};

/// What the first driver reports (受案登记, R146 §16).
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Where.
    pub position: Position,
    /// Where, in words.
    pub place: Line,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The weather.
    pub weather: Option<Line>,
    /// The answers that triage needs.
    pub answers: Answers,
    /// How the reporting party takes part in traffic.
    pub road_user: RoadUser,
    /// What the reporting party says about itself already.
    pub details: PartyDetails,
}

/// What the rules say of a report: where it goes, which photos it needs, and in which editions they say so.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The lane and the rules that led there.
    pub triage: Triage,
    /// The photos.
    pub shots: ShotList,
    /// The editions.
    pub judged_by: JudgedBy,
}

impl Case {
    /// Opens a case. The lane decides where it starts: with the parties, with a unit, or with the patrol.
    pub fn report(
        id: CaseId,
        number: CaseNumber,
        by: AccountId,
        district: DistrictCode,
        report: Report,
        assessed: Assessment,
        now: DateTime<Utc>,
    ) -> (Self, Vec<Event>) {
        let Assessment { triage, shots, judged_by } = assessed;
        let mut party = Party::new(PartyRole::A, by, report.road_user, now);
        party.details = report.details.tidied();
        let reported = Event::CaseReported {
            district: district.clone(),
            lane: triage.lane,
            rules: triage.hits.iter().map(|hit| hit.code.clone()).collect(),
            report: digest_of(&(&report.position, &report.place, &report.answers, &party.details)),
            judged_by: digest_of_editions(&judged_by),
        };
        let (stage, handed_over) = first_stage(&triage, now);
        let case = Self {
            id,
            number,
            version: 0,
            edition: 0,
            journal: Head::of_nothing(),
            district,
            position: report.position,
            place: report.place,
            occurred_at: report.occurred_at,
            reported_at: now,
            weather: report.weather,
            answers: report.answers,
            triage,
            parties: vec![party],
            judged_by,
            shots,
            photos: Vec::new(),
            recordings: Vec::new(),
            commitments: Vec::new(),
            invitations: Vec::new(),
            invitations_made: 0,
            absences: BTreeMap::new(),
            agreements_proposed: 0,
            move_receipt: None,
            earlier_receipts: Vec::new(),
            due: None,
            services: Vec::new(),
            opened: Vec::new(),
            review: None,
            sketch_confirmations: Vec::new(),
            reviews_taken_back: BTreeSet::new(),
            overturned: Vec::new(),
            overturned_certificates: Vec::new(),
            late_requests: Vec::new(),
            legal_hold: None,
            fence: 0,
            stage,
        };
        (case, std::iter::once(reported).chain(handed_over).collect())
    }

    /// Takes the report back, before anybody decided.
    pub fn withdraw(mut self, by: AccountId, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        let role = self.role_of(by)?;
        if role != PartyRole::A {
            return Err(Refusal::NotAParty);
        }
        if self.is_to_be_determined_anew() {
            return Err(self.stage.refuse("withdraw the report"));
        }
        match self.stage {
            Stage::Collecting
            | Stage::Waiting { .. }
            | Stage::UnderReview { .. }
            | Stage::EvidenceRequested { .. } => {
                self.stage = Stage::Withdrawn { at: now };
                Ok((self, Event::CaseWithdrawn { role }))
            }
            ref other => Err(other.refuse("withdraw the report")),
        }
    }
}

fn first_stage(triage: &Triage, now: DateTime<Utc>) -> (Stage, Option<Event>) {
    let reason = Passage::shortened(&triage.reason());
    match triage.handler() {
        Handler::RemoteCentre => (Stage::Collecting, None),
        Handler::Point => (
            Stage::OnScene { since: now, reason: reason.clone() },
            Some(Event::CaseHandedOver { to: Authority::Point, reason }),
        ),
        Handler::Patrol => (
            Stage::HandedOver { to: Authority::Patrol, reason: reason.clone(), at: now },
            Some(Event::CaseHandedOver { to: Authority::Patrol, reason }),
        ),
    }
}

/// Hash of the editions that judge a case; none in cases from before they were kept.
pub(super) fn digest_of_editions(judged_by: &JudgedBy) -> Option<Digest> {
    (!judged_by.is_empty()).then(|| digest_of(judged_by))
}

/// Hash of anything the journal names without telling it.
pub(super) fn digest_of(value: &impl serde::Serialize) -> Digest {
    Digest::of(&told(value))
}

/// The bytes of anything that the journal names by their hash (RFC 8785).
pub fn told(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).unwrap_or_default()
}

impl Case {
    /// What the journal's first entry names by its hash, as long as nobody has corrected it since.
    pub fn told_by_report(&self) -> Option<Vec<u8>> {
        let party = self.parties.first()?;
        Some(told(&(&self.position, &self.place, &self.answers, &party.details)))
    }
}

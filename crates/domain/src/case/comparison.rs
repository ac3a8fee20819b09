//! Whether a case says what its journal says. The journal is in a log that others hold; the case beside it is not,
//! so whoever can write to the database could change it alone.
//!
//! What the journal does not say cannot be compared: the place, time and answers of a report whose party A has
//! corrected personal data since, how a party takes part in traffic, when things happened within the stages, and
//! what a determination says in words (its document has a hash, and is compared with its bytes elsewhere).

mod endings;
mod review;
mod serving;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use self::{
    endings::Endings,
    review::{ReviewStory, TakenAway},
    serving::Serving,
};
use super::{
    Case, Determination, Signature, SignatureProof, Stage,
    mediation::MediationStory,
    presence::Presence,
    reporting::{digest_of, digest_of_editions},
};
use crate::{
    digest::Digest,
    event::{Authority, Event, RefusedBy},
    evidence::{Fulfilment, Slot},
    identifiers::{AccountId, CommitmentId, DeterminationId, DistrictCode, Passage, PhotoId, RecordingId},
    journal::{Actor, Entry},
    liability::Grade,
    role::PartyRole,
    triage::Lane,
};

/// What a photo or recording shows, its bytes, and the commitment in whose place other bytes came.
type Kept = (Slot, Digest, Option<CommitmentId>);

/// What the entries of a journal say of the case at their end.
#[derive(Default)]
struct Story {
    report: Option<(DistrictCode, Lane, Vec<String>, Digest)>,
    judged_by: Option<Digest>,
    accounts: BTreeMap<PartyRole, Option<AccountId>>,
    presence: Presence,
    details: BTreeMap<PartyRole, Digest>,
    photos: BTreeMap<PhotoId, (Option<PartyRole>, Kept)>,
    recordings: BTreeMap<RecordingId, (PartyRole, Kept)>,
    commitments: BTreeMap<CommitmentId, (PartyRole, Slot, Digest)>,
    examined: BTreeMap<PhotoId, Digest>,
    erased: BTreeSet<Uuid>,
    statements: BTreeMap<(PartyRole, i32), Digest>,
    confirmed: BTreeSet<(PartyRole, i32)>,
    sketches: BTreeMap<PartyRole, Digest>,
    submitted: BTreeSet<PartyRole>,
    receipts: Vec<Digest>,
    invited: usize,
    held: bool,
    fence: i32,
    reviewer: Option<AccountId>,
    stage: Option<&'static str>,
    reason: Option<(Authority, Passage)>,
    request: Option<(PartyRole, Vec<Slot>, Passage)>,
    decision: Option<Decision>,
    document: Option<Digest>,
    answers: BTreeMap<PartyRole, Answer>,
    mediation: MediationStory,
    review: ReviewStory,
    endings: Endings,
    serving: Serving,
    before_agreeing: Option<&'static str>,
}

struct Decision {
    id: DeterminationId,
    officer: Option<AccountId>,
    grades: BTreeMap<PartyRole, Grade>,
    situation: Option<String>,
    reason: Option<Passage>,
}

#[derive(PartialEq)]
enum Answer {
    Signed(Digest, Option<Digest>),
    Refused(RefusedBy, Passage),
}

fn account(actor: &Actor) -> Option<AccountId> {
    match actor {
        Actor::Account { account, .. } => Some(*account),
        Actor::Service => None,
    }
}

/// The commitment in whose place other bytes came. This mark never changes; that bytes are the committed ones may be
/// found later, when they are committed, and follows from their hashes.
fn in_place_of(fulfilment: Option<Fulfilment>) -> Option<CommitmentId> {
    match fulfilment {
        Some(Fulfilment::Different(id)) => Some(id),
        Some(Fulfilment::Kept(_)) | None => None,
    }
}

impl Story {
    fn read(&mut self, entry: &Entry) {
        let by = account(&entry.actor);
        self.presence.read(entry, self.stage);
        self.serving.hear(entry, by);
        match &entry.event {
            Event::CaseReported { district, lane, rules, report, judged_by } => {
                self.judged_by = *judged_by;
                self.report = Some((district.clone(), *lane, rules.clone(), *report));
                self.accounts.insert(PartyRole::A, by);
                self.stage = Some("collecting");
            }
            Event::PartyInvited { .. } => self.invited += 1,
            Event::PartyJoined { role } => drop(self.accounts.insert(*role, by)),
            Event::PartyAdded { role, details } => {
                self.accounts.insert(*role, None);
                self.details.insert(*role, *details);
            }
            Event::PartyUpdated { role, details } => drop(self.details.insert(*role, *details)),
            Event::StatementGiven { role, version, statement } => {
                self.statements.insert((*role, *version), *statement);
            }
            Event::StatementConfirmed { role, version, .. } => {
                self.confirmed.insert((*role, *version));
            }
            Event::SketchConfirmed { role, sketch } => drop(self.sketches.insert(*role, *sketch)),
            Event::CaseSubmitted { role, .. } => drop(self.submitted.insert(*role)),
            Event::MoveAllowed { receipt, .. } => self.receipts.push(*receipt),
            Event::LegalHoldPlaced { .. } => self.held = true,
            Event::LegalHoldLifted { .. } => self.held = false,
            event => {
                self.read_evidence(event);
                self.read_stage(event);
                self.read_decision(event, by);
                self.mediation.hear(event);
                self.endings.hear(event, by);
                self.review.hear(event, by);
            }
        }
    }

    fn read_evidence(&mut self, event: &Event) {
        match event {
            Event::PhotoStored { photo, party, slot, digest, fulfilment } => {
                self.photos.insert(*photo, (*party, (*slot, *digest, in_place_of(*fulfilment))));
            }
            Event::RecordingStored { recording, party, slot, digest, fulfilment } => {
                self.recordings.insert(*recording, (*party, (*slot, *digest, in_place_of(*fulfilment))));
            }
            Event::EvidenceCommitted { role, commitments } => {
                let all = commitments.iter().map(|one| (one.commitment, (*role, one.slot, one.digest)));
                self.commitments.extend(all);
            }
            Event::PhotoExamined { photo, examination } => {
                self.examined.insert(*photo, *examination);
            }
            Event::EvidenceErased { evidence, .. } => drop(self.erased.insert(*evidence)),
            _ => {}
        }
    }

    fn read_stage(&mut self, event: &Event) {
        let stage = match event {
            Event::CaseHandedOver { to, reason } | Event::CaseEscalated { to, reason } => {
                self.reason = Some((*to, reason.clone()));
                match to {
                    Authority::Patrol => "handed_over",
                    Authority::Point => "on_scene",
                }
            }
            Event::CaseQueued {} | Event::CaseReleased {} => "waiting",
            Event::CaseTaken { officer, fence } => {
                (self.reviewer, self.fence) = (Some(*officer), *fence);
                "under_review"
            }
            Event::EvidenceRequested { role, slots, reason } => {
                self.request = Some((*role, slots.clone(), reason.clone()));
                "evidence_requested"
            }
            Event::AgreementProposed { .. } => {
                self.before_agreeing = self.stage;
                "agreeing"
            }
            Event::AgreementDeclined { .. } => self.before_agreeing.unwrap_or("collecting"),
            Event::AgreementConcluded { .. } => "agreed",
            Event::CertificateIssued { .. } => "certified",
            Event::CaseClosed { .. } => "closed",
            Event::LiabilityDetermined { .. } => "decided",
            Event::CaseConcluded { .. } => "concluded",
            Event::CaseWithdrawn { .. } => "withdrawn",
            Event::DispatchCompleted { outcome, .. } if outcome == "settled" => "settled_on_scene",
            _ => return,
        };
        self.stage = Some(stage);
    }

    fn read_decision(&mut self, event: &Event, by: Option<AccountId>) {
        match event {
            Event::LiabilityDetermined { determination, grades, situation, reason, document, .. } => {
                self.decision = Some(Decision {
                    id: *determination,
                    officer: by,
                    grades: grades.clone(),
                    situation: situation.clone(),
                    reason: reason.clone(),
                });
                self.document = Some(*document);
                self.answers.clear();
            }
            Event::CaseConcluded { document } => self.document = Some(*document),
            Event::DeterminationRevoked { determination } => {
                self.review.taken_away.push(TakenAway {
                    id: *determination,
                    decision: self.decision.take(),
                    document: self.document.take(),
                    answers: std::mem::take(&mut self.answers),
                });
                self.mediation = MediationStory::default();
            }
            // What was agreed stands on a new document, which everybody signs anew.
            Event::MediationAgreed { document, .. } => {
                self.document = Some(*document);
                self.answers.clear();
            }
            Event::DeterminationSigned { role, document, proof } => {
                self.answers.insert(*role, Answer::Signed(*document, *proof));
            }
            Event::DeterminationRefused { role, by, reason } => {
                self.answers.insert(*role, Answer::Refused(*by, reason.clone()));
            }
            _ => {}
        }
    }
}

impl Case {
    /// What the case says otherwise than the entries of its whole journal; nothing when they agree.
    pub fn apart_from<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>) -> Vec<&'static str> {
        let mut story = Story::default();
        entries.into_iter().for_each(|entry| story.read(entry));
        let checks = [
            ("the report", self.reported_as(&story)),
            ("the rules that judge it", digest_of_editions(&self.judged_by) == story.judged_by),
            ("the parties", self.joined_as(&story)),
            ("a party's personal data", self.detailed_as(&story)),
            ("a statement", self.stated_as(&story)),
            ("a confirmed sketch", self.sketched_as(&story)),
            ("a photo", self.photographed_as(&story)),
            ("a recording", self.recorded_as(&story)),
            ("a commitment", self.committed_as(&story)),
            ("the receipt", self.receipted_as(&story)),
            ("the legal hold", self.legal_hold.is_some() == story.held),
            ("the stage", self.stands_as(&story)),
            ("the determination", self.determined_as(&story)),
            ("the mediation", self.mediated_as(&story)),
            ("the review", story.review.is_that_of(self)),
            ("what a review took away", self.overturned_as(&story)),
            ("the agreement", story.endings.agreed_in(self)),
            ("the certificate", story.endings.certified_in(self)),
            ("the closing", story.endings.closed_in(self)),
            ("the service of a document", story.serving.noted_in(self)),
        ];
        checks.into_iter().filter(|(_, agrees)| !agrees).map(|(what, _)| what).collect()
    }

    /// The digest of the report covers the personal data of party A as they were then.
    fn reported_as(&self, story: &Story) -> bool {
        let Some((district, lane, rules, report)) = &story.report else { return false };
        let codes = self.triage.hits.iter().map(|hit| &hit.code);
        let corrected = story.details.contains_key(&PartyRole::A);
        let told = || self.told_by_report().is_some_and(|told| Digest::of(&told) == *report);
        self.district == *district && self.triage.lane == *lane && codes.eq(rules) && (corrected || told())
    }

    fn joined_as(&self, story: &Story) -> bool {
        let submitted = self.parties.iter().filter(|party| party.submitted_at.is_some());
        self.parties.len() == story.accounts.len()
            && self.parties.iter().all(|party| match story.accounts.get(&party.role) {
                Some(Some(account)) => party.account == Some(*account),
                Some(None) => true,
                None => false,
            })
            && story.presence.is_that_of(self)
            && submitted.map(|party| party.role).collect::<BTreeSet<_>>() == story.submitted
            && usize::from(self.invitations_made) == story.invited
    }

    fn detailed_as(&self, story: &Story) -> bool {
        self.parties.iter().all(|party| match story.details.get(&party.role) {
            Some(digest) => digest_of(&party.details) == *digest,
            // Those of A are part of the report.
            None => party.role == PartyRole::A || party.details == super::PartyDetails::default(),
        })
    }

    fn stated_as(&self, story: &Story) -> bool {
        let all =
            || self.parties.iter().flat_map(|party| party.statements.iter().map(|one| (party.role, one)));
        let given: BTreeMap<_, _> =
            all().map(|(role, statement)| ((role, statement.version), statement.digest())).collect();
        let confirmed: BTreeSet<_> = all()
            .filter(|(_, statement)| statement.confirmed_at.is_some())
            .map(|(role, statement)| (role, statement.version))
            .collect();
        given == story.statements && all().count() == given.len() && confirmed == story.confirmed
    }

    fn sketched_as(&self, story: &Story) -> bool {
        let own: BTreeMap<_, _> =
            self.sketch_confirmations.iter().map(|one| (one.role, one.sketch)).collect();
        own == story.sketches && own.len() == self.sketch_confirmations.len()
    }

    fn photographed_as(&self, story: &Story) -> bool {
        self.photos.len() == story.photos.len()
            && self.photos.iter().all(|photo| {
                let examined = photo.examination.as_ref().map(digest_of);
                let told = (photo.party, (photo.slot, photo.digest, in_place_of(photo.fulfilment)));
                story.photos.get(&photo.id) == Some(&told)
                    && story.examined.get(&photo.id).copied() == examined
                    && story.erased.contains(&photo.id.0) == photo.erased_at.is_some()
            })
    }

    fn recorded_as(&self, story: &Story) -> bool {
        self.recordings.len() == story.recordings.len()
            && self.recordings.iter().all(|one| {
                let told = (one.party, (one.slot, one.digest, in_place_of(one.fulfilment)));
                story.recordings.get(&one.id) == Some(&told)
                    && story.erased.contains(&one.id.0) == one.erased_at.is_some()
            })
    }

    fn committed_as(&self, story: &Story) -> bool {
        let own = self.commitments.iter().map(|one| (one.id, (one.party, one.slot, one.digest)));
        own.collect::<BTreeMap<_, _>>() == story.commitments
    }

    fn receipted_as(&self, story: &Story) -> bool {
        let own = self.earlier_receipts.iter().chain(&self.move_receipt);
        own.map(|one| Digest::of(one.receipt.as_bytes())).eq(story.receipts.iter().copied())
    }

    fn stands_as(&self, story: &Story) -> bool {
        let inside = match &self.stage {
            Stage::UnderReview { lease, .. } => {
                (Some(lease.officer), lease.fence) == (story.reviewer, story.fence)
            }
            Stage::EvidenceRequested { request } => story.request.as_ref().is_some_and(|asked| {
                (request.role, &request.slots, &request.reason) == (asked.0, &asked.1, &asked.2)
            }),
            Stage::HandedOver { to, reason, .. } => story.reason == Some((*to, reason.clone())),
            Stage::OnScene { reason, .. } => story.reason == Some((Authority::Point, reason.clone())),
            _ => true,
        };
        story.stage == Some(self.stage.name()) && self.fence == story.fence && inside
    }

    fn determined_as(&self, story: &Story) -> bool {
        self.determination()
            .is_none_or(|own| agrees(own, story.decision.as_ref(), story.document, &story.answers))
    }

    fn overturned_as(&self, story: &Story) -> bool {
        story
            .review
            .took_away_in(self, |own, told| agrees(own, told.decision.as_ref(), told.document, &told.answers))
            && story.endings.revoked_in(self)
    }

    fn mediated_as(&self, story: &Story) -> bool {
        self.determination().is_none_or(|own| story.mediation.agrees_with(own.mediation.as_ref()))
    }
}

/// Whether a determination says what was told of it.
fn agrees(
    own: &Determination,
    told: Option<&Decision>,
    document: Option<Digest>,
    told_answers: &BTreeMap<PartyRole, Answer>,
) -> bool {
    let Some(told) = told else { return false };
    let answers = own.signatures.iter().filter_map(|(role, signature)| {
        let answer = match signature {
            Signature::Pending => return None,
            Signature::Signed { document, proof, .. } => {
                Answer::Signed(*document, proof.as_ref().map(SignatureProof::digest))
            }
            Signature::Refused { by, reason, .. } => Answer::Refused(*by, reason.clone()),
        };
        Some((*role, answer))
    });
    own.id == told.id
        && told.officer.is_none_or(|officer| officer == own.officer)
        && *own.liability.grades() == told.grades
        && own.situation == told.situation
        && own.reason == told.reason
        && Some(own.document) == document
        && answers.collect::<BTreeMap<_, _>>() == *told_answers
}

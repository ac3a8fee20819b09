//! Review (复核, R146 §71 to §79): once for an accident, within three working days of service, in writing, by at least
//! two officers of the unit above: one drafts the conclusion, another one confirms it or sends it back.
//!
//! Only the applicant can end a review by taking it back (§75); whoever sues does not: the court is told of it.

mod conclusion;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::conclusion::{Conclusion, ReviewGround, ReviewOutcome, Reviewed, Reviewer};
use self::conclusion::{articles, in_words, officer_line};
use super::{Case, Certificate, Determination, Issuer, Officer, Stage, Stamp, reporting::digest_of};
use crate::{
    digest::Digest,
    document::ReviewPaper,
    event::Event,
    identifiers::{AccountId, DeterminationId, Passage, VerificationCode},
    journal::Entry,
    refusal::Refusal,
    role::PartyRole,
    rules::Rules,
};

/// What a determination made anew rests on.
pub(super) const ANEW: &str = "《道路交通事故处理程序规定》第七十九条";

/// Where a review stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum ReviewState {
    /// Waits for a reviewer.
    Requested,
    /// A reviewer works on it.
    Taken {
        /// Who.
        officer: Reviewer,
        /// Since when.
        at: DateTime<Utc>,
        /// Why a draft came back, if one did. Not for the parties.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent_back: Option<Passage>,
    },
    /// A conclusion waits for another reviewer.
    Drafted {
        /// Who drafted it.
        officer: Reviewer,
        /// What. Not for the parties.
        conclusion: Conclusion,
        /// When.
        at: DateTime<Utc>,
    },
    /// Concluded.
    Concluded {
        /// What was concluded.
        conclusion: Conclusion,
        /// Who drafted it, and who confirmed it.
        officers: [Reviewer; 2],
        /// When.
        at: DateTime<Utc>,
        /// SHA-256 of the PDF.
        document: Digest,
        /// Leads from its QR code to its verification.
        verification: VerificationCode,
        /// By when it must be served (R146 §78).
        serve_by: DateTime<Utc>,
        /// By when liability must be determined anew, if so ordered (R146 §79).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        redetermine_by: Option<DateTime<Utc>>,
    },
    /// The applicant took it back (R146 §75).
    Ended {
        /// When.
        at: DateTime<Utc>,
    },
}

impl ReviewState {
    /// Every state's name.
    pub const NAMES: [&'static str; 5] = ["requested", "taken", "drafted", "concluded", "ended"];

    /// Its name, as stored and shown.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Taken { .. } => "taken",
            Self::Drafted { .. } => "drafted",
            Self::Concluded { .. } => "concluded",
            Self::Ended { .. } => "ended",
        }
    }

    /// Whether reviewers still have to do with it.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Requested | Self::Taken { .. } | Self::Drafted { .. })
    }
}

/// A party sued while the review was open: the court is told that there is one (R146 §75).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suit {
    /// Which court, and what it was told.
    pub note: Passage,
    /// When it was noted.
    pub at: DateTime<Utc>,
}

/// The review of a determination or certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// Who asked for it.
    pub requested_by: PartyRole,
    /// When; from then on it is accepted (R146 §73).
    pub requested_at: DateTime<Utc>,
    /// Why.
    pub reason: Passage,
    /// What it is about.
    pub reviewed: Reviewed,
    /// The act that it is about.
    pub act: DeterminationId,
    /// By when the file must be with the unit above (R146 §72); here it is at once.
    pub forward_by: DateTime<Utc>,
    /// By when it must be concluded (R146 §74).
    pub conclude_by: DateTime<Utc>,
    /// The suit that was noted, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suit: Option<Suit>,
    /// Where it stands.
    pub state: ReviewState,
}

/// A request that came too late: not accepted (R146 §71), and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRequest {
    /// Who asked.
    pub role: PartyRole,
    /// When.
    pub at: DateTime<Utc>,
    /// When that party's time was over.
    pub until: DateTime<Utc>,
    /// Why it asked.
    pub reason: Passage,
}

/// A conclusion that another reviewer confirmed, but that has no document yet.
#[derive(Debug, Clone, PartialEq)]
pub struct ConclusionDraft {
    conclusion: Conclusion,
    officers: [Reviewer; 2],
    verification: VerificationCode,
    at: DateTime<Utc>,
}

impl ConclusionDraft {
    /// Leads from the QR code of its document to its verification.
    pub fn verification(&self) -> &VerificationCode {
        &self.verification
    }
}

/// Every officer who ever held the case or decided it, by its journal: none of them reviews it.
pub fn handlers<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> BTreeSet<AccountId> {
    let holder = |entry: &Entry| match &entry.event {
        Event::CaseTaken { officer, .. } => Some(*officer),
        _ => None,
    };
    entries.into_iter().filter_map(holder).collect()
}

/// Where a review waits, and until when: what reviewers and supervisors look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewPlace {
    /// The review's state, or `redetermining` while liability is to be determined anew.
    pub state: &'static str,
    /// By when.
    pub due: DateTime<Utc>,
}

impl Case {
    /// Where an unfinished review waits.
    pub fn review_place(&self) -> Option<ReviewPlace> {
        let review = self.review.as_ref()?;
        match &review.state {
            open if open.is_open() => Some(ReviewPlace { state: open.name(), due: review.conclude_by }),
            ReviewState::Concluded { redetermine_by: Some(due), .. } if self.is_to_be_determined_anew() => {
                Some(ReviewPlace { state: "redetermining", due: *due })
            }
            _ => None,
        }
    }

    /// Whether a review took the case's act away, and none has come in its place: until then nobody but an officer
    /// ends the case (R146 §79).
    pub fn is_to_be_determined_anew(&self) -> bool {
        let taken_away = !self.overturned.is_empty() || !self.overturned_certificates.is_empty();
        taken_away && self.determination().is_none() && self.certificate().is_none() && !self.is_closed()
    }

    /// Until when a party may ask for a review; nothing while no time runs, since nothing was served to it.
    pub fn review_until(&self, role: PartyRole, rules: &Rules<'_>) -> Option<DateTime<Utc>> {
        let term = rules.deadlines.review_request.term;
        self.served_at(role).map(|served| rules.calendar.end(served, term))
    }

    /// A party asks for a review. What comes too late is kept, and not accepted; nothing else keeps a request from
    /// being accepted at once (R146 §71, §73).
    pub fn request_review(
        mut self,
        by: AccountId,
        reason: Passage,
        rules: &Rules<'_>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let role = self.role_of(by)?;
        // Once (R146 §71); but who takes a request back takes back only his own right, not that of the others.
        let used = |review: &Review| {
            review.requested_by == role || !matches!(review.state, ReviewState::Ended { .. })
        };
        if self.review.as_ref().is_some_and(used) || self.reviews_taken_back.contains(&role) {
            return Err(Refusal::ReviewUsed);
        }
        let (reviewed, act) = match &self.stage {
            Stage::Concluded { determination, .. } => (Reviewed::Determination, determination.id),
            Stage::Certified { certificate } => (Reviewed::Certificate, certificate.id),
            Stage::Agreeing { .. } | Stage::Agreed { .. } => return Err(Refusal::AgreementNotReviewed),
            other => return Err(other.refuse("ask for a review")),
        };
        if let Some(until) = self.review_until(role, rules).filter(|until| *until <= now) {
            if self.late_requests.iter().any(|late| late.role == role) {
                return Err(Refusal::ReviewTooLate);
            }
            let event = Event::ReviewRefused { role, reason: reason.clone(), until };
            self.late_requests.push(LateRequest { role, at: now, until, reason });
            return Ok((self, event));
        }
        let end = |term| rules.calendar.end(now, term);
        self.review = Some(Review {
            requested_by: role,
            requested_at: now,
            reason: reason.clone(),
            reviewed,
            act,
            forward_by: end(rules.deadlines.review_forwarding.term),
            conclude_by: end(rules.deadlines.review_conclusion.term),
            suit: None,
            state: ReviewState::Requested,
        });
        Ok((self, Event::ReviewRequested { role, reason }))
    }

    /// Whether this officer may review the case: of the unit above, without a conflict of interest, and none of
    /// those who handled it.
    pub fn check_reviewer(&self, officer: &Officer, handlers: &BTreeSet<AccountId>) -> Result<(), Refusal> {
        if !officer.reviews {
            return Err(Refusal::NotOfTheUnitAbove);
        }
        if self.conflicts_with(officer) {
            return Err(Refusal::ConflictOfInterest);
        }
        let decided = [
            self.determination().map(|determination| determination.officer),
            self.certificate().map(|certificate| certificate.officer),
        ];
        if handlers.contains(&officer.account) || decided.contains(&Some(officer.account)) {
            return Err(Refusal::HandledBefore);
        }
        Ok(())
    }

    /// A reviewer takes the review; also from a colleague, who may be ill.
    pub fn take_review(
        mut self,
        officer: &Officer,
        handlers: &BTreeSet<AccountId>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.check_reviewer(officer, handlers)?;
        let review = self.open_review("take the review")?;
        let sent_back = match &review.state {
            ReviewState::Requested => None,
            ReviewState::Taken { officer: holder, sent_back, .. } if holder.account != officer.account => {
                sent_back.clone()
            }
            other => return Err(other.refuse("take the review")),
        };
        review.state = ReviewState::Taken { officer: officer.into(), at: now, sent_back };
        Ok((self, Event::ReviewTaken { officer: officer.account }))
    }

    /// The reviewer who took it drafts the conclusion.
    pub fn draft_review(
        mut self,
        officer: &Officer,
        handlers: &BTreeSet<AccountId>,
        conclusion: Conclusion,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.check_reviewer(officer, handlers)?;
        let review = self.open_review("draft the conclusion")?;
        match &review.state {
            ReviewState::Taken { officer: holder, .. } if holder.account == officer.account => {}
            ReviewState::Taken { .. } => return Err(Refusal::NotTheReviewer),
            other => return Err(other.refuse("draft the conclusion")),
        }
        if !conclusion.outcome.goes_with(review.reviewed) {
            return Err(Refusal::OutcomeUnknown);
        }
        let event = Event::ReviewDrafted {
            outcome: conclusion.outcome.name().to_owned(),
            conclusion: digest_of(&conclusion),
        };
        review.state = ReviewState::Drafted { officer: officer.into(), conclusion, at: now };
        Ok((self, event))
    }

    /// Another reviewer does not agree: the draft goes back to who wrote it.
    pub fn send_review_back(
        mut self,
        officer: &Officer,
        handlers: &BTreeSet<AccountId>,
        note: Passage,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        let (drafter, _) = self.second_eyes(officer, handlers)?;
        let event = Event::ReviewSentBack { note: digest_of(&note) };
        let review = self.open_review("send the draft back")?;
        review.state = ReviewState::Taken { officer: drafter, at: now, sent_back: Some(note) };
        Ok((self, event))
    }

    /// Another reviewer agrees with the draft (R146 §74: at least two officers).
    pub fn confirm_review(
        &self,
        officer: &Officer,
        handlers: &BTreeSet<AccountId>,
        stamp: Stamp,
        now: DateTime<Utc>,
    ) -> Result<ConclusionDraft, Refusal> {
        let (drafter, conclusion) = self.second_eyes(officer, handlers)?;
        if matches!(conclusion.outcome, ReviewOutcome::Reinvestigate { .. }) && !self.has_reviewed_act() {
            return Err(self.stage.refuse("order a new investigation"));
        }
        let officers = [drafter, officer.into()];
        Ok(ConclusionDraft { conclusion, officers, verification: stamp.verification, at: now })
    }

    /// The conclusion stands from here; `document` is the hash of its typeset PDF. With an order to investigate anew
    /// the act is taken away, and the case waits for another officer.
    pub fn conclude_review(
        mut self,
        draft: ConclusionDraft,
        document: Digest,
        rules: &Rules<'_>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        let ConclusionDraft { conclusion, officers, verification, at } = draft;
        let outcome = conclusion.outcome.clone();
        let again = matches!(outcome, ReviewOutcome::Reinvestigate { .. });
        let end = |term| rules.calendar.end(at, term);
        let review = self.open_review("conclude the review")?;
        review.state = ReviewState::Concluded {
            conclusion,
            officers,
            at,
            document,
            verification,
            serve_by: end(rules.deadlines.review_service.term),
            redetermine_by: again.then(|| end(rules.deadlines.redetermination.term)),
        };
        let grounds = outcome.grounds();
        let mut events =
            vec![Event::ReviewConcluded { outcome: outcome.name().to_owned(), grounds, document }];
        if again {
            let revoked = self.revoke()?;
            self.stage = Stage::Waiting { since: at };
            events.extend([Event::DeterminationRevoked { determination: revoked }, Event::CaseQueued {}]);
        }
        Ok((self, events))
    }

    /// The applicant takes the request back, which ends the review (R146 §75).
    pub fn withdraw_review(self, by: AccountId, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        let role = self.role_of(by)?;
        if self.review.as_ref().is_some_and(|review| review.requested_by != role) {
            return Err(Refusal::NotTheApplicant);
        }
        self.end_review(now)
    }

    /// A reviewer notes that the applicant has taken the request back.
    pub fn note_review_withdrawn(
        self,
        officer: &Officer,
        handlers: &BTreeSet<AccountId>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.check_reviewer(officer, handlers)?;
        self.end_review(now)
    }

    fn end_review(mut self, now: DateTime<Utc>) -> Result<(Self, Event), Refusal> {
        let review = self.open_review("end the review")?;
        review.state = ReviewState::Ended { at: now };
        let role = review.requested_by;
        self.reviews_taken_back.insert(role);
        Ok((self, Event::ReviewWithdrawn { role }))
    }

    /// A reviewer notes that a court has accepted a suit, and that it was told of the review, which goes on
    /// (R146 §75, second paragraph).
    pub fn note_suit(
        mut self,
        officer: &Officer,
        handlers: &BTreeSet<AccountId>,
        note: Passage,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.check_reviewer(officer, handlers)?;
        let review = self.open_review("note a suit")?;
        if review.suit.is_some() {
            return Err(Refusal::SuitNoted);
        }
        review.suit = Some(Suit { note: note.clone(), at: now });
        Ok((self, Event::CourtTold { note }))
    }

    /// Whether this officer had a part in the act that a review took away, or in the review: he does not make the
    /// new one.
    pub fn had_a_part(&self, officer: AccountId) -> bool {
        let reviewers = match self.review.as_ref().map(|review| &review.state) {
            Some(ReviewState::Concluded { officers, .. }) => Some(officers.each_ref().map(|one| one.account)),
            _ => None,
        };
        let acts = self.overturned.iter().map(|one| one.officer);
        let mut all = acts
            .chain(self.overturned_certificates.iter().map(|one| one.officer))
            .chain(reviewers.into_iter().flatten());
        all.any(|one| one == officer)
    }

    /// Number of the conclusion of the case's review: the case number with 复.
    pub fn review_number(&self) -> String {
        format!("复字{}", self.number)
    }

    /// What the document of a conclusion says.
    pub fn review_paper(&self, draft: &ConclusionDraft, issuer: &Issuer) -> Option<ReviewPaper> {
        let review = self.review.as_ref()?;
        let number = match review.reviewed {
            Reviewed::Determination => self.document_number(),
            Reviewed::Certificate => self.certificate_number(),
        };
        Some(ReviewPaper {
            head: self.paper_head(self.review_number(), &draft.verification, issuer),
            determination_number: number,
            requested_by: review.requested_by.chinese().to_string(),
            requested_at: review.requested_at,
            reason: review.reason.to_string(),
            outcome: in_words(&draft.conclusion.outcome, review.reviewed),
            grounds: draft.conclusion.explanation.to_string(),
            articles: articles(&draft.conclusion.outcome, review.reviewed),
            officers: draft.officers.iter().map(officer_line).collect(),
            concluded_at: draft.at,
            rights: Vec::new(),
        })
    }

    /// What was found, and which act a determination made anew takes the place of, as it must say (R146 §66, §79).
    pub(super) fn with_what_it_revokes(&self, facts: String) -> String {
        let former = match (self.overturned.len(), self.overturned_certificates.is_empty()) {
            (0, true) => return facts,
            (0, false) => format!("道路交通事故证明（{}）", self.certificate_number()),
            _ => format!("道路交通事故认定书（认字{}）", self.number),
        };
        format!("{facts}\n本认定书依据复核结论（{}）重新作出，原{former}予以撤销。", self.review_number())
    }

    fn open_review(&mut self, action: &'static str) -> Result<&mut Review, Refusal> {
        let review = self.review.as_mut().ok_or(Refusal::NoReview)?;
        if review.state.is_open() { Ok(review) } else { Err(review.state.refuse(action)) }
    }

    /// The draft, if this officer is one of the unit above and not the one who wrote it.
    fn second_eyes(
        &self,
        officer: &Officer,
        handlers: &BTreeSet<AccountId>,
    ) -> Result<(Reviewer, Conclusion), Refusal> {
        self.check_reviewer(officer, handlers)?;
        match self.review.as_ref().map(|review| &review.state).ok_or(Refusal::NoReview)? {
            ReviewState::Drafted { officer: drafter, .. } if drafter.account == officer.account => {
                Err(Refusal::FourEyes)
            }
            ReviewState::Drafted { officer: drafter, conclusion, .. } => {
                Ok((drafter.clone(), conclusion.clone()))
            }
            other => Err(other.refuse("confirm the conclusion")),
        }
    }

    fn has_reviewed_act(&self) -> bool {
        let act = self.review.as_ref().map(|review| review.act);
        act.is_some()
            && (act == self.determination().map(|one| one.id) || act == self.certificate().map(|one| one.id))
    }

    /// Takes the act away, whatever the parties did with it meanwhile.
    fn revoke(&mut self) -> Result<DeterminationId, Refusal> {
        match &self.stage {
            Stage::Decided { determination } | Stage::Concluded { determination, .. } => {
                let id = determination.id;
                self.overturned.push(Determination::clone(determination));
                Ok(id)
            }
            Stage::Certified { certificate } => {
                let id = certificate.id;
                self.overturned_certificates.push(Certificate::clone(certificate));
                Ok(id)
            }
            other => Err(other.refuse("order a new investigation")),
        }
    }
}

impl ReviewState {
    fn refuse(&self, action: &'static str) -> Refusal {
        Refusal::ReviewState { action, state: self.name() }
    }
}

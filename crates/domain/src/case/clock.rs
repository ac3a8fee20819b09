//! What the clock does where nobody acts: every stage that waits for a party or a unit has an end
//! (rules/deadlines.toml), so that no silence keeps a case. Stages that wait for an officer have none: a case of the
//! queue stays in sight, and a lease that runs out gives it back.

use chrono::{DateTime, Utc};

use super::{Case, Mediation, Signature, Stage};
use crate::{
    deadlines::Deadline,
    event::{Authority, Event, RefusedBy},
    identifiers::Passage,
    rules::Rules,
};

/// What a case waits for. A new one needs an arm in [`Case::awaited`] and one in [`Case::pass_deadline`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// That the parties agree or apply.
    Application,
    /// What an officer asked a party for.
    Evidence,
    /// Every party's signature under an agreement.
    Agreement,
    /// Every party's answer to a determination.
    Signatures,
    /// The result of a mediation.
    Mediation,
    /// A unit.
    Unit,
}

impl Awaited {
    /// The name of its deadline in the rules and in the journal.
    fn name(self) -> &'static str {
        match self {
            Self::Application => "collecting",
            Self::Evidence => "evidence_request",
            Self::Agreement => "agreement",
            Self::Signatures => "signature",
            Self::Mediation => "mediation",
            Self::Unit => "on_scene",
        }
    }
}

impl Case {
    /// When the clock does something in this stage if nobody else does.
    pub fn next_deadline(&self, rules: &Rules<'_>) -> Option<DateTime<Utc>> {
        self.awaited(rules).map(|(_, at)| at)
    }

    /// What the case waits for that ends first.
    fn awaited(&self, rules: &Rules<'_>) -> Option<(Awaited, DateTime<Utc>)> {
        let deadlines = rules.deadlines;
        let end =
            |awaited, from, deadline: &Deadline| Some((awaited, rules.calendar.end(from, deadline.term)));
        match &self.stage {
            Stage::Collecting => end(Awaited::Application, self.reported_at, &deadlines.collecting),
            Stage::EvidenceRequested { request } => {
                end(Awaited::Evidence, request.at, &deadlines.evidence_request)
            }
            Stage::Agreeing { agreement } => {
                end(Awaited::Agreement, agreement.proposed_at, &deadlines.agreement)
            }
            Stage::Decided { determination } => {
                let mediation = determination.open_mediation().and_then(Mediation::open_since);
                match mediation {
                    Some(since) => end(Awaited::Mediation, since, &deadlines.mediation),
                    None => {
                        end(Awaited::Signatures, determination.to_be_signed_since(), &deadlines.signature)
                    }
                }
            }
            Stage::OnScene { since, .. } => end(Awaited::Unit, *since, &deadlines.on_scene),
            _ => None,
        }
    }

    /// Does what the clock does once a deadline has passed, and tells it; `None` when nothing has. A determination
    /// that has all its answers by it is then to be concluded.
    pub fn pass_deadline(self, now: DateTime<Utc>, rules: &Rules<'_>) -> Option<(Self, Vec<Event>)> {
        let (awaited, _) = self.awaited(rules).filter(|(_, end)| *end <= now)?;
        let (case, follows) = match awaited {
            Awaited::Application | Awaited::Evidence | Awaited::Agreement => self.queued(now),
            Awaited::Signatures => self.silent_refused(now),
            Awaited::Mediation => self.mediation_timed_out(now),
            Awaited::Unit => self.left_by_units(now),
        };
        let passed = Event::DeadlinePassed { deadline: awaited.name().to_owned() };
        Some((case, std::iter::once(passed).chain(follows).collect()))
    }

    /// An officer looks: at its old place in the queue, if the case had one.
    fn queued(mut self, now: DateTime<Utc>) -> (Self, Vec<Event>) {
        let since = match &self.stage {
            Stage::EvidenceRequested { request } => request.waiting_since,
            Stage::Agreeing { agreement } => agreement.waiting_since.unwrap_or(now),
            _ => now,
        };
        self.stage = Stage::Waiting { since };
        (self, vec![Event::CaseQueued {}])
    }

    /// Whoever has not answered the determination has refused it; that is noted and blocks nothing (R146 §24).
    fn silent_refused(mut self, now: DateTime<Utc>) -> (Self, Vec<Event>) {
        let mut events = Vec::new();
        if let Stage::Decided { determination } = &mut self.stage {
            let (by, reason) = (RefusedBy::Silence, Passage::shortened("逾期未签名"));
            for (role, signature) in &mut determination.signatures {
                if *signature == Signature::Pending {
                    *signature = Signature::Refused { at: now, reason: reason.clone(), by };
                    events.push(Event::DeterminationRefused { role: *role, by, reason: reason.clone() });
                }
            }
            if !events.is_empty() {
                determination.refusal_ends_mediation(now);
            }
        }
        (self, events)
    }

    /// No unit settled it: the patrol takes over.
    fn left_by_units(mut self, now: DateTime<Utc>) -> (Self, Vec<Event>) {
        let (to, reason) = (Authority::Patrol, Passage::shortened("处置人员逾期未处置"));
        self.stage = Stage::HandedOver { to, reason: reason.clone(), at: now };
        (self, vec![Event::CaseHandedOver { to, reason }])
    }
}

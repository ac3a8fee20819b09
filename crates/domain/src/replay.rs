//! What other rules would have made of a case: its lane and the proposal of liability, before and after, with the codes
//! of the rules that make the difference. Nothing personal stands in it, and nothing is changed by it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{
    calendar::{clock_in_china, day_in_china},
    case::Case,
    identifiers::CaseNumber,
    liability::{Grade, Reason, Suggestion},
    role::PartyRole,
    rules::Rulebook,
    triage::{Handler, Lane, Movement, Reported, Triage},
};

/// Where triage sent a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The lane.
    pub lane: Lane,
    /// What happens to the vehicles.
    pub movement: Movement,
    /// Who takes it first.
    pub handler: Handler,
    /// Whether an officer looks before anything counts.
    pub human_check: bool,
}

/// What the rules proposed; empty when they are silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed(pub BTreeMap<PartyRole, Grade>);

/// What differs, and the codes of the rules that apply on one side only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<T> {
    /// As it was.
    pub before: T,
    /// As it would be.
    pub after: T,
    /// Rules that would apply no more.
    pub gone: Vec<String>,
    /// Rules that would apply newly.
    pub new: Vec<String>,
}

/// What would have changed in one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Its public number.
    pub number: CaseNumber,
    /// Where it would have gone.
    pub triage: Option<Changed<Sent>>,
    /// What would have been proposed.
    pub proposal: Option<Changed<Proposed>>,
}

impl From<&Triage> for Sent {
    fn from(triage: &Triage) -> Self {
        Self {
            lane: triage.lane,
            movement: triage.movement,
            handler: triage.handler,
            human_check: triage.needs_human_check,
        }
    }
}

/// Compares how triage decided the case when it was reported, and what is proposed by the rules of its days, with what
/// the draft says of the same facts. The draft is asked for the same days: make it hold for them.
pub fn replay(case: &Case, current: &Rulebook, draft: &Rulebook) -> Replayed {
    let (reported, occurred) = (day_in_china(case.reported_at), day_in_china(case.occurred_at));
    let heard = Reported {
        answers: &case.answers,
        estimated_loss: case.parties.first().and_then(|party| party.details.estimated_loss),
        clock: clock_in_china(case.reported_at),
    };
    let triage = draft.on(reported).assess(&heard);
    let codes = |triage: &Triage| triage.hits.iter().map(|hit| hit.code.clone()).collect();
    let propose = |book: &Rulebook| case.suggest_liability(book.on(occurred).liability);
    let (before, after) = (propose(current), propose(draft));
    Replayed {
        number: case.number.clone(),
        triage: changed(Sent::from(&case.triage), Sent::from(&triage), codes(&case.triage), codes(&triage)),
        proposal: changed(proposed(&before), proposed(&after), situations(&before), situations(&after)),
    }
}

fn changed<T: PartialEq>(
    before: T,
    after: T,
    by: BTreeSet<String>,
    would_by: BTreeSet<String>,
) -> Option<Changed<T>> {
    let gone = by.difference(&would_by).cloned().collect();
    let new = would_by.difference(&by).cloned().collect();
    (before != after).then_some(Changed { before, after, gone, new })
}

fn proposed(suggestion: &Suggestion) -> Proposed {
    match suggestion {
        Suggestion::Proposed { grades, .. } => Proposed(grades.clone()),
        Suggestion::Apart { .. } | Suggestion::Silent { .. } => Proposed(BTreeMap::new()),
    }
}

/// The situations that are established or open, each with its party.
fn situations(suggestion: &Suggestion) -> BTreeSet<String> {
    let told = |reason: &Reason| format!("{}:{}", reason.role, reason.code);
    match suggestion {
        Suggestion::Proposed { because, .. } | Suggestion::Apart { because, .. } => {
            because.iter().map(told).collect()
        }
        Suggestion::Silent { because, open, .. } => because.iter().chain(open).map(told).collect(),
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let movement = match self.movement {
            Movement::Leave => "leave",
            Movement::MoveAside => "move aside",
            Movement::Stay => "stay",
        };
        let handler = match self.handler {
            Handler::RemoteCentre => "remote centre",
            Handler::Point => "point",
            Handler::Patrol => "patrol",
        };
        let looked_at = if self.human_check { ", looked at" } else { "" };
        write!(f, "{} ({movement}, {handler}{looked_at})", self.lane.name())
    }
}

impl fmt::Display for Proposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("silent");
        }
        let grade = |grade: &Grade| match grade {
            Grade::Full => "full",
            Grade::Main => "main",
            Grade::Equal => "equal",
            Grade::Secondary => "secondary",
            Grade::None => "none",
        };
        let grades: Vec<_> = self.0.iter().map(|(role, given)| format!("{role} {}", grade(given))).collect();
        f.write_str(&grades.join(", "))
    }
}

impl<T: fmt::Display> fmt::Display for Changed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.before, self.after)?;
        let gone = self.gone.iter().map(|code| format!("-{code}"));
        let codes: Vec<_> = self.new.iter().map(|code| format!("+{code}")).chain(gone).collect();
        if codes.is_empty() { Ok(()) } else { write!(f, " [{}]", codes.join(" ")) }
    }
}

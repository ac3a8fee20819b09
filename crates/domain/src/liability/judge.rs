//! The judgement: which acts are established in each contact, which contact follows from an earlier one, and what
//! that makes of everybody. No texts here: see `explain`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    DrivingFacts, Grade, LiabilityRules, Manoeuvre,
    condition::Side,
    contacts::{self, Told, Touch},
    rules::Why,
};
use crate::{role::PartyRole, triage::Answer};

/// Two zones as far apart as this face each other, so that a blow on one can push the vehicle into the other.
const FACING: u8 = 4;

/// Damage at zones as far apart as this can be told apart.
const APART: u8 = 2;

/// Everybody's facts.
pub(super) type Facts<'a> = BTreeMap<PartyRole, &'a DrivingFacts>;

/// Who bears something; everybody else bears nothing.
pub(super) type Liable = BTreeMap<PartyRole, Grade>;

/// A listed act: who, against whom if that is known, and its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Act {
    pub(super) role: PartyRole,
    pub(super) situation: usize,
    pub(super) against: Option<PartyRole>,
}

/// What the rules make of one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// Who is liable for it, and who was pushed into it by an earlier contact.
    Settled { liable: Liable, pushed: BTreeSet<PartyRole> },
    /// Nobody yet.
    Unsettled(Why),
}

impl Finding {
    /// Who is liable, if that is settled.
    pub(super) fn liable(&self) -> Option<&Liable> {
        match self {
            Self::Settled { liable, .. } => Some(liable),
            Self::Unsettled(_) => None,
        }
    }
}

/// What the rules make of the accident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// One liability for all of it.
    Settled(Liable),
    /// The contacts have liabilities of their own, and their damage can be told apart.
    Apart,
    /// An accident without fault.
    WithoutFault,
    /// No proposal.
    Silent(Why),
}

/// The judgement and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) outcome: Outcome,
    /// Acts that count: not those of a vehicle that was pushed.
    pub(super) established: BTreeSet<Act>,
    /// Acts that open facts leave possible.
    pub(super) open: BTreeSet<Act>,
    /// The contacts of three or more parties, with what was found of each, in an order that can have been.
    pub(super) contacts: Vec<(Touch, Finding)>,
}

/// The acts of one side in one contact, as places in the table.
#[derive(Debug, Default)]
struct Acts {
    established: Vec<usize>,
    open: Vec<usize>,
}

impl Acts {
    fn none(&self) -> bool {
        self.established.is_empty() && self.open.is_empty()
    }

    fn all(&self) -> Vec<usize> {
        self.established.iter().chain(&self.open).copied().collect()
    }
}

/// One contact and the acts of its sides against each other.
struct Met<'a> {
    touch: &'a Touch,
    acts: [Acts; 2],
}

/// Judges an accident by the facts of all parties.
pub(super) fn judge(rules: &LiabilityRules, facts: &Facts<'_>) -> Judgement {
    let mut judgement = match contacts::put_together(facts) {
        Ok(Some(told)) => Orders { rules, facts, told: &told }.judge(),
        Ok(None) => all_against_all(rules, facts, true),
        Err(contacts::Unclear) => all_against_all(rules, facts, false),
    };
    let says = |(role, facts): (&PartyRole, &&DrivingFacts)| {
        rules.says_without_fault(&Side { role: *role, facts, zone: None, among_several: false })
    };
    let all = facts.iter().map(says).fold(Answer::Yes, Answer::and);
    let any = facts.iter().map(says).fold(Answer::No, Answer::or);
    // Who is alone in an accident would be the only witness of it.
    let nobody = judgement.established.is_empty() && judgement.open.is_empty() && facts.len() > 1;
    if all == Answer::Yes && nobody {
        judgement.outcome = Outcome::WithoutFault;
    } else if any != Answer::No {
        judgement.outcome = Outcome::Silent(Why::Event);
    }
    judgement
}

/// Acts of `me` against `other`.
fn acts(rules: &LiabilityRules, me: &Side<'_>, other: Option<&Side<'_>>) -> Acts {
    let mut acts = Acts::default();
    for (place, situation) in rules.situations().iter().enumerate() {
        match rules.applies(situation, me, other) {
            Answer::Yes => acts.established.push(place),
            Answer::Unknown => acts.open.push(place),
            Answer::No => {}
        }
    }
    acts
}

/// Without contacts: a proposal only where a single party can have done anything against anybody.
fn all_against_all(rules: &LiabilityRules, facts: &Facts<'_>, clear: bool) -> Judgement {
    let (mut established, mut open) = (BTreeSet::new(), BTreeSet::new());
    let among_several = facts.len() > 2;
    let sides =
        facts.iter().map(|(role, facts)| Side { role: *role, facts, zone: facts.impact_zone, among_several });
    let sides: Vec<Side<'_>> = sides.collect();
    for me in &sides {
        let others: Vec<_> = sides.iter().filter(|other| other.role != me.role).collect();
        let met = if others.is_empty() { vec![None] } else { others.into_iter().map(Some).collect() };
        for other in met {
            let acts = acts(rules, me, other);
            let against = other.map(|other| other.role);
            let act = |situation: &usize| Act { role: me.role, situation: *situation, against };
            established.extend(acts.established.iter().map(act));
            open.extend(acts.open.iter().map(act));
        }
    }
    let liable: BTreeSet<_> = established.iter().map(|act| act.role).collect();
    let mut liable_roles = liable.iter();
    let outcome = match (liable_roles.next(), liable_roles.next()) {
        _ if !clear => Outcome::Silent(Why::Contacts),
        (Some(_), Some(_)) => Outcome::Silent(Why::Several),
        (Some(role), None) if open.iter().all(|act| act.role == *role) => {
            Outcome::Settled([(*role, Grade::Full)].into())
        }
        (None, _) if open.is_empty() => Outcome::Silent(Why::Nobody),
        _ => Outcome::Silent(Why::Open),
    };
    Judgement { outcome, established, open, contacts: Vec::new() }
}

/// The contacts of an accident, tried in every order that can have been.
struct Orders<'a> {
    rules: &'a LiabilityRules,
    facts: &'a Facts<'a>,
    told: &'a Told,
}

impl Orders<'_> {
    fn judge(&self) -> Judgement {
        let met: Vec<Met<'_>> = self.told.touches.iter().map(|touch| self.met(touch)).collect();
        let mut judged: Vec<(Outcome, Vec<usize>, BTreeMap<usize, Finding>)> = Vec::new();
        for order in &self.told.orders {
            let Some(findings) = self.in_order(order, &met) else { continue };
            judged.push((self.outcome(&findings), order.clone(), findings));
        }
        let several = self.facts.len() > 2;
        let Some((outcome, order, findings)) = judged.first() else {
            return self.judgement(Outcome::Silent(Why::Contacts), &met, Vec::new(), &BTreeMap::new());
        };
        let alike = |others: &BTreeMap<usize, Finding>| {
            others.values().map(Finding::liable).eq(findings.values().map(Finding::liable))
        };
        let agree = judged.iter().all(|(other, _, others)| other == outcome && alike(others));
        if !agree {
            return self.judgement(Outcome::Silent(Why::Contacts), &met, Vec::new(), &BTreeMap::new());
        }
        let place = |place: &usize| Some((*self.told.touches.get(*place)?, findings.get(place)?.clone()));
        let contacts = if several { order.iter().filter_map(place).collect() } else { Vec::new() };
        self.judgement(outcome.clone(), &met, contacts, findings)
    }

    fn met<'t>(&self, touch: &'t Touch) -> Met<'t> {
        let [one, other] = touch.roles;
        let (one, other) = (self.side(touch, one), self.side(touch, other));
        let acts = match (one, other) {
            (Some(one), Some(other)) => {
                [acts(self.rules, &one, Some(&other)), acts(self.rules, &other, Some(&one))]
            }
            _ => Default::default(),
        };
        Met { touch, acts }
    }

    fn side(&self, touch: &Touch, role: PartyRole) -> Option<Side<'_>> {
        let own = self.told.touches.iter().filter(|touch| touch.has(role));
        let partners: BTreeSet<_> = own.flat_map(|touch| touch.roles).collect();
        let facts = self.facts.get(&role)?;
        Some(Side { role, facts, zone: touch.zone_of(role), among_several: partners.len() > 2 })
    }

    /// What is found of every contact if they came in this order; nothing if they cannot have.
    fn in_order(&self, order: &[usize], met: &[Met<'_>]) -> Option<BTreeMap<usize, Finding>> {
        let mut findings: BTreeMap<usize, Finding> = BTreeMap::new();
        let mut past: Vec<usize> = Vec::new();
        for place in order {
            let now = met.get(*place)?;
            let [one, other] = now.touch.roles;
            let [ones, others] = &now.acts;
            // The latest contact in which a party was hit, and not as the one who bears all of it.
            let hit = |role: PartyRole| {
                past.iter().rev().find_map(|past| match (met.get(*past)?, findings.get(past)?) {
                    (met, Finding::Settled { liable, .. })
                        if met.touch.has(role) && liable.get(&role) != Some(&Grade::Full) =>
                    {
                        Some((met.touch, liable))
                    }
                    _ => None,
                })
            };
            let finding = match (hit(one), hit(other)) {
                (None, None) if met.len() > 1 && self.stand_still(now) => {
                    // What stands does not move by itself.
                    return None;
                }
                (None, None) => self.between(now),
                (Some(before), None) => self.after(now, (one, ones), (other, others), before),
                (None, Some(before)) => self.after(now, (other, others), (one, ones), before),
                (Some((_, first)), Some((_, second))) => {
                    let excused = self.rest(ones).is_empty() && self.rest(others).is_empty();
                    if first == second && excused {
                        Finding::Settled { liable: first.clone(), pushed: [one, other].into() }
                    } else {
                        Finding::Unsettled(Why::Contacts)
                    }
                }
            };
            findings.insert(*place, finding);
            past.push(*place);
        }
        Some(findings)
    }

    fn stand_still(&self, met: &Met<'_>) -> bool {
        met.touch.roles.iter().all(|role| self.stands(*role)) && met.acts.iter().all(Acts::none)
    }

    fn stands(&self, role: PartyRole) -> bool {
        let facts = self.facts.get(&role);
        facts.is_some_and(|facts| matches!(facts.manoeuvre, Manoeuvre::Stopped | Manoeuvre::Parked))
    }

    /// Acts that count even of a vehicle that was pushed.
    fn rest(&self, acts: &Acts) -> Vec<usize> {
        let counts = |place: &usize| self.rules.situation(*place).is_some_and(|one| !one.not_when_pushed);
        acts.all().into_iter().filter(counts).collect()
    }

    /// A contact that stands for itself.
    fn between(&self, met: &Met<'_>) -> Finding {
        let [one, other] = met.touch.roles;
        let [ones, others] = &met.acts;
        let settled = |liable: Liable| Finding::Settled { liable, pushed: BTreeSet::new() };
        match (ones.established.is_empty(), others.established.is_empty()) {
            (true, true) if ones.none() && others.none() => Finding::Unsettled(Why::Nobody),
            (false, true) if others.open.is_empty() => settled([(one, Grade::Full)].into()),
            (true, false) if ones.open.is_empty() => settled([(other, Grade::Full)].into()),
            (false, false) => match self.rules.weigh(&ones.all(), &others.all()) {
                Some(weighed) => settled([(one, weighed.grades.0), (other, weighed.grades.1)].into()),
                None if self.rules.weigh(&ones.established, &others.established).is_some() => {
                    Finding::Unsettled(Why::Open)
                }
                None => Finding::Unsettled(Why::Several),
            },
            _ => Finding::Unsettled(Why::Open),
        }
    }

    /// A contact of `pushed`, which was hit `before`, with `other`, which was not.
    fn after(
        &self,
        now: &Met<'_>,
        (pushed, own): (PartyRole, &Acts),
        (other, others): (PartyRole, &Acts),
        (before, liable): (&Touch, &Liable),
    ) -> Finding {
        let again = liable.get(&other) == Some(&Grade::Full) && !others.established.is_empty();
        if again && self.rest(own).is_empty() {
            return Finding::Settled { liable: liable.clone(), pushed: BTreeSet::new() };
        }
        let facing = match (before.zone_of(pushed), now.touch.zone_of(pushed)) {
            (Some(first), Some(then)) if first.distance(then) >= FACING => Answer::Yes,
            (Some(_), Some(_)) => Answer::No,
            // What stands does not move by itself.
            _ if self.stands(pushed) && others.none() => Answer::Yes,
            _ => Answer::Unknown,
        };
        match facing {
            Answer::Yes if self.rest(own).is_empty() && others.none() => {
                Finding::Settled { liable: liable.clone(), pushed: [pushed].into() }
            }
            Answer::Yes if others.established.is_empty() && self.rest(own).is_empty() => {
                Finding::Unsettled(Why::Open)
            }
            Answer::Yes => Finding::Unsettled(Why::Several),
            Answer::No if own.none() => self.between(now),
            _ => Finding::Unsettled(Why::Contacts),
        }
    }

    fn outcome(&self, findings: &BTreeMap<usize, Finding>) -> Outcome {
        let unsettled = findings.values().filter_map(|finding| match finding {
            Finding::Unsettled(why) => Some(*why),
            Finding::Settled { .. } => None,
        });
        if let Some(why) = unsettled.min() {
            return Outcome::Silent(why);
        }
        let mut all = findings.values().filter_map(Finding::liable);
        let Some(first) = all.next() else { return Outcome::Silent(Why::Contacts) };
        if all.all(|liable| liable == first) {
            return Outcome::Settled(first.clone());
        }
        if self.can_be_told_apart(findings) { Outcome::Apart } else { Outcome::Silent(Why::Contacts) }
    }

    /// Whether the damage of contacts with different liability lies on different places of every vehicle.
    fn can_be_told_apart(&self, findings: &BTreeMap<usize, Finding>) -> bool {
        let touches: Vec<_> = self.told.touches.iter().zip(findings.values()).collect();
        touches.iter().enumerate().all(|(at, (touch, finding))| {
            touches.iter().skip(at + 1).all(|(other, others)| {
                let shared = touch.roles.iter().filter(|role| other.has(**role));
                let apart = |role: &PartyRole| {
                    let zones = touch.zone_of(*role).zip(other.zone_of(*role));
                    zones.is_some_and(|(one, other)| one.distance(other) >= APART)
                };
                finding.liable() == others.liable() || shared.into_iter().all(apart)
            })
        })
    }

    fn judgement(
        &self,
        outcome: Outcome,
        met: &[Met<'_>],
        contacts: Vec<(Touch, Finding)>,
        findings: &BTreeMap<usize, Finding>,
    ) -> Judgement {
        let (mut established, mut open) = (BTreeSet::new(), BTreeSet::new());
        for (place, met) in met.iter().enumerate() {
            let [one, other] = met.touch.roles;
            let pushed = match findings.get(&place) {
                Some(Finding::Settled { pushed, .. }) => pushed.clone(),
                _ => BTreeSet::new(),
            };
            let [ones, others] = &met.acts;
            for (role, against, acts) in [(one, other, ones), (other, one, others)] {
                let counts = |place: &&usize| {
                    !pushed.contains(&role)
                        || self.rules.situation(**place).is_some_and(|one| !one.not_when_pushed)
                };
                let act = |situation: &usize| Act { role, situation: *situation, against: Some(against) };
                established.extend(acts.established.iter().filter(counts).map(act));
                open.extend(acts.open.iter().filter(counts).map(act));
            }
        }
        Judgement { outcome, established, open, contacts }
    }
}

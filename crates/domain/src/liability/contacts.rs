//! Who touched whom, where, and in which orders that can have been: what all parties tell, put together.

use std::collections::{BTreeMap, BTreeSet};

use super::{ContactOrder, DrivingFacts, ImpactZone, Manoeuvre};
use crate::role::PartyRole;

/// More contacts than this are left to the officer: every order of them would have to be tried.
const MOST_TOUCHES: usize = 6;

/// Two vehicles that touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Touch {
    /// Who.
    pub(super) roles: [PartyRole; 2],
    /// Where each was hit.
    pub(super) zones: [Option<ImpactZone>; 2],
}

impl Touch {
    pub(super) fn has(&self, role: PartyRole) -> bool {
        self.roles.contains(&role)
    }

    /// Where `role` was hit.
    pub(super) fn zone_of(&self, role: PartyRole) -> Option<ImpactZone> {
        let [one, other] = self.roles;
        let [zone, other_zone] = self.zones;
        if one == role { zone } else { other_zone.filter(|_| other == role) }
    }
}

/// All contacts of an accident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) touches: Vec<Touch>,
    /// Every order that fits what the parties tell, as places in `touches`.
    pub(super) orders: Vec<Vec<usize>>,
}

/// What the parties tell does not fit together, or leaves open whom somebody touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclear;

type Facts<'a> = BTreeMap<PartyRole, &'a DrivingFacts>;
type Lists = BTreeMap<PartyRole, Vec<(Option<PartyRole>, Option<ImpactZone>)>>;

/// Puts together what everybody tells; nothing where nobody among three or more tells of any contact.
pub(super) fn put_together(facts: &Facts<'_>) -> Result<Option<Told>, Unclear> {
    let roles: Vec<PartyRole> = facts.keys().copied().collect();
    if let [one, other] = roles.as_slice() {
        let zone = |role| facts.get(role).and_then(|facts| only_zone(facts));
        let touch = Touch { roles: [*one, *other], zones: [zone(one), zone(other)] };
        return Ok(Some(Told { touches: vec![touch], orders: vec![vec![0]] }));
    }
    if facts.values().all(|facts| facts.contacts.is_empty()) {
        return Ok(None);
    }
    let lists = resolved(facts)?;
    let mut touches = Vec::new();
    // Where each party's contacts stand in `touches`, in its own order.
    let mut places: BTreeMap<(PartyRole, PartyRole), Vec<usize>> = BTreeMap::new();
    for (at, one) in roles.iter().enumerate() {
        for other in roles.iter().skip(at + 1) {
            let (ones, others) = (zones(&lists, *one, *other), zones(&lists, *other, *one));
            let told = |role| lists.get(role).is_some_and(|list| !list.is_empty());
            if ones.is_empty() != others.is_empty() && told(one) && told(other) {
                return Err(Unclear);
            }
            for nth in 0..ones.len().max(others.len()) {
                let zone = |zones: &[Option<ImpactZone>]| zones.get(nth).copied().flatten();
                for pair in [(*one, *other), (*other, *one)] {
                    places.entry(pair).or_default().push(touches.len());
                }
                touches.push(Touch { roles: [*one, *other], zones: [zone(&ones), zone(&others)] });
            }
        }
    }
    let alone = roles.iter().any(|role| !touches.iter().any(|touch: &Touch| touch.has(*role)));
    if alone || touches.len() > MOST_TOUCHES {
        return Err(Unclear);
    }
    for role in &roles {
        let mut own = touches.iter_mut().filter(|touch| touch.has(*role));
        if let (Some(touch), None) = (own.next(), own.next()) {
            let [zone, other_zone] = &mut touch.zones;
            let zone = if touch.roles.first() == Some(role) { zone } else { other_zone };
            *zone = zone.or_else(|| facts.get(role).and_then(|facts| facts.impact_zone));
        }
    }
    let before = before(facts, &lists, &places);
    let mut orders = Vec::new();
    extend(&mut Vec::new(), touches.len(), &before, &mut orders);
    if orders.is_empty() { Err(Unclear) } else { Ok(Some(Told { touches, orders })) }
}

/// The zone of a party that met one other: of its only contact, or the heaviest.
fn only_zone(facts: &DrivingFacts) -> Option<ImpactZone> {
    match facts.contacts.as_slice() {
        [contact] => contact.zone.or(facts.impact_zone),
        _ => facts.impact_zone,
    }
}

fn zones(lists: &Lists, of: PartyRole, with: PartyRole) -> Vec<Option<ImpactZone>> {
    let list = lists.get(&of).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter(|(other, _)| *other == Some(with)).map(|(_, zone)| *zone).collect()
}

/// Everybody's contacts, with the unknown ones named where only one party can be meant.
fn resolved(facts: &Facts<'_>) -> Result<Lists, Unclear> {
    let mut lists: Lists = BTreeMap::new();
    for (role, facts_of) in facts {
        let known = |with: PartyRole| facts.contains_key(&with) && with != *role;
        let list = facts_of.contacts.as_slice().iter();
        lists.insert(
            *role,
            list.map(|contact| (contact.with.filter(|with| known(*with)), contact.zone)).collect(),
        );
    }
    while let Some((role, place, with)) = only_candidate(facts, &lists) {
        if let Some(entry) = lists.get_mut(&role).and_then(|list| list.get_mut(place)) {
            entry.0 = Some(with);
        }
    }
    let open = lists.values().flatten().any(|(with, _)| with.is_none());
    if open { Err(Unclear) } else { Ok(lists) }
}

/// An unknown contact that only one party can have been in: one that names this party once more than it is named.
fn only_candidate(facts: &Facts<'_>, lists: &Lists) -> Option<(PartyRole, usize, PartyRole)> {
    for (role, list) in lists {
        for (place, (with, zone)) in list.iter().enumerate() {
            let fits = |other: &&PartyRole| {
                let (named, names) = (zones(lists, **other, *role), zones(lists, *role, **other));
                let next = named.get(names.len());
                next.is_some_and(|others| fit(facts, (*role, *zone), (**other, *others)))
            };
            let mut candidates = lists.keys().filter(|other| *other != role).filter(fits);
            if let (None, Some(other), None) = (with, candidates.next(), candidates.next()) {
                return Some((*role, place, *other));
            }
        }
    }
    None
}

/// Whether two zones can belong to one contact: who drove behind another and hit with its front, hit a rear.
fn fit(
    facts: &Facts<'_>,
    one: (PartyRole, Option<ImpactZone>),
    other: (PartyRole, Option<ImpactZone>),
) -> bool {
    let behind = |(role, zone): (PartyRole, Option<ImpactZone>)| {
        facts.get(&role).is_some_and(|facts| facts.manoeuvre == Manoeuvre::Following)
            && zone.is_some_and(|zone| matches!(zone.hour(), 11 | 12 | 1))
    };
    let rear = |zone: Option<ImpactZone>| zone.is_none_or(|zone| matches!(zone.hour(), 5..=7));
    (!behind(one) || rear(other.1)) && (!behind(other) || rear(one.1))
}

/// Which contact came before which, by everybody who knows the order of its own.
fn before(
    facts: &Facts<'_>,
    lists: &Lists,
    places: &BTreeMap<(PartyRole, PartyRole), Vec<usize>>,
) -> BTreeSet<(usize, usize)> {
    let mut before = BTreeSet::new();
    let chain = |places: &[usize], before: &mut BTreeSet<(usize, usize)>| {
        before.extend(places.iter().zip(places.iter().skip(1)).map(|(one, next)| (*one, *next)));
    };
    for repeated in places.values() {
        chain(repeated, &mut before);
    }
    for (role, list) in lists {
        if facts.get(role).is_some_and(|facts| facts.contact_order == ContactOrder::AsListed) {
            let mut seen: BTreeMap<PartyRole, usize> = BTreeMap::new();
            let own: Vec<usize> = list
                .iter()
                .filter_map(|(with, _)| {
                    let nth = seen.entry((*with)?).or_default();
                    *nth += 1;
                    places.get(&(*role, (*with)?))?.get(*nth - 1).copied()
                })
                .collect();
            chain(&own, &mut before);
        }
    }
    before
}

/// Every order of all `count` contacts that keeps `before`.
fn extend(
    order: &mut Vec<usize>,
    count: usize,
    before: &BTreeSet<(usize, usize)>,
    orders: &mut Vec<Vec<usize>>,
) {
    if order.len() == count {
        orders.push(order.clone());
        return;
    }
    for next in 0..count {
        let waits = before.iter().any(|(one, then)| *then == next && !order.contains(one));
        if !order.contains(&next) && !waits {
            order.push(next);
            extend(order, count, before, orders);
            order.pop();
        }
    }
}

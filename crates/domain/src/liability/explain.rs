//! Why: which facts led to a judgement, what another fact would change, and what to ask when facts are open.

use std::collections::BTreeMap;

use super::{
    Circumstance, ContactOrder, Contacts, DrivingFacts, Fact, Grade, ImpactZone, Junction, LiabilityRules,
    Manoeuvre, Reason, Signal, StatedFact,
    condition::Side,
    judge::{Act, Facts, Finding, Judgement, Outcome, judge},
    words,
};
use crate::{role::PartyRole, rulebook::Wording, triage::Answer};

/// How many changes and questions are shown.
const MOST: usize = 5;

/// How many of the changes that are shown may be of what a party was doing.
const MOST_MANOEUVRES: usize = 2;

/// Zones to ask about: front, right, rear, left.
const SIDES: [u8; 4] = [12, 3, 6, 9];

/// What one other fact would lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// Whose fact.
    pub role: PartyRole,
    /// The fact.
    pub fact: Fact,
    /// What would then be proposed; nothing where the rules would stay silent.
    pub grades: Option<BTreeMap<PartyRole, Grade>>,
    /// The sentence: 若乙方面对红灯：乙方全部责任，甲方无责任.
    pub text: Wording,
}

/// A question whose answer would let the rules speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Whom it is about.
    pub role: PartyRole,
    /// What it is about, as in the API.
    pub about: String,
    /// The question.
    pub text: Wording,
    /// Answers after which there would be a proposal.
    pub answers: Vec<WhatIf>,
}

/// One contact of an accident with three or more parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactFinding {
    /// Who touched.
    pub roles: [PartyRole; 2],
    /// Who bears what for it; nothing where that is not settled.
    pub grades: Option<BTreeMap<PartyRole, Grade>>,
    /// Who was pushed into it by an earlier contact.
    pub pushed: Vec<PartyRole>,
    /// What was found, in words.
    pub text: Wording,
}

/// The act as a reason, with the facts that make it one.
pub(super) fn reason(rules: &LiabilityRules, facts: &Facts<'_>, act: &Act) -> Option<Reason> {
    let situation = rules.situation(act.situation)?;
    let side = |role: PartyRole| {
        let facts = facts.get(&role)?;
        let zone = facts.impact_zone.or_else(|| zone_with(facts, act));
        Some(Side { role, facts, zone, among_several: false })
    };
    let mut led: Vec<StatedFact> = Vec::new();
    let stated = |role| move |fact| StatedFact { role, fact };
    led.extend(situation.own.facts_of(&side(act.role)?).into_iter().map(stated(act.role)));
    if let Some((role, condition)) = act.against.zip(situation.other.as_ref()) {
        led.extend(condition.facts_of(&side(role)?).into_iter().map(stated(role)));
    }
    led.retain(|stated| {
        !matches!(stated.fact, Fact::Manoeuvre(Manoeuvre::Unknown) | Fact::Signal(Signal::Unknown))
    });
    led.retain(|stated| stated.fact != Fact::Junction(Junction::Unknown));
    Some(Reason {
        role: act.role,
        code: situation.code.clone(),
        text: situation.title.clone(),
        articles: situation.articles.clone(),
        facts: led,
    })
}

/// Where a party was hit in the contact that an act is about.
fn zone_with(facts: &DrivingFacts, act: &Act) -> Option<ImpactZone> {
    let sides = [Some(act.role), act.against];
    facts
        .contacts
        .as_slice()
        .iter()
        .find(|contact| sides.contains(&contact.with))
        .and_then(|contact| contact.zone)
}

/// The contacts of an accident with three or more parties, in an order that can have been.
pub(super) fn contacts(facts: &Facts<'_>, judgement: &Judgement) -> Vec<ContactFinding> {
    let finding = |(touch, finding): &(super::contacts::Touch, Finding)| {
        let [one, other] = touch.roles;
        let (grades, pushed) = match finding {
            Finding::Settled { liable, pushed } => {
                let mut grades: BTreeMap<_, _> = touch.roles.map(|role| (role, Grade::None)).into();
                grades.extend(liable);
                (Some(grades), pushed.iter().copied().collect())
            }
            Finding::Unsettled(_) => (None, Vec::new()),
        };
        let outcome = outcome_words(grades.as_ref());
        let pushed_zh: String =
            pushed.iter().map(|role: &PartyRole| format!("{}方被此前的碰撞推动，", role.chinese())).collect();
        let pushed_en: String =
            pushed.iter().map(|role| format!("{role} was pushed by an earlier contact, ")).collect();
        ContactFinding {
            roles: touch.roles,
            text: Wording {
                zh: format!("{}方与{}方相碰：{pushed_zh}{}。", one.chinese(), other.chinese(), outcome.zh),
                en: format!("{one} and {other}: {pushed_en}{}.", outcome.en),
            },
            grades,
            pushed,
        }
    };
    if facts.len() > 2 { judgement.contacts.iter().map(finding).collect() } else { Vec::new() }
}

/// Everybody's grade, if the outcome is a proposal for the whole accident.
pub(super) fn grades(facts: &Facts<'_>, outcome: &Outcome) -> Option<BTreeMap<PartyRole, Grade>> {
    let grade = |liable: &BTreeMap<PartyRole, Grade>| {
        facts.keys().map(|role| (*role, liable.get(role).copied().unwrap_or(Grade::None))).collect()
    };
    match outcome {
        Outcome::Settled(liable) => Some(grade(liable)),
        Outcome::WithoutFault => Some(grade(&BTreeMap::new())),
        Outcome::Apart | Outcome::Silent(_) => None,
    }
}

/// Single facts that would lead to another proposal: lights first, then circumstances, the order of contacts and
/// what somebody was doing; parties in their order.
pub(super) fn would_change(rules: &LiabilityRules, facts: &Facts<'_>, now: &Outcome) -> Vec<WhatIf> {
    let now = grades(facts, now);
    let mut changes = Vec::new();
    let mut manoeuvres = 0;
    for alternatives in [lights, circumstances, orders, manoeuvres_of] {
        for (role, own) in facts {
            for fact in alternatives(own, Which::Any) {
                let is_manoeuvre = matches!(fact, Fact::Manoeuvre(_));
                if changes.len() >= MOST || (is_manoeuvre && manoeuvres >= MOST_MANOEUVRES) {
                    break;
                }
                let then = grades(facts, &then(rules, facts, *role, &fact).outcome);
                if then.is_some() && then != now {
                    manoeuvres += usize::from(is_manoeuvre);
                    changes.push(what_if(*role, fact, then));
                }
            }
        }
    }
    changes
}

/// What to ask when the rules are silent: facts that are open, of which an answer would let the rules speak; first
/// those where every answer settles the matter. Where no single answer does, the facts on which it hangs.
pub(super) fn questions(rules: &LiabilityRules, facts: &Facts<'_>, now: &Judgement) -> Vec<Question> {
    let mut speaking = Vec::new();
    let mut moving = Vec::new();
    for alternatives in [lights, places, circumstances, orders, manoeuvres_of, zones] {
        for (role, own) in facts {
            for facts_of_one in by_name(alternatives(own, Which::Open)) {
                let tried = facts_of_one.into_iter().map(|fact| (then(rules, facts, *role, &fact), fact));
                let tried: Vec<(Judgement, Fact)> = tried.collect();
                let Some((_, about)) = tried.first() else { continue };
                let (about, text) = (about.name(), words::question(*role, about));
                let open = tried.iter().filter(|(then, _)| is_open(&then.outcome)).count();
                let moved = tried
                    .iter()
                    .any(|(then, _)| (&then.established, &then.open) != (&now.established, &now.open));
                let speaks = |(then, fact): (Judgement, Fact)| {
                    grades(facts, &then.outcome).map(|grades| what_if(*role, fact, Some(grades)))
                };
                let answers: Vec<_> = tried.into_iter().filter_map(speaks).collect();
                let found = if answers.is_empty() { &mut moving } else { &mut speaking };
                if moved || !answers.is_empty() {
                    found.push((open, Question { role: *role, about, text, answers }));
                }
            }
        }
    }
    let mut asked = if speaking.is_empty() { moving } else { speaking };
    asked.sort_by_key(|(open, _)| *open);
    asked.truncate(MOST);
    asked.into_iter().map(|(_, question)| question).collect()
}

fn is_open(outcome: &Outcome) -> bool {
    use super::rules::Why;
    matches!(outcome, Outcome::Silent(Why::Open | Why::Contacts | Why::Event))
}

/// The judgement with another fact of one party.
fn then(rules: &LiabilityRules, facts: &Facts<'_>, role: PartyRole, fact: &Fact) -> Judgement {
    let own = facts.get(&role).map(|own| fact.put_into((*own).clone())).unwrap_or_default();
    let mut changed = facts.clone();
    changed.insert(role, &own);
    judge(rules, &changed)
}

fn what_if(role: PartyRole, fact: Fact, grades: Option<BTreeMap<PartyRole, Grade>>) -> WhatIf {
    let (told, outcome) = (fact.words(), outcome_words(grades.as_ref()));
    let text = Wording {
        zh: format!("若{}方{}：{}。", role.chinese(), told.zh, outcome.zh),
        en: format!("If {role} {}: {}.", told.en, outcome.en),
    };
    WhatIf { role, fact, grades, text }
}

fn outcome_words(grades: Option<&BTreeMap<PartyRole, Grade>>) -> Wording {
    grades.map_or_else(
        || Wording { zh: "规则不提建议".to_owned(), en: "the rules stay silent".to_owned() },
        words::of_grades,
    )
}

/// Which facts to try.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Those that are not known.
    Open,
    /// Every other one.
    Any,
}

fn lights(own: &DrivingFacts, which: Which) -> Vec<Fact> {
    let lit = matches!(own.junction(), Junction::Signals | Junction::Unknown);
    let tried = lit && (which == Which::Any || own.signal() == Signal::Unknown);
    let lights =
        [Signal::Red, Signal::Yellow, Signal::Green].into_iter().filter(|light| *light != own.signal());
    lights.filter(|_| tried).map(Fact::Signal).collect()
}

fn places(own: &DrivingFacts, _: Which) -> Vec<Fact> {
    let tried = own.junction() == Junction::Unknown;
    let places = Junction::ALL.into_iter().filter(|place| tried && *place != Junction::Unknown);
    places.map(Fact::Junction).collect()
}

fn circumstances(own: &DrivingFacts, which: Which) -> Vec<Fact> {
    let told = |one: &Circumstance| own.circumstances.get(one).copied().unwrap_or_default();
    let tried = |one: &Circumstance| which == Which::Any || told(one) == Answer::Unknown;
    let both = |one| [Answer::Yes, Answer::No].map(|answer| (one, answer));
    let all = Circumstance::ALL.into_iter().filter(tried).flat_map(both);
    all.filter(|(one, answer)| told(one) != *answer)
        .map(|(one, answer)| Fact::Circumstance(one, answer))
        .collect()
}

/// The order of contacts: as listed and the other way round.
fn orders(own: &DrivingFacts, which: Which) -> Vec<Fact> {
    let known = own.contact_order == ContactOrder::AsListed;
    let listed = own.contacts.as_slice();
    if listed.len() < 2 || (which == Which::Open && known) {
        return Vec::new();
    }
    let reversed = Contacts::try_from(listed.iter().rev().copied().collect::<Vec<_>>()).ok();
    [reversed, Some(own.contacts.clone()).filter(|_| !known)]
        .into_iter()
        .flatten()
        .map(Fact::Contacts)
        .collect()
}

fn manoeuvres_of(own: &DrivingFacts, which: Which) -> Vec<Fact> {
    let tried = which == Which::Any || own.manoeuvre == Manoeuvre::Unknown;
    let others = Manoeuvre::ALL.into_iter().filter(|one| *one != own.manoeuvre && *one != Manoeuvre::Unknown);
    others.filter(|_| tried).map(Fact::Manoeuvre).collect()
}

fn zones(own: &DrivingFacts, _: Which) -> Vec<Fact> {
    let tried = own.impact_zone.is_none() && own.contacts.is_empty();
    let sides = SIDES.into_iter().filter(|_| tried).filter_map(|hour| ImpactZone::new(hour).ok());
    sides.map(Fact::ImpactZone).collect()
}

/// Facts of one name together: each is one question.
fn by_name(facts: Vec<Fact>) -> Vec<Vec<Fact>> {
    let mut groups: Vec<Vec<Fact>> = Vec::new();
    for fact in facts {
        match groups.last_mut().filter(|group| group.last().is_some_and(|last| last.name() == fact.name())) {
            Some(group) => group.push(fact),
            None => groups.push(vec![fact]),
        }
    }
    groups
}

//! One fact of one party: to say which facts led to a proposal, and to try what another fact would change.

use serde::Serialize;

use super::{
    Circumstance, ContactOrder, Contacts, DrivingFacts, Heading, ImpactZone, Junction, Manoeuvre, Signal,
    words,
};
use crate::{role::PartyRole, rulebook::Wording, triage::Answer};

/// A fact that a party states about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// What it was doing.
    Manoeuvre(Manoeuvre),
    /// The light it faced.
    Signal(Signal),
    /// Who regulates the place.
    Junction(Junction),
    /// What else was so, or was not.
    Circumstance(Circumstance, Answer),
    /// Where it was hit.
    ImpactZone(ImpactZone),
    /// Which way it was heading.
    Heading(Heading),
    /// The contacts it felt, in this order.
    Contacts(Contacts),
}

impl Fact {
    /// What the fact is about, as in the API: `manoeuvre`, `signal`, or the name of a circumstance.
    pub fn name(&self) -> String {
        match self {
            Self::Manoeuvre(_) => "manoeuvre".to_owned(),
            Self::Signal(_) => "signal".to_owned(),
            Self::Junction(_) => "junction".to_owned(),
            Self::Circumstance(circumstance, _) => written(circumstance),
            Self::ImpactZone(_) => "impact_zone".to_owned(),
            Self::Heading(_) => "heading".to_owned(),
            Self::Contacts(_) => "contacts".to_owned(),
        }
    }

    /// Its value, as in the API; for contacts the roles and zones in order, such as `A@6 C@12`.
    pub fn value(&self) -> String {
        match self {
            Self::Manoeuvre(manoeuvre) => written(manoeuvre),
            Self::Signal(signal) => written(signal),
            Self::Junction(junction) => written(junction),
            Self::Circumstance(_, answer) => written(answer),
            Self::ImpactZone(zone) => zone.hour().to_string(),
            Self::Heading(heading) => written(heading),
            Self::Contacts(contacts) => {
                let one = |contact: &super::Contact| {
                    let with = contact.with.map_or('?', PartyRole::letter);
                    contact.zone.map_or(with.to_string(), |zone| format!("{with}@{}", zone.hour()))
                };
                contacts.as_slice().iter().map(one).collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// The fact in words, without its subject: 变更车道, "was changing lane".
    pub fn words(&self) -> Wording {
        words::of(self)
    }

    /// These facts with this one in place of what was told.
    pub fn put_into(&self, mut facts: DrivingFacts) -> DrivingFacts {
        match self {
            Self::Manoeuvre(manoeuvre) => facts.manoeuvre = *manoeuvre,
            Self::Signal(signal) => facts.signal = *signal,
            Self::Junction(junction) => facts.junction = *junction,
            Self::Circumstance(circumstance, answer) => {
                facts.circumstances.insert(*circumstance, *answer);
            }
            Self::ImpactZone(zone) => facts.impact_zone = Some(*zone),
            Self::Heading(heading) => facts.heading = Some(*heading),
            Self::Contacts(contacts) => {
                facts.contacts = contacts.clone();
                facts.contact_order = ContactOrder::AsListed;
            }
        }
        facts
    }
}

fn written(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

/// A fact and the party that stated it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedFact {
    /// The party.
    pub role: PartyRole,
    /// What it stated.
    pub fact: Fact,
}

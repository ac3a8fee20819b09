//! Where a vehicle was on the road, and what it felt: lane, direction of travel, and contacts in time order.

use serde::{Deserialize, Serialize};

use super::ImpactZone;
use crate::role::PartyRole;

/// The most lanes of one direction.
const LANES: u8 = 12;

/// The most contacts one vehicle tells of.
const CONTACTS: usize = 12;

/// A lane of the vehicle's own direction, counted from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "LaneText", into = "LaneText")]
pub struct Lane {
    number: u8,
    of: Option<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LaneText {
    number: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<u8>,
}

/// A lane that no road has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a lane is 1 (the leftmost) to 12, and not beyond how many there are")]
pub struct NotALane;

impl Lane {
    /// Lane `number` from the left, of `of` lanes if that is known.
    pub fn new(number: u8, of: Option<u8>) -> Result<Self, NotALane> {
        let last = of.unwrap_or(LANES);
        if (1..=last).contains(&number) && last <= LANES { Ok(Self { number, of }) } else { Err(NotALane) }
    }

    /// Its number from the left, from 1.
    pub fn number(self) -> u8 {
        self.number
    }

    /// How many lanes there are in this direction.
    pub fn of(self) -> Option<u8> {
        self.of
    }
}

impl TryFrom<LaneText> for Lane {
    type Error = NotALane;

    fn try_from(text: LaneText) -> Result<Self, NotALane> {
        Self::new(text.number, text.of)
    }
}

impl From<Lane> for LaneText {
    fn from(lane: Lane) -> Self {
        Self { number: lane.number, of: lane.of }
    }
}

/// The way a vehicle was heading before it began its manoeuvre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heading {
    /// 向北.
    North,
    /// 向东北.
    NorthEast,
    /// 向东.
    East,
    /// 向东南.
    SouthEast,
    /// 向南.
    South,
    /// 向西南.
    SouthWest,
    /// 向西.
    West,
    /// 向西北.
    NorthWest,
}

/// From where another vehicle comes, as seen by a driver who looks ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Approach {
    /// It drives the same way.
    SameWay,
    /// From the left.
    Left,
    /// From the opposite direction.
    Ahead,
    /// From the right.
    Right,
}

impl Approach {
    /// The same, as seen by the other driver.
    pub fn mirrored(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
            same => same,
        }
    }
}

impl Heading {
    /// Every heading, clockwise from north in steps of 45 degrees.
    pub const ALL: [Self; 8] = [
        Self::North,
        Self::NorthEast,
        Self::East,
        Self::SouthEast,
        Self::South,
        Self::SouthWest,
        Self::West,
        Self::NorthWest,
    ];

    /// The way it goes, as written on paper.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::North => "北",
            Self::NorthEast => "东北",
            Self::East => "东",
            Self::SouthEast => "东南",
            Self::South => "南",
            Self::SouthWest => "西南",
            Self::West => "西",
            Self::NorthWest => "西北",
        }
    }

    /// The way it goes, in English.
    pub fn english(self) -> &'static str {
        match self {
            Self::North => "north",
            Self::NorthEast => "north-east",
            Self::East => "east",
            Self::SouthEast => "south-east",
            Self::South => "south",
            Self::SouthWest => "south-west",
            Self::West => "west",
            Self::NorthWest => "north-west",
        }
    }

    /// From where a vehicle with heading `other` comes to one with this heading.
    pub fn approach_of(self, other: Self) -> Approach {
        match (other as u8 + 8 - self as u8) % 8 {
            0 => Approach::SameWay,
            1..=3 => Approach::Left,
            4 => Approach::Ahead,
            _ => Approach::Right,
        }
    }
}

/// One bump that was felt or seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    /// With whom, if the party knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<PartyRole>,
    /// Where its own vehicle was hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<ImpactZone>,
}

/// All bumps of one vehicle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Contact>", into = "Vec<Contact>")]
pub struct Contacts(Vec<Contact>);

/// More contacts than one vehicle has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a vehicle tells of 12 contacts at most")]
pub struct TooManyContacts;

impl Contacts {
    /// The contacts, in time order if the party says so.
    pub fn as_slice(&self) -> &[Contact] {
        &self.0
    }

    /// Whether it tells of none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Vec<Contact>> for Contacts {
    type Error = TooManyContacts;

    fn try_from(contacts: Vec<Contact>) -> Result<Self, TooManyContacts> {
        if contacts.len() <= CONTACTS { Ok(Self(contacts)) } else { Err(TooManyContacts) }
    }
}

impl From<Contacts> for Vec<Contact> {
    fn from(contacts: Contacts) -> Self {
        contacts.0
    }
}

/// Which of several contacts came first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactOrder {
    /// They came in the order in which they are listed.
    AsListed,
    /// Not known.
    #[default]
    Unknown,
}

impl ContactOrder {
    /// Every value.
    pub const ALL: [Self; 2] = [Self::AsListed, Self::Unknown];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_from_where_is_seen_by_the_driver() {
        use Approach::{Ahead, Left, Right, SameWay};
        let from = Heading::North;
        let seen: Vec<_> = Heading::ALL.into_iter().map(|other| from.approach_of(other)).collect();
        assert_eq!(seen, [SameWay, Left, Left, Left, Ahead, Right, Right, Right]);
        for (one, other) in Heading::ALL.into_iter().flat_map(|a| Heading::ALL.map(|b| (a, b))) {
            assert_eq!(other.approach_of(one), one.approach_of(other).mirrored(), "{one:?} {other:?}");
        }
    }

    #[test]
    fn lanes_and_contacts_have_bounds() {
        assert!(Lane::new(3, Some(3)).is_ok_and(|lane| (lane.number(), lane.of()) == (3, Some(3))));
        for (number, of) in [(0, None), (4, Some(3)), (13, None), (1, Some(13)), (1, Some(0))] {
            assert_eq!(Lane::new(number, of), Err(NotALane), "{number} {of:?}");
        }
        assert_eq!(serde_json::from_str::<Lane>(r#"{"number":2}"#).unwrap(), Lane::new(2, None).unwrap());
        assert!(Contacts::try_from(vec![Contact::default(); 13]).is_err());
    }
}

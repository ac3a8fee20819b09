//! What each party was doing, as structured facts. Everything may be unknown; nothing is guessed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ContactOrder, Contacts, Heading, Lane};
use crate::triage::Answer;

/// What a vehicle was doing when it came to the collision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manoeuvre {
    /// Driving straight on (直行).
    Straight,
    /// Driving behind the other vehicle in the same lane (同车道后车).
    Following,
    /// Standing in traffic (停车等候).
    Stopped,
    /// Parked (停放).
    Parked,
    /// Reversing (倒车).
    Reversing,
    /// Rolling without power (溜车).
    RollingBack,
    /// Opening a door (开关车门).
    OpeningDoor,
    /// Turning round (掉头).
    UTurn,
    /// Changing lane (变更车道).
    LaneChange,
    /// Overtaking (超车).
    Overtaking,
    /// Turning left (左转).
    TurningLeft,
    /// Turning right (右转).
    TurningRight,
    /// Entering the main carriageway from the side carriageway (进主路).
    EnteringMainRoad,
    /// Leaving the main carriageway (出主路).
    LeavingMainRoad,
    /// Entering, leaving or crossing the road from a roadside, car park or berth (进出道路、停车场、泊位).
    EnteringRoad,
    /// Entering a roundabout (进环岛).
    EnteringRoundabout,
    /// Within a roundabout (环岛内).
    InRoundabout,
    /// Meeting an oncoming vehicle where there is no room for both (会车).
    Meeting,
    /// Pushing into or past a queue (排队穿插、借道超车).
    QueueJumping,
    /// Not known.
    #[default]
    Unknown,
}

impl Manoeuvre {
    /// Every value.
    pub const ALL: [Self; 20] = [
        Self::Straight,
        Self::Following,
        Self::Stopped,
        Self::Parked,
        Self::Reversing,
        Self::RollingBack,
        Self::OpeningDoor,
        Self::UTurn,
        Self::LaneChange,
        Self::Overtaking,
        Self::TurningLeft,
        Self::TurningRight,
        Self::EnteringMainRoad,
        Self::LeavingMainRoad,
        Self::EnteringRoad,
        Self::EnteringRoundabout,
        Self::InRoundabout,
        Self::Meeting,
        Self::QueueJumping,
        Self::Unknown,
    ];
}

/// The light a vehicle faced when it passed the stop line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Red.
    Red,
    /// Yellow.
    Yellow,
    /// Green: the vehicle was let through (放行).
    Green,
    /// There is no light.
    None,
    /// Not known.
    #[default]
    Unknown,
}

impl Signal {
    /// Every value.
    pub const ALL: [Self; 5] = [Self::Red, Self::Yellow, Self::Green, Self::None, Self::Unknown];
}

/// Who regulates the place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Junction {
    /// Not at a junction.
    None,
    /// A junction with lights.
    Signals,
    /// A junction without lights, with priority signs or markings.
    Signs,
    /// A junction with neither.
    Uncontrolled,
    /// A roundabout.
    Roundabout,
    /// Not known.
    #[default]
    Unknown,
}

impl Junction {
    /// Every value.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Signals, Self::Signs, Self::Uncontrolled, Self::Roundabout, Self::Unknown];
}

/// Something else that was so about one party. What a party does not mention counts as the rule file says:
/// rare acts as absent, facts on which a give-way rule hangs as unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Circumstance {
    /// It drove against the direction of traffic (逆行).
    WrongWay,
    /// It drove in a lane reserved for others (专用车道).
    ReservedLane,
    /// It drove against the arrow of its lane or signal (不按导向方向).
    AgainstArrows,
    /// It entered a closed road (禁止通行).
    ClosedRoad,
    /// It disobeyed an officer directing traffic.
    AgainstOfficer,
    /// It is an emergency vehicle on duty (执行紧急任务的特种车辆).
    EmergencyOnDuty,
    /// It lost part of its load (货物遗洒).
    DroppedLoad,
    /// Turning round is forbidden there.
    UTurnForbidden,
    /// It is parked where parking is forbidden.
    ParkedUnlawfully,
    /// Overtaking: an oncoming vehicle was likely (有会车可能).
    OncomingLikely,
    /// Overtaking: at a junction, narrow bridge, bend, slope or tunnel.
    OvertakingForbiddenPlace,
    /// Overtaking on the right of a road with one lane each way.
    OvertakingOnRight,
    /// Overtaking: the vehicle it overtook was itself overtaking another.
    OvertakenWasOvertaking,
    /// A sign or marking told it to give way.
    MustGiveWay,
    /// The other vehicle came from its right.
    OtherFromRight,
    /// The other vehicle came from the opposite direction.
    OtherFromAhead,
    /// It drove on the side carriageway (辅路).
    OnSideRoad,
    /// Meeting: the obstacle was on its side.
    ObstacleOnOwnSide,
    /// Meeting: it was already passing the obstacle.
    AlreadyPassingObstacle,
    /// Meeting on a slope: it drove down.
    Downhill,
    /// Meeting on a slope: it drove up.
    Uphill,
    /// Meeting on a slope, driving down: it was half-way before the other started up.
    HalfwayDown,
    /// Meeting on a mountain road: it drove on the side of the mountain.
    MountainSide,
    /// It stood broken down in a lane without warning lights or sign (故障停车未设警告标志).
    NoWarningSign,
    /// It braked hard without cause (无故急刹车).
    BrakedWithoutCause,
    /// An outside event that nobody could foresee or avert caused the accident (不可预见的意外).
    SuddenEvent,
}

impl Circumstance {
    /// Every circumstance.
    pub const ALL: [Self; 26] = [
        Self::WrongWay,
        Self::ReservedLane,
        Self::AgainstArrows,
        Self::ClosedRoad,
        Self::AgainstOfficer,
        Self::EmergencyOnDuty,
        Self::DroppedLoad,
        Self::UTurnForbidden,
        Self::ParkedUnlawfully,
        Self::OncomingLikely,
        Self::OvertakingForbiddenPlace,
        Self::OvertakingOnRight,
        Self::OvertakenWasOvertaking,
        Self::MustGiveWay,
        Self::OtherFromRight,
        Self::OtherFromAhead,
        Self::OnSideRoad,
        Self::ObstacleOnOwnSide,
        Self::AlreadyPassingObstacle,
        Self::Downhill,
        Self::Uphill,
        Self::HalfwayDown,
        Self::MountainSide,
        Self::NoWarningSign,
        Self::BrakedWithoutCause,
        Self::SuddenEvent,
    ];
}

/// Where a vehicle was hit, as on a clock seen from above: 12 front, 3 right, 6 rear, 9 left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct ImpactZone(u8);

/// A number that is on no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an impact zone is 1 to 12, as on a clock: 12 front, 3 right, 6 rear, 9 left")]
pub struct NotAZone;

impl ImpactZone {
    /// The zone at this hour.
    pub fn new(hour: u8) -> Result<Self, NotAZone> {
        if (1..=12).contains(&hour) { Ok(Self(hour)) } else { Err(NotAZone) }
    }

    /// The hour, 1 to 12.
    pub fn hour(self) -> u8 {
        self.0
    }

    /// The part of the vehicle, as written on paper (碰撞部位).
    pub fn chinese(self) -> &'static str {
        match self.0 {
            1 => "右前角",
            2 => "右侧前部",
            3 => "右侧中部",
            4 => "右侧后部",
            5 => "右后角",
            6 => "后部",
            7 => "左后角",
            8 => "左侧后部",
            9 => "左侧中部",
            10 => "左侧前部",
            11 => "左前角",
            _ => "前部",
        }
    }
}

impl ImpactZone {
    /// The part of the vehicle, in English.
    pub fn english(self) -> &'static str {
        match self.0 {
            1 => "front right corner",
            2 => "right side, in front",
            3 => "right side, in the middle",
            4 => "right side, at the rear",
            5 => "rear right corner",
            6 => "rear",
            7 => "rear left corner",
            8 => "left side, at the rear",
            9 => "left side, in the middle",
            10 => "left side, in front",
            11 => "front left corner",
            _ => "front",
        }
    }

    /// How many hours lie between two zones, 0 to 6.
    pub fn distance(self, other: Self) -> u8 {
        let hours = self.0.abs_diff(other.0);
        hours.min(12 - hours)
    }
}

impl TryFrom<u8> for ImpactZone {
    type Error = NotAZone;

    fn try_from(hour: u8) -> Result<Self, NotAZone> {
        Self::new(hour)
    }
}

impl From<ImpactZone> for u8 {
    fn from(zone: ImpactZone) -> Self {
        zone.0
    }
}

/// The facts of one party; whatever is left out is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrivingFacts {
    /// What it was doing.
    pub manoeuvre: Manoeuvre,
    /// The light it faced.
    pub signal: Signal,
    /// Who regulates the place.
    pub junction: Junction,
    /// The lane it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// Which way it was heading before its manoeuvre.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading: Option<Heading>,
    /// Where it was hit; with several contacts, the heaviest.
    pub impact_zone: Option<ImpactZone>,
    /// The contacts it felt or saw.
    #[serde(skip_serializing_if = "Contacts::is_empty")]
    pub contacts: Contacts,
    /// Whether the contacts are listed in the order in which they came.
    #[serde(skip_serializing_if = "is_unknown")]
    pub contact_order: ContactOrder,
    /// What else was so, or was not, or is expressly unknown.
    pub circumstances: BTreeMap<Circumstance, Answer>,
}

fn is_unknown(order: &ContactOrder) -> bool {
    *order == ContactOrder::Unknown
}

impl DrivingFacts {
    /// The light; without one where the place is known to have none.
    pub fn signal(&self) -> Signal {
        match (self.signal, self.junction) {
            (Signal::Unknown, Junction::None | Junction::Signs | Junction::Uncontrolled) => Signal::None,
            (signal, _) => signal,
        }
    }

    /// The kind of junction; one with lights where a light was seen.
    pub fn junction(&self) -> Junction {
        match (self.junction, self.signal) {
            (Junction::Unknown, Signal::Red | Signal::Yellow | Signal::Green) => Junction::Signals,
            (junction, _) => junction,
        }
    }
}

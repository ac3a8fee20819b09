//! What a piece of evidence must show.

use serde::{Deserialize, Serialize};

/// Declares the slots once: the enum, the list of all and their names.
macro_rules! slots {
    ($($(#[$doc:meta])* $name:ident, $text:literal;)+) => {
        /// What a photo or recording must show (domain brief §3.1).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Slot {
            $($(#[$doc])* $name,)+
        }

        impl Slot {
            /// Every slot.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name used in the API and in storage.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

slots! {
    /// 侧前方: from in front at an angle, both vehicles, both plates, lane lines.
    FrontOblique, "front_oblique";
    /// 侧后方: the same from behind.
    RearOblique, "rear_oblique";
    /// 碰撞部位: the contact area, still touching if possible.
    Impact, "impact";
    /// 车牌: the plate, legible.
    Plate, "plate";
    /// 车损特写: the damage of one vehicle, close up.
    Damage, "damage";
    /// 驾驶证.
    DrivingLicence, "driving_licence";
    /// 行驶证.
    VehicleLicence, "vehicle_licence";
    /// 交强险 policy or electronic mark.
    Insurance, "insurance";
    /// 车辆识别代号: the vehicle identification number, close up.
    Vin, "vin";
    /// 道路全景: the road with its lanes, seen wide.
    Road, "road";
    /// 交通标志、信号灯: sign or traffic light that matters.
    TrafficSign, "traffic_sign";
    /// 制动印痕: marks on the road, debris.
    BrakeMarks, "brake_marks";
    /// 被撞设施: the building or facility that was hit.
    Facility, "facility";
    /// 行车记录仪: a clip of a dash camera.
    DashCam, "dash_cam";
    /// 语音陈述: a spoken statement.
    SpokenStatement, "spoken_statement";
    /// Anything else.
    Other, "other";
}

impl Slot {
    /// The scene photos of the plain case of two cars (three, as the 12123 app asks; brief §3.1).
    pub const MANDATORY: [Self; 3] = [Self::FrontOblique, Self::RearOblique, Self::Impact];

    /// Whether it shows the scene as it was before the cars moved.
    pub fn is_of_the_scene(self) -> bool {
        use Slot::{BrakeMarks, Facility, FrontOblique, Impact, RearOblique, Road, TrafficSign};
        matches!(self, FrontOblique | RearOblique | Impact | Road | TrafficSign | BrakeMarks | Facility)
    }

    /// Whether it shows a paper, which may be photographed at any time and place.
    pub fn is_paper(self) -> bool {
        matches!(self, Self::DrivingLicence | Self::VehicleLicence | Self::Insurance)
    }
}

impl std::str::FromStr for Slot {
    type Err = UnknownSlot;

    fn from_str(name: &str) -> Result<Self, UnknownSlot> {
        Self::ALL.iter().copied().find(|slot| slot.name() == name).ok_or(UnknownSlot)
    }
}

/// A name that no slot has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such slot")]
pub struct UnknownSlot;

//! What a party came with: how it takes part in traffic, its vehicle, the plate of it, whose it is.

use serde::{Deserialize, Serialize};

use crate::identifiers::{Line, Plate, PlateText, Vin};

/// How a party takes part in traffic (交通方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoadUser {
    /// 机动车.
    MotorVehicle,
    /// 非机动车, e-bikes among them.
    NonMotorVehicle,
    /// 行人.
    Pedestrian,
}

impl RoadUser {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::MotorVehicle, Self::NonMotorVehicle, Self::Pedestrian];

    /// 交通方式, as documents print it.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::MotorVehicle => "驾驶机动车",
            Self::NonMotorVehicle => "驾驶非机动车",
            Self::Pedestrian => "步行",
        }
    }
}

/// Kinds of vehicle (车辆种类).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VehicleKind {
    /// 小型汽车.
    Car,
    /// 大型客车.
    Bus,
    /// 货车.
    Truck,
    /// 摩托车.
    Motorcycle,
    /// Any other motor vehicle.
    Other,
    /// 电动自行车: a non-motor vehicle with a plate of its own kind, or none, and mostly without insurance.
    ElectricBicycle,
    /// 自行车.
    Bicycle,
    /// Any other non-motor vehicle.
    OtherNonMotor,
    /// 不详.
    #[default]
    Unknown,
}

impl VehicleKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Car,
        Self::Bus,
        Self::Truck,
        Self::Motorcycle,
        Self::Other,
        Self::ElectricBicycle,
        Self::Bicycle,
        Self::OtherNonMotor,
        Self::Unknown,
    ];

    /// 车辆种类, as documents print it.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Car => "小型汽车",
            Self::Bus => "大型客车",
            Self::Truck => "货车",
            Self::Motorcycle => "摩托车",
            Self::Other => "其他机动车",
            Self::ElectricBicycle => "电动自行车",
            Self::Bicycle => "自行车",
            Self::OtherNonMotor => "其他非机动车",
            Self::Unknown => "不详",
        }
    }
}

/// What sort of plate it is that does not have the common form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnusualPlateKind {
    /// 临时行驶车号牌.
    Temporary,
    /// 军队、武警车辆号牌 (R146 §12: handled with further steps).
    Military,
    /// 使馆、领馆车辆号牌.
    Diplomatic,
    /// A plate of another country or region.
    Foreign,
    /// 电动自行车号牌.
    ElectricBicycle,
    /// Anything else.
    Other,
}

impl UnusualPlateKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Temporary,
        Self::Military,
        Self::Diplomatic,
        Self::Foreign,
        Self::ElectricBicycle,
        Self::Other,
    ];

    /// Its name on paper.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Temporary => "临时号牌",
            Self::Military => "军用号牌",
            Self::Diplomatic => "使领馆号牌",
            Self::Foreign => "境外号牌",
            Self::ElectricBicycle => "电动自行车号牌",
            Self::Other => "其他号牌",
        }
    }
}

/// A plate as it was typed, because it does not have the common form: a person compares it with the photos.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnusualPlate {
    /// What sort.
    pub kind: UnusualPlateKind,
    /// What stands on it.
    pub text: PlateText,
}

/// 号牌号码.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum NumberPlate {
    /// Of the common form, checked.
    Regular(Plate),
    /// Of another form, as typed.
    Unusual(UnusualPlate),
}

impl NumberPlate {
    /// The plate, if it has the common form.
    pub fn regular(&self) -> Option<&Plate> {
        match self {
            Self::Regular(plate) => Some(plate),
            Self::Unusual(_) => None,
        }
    }

    /// What stands on it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Regular(plate) => plate.as_str(),
            Self::Unusual(plate) => plate.text.as_str(),
        }
    }

    /// What documents print: the plate, and of which sort it is where that is unusual.
    pub fn printed(&self) -> String {
        match self {
            Self::Regular(plate) => plate.to_string(),
            Self::Unusual(plate) => format!("{}（{}）", plate.text, plate.kind.chinese()),
        }
    }
}

impl From<Plate> for NumberPlate {
    fn from(plate: Plate) -> Self {
        Self::Regular(plate)
    }
}

/// A party's vehicle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    /// 号牌号码; nothing when it has none, or when nobody knows it yet.
    pub plate: Option<NumberPlate>,
    /// 车辆种类.
    pub kind: VehicleKind,
    /// Vehicle identification number.
    pub vin: Option<Vin>,
}

/// Whose a vehicle is (登记所有人与驾驶人的关系).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// The driver's own.
    Own,
    /// A rental company's.
    RentalCompany,
    /// The driver's employer's.
    Employer,
    /// Another person's.
    OtherPerson,
    /// Not known.
    Unknown,
}

impl OwnerKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Own, Self::RentalCompany, Self::Employer, Self::OtherPerson, Self::Unknown];

    /// Its name on paper.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Own => "本人",
            Self::RentalCompany => "租赁公司",
            Self::Employer => "所在单位",
            Self::OtherPerson => "他人",
            Self::Unknown => "不详",
        }
    }
}

/// Who owns a vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// What the owner is to the driver.
    pub kind: OwnerKind,
    /// The owner's name, where it is known.
    pub name: Option<Line>,
}

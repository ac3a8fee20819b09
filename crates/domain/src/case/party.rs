//! Parties (当事人): who they are, what they drive, what they said. Every detail may come later.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::reporting::told;
use crate::{
    digest::Digest,
    identifiers::{
        AccountId, InsurerCode, NationalId, Passage, PersonName, Phone, Plate, PolicyNumber, RecordingId, Vin,
    },
    liability::DrivingFacts,
    money::Fen,
    role::PartyRole,
};

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

/// Kinds of motor vehicle (机动车种类).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Anything else.
    Other,
}

impl VehicleKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Car, Self::Bus, Self::Truck, Self::Motorcycle, Self::Other];

    /// 机动车种类, as documents print it.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Car => "小型汽车",
            Self::Bus => "大型客车",
            Self::Truck => "货车",
            Self::Motorcycle => "摩托车",
            Self::Other => "其他机动车",
        }
    }
}

/// A party's vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    /// 号牌号码.
    pub plate: Plate,
    /// 机动车种类.
    pub kind: VehicleKind,
    /// Vehicle identification number.
    pub vin: Option<Vin>,
}

/// A vehicle's insurance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insurance {
    /// 保险公司.
    pub insurer: InsurerCode,
    /// 保险凭证号 of the compulsory policy (交强险).
    pub policy_number: PolicyNumber,
    /// Limit of the commercial third-party cover (三者险); nothing when there is none.
    #[serde(default)]
    pub third_party_limit: Fen,
    /// Whether damage to the own vehicle is covered (车损险).
    #[serde(default)]
    pub own_damage: bool,
}

/// What a party tells about itself; all of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PartyDetails {
    /// 姓名.
    pub name: Option<PersonName>,
    /// 驾驶证号, the same as the identity number.
    pub licence: Option<NationalId>,
    /// 联系方式.
    pub phone: Option<Phone>,
    /// The vehicle.
    pub vehicle: Option<Vehicle>,
    /// Its insurance.
    pub insurance: Option<Insurance>,
    /// What the driver thinks the damage costs.
    pub estimated_loss: Option<Fen>,
}

impl PartyDetails {
    /// What `newer` says, and what it leaves open from before.
    #[must_use]
    pub fn overlaid_by(self, newer: Self) -> Self {
        Self {
            name: newer.name.or(self.name),
            licence: newer.licence.or(self.licence),
            phone: newer.phone.or(self.phone),
            vehicle: newer.vehicle.or(self.vehicle),
            insurance: newer.insurance.or(self.insurance),
            estimated_loss: newer.estimated_loss.or(self.estimated_loss),
        }
    }
}

/// What a party says happened (陈述). Every version is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// 1 for the first.
    pub version: i32,
    /// What the party was doing, in answers to questions.
    pub facts: DrivingFacts,
    /// In the party's own words.
    pub text: Option<Passage>,
    /// When it was given.
    pub at: DateTime<Utc>,
    /// The recording in which it was spoken, kept as evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingId>,
    /// When the party, having read or heard it back, confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<DateTime<Utc>>,
}

impl Statement {
    /// The hash that stands for what was said: everything but whether it was confirmed.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.told())
    }

    /// The bytes of that hash.
    pub fn told(&self) -> Vec<u8> {
        told(&Self { confirmed_at: None, ..self.clone() })
    }
}

/// A person, or a vehicle without one, involved in the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// A, B, C…
    pub role: PartyRole,
    /// With which account the party signs in.
    pub account: Option<AccountId>,
    /// When the party reported or joined.
    pub joined_at: DateTime<Utc>,
    /// How the party takes part in traffic.
    pub road_user: RoadUser,
    /// Who it is.
    pub details: PartyDetails,
    /// All statements, oldest first.
    pub statements: Vec<Statement>,
    /// When the party applied for remote handling.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When the party agreed that documents are served to it online (APR §36).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_agreed_at: Option<DateTime<Utc>>,
}

impl Party {
    /// A party that has just come in.
    pub fn new(role: PartyRole, account: AccountId, road_user: RoadUser, now: DateTime<Utc>) -> Self {
        Self {
            role,
            account: Some(account),
            joined_at: now,
            road_user,
            details: PartyDetails::default(),
            statements: Vec::new(),
            submitted_at: None,
            service_agreed_at: None,
        }
    }

    /// The latest statement.
    pub fn statement(&self) -> Option<&Statement> {
        self.statements.last()
    }
}

/// An invitation for the next party; only the hash of its code is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// SHA-256 of the code.
    pub code: Digest,
    /// For which role.
    pub role: PartyRole,
    /// Not after this time.
    pub expires_at: DateTime<Utc>,
    /// Whether somebody joined with it.
    pub used: bool,
}

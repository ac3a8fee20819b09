//! What a party tells about itself. No field is a wall: each has a value, is "not known", comes later, or is simply
//! missing, and nothing of that keeps a case from its end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::vehicle::{NumberPlate, Owner, OwnerKind, UnusualPlateKind, Vehicle, VehicleKind};
use crate::{
    identifiers::{DocumentNumber, InsurerCode, Line, NationalId, PersonName, Phone, PolicyNumber},
    money::Fen,
};

/// A vehicle's insurance with an insurer that is known by its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insurance {
    /// 保险公司.
    pub insurer: InsurerCode,
    /// 保险凭证号 of the compulsory policy (交强险); nothing when the driver does not have it at hand.
    pub policy_number: Option<PolicyNumber>,
    /// Limit of the commercial third-party cover (三者险); nothing when there is none.
    #[serde(default)]
    pub third_party_limit: Fen,
    /// Whether damage to the own vehicle is covered (车损险).
    #[serde(default)]
    pub own_damage: bool,
}

/// How a vehicle stands that is not insured with one of the insurers known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OtherInsurance {
    /// There is none, as with most e-bikes.
    Uninsured,
    /// A company that is not in the table: a person finds out which one it is.
    Unlisted {
        /// What the driver calls it.
        name: Line,
    },
}

/// Kinds of document by which somebody shows who he is, besides the identity card and the driving licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// 护照.
    Passport,
    /// 境外机动车驾驶证.
    ForeignLicence,
    /// 临时机动车驾驶许可.
    TemporaryLicence,
    /// 港澳居民来往内地通行证 or 港澳居民居住证.
    HongKongMacaoPermit,
    /// 台湾居民来往大陆通行证 or 台湾居民居住证.
    TaiwanPermit,
    /// 外国人永久居留身份证.
    ForeignResidence,
    /// 军官证, 士兵证 and the like.
    Military,
    /// Anything else.
    Other,
}

impl IdentityKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Passport,
        Self::ForeignLicence,
        Self::TemporaryLicence,
        Self::HongKongMacaoPermit,
        Self::TaiwanPermit,
        Self::ForeignResidence,
        Self::Military,
        Self::Other,
    ];

    /// Its name on paper.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Passport => "护照",
            Self::ForeignLicence => "境外驾驶证",
            Self::TemporaryLicence => "临时驾驶许可",
            Self::HongKongMacaoPermit => "港澳居民证件",
            Self::TaiwanPermit => "台湾居民证件",
            Self::ForeignResidence => "外国人永久居留身份证",
            Self::Military => "军人证件",
            Self::Other => "其他证件",
        }
    }

    /// Whether its holder may be a foreigner (外国人), for whom R146 §96 to §102 ask for further steps. Residents of
    /// Hong Kong, Macao and Taiwan are not.
    pub fn may_be_foreigner(self) -> bool {
        matches!(
            self,
            Self::Passport | Self::ForeignLicence | Self::TemporaryLicence | Self::ForeignResidence
        )
    }
}

/// A document other than the identity card, as typed: its form is not checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityDocument {
    /// Which kind.
    pub kind: IdentityKind,
    /// Its number.
    pub number: DocumentNumber,
}

/// One field that can be left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// 姓名.
    Name,
    /// 驾驶证号 or another document.
    Identity,
    /// 联系方式.
    Phone,
    /// 号牌号码.
    Plate,
    /// 车辆种类.
    VehicleKind,
    /// Vehicle identification number.
    Vin,
    /// Whose the vehicle is.
    Owner,
    /// 保险公司.
    Insurer,
    /// 保险凭证号.
    PolicyNumber,
    /// Limit of the commercial third-party cover.
    ThirdPartyLimit,
    /// Whether damage to the own vehicle is covered.
    OwnDamage,
    /// What the damage may cost.
    EstimatedLoss,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 12] = [
        Self::Name,
        Self::Identity,
        Self::Phone,
        Self::Plate,
        Self::VehicleKind,
        Self::Vin,
        Self::Owner,
        Self::Insurer,
        Self::PolicyNumber,
        Self::ThirdPartyLimit,
        Self::OwnDamage,
        Self::EstimatedLoss,
    ];
}

/// What a party says of a field that it gives no value for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOpen {
    /// It does not know.
    DontKnow,
    /// It tells later.
    Later,
}

/// What a party tells about itself; all of it may be missing. What was added to it since the first release is not
/// written when it is empty: the journal has the hashes of older details.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// Another document than the identity card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityDocument>,
    /// Whose the vehicle is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// How the vehicle stands that is not insured with a known insurer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_insurance: Option<OtherInsurance>,
    /// What is said of fields without a value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_open: BTreeMap<Field, LeftOpen>,
    /// Whether a code or an invitation that was sent to this phone came back: the party has it in its hands.
    #[serde(default, skip_serializing_if = "is_false")]
    pub phone_proven: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// All of it is personal.
impl std::fmt::Debug for PartyDetails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartyDetails(…)")
    }
}

impl PartyDetails {
    /// What `newer` says, and what it leaves open from before. A value once given is replaced by another, never by
    /// "not known".
    #[must_use]
    pub fn overlaid_by(self, newer: Self) -> Self {
        let phone_proven = if newer.phone.is_some() && newer.phone != self.phone {
            newer.phone_proven
        } else {
            self.phone_proven || newer.phone_proven
        };
        let otherwise = newer.insurance.is_none() && newer.other_insurance.is_some();
        let other_insurance = match (newer.insurance.is_some(), newer.other_insurance) {
            (_, Some(other)) => Some(other),
            (true, None) => None,
            (false, None) => self.other_insurance,
        };
        // Who turns out to be uninsured, or insured with somebody unlisted, is not insured with whom it was before.
        let insurance = self.insurance.filter(|_| !otherwise);
        let insurance = overlaid_insurance(insurance, newer.insurance);
        let licence = newer.licence.or(self.licence);
        let mut left_open = self.left_open;
        left_open.extend(newer.left_open);
        Self {
            name: newer.name.or(self.name),
            licence,
            phone: newer.phone.or(self.phone),
            vehicle: overlaid_vehicle(self.vehicle, newer.vehicle),
            insurance,
            estimated_loss: newer.estimated_loss.or(self.estimated_loss),
            identity: newer.identity.or(self.identity),
            owner: newer.owner.or(self.owner),
            other_insurance,
            left_open,
            phone_proven,
        }
        .tidied()
    }

    /// The same without marks on fields that have a value.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        let marks = std::mem::take(&mut self.left_open);
        self.left_open = marks.into_iter().filter(|(field, _)| !self.has(*field)).collect();
        self
    }

    /// Whether the field has a value.
    pub fn has(&self, field: Field) -> bool {
        let vehicle = self.vehicle.as_ref();
        let insurance = self.insurance.as_ref();
        match field {
            Field::Name => self.name.is_some(),
            Field::Identity => self.licence.is_some() || self.identity.is_some(),
            Field::Phone => self.phone.is_some(),
            Field::Plate => vehicle.is_some_and(|vehicle| vehicle.plate.is_some()),
            Field::VehicleKind => vehicle.is_some_and(|vehicle| vehicle.kind != VehicleKind::Unknown),
            Field::Vin => vehicle.is_some_and(|vehicle| vehicle.vin.is_some()),
            Field::Owner => self.owner.is_some(),
            Field::Insurer => insurance.is_some() || self.other_insurance.is_some(),
            Field::PolicyNumber => insurance.is_some_and(|insurance| insurance.policy_number.is_some()),
            Field::ThirdPartyLimit => insurance.is_some_and(|insurance| insurance.third_party_limit > Fen(0)),
            Field::OwnDamage => insurance.is_some_and(|insurance| insurance.own_damage),
            Field::EstimatedLoss => self.estimated_loss.is_some(),
        }
    }

    /// The vehicle's plate, whatever its form.
    pub fn plate(&self) -> Option<&NumberPlate> {
        self.vehicle.as_ref()?.plate.as_ref()
    }

    /// 驾驶证号或身份证号 as documents print it: the identity number, or the other document with its kind.
    pub fn identity_printed(&self) -> Option<String> {
        let other =
            || self.identity.as_ref().map(|other| format!("{} {}", other.kind.chinese(), other.number));
        self.licence.as_ref().map(ToString::to_string).or_else(other)
    }

    /// 保险公司 where it is not one of the known ones.
    pub fn other_insurance_printed(&self) -> Option<String> {
        self.other_insurance.as_ref().map(|other| match other {
            OtherInsurance::Uninsured => "未投保".to_owned(),
            OtherInsurance::Unlisted { name } => name.to_string(),
        })
    }

    /// Whose the vehicle is, as documents print it; nothing where it is the driver's own or nobody said.
    pub fn owner_printed(&self) -> Option<String> {
        let owner = self.owner.as_ref().filter(|owner| owner.kind != OwnerKind::Own)?;
        Some(match &owner.name {
            Some(name) => format!("{}（{}）", owner.kind.chinese(), name),
            None => owner.kind.chinese().to_owned(),
        })
    }

    /// What a person has to look at, because no rule of form can check it.
    pub fn to_be_checked(&self) -> Vec<ToCheck> {
        let mut found = Vec::new();
        if self.identity.as_ref().is_some_and(|identity| identity.kind.may_be_foreigner()) {
            found.push(ToCheck::Foreigner);
        }
        let military = self.identity.as_ref().is_some_and(|identity| identity.kind == IdentityKind::Military);
        match self.plate() {
            Some(NumberPlate::Unusual(plate)) if plate.kind == UnusualPlateKind::Military => {
                found.push(ToCheck::Military);
            }
            Some(NumberPlate::Unusual(plate)) => {
                if plate.kind == UnusualPlateKind::Diplomatic {
                    found.push(ToCheck::Diplomatic);
                }
                found.push(ToCheck::Plate);
            }
            Some(NumberPlate::Regular(_)) | None if military => found.push(ToCheck::Military),
            Some(NumberPlate::Regular(_)) | None => {}
        }
        if matches!(self.other_insurance, Some(OtherInsurance::Unlisted { .. })) {
            found.push(ToCheck::Insurer);
        }
        found
    }
}

/// The newer vehicle, with what it leaves open from before. Another plate is another vehicle.
fn overlaid_vehicle(before: Option<Vehicle>, newer: Option<Vehicle>) -> Option<Vehicle> {
    let (before, newer) = match (before, newer) {
        (Some(before), Some(newer)) => (before, newer),
        (before, newer) => return newer.or(before),
    };
    if newer.plate.is_some() && before.plate.is_some() && newer.plate != before.plate {
        return Some(newer);
    }
    let kind = if newer.kind == VehicleKind::Unknown { before.kind } else { newer.kind };
    let vin = newer.vin.or(before.vin);
    Some(Vehicle { plate: newer.plate.or(before.plate), kind, vin })
}

/// The newer insurance; the number of a policy stays where only more is told of the same insurer.
fn overlaid_insurance(before: Option<Insurance>, newer: Option<Insurance>) -> Option<Insurance> {
    match (before, newer) {
        (Some(before), Some(newer)) if before.insurer == newer.insurer => {
            Some(Insurance { policy_number: newer.policy_number.or(before.policy_number), ..newer })
        }
        (before, newer) => newer.or(before),
    }
}

/// What a person has to look at, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToCheck {
    /// May be a foreigner: interpretation, notice of rights (R146 §96 to §102).
    Foreigner,
    /// A vehicle or member of the armed forces (R146 §12).
    Military,
    /// May have diplomatic privileges (R146 §102).
    Diplomatic,
    /// The plate does not have the common form: compare it with the photos.
    Plate,
    /// The insurer is not in the table: find out which one it is.
    Insurer,
    /// Somebody else entered what is said of this party, and it has not confirmed it.
    Unconfirmed,
    /// Somebody says that the party does not take part or has gone.
    Absent,
}

impl ToCheck {
    /// The article that asks for it, where one does.
    pub fn article(self) -> Option<&'static str> {
        match self {
            Self::Foreigner | Self::Diplomatic => {
                Some("《道路交通事故处理程序规定》第九十六条至第一百零二条")
            }
            Self::Military => Some("《道路交通事故处理程序规定》第十二条"),
            Self::Unconfirmed => Some("《道路交通事故处理程序规定》第二十条"),
            Self::Absent => Some("《道路交通事故处理程序规定》第十三条"),
            Self::Plate | Self::Insurer => None,
        }
    }
}

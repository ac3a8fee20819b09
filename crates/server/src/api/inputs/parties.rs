//! What callers send of parties. Every field may be left out, or marked as not known or to come later.

use std::collections::BTreeMap;

use domain::{
    case::{
        Field, Helper, IdentityDocument, IdentityKind, Insurance, Invited, Joining, LeftOpen, NumberPlate,
        OtherInsurance, Owner, OwnerKind, PartyDetails, Relation, RoadUser, UnusualPlate, UnusualPlateKind,
        Vehicle, VehicleKind,
    },
    event::AbsentHow,
    identifiers::{
        DocumentNumber, InsurerCode, InvitationCode, Line, NationalId, Passage, PersonName, Phone, Plate,
        PlateText, PolicyNumber, Vin,
    },
    liability::DrivingFacts,
    money::Fen,
    role::PartyRole,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{super::schemas, DrivingFactsInput};

/// A plate that does not have the common form, as typed; a person compares it with the photos.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct UnusualPlateInput {
    /// What sort.
    #[schema(schema_with = schemas::plate_kind)]
    pub kind: UnusualPlateKind,
    /// What stands on it.
    #[schema(value_type = String, max_length = 20, example = "淄博123456")]
    pub text: PlateText,
}

/// A vehicle.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct VehicleInput {
    /// 号牌号码 of the common form.
    #[schema(value_type = Option<String>, example = "鲁C12345")]
    pub plate: Option<Plate>,
    /// A plate of another form; not looked at beside `plate`.
    pub unusual_plate: Option<UnusualPlateInput>,
    /// 车辆种类.
    #[serde(default)]
    #[schema(schema_with = schemas::vehicle_kind, required = false)]
    pub kind: VehicleKind,
    /// Vehicle identification number.
    #[schema(value_type = Option<String>)]
    pub vin: Option<Vin>,
}

impl From<VehicleInput> for Vehicle {
    fn from(input: VehicleInput) -> Self {
        let VehicleInput { plate, unusual_plate, kind, vin } = input;
        let unusual = unusual_plate
            .map(|UnusualPlateInput { kind, text }| NumberPlate::Unusual(UnusualPlate { kind, text }));
        Self { plate: plate.map(NumberPlate::Regular).or(unusual), kind, vin }
    }
}

/// A vehicle's insurance with an insurer that is known by its code.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct InsuranceInput {
    /// The insurer's code.
    #[schema(value_type = String, example = "PICC")]
    pub insurer: InsurerCode,
    /// Number of the compulsory policy.
    #[schema(value_type = Option<String>, example = "PDZA202637030000001")]
    pub policy_number: Option<PolicyNumber>,
    /// Limit of the commercial third-party cover in fen; 0 without one.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub third_party_limit_fen: u32,
    /// Whether damage to the own vehicle is covered.
    #[serde(default)]
    pub own_damage: bool,
}

impl From<InsuranceInput> for Insurance {
    fn from(input: InsuranceInput) -> Self {
        Self {
            insurer: input.insurer,
            policy_number: input.policy_number,
            third_party_limit: Fen(i64::from(input.third_party_limit_fen)),
            own_damage: input.own_damage,
        }
    }
}

/// A document other than the Chinese identity card and driving licence.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct IdentityInput {
    /// Which kind.
    #[schema(schema_with = schemas::identity_kind)]
    pub kind: IdentityKind,
    /// Its number.
    #[schema(value_type = String, max_length = 40)]
    pub number: DocumentNumber,
}

/// Whose a vehicle is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct OwnerInput {
    /// What the owner is to the driver.
    #[schema(schema_with = schemas::owner_kind)]
    pub kind: OwnerKind,
    /// The owner's name, if it is known.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub name: Option<Line>,
}

/// What a party tells about itself. Every field may be left out; `left_open` says of which ones it does not know them,
/// or tells them later.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct PartyInput {
    /// 姓名.
    #[schema(value_type = Option<String>, example = "王小明")]
    pub name: Option<PersonName>,
    /// Driving-licence number, which is the identity number.
    #[schema(value_type = Option<String>, example = "370303199001010017")]
    pub licence: Option<NationalId>,
    /// Another document: a passport, a licence of another country, a permit of Hong Kong, Macao or Taiwan.
    pub identity: Option<IdentityInput>,
    /// Mobile number.
    #[schema(value_type = Option<String>, example = "13800000000")]
    pub phone: Option<Phone>,
    /// The vehicle.
    pub vehicle: Option<VehicleInput>,
    /// Whose it is.
    pub owner: Option<OwnerInput>,
    /// Its insurance.
    pub insurance: Option<InsuranceInput>,
    /// There is none.
    #[serde(default)]
    pub uninsured: bool,
    /// An insurer that is not among the known ones, as the driver calls it.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub unlisted_insurer: Option<Line>,
    /// What the driver thinks the damage costs, in fen.
    #[schema(minimum = 0)]
    pub estimated_loss_fen: Option<u32>,
    /// What is said of fields without a value.
    #[serde(default)]
    #[schema(schema_with = schemas::left_open, required = false)]
    pub left_open: BTreeMap<Field, LeftOpen>,
}

/// All of it is personal.
impl std::fmt::Debug for PartyInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartyInput(…)")
    }
}

impl From<PartyInput> for PartyDetails {
    fn from(input: PartyInput) -> Self {
        let unlisted = input.unlisted_insurer.map(|name| OtherInsurance::Unlisted { name });
        let uninsured = input.uninsured.then_some(OtherInsurance::Uninsured);
        Self {
            name: input.name,
            licence: input.licence,
            phone: input.phone,
            vehicle: input.vehicle.map(Vehicle::from),
            insurance: input.insurance.map(Insurance::from),
            estimated_loss: input.estimated_loss_fen.map(|fen| Fen(i64::from(fen))),
            identity: input.identity.map(|IdentityInput { kind, number }| IdentityDocument { kind, number }),
            owner: input.owner.map(|OwnerInput { kind, name }| Owner { kind, name }),
            other_insurance: unlisted.or(uninsured),
            left_open: input.left_open,
            phone_proven: false,
        }
    }
}

/// An invitation for a party.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct InviteInput {
    /// Where to send the link by text message; without it the QR code is shown.
    #[schema(value_type = Option<String>)]
    pub phone: Option<Phone>,
    /// For a party that others have entered; the next seat when left out.
    #[schema(value_type = Option<String>, example = "B")]
    pub role: Option<PartyRole>,
}

impl From<InviteInput> for Invited {
    fn from(InviteInput { phone, role }: InviteInput) -> Self {
        Self { role, phone }
    }
}

/// Somebody who acts for a party, with its consent.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct HelperInput {
    /// The helper's name; the party's own stands in its data.
    #[schema(value_type = String)]
    pub name: PersonName,
    /// What the helper is to the party.
    #[schema(schema_with = schemas::relation)]
    pub relation: Relation,
}

impl From<HelperInput> for Helper {
    fn from(HelperInput { name, relation }: HelperInput) -> Self {
        Self { name, relation }
    }
}

/// Joining by invitation.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct JoinInput {
    /// The code of the invitation.
    #[schema(value_type = String, min_length = 26, max_length = 26)]
    pub code: InvitationCode,
    /// How the party took part.
    #[schema(schema_with = schemas::road_user)]
    pub road_user: RoadUser,
    /// Whoever joins is not the party, but helps it.
    pub helper: Option<HelperInput>,
}

impl JoinInput {
    pub(in crate::api) fn parse(self) -> (InvitationCode, Joining) {
        (self.code, Joining { road_user: self.road_user, helper: self.helper.map(Helper::from) })
    }
}

/// An invitation that is not taken up.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct DeclineInput {
    /// The code of the invitation.
    #[schema(value_type = String, min_length = 26, max_length = 26)]
    pub code: InvitationCode,
}

/// A party that is entered by somebody else.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AddPartyInput {
    /// How it took part.
    #[schema(schema_with = schemas::road_user)]
    pub road_user: RoadUser,
    /// What is known of it.
    #[serde(default)]
    pub party: PartyInput,
}

/// A statement that somebody else takes down.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct EnteredStatementInput {
    /// What the party was doing.
    #[schema(value_type = DrivingFactsInput)]
    pub facts: DrivingFacts,
    /// In the party's own words, as heard.
    #[schema(value_type = Option<String>, max_length = 4000)]
    pub text: Option<Passage>,
}

/// That a party stands by what others do in its name.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ConfirmPartyInput {
    /// The code that reached the party's phone. An officer who has talked to the party leaves it out.
    #[schema(max_length = 12)]
    pub code: Option<String>,
}

/// A code is a secret.
impl std::fmt::Debug for ConfirmPartyInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConfirmPartyInput(…)")
    }
}

/// That a party does not take part.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AbsenceInput {
    /// In which way.
    #[schema(schema_with = schemas::absent_how)]
    pub how: AbsentHow,
    /// In words, for the record.
    #[schema(value_type = Option<String>, max_length = 4000)]
    pub note: Option<Passage>,
}

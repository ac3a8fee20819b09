//! How parties take part: what they tell of themselves, who enters it for them, who helps, who is said to be absent.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    case::{
        Case, Field, IdentityKind, LeftOpen, NumberPlate, OtherInsurance, OwnerKind, Party, PartyDetails,
        Relation, TakenBy, ToCheck, UnusualPlateKind, VehicleKind,
    },
    event::{AbsentHow, ConfirmedHow},
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::WordingView;
use crate::api::schemas;

/// Personal and insurance data.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DetailsView {
    /// 姓名.
    pub name: Option<String>,
    /// Licence number.
    pub licence: Option<String>,
    /// Another document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityView>,
    /// Phone.
    pub phone: Option<String>,
    /// Whether something that was sent to this phone came back.
    pub phone_proven: bool,
    /// Plate.
    pub plate: Option<String>,
    /// Of which sort the plate is, if it does not have the common form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::plate_kind)]
    pub plate_kind: Option<UnusualPlateKind>,
    /// 车辆种类.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::vehicle_kind)]
    pub vehicle_kind: Option<VehicleKind>,
    /// VIN.
    pub vin: Option<String>,
    /// Whose the vehicle is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerView>,
    /// Insurer's code.
    pub insurer: Option<String>,
    /// Policy number.
    pub policy_number: Option<String>,
    /// There is no insurance, as the party says.
    pub uninsured: bool,
    /// An insurer that is not among the known ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlisted_insurer: Option<String>,
    /// Estimated loss in fen.
    pub estimated_loss_fen: Option<i64>,
    /// What is said of fields without a value.
    #[schema(schema_with = schemas::left_open)]
    pub left_open: BTreeMap<Field, LeftOpen>,
}

/// A document other than the identity card.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct IdentityView {
    /// Which kind.
    #[schema(schema_with = schemas::identity_kind)]
    pub kind: IdentityKind,
    /// Its number.
    pub number: String,
}

/// Whose a vehicle is.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OwnerView {
    /// What the owner is to the driver.
    #[schema(schema_with = schemas::owner_kind)]
    pub kind: OwnerKind,
    /// The owner's name.
    pub name: Option<String>,
}

impl From<&PartyDetails> for DetailsView {
    fn from(details: &PartyDetails) -> Self {
        let (vehicle, insurance) = (details.vehicle.as_ref(), details.insurance.as_ref());
        let plate_kind = match details.plate() {
            Some(NumberPlate::Unusual(plate)) => Some(plate.kind),
            Some(NumberPlate::Regular(_)) | None => None,
        };
        let unlisted_insurer = match &details.other_insurance {
            Some(OtherInsurance::Unlisted { name }) => Some(name.to_string()),
            Some(OtherInsurance::Uninsured) | None => None,
        };
        let identity = details.identity.as_ref();
        let owner = details.owner.as_ref();
        Self {
            name: details.name.as_ref().map(ToString::to_string),
            licence: details.licence.as_ref().map(ToString::to_string),
            identity: identity.map(|one| IdentityView { kind: one.kind, number: one.number.to_string() }),
            phone: details.phone.as_ref().map(ToString::to_string),
            phone_proven: details.phone_proven,
            plate: details.plate().map(|plate| plate.as_str().to_owned()),
            plate_kind,
            vehicle_kind: vehicle.map(|vehicle| vehicle.kind),
            vin: vehicle.and_then(|vehicle| vehicle.vin.as_ref()).map(ToString::to_string),
            owner: owner
                .map(|one| OwnerView { kind: one.kind, name: one.name.as_ref().map(ToString::to_string) }),
            insurer: insurance.map(|insurance| insurance.insurer.to_string()),
            policy_number: insurance
                .and_then(|insurance| insurance.policy_number.as_ref())
                .map(ToString::to_string),
            uninsured: details.other_insurance == Some(OtherInsurance::Uninsured),
            unlisted_insurer,
            estimated_loss_fen: details.estimated_loss.map(|loss| loss.0),
            left_open: details.left_open.clone(),
        }
    }
}

/// Who acts for a party.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct HelperView {
    /// The helper's name.
    pub name: String,
    /// What the helper is to the party.
    #[schema(schema_with = schemas::relation)]
    pub relation: Relation,
}

/// Something that a person has to look at.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ToCheckView {
    /// What.
    #[schema(value_type = String)]
    pub code: ToCheck,
    /// The article that asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<&'static str>,
}

/// How a party takes part.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PresenceView {
    /// Whether it, or its helper, signs in.
    pub signs_in: bool,
    /// `party` or `officer`: who entered it, if it did not come in by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<&'static str>,
    /// Whether somebody acts for it.
    pub is_helped: bool,
    /// Who; the party itself and staff see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helper: Option<HelperView>,
    /// How it came to stand by what others do in its name: `joined`, `code` or `officer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub confirmed: Option<ConfirmedHow>,
    /// Whether what is done in its name counts as its own.
    pub stands_by_it: bool,
    /// What a person has to look at; staff only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to_check: Vec<ToCheckView>,
}

impl PresenceView {
    /// `open`: the party itself or staff looks. `staff`: staff does.
    pub(super) fn new(case: &Case, party: &Party, open: bool, staff: bool) -> Self {
        let entered_by = party.entered_by.as_ref().map(|by| match by {
            TakenBy::Party { .. } => "party",
            TakenBy::Officer { .. } => "officer",
            TakenBy::Helper => "helper",
        });
        let helper = party.helper.as_ref().filter(|_| open);
        let to_check = if staff { case.to_be_checked(party) } else { Vec::new() };
        Self {
            signs_in: party.account.is_some(),
            entered_by,
            is_helped: party.helper.is_some(),
            helper: helper.map(|one| HelperView { name: one.name.to_string(), relation: one.relation }),
            confirmed: party.confirmed.map(|confirmed| confirmed.how),
            stands_by_it: party.stands_by_it(),
            to_check: to_check
                .into_iter()
                .map(|code| ToCheckView { code, article: code.article() })
                .collect(),
        }
    }
}

/// Somebody says that a party does not take part.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AbsenceView {
    /// Which party.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// In which way.
    #[schema(schema_with = schemas::absent_how)]
    pub how: AbsentHow,
    /// When it was said.
    pub at: DateTime<Utc>,
    /// In words; staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What to do now.
    pub advice: WordingView,
}

impl AbsenceView {
    pub(super) fn of(case: &Case, staff: bool) -> Vec<Self> {
        let views = case.absences.iter().map(|(role, absence)| Self {
            role: *role,
            how: absence.how,
            at: absence.at,
            note: absence.note.as_ref().filter(|_| staff).map(ToString::to_string),
            advice: (&absence.advice()).into(),
        });
        views.collect()
    }
}

//! Parties: whole for themselves and for staff, masked for others.

use chrono::{DateTime, Utc};
use domain::{
    case::{Party, RoadUser},
    liability::DrivingFacts,
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::Viewer;
use crate::{api::inputs::DrivingFactsInput, api::schemas};

/// One party. Personal fields are there for the party itself and for staff only.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PartyView {
    /// A, B, C…
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Whether it is the caller.
    pub is_me: bool,
    /// How it took part.
    #[schema(schema_with = schemas::road_user)]
    pub road_user: RoadUser,
    /// Whether it has given a statement.
    pub has_statement: bool,
    /// When it applied for remote handling.
    pub submitted_at: Option<DateTime<Utc>>,
    /// What it said about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<DetailsView>,
    /// What it said happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementView>,
}

/// Personal and insurance data.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DetailsView {
    /// 姓名.
    pub name: Option<String>,
    /// Licence number.
    pub licence: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Plate.
    pub plate: Option<String>,
    /// VIN.
    pub vin: Option<String>,
    /// Insurer's code.
    pub insurer: Option<String>,
    /// Policy number.
    pub policy_number: Option<String>,
    /// Estimated loss in fen.
    pub estimated_loss_fen: Option<i64>,
}

/// A statement.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatementView {
    /// 1 for the first.
    pub version: i32,
    /// What the party was doing.
    #[schema(value_type = DrivingFactsInput)]
    pub facts: DrivingFacts,
    /// In its own words.
    pub text: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

impl PartyView {
    pub(super) fn new(party: &Party, viewer: Viewer) -> Self {
        let is_me = matches!(viewer, Viewer::Party(account) if party.account == Some(account));
        let open = is_me || matches!(viewer, Viewer::Staff);
        let details = &party.details;
        Self {
            role: party.role,
            is_me,
            road_user: party.road_user,
            has_statement: party.statement().is_some(),
            submitted_at: party.submitted_at,
            details: open.then(|| DetailsView {
                name: details.name.as_ref().map(ToString::to_string),
                licence: details.licence.as_ref().map(ToString::to_string),
                phone: details.phone.as_ref().map(ToString::to_string),
                plate: details.vehicle.as_ref().map(|vehicle| vehicle.plate.to_string()),
                vin: details
                    .vehicle
                    .as_ref()
                    .and_then(|vehicle| vehicle.vin.as_ref())
                    .map(ToString::to_string),
                insurer: details.insurance.as_ref().map(|insurance| insurance.insurer.to_string()),
                policy_number: details
                    .insurance
                    .as_ref()
                    .map(|insurance| insurance.policy_number.to_string()),
                estimated_loss_fen: details.estimated_loss.map(|loss| loss.0),
            }),
            statement: party.statement().filter(|_| open).map(|statement| StatementView {
                version: statement.version,
                facts: statement.facts.clone(),
                text: statement.text.as_ref().map(ToString::to_string),
                at: statement.at,
            }),
        }
    }
}

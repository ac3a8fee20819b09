//! Schemas of the domain's own types, for the OpenAPI document: the types themselves know nothing of it.

use domain::{
    case::{
        Field, IdentityKind, LeftOpen, OwnerKind, Relation, RoadUser, SceneOutcome, UnusualPlateKind,
        VehicleKind,
    },
    claim::ClaimStatus,
    document::DocumentKind,
    event::{AbsentHow, Authority, ServiceManner},
    evidence::{CaptureSource, Hint, Media, Per, RecordingKind, Slot},
    geo::Datum,
    identity::Role,
    liability::{Circumstance, ContactOrder, Grade, Heading, Junction, Manoeuvre, Signal},
    triage::Answer,
};
use serde::Serialize;
use utoipa::openapi::{
    ObjectBuilder, RefOr, Schema,
    schema::{SchemaType, Type},
};

fn one_of<T: Serialize>(all: &[T]) -> RefOr<Schema> {
    let values = all.iter().filter_map(|value| serde_json::to_value(value).ok());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values)).into()
}

macro_rules! enumerations {
    ($($function:ident: $all:expr;)+) => {$(
        pub(super) fn $function() -> RefOr<Schema> {
            one_of(&$all)
        }
    )+};
}

enumerations! {
    answer: Answer::ALL;
    road_user: RoadUser::ALL;
    vehicle_kind: VehicleKind::ALL;
    plate_kind: UnusualPlateKind::ALL;
    identity_kind: IdentityKind::ALL;
    owner_kind: OwnerKind::ALL;
    relation: Relation::ALL;
    left_open_as: [LeftOpen::DontKnow, LeftOpen::Later];
    absent_how: [AbsentHow::Refuses, AbsentHow::Gone, AbsentHow::Unreachable];
    datum: Datum::ALL;
    manoeuvre: Manoeuvre::ALL;
    signal: Signal::ALL;
    junction: Junction::ALL;
    heading: Heading::ALL;
    contact_order: ContactOrder::ALL;
    grade: Grade::ALL;
    claim_status: ClaimStatus::ALL;
    role: Role::ALL;
    slot: Slot::ALL;
    media: [Media::Photo, Media::Recording];
    recording_kind: [RecordingKind::Video, RecordingKind::Audio];
    capture_source: [CaptureSource::Camera, CaptureSource::Album, CaptureSource::Unknown];
    per: [Per::Case, Per::Party];
    hint: [Hint::TooDark, Hint::TooBright, Hint::Blurred, Hint::Unreadable];
    commitment_state: ["committed", "stored"];
    stay: ["photos_missing", "scene_must_stay"];
    authority: [Authority::Patrol, Authority::Point];
    outcome: [SceneOutcome::Settled, SceneOutcome::NeedsPatrol];
    stage: domain::case::Stage::NAMES;
    damage_kind: domain::case::DamageKind::ALL;
    layer: domain::compensation::Layer::ALL;
    mediation_state: ["requested", "open", "agreed", "ended"];
    terms_state: ["open", "superseded", "declined", "accepted"];
    missing: ["loss", "ctali", "third_party_limit", "shares"];
    own_claim_condition: own_claim_conditions();
    document_kind: DocumentKind::ALL;
    superseding: domain::case::Superseding::ALL.map(domain::case::Superseding::name);
    service_manner: [ServiceManner::Opened, ServiceManner::Paper, ServiceManner::RefusedToReceive];
    lane: domain::triage::Lane::ALL;
    review_state: domain::case::ReviewState::NAMES;
    review_outcome: domain::case::ReviewOutcome::NAMES;
    review_ground: domain::case::ReviewGround::ALL;
    review_place: ["requested", "taken", "drafted", "redetermining"];
    reviewed: [domain::case::Reviewed::Determination, domain::case::Reviewed::Certificate];
}

/// How bytes stand to a commitment, if they were sent for one.
pub(super) fn committed() -> RefOr<Schema> {
    let types = SchemaType::Array(vec![Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(types).enum_values(Some(["kept", "different"])).into()
}

pub(super) fn review_grounds() -> RefOr<Schema> {
    utoipa::openapi::ArrayBuilder::new().items(review_ground()).into()
}

pub(super) fn slots() -> RefOr<Schema> {
    utoipa::openapi::ArrayBuilder::new().items(slot()).into()
}

pub(super) fn circumstances() -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::Object);
    Circumstance::ALL
        .iter()
        .filter_map(|circumstance| serde_json::to_value(circumstance).ok()?.as_str().map(str::to_owned))
        .fold(object, |object, name| object.property(name, answer()))
        .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::<Schema>::FreeForm(false)))
        .into()
}

/// What is said of fields without a value: `{"policy_number": "later"}`.
pub(super) fn left_open() -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::Object);
    Field::ALL
        .iter()
        .filter_map(|field| serde_json::to_value(field).ok()?.as_str().map(str::to_owned))
        .fold(object, |object, name| object.property(name, left_open_as()))
        .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::<Schema>::FreeForm(false)))
        .into()
}

/// A grade for each role: `{"A": "full", "B": "none"}`.
pub(super) fn grades() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(grade())).into()
}

fn own_claim_conditions() -> Vec<&'static str> {
    domain::compensation::ConditionCode::ALL.iter().map(|code| code.name()).collect()
}

/// Why a mediation ended, if it did without result.
pub(super) fn mediation_end() -> RefOr<Schema> {
    let types = SchemaType::Array(vec![Type::String, Type::Null]);
    let names = domain::case::EndReason::ALL.map(|reason| Some(reason.name()));
    ObjectBuilder::new().schema_type(types).enum_values(Some(names.into_iter().chain([None]))).into()
}

fn percent() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(100)).into()
}

/// A percentage for each role: `{"A": 70, "B": 30}`.
pub(super) fn shares() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(percent())).into()
}

/// The same, or nothing where nobody has said and the table has no answer.
pub(super) fn shares_if_known() -> RefOr<Schema> {
    let types = SchemaType::Array(vec![Type::Object, Type::Null]);
    ObjectBuilder::new().schema_type(types).additional_properties(Some(percent())).into()
}

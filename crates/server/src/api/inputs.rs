//! What callers send. Every field is parsed into a checked type; unknown fields are mistakes.

mod endings;
mod evidence;
mod mediation;
mod parties;
mod review;

use chrono::{DateTime, Utc};
use domain::{
    case::{Report, RoadUser, SceneOutcome},
    event::Authority,
    evidence::Slot,
    geo::{Coordinates, Datum, Position},
    identifiers::{Line, Passage},
    liability::{DrivingFacts, Grade, Liability},
    role::PartyRole,
    triage::{Answer, Answers, RoadUsers},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

pub(super) use self::endings::{CertificateInput, OfficerInput, ProposeInput};
pub(super) use self::evidence::{CommitInput, ConfirmInput, CopyInput, CopyQuery, PhotoQuery, UploadForm};
pub(super) use self::mediation::{
    DamagesInput, MediationEndInput, MediationRequestInput, MediationWithdrawalInput, SharesInput,
    TermsAnswerInput, TermsInput,
};
pub(super) use self::parties::{
    AbsenceInput, AddPartyInput, ConfirmPartyInput, DeclineInput, EnteredStatementInput, HelperInput,
    InviteInput, JoinInput, PartyInput,
};
pub(super) use self::review::{ConfirmReviewInput, DraftReviewInput, SuitInput};
use super::schemas;
use crate::problem::{ErrorCode, Problem};

/// A place. The datum is not optional: the datums differ by half a kilometre.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PositionInput {
    /// Degrees north.
    #[schema(minimum = -90, maximum = 90, example = 36.81)]
    pub latitude: f64,
    /// Degrees east.
    #[schema(minimum = -180, maximum = 180, example = 118.05)]
    pub longitude: f64,
    /// The datum the numbers are in; `wx.getLocation` answers `wgs84` by default.
    #[schema(schema_with = schemas::datum)]
    pub datum: Datum,
    /// Radius in metres within which the device believes itself to be.
    #[schema(minimum = 0)]
    pub accuracy_metres: Option<f64>,
}

impl PositionInput {
    pub(super) fn parse(&self) -> Result<Position, Problem> {
        let raw = Coordinates { latitude: self.latitude, longitude: self.longitude };
        Position::new(raw, self.datum, self.accuracy_metres)
            .map_err(|error| Problem::invalid_value("position", error.to_string()))
    }
}

/// How many of each kind took part.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoadUsersInput {
    /// Motor vehicles.
    pub motor_vehicles: Option<u8>,
    /// Bicycles, electric bicycles, tricycles.
    pub non_motor_vehicles: Option<u8>,
    /// People on foot.
    pub pedestrians: Option<u8>,
}

macro_rules! answers_input {
    ($($(#[$doc:meta])* $field:ident,)+) => {
        /// The driver's answers; what is left out is unknown, which never counts as no.
        #[derive(Debug, Clone, Default, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct AnswersInput {
            /// Who took part.
            #[serde(default)]
            pub road_users: RoadUsersInput,
            $($(#[$doc])* #[serde(default)] #[schema(schema_with = schemas::answer, required = false)] pub $field: Answer,)+
        }

        impl From<AnswersInput> for Answers {
            fn from(input: AnswersInput) -> Self {
                let RoadUsersInput { motor_vehicles, non_motor_vehicles, pedestrians } = input.road_users;
                let road_users = RoadUsers { motor_vehicles, non_motor_vehicles, pedestrians };
                Self { road_users, $($field: input.$field,)+ ..Self::default() }
            }
        }
    };
}

answers_input! {
    /// Somebody is hurt or dead.
    injured,
    /// A driver has no valid licence for the vehicle.
    licence_problem,
    /// A driver is suspected of alcohol or controlled drugs.
    alcohol_or_drugs,
    /// A school bus or passenger transport is suspected of serious overloading or speeding.
    overloaded_or_speeding,
    /// A plate is missing, forged or altered.
    plate_problem,
    /// A vehicle cannot be moved by its driver.
    cannot_move,
    /// A party has left the scene.
    party_left,
    /// There is evidence of intent.
    intent,
    /// A vehicle has no compulsory insurance or no valid inspection.
    no_insurance_or_inspection,
    /// A building or facility was hit.
    hit_facility,
    /// A vehicle carries dangerous goods.
    dangerous_goods,
    /// A party asks for an officer on scene.
    wants_officer_on_scene,
    /// It happened on an expressway or urban expressway; asked where the city's policy wants it.
    expressway,
}

/// A report of an accident.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportInput {
    /// Where.
    pub position: PositionInput,
    /// Where, in words.
    #[schema(value_type = String, max_length = 200, example = "张店区柳泉路与人民路路口")]
    pub place: Line,
    /// When it happened; now when left out.
    pub occurred_at: Option<DateTime<Utc>>,
    /// The weather.
    #[schema(value_type = Option<String>, example = "晴")]
    pub weather: Option<Line>,
    /// Answers to the questions of triage.
    #[serde(default)]
    pub answers: AnswersInput,
    /// How the reporting party took part.
    #[schema(schema_with = schemas::road_user)]
    pub road_user: RoadUser,
    /// What the reporting party says about itself already.
    #[serde(default)]
    pub party: PartyInput,
}

/// How long ago an accident may have happened that is reported here.
const OLDEST_ACCIDENT: chrono::TimeDelta = chrono::TimeDelta::days(366);

impl ReportInput {
    pub(super) fn parse(self, now: DateTime<Utc>) -> Result<Report, Problem> {
        // The rules of that day decide: nobody picks a day of long ago.
        let occurred_at = self.occurred_at.map_or(now, |at| at.min(now));
        if occurred_at < now - OLDEST_ACCIDENT {
            return Err(Problem::invalid_value("occurred_at", "at most a year ago"));
        }
        Ok(Report {
            position: self.position.parse()?,
            place: self.place,
            occurred_at,
            weather: self.weather,
            answers: self.answers.into(),
            road_user: self.road_user,
            details: self.party.into(),
        })
    }
}

/// What a party was doing; whatever is left out is unknown.
#[derive(Debug, Clone, Default, ToSchema)]
#[expect(dead_code, reason = "only the schema of the domain's own type")]
pub(super) struct DrivingFactsInput {
    /// What it was doing.
    #[schema(schema_with = schemas::manoeuvre, required = false)]
    manoeuvre: String,
    /// The light it faced.
    #[schema(schema_with = schemas::signal, required = false)]
    signal: String,
    /// Who regulates the place.
    #[schema(schema_with = schemas::junction, required = false)]
    junction: String,
    /// The lane it came in.
    lane: Option<LaneInput>,
    /// Which way it was heading before its manoeuvre.
    #[schema(schema_with = schemas::heading, required = false)]
    heading: String,
    /// Where it was hit, as on a clock seen from above: 12 front, 3 right, 6 rear, 9 left; the heaviest of several.
    #[schema(minimum = 1, maximum = 12)]
    impact_zone: Option<u8>,
    /// The contacts it felt or saw.
    #[schema(max_items = 12, required = false)]
    contacts: Vec<ContactInput>,
    /// Whether the contacts are listed in the order in which they came.
    #[schema(schema_with = schemas::contact_order, required = false)]
    contact_order: String,
    /// What else was so.
    #[schema(schema_with = schemas::circumstances, required = false)]
    circumstances: String,
}

/// A lane of the vehicle's own direction.
#[derive(Debug, Clone, ToSchema)]
#[expect(dead_code, reason = "only the schema of the domain's own type")]
pub(super) struct LaneInput {
    /// Its number from the left, from 1.
    #[schema(minimum = 1, maximum = 12)]
    number: u8,
    /// How many lanes there are in this direction.
    #[schema(minimum = 1, maximum = 12)]
    of: Option<u8>,
}

/// One bump that was felt or seen.
#[derive(Debug, Clone, ToSchema)]
#[expect(dead_code, reason = "only the schema of the domain's own type")]
pub(super) struct ContactInput {
    /// With whom, if the party knows.
    #[schema(pattern = "^[A-Z]$")]
    with: Option<String>,
    /// Where its own vehicle was hit, as on a clock.
    #[schema(minimum = 1, maximum = 12)]
    zone: Option<u8>,
}

/// A statement.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StatementInput {
    /// What the party was doing.
    #[schema(value_type = DrivingFactsInput)]
    pub facts: DrivingFacts,
    /// In the party's own words.
    #[schema(value_type = Option<String>, max_length = 4000)]
    pub text: Option<Passage>,
    /// The recording in which it was spoken, stored before.
    pub recording: Option<uuid::Uuid>,
}

/// An application for remote handling.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SubmitInput {
    /// The party applies, with the others, for an online determination (R146 §20). Must be true.
    pub agrees_to_remote_handling: bool,
    /// The other party does not take part: an officer decides how it goes on.
    #[serde(default)]
    pub without_other_party: bool,
}

/// A refusal; an officer notes whose.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefuseInput {
    /// Why.
    #[schema(value_type = String, max_length = 4000)]
    pub reason: Passage,
    /// Whose refusal the officer notes; a driver leaves it out.
    #[schema(value_type = Option<String>, example = "B")]
    pub role: Option<PartyRole>,
}

/// A request for more evidence.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceRequestInput {
    /// Who is asked.
    #[schema(value_type = String, example = "A")]
    pub role: PartyRole,
    /// Which photos.
    #[schema(schema_with = schemas::slots)]
    pub slots: Vec<Slot>,
    /// Why, in words for the driver.
    #[schema(value_type = String, max_length = 4000)]
    pub reason: Passage,
}

/// The officer's decision.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DetermineInput {
    /// A grade for each party.
    #[schema(schema_with = schemas::grades)]
    pub grades: std::collections::BTreeMap<PartyRole, Grade>,
    /// What happened, as the officer finds it.
    #[schema(value_type = String, max_length = 4000)]
    pub facts: Passage,
    /// How the vehicles met (事故形态).
    #[schema(value_type = Option<String>, example = "追尾碰撞")]
    pub accident_form: Option<Line>,
    /// Articles besides those of the proposal.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 20)]
    pub articles: Vec<Line>,
    /// Why it differs from the proposal; needed when it does.
    #[schema(value_type = Option<String>, max_length = 4000)]
    pub reason: Option<Passage>,
}

impl DetermineInput {
    pub(super) fn parse(self) -> Result<domain::case::DeterminationOrder, Problem> {
        if self.articles.len() > 20 {
            return Err(Problem::invalid_value("articles", "at most 20"));
        }
        let liability =
            Liability::new(self.grades).map_err(|_| Problem::new(ErrorCode::LiabilityIncomplete))?;
        Ok(domain::case::DeterminationOrder {
            liability,
            facts: self.facts,
            accident_form: self.accident_form,
            articles: self.articles,
            reason: self.reason,
        })
    }
}

/// Out of the remote lane.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EscalateInput {
    /// To whom.
    #[schema(schema_with = schemas::authority)]
    pub to: Authority,
    /// Why.
    #[schema(value_type = String, max_length = 4000)]
    pub reason: Passage,
}

/// A reason.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonInput {
    /// Why.
    #[schema(value_type = String, max_length = 4000)]
    pub reason: Passage,
}

/// A search for points. The place is in the body: places do not belong into addresses and logs.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NearestInput {
    /// From where.
    pub position: PositionInput,
    /// How many at most.
    #[serde(default = "three")]
    #[schema(minimum = 1, maximum = 20, default = 3)]
    pub most: u8,
}

fn three() -> u8 {
    3
}

/// Where a unit is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PositionReportInput {
    /// Its position.
    pub position: PositionInput,
    /// Whether it can be sent.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub on_duty: bool,
}

fn yes() -> bool {
    true
}

/// Arrival, shown by the position.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ArriveInput {
    /// Where the unit is.
    pub position: PositionInput,
}

/// The end of a task.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompleteInput {
    /// How it ended.
    #[schema(schema_with = schemas::outcome)]
    pub outcome: SceneOutcome,
    /// What was done.
    #[schema(value_type = String, max_length = 4000)]
    pub note: Passage,
}

/// Nothing is needed in the body.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// A page of a list.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// How many to pass over.
    #[serde(default)]
    #[param(minimum = 0, required = false)]
    pub offset: u32,
    /// How many at most; 50 when left out, 200 at most.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 200, required = false)]
    pub limit: u32,
}

fn fifty() -> u32 {
    50
}

/// A mini-program's sign-in code.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WeChatInput {
    /// What `wx.login` gave.
    #[schema(min_length = 1, max_length = 256)]
    pub code: String,
}

/// A staff sign-in.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StaffInput {
    /// User name.
    #[schema(max_length = 100)]
    pub username: String,
    /// Password.
    #[schema(max_length = 200, format = Password)]
    pub password: String,
    /// One-time code of the authenticator.
    #[schema(max_length = 12)]
    pub one_time_code: String,
}

/// A client-credentials request of OAuth 2 (RFC 6749 §4.4).
#[derive(Clone, Deserialize, ToSchema)]
pub(super) struct TokenInput {
    /// Must be `client_credentials`.
    pub grant_type: String,
    /// The client's id; may come by HTTP Basic instead.
    pub client_id: Option<String>,
    /// The client's secret; may come by HTTP Basic instead.
    #[schema(format = Password)]
    pub client_secret: Option<String>,
}

/// A refresh token.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshInput {
    /// The latest refresh token; it works once.
    #[schema(max_length = 200)]
    pub refresh_token: String,
}

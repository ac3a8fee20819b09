//! What callers send to end a case without a determination.

use std::collections::BTreeMap;

use app::CertificateOrder;
use domain::{
    case::AgreementOrder,
    identifiers::{Line, Passage},
    liability::{Grade, Liability},
    role::PartyRole,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::schemas,
    problem::{ErrorCode, Problem},
};

/// What a party proposes to agree on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ProposeInput {
    /// A grade for each party.
    #[schema(schema_with = schemas::grades)]
    pub grades: BTreeMap<PartyRole, Grade>,
    /// What happened, in words that all parties can sign.
    #[schema(value_type = String, max_length = 4000)]
    pub facts: Passage,
    /// How the vehicles met (事故形态).
    #[schema(value_type = Option<String>, example = "追尾碰撞")]
    pub accident_form: Option<Line>,
}

impl ProposeInput {
    pub(in crate::api) fn parse(self) -> Result<AgreementOrder, Problem> {
        let liability =
            Liability::new(self.grades).map_err(|_| Problem::new(ErrorCode::LiabilityIncomplete))?;
        Ok(AgreementOrder { liability, facts: self.facts, accident_form: self.accident_form })
    }
}

/// What an officer writes into a certificate.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CertificateInput {
    /// What was established.
    #[schema(value_type = String, max_length = 4000)]
    pub facts: Passage,
    /// Why the rest cannot be.
    #[schema(value_type = String, max_length = 4000)]
    pub reason: Passage,
}

impl From<CertificateInput> for CertificateOrder {
    fn from(input: CertificateInput) -> Self {
        Self { facts: input.facts, reason: input.reason }
    }
}

/// A wish for an officer on scene.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct OfficerInput {
    /// Why, if the party says so.
    #[schema(value_type = Option<String>, max_length = 4000)]
    pub reason: Option<Passage>,
}

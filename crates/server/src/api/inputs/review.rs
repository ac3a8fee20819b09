//! What reviewers send.

use std::collections::BTreeSet;

use app::SecondOpinion;
use domain::{
    case::{Conclusion, ReviewGround, ReviewOutcome},
    identifiers::Passage,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{api::schemas, problem::Problem};

/// What a review comes to, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum OutcomeInput {
    /// It stands.
    Upheld,
    /// It stands, after a flaw was corrected or explained.
    UpheldCorrected,
    /// To be determined anew.
    Reinvestigate,
}

/// The draft of a conclusion.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct DraftReviewInput {
    /// What it comes to (R146 §76, §77).
    #[schema(schema_with = schemas::review_outcome)]
    pub outcome: OutcomeInput,
    /// What was corrected or how it is explained; with `upheld_corrected` only.
    #[schema(value_type = Option<String>, max_length = 4000)]
    pub correction: Option<Passage>,
    /// Why liability is to be determined anew; with `reinvestigate` of a determination only.
    #[serde(default)]
    #[schema(schema_with = schemas::review_grounds, required = false)]
    pub grounds: BTreeSet<ReviewGround>,
    /// Why, for the parties.
    #[schema(value_type = String, max_length = 4000)]
    pub explanation: Passage,
}

impl DraftReviewInput {
    pub(in crate::api) fn parse(self) -> Result<Conclusion, Problem> {
        let Self { outcome, correction, grounds, explanation } = self;
        if !grounds.is_empty() && outcome != OutcomeInput::Reinvestigate {
            return Err(Problem::invalid_value("grounds", "only with reinvestigate"));
        }
        if correction.is_some() && outcome != OutcomeInput::UpheldCorrected {
            return Err(Problem::invalid_value("correction", "only with upheld_corrected"));
        }
        let outcome = match outcome {
            OutcomeInput::Upheld => ReviewOutcome::Upheld,
            OutcomeInput::UpheldCorrected => {
                let correction =
                    correction.ok_or_else(|| Problem::invalid_value("correction", "what was corrected"))?;
                ReviewOutcome::UpheldCorrected { correction }
            }
            OutcomeInput::Reinvestigate => ReviewOutcome::Reinvestigate { grounds },
        };
        Ok(Conclusion { outcome, explanation })
    }
}

/// What a second reviewer does with the draft.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ConfirmReviewInput {
    /// Whether the draft becomes the conclusion; otherwise it goes back.
    pub agrees: bool,
    /// Why it goes back; not for the parties.
    #[schema(value_type = Option<String>, max_length = 4000)]
    pub note: Option<Passage>,
}

impl ConfirmReviewInput {
    pub(in crate::api) fn parse(self) -> Result<SecondOpinion, Problem> {
        match (self.agrees, self.note) {
            (true, None) => Ok(SecondOpinion::Confirmed),
            (true, Some(_)) => Err(Problem::invalid_value("note", "only when the draft goes back")),
            (false, Some(note)) => Ok(SecondOpinion::SentBack { note }),
            (false, None) => Err(Problem::invalid_value("note", "why the draft goes back")),
        }
    }
}

/// A suit that a court has accepted.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct SuitInput {
    /// Which court, and when it was told of the review.
    #[schema(value_type = String, max_length = 4000)]
    pub note: Passage,
}

//! What parties and officers send in a mediation.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{
    case::{DamageItem, DamageKind, LARGEST_AMOUNT, Losses, MOST_ITEMS, TermPayment, TermsOrder},
    compensation::{Cover, Layer},
    identifiers::{Line, Passage, PhotoId},
    money::Fen,
    role::PartyRole,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{api::schemas, problem::Problem};

/// Most photos of one item, and most payments of one proposal.
const MOST: usize = 50;

/// For whom an officer speaks; a driver leaves it out.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct MediationRequestInput {
    /// The party without an account whose word the officer hears.
    #[schema(value_type = Option<String>, example = "B")]
    pub role: Option<PartyRole>,
}

/// A party does not consent to mediation, or no longer.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct MediationWithdrawalInput {
    /// Because it objects to the determination itself (R146 §26 no. 1).
    #[serde(default)]
    pub objects_to_determination: bool,
    /// In its own words, for the record.
    #[schema(value_type = Option<String>, max_length = 4000)]
    pub note: Option<Passage>,
    /// For whom an officer speaks; a driver leaves it out.
    #[schema(value_type = Option<String>, example = "B")]
    pub role: Option<PartyRole>,
}

/// The end that an officer notes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct MediationEndInput {
    /// Why there is no result, for the record.
    #[schema(value_type = Option<String>, max_length = 4000)]
    pub note: Option<Passage>,
}

/// One item of damage.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct DamageItemInput {
    /// What was damaged.
    #[schema(schema_with = schemas::damage_kind)]
    pub kind: DamageKind,
    /// What it costs, in fen.
    #[schema(minimum = 1, maximum = 10_000_000_000_i64)]
    pub amount_fen: i64,
    /// What it is about; all parties read it.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub note: Option<Line>,
    /// The party's own photos that show it.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub photos: Vec<Uuid>,
}

/// A party's insurance, where the case does not know it. What is left out stays unknown.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CoverInput {
    /// Whether there is valid compulsory insurance (交强险).
    pub ctali: Option<bool>,
    /// Limit of the commercial third-party insurance (三者险) in fen; 0 without one.
    #[schema(minimum = 0, maximum = 10_000_000_000_i64)]
    pub third_party_limit_fen: Option<i64>,
    /// Whether there is own-damage insurance (车损险).
    pub own_damage: Option<bool>,
}

/// Everything a party lost; takes the place of what it said before. An empty list says that it lost nothing.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct DamagesInput {
    /// Every item.
    #[schema(max_items = 20)]
    pub items: Vec<DamageItemInput>,
    /// Its insurance.
    #[serde(default)]
    pub cover: CoverInput,
    /// Whose damages an officer enters; a driver leaves it out.
    #[schema(value_type = Option<String>, example = "B")]
    pub role: Option<PartyRole>,
}

impl DamagesInput {
    pub(in crate::api) fn parse(self) -> Result<Losses, Problem> {
        if self.items.len() > MOST_ITEMS || self.items.iter().any(|item| item.photos.len() > MOST) {
            return Err(Problem::invalid_value("items", "at most 20 items, each with at most 50 photos"));
        }
        let items = self.items.into_iter().map(|item| {
            Ok(DamageItem {
                kind: item.kind,
                amount: amount("items", item.amount_fen, 1)?,
                note: item.note,
                photos: item.photos.into_iter().map(PhotoId).collect(),
            })
        });
        let limit = self.cover.third_party_limit_fen.map(|fen| amount("cover", fen, 0)).transpose()?;
        let CoverInput { ctali, own_damage, .. } = self.cover;
        Ok(Losses {
            items: items.collect::<Result<_, Problem>>()?,
            cover: Cover { ctali, third_party_limit: limit, own_damage },
        })
    }
}

fn amount(field: &'static str, fen: i64, least: i64) -> Result<Fen, Problem> {
    if (least..=LARGEST_AMOUNT.0).contains(&fen) {
        Ok(Fen(fen))
    } else {
        Err(Problem::invalid_value(field, "amounts in fen from 1 to 10000000000, limits from 0"))
    }
}

/// The shares that the mediator sets.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct SharesInput {
    /// Percent for each party, 100 together.
    #[schema(schema_with = schemas::shares)]
    pub shares: BTreeMap<PartyRole, u8>,
}

/// One payment of a proposal.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct TermPaymentInput {
    /// To whom.
    #[schema(value_type = String, example = "A")]
    pub to: PartyRole,
    /// By whom; the same party where it bears its own part.
    #[schema(value_type = String, example = "B")]
    pub from: PartyRole,
    /// Out of what.
    #[schema(schema_with = schemas::layer)]
    pub layer: Layer,
    /// How much, in fen.
    #[schema(minimum = 1, maximum = 10_000_000_000_i64)]
    pub amount_fen: i64,
}

/// Terms to be accepted by all.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct TermsInput {
    /// Who pays what; left out with `own_claims`.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub payments: Vec<TermPaymentInput>,
    /// Each claims its own damage from its own compulsory insurance (互碰自赔).
    #[serde(default)]
    pub own_claims: bool,
    /// In which way it is paid.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub manner: Option<Line>,
    /// The last day of payment.
    pub pay_by: Option<NaiveDate>,
    /// For whom an officer speaks; left out, he proposes as the mediator. A driver leaves it out.
    #[schema(value_type = Option<String>, example = "B")]
    pub role: Option<PartyRole>,
}

impl TermsInput {
    pub(in crate::api) fn parse(self) -> Result<TermsOrder, Problem> {
        if self.payments.len() > MOST {
            return Err(Problem::invalid_value("payments", "at most 50 payments"));
        }
        let payments = self.payments.into_iter().map(|payment| {
            let TermPaymentInput { to, from, layer, amount_fen } = payment;
            Ok(TermPayment { to, from, layer, amount: amount("payments", amount_fen, 1)? })
        });
        Ok(TermsOrder {
            payments: payments.collect::<Result<_, Problem>>()?,
            own_claims: self.own_claims,
            manner: self.manner,
            pay_by: self.pay_by,
        })
    }
}

/// An answer to terms.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct TermsAnswerInput {
    /// Which proposal.
    pub number: i32,
    /// Whether the party accepts.
    pub accepts: bool,
    /// The party without an account whose word the officer hears; a driver leaves it out.
    #[schema(value_type = Option<String>, example = "B")]
    pub role: Option<PartyRole>,
}

//! A mediation as its parties see it: damages and terms are what they negotiate about. Photos and insurance stay with
//! their party.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    case::{Case, DamageItem, DamageKind, Losses, Mediation, MediationOutcome, Proposal, TermPayment},
    compensation::{Calculation, Condition, Cover, Layer, Missing, Payment},
    digest::Digest,
    money::Fen,
    role::PartyRole,
    triage::Answer,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::WordingView;
use crate::api::schemas;

/// One item of damage.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DamageItemView {
    /// What was damaged.
    #[schema(schema_with = schemas::damage_kind)]
    pub kind: DamageKind,
    /// What it costs, in fen.
    #[schema(value_type = i64)]
    pub amount_fen: Fen,
    /// What it is about.
    pub note: Option<String>,
    /// Photos that show it; only for the party itself and staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photos: Option<Vec<Uuid>>,
}

/// A party's insurance as told in the mediation; `null` where it is not known.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CoverView {
    /// Whether there is valid compulsory insurance.
    pub ctali: Option<bool>,
    /// Limit of the commercial third-party insurance, in fen.
    #[schema(value_type = Option<i64>)]
    pub third_party_limit_fen: Option<Fen>,
    /// Whether there is own-damage insurance.
    pub own_damage: Option<bool>,
}

impl From<Cover> for CoverView {
    fn from(Cover { ctali, third_party_limit, own_damage }: Cover) -> Self {
        Self { ctali, third_party_limit_fen: third_party_limit, own_damage }
    }
}

/// What a party lost.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DamagesView {
    /// Whose.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// Every item.
    pub items: Vec<DamageItemView>,
    /// All together, in fen.
    #[schema(value_type = i64)]
    pub total_fen: Fen,
    /// Its insurance, as told here; only for the party itself and staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cover: Option<CoverView>,
}

impl DamagesView {
    fn new(role: PartyRole, losses: &Losses, whole: bool) -> Self {
        let item = |item: &DamageItem| DamageItemView {
            kind: item.kind,
            amount_fen: item.amount,
            note: item.note.as_ref().map(ToString::to_string),
            photos: whole.then(|| item.photos.iter().map(|id| id.0).collect()),
        };
        Self {
            role,
            items: losses.items.iter().map(item).collect(),
            total_fen: losses.total(),
            cover: whole.then(|| losses.cover.into()),
        }
    }
}

/// One payment.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PaymentView {
    /// To whom.
    #[schema(value_type = String)]
    pub to: PartyRole,
    /// By whom; the same party where it bears its own part.
    #[schema(value_type = String)]
    pub from: PartyRole,
    /// Out of what.
    #[schema(schema_with = schemas::layer)]
    pub layer: Layer,
    /// How much, in fen.
    #[schema(value_type = i64)]
    pub amount_fen: Fen,
    /// What it rests on; empty for what somebody proposes.
    pub articles: Vec<String>,
}

impl From<&Payment> for PaymentView {
    fn from(payment: &Payment) -> Self {
        Self { articles: payment.articles.clone(), ..Self::from(&TermPayment::from(payment)) }
    }
}

impl From<&TermPayment> for PaymentView {
    fn from(TermPayment { to, from, layer, amount }: &TermPayment) -> Self {
        Self { to: *to, from: *from, layer: *layer, amount_fen: *amount, articles: Vec::new() }
    }
}

/// One proposal of the thread.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TermsView {
    /// From 1.
    pub number: i32,
    /// Who proposed it; nobody for the officer.
    #[schema(value_type = Option<String>)]
    pub by: Option<PartyRole>,
    /// When.
    pub at: DateTime<Utc>,
    /// `open`, `superseded`, `declined` or `accepted`.
    #[schema(schema_with = schemas::terms_state)]
    pub state: &'static str,
    /// The shares that were in force, in percent.
    #[schema(schema_with = schemas::shares_if_known)]
    pub shares: Option<BTreeMap<PartyRole, u8>>,
    /// Who pays what.
    pub payments: Vec<PaymentView>,
    /// Each claims its own damage from its own compulsory insurance (互碰自赔).
    pub own_claims: bool,
    /// In which way it is paid.
    pub manner: Option<String>,
    /// The last day of payment.
    pub pay_by: Option<NaiveDate>,
    /// Who has accepted or declined.
    #[schema(value_type = BTreeMap<String, bool>)]
    pub answers: BTreeMap<PartyRole, bool>,
}

impl TermsView {
    fn new(proposal: &Proposal, parties: usize) -> Self {
        let Proposal { number, by, at, terms, answers, .. } = proposal;
        Self {
            number: *number,
            by: *by,
            at: *at,
            state: proposal.state(parties),
            shares: terms.shares.clone(),
            payments: terms.payments.iter().map(PaymentView::from).collect(),
            own_claims: terms.own_claims,
            manner: terms.manner.as_ref().map(ToString::to_string),
            pay_by: terms.pay_by,
            answers: answers.iter().map(|(role, answer)| (*role, answer.accepted)).collect(),
        }
    }
}

/// A mediation (损害赔偿调解).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MediationView {
    /// `requested` until all parties have asked for it, then `open`, then `agreed` or `ended`.
    #[schema(schema_with = schemas::mediation_state)]
    pub state: &'static str,
    /// Who has asked for it.
    #[schema(value_type = Vec<String>)]
    pub requested_by: Vec<PartyRole>,
    /// When it opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// What each lost.
    pub damages: Vec<DamagesView>,
    /// The shares that the mediator has set, in percent.
    #[schema(schema_with = schemas::shares_if_known)]
    pub shares: Option<BTreeMap<PartyRole, u8>>,
    /// Proposals and answers, oldest first.
    pub terms: Vec<TermsView>,
    /// Which proposal was agreed on.
    pub agreed_on: Option<i32>,
    /// SHA-256 of its record's PDF.
    #[schema(value_type = Option<String>)]
    pub record_sha256: Option<Digest>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it ended without result.
    #[schema(schema_with = schemas::mediation_end)]
    pub reason: Option<&'static str>,
}

impl MediationView {
    /// The mediation of a case, if there is one; `own` is the party that looks, `whole` says that staff does.
    pub(super) fn of(case: &Case, own: Option<PartyRole>, whole: bool) -> Option<Self> {
        let mediation = case.determination()?.mediation.as_ref()?;
        let parties = case.parties.len();
        let (agreed_on, record_sha256, ended_at, reason) = outcome(mediation);
        let damages = mediation.losses.iter();
        Some(Self {
            state: mediation.state(),
            requested_by: mediation.requested.iter().map(|(role, _)| *role).collect(),
            opened_at: mediation.opened_at,
            until: case.due.filter(|_| mediation.open_since().is_some()),
            damages: damages
                .map(|(role, lost)| DamagesView::new(*role, lost, whole || own == Some(*role)))
                .collect(),
            shares: mediation.shares.clone(),
            terms: mediation.proposals.iter().map(|proposal| TermsView::new(proposal, parties)).collect(),
            agreed_on,
            record_sha256,
            ended_at,
            reason,
        })
    }
}

type Outcome = (Option<i32>, Option<Digest>, Option<DateTime<Utc>>, Option<&'static str>);

fn outcome(mediation: &Mediation) -> Outcome {
    match &mediation.outcome {
        Some(MediationOutcome::Agreed { number, at, record, .. }) => {
            (Some(*number), Some(*record), Some(*at), None)
        }
        Some(MediationOutcome::Ended { reason, at, .. }) => (None, None, Some(*at), Some(reason.name())),
        None => (None, None, None, None),
    }
}

/// What must be known before anything can be computed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MissingView {
    /// What.
    #[schema(schema_with = schemas::missing)]
    pub what: &'static str,
    /// Of whom.
    #[schema(value_type = Option<String>)]
    pub role: Option<PartyRole>,
}

impl From<&Missing> for MissingView {
    fn from(missing: &Missing) -> Self {
        Self { what: missing.name(), role: missing.role() }
    }
}

/// One condition of 互碰自赔.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ConditionView {
    /// Which.
    #[schema(schema_with = schemas::own_claim_condition)]
    pub code: &'static str,
    /// What it asks for.
    pub text: WordingView,
    /// Whether it holds.
    #[schema(schema_with = schemas::answer)]
    pub holds: Answer,
    /// Of whom it does not hold, or is not known.
    #[schema(value_type = Vec<String>)]
    pub because_of: Vec<PartyRole>,
}

impl From<&Condition> for ConditionView {
    fn from(condition: &Condition) -> Self {
        Self {
            code: condition.code.name(),
            text: (&condition.text).into(),
            holds: condition.holds,
            because_of: condition.because_of.clone(),
        }
    }
}

/// Whether each may claim its own damage from its own compulsory insurance (互碰自赔).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OwnClaimsView {
    /// Whether it is offered: every condition holds, up to the consent that is asked for.
    pub offered: bool,
    /// Each condition.
    pub conditions: Vec<ConditionView>,
    /// Each one's damage from its own insurance, where it is offered.
    pub payments: Vec<PaymentView>,
    /// What it rests on.
    pub articles: Vec<String>,
    /// Whose rules these are.
    pub source: WordingView,
}

/// What a party lost, as far as it is known.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct LossView {
    /// Whose.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// In fen.
    #[schema(value_type = Option<i64>)]
    pub loss_fen: Option<Fen>,
}

/// Who pays what by the rules. Advice only: the parties agree on what they want.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CalculationView {
    /// The shares beyond compulsory insurance, in percent: as the mediator has set them, else customary.
    #[schema(schema_with = schemas::shares_if_known)]
    pub shares: Option<BTreeMap<PartyRole, u8>>,
    /// What the shares rest on.
    pub share_articles: Vec<String>,
    /// What each lost.
    pub losses: Vec<LossView>,
    /// Who pays what; nothing while something is missing.
    pub payments: Option<Vec<PaymentView>>,
    /// What is missing; nothing is guessed.
    pub missing: Vec<MissingView>,
    /// Whether each may claim from its own insurer.
    pub own_claims: OwnClaimsView,
}

impl From<Calculation> for CalculationView {
    fn from(calculation: Calculation) -> Self {
        let payments = |all: &Vec<Payment>| all.iter().map(PaymentView::from).collect::<Vec<_>>();
        let own = &calculation.own_claims;
        let own_claims = OwnClaimsView {
            offered: own.offered,
            conditions: own.conditions.iter().map(ConditionView::from).collect(),
            payments: payments(&own.payments),
            articles: own.articles.clone(),
            source: (&own.source).into(),
        };
        let losses = calculation.losses.iter();
        Self {
            losses: losses.map(|(role, loss)| LossView { role: *role, loss_fen: *loss }).collect(),
            payments: calculation.payments.as_ref().map(payments),
            missing: calculation.missing.iter().map(MissingView::from).collect(),
            shares: calculation.shares,
            share_articles: calculation.share_articles,
            own_claims,
        }
    }
}

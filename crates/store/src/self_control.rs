//! How cases were decided, and the sample that is decided a second time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    document::DocumentKind,
    identifiers::{AccountId, CaseId, DeterminationId, DistrictCode},
    liability::Grade,
    role::PartyRole,
    self_control::{Decision, Outcome, Portion},
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, FromQueryResult, JoinType, PaginatorTrait as _,
    QueryFilter, QueryOrder, QuerySelect, RelationDef, Set, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    error::StoreError,
    rows::{conversions, decision, second_look},
    store::Store,
    work::{Update, Work},
};

/// Most outcomes of one likeness that are told apart; more than there can be among a few parties with five grades.
const MOST_OUTCOMES: u64 = 200;

/// A write of this module.
#[derive(Debug)]
pub(crate) enum SelfControlChange {
    /// A case was decided.
    Decided(Box<decision::ActiveModel>),
    /// It is in the sample.
    Sampled(second_look::ActiveModel),
    /// An officer takes it, if nobody holds it.
    Taken { id: Uuid, officer: Uuid, now: DateTime<Utc>, until: DateTime<Utc> },
    /// He decided, if he still holds it.
    DecidedAgain { id: Uuid, officer: Uuid, now: DateTime<Utc>, row: Box<second_look::ActiveModel> },
}

/// A case of the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondLook {
    /// Its own id, which says nothing of the case.
    pub id: Uuid,
    /// Of which decision.
    pub decision: DeterminationId,
    /// Of which case.
    pub case: CaseId,
    /// Which kind of document was decided.
    pub kind: DocumentKind,
    /// How it was decided the first time.
    pub first: Outcome,
    /// Who holds it.
    pub officer: Option<AccountId>,
    /// Until when.
    pub held_until: Option<DateTime<Utc>>,
    /// When it was decided again.
    pub decided_at: Option<DateTime<Utc>>,
}

/// How often second decisions agreed with the first, for one situation.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// Which kind of document.
    pub kind: DocumentKind,
    /// The situation; none where nothing was proposed.
    pub situation: Option<String>,
    /// How many agreed, of how many that were decided again.
    pub agreed: Portion,
}

/// What was decided again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedAgain {
    /// A grade for every party.
    pub grades: BTreeMap<PartyRole, Grade>,
    /// Why.
    pub reason: String,
    /// Whether it comes to the same.
    pub agrees: bool,
}

impl Work {
    /// How a case was decided.
    pub fn insert_decision(&mut self, decision: &Decision) -> Result<(), StoreError> {
        let row = decision::ActiveModel {
            id: Set(decision.id.0),
            case_id: Set(decision.case.0),
            kind: Set(decision.kind.name().to_owned()),
            district: Set(decision.district.to_string()),
            situation: Set(decision.situation.clone()),
            likeness: Set(decision.outcome.likeness()),
            outcome: Set(conversions::to_json(&decision.outcome, "decision", "outcome")?),
            officer_id: Set(decision.officer.map(|officer| officer.0)),
            decided_at: Set(decision.at),
        };
        self.updates.push(Update::SelfControl(SelfControlChange::Decided(Box::new(row))));
        Ok(())
    }

    /// A decision that is to be made a second time.
    pub fn insert_second_look(&mut self, id: Uuid, decision: DeterminationId, now: DateTime<Utc>) {
        let row = second_look::ActiveModel {
            id: Set(id),
            decision_id: Set(decision.0),
            sampled_at: Set(now),
            officer_id: Set(None),
            held_until: Set(None),
            grades: Set(None),
            reason: Set(None),
            agrees: Set(None),
            decided_at: Set(None),
        };
        self.updates.push(Update::SelfControl(SelfControlChange::Sampled(row)));
    }

    /// An officer takes a case of the sample; stale when somebody else holds it.
    pub fn take_second_look(&mut self, id: Uuid, by: AccountId, now: DateTime<Utc>, until: DateTime<Utc>) {
        self.updates.push(Update::SelfControl(SelfControlChange::Taken { id, officer: by.0, now, until }));
    }

    /// It is decided a second time; stale when the officer holds it no longer.
    pub fn decide_second_look(
        &mut self,
        id: Uuid,
        by: AccountId,
        now: DateTime<Utc>,
        again: &DecidedAgain,
    ) -> Result<(), StoreError> {
        let row = second_look::ActiveModel {
            grades: Set(Some(conversions::to_json(&again.grades, "second_look", "grades")?)),
            reason: Set(Some(again.reason.clone())),
            agrees: Set(Some(again.agrees)),
            decided_at: Set(Some(now)),
            ..Default::default()
        };
        self.updates.push(Update::SelfControl(SelfControlChange::DecidedAgain {
            id,
            officer: by.0,
            now,
            row: Box::new(row),
        }));
        Ok(())
    }
}

#[derive(FromQueryResult)]
struct LookRow {
    id: Uuid,
    decision_id: Uuid,
    case_id: Uuid,
    kind: String,
    outcome: String,
    officer_id: Option<Uuid>,
    held_until: Option<DateTime<Utc>>,
    decided_at: Option<DateTime<Utc>>,
}

impl TryFrom<LookRow> for SecondLook {
    type Error = StoreError;

    fn try_from(row: LookRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            decision: DeterminationId(row.decision_id),
            case: CaseId(row.case_id),
            kind: kind(&row.kind)?,
            first: conversions::from_json(&row.outcome, "decision", "outcome")?,
            officer: row.officer_id.map(AccountId),
            held_until: row.held_until,
            decided_at: row.decided_at,
        })
    }
}

fn kind(name: &str) -> Result<DocumentKind, StoreError> {
    let known = DocumentKind::ALL.into_iter().find(|kind| kind.name() == name);
    known.ok_or(StoreError::Corrupt { table: "decision", column: "kind" })
}

fn of_decision() -> RelationDef {
    second_look::Entity::belongs_to(decision::Entity)
        .from(second_look::Column::DecisionId)
        .to(decision::Column::Id)
        .into()
}

/// Cases of the sample with their decisions.
fn looks() -> sea_orm::Select<second_look::Entity> {
    second_look::Entity::find()
        .join(JoinType::InnerJoin, of_decision())
        .select_only()
        .columns([
            second_look::Column::Id,
            second_look::Column::DecisionId,
            second_look::Column::OfficerId,
            second_look::Column::HeldUntil,
            second_look::Column::DecidedAt,
        ])
        .columns([decision::Column::CaseId, decision::Column::Kind, decision::Column::Outcome])
}

impl Store {
    /// Cases of the sample that wait in these districts, longest first, without those that this officer decided.
    pub async fn waiting_second_looks(
        &self,
        districts: &[DistrictCode],
        by: AccountId,
        now: DateTime<Utc>,
        most: u64,
    ) -> Result<Vec<SecondLook>, StoreError> {
        let free = Condition::any()
            .add(second_look::Column::HeldUntil.is_null())
            .add(second_look::Column::HeldUntil.lte(now));
        let another = Condition::any()
            .add(decision::Column::OfficerId.is_null())
            .add(decision::Column::OfficerId.ne(by.0));
        let rows = looks()
            .filter(Expr::cust("second_look.decided_at IS NULL"))
            .filter(free)
            .filter(another)
            .filter(decision::Column::District.is_in(districts.iter().map(ToString::to_string)))
            .order_by_asc(second_look::Column::SampledAt)
            .limit(most)
            .into_model::<LookRow>()
            .all(&self.connections.read)
            .await?;
        rows.into_iter().map(SecondLook::try_from).collect()
    }

    /// One case of the sample.
    pub async fn find_second_look(&self, id: Uuid) -> Result<Option<SecondLook>, StoreError> {
        let row = looks().filter(second_look::Column::Id.eq(id)).into_model::<LookRow>();
        row.one(&self.connections.read).await?.map(SecondLook::try_from).transpose()
    }

    /// How many cases of the sample wait to be decided again.
    pub async fn second_looks_open(&self) -> Result<u64, StoreError> {
        Ok(second_look::Entity::find()
            .filter(Expr::cust("decided_at IS NULL"))
            .count(&self.connections.read)
            .await?)
    }

    /// How often second decisions agreed with the first, by kind and situation, since a day.
    pub async fn agreement_by_situation(&self, since: DateTime<Utc>) -> Result<Vec<Agreement>, StoreError> {
        let rows: Vec<(String, Option<String>, Option<bool>, i64)> = second_look::Entity::find()
            .join(JoinType::InnerJoin, of_decision())
            .select_only()
            .column(decision::Column::Kind)
            .column(decision::Column::Situation)
            .column(second_look::Column::Agrees)
            .column_as(second_look::Column::Id.count(), "many")
            .filter(second_look::Column::DecidedAt.gte(since))
            .group_by(decision::Column::Kind)
            .group_by(decision::Column::Situation)
            .group_by(second_look::Column::Agrees)
            .into_tuple()
            .all(&self.connections.read)
            .await?;
        let mut counts: BTreeMap<(String, Option<String>), (u32, u32)> = BTreeMap::new();
        for (kind, situation, agrees, many) in rows {
            let many = u32::try_from(many).unwrap_or(u32::MAX);
            let (agreed, all) = counts.entry((kind, situation)).or_default();
            *agreed += if agrees == Some(true) { many } else { 0 };
            *all += many;
        }
        let mut shown = Vec::new();
        for ((name, situation), (agreed, all)) in counts {
            if let Some(agreed) = Portion::new(agreed, all) {
                shown.push(Agreement { kind: kind(&name)?, situation, agreed });
            }
        }
        Ok(shown)
    }

    /// How officers decided cases that are like this; most frequent first.
    pub async fn outcomes_of(&self, likeness: &str) -> Result<Vec<(Outcome, u32)>, StoreError> {
        let rows: Vec<(String, i64)> = decision::Entity::find()
            .select_only()
            .column(decision::Column::Outcome)
            .column_as(decision::Column::Id.count(), "many")
            .filter(decision::Column::Likeness.eq(likeness))
            .filter(decision::Column::OfficerId.is_not_null())
            .group_by(decision::Column::Outcome)
            .order_by_desc(decision::Column::Id.count())
            .limit(MOST_OUTCOMES)
            .into_tuple()
            .all(&self.connections.read)
            .await?;
        rows.into_iter()
            .map(|(outcome, many)| {
                let outcome = conversions::from_json(&outcome, "decision", "outcome")?;
                Ok((outcome, u32::try_from(many).unwrap_or(u32::MAX)))
            })
            .collect()
    }
}

/// Writes a change of this module.
pub(crate) async fn change(db: &DatabaseTransaction, change: &SelfControlChange) -> Result<(), StoreError> {
    let touched = match change {
        SelfControlChange::Decided(row) => {
            decision::Entity::insert((**row).clone()).exec_without_returning(db).await?;
            return Ok(());
        }
        SelfControlChange::Sampled(row) => {
            second_look::Entity::insert(row.clone()).exec_without_returning(db).await?;
            return Ok(());
        }
        SelfControlChange::Taken { id, officer, now, until } => {
            let free = Condition::any()
                .add(second_look::Column::HeldUntil.is_null())
                .add(second_look::Column::HeldUntil.lte(*now));
            second_look::Entity::update_many()
                .set(second_look::ActiveModel {
                    officer_id: Set(Some(*officer)),
                    held_until: Set(Some(*until)),
                    ..Default::default()
                })
                .filter(second_look::Column::Id.eq(*id))
                .filter(second_look::Column::DecidedAt.is_null())
                .filter(free)
                .exec(db)
                .await?
        }
        SelfControlChange::DecidedAgain { id, officer, now, row } => {
            second_look::Entity::update_many()
                .set((**row).clone())
                .filter(second_look::Column::Id.eq(*id))
                .filter(second_look::Column::DecidedAt.is_null())
                .filter(second_look::Column::OfficerId.eq(*officer))
                .filter(second_look::Column::HeldUntil.gt(*now))
                .exec(db)
                .await?
        }
    };
    if touched.rows_affected == 1 { Ok(()) } else { Err(StoreError::Stale("second look")) }
}

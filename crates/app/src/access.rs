//! Who may touch which case. Drivers, insurers and units find only their own; staff of another district and
//! officers with a conflict of interest are refused, and the refusal is written into the case's journal.

use domain::{
    case::{Case, Officer},
    event::Event,
    identifiers::{AccountId, CaseId, InsurerCode, UnitId},
    identity::Role,
    journal::Actor,
    refusal::Refusal,
};
use store::Work;

use crate::{context::App, error::AppError, once::Prepared};

/// A signed-in driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Driver(pub AccountId);

/// Signed-in staff of a quick-handling point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointStaff {
    /// The account.
    pub account: AccountId,
    /// Its unit.
    pub unit: UnitId,
}

/// An insurer's system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsurerClient {
    /// The account.
    pub account: AccountId,
    /// Which insurer.
    pub insurer: InsurerCode,
}

/// A supervisor of the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supervisor(pub AccountId);

impl Driver {
    pub(crate) fn actor(self) -> Actor {
        Actor::Account { acting_as: Role::Driver, account: self.0 }
    }
}

impl PointStaff {
    pub(crate) fn actor(self) -> Actor {
        Actor::Account { acting_as: Role::PointStaff, account: self.account }
    }
}

impl Supervisor {
    pub(crate) fn actor(self) -> Actor {
        Actor::Account { acting_as: Role::Supervisor, account: self.0 }
    }
}

/// How the journal names an officer.
pub(crate) fn officer_actor(officer: &Officer) -> Actor {
    Actor::Account { acting_as: Role::Officer, account: officer.account }
}

impl App {
    /// The case of a driver who is a party of it.
    pub(crate) async fn case_for_driver(&self, id: CaseId, by: Driver) -> Result<Case, AppError> {
        self.parts.store.find_case_of_party(id, by.0).await?.ok_or(AppError::NotFound("case"))
    }

    /// The case of a unit that has a task there.
    pub(crate) async fn case_for_unit(&self, id: CaseId, by: PointStaff) -> Result<Case, AppError> {
        self.parts.store.find_case_of_unit(id, by.unit).await?.ok_or(AppError::NotFound("case"))
    }

    /// The case for an officer of its district who has no conflict of interest; otherwise refused and recorded.
    pub(crate) async fn case_for_officer(&self, id: CaseId, by: &Officer) -> Result<Case, AppError> {
        let case = self.parts.store.find_case_for_staff(id).await?.ok_or(AppError::NotFound("case"))?;
        let why = if !by.districts.contains(&case.district) {
            "another district"
        } else if case.conflicts_with(by) {
            "conflict of interest"
        } else {
            return Ok(case);
        };
        self.record_refused_access(id, officer_actor(by), why).await?;
        Err(match why {
            "conflict of interest" => Refusal::ConflictOfInterest.into(),
            _ => AppError::Forbidden("the case belongs to another district"),
        })
    }

    pub(crate) async fn record_refused_access(
        &self,
        id: CaseId,
        actor: Actor,
        why: &'static str,
    ) -> Result<(), AppError> {
        self.write(async || {
            let mut case =
                self.parts.store.find_case_for_service(id).await?.ok_or(AppError::NotFound("case"))?;
            let mut work = Work::new();
            let refused = Event::AccessRefused { why: why.to_owned() };
            self.record(&mut work, &mut case, actor, self.now(), [refused])?;
            work.save_case(&mut case)?;
            Ok(Prepared { value: (), work })
        })
        .await
    }
}

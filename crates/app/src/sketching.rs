//! The sketch and the contradictions of a case: drawn and found from what the parties said.

use domain::{
    case::{Case, Officer},
    contradiction::Contradiction,
    digest::Digest,
    identifiers::CaseId,
    role::PartyRole,
    sketch::Sketch,
};
use store::Work;

use crate::{access::Driver, context::App, error::AppError, once::Prepared};

/// A sketch and who confirmed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSketch {
    /// The picture and its hash.
    pub sketch: Sketch,
    /// Who confirmed exactly this one.
    pub confirmed_by: Vec<PartyRole>,
}

impl App {
    /// The sketch, for a party that has told its own side.
    pub async fn sketch_for_driver(&self, by: Driver, id: CaseId) -> Result<ShownSketch, AppError> {
        let case = self.case_for_driver(id, by).await?;
        Ok(ShownSketch { sketch: case.sketch_for(by.0)?, confirmed_by: case.sketch_confirmed_by() })
    }

    /// The sketch, for an officer.
    pub async fn sketch_for_officer(&self, by: &Officer, id: CaseId) -> Result<ShownSketch, AppError> {
        let case = self.case_for_officer(id, by).await?;
        Ok(ShownSketch { sketch: case.sketch(), confirmed_by: case.sketch_confirmed_by() })
    }

    /// A party confirms the sketch that it was shown.
    pub async fn confirm_sketch(
        &self,
        by: Driver,
        id: CaseId,
        shown: Digest,
    ) -> Result<Prepared<Case>, AppError> {
        let now = self.now();
        let (mut case, event) = self.case_for_driver(id, by).await?.confirm_sketch(by.0, shown, now)?;
        let mut work = Work::new();
        if let Some(event) = event {
            self.record(&mut work, &mut case, by.actor(), now, [event])?;
            work.save_case(&mut case)?;
        }
        Ok(Prepared { value: case, work })
    }

    /// Statements that cannot all be true, for an officer.
    pub async fn contradictions(&self, by: &Officer, id: CaseId) -> Result<Vec<Contradiction>, AppError> {
        Ok(self.case_for_officer(id, by).await?.contradictions())
    }
}

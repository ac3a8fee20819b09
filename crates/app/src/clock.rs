//! What the clock does where nobody acts: cases whose deadline has passed go on without those who were silent. Any
//! number of processes may look at once: whoever is second finds that nothing is due any more.

use domain::{case::Stage, event::Authority, identifiers::CaseId, identifiers::Passage, journal::Actor};
use store::Work;

use crate::{context::App, error::AppError, once::Prepared};

/// How many cases are found at a time.
const PAGE: u64 = 100;

/// What one look at the clock came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PassedDeadlines {
    /// Cases that went on.
    pub passed: usize,
    /// Cases that could not go on; they are tried again at the next look.
    pub failed: usize,
}

impl App {
    /// Lets every case go on whose deadline has passed. One that fails keeps no other from its turn.
    pub async fn pass_deadlines(&self) -> Result<PassedDeadlines, AppError> {
        let (mut done, mut after) = (PassedDeadlines::default(), None);
        loop {
            let due = self.parts.store.cases_due(self.now(), after, PAGE).await?;
            let Some(last) = due.last() else { return Ok(done) };
            after = Some(*last);
            for id in due {
                match self.write(async || self.pass_deadline(id).await).await {
                    Ok(passed) => done.passed += usize::from(passed),
                    Err(error) => {
                        done.failed += 1;
                        tracing::error!(case = %id, %error, "a deadline passed, but the case did not go on");
                    }
                }
            }
        }
    }

    /// Gives a deadline to every case that was saved before there were any; gives how many. One that cannot be read is
    /// left to `fsck`.
    pub async fn set_deadlines(&self) -> Result<usize, AppError> {
        let (mut done, mut after) = (0, None);
        loop {
            let without = self.parts.store.cases_without_deadline(after, PAGE).await?;
            let Some(last) = without.last() else { return Ok(done) };
            after = Some(*last);
            for id in without {
                match self.write(async || self.set_deadline(id).await).await {
                    Ok(()) => done += 1,
                    Err(error) => {
                        tracing::error!(case = %id, %error, "a case could not be given its deadline");
                    }
                }
            }
        }
    }

    async fn set_deadline(&self, id: CaseId) -> Result<Prepared<()>, AppError> {
        let mut work = Work::new();
        if let Some(mut case) = self.parts.store.find_case_for_service(id).await?
            && case.due.is_none()
        {
            self.record(&mut work, &mut case, Actor::Service, self.now(), [])?;
            work.save_case(&mut case)?;
        }
        Ok(Prepared { value: (), work })
    }

    /// What the clock does with one case, if it still is due.
    async fn pass_deadline(&self, id: CaseId) -> Result<Prepared<bool>, AppError> {
        let now = self.now();
        let mut work = Work::new();
        let Some(case) = self.parts.store.find_case_for_service(id).await? else {
            return Ok(Prepared { value: false, work });
        };
        let due = case.due;
        let rules = self.rules_for(&case);
        let (mut case, events) = match case.clone().pass_deadline(now, &rules) {
            Some((case, events)) => (case, events),
            None => (case, Vec::new()),
        };
        let passed = !events.is_empty();
        self.record(&mut work, &mut case, Actor::Service, now, events)?;
        if case.is_answered() {
            case = self.conclude(&mut work, case).await?;
        }
        if passed && matches!(case.stage, Stage::HandedOver { to: Authority::Patrol, .. }) {
            let why = Passage::shortened("处置人员逾期未处置，移交巡警");
            self.cancel_open_dispatch(&mut work, &mut case, Actor::Service, &why).await?;
            self.tell_patrol(&mut work, &case)?;
        }
        // Rules that changed meanwhile may have moved the deadline; nothing else is to be written then.
        if passed || case.due != due {
            work.save_case(&mut case)?;
        }
        Ok(Prepared { value: passed, work })
    }
}

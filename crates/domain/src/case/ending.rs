//! Ends that need no decision: a party wants an officer on scene, or an officer closes what cannot be handled.

use chrono::{DateTime, Utc};

use super::{Case, Officer, Stage};
use crate::{
    event::{Authority, Event},
    identifiers::{AccountId, Passage},
    refusal::Refusal,
};

impl Case {
    /// A party wants an officer on scene, and gets one (R146 §20): the patrol takes over at once, wherever the case
    /// stands. Only what is decided or over stays so; a determination is answered and reviewed, not undone by this.
    pub fn ask_for_officer(
        mut self,
        by: AccountId,
        reason: Option<Passage>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Event>), Refusal> {
        let role = self.role_of(by)?;
        // What a review ordered to be determined anew is determined: the scene is long gone (R146 §79).
        if self.is_closed() || self.is_to_be_determined_anew() || matches!(self.stage, Stage::Decided { .. })
        {
            return Err(self.stage.refuse("ask for an officer on scene"));
        }
        let to = Authority::Patrol;
        let why = reason.clone().unwrap_or_else(|| Passage::shortened("当事人要求民警到现场处理"));
        self.stage = Stage::HandedOver { to, reason: why.clone(), at: now };
        Ok((self, vec![Event::OfficerAskedFor { role, reason }, Event::CaseHandedOver { to, reason: why }]))
    }

    /// The officer who holds the case closes it: there is nothing to handle, or nobody to handle it with, and he says
    /// why (R146 §18: what is not accepted is refused in writing, with the reason).
    pub fn close(
        mut self,
        officer: &Officer,
        reason: Passage,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.held_by(officer, now, "close the case")?;
        self.stage = Stage::Closed { reason: reason.clone(), at: now };
        Ok((self, Event::CaseClosed { reason }))
    }
}

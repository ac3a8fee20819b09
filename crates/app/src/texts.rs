//! How many text messages go out: each costs money, and a phone that nobody has checked belongs to somebody.

use chrono::{DateTime, Days, NaiveTime, Utc};
use domain::{
    calendar::day_in_china,
    identifiers::{AccountId, CaseId, Phone},
};
use store::Work;

use crate::{context::App, error::AppError};

/// What the keyed hash of a phone is made for.
const PHONE: &str = "phone of a text message";

/// How many texts may go out on one day, in Chinese time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimits {
    /// That one account causes.
    pub per_account: u32,
    /// To one phone.
    pub per_phone: u32,
}

impl App {
    /// Adds a text that somebody caused to a phone he named, if there were not too many today.
    pub(crate) async fn limited_text(
        &self,
        work: &mut Work,
        case: CaseId,
        to: &Phone,
        text: String,
        by: AccountId,
    ) -> Result<(), AppError> {
        let now = self.now();
        let day = day_in_china(now);
        let TextLimits { per_account, per_phone } = self.parts.text_limits;
        let phone = self.parts.signer.keyed_digest(PHONE, to.as_str().as_bytes());
        for (subject, most) in [(format!("account/{by}"), per_account), (format!("phone/{phone}"), per_phone)]
        {
            let sent = self.parts.store.texts_sent(&subject, day).await?;
            if sent >= most {
                return Err(AppError::TooManyTexts { seconds: seconds_left(now) });
            }
            work.count_text(subject, day, sent + 1);
        }
        self.text(work, case, to, text, now)
    }
}

/// Until the next day begins in China.
fn seconds_left(now: DateTime<Utc>) -> u64 {
    let china = now + chrono::TimeDelta::hours(8);
    let next = china.date_naive().checked_add_days(Days::new(1)).map(|day| day.and_time(NaiveTime::MIN));
    let left = next.map_or(86_400, |next| (next - china.naive_utc()).num_seconds());
    u64::try_from(left).unwrap_or_default() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_texts_ends_at_midnight_in_china() {
        let at = |text: &str| seconds_left(text.parse().unwrap());
        assert_eq!(at("2026-03-02T15:59:00Z"), 61);
        assert_eq!(at("2026-03-02T16:00:00Z"), 86_401);
    }
}

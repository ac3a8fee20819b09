//! The real time: signatures of the sandbox must be fresh for the real service.

use chrono::{DateTime, Utc};

#[expect(clippy::disallowed_methods, reason = "the sandbox is an outside system with its own clock")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

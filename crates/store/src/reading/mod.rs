//! Reading: finders that are scoped to who asks, and flat views for lists.

mod accounts;
mod cases;
mod claims;
mod findings;
mod messages;
mod points;

pub use accounts::{Account, AccountProfile, SessionRow};
pub use cases::{DocumentRow, QueueRow};
pub use claims::ClaimRow;
pub use findings::Findings;
pub use messages::{Backlog, DueMessage};
pub use points::{DistrictRow, InsurerRow, PointRow};

//! Reading: finders that are scoped to who asks, and flat views for lists.

mod accounts;
mod cases;
mod claims;
mod evidence;
mod findings;
mod log;
mod log_check;
mod messages;
mod packs;
mod points;
mod replaying;
mod similar;
mod uploads;

use sea_orm::{EntityTrait, Select};

use crate::{error::StoreError, store::Store};

impl Store {
    /// The row that a unique key finds. Not `Select::one`: the number of its LIMIT is a parameter, and SQLite
    /// parses a statement anew for each value of such a one.
    pub(crate) async fn only<E: EntityTrait>(
        &self,
        select: Select<E>,
    ) -> Result<Option<E::Model>, StoreError> {
        Ok(select.all(&self.connections.read).await?.pop())
    }
}

pub use accounts::{Account, AccountProfile, SessionRow};
pub use cases::{DocumentRow, QueueRow, ReviewRow};
pub use claims::ClaimRow;
pub use evidence::WaitingPhoto;
pub use findings::Findings;
pub use log::JournalPlace;
pub use log_check::LeafRow;
pub use messages::{Backlog, DueMessage};
pub use points::{DistrictRow, InsurerRow, PointRow};
pub use replaying::Span;
pub use similar::{PhotoLook, Whereabouts};

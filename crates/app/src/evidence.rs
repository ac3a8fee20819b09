//! Evidence: photos, recordings and commitments come in, photos are examined, and all is read again.

mod adding;
mod committing;
mod examining;
mod reading;
mod receipts;

pub use adding::{Added, Incoming, Piece};
pub use committing::{CommittedEvidence, ToCommit};
pub(crate) use examining::UnderWay;
pub use reading::PhotoCopy;

/// How much evidence may weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceLimits {
    /// Most bytes of one photo.
    pub photo: u64,
    /// Most bytes of one recording that comes in one request.
    pub recording: u64,
    /// Most bytes of one recording that comes in parts.
    pub upload: u64,
}

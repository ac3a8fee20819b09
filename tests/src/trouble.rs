//! Everything that can go wrong between the first process and the last check, in one line each.

use crate::{client::CallFailed, one_time::NoCode, programs::ProcessFailed};

/// Why a step did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// An operation failed.
    #[error(transparent)]
    Call(#[from] CallFailed),
    /// A process failed.
    #[error(transparent)]
    Process(#[from] ProcessFailed),
    /// The city's file is wrong.
    #[error(transparent)]
    City(#[from] sandbox::city::CityFailed),
    /// There is no one-time code.
    #[error(transparent)]
    Code(#[from] NoCode),
    /// A photo could not be drawn.
    #[error("a photo cannot be drawn: {0}")]
    Picture(#[from] image::ImageError),
    /// The HTTP client cannot be built.
    #[error("no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
    /// Everything was answered, and still something is not as it must be.
    #[error("{0}")]
    NotSo(String),
}

impl Trouble {
    /// Something is not as it must be.
    pub fn not_so(what: impl Into<String>) -> Self {
        Self::NotSo(what.into())
    }
}

/// Says what must hold; an error with these words when it does not.
pub fn must(holds: bool, what: &str) -> Result<(), Trouble> {
    if holds { Ok(()) } else { Err(Trouble::not_so(format!("it does not hold that {what}"))) }
}

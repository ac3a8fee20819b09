//! PAPER: turns plain data into typeset Chinese PDFs (PDF/A-2b).
//!
//! This crate must not know the case aggregate, the database, HTTP or the clock: every date it prints comes
//! with its input, so the same input gives the same bytes. The forms are the files under `templates/`; data
//! reaches them as `/data.json` only and is never read as markup.

mod china_time;
mod legible;
mod paper;
mod press;
mod renderer;
mod signature_image;
#[cfg(test)]
mod specimen;
mod summary;
mod typesetter;

pub use paper::{
    DETERMINATION_TITLE, DeterminationPaper, LiabilityLine, PartyLine, SignatureLine, SignatureState,
};
pub use renderer::{RenderError, Renderer};

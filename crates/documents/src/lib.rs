//! PAPER: turns plain data into typeset Chinese PDFs (PDF/A-2b).
//!
//! This crate must not know the case aggregate, the database, HTTP or the clock: every date it prints comes
//! with its input, so the same input gives the same bytes. The forms are the files under `templates/`; data
//! reaches them as `/data.json` only and is never read as markup.

mod moment;
mod words;

mod english;
mod form;

mod fill;
mod legible;
mod press;
mod signature_image;
mod sketch;
mod summary;

mod renderer;
mod typesetter;

pub mod specimen;

pub use renderer::{RenderError, Renderer};

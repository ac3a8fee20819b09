//! Writes a specimen of every kind of document, in both languages, into a folder: to be looked at after a change of
//! a template, for example with `pdftoppm -r 80 -png`.
//!
//! `cargo run -p documents --example specimens -- FOLDER`

use std::{error::Error, fs, path::PathBuf};

use documents::{Renderer, specimen};
use domain::document::Language;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    fs::create_dir_all(&folder)?;
    let renderer = Renderer::new()?;
    for paper in specimen::papers()? {
        for (language, name) in [(Language::Chinese, "zh"), (Language::English, "en")] {
            let path = folder.join(format!("{}-{name}.pdf", paper.kind().name()));
            fs::write(&path, renderer.render(&paper, language)?)?;
            println!("{}", path.display());
        }
    }
    Ok(())
}

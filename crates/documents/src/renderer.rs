//! From a filled form to the bytes of a PDF.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use domain::document::{CaseSummary, Language, Paper, SignatureLine, SignatureState};
use qrcode::{QrCode, render::svg};
use serde_json::Value;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::{
    fill::{drawn_path, fill},
    form::Form,
    legible::make_legible,
    press::{DOCUMENT, Press, SUMMARY},
    signature_image::plain_png,
    sketch::is_drawing,
    summary::form_of,
};

/// About 25 pages of facts; more is a mistake or an attack.
const MOST_BYTES_OF_DATA: usize = 128 << 10;
/// A summary with its tables: about a hundred pages.
const MOST_BYTES_OF_SUMMARY: usize = 1 << 20;
/// As many as there are roles.
const MOST_PARTIES: usize = 26;
/// Where a template finds its data.
const DATA: &str = "/data.json";
const QR_PIXELS: u32 = 200;
const CREATOR: &str = "Kuaichu";

/// Why a paper could not be made. Holds no text of the paper.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum RenderError {
    /// The font that is built in cannot be read.
    #[error("the built-in font cannot be read")]
    Font,
    /// More lines or longer texts than a form takes.
    #[error("too many {what}: at most {most}")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How much is taken.
        most: usize,
    },
    /// The verification address is blank, too long for a QR code, or holds more than visible ASCII.
    #[error("the verification address does not make a QR code")]
    VerificationUrl,
    /// A drawn signature is not a PNG or JPEG within the limits.
    #[error("drawn signature {position} is not a PNG or JPEG of the allowed size")]
    SignatureImage {
        /// Which of the signature lines, from 1.
        position: usize,
    },
    /// The data could not be written for the template.
    #[error("the form's data cannot be written")]
    Data,
    /// The template has a fault.
    #[error("the template does not typeset: {place}")]
    Template {
        /// Template and line.
        place: String,
    },
    /// The pages are not valid PDF/A-2b.
    #[error("the pages cannot be written as PDF/A-2b")]
    Export,
}

/// Typesets papers. Load it once and share it; rendering takes CPU for some milliseconds (a second in a debug
/// build) and belongs on a blocking thread.
pub struct Renderer {
    press: Press,
    standards: PdfStandards,
    with_seal: bool,
}

impl Renderer {
    /// Loads the font and the templates.
    ///
    /// # Errors
    /// [`RenderError::Font`] or [`RenderError::Export`] if what is built in is broken.
    pub fn new() -> Result<Self, RenderError> {
        Ok(Self {
            press: Press::load().ok_or(RenderError::Font)?,
            standards: PdfStandards::new(&[PdfStandard::A_2b]).map_err(|_| RenderError::Export)?,
            with_seal: true,
        })
    }

    /// The same, which leaves a place for a seal of ink where it would draw the unit's.
    pub fn without_seal(self) -> Self {
        Self { with_seal: false, ..self }
    }

    /// A document as a PDF/A-2b file, in this language. The same paper always gives the same bytes.
    ///
    /// Text is printed as it is, never read as markup. A character that the font lacks is printed as `〓` and
    /// the form then says so: no name, however rare, keeps a document from being printed.
    ///
    /// # Errors
    /// See [`RenderError`]; every variant but `TooMuch`, `VerificationUrl` and `SignatureImage` is a fault of
    /// this program, not of the paper.
    pub fn render(&self, paper: &Paper, language: Language) -> Result<Vec<u8>, RenderError> {
        let pages = self.set(paper, language)?;
        self.export(&pages, paper.number(), made_at(paper))
    }

    /// The summary of a case as a PDF/A-2b file. The same summary always gives the same bytes; text is printed as
    /// it is, like that of a document.
    ///
    /// # Errors
    /// [`RenderError::TooMuch`]; every other variant is a fault of this program, not of the summary.
    pub fn render_summary(&self, summary: &CaseSummary) -> Result<Vec<u8>, RenderError> {
        let data = bytes_of(&self.legible(&form_of(summary))?, MOST_BYTES_OF_SUMMARY)?;
        let files = vec![(DATA.to_owned(), data)];
        let pages = self.press.typeset(SUMMARY, files);
        let pages = pages.map_err(|jam| RenderError::Template { place: jam.place })?;
        self.export(&pages, &summary.number, summary.made_at)
    }

    /// What the template reads: every text legible, plus `replaced` if one was changed for that.
    fn legible(&self, form: &impl serde::Serialize) -> Result<Value, RenderError> {
        let mut data = serde_json::to_value(form).map_err(|_| RenderError::Data)?;
        let replaced = make_legible(&mut data, self.press.font());
        if let Value::Object(fields) = &mut data {
            fields.insert("replaced".to_owned(), Value::Bool(replaced));
        }
        Ok(data)
    }

    fn export(&self, pages: &PagedDocument, number: &str, at: DateTime<Utc>) -> Result<Vec<u8>, RenderError> {
        let options = PdfOptions {
            ident: Smart::Custom(number.to_owned()),
            creator: Smart::Custom(Some(CREATOR.to_owned())),
            timestamp: pdf_time(at),
            standards: self.standards.clone(),
            ..PdfOptions::default()
        };
        typst_pdf::pdf(pages, &options).map_err(|_| RenderError::Export)
    }

    /// The pages of a document.
    pub(crate) fn set(&self, paper: &Paper, language: Language) -> Result<PagedDocument, RenderError> {
        let signatures = signatures(paper);
        for (what, number) in [("parties", paper.head().parties.len()), ("signatures", signatures.len())] {
            if number > MOST_PARTIES {
                return Err(RenderError::TooMuch { what, most: MOST_PARTIES });
            }
        }
        let sketch = sketch(paper).filter(|svg| is_drawing(svg));
        let form = fill(paper, language, self.with_seal, sketch.is_some());
        let mut files = vec![
            (DATA.to_owned(), self.data(&form)?),
            ("/qr.svg".to_owned(), qr_code(&form.verification_url)?),
        ];
        files.extend(sketch.map(|svg| ("/sketch.svg".to_owned(), svg.as_bytes().to_vec())));
        if language == Language::Chinese {
            files.extend(drawn_signatures(signatures)?);
        }
        self.press.typeset(DOCUMENT, files).map_err(|jam| RenderError::Template { place: jam.place })
    }

    fn data(&self, form: &Form) -> Result<Vec<u8>, RenderError> {
        let mut data = self.legible(form)?;
        if let Value::Object(fields) = &mut data {
            // An address must lead where it says: it is checked instead of made legible.
            fields.insert("verification_url".to_owned(), Value::String(form.verification_url.clone()));
        }
        bytes_of(&data, MOST_BYTES_OF_DATA)
    }
}

fn bytes_of(data: &Value, most: usize) -> Result<Vec<u8>, RenderError> {
    let bytes = serde_json::to_vec(data).map_err(|_| RenderError::Data)?;
    if bytes.len() > most {
        return Err(RenderError::TooMuch { what: "bytes of text", most });
    }
    Ok(bytes)
}

fn signatures(paper: &Paper) -> &[SignatureLine] {
    match paper {
        Paper::Determination(paper) => &paper.signatures,
        Paper::Agreement(paper) => &paper.signatures,
        Paper::MediationRecord(paper) => &paper.signatures,
        Paper::Certificate(_) | Paper::NoticeOfRights(_) | Paper::ReviewConclusion(_) => &[],
    }
}

fn sketch(paper: &Paper) -> Option<&str> {
    match paper {
        Paper::Determination(paper) => paper.sketch.as_deref(),
        Paper::Agreement(paper) => paper.sketch.as_deref(),
        _ => None,
    }
}

/// The PDF's own time: when the document was made.
fn made_at(paper: &Paper) -> DateTime<Utc> {
    match paper {
        Paper::Determination(paper) => paper.decided_at,
        Paper::Agreement(paper) => paper.proposed_at,
        Paper::Certificate(paper) => paper.issued_at,
        Paper::MediationRecord(paper) => paper.agreed_at,
        Paper::NoticeOfRights(paper) => paper.given_at,
        Paper::ReviewConclusion(paper) => paper.concluded_at,
    }
}

fn qr_code(address: &str) -> Result<Vec<u8>, RenderError> {
    if address.is_empty() || !address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(RenderError::VerificationUrl);
    }
    let code = QrCode::new(address).map_err(|_| RenderError::VerificationUrl)?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(QR_PIXELS, QR_PIXELS).build().into_bytes())
}

fn drawn_signatures(lines: &[SignatureLine]) -> Result<Vec<(String, Vec<u8>)>, RenderError> {
    let mut files = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if let (Some(image), SignatureState::Signed { .. }) = (&line.image, &line.state) {
            let png = plain_png(&image.0).ok_or(RenderError::SignatureImage { position: index + 1 })?;
            files.push((drawn_path(index), png));
        }
    }
    Ok(files)
}

fn pdf_time(instant: DateTime<Utc>) -> Option<Timestamp> {
    let small = |number: u32| u8::try_from(number).ok();
    Datetime::from_ymd_hms(
        instant.year(),
        small(instant.month())?,
        small(instant.day())?,
        small(instant.hour())?,
        small(instant.minute())?,
        small(instant.second())?,
    )
    .map(Timestamp::new_utc)
}

#[cfg(test)]
#[path = "renderer_tests.rs"]
mod tests;

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Renderer")
    }
}

//! What the template reads: one form for every kind of document, as rows in the order in which they are printed.
//! Words and numbers only; where a text is missing, the template prints the form's word for "not known".

use serde::Serialize;

/// A filled form.
#[derive(Serialize)]
pub(crate) struct Form {
    /// `zh` or `en`.
    pub(crate) lang: &'static str,
    pub(crate) title: String,
    /// The Chinese title over a translation.
    pub(crate) original_title: Option<String>,
    /// What a translation says of itself, on every page.
    pub(crate) translation: Option<String>,
    pub(crate) unit_name: String,
    /// Label and number of the document.
    pub(crate) number: [String; 2],
    /// Label and number of the case.
    pub(crate) case_number: [String; 2],
    /// Printed where nothing is known.
    pub(crate) unknown: String,
    /// The words around the page's number and the number of pages.
    pub(crate) page: [&'static str; 3],
    /// Under the QR code.
    pub(crate) scan: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) closing: String,
    /// Who acted, and when: beside the seal.
    pub(crate) acts: Vec<Act>,
    pub(crate) seal: Option<Seal>,
    /// Rights under the table.
    pub(crate) rights: Option<Rights>,
    /// What is said of the way to the verification page, and its address.
    pub(crate) verification: String,
    pub(crate) verify_at: &'static str,
    pub(crate) verification_url: String,
    /// Printed if a character had no glyph.
    pub(crate) geta: &'static str,
}

/// One row of the table.
#[derive(Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub(crate) enum Row {
    /// One or two labels with their values.
    Fields { cells: Vec<Cell> },
    /// A party: pairs of labels and values beside its name.
    Party { label: String, cells: Vec<Cell> },
    /// Paragraphs.
    Text { label: String, paragraphs: Vec<String>, indent: bool },
    /// A table in the table; the last column is to the right.
    Table { label: String, columns: Vec<&'static str>, rows: Vec<Vec<String>> },
    /// One line for each party.
    Signatures { label: String, lines: Vec<SignedLine> },
    /// The picture `/sketch.svg`, or what is said instead of it.
    Sketch { label: String, missing: Option<&'static str> },
}

/// A label with its value.
#[derive(Serialize)]
pub(crate) struct Cell {
    pub(crate) label: String,
    pub(crate) value: Option<String>,
}

/// What one party did: words, a drawn signature, words.
#[derive(Serialize)]
pub(crate) struct SignedLine {
    pub(crate) before: String,
    /// Path of the drawn signature.
    pub(crate) drawn: Option<String>,
    pub(crate) after: String,
}

/// One line beside the seal: a label and its value.
#[derive(Serialize)]
pub(crate) struct Act {
    pub(crate) label: String,
    pub(crate) value: String,
    /// Whether it is an officer's signature, which stands on a rule.
    pub(crate) signed: bool,
}

/// The unit's seal.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Seal {
    /// Drawn: the unit's name around a star, and what the seal is for.
    Drawn { unit_name: String, purpose: String, note: String },
    /// Named, in a translation.
    Named(String),
    /// A place for a seal of ink.
    Place(String),
}

/// Rights and duties.
#[derive(Serialize)]
pub(crate) struct Rights {
    pub(crate) heading: &'static str,
    pub(crate) entries: Vec<Right>,
}

/// One of them.
#[derive(Serialize)]
pub(crate) struct Right {
    pub(crate) title: String,
    pub(crate) text: String,
}

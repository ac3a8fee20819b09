//! The typesetter: a closed world in which a template sees the files it is given and nothing else: no disk,
//! no network, no packages, no clock.

use std::collections::HashMap;

use typst::{
    Library, LibraryExt as _, World, WorldExt as _,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;

/// Noto Serif SC Regular, SIL Open Font License 1.1 (`fonts/OFL.txt`).
static SERIF: &[u8] = include_bytes!("../fonts/NotoSerifSC-Regular.otf");

/// The templates, by the path under which they include each other.
const TEMPLATES: [(&str, &str); 4] = [
    ("/type.typ", include_str!("../templates/type.typ")),
    ("/seal.typ", include_str!("../templates/seal.typ")),
    (DOCUMENT, include_str!("../templates/document.typ")),
    (SUMMARY, include_str!("../templates/summary.typ")),
];

/// The template of every kind of document.
pub(crate) const DOCUMENT: &str = "/document.typ";

/// The template of a case's summary.
pub(crate) const SUMMARY: &str = "/summary.typ";

/// How often a cached result may go unused before it is dropped; it keeps fonts and templates warm between
/// papers without keeping the papers.
const CACHE_ROUNDS: usize = 2;

/// Why nothing came out. Never holds text of the paper.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Jam {
    /// Template and line (from 1), where known.
    pub(crate) place: String,
}

/// What every paper shares; loaded once.
pub(crate) struct Press {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    font: Font,
    templates: HashMap<FileId, Source>,
}

impl Press {
    /// Loads the font and the templates; `None` if the embedded font cannot be read.
    pub(crate) fn load() -> Option<Self> {
        let font = Font::new(Bytes::new(SERIF), 0)?;
        let templates = TEMPLATES
            .iter()
            .filter_map(|(path, text)| file_id(path).map(|id| (id, Source::new(id, (*text).to_owned()))))
            .collect();
        Some(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts([&font])),
            font,
            templates,
        })
    }

    /// The font in which everything is set.
    pub(crate) fn font(&self) -> &Font {
        &self.font
    }

    /// Typesets the template `main` with `files` (path, contents) beside it. Paths must come from a small fixed
    /// set: the typesetter keeps each one for the life of the process.
    pub(crate) fn typeset(&self, main: &str, files: Vec<(String, Vec<u8>)>) -> Result<PagedDocument, Jam> {
        let nowhere = || Jam { place: main.to_owned() };
        let sheet = Sheet {
            press: self,
            main: file_id(main).ok_or_else(nowhere)?,
            files: files
                .into_iter()
                .filter_map(|(path, bytes)| file_id(&path).map(|id| (id, Bytes::new(bytes))))
                .collect(),
        };
        let outcome = typst::compile::<PagedDocument>(&sheet);
        comemo::evict(CACHE_ROUNDS);
        outcome.output.map_err(|faults| faults.first().map_or_else(nowhere, |fault| sheet.place_of(fault)))
    }
}

fn file_id(path: &str) -> Option<FileId> {
    Some(RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).ok()?).intern())
}

/// One paper in the press.
struct Sheet<'a> {
    press: &'a Press,
    main: FileId,
    files: HashMap<FileId, Bytes>,
}

impl Sheet<'_> {
    /// Only the place: a diagnostic's message may quote the paper.
    fn place_of(&self, fault: &SourceDiagnostic) -> Jam {
        let Some(id) = fault.span.id() else { return Jam { place: "unknown place".into() } };
        let path = id.vpath().get_with_slash().to_owned();
        let line = self
            .range(fault.span)
            .and_then(|range| self.press.templates.get(&id)?.lines().byte_to_line(range.start));
        Jam { place: line.map_or(path.clone(), |line| format!("{path}:{}", line + 1)) }
    }
}

impl World for Sheet<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.press.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.press.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.press.templates.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        (index == 0).then(|| self.press.font.clone())
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

//! Processor time of typesetting each kind of document, in both languages: the first one of a process (loading the font
//! and the templates among it), and later ones.
//!
//! `cargo xtask bench documents`

use std::{error::Error, process::Command};

use documents::{Renderer, specimen};
use domain::document::{Language, Paper};
use rustix::time::{ClockId, clock_gettime};

const LANGUAGES: [(Language, &str); 2] = [(Language::Chinese, "zh"), (Language::English, "en")];
/// As many papers as one figure is made of.
const ROUNDS: usize = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, kind, language] = arguments.as_slice()
        && first == "first"
    {
        return first_one(kind, language);
    }
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!("processor time in milliseconds, {profile} build, {ROUNDS} later papers each");
    println!(
        "{:<20} {:>4} {:>6} {:>10} {:>10} {:>10} {:>8}",
        "kind", "", "pages", "first", "median", "slowest", "KiB"
    );
    let renderer = Renderer::new()?;
    for paper in specimen::papers()? {
        for (language, mark) in LANGUAGES {
            line(&renderer, &paper, language, mark)?;
        }
    }
    Ok(())
}

fn line(renderer: &Renderer, paper: &Paper, language: Language, mark: &str) -> Result<(), Box<dyn Error>> {
    let kind = paper.kind().name();
    let asked = Command::new(std::env::current_exe()?).args(["first", kind, mark]).output()?;
    let first = String::from_utf8(asked.stdout)?;
    let mut pdf = Vec::new();
    let mut spent = Vec::new();
    for round in 0..ROUNDS {
        // Another case each time: what was typeset before must not be found again.
        let mut paper = paper.clone();
        let head = paper.head_mut();
        head.place = format!("{}（{round}）", head.place);
        head.number = format!("{}-{round}", head.number);
        let before = processor();
        pdf = renderer.render(&paper, language)?;
        spent.push(processor() - before);
    }
    spent.sort_by(f64::total_cmp);
    let median = spent.get(ROUNDS / 2).copied().unwrap_or_default();
    let slowest = spent.last().copied().unwrap_or_default();
    println!(
        "{kind:<20} {mark:>4} {:>6} {:>10} {median:>10.1} {slowest:>10.1} {:>8}",
        pages(&pdf),
        first.trim(),
        pdf.len() / 1024,
    );
    Ok(())
}

/// The first paper of this process.
fn first_one(kind: &str, mark: &str) -> Result<(), Box<dyn Error>> {
    let papers = specimen::papers()?;
    let paper = papers.iter().find(|paper| paper.kind().name() == kind).ok_or("no such kind")?;
    let (language, _) = LANGUAGES.iter().find(|(_, name)| *name == mark).ok_or("no such language")?;
    let before = processor();
    Renderer::new()?.render(paper, *language)?;
    println!("{:.1}", processor() - before);
    Ok(())
}

fn pages(pdf: &[u8]) -> usize {
    let mark = b"/Type/Page";
    pdf.windows(mark.len() + 1).filter(|part| part.starts_with(mark) && !part.ends_with(b"s")).count()
}

/// Milliseconds of processor time of this process, all threads together.
fn processor() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "seconds and nanoseconds of one run")]
    let milliseconds = time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6;
    milliseconds
}

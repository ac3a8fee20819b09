//! `kuaichu rules`: which rules hold when and what is wrong with them, and what a draft would have changed.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use app::{ReplayStep, replay_cases};
use chrono::NaiveDate;
use clap::Subcommand;
use domain::{
    calendar::{day_in_china, start_of},
    ports::Clock as _,
    rules::{Origin, Rulebook},
};
use store::{Span, Store};

use crate::{clock::SystemClock, rules, settings::Settings};

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Say which rules hold when, and everything that is wrong with them.
    Check {
        /// A folder of rule files, laid over those that came with the service; without it, the one of the settings.
        folder: Option<PathBuf>,
    },
    /// Decide past cases under the newest editions of a draft, and say what would have changed. Nothing is written.
    Replay {
        /// The folder of the draft: what `rules.folder` would be.
        #[arg(long, value_name = "FOLDER")]
        rules: PathBuf,
        /// The first day of report, by the calendar of China.
        #[arg(long, value_name = "DATE")]
        since: Option<NaiveDate>,
        /// The last day of report.
        #[arg(long, value_name = "DATE")]
        until: Option<NaiveDate>,
    },
}

/// Prints the table of editions, today's with a star, and a warning if a notice of holidays is missing.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub(crate) fn check(folder: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let book = rules::open(folder)?;
    let today = day_in_china(SystemClock.now());
    for line in table(&book, today) {
        println!("{line}");
    }
    if let Some(warning) = rules::missing_notice(book.on(today).calendar, today) {
        println!("warning: {warning}");
    }
    Ok(())
}

fn table(book: &Rulebook, today: NaiveDate) -> Vec<String> {
    let row = |star: &str, kind: &str, from: &str, until: &str, file: &str| {
        format!("{star:1} {kind:<12} {from:<10}  {until:<10}  {file}").trim_end().to_owned()
    };
    let mut lines = vec![row("", "rules", "from", "until", "file")];
    let editions = book.editions();
    for (number, listed) in editions.iter().enumerate() {
        let first = !editions.iter().take(number).any(|earlier| earlier.kind == listed.kind);
        let begun = first || listed.mark.in_force_from <= today;
        let holds = begun && listed.until.is_none_or(|until| today < until);
        let until = listed.until.map(|day| day.to_string()).unwrap_or_default();
        let origin = match listed.origin {
            Origin::Embedded => " (came with the service)",
            Origin::City => "",
        };
        let (from, file) = (listed.mark.in_force_from.to_string(), format!("{}{origin}", listed.file));
        lines.push(row(if holds { "*" } else { "" }, listed.kind.name(), &from, &until, &file));
    }
    let years: Vec<_> = book.on(today).calendar.notices().map(|(year, _)| year.to_string()).collect();
    lines.push(row("*", "calendar", "", "", &years.join(" ")));
    lines
}

/// Prints each case that would have gone another way, by its number and codes only, and the totals.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub(crate) async fn replay(
    settings: &Settings,
    draft: &Path,
    since: Option<NaiveDate>,
    until: Option<NaiveDate>,
) -> Result<(), Box<dyn Error>> {
    let current = rules::open(settings.rules_folder.as_deref())?;
    let draft = rules::open(Some(draft))?;
    let store = Store::open(&settings.database).await?;
    let after = until.map(|day| day.succ_opt().unwrap_or(day));
    let span = Span { since: since.map(start_of), until: after.map(start_of) };
    let totals = replay_cases(&store, &current, draft, span, |step| match step {
        ReplayStep::Changed(replayed) => {
            if let Some(triage) = &replayed.triage {
                println!("{}: lane: {triage}", replayed.number);
            }
            if let Some(proposal) = &replayed.proposal {
                println!("{}: proposal: {proposal}", replayed.number);
            }
        }
        ReplayStep::Unreadable(case) => println!("case {case} cannot be read: see kuaichu fsck"),
    })
    .await?;
    println!(
        "{} cases: {} would have gone elsewhere, {} would have had another proposal; {} could not be read",
        totals.cases, totals.sent_elsewhere, totals.proposed_otherwise, totals.unreadable
    );
    Ok(())
}

//! `cargo xtask bench liability`: what the rules answer to the fact patterns of testdata/liability, and how fast.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, prints, and stops where a pattern cannot be read"
)]

use std::{
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use domain::liability::{LiabilityRules, suggest};

#[path = "../tests/patterns/mod.rs"]
mod patterns;

use self::patterns::{Pattern, Verdict, all};

/// How often every pattern is answered for the time.
const ROUNDS: u32 = 20;

fn main() -> ExitCode {
    let rules = LiabilityRules::embedded().unwrap();
    let (two, more): (Vec<_>, Vec<_>) = all().into_iter().partition(Pattern::is_of_two);
    let wrong = report("two parties", &two, &rules) + report("three parties and more", &more, &rules);
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints one table, and how many patterns are answered against the law.
fn report(of: &str, patterns: &[Pattern], rules: &LiabilityRules) -> usize {
    let judged: Vec<(&Pattern, Verdict)> =
        patterns.iter().map(|pattern| (pattern, pattern.verdict(rules))).collect();
    let with = |wanted: Verdict| judged.iter().filter(move |(_, verdict)| *verdict == wanted);
    let [right, missing, quiet] =
        [Verdict::Right, Verdict::Missing, Verdict::RightlySilent].map(|verdict| with(verdict).count());
    let guessed =
        with(Verdict::Wrong).filter(|(pattern, _)| pattern.expected() == patterns::Said::Silent).count();
    let wrong = with(Verdict::Wrong).count();
    let decided = right + missing + wrong - guessed;
    println!("\n{of}: {} patterns", patterns.len());
    println!("  the law decides          {decided:>4}");
    println!("    proposed               {}", share(decided - missing, decided));
    println!("      of these right       {}", share(right, decided - missing));
    println!("    silent                 {}", share(missing, decided));
    println!("  silence is right         {:>4}", quiet + guessed);
    println!("    silent                 {}", share(quiet, quiet + guessed));
    for (word, verdict) in [("WRONG ", Verdict::Wrong), ("silent", Verdict::Missing)] {
        for (pattern, _) in with(verdict) {
            println!("  {word} {}: {}: {:?}", pattern.file, pattern.name, pattern.answer(rules));
            println!("         {}", pattern.law.join("、"));
        }
    }
    let mut times: Vec<Duration> = patterns.iter().map(|pattern| time(pattern, rules)).collect();
    times.sort();
    let at = |percent: usize| times.get((times.len() - 1) * percent / 100).map_or(0, Duration::as_micros);
    println!(
        "  a proposal with its explanation: median {} µs, 99 % {} µs, longest {} µs",
        at(50),
        at(99),
        at(100)
    );
    wrong
}

fn share(part: usize, whole: usize) -> String {
    let percent = (part * 1000).checked_div(whole).unwrap_or(1000);
    format!("{part:>4}  {:>3}.{} %", percent / 10, percent % 10)
}

/// The mean time of one answer.
fn time(pattern: &Pattern, rules: &LiabilityRules) -> Duration {
    let facts = pattern.facts();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(suggest(rules, black_box(&facts)));
    }
    start.elapsed() / ROUNDS
}

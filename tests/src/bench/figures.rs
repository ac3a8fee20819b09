//! What was measured, and how it is shown.

use std::time::Duration;

/// What one or several runs of the same kind gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures {
    /// How long each case took.
    pub(super) latencies: Vec<Duration>,
    /// How long it went on.
    pub(super) time: Duration,
    /// Processor time of the service.
    pub(super) processor: Duration,
    /// Largest resident memory of the service, in bytes.
    pub(super) memory: u64,
}

impl Figures {
    /// Puts another run beside this one.
    pub(super) fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.time += other.time;
        self.processor += other.processor;
        self.memory = self.memory.max(other.memory);
    }

    /// Cases per second.
    pub(super) fn rate(&self) -> f64 {
        count(self.latencies.len()) / self.time.as_secs_f64()
    }

    /// The latency that this many in a thousand do not exceed.
    fn quantile(&self, thousandths: usize) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * thousandths).div_ceil(1_000).saturating_sub(1);
        sorted.get(place).copied().unwrap_or_default()
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// One line of the table.
#[derive(Debug)]
pub(super) struct Line {
    /// Who did it.
    pub(super) who: String,
    /// How many at once.
    pub(super) clients: usize,
    /// What it gave.
    pub(super) figures: Figures,
    /// Against what it is held: cases per second.
    pub(super) reference: Option<f64>,
}

/// The head of the table.
pub(super) fn head() -> String {
    let columns = ["cases/s", "ratio", "p50 ms", "p99 ms", "CPU ms/case", "RSS MB"];
    let columns = columns.map(|column| format!("{column:>12}")).concat();
    format!("{:<34}{:>8}{columns}", "", "clients")
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let figures = &self.figures;
        let milliseconds = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1e3);
        let of_service = |shown: String| if figures.memory > 0 { shown } else { String::new() };
        let columns = [
            format!("{:.0}", figures.rate()),
            self.reference.map(|reference| format!("{:.2}", figures.rate() / reference)).unwrap_or_default(),
            milliseconds(figures.quantile(500)),
            milliseconds(figures.quantile(990)),
            of_service(format!(
                "{:.2}",
                figures.processor.as_secs_f64() * 1e3 / count(figures.latencies.len())
            )),
            of_service(format!("{:.0}", figures.memory as f64 / 1e6)),
        ];
        write!(f, "{:<34}{:>8}", self.who, self.clients)?;
        columns.iter().try_for_each(|column| write!(f, "{column:>12}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_cases_and_the_rate_is_of_all_runs() {
        let run = |milliseconds: std::ops::RangeInclusive<u64>| Figures {
            latencies: milliseconds.map(Duration::from_millis).collect(),
            time: Duration::from_secs(1),
            ..Figures::default()
        };
        let mut figures = run(1..=50);
        figures.add(run(51..=100));
        assert_eq!(figures.quantile(500), Duration::from_millis(50));
        assert_eq!(figures.quantile(990), Duration::from_millis(99));
        assert!((figures.rate() - 50.0).abs() < 1e-9);
        assert_eq!(Figures::default().quantile(500), Duration::ZERO);
    }
}

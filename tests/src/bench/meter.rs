//! What a process uses, as Linux tells it.

use std::{fs, time::Duration};

use super::BenchFailed;

/// The kernel counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// What a process has used so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meter {
    /// Processor time.
    pub(super) processor: Duration,
    /// Resident memory now, in bytes.
    pub(super) memory: u64,
    /// The most resident memory there ever was, in bytes.
    pub(super) peak: u64,
}

impl Meter {
    /// Reads the meter of a process.
    pub(super) fn read(process: Option<u32>) -> Result<Self, BenchFailed> {
        let process = process.ok_or(BenchFailed::Gone)?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let memory = |what| bytes_of(&status, what).ok_or(BenchFailed::Gone);
        let processor = TICK * ticks(&stat).ok_or(BenchFailed::Gone)?;
        Ok(Self { processor, memory: memory("VmRSS:")?, peak: memory("VmHWM:")? })
    }
}

/// User and system time; the name before them may hold blanks and brackets.
fn ticks(stat: &str) -> Option<u32> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u32>().ok();
    Some(next()? + next()?)
}

fn bytes_of(status: &str, what: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(what))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_and_memory_are_found() {
        let stat = "12 (a ) b) S 1 12 12 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 9 0 100 200 300";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(bytes_of("Name:\tx\nVmRSS:\t  2048 kB\n", "VmRSS:"), Some(2 << 20));
        assert!(Meter::read(Some(std::process::id())).unwrap().memory > 0);
    }
}

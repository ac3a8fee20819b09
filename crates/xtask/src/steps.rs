//! Numbered steps with a line before and after each, and a closing line that counts them.

use std::{process::ExitCode, time::Instant};

use crate::process::Trouble;

/// Runs steps and remembers how they ended. A failed step does not hide the ones after it.
#[derive(Debug)]
pub(crate) struct Steps {
    planned: usize,
    begun: usize,
    passed: usize,
    failed: Vec<&'static str>,
    skipped: Vec<&'static str>,
}

impl Steps {
    /// `planned` is how many steps will be asked for; it is only shown.
    pub(crate) fn new(planned: usize) -> Self {
        Self { planned, begun: 0, passed: 0, failed: Vec::new(), skipped: Vec::new() }
    }

    /// Runs one step; `None` when it failed.
    pub(crate) fn run<T>(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<T, Trouble>,
    ) -> Option<T> {
        let number = self.begin(name, "…");
        let start = Instant::now();
        let outcome = step();
        let seconds = start.elapsed().as_secs_f64();
        match outcome {
            Ok(value) => {
                self.passed += 1;
                println!("{number} {name}: passed in {seconds:.1} s");
                Some(value)
            }
            Err(trouble) => {
                self.failed.push(name);
                println!("{number} {name}: FAILED after {seconds:.1} s: {trouble}");
                None
            }
        }
    }

    /// Runs a step that needs what an earlier one gave; skips it when that one failed.
    pub(crate) fn run_with<N, T>(
        &mut self,
        name: &'static str,
        needed: Option<N>,
        step: impl FnOnce(N) -> Result<T, Trouble>,
    ) -> Option<T> {
        if let Some(needed) = needed {
            self.run(name, || step(needed))
        } else {
            self.begin(name, ": skipped, because a step that it needs failed");
            self.skipped.push(name);
            None
        }
    }

    fn begin(&mut self, name: &str, rest: &str) -> String {
        self.begun += 1;
        let number = format!("[{:>2}/{}]", self.begun, self.planned);
        println!("{number} {name}{rest}");
        number
    }

    /// Names what failed and prints the closing line.
    pub(crate) fn close(self) -> ExitCode {
        for name in &self.failed {
            println!("failed: {name}");
        }
        println!("{}", self.closing_line());
        if self.failed.is_empty() && self.skipped.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn closing_line(&self) -> String {
        let counted = format!("{} passed, {} failed", self.passed, self.failed.len());
        if self.skipped.is_empty() { counted } else { format!("{counted}, {} skipped", self.skipped.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_skips_what_needs_it_and_nothing_else() {
        let mut steps = Steps::new(3);
        let built = steps.run::<()>("build", || Err(Trouble::new("no compiler")));
        assert!(steps.run_with("serve", built, |()| Ok(())).is_none());
        assert!(steps.run("lint", || Ok(())).is_some());
        assert_eq!(steps.closing_line(), "1 passed, 1 failed, 1 skipped");
        assert_eq!(steps.close(), ExitCode::FAILURE);
    }

    #[test]
    fn all_passed_closes_with_success() {
        let mut steps = Steps::new(1);
        steps.run("lint", || Ok(()));
        assert_eq!(steps.closing_line(), "1 passed, 0 failed");
        assert_eq!(steps.close(), ExitCode::SUCCESS);
    }
}

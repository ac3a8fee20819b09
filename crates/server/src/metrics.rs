//! Numbers for Prometheus: requests, and how far the outgoing queue is behind. Each service has its own
//! recorder, so that several can live in one process.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// Upper bounds of the request durations, in seconds.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Samples are folded together after this many requests, so that they do not pile up when nobody asks.
const FOLD_EVERY: u32 = 4096;

/// The numbers of one service.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    requests: AtomicU32,
}

/// How far the outgoing queue is behind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutboxState {
    /// Seconds since the oldest message that is due was to be sent; 0 without one.
    pub oldest_seconds: f64,
    /// Messages that wait.
    pub waiting: u64,
    /// Messages that wait for a person.
    pub parked: u64,
}

impl Metrics {
    /// Empty numbers.
    pub fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.build_recorder();
        let handle = recorder.handle();
        with_local_recorder(&recorder, || {
            describe_counter!("http_requests_total", "Requests answered, by route, method and status.");
            describe_histogram!(
                "http_request_duration_seconds",
                Unit::Seconds,
                "Time until the answer began."
            );
            describe_counter!("objects_checked_total", "Stored objects that were hashed again.");
            describe_counter!("objects_damaged_total", "Those of them whose bytes have changed.");
            describe_gauge!("outbox_oldest_seconds", Unit::Seconds, "Age of the oldest message that is due.");
            describe_gauge!("outbox_waiting", "Messages that wait to be sent.");
            describe_gauge!("outbox_parked", "Messages that wait for a person.");
            describe_gauge!(
                "holidays_unknown",
                "1 while the notice of holidays is missing for this year or, late in the year, for the next."
            );
            describe_gauge!(
                "audit_checkpoint_age",
                Unit::Seconds,
                "Age of the oldest journal entry that no checkpoint covers; 0 when all are covered."
            );
        });
        Ok(Self { recorder, handle, requests: AtomicU32::new(0) })
    }

    /// Counts an answered request. `route` must be a pattern and `method` one of a few, since each combination
    /// is kept for ever.
    pub fn count_request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        with_local_recorder(&self.recorder, || {
            counter!("http_requests_total", "method" => method, "route" => route.clone(), "status" => status.to_string())
                .increment(1);
            histogram!("http_request_duration_seconds", "method" => method, "route" => route)
                .record(took.as_secs_f64());
        });
        if self.requests.fetch_add(1, Ordering::Relaxed) % FOLD_EVERY == FOLD_EVERY - 1 {
            self.handle.run_upkeep();
        }
    }

    /// Counts objects that were hashed again, and those of them that have changed.
    pub fn count_scrubbed(&self, checked: u64, damaged: u64) {
        with_local_recorder(&self.recorder, || {
            counter!("objects_checked_total").increment(checked);
            counter!("objects_damaged_total").increment(damaged);
        });
    }

    /// Notes how far the outgoing queue is behind.
    pub fn set_outbox(&self, state: OutboxState) {
        with_local_recorder(&self.recorder, || {
            gauge!("outbox_oldest_seconds").set(state.oldest_seconds);
            gauge!("outbox_waiting").set(state.waiting as f64);
            gauge!("outbox_parked").set(state.parked as f64);
        });
    }

    /// Notes whether a year's holidays are unknown.
    pub fn set_holidays_unknown(&self, unknown: bool) {
        with_local_recorder(&self.recorder, || gauge!("holidays_unknown").set(f64::from(u8::from(unknown))));
    }

    /// Notes for how long the newest checkpoint has been behind the journal.
    pub fn set_checkpoint_age(&self, age: Duration) {
        with_local_recorder(&self.recorder, || gauge!("audit_checkpoint_age").set(age.as_secs_f64()));
    }

    /// All numbers in Prometheus' text format.
    pub fn render(&self) -> String {
        self.handle.render()
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("requests", &self.requests).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_the_outgoing_queue_are_shown() {
        let metrics = Metrics::new().unwrap();
        metrics.count_request("GET", "/api/v1/cases/{id}", 200, Duration::from_millis(3));
        metrics.set_outbox(OutboxState { oldest_seconds: 1.5, waiting: 7, parked: 2 });
        metrics.set_checkpoint_age(Duration::from_millis(2500));
        let text = metrics.render();
        for line in [
            "http_requests_total{method=\"GET\",route=\"/api/v1/cases/{id}\",status=\"200\"} 1",
            "http_request_duration_seconds_bucket{method=\"GET\",route=\"/api/v1/cases/{id}\",le=\"0.005\"} 1",
            "outbox_oldest_seconds 1.5",
            "outbox_waiting 7",
            "outbox_parked 2",
            "audit_checkpoint_age 2.5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn two_services_do_not_share_numbers() {
        let (busy, idle) = (Metrics::new().unwrap(), Metrics::new().unwrap());
        busy.count_request("GET", "/x", 200, Duration::ZERO);
        assert!(!idle.render().contains("http_requests_total{"));
    }

    #[test]
    fn every_request_is_counted_when_samples_are_folded() {
        let metrics = Metrics::new().unwrap();
        for _ in 0..FOLD_EVERY * 2 + 5 {
            metrics.count_request("GET", "/x", 200, Duration::ZERO);
        }
        let expected = format!(
            "http_request_duration_seconds_count{{method=\"GET\",route=\"/x\"}} {}",
            FOLD_EVERY * 2 + 5
        );
        assert!(metrics.render().contains(&expected));
    }
}

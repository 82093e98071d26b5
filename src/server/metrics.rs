//! What an instance counts, as text for Prometheus (text format 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::storage::Backlog;

/// Upper ends of the buckets of how long calls take, in seconds.
const BUCKETS: [f64; 11] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 60.0];

/// Methods that are told apart.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Counters since the instance started.
#[derive(Debug, Default)]
pub struct Metrics {
    calls: Mutex<Calls>,
    packets: AtomicU64,
    packet_bytes: AtomicU64,
    connections: AtomicU64,
}

/// A connection that is open.
pub struct Connection<'m>(&'m AtomicU64);

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
struct Calls {
    /// By route, method and status.
    counts: BTreeMap<(String, String, u16), u64>,
    /// By route.
    times: BTreeMap<String, Times>,
    /// By reason.
    refused: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default)]
struct Times {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

/// What is so now, and is not counted.
#[derive(Debug, Clone, Copy)]
pub struct Gauges {
    /// Mailboxes at which a call waits.
    pub waiting: usize,
    pub ready: bool,
    /// `None` where the storage does not answer.
    pub backlog: Option<Backlog>,
    pub now: Timestamp,
}

impl Metrics {
    /// A call has been answered. `route` is the pattern, not the path: there are few of them,
    /// and so there must be of methods, of which a caller may make up any number.
    pub fn call(&self, route: &str, method: &str, status: u16, took: Duration) {
        let method = if METHODS.contains(&method) { method } else { "OTHER" };
        let seconds = took.as_secs_f64();
        let mut calls = self.lock();
        *calls.counts.entry((route.to_owned(), method.to_owned(), status)).or_default() += 1;
        let times = calls.times.entry(route.to_owned()).or_default();
        times.count += 1;
        times.seconds += seconds;
        for (bucket, end) in times.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(seconds <= end);
        }
    }

    /// A call has been refused.
    pub fn refused(&self, reason: &'static str) {
        *self.lock().refused.entry(reason).or_default() += 1;
    }

    /// A packet has been accepted.
    pub fn accepted(&self, bytes: u64) {
        self.packets.fetch_add(1, Ordering::Relaxed);
        self.packet_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A connection has been opened; it counts until it is dropped.
    pub fn connection(&self) -> Connection<'_> {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connection(&self.connections)
    }

    /// Everything as text.
    pub fn text(&self, gauges: Gauges) -> String {
        let mut out = String::new();
        let mut family = |name: &str, kind: &str, help: &str, lines: &[(String, f64)]| {
            // Writing into a String cannot fail.
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (series, value) in lines {
                let _ = writeln!(out, "{name}{series} {value}");
            }
        };
        let one = |value: f64| vec![(String::new(), value)];
        let version = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
        family("vanthu_build_info", "gauge", "The program.", &[(version, 1.0)]);
        family("vanthu_ready", "gauge", "1 if packets can be stored.", &one(gauges.ready.into()));
        family(
            "vanthu_connections",
            "gauge",
            "Connections that are open.",
            &one(self.connections.load(Ordering::Relaxed) as f64),
        );
        family(
            "vanthu_mailboxes_waited_at",
            "gauge",
            "Mailboxes at which a call waits.",
            &one(gauges.waiting as f64),
        );
        if let Some(Backlog { deliveries, oldest, uploads }) = gauges.backlog {
            let wait = oldest.map_or(0.0, |at| gauges.now.duration_since(at).as_secs_f64());
            family(
                "vanthu_deliveries_waiting",
                "gauge",
                "Deliveries that no recipient has confirmed, at all servers.",
                &one(deliveries as f64),
            );
            family(
                "vanthu_oldest_delivery_seconds",
                "gauge",
                "How long the oldest of them has waited.",
                &one(wait.max(0.0)),
            );
            family(
                "vanthu_uploads_open",
                "gauge",
                "Uploads that have begun and not ended, at all servers.",
                &one(uploads as f64),
            );
        }
        let load = |counter: &AtomicU64| one(counter.load(Ordering::Relaxed) as f64);
        family("vanthu_packets_total", "counter", "Packets accepted.", &load(&self.packets));
        family(
            "vanthu_packet_bytes_total",
            "counter",
            "Bytes of packets accepted.",
            &load(&self.packet_bytes),
        );
        let calls = self.lock();
        let refused: Vec<_> = calls
            .refused
            .iter()
            .map(|(reason, count)| (format!("{{reason=\"{reason}\"}}"), *count as f64))
            .collect();
        family("vanthu_refusals_total", "counter", "Calls refused.", &refused);
        let counts: Vec<_> = calls
            .counts
            .iter()
            .map(|((route, method, status), count)| {
                let labels =
                    format!("{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}}");
                (labels, *count as f64)
            })
            .collect();
        family("vanthu_calls_total", "counter", "Calls answered.", &counts);
        let mut times = String::new();
        for (route, Times { buckets, count, seconds }) in &calls.times {
            let ends = BUCKETS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
            for (end, count) in ends.zip(buckets.iter().chain([count])) {
                let _ = writeln!(
                    times,
                    "vanthu_call_seconds_bucket{{route=\"{route}\",le=\"{end}\"}} {count}"
                );
            }
            let _ = writeln!(times, "vanthu_call_seconds_sum{{route=\"{route}\"}} {seconds}");
            let _ = writeln!(times, "vanthu_call_seconds_count{{route=\"{route}\"}} {count}");
        }
        family("vanthu_call_seconds", "histogram", "How long calls take; some wait.", &[]);
        out + &times
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        // Counters that a panic left half way are off by one.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let metrics = Metrics::default();
        metrics.call("/v1/inbox", "GET", 200, Duration::from_millis(3));
        metrics.call("/v1/inbox", "GET", 200, Duration::from_secs(2));
        metrics.refused("too-large");
        metrics.accepted(1_000);
        let _open = metrics.connection();
        drop(metrics.connection());
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let oldest = Some(now - SignedDuration::from_mins(2));
        let backlog = Some(Backlog { deliveries: 3, oldest, uploads: 4 });
        let text = metrics.text(Gauges { waiting: 2, ready: true, backlog, now });
        for line in [
            "# TYPE vanthu_calls_total counter",
            "vanthu_calls_total{route=\"/v1/inbox\",method=\"GET\",status=\"200\"} 2",
            "vanthu_call_seconds_bucket{route=\"/v1/inbox\",le=\"0.002\"} 0",
            "vanthu_call_seconds_bucket{route=\"/v1/inbox\",le=\"0.005\"} 1",
            "vanthu_call_seconds_bucket{route=\"/v1/inbox\",le=\"+Inf\"} 2",
            "vanthu_call_seconds_count{route=\"/v1/inbox\"} 2",
            "vanthu_refusals_total{reason=\"too-large\"} 1",
            "vanthu_packet_bytes_total 1000",
            "vanthu_mailboxes_waited_at 2",
            "vanthu_connections 1",
            "vanthu_ready 1",
            "vanthu_deliveries_waiting 3",
            "vanthu_oldest_delivery_seconds 120",
            "vanthu_uploads_open 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing:\n{text}");
        }
    }
}

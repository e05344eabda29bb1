//! What this process counts of its own work, for operators.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the latency buckets, in microseconds.
pub(in crate::serve) const BUCKETS: [u64; 10] = [100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 10_000_000];

#[derive(Default)]
pub struct Metrics {
    pub ok: AtomicU64,
    pub client_errors: AtomicU64,
    pub server_errors: AtomicU64,
    pub cache_hits: AtomicU64,
    /// Statements that answers sent to the store.
    pub store_reads: std::sync::Arc<AtomicU64>,
    pub buckets: [AtomicU64; BUCKETS.len()],
    pub micros: AtomicU64,
}

impl Metrics {
    pub fn request(&self, status: u16, took: Duration) {
        let counter = match status {
            ..400 => &self.ok,
            400..500 => &self.client_errors,
            _ => &self.server_errors,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let micros = took.as_micros() as u64;
        self.micros.fetch_add(micros, Ordering::Relaxed);
        for (bound, bucket) in BUCKETS.iter().zip(&self.buckets) {
            if micros <= *bound {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    pub fn cache_hit(&self) {
        self.cache_hits.fetch_add(1, Ordering::Relaxed);
    }
}

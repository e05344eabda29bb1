//! Pushes that wait for their turn, in the order of their arrival.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What a push has waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    pub waited_secs: u64,
    /// Pushes that came before it and still wait.
    pub before: usize,
}

/// Pushes take their turns in the order in which they came.
#[derive(Debug, Default)]
pub struct Waiting {
    pub line: tokio::sync::Mutex<()>,
    pub count: AtomicUsize,
}

/// One push in the line.
pub(in crate::hub) struct QueuePlace<'a>(pub &'a AtomicUsize);

impl Drop for QueuePlace<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

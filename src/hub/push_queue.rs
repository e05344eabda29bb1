//! Pushes that wait for their turn, in the order of their arrival.

use tokio::sync::watch;

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
    /// How many wait or land.
    pub count: watch::Sender<usize>,
}

/// One push in the line.
pub(in crate::hub) struct QueuePlace<'a>(&'a watch::Sender<usize>);

impl<'a> QueuePlace<'a> {
    /// Joins the line. Also: how many came before.
    pub(in crate::hub) fn new(count: &'a watch::Sender<usize>) -> (QueuePlace<'a>, usize) {
        let mut before = 0;
        count.send_modify(|n| {
            before = *n;
            *n += 1;
        });
        (QueuePlace(count), before)
    }
}

impl Drop for QueuePlace<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n -= 1);
    }
}

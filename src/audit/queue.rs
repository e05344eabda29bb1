//! The line in which rows stand before the thread that writes them: what is written together, and how long anybody waits for that.
//!
//! In: rows, and how many requests are under way with each. Out: those that are written in one go. The writer is woken when there are as
//! many as it waits for, and not by each of them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Rows written at a time.
const TOGETHER: usize = 1_024;
/// So many did not come together: how fast they come cannot be said.
pub(super) const ALONE: usize = 4;
/// So long the rows of other requests under way are waited for, where they come fast: a write costs a tenth of a millisecond of
/// processor with what wakes for it, however many rows it has. Where fewer come nobody waits: what else is under way takes its time
/// (files, batches of names), and others' answers would take it too.
const GATHER: Duration = Duration::from_millis(2);
/// Rows a second that are fast.
const FAST: f64 = 4_000.0;
/// What came so long ago says nothing of what comes.
const OUTDATED: Duration = Duration::from_millis(10);

/// The line. Rows leave it in the order in which they came.
pub(super) struct Queue<T> {
    line: Mutex<Line<T>>,
    enough: Condvar,
}

struct Line<T> {
    rows: Vec<T>,
    /// When the last ones were taken, and how many a second came before that.
    taken: Option<(Instant, f64)>,
    /// Requests under way with the last of them.
    under_way: usize,
    /// How many the writer waits for; 0 while it writes.
    wanted: usize,
    /// Nobody sends any more.
    is_over: bool,
    /// Nobody writes any more.
    has_ended: bool,
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue { line: Mutex::new(Line::of(Vec::new(), None)), enough: Condvar::new() }
    }
}

impl<T> Queue<T> {
    fn line(&self) -> MutexGuard<'_, Line<T>> {
        self.line.lock().expect("no panic while standing in line")
    }

    /// False where nobody writes any more: the row is let go of.
    pub(super) fn send(&self, row: T, under_way: usize) -> bool {
        let mut line = self.line();
        if line.has_ended {
            return false;
        }
        line.rows.push(row);
        line.under_way = under_way;
        let is_enough = line.wanted > 0 && line.rows.len() >= line.wanted;
        if is_enough {
            line.wanted = 0;
        }
        drop(line);
        if is_enough {
            self.enough.notify_one();
        }
        true
    }

    /// Nobody sends any more; what stands there is written still.
    pub(super) fn end(&self) {
        self.line().is_over = true;
        self.enough.notify_one();
    }

    /// Waits until so many stand there, at most so long.
    fn wait<'a>(&'a self, mut line: MutexGuard<'a, Line<T>>, wanted: usize, within: Option<Duration>) -> MutexGuard<'a, Line<T>> {
        const PANICS: &str = "no panic while standing in line";
        line.wanted = wanted;
        let short = |line: &mut Line<T>| line.rows.len() < wanted && !line.is_over;
        let mut line = match within {
            Some(within) => self.enough.wait_timeout_while(line, within, short).expect(PANICS).0,
            None => self.enough.wait_while(line, short).expect(PANICS),
        };
        line.wanted = 0;
        line
    }

    /// Whether a row stands there, after so long at most; None: there will be none any more.
    pub(super) fn has_next(&self, within: Option<Duration>) -> Option<bool> {
        let line = self.wait(self.line(), 1, within);
        match (line.rows.is_empty(), line.is_over) {
            (true, true) => None,
            (is_empty, _) => Some(!is_empty),
        }
    }

    /// What is written together: what stands there, and what comes of the requests under way within a little time.
    pub(super) fn take(&self) -> Vec<T> {
        let mut line = self.line();
        let wanted = line.under_way.min(TOGETHER);
        if line.rows.len() < wanted && line.a_second() >= FAST {
            line = self.wait(line, wanted, Some(GATHER));
        }
        line.take()
    }
}

/// Rows a second; of a few nothing can be said.
fn rate(rows: usize, within: Duration) -> f64 {
    if rows > ALONE { rows as f64 / within.as_secs_f64() } else { 0.0 }
}

impl<T> Line<T> {
    fn of(rows: Vec<T>, taken: Option<(Instant, f64)>) -> Line<T> {
        Line { rows, taken, under_way: 0, wanted: 0, is_over: false, has_ended: false }
    }

    /// How many rows a second come.
    fn a_second(&self) -> f64 {
        let Some((at, before)) = self.taken else { return 0.0 };
        let since = at.elapsed();
        let now = rate(self.rows.len(), since);
        if since < OUTDATED { now.max(before) } else { now }
    }

    fn take(&mut self) -> Vec<T> {
        let now = Instant::now();
        let rest = self.rows.split_off(self.rows.len().min(TOGETHER));
        let taken = std::mem::replace(&mut self.rows, rest);
        let a_second = self.taken.map_or(0.0, |(at, _)| rate(taken.len(), now.duration_since(at)));
        self.taken = Some((now, a_second));
        taken
    }
}

/// Held by the thread that writes: however it ends, nobody stands in its line any more, and who stood there hears of it.
pub(super) struct Ending<T>(pub(super) Arc<Queue<T>>);

impl<T> Drop for Ending<T> {
    fn drop(&mut self) {
        if let Ok(mut line) = self.0.line.lock() {
            line.has_ended = true;
            line.rows.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_waited_for_while_they_come_fast_and_for_a_lone_one_nobody_waits() {
        let ago =
            |millis| Instant::now().checked_sub(Duration::from_millis(millis)).expect("an instant after the machine's start");
        let line = |rows, taken| Line::of(vec![(); rows], taken);
        assert!(line(1, None).a_second() < FAST, "the first of all");
        assert!(line(1, Some((ago(1), 2_500.0))).a_second() < FAST, "somebody asks alone, one after the other");
        assert!(line(100, Some((ago(1), 0.0))).a_second() >= FAST, "many ask");
        assert!(line(1, Some((ago(1), 17_000.0))).a_second() >= FAST, "they go on asking");
        assert!(line(1, Some((ago(1_000), 17_000.0))).a_second() < FAST, "they have gone");
        let mut line = line(TOGETHER + 1, None);
        assert_eq!((line.take().len(), line.take().len()), (TOGETHER, 1));
    }

    #[test]
    fn whoever_stands_in_line_hears_that_nobody_writes_any_more_and_nobody_comes_behind_them() {
        let queue = Arc::new(Queue::default());
        let row = Arc::new(());
        assert!(queue.send(row.clone(), 1));
        drop(Ending(queue.clone()));
        assert_eq!(Arc::strong_count(&row), 1, "it is let go of");
        assert!(!queue.send(row.clone(), 1));
        queue.end();
        assert_eq!(queue.has_next(None), None);
    }

    #[test]
    fn all_that_is_sent_is_taken_in_its_order_and_the_last_of_it_after_the_end() {
        let queue = Arc::new(Queue::default());
        let sent = queue.clone();
        let sending = std::thread::spawn(move || {
            (0..5_000_u32).for_each(|n| assert!(sent.send(n, 64)));
            sent.end();
        });
        let mut taken = Vec::new();
        while queue.has_next(None).is_some() {
            taken.extend(queue.take());
        }
        sending.join().unwrap();
        assert_eq!(taken, (0..5_000).collect::<Vec<_>>());
    }
}

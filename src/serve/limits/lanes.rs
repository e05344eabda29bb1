//! Lanes: what one caller has computed goes on in one lane, side by side with the lanes of the others.
//!
//! A runtime takes its tasks in the order in which they are ready. Somebody who asks five hundred questions at once would be served five
//! hundred times before the next caller is looked at. Here each caller's futures are *polled* a few at a time, in the order in which they
//! came; a future that waits (for the store, for a registry, for a body) holds nothing. So a caller can fill their own lane and not the
//! machine.
//!
//! In: a caller's id and a future. Out: the same future, polled in turn. What runs on threads of its own (exports, reconciliation) is the
//! scheduler's to share out.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Lanes remembered before those that nobody uses are forgotten.
const MANY: usize = 1_000;

/// The lanes of all callers.
pub struct Lanes {
    width: usize,
    of: Mutex<HashMap<String, Arc<Lane>>>,
}

/// One caller's.
pub struct Lane {
    width: usize,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    /// Being polled now.
    running: usize,
    /// Ready and not yet polled, the first in front.
    waiting: VecDeque<(u64, Waker)>,
    next: u64,
}

impl Default for Lanes {
    /// Half of the processors for one caller, one at least.
    fn default() -> Lanes {
        Lanes::new(std::thread::available_parallelism().map_or(1, |n| n.get() / 2))
    }
}

impl Lanes {
    /// So many futures of one caller are polled at a time, one at least.
    pub fn new(width: usize) -> Lanes {
        Lanes { width: width.max(1), of: Mutex::default() }
    }

    /// The caller's lane.
    pub fn of(&self, caller: &str) -> Arc<Lane> {
        let mut of = self.of.lock().expect("no panic while looking for a lane");
        if let Some(lane) = of.get(caller) {
            return lane.clone();
        }
        if of.len() >= MANY {
            of.retain(|_, lane| Arc::strong_count(lane) > 1);
        }
        let lane = Arc::new(Lane { width: self.width, line: Mutex::default() });
        of.insert(caller.to_owned(), lane.clone());
        lane
    }
}

impl Lane {
    /// The future, polled in this lane.
    pub fn run<F: Future>(self: Arc<Lane>, future: F) -> InLane<F> {
        InLane { lane: self, future: Box::pin(future), place: None }
    }

    fn line(&self) -> std::sync::MutexGuard<'_, Line> {
        self.line.lock().expect("no panic while standing in line")
    }

    /// Whether the future may be polled now; else it is woken when its turn has come.
    fn enter(&self, place: &mut Option<u64>, waker: &Waker) -> bool {
        let mut line = self.line();
        let is_first = line.waiting.front().is_none_or(|(first, _)| Some(*first) == *place);
        if line.running < self.width && is_first {
            if place.take().is_some() {
                line.waiting.pop_front();
            }
            line.running += 1;
            // There may be room for the next one too.
            self.wake(&line);
            return true;
        }
        match *place {
            Some(own) => {
                if let Some((_, kept)) = line.waiting.iter_mut().find(|(at, _)| *at == own) {
                    kept.clone_from(waker);
                }
            }
            None => {
                let own = line.next;
                line.next += 1;
                line.waiting.push_back((own, waker.clone()));
                *place = Some(own);
            }
        }
        false
    }

    fn wake(&self, line: &Line) {
        if line.running < self.width
            && let Some((_, first)) = line.waiting.front()
        {
            first.wake_by_ref();
        }
    }
}

/// Leaves the lane, however the poll ended.
struct Polling<'a>(&'a Lane);

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        let mut line = self.0.line();
        line.running -= 1;
        self.0.wake(&line);
    }
}

/// See [`Lane::run`].
pub struct InLane<F> {
    lane: Arc<Lane>,
    future: Pin<Box<F>>,
    place: Option<u64>,
}

impl<F: Future> Future for InLane<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        if !this.lane.enter(&mut this.place, context.waker()) {
            return Poll::Pending;
        }
        let polling = Polling(&this.lane);
        let polled = this.future.as_mut().poll(context);
        drop(polling);
        polled
    }
}

impl<F> Drop for InLane<F> {
    fn drop(&mut self) {
        let Some(own) = self.place else { return };
        let mut line = self.lane.line();
        line.waiting.retain(|(at, _)| *at != own);
        self.lane.wake(&line);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_one_caller_no_more_than_so_many_are_polled_at_a_time_and_all_come_to_their_end() {
        let lanes = Lanes::new(2);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut tasks = tokio::task::JoinSet::new();
        for at in 0..200_u32 {
            let (now, most) = (now.clone(), most.clone());
            tasks.spawn(lanes.of("a").run(async move {
                for _ in 0..5 {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::hint::black_box((0..2_000_u32).fold(at, u32::wrapping_add));
                    now.fetch_sub(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            }));
        }
        // One that is given up while it waits lets the next one pass.
        let given_up = tokio::spawn(lanes.of("a").run(std::future::pending::<()>()));
        tokio::task::yield_now().await;
        given_up.abort();
        assert_eq!(tasks.join_all().await.len(), 200);
        assert!(most.load(Ordering::SeqCst) <= 2, "{most:?}");
        assert_eq!(lanes.of("a").line().running, 0);
    }

    #[tokio::test]
    async fn what_waits_holds_no_lane_and_what_panics_leaves_it() {
        let lanes = Lanes::new(1);
        let waits = tokio::spawn(lanes.of("a").run(std::future::pending::<()>()));
        tokio::task::yield_now().await;
        let panics = tokio::spawn(lanes.of("a").run(async { panic!("as a resolver may") }));
        assert!(panics.await.is_err());
        assert_eq!(lanes.of("a").run(async { 7 }).await, 7);
        waits.abort();
    }

    #[test]
    fn lanes_that_nobody_uses_are_forgotten() {
        let lanes = Lanes::new(1);
        let kept = lanes.of("kept");
        (0..3 * MANY).for_each(|n| drop(lanes.of(&n.to_string())));
        assert!(lanes.of.lock().unwrap().len() <= MANY);
        assert!(Arc::ptr_eq(&kept, &lanes.of("kept")));
    }
}

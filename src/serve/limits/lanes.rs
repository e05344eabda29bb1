//! Lanes: what one caller has computed goes on in one lane, side by side with the lanes of the others.
//!
//! A runtime takes its tasks in the order in which they are ready. Somebody who asks five hundred questions at once would be served five
//! hundred times before the next caller is looked at. Here each caller's futures are *polled* a few at a time, in the order in which they
//! came; a future that waits (for the store, for a registry, for a body) holds nothing. So a caller can fill their own lane and not the
//! machine. While nobody else's futures are polled, a lane is as wide as the machine: what is kept free for others would do nothing. A
//! future that has nothing left but to be written down and sent says so ([`leave`]): it would stand in line once more for a few
//! microseconds' work.
//!
//! In: a caller's id and a future. Out: the same future, polled in turn. What runs on threads of its own (exports, reconciliation) is the
//! scheduler's to share out.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Lanes remembered before those that nobody uses are forgotten.
const MANY: usize = 1_000;

thread_local! {
    /// Whether the future that is polled on this thread leaves its lane with this poll.
    static LEAVES: Cell<bool> = const { Cell::new(false) };
}

/// What is left of the future that calls this is not worth a place in line: it is polled without one from its next poll on.
pub fn leave() {
    LEAVES.set(true);
}

/// Nobody else asks of whom nothing was polled for so long.
const ALONE_AFTER: Duration = Duration::from_secs(1);

/// The lanes of all callers.
pub struct Lanes {
    widths: Widths,
    of: Mutex<HashMap<String, Arc<Lane>>>,
    began: AtomicUsize,
    turns: Arc<Turns>,
}

/// Futures of one caller that are polled at a time.
#[derive(Clone, Copy)]
struct Widths {
    /// While nobody else asks.
    alone: usize,
    /// While others do.
    shared: usize,
}

/// Whose turn it was last, and when it was somebody else's than before.
struct Turns {
    /// The number of the lane; 0 before there was any.
    last: AtomicUsize,
    since: Instant,
    /// Microseconds after that; 0 where it was nobody else's yet.
    turned: AtomicU64,
}

impl Turns {
    fn micros(&self) -> u64 {
        self.since.elapsed().as_micros() as u64
    }

    /// It is this lane's turn.
    fn of(&self, number: usize) {
        if self.last.load(Ordering::Relaxed) != number && ![0, number].contains(&self.last.swap(number, Ordering::Relaxed)) {
            self.turned.store(self.micros().max(1), Ordering::Relaxed);
        }
    }

    /// Whether several callers ask.
    fn are_shared(&self) -> bool {
        let turned = self.turned.load(Ordering::Relaxed);
        turned > 0 && self.micros() < turned + ALONE_AFTER.as_micros() as u64
    }
}

/// One caller's.
pub struct Lane {
    widths: Widths,
    /// Its number, from 1.
    number: usize,
    turns: Arc<Turns>,
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
    /// All processors for one caller who asks alone, half of them where others ask too; one at least.
    fn default() -> Lanes {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Lanes::new(processors, processors / 2)
    }
}

impl Lanes {
    /// So many futures of one caller are polled at a time while nobody else asks, and so many while others do; one at least.
    pub fn new(alone: usize, shared: usize) -> Lanes {
        let widths = Widths { alone: alone.max(1), shared: shared.max(1) };
        let turns = Turns { last: AtomicUsize::new(0), since: Instant::now(), turned: AtomicU64::new(0) };
        Lanes { widths, of: Mutex::default(), began: AtomicUsize::new(0), turns: Arc::new(turns) }
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
        let number = self.began.fetch_add(1, Ordering::Relaxed) + 1;
        let lane = Arc::new(Lane { widths: self.widths, number, turns: self.turns.clone(), line: Mutex::default() });
        of.insert(caller.to_owned(), lane.clone());
        lane
    }
}

impl Lane {
    /// The future, polled in this lane.
    pub fn run<F: Future>(self: Arc<Lane>, future: F) -> InLane<F> {
        InLane { lane: self, future: Box::pin(future), place: None, has_left: false }
    }

    fn width(&self) -> usize {
        if self.turns.are_shared() { self.widths.shared } else { self.widths.alone }
    }

    fn line(&self) -> std::sync::MutexGuard<'_, Line> {
        self.line.lock().expect("no panic while standing in line")
    }

    /// Whether the future may be polled now; else it is woken when its turn has come.
    fn enter(&self, place: &mut Option<u64>, waker: &Waker) -> bool {
        self.turns.of(self.number);
        let mut line = self.line();
        let is_first = line.waiting.front().is_none_or(|(first, _)| Some(*first) == *place);
        if line.running < self.width() && is_first {
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
        if line.running < self.width()
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
    has_left: bool,
}

impl<F: Future> Future for InLane<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        if this.has_left {
            return this.future.as_mut().poll(context);
        }
        if !this.lane.enter(&mut this.place, context.waker()) {
            return Poll::Pending;
        }
        let polling = Polling(&this.lane);
        // A lane within a lane has its own answer to this.
        let outside = LEAVES.replace(false);
        let polled = this.future.as_mut().poll(context);
        this.has_left = LEAVES.replace(outside);
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
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_one_caller_no_more_than_so_many_are_polled_at_a_time_and_all_come_to_their_end() {
        let lanes = Lanes::new(2, 2);
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
        let lanes = Lanes::new(1, 1);
        let waits = tokio::spawn(lanes.of("a").run(std::future::pending::<()>()));
        tokio::task::yield_now().await;
        let panics = tokio::spawn(lanes.of("a").run(async { panic!("as a resolver may") }));
        assert!(panics.await.is_err());
        assert_eq!(lanes.of("a").run(async { 7 }).await, 7);
        waits.abort();
    }

    #[tokio::test]
    async fn what_has_left_stands_in_line_no_more_and_what_it_runs_in_a_lane_of_its_own_does() {
        let lanes = Lanes::new(1, 1);
        let lane = lanes.of("a");
        let (own, inner) = (lane.clone(), lanes.of("b"));
        let mut leaves = Box::pin(lane.run(async move {
            let seen = own.line().running;
            leave();
            inner.clone().run(async { tokio::task::yield_now().await }).await;
            (seen, own.line().running, inner.line().running)
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(leaves.as_mut().poll(&mut context).is_pending());
        // Somebody else of the same caller is being polled: it need not wait for them.
        lanes.of("a").line().running = 1;
        let mut seen = None;
        for _ in 0..3 {
            if let Poll::Ready(ended) = leaves.as_mut().poll(&mut context) {
                seen = Some(ended);
                break;
            }
        }
        assert_eq!(seen, Some((1, 1, 0)));
    }

    #[tokio::test]
    async fn who_asks_alone_has_the_machine_and_half_of_it_once_anything_of_another_is_polled() {
        let lanes = Lanes::new(4, 2);
        let (a, b) = (lanes.of("a"), lanes.of("b"));
        a.clone().run(async {}).await;
        a.clone().run(async {}).await;
        assert_eq!((a.width(), b.width()), (4, 4), "one alone has asked");
        b.clone().run(async {}).await;
        assert_eq!((a.width(), b.width()), (2, 2));
        a.clone().run(async {}).await;
        assert_eq!((a.width(), b.width()), (2, 2));
        let later = lanes.turns.since.checked_sub(ALONE_AFTER).expect("an instant after the machine's start");
        let turned = AtomicU64::new(lanes.turns.turned.load(Ordering::Relaxed));
        assert!(!Turns { last: AtomicUsize::new(1), since: later, turned }.are_shared(), "a second later nobody else asks");
    }

    #[test]
    fn lanes_that_nobody_uses_are_forgotten() {
        let lanes = Lanes::new(1, 1);
        let kept = lanes.of("kept");
        (0..3 * MANY).for_each(|n| drop(lanes.of(&n.to_string())));
        assert!(lanes.of.lock().unwrap().len() <= MANY);
        assert!(Arc::ptr_eq(&kept, &lanes.of("kept")));
    }
}

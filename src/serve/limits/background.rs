//! Work of seconds that callers ask for (batches of names, workbooks, files, counts over all reasons): done by threads that give way to
//! those who answer, and for one caller a little at a time. Whoever asks for much of it waits for their own; nobody else does.
//!
//! In: a caller's id and the work. Out: what it gave, or that it panicked. What waits for a client while it works (a file on its way) has
//! a thread of its own here, as it would keep the others from theirs.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, LazyLock, Mutex};

use rayon::ThreadPool;
use tokio::sync::{Semaphore, oneshot};

/// By how much these threads give way (`nice`): a thread that answers has ten times the right to a processor, and is let in at once.
const GIVES_WAY: i32 = 10;
/// Callers remembered before those that nobody works for are forgotten.
const MANY: usize = 1_000;

/// What is worked on. Work that shares itself out (rayon) stays among these threads.
static WORKERS: LazyLock<ThreadPool> = LazyLock::new(|| threads("background", SHARES.workers));
/// Those that write pieces of files. A piece may wait for an answer of the graph, which may wait for the others.
static WRITERS: LazyLock<ThreadPool> = LazyLock::new(|| threads("writing", SHARES.writers));
static SHARES: LazyLock<Shares> =
    LazyLock::new(|| Shares::of(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)));
static TURNS: Turns = Turns { line: Mutex::new((0, 0)), next: Condvar::new() };

/// Threads of either kind: together one less than there are processors, so that whoever answers finds one free. Giving way alone takes
/// effect at a tick of the system's clock only, and an answer that waits for its row of the audit would wait for several.
#[derive(Debug, PartialEq)]
struct Shares {
    workers: usize,
    writers: usize,
    /// There is one processor for both.
    in_turn: bool,
}

impl Shares {
    fn of(processors: usize) -> Shares {
        let free = processors.saturating_sub(1);
        Shares { workers: free.div_ceil(2).max(1), writers: (free / 2).max(1), in_turn: free < 2 }
    }
}

/// One after the other, as they came: who draws which number next, and whose turn it is.
struct Turns {
    line: Mutex<(u64, u64)>,
    next: Condvar,
}

/// Held while it is one's turn.
struct Turn(&'static Turns);

impl Turns {
    /// Waits for its turn, where both kinds share a processor.
    fn wait(&'static self) -> Option<Turn> {
        if !SHARES.in_turn {
            return None;
        }
        let mut line = self.line.lock().expect("no panic while standing in line");
        let own = line.0;
        line.0 += 1;
        let line = self.next.wait_while(line, |line| line.1 != own).expect("no panic while standing in line");
        drop(line);
        Some(Turn(self))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.line.lock().expect("no panic while standing in line").1 += 1;
        self.0.next.notify_all();
    }
}

fn threads(name: &'static str, count: usize) -> ThreadPool {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(count).start_handler(|_| give_way());
    threads.thread_name(move |n| format!("{name} {n}")).build().expect("threads can be started")
}

/// This thread, from now on. A system that has no such thing gives all threads the same right.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        let own = rustix::process::getpriority_process(None).unwrap_or(0);
        if let Err(error) = rustix::process::setpriority_process(None, own.max(GIVES_WAY)) {
            tracing::debug!(%error, "a thread keeps its priority");
        }
    }
}

/// The work of all callers.
pub struct Background {
    width: usize,
    of: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// It panicked; the report of that says where.
#[derive(Debug, PartialEq)]
pub struct Panicked;

impl Default for Background {
    /// For one caller half as much at a time as there are processors, one at least.
    fn default() -> Background {
        Background::new(std::thread::available_parallelism().map_or(1, |n| n.get() / 2))
    }
}

impl Background {
    fn new(width: usize) -> Background {
        Background { width: width.max(1), of: Mutex::default() }
    }

    fn of(&self, caller: &str) -> Arc<Semaphore> {
        let mut of = self.of.lock().expect("no panic while looking for a caller");
        if let Some(turns) = of.get(caller) {
            return turns.clone();
        }
        if of.len() >= MANY {
            of.retain(|_, turns| Arc::strong_count(turns) > 1);
        }
        let turns = Arc::new(Semaphore::new(self.width));
        of.insert(caller.to_owned(), turns.clone());
        turns
    }

    /// Does the work when it is its caller's turn. A client that goes away before that lets it be undone.
    ///
    /// # Errors
    /// The work panicked.
    pub async fn run<T: Send + 'static>(&self, caller: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Panicked> {
        let turn = self.of(caller).acquire_owned().await.expect("turns are never closed");
        let (done, awaited) = oneshot::channel();
        WORKERS.spawn_fifo(move || {
            let in_turn = TURNS.wait();
            let worked = catch_unwind(AssertUnwindSafe(work));
            drop((in_turn, turn));
            let _ = done.send(worked);
        });
        match awaited.await {
            Ok(Ok(worked)) => Ok(worked),
            Ok(Err(_)) | Err(_) => Err(Panicked),
        }
    }
}

/// Does the work among the threads that write files, and waits for it. What waits for answers of the graph, `waits`, takes no turn.
pub fn among_writers<T: Send>(waits: bool, work: impl FnOnce() -> T + Send) -> T {
    let _in_turn = if waits { None } else { TURNS.wait() };
    WRITERS.install(work)
}

/// Does the work on a thread of its own that gives way.
///
/// # Errors
/// The system starts no more threads.
pub fn alone(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("background file".to_owned());
    thread.spawn(move || {
        give_way();
        work();
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn of_one_caller_so_much_is_done_at_a_time_and_all_of_it() {
        let background = Background::new(1);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = |n: usize| {
            let (now, most) = (now.clone(), most.clone());
            background.run("a", move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::hint::black_box((0..20_000_u32).fold(n as u32, u32::wrapping_add));
                now.fetch_sub(1, Ordering::SeqCst);
                n
            })
        };
        let all = futures_util::future::join_all((0..50).map(work)).await;
        assert_eq!(all, (0..50).map(Ok).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn one_processor_is_left_to_whoever_answers_and_a_single_one_is_shared_in_turn() {
        for (processors, workers, writers, in_turn) in
            [(1, 1, 1, true), (2, 1, 1, true), (3, 1, 1, false), (4, 2, 1, false), (16, 8, 7, false)]
        {
            assert_eq!(Shares::of(processors), Shares { workers, writers, in_turn });
        }
    }

    #[test]
    fn turns_come_in_their_order() {
        static OWN: Turns = Turns { line: Mutex::new((0, 0)), next: Condvar::new() };
        if !SHARES.in_turn {
            assert!(OWN.wait().is_none());
            return;
        }
        let first = OWN.wait();
        let (say, said) = std::sync::mpsc::channel();
        let waiting = std::thread::spawn(move || say.send(OWN.wait().is_some()).unwrap());
        while OWN.line.lock().unwrap().0 < 2 {
            std::thread::yield_now();
        }
        assert!(said.try_recv().is_err(), "the first one is not done");
        drop(first);
        assert_eq!(said.recv(), Ok(true));
        waiting.join().unwrap();
    }

    #[tokio::test]
    async fn what_panics_gives_its_turn_back() {
        let background = Background::new(1);
        assert_eq!(background.run("a", || panic!("as a linker may")).await, Err::<(), _>(Panicked));
        assert_eq!(background.run("a", || 7).await, Ok(7));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn these_threads_give_way_and_whoever_asks_does_not() {
        let of = || rustix::process::getpriority_process(None).unwrap();
        let (usual, of_background) = (of(), Background::new(1).run("a", of).await);
        assert_eq!(of_background, Ok(usual.max(GIVES_WAY)));
        assert_eq!(among_writers(false, of), usual.max(GIVES_WAY));
        let (tell, told) = std::sync::mpsc::channel();
        alone(move || tell.send(of()).unwrap()).unwrap();
        assert_eq!(told.recv(), Ok(usual.max(GIVES_WAY)));
        assert_eq!(of(), usual);
    }
}

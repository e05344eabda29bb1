//! Who is connected. When all places are taken, whoever has been idle longest gives theirs up: a client that opens sockets and says
//! nothing keeps nobody out.
//!
//! In: connections as they are accepted. Out: a [`Connection`] each, which knows whether it has something under way, and holds what its
//! answers took (places, bytes) until their last byte has left.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::serve::limits::slots::Slot;

/// Connections in all.
const MOST: usize = 4_096;
/// Files that the server needs beside its connections: editions, the store, what it sends out itself.
const OTHER_FILES: u64 = 512;
/// Connections that are taken however few files may be open.
const LEAST: usize = 64;

/// The open connections.
pub struct Connections {
    most: usize,
    most_of_one: usize,
    began: Instant,
    next: AtomicU64,
    open: Arc<Mutex<Open>>,
}

/// Whom one look over all of them finds to give up their places, one after the other.
const FOUND: usize = 64;

/// Nothing in it does anything when it is dropped: that happens while it is locked.
#[derive(Default)]
struct Open {
    /// What is known of each, by its number.
    standing: HashMap<u64, Arc<Standing>>,
    /// How many there are of an address.
    of: HashMap<IpAddr, usize>,
    /// The longest idle ones, of an address or of all, as they were when they were last looked for: since when, and their numbers. Whoever
    /// is not among them has been idle for less long, so that they are right for as long as they are still idle since then.
    next_to_go: (Option<IpAddr>, VecDeque<(u64, u64)>),
}

impl Open {
    fn remove(&mut self, number: u64) -> Option<Arc<Standing>> {
        let standing = self.standing.remove(&number)?;
        if let Some(own) = self.of.get_mut(&standing.peer) {
            *own -= 1;
            if *own == 0 {
                self.of.remove(&standing.peer);
            }
        }
        Some(standing)
    }

    /// The longest idle one of an address, or of all; of those of one millisecond whoever came first.
    fn longest_idle(&mut self, of: Option<IpAddr>) -> Option<u64> {
        let idle_since = |standing: &Standing| {
            (standing.busy.load(Ordering::Acquire) == 0).then(|| standing.idle_since.load(Ordering::Acquire))
        };
        if self.next_to_go.0 == of {
            while let Some((since, number)) = self.next_to_go.1.pop_front() {
                if self.standing.get(&number).and_then(|standing| idle_since(standing)) == Some(since) {
                    return Some(number);
                }
            }
        }
        let idle = self.standing.iter().filter(|(_, standing)| of.is_none_or(|peer| standing.peer == peer));
        let mut idle: Vec<(u64, u64)> = idle.filter_map(|(number, standing)| Some((idle_since(standing)?, *number))).collect();
        if idle.len() > FOUND {
            idle.select_nth_unstable(FOUND);
            idle.truncate(FOUND);
        }
        idle.sort_unstable();
        self.next_to_go = (of, idle.into());
        self.next_to_go.1.pop_front().map(|(_, number)| number)
    }
}

/// What decides who gives up a place.
struct Standing {
    peer: IpAddr,
    /// Requests being answered, and sockets that were taken over.
    busy: AtomicUsize,
    /// Milliseconds after the beginning of the last end of something.
    idle_since: AtomicU64,
    /// Ends it.
    ended: CancellationToken,
}

/// One of them, from being accepted to its end, that of a WebSocket included.
pub struct Connection {
    number: u64,
    began: Instant,
    standing: Arc<Standing>,
    is_over: AtomicBool,
    /// What is given back once all that was handed to the socket has left.
    leaving: Mutex<Vec<Held>>,
    open: Arc<Mutex<Open>>,
}

/// What an answer holds until its last byte has left.
pub struct Held {
    _place: Option<Slot>,
    _bytes: Option<Slot>,
    /// Its connection is not idle so long.
    _busy: Option<Busy>,
}

impl Held {
    /// The place of its request, those of its bytes, and what keeps its connection from being idle.
    pub fn new(place: Option<Slot>, bytes: Option<Slot>, busy: Option<Busy>) -> Held {
        Held { _place: place, _bytes: bytes, _busy: busy }
    }
}

/// Something under way on a connection.
pub struct Busy(Arc<Connection>);

impl Default for Connections {
    fn default() -> Connections {
        Connections::new(MOST, MOST / 2)
    }
}

impl Connections {
    /// As many as this process may have files open for, 4,096 at most; half of them of one address. A proxy brings everybody and may have
    /// all. The process is let have as many open as the system lets it.
    pub fn that_fit() -> Connections {
        let most = files_at_most().map_or(MOST as u64, |files| files.saturating_sub(OTHER_FILES));
        let most = usize::try_from(most).unwrap_or(MOST).clamp(LEAST, MOST);
        if most < MOST {
            tracing::warn!(most, "few files may be open at a time: raise LimitNOFILE (ulimit -n) for more connections");
        }
        Connections::new(most, most / 2)
    }

    fn new(most: usize, most_of_one: usize) -> Connections {
        Connections { most, most_of_one, began: Instant::now(), next: AtomicU64::new(0), open: Arc::default() }
    }

    /// A place for a connection of `peer`; the longest idle one is ended where there is none. None where all have something under way.
    pub fn enter(&self, peer: IpAddr, is_proxy: bool) -> Option<Arc<Connection>> {
        let mut open = self.open.lock().expect("no panic while counting connections");
        let own = if is_proxy { 0 } else { open.of.get(&peer).copied().unwrap_or(0) };
        if own >= self.most_of_one || open.standing.len() >= self.most {
            let longest = open.longest_idle((own >= self.most_of_one).then_some(peer))?;
            if let Some(longest) = open.remove(longest) {
                longest.ended.cancel();
            }
        }
        let standing = Arc::new(Standing {
            peer,
            busy: AtomicUsize::new(0),
            idle_since: AtomicU64::new(self.began.elapsed().as_millis() as u64),
            ended: CancellationToken::new(),
        });
        let connection = Arc::new(Connection {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            began: self.began,
            standing: standing.clone(),
            is_over: AtomicBool::new(false),
            leaving: Mutex::default(),
            open: self.open.clone(),
        });
        open.standing.insert(connection.number, standing);
        *open.of.entry(peer).or_default() += 1;
        Some(connection)
    }
}

/// Raises how many files this process may have open as far as it may be raised, and says how many that is; None where there is no limit.
#[cfg(unix)]
fn files_at_most() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    if raised.is_ok() { limit.maximum } else { limit.current }
}

#[cfg(not(unix))]
fn files_at_most() -> Option<u64> {
    None
}

impl Connection {
    /// Something begins; it goes on until what this gives is dropped.
    pub fn busy(self: &Arc<Connection>) -> Busy {
        self.standing.busy.fetch_add(1, Ordering::AcqRel);
        Busy(self.clone())
    }

    /// Its place is needed by somebody else.
    pub async fn ended(&self) {
        self.standing.ended.cancelled().await;
    }

    /// An answer was handed over to its end; what it holds is given back when that has left.
    pub fn leave(&self, held: Held) {
        let mut leaving = self.leaving.lock().expect("no panic while noting an answer");
        if !self.is_over.load(Ordering::Acquire) {
            leaving.push(held);
        }
    }

    /// All that was handed over has left.
    pub fn has_left(&self) {
        let left = std::mem::take(&mut *self.leaving.lock().expect("no panic while noting an answer"));
        drop(left);
    }

    /// The socket is closed.
    pub fn over(&self) {
        self.is_over.store(true, Ordering::Release);
        self.has_left();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let removed = self.open.lock().expect("no panic while counting connections").remove(self.number);
        drop(removed);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let connection = &self.0;
        connection.standing.idle_since.store(connection.began.elapsed().as_millis() as u64, Ordering::Release);
        connection.standing.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    #[test]
    fn the_longest_idle_one_makes_room_and_whoever_is_busy_stays() {
        let all = Connections::new(3, 2);
        let first = all.enter(address(1), false).unwrap();
        let second = all.enter(address(1), false).unwrap();
        let working = first.busy();
        let third = all.enter(address(1), false).expect("of one address the idle one goes");
        assert!(second.standing.ended.is_cancelled() && !first.standing.ended.is_cancelled());
        let _other = all.enter(address(2), false).unwrap();
        let (of_third, of_proxy) = (third.busy(), all.enter(address(3), true).expect("the idle one of all"));
        let _busy = of_proxy.busy();
        assert!(all.enter(address(4), false).is_none(), "all have something under way");
        drop((working, of_third));
        assert!(all.enter(address(4), false).is_some());
    }

    #[test]
    fn whoever_speaks_again_is_not_the_longest_idle_one_any_more() {
        let all = Connections::new(200, 100);
        let mut open: Vec<_> = (0..100).map(|_| all.enter(address(1), false).unwrap()).collect();
        let is_ended = |c: &Arc<Connection>| c.standing.ended.is_cancelled();
        open.push(all.enter(address(1), false).unwrap());
        assert!(is_ended(&open[0]) && !is_ended(&open[1]), "the first one goes");
        // The next two in line: one is busy, and one has been so meanwhile.
        let busy = open[1].busy();
        open[2].standing.idle_since.store(1_000_000, Ordering::SeqCst);
        open.push(all.enter(address(1), false).unwrap());
        assert!(!is_ended(&open[1]) && !is_ended(&open[2]) && is_ended(&open[3]));
        // Others are looked for apart, and none of those that are gone is counted.
        (0..100).for_each(|_| open.push(all.enter(address(2), false).unwrap()));
        drop(busy);
        open.clear();
        assert!(all.open.lock().unwrap().standing.is_empty() && all.open.lock().unwrap().of.is_empty());
    }

    #[test]
    fn connections_that_end_while_others_are_counted_keep_nobody_waiting() {
        let all = Connections::new(64, 64);
        std::thread::scope(|scope| {
            for of in 0..4 {
                let all = &all;
                scope.spawn(move || (0..20_000).for_each(|_| drop(all.enter(address(of), false).map(|c| c.busy()))));
            }
        });
        assert_eq!(all.open.lock().unwrap().standing.len(), 0);
    }

    #[test]
    fn what_answers_hold_is_given_back_when_they_have_left_or_the_socket_is_closed() {
        use crate::serve::limits::slots::Slots;
        let (all, places) = (Connections::new(3, 3), Slots::new(9, 9));
        let connection = all.enter(address(1), false).unwrap();
        let held = || Held::new(places.take("a"), places.take_many("a", 3), Some(connection.busy()));
        connection.leave(held());
        assert_eq!((places.taken(), connection.standing.busy.load(Ordering::SeqCst)), (4, 1));
        connection.has_left();
        assert_eq!((places.taken(), connection.standing.busy.load(Ordering::SeqCst)), (0, 0));
        connection.leave(held());
        connection.over();
        assert_eq!(places.taken(), 0);
        connection.leave(held());
        assert_eq!(places.taken(), 0, "nothing is kept of what has ended");
        drop(connection);
        assert_eq!(all.open.lock().unwrap().standing.len(), 0);
    }
}

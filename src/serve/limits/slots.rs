//! Places at something that there is only so much of: event streams, exports under way, requests that are being read. So many for one
//! caller, so many in all; whoever comes when they are taken is told, and waits for nobody.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

/// How many there are, and who has them.
pub struct Slots {
    per_caller: usize,
    in_all: usize,
    taken: Arc<Told>,
}

/// Who has what, and whoever waits for that to change.
#[derive(Default)]
struct Told {
    taken: Mutex<Taken>,
    waiting: AtomicUsize,
    changed: Notify,
}

impl Told {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().expect("no panic while counting places")
    }

    /// Called when the change is made, so that whoever began to wait before it hears of it.
    fn tell(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.changed.notify_waiters();
        }
    }
}

#[derive(Default)]
struct Taken {
    by: HashMap<String, usize>,
    in_all: usize,
}

/// A place; given back when dropped.
pub struct Slot {
    caller: String,
    count: usize,
    per_caller: usize,
    in_all: usize,
    taken: Arc<Told>,
}

impl Slots {
    /// `per_caller` places for each caller, `in_all` for all of them together.
    pub fn new(per_caller: usize, in_all: usize) -> Slots {
        Slots { per_caller, in_all, taken: Arc::default() }
    }

    /// A place for this caller; None where they have as many as one may have, or all are taken.
    pub fn take(&self, caller: &str) -> Option<Slot> {
        self.take_many(caller, 1)
    }

    /// So many places at once, or none; more than there are for one caller are given to whoever has none: one answer is always made.
    pub fn take_many(&self, caller: &str, count: usize) -> Option<Slot> {
        let (per_caller, in_all) = (self.per_caller, self.in_all);
        let mut taken = self.taken.taken();
        let own = taken.by.get(caller).copied().unwrap_or(0);
        let is_too_much = |so_far: usize, most: usize| so_far > 0 && so_far + count > most;
        if is_too_much(own, per_caller) || is_too_much(taken.in_all, in_all) {
            return None;
        }
        taken.in_all += count;
        match taken.by.get_mut(caller) {
            Some(own) => *own += count,
            None => drop(taken.by.insert(caller.to_owned(), count)),
        }
        drop(taken);
        self.taken.tell();
        Some(Slot { caller: caller.to_owned(), count, per_caller, in_all, taken: self.taken.clone() })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.taken.taken().in_all
    }

    /// Waits until as many are taken as `fits` says.
    pub async fn until(&self, mut fits: impl FnMut(usize) -> bool) {
        self.taken.waiting.fetch_add(1, Ordering::SeqCst);
        // Whoever waits for a change before looking misses none.
        loop {
            let changed = self.taken.changed.notified();
            let mut changed = std::pin::pin!(changed);
            changed.as_mut().enable();
            if fits(self.taken()) {
                break;
            }
            changed.await;
        }
        self.taken.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    /// How many there are.
    pub fn in_all(&self) -> usize {
        self.in_all
    }

    /// What one caller may have.
    pub fn per_caller(&self) -> usize {
        self.per_caller
    }
}

impl Slot {
    /// Takes so many more. False where that is more than the caller may have, or than there are; it keeps what it had.
    pub fn more(&mut self, count: usize) -> bool {
        let mut taken = self.taken.taken();
        let in_all = taken.in_all;
        let Some(own) = taken.by.get_mut(&self.caller) else { return false };
        if *own + count > self.per_caller || in_all + count > self.in_all {
            return false;
        }
        *own += count;
        taken.in_all += count;
        drop(taken);
        self.count += count;
        self.taken.tell();
        true
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.taken.taken();
        taken.in_all -= self.count;
        if let Some(own) = taken.by.get_mut(&self.caller) {
            *own -= self.count;
            if *own == 0 {
                taken.by.remove(&self.caller);
            }
        }
        drop(taken);
        self.taken.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_takes_nobody_elses_place_and_all_together_no_more_than_there_are() {
        let places = Slots::new(2, 3);
        let first = places.take("a");
        let second = places.take("a");
        assert!(first.is_some() && second.is_some() && places.take("a").is_none());
        let third = places.take("b");
        assert!(third.is_some() && places.take("c").is_none(), "all are taken");
        drop(first);
        assert!(places.take("a").is_some());
        drop((second, third));
        let many = places.take_many("a", 5);
        assert!(many.is_some() && places.take("a").is_none() && places.take("b").is_none(), "bytes of one long answer");
        drop(many);
        let mut grows = places.take("a").unwrap();
        assert!(grows.more(1) && !grows.more(1), "one caller has two at most");
        assert_eq!(places.taken(), 2);
        let other = places.take("b");
        assert!(other.is_some() && !places.take("c").is_some_and(|mut slot| slot.more(1)), "there are three in all");
        drop((grows, other));
        assert_eq!(places.taken.taken().by.len(), 0, "nobody is remembered who has none");
    }
}

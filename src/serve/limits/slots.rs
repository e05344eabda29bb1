//! Places at something that there is only so much of: event streams, exports under way, requests that are being read. So many for one
//! caller, so many in all; whoever comes when they are taken is told, and waits for nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// How many there are, and who has them.
pub struct Slots {
    per_caller: usize,
    in_all: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    by: HashMap<String, usize>,
    in_all: usize,
}

/// A place; given back when dropped.
pub struct Slot {
    caller: String,
    taken: Arc<Mutex<Taken>>,
}

impl Slots {
    /// `per_caller` places for each caller, `in_all` for all of them together.
    pub fn new(per_caller: usize, in_all: usize) -> Slots {
        Slots { per_caller, in_all, taken: Arc::default() }
    }

    /// A place for this caller; None where they have as many as one may have, or all are taken.
    pub fn take(&self, caller: &str) -> Option<Slot> {
        let mut taken = self.taken.lock().expect("no panic while counting");
        let own = taken.by.get(caller).copied().unwrap_or(0);
        if own >= self.per_caller || taken.in_all >= self.in_all {
            return None;
        }
        taken.in_all += 1;
        match taken.by.get_mut(caller) {
            Some(count) => *count += 1,
            None => drop(taken.by.insert(caller.to_owned(), 1)),
        }
        drop(taken);
        Some(Slot { caller: caller.to_owned(), taken: self.taken.clone() })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.taken.lock().expect("no panic while counting").in_all
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

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().expect("no panic while counting");
        taken.in_all -= 1;
        if let Some(own) = taken.by.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                taken.by.remove(&self.caller);
            }
        }
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
        assert_eq!(places.taken.lock().unwrap().by.len(), 0, "nobody is remembered who has none");
    }
}

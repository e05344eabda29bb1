//! Whole answers as bytes. A key holds everything an answer depends on, so nothing ever needs to be invalidated: an answer
//! of an older edition or freshness is simply not asked for any more, and falls out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hashbrown::HashMap;

use super::usage::Shown;

/// Everything an answer depends on, hashed: what was asked, of which edition and freshness, by whom, in which language
/// and form.
pub type Key = u128;

pub fn key(parts: &[&[u8]]) -> Key {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.digest128()
}

/// An answer, and what it shows, so that showing it again is counted again.
#[derive(Clone)]
pub struct Kept {
    pub bytes: Bytes,
    pub shown: Option<Arc<Shown>>,
}

impl From<Bytes> for Kept {
    fn from(bytes: Bytes) -> Kept {
        Kept { bytes, shown: None }
    }
}

/// Keeps the latest answers up to a number of bytes.
pub struct AnswerCache {
    limit: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    answers: HashMap<Key, Kept>,
    order: VecDeque<Key>,
    bytes: usize,
}

impl AnswerCache {
    pub fn new(limit: usize) -> AnswerCache {
        AnswerCache { limit, held: Mutex::default() }
    }

    pub fn get(&self, key: Key) -> Option<Kept> {
        self.held.lock().expect("no panic while holding the cache").answers.get(&key).cloned()
    }

    /// Remembers an answer; one that alone would fill an eighth of the cache is not worth it.
    pub fn put(&self, key: Key, answer: Kept) {
        if answer.bytes.len() > self.limit / 8 {
            return;
        }
        let mut held = self.held.lock().expect("no panic while holding the cache");
        held.bytes += answer.bytes.len();
        match held.answers.insert(key, answer) {
            Some(before) => held.bytes -= before.bytes.len(),
            None => held.order.push_back(key),
        }
        while held.bytes > self.limit {
            let Some(oldest) = held.order.pop_front() else { break };
            if let Some(gone) = held.answers.remove(&oldest) {
                held.bytes -= gone.bytes.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_answers_make_room() {
        let cache = AnswerCache::new(1_000);
        for i in 0..20_u8 {
            cache.put(u128::from(i), Bytes::from(vec![i; 100]).into());
        }
        assert!(cache.get(0).is_none() && cache.get(19).is_some());
        assert!(cache.held.lock().unwrap().bytes <= 1_000);
        cache.put(99, Bytes::from(vec![0; 500]).into());
        assert!(cache.get(99).is_none(), "too large to keep");
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
    }
}

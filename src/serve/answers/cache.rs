//! Whole answers as bytes. A key holds everything an answer depends on, so nothing ever needs to be invalidated: an answer
//! of an older edition or freshness is simply not asked for any more, and falls out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hashbrown::HashMap;

use super::usage::FieldUse;

/// How a key finds its place: [`xxh3`], but for tests that make keys collide.
pub type Hasher = fn(&[u8]) -> u128;

pub fn xxh3(bytes: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(bytes)
}

/// Everything an answer depends on: what was asked, of which edition and freshness, by whom, in which language and form. The
/// hash only finds it: xxh3 is not made against forgers, so that two keys are the same where all they hold is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseKey {
    hash: u128,
    /// The parts, each behind its length.
    parts: Bytes,
}

impl ResponseKey {
    /// For ETags. Another question's answer under the same tag is none of a client's: it compares tags per address.
    pub fn tag(&self) -> String {
        format!("\"{:032x}\"", self.hash)
    }
}

impl std::hash::Hash for ResponseKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u128(self.hash);
    }
}

/// An answer, and what it shows, so that showing it again is counted again.
#[derive(Clone)]
pub struct CachedResponse {
    pub bytes: Bytes,
    pub shown: Option<Arc<FieldUse>>,
}

impl From<Bytes> for CachedResponse {
    fn from(bytes: Bytes) -> CachedResponse {
        CachedResponse { bytes, shown: None }
    }
}

/// Keeps the latest answers, and their keys, up to a number of bytes.
pub struct AnswerCache {
    limit: usize,
    hasher: Hasher,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    answers: HashMap<ResponseKey, CachedResponse>,
    order: VecDeque<ResponseKey>,
    bytes: usize,
}

impl AnswerCache {
    pub fn new(limit: usize, hasher: Hasher) -> AnswerCache {
        AnswerCache { limit, hasher, held: Mutex::default() }
    }

    /// The key of an answer that depends on these parts.
    pub fn key(&self, parts: &[&[u8]]) -> ResponseKey {
        let mut all = Vec::with_capacity(parts.iter().map(|p| p.len() + 8).sum());
        for part in parts {
            all.extend_from_slice(&(part.len() as u64).to_le_bytes());
            all.extend_from_slice(part);
        }
        ResponseKey { hash: (self.hasher)(&all), parts: all.into() }
    }

    pub fn get(&self, key: &ResponseKey) -> Option<CachedResponse> {
        self.held.lock().expect("no panic while holding the cache").answers.get(key).cloned()
    }

    /// Remembers an answer; one that alone would fill an eighth of the cache is not worth it.
    pub fn put(&self, key: ResponseKey, answer: CachedResponse) {
        let size = |key: &ResponseKey, answer: &CachedResponse| key.parts.len() + answer.bytes.len();
        if size(&key, &answer) > self.limit / 8 {
            return;
        }
        let mut held = self.held.lock().expect("no panic while holding the cache");
        held.bytes += size(&key, &answer);
        match held.answers.insert(key.clone(), answer) {
            Some(before) => held.bytes -= size(&key, &before),
            None => held.order.push_back(key),
        }
        while held.bytes > self.limit {
            let Some(oldest) = held.order.pop_front() else { break };
            if let Some(gone) = held.answers.remove(&oldest) {
                held.bytes -= size(&oldest, &gone);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leaves one bit, so that half of all keys collide.
    fn one_bit(bytes: &[u8]) -> u128 {
        xxh3(bytes) & 1
    }

    #[test]
    fn the_oldest_answers_make_room() {
        let cache = AnswerCache::new(1_000, xxh3);
        let key = |i: u8| cache.key(&[&[i]]);
        for i in 0..20_u8 {
            cache.put(key(i), Bytes::from(vec![i; 100]).into());
        }
        assert!(cache.get(&key(0)).is_none() && cache.get(&key(19)).is_some());
        assert!(cache.held.lock().unwrap().bytes <= 1_000);
        cache.put(key(99), Bytes::from(vec![0; 500]).into());
        assert!(cache.get(&key(99)).is_none(), "too large to keep");
        let long = cache.key(&[&[0; 500]]);
        cache.put(long.clone(), Bytes::new().into());
        assert!(cache.get(&long).is_none(), "a long question fills the cache too");
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        let cache = AnswerCache::new(1_000, xxh3);
        assert_ne!(cache.key(&[b"ab", b"c"]), cache.key(&[b"a", b"bc"]));
        assert_ne!(cache.key(&[b"ab", b"c"]), cache.key(&[b"ab", b"c", b""]));
    }

    #[test]
    fn equal_hashes_share_no_answer() {
        let cache = AnswerCache::new(100_000, one_bit);
        let key = |caller: u8| cache.key(&[b"{ gap { totalCount } }", &[caller]]);
        for caller in 0..32 {
            assert!(cache.get(&key(caller)).is_none(), "{caller}: nobody has asked as this one yet");
            cache.put(key(caller), Bytes::from(vec![caller]).into());
        }
        for caller in 0..32 {
            assert_eq!(cache.get(&key(caller)).map(|kept| kept.bytes), Some(Bytes::from(vec![caller])));
        }
    }
}

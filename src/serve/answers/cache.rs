//! Whole answers as bytes. A key holds everything an answer depends on, so nothing ever needs to be invalidated: an answer
//! of an older edition or freshness is simply not asked for any more, and falls out.

use std::sync::Arc;

use bytes::Bytes;
use quick_cache::sync::Cache;
use quick_cache::{OptionsBuilder, Weighter};

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
    /// What was asked, and the edition that answered: whoever is given the kept answer is accounted for by the same.
    pub asked: Arc<str>,
    /// The values that were given with it.
    pub given: Arc<str>,
    /// What the question itself states that it is read for; None: as the connection says.
    pub stated: Option<Arc<str>>,
    pub edition: Option<u32>,
}

impl From<Bytes> for CachedResponse {
    fn from(bytes: Bytes) -> CachedResponse {
        CachedResponse { bytes, shown: None, asked: Arc::default(), given: Arc::default(), stated: None, edition: None }
    }
}

/// What an answer weighs: its bytes and those of its key.
#[derive(Clone)]
struct Bytewise;

impl Weighter<ResponseKey, CachedResponse> for Bytewise {
    fn weight(&self, key: &ResponseKey, answer: &CachedResponse) -> u64 {
        (key.parts.len() + answer.bytes.len()) as u64
    }
}

/// Keeps answers that are asked for again, and their keys, up to a number of bytes.
pub struct AnswerCache {
    limit: usize,
    hasher: Hasher,
    answers: Cache<ResponseKey, CachedResponse, Bytewise>,
}

/// Parts of the cache that can be read at the same time. Each holds its share of the bytes: more than the largest answer.
const SHARDS: usize = 4;
/// Bytes of a usual answer.
const USUAL: usize = 4_096;

impl AnswerCache {
    pub fn new(limit: usize, hasher: Hasher) -> AnswerCache {
        let mut options = OptionsBuilder::new();
        options.shards(SHARDS).weight_capacity(limit as u64).estimated_items_capacity(limit / USUAL);
        let options = options.build().expect("both capacities are set");
        let answers = Cache::with_options(options, Bytewise, Default::default(), Default::default());
        AnswerCache { limit, hasher, answers }
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

    /// The key of an answer that depends on one more part.
    pub fn refined(&self, key: &ResponseKey, part: &[u8]) -> ResponseKey {
        self.key(&[&key.parts, part])
    }

    /// Answers that are kept, and their bytes.
    pub fn size(&self) -> (usize, u64) {
        (self.answers.len(), self.answers.weight())
    }

    pub fn get(&self, key: &ResponseKey) -> Option<CachedResponse> {
        self.answers.get(key)
    }

    /// Remembers an answer; one that alone would fill an eighth of the cache is not worth it.
    pub fn put(&self, key: ResponseKey, answer: CachedResponse) {
        if Bytewise.weight(&key, &answer) <= self.limit as u64 / 8 {
            self.answers.insert(key, answer);
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
    fn answers_make_room_for_each_other() {
        let cache = AnswerCache::new(10_000, xxh3);
        let key = |i: u8| cache.key(&[&[i]]);
        for i in 0..200_u8 {
            cache.put(key(i), Bytes::from(vec![i; 100]).into());
        }
        let kept = (0..200).filter(|i| cache.get(&key(*i)).is_some()).count();
        assert!((20..100).contains(&kept), "{kept} of 200 answers fit");
        assert!(cache.answers.weight() <= 10_000);
        cache.put(key(250), Bytes::from(vec![0; 5_000]).into());
        assert!(cache.get(&key(250)).is_none(), "too large to keep");
        let long = cache.key(&[&[0; 5_000]]);
        cache.put(long.clone(), Bytes::new().into());
        assert!(cache.get(&long).is_none(), "a long question fills the cache too");
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        let cache = AnswerCache::new(1_000, xxh3);
        assert_ne!(cache.key(&[b"ab", b"c"]), cache.key(&[b"a", b"bc"]));
        assert_ne!(cache.key(&[b"ab", b"c"]), cache.key(&[b"ab", b"c", b""]));
        let key = cache.key(&[b"ab"]);
        assert_ne!(cache.refined(&key, b"c").tag(), cache.refined(&key, b"d").tag());
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

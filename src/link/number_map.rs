//! Maps whose keys are numbers that are nearly spread already.

use std::hash::BuildHasher;

use hashbrown::HashMap;

use crate::normalise::mix;

/// Hash builder for tables whose keys are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spread;

impl BuildHasher for Spread {
    type Hasher = SpreadHasher;
    fn build_hasher(&self) -> SpreadHasher {
        SpreadHasher(0)
    }
}

/// Leaves numbers nearly as they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpreadHasher(u64);

impl std::hash::Hasher for SpreadHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = mix(self.0 ^ u64::from(*byte));
        }
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = mix(self.0 ^ n);
    }
    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }
}

/// A map keyed by numbers that are evenly spread already, or nearly.
pub type NumberMap<K, V> = HashMap<K, V, Spread>;

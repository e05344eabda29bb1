//! Which keys a batch may already have had: two bytes a row instead of the keys.

use fastbloom::BloomFilter;

/// Bits a key has: with these and `HASHES` about one answer in four hundred is "perhaps" where it should be "no"; whoever asks
/// looks that one up.
const BITS: usize = 16;
const HASHES: u32 = 4;

/// A Bloom filter over hashed keys.
pub(super) struct KeyFilter(BloomFilter);

impl KeyFilter {
    /// For `keys` keys; memory that is not used is not touched.
    pub fn new(keys: u64) -> KeyFilter {
        KeyFilter(BloomFilter::with_num_bits((keys as usize + 1) * BITS).hashes(HASHES))
    }

    /// Whether the key may be among those inserted; never false for one that is.
    pub fn may_have(&self, hash: u128) -> bool {
        self.0.contains_hash(hash as u64)
    }

    pub fn insert(&mut self, hash: u128) {
        self.0.insert_hash(hash as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_inserted_is_found_and_little_else() {
        let hash = |n: u64| xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes());
        let mut filter = KeyFilter::new(50_000);
        (0..50_000).for_each(|n| filter.insert(hash(n)));
        assert!((0..50_000).all(|n| filter.may_have(hash(n))));
        let wrong = (50_000..150_000).filter(|n| filter.may_have(hash(*n))).count();
        assert!(wrong < 1_000, "{wrong} of 100,000");
    }
}

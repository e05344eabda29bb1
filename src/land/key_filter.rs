//! Which keys a batch may already have had: two bytes a row instead of the keys.

/// A blocked Bloom filter: one cache line a key, eight bits of it. With sixteen bits for every key about one answer in a
/// thousand is "perhaps" where it should be "no"; whoever asks looks that one up.
pub(super) struct KeyFilter {
    lines: Vec<[u64; 8]>,
}

impl KeyFilter {
    /// For `keys` keys; memory that is not used is not touched.
    pub fn new(keys: u64) -> KeyFilter {
        KeyFilter { lines: vec![[0; 8]; (keys / 32 + 1) as usize] }
    }

    fn place(&self, hash: u128) -> (usize, [u64; 8]) {
        let (high, mut low) = ((hash >> 64) as u64, hash as u64);
        let line = ((high as u128 * self.lines.len() as u128) >> 64) as usize;
        let bits = std::array::from_fn(|_| {
            let bit = 1 << (low & 63);
            low >>= 6;
            bit
        });
        (line, bits)
    }

    /// Whether the key may be among those inserted; never false for one that is.
    pub fn may_have(&self, hash: u128) -> bool {
        let (line, bits) = self.place(hash);
        self.lines[line].iter().zip(bits).all(|(word, bit)| word & bit != 0)
    }

    pub fn insert(&mut self, hash: u128) {
        let (line, bits) = self.place(hash);
        self.lines[line].iter_mut().zip(bits).for_each(|(word, bit)| *word |= bit);
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
